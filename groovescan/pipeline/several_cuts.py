"""One sound of the cuts of a disc, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groovescan.core.account import Account
from groovescan.core.bands import bands_of
from groovescan.core.cuts import Cut
from groovescan.core.results import Decoded, Waveform
from groovescan.sound.level import decibels

#: Silence between two cuts.
PAUSE_S = 1.0


def one_after_the_other(done: Sequence[Decoded], *, unread: int = 0) -> Decoded:
    """A disc whose cuts are played one after the other, with a second of silence between them.

    Parameters
    ----------
    done : sequence of Decoded
        Each cut by itself, in the order in which they are played, at least one.
    unread : int
        How many others there are that could not be read.

    Returns
    -------
    Decoded
        Sound and account of all of them; the rest is that of the first.
    """
    if done[0].settings.sound.level == "peak":
        done = _alike_in_level(done)
    accounts = [_account(one) for one in done]
    starts_s = _starts_s(done)
    copies = [one.restored for one in done if one.restored is not None]
    whole = accounts[0] if len(done) == 1 else _account_of(accounts, starts_s)
    if unread:
        note = f"{unread} more grooves of the disc, not connected with it, could not be read"
        whole = replace(whole, notes=(*whole.notes, note))
    return replace(
        done[0],
        waveform=_joined([one.waveform for one in done]),
        restored=_joined(copies) if len(copies) == len(done) else None,
        account=whole,
        cuts=tuple(map(_cut, done, accounts, starts_s)),
    )


def _cut(one: Decoded, account: Account, start_s: float) -> Cut:
    return Cut(
        groove_map=one.groove_map,
        reading=one.reading,
        bands_turns=bands_of(one.groove_map),
        start_s=start_s,
        duration_s=one.waveform.duration_s,
        camera_check=one.camera_check,
        resolution=one.resolution,
        account=account,
    )


def _account(one: Decoded) -> Account:
    assert one.account is not None
    return one.account


def _starts_s(done: Sequence[Decoded]) -> list[float]:
    """Where each cut begins in the sound of them all, in s."""
    rate_hz = done[0].waveform.rate_hz
    sizes = np.array([len(one.waveform.samples) + round(PAUSE_S * rate_hz) for one in done])
    return [float(start) / rate_hz for start in np.cumsum(sizes) - sizes]


def _alike_in_level(done: Sequence[Decoded]) -> list[Decoded]:
    """The cuts with one gain, that of the loudest: so they are as loud as they were cut.

    Each has a gain of its own, which counts against its pitch.
    """
    gains_db = [_account(one).gain_db - decibels(one.groove_map.pitch_px) for one in done]
    least_db = min(gains_db)
    return [_changed(one, least_db - gain) for one, gain in zip(done, gains_db, strict=True)]


def _changed(one: Decoded, by_db: float) -> Decoded:
    """A cut at another gain."""
    if by_db == 0.0:
        return one
    factor, account = np.float32(10 ** (by_db / 20)), _account(one)
    account = replace(
        account,
        gain_db=account.gain_db + by_db,
        true_peak_dbfs=account.true_peak_dbfs + by_db,
        restored_true_peak_dbfs=account.restored_true_peak_dbfs + by_db,
    )
    restored = one.restored and replace(one.restored, samples=one.restored.samples * factor)
    waveform = replace(one.waveform, samples=one.waveform.samples * factor)
    return replace(one, waveform=waveform, restored=restored, account=account)


def _joined(waveforms: Sequence[Waveform]) -> Waveform:
    if len(waveforms) == 1:
        return waveforms[0]
    rate_hz = waveforms[0].rate_hz
    pause = np.zeros(round(PAUSE_S * rate_hz), np.float32)
    parts = [part for one in waveforms for part in (one.samples, pause)][:-1]
    return Waveform(samples=np.concatenate(parts), rate_hz=rate_hz)


def _account_of(accounts: Sequence[Account], starts_s: Sequence[float]) -> Account:
    """The account of all cuts: that of the first, with the gaps, peaks and notes of all."""
    return replace(
        accounts[0],
        true_peak_dbfs=max(one.true_peak_dbfs for one in accounts),
        restored_true_peak_dbfs=max(one.restored_true_peak_dbfs for one in accounts),
        gap_start_s=np.concatenate(
            [one.gap_start_s + start for one, start in zip(accounts, starts_s, strict=True)]
        ),
        gap_length_s=np.concatenate([one.gap_length_s for one in accounts]),
        clicks=sum(one.clicks for one in accounts),
        notes=tuple(dict.fromkeys(note for one in accounts for note in one.notes)),
    )
