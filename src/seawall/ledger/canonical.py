"""Canonical bytes: the one way in which a value of the ledger is written, and hashed.

Form, version 1 (in the manner of RFC 8785, JSON Canonicalization Scheme):

* JSON in UTF-8, no spaces, keys sorted by code point, all text in Unicode NFC;
* amounts and every number inside a working are decimal strings, so that no reader
  loses digits; `seq`, `as_of` and `version` are small and stay JSON integers;
* no field is left out, no number with a point or an exponent stands anywhere;
* a hash is SHA-256 over `seawall/ledger/<what>/v1`, one zero byte, and the bytes.

The name of the thing hashed (`<what>`) keeps an entry from being passed off as
holdings, and the version changes whenever the form does.
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from json.encoder import encode_basestring
from typing import Literal, TypeAlias
from unicodedata import is_normalized, normalize

from seawall.errors import InputError, InvariantError

VERSION = 1
What = Literal["entry", "genesis", "holdings"]
Plain: TypeAlias = "bool | str | list[Plain] | dict[str, Plain] | None"

_to_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_PREFIX: dict[What, bytes] = {
    "entry": b"seawall/ledger/entry/v1\0",
    "genesis": b"seawall/ledger/genesis/v1\0",
    "holdings": b"seawall/ledger/holdings/v1\0",
}


quote = encode_basestring  # canonical JSON of one text


def encode(value: object) -> str:
    """Return the canonical JSON text of a value that is already plain."""
    return _to_json(value)


def digest(what: What, text: str) -> str:
    """Return the SHA-256 of canonical text, bound to what it is, as lower-case hex."""
    return hashlib.sha256(_PREFIX[what] + text.encode()).hexdigest()


def plain(value: object, where: str = "working") -> Plain:
    """Return a value as nested dicts, lists, text, booleans and None, numbers as decimal text.

    What has been made plain is left as it is by a second pass, and survives writing and reading.

    Raises:
        InvariantError: Something in it has no canonical form (a set, an object); names the place.
    """
    kind = type(value)
    if kind is str:
        return _nfc(str(value))
    if kind is int:
        return str(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (dict, Mapping)):  # dict first: an abstract class takes long to answer
        return _plain_mapping(value, where)
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{number}]") for number, item in enumerate(value)]
    return _plain_scalar(value, where)


def _plain_mapping(value: Mapping[object, object], where: str) -> dict[str, Plain]:
    made: dict[str, Plain] = {}
    for key, item in value.items():
        name = key if type(key) is str and key.isascii() else plain(key, where)
        if not isinstance(name, str) or name in made:
            raise InvariantError(
                f"{where}: {key!r} cannot be a key here: use distinct text", code="no_canonical_form"
            )
        # Most of a working is numbers: for them no place need be spelled out.
        made[name] = str(item) if type(item) is int else plain(item, f"{where}.{name}")
    return made


def _plain_scalar(value: object, where: str) -> str:
    if isinstance(value, str):  # an enum of text
        return _nfc(str.__str__(value))
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, (Fraction, Decimal)):
        return str(value)
    try:
        return str(operator.index(value))  # type: ignore[arg-type]  # integers of NumPy; others are refused below
    except TypeError:
        raise InvariantError(
            f"{where}: a {type(value).__name__} has no canonical form: use text, numbers, lists and mappings",
            code="no_canonical_form",
        ) from None


def _nfc(text: str) -> str:
    # Half a surrogate pair cannot be written as UTF-8: a question mark stands for it.
    return text if text.isascii() else normalize("NFC", text.encode(errors="replace").decode())


def check_name(name: str, what: str) -> None:
    """Refuse a name that the ledger could not write back as it stands: renaming an account is not ours to do.

    Raises:
        InputError: The text is not in Unicode NFC (`text_not_nfc`) or no valid Unicode (`text_not_unicode`).
    """
    if name.isascii():
        return
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise InputError(f"{what} {name!r} holds half a surrogate pair: mend it", code="text_not_unicode")
    if not is_normalized("NFC", name):
        raise InputError(f"{what} {name!r} is not in Unicode NFC: normalise it", code="text_not_nfc")
