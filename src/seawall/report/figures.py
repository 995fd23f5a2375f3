"""The pictures of a run, as Plotly figures; nothing is shown or fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from seawall.report.shocks import Shocks

INK, GRID, GREY, RED, TEAL, AMBER = "#1b2733", "#e3e8ec", "#8a97a3", "#c4372c", "#1f7a7a", "#b7791f"
FONT = "Inter, 'Segoe UI', Helvetica, Arial, sans-serif"
BEARERS = ("adl", "mutualise", "residual")


def _layout(figure: go.Figure, title: str) -> go.Figure:
    figure.update_layout(
        title={"text": title, "font": {"size": 15, "color": INK}, "x": 0, "xanchor": "left", "y": 0.97},
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 62, "r": 24, "t": 48, "b": 56},
        height=380,
        hoverlabel={"font": {"family": FONT}},
        legend={"orientation": "h", "y": -0.24, "yanchor": "top", "x": 0, "font": {"size": 11}},
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    return figure


def shock_curve(shocks: Shocks, currency: str = "USD") -> go.Figure:
    """Liquidations at risk (grey) and bad debt (red) against the drop, with the funds and the break point."""
    drops = [row.drop * 100 for row in shocks.rows]
    gap = [row.liquidation_gap for row in shocks.rows]
    figure = go.Figure()
    figure.add_scatter(
        x=drops,
        y=[row.at_risk for row in shocks.rows],
        name="liquidations at risk",
        mode="lines+markers",
        line={"color": GREY, "width": 2},
        marker={"size": 5},
    )
    figure.add_scatter(
        x=drops,
        y=gap,
        name="bad debt after liquidation",
        mode="lines+markers",
        yaxis="y2",
        line={"color": RED, "width": 3},
        marker={"size": 6},
        fill="tozeroy",
        fillcolor="rgba(196,55,44,0.10)",
    )
    _layout(figure, "How high can it get?")
    top = max([*gap, shocks.fund, 1.0]) * 1.15
    figure.update_layout(
        xaxis={"title": {"text": "fall of all prices [%]"}, "range": [0, max(drops)]},
        yaxis={
            "title": {"text": f"at risk [{currency}]", "font": {"color": GREY}},
            "rangemode": "tozero",
            "showgrid": False,
        },
        yaxis2={
            "title": {"text": f"bad debt [{currency}]", "font": {"color": RED}},
            "overlaying": "y",
            "side": "right",
            "range": [0, top],
            "tickmode": "auto",
            "nticks": 6,
            "gridcolor": GRID,
        },
        margin={"r": 70, "b": 96},
    )
    if shocks.fund > 0:
        figure.add_scatter(
            x=[0, max(drops)],
            y=[shocks.fund, shocks.fund],
            yaxis="y2",
            name=f"funds {short(shocks.fund)}",
            mode="lines",
            line={"color": TEAL, "width": 2, "dash": "dash"},
        )
    if shocks.break_point is not None and shocks.fund > 0:
        figure.add_vline(x=shocks.break_point * 100, line={"color": AMBER, "width": 1.5, "dash": "dot"})
        near_right = shocks.break_point * 100 > max(drops) * 0.6
        figure.add_annotation(
            x=shocks.break_point * 100,
            y=1,
            yref="paper",
            text=f"funds gone at {shocks.break_point * 100:.1f} %",
            showarrow=False,
            xanchor="right" if near_right else "left",
            xshift=-6 if near_right else 6,
            yanchor="top",
            font={"color": AMBER},
        )
    return figure


def loss_waterfall(summary: Mapping[str, Any], currency: str = "USD") -> go.Figure:
    """The loss, what each layer took of it, and what is left; cover in teal, losses of users in red."""
    layers = [row for row in summary["layers"] if row["kind"] != "residual" and float(row["taken_value"])]
    taken = [float(row["taken_value"]) for row in layers]
    left = sum(float(row["taken_value"]) for row in summary["layers"] if row["kind"] == "residual")
    loss = sum(taken) + left
    names = ["loss", *[row["layer"].replace("_", "<br>") for row in layers], "uncovered"]
    heights = [loss, *taken, left]
    bases = [0.0]
    for height in taken:
        bases.append((bases[-1] if len(bases) > 1 else loss) - height)
    bases.append(0.0)
    colours = [INK, *[RED if row["kind"] in BEARERS else TEAL for row in layers], RED]
    figure = go.Figure(
        go.Bar(
            x=names,
            y=heights,
            base=bases,
            marker={"color": colours},
            text=[short(height) for height in heights],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{text}<extra></extra>",
            width=0.62,
        )
    )
    _layout(figure, "Who pays?")
    figure.update_layout(
        showlegend=False,
        yaxis={
            "title": {"text": f"loss [{currency}]"},
            "range": [0, max(loss, 1.0) * 1.12],
            "tickformat": "~s",
        },
    )
    return figure


def short(value: float) -> str:
    """Write a value with three digits and a unit."""
    for limit, unit in ((1e9, " B"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"
