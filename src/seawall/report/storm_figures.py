"""A storm under several rules: what was needed and what was taken, and who felt it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from seawall.allocation.storm import StormOutcome
from seawall.report.figures import FONT
from seawall.report.palette import GRID, INK, RED, SLATE, SOFT, TEAL
from seawall.runs.value import short

__all__ = ["storm_comparison"]

MICRO = 10**6
WIDTH, HEIGHT = 1060, 680
SAID = {
    "queue_all": "queue, all lots",
    "queue_budget": "queue, lots needed",
    "contract_floor": "in proportion, rounded down",
    "contract_shares": "in proportion, to the lot",
    "min_max": "smallest largest haircut",
    "profit_shares": "cash from profits",
}


def storm_comparison(outcomes: Sequence[StormOutcome], *, title: str, note: str = "") -> go.Figure:
    """Draw needed against taken wave by wave, for the first rule; below, four figures of every rule.

    Args:
        outcomes: The first is what the venue did; the others are what it could have done.
        title: What is shown.
        note: Where the numbers come from, in small print.
    """
    figure = make_subplots(
        rows=2,
        cols=4,
        specs=[[{"colspan": 4}, None, None, None], [{}, {}, {}, {}]],
        row_heights=[0.52, 0.48],
        vertical_spacing=0.2,
        horizontal_spacing=0.045,
        shared_yaxes=False,
    )
    _waves(figure, outcomes[0])
    for column, (name, measure, write) in enumerate(_MEASURES, 1):
        _bars(figure, column, name, [measure(item) for item in outcomes], write, outcomes)
    figure.update_layout(
        width=WIDTH,
        height=HEIGHT,
        margin={"l": 190, "r": 36, "t": 96, "b": 64},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": INK},
        showlegend=False,
        barmode="overlay",
        bargap=0.28,
    )
    _write(figure, f"<b>{title}</b>", y=1.13, size=19)
    needed, taken = outcomes[0].total("needed"), outcomes[0].total("removed")
    red = f'<span style="color:{RED}">■</span> taken by {SAID[outcomes[0].rule]}: {_usd(taken)}'
    grey = f'<span style="color:{SLATE}">■</span> needed: {_usd(needed)}'
    _write(figure, f"taken from winners by wave [USD]   {grey}   {red}", y=1.055, size=13)
    if note:
        _write(figure, note, y=-0.105, size=11, colour=SOFT)
    return figure


def _waves(figure: go.Figure, outcome: StormOutcome) -> None:
    numbers = [wave.number + 1 for wave in outcome.waves]
    for field, colour, width in (("removed", RED, 0.72), ("needed", SLATE, 0.4)):
        values = [getattr(wave, field) / MICRO for wave in outcome.waves]
        figure.add_trace(
            go.Bar(
                x=numbers,
                y=values,
                width=width,
                marker={"color": colour},
                hovertemplate=f"wave %{{x}}: {field} %{{y:.3s}}<extra></extra>",
            ),
            row=1,
            col=1,
        )
    figure.update_xaxes(
        dtick=1, showgrid=False, title={"text": "wave", "standoff": 4, "font": {"size": 13}}, row=1, col=1
    )
    figure.update_yaxes(
        gridcolor=GRID, tickformat="~s", ticksuffix=" ", zeroline=False, nticks=6, row=1, col=1
    )


def _bars(
    figure: go.Figure,
    column: int,
    name: str,
    values: Sequence[float],
    write: Callable[[float], str],
    outcomes: Sequence[StormOutcome],
) -> None:
    names = [SAID[item.rule] for item in outcomes]
    top = max([*(abs(value) for value in values), 1e-12])
    figure.add_trace(
        go.Bar(
            y=names,
            x=[max(0.0, value) for value in values],
            orientation="h",
            width=0.5,
            marker={"color": [RED, *[TEAL] * (len(values) - 1)]},
            text=[write(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            textfont={"color": INK, "size": 12},
            hoverinfo="skip",
        ),
        row=2,
        col=column,
    )
    figure.update_xaxes(
        range=[0, top * 1.5], showticklabels=False, showgrid=False, zeroline=False, row=2, col=column
    )
    figure.update_yaxes(
        autorange="reversed",
        showticklabels=column == 1,
        ticks="",
        ticksuffix="  ",
        showgrid=False,
        row=2,
        col=column,
    )
    axis = figure.get_subplot(2, column).xaxis.domain
    figure.add_annotation(
        text=f"<b>{name}</b>",
        x=axis[0],
        y=0.425,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12.5},
    )


def _write(figure: go.Figure, text: str, *, y: float, size: float, colour: str = INK) -> None:
    figure.add_annotation(
        text=text,
        x=0,
        xshift=-174,
        y=y,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": size, "color": colour},
    )


def _usd(micro: float) -> str:
    return f"{short(micro / MICRO)} USD"


_MEASURES: tuple[tuple[str, Callable[[StormOutcome], float], Callable[[float], str]], ...] = (
    (
        "taken beyond need [USD]",
        lambda item: item.total("overshoot") / MICRO,
        lambda value: short(round(value)),
    ),
    ("accounts hit", lambda item: float(item.users_hit), lambda value: f"{value:,.0f}"),
    ("largest haircut", lambda item: 100 * item.largest_haircut, lambda value: f"{value:.3g} %"),
    ("hedges left naked [USD]", lambda item: item.total("naked_value") / MICRO, lambda value: short(value)),
)
