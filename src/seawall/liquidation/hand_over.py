"""Hand an account over whole: its debts become losses, and what is seized with them goes to who bears them.

Nobody buys anything. The liquidator gets a part of each collateral for its gas, and coins reserved for
that; the rest of what is seized waits with the engine for the layers that bear the debt; what the rules
do not seize is the owner's. Of several debts each takes collateral in proportion to its value.

    seized  = held * seized value / collateral value      of each collateral, down
    gas     = seized / 200                                 in Liquity v1, down
    handed over with the debt = seized - gas

Source: Liquity v1, TroveManager `_liquidateNormalMode`, `_liquidateRecoveryMode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from seawall.core.draft import Draft
from seawall.core.loss import Collateral, Default, Posting
from seawall.core.market import Market
from seawall.core.parties import ENGINE
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.errors import InvalidTerms, Problem
from seawall.ledger.transfer import transfer
from seawall.liquidation.quote import Refusal
from seawall.liquidation.seize import recognise
from seawall.liquidation.system import System, pool_of
from seawall.risk.health import Health
from seawall.risk.lending import lending_health
from seawall.rules import HandOverRules, hand_over_rules


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was done to one account.

    Attributes:
        debts: Written off, by asset [minor units].
        seized: Collateral seized, the liquidator's part included.
        gas: Of it, the liquidator's part.
        coins: Reserved coins that the liquidator got, by asset [minor units].
        defaults: What is handed to the waterfall, each with its collateral.
    """

    debts: dict[str, int]
    seized: tuple[Collateral, ...]
    gas: tuple[Collateral, ...]
    coins: dict[str, int]
    defaults: tuple[Default, ...]


def hand_over(draft: Draft, market: Market, terms: Terms, system: System, name: str) -> HandedOver | Refusal:
    """Seize an account on a draft and write its debts off, or refuse it and change nothing.

    Args:
        system: All accounts as they stand; this one is taken out of it.
    """
    rules = _rules(terms)
    health = lending_health(draft.account(name), draft.pools, draft.book, market, terms)
    owed = {line.commodity: -line.amount for line in health.lines if line.kind == "debt"}
    refused = _refused(rules, health, system, owed)
    if refused:
        return refused
    spared = rules.spares_pool(
        health.collateral_value, health.debt_value, system.totals.collateral, system.totals.debt
    )
    value = rules.seized_value(health.collateral_value, health.debt_value)
    held = _pledged(draft, health)
    seized = held
    if value < health.collateral_value:
        part = [mul_div_down(item.scaled, value, health.collateral_value) for item in held]
        seized = [item._replace(scaled=scaled) for item, scaled in zip(held, part, strict=True)]
    gas = [item._replace(scaled=rules.gas_compensation(item.scaled)) for item in seized]
    coins = _coins(draft, terms, rules, owed)
    draft.post(
        "hand_over",
        _postings(draft, terms, name, seized, gas, coins),
        {
            "rule": f"{terms.rules} hand over",
            "inputs": {
                "collateral_value": health.collateral_value,
                "debt_value": health.debt_value,
                "total_collateral": system.totals.collateral,
                "total_debt": system.totals.debt,
            },
            "outputs": {
                "seized_value": value,
                "seized": {item.asset: item.scaled for item in seized},
                "gas": {item.asset: item.scaled for item in gas},
                "coins": coins,
                "spares_pool": spared,
            },
        },
    )
    debts = recognise(draft, name, 0, terms, rules)
    given = [item._replace(scaled=item.scaled - part.scaled) for item, part in zip(seized, gas, strict=True)]
    system.hand_over(health, value - rules.gas_compensation(value), spared)
    defaults = _defaults(health, terms, market, debts, given, spared)
    return HandedOver(debts, tuple(seized), tuple(gas), coins, tuple(defaults))


def _rules(terms: Terms) -> HandOverRules:
    found = hand_over_rules(terms.rules)
    if found is None:
        message = f"{terms.rules} has no rules to hand an account over: choose a sale at a fixed_bonus"
        raise InvalidTerms.of([Problem("policy_mismatch", message, f"{terms.venue}:sale.kind")])
    return found


def _refused(rules: HandOverRules, health: Health, system: System, owed: dict[str, int]) -> Refusal | None:
    if health.status == "unpriced":
        return Refusal("unpriced", f"no oracle price of {', '.join(health.unpriced)}: nothing is decided")
    if system.totals.accounts <= 1:
        return Refusal("last_account", "the last account that owes: there is nobody to take its debt over")
    room = min(system.rooms[asset] for asset in owed)
    if not rules.may_seize(
        health.collateral_value,
        health.debt_value,
        system.totals.collateral,
        system.totals.debt,
        max(owed.values()),
        room,
    ):
        return Refusal(
            "healthy", "the ratio is at the minimum or above, and the pool does not take all of it"
        )
    return None


def _pledged(draft: Draft, health: Health) -> list[Collateral]:
    pledged = {line.commodity for line in health.lines if line.kind == "collateral"}
    return [
        Collateral(item.asset, "cash" if item.side == "cash" else "supply", item.scaled)
        for item in draft.account(health.account).balances
        if item.side != "debt" and item.is_collateral and item.asset in pledged
    ]


def _coins(draft: Draft, terms: Terms, rules: HandOverRules, owed: dict[str, int]) -> dict[str, int]:
    reserve = terms.split.fee_account
    return {
        asset: rules.gas_coins(draft.book.asset(asset).unit, max(0, draft.cash(reserve, asset)))
        for asset in owed
    }


def _postings(
    draft: Draft,
    terms: Terms,
    name: str,
    seized: Sequence[Collateral],
    gas: Sequence[Collateral],
    coins: dict[str, int],
) -> Iterator[Posting]:
    liquidator = terms.split.liquidator
    for item, part in zip(seized, gas, strict=True):
        changes = {name: -item.scaled, ENGINE: item.scaled - part.scaled, liquidator: part.scaled}
        yield from transfer(draft, terms, item.asset, item.side, changes)
    for asset, amount in coins.items():
        yield Posting(terms.split.fee_account, asset, -amount)
        yield Posting(liquidator, asset, amount)


def _defaults(
    health: Health,
    terms: Terms,
    market: Market,
    debts: dict[str, int],
    given: Sequence[Collateral],
    spared: bool,
) -> Iterator[Default]:
    # Each debt takes collateral by its value: the differences of rounded sums, so that all is given.
    lines = sorted(line for line in health.lines if line.kind == "debt" and debts.get(line.commodity))
    sums = [0, *accumulate(-line.value for line in lines)]
    for line, (before, after) in zip(lines, pairwise(sums), strict=True):
        parts = (
            item._replace(
                scaled=mul_div_down(item.scaled, after, sums[-1])
                - mul_div_down(item.scaled, before, sums[-1])
            )
            for item in given
        )
        pool = pool_of(terms, line.commodity)
        yield Default(
            health.account,
            line.commodity,
            debts[line.commodity],
            as_of=market.as_of,
            pool=line.commodity,
            bucket="debt",
            after_layer=pool.name if pool and spared else "",
            collateral=tuple(item for item in parts if item.scaled),
        )
