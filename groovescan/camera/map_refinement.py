"""Close the loop: from what was read along the first map to the map that is read again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage
from scipy.interpolate import CubicSpline

from groovescan.camera.evidence import flat_camera
from groovescan.camera.fit import BENT_PX, fit_camera, recast
from groovescan.camera.slow_displacement import clear_turns, observed
from groovescan.core.geometry.camera_model import radius_at
from groovescan.core.results import GrooveMap, Reading, Strip
from groovescan.errors import GrooveLostError

#: Less than one turn has no turn beside it, and is no groove that could be played.
_LEAST_TURNS = 1.0


def refine_map(
    groove_map: GrooveMap,
    reading: Reading,
    strip: Strip,
    *,
    shift_px: float,
    harmonics: int,
    first_turns: float | None = None,
    last_turns: float | None = None,
    near_turns: float = 0.0,
) -> GrooveMap:
    """Move the map onto the groove as it was read, cut it to length, and refit the camera.

    Parameters
    ----------
    groove_map : GrooveMap
        The map along which was read.
    reading : Reading
        What was read, over the whole length of the map.
    strip : Strip
        Where its samples lie: throughout, or in runs.
    shift_px : float
        Distance of the reading's zero from the map.
    harmonics : int
        Highest harmonic per turn that the map follows; what is faster is sound.
    first_turns, last_turns : float, optional
        Where the groove begins and ends, if that is known and need not be told from what was
        readable.
    near_turns : float
        How far these may be off: nearer to them, what was readable tells the ends.

    Returns
    -------
    GrooveMap
        From the first to the last place where the groove was readable.

    Raises
    ------
    GrooveLostError
        Where less than one turn was readable.
    """
    # Error of the map's nodes.
    noise_px = 0.05
    readable = _readable(reading, groove_map.pitch_px)
    first, last = _ends(readable, strip.turns)
    if first_turns is not None and abs(first - first_turns) >= near_turns:
        first = first_turns
    if last_turns is not None and abs(last - last_turns) >= near_turns:
        last = max(last_turns, first + _LEAST_TURNS)
    slow = _slow(reading, strip, readable, harmonics)
    s = groove_map.node_turns
    shift = shift_px + slow(np.clip(s, slow.x[0], slow.x[-1]))
    moved = replace(groove_map, radius_px=groove_map.radius_px + shift)
    cut = _cut(moved, first, last)
    # before it runs into a circle, the reading of the groove is drawn to it
    known = clear_turns(cut)
    inside = np.flatnonzero((strip.turns >= first) & (strip.turns <= first + known))
    rows = replace(
        reading,
        displacement_px=(reading.displacement_px + shift_px)[inside],
        standard_error_px=np.where(readable, reading.standard_error_px, np.inf)[inside],
    )
    unmoved = _cut(groove_map, first, last)
    points = observed(unmoved, rows, strip.turns[inside] - first)
    flat = flat_camera(points, unmoved)
    if flat is not None:
        camera = flat[0].camera
    else:
        # What lies beyond the edge of the photograph was only guessed by the first map.
        nodes = first + np.arange(len(cut.radius_px)) / cut.nodes_per_turn - 1
        weight = np.interp(nodes, strip.turns, readable.astype(float))
        whole = (0.0, known)
        camera = fit_camera(cut, turns=whole, weight=weight, noise_px=noise_px, bent_px=BENT_PX)
    laid = recast(cut, camera)
    inside = laid.radius_px[laid.nodes_per_turn : -laid.nodes_per_turn]
    return replace(laid, pitch_px=_feed(inside, laid.nodes_per_turn))


def _feed(radius_px: np.ndarray, per_turn: int) -> float:
    """Mean distance between turns: unlike a fitted line, the bend of an end does not move it."""
    return float(abs(np.median(radius_px[per_turn:] - radius_px[:-per_turn])))


def _readable(reading: Reading, pitch_px: float) -> np.ndarray:
    """Where a groove shows, and not just the light of the next turn.

    Beside the groove's ends there is a turn on one side only; at the same angle and in the
    same light, its contrast tells what the groove's own would be.
    """
    # A row is readable whose error is below this share of the pitch, and whose contrast above this
    # share of that of the turns beside it. Flat: with 0.7 or 1.4 times as much a clear and a faint
    # drawn disc score the same to 0.07 dB (benchmarks/sensitivity.py).
    readable_pitches = 0.15
    own_contrast = 0.3
    strength, per_turn = np.abs(reading.contrast), reading.samples_per_turn
    beside = np.zeros_like(strength)
    beside[per_turn:] = strength[:-per_turn]
    beside[:-per_turn] = np.maximum(beside[:-per_turn], strength[per_turn:])
    certain = reading.standard_error_px < readable_pitches * pitch_px
    return certain & (strength > own_contrast * beside)


def _ends(readable: np.ndarray, turns: np.ndarray) -> tuple[float, float]:
    """First and last position of the groove, in turns.

    The stretch in which the readable samples most outnumber the others: a gap within the
    groove is bridged, and a stray patch beyond its end is not. Where much of the disc is missing,
    or beyond the photograph, sectors without a groove say nothing of its ends.
    """
    # Where more of the rows are readable the groove goes on, where less it has ended. Flat: 0.7 and
    # 1.4 times as much change nothing on two drawn discs (benchmarks/sensitivity.py).
    readable_share = 0.6
    gains = np.where(readable, 1 - readable_share, -readable_share)
    gain = np.cumsum(np.r_[0.0, np.where(_unseen_sectors(readable, turns), 0.0, gains)])
    last = int(np.argmax(gain - np.minimum.accumulate(gain)))
    first = int(np.argmin(gain[: last + 1]))
    length = turns[max(last - 1, first)] - turns[first]
    if length < _LEAST_TURNS:
        raise GrooveLostError(
            f"the groove was found, but only {length:.2f} turns of it could be "
            f"followed, less than {_LEAST_TURNS:g}: its contrast is too low for the noise. More "
            "light, a lower sensitivity of the camera or a sharper focus would help."
        )
    return float(turns[first]), float(turns[last - 1])


def _unseen_sectors(readable: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Samples in sectors where hardly any turn is readable; none where these are few."""
    # Sectors with less of the readable turns that the best has are not seen; where they are more
    # than so many of all, and the best is readable on so many turns, they are left out.
    sectors = 72
    seen_share = 0.1
    much_unseen = 0.2
    least_seen_turns = 3.0
    sector = (np.mod(turns, 1.0) * sectors).astype(int)
    count = np.bincount(sector, minlength=sectors)
    share = np.bincount(sector, readable, minlength=sectors) / np.maximum(count, 1)
    unseen = share < seen_share * share.max(initial=0.0)
    enough = share.max(initial=0.0) * float(np.ptp(turns)) > least_seen_turns
    return unseen[sector] & (unseen.mean() > much_unseen) & enough


