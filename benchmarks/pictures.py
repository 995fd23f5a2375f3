"""Pictures of `benchmarks.scaling`, as plain SVG: logarithmic axes, each line named where it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from seawall.report.palette import GREY, GRID, INK, RED, SLATE, SOFT, TEAL

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 62, 128, 46, 48
FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
COLOURS = (TEAL, SLATE, RED, GREY)
AWAY = 13
"""Least distance of two names at the ends of lines [px]."""

Points = Sequence[tuple[float, float]]


@dataclass
class Picture:
    """Axes from `x` to `y`, both logarithmic, and what is drawn into them."""

    title: str
    x: tuple[float, float]
    y: tuple[float, float]
    x_name: str
    y_name: str
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]
    x_said: Callable[[float], str] = lambda tick: said(tick)
    parts: list[str] = field(default_factory=list)
    names: list[tuple[float, str, str]] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point lies [px]."""
        across = math.log(x / self.x[0]) / math.log(self.x[1] / self.x[0])
        up = math.log(y / self.y[0]) / math.log(self.y[1] / self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Points, name: str, colour: str, *, dots: bool = True, dash: str = "") -> None:
        """Draw a line and name it at its end."""
        places = [self.at(x, y) for x, y in points]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'
        )
        if dots:
            self.parts += [dot(place, colour) for place in places]
        if name:
            self.names.append((places[-1][1], name, colour))

    def points(
        self, named: Mapping[str, tuple[float, float]], colour: Callable[[str], str], left: Sequence[str] = ()
    ) -> None:
        """Draw points and name each beside itself, some on the left, lower where two names would overlap."""
        last, before = -math.inf, -math.inf
        for down, across, name in sorted((*self.at(*place)[::-1], name) for name, place in named.items()):
            last = max(down, last + AWAY) if abs(across - before) < WIDTH / 4 else down
            before = across
            aside, anchor = (-8, "end") if name in left else (8, "start")
            label = words(across + aside, last + 4, name, colour(name), anchor)
            self.parts += [dot((across, down), colour(name)), label]

    def text(self) -> str:
        """Return the picture as SVG."""
        frame = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FONT}"'
            f' font-size="12" role="img"><title>{escape(self.title)}</title>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            words(12, 20, self.title, INK, weight="600"),
            words(12, 36, self.y_name, SOFT),
            words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, self.x_name, SOFT, "middle"),
        ]
        for tick in self.x_ticks:
            across, down = self.at(tick, self.y[0])
            frame += [
                stroke(across, TOP, across, down),
                words(across, down + 17, self.x_said(tick), SOFT, "middle"),
            ]
        for tick in self.y_ticks:
            across, down = self.at(self.x[0], tick)
            frame += [
                stroke(across, down, WIDTH - RIGHT, down),
                words(across - 7, down + 4, said(tick), SOFT, "end"),
            ]
        return "\n".join([*frame, *self.parts, *self._placed(), "</svg>"]) + "\n"

    def _placed(self) -> list[str]:
        # Names side by side with their lines, moved down where two would overlap.
        placed, last = [], -math.inf
        for down, name, colour in sorted(self.names):
            last = max(down, last + AWAY)
            placed.append(words(WIDTH - RIGHT + 8, last + 4, name, colour))
        return placed


def dot(place: tuple[float, float], colour: str) -> str:
    """Return a point."""
    return f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="3.2" fill="{colour}"/>'


def stroke(x: float, y: float, to_x: float, to_y: float) -> str:
    """Return a line of the grid."""
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{GRID}"/>'


def words(x: float, y: float, text: str, colour: str, anchor: str = "start", weight: str = "400") -> str:
    """Return a text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(text)}</text>"
    )


def said(number: float) -> str:
    """Return a number of an axis in few signs."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:g}"


def decades(least: float, most: float) -> list[float]:
    """Return the powers of ten between two numbers."""
    first, last = math.ceil(math.log10(least) - 1e-9), math.floor(math.log10(most) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]


