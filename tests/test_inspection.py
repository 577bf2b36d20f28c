"""Looking at a photograph before it is decoded: what is found, what is advised, what is said."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
import tifffile
from conftest import CONDITIONS, as_photo, draw_fringe

import groovescan
from groovescan import reporting as show
from groovescan.config.settings import Settings
from groovescan.core.quality import PredictedQuality
from groovescan.core.results import Photograph
from groovescan.photo.formats import stated_dpi
from groovescan.quality import expected_verdict
from groovescan.wording import facts as words
from groovescan.wording.advice import advise


@pytest.fixture(scope="session")
def seen(disc):
    """Inspections of the simulated discs, by the name of their condition."""
    done = {}

    def get(name):
        if name not in done:
            settings = Settings().replace(disc={"start": CONDITIONS[name].start})
            done[name] = groovescan.inspect(disc(name).image, settings)
        return done[name]

    return get


@pytest.fixture(scope="session")
def refused():
    """Rings instead of a groove, and what is said of them."""
    photo = draw_fringe(np.random.default_rng(3), arms=0)
    return photo, groovescan.inspect(photo)


@pytest.fixture(scope="session")
def png(disc, tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "диск.png"
    path.write_bytes(cv2.imencode(".png", disc("plain").image)[1].tobytes())
    return path


@pytest.mark.parametrize("name", CONDITIONS)
def test_it_tells_what_the_truth_tells(seen, disc, name):
    found, truth = seen(name), CONDITIONS[name]
    groove_map = found.groove_map
    assert found.refusal is None
    assert groove_map.camera.centre_px == pytest.approx(truth.centre_px, abs=1.0)
    assert groove_map.pitch_px == pytest.approx(truth.pitch_mm / truth.mm_per_px, rel=0.01)
    assert groove_map.turns == pytest.approx(disc(name).turns, abs=1.0)
    assert groove_map.direction == (-1 if truth.mirrored else 1)
    assert found.expected_s == pytest.approx(disc(name).turns * truth.seconds_per_turn, abs=0.8)


@pytest.mark.parametrize("name", ["plain", "through"])
def test_it_predicts_how_well_the_groove_will_be_read(seen, decoded, name):
    assert seen(name).resolution.snr_db == pytest.approx(decoded(name).resolution.snr_db, abs=2)


def test_contrast_that_flips_is_told_from_contrast_that_does_not(seen):
    assert seen("plain").flipped < 0.01
    assert np.nanmedian(seen("plain").contrast) < 0
    assert seen("inner flip").flipped > 0.05


def test_the_photograph_stays_as_it_is(disc):
    photo = as_photo(disc("plain").image)
    before = photo.luminance.copy()
    groovescan.inspect(photo)
    assert (photo.luminance == before).all()


NOISY = PredictedQuality(snr_db=1.0, displacement_snr_db=9.0, intelligibility=0.6, shortage=1.5)


@pytest.mark.parametrize(
    ("changes", "resolution", "said"),
    [
        ({}, {"pitch_px": 3.2}, "Higher resolution"),
        ({}, {"sharpness": 0.1}, "Refocus"),
        ({"predicted": NOISY}, {}, "More light"),
        ({}, {"contrast": 0.01}, "More contrast"),
        ({"clipped": 0.1}, {}, "exposure"),
        ({"bend_px": 3.0}, {}, "curled"),
        ({"dpi": 3000.0}, {}, "dpi"),
        ({"contrast": np.r_[np.full(50, np.nan), np.full(50, -0.1)]}, {}, "whole groove"),
        ({"contrast": np.r_[np.full(50, -0.01), np.full(50, -0.1)]}, {}, "even light"),
    ],
)
def test_advice_names_what_falls_short_and_nothing_else(seen, changes, resolution, said):
    good = seen("plain")
    assert advise(good) == ()
    bad = dataclasses.replace(
        good, resolution=dataclasses.replace(good.resolution, **resolution), **changes
    )
    told = advise(bad)
    assert len(told) == 1
    assert said in told[0]


@pytest.mark.parametrize(
    ("changes", "told", "said"),
    [
        ({}, {}, ""),
        ({"predicted": None}, {}, "too little of the groove"),
        ({"predicted": NOISY}, {}, "much noise is to be expected: 1 dB"),
        (
            {"predicted": dataclasses.replace(NOISY, snr_db=-3.0)},
            {},
            "louder than the sound (-3 dB",
        ),
        ({"contrast": np.r_[np.full(50, np.nan), np.full(50, -0.1)]}, {}, "50 % of the groove"),
        ({"contrast": np.r_[np.full(5, np.nan), np.full(95, -0.1)]}, {}, ""),
        ({"clipped": 0.3}, {}, "30 % of the groove is black or white"),
        ({"discs": 2}, {}, "another disc"),
        ({"discs": 3}, {}, "2 other discs"),
        ({"discs": 3, "disc": 2}, {}, ""),
        ({}, {"smoothed": True}, "noise was taken out"),
        ({}, {"wow_percent": 0.3}, "swing by 0.3 %"),
        ({}, {"wow_percent": 0.1}, ""),
    ],
)
def test_the_verdict_to_expect_names_what_makes_it_doubtful(seen, changes, told, said):
    verdict = expected_verdict(dataclasses.replace(seen("plain"), **changes), **told)
    assert verdict.word == ("doubtful" if said else "good")
    assert len(verdict.reasons) == bool(said)
    assert said in verdict.line


def test_the_verdict_of_a_refused_photograph_says_why_and_leaves_the_remedy_to_the_advice(refused):
    found = refused[1]
    assert found.verdict.word == "refused"
    assert found.remedy
    assert found.remedy not in found.verdict.line
    assert found.verdict.reasons[0] in found.refusal
    table, numbers = words.inspection_table(found), words.inspection_numbers(found)
    assert table.startswith("verdict     refused: ")
    assert (numbers["verdict"], numbers["doubts"]) == ("refused", list(found.verdict.reasons))


def test_a_refused_photograph_gives_a_reason_a_picture_and_advice(refused):
    photo, found = refused
    assert "no spiral" in found.refusal
    assert found.groove_map is None
    assert found.flipped == found.expected_s == 0
    assert len(found.waves.contrast)
    assert len(found.advice) == 1
    figure = show.inspection_figure(photo, found)
    told = [text.get_text().replace("\n", " ") for text in figure.texts]
    assert "no groove can be read" in told[0]
    assert any(found.refusal[1:60] in text for text in told)  # one look says why


@pytest.mark.parametrize("shape", [(1, 1), (40, 60), (300, 200)])
def test_an_empty_photograph_is_refused_and_drawn(shape):
    photo = Photograph(luminance=np.full(shape, 0.5, np.float32))
    found = groovescan.inspect(photo)
    assert found.refusal
    assert found.cause in ("no lines", "clipped")
    show.inspection_figure(photo, found).savefig(show.embed.io.BytesIO())


def test_the_table_and_the_numbers_say_the_same(seen):
    found = seen("through")
    table, numbers = words.inspection_table(found), words.inspection_numbers(found)
    assert json.loads(json.dumps(numbers)) == numbers
    assert f"{numbers['groove']['pitch_px']:.2f} px" in table
    assert numbers["groove"]["mirrored"]
    assert "mirrored" in table


def test_the_command_prints_a_table_and_draws_a_figure(run, png, tmp_path):
    figure = tmp_path / "рисунок.png"
    ended = run("inspect", png, "--figure", figure)
    assert ended.code == 0
    assert ended.out.splitlines()[0].split() == ["verdict", "good"]
    for fact in ("centre", "pitch", "turns", "direction", "predicted", "bandwidth", "advice"):
        assert f"\n{fact} " in ended.out
    assert cv2.imdecode(np.fromfile(figure, np.uint8), cv2.IMREAD_COLOR).shape[1] > 1000
    assert run("inspect", png, "--figure", figure).code == 6


def test_the_command_speaks_json(run, png):
    ended = run("inspect", png, "--json", "--rpm", "39")
    numbers = json.loads(ended.out)
    assert numbers["photograph"] == "диск.png"
    assert numbers["decodable"]
    assert numbers["groove"]["expected_s"] == pytest.approx(
        numbers["groove"]["turns"] * 60 / 39, rel=1e-6
    )


def test_the_command_ends_with_the_code_of_a_refusal(run, refused, tmp_path):
    path, figure = tmp_path / "rings.png", tmp_path / "seen.png"
    grey = (255 * refused[0].luminance.clip(0, 1)).astype(np.uint8)
    path.write_bytes(cv2.imencode(".png", grey)[1].tobytes())
    ended = run("inspect", path, "--figure", figure)
    assert ended.code == 4
    assert "advice" in ended.out
    assert figure.stat().st_size > 10000
    assert not json.loads(run("inspect", path, "--json").out)["decodable"]


@pytest.mark.parametrize("name", ["seen.txt", "missing/seen.png"])
def test_a_figure_that_cannot_be_is_refused_at_once(run, png, tmp_path, name):
    assert run("inspect", png, "--figure", tmp_path / name).code == 2


def test_a_figure_never_replaces_the_photograph(run, png):
    before = png.read_bytes()
    assert run("inspect", png, "--figure", png, "--force").code == 2
    assert png.read_bytes() == before


def test_the_report_is_written_beside_the_sound(run, png, tmp_path):
    sound = tmp_path / "звук.wav"
    ended = run("decode", png, "-o", sound, "--report", "--rpm", "77.5")
    assert ended.code == 0
    text = (tmp_path / "звук.html").read_text(encoding="utf-8")
    assert "decode &#39;диск.png&#39; -o again.wav --settings &#39;звук.json&#39; --report" in text
    assert "rpm = 77.5" in text
    assert str(tmp_path / "звук.html") in ended.out


def test_a_report_is_never_replaced_unasked(run, png, tmp_path):
    (tmp_path / "a.html").write_text("mine", encoding="utf-8")
    assert run("decode", png, "-o", tmp_path / "a.wav", "--report").code == 6
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "a.wav").exists()


def _with_phys(per_metre, unit=1):
    import struct
    import zlib

    data = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, unit)
    return data[:33] + struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


@pytest.mark.parametrize(
    ("per_metre", "unit", "dpi"),
    [(47244, 1, 1200), (2835, 1, None), (47244, 0, None), (0, 1, None)],
)
def test_png_states_its_dpi(tmp_path, per_metre, unit, dpi):
    path = tmp_path / "a.png"
    path.write_bytes(_with_phys(per_metre, unit))
    assert stated_dpi(path) == (dpi and pytest.approx(dpi, abs=0.1))
    assert groovescan.read_photograph(path).dpi == stated_dpi(path)


@pytest.mark.parametrize(
    ("resolution", "unit", "dpi"),
    [(2400, "INCH", 2400), (400, "CENTIMETER", 1016), (1, "NONE", None)],
)
def test_tiff_states_its_dpi(tmp_path, resolution, unit, dpi):
    path = tmp_path / "a.tif"
    options = {"resolution": (resolution, resolution), "resolutionunit": unit}
    tifffile.imwrite(path, np.zeros((9, 9), np.uint8), **options)
    assert stated_dpi(path) == (dpi and pytest.approx(dpi, abs=0.1))


@pytest.mark.parametrize(("unit", "value", "dpi"), [(1, 600, 600), (2, 100, 254), (0, 600, None)])
def test_jpeg_states_its_dpi(tmp_path, unit, value, dpi):
    data = bytearray(cv2.imencode(".jpg", np.zeros((9, 9), np.uint8))[1].tobytes())
    data[13:18] = bytes([unit]) + value.to_bytes(2, "big") * 2
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(data))
    assert stated_dpi(path) == (dpi and pytest.approx(dpi, abs=0.1))


def test_a_file_that_states_nothing_or_nonsense_has_no_dpi(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(_with_phys(47244)[:45])
    assert stated_dpi(path) is None
