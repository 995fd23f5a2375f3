"""The offline page of a run: one file, no request, every text from the input escaped."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib.resources import files
from typing import Any

from seawall.core.loss import Charge
from seawall.errors import UnsupportedFeature
from seawall.report.shocks import Shocks
from seawall.resolution import Resolution
from seawall.runs.summary import amount, value_of

TOP_CHARGES = 20
USERS_PAY = ("adl", "mutualise", "residual")


def render(
    resolution: Resolution, summary: Mapping[str, Any], shocks: Shocks, *, currency: str = "USD"
) -> str:
    """Return the page as HTML text.

    Raises:
        UnsupportedFeature: The extra `plots` is not installed.
    """
    try:
        import jinja2
        from plotly.offline import get_plotlyjs

        from seawall.report.figures import loss_waterfall, shock_curve
    except ImportError as error:
        raise UnsupportedFeature(
            f"the report needs {error.name}: pip install 'seawall[plots]'", code="extra_missing"
        ) from error
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["money"] = with_commas
    environment.globals["amounts"] = amounts
    environment.globals["lots"] = lots
    source = files("seawall.report").joinpath("templates", "report.html.j2").read_text(encoding="utf-8")
    pictures = {
        "shock_curve": shock_curve(shocks, currency).to_plotly_json(),
        "loss_waterfall": loss_waterfall(summary, currency).to_plotly_json(),
    }
    # "</" inside a string would end the script element: escaped, it is the same JSON.
    figures = json.dumps(pictures, default=list).replace("<", "\\u003c")
    users_pay = any(float(row["taken_value"]) for row in summary["layers"] if row["kind"] in USERS_PAY)
    return environment.from_string(source).render(
        s=summary,
        shocks=shocks,
        currency=currency,
        as_of=_time(int(summary["as_of"])),
        verdict=verdict(summary),
        users_pay=users_pay,
        charges=_largest_charges(resolution),
        has_lots=any(row["lots"] for row in summary["layers"]),
        avoided=sum(float(row["avoided_value"]) for row in summary["layers"]),
        figures=figures,
        plotly_js=get_plotlyjs(),
    )


def verdict(summary: Mapping[str, Any]) -> str:
    """Say in one sentence who bears the loss."""
    if not summary["liquidatable"]:
        return "No account is under water."
    if not any(float(item["amount"]) for item in summary["loss"]):
        return f"{summary['liquidatable']:,} accounts were liquidated; collateral covered everything."
    payers = [row["layer"] for row in summary["layers"] if float(row["taken_value"])]
    reached = any(float(row["taken_value"]) for row in summary["layers"] if row["kind"] in USERS_PAY)
    who = ", then ".join(payers)
    if not reached:
        return f"The loss is covered: {who} paid for it. No user was charged."
    charged = summary["charged_accounts"]
    return f"The loss reaches users: {who} bore it; {charged:,} accounts and funds were charged."


def with_commas(value: Any) -> str:
    """Write a number for a table: whole from 1,000 up, cents below, four digits where that would be zero."""
    number = float(value)
    if abs(number) >= 1000 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) >= 0.01 else f"{number:.4g}"


def amounts(items: Sequence[Mapping[str, str]]) -> str:
    """Write amounts with their assets, or a dash."""
    return ", ".join(f"{with_commas(item['amount'])} {item['asset']}" for item in items) or "-"


def lots(items: Mapping[str, str], shown: int = 3) -> str:
    """Write the first few quantities with their instruments, and how many more there are."""
    parts = [f"{with_commas(units)} {name}" for name, units in list(items.items())[:shown]]
    more = len(items) - shown
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")


def _largest_charges(resolution: Resolution) -> list[dict[str, str]]:
    book = resolution.before

    def rank(charge: Charge) -> tuple[Fraction, str]:
        return -value_of(book, resolution.market, charge.asset, charge.amount), charge.account

    return [
        {
            "account": charge.account,
            "layer": charge.layer,
            "default_account": charge.default_account,
            "reason": charge.reason,
            **amount(book, charge.asset, charge.amount),
        }
        for charge in sorted(resolution.charges, key=rank)[:TOP_CHARGES]
    ]


def _time(as_of: int) -> str:
    return dt.datetime.fromtimestamp(as_of, tz=dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
