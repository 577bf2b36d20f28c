"""The panel: made from the settings, tries what it is told, and says what goes wrong."""

import json
import re
import subprocess
import sys
import warnings

import cv2
import numpy as np
import pytest
import soundfile

import groovescan
from groovescan.config.descriptions import describe_all
from groovescan.config.settings import Settings
from groovescan.core.results import Waveform

with warnings.catch_warnings():  # what Jupyter's own parts say of each other is not ours
    warnings.simplefilter("ignore")
    pytest.importorskip("ipywidgets", reason="the panel needs the extra 'notebook'")
    import ipywidgets as widgets

    from groovescan.tuning import views
    from groovescan.tuning.controls import Control

ALL = [field for fields in describe_all().values() for field in fields]


@pytest.fixture(scope="module")
def panel(disc, tmp_path_factory):
    made = groovescan.tune(disc("plain").image)
    made.folder = tmp_path_factory.mktemp("settings")
    return made


@pytest.fixture(autouse=True)
def from_the_defaults(request):
    yield
    if "panel" in request.fixturenames:
        made = request.getfixturevalue("panel")
        made.turn.value = 0.0
        if made.settings != Settings() or made.decoded is None:
            made.reset()


def put(panel, name, value):
    """Change a control as a person does."""
    panel.controls.by_name[name].value_widget.value = value


def test_every_setting_has_a_control(panel):
    assert list(panel.controls.by_name) == [f"{field.stage}.{field.name}" for field in ALL]
    assert panel.settings == Settings()
    assert Settings().replace(**panel.controls.values()) == Settings()
    for field in ALL:
        control = panel.controls.by_name[f"{field.stage}.{field.name}"]
        assert control.value == field.default
        if field.low is not None:
            assert control.value_widget.min == field.low
            assert control.value_widget.max == field.high
            assert (control.slider.min, control.slider.max) == field.usual
        if field.choices:
            options = getattr(control.value_widget, "options", None)
            assert field.kind == "switch" or tuple(one for _, one in options) == field.choices
        assert control.value_widget.description
        assert "_" not in control.value_widget.description


@pytest.mark.parametrize("field", [f for f in ALL if f.low is not None], ids=lambda f: f.name)
def test_slider_and_box_go_together(field):
    told = []
    control = Control(field, field.default, lambda: told.append(1))
    low, high = field.usual
    target = low if field.default != low else high
    control.slider.value = target
    assert control.value == pytest.approx(target)
    assert told == [1]
    control.value_widget.value = field.high  # beyond the slider
    assert (control.value, control.slider.value) == (field.high, high)
    assert told == [1, 1]
    control.value = field.default
    assert (control.slider.value, told) == (field.default, [1, 1])


def test_the_views_show_a_decode(panel, decoded):
    np.testing.assert_array_equal(panel.decoded.waveform.samples, decoded("plain").waveform.samples)
    for view in (panel.views.field, panel.views.strip, panel.views.spectrum, panel.views.sound):
        assert bytes(view.value).startswith(b"\x89PNG")
    assert len(panel.views.audio.value) > 1000
    assert "Done" in panel.message.value
    assert f"{decoded('plain').groove_map.pitch_px:.2f} px" in panel.facts.value
    assert panel.facts.value.partition("<b>")[2].startswith("verdict<")


def test_a_changed_curve_is_heard_at_once_and_nothing_is_read_again(panel):
    sound, reading = bytes(panel.views.audio.value), panel.decoded.reading
    put(panel, "sound.eq", "500N-13.7")
    assert panel.decoded.settings.sound.eq == panel.settings.sound.eq == "500N-13.7"
    assert bytes(panel.views.audio.value) != sound
    assert panel.decoded.reading is reading


def test_a_changed_curve_draws_the_field_and_the_strip_no_second_time(panel, monkeypatch):
    drawn = []
    png = views.png
    monkeypatch.setattr(views, "png", lambda figure: drawn.append(1) or png(figure))
    field, spectrum = bytes(panel.views.field.value), bytes(panel.views.spectrum.value)
    put(panel, "sound.eq", "riaa")
    assert len(drawn) == 2
    assert bytes(panel.views.spectrum.value) != spectrum
    assert bytes(panel.views.field.value) == field
    panel.turn.value = 1.3  # they are linked all the same
    assert len(drawn) == 6


