"""A fund drawn without lowering the loss, as a published loss engine did it, is refused.

Percolator counts insurance as an asset in the deficit and then draws it all the same (its own test
`test_burn_all_warming_then_insurance` wipes out every claim although half could be paid): order and
monotonicity hold, conservation does not. Here the books say so, however the layer tells it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Absorption, Charge, Default, Move
from seawall.core.parties import deficit_of
from seawall.errors import InvariantError
from seawall.resolution import share_out
from seawall.waterfall.funds import Fund
from seawall.waterfall.layer import WaterfallState, payment
from seawall.waterfall.waterfall import KINDS, run_waterfall
from tests.waterfall.books import EVENT, account, book_of, cash_default, fund, market_of, terms_of

UNVESTED, INSURANCE, PRINCIPAL = 200_000, 500_000, 1_000_000


class DrawnInVain(Fund):
    """Spends its fund, and leaves the loss as it was."""

    receiver = deficit_of("USD")
    taken = charged = False

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Draw as much as it could bear."""
        amount = min(self.capacity(state, default), default.loss)
        account = self.account(default)
        charge = Charge(account, "USD", amount, self.name, default.account, "drawn")
        move = Move("pay", payment(account, "USD", amount, self.receiver))
        return Absorption(
            self.name,
            self.kind,
            amount if self.taken else 0,
            (charge,) if self.charged else (),
            default,
            moves=(move,),
        )


class Charged(DrawnInVain):
    """It says that the fund was charged."""

    charged = True


class Taken(DrawnInVain):
    """It says that the loss was taken too."""

    charged = taken = True


class PaidElsewhere(Taken):
    """It says that the loss fell, and pays somebody else."""

    receiver = "external:elsewhere"

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Tell of it."""
        answer = DrawnInVain.absorb(self, state, default, limit)
        return replace(answer, rest=default.after(default.cash_shortfall - answer.taken))


ROWS = (fund("unvested", UNVESTED), fund("insurance", INSURANCE), account("users", PRINCIPAL))
LOSS = cash_default(UNVESTED + PRINCIPAL)  # liabilities less collateral, of which there is none
TERMS = terms_of(
    {"kind": "first_loss", "account": "fund:unvested"},
    {"kind": "insurance_fund", "account": "fund:insurance"},
    {"kind": "mutualise", "over": "cash", "members": ["users"]},
)


def test_counted_once_half_of_the_principal_is_paid() -> None:
    draft = Draft(book_of(ROWS, [LOSS]))
    result = run_waterfall(draft, market_of(), TERMS, [LOSS], event=EVENT)
    assert {item.account: item.amount for item in result.charges} == {
        "fund:unvested": UNVESTED,
        "fund:insurance": INSURANCE,
        "users": PRINCIPAL // 2,
    }
    assert draft.cash("users", "USD") == PRINCIPAL // 2 == INSURANCE


@pytest.mark.parametrize("layer", [DrawnInVain, Charged, Taken, PaidElsewhere])
def test_a_fund_drawn_in_vain_is_refused(layer: type[DrawnInVain]) -> None:
    book, kinds = book_of(ROWS, [LOSS]), {**KINDS, "insurance_fund": layer}
    with pytest.raises(InvariantError, match="layer insurance"):
        share_out(book, market_of(), TERMS, [LOSS], Event("e"), kinds=kinds)
