"""The published vectors, served; and a runner that fails when it should."""

import copy
import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import records
from tests.vectors.declared import faults
from tests.vectors.outcome import Outcome, strict
from tests.vectors.runner import read, run

DATA = Path(__file__).parent / "data"

# At least so many must pass; raise it with what is served.
PASSES = {
    "aave_v3.json.gz": 15,
    "aave_v37.json.gz": 15,
    "liquity.json.gz": 9,
    "maker_dss.json.gz": 12,
    "morpho_blue.json.gz": 12,
    "venus_shortfall.json.gz": 9,
    "lending.json": 42,
    "models.json": 56,
    "derivatives.json": 40,
    "rates.json": 1,
}


@pytest.mark.parametrize("name", PASSES)
def test_no_vector_fails_and_enough_are_served(name: str) -> None:
    outcomes = list(run([DATA / name]))
    assert [str(outcome) for outcome in outcomes if outcome.status == "fail"] == []
    assert Counter(outcome.status for outcome in outcomes)["pass"] >= PASSES[name]
    assert all(outcome.why for outcome in outcomes)


def test_every_recorded_liquidation_and_loss_is_held() -> None:
    figures: Counter[str] = Counter()
    for outcome in run([DATA / "aave_v3.json.gz", DATA / "aave_v37.json.gz"]):
        for part in outcome.why.split(", "):
            number, kind = part.split(" ", 1)
            figures[kind] += int(number)
    # 117 + 75 calls with seven figures each, and the loss each left.
    assert figures["liquidation figures"] >= 7 * 192
    assert figures["bad debt figures"] >= 117 + 2 * 75
    assert figures["calls refused"] >= 85
    assert figures["refusals"] >= 109
    assert figures["account figures"] >= 40_000


def outcomes_of(document: Any, tmp_path: Path, *, packed: bool = False) -> list[Outcome]:
    text = json.dumps(document).encode()
    path = tmp_path / ("case.json.gz" if packed else "case.json")
    path.write_bytes(gzip.compress(text) if packed else text)
    return list(run([path]))


def scenario(number: int, name: str = "aave_v37.json.gz") -> dict[str, Any]:
    document = read(DATA / name)
    kept = document["scenarios"][number]
    return {**document, "counts": {"scenarios": 1, "steps": len(kept["steps"])}, "scenarios": [kept]}


FIGURES = [
    "debt_repaid",
    "collateral_to_liquidator",
    "protocol_fee",
    "hf_before",
    "hf_after",
    "user_v_scaled_burned",
    "user_a_scaled_removed",
]


@pytest.mark.parametrize("figure", FIGURES)
def test_one_wei_in_a_liquidation_is_a_failure(figure: str, tmp_path: Path) -> None:
    document = scenario(3)
    call = next(
        step for step in document["scenarios"][0]["steps"] if step.get("out", {}).get("deficit_created")
    )
    call["out"][figure] = str(int(call["out"][figure]) + 1)
    (outcome,) = outcomes_of(document, tmp_path)
    assert outcome.status == "fail"
    assert figure in outcome.why


@pytest.mark.parametrize("change", [{}, {"LINK": "1"}])
def test_another_deficit_is_a_failure(change: dict[str, str], tmp_path: Path) -> None:
    document = scenario(3)
    call = next(
        step for step in document["scenarios"][0]["steps"] if step.get("out", {}).get("deficit_created")
    )
    call["out"]["deficit_created"] = change
    (outcome,) = outcomes_of(document, tmp_path)
    assert (outcome.status, "deficit" in outcome.why) == ("fail", True)


@pytest.mark.parametrize("figure", ["collateral_base", "debt_base", "health_factor"])
def test_one_unit_in_an_account_is_a_failure(figure: str, tmp_path: Path) -> None:
    document = scenario(0, "aave_v3.json.gz")
    view = document["scenarios"][0]["steps"][40]["post"]["users"]["b0"]
    view[figure] = str(int(view[figure]) - 1)
    (outcome,) = outcomes_of(document, tmp_path, packed=True)
    assert (outcome.status, figure in outcome.why) == ("fail", True)


@pytest.mark.parametrize("refusal", ["E:MustNotLeaveDust", "Error:45", "E:InvalidBurnAmount", ""])
def test_a_refusal_for_another_reason_is_a_failure(refusal: str, tmp_path: Path) -> None:
    document = scenario(5)
    calls = [
        step
        for step in document["scenarios"][0]["steps"]
        if step["action"] == "liquidation_call" and step["revert"] not in (None, refusal)
    ]
    for call in calls:
        call["revert"] = refusal
    assert calls
    assert [outcome.status for outcome in outcomes_of(document, tmp_path)] == ["fail"]


