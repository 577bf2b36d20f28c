"""Sound files as other programs read them."""

import struct
from datetime import datetime

import mutagen
import numpy as np
import pytest
import soundfile
import wavinfo

from groovescan.core.account import Cue
from groovescan.core.results import Waveform
from groovescan.errors import OutputExistsError, SettingsError
from groovescan.sound import difference, to_steps, write_sound
from groovescan.sound.files.bext import Origin, to_ascii

ORIGIN = Origin(
    description="Transfer of a disc read from its photograph disc.tif.",
    originator="Sound archive",
    reference="disc-0001",
    made=datetime(2024, 2, 29, 23, 59, 58),
    umid=bytes(range(16)),
    history=("A=ANALOGUE,M=mono,T=disc; 78 rpm", "A=PCM,F=48000,W=24,M=mono,T=groovescan"),
)


@pytest.fixture
def waveform(rng):
    return Waveform(samples=rng.uniform(-0.9, 0.9, 5001).astype(np.float32), rate_hz=96000)


def written(path, waveform, bits, **options):
    steps = to_steps(waveform, bits, np.random.default_rng(3))
    return steps, write_sound(path, steps, waveform.rate_hz, bits, ORIGIN, **options)


@pytest.mark.parametrize(
    ("bits", "subtype"), [("16", "PCM_16"), ("24", "PCM_24"), ("32f", "FLOAT")]
)
@pytest.mark.parametrize("limit", [2**32 - 1, 1000])
def test_others_read_the_samples(tmp_path, waveform, bits, subtype, limit):
    steps, path = written(tmp_path / "звук.wav", waveform, bits, riff_limit_bytes=limit)
    info = soundfile.info(path)
    assert (info.format, info.subtype) == ("RF64" if limit == 1000 else "WAV", subtype)
    assert (info.samplerate, info.channels, info.frames) == (96000, 1, 5001)
    if bits == "32f":
        np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], steps)
    else:
        read = soundfile.read(path, dtype="int32")[0] >> (32 - int(bits))
        np.testing.assert_array_equal(read, steps)
        tolerance = 2 / 2**15 if bits == "16" else 1 / 2**23
        assert np.abs(soundfile.read(path)[0] - waveform.samples).max() < tolerance


@pytest.mark.parametrize("limit", [2**32 - 1, 1000])
def test_the_broadcast_chunk_as_wavinfo_reads_it(tmp_path, waveform, limit):
    _, path = written(tmp_path / "a.wav", waveform, "24", riff_limit_bytes=limit)
    info = wavinfo.WavInfoReader(str(path))
    assert (info.fmt.sample_rate, info.fmt.bits_per_sample, info.fmt.channel_count) == (
        96000,
        24,
        1,
    )
    assert info.data.frame_count == 5001
    bext = info.bext
    assert bext.version == 1
    assert bext.description == ORIGIN.description
    assert (bext.originator, bext.originator_ref) == ("Sound archive", "disc-0001")
    assert (bext.originator_date, bext.originator_time) == ("2024-02-29", "23:59:58")
    assert bext.time_reference == 0
    assert bext.coding_history == "".join(f"{line}\r\n" for line in ORIGIN.history)
    assert bext.umid[:13].hex() == "060a2b34010101050101082013"
    assert bext.umid[16:32] == bytes(range(16))
    assert bext.umid[32:] == bytes(32)


def test_the_broadcast_chunk_comes_before_the_sound_and_all_lengths_are_right(tmp_path, waveform):
    _, path = written(tmp_path / "a.wav", waveform, "24")
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    place, names = 12, []
    while place < len(data):
        name, length = struct.unpack("<4sI", data[place : place + 8])
        names.append(name)
        place += 8 + length + length % 2
    assert names == [b"JUNK", b"bext", b"fmt ", b"data"]
    assert place == len(data)


def test_large_files_have_their_lengths_in_64_bits(tmp_path, waveform):
    _, path = written(tmp_path / "a.wav", waveform, "24", riff_limit_bytes=15000)
    data = path.read_bytes()
    assert data[:8] == b"RF64\xff\xff\xff\xff"
    total, sound, samples, table = struct.unpack("<QQQI", data[20:48])
    assert (total, sound, samples, table) == (len(data) - 8, 3 * 5001, 5001, 0)


def test_what_is_not_ascii_is_written_so_that_all_can_read_it(tmp_path, waveform):
    assert to_ascii("Łódź, é, диск — ok") == "Lodz, e, disk - ok"
    assert to_ascii("диск\udcff.png") == "disk?.png"  # a name that is no text
    origin = Origin(
        **{
            **vars(ORIGIN),
            "originator": "Музей звука, архив граммпластинок",
            "description": "é" * 300,
        }
    )
    steps = to_steps(waveform, "24", np.random.default_rng(0))
    path = write_sound(tmp_path / "a.wav", steps, 48000, "24", origin)
    bext = wavinfo.WavInfoReader(str(path)).bext
    assert bext.originator == "Muzey zvuka, arkhiv grammplastinok"[:32]
    assert bext.description == "e" * 256


@pytest.mark.parametrize("bits", ["16", "24"])
def test_flac_has_tags(tmp_path, waveform, bits):
    steps, path = written(tmp_path / "a.FLAC", waveform, bits)
    read = soundfile.read(path, dtype="int32")[0] >> (32 - int(bits))
    np.testing.assert_array_equal(read, steps)
    file = mutagen.File(path)
    assert (file.info.sample_rate, file.info.bits_per_sample) == (96000, int(bits))
    assert file["title"] == ["disc-0001"]
    assert file["artist"] == ["Sound archive"]
    assert file["date"] == ["2024-02-29T23:59:58"]
    for line in (ORIGIN.description, *ORIGIN.history):
        assert line in file["comment"][0]


