"""The way from several photographs of a disc to its sound.

Each photograph finds its place on the disc. What needs one picture of it (where the groove begins
and ends, what carries the sound) looks at the photographs put together; the displacement is read
from the photographs themselves.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from groovescan.config.settings import DiscSettings, PhotoSettings, Settings
from groovescan.core.joined import Joined, JoinedPhotograph
from groovescan.core.memo import Memo
from groovescan.core.photograph import Photograph
from groovescan.core.results import Decoded, GrooveMap, Reading
from groovescan.errors import GrooveLostError, GrooveNotFoundError
from groovescan.joining.coverage_of_disc import missing_sectors, shown_share
from groovescan.joining.disc_map import DiscMap, disc_map, fitted_placements
from groovescan.joining.joint_reading import JointReading, read_jointly
from groovescan.joining.mosaic import MosaicPixels, sector_weights
from groovescan.joining.placements import Placement
from groovescan.joining.registration.register import Registration, register
from groovescan.photo import as_photograph
from groovescan.pipeline.locating import Located
from groovescan.pipeline.stages import Stages
from groovescan.pipeline.tracing import TracedGroove, trace_along
from groovescan.runtime.jit_ahead import compile_once

Photo = str | PathLike[str] | np.ndarray | Photograph

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
        """What carries the sound; what photographs were matched by is lateral.

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
        if self.carrier != "lateral" or self.groove_map.film is not None:
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
            photographs=tuple(
                _joined(self.registration.photographs[k], placement, read, k, self.groove_map)
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


def stages_of(
    photos: tuple[Photo, ...], settings: Settings, memo: Memo | None = None
) -> Stages:
    """The stages of one photograph or of several of one disc.

    Parameters
    ----------
    photos : tuple of path, ndarray or Photograph
        The photographs.
    settings : Settings
        The settings.
    memo : Memo, optional
        Remembers what was done.
    """
    memo = memo or Memo()
    if len(photos) == 1:
        return Stages(photos[0], settings, memo)
    stages = JoinedStages(photos[0], settings, memo, photos=photos)
    if stages.registration.adjusted is None:
        return Stages(stages.registration.photographs[stages.registration.alone], settings, memo)
    return stages


def register_photographs(
    photos: tuple[Photo, ...], photo: PhotoSettings, disc: DiscSettings
) -> Registration:
    """Read the photographs, and find how they lie on one disc."""
    read = [each if isinstance(each, Photograph) else as_photograph(each, photo) for each in photos]
    return register([each.taken(each.channel) for each in read], disc)


def put_together(registration: Registration, settings: DiscSettings) -> DiscPicture:
    """The disc put together from its photographs."""
    found = registration.adjusted
    if found is None:
        raise GrooveNotFoundError(
            "no two of the photographs show the same part of a disc: photographs that are to be "
            "read as one have to overlap by a fifth of their width."
        )
    base = next(a for a in registration.arcs if a.photograph == found.numbers.base)
    disc = disc_map(found, base.pitch_px, settings.start)
    weights = sector_weights(registration.arcs, found.placements)
    pixels = MosaicPixels(registration.photographs, found.placements, weights, disc.half_px)
    first = registration.photographs[found.numbers.base]
    names = ", ".join(registration.photographs[k].name for k in sorted(found.placements))
    picture = Photograph(pixels=pixels, name=names, bits=first.bits, channel="grey")
    share = shown_share(registration.arcs, found.placements)
    return DiscPicture(registration=registration, disc=disc, photograph=picture, share=share)


def _located(picture: DiscPicture) -> Located:
    return Located(
        photograph=picture.photograph, fields=(), first_map=picture.disc.groove_map, discs=1
    )


def _not_joined(carrier: str) -> GrooveLostError:
    what = "in a film that is torn or folded" if carrier == "lateral" else "that is no lateral cut"
    return GrooveLostError(
        f"a groove {what} cannot be read from several photographs yet: decode the photograph that "
        "shows most of it by itself."
    )


def _joined(
    photo: Photograph,
    placement: Placement,
    read: JointReading,
    number: int,
    groove_map: GrooveMap,
) -> JoinedPhotograph:
    rows, columns = photo.shape
    side = np.linspace(0, 1, 17)[:-1]
    x = np.r_[side, np.ones(16), 1 - side, np.zeros(16)] * (columns - 1)
    y = np.r_[np.zeros(16), side, np.ones(16), 1 - side] * (rows - 1)
    under = Placement(camera=groove_map.camera)
    edge = under.in_image(placement.on_disc(np.stack([x, y])))
    return JoinedPhotograph(
        name=photo.name,
        camera=placement.camera,
        turned_deg=float(np.rad2deg(placement.rotation_rad) % 360),
        scale=placement.scale,
        mirrored=placement.mirrored,
        outline_px=edge.T,
        read_fraction=read.read[number],
        information_share=read.shares[number],
    )


def decode_joined(photos: tuple[Photo, ...], settings: Settings, memo: Memo) -> Decoded:
    """Play the disc that several photographs show."""
    return stages_of(photos, settings, memo).decoded


__all__: list[Any] = ["DiscPicture", "JoinedStages", "decode_joined", "stages_of"]
