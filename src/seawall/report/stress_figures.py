"""The pictures of a stress test: who pays at each fall of all markets, and which market alone breaks what."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.report.figures import area, heading, plain_layout
from seawall.report.palette import (
    GREY,
    GREY_FILL,
    INK,
    RED,
    RED_FILL,
    TEAL,
    TEAL_FILL,
)
from seawall.runs.stress import ALL, StressRow
from seawall.runs.value import short

__all__ = ["drop_curve", "market_grid"]

HEIGHT = 400


def drop_curve(rows: Sequence[StressRow], *, currency: str) -> go.Figure:
    """Liquidations at risk above; below, the loss of each fall of all markets, by who bears it."""
    found = [row for row in rows if row.point.market == ALL]
    falls = [row.point.drop * 100 for row in found]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.27, 0.73], vertical_spacing=0.11)
    area(figure, 1, falls, [row.liquidated for row in found], "liquidated", GREY, GREY_FILL, "")
    area(figure, 2, falls, [row.covered for row in found], "covered", TEAL, TEAL_FILL, "loss")
    area(figure, 2, falls, [row.to_users for row in found], "reaches users", RED, RED_FILL, "loss")
    plain_layout(figure)
    figure.update_xaxes(ticksuffix=" %", showgrid=False)
    figure.update_xaxes(title={"text": "fall of all markets", "standoff": 8}, row=2, col=1)
    for place, values in ((1, [row.liquidated for row in found]), (2, [row.recognised for row in found])):
        top = max(max(values, default=0.0) * 1.12, 1e-9)
        figure.update_yaxes(range=[0, top], tickformat="~s", nticks=4 if place == 1 else 6, row=place, col=1)
    heading(figure, 1.0, f"<b>liquidated</b> [{currency}]")
    told = f'<span style="color:{TEAL}">■</span> covered   <span style="color:{RED}">■</span> reaches users'
    heading(figure, 0.65, f"<b>bad debt</b> [{currency}]   {told}")
    return figure


def market_grid(rows: Sequence[StressRow], *, currency: str) -> go.Figure:
    """The loss of each market alone at each fall: a cell each, red where it reaches users."""
    alone = [row for row in rows if row.point.market != ALL]
    names = list(dict.fromkeys(row.point.market for row in alone))
    falls = sorted({row.point.drop for row in alone})
    figure = go.Figure()
    level = {
        (row.point.market, row.point.drop): 2 if row.to_users > 0 else 1 if row.recognised > 0 else 0
        for row in alone
    }
    said = {(row.point.market, row.point.drop): row for row in alone}
    figure.add_trace(
        go.Heatmap(
            x=[f"{fall * 100:.3g} %" for fall in falls],
            y=names,
            z=[[level[name, fall] for fall in falls] for name in names],
            zmin=0,
            zmax=2,
            colorscale=[
                (0.0, GREY_FILL),
                (0.34, GREY_FILL),
                (0.34, TEAL_FILL),
                (0.67, TEAL_FILL),
                (0.67, RED_FILL),
                (1.0, RED_FILL),
            ],
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[_cell(said[name, fall]) for fall in falls] for name in names],
            texttemplate="%{text}",
            textfont={"color": INK, "size": 11},
            hovertemplate="%{y} down %{x}: %{text}<extra></extra>",
        )
    )
    plain_layout(figure)
    figure.update_layout(height=max(180, 70 + 38 * len(names)), margin={"l": 10})
    figure.update_xaxes(
        title={"text": f"fall of one market alone; loss [{currency}]", "standoff": 8}, showgrid=False
    )
    figure.update_yaxes(
        autorange="reversed", automargin=True, showgrid=False, ticksuffix=" ", type="category"
    )
    return figure


def _cell(row: StressRow) -> str:
    return short(row.recognised) if row.recognised > 0 else ""
