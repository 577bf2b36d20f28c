"""A photograph that cannot be decoded is refused with its cause, the same wherever it is told."""

import cv2
import numpy as np
import pytest
from conftest import as_photo, draw_fringe

from groovescan.config.settings import DiscSettings, PhotoSettings
from groovescan.core.causes import Cause
from groovescan.core.memo import Kept
from groovescan.errors import GrooveNotFoundError
from groovescan.photo import as_photograph
from groovescan.pipeline.inspect_photograph import inspect
from groovescan.pipeline.locating import locate_groove


def halftone(image, pitch_px=5.5, angle_rad=0.4):
    """Black dots whose size follows the light."""
    y, x = np.indices(image.shape)
    u, v = (
        np.cos(2 * np.pi / pitch_px * (x * np.cos(turn) + y * np.sin(turn)))
        for turn in (angle_rad, angle_rad + np.pi / 2)
    )
    dots = np.where((u + v) / 4 + 0.5 < image / 255, 255, 0).astype(np.uint8)
    return cv2.GaussianBlur(dots, (0, 0), 0.7)


def refused(photo, dpi=0.0):
    if isinstance(photo, np.ndarray):
        photo = as_photograph(photo, PhotoSettings(dpi=dpi))
    with pytest.raises(GrooveNotFoundError) as caught:
        locate_groove(photo, DiscSettings(), Kept())
    return caught.value


def test_part_of_a_disc_is_called_so_with_its_share(disc):
    image = disc("plain").image
    error = refused(image[:, : image.shape[1] // 2])
    assert (error.cause, error.exit_code) == (Cause.PART.word, 4)
    assert "of each turn about 50 %" in str(error)


def test_a_printed_picture_is_called_a_screen(disc):
    large = cv2.resize(disc("plain").image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    error = refused(halftone(large))
    assert error.cause == Cause.SCREEN.word
    assert "5.5 px apart" in str(error)


def test_rings_are_called_rings(rng):
    error = refused(draw_fringe(rng, arms=0))
    assert error.cause == Cause.RINGS.word


def test_two_grooves_between_one_another_are_called_so(rng):
    error = refused(draw_fringe(rng, arms=2))
    assert error.cause == Cause.TWO_GROOVES.word


def test_too_few_dpi_are_told_with_those_that_are_needed(rng):
    error = refused(rng.integers(0, 256, (600, 600), dtype=np.uint8), dpi=200)
    assert error.cause == Cause.NOT_RESOLVED.word
    assert "at the 200 dpi" in str(error)
    assert "500 dpi are needed" in str(error)


@pytest.mark.parametrize(
    ("light", "cause"), [(0.5, Cause.NO_LINES), (1.0, Cause.CLIPPED), (0.0, Cause.CLIPPED)]
)
def test_a_picture_without_lines_is_called_so(light, cause):
    assert refused(as_photo(np.full((500, 500), light))).cause == cause.word


def test_a_look_tells_what_a_decode_tells(rng):
    photo = draw_fringe(rng, arms=0)
    error, seen = refused(photo), inspect(photo)
    assert (seen.refusal, seen.cause) == (str(error), error.cause)
    assert seen.advice[0] == Cause.RINGS.advice
    assert Cause.RINGS.advice in str(error)


def test_every_cause_has_a_word_and_advice_of_its_own():
    assert len({cause.word for cause in Cause}) == len({cause.advice for cause in Cause})
    assert all(cause.advice.endswith(".") for cause in Cause)
