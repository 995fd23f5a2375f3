"""The colours of a run: cover is teal, loss of users is red, what is only at risk is grey.

Each has a twin for a dark page; the page swaps them as text, so both sets have distinct names.
"""

from __future__ import annotations

from collections.abc import Mapping

INK, SOFT, GRID = "#1b2733", "#56636f", "#e1e6ea"
GREY, TEAL, RED, SLATE = "#9aa6b1", "#17706f", "#b93226", "#495a69"
GREY_FILL, TEAL_FILL, RED_FILL = "#e6eaed", "#a9cfcd", "#ecb9b2"

DARK: Mapping[str, str] = {
    INK: "#e8edf1",
    SOFT: "#a6b2bd",
    GRID: "#2d3a45",
    GREY: "#7d8b98",
    TEAL: "#58bdb9",
    RED: "#f08475",
    SLATE: "#aab7c3",
    GREY_FILL: "#28343e",
    TEAL_FILL: "#1d4c4d",
    RED_FILL: "#6b2d27",
}
