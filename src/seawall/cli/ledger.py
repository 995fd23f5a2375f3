"""`seawall ledger`: what happened, and does it still add up?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from seawall.cli.common import console, guarded, plain, print_json
from seawall.cli.options import AsJson, NoColor, Run
from seawall.errors import EXIT_PROOF

app = typer.Typer(help="Show and verify the journal of a run.", no_args_is_help=True)


@app.command("show")
@guarded
def show(
    run: Run,
    account: Annotated[str, typer.Option(help="Only this account's statement.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="Most entries to show.")] = 50,
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Show the journal of a run, or the statement of one account."""
    from seawall.ledger.statement import statement
    from seawall.runs.folder import read_journal

    journal, problems = read_journal(run)
    rows: list[dict[str, Any]] = (
        statement(journal, account).rows()
        if account
        else [
            {
                "seq": entry.seq,
                "kind": entry.kind,
                "reason": entry.reason,
                "postings": [f"{p.account} {p.amount:+} {p.commodity} ({p.bucket})" for p in entry.postings],
            }
            for entry in journal.entries
        ]
    )
    if as_json:
        print_json(
            {"run": str(run), "head": journal.head, "rows": rows, "problems": [str(p) for p in problems]}
        )
        return EXIT_PROOF if problems else 0
    out = console(no_color=no_color)
    for row in rows[:limit]:
        if account:
            out.print(plain("  ".join(str(value) for value in row.values())), markup=False)
            continue
        out.print(plain(f"{row['seq']:>6}  {row['kind']}  {row['reason']}"), markup=False)
        for line in row["postings"]:
            out.print(plain(f"          {line}"), markup=False)
    if len(rows) > limit:
        out.print(f"... {len(rows) - limit:,} more, see --limit")
    return EXIT_PROOF if problems else 0


@app.command("verify")
@guarded
def verify(
    run: Run,
    head: Annotated[str, typer.Option(help="Last hash, as you noted it: shows a cut or a rewrite.")] = "",
    as_json: AsJson = False,
) -> int:
    """Check a run's journal offline: chain, balance, signs, closing. Exit 4 if anything fails."""
    from seawall.ledger.audit import audit
    from seawall.runs.folder import MANIFEST, read_journal, read_json

    journal, problems = read_journal(run)
    known = head or str(read_json(run, MANIFEST).get("journal_head", ""))
    problems = [*problems, *audit(journal, head=known or None)]
    if as_json:
        found = [{"law": item.code, "message": item.message, "where": item.where} for item in problems]
        print_json(
            {"run": str(run), "entries": len(journal.entries), "head": journal.head, "problems": found}
        )
        return EXIT_PROOF if problems else 0
    for item in problems[:20]:
        print(plain(f"FAILED {item}"))
    if len(problems) > 20:
        print(f"... and {len(problems) - 20} more")
    if not problems:
        print(f"ok: {len(journal.entries):,} entries balance and chain, head {journal.head}")
    return EXIT_PROOF if problems else 0
