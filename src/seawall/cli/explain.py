"""`seawall explain`: the working of any number, from the files of a run alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import guarded, plain, print_json
from seawall.cli.options import AsJson, Run
from seawall.cli.screen import count
from seawall.errors import InputError, MissingData

if TYPE_CHECKING:
    from seawall.core.loss import Posting

TOP_ANSWERS = 10
UNTOUCHED = "nothing happened to it in this run: the journal tells of holdings that moved"


@guarded
def explain(
    run: Run,
    account: Annotated[str, typer.Argument(help="Account to explain; the whole run by default.")] = "",
    layer: Annotated[str, typer.Option(help="Layer to explain: its largest answers.")] = "",
    entry: Annotated[int, typer.Option(min=0, help="Journal entry to explain, by its number.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Explain a run, one account of it, one layer, or one entry of its journal.

    Nothing is computed again: every line is laid out from the workings in the run's files.
    """
    if sum(map(bool, (account, layer, entry))) > 1:
        raise InputError("explain one thing at a time: an account, --layer or --entry", code="usage")
    if account:
        lines = account_lines(run, account)
    elif layer:
        lines = layer_lines(run, layer)
    elif entry:
        lines = entry_lines(run, entry)
    else:
        lines = run_lines(run)
    if as_json:
        about = {"account": account, "layer": layer, "entry": entry or None}
        print_json({"run": str(run), **about, "lines": lines})
    else:
        print(plain("\n".join(lines)))
    return 0


def run_lines(run: Path) -> list[str]:
    """Return what a run came to: who failed, which layer took what, by which rule."""
    from seawall.runs.folder import RunFolder

    summary = RunFolder(run).summary()
    return [*_head_lines(summary), *_debt_lines(summary), *_layer_lines(summary), *_tail_lines(summary, run)]


def _head_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    tag = ", synthetic data" if summary["synthetic"] else ""
    yield f"{summary['venue']}, event {summary['event']}, seed {summary['seed']}{tag}"
    yield f"rulebook {summary['terms']}, {count(summary['accounts'], 'account')}"
    yield summary["verdict"]
    yield ""


def _debt_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    debt, currency = summary["bad_debt"], summary["base_currency"]
    yield f"bad debt, one of four [{currency}]"
    for kind, why in (
        ("mark_gap", "debt that collateral does not cover, or equity below zero, before anything is done"),
        ("liquidation_gap", "what liquidating to exhaustion would leave, bonus or closing costs paid"),
    ):
        told = ", ".join(
            f"{row[kind]} at {basis} prices"
            for basis, row in sorted(debt["do_nothing"].items(), reverse=True)
        )
        yield f"  {kind.replace('_', ' ')}: {told}"
        yield f"    {why}"
    for kind, why in (
        ("recognised", "what this run turned into a loss: the sum over all defaults"),
        ("uncovered", "what no layer bore"),
    ):
        yield f"  {kind}: {_amounts(debt[kind])}"
        yield f"    {why}; worth {debt[f'{kind}_value']['oracle']} at oracle prices"
    yield ""


def _layer_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    yield "borne by, first payer first"
    for row in summary["layers"]:
        yield f"  {row['layer']} ({row['kind']}): {_amounts(row['taken'])}"
        if row["rule"]:
            yield f"    rule: {row['rule']}"
        if row["lots"]:
            yield "    closed: " + ", ".join(f"{units} {name}" for name, units in row["lots"].items())
        if row["charged_accounts"]:
            most = row["top_payer"]
            yield (
                f"    charged: {count(row['charged_accounts'], 'account')}, most {most['account']} "
                f"with {most['amount']} {most['asset']}"
            )
    yield ""


def _tail_lines(summary: Mapping[str, Any], run: Path) -> Iterator[str]:
    yield "largest defaults"
    for row in summary["top_defaults"]:
        lots = ", ".join(f"{units} {name}" for name, units in row["lots"].items())
        yield f"  {row['account']}: {row['amount']} {row['asset']}" + (f", taken over {lots}" if lots else "")
    if not summary["top_defaults"]:
        yield "  none"
    yield ""
    yield f"one account: seawall explain {run} {summary['example_charge'] or 'ACCOUNT'}"
    yield f"one layer:   seawall explain {run} --layer NAME"


