"""How the groove looks across its width, and how it looks from the side the lamp is on."""

from __future__ import annotations

import numpy as np

from groovescan.simulate.simulate_settings import SimulateSettings

#: Half the length of a plateau's flank, over the half width. Arbitrary: a groove like those that
#: are photographed.
_SLOPE = 0.4
#: Place and width of the walls over the half width, and light of walls and bottom over the
#: contrast: arbitrary, like cut lacquer under a lamp from both sides.
_WALL_PLACE, _WALL_WIDTH, _WALL_GAIN, _BOTTOM_GAIN = 1.05, 0.5, 0.55, 0.62


def appearance(
    offset_mm: np.ndarray,
    signal_mm: np.ndarray | None,
    settings: SimulateSettings,
) -> np.ndarray:
    """Loss of light at a distance from the middle of one turn, relative to the contrast.

    Parameters
    ----------
    offset_mm : ndarray of float, any shape
        Distance outwards from the middle of the groove.
    signal_mm : ndarray of float of the same shape, or None
        What carries the sound where it is not the middle of the groove.
    settings : SimulateSettings
        Profile, width, modulation; the lamp comes in by `lamp_gain`.

    Returns
    -------
    ndarray of float
        1 is the full contrast, negative is a gain of light.
    """
    half: float | np.ndarray = 0.5 * settings.width_mm
    if signal_mm is not None and settings.modulation == "vertical":
        half = np.maximum(half + signal_mm, 0.2 * half)
    appearance_here = across(settings.profile, offset_mm / half)
    if signal_mm is not None and settings.modulation == "brightness":
        appearance_here = appearance_here * brightness_gain(signal_mm, settings)
    return appearance_here


def across(profile: str, place: np.ndarray) -> np.ndarray:
    """Profile of the groove at a distance from its middle in half widths, outwards."""
    # Half widths to where a wall's light or shadow ends: one wave, bright and dark, fills both
    # walls.
    raking_reach = 1.5
    if profile == "raking":
        return np.sin(np.pi * np.clip(place / raking_reach, -1.0, 1.0))
    out = np.abs(place)
    if profile == "line":
        return _plateau(out, 1.0)
    wall = _plateau((out - _WALL_PLACE) / _WALL_WIDTH, 1.0)
    return _BOTTOM_GAIN * _plateau(out / 0.55, 1.0) - _WALL_GAIN * wall


def brightness_gain(signal_mm: np.ndarray, settings: SimulateSettings) -> np.ndarray:
    """Relative contrast under a signal of full amplitude: from 0.2 to 1.8."""
    return 1.0 + 0.8 * signal_mm / max(settings.amplitude_mm, 1e-9)


def lamp_gain(angle_rad: np.ndarray, settings: SimulateSettings) -> np.ndarray | float:
    """Part of the contrast that the light from one side leaves at an azimuth; with its sign."""
    towards = np.cos(angle_rad - settings.lamp_angle_rad)
    if settings.profile == "raking":
        return towards
    if settings.lamp_falloff == 0.0:
        return 1.0
    return 1.0 - settings.lamp_falloff * (1.0 - towards**2)


def half_reach_mm(settings: SimulateSettings) -> float:
    """Distance from its middle beyond which one turn leaves the film as it was, in mm."""
    widest = 0.5 * settings.width_mm
    if settings.modulation == "vertical":
        widest += settings.amplitude_mm
    # of a groove that has a shape the horns, a fifth of its half width wide
    return widest * (_WALL_PLACE + _WALL_WIDTH * (1.0 + _SLOPE) + 0.1)


def _plateau(place: np.ndarray, edge: float) -> np.ndarray:
    """1 in the middle, 0 outside, with cosine slopes of half height at the edge."""
    part = np.clip((np.abs(place) - edge + _SLOPE) / (2 * _SLOPE), 0.0, 1.0)
    return 0.5 + 0.5 * np.cos(np.pi * part)
