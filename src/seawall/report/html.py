"""The offline page of a run: one file, no request, every text from the input escaped."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

from seawall.errors import UnsupportedFeature
from seawall.report.palette import DARK
from seawall.runs.drops import USERS_BEAR, Drops
from seawall.runs.value import short

LOTS_SHOWN = 3


def render(summary: Mapping[str, Any], drops: Drops) -> str:
    """Return the page of a run as HTML text.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    plotly_js: str = extra_module("plotly.offline").get_plotlyjs()
    figures = import_module("seawall.report.figures")
    pictures = {
        "shock_curve": figures.shock_curve(drops, summary["base_currency"]).to_plotly_json(),
        "loss_waterfall": figures.loss_waterfall(summary).to_plotly_json(),
    }
    return fill_page(
        "report.html.j2",
        s=summary,
        drops=drops,
        rises=any(row.drop < 0 for row in drops.rows),
        as_of=as_time(int(summary["as_of"])),
        is_bad=float(summary["totals"]["to_users"]) > 0,
        has_lots=any(row["lots"] for row in summary["layers"]),
        avoided=sum(float(row["avoided_value"]) for row in summary["layers"]),
        users_bear=USERS_BEAR,
        figures=script_json(pictures),
        dark=script_json(DARK),
        plotly_js=plotly_js,
    )


def can_render() -> bool:
    """Whether the extra `plots` is installed, without importing it."""
    return all(find_spec(name) is not None for name in ("jinja2", "plotly"))


def index_page(runs: Mapping[str, Mapping[str, Any]], title: str) -> str:
    """Return a page that leads to several runs, each by the name of its folder.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    return fill_page("index.html.j2", runs=runs, title=title)


def with_commas(value: Any) -> str:
    """Write a number for a table: whole from 1,000 up, cents below, four digits where that would be zero."""
    number = float(value)
    if abs(number) >= 1000 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) >= 0.01 else f"{number:.4g}"


def words(name: str) -> str:
    """Write a name of the rulebook as words."""
    return name.replace("_", " ")


def amounts(items: Sequence[Mapping[str, str]]) -> str:
    """Write amounts with their assets, or a dash."""
    return ", ".join(f"{with_commas(item['amount'])} {item['asset']}" for item in items) or "-"


def lots(items: Mapping[str, str], shown: int = LOTS_SHOWN) -> str:
    """Write the first few quantities with their instruments, and how many more there are."""
    parts = [f"{with_commas(units)} {name}" for name, units in list(items.items())[:shown]]
    more = len(items) - shown
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")


def fill_page(template: str, **parts: Any) -> str:
    """Return a template of ours filled in, every text of the parts escaped.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    jinja = extra_module("jinja2")
    environment = jinja.Environment(autoescape=True, undefined=jinja.StrictUndefined, trim_blocks=True)
    environment.filters |= {"money": with_commas, "short": short, "words": words}
    environment.globals |= {"amounts": amounts, "lots": lots}
    folder = files("seawall.report").joinpath("templates")
    style = folder.joinpath("style.css").read_text(encoding="utf-8")
    source = folder.joinpath(template).read_text(encoding="utf-8")
    text: str = environment.from_string(source).render(style=style, **parts)
    return text


def extra_module(name: str) -> Any:
    """Return a module of the extra `plots`.

    Raises:
        UnsupportedFeature: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UnsupportedFeature(
            f"the report needs {name.partition('.')[0]}, which the extra `plots` brings: "
            "pip install 'seawall[plots]'",
            code="extra_missing",
        ) from error


def script_json(data: Any) -> str:
    """Return data as JSON that may stand in a script element: a "<" in a string could end it."""
    return json.dumps(data, default=list).replace("<", "\\u003c")


def as_time(as_of: int) -> str:
    """Write an instant [unix s] for people."""
    return dt.datetime.fromtimestamp(as_of, tz=dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
