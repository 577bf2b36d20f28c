"""From the groove field to a first groove map, by way of its fringe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groovescan.camera.fit import fit_camera, recast
from groovescan.config.settings import DiscSettings
from groovescan.core.results import Camera, GrooveField, GrooveMap, Photograph
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.feed_phase import Feed
from groovescan.locate.fringe import WHOLE_TURN, Fringe, fringe, winding
from groovescan.locate.phase_map import MARGIN_TURNS, first_map
from groovescan.locate.pyramid import Copies
from groovescan.locate.torn_film.film_motion import (
    film_winding,
    find_film,
    flattened,
    unexplained_jumps,
)
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.progress import Advance, unheard
from groovescan.runtime.threads import mapped


@one_blas_thread()
def map_groove(
    photo: Photograph,
    fields: tuple[GrooveField, ...],
    settings: DiscSettings,
    *,
    advance: Advance = unheard,
) -> GrooveMap:
    """Follow the fringe of the strongest field that is a spiral, round and across the disc.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    fields : tuple of GrooveField
        Where the groove may lie, the best first.
    settings : DiscSettings
        Which end is played first, and how far the map bends.
    advance : callable
        Hears how much of it is done.

    Returns
    -------
    GrooveMap
        It reaches beyond both ends of the groove, and may run beside it: see `first_map`.

    Raises
    ------
    GrooveNotFoundError
        Where the fringe is no spiral.
    """
    copies, refused = Copies(photo), None

    def spiral_of(field: GrooveField) -> tuple[Fringe, int] | GrooveNotFoundError:
        """The spiral in a field, or why there is none."""
        try:
            return _spiral(copies, field, photo.name)
        except GrooveNotFoundError as error:
            return error.with_traceback(None)

    spirals, tried = [], _each_once(fields)
    for count, found in enumerate(mapped(spiral_of, tried), 1):
        advance(count / (len(tried) + 1))  # the map itself takes as long as a fringe
        if isinstance(found, GrooveNotFoundError):
            refused = refused or found
        else:
            spirals.append(found)
    for spiral_fringe, wind in _likeliest_first(spirals):
        try:
            return _map_of(photo, spiral_fringe, wind, settings)
        except GrooveNotFoundError as error:
            refused = refused or error.with_traceback(None)
    raise refused or GrooveNotFoundError(f"no groove field was found in {photo.name}")


def _each_once(fields: tuple[GrooveField, ...]) -> list[GrooveField]:
    """The fields, and of those that are one groove the one with less beside it in its ring."""
    distinct: list[GrooveField] = []
    for field in fields:
        same = next((k for k, other in enumerate(distinct) if _is_same(other, field)), None)
        if same is None:
            distinct.append(field)
        elif _width_px(field) < _width_px(distinct[same]):
            distinct[same] = field
    return distinct


def _is_same(one: GrooveField, other: GrooveField) -> bool:
    # Fields whose centres lie so near, in pitches, and whose pitches and rings differ by such
    # shares, are one groove seen on several scales.
    near_pitches = 0.5
    alike_share = 0.01
    alike_ring = 0.1
    apart_px = float(np.hypot(*(one.centre_px - other.centre_px)))
    alike = abs(other.pitch_px / one.pitch_px - 1) < alike_share
    narrow, wide = sorted((_width_px(one), _width_px(other)))
    return apart_px < near_pitches * one.pitch_px and alike and narrow > (1 - alike_ring) * wide


def _width_px(field: GrooveField) -> float:
    return field.radius_outer_px - field.radius_inner_px


def _along_the_feed(
    copies: Copies, centre_px: np.ndarray, pitch_px: float, ring_px: tuple[float, float]
) -> Fringe:
    """The fringe by a carrier that follows the feed, further from each round to the next."""
    # A round sees some columns beyond those of the round before: with six it sees all that
    # lathes do. It has to see so much more.
    rounds = 6
    more = 1.01
    found = fringe(copies, centre_px, pitch_px, ring_px)
    for _ in range(rounds):
        feed = Feed.followed(found.radius_px, found.turns_within, pitch_px)
        if feed is None:
            break
        further = fringe(copies, centre_px, pitch_px, ring_px, feed)
        if _power_and_width_px(further)[1] < more * _power_and_width_px(found)[1]:
            break
        found = further
    return found


def _likeliest_first(spirals: list[tuple[Fringe, int]]) -> list[tuple[Fringe, int]]:
    """The strongest first of those that cover most of the disc, and the others after them.

    A beat of the turns of a bent film winds once, too, but it is fainter than the groove; and of
    two pitches of one groove that of fewer turns covers less.
    """
    # Fainter than so much of the strongest is a beat; and one covers less that covers so much of
    # the widest, which two scales on which one groove is found do not.
    faint, narrow = 0.7, 0.8
    if not spirals:
        return []
    power, width = np.array([_power_and_width_px(found) for found, _ in spirals]).T
    strong = power > faint * power.max()
    likely = strong & (width > narrow * width[strong].max())
    order = sorted(range(len(spirals)), key=lambda k: (not likely[k], -power[k]))
    return [spirals[k] for k in order]


def _power_and_width_px(found: Fringe) -> tuple[float, float]:
    """How strong a fringe is, and how much of the ring its turns cover."""
    # The strongest tenth of the ring: a groove field may fill little more of it. Turns are where
    # cells agree that are not fainter than so much of it.
    strong_percent, faint, agreeing = 90, 0.1, 0.5
    power = found.power.mean(axis=0)
    strong = float(np.percentile(power, strong_percent))
    covered = (power > faint * strong) & (found.coherence.mean(axis=0) > agreeing)
    return strong, float(np.gradient(found.radius_px)[covered].sum())


def _map_of(
    photo: Photograph, spiral_fringe: Fringe, wind: int, settings: DiscSettings
) -> GrooveMap:
    """Follow one fringe, and find the camera under which it is even."""
    # Error of a cell's phase up to which it tells its line: a fiftieth of a turn of phase. Flat
    # (docs/method.md, constants).
    coherent_rad = 0.12
    rows, columns = photo.shape
    camera = Camera(
        centre_px=spiral_fringe.centre_px,
        middle_px=np.array([(columns - 1) / 2, (rows - 1) / 2]),
        scale_px=max(rows, columns) / 2,
    )
    film = find_film(spiral_fringe, wind)
    flat = spiral_fringe if film is None else flattened(spiral_fringe, film)
    groove_map, residual = first_map(
        flat, camera, wind, start=settings.start, harmonics=settings.map_harmonics
    )
    if residual > coherent_rad:
        raise GrooveNotFoundError(
            f"a fringe of {spiral_fringe.pitch_px:.2f} px was found, but its turns do not follow "
            f"one another: they stray by {residual:.2f} of a pitch, where {coherent_rad:g} can be "
            "followed. The groove is hardly resolved: photograph it closer or sharper."
        )
    known = (MARGIN_TURNS + 1, max(groove_map.turns - MARGIN_TURNS - 1, MARGIN_TURNS + 2))
    jumps = 0 if film else unexplained_jumps(flat, wind)
    groove_map = replace(groove_map, film=film, film_jumps=jumps)
    return recast(groove_map, fit_camera(groove_map, turns=known, noise_px=0.3))


def _spiral(copies: Copies, field: GrooveField, name: str) -> tuple[Fringe, int]:
    """The fringe at the pitch at which it winds once round the centre."""
    twice = 0.0
    for pitch in (field.pitch_px, 2 * field.pitch_px):
        margin = 3 * pitch
        ring = (field.radius_inner_px - margin, field.radius_outer_px + margin)
        spiral_fringe = _along_the_feed(copies, field.centre_px, pitch, ring)
        turns = winding(spiral_fringe, strongest=pitch > field.pitch_px)
        if abs(abs(turns) - 1) > WHOLE_TURN:
            turns = film_winding(spiral_fringe) or turns
        if abs(abs(turns) - 1) < WHOLE_TURN:
            return spiral_fringe, int(np.sign(turns))
        if abs(abs(turns) - 2) > 0.25:
            break
        twice = abs(turns)
    if twice:
        raise GrooveNotFoundError(
            f"lines {field.pitch_px:.2f} px apart wind {twice:.1f} times round their centre in "
            f"{name}, where those of one groove wind once: two grooves lie within one another, "
            "and a reader that follows one of them would take the other for its next turn. Such a "
            "disc cannot be read yet."
        )
    raise GrooveNotFoundError(
        f"lines {field.pitch_px:.2f} px apart were found in {name}, but they are no "
        f"spiral: they wind {turns:.2f} times round their centre where a groove winds once. They "
        "may be rings, a screen, or the beat of a groove that is finer than the pixels: "
        f"a groove needs at least 3 px from turn to turn."
    )