def another(value: Any) -> Any:
    """A value of the same shape that is wrong in every part: one unit more, the other flag, another name."""
    if isinstance(value, dict):
        return {key: another(each) for key, each in value.items()}
    if isinstance(value, list):
        return [another(each) for each in value]
    if isinstance(value, bool):
        return not value
    return int(value) + 1 if str(value).lstrip("-").isdigit() else f"not {value}"


def test_every_figure_of_a_lending_vector_is_compared(tmp_path: Path) -> None:
    for case in read(DATA / "lending.json")["vectors"]:
        (outcome,) = outcomes_of({"vectors": [case]}, tmp_path)
        if outcome.status != "pass":
            continue
        for key, value in case["expected"].items():
            wrong = copy.deepcopy(case)
            wrong["expected"][key] = another(value)
            (changed,) = outcomes_of({"vectors": [wrong]}, tmp_path)
            assert (changed.status, key in changed.why) == ("fail", True), key
        wrong = copy.deepcopy(case)
        wrong["expected"]["somethingElse"] = 1
        assert outcomes_of({"vectors": [wrong]}, tmp_path)[0].why.startswith("somethingElse: expected 1")


GOOD = {"id": "x", "protocol": "Aave v2", "function": "rates", "inputs": {}, "expected": {"a": 1}}
MALFORMED: list[Any] = [
    {"vectors": [{"id": "no inputs", "protocol": "Aave v3.7", "expected": {"a": 1}}]},
    {"vectors": [5]},
    {"vectors": [None]},
    {"vectors": ["text"]},
    {"vectors": [{"id": "nothing known"}]},
    {
        "vectors": [
            {**GOOD, "inputs": dict.fromkeys(["optimal_ray", "base_ray", "variableDebt", "liquidity"], "one")}
        ]
    },
    {"vectors": [{**GOOD, "inputs": {"cases": 7}}]},
    {"vectors": []},
    {"cases": {}},
    {"schema": "seawall-lab/aave-v3/1"},
    {"schema": "seawall-lab/aave-v3/1", "version": "3.7", "scenarios": []},
    {"schema": "seawall-lab/aave-v3/1", "version": "3.7", "scenarios": [7]},
    {"schema": "seawall-lab/aave-v3/1", "version": "3.7", "scenarios": [{"genesis": {}, "steps": []}]},
    {"schema": "seawall-lab/aave-v3/1", "scenarios": [{}]},
    [],
    7,
]


