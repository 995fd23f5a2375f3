"""The pictures of a simulation, as Plotly figures: how large losses get, and who bears them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from seawall.analysis.normal import quantile
from seawall.analysis.order_statistics import proportion_interval
from seawall.core.layers import LayerBase, kinds_borne_by
from seawall.core.parts import level_percent
from seawall.report.figures import decades, empty_figure, plain_layout
from seawall.report.palette import GREY, GREY_FILL, INK, RED, RED_FILL, SLATE, TEAL, TEAL_FILL
from seawall.runs.drops import USERS_BEAR
from seawall.runs.value import short

__all__ = ["at_risk", "exceedance", "layer_use", "loss_distribution"]

_BINS, _RANKS, _CURVE_POINTS = 40, 24, 240
_FUNDS = kinds_borne_by("funds")
_SHADES = {"funds": (TEAL, TEAL_FILL), "others": (SLATE, GREY)}

Floats = NDArray[np.float64]


def loss_distribution(
    needed: Floats,
    found: Mapping[str, Any],
    *,
    held: float,
    currency: str,
    weights: Floats | None = None,
) -> go.Figure:
    """How often a fund would have had to pay how much: paths with a loss, by its size, VaR and ES marked.

    Args:
        needed: What a fund would have had to pay on each path, shape (n_paths,) [base currency].
        found: Its tail, as in the summary.
        held: What funds hold [base currency].
        currency: What values are counted in.
        weights: Of the paths, mean 1, shape (n_paths,); None where all weigh the same.
    """
    figure = go.Figure()
    losing = needed[needed > 0]
    weight_of = None if weights is None else weights[needed > 0]
    if not len(losing):
        return empty_figure("no path leaves a loss")
    low, high = float(np.log10(losing.min())), float(np.log10(losing.max()))
    if high - low < 0.1:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    shares = np.histogram(np.log10(losing), edges, weights=weight_of)[0] / len(needed) * 100
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
        type="log", title=_title(f"asked of a fund on a path [{currency}]"), **decades(low, high)
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


def exceedance(
    curves: Mapping[str, Floats],
    *,
    held: float,
    currency: str,
    weights: Floats | None = None,
    confidence: float = 0.95,
) -> go.Figure:
    """How likely a loss above each size is, for losses asked of a fund and losses that reach users.

    Args:
        curves: "asked of a fund" and "reaches users": losses of all paths [base currency].
        held: What funds hold [base currency].
        currency: What values are counted in.
        weights: Of the paths, mean 1, shape (n_paths,); None where all weigh the same.
        confidence: Of the band around the first curve: Clopper and Pearson's at each size, or, of weighted
            paths, the normal one.
    """
    figure = go.Figure()
    colours = dict(zip(curves, (SLATE, RED), strict=False))
    positive = [values[values > 0] for values in curves.values() if (values > 0).any()]
    if not positive:
        return empty_figure("no path leaves a loss")
    for place, (name, values) in enumerate(curves.items()):
        if (values > 0).any():
            _curve(figure, name, values, colours[name], weights, confidence=None if place else confidence)
    most = max(float(each.max()) for each in positive)
    low, high = (
        float(np.log10(max(min(float(each.min()) for each in positive), most / 1e6))),
        float(np.log10(most)),
    )
    _layout(figure)
    figure.update_layout(showlegend=len(positive) > 1, legend=_LEGEND)
    figure.update_xaxes(type="log", title=_title(f"loss of a path [{currency}]"), **decades(low, high))
    figure.update_yaxes(
        type="log", title=_title("paths with more [%]"), **_shares([*curves.values()], weights)
    )
    if held > 0:
        _marks(figure, [(held, "held", TEAL)], low, high)
    return figure


def at_risk(
    values: Floats, found: Mapping[str, Any], *, currency: str, weights: Floats | None = None
) -> go.Figure:
    """How likely liquidations above each size are: debt repaid or notional closed on a path.

    Args:
        values: Liquidated on each path, shape (n_paths,) [base currency].
        found: Its tail, as in the summary: liquidations at risk at its levels are marked.
        currency: What values are counted in.
        weights: Of the paths, mean 1, shape (n_paths,); None where all weigh the same.
    """
    figure = go.Figure()
    if not (values > 0).any():
        return empty_figure("no path liquidates anything")
    _curve(figure, "liquidated", values, GREY, weights, confidence=0.95)
    positive = values[values > 0]
    most = float(positive.max())
    low, high = float(np.log10(max(float(positive.min()), most / 1e6))), float(np.log10(most))
    _layout(figure)
    figure.update_xaxes(type="log", title=_title(f"liquidated on a path [{currency}]"), **decades(low, high))
    figure.update_yaxes(type="log", title=_title("paths with more [%]"), **_shares([values], weights))
    marks = [
        (float(item["value"]), f"LaR {level_percent(level)}", INK)
        for level, item in found["var"].items()
        if "value" in item and float(item["value"]) > 0
    ]
    _marks(figure, marks, low, high)
    return figure


def layer_use(
    recognised: Floats,
    borne: Floats,
    layers: Sequence[LayerBase],
    uncovered: Floats,
    *,
    currency: str,
    weights: Floats | None = None,
) -> go.Figure:
    """Who bears the loss, from the smallest losses on the left to the largest on the right.

    Args:
        recognised, uncovered: Loss of each path, and what no layer bore, shape (n_paths,) [base currency].
        borne: What each layer bore, shape (n_paths, n_layers) [base currency].
        layers: In the order of the columns.
        currency: What values are counted in.
        weights: Of the paths, shape (n_paths,); None where all weigh the same.
    """
    figure = go.Figure()
    losing = np.flatnonzero((recognised > 0) & (True if weights is None else weights > 0))
    if not len(losing):
        return empty_figure("no path leaves a loss")
    order = losing[np.argsort(recognised[losing], kind="stable")]
    groups = [group for group in np.array_split(order, min(_RANKS, len(order))) if len(group)]
    weight_of = np.ones(len(recognised)) if weights is None else weights
    loss = np.array([weight_of[group] @ recognised[group] for group in groups])
    places = list(range(len(groups)))
    shown = [(place, layer) for place, layer in enumerate(layers) if layer.kind != "residual"]
    colours = _colours([layer for _, layer in shown])
    parts = [
        (layer.name.replace("_", " "), borne[:, place], colour)
        for (place, layer), colour in zip(shown, colours, strict=True)
    ]
    for name, values, colour in (*parts, ("uncovered", uncovered, RED)):
        shares = np.array([weight_of[group] @ values[group] for group in groups]) / loss * 100
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
        title=_title(f"loss of a path, {len(order):,} with one [{currency}]"),
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


def _curve(
    figure: go.Figure,
    name: str,
    values: Floats,
    colour: str,
    weights: Floats | None,
    *,
    confidence: float | None,
) -> None:
    losing = np.flatnonzero(values > 0)
    order = losing[np.argsort(-values[losing], kind="stable")]
    ranked, weight_of = values[order], np.ones(len(order)) if weights is None else weights[order]
    shares = np.cumsum(weight_of) / len(values)
    spaced = np.geomspace(1, len(ranked), _CURVE_POINTS).round().astype(int)  # all of the first few
    places = np.unique(np.clip(spaced, 1, len(ranked))) - 1
    if confidence is not None:
        if weights is None:
            ends = [proportion_interval(int(k) + 1, len(values), confidence=confidence) for k in places]
            low, high = np.array(ends).T
        else:
            spread = np.cumsum(weight_of**2)[places] / len(values) - shares[places] ** 2
            half = quantile(0.5 + confidence / 2) * np.sqrt(np.maximum(spread, 0.0) / len(values))
            low, high = shares[places] - half, shares[places] + half
        _band(figure, ranked[places], low, high)
    figure.add_trace(
        go.Scatter(
            x=ranked[places].tolist(),
            y=(shares[places] * 100).tolist(),
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            customdata=[short(value) for value in ranked[places]],
            hovertemplate=f"{name} at least %{{customdata}}: %{{y:.3g}} % of paths<extra></extra>",
        )
    )


def _band(figure: go.Figure, values: Floats, low: Floats, high: Floats) -> None:
    least = float(high.min()) * 1e-3  # of a log axis, where an interval may reach zero
    figure.add_trace(
        go.Scatter(
            x=[*values.tolist(), *values[::-1].tolist()],
            y=[*(100 * high).tolist(), *(100 * np.maximum(low, least))[::-1].tolist()],
            fill="toself",
            fillcolor=GREY_FILL,
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
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
    plain_layout(figure)
    figure.update_layout(margin={"l": 56, "t": 34}, hovermode="closest", **more)
    figure.update_xaxes(zeroline=False)


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8}


def _shares(curves: Sequence[Floats], weights: Floats | None) -> dict[str, Any]:
    # From what the path of the largest loss stands for up to all of them.
    tops = [int(values.argmax()) for values in curves if (values > 0).any()]
    least = 1.0 if weights is None else min(float(weights[top]) for top in tops) or 1.0
    lowest = float(np.log10(100 * least / len(curves[0])))
    ticks = [10.0**power for power in range(int(np.floor(lowest)), 3)]
    return {"tickvals": ticks, "ticktext": [f"{tick:g} " for tick in ticks], "range": [lowest - 0.05, 2.05]}
