"""The pictures of a run, as Plotly figures; nothing is shown or fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.report.palette import GREY, GREY_FILL, GRID, INK, RED, RED_FILL, SLATE, SOFT, TEAL, TEAL_FILL
from seawall.runs.drops import USERS_BEAR, Drops
from seawall.runs.value import short

FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
HEIGHT = 400
_STEPS = ((3.0, (1,)), (1.2, (1, 3)), (0.6, (1, 2, 5)))


def shock_curve(drops: Drops, currency: str = "USD") -> go.Figure:
    """Liquidations at risk above; below, the bad debt of each move, by who pays: funds or users.

    Falls go to the right; rises, where the book may lose on one, to the left.
    """
    falls = [float(row.drop) * 100 for row in drops.rows]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.27, 0.73], vertical_spacing=0.11)
    area(figure, 1, falls, [float(row.at_risk) for row in drops.rows], "at risk", GREY, GREY_FILL)
    area(
        figure, 2, falls, [float(row.covered) for row in drops.rows], "paid by funds", TEAL, TEAL_FILL, "loss"
    )
    area(
        figure, 2, falls, [float(row.to_users) for row in drops.rows], "left for users", RED, RED_FILL, "loss"
    )
    plain_layout(figure)
    span, title = (min(falls), max(falls)), "fall of all prices"
    figure.update_xaxes(range=span, ticksuffix=" %", showgrid=False, zeroline=False)
    if min(falls) < 0:
        title = "← rise   of all prices   fall →"
        ticks = [min(falls) * share for share in (1, 0.5, 0, -0.5, -1)]
        figure.update_xaxes(tickvals=ticks, ticktext=[f"{abs(tick):.3g} %" for tick in ticks])
        figure.add_vline(x=0, line={"color": GRID, "width": 1})
    figure.update_xaxes(title={"text": title, "standoff": 8}, row=2, col=1)
    for row, values in ((1, [item.at_risk for item in drops.rows]), (2, [item.loss for item in drops.rows])):
        top = max(float(max(values)) * 1.12, 1e-9)
        figure.update_yaxes(range=[0, top], tickformat="~s", nticks=4 if row == 1 else 6, row=row, col=1)
    heading(figure, 1.0, f"<b>liquidations at risk</b> [{currency}]")
    paid = f'<span style="color:{TEAL}">■</span> paid by funds'
    reaches = f'<span style="color:{RED}">■</span> left for users'
    heading(figure, 0.65, f"<b>bad debt</b> [{currency}]   {paid}   {reaches}")
    _fund_line(figure, drops, max(float(row.loss) for row in drops.rows))
    _verticals(figure, drops, span)
    return figure


def loss_waterfall(summary: Mapping[str, Any]) -> go.Figure:
    """The loss and what each layer took of it, first payer first: cover teal, users red, spared grey."""
    layers = [row for row in summary["layers"] if float(row["taken_value"])]
    loss = sum(float(row["taken_value"]) for row in layers)
    names = ["loss", *(_label(row) for row in layers)]
    figure = go.Figure()
    figure.add_trace(_bar(["loss"], [0.0], [loss], SLATE))
    left, edges = loss, [loss]
    for name, row in zip(names[1:], layers, strict=True):
        taken = float(row["taken_value"])
        spared = min(max(0.0, float(row["avoided_value"])), taken)
        left -= taken
        edges.append(left)
        if spared:
            figure.add_trace(_bar([name], [left], [spared], GREY, "spared"))
        colour = RED if row["kind"] in USERS_BEAR else TEAL
        figure.add_trace(_bar([name], [left + spared], [taken - spared], colour))
        words = f"{short(taken - spared)}, {short(spared)} spared" if spared else short(taken)
        _bar_label(figure, name, left, left + taken, loss, words)
    _bar_label(figure, "loss", 0.0, loss, loss, short(loss))
    plain_layout(figure)
    for place, edge in enumerate(edges[:-1]):
        line = {"color": SOFT, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", x0=edge, x1=edge, y0=place + 0.31, y1=place + 0.69, line=line)
    reach = max(loss, 1e-9)
    figure.update_xaxes(range=[0, reach * 1.2], tickformat="~s", nticks=5, zeroline=True, zerolinecolor=GRID)
    figure.update_xaxes(title={"text": f"loss [{summary['base_currency']}]", "standoff": 8})
    figure.update_yaxes(range=[len(names) - 0.45, -0.55], automargin=True, showgrid=False, ticksuffix=" ")
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=names)
    figure.update_layout(margin={"l": 10}, barmode="overlay", hovermode="closest")
    return figure


def _bar(names: list[str], starts: list[float], lengths: list[float], colour: str, word: str = "") -> go.Bar:
    return go.Bar(
        x=lengths,
        y=names,
        base=starts,
        orientation="h",
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"%{{y}}: {short(lengths[0])} {word}<extra></extra>",
        width=0.62,
    )


def plain_layout(figure: go.Figure) -> None:
    """Give a figure the look that all of ours share."""
    figure.update_layout(
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 52, "r": 16, "t": 26, "b": 52},
        height=HEIGHT,
        showlegend=False,
        hovermode="x unified" if len(figure.data) > 1 else "closest",
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
    )
    figure.update_xaxes(gridcolor=GRID, fixedrange=True, tickfont={"color": SOFT})
    figure.update_yaxes(gridcolor=GRID, fixedrange=True, zeroline=False, tickfont={"color": SOFT})


def empty_figure(text: str) -> go.Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = go.Figure()
    plain_layout(figure)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"color": SOFT}
    )
    return figure


def decades(low: float, high: float) -> dict[str, Any]:
    """Return ticks of a log axis from 10**low to 10**high: whole decades, or some a decade where few are."""
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


def area(
    figure: go.Figure,
    row: int,
    x: list[float],
    y: list[float],
    name: str,
    line: str,
    fill: str,
    stack: str = "",
) -> None:
    """Add a filled line; `stack` names what it is stacked with, "" stands on its own."""
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            name=name,
            mode="lines",
            line={"color": line, "width": 2},
            fill="tonexty" if stack else "tozeroy",
            fillcolor=fill,
            stackgroup=stack or None,
            customdata=[short(value) for value in y],
            hovertemplate="%{customdata}",
        ),
        row=row,
        col=1,
    )


def line_above(figure: go.Figure, text: str, above: float, *, left: float, size: int = 12) -> None:
    """Write a line over a figure, `above` its top and `left` of its axes [pixels]."""
    figure.add_annotation(
        text=text,
        x=0,
        xref="paper",
        xanchor="left",
        xshift=-left,
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=above,
        showarrow=False,
        font={"color": INK, "size": size},
    )


def heading(figure: go.Figure, y: float, text: str) -> None:
    """Write a small title over one panel of a figure, `y` in parts of its height."""
    figure.add_annotation(
        text=text,
        x=0,
        y=y,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        yshift=4,
        showarrow=False,
    )


def _fund_line(figure: go.Figure, drops: Drops, top: float) -> None:
    fund = float(drops.fund)
    if not 0 < fund <= top * 1.05:
        return
    figure.add_hline(y=fund, line={"color": TEAL, "width": 1.5, "dash": "dash"}, row=2, col=1)
    figure.add_annotation(
        text=f"fund cash {short(fund)}",
        x=0,
        y=fund,
        xref="x2 domain",
        yref="y2",
        xanchor="left",
        yanchor="bottom",
        xshift=4,
        showarrow=False,
        font={"color": TEAL, "size": 11},
    )


def _verticals(figure: go.Figure, drops: Drops, span: tuple[float, float]) -> None:
    # The break points stand in the lower panel; the fall of this run in both, told in the upper one.
    first, last = span
    width = last - first
    chosen = float(drops.chosen) * 100
    if drops.break_point is not None:
        broken = float(drops.break_point) * 100
        _vertical(figure, broken, "y2", RED, "dot")
        leftward = broken - first > width * (0.25 if broken < chosen else 0.7)
        _beside(figure, broken, "y2", f"fund dry at {broken:.3g} %", RED, leftward=leftward)
    if drops.rise_break_point:
        risen = float(drops.rise_break_point) * 100
        _vertical(figure, -risen, "y2", RED, "dot")
        leftward = -risen - first > width * 0.3
        _beside(figure, -risen, "y2", f"fund dry at {risen:.3g} %", RED, leftward=leftward, y=0.9)
    if chosen:
        _vertical(figure, chosen, "y", INK, "solid")
        _vertical(figure, chosen, "y2", INK, "solid")
        _beside(figure, chosen, "y", f"this run {chosen:.3g} %", INK, leftward=chosen - first > width * 0.55)


def _vertical(figure: go.Figure, x: float, axis: str, colour: str, dash: str) -> None:
    line = {"color": colour, "width": 1.2, "dash": dash}
    figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, xref="x2", yref=f"{axis} domain", line=line)


def _beside(
    figure: go.Figure, x: float, axis: str, text: str, colour: str, *, leftward: bool, y: float = 0.98
) -> None:
    figure.add_annotation(
        text=text,
        x=x,
        y=y,
        xref="x2",
        yref=f"{axis} domain",
        xanchor="right" if leftward else "left",
        xshift=-5 if leftward else 5,
        yanchor="top",
        showarrow=False,
        font={"color": colour, "size": 11},
    )


def _bar_label(figure: go.Figure, name: str, start: float, end: float, reach: float, words: str) -> None:
    # Beside the bar; before it where the bar ends too near the edge and there is room in front.
    before = end > reach * 0.7 and start > reach * 0.3
    figure.add_annotation(
        text=f"<b>{words}</b>",
        x=start if before else end,
        y=name,
        xanchor="right" if before else "left",
        xshift=-5 if before else 5,
        yanchor="middle",
        showarrow=False,
    )


def _label(row: Mapping[str, Any]) -> str:
    if row["kind"] == "residual":
        return "uncovered"
    return str(row["layer"]).replace("_", " ")
