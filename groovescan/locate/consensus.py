"""Find the groove field: its centre, its pitch and the ring that it covers.

Neither the outline of a disc nor its hole tells where the centre is; only the groove does.
Each patch's wave vector points to the centre, and its length is one over the pitch: two
patches make a hypothesis, and the one with which most others agree wins (RANSAC, Fischler and
Bolles 1981).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from groovescan.config.settings import DiscSettings
from groovescan.core.results import GrooveField, PatchWaves, Photograph
from groovescan.errors import GrooveNotFoundError
from groovescan.locate.patches import BAND_CPP, PATCH_PX, begin_waves
from groovescan.locate.pyramid import Copies
from groovescan.runtime.array_types import Float64Matrix, Float64StridedVector, Float64Vector
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.jit import fused
from groovescan.runtime.progress import Advance, unheard
from groovescan.runtime.threads import thread_pool

#: Pairs of patches that are tried: where a tenth of the patches belong to the groove, 30 of the
#: pairs do.
_HYPOTHESES = 3000
#: Few patches sift the hypotheses, and many judge those that are left.
_SIFTING, _LEFT, _JUDGING = 400, 50, 2000
#: A patch agrees whose wave points to the centre, and has the pitch, to within these. A spectrum of
#: 64 px resolves a sixty-fourth of a cycle per px, and its peak is told to a fraction of that.
_ANGLE_RAD = 0.03
#: Between two bins of that spectrum a peak may be off by 0.008 cycles per px: 5 % at 6.7 px a turn,
#: and as much again for two patches with each other.
_PITCH_SHARE = 0.12
#: A peak this many times over the patch's noise floor is a fringe: the largest of the some
#: thousand bins of pure noise lies at about 11 times the median.
_CONTRAST = 25.0
#: Sectors round the centre in which agreeing patches are counted, and those that need some: a
#: quarter of a turn, below which a centre is not told.
_SECTORS = 72
#: A quarter of a turn.
_SECTORS_NEEDED = 18
#: The same where a part of the disc is looked for: an arc of some 20 degrees.
_SECTORS_OF_PART = 4
#: Discs beside the first that are looked for on a scale: a scanner holds four of 17 cm.
_MOST_DISCS = 5
#: Patches that have to agree: chance brings together a handful.
_PATCHES_NEEDED = 40


@one_blas_thread()
def locate(photo: Photograph, settings: DiscSettings) -> tuple[GrooveField, ...]:
    """Find where the groove of a disc may lie, by a consensus of patch spectra on each scale.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    settings : DiscSettings
        Limits of the pitch and of the effort, and the seed.

    Returns
    -------
    tuple of GrooveField
        Candidates, the best first: centre, pitch and ring; without camera model good to about
        1 px. The edge of a disc may be among them; only a groove is a spiral.

    Raises
    ------
    GrooveNotFoundError
        Where no ring of lines stands out, or its pitch is too fine for the photograph.
    """
    return _located(photo, settings, others=False)


def locate_part(photo: Photograph, settings: DiscSettings) -> tuple[GrooveField, ...]:
    """The candidates of `locate` in a photograph that shows a small part of the disc.

    Parameters
    ----------
    photo : Photograph
        The photograph; the centre of the disc need not lie in it.
    settings : DiscSettings
        Limits of the pitch and of the effort, and the seed.

    Returns
    -------
    tuple of GrooveField
        As of `locate`. Of a short arc the centre is known to some px only.

    Raises
    ------
    GrooveNotFoundError
        Where no arc of lines stands out, or its pitch is too fine for the photograph.
    """
    return _located(photo, settings, others=False, least_sectors=_SECTORS_OF_PART)


def locate_all(
    photo: Photograph, settings: DiscSettings, advance: Advance = unheard
) -> tuple[GrooveField, ...]:
    """The candidates of `locate`, and behind them those of other discs in the photograph.

    Parameters
    ----------
    photo, settings
        As for `locate`.
    advance : callable
        Hears how much of the scales is done.

    Returns
    -------
    tuple of GrooveField

    Raises
    ------
    GrooveNotFoundError
        As from `locate`.
    """
    return _located(photo, settings, others=True, advance=advance)


def _located(
    photo: Photograph,
    settings: DiscSettings,
    *,
    others: bool,
    least_sectors: int = _SECTORS_NEEDED,
    advance: Advance = unheard,
) -> tuple[GrooveField, ...]:
    rng = np.random.default_rng(settings.seed)
    found, most_waves, scales = [], 0, []
    copies = Copies(photo)

    # While one scale is judged, the next are looked at.
    with thread_pool() as pool:
        begun = [
            begin_waves(copies, pool, reduction=reduction, most=settings.patches)
            for reduction in _reductions(photo.shape, settings)
        ]
        for finished in begun:
            waves = _within(finished(), settings)
            most_waves = max(most_waves, len(waves.contrast))
            scales.append(waves)
            candidate = consensus(waves, rng, least_sectors)
            if candidate is not None:
                found.append(candidate)
            advance(len(scales) / len(begun))
    if not found:
        raise GrooveNotFoundError(_refusal(photo, settings, most_waves))
    fields = [field for _, field in sorted(found, key=lambda pair: -pair[0])]
    if others:
        for waves in scales:
            fields += _apart(waves, fields, rng)
    return tuple(fields)


def _apart(
    waves: PatchWaves, fields: list[GrooveField], rng: np.random.Generator
) -> list[GrooveField]:
    """Fields of discs beside those that were found, from the patches that none of them covers."""
    more: list[GrooveField] = []
    for _ in range(_MOST_DISCS):
        left = np.ones(len(waves.contrast), bool)
        for field in (*fields, *more):
            away = np.hypot(*(waves.position_px - field.centre_px).T)
            left &= away > field.radius_outer_px
        candidate = consensus(_only(waves, left), rng)
        if candidate is None:
            break
        more.append(candidate[1])
    # bands of the same disc whose pitch is another
    return [field for field in more if not any(overlap(field, other) for other in fields)]


def overlap(one: GrooveField, other: GrooveField) -> bool:
    """Whether two fields cannot be two discs: the centre of one lies within the other."""
    apart_px = float(np.hypot(*(one.centre_px - other.centre_px)))
    return apart_px < max(one.radius_outer_px, other.radius_outer_px)


def _reductions(shape: tuple[int, ...], settings: DiscSettings) -> list[int]:
    coarsest = settings.pitch_max_px * BAND_CPP[0]
    # Each halves the finest pitch that is found: 64 serves pitches up to some 500 px.
    doubled = [1, 2, 4, 8, 16, 32, 64]
    return [k for k in doubled if k == 1 or (k / 2 < coarsest and min(shape) / k >= 3 * PATCH_PX)]


def _within(waves: PatchWaves, settings: DiscSettings) -> PatchWaves:
    """The patches that show a fringe within the limits of the pitch."""
    frequency = np.hypot(*waves.wave_cpp.T)
    keep = (waves.contrast > _CONTRAST) & (frequency * settings.pitch_min_px <= 1)
    keep &= frequency * settings.pitch_max_px >= 1
    return _only(waves, keep)


def _only(waves: PatchWaves, keep: np.ndarray) -> PatchWaves:
    return PatchWaves(
        position_px=waves.position_px[keep],
        wave_cpp=waves.wave_cpp[keep],
        contrast=waves.contrast[keep],
    )


def consensus(
    waves: PatchWaves, rng: np.random.Generator, least_sectors: int = _SECTORS_NEEDED
) -> tuple[float, GrooveField] | None:
    """The best hypothesis of a centre and a pitch, and how many sectors of a ring agree with it.

    Parameters
    ----------
    waves : PatchWaves
        Patches that show a fringe.
    rng : numpy.random.Generator
        Draws the hypotheses, and who judges them.
    least_sectors : int
        Of 72 sectors of a ring so many have to agree.

    Returns
    -------
    tuple of float and GrooveField, or None
        None where no ring of lines stands out.
    """
    if len(waves.contrast) < _PATCHES_NEEDED:
        return None
    judges = rng.permutation(len(waves.contrast))[:_JUDGING]
    pairs = rng.integers(len(waves.contrast), size=(_HYPOTHESES, 2))
    centres, pitches = _hypotheses(waves, pairs)
    votes = _votes(_only(waves, judges[:_SIFTING]), centres, pitches)
    left = np.argsort(-votes, kind="stable")[:_LEFT]
    votes = _votes(_only(waves, judges), centres[left], pitches[left])
    best = left[votes.argmax()]
    centre, pitch = centres[best], float(pitches[best])
    for _ in range(4):
        agree = _agree(waves, centre, pitch)
        if agree.sum() < _PATCHES_NEEDED:
            return None
        centre, pitch = _refined(_only(waves, agree), centre, pitch)
    return _judged(_only(waves, agree), centre, pitch, least_sectors)


def _hypotheses(waves: PatchWaves, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre where the wave vectors of two patches cross, and their mean pitch."""
    p, q = waves.position_px[pairs[:, 0]], waves.position_px[pairs[:, 1]]
    k, m = waves.wave_cpp[pairs[:, 0]], waves.wave_cpp[pairs[:, 1]]
    cross = k[:, 0] * m[:, 1] - k[:, 1] * m[:, 0]
    length, other = np.hypot(*k.T), np.hypot(*m.T)
    good = (np.abs(cross) > 0.05 * length * other) & (np.abs(length / other - 1) < _PITCH_SHARE)
    p, q, k, m, cross = p[good], q[good], k[good], m[good], cross[good]
    if not len(cross):
        return np.zeros((1, 2)), np.array([np.inf])
    along = ((q - p)[:, 0] * m[:, 1] - (q - p)[:, 1] * m[:, 0]) / cross
    return p + along[:, None] * k, 2 / (length[good] + other[good])


