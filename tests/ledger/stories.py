"""Small named stories, told as moves: the same few accounts in every ledger test."""

from seawall.core.loss import Charge, Move, Posting
from seawall.ledger.journal import Journal

OPENING = {
    "alice": {"debt:USDC": -120, "supply:ETH": 50},
    "bob": {"supply:USDC": 500},
    "deficit:USDC": {"cash:USDC": -30},
    "fund:main": {"cash:USDC": 60},
}
FREE = frozenset({"deficit:USDC", "dust", "external:liquidator"})
SEIZE = Move(
    "seize",
    (
        Posting("external:liquidator", "USDC", -40),
        Posting("alice", "USDC", 40, "debt", scaled=38),
        Posting("alice", "ETH", -50, "supply", scaled=-50),
        Posting("external:liquidator", "ETH", 49),
        Posting("dust", "ETH", 1),
    ),
    {
        "rule": "aave_v3@3.7 seize",
        "inputs": {"debt": 120, "bonus_bps": 10500},
        "rounding": "seized down, for the borrower",
    },
)
RECOGNISE = Move(
    "recognise",
    (Posting("alice", "USDC", 80, "debt", scaled=76), Posting("deficit:USDC", "USDC", -80)),
    {"reason": "no collateral is left"},
)
COVER = Move(
    "cover",
    (Posting("fund:main", "USDC", -60), Posting("deficit:USDC", "USDC", 60)),
    {"layer": "fund", "rule": "insurance_fund", "formula": "min(loss, capacity)", "inputs": {"loss": 80}},
)
MUTUALISE = Move(
    "mutualise",
    (Posting("bob", "USDC", -50, "supply"), Posting("deficit:USDC", "USDC", 50)),
    {"layer": "suppliers", "rule": "supply_index", "inputs": {"index": 10**27, "new_index": 9 * 10**26}},
)
CHARGES = (
    Charge("fund:main", "USDC", 60, "fund", "alice", "first in line"),
    Charge("bob", "USDC", 20, "suppliers", "alice", "20 of 20 by supply"),
)


def alice_is_liquidated() -> Journal:
    """Alice's collateral is seized, her leftover becomes a deficit, fund and suppliers bear it."""
    return Journal.of(
        [SEIZE, RECOGNISE, COVER, MUTUALISE],
        venue="harbor",
        event_id="crash-1",
        as_of=1_700_000_000,
        opening=OPENING,
        may_be_negative=FREE,
    )