def account_lines(run: Path, account: str) -> list[str]:
    """Return the story of one account: where it stood, what happened, what it was charged and why."""
    from seawall.ledger.explain import explain_account
    from seawall.runs.folder import RunFolder

    folder = RunFolder(run)
    decimals = folder.decimals()
    row = folder.account_row(account)
    journal, _ = folder.journal()
    charges = [charge for charge in folder.charges() if charge.account == account]
    if row is None and account not in journal.opening and account not in journal.closing and not charges:
        raise MissingData(
            f"no account {account!r} in this run: the table accounts lists all of them",
            code="unknown_account",
        )
    standing = list(_standing(row, folder.summary()))
    if account not in journal.opening and account not in journal.closing and not charges:
        return [*standing, f"account {account}", UNTOUCHED]
    return [*standing, *explain_account(journal, charges, account, decimals=decimals)]


def _standing(row: Mapping[str, Any] | None, summary: Mapping[str, Any]) -> Iterator[str]:
    if row is None:
        return
    currency = summary["base_currency"]
    health = f", health {float(row['health']):.6g}" if row["health"] not in ("", None) else ""
    yield f"stood at oracle prices: {row['status']}{health}"
    for name in ("equity", "margin_equity", "requirement", "collateral", "debt"):
        value = float(row[f"{name}_value"] or 0)  # nothing where a price is missing
        if abs(value) >= 0.005:
            yield f"  {name.replace('_', ' ')} {value:,.2f} {currency}"
    if row.get("worst_scenario"):
        yield f"  the requirement answers for {row['worst_scenario']}"
    yield f"  outcome: {row['outcome'].replace('_', ' ') or 'not liquidated'}"


def layer_lines(run: Path, layer: str) -> list[str]:
    """Return what a layer was asked and answered: its largest answers, each with its working."""
    from decimal import Decimal

    from seawall.ledger.explain import explain_working
    from seawall.ledger.whole_units import WholeUnits
    from seawall.runs.folder import RunFolder

    folder = RunFolder(run)
    rows, decimals = folder.waterfall(), folder.decimals()
    own = [row for row in rows if layer in (row["layer"], row["kind"])]
    if not own:
        names = ", ".join(dict.fromkeys(row["layer"] for row in rows)) or "none"
        raise MissingData(f"no layer {layer!r} took anything; those that did: {names}", code="unknown_layer")
    own.sort(key=lambda row: (-Decimal(row["taken"]), row["step"]))
    lines = [f"{layer}: {count(len(own), 'answer')}, the largest first"]
    for row in own[:TOP_ANSWERS]:
        closed = f", closed {row['lots']}" if row["lots"] else ""
        lines.append(
            f"{row['step'] or '-'} took {row['taken']} {row['asset']} for {row['default_account']}, "
            f"left {row['left']}{closed}"
        )
        units = WholeUnits.of_answer(row["asset"], row["working"], decimals)
        lines += [f"  {line}" for line in explain_working(row["working"], units)]
    if len(own) > TOP_ANSWERS:
        lines.append(f"... and {len(own) - TOP_ANSWERS:,} more in waterfall.csv")
    return lines


def entry_lines(run: Path, number: int) -> list[str]:
    """Return one entry of the journal: its postings and its working."""
    from seawall.ledger.explain import explain_working
    from seawall.ledger.whole_units import WholeUnits
    from seawall.runs.folder import RunFolder

    folder = RunFolder(run)
    journal, decimals = folder.journal()[0], folder.decimals()
    found = next((entry for entry in journal.entries if entry.seq == number), None)
    if found is None:
        raise MissingData(f"no entry {number}: the journal has {len(journal.entries)}", code="unknown_entry")
    lines = [f"{found.seq} {found.kind}: {found.reason}"]
    lines += [f"  {_posting(item, decimals)}" for item in found.postings]
    working = explain_working(found.working, WholeUnits.of(found, decimals))
    return [*lines, *(f"  {line}" for line in working), f"  hash: {found.hash}"]


def _posting(item: Posting, decimals: Mapping[str, int]) -> str:
    from seawall.core.money import format_decimal

    places = decimals.get(f"lots:{item.commodity}" if item.bucket == "lots" else item.commodity)
    sign = "+" if item.amount >= 0 else ""
    amount = (
        f"{sign}{item.amount} units of" if places is None else f"{sign}{format_decimal(item.amount, places)}"
    )
    return f"{item.account} {amount} {item.commodity} ({item.bucket})"


def _amounts(items: list[Mapping[str, str]]) -> str:
    return ", ".join(f"{item['amount']} {item['asset']}" for item in items) or "nothing"
