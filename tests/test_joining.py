"""Several photographs of one disc: where each lies, one reading, and what is wrong is said."""

import json
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
from conftest import CONDITIONS, ROOT, SOUND_HZ

import groovescan
from groovescan.config.settings import Settings
from groovescan.core.results import Camera
from groovescan.errors import GrooveNotFoundError, PhotographError
from groovescan.joining.placements import Placement, map_in_photograph, placed_anew
from groovescan.joining.registration.arc_matching import ArcMatch, matches_of
from groovescan.joining.registration.arcs import arcs_of
from groovescan.joining.registration.numbering import groups_of, numbered
from groovescan.joining.registration.programme_rows import Programmes
from groovescan.photo import as_photograph
from groovescan.pipeline import stages_of
from groovescan.pipeline.inspect_joined import inspect_joined
from groovescan.pipeline.joined_stages import JoinedStages
from groovescan.reporting import joined_figure
from groovescan.simulate import make_sound, simulate, write_simulation
from groovescan.wording.joined_facts import placed_facts, placed_numbers


def noisy(image, spread, rng):
    return np.clip(np.rint(image + spread * rng.standard_normal(image.shape)), 0, 255).astype("u1")


@pytest.fixture(scope="session")
def halves(disc):
    """A left and a right part of a disc, the second turned by half a turn."""
    image = disc("plain").image
    return image[:, :760].copy(), np.rot90(image[:, 440:], 2).copy()


@pytest.fixture(scope="session")
def of_halves(halves):
    return groovescan.decode(halves)


@pytest.fixture(scope="session")
def other_disc():
    sound = make_sound(6.0, SOUND_HZ, np.random.default_rng(77))
    return simulate(sound, SOUND_HZ, CONDITIONS["plain"].replace(seed=3)).image


@pytest.fixture(scope="session")
def score(scoring, disc, tmp_path_factory):
    """Scores of a decode of the plain disc."""
    place = tmp_path_factory.mktemp("truth") / "disc.png"
    truth = scoring.load_truth(write_simulation(disc("plain"), place)[1])
    return lambda result: scoring.score(result.waveform.samples, result.waveform.rate_hz, truth)


def test_two_halves_are_as_good_as_the_whole(score, decoded, of_halves):
    result, whole = score(of_halves), score(decoded("plain"))
    assert result.lost == 0
    assert result.snr_db > whole.snr_db - 0.3
    assert result.wow_percent < 0.1
    assert of_halves.reading.read_fraction > 0.98


def test_the_photographs_are_where_they_were(of_halves):
    first, second = of_halves.joined.photographs
    assert (second.turned_deg - first.turned_deg) % 360 == pytest.approx(180, abs=0.2)
    assert second.scale / first.scale == pytest.approx(1, abs=0.002)
    assert not first.mirrored
    assert not second.mirrored
    assert first.information_share + second.information_share == pytest.approx(1)
    assert of_halves.joined.across_px < 0.1
    assert of_halves.joined.missing == ()
    assert of_halves.joined.left_out == ()
    assert len(of_halves.joined.contradicting_turns) == 0


def test_a_second_photograph_lessens_the_noise(score, disc, rng):
    """Through the film, and of another brightness; the drawn noise is the same in both."""
    image = disc("plain").image
    front = noisy(image, 4, rng)
    back = np.fliplr(noisy(0.8 * image + 20, 4, rng))
    both = groovescan.decode([front, back], Settings().replace(sound={"keep_bad": True}))
    alone = groovescan.decode(front, Settings().replace(sound={"keep_bad": True}))
    found, one = score(both), score(alone)
    assert {photo.mirrored for photo in both.joined.photographs} == {False, True}
    assert found.lost == 0
    assert found.snr_db > one.snr_db + 1.2


def test_what_does_not_belong_is_named_and_left_out(halves, of_halves, other_disc):
    given = [*halves, halves[0].copy(), other_disc, np.full((300, 300), 99, np.uint8)]
    placed = stages_of(given, Settings()).placed
    assert {left.name[-2]: left.cause for left in placed.left_out} == {
        "3": "same",
        "4": "apart",
        "5": "no groove",
    }
    lie_as_two_halves(placed, of_halves.joined)


def test_the_order_does_not_matter(halves, of_halves):
    lie_as_two_halves(stages_of(halves[::-1], Settings()).placed, of_halves.joined)


