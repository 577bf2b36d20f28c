"""The way from several photographs of a disc to its sound.

Each photograph finds its place on the disc. What needs one picture of it (where the groove begins
and ends, what carries the sound) looks at the photographs put together; the displacement is read
from the photographs themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groovescan.config.settings import DiscSettings, PhotoSettings, Settings
from groovescan.core.joined import Joined, JoinedPhotograph, LeftOutPhotograph
from groovescan.core.memo import Memo
from groovescan.core.photograph import Photograph
from groovescan.core.results import Decoded, Reading
from groovescan.errors import GrooveLostError, GrooveNotFoundError, PhotographError
from groovescan.joining.coverage_of_disc import (
    as_sectors,
    missing_sectors,
    shown_sectors,
    shown_share,
)
from groovescan.joining.disc_map import DiscMap, disc_map, fitted_placements
from groovescan.joining.joint_reading import JointReading, read_jointly
from groovescan.joining.mosaic import MosaicPixels, sector_weights
from groovescan.joining.outline import edge_px, joined_photograph
from groovescan.joining.pieces.pieces_in_one import pieces_in_one
from groovescan.joining.placements import Placement
from groovescan.joining.registration.register import Registration, register
from groovescan.modulation import modulation_of
from groovescan.photo import as_photograph
from groovescan.pipeline.locating import Located
from groovescan.pipeline.stages import Photo, Stages
from groovescan.pipeline.tracing import TracedGroove, trace_along
from groovescan.runtime.jit_ahead import compile_once

#: Photographs that show so much of each turn are traced as a whole disc is.
_WHOLE_SHARE = 0.98


@dataclass(frozen=True, kw_only=True, eq=False)
class DiscPicture:
    """The disc put together from its photographs.

    Attributes
    ----------
    registration : Registration
        How the photographs lie on it.
    disc : DiscMap
        Where the groove runs on it, roughly.
    photograph : Photograph
        The picture, for looking.
    share : float
        Share of the disc's angles that some photograph shows, 0 to 1.
    """

    registration: Registration
    disc: DiscMap
    photograph: Photograph
    share: float

    @property
    def placements(self) -> dict[int, Placement]:
        """How the photographs lie on the disc."""
        found = self.registration.adjusted
        return found.placements if found is not None else {}


@dataclass(frozen=True, eq=False)
class JoinedStages(Stages):
    """The stages of a decode of several photographs of one disc.

    Attributes
    ----------
    photos : tuple of path, ndarray or Photograph
        The photographs, in any order.
    """

    photos: tuple[Photo, ...] = ()

    @property
    def registration(self) -> Registration:
        """How the photographs lie on the disc; `GrooveNotFoundError` where none shows a groove."""
        compile_once()
        photo, disc = self.settings.photo, self.settings.disc
        return self.memo(register_photographs, self.photos, photo, disc)

    @property
    def picture(self) -> DiscPicture:
        """The disc put together."""
        return self.memo(put_together, self.registration, self.settings.disc)

    @property
    def source(self) -> Photograph:
        """The picture of the disc."""
        return self.picture.photograph

    @property
    def found(self) -> Located:
        """The groove in the picture of the disc."""
        return self.memo(_located, self.picture)

    @property
    def carrier(self) -> str:
        """Modulation that carries the sound; photographs are matched by a lateral one.

        Where sectors are missing, a groove is not looked at for anything else.
        """
        if self.picture.share > _WHOLE_SHARE:
            return super().carrier
        return self.settings.groove.carrier

    @property
    def traced_grooves(self) -> tuple[TracedGroove, ...]:
        """Where the groove runs on the disc."""
        if self.picture.share > _WHOLE_SHARE:
            return super().traced_grooves
        harmonics = self.settings.disc.map_harmonics
        return (self.memo(trace_along, self.photograph, self.first_map, harmonics=harmonics),)

    @property
    def placed(self) -> Joined:
        """How the photographs lie on the disc, before anything is read.

        Of each photograph it tells the share of the disc's angles that it shows.
        """
        registration, picture = self.registration, self.picture
        assert registration.adjusted is not None
        shown = shown_sectors(registration.arcs, picture.placements)
        every = np.any(list(shown.values()), axis=0)
        first_map = picture.disc.groove_map
        return Joined(
            picture=picture.photograph,
            photographs=tuple(
                joined_photograph(
                    registration.photographs[k], placement, first_map, shown[k].mean(), 0.0
                )
                for k, placement in sorted(picture.placements.items())
            ),
            left_out=registration.left_out,
            missing=as_sectors(~every, first_map.turns),
            across_px=registration.adjusted.across_px,
            along_px=registration.adjusted.along_px,
        )

    @property
    def placements(self) -> dict[int, Placement]:
        """How the photographs lie under the camera that the groove on the disc tells of."""
        registration, picture = self.registration, self.picture
        shapes = tuple(photo.shape for photo in registration.photographs)
        return self.memo(
            fitted_placements, self.groove_map, picture.disc, picture.placements, shapes
        )

    @property
    def joint_reading(self) -> JointReading:
        """The displacement that all photographs together tell."""
        flat = self.groove_map.film is None
        if not (flat and modulation_of(self.carrier).is_displacement):
            raise _not_joined(self.carrier)
        return self.memo(
            read_jointly,
            self.registration.photographs,
            self.placements,
            self.groove_map,
            self.registration.arcs,
            self.settings.groove,
        )

    @property
    def reading(self) -> Reading:
        """The displacement."""
        return self.joint_reading.reading

    @property
    def joined(self) -> Joined:
        """How the photographs lie, which were left out, and what none of them shows."""
        read, found = self.joint_reading, self.registration.adjusted
        assert found is not None
        return Joined(
            picture=self.photograph,
            photographs=tuple(
                joined_photograph(
                    self.registration.photographs[k],
                    placement,
                    self.groove_map,
                    read.read[k],
                    read.shares[k],
                )
                for k, placement in sorted(self.placements.items())
            ),
            left_out=self.registration.left_out,
            missing=missing_sectors(self.groove_map, read.reading),
            contradicting_turns=read.contradicting_turns,
            across_px=found.across_px,
            along_px=found.along_px,
        )

    @property
    def _decoded(self) -> Decoded:
        return dataclasses.replace(super()._decoded, joined=self.joined)


@dataclass(frozen=True, eq=False)
class AloneStages(Stages):
    """The stages of a photograph with which no other one hangs together.

    Attributes
    ----------
    left_out : tuple of LeftOutPhotograph
        The others.
    """

    left_out: tuple[LeftOutPhotograph, ...] = ()

    @property
    def found(self) -> Located:
        """The groove; `GrooveNotFoundError` where it cannot be read, with what the others lack."""
        try:
            return super().found
        except GrooveNotFoundError as error:
            reasons = " ".join(dict.fromkeys(left.reason for left in self.left_out))
            raise GrooveNotFoundError(
                f"no two of the photographs show the same part of a disc. {reasons} And of the one "
                f"that shows most: {error}",
                cause=error.cause,
                advice=error.advice,
            ) from error

    @property
    def _decoded(self) -> Decoded:
        decoded = super()._decoded
        alone = JoinedPhotograph(
            name=decoded.photograph_name,
            camera=decoded.groove_map.camera,
            turned_deg=0.0,
            scale=1.0,
            mirrored=False,
            outline_px=edge_px(self.photograph.shape).T,
            read_fraction=decoded.reading.read_fraction,
            information_share=1.0,
        )
        joined = Joined(picture=self.photograph, photographs=(alone,), left_out=self.left_out)
        return dataclasses.replace(decoded, joined=joined)


def stages_of(photos: Sequence[Photo], settings: Settings, memo: Memo | None = None) -> Stages:
    """The stages of photographs of one disc; of a single photograph those of any other.

    Parameters
    ----------
    photos : sequence of path, ndarray or Photograph
        The photographs, at least one, in any order.
    settings : Settings
        The settings.
    memo : Memo, optional
        Remembers what was done.

    Returns
    -------
    Stages
        Of several photographs that hang together `JoinedStages`.

    Raises
    ------
    PhotographError
        Where there is none.
    GrooveNotFoundError
        Where none shows a groove.
    """
    memo = memo or Memo()
    if not photos:
        raise PhotographError("there is no photograph to decode; name one at least")
    if len(photos) == 1:
        return Stages(photos[0], settings, memo)
    stages = JoinedStages(photos[0], settings, memo, photos=tuple(photos))
    registration = stages.registration
    if registration.adjusted is None:
        alone = registration.photographs[registration.alone]
        return AloneStages(alone, settings, memo, left_out=registration.left_out)
    return stages


def stages_of_one(photo: Photo, settings: Settings, memo: Memo) -> Stages:
    """The stages of a photograph in which the groove was found.

    Where it cannot be followed from turn to turn, and pieces of film lie in the photograph that go
    all round a disc, those of the pieces, each of which is a sheet of its own.

    Parameters
    ----------
    photo : path, ndarray or Photograph
        The photograph.
    settings : Settings
        The settings.
    memo : Memo
        Remembers what was done.

    Raises
    ------
    GrooveNotFoundError, GrooveLostError
        Where there is no groove that can be followed.
    """
    try:
        found = Stages(photo, settings, memo).found
    except (GrooveLostError, GrooveNotFoundError):
        pieces = _stages_of_pieces(photo, settings, memo)
        if pieces is None:
            raise
        return pieces
    memo.forget()  # what is no more needed of the photograph: its other colours
    return Stages(found, settings, memo)


def _stages_of_pieces(photo: Photo, settings: Settings, memo: Memo) -> JoinedStages | None:
    """The stages of the pieces in a photograph; None where they do not make up a disc."""
    read = photo if isinstance(photo, Photograph) else memo(as_photograph, photo, settings.photo)
    pieces = tuple(pieces_in_one(read.taken(read.channel)))
    if not pieces:
        return None
    stages = JoinedStages(pieces[0], settings, memo, photos=pieces)
    try:
        return stages if stages.registration.adjusted is not None else None
    except (GrooveLostError, GrooveNotFoundError):
        return None


def register_photographs(
    photos: tuple[Photo, ...], photo: PhotoSettings, disc: DiscSettings
) -> Registration:
    """Read the photographs, and find how they lie on one disc."""
    read = [each if isinstance(each, Photograph) else as_photograph(each, photo) for each in photos]
    names = [each.name for each in read]
    taken = [
        replace(each.taken(each.channel), name=_told_apart(names, number))
        for number, each in enumerate(read)
    ]
    return register(taken, disc)


def _told_apart(names: Sequence[str], number: int) -> str:
    """The name of a photograph, with its number where others have the same."""
    name = names[number]
    return name if names.count(name) == 1 else f"{name} ({number + 1})"


def put_together(registration: Registration, settings: DiscSettings) -> DiscPicture:
    """The disc put together from its photographs."""
    found = registration.adjusted
    assert found is not None
    base = next(a for a in registration.arcs if a.photograph == found.numbers.base)
    disc = disc_map(found, base.pitch_px, settings.start)
    weights = sector_weights(registration.arcs, found.placements)
    pixels = MosaicPixels(registration.photographs, found.placements, weights, disc.half_px)
    first = registration.photographs[found.numbers.base]
    names = ", ".join(registration.photographs[k].name for k in sorted(found.placements))
    bits = max(first.bits, 16)  # its pixels are interpolated, and lie on no steps
    picture = Photograph(pixels=pixels, name=names, bits=bits, channel="grey")
    share = shown_share(registration.arcs, found.placements)
    return DiscPicture(registration=registration, disc=disc, photograph=picture, share=share)


def _located(picture: DiscPicture) -> Located:
    return Located(
        photograph=picture.photograph, fields=(), first_map=picture.disc.groove_map, discs=1
    )


def _not_joined(carrier: str) -> GrooveLostError:
    lateral = modulation_of(carrier).is_displacement
    what = "in a film that is torn or folded" if lateral else "that is no lateral cut"
    return GrooveLostError(
        f"a groove {what} cannot be read from several photographs yet: decode the photograph that "
        "shows most of it by itself."
    )
