"""What may be lost and what it takes: tails with intervals, nearest disasters, funds, and closed forms.

`estimate_tail` reads simulated losses; `draws` says where to simulate; `closed_forms` is what a simulation
is held to, one law a file.
"""

from seawall.analysis.branching import Branching, branching_gauge, trigger_drops
from seawall.analysis.design_points import DesignPoints, design_points
from seawall.analysis.draws import Draws, Mixture, plain_draws, sobol_draws
from seawall.analysis.fund import FundPath, Requirement, fund_path, fund_requirement
from seawall.analysis.large_pool import expected_tranche_loss
from seawall.analysis.paired import PairedMean, controlled_mean, mean_difference
from seawall.analysis.reverse_stress import Design, nearest_losses
from seawall.analysis.sample import Estimate
from seawall.analysis.tail import Refused, TailEstimates, estimate_tail

__all__ = [
    "Branching",
    "Design",
    "DesignPoints",
    "Draws",
    "Estimate",
    "FundPath",
    "Mixture",
    "PairedMean",
    "Refused",
    "Requirement",
    "TailEstimates",
    "branching_gauge",
    "controlled_mean",
    "design_points",
    "estimate_tail",
    "expected_tranche_loss",
    "fund_path",
    "fund_requirement",
    "mean_difference",
    "nearest_losses",
    "plain_draws",
    "sobol_draws",
    "trigger_drops",
]
