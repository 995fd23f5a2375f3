"""Slow, obvious twin of the queue of winners: assess everybody exactly, then sort."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256

from seawall.allocation.scores import SCORES
from seawall.risk.assess import assess
from seawall.rules import perpetual_rules
from seawall.waterfall.counterparties import Counterparty
from seawall.waterfall.layer import WaterfallState


def ranking(state: WaterfallState, instrument: str, is_long: bool, score: str) -> list[Counterparty]:
    """Return the solvent winners of a side: highest score first, ties by event and account, then leg."""
    book, rules = state.draft.book, perpetual_rules(state.terms.rules)
    settle = book.instrument(instrument).settle_asset
    minor, price = 10 ** (36 - book.asset(settle).decimals), state.market.price(settle) or 0
    found = []
    for name in sorted({*book.accounts.id, *state.draft.touched}):
        account = state.draft.account(name)
        health = assess(account, book, state.market, state.terms) if account.kind == "user" else None
        if health is None or health.status == "unpriced" or health.equity < 0:
            continue
        lines = {(line.commodity, line.leg): line for line in health.lines if line.kind == "position"}
        for position in account.positions:
            line = lines.get((position.instrument, position.leg))
            is_on_side = position.quantity and (position.quantity > 0) == is_long
            if line is None or position.instrument != instrument or not is_on_side or line.value <= 0:
                continue
            taken = rules.takeover_value(
                line.signed_value, health.equity, line.requirement, health.requirement
            )
            backing = health.equity - sum(each.value for each in lines.values())
            entry = -position.cost * minor * price
            fraction = SCORES[score](
                line.signed_value, entry, taken, health.equity, health.requirement, backing
            )
            profit = line.value // price
            found.append(Counterparty(name, position, profit, health.equity, fraction))
    return sorted(
        found,
        key=lambda item: (
            -Fraction(*item.score),
            sha256(f"{state.event_id}\0{item.account}".encode()).digest(),
            item.position.leg,
        ),
    )
