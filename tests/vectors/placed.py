"""Recorded objects that know where they stand: a key that is missing is told with its place."""

from __future__ import annotations

from typing import Any, NoReturn

SHOWN = 8


class MissingKey(KeyError):
    """A recording lacks a key: expected, got, where."""

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would quote it


class Placed(dict[str, Any]):
    """An object of a recording, and the dotted place where it stands."""

    def __init__(self, items: dict[str, Any], where: str) -> None:
        super().__init__((key, placed(value, f"{where}.{key}".lstrip("."))) for key, value in items.items())
        self.where = where

    def __missing__(self, key: object) -> NoReturn:
        there = [*map(repr, sorted(self)[:SHOWN]), *(["..."] if len(self) > SHOWN else [])]
        where = self.where or "the top"
        raise MissingKey(f"{where}: expected {key!r}, got {', '.join(there) or 'nothing'}: restore it")


def placed(value: Any, where: str = "") -> Any:
    """Return a JSON value whose objects know where they stand."""
    if isinstance(value, dict):
        return Placed(value, where)
    if isinstance(value, list):
        return [placed(each, f"{where}[{number}]") for number, each in enumerate(value)]
    return value