def _votes(waves: PatchWaves, centres: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """How many patches agree with each hypothesis."""
    frequency = np.hypot(*waves.wave_cpp.T)
    right, down = waves.wave_cpp.T / frequency
    x, y = np.ascontiguousarray(waves.position_px.T)
    return _counted((x, y), (right, down), frequency, centres, pitches)


def _agree(waves: PatchWaves, centre: np.ndarray, pitch: float) -> np.ndarray:
    """Which patches agree with a hypothesis."""
    frequency = np.hypot(*waves.wave_cpp.T)
    right, down = (waves.wave_cpp / frequency[:, None]).T
    x, y = (waves.position_px - centre).T
    miss, length = x * down - y * right, x * x + y * y
    close = miss * miss < _ANGLE_RAD**2 * length
    return close & (np.abs(frequency * pitch - 1) < _PITCH_SHARE)


@fused
def _counted(
    places: tuple[Float64Vector, Float64Vector],
    directions: tuple[Float64StridedVector, Float64StridedVector],
    frequency: Float64Vector,
    centres: Float64Matrix,
    pitches: Float64Vector,
) -> np.ndarray:
    """`_agree` for many hypotheses, counted."""
    count = np.zeros(len(pitches), np.int64)
    x, y = places
    right, down = directions
    for h in range(len(pitches)):
        for k in range(len(frequency)):
            dx, dy = x[k] - centres[h, 0], y[k] - centres[h, 1]
            miss = dx * down[k] - dy * right[k]
            close = miss * miss < _ANGLE_RAD**2 * (dx * dx + dy * dy)
            alike = abs(frequency[k] * pitches[h] - 1) < _PITCH_SHARE
            count[h] += close & alike
    return count


def _refined(waves: PatchWaves, centre: np.ndarray, pitch: float) -> tuple[np.ndarray, float]:
    """Robust least squares of the miss distance of each patch's direction."""
    unit = waves.wave_cpp / np.hypot(*waves.wave_cpp.T)[:, None]

    def miss(point: np.ndarray) -> np.ndarray:
        """By how much each line misses a point, over its error."""
        arm = waves.position_px - point
        return (arm[:, 0] * unit[:, 1] - arm[:, 1] * unit[:, 0]) / (
            0.005 * np.hypot(arm[:, 0], arm[:, 1]) + 1e-9
        )

    fit = least_squares(miss, centre, loss="soft_l1")
    return fit.x, float(1 / np.median(np.hypot(*waves.wave_cpp.T)))


def _judged(
    waves: PatchWaves, centre: np.ndarray, pitch: float, least_sectors: int
) -> tuple[float, GrooveField] | None:
    arm = waves.position_px - centre
    radius, angle = np.hypot(*arm.T), np.arctan2(-arm[:, 1], arm[:, 0])
    sector = np.bincount(((angle + np.pi) / (2 * np.pi) * _SECTORS).astype(int) % _SECTORS)
    agreeing = int(np.count_nonzero(sector))
    if agreeing < least_sectors:
        return None
    inner, outer = np.percentile(radius, [0.5, 99.5])
    found = GrooveField(
        centre_px=centre,
        pitch_px=pitch,
        radius_inner_px=float(max(inner - PATCH_PX / 2, 0)),
        radius_outer_px=float(outer + PATCH_PX / 2),
        waves=waves,
    )
    frequency = np.hypot(*waves.wave_cpp.T)
    spread = np.subtract(*np.percentile(frequency, [75, 25])) / np.median(frequency)
    # The turns of a groove are evenly spaced, the lines along an edge are not.
    return agreeing / _SECTORS - 5 * float(spread), found


def _refusal(photo: Photograph, settings: DiscSettings, most_waves: int) -> str:
    rows, columns = photo.shape
    return (
        f"no groove was found in {photo.name} ({columns} x {rows} px): {most_waves} patches show a "
        f"fringe of {settings.pitch_min_px:g} to {settings.pitch_max_px:g} px, and fewer than "
        f"{_PATCHES_NEEDED} of them, over {_SECTORS_NEEDED} of {_SECTORS} sectors of a ring, "
        f"agree on one centre. The turns must lie at least {settings.pitch_min_px:g} px apart: "
        "photograph the disc closer or at a higher resolution, in focus, and with the groove "
        "lit so that its lines can be seen at full size."
    )