def _slow(reading: Reading, strip: Strip, readable: np.ndarray, harmonics: int) -> CubicSpline:
    """The slow part of the displacement, by position in turns."""
    error = np.where(readable, reading.standard_error_px, 1.0)
    weight = np.where(readable, 1 / np.maximum(error, np.median(error[readable])) ** 2, 0.0)
    usual = 1e-3 * np.median(weight[readable])
    if strip.run_rows < len(weight):
        return _slow_of_runs(weight, reading.displacement_px, strip, usual, harmonics)
    sigma = reading.samples_per_turn / (2 * np.pi * harmonics)
    total = ndimage.gaussian_filter1d(weight, sigma, mode="constant")
    moved = ndimage.gaussian_filter1d(weight * reading.displacement_px, sigma, mode="constant")
    every = slice(None, None, max(1, int(sigma / 3)))
    return CubicSpline(strip.turns[every], (moved / (total + usual))[every])


def _slow_of_runs(
    weight: np.ndarray, displacement_px: np.ndarray, strip: Strip, usual: float, harmonics: int
) -> CubicSpline:
    """The slow part from runs of rows: their means, averaged with those beside them on other turns.

    What is recorded differs from turn to turn; how the film lies does not.
    """
    # Runs are averaged over so many turns and runs.
    beside_turns = 1.0
    # Narrower, the Gaussian would average nothing.
    least_runs = 0.5
    runs = strip.samples_per_turn // strip.run_rows
    sigma = (beside_turns, max(runs / (2 * np.pi * harmonics), least_runs))
    total, moved = (
        ndimage.gaussian_filter(
            values.reshape(-1, runs, strip.run_rows).mean(axis=2), sigma, mode=("constant", "wrap")
        )
        for values in (weight, weight * displacement_px)
    )
    middle = strip.turns.reshape(-1, strip.run_rows).mean(axis=1)
    return CubicSpline(middle, (moved / (total + usual)).ravel())


def _cut(groove_map: GrooveMap, first: float, last: float) -> GrooveMap:
    """The part between two positions, with a turn before and after it that is extrapolated.

    Beyond the ends, the next turn's shape is repeated a pitch away.
    """
    per_turn = groove_map.nodes_per_turn
    count = max(int((last - first) * per_turn), per_turn)
    s = first + np.arange(-per_turn, count + per_turn + 1) / per_turn
    radius = radius_at(groove_map, s)
    inside = radius[per_turn:-per_turn]
    fed = inside[:-per_turn] if groove_map.locked else inside
    feed = np.polyfit(np.arange(len(fed)) / per_turn, fed, 1)[0]
    radius[:per_turn] = radius[per_turn : 2 * per_turn] - feed
    radius[-per_turn:] = radius[-2 * per_turn : -per_turn] + feed
    return replace(
        groove_map,
        pitch_px=float(abs(feed)),
        start_rad=groove_map.start_rad + groove_map.direction * 2 * np.pi * first,
        radius_px=radius,
        lock_turns=None if groove_map.lock_turns is None else count / per_turn,
    )
