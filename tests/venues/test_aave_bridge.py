"""Three ways to liquidate on Aave are one: the recording, the machine, the engine on an imported book.

Beyond the recorded calls, each is asked again with other amounts and the other way to be paid.
"""

from __future__ import annotations

from typing import Any

import pytest

from seawall.core.draft import Draft
from seawall.liquidation.quote import Refusal
from seawall.liquidation.seize import Call, seize
from seawall.venues.aave_v3 import read_book, read_market, read_terms
from seawall.venues.machines.aave_v3 import AaveV3, State
from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.aave_v3_7 import AaveV37
from seawall.venues.machines.machine import Action
from tests.vectors.aave_v3 import REFUSALS
from tests.venues.recorded import scenarios, walk

V302, V37 = AaveV302(), AaveV37()
VERSIONS: dict[AaveV3, tuple[str, str]] = {
    V302: ("3.0.2", "aave_v3.json.gz"),
    V37: ("3.7", "aave_v37.json.gz"),
}
RECORDED = [
    (machine, number) for machine, (_, file) in VERSIONS.items() for number in range(len(scenarios(file)))
]


def engine(machine: AaveV3, state: State, at: int, args: dict[str, Any]) -> Any:
    """Return what the engine makes of a call on the state, imported."""
    version, _ = VERSIONS[machine]
    view = machine.view(state, at)
    parameters = {
        asset: {
            "decimals": each.parameters.decimals,
            "ltv": each.parameters.ltv,
            "liquidation_threshold": each.parameters.threshold,
            "liquidation_bonus": each.parameters.bonus,
            "liquidation_protocol_fee": each.parameters.protocol_fee,
            "emode_category": next(
                (number for number, one in state.categories.items() if asset in one.collateral), 0
            ),
        }
        for asset, each in state.reserves.items()
    }
    emodes = [
        {
            "id": number,
            "ltv": each.ltv,
            "liquidation_threshold": each.threshold,
            "liquidation_bonus": each.bonus,
            "price_source": each.price_source or None,
            "price": state.prices.get(each.price_source, 0),
        }
        for number, each in state.categories.items()
    ]
    book = read_book(version, parameters, view["reserves"], view["users"], as_of=at)
    market = read_market(view["reserves"], emodes=emodes, as_of=at)
    call = Call(
        account=args["user"],
        collateral=args["collateral"],
        debt=args["debt"],
        debt_to_cover=min(int(args["debt_to_cover"]), 10**38 - 1),
        receive="supply" if args["receive_atoken"] else "underlying",
    )
    return seize(Draft(book), market, read_terms(version, parameters, emodes), call)


@pytest.mark.parametrize(("machine", "number"), RECORDED)
def test_the_engine_on_an_imported_book_does_what_the_machine_does(machine: AaveV3, number: int) -> None:
    for taken in walk(machine, VERSIONS[machine][1], number):
        if taken.action.name != "liquidation_call":
            continue
        for args in asked(dict(taken.action.args)):
            _, receipt = machine.step(taken.before, Action("liquidation_call", taken.action.at, args))
            done = engine(machine, taken.before, taken.action.at, args)
            if isinstance(done, Refusal):
                assert receipt.refused is not None, (args, done)
                assert receipt.refused.revert in REFUSALS[done.code], (args, done)
                continue
            assert receipt.refused is None, (args, receipt)
            mine = {
                "debt_repaid": done.repaid,
                "collateral_to_liquidator": done.to_liquidator,
                "protocol_fee": done.fee,
                "deficit_created": {asset: amount for asset, amount in done.deficit.items() if amount},
            }
            assert {key: mine[key] for key in receipt.out} == receipt.out, args


def asked(args: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a recorded call and others like it."""
    cover = int(args["debt_to_cover"])
    other = {**args, "receive_atoken": not args["receive_atoken"]}
    return [args, other, *({**args, "debt_to_cover": part} for part in (cover // 3, 2**256 - 1, 1))]
