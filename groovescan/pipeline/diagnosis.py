"""The cause for which a photograph cannot be decoded, told from what was found in it."""

from __future__ import annotations

import numpy as np

from groovescan.core.causes import Cause
from groovescan.core.geometry.camera_model import angle_at, project, radius_at
from groovescan.core.geometry.units import MM_PER_INCH
from groovescan.core.results import GrooveField, GrooveMap, PatchWaves, Photograph
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.fringe import fringe, winding
from groovescan.locate.patches import patch_waves
from groovescan.locate.pyramid import Copies
from groovescan.pipeline.patch_geometry import patch_geometry
from groovescan.strip.line_pair import line_pair

#: Distance of the turns of home-made discs and 78s in mm, and px that a turn needs.
_FINEST_MM, _USUAL_MM, _NEEDED_PX, _GOOD_PX = 0.25, 0.34, 3.0, 5.0
#: Patches whose spectra are taken for a diagnosis, and how strong a fringe is in them.
_PATCHES, _CONTRAST, _FEW = 800, 25.0, 30
#: Scales on which patches are looked at, and how many of them are compared pair by pair. Arbitrary:
#: more take longer, and tell the same.
_REDUCTIONS, _COMPARED = (1, 2, 4), 400


def diagnosed(
    photo: Photograph, fields: tuple[GrooveField, ...], error: GrooveNotFoundError
) -> GrooveNotFoundError:
    """The same error with its cause.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    fields : tuple of GrooveField
        Where a groove may lie, the best first; empty where there is no such place.
    error : GrooveNotFoundError
        What was raised.

    Returns
    -------
    GrooveNotFoundError
        With another message, where another cause was found.
    """
    if error.cause:
        return error
    cause, what = _cause_of(photo, fields, str(error))
    return _refusal(cause, what)


def refuse_unreadable(photo: Photograph, groove_map: GrooveMap) -> None:
    """Refuse a groove that was found, but is not what is to be read, or not enough of it.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.

    Raises
    ------
    GrooveNotFoundError
        Where less than two thirds of each turn are in the picture, the lines are a screen's, or two
        grooves lie within one another.
    """
    # Less of each turn than this tells no sound that could be followed; a screen is finer than the
    # turns by so much, or it is the turns.
    least_inside = 2 / 3
    finer = 0.8
    turns = np.linspace(0, max(groove_map.turns, 0.0), 4 * 720)
    x, y = project(groove_map.camera, radius_at(groove_map, turns), angle_at(groove_map, turns))
    inside = _share_inside(photo, x, y)
    if inside < least_inside:
        raise _refusal(Cause.PART, _partial(photo, inside))
    copies = Copies(photo)
    for reduction in _REDUCTIONS[:2]:
        screen_px = _screen_px(_within(_strong(copies, reduction), groove_map))
        if 0 < screen_px < finer * groove_map.pitch_px:
            raise _refusal(Cause.SCREEN, _screened(photo, screen_px))
    if _two_sounds(photo, copies, groove_map):
        raise _refusal(
            Cause.TWO_GROOVES,
            f"in each turn of {groove_map.pitch_px:.2f} px that was found in {photo.name} lie two "
            "lines, and each of them moves with a sound of its own: they are two grooves.",
        )


def _two_sounds(photo: Photograph, copies: Copies, groove_map: GrooveMap) -> bool:
    """Whether each turn is one of two grooves that lie within one another."""
    # Of 160 drawn discs (line, walls, walls under a lamp; one groove or two) those of one groove
    # have an evenness up to 0.2, or a correlation from 0.23 on, but for one of 0.19 whose lines do
    # not wind twice; those of two have 0.29 to 1.4, and -0.26 to 0.21. The walls of a hill-and-dale
    # cut have nearly -1. A feed that changes gives such figures, too, but its lines wind otherwise.
    even, apart, readable = 0.25, (-0.4, 0.22), 0.5
    # Of one line there is no second: 0.02 was met, and 0.15 to 0.39 of two.
    second = 0.1
    twice = 0.1
    if groove_map.pitch_px < 2 * _NEEDED_PX:  # two lines in a turn could not be read
        return False
    pair = line_pair(photo, groove_map)
    if pair is None or pair.evenness < even or pair.signal_to_noise < readable:
        return False
    if not apart[0] < pair.shared < apart[1] or pair.second < second:
        return False
    ring = (float(groove_map.radius_px.min()), float(groove_map.radius_px.max()))
    half = fringe(copies, groove_map.camera.centre_px, groove_map.pitch_px / 2, ring)
    return abs(abs(winding(half)) - 2) < twice


def _within(waves: PatchWaves, groove_map: GrooveMap) -> PatchWaves:
    radius = np.hypot(*(waves.position_px - groove_map.camera.centre_px).T)
    inner, outer = groove_map.radius_px.min(), groove_map.radius_px.max()
    inside = (radius > inner) & (radius < outer)
    return PatchWaves(
        position_px=waves.position_px[inside],
        wave_cpp=waves.wave_cpp[inside],
        contrast=waves.contrast[inside],
    )


