"""The way from a photograph to its sound, in reading order.

1. The groove field is found by its spectrum: centre, pitch, ring.
2. Its fringe is followed into a first map of the groove, under a camera model. Where there are
   colours, the channel is taken that shows this groove best.
3. A coarse strip along that map tells groove from land, and where the groove runs exactly.
4. The displacement is read along the refined map, pixel by pixel.
5. What was read settles the camera, and is laid out under it.
6. The displacement becomes sound: the transfer, and a listening copy where one is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

from groovescan.camera.refit import CameraRefit, refit_camera
from groovescan.config.settings import Settings
from groovescan.core.memo import Memo
from groovescan.core.quality import MeasuredQuality, PredictedQuality, Verdict
from groovescan.core.results import (
    Decoded,
    GrooveField,
    GrooveMap,
    Photograph,
    Reading,
    Resolution,
)
from groovescan.errors import GrooveLostError, GrooveNotFoundError, GroovescanError
from groovescan.locate.continuity import jumps, unsure_joins
from groovescan.modulation import modulation_of
from groovescan.photo import as_photograph
from groovescan.photo.colour.tone import in_light
from groovescan.pipeline.carrier import better_carrier, find_carrier, needs_light
from groovescan.pipeline.locating import Located, locate_groove, located_in_light
from groovescan.pipeline.several_cuts import one_after_the_other
from groovescan.pipeline.told_stages import STAGE_OF as STAGE_OF
from groovescan.pipeline.told_stages import OneOrSeveral, memo_that_tells
from groovescan.pipeline.tracing import TracedGroove, trace_grooves
from groovescan.prediction.resolution import predict_resolution, refuse_hopeless
from groovescan.quality import (
    Evidence,
    judge,
    moments_of,
    predict,
    quality_of,
    refuse_useless,
    shared_by_turns,
    smoother_than_rounded,
    uncovered,
)
from groovescan.reading.displacement_reader import read
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.deprecation import Renamed
from groovescan.runtime.jit_ahead import compile_once, loops_ready
from groovescan.runtime.progress import Progress, silent
from groovescan.sound import Played, parse_curve, play
from groovescan.sound.repair import repair
from groovescan.strip.groove_or_land import Aligned

Photo = str | PathLike[str] | np.ndarray | Photograph


@one_blas_thread()
def decode(
    photo: Photo | Sequence[Photo],
    settings: Settings | None = None,
    *,
    progress: Progress = silent,
) -> Decoded:
    """Play the disc in a photograph.

    Parameters
    ----------
    photo : path, ndarray of shape (rows, columns) or (rows, columns, 3), or Photograph
        A file, an array of integers or of floats from 0 to 1, or a photograph that was read. A list
        or tuple of them are photographs of one side of one disc, in any order, which are read as
        one.
    settings : Settings, optional
        All of them have defaults that need no change for most discs.
    progress : Progress
        Is called with the name of each stage, of `groovescan.runtime.progress.STAGES`, when it
        begins.

    Returns
    -------
    Decoded
        Groove map, displacement with its confidence, and the waveform.

    Raises
    ------
    PhotographError
        Where the file is no photograph.
    GrooveNotFoundError
        Where no groove is found or resolved.
    GrooveLostError
        Where the groove cannot be followed.
    SettingsError
        Where the recording curve is not known.
    """
    memo = memo_that_tells(progress)
    with loops_ready(progress):  # the first stages need hardly any of it
        settings = settings or Settings()
        parse_curve(settings.sound.eq)  # what is no curve is told before the work
        from groovescan.pipeline.joined_stages import stages_of, stages_of_one  # it stands on this

        if isinstance(photo, list | tuple):
            return stages_of(photo, settings, memo).decoded
        single: Any = photo
        try:
            return stages_of_one(single, settings, memo).decoded
        finally:
            memo.forget()  # an error that is kept would keep all of it


@dataclass(frozen=True, eq=False)
class Stages(metaclass=OneOrSeveral):
    """The stages of a decode, each done when it is first asked for, and kept.

    With other settings, only those stages are done again that what changed goes into: another
    curve does not unwrap the photograph again.

    Attributes
    ----------
    photo : path, ndarray, Photograph or Located
        What is decoded: a file, an array of integers or of floats from 0 to 1, a photograph
        that was read, or one in which the groove was found. A file is read once. Of a list or
        tuple of them, photographs of one side of one disc, `Stages` makes what `stages_of` does.
    settings : Settings
        All of them have defaults.
    memo : Memo
        What was done already; others with the same memory share it.
    cut : int or None
        Which of several cuts that are not connected, from 0 on; None for all of them, of which
        the stages between the first map and the sound are those of the first.

    Examples
    --------
    >>> stages = Stages("disc.tif")  # doctest: +SKIP
    >>> stages.groove_map.pitch_px  # doctest: +SKIP
    5.01
    >>> louder_bass = stages.replace(sound={"eq": "500N-0"})  # doctest: +SKIP
    >>> louder_bass.decoded.waveform  # doctest: +SKIP
    """

    photo: str | PathLike[str] | np.ndarray | Photograph | Located
    settings: Settings = field(default_factory=Settings)
    memo: Memo = field(default_factory=Memo)
    cut: int | None = None

    kept = Renamed("memo")  # these go with the next version but one
    course, courses = Renamed("traced"), Renamed("traced_grooves")
    settled = Renamed("refit")

    def replace(self, **changes: Any) -> Stages:
        """The same photograph with some settings changed, as in `Settings.replace`."""
        return self.using(self.settings.replace(**changes))

    def using(self, settings: Settings) -> Stages:
        """The same photograph, and what was done already, with other settings."""
        return dataclasses.replace(self, settings=settings)

    @property
    def source(self) -> Photograph:
        """The photograph with all of its colours; `PhotographError` where it is none."""
        compile_once()  # where it is no `decode` that does, and tells of it
        if isinstance(self.photo, Located):
            return self.photo.photograph
        if isinstance(self.photo, Photograph):
            return self.photo
        photo = self.memo(as_photograph, self.photo, self.settings.photo)
        needed = needs_light(self.settings.groove)
        return self.memo(in_light, photo, self.settings.photo.tone, needed=needed)

    @property
    def found(self) -> Located:
        """The groove and the channel that shows it; `GrooveNotFoundError` where there is none."""
        if isinstance(self.photo, Located):
            return self.photo
        return self.memo(locate_groove, self.source, self.settings.disc, self.memo)

    @property
    def carrier(self) -> str:
        """The modulation that carries the sound, by name: see `groovescan.modulation`."""
        groove, rpm = self.settings.groove, self.settings.sound.rpm
        harmonics = self.settings.disc.map_harmonics
        return self.memo(find_carrier, self.found, groove, rpm, self.memo, harmonics=harmonics)

    @property
    def located(self) -> Located:
        """The groove as it is read: where its brightness carries the sound, in light."""
        groove, photo = self.settings.groove, self.settings.photo
        told = groove.modulation != "auto" or photo.tone != "auto"
        if told or not modulation_of(self.carrier).needs_light:
            return self.found
        return self.memo(located_in_light, self.found, self.settings.disc, self.memo)

    @property
    def photograph(self) -> Photograph:
        """The photograph as luminance, or the channel of it that shows the groove best."""
        return self.located.photograph

    @property
    def fields(self) -> tuple[GrooveField, ...]:
        """Where a groove field may lie; `GrooveNotFoundError` where there is none."""
        return self.located.fields

    @property
    def first_map(self) -> GrooveMap:
        """Where the groove's fringe runs; `GrooveLostError` where it cannot be followed."""
        return self.located.first_map

    @property
    def traced_grooves(self) -> tuple[TracedGroove, ...]:
        """Where the groove of each cut runs, in the order in which they are played."""
        return self.memo(
            trace_grooves,
            self.photograph,
            self.first_map,
            harmonics=self.settings.disc.map_harmonics,
        )

    @property
    def cuts(self) -> tuple[Stages, ...]:
        """The stages of each cut: grooves that are not connected are read one by one."""
        return tuple(dataclasses.replace(self, cut=cut) for cut in range(len(self.traced_grooves)))

    @property
    def traced(self) -> TracedGroove:
        """Where the groove of the cut itself runs, as a coarse strip tells it, and how it ends."""
        return self.traced_grooves[self.cut or 0]

    @property
    def aligned(self) -> Aligned:
        """Groove and land as a coarse strip tells them apart."""
        return self.traced.aligned

    @property
    def groove_map(self) -> GrooveMap:
        """Where the groove itself runs: the map along which it is read."""
        return self.traced.groove_map

    @property
    def resolution(self) -> Resolution:
        """Predicted resolution: how well the groove can be read."""
        return self.memo(
            predict_resolution,
            self.photograph,
            self.groove_map,
            self.aligned,
            self.settings.sound.rpm,
            self.carrier,
            along=self.traced.along,
        )

    @property
    def reading(self) -> Reading:
        """The displacement; `GrooveNotFoundError` where the photograph does not resolve it."""
        refuse_hopeless(self.resolution, self.photograph.name)
        return self.memo(
            read,
            self.photograph,
            self.groove_map,
            self.aligned,
            self.settings.groove.replace(modulation=self.carrier),
            along=self.traced.along,
        )

    @property
    def refit(self) -> CameraRefit:
        """Map and reading under the camera that the reading tells of."""
        return self.memo(refit_camera, self.groove_map, self.reading, modulation=self.carrier)

    @property
    def played(self) -> Played:
        """The sound: transfer, listening copy, and the account of both."""
        refit = self.refit
        return self.memo(
            play, refit.reading, refit.groove_map, self.settings, self.resolution, self.memo
        )

    @property
    def predicted(self) -> PredictedQuality | None:
        """How good the reading is to be expected to be."""
        return self.memo(predict, self.resolution, self.settings.sound.eq)

    @property
    def measured(self) -> MeasuredQuality | None:
        """How good the reading is, as the halves of its pixels measure it."""
        reading, sound = self.refit.reading, self.settings.sound
        moments = self.memo(moments_of, reading, self.memo(repair, reading), sound.rpm)
        if moments is None:
            return None
        blur_s = 0.0 if (told := self.resolution.spectrum) is None else told.blur_s
        return self.memo(quality_of, moments, sound.eq, weigh=sound.weigh, blur_s=blur_s)

    @property
    def verdict(self) -> Verdict:
        """The verdict on the decode."""
        refit, rpm = self.refit, self.settings.sound.rpm
        best, predicted = self.memo(repair, refit.reading), self.predicted
        unread = self.memo(uncovered, self.photograph, refit.groove_map, self._other_maps)
        missing = np.isinf(refit.reading.standard_error_px)
        chosen = self.settings.disc.disc > 0
        return judge(
            Evidence(
                measured=self.measured,
                predicted_db=predicted.displacement_snr_db if predicted else np.nan,
                read_fraction=refit.reading.read_fraction,
                turns=refit.groove_map.turns,
                jumps_turns=self._jumps,
                unsure_turns=unsure_joins(refit.groove_map, missing),
                clearer_channel=self.located.clearer,
                better_carrier=self._better_carrier,
                film_jumps=refit.groove_map.film_jumps,
                discs_left=0 if chosen else self.located.discs - 1,
                unread=tuple(ring for ring in unread if not (chosen and ring.other_disc)),
                shared=self.memo(shared_by_turns, best, rpm),
                smoothed=self.memo(smoother_than_rounded, self.photograph, refit.groove_map),
                wow_percent=refit.camera_check.wow_percent,
            )
        )

    @property
    def decoded(self) -> Decoded:
        """All of it; `SettingsError` where the recording curve is not known.

        `GrooveLostError` where what was read is no sound, unless the settings keep it.
        """
        parse_curve(self.settings.sound.eq)  # what is no curve is told before the work
        if self.cut is not None:
            return self._decoded
        done: list[Decoded] = []
        refused: list[GroovescanError] = []
        for one in self.cuts:
            try:
                done.append(one._decoded)
            except (GrooveLostError, GrooveNotFoundError) as error:
                refused.append(error.with_traceback(None))
        if not done:
            raise refused[0]
        return one_after_the_other(done, unread=len(refused))

    @property
    def _decoded(self) -> Decoded:
        """One cut."""
        refit = self.refit
        if not self.settings.sound.keep_bad:
            refuse_useless(self.verdict, self.photograph.name)
        return Decoded(
            photograph_name=self.photograph.name,
            channel=self.photograph.channel,
            tone=self.photograph.undone,
            carrier=self.carrier,
            dpi=self.photograph.dpi,
            discs=self.located.discs,
            sides=self.photograph.sides,
            groove_map=refit.groove_map,
            camera_check=refit.camera_check,
            resolution=self.resolution,
            jumps=self._jumps,
            reading=refit.reading,
            waveform=self.played.waveform,
            settings=self.settings,
            restored=self.played.restored,
            account=self.played.account,
            predicted=self.predicted,
            measured=self.measured,
            verdict=self.verdict,
        )

    @property
    def _other_maps(self) -> tuple[GrooveMap, ...]:
        """Where the other cuts of the disc run."""
        return tuple(
            traced.groove_map
            for k, traced in enumerate(self.traced_grooves)
            if k != (self.cut or 0)
        )

    @property
    def _better_carrier(self) -> str:
        """A modulation with more sound than the one that was asked for; empty where none has."""
        asked, rpm = self.settings.groove, self.settings.sound.rpm
        return self.memo(better_carrier, self.photograph, self.traced, asked, rpm)

    @property
    def _jumps(self) -> np.ndarray:
        """Where the map leaves its turn; a line that was followed throughout leaves none."""
        if self.traced.followed:
            return np.zeros(0)
        return self.memo(jumps, self.refit.groove_map)