def drawn(found: Mapping[str, Any]) -> dict[str, str]:
    """Return every picture by file name."""
    return {
        "roofline.svg": roofline(found["roofline"]),
        "who-wins.svg": who_wins(found["size_and_vol"]),
        "scaling-accounts.svg": by_accounts(found["size_and_vol"]),
        "scaling-vol.svg": by_vol(found["size_and_vol"]),
        "scaling-steps.svg": by_steps(found["steps"]),
        "scaling-paths.svg": by_paths(found["paths"]),
        "scaling-cohorts.svg": by_cohorts(found["cohorts"]),
    }


def roofline(found: Mapping[str, Any]) -> str:
    """Looks at accounts a second, against what memory and arithmetic of this machine allow."""
    rates, stream = found["looks_a_s"], found["stream_bytes_a_s"]
    operations = found["operations_a_look"]
    roofs = {
        "product, float32": found["gemm_fp32_a_s"] / operations,
        "product, float64": found["gemm_fp64_a_s"] / operations,
    }
    # Bytes that have to come from memory for one look: all legs, or all legs once for every scenario.
    bytes_of = {name: found["bytes_a_look"] for name in rates}
    for name in rates:
        if name.startswith("revaluation"):
            bytes_of[name] = found["bytes_a_look"] / found["scenarios"]
    least = min(rates.values())
    y = (
        10.0 ** math.floor(math.log10(least)),
        10.0 ** math.ceil(math.log10(max(*rates.values(), *roofs.values()))),
    )
    x = (1e-2, 1e3)
    picture = Picture(
        "Looks at accounts, against the limits of one core",
        x,
        y,
        "bytes of the book that a look would have to read from memory",
        "accounts looked at a second; looks that were spared count as made",
        decades(*x),
        decades(*y),
    )
    memory = _clipped(stream, x, y)
    picture.line(memory, "", GREY, dots=False)
    across, down = picture.at(*memory[0])
    picture.parts.append(words(across + 14, down + 12, "memory", SOFT))
    for name, rate in roofs.items():
        picture.line([(x[0], rate), (x[1], rate)], name, GREY, dots=False, dash="5 4")
    picture.points(
        {name: (bytes_of[name], rate) for name, rate in rates.items()},
        lambda name: TEAL if name.endswith(("index", "pruned")) else SLATE,
        # What memory bounds stands under its line, and its name would run into it.
        [name for name, rate in rates.items() if rate < stream / bytes_of[name] and bytes_of[name] > 1],
    )
    return picture.text()


def _clipped(stream: float, x: tuple[float, float], y: tuple[float, float]) -> Points:
    start = max(x[0], stream / y[1])
    end = min(x[1], stream / y[0])
    return [(start, stream / start), (end, stream / end)]


def _by(rows: Sequence[Mapping[str, float]], key: str, value: float) -> list[Mapping[str, float]]:
    return [row for row in rows if row[key] == value]


def by_accounts(rows: Sequence[Mapping[str, float]]) -> str:
    """Gain of the index over the scan by the size of the book, a line for each volatility."""
    sizes = sorted({row["accounts"] for row in rows})
    picture = _gains("Gain of the index, by the size of the book", rows, sizes, "accounts")
    for number, vol in enumerate(sorted({row["vol"] for row in rows})[:4]):
        line = [(row["accounts"], row["gain"]) for row in _by(rows, "vol", vol)]
        picture.line(line, f"{vol:.0%} a day", COLOURS[number])
    return picture.text()


def by_vol(rows: Sequence[Mapping[str, float]]) -> str:
    """Gain of the index over the scan by volatility, a line for each size of book."""
    vols = sorted({row["vol"] for row in rows})
    picture = _gains("Gain of the index, by how wild the market is", rows, vols, "volatility of a day")
    picture.x_said = lambda tick: f"{tick:.0%}"
    for number, size in enumerate(sorted({row["accounts"] for row in rows}, reverse=True)):
        line = [(row["vol"], row["gain"]) for row in _by(rows, "accounts", size)]
        picture.line(line, f"{said(size)} accounts", COLOURS[number])
    return picture.text()


def by_cohorts(rows: Sequence[Mapping[str, float]]) -> str:
    """Gain of the index by how many kinds of accounts a book of one size has."""
    picture = _gains(
        "Gain of the index in 100,000 accounts, by kinds of accounts",
        rows,
        [row["cohorts"] for row in rows],
        "cohorts: accounts with the same legs",
    )
    picture.line([(row["cohorts"], row["gain"]) for row in rows], "3% a day", TEAL)
    return picture.text()


