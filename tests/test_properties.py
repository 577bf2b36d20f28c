"""What is done to a photograph, and not to its groove, does not change what is decoded.

Rotated by right angles or padded, a photograph has the same pixels elsewhere: what differs is
where samples and tiles begin; by other angles, it is interpolated besides. Mirrored it says the
same of a disc seen from its back. Inverted or scaled, light is other light. In each case two
decodes have to be much nearer to each other than either is to the truth: the noise of the
photograph lies some 20 dB below the sound.
"""

import cv2
import numpy as np
import pytest
from conftest import CONDITIONS
from scipy import signal

import groovescan
from groovescan.config.settings import Settings

SETTINGS = Settings().replace(disc={"start": CONDITIONS["plain"].start})
RATE_HZ = 48000
#: Samples by which two decodes may begin apart, a turn of the groove found or not.
MOST_LAG = 2 * RATE_HZ
PIECE = RATE_HZ // 4


def scaled(image):
    """Half the contrast on a brighter ground, finer than 8 bits hold it."""
    return (image / np.float32(255) * np.float32(0.5) + np.float32(0.3)).astype(np.float32)


def turned(image):
    """Turned by 17 degrees, where every pixel lies between others."""
    rows, columns = image.shape
    turn = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), 17.0, 1.0)
    light = image / np.float32(255)
    return cv2.warpAffine(
        light, turn, (columns, rows), flags=cv2.INTER_LANCZOS4, borderValue=0.9
    ).clip(0, 1)


CHANGES = {
    "rotated by 17 degrees": (turned, 1, -18.0),
    "rotated by 90 degrees": (np.rot90, 1, -20.0),
    "mirrored": (np.fliplr, -1, -20.0),
    "inverted": (lambda image: 255 - image, 1, -30.0),
    "scaled": (scaled, 1, -30.0),
    "padded": (lambda image: np.pad(image, ((37, 12), (5, 80)), constant_values=90), 1, -20.0),
}


def difference_db(one, two):
    """What is left of a sound when another, shifted and scaled to it, is taken away, in dB.

    Of higher frequencies than a third of what the samples of a turn hold, much of the noise
    depends on which pixels fell to which sample. The sounds are fitted to each other piece by
    piece, since a centre that is found some hundredths of a px elsewhere moves the sound by some
    microseconds to and fro; that is wow, and asked for apart.
    """
    low = signal.butter(4, [100, 1000], "bandpass", fs=RATE_HZ, output="sos")
    one, two = (signal.sosfiltfilt(low, each.samples.astype(float)) for each in (one, two))
    match = signal.correlate(one, two, method="fft")
    lags = signal.correlation_lags(len(one), len(two))
    near = np.abs(lags) < MOST_LAG
    lag = lags[near][np.argmax(np.abs(match[near]))]
    one, two = one[max(lag, 0) :], two[max(-lag, 0) :]
    count = min(len(one), len(two))
    # the ends, where the groove is silent, are left out
    starts = range(RATE_HZ, count - RATE_HZ - PIECE, PIECE)
    pieces = [slice(start, start + PIECE) for start in starts]
    rest = sum(_rest(one, two, piece) for piece in pieces)
    return 10 * np.log10(rest / sum(np.sum(one[piece] ** 2) for piece in pieces))


def _rest(one, two, piece):
    """Energy that a filter of a few taps, a shift by a part of a sample, does not explain."""
    taps = np.stack([np.roll(two, shift)[piece] for shift in range(-8, 9)], axis=1)
    return np.sum((one[piece] - taps @ np.linalg.lstsq(taps, one[piece], rcond=None)[0]) ** 2)


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_decoded_does_not_depend_on_how_it_was_photographed(disc, decoded, name):
    change, sense, most_db = CHANGES[name]
    before = decoded("plain")
    after = groovescan.decode(change(disc("plain").image), SETTINGS)
    assert after.groove_map.direction == sense * before.groove_map.direction
    assert after.groove_map.pitch_px == pytest.approx(before.groove_map.pitch_px, rel=1e-3)
    assert after.waveform.duration_s == pytest.approx(before.waveform.duration_s, abs=1.0)
    left_db = difference_db(before.waveform, after.waveform)
    assert left_db < most_db


def test_the_measure_sees_a_difference(decoded, rng):
    sound = decoded("plain").waveform
    noise = sound.samples.std() / 10 * rng.standard_normal(len(sound.samples))
    other = type(sound)(samples=sound.samples + noise.astype(np.float32), rate_hz=RATE_HZ)
    assert difference_db(sound, sound) < -100
    assert -40 < difference_db(sound, other) < -20
