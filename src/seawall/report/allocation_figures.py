"""The same loss, shared out by several rules: one band a rule, how deep it cuts and into how much.

In every band the width is all capital, in order of the haircut, the deepest first; the height is the
haircut. So every band has the same area, which is the loss: rules differ in its shape alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.allocation.compare import Comparison, Outcome
from seawall.allocation.fairness import Fairness
from seawall.core.parts import percent
from seawall.report.figures import FONT, line_above
from seawall.report.palette import GRID, INK, RED, RED_FILL, SOFT, TEAL, TEAL_FILL

__all__ = ["haircut_bands"]

BAND, TOP, BOTTOM, LEFT, RIGHT, WIDTH = 46, 92, 58, 184, 372, 996
STEPS_MAX = 400
COLUMNS = (62, 136, 206, 282, 362)


def haircut_bands(comparison: Comparison, *, title: str = "") -> go.Figure:
    """Draw one band for each rule: haircut over the part of capital that bears it, with its figures.

    Red is capital that a rule takes whole. The dotted line is the mean haircut, the same for all
    rules that raise the same.
    """
    outcomes = comparison.outcomes
    sizes = np.array([float(size) for size in comparison.case.sizes])
    figure = make_subplots(rows=max(1, len(outcomes)), cols=1, shared_xaxes=True, vertical_spacing=0)
    mean = 100 * float(comparison.case.amount) / max(float(sizes.sum()), 1e-9)
    for row, outcome in enumerate(outcomes, 1):
        _band(figure, row, sizes, outcome)
        line = {"color": SOFT, "width": 1, "dash": "dot"}
        figure.add_shape(type="line", x0=0, x1=100, y0=mean, y1=mean, line=line, row=row, col=1)
        _words(figure, row, outcome.rule.replace("_", " "))
        for shift, text in zip(COLUMNS, _cells(outcome.fairness), strict=True):
            _cell(figure, row, shift, text)
    _layout(figure, len(outcomes))
    is_whole_taken = any(outcome.fairness.max_haircut >= 1 for outcome in outcomes)
    _head(figure, title or "the same loss, one band a rule", mean, is_whole_taken=is_whole_taken)
    return figure


def _band(figure: go.Figure, row: int, sizes: np.ndarray, outcome: Outcome) -> None:
    x, y = _profile(sizes, np.array([float(share) for share in outcome.shares]))
    whole = float(x[y >= 100 - 1e-9].max(initial=0.0))
    for keep, line, fill in (
        (x <= whole, RED, RED_FILL),
        (x >= whole, TEAL, TEAL_FILL),
    ):
        inside = keep & ((y >= 100 - 1e-9) if line == RED else (y < 100 - 1e-9))
        if not inside.any():
            continue
        figure.add_trace(
            go.Scatter(
                x=[x[inside][0], *x[inside], x[inside][-1]],
                y=[0, *y[inside], 0],
                mode="lines",
                line={"color": line, "width": 1.5},
                fill="toself",
                fillcolor=fill,
                hoveron="points",
                hovertemplate="%{y:.3g} % of what is at %{x:.3g} % of capital<extra></extra>",
            ),
            row=row,
            col=1,
        )


def _profile(sizes: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # Corners of a staircase: part of capital [%], haircut [%]. Equal haircuts are one stair, and of
    # many stairs a few hundred are drawn, each with the mean of those it stands for.
    held = sizes > 0
    sizes, shares = sizes[held], shares[held]
    order = np.argsort(-shares / sizes, kind="stable")
    sizes, shares = sizes[order], shares[order]
    _, stair = np.unique(-np.round(shares / sizes, 9), return_inverse=True)
    if len(stair) and stair.max() >= STEPS_MAX:
        reached = np.cumsum(sizes) / sizes.sum()
        stair = np.minimum((reached * STEPS_MAX).astype(int), STEPS_MAX - 1)
        stair = np.unique(stair, return_inverse=True)[1]
    widths = np.bincount(stair, sizes)
    heights = 100 * np.bincount(stair, shares) / widths
    ends = 100 * np.cumsum(widths) / widths.sum()
    starts = np.append(0, ends[:-1])
    return np.column_stack((starts, ends)).ravel(), np.repeat(heights, 2)


def _cells(panel: Fairness) -> tuple[str, ...]:
    gain, found = panel.sybil_gain, panel.sybil
    return (
        percent(panel.max_haircut),
        percent(panel.hit_share),
        f"{panel.gini:.2f}",
        f"{panel.inversions:,}",
        "-" if gain is None or found is None else "none found" if found.is_rounding else percent(gain),
    )


def _words(figure: go.Figure, row: int, text: str) -> None:
    figure.add_annotation(
        **_at(row, 0, -12), text=f"<b>{text}</b>", xanchor="right", font={"color": INK, "size": 12}
    )


def _cell(figure: go.Figure, row: int, shift: int, text: str) -> None:
    figure.add_annotation(**_at(row, 1, shift), text=text, xanchor="right", font={"color": INK, "size": 12})


def _at(row: int, x: float, shift: float) -> dict[str, object]:
    axis = "" if row == 1 else str(row)
    return {
        "x": x,
        "xref": "paper",
        "y": 0.42,
        "yref": f"y{axis} domain",
        "xshift": shift,
        "yanchor": "middle",
        "showarrow": False,
    }


def _head(figure: go.Figure, title: str, mean: float, *, is_whole_taken: bool) -> None:
    red = f'<span style="color:{RED}">■</span> taken whole   ' if is_whole_taken else ""
    keys = (
        f'<span style="color:{TEAL}">■</span> haircut   {red}'
        f'<span style="color:{SOFT}">┈ mean {mean:.3g} %</span>'
    )
    for text, shift, size in ((f"<b>{title}</b>", 62, 15), (keys, 38, 12)):
        line_above(figure, text, shift, left=LEFT - 14, size=size)
    heads: Sequence[str] = (
        "largest<br>haircut",
        "accounts<br>hit",
        "Gini",
        "pairs turned<br>round",
        "sybil<br>gain",
    )
    for shift, text in zip(COLUMNS, heads, strict=True):
        figure.add_annotation(
            text=text,
            align="right",
            x=1,
            xref="paper",
            xanchor="right",
            xshift=shift,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=4,
            showarrow=False,
            font={"color": SOFT, "size": 11},
        )


def _layout(figure: go.Figure, bands: int) -> None:
    figure.update_layout(
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        width=WIDTH,
        height=TOP + BOTTOM + BAND * max(1, bands),
        showlegend=False,
        hovermode="closest",
        hoverlabel={"font": {"family": FONT}},
        dragmode=False,
    )
    figure.update_xaxes(range=[0, 100], fixedrange=True, showgrid=False, zeroline=False, showticklabels=False)
    # Room above 100 keeps a full band from touching the one over it.
    figure.update_yaxes(range=[0, 132], fixedrange=True, showgrid=False, zeroline=True, zerolinecolor=GRID)
    figure.update_yaxes(showticklabels=False)
    figure.update_xaxes(
        showticklabels=True,
        tickvals=[0, 25, 50, 75, 100],
        ticktext=["0", "25 %", "50 %", "75 %", "100 %"],
        tickfont={"color": SOFT},
        ticks="outside",
        tickcolor=GRID,
        title={
            "text": "capital, the deepest haircut first",
            "standoff": 8,
            "font": {"size": 12, "color": SOFT},
        },
        row=max(1, bands),
        col=1,
    )
