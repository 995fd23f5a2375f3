"""Sharing out a loss: layers, who pays, and what is left."""

from seawall.waterfall.close_out import Surplus
from seawall.waterfall.layer import Layer, WaterfallState
from seawall.waterfall.waterfall import WaterfallResult, bare_loss, build_layers, run_waterfall

__all__ = [
    "Layer",
    "Surplus",
    "WaterfallResult",
    "WaterfallState",
    "bare_loss",
    "build_layers",
    "run_waterfall",
]
