"""The verdict on a decode: good, doubtful and why, or bad and why.

The reasons are for people who know records: what was found, how good it is, what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from groovescan.core.quality import GOOD_DB, MeasuredQuality, Verdict
from groovescan.errors import GrooveLostError
from groovescan.quality.coverage import Uncovered
from groovescan.wording.choices import channel_words
from groovescan.wording.quality_words import understood

#: Less read is no success.
_LEAST_READ, _HALF_READ, _WELL_READ = 0.1, 0.5, 0.9
#: Signal to noise ratios of the sound in dB: below the first the halves have nothing in common,
#: below the second noise is louder than the sound.
_NOTHING_DB, _BURIED_DB = -8.0, 0.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The evidence for a verdict.

    Attributes
    ----------
    measured : MeasuredQuality or None
        What the halves of the pixels measure; None where they tell nothing.
    predicted_db : float
        Signal to noise ratio of the displacement from 100 Hz to 4 kHz that was predicted, in dB.
    read_fraction : float
        Share of the samples that were read, 0 to 1.
    turns : float
        Turns of the groove that is mapped.
    jumps_turns : ndarray of float64, shape (n,)
        Where the map may leave its turn, in turns.
    unsure_turns : ndarray of float64, shape (n,)
        Where its pitch steps and it could not be read, in turns.
    clearer_channel : str
        A channel that shows the groove clearly better than the one that was asked for, if any.
    better_carrier : str
        What has clearly more sound than the modulation that was asked for, if anything.
    film_jumps : int
        Places round the disc where all turns jump, and how the film lies could not be told.
    discs_left : int
        Other discs in the photograph, where nobody chose this one.
    unread : tuple of Uncovered
        What shows a groove and was not read.
    shared : float
        Share of what was read that the turns beside show, too.
    smoothed : bool
        Whether noise was taken out of the photograph before it was saved.
    wow_percent : float
        Speed error to be expected, rms, in percent.
    further : tuple of str
        Reasons for doubt that other stages found.
    """

    measured: MeasuredQuality | None
    predicted_db: float = np.nan
    read_fraction: float = 1.0
    turns: float = 0.0
    jumps_turns: np.ndarray = field(default_factory=lambda: np.zeros(0))
    unsure_turns: np.ndarray = field(default_factory=lambda: np.zeros(0))
    clearer_channel: str = ""
    better_carrier: str = ""
    film_jumps: int = 0
    discs_left: int = 0
    unread: tuple[Uncovered, ...] = ()
    shared: float = 0.0
    smoothed: bool = False
    wow_percent: float = 0.0
    further: tuple[str, ...] = ()


Reasons = Iterable[tuple[str, str]]


def judge(evidence: Evidence) -> Verdict:
    """The verdict on a decode.

    Parameters
    ----------
    evidence : Evidence
        What it goes by.

    Returns
    -------
    Verdict
        Bad where one reason says so, doubtful where any is left.
    """
    tests: tuple[Callable[[Evidence], Reasons], ...] = (
        _read,
        _noise,
        _structure,
        _jumps,
        _joins,
        _asked,
        _unread,
        _expected,
        _smoothed,
        _wow,
        lambda found: (("doubtful", text) for text in found.further),
    )
    found = [reason for test in tests for reason in test(evidence)]
    found.sort(key=lambda reason: reason[0] != "bad")
    word = found[0][0] if found else "good"
    return Verdict(word=word, reasons=tuple(text for _, text in found), useless=_useless(evidence))


def refuse_useless(verdict: Verdict, name: str) -> None:
    """Refuse to call a decode a success that is none.

    Parameters
    ----------
    verdict : Verdict
        What is to be thought of it.
    name : str
        Of the photograph.

    Raises
    ------
    GrooveLostError
        Where less than a tenth was read, or the halves of the pixels have nothing in common.
    """
    if verdict.useless:
        raise GrooveLostError(
            f"the groove in {name} was followed, but what was read is no sound: "
            f"{'; '.join(verdict.reasons)}. To hear it all the same, add --keep-bad"
        )


def _useless(found: Evidence) -> bool:
    if found.read_fraction < _LEAST_READ:
        return True
    return found.measured is None or not _heard_db(found.measured) >= _NOTHING_DB


def _heard_db(measured: MeasuredQuality) -> float:
    """The better of both figures: a disc may hold nothing but bass."""
    return float(np.fmax(measured.snr_db, measured.displacement_snr_db))


def _bad(text: str) -> tuple[str, str]:
    return "bad", text


def _doubt(text: str) -> tuple[str, str]:
    return "doubtful", text


def _read(found: Evidence) -> Reasons:
    percent = 100 * found.read_fraction
    if found.read_fraction < _LEAST_READ:
        yield _bad(
            f"only {percent:.1f} % of the groove could be read: give it more light, a sharper "
            "focus, or another channel (--channel)"
        )
    elif found.read_fraction < _HALF_READ:
        yield _bad(f"{100 - percent:.0f} % of the groove could not be read")
    elif found.read_fraction < _WELL_READ:
        yield _doubt(f"{100 - percent:.0f} % of the groove could not be read and is filled in")


