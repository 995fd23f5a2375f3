"""What Aave v3.7 says when it refuses: a custom error for each reason, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.aave_v3.refusals import Words

_ERRORS: Mapping[str, str] = {
    "still_supplied": "ReserveLiquidityNotZero",
    "bad_terms": "InvalidReserveParams",
    "bad_category": "InvalidEmodeCategoryParams",
    "nothing_minted": "InvalidMintAmount",
    "nothing_burned": "InvalidBurnAmount",
    "nothing_asked": "InvalidAmount",
    "inactive": "ReserveInactive",
    "frozen": "ReserveFrozen",
    "paused": "ReservePaused",
    "not_borrowable": "BorrowingNotEnabled",
    "more_than_supplied": "NotEnoughAvailableUserBalance",
    "unhealthy_after": "HealthFactorLowerThanLiquidationThreshold",
    "collateral_too_small": "CollateralCannotCoverNewBorrow",
    "nothing_owed": "NoDebtOfSelectedType",
    "nothing_supplied": "UnderlyingBalanceZero",
    "healthy": "HealthFactorNotBelowThreshold",
    "no_collateral": "CollateralCannotBeLiquidated",
    "no_debt": "SpecifiedCurrencyNotBorrowedByUser",
    "borrow_cap": "BorrowCapExceeded",
    "supply_cap": "SupplyCapExceeded",
    "ltv_zero": "LtvValidationFailed",
    "category_unknown": "InconsistentEModeCategory",
    "category_collateral": "InvalidCollateralInEmode",
    "category_debt": "InvalidDebtInEmode",
    "not_category_collateral": "MustBeEmodeCollateral",
    "not_borrowable_in_category": "NotBorrowableInEMode",
    "collateral_ltv_zero": "UserHasAssetWithZeroLtv",
    "bad_bonus": "InvalidLiquidationBonus",
    "bad_reserve_factor": "InvalidReserveFactor",
    "bad_borrow_cap": "InvalidBorrowCap",
    "bad_supply_cap": "InvalidSupplyCap",
    "bad_protocol_fee": "InvalidLiquidationProtocolFee",
    "bad_grace": "InvalidGracePeriod",
    "frozen_already": "InvalidFreezeState",
    "grace": "LiquidationGraceSentinelCheckFailed",
    "own_account": "SelfLiquidation",
    "leaves_dust": "MustNotLeaveDust",
    "not_the_cover": "CallerNotUmbrella",
    "no_deficit": "ReserveNotInDeficit",
    "owes": "UserCannotHaveDebt",
}

WORDS = Words(
    by_code={
        **{code: f"E:{error}" for code, error in _ERRORS.items()},
        "no_cash": "Error:ERC20: transfer amount exceeds balance",
    },
    too_wide="E:SafeCastOverflowedUintDowncast",
)
CODES: Mapping[str, str] = WORDS.codes
