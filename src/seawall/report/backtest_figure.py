"""Predicted intervals of what falls liquidated, beside what they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

import plotly.graph_objects as go

from seawall.report.figures import FONT
from seawall.report.palette import GRID, INK, RED, SLATE, SOFT, TEAL
from seawall.runs.backtest import Backtest, Figure
from seawall.runs.value import short

__all__ = ["backtest_figure"]

WIDTH, ROW, MARGIN = 900, 34, {"l": 250, "r": 120, "t": 92, "b": 92}


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    figure: Figure
    is_whole: bool
    backtest: int


def backtest_figure(backtests: Sequence[Backtest], *, title: str, note: str = "") -> go.Figure:
    """Draw the interval of each backtest, below it that of each earlier fall alone, and what happened.

    Args:
        backtests: From top to bottom.
        title: What is shown.
        note: What to know of the numbers, in small print.
    """
    rows = [row for number, item in enumerate(backtests) for row in _rows(number, item)]
    places = [-(number + 0.9 * row.backtest) for number, row in enumerate(rows)]
    figure = go.Figure()
    for row, place in zip(rows, places, strict=True):
        _interval(
            figure, row.figure, place, colour=TEAL if row.is_whole else SLATE, width=9 if row.is_whole else 3
        )
    _happened(figure, backtests, rows, places)
    names = [f"<b>{row.name}</b>" if row.is_whole else row.name for row in rows]
    usd = [value for row in rows for value in (row.figure.low, row.figure.high)]
    low, high = min(max(1.0, value) for value in usd) / 1.15, max(usd) * 1.15
    ticks = [digit * 10.0**power for power in range(13) for digit in (1, 2, 5)]
    shown = [value for value in ticks if low <= value <= high]
    figure.update_xaxes(
        type="log",
        range=[log10(low), log10(high)],
        tickvals=shown,
        ticktext=[f"${short(value)}" for value in shown],
        gridcolor=GRID,
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=names,
        showgrid=False,
        zeroline=False,
        range=[places[-1] - 0.7, 0.8],
        ticksuffix="  ",
    )
    height = MARGIN["t"] + MARGIN["b"] + int(ROW * (0.8 - places[-1] + 0.7))
    figure.update_layout(
        width=WIDTH,
        height=height,
        margin=MARGIN,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": INK},
        showlegend=False,
    )
    legend = f'<span style="color:{TEAL}">▬</span> 5 to 95 % of paths, median white'
    legend += f'   <span style="color:{SLATE}">▬</span> from one earlier fall alone'
    legend += f'   <span style="color:{RED}">◆</span> what happened'
    for text, y, shift, size, colour in (
        (f"<b>{title}</b>", 1, 46, 18, INK),
        (legend, 1, 18, 12, INK),
        (note, 0, -44, 11, SOFT),
    ):
        figure.add_annotation(
            text=text,
            x=0,
            y=y,
            xref="paper",
            yref="paper",
            xshift=20 - MARGIN["l"],
            yshift=shift,
            xanchor="left",
            yanchor="bottom" if y else "top",
            align="left",
            showarrow=False,
            font={"size": size, "color": colour},
        )
    return figure


def _rows(number: int, backtest: Backtest) -> Iterator[_Row]:
    yield _Row(backtest.fall.title, backtest.liquidated, True, number)
    for name in dict.fromkeys(backtest.earlier.tolist()):
        yield _Row(f"as on {name}", backtest.only(name).liquidated, False, number)


def _interval(figure: go.Figure, found: Figure, place: float, *, colour: str, width: int) -> None:
    figure.add_trace(
        go.Scatter(
            x=[found.low, found.high],
            y=[place, place],
            mode="lines",
            line={"color": colour, "width": width},
            hovertemplate="%{x:$.3s}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[found.median],
            y=[place],
            mode="markers",
            marker={"color": "white", "size": max(5, width - 2), "line": {"color": colour, "width": 1.5}},
            hovertemplate="median %{x:$.3s}<extra></extra>",
        )
    )


def _happened(
    figure: go.Figure, backtests: Sequence[Backtest], rows: Sequence[_Row], places: Sequence[float]
) -> None:
    for number, item in enumerate(backtests):
        own = [place for row, place in zip(rows, places, strict=True) if row.backtest == number]
        usd = item.fall.liquidated_all_usd
        figure.add_trace(
            go.Scatter(
                x=[usd, usd, usd],
                y=[own[0], own[0], own[-1] - 0.4],
                mode="lines+markers+text",
                line={"color": RED, "width": 1, "dash": "dot"},
                marker={"color": RED, "symbol": "diamond", "size": [11, 11, 0]},
                text=[f"${short(usd)}", "", ""],
                textposition="top center",
                textfont={"color": RED, "size": 12},
                hoverinfo="skip",
            )
        )
