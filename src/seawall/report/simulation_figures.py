"""The pictures of a simulation, as Plotly figures: how large losses get, and who bears them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from seawall.core.layers import LayerBase, kinds_borne_by
from seawall.core.parts import level_percent
from seawall.report.figures import FONT
from seawall.report.palette import GREY, GRID, INK, RED, RED_FILL, SLATE, SOFT, TEAL, TEAL_FILL
from seawall.runs.drops import USERS_BEAR
from seawall.runs.value import short

__all__ = ["at_risk", "exceedance", "layer_use", "loss_distribution"]

HEIGHT = 400
_BINS, _RANKS, _CURVE_POINTS = 40, 24, 240
_FUNDS = kinds_borne_by("funds")
_SHADES = {"funds": (TEAL, TEAL_FILL), "others": (SLATE, GREY)}

Floats = NDArray[np.float64]


def loss_distribution(needed: Floats, found: Mapping[str, Any], *, held: float, currency: str) -> go.Figure:
    """How often a fund would have had to pay how much: paths with a loss, by its size, VaR and ES marked.

    Args:
        needed: What a fund would have had to pay on each path, shape (n_paths,) [base currency].
        found: Its tail, as in the summary.
        held: What funds hold [base currency].
        currency: What values are counted in.
    """
    figure = go.Figure()
    losing = needed[needed > 0]
    if not len(losing):
        return _nothing(figure)
    low, high = float(np.log10(losing.min())), float(np.log10(losing.max()))
    if high - low < 0.1:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    shares = np.histogram(np.log10(losing), edges)[0] / len(needed) * 100
    values = 10 ** ((edges[:-1] + edges[1:]) / 2)
    figure.add_trace(
        go.Bar(
            x=values.tolist(),
            y=shares.tolist(),
            width=(10 ** edges[1:] - 10 ** edges[:-1]).tolist(),
            marker={"color": GREY, "line": {"width": 0}},
            customdata=[short(value) for value in values],
            hovertemplate="about %{customdata}: %{y:.2g} % of paths<extra></extra>",
        )
    )
    _layout(figure, bargap=0)
    figure.update_xaxes(
        type="log", title=_title(f"asked of a fund on a path [{currency}]"), **_decades(low, high)
    )
    top = float(shares.max()) * 1.32  # room for what the marks say
    figure.update_yaxes(title=_title("paths [%]"), ticksuffix=" ", range=[0, top])
    marks = [
        (float(item["value"]), f"{name} {level_percent(level)}", colour)
        for name, colour in (("VaR", INK), ("ES", RED))
        for level, item in found[name.lower()].items()
        if "value" in item and float(item["value"]) > 0
    ]
    if held > 0:
        marks.append((held, "held", TEAL))
    _marks(figure, marks, low, high)
    return figure


def exceedance(curves: Mapping[str, Floats], *, held: float, currency: str) -> go.Figure:
    """How likely a loss above each size is, for losses asked of a fund and losses that reach users.

    Args:
        curves: "asked of a fund" and "reaches users": losses of all paths [base currency].
        held: What funds hold [base currency].
        currency: What values are counted in.
    """
    figure = go.Figure()
    colours = dict(zip(curves, (SLATE, RED), strict=False))
    positive = [values[values > 0] for values in curves.values() if (values > 0).any()]
    if not positive:
        return _nothing(figure)
    for name, values in curves.items():
        if (values > 0).any():
            _curve(figure, name, values, colours[name])
    most = max(float(each.max()) for each in positive)
    low, high = (
        float(np.log10(max(min(float(each.min()) for each in positive), most / 1e6))),
        float(np.log10(most)),
    )
    _layout(figure)
    figure.update_layout(showlegend=len(positive) > 1, legend=_LEGEND)
    figure.update_xaxes(type="log", title=_title(f"loss of a path [{currency}]"), **_decades(low, high))
    figure.update_yaxes(
        type="log", title=_title("paths with more [%]"), **_shares(len(next(iter(curves.values()))))
    )
    if held > 0:
        _marks(figure, [(held, "held", TEAL)], low, high)
    return figure


def at_risk(values: Floats, *, currency: str) -> go.Figure:
    """How likely liquidations above each size are: debt repaid or notional closed on a path."""
    figure = go.Figure()
    if not (values > 0).any():
        return _nothing(figure, "no path liquidates anything")
    _curve(figure, "liquidated", values, GREY)
    positive = values[values > 0]
    most = float(positive.max())
    low, high = float(np.log10(max(float(positive.min()), most / 1e6))), float(np.log10(most))
    _layout(figure)
    figure.update_xaxes(type="log", title=_title(f"liquidated on a path [{currency}]"), **_decades(low, high))
    figure.update_yaxes(type="log", title=_title("paths with more [%]"), **_shares(len(values)))
    return figure


def layer_use(
    recognised: Floats, borne: Floats, layers: Sequence[LayerBase], uncovered: Floats, *, currency: str
) -> go.Figure:
    """Who bears the loss, from the smallest losses on the left to the largest on the right.

    Args:
        recognised, uncovered: Loss of each path, and what no layer bore, shape (n_paths,) [base currency].
        borne: What each layer bore, shape (n_paths, n_layers) [base currency].
        layers: In the order of the columns.
        currency: What values are counted in.
    """
    figure = go.Figure()
    losing = np.flatnonzero(recognised > 0)
    if not len(losing):
        return _nothing(figure)
    order = losing[np.argsort(recognised[losing], kind="stable")]
    groups = [group for group in np.array_split(order, min(_RANKS, len(order))) if len(group)]
    loss = np.array([recognised[group].sum() for group in groups])
    places = list(range(len(groups)))
    shown = [(place, layer) for place, layer in enumerate(layers) if layer.kind != "residual"]
    colours = _colours([layer for _, layer in shown])
    parts = [
        (layer.name.replace("_", " "), borne[:, place], colour)
        for (place, layer), colour in zip(shown, colours, strict=True)
    ]
    for name, values, colour in (*parts, ("uncovered", uncovered, RED)):
        shares = np.array([values[group].sum() for group in groups]) / loss * 100
        if shares.any():
            figure.add_trace(
                go.Bar(
                    x=places,
                    y=shares.tolist(),
                    name=name,
                    marker={"color": colour, "line": {"width": 0}},
                    hovertemplate=f"{name}: %{{y:.3g}} %<extra></extra>",
                )
            )
    _layout(figure, bargap=0.06)
    figure.update_layout(barmode="stack", showlegend=True, legend=_LEGEND, hovermode="x unified")
    ticks = sorted({0, len(groups) // 4, len(groups) // 2, 3 * len(groups) // 4, len(groups) - 1})
    figure.update_xaxes(
        tickvals=ticks,
        ticktext=[short(recognised[groups[place]].mean()) for place in ticks],
        title=_title(f"loss of a path, smallest to largest of {len(order):,} with one [{currency}]"),
        showgrid=False,
        range=[-1.2, len(groups) + 0.2],
    )
    figure.update_yaxes(range=[0, 100], title=_title("borne by [%]"), ticksuffix=" ")
    return figure


def _colours(layers: Sequence[LayerBase]) -> list[str]:
    # Two shades for funds, two for others who are not users, one for users.
    found, seen = [], {"funds": 0, "others": 0}
    for layer in layers:
        if layer.kind in USERS_BEAR:
            found.append(RED_FILL)
            continue
        group = "funds" if layer.kind in _FUNDS else "others"
        found.append(_SHADES[group][seen[group] % 2])
        seen[group] += 1
    return found


def _curve(figure: go.Figure, name: str, values: Floats, colour: str) -> None:
    ranked = np.sort(values[values > 0])[::-1]
    shares = np.arange(1, len(ranked) + 1) / len(values) * 100
    spaced = np.geomspace(1, len(ranked), _CURVE_POINTS).round().astype(int)  # all of the first few
    places = np.unique(np.clip(spaced, 1, len(ranked))) - 1
    figure.add_trace(
        go.Scatter(
            x=ranked[places].tolist(),
            y=shares[places].tolist(),
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            customdata=[short(value) for value in ranked[places]],
            hovertemplate=f"{name} at least %{{customdata}}: %{{y:.3g}} % of paths<extra></extra>",
        )
    )


def _marks(figure: go.Figure, marks: Sequence[tuple[float, str, str]], low: float, high: float) -> None:
    # Lines with their words on top, in steps: no line is as high as the words beside it.
    seen = [item for item in sorted(marks) if low - 0.5 <= np.log10(item[0]) <= high + 0.5]
    leftward = bool(seen) and np.log10(seen[-1][0]) > low + 0.7 * (high - low)
    for number, (value, text, colour) in enumerate(seen):
        top = 1 - 0.065 * (len(seen) - 1 - number if leftward else number)
        line = {"color": colour, "width": 1.4, "dash": "dot"}
        figure.add_shape(type="line", x0=value, x1=value, y0=0, y1=top, yref="paper", line=line)
        figure.add_annotation(
            text=f"{text} {short(value)}",
            x=float(np.log10(value)),
            y=top,
            yref="paper",
            xanchor="right" if leftward else "left",
            xshift=-4 if leftward else 4,
            yanchor="top",
            showarrow=False,
            font={"color": colour, "size": 11},
        )


_LEGEND: Mapping[str, Any] = {
    "orientation": "h",
    "x": 0,
    "y": 1.02,
    "xanchor": "left",
    "yanchor": "bottom",
    "traceorder": "normal",
    "font": {"size": 11},
    "bgcolor": "rgba(0,0,0,0)",
}


def _layout(figure: go.Figure, **more: Any) -> None:
    figure.update_layout(
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 34, "b": 52},
        height=HEIGHT,
        showlegend=False,
        hovermode="closest",
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
        **more,
    )
    figure.update_xaxes(gridcolor=GRID, fixedrange=True, tickfont={"color": SOFT}, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, fixedrange=True, tickfont={"color": SOFT}, zeroline=False)


def _nothing(figure: go.Figure, text: str = "no path leaves a loss") -> go.Figure:
    _layout(figure)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"color": SOFT}
    )
    return figure


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8}


_STEPS = ((3.0, (1,)), (1.2, (1, 3)), (0.6, (1, 2, 5)))


def _decades(low: float, high: float) -> dict[str, Any]:
    # Ticks at whole decades, or some a decade where there are few.
    first, last = int(np.floor(low)), int(np.ceil(high))
    span = max(high - low, 0.02)
    steps = next((steps for wide, steps in _STEPS if span > wide), ())
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    if not steps:  # so narrow that no round number need lie within
        ticks = [float(f"{value:.3g}") for value in np.linspace(10**low, 10**high, 4)]
    return {
        "tickvals": ticks,
        "ticktext": [_round(tick) for tick in ticks],
        "range": [low - 0.03 * span, high + 0.03 * span],
    }


def _round(value: float) -> str:
    # A tick, which has one digit.
    for limit, size in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.4g} {size}"
    return f"{value:.4g}"


def _shares(paths: int) -> dict[str, Any]:
    lowest = float(np.log10(100 / paths))
    ticks = [10.0**power for power in range(int(np.floor(lowest)), 3)]
    return {"tickvals": ticks, "ticktext": [f"{tick:g} " for tick in ticks], "range": [lowest - 0.05, 2.05]}
