"""Split an amount over receivers in proportion, exactly: pro rata, capped pro rata, per unit.

Every split is a list of ints in the order of its input, but no share depends on that
order: ties go by a hash of event and receiver. `BREAKS` names the laws (reliability,
section 2) that a rule does not keep; each has a frozen counterexample in the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from itertools import compress

from seawall.core.rounding import mul_div_up
from seawall.errors import InputError

BREAKS: Mapping[str, Mapping[str, str]] = {
    "pro_rata": {
        "S7": "one more unit of loss may lower a share by one unit (the Alabama paradox)",
        "S8": "a loss split in two and shared out twice moves single shares by a unit",
    },
    "capped": {
        "S7": "one more unit of loss may lower a share by one unit (the Alabama paradox)",
        "S5": "caps from absolute floors: two halves with the floor each give less than the whole",
    },
    "per_unit": {
        "S8": "charges rounded up twice may cost a holder a unit more than once",
        "S1": "each charge is rounded up: together they exceed the loss, the rest is dust",
    },
}


def tie_keys(event_id: str, names: Iterable[str]) -> list[bytes]:
    """Return the order among equals for each receiver: sha256 of event id and receiver id."""
    return [sha256(f"{event_id}\0{name}".encode()).digest() for name in names]


def allocate_pro_rata(total: int, weights: Sequence[int], *, tie_key: Sequence[bytes]) -> list[int]:
    """Split `total` in proportion to `weights`, leaving no residue.

    Largest remainder: every share is rounded down, then the units left over go one each
    to the largest remainders; ties go by `tie_key`, never by position.

    Args:
        total: Amount to split [minor units], >= 0.
        weights: Claim of each receiver, shape (n_receivers,) [any one unit], >= 0, not all zero.
        tie_key: Order among equal remainders, shape (n_receivers,), a hash of event and receiver.

    Returns:
        Shares, shape (n_receivers,) [minor units]; they sum to `total` exactly.

    Raises:
        InputError: `total` or a weight is negative, or no weight is positive.

    Source:
        Hamilton's method; Balinski and Young, Fair Representation.

    >>> allocate_pro_rata(10, [1, 1, 1], tie_key=[b"b", b"a", b"c"])
    [3, 4, 3]
    """
    check_split(total, weights, "weight")
    whole = sum(weights)
    if not total:
        return [0] * len(weights)
    if not whole:
        raise InputError(f"cannot split {total} over {len(weights)} receivers: no weight is positive")
    pairs = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in pairs]
    left = total - sum(shares)
    if left:
        remainders = [remainder for _, remainder in pairs]
        cut = sorted(remainders, reverse=True)[left - 1]
        lucky = [place for place, remainder in enumerate(remainders) if remainder > cut]
        tied = [place for place, remainder in enumerate(remainders) if remainder == cut]
        lucky += sorted(tied, key=tie_key.__getitem__)[: left - len(lucky)]
        for place in lucky:
            shares[place] += 1
    return shares


def allocate_capped(
    total: int, weights: Sequence[int], caps: Sequence[int], *, tie_key: Sequence[bytes]
) -> list[int]:
    """Split `total` in proportion to `weights`, none above its cap: water-filling, to the unit.

    Receivers whose cap is below their proportional share pay their cap; the rest is split
    pro rata among the others, again by largest remainder. An uncapped share has
    cap > R * w / W, so rounding it up to a whole unit cannot pass the cap.

    Args:
        total: Amount to split [minor units], 0 <= total <= sum of the caps of positive weights.
        weights: Claim of each receiver, shape (n_receivers,) [any one unit], >= 0.
        caps: Most that each can bear, shape (n_receivers,) [minor units], >= 0.
        tie_key: Order among equal remainders, shape (n_receivers,).

    Returns:
        Shares, shape (n_receivers,) [minor units]; they sum to `total` exactly.

    Raises:
        InputError: A number is negative, or the caps cannot bear `total`.

    Source:
        Capped pro rata, arXiv 2512.01112 (h_i = min(eta, beta_i)).

    >>> allocate_capped(10, [1, 1, 2], [1, 9, 9], tie_key=[b"a", b"b", b"c"])
    [1, 3, 6]
    """
    check_split(total, weights, "weight")
    check_split(total, caps, "cap")
    claims = [place for place, weight in enumerate(weights) if weight]
    if sum(caps[place] for place in claims) < total:
        raise InputError(f"caps bear {sum(caps[place] for place in claims)}, expected at least {total}")
    order = sorted_by_ratio(claims, caps, weights)
    shares = [0] * len(weights)
    left, weight_left = total, sum(weights)
    for number, place in enumerate(order):
        if caps[place] * weight_left > left * weights[place]:
            free = order[number:]
            parts = allocate_pro_rata(
                left, [weights[at] for at in free], tie_key=[tie_key[at] for at in free]
            )
            for at, part in zip(free, parts, strict=True):
                shares[at] = part
            break
        shares[place] = caps[place]
        left -= caps[place]
        weight_left -= weights[place]
    return shares


def allocate_per_unit(total: int, quantities: Sequence[int], caps: Sequence[int]) -> list[int]:
    """Charge every unit of quantity the same, each charge rounded up; who cannot pay pays its cap.

    The charge per unit is an exact fraction, so the charges reach `total` and exceed it by
    less than one unit per receiver. Caps that bind raise the charge of the others (water-filling).

    Args:
        total: Amount to collect [minor units], 0 <= total <= sum of the caps of positive quantities.
        quantities: Size of each receiver, unsigned, shape (n_receivers,) [any one unit].
        caps: Most that each can bear, shape (n_receivers,) [minor units], >= 0.

    Returns:
        Charges, shape (n_receivers,) [minor units]; they sum to at least `total`.

    Raises:
        InputError: A number is negative, or the caps cannot bear `total`.

    Source:
        Drift v2 and Mango v4, social loss per base unit on both sides, rounded up.

    >>> allocate_per_unit(10, [1, 1, 1], [9, 9, 9])
    [4, 4, 4]
    """
    check_split(total, quantities, "quantity")
    check_split(total, caps, "cap")
    charges = [0] * len(quantities)
    sizes = [place for place, quantity in enumerate(quantities) if quantity]
    if sum(caps[place] for place in sizes) < total:
        raise InputError(f"caps bear {sum(caps[place] for place in sizes)}, expected at least {total}")
    order = sorted_by_ratio(sizes, caps, quantities)
    left, size_left = total, sum(quantities)
    for number, place in enumerate(order):
        if caps[place] * size_left >= left * quantities[place]:
            for at in order[number:]:
                charges[at] = mul_div_up(left, quantities[at], size_left)
            break
        charges[place] = caps[place]
        left -= caps[place]
        size_left -= quantities[place]
    return charges


def sorted_by_ratio(places: Sequence[int], tops: Sequence[int], bottoms: Sequence[int]) -> list[int]:
    """Return `places` in the order of tops / bottoms, exactly; bottoms > 0."""
    # As in `score_key`, with as many bits as these bottoms need.
    shift = 2 * max((bottoms[place].bit_length() for place in places), default=0)
    keys = [(tops[place] << shift) // bottoms[place] for place in places]
    return [places[number] for number in sorted(range(len(places)), key=keys.__getitem__)]


def check_split(total: int, numbers: Sequence[int], what: str) -> None:
    """Refuse a negative amount or a negative number among `numbers`, naming its place."""
    if total < 0:
        raise InputError(f"cannot split {total}: expected an amount >= 0", code="negative_amount")
    if numbers and min(numbers) < 0:
        place = next(compress(range(len(numbers)), (number < 0 for number in numbers)))
        raise InputError(f"{what} {place} is {numbers[place]}, expected >= 0", code="negative_amount")