def lie_as_two_halves(placed, joined):
    """Before anything is read they lie as they do at last, and the whole disc is shown."""
    turned = [photo.turned_deg for photo in placed.photographs]
    assert (turned[1] - turned[0]) % 360 == pytest.approx(180, abs=0.2)
    assert placed.photographs[1].scale / placed.photographs[0].scale == pytest.approx(1, abs=0.002)
    assert placed.across_px == pytest.approx(joined.across_px, abs=0.03)
    assert placed.along_px == pytest.approx(joined.along_px, abs=0.03)
    assert placed.missing == ()


@pytest.fixture(scope="session")
def three_quarters(disc):
    """Three corners of a disc, whose sound tells in which sense its spiral winds."""
    image = disc("plain").image
    parts = image[:840, :840], image[:840, 360:], image[360:, 360:]
    return [part.copy() for part in parts]


def test_a_missing_sector_is_told(three_quarters):
    result = groovescan.decode(three_quarters, Settings().replace(sound={"keep_bad": True}))
    turned = [photo.turned_deg for photo in result.joined.photographs]
    # what they are turned by is the error of the time, too: none were
    assert np.abs(np.angle(np.exp(1j * np.deg2rad(np.subtract(turned, turned[0]))))).max() < 2e-3
    (sector,) = result.joined.missing
    width = (sector.last_deg - sector.first_deg) % 360
    assert 20 < width < 45
    # of what the three show, nearly all is read
    assert result.reading.read_fraction > 0.97 * (1 - width / 360)


def test_one_that_is_left_alone_is_decoded_by_itself(disc, decoded):
    image = disc("plain").image
    result = groovescan.decode([image, image.copy()])
    assert np.array_equal(result.waveform.samples, decoded("plain").waveform.samples)
    assert [left.cause for left in result.joined.left_out] == ["same"]


def test_parts_that_do_not_overlap_are_refused(disc):
    image = disc("plain").image
    with pytest.raises(GrooveNotFoundError, match="no two of the photographs") as raised:
        groovescan.decode([image[:500, :500].copy(), image[700:, 700:].copy()])
    assert "overlap" in str(raised.value)


def test_stages_take_a_list(halves):
    stages = groovescan.Stages(halves)
    assert isinstance(stages, JoinedStages)
    assert stages.photos == tuple(halves)
    louder = stages.replace(sound={"eq": "500N-0"})
    assert louder.registration is stages.registration
    with pytest.raises(PhotographError):
        groovescan.Stages([], settings=Settings())


def test_no_photograph_is_refused():
    with pytest.raises(PhotographError):
        stages_of([], Settings())


def test_close_ups_need_not_show_the_centre(disc):
    """Their arcs are matched, and the turns are counted round the disc."""
    image, settings = disc("plain").image, Settings()
    corners = [image[:560, :700], image[:560, 500:]]
    arcs = [
        arc
        for number, part in enumerate(corners)
        for arc in arcs_of(as_photograph(part.copy(), settings.photo), number, settings.disc)
    ]
    matches = matches_of(arcs, Programmes(arcs))
    assert groups_of(2, arcs, matches) == [[0, 1]]
    numbers = numbered(arcs, matches, [0, 1])[0]
    apart = np.subtract(*(numbers.placements[k].camera.centre_px for k in (0, 1)))
    assert apart == pytest.approx([500, 0], abs=8)
    turned = numbers.placements[1].rotation_rad - numbers.placements[0].rotation_rad
    assert np.angle(np.exp(1j * turned)) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_placement_and_its_inverse(rng, mirrored):
    camera = Camera(
        centre_px=np.array([700.0, -120.0]),
        stretch=0.002,
        shear=-0.001,
        perspective=np.array([0.003, -0.002]),
        lens=0.004,
        middle_px=np.array([500.0, 400.0]),
        scale_px=500.0,
    )
    placement = Placement(camera=camera, rotation_rad=0.7, scale=1.3, mirrored=mirrored)
    disc = rng.uniform(100, 400, 50) * np.exp(1j * rng.uniform(-3, 3, 50))
    image = placement.in_image(disc)
    assert np.abs(placement.on_disc(image) - disc).max() < 1e-6
    _, by_terms = placement.on_disc_by_terms(image)
    step = np.zeros(9)
    step[2] = 1e-3
    moved = placement.with_vector(placement.vector + step).on_disc(image)
    assert np.abs(moved - disc - 1e-3 * by_terms[2]).max() < 1e-3
    near = placement.with_vector(placement.vector + 1e-3 * rng.standard_normal(9))
    assert np.abs(placed_anew(near, disc, image).in_image(disc) - image).max() < 1e-3


