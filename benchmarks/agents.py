"""A whole storm, waterfall included, against models in which every account is an agent.

The same simple book on all sides: one collateral, one debt, no impact; an account below its threshold is
liquidated in full at a bonus, what its collateral does not cover is a loss, borne by a fund and then by the
suppliers. All must liquidate the same accounts and lose the same.

mesa and radcad are no dependencies of ours: install them somewhere and put that on PYTHONPATH, or
they are told as not measured. In the EVM a part of the accounts is run (`benchmarks.agents_evm`); the
living contracts of a venue are in `benchmarks.evm`, on a book of the venue's own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import agents_evm, storm_books
from benchmarks.cascade import ground_of
from benchmarks.measure import Claim, Contender, Row, compare
from benchmarks.storm_books import ASSETS, BONUS, PRICE_USD, QUANTA_PER_UNIT, THRESHOLD, Floats
from seawall.simulation.engine import walk_paths
from tests.differential.evm.package import Unavailable

ACCOUNTS, STEPS, DAILY_VOL = 20_000, 288, 0.05
JUMP = -0.25
FUND_USD = 10_000.0
TARGET = 100.0
DEEP = 1e9
"""So deep that sales move nothing: the agents know no impact."""

COLLATERAL = 4


@dataclass(frozen=True)
class Outcome:
    """What all sides tell: how many were liquidated, and what was lost [base currency]."""

    liquidated: int
    lost: float


@dataclass
class Pots:
    """Who bears a loss, for the agents: the fund, then all suppliers."""

    fund: float = FUND_USD
    suppliers: float = 0.0
    liquidated: int = 0

    def bear(self, loss: float) -> None:
        """Take a loss."""
        from_fund = min(self.fund, loss)
        self.fund -= from_fund
        self.suppliers += loss - from_fund

    @property
    def outcome(self) -> Outcome:
        """Return what all sides tell."""
        return Outcome(self.liquidated, FUND_USD - self.fund + self.suppliers)


Book = list[tuple[float, float]]
Run = Callable[[Book, list[float]], Outcome]


def rows(rounds: int) -> Iterator[Row]:
    """Measure against a plain loop, mesa, radcad, and a contract in an EVM."""
    storm = storm_books.single_pair(ACCOUNTS)
    ground = replace(ground_of(10_000, DEEP), storm=storm)
    path = storm_books.day_paths(1, STEPS, DAILY_VOL, seed=8)
    path[:, :, [at for at in range(ASSETS) if at != COLLATERAL]] = 0.0
    path[:, STEPS // 2 :, COLLATERAL] += JUMP  # so that something is lost
    book = _pairs(storm.q)
    prices = (PRICE_USD[COLLATERAL] * np.exp(path[0, :, COLLATERAL])).tolist()

    def ours() -> Outcome:
        totals = walk_paths(ground, path)
        return Outcome(int(totals.count("liquidations")[0]), float(totals.value("recognised")[0]))

    sides: dict[str, tuple[str, Run]] = {
        "python": ("a loop over lists", in_python),
        "mesa": ("mesa, one agent an account", in_mesa),
        "radcad": ("radcad, the accounts its state, copies off", in_radcad),
    }
    for name, (says, run) in sides.items():
        title = f"{ACCOUNTS:,} accounts x {STEPS} steps of one pair, against {says}"
        if name != "python" and not _is_usable(name):
            yield Row(f"agents.{name}", title, "s", note=f"{name} cannot be imported")
            continue
        peer = Contender(name, lambda run=run: run(book, prices))  # type: ignore[misc]  # bound now
        claim = Claim(
            f"agents.{name}",
            title,
            Contender("seawall", ours),
            peer,
            _differences,
            target=TARGET,
            remark=lambda found: f"{found.liquidated:,} liquidated, {found.lost:,.0f} lost",
        )
        yield compare(claim, rounds)
    yield from _contracts(ours, book, prices, rounds)


def _contracts(ours: Callable[[], Outcome], book: Book, prices: list[float], rounds: int) -> Iterator[Row]:
    # The contract's part of the accounts must end as the plain loop says; ours stands for the whole book.
    title = f"{ACCOUNTS:,} accounts x {len(prices)} steps of one pair, against a contract in an EVM,"
    expected = in_python(agents_evm.part_of(book), prices)

    def differences(_: Outcome, told: agents_evm.Told) -> list[str]:
        lost = FUND_USD - told.fund / agents_evm.WAD + told.suppliers / agents_evm.WAD
        return _differences(expected, Outcome(told.liquidated, lost))

    for word, by_account in (("evm", True), ("evm_walk", False)):
        try:
            threshold = float(THRESHOLD[COLLATERAL])
            peer = agents_evm.contender(book, prices, threshold, FUND_USD, by_account)
        except Unavailable as missing:
            yield Row(f"agents.{word}", f"{title} {word}", "s", note=str(missing))
            continue
        claim = Claim(
            f"agents.{word}",
            f"{title} {peer.name}",
            Contender("seawall", ours),
            peer,
            differences,
            target=TARGET if by_account else None,
            remark=lambda found: (
                f"the contract ran {agents_evm.ACCOUNTS:,} accounts, its time counts for all"
            ),
        )
        yield compare(claim, rounds)


def _is_usable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _pairs(q: Floats) -> Book:
    unit = QUANTA_PER_UNIT
    return [(held / unit, -owed / unit) for held, owed in q.reshape(-1, 2).tolist()]


def _differences(ours: Outcome, theirs: Outcome) -> list[str]:
    # A liquidator's amounts are whole quanta on our side: a millionth of a unit, an account.
    allowed = 0.01 * max(1, ours.liquidated) * 1e-2
    same = ours.liquidated == theirs.liquidated and abs(ours.lost - theirs.lost) <= allowed
    return [] if same else [f"{ours} and {theirs}"]


def _after(held: float, owed: float, price: float, pots: Pots) -> tuple[float, float]:
    pots.liquidated += 1
    seized = min(held, owed * BONUS / price)
    repaid = min(owed, seized * price / BONUS)
    if seized == held:
        pots.bear(owed - repaid)
        return 0.0, 0.0
    return held - seized, owed - repaid


def in_python(book: Book, prices: list[float]) -> Outcome:
    """Run the model as a plain loop."""
    state, pots = list(book), Pots()
    for price in prices:
        counted = price * float(THRESHOLD[COLLATERAL])
        for number, (held, owed) in enumerate(state):
            if held * counted < owed:
                state[number] = _after(held, owed, price, pots)
    return pots.outcome


def in_mesa(book: Book, prices: list[float]) -> Outcome:
    """Run the model with one mesa agent an account."""
    mesa = importlib.import_module("mesa")
    pots, threshold = Pots(), float(THRESHOLD[COLLATERAL])

    class Borrower(mesa.Agent):  # type: ignore[name-defined,misc]  # known only where mesa is
        def __init__(self, model: object, held: float, owed: float) -> None:
            super().__init__(model)
            self.held, self.owed = held, owed

        def step(self) -> None:
            price = self.model.price
            if self.held * (price * threshold) < self.owed:
                self.held, self.owed = _after(self.held, self.owed, price, pots)

    class Venue(mesa.Model):  # type: ignore[name-defined,misc]  # known only where mesa is
        price = 0.0

    venue = Venue()
    for held, owed in book:
        Borrower(venue, held, owed)
    for price in prices:
        venue.price = price
        venue.agents.do("step")
    return pots.outcome


def in_radcad(book: Book, prices: list[float]) -> Outcome:
    """Run the model as a state update of radcad, without its copies of the state."""
    radcad, engine = importlib.import_module("radcad"), importlib.import_module("radcad.engine")
    pots, threshold = Pots(), float(THRESHOLD[COLLATERAL])

    def failing(params, substep, history, state, **_):  # type: ignore[no-untyped-def]  # radcad's shape
        counted = prices[state["step"]] * threshold
        return {"rows": [row for row, (held, owed) in enumerate(state["book"]) if held * counted < owed]}

    def liquidate(params, substep, history, state, signal, **_):  # type: ignore[no-untyped-def]  # as above
        changed, price = list(state["book"]), prices[state["step"]]
        for row in signal["rows"]:
            held, owed = changed[row]
            changed[row] = _after(held, owed, price, pots)
        return "book", changed

    def tick(params, substep, history, state, signal, **_):  # type: ignore[no-untyped-def]  # as above
        return "step", state["step"] + 1

    block = {"policies": {"failing": failing}, "variables": {"book": liquidate, "step": tick}}
    model = radcad.Model(
        initial_state={"book": list(book), "step": 0}, state_update_blocks=[block], params={}
    )
    simulation = radcad.Simulation(model=model, timesteps=len(prices), runs=1)
    simulation.engine = engine.Engine(backend=engine.Backend.SINGLE_PROCESS, deepcopy=False)
    simulation.run()
    return pots.outcome
