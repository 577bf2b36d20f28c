"""Light from a cut groove as physics has it: on a light box, and under lamps.

The groove has walls of 90 degrees to one another, a round bottom, and horns of displaced film at
its edges. All that light needs to know of it is its slope, and how deep it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.simulate.simulate_settings import SimulateSettings

#: Refractive index of gelatine and film base.
_INDEX = 1.5
#: An emulsion's thickness, in mm; film has one on either side. Arbitrary within 5 to 20 um: all
#: grooves are deeper.
_EMULSION_MM = 0.01


@dataclass(frozen=True)
class GrooveShape:
    """The film's surface in and beside a groove.

    Attributes
    ----------
    slope : ndarray of float64, any shape
        Rise of the surface per distance outwards across the groove.
    depth_mm : ndarray of float64, of the same shape
        How far below the film's surface it lies.
    """

    slope: np.ndarray
    depth_mm: np.ndarray


def is_physical(settings: SimulateSettings) -> bool:
    """Whether the groove's light follows from its shape."""
    return settings.profile in ("box", "lamps")


def groove_shape(
    offset_mm: np.ndarray, half_mm: float | np.ndarray, settings: SimulateSettings
) -> GrooveShape:
    """Shape at distances outwards from a groove's middle; its half width at the film's surface.

    A hyperbola, whose flanks stand at 45 degrees and whose bottom has the radius `bottom_mm`; a
    horn is a bell at the groove's edge, as wide as a fifth of the half width.
    """
    # A fifth of the half width: thrown up by a cutter without a burnishing facet.
    horn_width = 0.2
    bottom = settings.bottom_mm
    from_bottom = np.hypot(offset_mm, bottom)
    top = np.hypot(half_mm, bottom)
    inside = from_bottom < top
    beside = (np.abs(offset_mm) - half_mm) / (horn_width * half_mm)
    horn = settings.horn_mm * np.exp(-(beside**2))
    horn_slope = -2 * beside / (horn_width * half_mm) * horn * np.sign(offset_mm)
    slope = np.where(inside, offset_mm / from_bottom, 0.0) + horn_slope
    return GrooveShape(slope, np.where(inside, top - from_bottom, 0.0) - horn)


def on_light_box(
    shape: GrooveShape, transmission: np.ndarray | float, settings: SimulateSettings
) -> np.ndarray:
    """Light through the film over that of the box, seen from straight above.

    Where the groove has gone through the emulsion of one side, half of the density is gone. A
    slope breaks the light (Snell): what goes straight up came out of the box at an angle, at which
    the box is darker.

    Parameters
    ----------
    shape : GrooveShape
        The surface; rises along the groove are left out, which change the angle by little.
    transmission : ndarray of float, of the same shape, or one that fits it
        That of the film with both emulsions.
    settings : SimulateSettings
        `box_angle_rad`: at this angle the box gives exp(-1/2) of its light.
    """
    gone = np.clip(shape.depth_mm / _EMULSION_MM, 0.0, 1.0)
    tilt = np.arctan(np.abs(shape.slope))
    within = tilt - np.arcsin(np.sin(tilt) / _INDEX)
    angle = np.arcsin(np.clip(_INDEX * np.sin(within), 0.0, 1.0))
    box = np.exp(-0.5 * (angle / settings.box_angle_rad) ** 2)
    return np.asarray(transmission ** (1 - 0.5 * gone) * box)


def under_lamps(
    shape: GrooveShape,
    along: np.ndarray | float,
    angle_rad: np.ndarray,
    diffuse: np.ndarray | float,
    settings: SimulateSettings,
) -> np.ndarray:
    """Light that the surface sends straight up.

    A facet mirrors a lamp into the camera if it stands half way between the two. The slopes of a
    surface's facets are spread about its own like a bell (Beckmann and Spizzichino 1963, 5.3):
    gloss is how bright that is, roughness how wide. The rest goes everywhere, as the cosine has it
    (Lambert).

    Parameters
    ----------
    shape : GrooveShape
        The surface.
    along : ndarray of float, of the same shape
        By how much the groove's middle goes outwards per distance counter-clockwise.
    angle_rad : ndarray of float, of the same shape
        Azimuth of the places.
    diffuse : ndarray of float, of the same shape, or one that fits it
        Light of flat film.
    settings : SimulateSettings
        `lamps`, `gloss`, `roughness`, `light`.
    """
    outwards = np.exp(1j * angle_rad)
    rise = shape.slope * outwards * (1 - 1j * along)
    matt, shine = np.zeros(np.shape(rise)), np.zeros(np.shape(rise))
    upright = 1 / np.sqrt(1 + np.abs(rise) ** 2)
    for azimuth, elevation in settings.lamps:
        towards = np.cos(elevation) * np.exp(1j * azimuth)
        lit = np.sin(elevation) - np.real(rise * np.conj(towards))
        matt += np.maximum(lit * upright, 0.0) / np.sin(elevation)
        # a facet rises away from its lamp
        mirror = -towards / (1 + np.sin(elevation))
        shine += np.exp(-((np.abs(rise - mirror) / settings.roughness) ** 2))
    count = len(settings.lamps)
    return np.asarray(diffuse * matt / count + settings.gloss * settings.light * shine / count)