def _gains(title: str, rows: Sequence[Mapping[str, float]], across: Sequence[float], name: str) -> Picture:
    most = max(row["gain"] for row in rows)
    y = (min(0.5, min(row["gain"] for row in rows)), 2.0 ** math.ceil(math.log2(most)))
    ticks = [2.0**power for power in range(-1, int(math.log2(y[1])) + 1)]
    picture = Picture(title, (across[0], across[-1]), y, name, "times as fast as the scan", across, ticks)
    picture.line([(across[0], 1.0), (across[-1], 1.0)], "", INK, dots=False, dash="2 3")
    return picture


def by_steps(rows: Sequence[Mapping[str, float]]) -> str:
    """Time of a path by the steps a day is cut into."""
    return _times("A day of 100,000 accounts, cut finer", rows, "steps", "steps in the day")


def by_paths(rows: Sequence[Mapping[str, float]]) -> str:
    """Time of a path by how many are walked on one start."""
    return _times("A path of 288 steps, many from one start", rows, "paths", "paths")


def _times(title: str, rows: Sequence[Mapping[str, float]], key: str, name: str) -> str:
    across = [row[key] for row in rows]
    times = [row[each] for row in rows for each in ("ms_a_path", "scan_ms_a_path")]
    y = (10.0 ** math.floor(math.log10(min(times))), 10.0 ** math.ceil(math.log10(max(times))))
    picture = Picture(title, (across[0], across[-1]), y, name, "ms a path, one thread", across, decades(*y))
    picture.line([(row[key], row["scan_ms_a_path"]) for row in rows], "scan", SLATE)
    picture.line([(row[key], row["ms_a_path"]) for row in rows], "index", TEAL)
    return picture.text()


def who_wins(rows: Sequence[Mapping[str, float]]) -> str:
    """A map: how many times as fast the index is, by size and volatility; red where the scan wins."""
    sizes, vols = sorted({row["accounts"] for row in rows}), sorted({row["vol"] for row in rows})
    wide, high = (WIDTH - LEFT - 40) / len(vols), (HEIGHT - TOP - BOTTOM - 20) / len(sizes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FONT}"'
        ' font-size="12" role="img"><title>Who wins where</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        words(12, 20, "Who wins where: index against scan", INK, weight="600"),
        words(12, 36, "times as fast as the scan; below, liquidations an account and path", SOFT),
        words(LEFT + wide * len(vols) / 2, HEIGHT - 10, "volatility of a day", SOFT, "middle"),
    ]
    for row in rows:
        left = LEFT + wide * vols.index(row["vol"])
        top = TOP + 10 + high * (len(sizes) - 1 - sizes.index(row["accounts"]))
        colour = RED if row["gain"] < 1.0 else TEAL
        strength = min(0.85, 0.12 + 0.22 * abs(math.log2(row["gain"])))
        ink = "#ffffff" if strength > 0.55 else INK
        gain = f"{row['gain']:.0f}x" if row["gain"] >= 9.5 else f"{row['gain']:.1f}x"
        parts += [
            f'<rect x="{left + 2:.1f}" y="{top + 2:.1f}" width="{wide - 4:.1f}" height="{high - 4:.1f}"'
            f' rx="4" fill="{colour}" fill-opacity="{strength:.2f}"/>',
            words(left + wide / 2, top + high / 2, gain, ink, "middle", "600"),
            words(
                left + wide / 2, top + high / 2 + 17, f"{row['liquidations_an_account']:.2g}", ink, "middle"
            ),
        ]
    parts += [
        words(LEFT - 8, TOP + 14 + high * (len(sizes) - 0.5 - place), said(size), SOFT, "end")
        for place, size in enumerate(sizes)
    ]
    bottom = TOP + 10 + high * len(sizes) + 16
    parts += [
        words(LEFT + wide * (place + 0.5), bottom, f"{vol:.0%}", SOFT, "middle")
        for place, vol in enumerate(vols)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"
