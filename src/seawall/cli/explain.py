"""`seawall explain`: the working of any number, from the files of a run alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seawall.cli.common import guarded, plain, print_json
from seawall.cli.options import AsJson, Run
from seawall.errors import MissingData


@guarded
def explain(
    run: Run,
    account: Annotated[str, typer.Argument(help="Account to explain; the whole run by default.")] = "",
    as_json: AsJson = False,
) -> int:
    """Explain a run, or why one account was liquidated or charged."""
    lines = account_lines(run, account) if account else run_lines(run)
    if as_json:
        print_json({"run": str(run), "account": account, "lines": lines})
    else:
        print(plain("\n".join(lines)))
    return 0


def account_lines(run: Path, account: str) -> list[str]:
    """Return the story of one account: what it had, what happened, what it was charged and why."""
    from seawall.core.loss import Charge
    from seawall.ledger.explain import explain_account
    from seawall.runs.folder import MANIFEST, read_charges, read_journal, read_json

    journal, _ = read_journal(run)
    charges = [
        Charge(
            row["account"],
            row["asset"],
            int(row["amount_raw"]),
            row["layer"],
            row["default_account"],
            row["reason"],
        )
        for row in read_charges(run)
    ]
    if account not in journal.opening and not any(charge.account == account for charge in charges):
        raise MissingData(f"nothing happened to {account!r} in this run: it was neither touched nor charged")
    return explain_account(journal, charges, account, decimals=read_json(run, MANIFEST).get("decimals"))


def run_lines(run: Path) -> list[str]:
    """Return what a run came to: who failed, which layer took what, by which rule."""
    from seawall.runs.folder import read_json

    summary = read_json(run, "summary.json")
    lines = [f"{summary['event']}: {summary['venue']} under {summary['terms']}, seed {summary['seed']}", ""]
    for basis, row in summary["bad_debt"]["do_nothing"].items():
        lines.append(
            f"at {basis} prices, doing nothing: mark gap {row['mark_gap']} (debt not covered by collateral), "
            f"liquidation gap {row['liquidation_gap']} (left after liquidating to exhaustion)"
        )
    lines += ["", "recognised as a loss:"]
    lines += [f"  {item['amount']} {item['asset']}" for item in summary["bad_debt"]["recognised"]] or [
        "  nothing"
    ]
    lines += ["", "borne, first payer first:"]
    for row in summary["layers"]:
        taken = ", ".join(f"{item['amount']} {item['asset']}" for item in row["taken"]) or "nothing"
        lots = ", ".join(f"{units} {name}" for name, units in row["lots"].items())
        lines.append(f"  {row['layer']} ({row['kind']}): {taken}" + (f"; closed {lots}" if lots else ""))
    lines += ["", "largest defaults:"]
    lines += [
        f"  {row['account']}: {row['amount']} {row['asset']}, worth {row['value']}"
        for row in summary["top_defaults"]
    ]
    return [*lines, "", f"one account: seawall explain {run} ACCOUNT"]
