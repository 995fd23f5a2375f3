"""`seawall ledger`: what happened, and does it still add up?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import SHOWN, guarded, print_json
from seawall.cli.options import AsJson, NoColor, Run
from seawall.cli.screen import BAD, GOOD, SOFT, Screen
from seawall.errors import EXIT_OK, EXIT_PROOF, InputError, Problem

if TYPE_CHECKING:
    from seawall.core.loss import Posting
    from seawall.ledger.journal import Journal

app = typer.Typer(help="Show and verify the journal of a run.", no_args_is_help=True, rich_markup_mode=None)


@app.command("show")
@guarded
def show(
    run: Run,
    account: Annotated[str, typer.Option(help="Only this account's statement.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most rows to show.")] = 50,
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Show the journal of a run, or the statement of one account."""
    from seawall.runs.folder import RunFolder

    folder = RunFolder(run)
    decimals = folder.decimals()
    journal, problems = folder.journal()
    rows = _statement(journal, account, decimals) if account else _entries(journal, decimals)
    code = EXIT_PROOF if problems else EXIT_OK
    if as_json:
        print_json(
            {"run": str(run), "head": journal.head, "rows": rows, "problems": [str(p) for p in problems]}
        )
        return code
    screen = Screen(no_color=no_color)
    if account and rows:
        head = tuple(rows[0])
        screen.table(head, [[str(row[name]) for name in head] for row in rows[:limit]], right=(0, 3, 4))
    for row in () if account else rows[:limit]:
        screen.line((f"{row['seq']:>6}  ", SOFT), f"{row['kind']}  ", (row["reason"], SOFT))
        for line in row["postings"]:
            screen.line(f"          {line}")
    if len(rows) > limit:
        screen.line(f"... {len(rows) - limit:,} more: --limit {len(rows)} shows all")
    if not rows:
        screen.line("nothing happened")
    _tell(screen, problems)
    return code


@app.command("verify")
@guarded
def verify(
    run: Run,
    head: Annotated[str, typer.Option(help="Last hash, as you noted it: shows a cut or a rewrite.")] = "",
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Check a run offline: chain, balance, signs, closing, and every file. Exit 4 if anything fails."""
    if head and not re.fullmatch("[0-9a-f]{64}", head):
        message = f"expected a hash of 64 hex digits, got {len(head)} characters: give all of it"
        raise InputError(message, code="usage")
    from seawall.ledger.audit import audit
    from seawall.runs.folder import RunFolder

    folder = RunFolder(run)
    manifest = folder.manifest()
    journal, problems = folder.journal()
    known = head or str(manifest.get("journal_head", ""))
    problems = [*problems, *audit(journal, head=known or None), *folder.check_files()]
    code = EXIT_PROOF if problems else EXIT_OK
    files = len(manifest.get("files", ()))
    if as_json:
        found = [{"law": item.code, "message": item.message, "where": item.where} for item in problems]
        print_json(
            {
                "run": str(run),
                "entries": len(journal.entries),
                "files": files,
                "head": journal.head,
                "problems": found,
            }
        )
        return code
    screen = Screen(no_color=no_color)
    _tell(screen, problems)
    if not problems:
        told = f": {len(journal.entries):,} entries balance and chain, {files} files are as written"
        screen.line(("ok", GOOD), told)
        screen.line(f"head {journal.head}")
    return code


def _tell(screen: Screen, problems: list[Problem]) -> None:
    for item in problems[:SHOWN]:
        screen.line(("FAILED ", BAD), str(item))
    if len(problems) > SHOWN:
        screen.line(f"... and {len(problems) - SHOWN} more")


def _entries(journal: Journal, decimals: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "seq": entry.seq,
            "kind": entry.kind,
            "reason": entry.reason,
            "postings": [_posting(item, decimals) for item in entry.postings],
        }
        for entry in journal.entries
    ]


def _posting(item: Posting, decimals: dict[str, int]) -> str:
    from seawall.ledger.holdings import commodity_of, holding_of

    amount = _whole(item.amount, commodity_of(holding_of(item)), decimals, sign="+")
    return f"{item.account} {amount} ({item.bucket})"


def _statement(journal: Journal, account: str, decimals: dict[str, int]) -> list[dict[str, Any]]:
    from seawall.ledger.statement import statement

    def told(row: dict[str, Any], key: str) -> str:
        return "" if row[key] is None else _whole(row[key], row["commodity"], decimals, sign="-")

    return [
        {
            "seq": "" if row["seq"] is None else row["seq"],
            "kind": row["kind"],
            "bucket": row["bucket"],
            "amount": told(row, "amount"),
            "balance": told(row, "balance"),
            "with": row["counter_accounts"],
            "reason": row["reason"],
        }
        for row in statement(journal, account).rows()
    ]


def _whole(amount: int, commodity: str, decimals: dict[str, int], *, sign: str) -> str:
    # Smallest units where the manifest does not know the decimals.
    from seawall.core.money import format_decimal

    name = commodity.removeprefix("lots:")
    text = format_decimal(amount, decimals[commodity]) if commodity in decimals else f"{amount} units of"
    return f"{'+' if sign == '+' and amount > 0 else ''}{text} {name}"
