"""Random small lending venues and what happens in them, carried out on a draft as the engine does.

A `World` is a book and some steps; `carried_out` performs them (each step does as much as
the book allows, or nothing) and gives the draft, and `journal_of` the journal of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from seawall.core.book import RAY, Account, Asset, Balance, Book, Instrument, Pool
from seawall.core.draft import Draft
from seawall.core.loss import Posting
from seawall.core.rounding import mul_div_up
from seawall.ledger.holdings import buckets_of, may_be_negative
from seawall.ledger.journal import Journal
from seawall.rules import lending_rules

RULES = lending_rules("aave_v3@3.7")
KINDS = ("pay", "repay", "seize", "trade", "recognise", "cover", "haircut")
_ASSETS = (Asset("ETH", 18), Asset("USDC", 6))
_PERP = Instrument("BTC-PERP", "USDC")


@dataclass(frozen=True)
class Step:
    """Something that happens: `who` and `whom` pick users by number, `amount` is what is tried."""

    kind: str
    who: int
    whom: int
    amount: int


@dataclass(frozen=True)
class World:
    book: Book
    steps: tuple[Step, ...]


def user(number: int) -> str:
    return f"user:{number}"


@st.composite
def worlds(draw: st.DrawFn, *, min_steps: int = 0) -> World:
    """Draw a venue of 2 to 5 users, a fund and two pools, and up to 12 steps."""
    amounts = st.integers(0, 10**12)
    count = draw(st.integers(2, 5))
    accounts = [
        Account(
            user(number),
            balances=tuple(
                balance
                for balance in (
                    Balance("USDC", "cash", draw(amounts)),
                    Balance("ETH", "supply", draw(amounts)),
                    Balance("USDC", "supply", draw(amounts)),
                    Balance("USDC", "debt", -draw(amounts)),
                )
                if balance.scaled
            ),
        )
        for number in range(count)
    ]
    accounts.append(Account("fund:main", kind="fund", balances=(Balance("USDC", "cash", draw(amounts)),)))
    indexes = st.integers(RAY, 2 * RAY)
    pools = [Pool(asset.id, supply_index=draw(indexes), debt_index=draw(indexes)) for asset in _ASSETS]
    book = Book.of(accounts, assets=_ASSETS, instruments=[_PERP], pools=pools, venue="harbor", as_of=7)
    users = st.integers(0, count - 1)
    steps = st.builds(Step, st.sampled_from(KINDS), users, users, st.integers(1, 10**12))
    return World(book, tuple(draw(st.lists(steps, min_size=min_steps, max_size=12))))


def carried_out(world: World) -> Draft:
    draft = Draft(world.book)
    for step in world.steps:
        perform(draft, step)
    return draft


def journal_of(draft: Draft, *, event_id: str = "event-1") -> Journal:
    """Return the journal of a draft, opening and closing taken from its two books."""
    after = draft.book_after()
    return Journal.of(
        draft.moves,
        venue=draft.book.venue,
        event_id=event_id,
        as_of=draft.book.as_of,
        opening=buckets_of(draft.book, draft.touched, RULES),
        closing=buckets_of(after, draft.touched, RULES),
        may_be_negative=may_be_negative(after, draft.touched, users=False),
    )


def perform(draft: Draft, step: Step) -> None:
    """Carry out one step as far as the accounts allow."""
    _STEPS[step.kind](draft, step)


def _pay(draft: Draft, step: Step) -> None:
    amount = min(step.amount, draft.cash(user(step.who), "USDC"))
    if amount and step.who != step.whom:
        postings = [Posting(user(step.who), "USDC", -amount), Posting(user(step.whom), "USDC", amount)]
        draft.post("pay", postings, {"reason": "a gift"})


def _repay(draft: Draft, step: Step) -> None:
    name, index = user(step.who), draft.pools["USDC"].debt_index
    scaled = -draft.scaled(name, "USDC", "debt")
    owed = RULES.debt_balance(scaled, index)
    paid = min(step.amount, owed)
    burned = scaled if paid == owed else RULES.debt_scaled_burn(paid, index)
    relief = owed - RULES.debt_balance(scaled - burned, index)
    if not burned:
        return
    draft.post(
        "repay",
        [
            Posting("external:payer", "USDC", -paid),
            Posting(name, "USDC", relief, "debt", scaled=burned),
            Posting("dust", "USDC", paid - relief),
        ],
        {"rule": "debt_scaled_burn", "inputs": {"paid": paid, "index": index}, "roundings": ["burned down"]},
    )


def _seize(draft: Draft, step: Step) -> None:
    name, index = user(step.who), draft.pools["ETH"].supply_index
    scaled = draft.scaled(name, "ETH", "supply")
    held = RULES.supply_balance(scaled, index)
    taken = min(step.amount, held)
    burned = min(scaled, RULES.supply_scaled_burn(taken, index))
    given = held - RULES.supply_balance(scaled - burned, index)
    if not burned:
        return
    draft.post(
        "seize",
        [
            Posting(name, "ETH", -given, "supply", scaled=-burned),
            Posting("external:liquidator", "ETH", taken),
            Posting("dust", "ETH", given - taken),
        ],
        {"rule": "supply_scaled_burn", "inputs": {"taken": taken, "index": index}},
    )


def _trade(draft: Draft, step: Step) -> None:
    if step.who == step.whom:
        return
    cost = 3 * step.amount
    draft.post(
        "trade",
        [
            Posting(user(step.who), "BTC-PERP", step.amount, "lots"),
            Posting(user(step.whom), "BTC-PERP", -step.amount, "lots"),
            Posting(user(step.who), "USDC", -cost, "cost", instrument="BTC-PERP"),
            Posting(user(step.whom), "USDC", cost, "cost", instrument="BTC-PERP"),
        ],
    )


def _recognise(draft: Draft, step: Step) -> None:
    name, index = user(step.who), draft.pools["USDC"].debt_index
    scaled = -draft.scaled(name, "USDC", "debt")
    owed = RULES.debt_balance(scaled, index)
    if scaled:
        draft.post(
            "recognise",
            [
                Posting(name, "USDC", owed, "debt", scaled=scaled),
                Posting("deficit:USDC", "USDC", -owed),
            ],
            {"reason": "nothing left to seize"},
        )


def _cover(draft: Draft, step: Step) -> None:
    amount = min(step.amount, draft.cash("fund:main", "USDC"), -draft.cash("deficit:USDC", "USDC"))
    if amount > 0:
        postings = [Posting("fund:main", "USDC", -amount), Posting("deficit:USDC", "USDC", amount)]
        draft.post("cover", postings, {"layer": "fund", "rule": "insurance_fund"})


def _haircut(draft: Draft, step: Step) -> None:
    # All suppliers of USDC bear a loss by one new index; what the floors take beyond it is dust.
    index, holders = draft.pools["USDC"].supply_index, draft.holders("USDC", "supply")
    before = {name: RULES.supply_balance(scaled, index) for name, scaled in holders}
    loss = min(step.amount, -draft.cash("deficit:USDC", "USDC"), sum(before.values()))
    if loss <= 0:
        return
    new_index = mul_div_up(index, sum(before.values()) - loss, sum(before.values()))
    cuts = {name: before[name] - RULES.supply_balance(scaled, new_index) for name, scaled in holders}
    draft.set_supply_index("USDC", new_index)
    draft.post(
        "mutualise",
        [
            *(Posting(name, "USDC", -cut, "supply") for name, cut in cuts.items()),
            Posting("deficit:USDC", "USDC", loss),
            Posting("dust", "USDC", sum(cuts.values()) - loss),
        ],
        {"layer": "suppliers", "rule": "supply_index", "inputs": {"index": index, "new_index": new_index}},
    )


_STEPS = {
    "pay": _pay,
    "repay": _repay,
    "seize": _seize,
    "trade": _trade,
    "recognise": _recognise,
    "cover": _cover,
    "haircut": _haircut,
}