@pytest.mark.parametrize("document", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_file_is_a_failure_with_a_reason(document: Any, tmp_path: Path) -> None:
    (outcome,) = outcomes_of(document, tmp_path)
    assert outcome.status == "fail"
    assert outcome.why


@pytest.mark.parametrize("raw", [b"", b"{", b"\x1f\x8bxx", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_a_failure_with_a_reason(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(raw)
    (outcome,) = run([path])
    assert (outcome.status, outcome.id) == ("fail", "broken.json")
    assert [each.status for each in run([tmp_path / "absent.json"])] == ["fail"]


@pytest.mark.parametrize(
    "document",
    [
        {"vectors": [{**GOOD, "protocol": "MakerDAO Clipper"}]},
        {"vectors": [{**GOOD, "inputs": {"anything": 1}}]},
        {"cases": [{"id": "x", "topic": "cascade", "inputs": {}, "expected": {}}]},
    ],
)
def test_what_nothing_serves_is_named_and_no_failure(document: Any, tmp_path: Path) -> None:
    (outcome,) = outcomes_of(document, tmp_path)
    assert outcome.status == "unserved"
    assert outcome.why


@pytest.mark.parametrize(
    ("schema", "version"), [("seawall-lab/aave-v3/1", "9"), ("seawall-lab/no-such-protocol/1", "1.0")]
)
def test_a_contract_file_that_nothing_serves_is_a_failure_with_a_clear_line(
    schema: str, version: str, tmp_path: Path
) -> None:
    """Its scenarios are unserved, each with its reason; that nothing at all was replayed is no success."""
    document = {"schema": schema, "version": version, "scenarios": [{}, {}]}
    *unserved, last = outcomes_of(document, tmp_path)
    assert [outcome.status for outcome in unserved] == ["unserved", "unserved"]
    assert (last.status, last.id) == ("fail", "case.json")
    assert last.why == f"no scenario was served: nothing here replays schema '{schema}', version '{version}'"


@pytest.mark.parametrize("name", ["lending.json", "models.json", "derivatives.json"])
def test_no_case_passes_that_expects_nothing_or_tolerates_anything(name: str) -> None:
    document = read(DATA / name)
    for case in document.get("vectors", document.get("cases")):
        passed = Outcome("pass", case["id"], "as whoever serves it found")
        assert strict(case, passed) is passed
        assert strict({**case, "expected": {}}, passed).status == "fail"
        assert strict({**case, "expected": {key: [] for key in case["expected"]}}, passed).status == "fail"
        loose = {"expected": {**case["expected"], "figure": 5}, "tolerance": 1e60}
        assert "tolerates 1e+60" in strict({**case, **loose}, passed).why


@pytest.mark.parametrize("expected", [{}, {"repay": []}, {"repay": None}])
def test_an_emptied_case_is_a_failure(expected: dict[str, Any], tmp_path: Path) -> None:
    case = next(case for case in read(DATA / "models.json")["cases"] if case["id"] == "repay_to_target")
    (outcome,) = outcomes_of({"cases": [{**case, "expected": expected}]}, tmp_path)
    assert outcome.status == "fail"


@pytest.mark.parametrize(("asked", "status"), [("2.2", "pass"), ("2.203", "fail")])
def test_a_tolerance_is_at_most_a_twentieth_of_what_is_expected(
    asked: str, status: str, tmp_path: Path
) -> None:
    """44.0476 may be off by 2.2023 and by no more."""
    case = next(case for case in read(DATA / "models.json")["cases"] if case["id"] == "repay_to_target")
    (outcome,) = outcomes_of({"cases": [{**case, "tolerance": asked}]}, tmp_path)
    assert outcome.status == status


def test_a_file_that_holds_another_number_of_cases_than_it_says_is_a_failure(tmp_path: Path) -> None:
    case = next(case for case in read(DATA / "models.json")["cases"] if case["id"] == "irm_kink")
    for count, statuses in (
        (1, ["pass"]),
        (2, ["pass", "fail"]),
        (0, ["pass", "fail"]),
        ("1", ["pass", "fail"]),
    ):
        outcomes = outcomes_of({"count": count, "cases": [case]}, tmp_path)
        assert [outcome.status for outcome in outcomes] == statuses, count
    assert outcomes[-1].why == "count: the file says '1' and holds 1"


COUNTS = read(DATA / "aave_v37.json.gz")["counts"]


@pytest.mark.parametrize("name", [*COUNTS, "flights"])
def test_a_recording_that_lost_a_step_is_a_failure(name: str) -> None:
    """Each count that the file declares is counted again: one more than it holds is told by its name."""
    document = read(DATA / "aave_v37.json.gz")
    assert list(faults(document)) == []
    declared = COUNTS.get(name, 0)
    wrong = {**document, "counts": {**COUNTS, name: declared + 1}}
    assert list(faults(wrong)) == [f"counts.{name}: the file says {declared + 1} and holds {declared}"]


def test_a_wrong_count_of_a_recording_fails_the_file(tmp_path: Path) -> None:
    document = scenario(3)
    document["counts"]["scenarios"] = 2
    outcomes = outcomes_of(document, tmp_path)
    assert [outcome.status for outcome in outcomes] == ["pass", "fail"]
    assert outcomes[-1].why == "counts.scenarios: the file says 2 and holds 1"


RECORDINGS = [name for name in PASSES if name.endswith(".gz")]


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("key", ["t", "args", "action"])
def test_a_key_that_a_step_lost_is_told_with_what_is_there_and_where(
    name: str, key: str, tmp_path: Path
) -> None:
    document = read(DATA / name)
    number, step = list(_steps(document))[2]
    there = next(each for each in sorted(step) if each != key)
    del step[key]
    first = outcomes_of({**document, "scenarios": document["scenarios"][: number + 1]}, tmp_path)[number]
    assert first.status == "fail"
    place = rf"scenarios\[{number}\]\.steps\[2\]"
    assert re.fullmatch(rf"{place}: expected '{key}', got '{there}', .*: restore it", first.why), first.why


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_record_that_a_step_lost_is_told_with_how_many_siblings_carry_it(name: str) -> None:
    document = read(DATA / name)
    assert list(faults(document)) == []
    for number, step in {(step["action"], step["ok"]): (n, step) for n, step in _steps(document)}.values():
        for record in set(records.RECORDS) & {key for key, value in step.items() if value is not None}:
            siblings = sum(_alike(step, other) for _, other in _steps(document))
            kept = step.pop(record)
            told = list(records.lost(document["scenarios"]))
            step[record] = kept
            place = f"scenario {number} step {step['i']} {step['action']}: expected {record!r}"
            share = f"which {siblings - 1} of {siblings} such steps carry, got nothing"
            # Of one of its kind nothing is known here: the replay itself asks for what it needs.
            assert [place in line and share in line for line in told] == [True] * (siblings > 1)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_scenario_recorded_twice_is_told(name: str, tmp_path: Path) -> None:
    document = scenario(3, name)
    document["scenarios"] *= 2
    document["counts"] = {"scenarios": 2, "steps": 2 * document["counts"]["steps"]}
    outcomes = outcomes_of(document, tmp_path)
    assert [outcome.status for outcome in outcomes] == ["pass", "pass", "fail"]
    assert outcomes[-1].why == "scenario 1: its start and steps are those of scenario 0: leave one out"


@pytest.mark.parametrize("name", RECORDINGS)
def test_time_that_runs_back_fails_a_scenario(name: str, tmp_path: Path) -> None:
    document = scenario(3, name)
    steps = document["scenarios"][0]["steps"]
    steps[1]["t"] = str(int(steps[0]["t"]) - 1)
    (outcome,) = outcomes_of(document, tmp_path)
    assert (outcome.status, "expected no earlier time" in outcome.why) == ("fail", True)


def _steps(document: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    return [(n, step) for n, scenario in enumerate(document["scenarios"]) for step in scenario["steps"]]


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one["action"], one["ok"]) == (other["action"], other["ok"])


@pytest.mark.parametrize(
    ("name", "record"),
    [(name, "events") for name in RECORDINGS if not name.startswith("aave")]
    + [(name, "post") for name in RECORDINGS]
    + [(name, record) for name in RECORDINGS if name.startswith("aave") for record in ("pre", "out")],
)
def test_a_record_that_all_steps_lost_fails_every_scenario_that_needs_it(
    name: str, record: str, tmp_path: Path
) -> None:
    document = scenario(3, name)
    for _, step in _steps(document):
        step.pop(record, None)
    (outcome,) = outcomes_of(document, tmp_path)
    assert (outcome.status, record in outcome.why) == ("fail", True)


@pytest.mark.parametrize("counts", [None, {}, {"scenarios": 1}, {"steps": 60}])
def test_a_recording_that_does_not_count_itself_is_a_failure(
    counts: dict[str, int] | None, tmp_path: Path
) -> None:
    document = scenario(3)
    steps = len(document["scenarios"][0]["steps"])
    document["counts"] = counts
    if counts is None:
        del document["counts"]
    last = outcomes_of(document, tmp_path)[-1]
    held = {"scenarios": 1, "steps": steps}
    told = [
        f"counts.{name}: expected a number, got none, and the file holds {number}: declare it"
        for name, number in held.items()
        if name not in (counts or {})
    ]
    assert (last.status, last.why) == ("fail", "; ".join(told))


@pytest.mark.parametrize("name", ["liquity.json.gz", "maker_dss.json.gz", "venus_shortfall.json.gz"])
def test_a_recording_that_counts_its_actions_counts_all_of_them(name: str) -> None:
    document = read(DATA / name)
    for action in set(document["counts"]) - {"scenarios", "steps"}:
        held = document["counts"].pop(action)
        line = f"counts.{action}: expected a number, got none, and the file holds {held}: declare it"
        assert list(faults(document)) == [line]
        document["counts"][action] = held


def test_the_command_counts_and_exits(tmp_path: Path) -> None:
    def command(*paths: Path) -> tuple[int, str]:
        line = [sys.executable, "-m", "tests.vectors", *map(str, paths)]
        done = subprocess.run(line, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        return done.returncode, done.stdout.strip().splitlines()[-1] if done.stdout else ""

    code, last = command(DATA / "lending.json")
    assert code == 0
    assert int(last.split()[0]) >= PASSES["lending.json"]
    assert " passed, 0 failed, " in last
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert command(broken) == (1, "0 passed, 1 failed, 0 unserved")
    unknown = tmp_path / "unknown.json"
    unknown.write_text('{"schema": "seawall-lab/aave-v3/1", "version": "9", "scenarios": [{}]}')
    assert command(unknown) == (1, "0 passed, 1 failed, 1 unserved")
    assert command()[0] == 2
