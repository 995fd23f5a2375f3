"""A balance that changes hands: postings in which claims on a pool move in scaled units.

Each account's amount follows by the venue's rounding of its own balance; what they differ by is dust.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from seawall.core.book import RAY
from seawall.core.draft import Draft
from seawall.core.loss import Posting
from seawall.core.terms import Terms
from seawall.rules import lending_rules


def transfer(
    draft: Draft,
    terms: Terms,
    asset: str,
    side: Literal["cash", "supply"],
    changes: Mapping[str, int],
) -> tuple[Posting, ...]:
    """Return the balanced postings by which accounts give and receive one side of an asset.

    Args:
        changes: Signed change of each account, summing to zero [asset minor units; scaled units of "supply"].
    """
    if side == "cash":
        return tuple(Posting(name, asset, change) for name, change in changes.items())
    rules, pool = lending_rules(terms.rules), draft.pools.get(asset)
    index = pool.supply_index if pool else RAY
    lines = []
    for name, change in changes.items():
        before = draft.scaled(name, asset, "supply")
        amount = rules.supply_balance(before + change, index) - rules.supply_balance(before, index)
        lines.append(Posting(name, asset, amount, "supply", scaled=change))
    dust = -sum(line.amount for line in lines)
    return (*lines, Posting(terms.dust_account, asset, dust))