def _noise(found: Evidence) -> Reasons:
    measured = found.measured
    if measured is None:
        yield _bad("the groove could not be read twice, so nothing is known of its noise")
    elif not _heard_db(measured) >= _NOTHING_DB:
        yield _bad(
            "what two halves of the pixels say of the groove has nothing in common: it holds no "
            "sound that can be read this way (try --modulation vertical or brightness)"
        )
    elif not measured.snr_db >= _BURIED_DB:
        yield _bad(f"noise is louder than the sound ({measured.snr_db:.0f} dB, 300 Hz to 3.4 kHz)")
    elif measured.snr_db < GOOD_DB:
        said = understood(measured.intelligibility)
        yield _doubt(f"much noise: {measured.snr_db:.0f} dB from 300 Hz to 3.4 kHz; {said}")


def _structure(found: Evidence) -> Reasons:
    # Structure shared by the turns, over what chance makes of it: see `shared_turns`.
    most_shared = 0.05
    mostly_shared = 0.1
    if found.shared < most_shared:
        return
    text = (
        "the turns beside each turn show in part the same in the same place, which a sound does "
        "only if it beats in time with the turns: a printed screen, a camera's mosaic or noise "
        "reduction, or marks on the film are read as sound"
    )
    yield _bad(text) if found.shared > mostly_shared else _doubt(text)


def _jumps(found: Evidence) -> Reasons:
    if len(found.jumps_turns):
        yield _doubt(f"the groove may jump by a turn at turn {_named(found.jumps_turns)}")
    if found.film_jumps:
        where = "one place" if found.film_jumps == 1 else f"{found.film_jumps} places"
        yield _doubt(
            f"all turns jump at {where} round the disc, as at a tear or a fold, and how the film "
            "lies there could not be told: a turn may go on in the wrong one. Lay the parts back "
            "as they were cut, flat, and photograph them again"
        )


def _joins(found: Evidence) -> Reasons:
    if len(found.unsure_turns):
        yield _doubt(
            f"the pitch steps at turn {_named(found.unsure_turns)}, where the groove could not be "
            "read: a turn may be left out or played twice there; listen, or free the groove"
        )


def _named(turns: np.ndarray) -> str:
    # As many as a sentence bears.
    most_turns_named = 5
    named = ", ".join(f"{turn:.1f}" for turn in turns[:most_turns_named])
    return f"{named} and more" if len(turns) > most_turns_named else named


def _asked(found: Evidence) -> Reasons:
    if found.clearer_channel:
        clearer = channel_words(found.clearer_channel)
        yield _doubt(
            f"another channel shows the groove clearly better: {clearer} (leave --channel out)"
        )
    if found.better_carrier:
        yield _doubt(
            f"read as {found.better_carrier} the groove has clearly more sound in it (try "
            f"--modulation {found.better_carrier})"
        )


def _unread(found: Evidence) -> Reasons:
    # Turns that were not read, over those that were.
    much_unread = 1.0
    rings = [ring for ring in found.unread if not ring.other_disc]
    if found.discs_left == 0 and len(rings) < len(found.unread):
        yield _doubt("another disc in the photograph was not read: cut the photograph apart")
    if found.discs_left == 1:
        yield _doubt("another disc in the photograph was not read: choose with --disc")
    elif found.discs_left:
        yield _doubt(
            f"{found.discs_left} other discs in the photograph were not read: choose with --disc"
        )
    for ring in rings:
        text = (
            f"a ring from {ring.inner_px:.0f} to {ring.outer_px:.0f} px, {ring.turns:.0f} turns, "
            "was not read"
        )
        yield _bad(text) if ring.turns > much_unread * found.turns else _doubt(text)


def _expected(found: Evidence) -> Reasons:
    # So much more was to be expected than is measured. Good readings of fine discs without noise
    # fall up to 8 dB short, those of prints, rings and lamps 9.6 dB and more; of 450 drawn discs
    # none under 0.7 of likeness was told by this alone.
    most_short_db = 9.0
    if found.measured is None or _useless(found):
        return
    # what is missing is a reason of its own, and no prediction knows of it
    short_db = found.predicted_db - found.measured.read_displacement_snr_db
    if short_db > most_short_db:
        yield _doubt(
            f"it falls {short_db:.0f} dB short of what this light and resolution allow: something "
            "other than noise disturbs the groove (a print's screen, marks, uneven light, noise "
            "reduction, sharpening)"
        )


def _smoothed(found: Evidence) -> Reasons:
    if found.smoothed:
        yield _doubt(
            "noise was taken out of the photograph before it was saved, and with it perhaps the "
            "finest of the groove, so that the sound is less clear than it is measured to be: turn "
            "noise reduction off, or give the camera's raw file"
        )


def _wow(found: Evidence) -> Reasons:
    # A speed error that is heard on a held note, and one that nobody bears, in percent.
    most_wow_percent = 0.2
    bad_wow_percent = 2.0
    if found.wow_percent <= most_wow_percent:
        return
    text = (
        f"the speed may swing by {found.wow_percent:.1f} %, since the centre of the groove is not "
        "well known: flatten the film, or photograph the whole disc"
    )
    yield _bad(text) if found.wow_percent > bad_wow_percent else _doubt(text)
