"""Modulations: ways in which a groove carries its sound, as objects that the stages ask."""

from types import MappingProxyType

from groovescan.modulation.brightness import BRIGHTNESS
from groovescan.modulation.lateral import LATERAL
from groovescan.modulation.strategy import Modulation
from groovescan.modulation.vertical import VERTICAL

#: By name; the first is what a groove carries unless another is clearly there.
MODULATIONS = MappingProxyType({one.name: one for one in (LATERAL, VERTICAL, BRIGHTNESS)})


def modulation_of(name: str) -> Modulation:
    """The modulation of a name.

    Parameters
    ----------
    name : str
        As settings and sidecars give it, of `MODULATIONS`.

    Returns
    -------
    Modulation
        The object that the stages ask.
    """
    return MODULATIONS[name]


def usual_modulation() -> Modulation:
    """The modulation of a groove unless another is clearly there.

    Returns
    -------
    Modulation
        The first of the list.
    """
    return next(iter(MODULATIONS.values()))


__all__ = ["MODULATIONS", "Modulation", "modulation_of", "usual_modulation"]
