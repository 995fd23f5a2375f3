"""From a history of prices to the settings of a model, and what that history cannot tell."""

from seawall.simulation.paths.fits.clusters import fit_garch
from seawall.simulation.paths.fits.diffusion import fit_gbm, shrunk_correlation
from seawall.simulation.paths.fits.fitted import Fitted
from seawall.simulation.paths.fits.jumps import fit_merton
from seawall.simulation.paths.fits.tails import fit_t

__all__ = ["Fitted", "fit_garch", "fit_gbm", "fit_merton", "fit_t", "shrunk_correlation"]
