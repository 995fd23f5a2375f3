"""TOML out: the few shapes that a snapshot's header and terms have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["toml_text"]

_INLINE_KEYS_MAX = 3
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def toml_text(table: Mapping[str, Any]) -> str:
    """Write a mapping of strings, whole numbers, booleans, lists and mappings; what is None is left out.

    >>> print(toml_text({"venue": "x", "size": {"kind": "full"}, "tiers": [{"floor": 0}]}))
    venue = "x"
    tiers = [
      { floor = 0 },
    ]
    <BLANKLINE>
    [size]
    kind = "full"
    <BLANKLINE>
    """
    return "\n".join(_lines(table, "")).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    present = {key: value for key, value in table.items() if value is not None}
    for key, value in present.items():
        if not _is_table(value) and not _is_tables(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in present.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if _is_table(value):
            yield f"\n[{name}]"
            yield from _lines(value, name)
        elif _is_tables(value):
            for item in value:
                yield f"\n[[{name}]]"
                yield from _lines(item, name)


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: Any) -> bool:
    return _is_rows(value) and not all(_is_short(item) for item in value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(_is_table(item) for item in value)


def _is_short(table: Mapping[str, Any]) -> bool:
    return len(table) <= _INLINE_KEYS_MAX and all(isinstance(item, str | int) for item in table.values())


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if _is_table(value):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if _is_rows(value):
        return "[\n" + "".join(f"  {_value(item)},\n" for item in value) + "]"
    return "[" + ", ".join(_value(item) for item in value) + "]"


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
