"""The forward model: from a sound to the photograph of a disc, with its truth.

It shares no code with the decoder, so that what it says about a photograph is independent of how
the photograph is read.
"""

from groovescan.simulate.cramer_rao import Bound
from groovescan.simulate.likeness import likeness
from groovescan.simulate.photograph_sets import (
    PhotographSet,
    lamps_of,
    pieces_of,
    pieces_together_of,
    repeats_of,
    tiles_of,
)
from groovescan.simulate.presets import PRESETS
from groovescan.simulate.simulate_settings import SimulateSettings
from groovescan.simulate.simulated_disc import CutTruth, SimulatedDisc, simulate, simulate_bands
from groovescan.simulate.sounds import make_sound
from groovescan.simulate.write_files import (
    set_places,
    truth_places,
    write_photograph_set,
    write_simulation,
)

__all__ = [
    "PRESETS",
    "Bound",
    "CutTruth",
    "PhotographSet",
    "SimulateSettings",
    "SimulatedDisc",
    "lamps_of",
    "likeness",
    "make_sound",
    "pieces_of",
    "pieces_together_of",
    "repeats_of",
    "set_places",
    "simulate",
    "simulate_bands",
    "tiles_of",
    "truth_places",
    "write_photograph_set",
    "write_simulation",
]
