"""One liquidation call on a lending account: repay a debt, seize a collateral, book what is left.

The same call serves the resolve pipeline and the replay of a recorded contract call.
Here the quoted amounts become balanced postings. Both sides of a rounding are posted;
the dust between them goes to the dust account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seawall.core.book import RAY
from seawall.core.draft import Draft
from seawall.core.loss import Posting, Working
from seawall.core.market import Market
from seawall.core.parties import deficit_of
from seawall.core.terms import Terms
from seawall.liquidation.quote import Legs, Quote, Receive, Refusal, find_legs, quote
from seawall.risk.health import Health
from seawall.risk.lending import lending_health
from seawall.risk.toxic import Toxicity, leg_toxicity
from seawall.rules import LendingRules, lending_rules


@dataclass(frozen=True, slots=True)
class Call:
    """What a liquidator asks for; `debt_to_cover` None asks for the most that is allowed."""

    account: str
    collateral: str
    debt: str
    debt_to_cover: int | None = None
    liquidator: str = "external:liquidator"
    receive: Receive = "underlying"


class Seizure(NamedTuple):
    """What one call did [minor units of the debt, or of the collateral].

    Attributes:
        repaid: Debt paid by the liquidator.
        seized: Collateral taken, `fee` included; the liquidator gets the difference.
        debt_scaled_burned, collateral_scaled_removed: Of these two reserves, in scaled units, a
            write-off included.
        deficit: Debt per asset written off to the deficit by this call.
        after: Health of the account after the call.
        toxicity: Whether such a call lowers health or raises leverage, told before it was made.
    """

    account: str
    collateral: str
    debt: str
    repaid: int
    seized: int
    fee: int
    debt_scaled_burned: int
    collateral_scaled_removed: int
    deficit: dict[str, int]
    health_before: int | None
    after: Health
    toxicity: Toxicity
    working: Working

    @property
    def health_after(self) -> int | None:
        """Health after the call [wad]; None is infinite."""
        return self.after.health_wad

    @property
    def to_liquidator(self) -> int:
        """Collateral the liquidator gets."""
        return self.seized - self.fee


def seize(draft: Draft, market: Market, terms: Terms, call: Call) -> Seizure | Refusal:
    """Carry out one liquidation call on a draft, or refuse it and change nothing.

    Returns:
        What was repaid, seized and written off; or the reason why nothing was.

    Source: Aave v3.0.2 and v3.7, LiquidationLogic `executeLiquidationCall`.
    """
    legs = find_legs(draft, draft.account(call.account), market, terms, call.collateral, call.debt)
    return legs if isinstance(legs, Refusal) else seize_legs(draft, market, terms, call, legs)


def seize_legs(draft: Draft, market: Market, terms: Terms, call: Call, legs: Legs) -> Seizure | Refusal:
    """As `seize`, for legs already looked up on this draft."""
    rules = lending_rules(terms.rules)
    offer = quote(legs, call.debt_to_cover, terms, rules, call.receive)
    if isinstance(offer, Refusal):
        return offer
    toxicity = leg_toxicity(legs.health, legs.collateral)
    working = _working(legs, offer, toxicity, terms)
    draft.post(
        "liquidate",
        [
            *_repay_postings(legs, call, offer, terms, rules),
            *_seize_postings(draft, legs, call, offer, terms, rules),
        ],
        working,
    )
    if offer.collateral_offered == legs.collateral.amount:
        draft.stop_securing(call.account, call.collateral, legs.collateral_balance.side)
    deficit = {call.debt: offer.write_off} if offer.write_off else {}
    if terms.recognition.kind == "zero_collateral_value":
        deficit |= recognise(draft, call.account, offer.collateral_value_left, terms, rules)
    after = lending_health(draft.account(call.account), draft.pools, draft.book, market, terms)
    return Seizure(
        account=call.account,
        collateral=call.collateral,
        debt=call.debt,
        repaid=offer.repaid,
        seized=offer.to_liquidator + offer.fee,
        fee=offer.fee,
        debt_scaled_burned=offer.debt_burned,
        collateral_scaled_removed=sum(offer.removed),
        deficit=deficit,
        health_before=legs.health.health_wad,
        after=after,
        toxicity=toxicity,
        working=working,
    )


def _working(legs: Legs, offer: Quote, toxicity: Toxicity, terms: Terms) -> dict[str, object]:
    return {
        "rule": f"{terms.rules} seize",
        "inputs": {
            "debt": -legs.debt.amount,
            "debt_price": legs.debt.price,
            "collateral": legs.collateral.amount,
            "collateral_price": legs.collateral.price,
            "bonus_bps": legs.collateral.bonus_bps,
            "max_repay": offer.max_repay,
            "health_wad": legs.health.health_wad,
            "lowers_health": toxicity.lowers_health,
        },
        "outputs": {
            "repaid": offer.repaid,
            "seized": offer.to_liquidator + offer.fee,
            "fee": offer.fee,
            "write_off": offer.write_off,
        },
    }


def recognise(
    draft: Draft, name: str, collateral_value_left: int, terms: Terms, rules: LendingRules
) -> dict[str, int]:
    """Write an account's remaining debts off to the deficit, if the venue's rule says so.

    Returns:
        Amount written off per asset [minor units], empty if nothing is recognised.
    """
    debts = [item for item in draft.account(name).balances if item.side == "debt"]
    if not rules.recognises(collateral_value_left, sum(-item.scaled for item in debts)):
        return {}
    written = {}
    for item in debts:
        pool = draft.pools.get(item.asset)
        amount = rules.debt_balance(-item.scaled, pool.debt_index if pool else RAY)
        written[item.asset] = amount
        draft.post(
            "recognise",
            [
                Posting(name, item.asset, amount, "debt", scaled=-item.scaled),
                Posting(deficit_of(item.asset), item.asset, -amount),
            ],
            {
                "rule": f"{terms.rules} recognises",
                "inputs": {"collateral_value_left": collateral_value_left, "debt": amount},
            },
        )
    return written


def _repay_postings(legs: Legs, call: Call, offer: Quote, terms: Terms, rules: LendingRules) -> list[Posting]:
    debt = call.debt
    left = rules.debt_balance(legs.debt_scaled - offer.debt_burned, legs.debt_index)
    relief = -legs.debt.amount - left
    return [
        Posting(call.liquidator, debt, -offer.repaid),
        *_unless_zero(deficit_of(debt), debt, -offer.write_off),
        Posting(call.account, debt, relief, "debt", scaled=offer.debt_burned),
        *_unless_zero(terms.dust_account, debt, offer.repaid + offer.write_off - relief),
    ]


def _seize_postings(
    draft: Draft, legs: Legs, call: Call, offer: Quote, terms: Terms, rules: LendingRules
) -> list[Posting]:
    asset, side, index = call.collateral, legs.collateral_balance.side, legs.collateral_index

    def change(name: str, before: int, scaled: int) -> Posting:
        if side == "cash":
            return Posting(name, asset, scaled)
        amount = rules.supply_balance(before + scaled, index) - rules.supply_balance(before, index)
        return Posting(name, asset, amount, side, scaled=scaled)

    lines = [change(call.account, legs.collateral_balance.scaled, -sum(offer.removed))]
    if offer.fee:
        fund = terms.split.fee_account
        lines.append(change(fund, draft.scaled(fund, asset, side), offer.removed[1]))
    if side == "supply" and (call.receive == "supply" or _lacks_cash(draft, asset, offer.to_liquidator)):
        held = draft.scaled(call.liquidator, asset, side)
        lines.append(change(call.liquidator, held, offer.removed[0]))  # an empty pool pays in claims
    else:
        lines.append(Posting(call.liquidator, asset, offer.to_liquidator))
    return [*lines, *_unless_zero(terms.dust_account, asset, -sum([line.amount for line in lines]))]


def _lacks_cash(draft: Draft, asset: str, wanted: int) -> bool:
    cash = draft.pool_cash(asset)
    return cash is not None and cash < wanted


def _unless_zero(account: str, asset: str, amount: int) -> list[Posting]:
    return [Posting(account, asset, amount)] if amount else []
