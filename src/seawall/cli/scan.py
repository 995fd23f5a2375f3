"""`seawall scan`: where is the water?"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seawall.cli.common import guarded, print_json
from seawall.cli.inputs import Inputs, exit_code, read_inputs, read_limit
from seawall.cli.options import AsJson, Drop, Folder, LimitUsd, Marks, NoColor, Prices, Quiet, TermsFile
from seawall.cli.screen import STRONG, Screen, show_stale

if TYPE_CHECKING:
    from seawall.core.market import Market
    from seawall.risk.health import Health

TOP = 10
PER_SHOWN = {"delta": 100, "gamma": 100**2, "vega": 100}  # a move of 1 %, not of the whole price
BASES: tuple[Literal["oracle", "market"], ...] = ("oracle", "market")


@guarded
def scan(
    folder: Folder,
    basis: Annotated[
        Literal["oracle", "market"], typer.Option(help="Prices that decide which accounts are listed.")
    ] = "oracle",
    drop: Drop = "",
    prices: Prices = None,
    marks: Marks = None,
    terms_file: TermsFile = None,
    limit_usd: LimitUsd = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Find accounts that are under water, on both price bases.

    The limit is on the mark gap, on the worse of the two bases.
    """
    limit = read_limit(limit_usd)
    inputs = read_inputs(
        folder, drop=drop, prices=prices, marks=marks, terms_file=terms_file, quiet=quiet or as_json
    )
    found = findings(inputs, basis)
    if as_json:
        print_json(found)
    else:
        show(found, Screen(no_color=no_color))
    worst = max(Decimal(row["mark_gap"]) for row in found["bases"].values())
    return exit_code(inputs, is_breached=bool(limit) and worst > Decimal(limit))


def findings(inputs: Inputs, basis: Literal["oracle", "market"]) -> dict[str, Any]:
    """Return what a scan found, as plain data."""
    from fractions import Fraction

    from seawall.core.book import KINDS
    from seawall.risk.bad_debt import gaps
    from seawall.risk.detect import LIQUIDATABLE, UNSURE
    from seawall.risk.detect import scan as scan_book
    from seawall.runs.value import money

    book, market, terms = inputs.book, inputs.shocked, inputs.terms
    bases: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for name in BASES:
        seen = scan_book(book, market, terms, name)
        failing = seen.failing(book, market, terms)
        parts = [(health, gaps(health, terms)) for health in failing]

        def total(values: list[tuple[Health, int]]) -> str:
            return money(
                sum((item.in_base(value, market.price_decimals) for item, value in values), Fraction(0))
            )

        bases[name] = {
            "liquidatable": int((seen.flag == LIQUIDATABLE).sum()),
            "insolvent": int(seen.is_insolvent.sum()),
            "unpriced": int((seen.flag == UNSURE).sum()),
            "mark_gap": total([(health, part.mark_gap) for health, part in parts]),
            "liquidation_gap": total([(health, part.liquidation_gap) for health, part in parts]),
            "assessed_exactly": seen.unsure_count,
        }
        if name == basis:
            worst = sorted(parts, key=lambda part: (part[0].equity, part[0].account))[:TOP]
            listed = [_row(health, part.liquidation_gap, market, inputs) for health, part in worst]
    return {
        "venue": book.venue,
        "terms": terms.venue,
        "base_currency": inputs.base_currency,
        "synthetic": inputs.is_synthetic,
        "accounts": int((book.accounts.kind == KINDS.index("user")).sum()),
        "stale_prices": list(inputs.stale),
        "basis": basis,
        "bases": bases,
        "worst": listed,
        "exposures": _exposures(inputs),
    }


def _exposures(inputs: Inputs) -> list[dict[str, Any]]:
    # Of users, by underlying; told where there are options, for without them delta is the notional.
    from fractions import Fraction

    from seawall.core.book import KINDS
    from seawall.risk.exposures import SENSITIVITIES, exposures
    from seawall.runs.value import money

    book = inputs.book
    if not any(item.option for item in book.instruments):
        return []
    found = []
    for total in exposures(book, inputs.shocked).totals(book.accounts.kind == KINDS.index("user")):
        row: dict[str, Any] = {
            "underlying": total.underlying,
            "accounts": total.accounts,
            "unpriced": total.unpriced,
            "notional": money(Fraction(total.notional)),
        }
        for name in SENSITIVITIES:
            long, short = getattr(total, name)
            row[name] = {"long": money(Fraction(long)), "short": money(Fraction(short))}
        found.append(row)
    return found


def _row(health: Health, liquidation_gap: int, market: Market, inputs: Inputs) -> dict[str, Any]:
    from seawall.core.money import format_decimal
    from seawall.risk.bad_debt import restoration
    from seawall.runs.value import money

    def value(amount: int) -> str:
        return money(health.in_base(amount, market.price_decimals))

    wad = health.health_wad
    return {
        "account": health.account,
        "status": health.status,
        "health": None if wad is None else format_decimal(wad, 18),
        "equity": value(health.equity),
        "liquidation_gap": value(liquidation_gap),
        "worst_scenario": health.worst_scenarios,
        "restored_by": {key: value(each) for key, each in restoration(health, inputs.terms).deposit.items()},
    }


def show(found: dict[str, Any], screen: Screen) -> None:
    """Print a scan for people."""
    from seawall.report.html import with_commas

    tag = ", synthetic data" if found["synthetic"] else ""
    rulebook = f"rulebook {found['terms']}, values in {found['base_currency']}{tag}"
    screen.line((found["venue"], STRONG), f"  {found['accounts']:,} accounts, {rulebook}")
    show_stale(screen, found)
    head = ("price basis", "liquidatable", "insolvent", "unpriced", "mark gap", "liquidation gap")
    rows = [
        (
            name,
            *(f"{row[key]:,}" for key in ("liquidatable", "insolvent", "unpriced")),
            *(with_commas(row[key]) for key in ("mark_gap", "liquidation_gap")),
        )
        for name, row in found["bases"].items()
    ]
    screen.table(head, rows, right=range(1, 6))
    if found["exposures"]:
        _show_exposures(found["exposures"], screen)
        if not found["worst"]:
            screen.line()
    if not found["worst"]:
        screen.line(f"no account is under water at {found['basis']} prices")
        return
    screen.line()
    screen.line(f"largest by missing equity, at {found['basis']} prices:")
    listed = [
        (
            row["account"],
            row["status"],
            "-" if row["health"] is None else f"{float(row['health']):.4f}",
            with_commas(row["equity"]),
            with_commas(row["liquidation_gap"]),
        )
        for row in found["worst"]
    ]
    screen.table(("account", "status", "health", "equity", "liquidation gap"), listed, right=(2, 3, 4))


def _show_exposures(rows: list[dict[str, Any]], screen: Screen) -> None:
    from seawall.report.html import with_commas
    from seawall.risk.exposures import SENSITIVITIES

    screen.line()
    screen.line(
        "exposures of accounts, long and short: gained per 1 % of the price, change of that, per vol point"
    )
    head = (
        "underlying",
        "notional",
        *(f"{name} {side}" for name in SENSITIVITIES for side in ("long", "short")),
    )
    shown = [
        (
            row["underlying"],
            with_commas(row["notional"]),
            *(
                with_commas(float(row[name][side]) / PER_SHOWN[name])
                for name in SENSITIVITIES
                for side in ("long", "short")
            ),
        )
        for row in rows
    ]
    screen.table(head, shown, right=range(1, 8))
