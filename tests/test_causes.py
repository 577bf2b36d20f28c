"""A photograph that cannot be decoded is refused with its cause, the same wherever it is told."""

import functools
import json

import cv2
import numpy as np
import pytest
from conftest import SMALL, SOUND_HZ, as_photo, draw_fringe

from groovescan.config.settings import PhotoSettings
from groovescan.core.causes import Cause
from groovescan.errors import GrooveNotFoundError
from groovescan.photo import as_photograph
from groovescan.pipeline import Stages
from groovescan.pipeline.inspect_photograph import inspect
from groovescan.simulate import make_sound, simulate
from groovescan.simulate.model.picture import halftone, joined


def printed(image):
    """A large print of it."""
    large = cv2.resize(image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    return np.round(255 * halftone(large / np.float32(255), 5.5, 0.4)).astype(np.uint8)


def parted(image, away_px):
    """The part beyond a chord, laid so many px further right and down."""
    return joined(image, ((60.0, 0.3, *away_px),))


def from_aside(image, change):
    """The scale changes by so much from the middle to the edge of the picture."""
    rows, columns = image.shape
    to_middle = np.array([[1, 0, -columns / 2], [0, 1, -rows / 2], [0, 0, 1]])
    aslant = np.array([[1, 0, 0], [0, 1, 0], [2 * change / columns, 0, 1]])
    view = np.linalg.inv(to_middle) @ aslant @ to_middle
    return cv2.warpPerspective(image, view, (columns, rows), borderMode=cv2.BORDER_REPLICATE)


def without_sector(image, degrees):
    y, x = np.indices(image.shape) - np.array(image.shape)[:, None, None] / 2
    gone = np.mod(np.arctan2(-y, x) - 0.3, 2 * np.pi) < np.radians(degrees)
    return np.where(gone, np.uint8(220), image)


def picture_of(cause, image, rng):
    """A photograph that is refused for a cause, of a small disc or drawn anew."""
    drawn = {
        Cause.NO_LINES: lambda: np.full((500, 500), 128, np.uint8),
        Cause.CLIPPED: lambda: np.full((500, 500), 255, np.uint8),
        Cause.NOT_RESOLVED: lambda: cv2.resize(
            image, None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA
        ),
        Cause.PART: lambda: np.ascontiguousarray(image[:, : image.shape[1] // 2]),
        Cause.SECTOR: lambda: without_sector(image, 240),
        Cause.SCREEN: lambda: printed(image),
        Cause.RINGS: lambda: as_bytes(draw_fringe(rng, arms=0)),
        Cause.TWO_GROOVES: lambda: as_bytes(draw_fringe(rng, arms=2)),
        Cause.SEAM: lambda: parted(image, (14, 40)),
        Cause.TILT: lambda: from_aside(image, 0.25),
        Cause.STRAYS: lambda: as_bytes(draw_fringe(rng, arms=3)),
    }
    return drawn[cause]()


def as_bytes(photo):
    everything = slice(None, None)
    light = photo.window(everything, everything)
    return np.round(255 * np.clip(light, 0, 1)).astype(np.uint8)


def refused(photo, dpi=0.0):
    if isinstance(photo, np.ndarray):
        photo = as_photograph(photo, PhotoSettings(dpi=dpi))
    with pytest.raises(GrooveNotFoundError) as caught:
        _ = Stages(photo).reading
    return caught.value


@pytest.fixture(scope="module")
def told(disc):
    """What is said of the picture of a cause."""

    @functools.cache
    def say(cause):
        rng = np.random.default_rng(20240607)
        return refused(picture_of(cause, disc("plain").image, rng))

    return say


def test_part_of_a_disc_is_called_so_with_its_share(told):
    error = told(Cause.PART)
    assert (error.cause, error.exit_code) == (Cause.PART.word, 4)
    assert "of each turn about 50 %" in str(error)


def test_a_printed_picture_is_called_a_screen(told):
    assert "5.5 px apart" in str(told(Cause.SCREEN))


def test_too_few_dpi_are_told_with_those_that_are_needed(rng):
    error = refused(rng.integers(0, 256, (600, 600), dtype=np.uint8), dpi=200)
    assert error.cause == Cause.NOT_RESOLVED.word
    assert "at the 200 dpi" in str(error)
    assert "500 dpi are needed" in str(error)


# What is drowned by noise has been followed first: `test_resolution` tells of that.
@pytest.mark.parametrize(
    "cause", [cause for cause in Cause if cause is not Cause.NOISE], ids=lambda cause: cause.name
)
def test_every_cause_is_told_of_a_picture(told, cause):
    error = told(cause)
    assert error.cause == cause.word
    assert str(error).endswith(cause.advice)
    assert error.exit_code == 4


@pytest.mark.parametrize("away_px", [(-30, -20), (60, 0)])
def test_a_seam_is_told_with_its_px(disc, away_px):
    error = refused(parted(disc("plain").image, away_px))
    assert error.cause == Cause.SEAM.word
    told = float(str(error).split(" px apart")[0].split()[-1])
    assert told == pytest.approx(np.hypot(*away_px), rel=0.15)


def test_a_tilt_is_told_with_its_change_of_scale(told):
    assert 15 <= float(str(told(Cause.TILT)).split("changes by ")[1].split(" %")[0]) <= 25


def test_a_missing_sector_is_told_with_what_is_left_of_each_turn(told):
    share = float(str(told(Cause.SECTOR)).split("each turn about ")[1].split(" %")[0])
    assert share == pytest.approx(100 * (1 - 240 / 360), abs=5)


def test_land_that_is_white_to_the_limit_is_no_cause():
    """The groove is dark on a film that is all white: it is read, and nothing is called clipped."""
    white = SMALL.replace(film_transmission=1.0, clouds=0.0, bones=0, light=1.0, contrast=0.6)
    sound = make_sound(6.0, SOUND_HZ, np.random.default_rng(5))
    image = simulate(sound, SOUND_HZ, white).image.astype(float)
    image = np.clip(image * 1.1, 0, 255).astype(np.uint8)
    assert np.mean(image == 255) > 0.3
    inspection = inspect(image)
    assert inspection.refusal is None
    assert not any("to the limit" in advice for advice in inspection.advice)


def test_decode_collection_and_look_say_the_same(disc, rng, run, tmp_path):
    """In the same words: what was found, and what to do."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    causes = (Cause.RINGS, Cause.SEAM)
    for cause in causes:
        cv2.imwrite(str(folder / f"{cause.name}.png"), picture_of(cause, disc("plain").image, rng))
    ended = run("batch", folder, "--output", tmp_path / "sounds", "--jobs", 1)
    assert ended.code == 7
    records = json.loads((tmp_path / "sounds" / "summary.json").read_text(encoding="utf-8"))
    for cause in causes:
        photo = folder / f"{cause.name}.png"
        decoded, seen = run("decode", photo), run("inspect", photo, "--json")
        assert (decoded.code, seen.code) == (4, 4)
        told = json.loads(seen.out)
        assert told["cause"] == cause.word
        said = told["refusal"]
        assert said.endswith(cause.advice)
        assert " ".join(said.split()) in " ".join(decoded.err.split())
        (row,) = [one for one in records["photographs"] if one["photograph"] == str(photo)]
        assert (row["cause"], row["reason"]) == (cause.word, said)


@pytest.mark.parametrize(
    ("light", "cause"), [(0.5, Cause.NO_LINES), (1.0, Cause.CLIPPED), (0.0, Cause.CLIPPED)]
)
def test_a_picture_without_lines_is_called_so(light, cause):
    assert refused(as_photo(np.full((500, 500), light))).cause == cause.word


def test_a_look_tells_what_a_decode_tells(rng):
    photo = draw_fringe(rng, arms=0)
    error, inspection = refused(photo), inspect(photo)
    assert (inspection.refusal, inspection.cause) == (str(error), error.cause)
    assert inspection.advice[0] == Cause.RINGS.advice
    assert Cause.RINGS.advice in str(error)


def test_every_cause_has_a_word_and_advice_of_its_own():
    assert len({cause.word for cause in Cause}) == len({cause.advice for cause in Cause})
    assert all(cause.advice.endswith(".") for cause in Cause)
