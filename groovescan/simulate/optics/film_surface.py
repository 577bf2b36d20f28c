"""Patterns on the film: Newton's rings where it touches a glass, and fingerprints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.simulate.simulate_settings import SimulateSettings

#: Middle of the visible spectrum, in mm.
_WAVELENGTH_MM = 550e-6


@dataclass(frozen=True)
class FilmSurface:
    """Places where the light through the film is changed by a factor.

    Attributes
    ----------
    settings : SimulateSettings
        How strong rings and prints are.
    rings : ndarray of float64, shape (rings, 5)
        Where the film touches the glass, x and y in mm; the radii in mm of its bend in two
        directions at right angles, and how they are turned in rad.
    prints : ndarray of float64, shape (prints, 6)
        Middle of each fingerprint, x and y in mm; how it is turned in rad; how much longer than
        wide its whorl is; length in mm and phase in rad of the wave by which its ridges bend.
    """

    settings: SimulateSettings
    rings: np.ndarray
    prints: np.ndarray

    def factor(self, place_mm: np.ndarray) -> np.ndarray:
        """Factor by which places on the film are brighter, above zero.

        Parameters
        ----------
        place_mm : ndarray of complex128, any shape
            Places, x + i y upwards.

        Returns
        -------
        ndarray of float64, of the same shape
        """
        factor = np.ones(place_mm.shape)
        for ring in self.rings:
            factor *= _ringed(place_mm, ring, self.settings)
        for each in self.prints:
            factor *= _fingered(place_mm, each, self.settings)
        return factor


def make_film_surface(settings: SimulateSettings, rng: np.random.Generator) -> FilmSurface | None:
    """Lay film on glass and fingers on film, round the groove; None where there are neither."""
    if not (settings.rings or settings.prints):
        return None
    # How different the bends in two directions are, how much longer than wide a whorl, and the
    # waves of its ridges: as fingers are, roughly.
    bends, longer, waves_mm = (0.5, 2.0), (1.0, 1.6), (6.0, 14.0)
    middles = [_near_groove(settings, count, rng) for count in (settings.rings, settings.prints)]
    bend = settings.ring_bend_m * 1000 * rng.uniform(*bends, (2, settings.rings))
    turned = rng.uniform(0.0, np.pi, settings.rings)
    others = [rng.uniform(*span, settings.prints) for span in ((0.0, np.pi), longer, waves_mm)]
    phase = rng.uniform(0.0, 2 * np.pi, settings.prints)
    return FilmSurface(
        settings=settings,
        rings=np.column_stack((*middles[0], *bend, turned)),
        prints=np.column_stack((*middles[1], *others, phase)),
    )


def _near_groove(
    settings: SimulateSettings, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Places round the start of the groove, x and y in mm."""
    # A finger's breadth to either side, roughly.
    spread_mm = 8.0
    radius = settings.start_radius_mm + rng.uniform(-spread_mm, spread_mm, count)
    angle = rng.uniform(0.0, 2 * np.pi, count)
    return radius * np.cos(angle), radius * np.sin(angle)


def _ringed(place: np.ndarray, ring: np.ndarray, s: SimulateSettings) -> np.ndarray:
    """Light of two beams, of which one went there and back through the gap.

    Their phases differ by 4 pi h / lambda over a gap of the height h (Born and Wolf 1999, 7.5);
    over a wide gap the colours of the light no longer agree.
    """
    x, y, one, other, turned = ring
    across = (place - (x + 1j * y)) * np.exp(-1j * turned)
    height = across.real**2 / (2 * one) + across.imag**2 / (2 * other)
    agree = np.exp(-((height / (s.ring_coherence_um * 1e-3)) ** 2))
    return np.asarray(1 + s.ring_depth * agree * np.cos(4 * np.pi * height / _WAVELENGTH_MM))


def _fingered(place: np.ndarray, each: np.ndarray, s: SimulateSettings) -> np.ndarray:
    """Light that ridges of sweat leave, in a whorl that fades out towards its edge."""
    # Half the size of a print, and by how much its ridges bend, in mm.
    size_mm, bend_mm = 6.0, 0.6
    x, y, turned, longer, wave_mm, phase = each
    across = (place - (x + 1j * y)) * np.exp(-1j * turned)
    bent = across.imag + bend_mm * np.sin(2 * np.pi * across.real / wave_mm + phase)
    radius = np.hypot(across.real / longer, bent)
    pressed = np.exp(-((np.hypot(across.real / longer, across.imag) / size_mm) ** 4))
    ridge = 0.5 + 0.5 * np.cos(2 * np.pi * radius / s.print_ridge_mm)
    return np.asarray(1 - s.print_depth * pressed * ridge)
