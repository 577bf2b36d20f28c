"""Find how photographs lie on one disc: arcs, matches, numbers, adjustment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from groovescan.config.settings import DiscSettings
from groovescan.core.joined import LeftOutPhotograph
from groovescan.core.photograph import Photograph
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.joining.pieces.lay_out import laid_out
from groovescan.joining.registration.arc_matching import matches_of
from groovescan.joining.registration.arcs import Arc, arcs_of
from groovescan.joining.registration.bundle import Adjusted, adjusted, adjusted_with
from groovescan.joining.registration.numbering import groups_of, numbered
from groovescan.joining.registration.programme_rows import Programmes
from groovescan.runtime.blas import one_blas_thread

#: Copies by which the same photograph is recognised have about so many px to a side.
_COPY_PX = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Registration:
    """Photographs that lie on one disc.

    Attributes
    ----------
    photographs : tuple of Photograph
        All that were given, one channel of each.
    arcs : tuple of Arc
        What they show.
    adjusted : Adjusted or None
        How those that hang together lie; None where no two do.
    alone : int
        The photograph that shows most, where no two hang together.
    left_out : tuple of LeftOutPhotograph
        The others.
    """

    photographs: tuple[Photograph, ...]
    arcs: tuple[Arc, ...]
    adjusted: Adjusted | None
    alone: int
    left_out: tuple[LeftOutPhotograph, ...]


@one_blas_thread()
def register(
    photographs: Sequence[Photograph],
    settings: DiscSettings,
    progress: Callable[[float], None] = lambda done: None,
) -> Registration:
    """Find how photographs lie on one disc.

    Parameters
    ----------
    photographs : sequence of Photograph
        One channel of each.
    settings : DiscSettings
        Limits of the pitch.
    progress : callable
        Is told how much is done, 0 to 1.

    Returns
    -------
    Registration

    Raises
    ------
    GrooveNotFoundError
        Where no photograph shows a groove.
    GrooveLostError
        Where the groove lies in bands, or which turn follows on which is not told.
    """
    same = _repeated(photographs)
    arcs: list[Arc] = []
    left_out = [_same_as(photographs, k, first) for k, first in same.items()]
    refused: GrooveNotFoundError | None = None
    for number, photo in enumerate(photographs):
        progress(number / len(photographs))
        if number in same:
            continue
        try:
            arcs += arcs_of(photo, number, settings)
        except GrooveNotFoundError as error:
            refused = refused or error
            left_out.append(
                LeftOutPhotograph(name=photo.name, cause="no groove", reason=str(error))
            )
        photo.forget_reduced()  # of many photographs they would take more than the photographs
    if not arcs:
        raise refused or GrooveNotFoundError("none of the photographs shows a groove")
    _refuse_bands(arcs)
    programmes = Programmes(arcs)
    matches = matches_of(arcs, programmes)
    groups = groups_of(len(photographs), arcs, matches)
    with_arcs = {arc.photograph for arc in arcs}
    groups = [[k for k in group if k in with_arcs] for group in groups]
    groups = [group for group in groups if group]
    found = None
    if len(groups[0]) > 1:
        found = adjusted(arcs, numbered(arcs, matches, groups[0]), programmes)
    elif laid := laid_out(photographs, arcs, [group[0] for group in groups]):
        found = adjusted_with(arcs, laid.numbers, laid.ties)
        placed = sorted(found.placements)
        left_out += _fitting_nowhere(photographs, placed, groups)
        groups = [placed]
        arcs = [arcs[k] for k in sorted(laid.numbers.first_turns)]
    left_out += _apart(photographs, groups)
    return Registration(
        photographs=tuple(photographs),
        arcs=tuple(arcs),
        adjusted=found,
        alone=groups[0][0],
        left_out=tuple(left_out),
    )


def _refuse_bands(arcs: Sequence[Arc]) -> None:
    """Refuse grooves in bands: across bare land no sound tells how often the groove goes round."""
    shown = {arc.photograph for arc in arcs}
    in_bands = {arc.photograph for arc in arcs if arc.bands > 1}
    if 2 * len(in_bands) >= len(shown):
        raise GrooveLostError(
            "the groove lies in bands with wide gaps between them, and several photographs of such "
            "a disc cannot be read as one yet: decode one photograph that shows all of it."
        )


def _repeated(photographs: Sequence[Photograph]) -> dict[int, int]:
    """Photographs that have the same pixels as one before, and that one."""
    copies: list[np.ndarray] = []
    found: dict[int, int] = {}
    for number, photo in enumerate(photographs):
        copy = photo.reduced(max(1, min(photo.shape) // _COPY_PX))
        same = [k for k, other in enumerate(copies) if k not in found and _equal(copy, other)]
        if same and photographs[same[0]].shape == photo.shape:
            found[number] = same[0]
        copies.append(copy)
    return found


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.array_equal(one, other))


def _same_as(photographs: Sequence[Photograph], number: int, first: int) -> LeftOutPhotograph:
    name = photographs[number].name
    return LeftOutPhotograph(
        name=name,
        cause="same",
        reason=f"{name} is the same photograph as {photographs[first].name}: it tells nothing "
        "more, and its noise would be counted twice.",
    )


def _apart(
    photographs: Sequence[Photograph], groups: Sequence[Sequence[int]]
) -> list[LeftOutPhotograph]:
    """Photographs that share nothing with the group that shows most."""
    if len(groups) < 2:
        return []
    taken = _names(photographs, groups[0])
    found = []
    for group in groups[1:]:
        names, many = _names(photographs, group), len(group) > 1
        together = " overlap one another, but" if many else " shows a groove, but"
        share = "share" if many else "shares"
        reason = (
            f"{names}{together} {share} no sound with {taken}: another disc or side, or no "
            "overlap. Photographs have to overlap by a fifth of their width."
        )
        found += [
            LeftOutPhotograph(name=photographs[k].name, cause="apart", reason=reason) for k in group
        ]
    return found


def _fitting_nowhere(
    photographs: Sequence[Photograph], placed: Sequence[int], groups: Sequence[Sequence[int]]
) -> list[LeftOutPhotograph]:
    """Pieces that are none of the disc that others make up."""
    names = _names(photographs, placed)
    return [
        LeftOutPhotograph(
            name=photographs[k].name,
            cause="apart",
            reason=f"{photographs[k].name} fits nowhere: {names} go all round a disc without it, "
            "and its edges or its sound go on in none of them. It is of another disc or side, or "
            "shows a piece that another photograph shows, too.",
        )
        for group in groups
        for k in group
        if k not in placed
    ]


def _names(photographs: Sequence[Photograph], group: Sequence[int]) -> str:
    *first, last = (photographs[k].name for k in group)
    return f"{', '.join(first)} and {last}" if first else last
