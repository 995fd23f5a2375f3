"""A slow, obvious oracle: every price since the start is kept, every step is looked up by its time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, geometric_mean

from seawall.simulation.oracle import Feed, FixedFeed, Oracle, TwapFeed

YEAR_S = 365 * 86400


@dataclass
class SlowFeed:
    """One feed of market `own`; prices in base currency."""

    feed: Feed
    own: str
    start: Mapping[str, float]
    step_s: float
    published: float = field(init=False)
    updated_s: float = 0.0

    def __post_init__(self) -> None:
        self.published = self.candidate([], 0.0)

    def candidate(self, history: Sequence[Mapping[str, float]], now_s: float) -> float:
        """Return what would be published after the steps in `history`."""
        if isinstance(self.feed, FixedFeed):
            return self.start[self.own] if self.feed.price is None else self.feed.price
        watched = self.feed.of or self.own
        rate = self.start[self.own] / self.start[watched] if self.feed.rate is None else self.feed.rate
        rate *= 1 + self.feed.rate_growth_per_year * now_s / YEAR_S
        window = 1
        if isinstance(self.feed, TwapFeed):
            window = max(1, math.floor(self.feed.window_s / self.step_s + 0.5))
        last = len(history) - 1 - math.floor(self.feed.delay_s / self.step_s + 0.5)
        prices = [
            history[step][watched] if step >= 0 else self.start[watched]
            for step in range(last - window + 1, last + 1)
        ]
        is_arithmetic = isinstance(self.feed, TwapFeed) and self.feed.mean == "arithmetic"
        return rate * (fmean(prices) if is_arithmetic else geometric_mean(prices))

    def look(self, history: Sequence[Mapping[str, float]], now_s: float) -> None:
        """Publish if it is time, or if the price is too far away."""
        price, last = self.candidate(history, now_s), self.published
        too_old = now_s - self.updated_s >= self.feed.heartbeat_s
        deviation = self.feed.deviation_bps
        too_far = deviation is not None and abs(price - last) > deviation / 10_000 * last
        if not too_old and not too_far:
            return
        if self.feed.move_max_bps is not None:
            most = self.feed.move_max_bps / 10_000 * last
            price = min(max(price, last - most), last + most)
        self.published, self.updated_s = price, now_s

    def shown(self, now_s: float) -> float:
        """Return the last price within its limits."""
        price = self.published
        if self.feed.floor is not None:
            price = max(price, self.feed.floor)
        if self.feed.ceiling is not None:
            price = min(price, self.feed.ceiling * (1 + self.feed.ceiling_growth_per_year * now_s / YEAR_S))
        return price

    def is_old(self, now_s: float, after_s: float) -> bool:
        """Return whether it has been silent for too long."""
        return not isinstance(self.feed, FixedFeed) and now_s - self.updated_s > after_s


class SlowOracle:
    """The oracle of one market."""

    def __init__(self, oracle: Oracle, own: str, start: Mapping[str, float], step_s: float) -> None:
        self.oracle, self.step_s = oracle, step_s
        self.feeds = [
            SlowFeed(feed, own, start, step_s) for feed in (oracle.feed, oracle.second) if feed is not None
        ]

    def look(
        self, history: Sequence[Mapping[str, float]], *, repeat: int, is_out: bool
    ) -> tuple[float, bool]:
        """Return (price shown after the steps in `history`, whether it may not be relied on)."""
        now_s = len(history) * self.step_s
        for number, each in enumerate(self.feeds):
            if not (is_out and number == 0) and (repeat == 0 or each.feed.same_block):
                each.look(history, now_s)
        fresh = [each for each in self.feeds if not each.is_old(now_s, self.oracle.stale_after_s)]
        prices = [each.shown(now_s) for each in fresh or self.feeds]
        choose = {"fallback": lambda found: found[0], "min": min, "max": max}[self.oracle.choice]
        return choose(prices), not fresh
