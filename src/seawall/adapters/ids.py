"""Ids as text from outside: one canonical form each, numbered in the order they come.

Canonical means: no surrounding spaces, Unicode NFC, EVM addresses in lower case (their
checksum is not verified). Ids that merely look alike stay two ids, with a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ID_LENGTH_MAX",
    "INVALID",
    "MISSING",
    "UNKNOWN",
    "Vocabulary",
    "canonical_id",
    "closest",
    "fault_of",
    "look_alikes",
]

ID_LENGTH_MAX = 256
MISSING, INVALID, UNKNOWN = -1, -2, -3
_CLOSEST_AMONG_MAX = 20_000

_EVM_ADDRESS = re.compile(r"\b0[xX][0-9a-fA-F]{40}\b")
# Letters of other scripts that are drawn like a Latin one; NFKC does not join those.
_LATIN_TWIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеіјосрѕухԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορτυχ",  # the look-alikes are the point
    "ABESIJKMHOPCTXYaeijocpsyxdqwABEZHIKMNOPTYXaivoptux",
)


def canonical_id(text: str) -> str:
    """Return the canonical form of an id.

    >>> canonical_id(" 0x52908400098527886E0F7030069857D2E4169EE7")
    '0x52908400098527886e0f7030069857d2e4169ee7'
    """
    body = text.strip(" \t")
    if not body.isascii():
        body = unicodedata.normalize("NFC", body)
    if len(body) >= 42 and "0" in body:
        body = _EVM_ADDRESS.sub(lambda match: match.group().lower(), body)
    return body


def fault_of(name: str) -> tuple[str, str] | None:
    """Return (code, message) of what forbids a canonical id, or None."""
    if not name:
        return "missing_value", "is empty: give an id"
    if len(name) > ID_LENGTH_MAX:
        return "id_too_long", f"has {len(name)} characters, at most {ID_LENGTH_MAX} are accepted"
    if not name.isprintable():
        return "control_character", f"{name[:40]!a} holds a control or invisible character"
    return None


class Vocabulary:
    """Canonical ids numbered in the order they were first seen; many spellings may share a number.

    Attributes:
        names: Canonical ids by number.
        is_closed: Whether ids that are not known yet are refused (`UNKNOWN`).
    """

    def __init__(self, names: Sequence[str] = (), *, is_closed: bool = False) -> None:
        self.names: list[str] = list(names)
        self.is_closed = is_closed
        self._code: dict[str, int] = {name: code for code, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def code(self, text: str) -> int:
        """Return the number of an id, or `MISSING`, `INVALID`, `UNKNOWN`."""
        found = self._code.get(text)
        return self._new(text) if found is None else found

    def codes(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """Return the number of each id, shape (len(texts),)."""
        known, new = self._code.get, self._new
        found = (new(text) if (code := known(text)) is None else code for text in texts)
        return np.fromiter(found, dtype=np.int32, count=len(texts))

    def get(self, text: str) -> str | None:
        """Return the canonical id as stored, if known."""
        code = self._code.get(text)
        return None if code is None else self.names[code]

    def add(self, name: str) -> int:
        """Return the number of a canonical id, taking it in even when closed."""
        was_closed, self.is_closed = self.is_closed, False
        code = self.code(name)
        self.is_closed = was_closed
        return code

    def _new(self, text: str) -> int:
        name = canonical_id(text)
        code = self._code.get(name)
        if code is None:
            if fault_of(name):
                return INVALID if name else MISSING
            if self.is_closed:
                return UNKNOWN
            code = len(self.names)
            self.names.append(name)
            self._code[name] = code
        if name != text:
            self._code[text] = code
        return code


def closest(name: str, known: Sequence[str]) -> str:
    """Return `; closest: A, B` for a message, or what there is when nothing is close."""
    if not known or len(known) > _CLOSEST_AMONG_MAX:
        return ""
    found = get_close_matches(name, known, n=3, cutoff=0.5)
    if not found:
        folded = {other.casefold(): other for other in known}
        found = [folded[item] for item in get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    if found:
        return f"; closest: {', '.join(found)}"
    return f"; known: {', '.join(list(known)[:5])}{', ...' if len(known) > 5 else ''}"


def look_alikes(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of different ids that a person may take for the same, one of them not plain ASCII.

    Source: the skeletons of Unicode Technical Standard 39, cut down to the scripts most used
    to imitate Latin letters.
    """
    foreign = [name for name in names if not name.isascii()]
    if not foreign:
        return
    by_skeleton: dict[str, str] = {}
    wanted = {skeleton(name) for name in foreign}
    for name in names:
        key = skeleton(name)
        if key not in wanted:
            continue
        other = by_skeleton.setdefault(key, name)
        if other is not name and not (name.isascii() and other.isascii()):
            yield other, name


def skeleton(name: str) -> str:
    """Return what is left of an id when letters that look alike are made one."""
    return unicodedata.normalize("NFKC", name).translate(_LATIN_TWIN).casefold()
