"""Plans whose layers hold a loss: what becomes of it when time passes, bids come in and people leave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from seawall.adapters.plan_file import read_plan
from seawall.core.draft import Draft
from seawall.core.event import Bid, Event, Withdrawal
from seawall.ledger.audit import audit
from seawall.resolution import SharedOut, share_back, share_out
from seawall.waterfall.recover import Recovery
from tests.examples.test_plans import PLANS, TOLD, USDC, charges, run

START = 1_760_130_960  # 2025-10-10T21:16:00Z
HOUR, DAY = 3_600, 86_400
GOV = 10**18


@dataclass(frozen=True)
class Later:
    """What happened `seconds` after the loss of a plan, without another loss."""

    plan: str
    before: SharedOut

    @staticmethod
    def of(plan: str) -> Later:
        return Later(plan, run(plan))

    def after(
        self, seconds: int, *, bids: tuple[Bid, ...] = (), withdrawals: tuple[Withdrawal, ...] = ()
    ) -> Later:
        event = Event(f"later-{seconds}", START + seconds, bids=bids, withdrawals=withdrawals)
        terms = read_plan(PLANS / f"{self.plan}.toml")
        done = share_out(self.before.after, self.before.market, terms, (), event)
        assert audit(done.journal) == []
        return Later(self.plan, done)

    @property
    def held(self) -> int:
        """Whole USDC that layers hold."""
        return sum(item.amount for item in self.before.waterfall.pending) // USDC

    def paid(self, layer: str) -> int:
        """Whole USDC a layer took this time."""
        taken = sum(item.taken for item in self.before.waterfall.absorptions if item.layer == layer)
        got = sum(item.received for item in self.before.waterfall.settlements if item.pending.layer == layer)
        return (taken + got) // USDC

    def cash(self, account: str, asset: str = "USDC") -> int:
        return Draft(self.before.after).cash(account, asset)

    def auctions(self) -> list[str]:
        return [item.id for item in self.before.waterfall.pending]


@pytest.mark.parametrize(("seconds", "held", "shared"), [(HOUR - 1, 38_000, 0), (HOUR, 0, 38_000)])
def test_the_halt_ends_and_all_holders_share(seconds: int, held: int, shared: int) -> None:
    story = Later.of("halt").after(seconds)
    assert (story.held, story.paid("holders")) == (held, shared)


def test_a_tenth_of_what_leaves_is_kept_and_those_who_stayed_share_the_rest() -> None:
    leaving = (Withdrawal("ann", "USDC", 50_000 * USDC, START + DAY),)
    story = Later.of("withdrawal_tax").after(DAY, withdrawals=leaving)
    assert (story.paid("leavers"), story.held) == (5_000, 33_000)
    assert story.after(30 * DAY - 1).held == 33_000
    assert (story.after(30 * DAY).paid("holders"), story.after(30 * DAY).held) == (33_000, 0)


def test_who_leaves_after_the_month_pays_no_tax() -> None:
    leaving = (Withdrawal("ann", "USDC", 50_000 * USDC, START + 30 * DAY + 1),)
    story = Later.of("withdrawal_tax").after(30 * DAY + 1, withdrawals=leaving)
    assert (story.paid("leavers"), story.paid("holders")) == (0, 38_000)


@pytest.mark.parametrize(("wanted", "stands"), [(4_854, True), (4_855, False), (1, True)])
def test_a_bid_asks_for_three_percent_fewer_tokens_and_wins_after_six_hours(
    wanted: int, stands: bool
) -> None:
    """5,000 / 1.03 = 4,854.37."""
    story = Later.of("debt_auction")
    assert story.held == 30_000
    offer = Bid(story.auctions()[0], "dee", 10_000 * USDC, wanted * GOV, START + 1)
    story = story.after(2, bids=(offer,)).after(1 + 6 * HOUR + 1)
    assert (story.paid("new_tokens"), story.held) == ((10_000, 20_000) if stands else (0, 30_000))
    if stands:
        assert story.cash("external:dee", "GOV") == wanted * GOV


def test_an_auction_that_nobody_wants_starts_five_times_again_and_the_holders_are_left() -> None:
    story = Later.of("debt_auction")
    for number in range(1, 6):
        story = story.after(3 * DAY * number + 1)
        assert story.held == 30_000
    assert story.after(3 * DAY * 6).held == 30_000
    story = story.after(3 * DAY * 6 + 1)
    assert (story.held, [item.bearer for item in story.before.waterfall.residuals]) == (
        0,
        ["residual:holders"] * 3,
    )


@pytest.mark.parametrize(
    ("seconds", "pay", "raised"),
    [(0, 20_000, 20_000), (0, 19_999, 0), (600, 19_800, 19_800), (599, 19_800, 0), (1_200, 19_602, 19_602)],
)
def test_the_price_falls_by_a_percent_every_ten_minutes(seconds: int, pay: int, raised: int) -> None:
    """5,000 tokens at 4, at 3.96, at 3.9204: an offer below the price of the moment buys nothing."""
    story = Later.of("debt_auction_dutch")
    offer = Bid(story.auctions()[0], "dee", pay * USDC, 5_000 * GOV, START + seconds)
    story = story.after(seconds, bids=(offer,))
    assert (story.paid("falling_price"), story.held) == (raised, 38_000 - raised)
    story = story.after(2 * DAY + 1)
    assert (story.paid("holders"), story.held) == (38_000 - raised, 0)


def test_the_highest_bid_wins_and_holders_share_what_it_left() -> None:
    story = Later.of("debt_auction_english")
    auction = story.auctions()[0]
    bids = tuple(
        Bid(auction, who, pay * USDC, 20_000 * GOV, START + at)
        for who, pay, at in (("dee", 20_000, 1), ("eli", 20_999, 2), ("fay", 21_000, 3))
    )
    story = story.after(10, bids=bids)
    assert (story.held, story.cash("external:dee")) == (38_000, 0)  # outbid, and given back
    story = story.after(3 + 6 * HOUR + 1)
    assert (story.paid("highest_bid"), story.paid("holders"), story.held) == (21_000, 17_000, 0)
    assert story.cash("external:fay", "GOV") == 20_000 * GOV


@pytest.mark.parametrize(("seconds", "shares"), [(730 * DAY - 1, 0), (730 * DAY, 2)])
def test_what_comes_back_repays_claims_for_two_years_and_then_they_are_shares(
    seconds: int, shares: int
) -> None:
    lost = run("recovery_claims")
    recovery = Recovery("external:police", "USDC", 19_000 * USDC, "btc")
    event = Event("found", START + seconds)
    back = share_back(lost.after, lost.terms, recovery, event, charges=lost.waterfall.charges)
    after = Draft(back.after)
    for name, claims in charges(lost, "claims").items():
        assert after.cash(name, "SHARE") == shares * claims
        repaid = after.cash(name, "USDC") - Draft(lost.after).cash(name, "USDC")
        assert repaid <= claims  # half of it, or nothing
        assert abs(2 * repaid - (0 if shares else claims)) <= 2
        assert after.cash(name, "CLAIM") == (0 if shares else claims - repaid)


def test_the_cover_of_a_slash_comes_a_week_later() -> None:
    story = Later.of("staked_backstop")
    assert story.held == 299_999
    assert story.after(7 * DAY - 1).held == 299_999
    covered = story.after(7 * DAY)
    assert (covered.paid("umbrella"), covered.held) == (299_999, 0)


def test_every_plan_that_holds_a_loss_is_told_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    holding = {name for name, told in TOLD.items() if told.loss and run(name).waterfall.pending}
    assert {name for name in holding if f'Later.of("{name}")' not in text} == set()