def test_the_views_are_linked_by_the_turn(panel):
    before = [
        bytes(view.value) for view in (panel.views.field, panel.views.strip, panel.views.spectrum)
    ]
    heard = bytes(panel.views.audio.value)
    panel.turn.value = 3.2
    after = [
        bytes(view.value) for view in (panel.views.field, panel.views.strip, panel.views.spectrum)
    ]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert bytes(panel.views.audio.value) != heard


def test_what_is_heard_begins_at_the_turn(decoded):
    done = decoded("plain")
    heard = views.part_of(done, done.waveform, views.Place(turn=2.0, length_s=1.0))
    first = round(2.0 * 60 / 78 * 48000)
    np.testing.assert_array_equal(heard.samples, done.waveform.samples[first : first + 48000])
    whole = views.part_of(done, done.waveform, views.Place(turn=2.0, length_s=np.inf))
    assert whole is done.waveform
    beyond = views.part_of(done, Waveform(samples=np.zeros(7), rate_hz=48000), views.Place(turn=9))
    assert len(beyond.samples) == 1


def test_what_must_be_read_again_waits_for_the_button(panel, disc):
    before = panel.decoded
    usual = before.settings.groove.iterations
    put(panel, "groove.iterations", usual + 1)
    assert panel.decoded is before
    assert "Read again" in panel.message.value
    assert panel.settings.groove.iterations == usual + 1
    put(panel, "sound.rpm", 75.0)  # goes on with what was read
    assert panel.decoded.settings.groove.iterations == usual
    assert "wait for" in panel.message.value
    panel.read_button.click()
    assert panel.decoded.settings == panel.settings
    assert not panel.read_button.button_style


def test_errors_are_told_in_plain_words(panel):
    put(panel, "sound.eq", "250Q-0")
    assert "no recording curve" in panel.message.value
    assert panel.decoded is not None  # the last sound stays
    put(panel, "sound.eq", "250N-0")
    put(panel, "disc.pitch_max_px", 4.0)
    put(panel, "disc.pitch_min_px", 900.0)
    assert "must be less than" in panel.message.value
    put(panel, "disc.pitch_max_px", 1000.0)
    panel.read_button.click()
    assert "cannot be read" in panel.message.value
    assert panel.decoded is None
    assert not bytes(panel.views.audio.value)
    assert bytes(panel.views.field.value).startswith(b"\x89PNG")
    assert "<li>" in panel.facts.value


def test_a_fault_of_the_program_is_told_too(panel, monkeypatch):
    def broken(*_):
        raise ValueError("so <b>odd</b>")

    monkeypatch.setattr("groovescan.pipeline.stages.play", broken)
    put(panel, "sound.gain_db", 3.0)
    assert "fault of the program" in panel.message.value
    assert "&lt;b&gt;odd" in panel.message.value


def test_settings_are_written_and_never_replaced_unasked(panel):
    put(panel, "sound.rpm", 77.92)
    name = panel.folder / "диск.toml"
    panel.file_name.value = str(name)
    panel.save_button.click()
    assert "Saved" in panel.message.value
    assert Settings.from_toml(name.read_text("utf-8")) == panel.settings
    put(panel, "sound.rpm", 70.0)
    panel.save_button.click()
    assert "exists already" in panel.message.value
    assert "--force" not in panel.message.value
    assert Settings.from_toml(name.read_text("utf-8")).sound.rpm == 77.92
    panel.replace.value = True
    panel.save_button.click()
    assert Settings.from_toml(name.read_text("utf-8")).sound.rpm == 70.0
    assert not panel.replace.value  # asked for once
    panel.file_name.value = str(panel.folder / "disc.wav")
    panel.save_button.click()
    assert "must end in .toml" in panel.message.value
    assert [path.name for path in panel.folder.iterdir()] == [name.name]


def test_the_sound_is_saved_and_never_replaced_unasked(panel):
    panel.file_name.value = str(panel.folder / "звук.toml")
    panel.sound_button.click()
    assert "Saved" in panel.message.value
    sound, rate_hz = soundfile.read(panel.folder / "звук.wav")
    assert (len(sound), rate_hz) == (len(panel.decoded.waveform.samples), 48000)
    panel.sound_button.click()
    assert "exists already" in panel.message.value
    assert "--force" not in panel.message.value
    (panel.folder / "звук.wav").unlink()


def test_curves_are_chosen_by_name(panel):
    control = panel.controls.by_name["sound.eq"]
    words = dict(control.names.options)
    assert words["riaa (500R-13.7): everyone, 1952 on"] == "500R-13.7"
    control.names.value = "500R-13.7"
    assert panel.settings.sound.eq == "500R-13.7"


