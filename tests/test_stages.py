"""Stages keep what did not change, and give what a decode gives."""

import contextlib
import gc

import numpy as np
import pytest

import groovescan
from groovescan.config.settings import Settings, SoundSettings
from groovescan.core.memo import Memo
from groovescan.core.photograph import Photograph
from groovescan.errors import GrooveNotFoundError, SettingsError
from groovescan.pipeline import Stages

LAST = {"sound": {"eq": "500N-13.7"}}


@pytest.fixture(scope="module")
def stages(disc):
    done = Stages(disc("plain").image, Settings())
    assert done.decoded
    return done


def redone(stages, **changes):
    """Names of the stages that a change does again."""
    stages.memo.start_anew()
    assert stages.replace(**changes).decoded
    return set(stages.memo.done)


def test_they_give_what_a_decode_gives(stages, decoded):
    np.testing.assert_array_equal(
        stages.decoded.waveform.samples, decoded("plain").waveform.samples
    )
    assert stages.decoded.settings == Settings()
    assert stages.decoded.reading is stages.reading


#: What is told of the quality by the curve, and by the speed.
CURVE = {"predict", "quality_of"}
SPEED = {"moments_of", "shared_by_turns", "find_carrier", "better_carrier"}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({}, set()),
        ({"sound": {"level": "gain", "gain_db": 3.0}}, {"play"}),
        ({"sound": {"restore": True}}, {"play", "declick", "speed", "to_track"}),
        (LAST, {"play", "transfer", *CURVE}),
        ({"sound": {"linear_phase": True, "bits": "16"}}, {"play", "transfer"}),
        # speed tells the frequencies that can be read, but not where the groove is
        (
            {"sound": {"rpm": 70.0}},
            {"predict_resolution", "play", "to_track", "spectra", "transfer", *CURVE, *SPEED},
        ),
        ({"sound": {"weigh": False}}, {"play", "as_asked", "to_track", "transfer", "quality_of"}),
    ],
)
def test_a_change_does_again_only_what_it_goes_into(stages, changes, again):
    assert redone(stages, **changes) == again


def test_a_change_of_the_reading_leaves_the_map(stages):
    again = redone(stages, groove={"iterations": 2})
    assert {"read", "repair", "play"} <= again
    assert not again & {"as_photograph", "locate", "map_groove", "align", "refine_map"}


def test_a_changed_sound_is_the_one_of_a_decode_from_the_start(stages, disc):
    changed = stages.replace(**LAST).decoded
    anew = groovescan.decode(disc("plain").image, Settings().replace(**LAST))
    np.testing.assert_array_equal(changed.waveform.samples, anew.waveform.samples)
    assert changed.account.octaves.bandwidth_hz == anew.account.octaves.bandwidth_hz
    assert not np.array_equal(changed.waveform.samples, stages.decoded.waveform.samples)


def test_another_photograph_is_not_taken_for_the_same(stages, disc):
    # an array that is equal may be changed by its owner the next moment
    other = Stages(disc("plain").image.copy(), Settings(), stages.memo)
    assert other.photograph is not stages.photograph


def test_files_arrays_and_photographs_are_taken(disc, tmp_path):
    import cv2

    name = tmp_path / "диск.png"
    name.write_bytes(cv2.imencode(".png", disc("plain").image)[1].tobytes())
    from_file = Stages(name)
    assert from_file.photograph.name == "диск.png"
    assert from_file.photograph is from_file.photograph
    assert Stages(from_file.photograph).photograph is from_file.photograph
    np.testing.assert_array_equal(
        Stages(str(name)).photograph.luminance, Stages(disc("plain").image).photograph.luminance
    )


def test_an_error_is_not_kept(disc):
    small = Stages(disc("plain").image[:300, :300])
    for _ in range(2):
        small.memo.start_anew()
        with pytest.raises(GrooveNotFoundError):
            assert small.groove_map
    with pytest.raises(SettingsError, match="no recording curve"):
        assert small.replace(sound={"eq": "nonsense"}).decoded


def test_memory_is_bounded_and_the_last_is_kept():
    memo, given = Memo(depth=2), []

    def stage(number, *, scale=1):
        given.append(number)
        return [number * scale]

    first = memo(stage, 1)
    assert memo(stage, 1) is first
    memo(stage, 2)
    assert memo(stage, 1) is first  # used again: now 2 is the oldest
    memo(stage, 3)
    assert memo(stage, 1) is first
    memo(stage, 2)
    assert given == [1, 2, 3, 2]
    assert memo(stage, 1, scale=2) == [2]
    memo.forget()
    assert memo(stage, 1) is not first


def test_what_is_equal_and_what_is_the_same():
    memo, asked = Memo(depth=3), []

    def stage(value):
        asked.append(value)
        return len(asked)

    assert memo(stage, SoundSettings(rpm=45)) == memo(stage, SoundSettings(rpm=45.0))
    assert memo(stage, SoundSettings(rpm=78)) == 2
    assert memo(stage, 1) != memo(stage, True)
    array = np.zeros(3)
    assert memo(stage, array) == memo(stage, array)
    assert memo(stage, array) != memo(stage, array.copy())


@pytest.mark.parametrize("depth", [0, -1, 1.5, True, None])
def test_a_memory_has_a_size(depth):
    with pytest.raises(SettingsError, match="depth"):
        Memo(depth)


@pytest.mark.parametrize("lost", [False, True])
def test_a_decode_leaves_nothing_that_only_holds_itself(disc, lost):
    """Else large arrays would stay until Python looks for cycles, and memory would grow."""
    image = disc("plain").image
    if lost:
        image = np.full_like(image, 128)
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        with contextlib.suppress(groovescan.GroovescanError):
            groovescan.decode(image)
        gc.collect()
        left = [each for each in gc.garbage if isinstance(each, np.ndarray | Memo | Photograph)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert left == []


def test_a_stage_that_tells_how_far_it_is_is_remembered_as_any_other():
    heard = []

    def counted(value, *, advance=lambda done: None):
        advance(0.5)
        return value + 1

    memo = Memo(advance=lambda name, done: heard.append((name, done)))
    assert memo(counted, 1) == memo(counted, 1) == 2
    assert heard == [("counted", 0.5)]
    assert Memo()(counted, 1) == 2
    assert memo(sum, [1, 2]) == 3  # which tells nothing