def _refusal(cause: Cause, what: str) -> GrooveNotFoundError:
    return GrooveNotFoundError(f"{what} {cause.advice}", cause=cause.word, advice=cause.advice)


def _screened(photo: Photograph, screen_px: float) -> str:
    return (
        f"{photo.name} shows a screen or a grid: the same lines, {screen_px:.1f} px apart and all "
        "in one direction, lie over the whole disc, and whatever is read between them is theirs."
    )


def _partial(photo: Photograph, inside: float) -> str:
    return (
        f"only part of the disc is in {photo.name}: of each turn about {100 * inside:.0f} % is in "
        "the picture, and the rest lies beyond its edge."
    )


def _aslant(photo: Photograph, tilt: float) -> str:
    return (
        f"the camera looked at the disc in {photo.name} from aside: from its centre to its edge "
        f"the scale changes by {100 * tilt:.0f} %, which is more than could be followed."
    )


def _parted(photo: Photograph, seam_px: float) -> str:
    return (
        f"there is a seam in {photo.name}: on its two sides the lines run round two centres, "
        f"{seam_px:.0f} px apart, so parts of the picture, or of the film, are set off against "
        "each other by as much."
    )


def _cause_of(photo: Photograph, fields: tuple[GrooveField, ...], said: str) -> tuple[Cause, str]:
    """The cause, and what was found, in a sentence."""
    # Share of the pixels, and where they are black or white to the limit.
    clipped_share = 0.5
    copies = Copies(photo)
    scales = [_strong(copies, reduction) for reduction in _REDUCTIONS]
    screen_px = next(filter(None, map(_screen_px, scales)), 0.0)  # coarser ones are its beats
    if screen_px:
        return Cause.SCREEN, _screened(photo, screen_px)
    if _too_coarse(photo.dpi):
        return Cause.NOT_RESOLVED, _by_dpi(photo)
    if fields:
        found = _of_field(photo, copies, fields[0], scales)
        if found is not None:
            return found
    if max(len(waves.contrast) for waves in scales) >= _FEW:
        cause = Cause.STRAYS if fields else Cause.NOT_RESOLVED
        return cause, _without_advice(said)
    if _clipped(photo) > clipped_share:
        return Cause.CLIPPED, (
            f"{_without_advice(said)} Of the photograph, {100 * _clipped(photo):.0f} % is black or "
            "white to the limit."
        )
    return Cause.NO_LINES, (
        f"{_without_advice(said)} No lines can be seen anywhere: the groove has no contrast, or is "
        "out of focus."
    )


def _strong(copies: Copies, reduction: int) -> PatchWaves:
    waves = patch_waves(copies, reduction=reduction, most=_PATCHES)
    strong = waves.contrast > _CONTRAST
    return PatchWaves(
        position_px=waves.position_px[strong],
        wave_cpp=waves.wave_cpp[strong],
        contrast=waves.contrast[strong],
    )


