"""Where prices went on simulated paths: a fan for each market."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from seawall.report.figures import FONT, decades, empty_figure, heading, plain_layout
from seawall.report.palette import GREY, GREY_FILL, GRID, INK, RED, SLATE, SOFT
from seawall.runs.value import short

__all__ = ["fall_and_loss", "price_fan"]

_SHOWN, _COLUMNS, _POINTS = 6, 2, 96
_DOTS = 1500
_PANEL, _TOP, _BOTTOM = 190, 34, 52


def price_fan(
    moves: NDArray[np.float64],
    markets: Sequence[str],
    *,
    step_s: int,
    worst: NDArray[np.float64] | None = None,
) -> go.Figure:
    """Draw what nine paths in ten, and half of them, stay within, before sales move any price.

    Args:
        moves: Log moves, shape (n_paths, n_steps, n_markets) [1].
        markets: Their names; the first six are drawn.
        step_s: Length of a step [s].
        worst: Log moves of the path with the largest loss, shape (n_steps, n_markets); none when None.
    """
    names = list(markets)[:_SHOWN]
    rows, columns = -(-len(names) // _COLUMNS), min(_COLUMNS, len(names))
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=names,
        vertical_spacing=0.32 / rows if rows > 1 else 0,
        horizontal_spacing=0.17,
    )
    places = np.unique(np.linspace(0, moves.shape[1] - 1, min(_POINTS, moves.shape[1])).astype(int))
    hours = [0.0, *((places + 1) * step_s / 3600).tolist()]
    for number, _ in enumerate(names):
        row, column = number // _COLUMNS + 1, number % _COLUMNS + 1
        levels = np.expm1(np.quantile(moves[:, places, number], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)) * 100
        for low, high, fill in ((levels[0], levels[4], GREY_FILL), (levels[1], levels[3], GREY)):
            _band(figure, row, column, hours, low, high, fill)
        _line(figure, row, column, hours, levels[2], SLATE, "median")
        if worst is not None:
            _line(figure, row, column, hours, np.expm1(worst[places, number]) * 100, RED, "worst path")
    figure.update_layout(
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": _TOP, "b": _BOTTOM},
        height=_TOP + _BOTTOM + _PANEL * rows + 40 * (rows - 1),
        showlegend=False,
        hovermode="x unified",
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
    )
    figure.update_annotations(font={"size": 12, "color": INK})
    figure.update_xaxes(
        gridcolor=GRID, fixedrange=True, tickfont={"color": SOFT}, zeroline=False, ticksuffix=" h", nticks=5
    )
    figure.update_yaxes(
        gridcolor=GRID,
        fixedrange=True,
        tickfont={"color": SOFT},
        zerolinecolor=GRID,
        ticksuffix=" %",
        nticks=5,
    )
    return figure


def fall_and_loss(
    end_move: NDArray[np.float64],
    recognised: NDArray[np.float64],
    to_users: NDArray[np.float64],
    *,
    market: str,
    currency: str,
) -> go.Figure:
    """Draw each path with a loss where its market ended and how much was lost; the largest 1,500 of them.

    Args:
        end_move: ln(market price at the end / at the start), shape (n_paths,) [1].
        recognised, to_users: Loss of each path, and what of it reaches users, shape (n_paths,) [money].
        market: Whose prices these are.
        currency: What values are counted in.
    """
    order = np.argsort(-recognised, kind="stable")[:_DOTS]
    order = order[recognised[order] > 0]
    if not len(order):
        return empty_figure("no path leaves a loss")
    figure = go.Figure()
    for name, colour, chosen in (
        ("borne by funds, stakers or members", SLATE, to_users[order] <= 0),
        ("reaches users", RED, to_users[order] > 0),
    ):
        rows = order[chosen]
        figure.add_trace(
            go.Scatter(
                x=(np.expm1(end_move[rows]) * 100).tolist(),
                y=recognised[rows].tolist(),
                name=name,
                mode="markers",
                marker={"color": colour, "size": 5, "opacity": 0.55, "line": {"width": 0}},
                customdata=[short(value) for value in recognised[rows].tolist()],
                hovertemplate=f"{market} %{{x:+.3g}} %: lost %{{customdata}}, {name}<extra></extra>",
            )
        )
    plain_layout(figure)
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(
        title={"text": f"{market} at the end of the path", "standoff": 8}, ticksuffix=" %", zerolinecolor=GRID
    )
    ends = np.log10(recognised[order[[-1, 0]]])
    figure.update_yaxes(type="log", **decades(float(ends[0]) - 0.05, float(ends[1]) + 0.05))
    told = f'<span style="color:{SLATE}">●</span> borne   <span style="color:{RED}">●</span> reaches users'
    heading(figure, 1.0, f"lost [{currency}]   {told}")
    return figure


def _band(
    figure: go.Figure,
    row: int,
    column: int,
    hours: list[float],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    fill: str,
) -> None:
    figure.add_trace(
        go.Scatter(
            x=[*hours, *hours[::-1]],
            y=[0.0, *high.tolist(), *low[::-1].tolist(), 0.0],
            fill="toself",
            fillcolor=fill,
            line={"width": 0},
            hoverinfo="skip",
            mode="lines",
        ),
        row=row,
        col=column,
    )


def _line(
    figure: go.Figure,
    row: int,
    column: int,
    hours: list[float],
    values: NDArray[np.float64],
    colour: str,
    name: str,
) -> None:
    figure.add_trace(
        go.Scatter(
            x=hours,
            y=[0.0, *values.tolist()],
            name=name,
            mode="lines",
            line={"color": colour, "width": 1.6},
            hovertemplate=f"{name} %{{y:.3g}} %<extra></extra>",
        ),
        row=row,
        col=column,
    )
