"""Where the middle of a groove under lamps lies, told by how its look changes round the disc.

What lamps show of a groove wanders from wall to wall, by up to half a pitch and more to either
side, on all turns alike. A map that follows it has the wrong centre, and lies on the land or on
another turn in some sectors. Two things tell the middle. Seen from it, the look changes smoothly
with the direction; and a groove at the azimuth a + pi is the one at a, seen from the other side.
That holds for the middle of the land, too: of these two the reading tells which is the groove.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, Photograph

#: Phases across a turn at which the look is taken: twice as many as two harmonics need, and more.
_PHASES = 16


@dataclass(frozen=True, kw_only=True)
class TurnLook:
    """Mean light across the turns of a groove, by azimuth.

    Attributes
    ----------
    light : ndarray of float64, shape (azimuths, phases)
        Mean over all turns; phases go evenly from half a pitch inside the map to half outside.
    angle_rad : ndarray of float64, shape (azimuths,)
        Evenly round the disc.
    """

    light: np.ndarray
    angle_rad: np.ndarray

    def waves(self) -> np.ndarray:
        """First and second harmonic across, over the mean light; shape (2, azimuths), complex."""
        spectrum = np.fft.fft(self.light, axis=1)
        # Phases begin half a pitch inside: there is the map in the middle of them.
        return np.stack([-spectrum[:, 1], spectrum[:, 2]]) / spectrum[:, 0].real

    def moved(self, outwards_pitches: np.ndarray) -> TurnLook:
        """The look about a map that lies so far outwards at each azimuth."""
        spectrum = np.fft.rfft(self.light, axis=1)
        order = np.arange(spectrum.shape[1])
        turned = spectrum * np.exp(2j * np.pi * order * outwards_pitches[:, None])
        return replace(self, light=np.fft.irfft(turned, self.light.shape[1], axis=1))


def centred_on_look(photo: Photograph, groove_map: GrooveMap) -> tuple[GrooveMap, GrooveMap]:
    """The map moved to the middle of a groove whose look depends on its direction, or of the land.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        A map that followed the light, without what changes quickly round the disc (see
        `without_light_pattern`).

    Returns
    -------
    tuple of GrooveMap
        Half a pitch from each other, the nearer one first. One lies on the groove and
        the other on the land.
    """
    look = look_of(photo, groove_map)
    across, up = most_even_centre(look)
    around = across * np.cos(look.angle_rad) + up * np.sin(look.angle_rad)
    near = middle_of(look.moved(around))
    far = near - np.copysign(0.5, near)
    angle = angle_at(groove_map, groove_map.node_turns)
    shift = across * np.cos(angle) + up * np.sin(angle)
    one, other = (
        replace(
            groove_map, radius_px=groove_map.radius_px + groove_map.pitch_px * (shift + outwards)
        )
        for outwards in (near, far)
    )
    return one, other


def look_of(photo: Photograph, groove_map: GrooveMap) -> TurnLook:
    """Mean light across all turns, along a map; one turn at its ends is left out."""
    # At so many azimuths, between which no lamp's look changes by much.
    azimuths = 256
    # and so many of them at a time, an arc of a sixteenth of the disc
    each = 16
    count = int(groove_map.turns - 1)
    s = 0.5 + np.arange(count * azimuths) / azimuths
    phase = np.arange(_PHASES) / _PHASES - 0.5
    radius = radius_at(groove_map, s)[:, None] + phase * groove_map.pitch_px
    angle = np.broadcast_to(angle_at(groove_map, s)[:, None], radius.shape)
    x, y = projection_of(groove_map).project(radius.ravel(), angle.ravel())
    x, y = (place.reshape(count, azimuths, _PHASES) for place in (x, y))
    # By sectors, of which the photograph is asked for a part at a time: a large one is never whole
    # in memory.
    sectors = [
        _interpolated(photo, x[:, first : first + each], y[:, first : first + each]).mean(axis=0)
        for first in range(0, azimuths, each)
    ]
    return TurnLook(light=np.concatenate(sectors), angle_rad=angle_at(groove_map, s[:azimuths]))


def _interpolated(photo: Photograph, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light at places of the photograph."""
    low = np.maximum(np.floor([y.min(), x.min()]).astype(int) - 1, 0)
    high = np.minimum(np.ceil([y.max(), x.max()]).astype(int) + 2, photo.shape)
    block = photo.window(slice(low[0], high[0]), slice(low[1], high[1]))
    return ndimage.map_coordinates(block, [y - low[0], x - low[1]], order=1, mode="nearest")


def most_even_centre(look: TurnLook) -> tuple[float, float]:
    """The shift of the centre, across and up, in pitches, seen from which the look bends least.

    A centre that is off turns the phase of each harmonic across by its distance, which bends it:
    the power of the h-th harmonic round the disc counts h to the fourth times, as it does in the
    mean square of the second derivative. As when an image is focussed by its sharpness, no phase
    needs to be unwrapped: where no wall shines, none is known.
    """
    # Light moves a line by less than half a pitch, and so the centre by no more than this; a
    # twentieth of a pitch is a speed error of some hundredths of a percent.
    farthest_pitches, step_pitches = 0.7, 0.05
    # Round the disc more harmonics than these hold little but noise; the look of lamps has eight.
    harmonics = 16
    tried = np.arange(-farthest_pitches, farthest_pitches + step_pitches / 2, step_pitches)
    across, up = (part.ravel() for part in np.meshgrid(tried, tried, indexing="ij"))
    around = np.outer(across, np.cos(look.angle_rad)) + np.outer(up, np.sin(look.angle_rad))
    order = np.abs(np.fft.fftfreq(len(look.angle_rad), 1 / len(look.angle_rad)))
    slow = order < harmonics
    bend = np.zeros(len(across))
    for harmonic, wave in enumerate(look.waves(), 1):
        turned = wave * np.exp(2j * np.pi * harmonic * around)
        power = np.abs(np.fft.fft(turned, axis=1)[:, slow]) ** 2
        bend += (power @ order[slow] ** 4) / (power.sum(axis=1) + 1e-30)
    best = int(np.argmin(bend))
    return float(across[best]), float(up[best])


def middle_of(look: TurnLook) -> float:
    """How far outwards the middle of groove or land lies, in pitches, -0.25 to 0.25.

    About a map round the right centre the look at the azimuth a + pi is that at a, seen from the
    other side: their waves are conjugate to one another.
    """
    wave, half = look.waves()[0], len(look.angle_rad) // 2
    return -float(np.angle(np.sum(wave * np.roll(wave, half)))) / (4 * np.pi)
