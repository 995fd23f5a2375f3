"""One book under several rulebooks: who fills the hole, and which accounts it makes a difference to."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.report.figures import FONT, line_above
from seawall.report.palette import GREY, GREY_FILL, GRID, INK, RED, SLATE, SOFT, TEAL
from seawall.runs.value import short
from seawall.runs.venue_comparison import VenueComparison, VenueOutcome

__all__ = ["venue_comparison"]

ROW, ACCOUNT_ROW, TOP, MIDDLE, BOTTOM, LEFT, RIGHT, WIDTH = 64, 30, 104, 84, 60, 190, 40, 996
ACCOUNTS = 12
MARKS = ("circle", "diamond", "square", "triangle-up", "x", "star")
COLOURS = (SLATE, RED, TEAL, GREY, INK, SOFT)
PARTS = (("liquidated", SLATE), ("users", RED), ("funds", TEAL), ("hole", GREY), ("outside", GREY_FILL))
SAID = {
    "liquidated": "lost by accounts that were liquidated",
    "users": "by other users",
    "funds": "by funds",
    "hole": "left in the book as bad debt",
    "outside": "gained by liquidators and the venue",
}


def venue_comparison(comparison: VenueComparison, *, title: str, currency: str = "USD") -> go.Figure:
    """Draw one bar a venue, losses to the right and gains to the left; below, the accounts wide apart.

    The bar's right part less its left part is the hole that was there before: the same for all.
    """
    outcomes = comparison.outcomes
    rows = list(comparison.rows(ACCOUNTS))
    heights = [ROW * len(outcomes), ACCOUNT_ROW * max(1, len(rows))]
    inner = sum(heights) + (MIDDLE if rows else 0)
    figure = make_subplots(
        rows=2 if rows else 1,
        cols=1,
        row_heights=heights if rows else heights[:1],
        vertical_spacing=MIDDLE / inner if rows else 0,
    )
    for item in outcomes:
        _bar(figure, item)
    _names(figure, [_title(item) for item in outcomes], row=1)
    if rows:
        for place, item in enumerate(outcomes):
            _dots(figure, [(row["account"], float(row["lost"][item.venue])) for row in rows], item, place)
        _names(figure, [_cut(row["account"]) for row in rows], row=2)
    _layout(figure, inner if rows else heights[0])
    line_above(figure, f"<b>{title}</b>", 60, left=LEFT - 16, size=16)
    first, second = _keys(outcomes)
    line_above(figure, first, 28, left=LEFT - 16)
    line_above(figure, second, 8, left=LEFT - 16)
    if rows:
        more = len(comparison.differing()) - len(rows)
        rest = f", and {more:,} more" if more > 0 else ""
        keys = "   ".join(
            f'<span style="color:{COLOURS[place % len(COLOURS)]}">{"●◆■▲✕★"[place % 6]}</span> {_title(item)}'
            for place, item in enumerate(outcomes)
        )
        told = f"<b>lost by single accounts</b>, those most apart{rest}   {keys}"
        line_above(figure, told, 8 - heights[0] - MIDDLE, left=LEFT - 16)
    for row, name in ((1, "lost [{0}]; to the left of zero, gained"), (2, "lost [{0}]"))[: 2 if rows else 1]:
        figure.update_xaxes(
            title={"text": name.format(currency), "standoff": 6, "font": {"size": 11, "color": SOFT}},
            row=row,
            col=1,
        )
    return figure


def _title(item: VenueOutcome) -> str:
    return item.resolution.terms.title or item.venue


def _cut(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:11]}…{name[-11:]}"


def _parts(item: VenueOutcome) -> dict[str, float]:
    return {**item.lost, "hole": item.hole_after}


def _bar(figure: go.Figure, item: VenueOutcome) -> None:
    reach = {1: 0.0, -1: 0.0}
    for name, colour in PARTS:
        value = _parts(item)[name]
        if abs(value) < 0.005:
            continue
        side = 1 if value > 0 else -1
        figure.add_trace(
            go.Bar(
                x=[value],
                y=[_title(item)],
                base=[reach[side]],
                orientation="h",
                width=0.5,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"{SAID[name]}: {short(abs(value))}<extra></extra>",
            ),
            row=1,
            col=1,
        )
        reach[side] += value
    lost, gained = reach[1], -reach[-1]
    for at, text, anchor, shift in (
        (lost, short(lost), "left", 6),
        (-gained, short(gained), "right", -6),
    ):
        if abs(at) >= 0.005:
            figure.add_annotation(
                x=at,
                y=_title(item),
                text=text,
                xanchor=anchor,
                xshift=shift,
                showarrow=False,
                font={"size": 12, "color": INK},
                row=1,
                col=1,
            )


def _dots(figure: go.Figure, points: list[tuple[str, float]], item: VenueOutcome, place: int) -> None:
    figure.add_trace(
        go.Scatter(
            x=[value for _, value in points],
            y=[_cut(name) for name, _ in points],
            mode="markers",
            marker={
                "size": 11,
                "symbol": MARKS[place % len(MARKS)],
                "color": COLOURS[place % len(COLOURS)],
                "line": {"width": 0},
            },
            customdata=[short(value) for _, value in points],
            hovertemplate=f"%{{y}} under {_title(item)}: %{{customdata}}<extra></extra>",
        ),
        row=2,
        col=1,
    )


def _names(figure: go.Figure, names: list[str], *, row: int) -> None:
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[len(names) - 0.5, -0.5],
        ticksuffix="  ",
        showgrid=row == 2,
        gridcolor=GRID,
        tickfont={"color": INK, "size": 12},
        row=row,
        col=1,
    )


def _keys(outcomes: tuple[VenueOutcome, ...]) -> tuple[str, str]:
    def key(name: str, colour: str) -> str:
        return f'<span style="color:{colour}">■</span> {SAID[name]}'

    shown = [
        (name, colour) for name, colour in PARTS if any(abs(_parts(item)[name]) >= 0.005 for item in outcomes)
    ]
    told = [key(name, colour) for name, colour in shown]
    return "   ".join(told[:3]), "   ".join(told[3:])


def _layout(figure: go.Figure, inner: int) -> None:
    figure.update_layout(
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        width=WIDTH,
        height=TOP + BOTTOM + inner,
        showlegend=False,
        barmode="overlay",
        hovermode="closest",
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
    )
    figure.update_xaxes(
        fixedrange=True,
        gridcolor=GRID,
        zeroline=True,
        zerolinecolor=SOFT,
        tickformat="~s",
        nticks=7,
        tickfont={"color": SOFT},
    )
    figure.update_yaxes(fixedrange=True)
