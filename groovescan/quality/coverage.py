"""Parts of the photograph that show a groove and lie on no map.

Patches all over the photograph that show a fringe are held against the ring that was read. Those
outside it whose lines run round the same centre are turns of the same disc that were not read;
those that agree on a centre of their own are another disc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import GrooveMap, PatchWaves, Photograph
from groovescan.locate.consensus import consensus
from groovescan.locate.patches import PATCH_PX, patch_waves
from groovescan.locate.pyramid import Copies


@dataclass(frozen=True, kw_only=True)
class Uncovered:
    """A ring of a disc that was not read.

    Attributes
    ----------
    inner_px, outer_px : float
        Its radii in px.
    turns : float
        How many turns it holds.
    centre_px : ndarray of float64, shape (2,), or None
        Centre of another disc; None for one more ring of the disc that was read.
    """

    inner_px: float
    outer_px: float
    turns: float
    centre_px: np.ndarray | None = None

    @property
    def other_disc(self) -> bool:
        """Whether it is another disc's."""
        return self.centre_px is not None

    def beside_px(self, centre_px: np.ndarray) -> float:
        """How far another disc's centre lies from one that was read, in px."""
        return 0.0 if self.centre_px is None else float(np.hypot(*(self.centre_px - centre_px)))


def uncovered(
    photo: Photograph, groove_map: GrooveMap, others: tuple[GrooveMap, ...] = ()
) -> tuple[Uncovered, ...]:
    """Rings that show a groove and were not read.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove was read.
    others : tuple of GrooveMap
        Other grooves of the disc that were read.

    Returns
    -------
    tuple of Uncovered
    """
    # A peak this many times over the patch's noise floor is a fringe: see `groovescan.locate`.
    contrast = 25.0
    # Turns of one disc show about as well, over the median of those that were read, and are evenly
    # spaced: their pitches' quartiles lie no further apart, over the median. Lines along the edge
    # of a film or a hole do neither.
    as_clear = 0.15
    # So many patches, on a copy on which a turn is not finer than this, in cycles per px.
    patches = 1500
    finest_cpp = 0.25
    reduction = 2 ** max(0, int(np.log2(max(groove_map.pitch_px * finest_cpp, 1))))
    waves = patch_waves(Copies(photo), reduction=reduction, most=patches)
    waves = _only(waves, waves.contrast > contrast)
    radius, angle = projection_of(groove_map).unproject(*waves.position_px.T)
    inner, outer = _ring_px(groove_map)
    near = PATCH_PX * reduction / 2
    inside = (radius > inner - near) & (radius < outer + near)
    read = inside.copy()
    for low, high in map(_ring_px, others):
        read |= (radius > low - near) & (radius < high + near)
    round_it = _round_centre(waves, groove_map)
    usual = (
        float(np.median(waves.contrast[inside & round_it])) if (inside & round_it).any() else 0.0
    )
    round_it &= waves.contrast > as_clear * usual
    found = []
    for side, edge in ((radius < inner, inner), (radius > outer, outer)):
        there = ~read & round_it & side
        ring = _ring(_only(waves, there), radius[there], angle[there], (float(edge), near))
        found += [] if ring is None else [ring]
    elsewhere = _only(waves, ~read & ~_round_centre(waves, groove_map))
    other = _other_disc(elsewhere, int(np.sum(inside & round_it)))
    if other is not None and other.beside_px(groove_map.camera.centre_px) < outer:
        other = None  # lines about the same centre are the edge of film or hole
    return (*found, *([] if other is None else [other]))


def _ring_px(groove_map: GrooveMap) -> tuple[float, float]:
    """Inner and outer radius of a groove."""
    inner, outer = np.sort(groove_map.radius_px[[0, -1]])
    return float(inner), float(outer)


def _ring(
    waves: PatchWaves, radius: np.ndarray, angle: np.ndarray, beside: tuple[float, float]
) -> Uncovered | None:
    """The ring that patches cover, where they lie all round and hold some turns."""
    # Sectors of 10 degrees, and half of them: less is no ring.
    sector_count = 36
    least_sectors = 18
    # Turns of one disc show about as well, over the median of those that were read, and are evenly
    # spaced: their pitches' quartiles lie no further apart, over the median. Lines along the edge
    # of a film or a hole do neither.
    uneven = 0.08
    # Fewer turns are a lead-in, a run-out, or the edge of what was read.
    least_turns = 1.5
    sectors = np.unique((angle * sector_count / (2 * np.pi)).astype(int) % sector_count)
    if len(sectors) < least_sectors:
        return None
    low, usual, high = np.percentile(np.hypot(*waves.wave_cpp.T), [25, 50, 75])
    if high - low > uneven * usual:
        return None
    # a patch that reaches over an edge shows the fringe, too
    ends = np.percentile(radius, [5, 95])
    edge, near = beside
    nearest = int(np.abs(ends - edge).argmin())
    if abs(ends[nearest] - edge) < 2 * near:  # it begins where the other ends
        ends[nearest] = edge
    inner, outer = ends
    turns = float((outer - inner) * usual)
    if turns < least_turns:
        return None
    return Uncovered(inner_px=float(inner), outer_px=float(outer), turns=turns)


def _other_disc(waves: PatchWaves, read: int) -> Uncovered | None:
    """Another disc's groove, where patches that lie elsewhere agree on a centre."""
    # Another disc has at least this share of the patches that were read.
    least_share = 0.15
    if len(waves.contrast) < least_share * read:
        return None
    found = consensus(waves, np.random.default_rng(0))
    if found is None or len(found[1].waves.contrast) < least_share * read:
        return None
    field = found[1]
    width = field.radius_outer_px - field.radius_inner_px
    return Uncovered(
        inner_px=field.radius_inner_px,
        outer_px=field.radius_outer_px,
        turns=width / field.pitch_px,
        centre_px=field.centre_px,
    )


def _only(waves: PatchWaves, keep: np.ndarray) -> PatchWaves:
    return PatchWaves(
        position_px=waves.position_px[keep],
        wave_cpp=waves.wave_cpp[keep],
        contrast=waves.contrast[keep],
    )


def _round_centre(waves: PatchWaves, groove_map: GrooveMap) -> np.ndarray:
    """Whether a patch's lines run round the centre, about as far apart as the turns."""
    # How far a line may run off the circle, and how much closer or wider turns may lie elsewhere.
    aslant_rad = 0.06
    other_pitch = 1.5
    frequency = np.hypot(*waves.wave_cpp.T)
    away = waves.position_px - groove_map.camera.centre_px
    across = waves.wave_cpp[:, 0] * away[:, 1] - waves.wave_cpp[:, 1] * away[:, 0]
    aslant = np.abs(across) / np.maximum(frequency * np.hypot(*away.T), 1e-9)
    pitch = frequency * groove_map.pitch_px
    return (aslant < np.sin(aslant_rad)) & (np.abs(np.log(pitch)) < np.log(other_pitch))
