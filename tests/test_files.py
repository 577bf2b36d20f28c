"""Files appear whole or not at all."""

import errno
import os
import stat

import pytest

from groovescan.errors import OutputExistsError, SettingsError
from groovescan.storage import atomic_files as files
from groovescan.storage.atomic_files import check_output, written_aside


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_only_at_the_end(tmp_path):
    target = tmp_path / "звук.wav"
    with written_aside(target) as aside:
        assert aside.parent == tmp_path
        assert aside.suffix == ".wav"
        aside.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert names(tmp_path) == ["звук.wav"]


@pytest.mark.parametrize("force", [False, True])
def test_the_content_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch, force):
    target, there = tmp_path / "a.wav", []
    sync = os.fsync

    def synced(file):
        there.append((target.exists(), os.fstat(file).st_size))
        sync(file)

    monkeypatch.setattr(files.os, "fsync", synced)
    with written_aside(target, force=force) as aside:
        aside.write_bytes(b"whole")
    assert there == [(False, 5)]


def write_where_syncing_fails(monkeypatch, path, number):
    def refused(file):
        raise OSError(number, "so it is")

    monkeypatch.setattr(files.os, "fsync", refused)
    with written_aside(path) as aside:
        aside.write_bytes(b"whole")


def test_a_file_system_that_knows_no_such_step_is_none_the_worse(tmp_path, monkeypatch):
    write_where_syncing_fails(monkeypatch, tmp_path / "a.wav", errno.EINVAL)
    assert names(tmp_path) == ["a.wav"]


def test_a_disk_that_did_not_take_the_content_gives_it_no_name(tmp_path, monkeypatch):
    with pytest.raises(OSError, match="so it is"):
        write_where_syncing_fails(monkeypatch, tmp_path / "a.wav", errno.ENOSPC)
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_left_of_a_failure(tmp_path, error, force):
    with pytest.raises(error), written_aside(tmp_path / "a.wav", force=force) as aside:
        aside.write_bytes(b"half")
        raise error
    assert names(tmp_path) == []


def test_an_interrupt_just_as_the_file_is_made_leaves_nothing(tmp_path, monkeypatch):
    make = os.open

    def interrupted(*arguments):
        os.close(make(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "open", interrupted)
    with pytest.raises(KeyboardInterrupt), written_aside(tmp_path / "a.wav"):
        pass
    assert names(tmp_path) == []


def test_a_failure_leaves_the_former_file_alone(tmp_path):
    target = tmp_path / "a.wav"
    target.write_bytes(b"former")
    with pytest.raises(RuntimeError), written_aside(target, force=True) as aside:
        aside.write_bytes(b"half")
        raise RuntimeError
    assert target.read_bytes() == b"former"
    assert names(tmp_path) == ["a.wav"]


def test_an_existing_file_is_refused_before_the_work(tmp_path):
    target = tmp_path / "a.wav"
    target.write_bytes(b"former")
    entered = False
    with pytest.raises(OutputExistsError, match=r"a\.wav exists"), written_aside(target):
        entered = True
    assert not entered
    assert target.read_bytes() == b"former"


def test_force_replaces(tmp_path):
    target = tmp_path / "a.wav"
    target.write_bytes(b"former")
    with written_aside(target, force=True) as aside:
        aside.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("hard_links", [True, False])
def test_a_file_that_came_meanwhile_is_kept(tmp_path, monkeypatch, hard_links):
    if not hard_links:
        monkeypatch.setattr(files.os, "link", _no_link)
    target = tmp_path / "a.wav"
    with pytest.raises(OutputExistsError), written_aside(target) as aside:
        aside.write_bytes(b"second")
        target.write_bytes(b"first")
    assert target.read_bytes() == b"first"
    assert names(tmp_path) == ["a.wav"]


def test_it_works_without_hard_links(tmp_path, monkeypatch):
    monkeypatch.setattr(files.os, "link", _no_link)
    with written_aside(tmp_path / "a.wav") as aside:
        aside.write_bytes(b"whole")
    assert (tmp_path / "a.wav").read_bytes() == b"whole"
    assert names(tmp_path) == ["a.wav"]


def _no_link(source, target):
    raise PermissionError("no hard links on this file system")


def test_the_longest_name_is_possible(tmp_path):
    target = tmp_path / ("я" * 125 + ".wav")  # 254 bytes of the 255 allowed
    with written_aside(target) as aside:
        aside.write_bytes(b"whole")
    assert target.exists()


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_the_file_gets_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "other").write_bytes(b"")
    with written_aside(tmp_path / "a.wav") as aside:
        aside.write_bytes(b"whole")
    assert _mode(tmp_path / "a.wav") == _mode(tmp_path / "other")


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(SettingsError, match="nowhere does not exist"):
        check_output(tmp_path / "nowhere" / "a.wav")


def test_a_folder_is_no_output(tmp_path):
    with pytest.raises(SettingsError, match="is a folder"):
        check_output(tmp_path, force=True)


def test_a_dangling_link_counts_as_existing(tmp_path):
    (tmp_path / "a.wav").symlink_to(tmp_path / "gone.wav")
    with pytest.raises(OutputExistsError):
        check_output(tmp_path / "a.wav")
