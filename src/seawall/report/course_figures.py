"""A simulation over time: the fund as a fan, liquidations and losses hour by hour, and when firsts come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.report.figures import empty_figure, heading, plain_layout
from seawall.report.palette import GREY, RED, SLATE, TEAL, TEAL_FILL
from seawall.runs.value import short

__all__ = ["first_times", "fund_fan", "losses_over_time"]

_BANDS = (("0.01", "0.99", 0.35), ("0.05", "0.95", 0.6), ("0.25", "0.75", 1.0))
FIRSTS = (
    ("loss", "a loss", SLATE, "solid"),
    ("deleverage", "positions of others closed", RED, "dash"),
    ("empty", "funds empty", TEAL, "dot"),
)


def fund_fan(course: Mapping[str, Any], *, held: float, currency: str) -> go.Figure:
    """What all funds together hold: half of the paths, nine in ten, and all but one in fifty, at each moment.

    Args:
        course: As in the summary.
        held: At the start [base currency].
        currency: What values are counted in.
    """
    figure = go.Figure()
    hours = _hours(course)
    fund = {name: [held, *map(float, values)] for name, values in course["fund"].items()}
    if not any(any(values) for values in fund.values()):
        return empty_figure("no fund holds anything")
    for low, high, opacity in _BANDS:
        figure.add_trace(
            go.Scatter(
                x=[*hours, *hours[::-1]],
                y=[*fund[high], *fund[low][::-1]],
                fill="toself",
                fillcolor=TEAL_FILL,
                opacity=opacity,
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
            )
        )
    for name, key, colour, dash in (
        ("median", "0.5", TEAL, "solid"),
        ("1 path in 100 holds less", "0.01", RED, "dot"),
    ):
        figure.add_trace(
            go.Scatter(
                x=hours,
                y=fund[key],
                name=name,
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                customdata=[short(value) for value in fund[key]],
                hovertemplate=f"{name}: %{{customdata}}<extra></extra>",
            )
        )
    plain_layout(figure)
    top = max(max(fund["0.99"]), held) * 1.06
    figure.update_yaxes(range=[0, top], exponentformat="B", nticks=6)
    _time_axis(figure, hours)
    told = (
        f'<span style="color:{TEAL}">━</span> median   <span style="color:{RED}">┅</span> 1 in 100 holds less'
    )
    heading(figure, 1.0, f"held [{currency}]   {told}")
    return figure


def losses_over_time(course: Mapping[str, Any], *, currency: str) -> go.Figure:
    """The mean over all paths of what is liquidated in each part of the horizon; below, of what is lost."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.5, 0.5], vertical_spacing=0.14)
    hours = _hours(course)
    middle = [(first + last) / 2 for first, last in pairwise(hours)]
    width = [0.94 * (last - first) for first, last in pairwise(hours)]
    parts = (("liquidated", "liquidated", GREY), ("recognised", "lost", RED))
    if not any(float(course[name]["mean"][-1]) for name, _, _ in parts):
        return empty_figure("no path liquidates anything")
    for row, (name, word, colour) in enumerate(parts, start=1):
        each = np.diff([0.0, *map(float, course[name]["mean"])])
        figure.add_trace(
            go.Bar(
                x=middle,
                y=each.tolist(),
                width=width,
                marker={"color": colour, "line": {"width": 0}},
                customdata=[short(value) for value in each.tolist()],
                hovertemplate=f"{word} about %{{x:.3g}} h: %{{customdata}}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        top = max(float(each.max()) * 1.12, 1e-9)
        figure.update_yaxes(range=[0, top], exponentformat="B", nticks=4, row=row, col=1)
    plain_layout(figure)
    figure.update_layout(hovermode="closest")
    _time_axis(figure, hours, row=2)
    heading(figure, 1.0, f"<b>liquidated</b>, mean of all paths [{currency}]")
    heading(figure, 0.43, f"<b>lost</b>, mean of all paths [{currency}]")
    return figure


def first_times(course: Mapping[str, Any]) -> go.Figure:
    """The share of paths on which the first loss, the first closing of others and an empty fund have come."""
    figure = go.Figure()
    hours = _hours(course)
    came = [
        (word, [0.0, *(100 * share for share in course["first"][name])], colour, dash)
        for name, word, colour, dash in FIRSTS
        if any(course["first"][name])
    ]
    if not came:
        return empty_figure("no path leaves a loss")
    for word, shares, colour, dash in came:
        figure.add_trace(
            go.Scatter(
                x=hours,
                y=shares,
                name=word,
                mode="lines",
                line={"color": colour, "width": 2.2, "dash": dash, "shape": "hv"},
                hovertemplate=f"{word}: %{{y:.3g}} %<extra></extra>",
            )
        )
    plain_layout(figure)
    top = max(max(shares) for _, shares, _, _ in came)
    figure.update_yaxes(range=[0, min(100.0, top * 1.12)], ticksuffix=" %", nticks=6)
    figure.update_layout(hovermode="x unified", margin={"t": 30 + 20 * (len(came) - 1)})
    _time_axis(figure, hours)
    for place, (word, shares, colour, _) in enumerate(came):
        figure.add_annotation(
            text=f'<span style="color:{colour}">■</span> {word}: {shares[-1]:.3g} % by the end',
            x=0,
            y=1,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=4 + 20 * (len(came) - 1 - place),
            showarrow=False,
        )
    return figure


def _hours(course: Mapping[str, Any]) -> list[float]:
    return [0.0, *(seconds / 3600 for seconds in course["moments_s"])]


def _time_axis(figure: go.Figure, hours: Sequence[float], row: int = 1) -> None:
    where = {} if row == 1 else {"row": row, "col": 1}
    figure.update_xaxes(range=[0, hours[-1]], zeroline=False, showgrid=False, nticks=7)
    figure.update_xaxes(title={"text": "hours since the start", "standoff": 8}, **where)
