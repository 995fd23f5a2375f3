"""Synthetic venues of realistic shape, from a seed; labelled synthetic wherever they are shown.

Sizes are log-normal with a heavy tail, leverage is that of retail with a few reckless, some
accounts are hedged, isolated, nearly liquidatable or dust. No figure is taken from any
venue's accounts. Same seed, same venue, to the unit; a million accounts take seconds.
"""

from __future__ import annotations

from seawall.adapters.synthetic_exchange import MAKERS as EXCHANGE_MAKERS
from seawall.adapters.synthetic_exchange import synthetic_exchange
from seawall.adapters.synthetic_lending import synthetic_lending, synthetic_market
from seawall.adapters.synthetic_options import MAKERS as OPTIONS_MAKERS
from seawall.adapters.synthetic_options import synthetic_options
from seawall.adapters.synthetic_troves import synthetic_troves

__all__ = [
    "EXCHANGE_MAKERS",
    "OPTIONS_MAKERS",
    "synthetic_exchange",
    "synthetic_lending",
    "synthetic_market",
    "synthetic_options",
    "synthetic_troves",
]