def _screen_px(waves: PatchWaves) -> float:
    """Distance of lines that are alike all over the picture, in px; 0 where there are none."""
    # A screen has the same waves all over the picture: this share of the patches has one, to within
    # so much of its length, in directions that the turns of a disc would have only beside each
    # other. Halftone dots have two such directions and 0.32 in each; discs have 0.08 at most.
    same_share = 0.18
    same_wave = 0.03
    if len(waves.contrast) < _FEW:
        return 0.0
    each = -(-len(waves.contrast) // _COMPARED)
    few, place = waves.wave_cpp[::each], waves.position_px[::each]
    length = np.hypot(*few.T)
    apart = np.minimum(  # the sign of a wave says nothing
        *(np.hypot(*(few[:, None] - sign * few[None]).transpose(2, 0, 1)) for sign in (1, -1))
    )
    alike = apart < same_wave * length
    best = int(np.argmax(alike.mean(axis=1)))
    if alike[best].mean() <= same_share:
        return 0.0
    return float(1 / length[best]) if _all_over(place, alike[best]) else 0.0


def _all_over(place: np.ndarray, these: np.ndarray) -> bool:
    """Whether these places lie in half of the cells of the square that all of them cover."""
    # And they lie all over it, where those along an edge lie in less than half of so many cells.
    cells = 4
    low = place.min(axis=0)
    cell = (cells * 0.999 * (place[these] - low) / (np.ptp(place, axis=0) + 1)).astype(int)
    return len(np.unique(cell, axis=0)) >= cells**2 / 2


def _of_field(
    photo: Photograph, copies: Copies, field: GrooveField, scales: list[PatchWaves]
) -> tuple[Cause, str] | None:
    """The fault of a field of lines round one centre; None where it is not known."""
    # Less of a ring is in the picture than this, or shows lines.
    whole_ring = 0.9
    whole_turn = 0.85
    no_winding = 0.2
    twice = 0.3
    waves = _finest(scales, field)
    geometry = patch_geometry(waves, field)
    if geometry.tilt:
        return Cause.TILT, _aslant(photo, geometry.tilt)
    if geometry.seam_px:
        return Cause.SEAM, _parted(photo, geometry.seam_px)
    inside = _inside(photo, field)
    if inside < whole_ring:
        return Cause.PART, _partial(photo, inside)
    share = _visible_turn(field)
    if share < whole_turn:
        return Cause.SECTOR, (
            f"a sector of the disc in {photo.name} shows no lines: of each turn about "
            f"{100 * share:.0f} % can be seen."
        )
    ring = (field.radius_inner_px, field.radius_outer_px)
    turns = winding(fringe(copies, field.centre_px, field.pitch_px, ring))
    if geometry.grooves == 1:  # whatever the winding: parts wind as they were moved
        return None
    if min(abs(abs(turns) - lines) for lines in (2, 4)) < twice:  # of two grooves, or their walls
        return Cause.TWO_GROOVES, (
            f"lines {field.pitch_px:.2f} px apart were found in {photo.name}, which wind "
            f"{abs(turns):.0f} times round their centre where a groove winds once: they are two "
            "grooves."
        )
    if abs(turns) < no_winding:
        return Cause.RINGS, (
            f"lines {field.pitch_px:.2f} px apart were found in {photo.name}, but they are no "
            f"spiral: they wind {turns:.2f} times round their centre where a groove winds once. "
            "They are rings, or the beat of a groove that is finer than the pixels."
        )
    return None


def _finest(scales: list[PatchWaves], field: GrooveField) -> PatchWaves:
    """The patches of the scale that shows most lines as far apart as a field's."""
    # Lines are about as far apart as others within this, as a logarithm.
    about = 0.6

    def alike(waves: PatchWaves) -> int:
        """How many patches have about the field's pitch."""
        pitches = np.hypot(*waves.wave_cpp.T) * field.pitch_px
        return int(np.count_nonzero(np.abs(np.log(pitches)) < about))

    return max(scales, key=alike)


def _inside(photo: Photograph, field: GrooveField) -> float:
    """Share of the middle turn that lies in the picture, 0 to 1."""
    angle = 2 * np.pi * np.arange(720) / 720
    radius = (field.radius_inner_px + field.radius_outer_px) / 2
    x = field.centre_px[0] + radius * np.cos(angle)
    y = field.centre_px[1] - radius * np.sin(angle)
    return _share_inside(photo, x, y)


def _share_inside(photo: Photograph, x: np.ndarray, y: np.ndarray) -> float:
    rows, columns = photo.shape
    return float(np.mean((x >= 0) & (x < columns) & (y >= 0) & (y < rows)))


def _visible_turn(field: GrooveField) -> float:
    """Share of the directions from the centre in which lines were seen, 0 to 1."""
    # One for 5 degrees, as of the sectors in which patches are counted (`locate/consensus`).
    directions = 72
    arm = field.waves.position_px - field.centre_px
    angle = np.arctan2(-arm[:, 1], arm[:, 0])
    sector = ((angle + np.pi) / (2 * np.pi) * directions).astype(int) % directions
    return float(np.count_nonzero(np.bincount(sector, minlength=directions)) / directions)


def _too_coarse(dpi: float | None) -> bool:
    """Whether the turns of a usual disc lie nearer than the pixels resolve."""
    return dpi is not None and _USUAL_MM * dpi / MM_PER_INCH < _NEEDED_PX + 0.5


def _by_dpi(photo: Photograph) -> str:
    dpi = photo.dpi or 0.0
    least, most = (mm * dpi / MM_PER_INCH for mm in (_FINEST_MM, _USUAL_MM))
    needed = _GOOD_PX * MM_PER_INCH / _FINEST_MM
    return (
        f"the groove is not resolved in {photo.name}: at the {dpi:.0f} dpi that the file states, "
        f"the {_FINEST_MM:g} to {_USUAL_MM:g} mm from turn to turn of a usual disc cover "
        f"{least:.1f} to {most:.1f} px, where {_NEEDED_PX:g} px are the least. "
        f"{round(needed, -2):.0f} dpi are needed."
    )


def _clipped(photo: Photograph) -> float:
    # Share of the pixels, and where they are black or white to the limit.
    limits = (1 / 512, 511 / 512)
    factor = max(1, int(max(photo.shape) // 1000))
    rows = slice(None, None)
    light = photo.reduced(factor, rows, rows) if factor > 1 else photo.window(rows, rows)
    return float(np.mean((light < limits[0]) | (light > limits[1])))


def _without_advice(said: str) -> str:
    """The first part of a message that also says what to try."""
    for mark in (" The turns must lie", " The groove is hardly", " They may be"):
        said = said.split(mark)[0]
    return said if said.endswith(".") else said + "."
