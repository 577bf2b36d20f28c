"""The process that reads photographs for the window: one request after the other.

The window stays quick while it works, is there when it dies, and cancels by ending it.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from groovescan.app.messages import (
    CompareReport,
    CompareRequest,
    ListeningTrack,
    LookReport,
    LookRequest,
    PhotographRequest,
    Picture,
    ReadReport,
    ReadRequest,
    RefusalReport,
    Report,
    SaveReport,
    SaveRequest,
    StageNews,
)
from groovescan.batch.execution.workers import end_with_parent, leave_when_told
from groovescan.errors import GroovescanError, OutputExistsError
from groovescan.storage.atomic_files import write_settings


def work(line: Connection, folder: Path) -> None:
    """Do what is asked, until nobody asks any more.

    Parameters
    ----------
    line : Connection
        Requests come from here, and news and reports go there.
    folder : Path
        Sounds and pictures are put here.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the window
    leave_when_told()
    threading.Thread(target=end_with_parent, daemon=True).start()
    bench = StageBench(folder, line.send)
    with contextlib.suppress(EOFError, OSError):
        while True:
            line.send(bench.answer(line.recv()))


class StageBench:
    """The stages of the photograph that is worked on, and what they remember.

    Parameters
    ----------
    folder : Path
        Sounds and pictures are put here.
    tell : callable
        Told the news.
    """

    def __init__(self, folder: Path, tell: Callable[[StageNews], None]) -> None:
        from groovescan import pipeline  # takes seconds, which nobody waits for yet

        self._pipeline = pipeline
        self._folder, self._tell = folder, tell
        self._stages: Any = None
        self._photos: tuple[Path, ...] = ()
        self._memo: Any = None
        self._numbers = itertools.count()
        self._files: list[Path] = []

    def answer(self, request: PhotographRequest) -> Report:
        """Do what is asked; what goes wrong is told in words."""
        try:
            return self._answer(request)
        except OutputExistsError as error:
            return RefusalReport(message=str(error), exists=True)
        except GroovescanError as error:
            return RefusalReport(message=str(error))
        except OSError as error:
            from groovescan.storage.os_errors import as_groovescan_error

            return RefusalReport(message=str(as_groovescan_error(error)))
        except MemoryError:
            return RefusalReport(message="memory does not suffice; crop the photograph to the disc")
        except Exception as error:  # a window that says nothing is worse than an unkind word
            what = f"unexpected {type(error).__name__}: {error}; this is a fault of the program"
            return RefusalReport(message=what)

    def _answer(self, request: PhotographRequest) -> Report:
        from groovescan.runtime.blas import one_blas_thread
        from groovescan.runtime.jit_ahead import loops_ready

        with one_blas_thread(), loops_ready(self._hear):
            self._take(request)
            match request:
                case LookRequest():
                    return self._look(request)
                case ReadRequest():
                    return self._read(request)
                case CompareRequest():
                    return self._compare()
                case SaveRequest():
                    return self._save(request)
        raise TypeError(request)

    def _hear(self, stage: str, done: float) -> None:
        self._tell(StageNews(stage=stage, done=done))

    def _take(self, request: PhotographRequest) -> None:
        """Have the stages of a photograph; those of the last one are let go."""
        from groovescan.core.memo import Memo
        from groovescan.pipeline.stages import STAGE_OF

        photos = (request.photo, *request.others)
        if photos != self._photos:

            def hear(name: str) -> None:
                """Pass on which stage begins."""
                if name in STAGE_OF:
                    self._hear(STAGE_OF[name], 0.0)

            self._stages, self._photos = None, photos
            self._memo = Memo(
                hear=hear, advance=lambda name, done: self._hear(STAGE_OF[name], done)
            )
        if self._stages is None or request.others:
            # how several lie on a disc depends on the settings, too; what did not change is there
            self._stages = self._pipeline.stages_of(photos, request.settings, self._memo)
        self._stages = self._stages.using(request.settings)

    def _look(self, request: LookRequest) -> LookReport:
        from groovescan.pipeline.inspect_photograph import inspect
        from groovescan.pipeline.joined_stages import JoinedStages
        from groovescan.reporting import DARK, LIGHT, inspection_figure
        from groovescan.wording.facts import inspection_facts

        if isinstance(self._stages, JoinedStages):
            return self._look_at_several(dark=request.dark)
        source, left_out = self._stages.source, getattr(self._stages, "left_out", ())
        found = inspect(source, request.settings, progress=self._hear)
        self._hear("figure", 0.0)
        figure = inspection_figure(
            source.taken(found.channel), found, DARK if request.dark else LIGHT
        )
        words = "The photograph with the groove that was found, and a part of it enlarged"
        return LookReport(
            facts=inspection_facts(found),
            advice=(*(one.reason for one in left_out), *found.advice),
            refusal=found.refusal or "",
            picture=self._picture("What the decoder sees", words, figure),
        )

    def _look_at_several(self, *, dark: bool) -> LookReport:
        from groovescan.reporting import DARK, LIGHT, joined_figure
        from groovescan.wording.joined_facts import placed_facts

        placed = self._stages.placed
        words = "The disc put together from its photographs, with the outline of each"
        figure = joined_figure(placed, DARK if dark else LIGHT)
        return LookReport(
            facts=placed_facts(placed),
            advice=tuple(left.reason for left in placed.left_out),
            refusal="",
            picture=self._picture("How the photographs lie", words, figure),
        )

    def _read(self, request: ReadRequest) -> ReadReport:
        from groovescan.wording.facts import certainty, decode_facts, lathe_facts

        decoded = self._stages.decoded
        self._hear("figures", 0.0)
        facts = decode_facts(decoded) | certainty(decoded) | lathe_facts(decoded)
        tracks = [self._track("Transfer", decoded.waveform)]
        if decoded.restored is not None:
            tracks.append(self._track("Listening copy", decoded.restored))
        verdict = decoded.verdict
        return ReadReport(
            verdict="" if verdict is None else verdict.word,
            line="" if verdict is None else verdict.line,
            facts=facts,
            tracks=tuple(tracks),
            pictures=self._pictures_of(decoded, dark=request.dark),
        )

    def _pictures_of(self, decoded: Any, *, dark: bool) -> tuple[Picture, ...]:
        from groovescan.reporting import DARK, LIGHT, disc_figure, quality_figure, sound_figure

        theme = DARK if dark else LIGHT
        photo = self._stages.photograph
        return (
            self._picture(
                "The groove",
                "The photograph with the groove as it was read, blue where it is sure, orange "
                "where it is not",
                disc_figure(photo, decoded, theme),
            ),
            self._picture(
                "The sound",
                "The wave of the sound over time, and its spectrogram",
                sound_figure(decoded.waveform, theme),
            ),
            self._picture(
                "Quality",
                "Turn by turn: signal to noise ratio, what was filled in, and the speed error",
                quality_figure(decoded, theme),
            ),
        )

    def _compare(self) -> CompareReport:
        return CompareReport(track=self._track("Other curve", self._stages.decoded.waveform))

    def _save(self, request: SaveRequest) -> SaveReport:
        from groovescan.outputs.decode_outputs import outputs_of, write_outputs

        request.sound.parent.mkdir(parents=True, exist_ok=True)
        outputs = outputs_of(
            request.photo,
            request.sound,
            request.settings,
            page=request.page,
            others=request.others,
            force=request.replace,
        )
        settings = request.sound.with_suffix(".toml")
        if request.toml and settings.exists() and not request.replace:
            raise OutputExistsError(f"{settings} exists already")
        written = write_outputs(
            self._stages.decoded,
            request.photo,
            outputs,
            lambda place, here: request.replace,
            picture=None if request.others else self._stages.source,
            others=request.others,
            progress=self._hear,
        )
        files = list(written)
        if request.toml:
            files.append(write_settings(settings, request.settings, force=request.replace))
        return SaveReport(files=tuple(files))

    def _picture(self, title: str, words: str, figure: Any) -> Picture:
        # Sharp on a screen of usual density: arbitrary from 90 to 150.
        figure_dpi = 110
        place = self._place("png")
        figure.savefig(place, dpi=figure_dpi)
        return Picture(title=title, words=words, file=place)

    def _track(self, name: str, waveform: Any) -> ListeningTrack:
        import numpy as np

        from groovescan.sound import write_wav

        place = self._place("wav")
        write_wav(place, waveform)
        square = np.square(waveform.samples, dtype=np.float64)
        power = float(square.mean()) if square.size else 0.0
        return ListeningTrack(name=name, file=place, loudness_db=10 * np.log10(max(power, 1e-12)))

    def _place(self, kind: str) -> Path:
        # A sound and its pictures are of use until the next; two more may still be on their way.
        files_left = 24
        place = self._folder / f"{next(self._numbers)}-{id(self) & 0xFFFF:x}.{kind}"
        self._files.append(place)
        for old in self._files[:-files_left]:
            old.unlink(missing_ok=True)
        del self._files[:-files_left]
        return place