def test_another_photograph_is_picked(panel, disc, tmp_path):
    (tmp_path / "inner").mkdir()
    cv2.imwrite(str(tmp_path / "inner" / "b.png"), disc("through").image)
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")
    before = panel.stages
    panel.picker.folder.value = str(tmp_path)
    assert [name for _, name in panel.picker.choice.options] == ["..", "inner"]
    panel.picker.choice.value = "inner"
    panel.picker.open_button.click()
    assert [name for _, name in panel.picker.choice.options] == ["..", "b.png"]
    panel.picker.choice.value = "b.png"
    panel.picker.open_button.click()
    assert panel.decoded.photograph_name == "b.png"
    assert panel.decoded.groove_map.direction == -1
    panel.sound_button.click()  # of a file, with its sidecar
    assert "b.json" in panel.message.value, panel.message.value
    panel.stages = before
    panel.reset()


def test_the_picker_shows_the_photograph_that_is_open(tmp_path):
    from groovescan.tuning.file_picker import FilePicker

    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    assert FilePicker(tmp_path, lambda path: None, "b.png").choice.value == "b.png"
    assert FilePicker(tmp_path, lambda path: None, "of an array").choice.value != "b.png"


def test_what_is_no_photograph_is_an_error_at_once(tmp_path):
    with pytest.raises(groovescan.PhotographError, match="no file"):
        groovescan.tune(tmp_path / "nothing.png")


def test_a_disc_that_cannot_be_read_has_a_panel(disc):
    made = groovescan.tune(disc("plain").image[:400, :400])
    assert made.decoded is None
    assert "cannot be read" in made.message.value


def under(widget):
    """A widget, and all that it is made of."""
    yield widget
    for name in widget.keys:
        if name in ("children", "layout", "style"):
            value = getattr(widget, name)
            for part in value if isinstance(value, tuple | list) else [value]:
                yield from under(part)


def test_any_notebook_can_show_the_panel(panel):
    # what VS Code brings itself, without a network: the standard widgets, and sounds and pictures
    # of kinds that its media library knows (no AAC, no Opus)
    parts = list(under(panel))
    standard = {"@jupyter-widgets/base", "@jupyter-widgets/controls"}
    assert {part._model_module for part in parts} <= standard
    assert {part._view_module for part in parts} <= standard | {None}
    assert len(parts) > 100
    assert panel.views.audio.format == "mp3"
    assert {view.format for view in parts if isinstance(view, widgets.Image)} == {"png"}
    shown = "".join(part.value for part in parts if isinstance(part, widgets.HTML))
    assert "<script" not in shown


def test_any_notebook_can_show_the_results(panel):
    # VS Code lets no page load anything from elsewhere, and has no classic notebook round it
    stages = panel.stages
    shown = [stages.photograph, stages.groove_map, stages.reading, stages.decoded, stages.settings]
    for text in (result._repr_html_() for result in shown):
        assert not re.search(r"<script|<link|@import|Jupyter|require\(", text)
        sources = re.findall(r'(?:src|href)="([^"]{0,40})', text)
        kinds = ("data:image/webp;base64,", "data:image/jpeg;base64,", "data:audio/mpeg;base64,")
        assert all(source.startswith(kinds) for source in sources)


def test_without_ipywidgets_it_says_what_to_install():
    program = (
        "import sys; sys.modules['ipywidgets'] = None\n"
        "import groovescan\n"
        "try:\n    groovescan.tune('x.png')\n"
        "except groovescan.SettingsError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "[notebook]" in done.stdout, done.stderr


def test_several_photographs_of_a_disc_are_tuned_as_one(disc, tmp_path):
    image = disc("plain").image
    names = [tmp_path / "left.png", tmp_path / "right.png"]
    for name, part in zip(names, (image[:, :760], image[:, 440:]), strict=True):
        name.write_bytes(cv2.imencode(".png", part)[1].tobytes())
    panel = groovescan.tune(names)
    assert [photo.name for photo in panel.decoded.joined.photographs] == ["left.png", "right.png"]
    panel.file_name.value = str(tmp_path / "disc.toml")
    panel.sound_button.click()
    held = json.loads((tmp_path / "disc.json").read_text(encoding="utf-8"))
    assert [photo["name"] for photo in held["photograph"]["files"]] == ["left.png", "right.png"]
