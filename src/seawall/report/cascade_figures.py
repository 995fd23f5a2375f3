"""How near a cascade, in pictures: matrix and profile of branching, forced sales beside depth, and health."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import isinf
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.report.figures import empty_figure, heading, plain_layout
from seawall.report.palette import GREY, GREY_FILL, INK, RED, RED_FILL, SLATE, TEAL
from seawall.runs.value import short

__all__ = ["branching_matrix", "branching_profile", "forced_sales", "health_histogram", "heat_height"]

_MARKETS, _LINES, _PANELS = 10, 4, 4
_LEAST = 1e-3  # of n, on a log axis
_COLOURS = (RED, TEAL, SLATE, GREY)


def branching_matrix(cascade: Mapping[str, Any], direction: str = "fall") -> go.Figure:
    """Further move of each market, in rows, for each unit that the market of the column moves by itself."""
    told = cascade["directions"][direction]
    names, matrix = list(cascade["markets"]), np.array(told["matrix"])
    keep = sorted(np.argsort(-np.maximum(matrix.max(axis=0), matrix.max(axis=1)), kind="stable")[:_MARKETS])
    names, matrix = [names[place] for place in keep], matrix[np.ix_(keep, keep)]
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=np.minimum(matrix, 1.0).tolist(),
            zmin=0,
            zmax=1,
            colorscale=[(0.0, GREY_FILL), (1.0, RED_FILL)],
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[_cell(value) for value in row] for row in matrix.tolist()],
            customdata=matrix.tolist(),
            texttemplate="%{text}",
            textfont={"color": INK, "size": 11},
            hovertemplate="%{x} alone moves: %{y} goes on by %{customdata:.3g} of it<extra></extra>",
        )
    )
    plain_layout(figure)
    figure.update_layout(height=heat_height(len(names)), margin={"l": 10, "t": 8, "b": 70})
    way = "falls" if direction == "fall" else "rises"
    figure.update_xaxes(title={"text": f"this market {way}", "standoff": 6}, showgrid=False, type="category")
    figure.update_yaxes(
        autorange="reversed", automargin=True, showgrid=False, ticksuffix=" ", type="category"
    )
    return figure


def heat_height(markets: int) -> int:
    """Return how high a matrix of so many markets is drawn [pixels]."""
    return max(260, min(400, 96 + 38 * min(markets, _MARKETS)))


def branching_profile(cascade: Mapping[str, Any]) -> go.Figure:
    """n(x) of the markets nearest to a cascade: from 1 on a move of one market feeds itself.

    Falls go to the right, rises to the left; n of a stretch is drawn over all of it.
    """
    figure = go.Figure()
    levels = [0.0, *(100 * level for level in cascade["levels"])]
    directions = cascade["directions"]
    peaks = np.max([np.max(told["profile"], axis=1) for told in directions.values()], axis=0)
    chosen = [place for place in np.argsort(-peaks, kind="stable")[:_LINES].tolist() if peaks[place] > 0]
    if not chosen:
        return empty_figure("no move of a market moves it further")
    for place, colour in reversed(list(zip(chosen, _COLOURS, strict=False))):
        name = cascade["markets"][place]
        for direction, told in directions.items():
            sign = 1 if direction == "fall" else -1
            profile = told["profile"][place]
            figure.add_trace(
                go.Scatter(
                    x=[sign * level for level in levels],
                    y=[max(ratio, _LEAST / 2) for ratio in (*profile, profile[-1])],
                    name=name,
                    mode="lines",
                    line={"color": colour, "width": 2, "shape": "hv"},
                    hovertemplate=f"{name}, {direction} from %{{x:.3g}} %: n = %{{y:.3g}}<extra></extra>",
                )
            )
    plain_layout(figure)
    top = float(np.log10(max(2.0, 1.3 * float(peaks.max()))))
    figure.add_hline(y=1, line={"color": RED, "width": 1.4, "dash": "dash"})
    figure.add_annotation(
        text="feeds itself from here on", x=1, xref="paper", y=0, xanchor="right", yanchor="bottom",
        showarrow=False, font={"color": RED, "size": 11},
    )  # fmt: skip
    figure.update_layout(hovermode="closest")
    ticks = [10.0**power for power in range(-3, int(np.floor(top)) + 1)]
    figure.update_yaxes(
        type="log", range=[float(np.log10(_LEAST)), top], tickvals=ticks, ticktext=[f"{n:g} " for n in ticks]
    )
    _fall_axis(figure, -levels[-1] if "rise" in directions else 0.0, levels[-1])
    told_names = "   ".join(
        f'<span style="color:{colour}">■</span> {cascade["markets"][place]}'
        for place, colour in zip(chosen, _COLOURS, strict=False)
    )
    heading(figure, 1.0, f"n   {told_names}")
    return figure


def forced_sales(cascade: Mapping[str, Any], *, currency: str) -> go.Figure:
    """What a fall of each market alone forces to be sold of it, beside what it takes for such a fall.

    Where the red area reaches the line, forced sales alone move the market on by all it has fallen.
    """
    told = cascade["directions"]["fall"]
    last = [float(row[-1]) for row in told["sold"]]
    chosen = [place for place in np.argsort([-value for value in last], kind="stable").tolist()[:_PANELS]]
    chosen = [place for place in chosen if last[place] > 0]
    if not chosen:
        return empty_figure("no fall of a market alone forces a sale")
    rows, columns = -(-len(chosen) // 2), min(2, len(chosen))
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[cascade["markets"][place] for place in chosen],
        horizontal_spacing=0.13,
        vertical_spacing=0.13 if rows > 1 else 0,
    )
    falls = [100 * level for level in cascade["levels"]]
    for number, place in enumerate(chosen):
        row, column = number // 2 + 1, number % 2 + 1
        sold = [max(float(value), 1.0) for value in told["sold"][place]]
        room = [None if value is None else float(value) for value in told["room"][place]]
        for name, values, colour, fill in (("forced", sold, RED, RED_FILL), ("depth", room, TEAL, None)):
            figure.add_trace(
                go.Scatter(
                    x=falls,
                    y=values,
                    name=name,
                    mode="lines",
                    line={"color": colour, "width": 1.8},
                    fill="tozeroy" if fill else None,
                    fillcolor=fill,
                    customdata=["-" if value is None else short(value) for value in values],
                    hovertemplate=f"{name} at %{{x:.3g}} %: %{{customdata}}<extra></extra>",
                ),
                row=row,
                col=column,
            )
        known = [value for value in (*sold, *room) if value is not None and value > 1.0]
        high = float(np.log10(max(known))) + 0.3
        low = max(2.0, high - 5.0)
        figure.update_yaxes(range=[low, high], row=row, col=column)
    plain_layout(figure)
    figure.update_annotations(font={"size": 12, "color": INK})
    figure.update_layout(height=150 + 175 * rows, margin={"t": 50, "b": 46})
    figure.update_xaxes(ticksuffix=" %", showgrid=False, zeroline=False, nticks=5)
    figure.update_yaxes(type="log", dtick=1, exponentformat="B")
    told_lines = (
        f'<span style="color:{RED}">■</span> forced   <span style="color:{TEAL}">━</span> market depth'
    )
    figure.add_annotation(
        text=f"[{currency}]   {told_lines}", x=0, xref="paper", xanchor="left", y=1, yref="paper",
        yanchor="bottom", yshift=26, showarrow=False,
    )  # fmt: skip
    return figure


def health_histogram(health: Mapping[str, Any], *, family: str, currency: str) -> go.Figure:
    """What is owed or held open at the start, by the health of who owes or holds it: below 1 it may go."""
    figure = go.Figure()
    values, starts = [float(value) for value in health["value"]], [*health["from"], float("inf")]
    if not any(values):
        return empty_figure("no account owes or holds anything")
    names = [_class(low, high) for low, high in pairwise(starts)]
    colours = [RED if low < 1 else RED_FILL if low < 1.1 else GREY for low in health["from"]]
    accounts = [f"{count:,}" for count in health["accounts"]]
    figure.add_trace(
        go.Bar(
            x=names,
            y=values,
            marker={"color": colours, "line": {"width": 0}},
            customdata=[[short(value), count] for value, count in zip(values, accounts, strict=True)],
            hovertemplate="health %{x}: %{customdata[0]} of %{customdata[1]} accounts<extra></extra>",
        )
    )
    plain_layout(figure)
    word = "health factor" if family == "lending" else "equity / requirement"
    figure.update_layout(bargap=0.08)
    figure.update_xaxes(title={"text": word, "standoff": 8}, showgrid=False, type="category", tickangle=-45)
    figure.update_yaxes(exponentformat="B", nticks=6)
    heading(figure, 1.0, f"{'owed' if family == 'lending' else 'notional'} [{currency}]")
    return figure


def _class(low: float, high: float) -> str:
    if isinf(high):
        return f"{low:g}+"
    return f"< {high:g}" if low == 0 else f"{low:g}"


def _cell(value: float) -> str:
    if value < 0.005:
        return ""
    return f"<b>{value:.2g}</b>" if value >= 1 else f"{value:.2f}"


def _fall_axis(figure: go.Figure, low: float, high: float) -> None:
    figure.update_xaxes(range=[low, high], zeroline=False, showgrid=False, ticksuffix=" %", nticks=7)
    title = "fall of one market alone"
    if low < 0:
        title = "← rise   of one market alone   fall →"
        ticks = [low * share for share in (1, 0.5, 0, -0.5, -1)]
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{abs(tick):.3g} %" for tick in ticks])
    figure.update_xaxes(title={"text": title, "standoff": 8})
