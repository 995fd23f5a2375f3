"""Allocations on the screen: one rule with its panel, several side by side, and what broke which law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from seawall.cli.screen import BAD, GOOD, STRONG, Screen, count
from seawall.core.parts import percent

if TYPE_CHECKING:
    from seawall.allocation.axioms import Verdict
    from seawall.allocation.compare import Comparison, Outcome
    from seawall.allocation.fairness import Fairness
    from seawall.allocation.sybil import SybilGain

__all__ = ["show_allocation", "show_comparison", "show_matrix", "sybil_in_words"]

SHOWN = 10
Amount = Callable[[int], str]


def show_allocation(screen: Screen, found: Comparison, decimals: int) -> None:
    """Show who bears most under the one rule, and its panel."""
    item, amount = found.outcomes[0], _amounts(decimals)
    panel = item.fairness
    hit = f"{panel.hit:,} of {count(panel.receivers, 'account')}"
    screen.line((item.rule, STRONG), f"  {amount(panel.total)} borne by {hit}")
    places = sorted(range(len(item.shares)), key=lambda at: (-item.shares[at], found.case.names[at]))[:SHOWN]
    rows = [
        (
            found.case.names[at],
            amount(int(found.case.sizes[at])),
            amount(item.shares[at]),
            percent(Fraction(item.shares[at], int(found.case.sizes[at]))) if found.case.sizes[at] else "-",
        )
        for at in places
    ]
    screen.table(("account", "weight", "bears", "haircut"), rows, right=(1, 2, 3))
    screen.fact(
        "haircuts", f"largest {percent(panel.max_haircut)}, Gini {panel.gini:.2f}, Jain {panel.jain:.2f}"
    )
    screen.fact("concentration", f"HHI {float(panel.hhi):.3f}, ten largest bear {percent(panel.top_share)}")
    screen.fact("ranks", f"{count(panel.inversions, 'pair')} in which the larger weight bears less")
    _show_known(screen, item, amount)
    style = BAD if panel.left else GOOD
    screen.fact("left unborne", (amount(panel.left), style))


def _show_known(screen: Screen, item: Outcome, amount: Amount) -> None:
    panel = item.fairness
    screen.fact("overshoot", f"{amount(panel.lot_overshoot)} by lots, {_in_value(panel, amount)} in value")
    if panel.sybil is not None:
        screen.fact(
            "sybil gain", sybil_in_words(panel.sybil) or "", f" ({percent(panel.sybil_gain)} of the loss)"
        )
    if panel.non_causers is not None:
        screen.fact("not their doing", percent(panel.non_causers), " borne by those who did not cause it")
    if paid := _fund_paid(panel):
        screen.fact("fund paid", paid)
    if panel.markout is not None:
        screen.fact("forgone since", amount(panel.markout), " by those whose positions were closed")
    if item.seed is not None:
        screen.fact("drawn from", f"seed {item.seed}")


def show_comparison(screen: Screen, found: Comparison, decimals: int) -> None:
    """Show the panels of several rules, one row each: how it is shared, then what that comes to."""
    amount = _amounts(decimals)
    head = ("rule", "largest haircut", "hit", "Gini", "HHI", "inversions", "sybil gain")
    rows = [
        (
            item.rule,
            percent(item.fairness.max_haircut),
            percent(item.fairness.hit_share),
            f"{item.fairness.gini:.2f}",
            f"{float(item.fairness.hhi):.3f}",
            f"{item.fairness.inversions:,}",
            _gain(item.fairness.sybil, percent(item.fairness.sybil_gain)),
        )
        for item in found.outcomes
    ]
    screen.table(head, rows, right=range(1, 7))
    screen.line()
    columns = [
        (head, [cell(item.fairness) for item in found.outcomes])
        for head, cell in _later_columns(amount)
        if any(cell(item.fairness) != "-" for item in found.outcomes)
    ]
    rules = [item.rule for item in found.outcomes]
    screen.table(
        ("rule", *(head for head, _ in columns)),
        list(zip(rules, *(cells for _, cells in columns), strict=True)),
        right=range(1, len(columns) + 1),
    )
    if found.outcomes and (paid := _fund_paid(found.outcomes[0].fairness)):
        screen.line(f"the fund paid {paid}, whatever the rule")
    drawn = [item.rule for item in found.outcomes if item.seed is not None]
    if drawn:
        screen.line(f"drawn from seed {found.case.seed}: {', '.join(drawn)}")
    for name, why in found.refused.items():
        screen.line((f"{name} left out: ", BAD), why)


def _later_columns(amount: Amount) -> tuple[tuple[str, Callable[[Fairness], str]], ...]:
    # What the facts do not allow to say is a dash in every row, and no column.
    return (
        ("ten largest", lambda panel: percent(panel.top_share)),
        ("over by lots", lambda panel: amount(panel.lot_overshoot)),
        ("over in value", lambda panel: _in_value(panel, amount)),
        ("left", lambda panel: amount(panel.left)),
        ("non-causers", lambda panel: percent(panel.non_causers)),
        ("forgone", lambda panel: "-" if panel.markout is None else amount(panel.markout)),
    )


def _fund_paid(panel: Fairness) -> str:
    if panel.moral_hazard is None:
        return ""
    largest, payers = percent(panel.paid_for_top), percent(panel.paid_for_payers)
    return f"{largest} of its payouts for the ten largest, {payers} for those who had paid in"


def _in_value(panel: Fairness, amount: Amount) -> str:
    # Below zero nothing is over: what is missing stands under what is left.
    return amount(max(0, panel.value_overshoot))


def _amounts(decimals: int) -> Amount:
    from seawall.core.money import format_decimal

    return lambda units: format_decimal(units, decimals)


def sybil_in_words(sybil: SybilGain | None) -> str | None:
    """Say what the search for a split or merge found; None where none was made."""
    if sybil is None:
        return None
    return f"rounding only, in {sybil.trials:,} tries" if sybil.is_rounding and sybil.gain else sybil.how


def _gain(sybil: SybilGain | None, told: str) -> str:
    return "rounding" if sybil is not None and sybil.gain and sybil.is_rounding else told


def show_matrix(screen: Screen, title: str, table: Mapping[str, Mapping[str, Verdict]]) -> None:
    """Show which laws each rule breaks, and the smallest case found."""
    screen.line((title, STRONG))
    laws = list(next(iter(table.values())))
    cells = [(law, *("-" if row[law].holds else "broken" for row in table.values())) for law in laws]
    screen.table(("", *table), [(law.replace("_", " "), *rest) for law, *rest in cells])
    for row in table.values():
        for verdict in row.values():
            if not verdict.holds:
                screen.line((f"{verdict.rule}, {verdict.axiom.replace('_', ' ')}", STRONG))
                screen.line(f"    {verdict.counterexample}")
    screen.line()