@pytest.mark.parametrize(
    ("name", "bits", "message"),
    [
        ("a.flac", "32f", "FLAC holds whole numbers only"),
        ("a.mp3", "24", "end in .wav, or in .flac"),
    ],
)
def test_files_that_cannot_be(tmp_path, waveform, name, bits, message):
    with pytest.raises(SettingsError, match=message):
        written(tmp_path / name, waveform, bits)
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_kept(tmp_path, waveform):
    (tmp_path / "a.wav").write_bytes(b"former")
    with pytest.raises(OutputExistsError):
        written(tmp_path / "a.wav", waveform, "24")
    assert (tmp_path / "a.wav").read_bytes() == b"former"
    written(tmp_path / "a.wav", waveform, "24", force=True)
    assert soundfile.info(tmp_path / "a.wav").frames == 5001


@pytest.mark.parametrize("count", [0, 1, 2, (1 << 20) + 1])
def test_any_length(tmp_path, count):
    waveform = Waveform(samples=np.full(count, 0.25, np.float32), rate_hz=44100)
    steps, path = written(tmp_path / "a.wav", waveform, "24")
    read = soundfile.read(path, dtype="int32")[0] >> 8
    np.testing.assert_array_equal(read, steps)
    assert path.stat().st_size % 2 == 0


def test_dither_makes_the_error_a_noise_that_does_not_know_the_sound():
    quiet = 0.7 * np.sin(np.arange(200000) / 50) / 2**15  # less than a step
    waveform = Waveform(samples=quiet.astype(np.float32), rate_hz=48000)
    steps = to_steps(waveform, "16", np.random.default_rng(0))
    error = steps - quiet * 2**15
    # the sine is still there, and the error has the power of triangular dither and of rounding
    assert np.polyfit(quiet * 2**15, steps, 1)[0] == pytest.approx(1.0, abs=0.02)
    assert np.var(error) == pytest.approx(2 / 12 + 1 / 12, rel=0.02)
    assert abs(np.corrcoef(np.abs(quiet), error**2)[0, 1]) < 0.02


def test_silence_is_not_dithered():
    silent = Waveform(samples=np.zeros(1000, np.float32), rate_hz=48000)
    assert not to_steps(silent, "16", np.random.default_rng(0)).any()


@pytest.mark.parametrize("bits", ["16", "24", "32f"])
def test_full_scale_is_clipped_where_it_must(bits):
    loud = Waveform(samples=np.array([1.5, -1.5, 0.5], np.float32), rate_hz=48000)
    steps = to_steps(loud, bits, np.random.default_rng(0))
    if bits == "32f":
        np.testing.assert_array_equal(steps, loud.samples)
    else:
        full = 2 ** (int(bits) - 1)
        np.testing.assert_array_equal(steps[:2], [full - 1, -full])


@pytest.mark.parametrize("bits", ["16", "24"])
def test_the_part_and_the_difference_make_the_whole(rng, bits):
    full = 2 ** (int(bits) - 1)
    whole, part = rng.integers(-full // 2, full // 2, (2, 5000), dtype=np.int32)
    np.testing.assert_array_equal(part + difference(whole, part, bits), whole)
    # the largest that there can be does not wrap round
    ends = np.array([full - 1, -full], np.int32)
    np.testing.assert_array_equal(difference(ends, ends[::-1], bits), ends)


CUES = (
    Cue(start_s=0.0, length_s=0.02, label="Cut 1"),
    Cue(start_s=0.03, length_s=0.0155, label="Сторона 2"),
)


@pytest.mark.parametrize("limit", [2**32 - 1, 1000])
def test_cue_points_as_wavinfo_reads_them(tmp_path, waveform, limit):
    _, path = written(tmp_path / "a.wav", waveform, "24", riff_limit_bytes=limit, cues=CUES)
    cues = wavinfo.WavInfoReader(str(path), info_encoding="utf-8").cues
    assert [cue.position for cue in cues.cues] == [0, 2880]
    assert [label.text for label in cues.labels] == ["Cut 1", "Сторона 2"]
    assert [region.length for region in cues.ranges] == [1920, 1488]
    # players that know no cue points read the same sound
    assert soundfile.info(path).frames == 5001


def test_all_lengths_are_right_with_cue_points(tmp_path, waveform):
    _, path = written(tmp_path / "a.wav", waveform, "24", cues=CUES)
    data, at, names = path.read_bytes(), 12, []
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    while at < len(data):
        name, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        names.append(name)
        at += 8 + length + length % 2
    assert at == len(data)
    assert names[-3:] == [b"data", b"cue ", b"LIST"]


def test_flac_has_its_chapters_in_the_comment(tmp_path, waveform):
    _, path = written(tmp_path / "a.flac", waveform, "24", cues=CUES)
    comment = mutagen.File(path)["comment"][0]
    assert comment.splitlines()[-2:] == ["0:00.000 Cut 1", "0:00.030 Сторона 2"]


def test_a_cue_that_no_file_can_point_to_is_left_out(tmp_path, waveform):
    far = (*CUES, Cue(start_s=1e6, length_s=1.0, label="far"))
    _, path = written(tmp_path / "a.wav", waveform, "24", cues=far)
    assert len(wavinfo.WavInfoReader(str(path)).cues.cues) == 2
