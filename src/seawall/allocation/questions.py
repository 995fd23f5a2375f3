"""Check what `allocate` is asked, all problems at once, and put it into the shape that rules take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from seawall.allocation.by_proportion import RISK_CURVES
from seawall.allocation.queue import SCORE_DENOMINATOR_MAX
from seawall.allocation.sharing import RuleOfAllocation, Sharing
from seawall.core.money import brief
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.errors import InputError, Problem

__all__ = ["NUMBER_LIMIT", "checked"]

NUMBER_LIMIT = 1 << 256  # what a ledger and a contract hold; the exact rules square and multiply such numbers
_COLUMNS = ("weights", "ids", "caps", "order", "contracts", "leverages_ppm")


def checked(
    rules: Mapping[str, RuleOfAllocation], rule: str, **given: Any
) -> tuple[RuleOfAllocation, Sharing]:
    """Return the rule and its question, amounts in lots where the rule counts amounts.

    Raises:
        InputError: All problems of the arguments at once.
    """
    problems = list(_shape_problems(given))
    problems += [*_rule_problems(rules, rule, given), *(() if problems else _number_problems(given))]
    if problems:
        raise InputError.of(problems)
    chosen = rules[rule]
    lot = int(given["lot"])
    step = lot if chosen.lot_of == "amount" else 1
    weights, caps = given["weights"], given["caps"]
    bounds = [
        mul_div_down(bound, 1, step) if weight else 0
        for weight, bound in zip(weights, weights if caps is None else caps, strict=True)
    ]
    return chosen, Sharing(
        mul_div_up(given["budget"], 1, step),
        weights,
        bounds,
        caps is not None,
        given["ids"],
        given["event"],
        given["seed"],
        [score if isinstance(score, tuple) else (score, 1) for score in given["order"] or ()],
        given["contracts"] or (),
        given["leverages_ppm"] or (),
        given["risk_curve"],
        given["samples"] or 0,
        1 if chosen.lot_of == "amount" else lot,
    )


def _shape_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    # What cannot be counted or read again, such as a generator, is told before anything is read.
    for name in _COLUMNS:
        column = given[name]
        if column is None and name not in ("weights", "ids"):
            continue
        if isinstance(column, str | bytes | Mapping) or not (
            hasattr(column, "__len__") and hasattr(column, "__getitem__")
        ):
            got = "nothing" if column is None else f"a {type(column).__name__}"
            yield Problem("not_a_list", f"expected a list, one entry for each account, got {got}", name)


def _rule_problems(
    rules: Mapping[str, RuleOfAllocation], rule: str, given: Mapping[str, Any]
) -> Iterator[Problem]:
    if rule not in rules:
        close = get_close_matches(str(rule), rules, n=1)
        hint = f": did you mean {close[0]}?" if close else f": choose from {', '.join(rules)}"
        yield Problem("unknown_rule", f"no allocation rule {rule!r}{hint}", "rule")
    else:
        for need in rules[rule].needs:
            if given[need] is None:
                yield Problem("missing", f"rule {rule} needs one for each account: give {need}", need)
    if given["risk_curve"] not in RISK_CURVES:
        names = ", ".join(RISK_CURVES)
        message = f"expected one of {names}, got {given['risk_curve']!r}"
        yield Problem("unknown_curve", message, "risk_curve")


def _number_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    ids: Sequence[str] = given["ids"]
    for name, least in (("budget", 0), ("lot", 1), ("samples", 2), ("seed", None)):
        if name != "samples" or given[name] is not None:
            yield from _number(given[name], least, name)
    for name in ("weights", "caps", "contracts", "leverages_ppm"):
        yield from _column(given[name], ids, name)
    yield from _order(given["order"], ids)
    yield from _text(given["event"], "event")
    seen: set[str] = set()
    for place, account in enumerate(ids):
        faults = list(_text(account, f"ids[{place}]"))
        yield from faults
        if faults:
            continue
        if account in seen:
            yield Problem(
                "duplicate_id", f"{account!r} stands more than once: give each account once", f"ids[{place}]"
            )
        seen.add(account)
    if given["contracts"] is not None and len(given["contracts"]) == len(given["weights"]) == len(ids):
        for place, (weight, count) in enumerate(zip(given["weights"], given["contracts"], strict=True)):
            if weight and not count:
                message = f"{ids[place]!r} has a weight of {brief(weight)} and no contracts to close"
                yield Problem("no_contracts", message, f"contracts[{place}]")


def _text(text: object, where: str) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield Problem("not_text", f"expected text, got {text!r}: name it by a string", where)
    elif not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        message = f"{text[:40]!a} holds half of a surrogate pair, which has no bytes to be hashed: mend it"
        yield Problem("not_text", message, where)


def _number(number: object, least: int | None, where: str) -> Iterator[Problem]:
    if isinstance(number, bool) or not isinstance(number, int):
        yield Problem("not_whole", f"expected a whole number, got {number!r}: count in smallest units", where)
    elif least is not None and number < least:
        code = "out_of_range" if least else "negative_amount"
        yield Problem(code, f"expected >= {least}, got {brief(number)}", where)
    elif abs(number) >= NUMBER_LIMIT:
        message = f"expected less than 2^256 in size, got a number {brief(number)}: count in larger units"
        yield Problem("amount_range", message, where)


def _column(numbers: Sequence[int] | None, ids: Sequence[str], name: str) -> Iterator[Problem]:
    if numbers is None:
        return
    if len(numbers) != len(ids):
        yield Problem("length", f"expected {len(ids)}, one for each id, got {len(numbers)}", name)
    for place, number in enumerate(numbers):
        if type(number) is not int or not 0 <= number < NUMBER_LIMIT:
            yield from _number(number, 0, f"{name}[{place}]")


def _order(order: Sequence[Any] | None, ids: Sequence[str]) -> Iterator[Problem]:
    if order is None:
        return
    if len(order) != len(ids):
        yield Problem("length", f"expected {len(ids)}, one for each id, got {len(order)}", "order")
    for place, score in enumerate(order):
        where = f"order[{place}]"
        if not isinstance(score, tuple):
            yield from _number(score, None, where)
        elif len(score) != 2 or not all(type(part) is int for part in score):
            yield Problem(
                "not_whole", f"expected (numerator, denominator) in whole numbers, got {score!r}", where
            )
        elif not 0 < score[1] < SCORE_DENOMINATOR_MAX:
            message = f"expected a denominator in 1 to 2^768 - 1, got {brief(score[1])}"
            yield Problem("out_of_range", message, where)
