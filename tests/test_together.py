"""Discs of several photographs in a collection: which belong together, names, and a second run."""

import json
import shutil

import cv2
import pytest

from groovescan.batch.intake.find_photographs import find_photographs
from groovescan.batch.intake.grouping import discs_of
from groovescan.batch.intake.overrides_table import parse_overrides
from groovescan.batch.plan import make_plan
from groovescan.batch.record import all_records
from groovescan.batch.task import Wanted
from groovescan.config.settings import Settings
from groovescan.errors import SettingsError


@pytest.fixture
def box(tmp_path):
    """Two discs in folders of their own, and one photograph beside them."""
    for name in ("a/1.png", "a/2.png", "b.c/ü/1.png", "b.c/ü/2.png", "b.c/ü/3.png", "one.png"):
        path = tmp_path / "box" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "box"


def planned(box, **more):
    plan = make_plan([str(box)], box.parent / "out", Settings(), wanted=Wanted(), **more)
    return {task.name: [path.name for path in task.photographs] for task in plan.tasks}, plan


def test_each_folder_is_a_disc(box):
    names, _ = planned(box, together=True)
    assert names == {
        "a": ["1.png", "2.png"],
        "b.c/ü": ["1.png", "2.png", "3.png"],
        "one": ["one.png"],
    }
    assert len(planned(box)[0]) == 6


def test_the_folder_that_is_named_is_a_disc(box):
    names, _ = planned(box / "a", together=True)
    assert names == {"a": ["1.png", "2.png"]}


def test_a_folder_says_so_for_itself_and_those_below(box):
    (box / "b.c" / "groovescan.toml").write_text("together = true\n[sound]\nrpm = 45\n")
    names, plan = planned(box)
    assert names["b.c/ü"] == ["1.png", "2.png", "3.png"]
    assert names["a/1"] == ["1.png"]
    assert {task.settings.sound.rpm for task in plan.tasks if task.others} == {45}
    (box / "b.c" / "ü" / "groovescan.toml").write_text("together = false\n")
    assert "b.c/ü/3" in planned(box)[0]


def test_what_is_neither_true_nor_false_is_a_failure_of_the_folder(box):
    (box / "a" / "groovescan.toml").write_text('together = "perhaps"\n')
    _, plan = planned(box)
    wrong = [task for task in plan.tasks if task.refusal[0]]
    assert [task.name for task in wrong] == ["a/1", "a/2"]
    assert "true" in wrong[0].refusal[1]


def test_a_table_tells_which_belong_together(box):
    table = box.parent / "table.csv"
    table.write_text(
        "photograph,disc,rpm\na/1.png,waltz / tango,45\none.png,waltz / tango,\n", encoding="utf-8"
    )
    names, plan = planned(box, overrides=table, together=True)
    assert names["a/waltz - tango"] == ["1.png", "one.png"]
    assert names["a/2"] == ["2.png"]
    (task,) = [task for task in plan.tasks if "waltz" in task.name]
    assert task.settings.sound.rpm == 45


def test_the_setting_is_called_by_its_full_name():
    (row,) = parse_overrides("photograph,disc.disc,disc\na.png,2,b\n")
    assert (row.values, row.disc) == ({"disc": {"disc": 2}}, "b")
    with pytest.raises(SettingsError):
        parse_overrides("photograph,discs\na.png,2\n")


def test_two_discs_of_one_name_do_not_share_it(box):
    table = box.parent / "table.csv"
    table.write_text("photograph,disc\none.png,a\nmore.png,a\n", encoding="utf-8")
    (box / "more.png").write_bytes(b"")
    names, _ = planned(box, overrides=table, together=True)
    assert names == {
        "a": ["1.png", "2.png"],
        "a-disc": ["more.png", "one.png"],
        "b.c/ü": ["1.png", "2.png", "3.png"],
    }


def test_a_folder_that_cannot_be_read_is_no_disc(box):
    found = find_photographs([str(box)], box.parent / "out")
    broken = type(found[0])(path=box / "a", folders=(box,), name="a", unread="why")
    discs = discs_of([*found, broken], {}, lambda one: True)
    assert discs[-1].members == (broken,)


def test_a_second_run_keeps_what_is_done_and_does_what_has_changed(run, disc, tmp_path):
    image = disc("plain").image
    folder = tmp_path / "in" / "side a"
    folder.mkdir(parents=True)
    for name, part in (("left.png", image[:, :760]), ("right.png", image[:, 440:])):
        (folder / name).write_bytes(cv2.imencode(".png", part)[1].tobytes())
    out = tmp_path / "out"

    def again(*more):
        ended = run("batch", "--together", tmp_path / "in", "-o", out, "--jobs", "1", *more)
        assert ended.code == 0, ended.err
        return ended.out

    assert "decoded   1 of 1" in again()
    sidecar = json.loads((out / "side a.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in sidecar["photograph"]["files"]] == ["left.png", "right.png"]
    (record,) = all_records(out)
    assert record.photograph.endswith("left.png")
    assert [path.rpartition("/")[2] for path in record.others] == ["right.png"]
    assert "kept      1" in again()
    shutil.copy(folder / "right.png", folder / "same.png")
    assert "decoded   1 of 1" in again()
    (row,) = json.loads((out / "summary.json").read_text(encoding="utf-8"))["photographs"]
    assert "same photograph" in row["notes"]
    assert {path.name for path in out.glob("*.wav")} == {"side a.wav"}