def test_a_map_in_a_photograph_runs_where_the_disc_s_does(decoded):
    groove_map = decoded("plain").groove_map
    placement = Placement(
        camera=Camera(centre_px=np.array([30.0, 40.0])), rotation_rad=1.1, scale=2.0, mirrored=True
    )
    here = map_in_photograph(groove_map, placement)
    turns = np.array([0.0, 1.3, 5.2])
    angle = groove_map.start_rad + groove_map.direction * 2 * np.pi * turns
    disc = np.array([200.0, 210.0, 240.0]) * np.exp(1j * angle)
    image_angle = here.start_rad + here.direction * 2 * np.pi * turns
    x = 30 + 2 * np.abs(disc) * np.cos(image_angle)
    y = 40 - 2 * np.abs(disc) * np.sin(image_angle)
    assert np.abs(placement.in_image(disc) - np.stack([x, y])).max() < 1e-9


def test_the_command_line_takes_several(run, halves, tmp_path):
    import cv2

    names = [tmp_path / "left half.png", tmp_path / "rechts ü.png"]
    for name, image in zip(names, halves, strict=True):
        name.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    ended = run("decode", *names, "-o", tmp_path / "disc.wav", "--report")
    assert ended.code == 0, ended.err
    assert "together" in ended.out
    held = json.loads((tmp_path / "disc.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "docs" / "sidecar.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(held, schema)
    assert [photo["name"] for photo in held["joined"]["photographs"]] == [n.name for n in names]
    assert [photo["name"] for photo in held["photograph"]["files"]] == [n.name for n in names]
    assert (tmp_path / "disc.html").stat().st_size > 10_000


def test_a_look_tells_how_photographs_lie_and_what_the_next_should_show(three_quarters):
    joined = inspect_joined(three_quarters)
    assert len(joined.photographs) == 3
    (sector,) = joined.missing
    # what lies below on the left, counted counter-clockwise from the right
    middle = sector.first_deg + ((sector.last_deg - sector.first_deg) % 360) / 2
    assert (middle - joined.photographs[0].turned_deg) % 360 == pytest.approx(225, abs=10)
    assert "photograph it there" in placed_facts(joined)["missing"]
    assert placed_numbers(joined)["missing_deg"] == [[sector.first_deg, sector.last_deg]]
    assert joined_figure(joined).axes


def test_the_command_line_looks_at_several(run, halves, tmp_path):
    import cv2

    names = [tmp_path / "one.png", tmp_path / "zwei ü.png"]
    for name, image in zip(names, halves, strict=True):
        name.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    ended = run("inspect", *names, "--figure", tmp_path / "seen.png")
    assert ended.code == 0, ended.err
    for word in ("one.png", "zwei ü.png", "turned by", "of each turn", "every part of the disc"):
        assert word in ended.out
    assert (tmp_path / "seen.png").stat().st_size > 10_000
    held = json.loads(run("inspect", *names, "--json").out)
    assert [photo["name"] for photo in held["photographs"]] == [name.name for name in names]
    assert held["missing_deg"] == []
    assert run("inspect", *names, "--figure", names[1], "--force").code == 2


def test_a_weak_match_does_not_count_turns_where_a_sure_one_will():
    """Of five photographs all round a disc a chance match of two is left out."""

    def match(one, other, turns, shift_rad, likely):
        return ArcMatch(
            one=one, other=other, turns=turns, shift_rad=shift_rad, mirrored=False,
            likely=likely, correlation=0.8,
        )  # fmt: skip

    camera = Camera(centre_px=np.zeros(2), middle_px=np.zeros(2), scale_px=500.0)
    ends = np.array([0.0, 1.3])
    arcs = [
        SimpleNamespace(photograph=k, camera=camera, pitch_px=5.0, angle_rad=ends, winding=np.nan)
        for k in range(5)
    ]
    fifth = 2 * np.pi / 5
    matches = [
        match(2, 3, 0, -fifth, 900.0),
        match(0, 1, 0, -fifth, 800.0),
        match(3, 4, 0, -fifth, 700.0),
        match(4, 0, 0, -fifth, 600.0),
        match(1, 3, -70, 0.4, 105.0),  # chance
        match(1, 2, 1, -fifth, 101.0),  # who has gone round is a turn further on
    ]
    (numbers,) = numbered(arcs, matches, range(5))
    assert numbers.sense == 1
    assert len(numbers.matches) == 5
    assert len(set(numbers.first_turns.values())) == 1
