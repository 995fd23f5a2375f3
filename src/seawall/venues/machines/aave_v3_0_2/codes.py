"""What Aave v3.0.2 says when it refuses: a number for each reason, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.aave_v3.refusals import Words

_NUMBERS: Mapping[str, str] = {
    "bad_category_reserve": "17",
    "still_supplied": "18",
    "bad_terms": "20",
    "bad_category": "21",
    "nothing_minted": "24",
    "nothing_burned": "25",
    "nothing_asked": "26",
    "inactive": "27",
    "frozen": "28",
    "paused": "29",
    "not_borrowable": "30",
    "more_than_supplied": "32",
    "no_collateral_value": "34",
    "unhealthy_after": "35",
    "collateral_too_small": "36",
    "nothing_owed": "39",
    "nothing_supplied": "43",
    "healthy": "45",
    "no_collateral": "46",
    "no_debt": "47",
    "borrow_cap": "50",
    "supply_cap": "51",
    "debt_ceiling": "53",
    "ltv_zero": "57",
    "category_mismatch": "58",
    "sequencer_down": "59",
    "not_borrowable_in_isolation": "60",
    "isolated_or_ltv_zero": "62",
    "bad_bonus": "65",
    "bad_reserve_factor": "67",
    "bad_borrow_cap": "68",
    "bad_supply_cap": "69",
    "bad_protocol_fee": "70",
    "bad_debt_ceiling": "73",
    "siloed": "89",
    "still_owed": "90",
}

WORDS = Words(
    by_code={
        **{code: f"Error:{number}" for code, number in _NUMBERS.items()},
        "no_cash": "Error:ERC20: transfer amount exceeds balance",
    },
    too_wide="Error:SafeCast: value doesn't fit in 128 bits",
)
CODES: Mapping[str, str] = WORDS.codes
