"""What lies on the window's desk, without a browser; the gate, the starter, and extras."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from groovescan.app.desk import Desk
from groovescan.app.messages import (
    CompareReport,
    CompareRequest,
    ListeningTrack,
    LookReport,
    LookRequest,
    Picture,
    ReadReport,
    ReadRequest,
    RefusalReport,
    SaveReport,
    SaveRequest,
    StageNews,
)
from groovescan.app.shortcut import desktop_entry, put_shortcut
from groovescan.app.token_gate import TokenGate, new_token
from groovescan.config.descriptions import describe_all
from groovescan.config.settings import Settings
from groovescan.errors import OutputExistsError
from groovescan.runtime.installation import install_command
from groovescan.sound import CATALOGUE, parse_curve
from groovescan.wording.setting_words import choice_words, curve_choices, label_of

PICTURE = Picture(title="seen", words="what was seen", file=Path("1-0.png"))
TRACK = ListeningTrack(name="Transfer", file=Path("2-0.wav"), loudness_db=-20.0)
LOOK = LookReport(facts={"turns": "9"}, advice=(), refusal="", picture=PICTURE)
READ = ReadReport(verdict="good", line="good", facts={}, tracks=(TRACK,), pictures=())


@pytest.fixture
def desk():
    """A desk whose requests are only noted."""
    asked, cancelled = [], []
    made = Desk(asked.append, lambda: cancelled.append(True))
    made.asked, made.cancelled, made.told = asked, cancelled, []
    made.listeners.append(made.told.append)
    return made


def read_one(desk, name="a.png"):
    desk.add(Path(name))
    desk.hear(LOOK)
    desk.hear(READ)
    return desk


def test_a_photograph_is_looked_at_then_read(desk):
    desk.add(Path("a.png"))
    assert [type(one) for one in desk.asked] == [LookRequest]
    assert desk.busy
    desk.hear(StageNews(stage="reading", done=0.5))
    assert (desk.stage, desk.done) == ("reading", 0.5)
    desk.hear(LOOK)
    assert type(desk.asked[-1]) is ReadRequest
    desk.hear(READ)
    assert not desk.busy
    assert desk.open_photograph.state == "read"
    assert desk.notice.mood == "good"


def test_what_is_refused_is_not_read(desk):
    desk.add(Path("a.png"))
    desk.hear(LookReport(facts={}, advice=("Light: more",), refusal="no groove", picture=PICTURE))
    assert [type(one) for one in desk.asked] == [LookRequest]
    assert desk.open_photograph.state == "refused"
    assert "no groove" in desk.notice.text
    assert desk.look.advice == ("Light: more",)


def test_others_wait_and_come_in_their_order(desk):
    for name in ("a.png", "b.png", "c.png"):
        desk.add(Path(name))
    assert desk.open_photograph.path == Path("a.png")
    desk.hear(LOOK)
    desk.open(1)  # not while something is done
    assert desk.current == 0
    desk.hear(READ)
    assert desk.next_number == 1
    desk.open(desk.next_number)
    assert (desk.read, desk.look) == (None, None)
    desk.hear(RefusalReport(message="no photograph"))
    assert desk.next_number == 2
    desk.open(2)
    desk.hear(RefusalReport(message="no photograph"))
    assert desk.next_number is None


def paths(desk):
    return [one.path.name for one in desk.photographs]


def test_of_several_that_come_together_it_is_asked_whether_they_are_of_one_disc(desk):
    desk.add_several([Path(f"{name}.png") for name in "abc"])
    assert desk.asked == []
    assert "One disc" in desk.notice.title
    desk.answer(one_disc=True)
    (request,) = desk.asked
    assert (request.photo, request.others) == (Path("a.png"), (Path("b.png"), Path("c.png")))
    assert paths(desk) == ["a.png"]
    assert desk.open_photograph.name == "a.png and 2 more"
    desk.hear(LOOK)
    desk.hear(READ)
    desk.save(Path("out.wav"), page=True, toml=True, replace=False)
    assert desk.asked[-1].others == request.others


def test_several_discs_come_one_after_the_other(desk):
    desk.add_several([Path("a.png"), Path("b.png")])
    desk.answer(one_disc=False)
    assert (desk.asked[0].photo, desk.asked[0].others) == (Path("a.png"), ())
    assert desk.together == ()
    assert desk.next_number == 1


def test_an_answer_leaves_what_is_open_where_it_is(desk):
    read_one(desk, "first.png")
    desk.add_several([Path("a.png"), Path("b.png")])
    desk.add(Path("last.png"))
    assert paths(desk) == ["first.png", "a.png", "b.png", "last.png"]
    desk.answer(one_disc=True)
    assert paths(desk) == ["first.png", "a.png", "last.png"]
    assert desk.open_photograph.others == (Path("b.png"),)
    desk.answer(one_disc=True)  # there is no question any more
    assert len(desk.photographs) == 3


def test_while_something_is_done_the_question_waits_and_its_answer_opens_nothing(desk):
    desk.add(Path("first.png"))
    desk.add_several([Path("a.png"), Path("b.png")])
    assert desk.notice.mood == "busy"
    desk.answer(one_disc=True)
    assert desk.open_photograph.path == Path("first.png")
    assert [one.state for one in desk.photographs] == ["open", "waiting"]


def test_who_opens_one_of_them_has_answered(desk):
    desk.add_several([Path("a.png"), Path("b.png")])
    desk.open(1)
    assert desk.together == ()
    assert desk.asked[0].photo == Path("b.png")


@pytest.mark.parametrize("count", [0, 1])
def test_of_less_than_two_nothing_is_asked(desk, count):
    desk.add_several([Path("a.png")] * count)
    assert desk.together == ()
    assert len(desk.asked) == count


def test_a_cancel_ends_the_work_and_the_photograph_can_be_opened_again(desk):
    desk.add(Path("a.png"))
    desk.cancel()
    assert desk.cancelled == [True]
    assert not desk.busy
    assert desk.open_photograph.state == "stopped"
    desk.open(0)
    assert desk.busy
    desk.cancel()
    desk.cancel()  # nothing is done any more
    assert desk.cancelled == [True, True]


def test_what_concerns_the_sound_is_heard_at_once(desk):
    read_one(desk).change("sound", "eq", "500N-0")
    assert desk.asked[-1].settings.sound.eq == "500N-0"
    desk.change("sound", "eq", "300N-0")  # while it is busy: once more when it is done
    count = len(desk.asked)
    desk.hear(READ)
    assert len(desk.asked) == count + 1
    assert desk.asked[-1].settings.sound.eq == "300N-0"


def test_what_concerns_the_photograph_waits_and_says_so(desk):
    read_one(desk)
    count = len(desk.asked)
    desk.change("disc", "start", "inner")
    assert len(desk.asked) == count
    assert desk.waits == ["Played from"]
    desk.change("sound", "eq", "500N-0")  # would read with a start that nobody has asked to try
    assert len(desk.asked) == count
    desk.read_again()
    assert desk.asked[-1].settings.disc.start == "inner"
    desk.hear(READ)
    assert desk.waits == []


def test_what_cannot_be_is_told_and_changes_nothing(desk):
    desk.change("sound", "rpm", 5000.0)
    assert desk.settings == Settings()
    assert "1000" in desk.notice.text


def test_another_curve_is_heard_beside_the_first(desk):
    read_one(desk).compare("riaa")
    request = desk.asked[-1]
    assert (type(request), request.settings.sound.eq) == (CompareRequest, "riaa")
    desk.hear(CompareReport(track=TRACK))
    assert desk.other == ("riaa", TRACK)
    assert desk.settings.sound.eq == Settings().sound.eq
    desk.compare("nope")
    desk.hear(RefusalReport(message="there is no curve"))
    assert desk.read is READ  # what was heard before is still there


def test_what_is_saved_is_what_was_heard(desk):
    read_one(desk).change("disc", "start", "inner")
    desk.save(Path("/x/a.wav"), page=True, toml=False, replace=False)
    request = desk.asked[-1]
    assert type(request) is SaveRequest
    assert request.settings.disc.start == "outer"
    desk.hear(RefusalReport(message="/x/a.wav exists already; allow it", exists=True))
    assert "Replace files" in desk.notice.text
    assert desk.read is READ
    desk.save(Path("/x/a.wav"), page=True, toml=False, replace=True)
    desk.hear(SaveReport(files=(Path("/x/a.wav"),)))
    assert desk.open_photograph.state == "saved"


def test_nothing_is_done_where_nothing_is_open(desk):
    desk.read_again()
    desk.compare("riaa")
    desk.save(Path("/x/a.wav"), page=True, toml=True, replace=True)
    desk.cancel()
    assert desk.asked == []


def through(gate, path="/secret/", kind="http", headers=()):
    """What a gate answers: the first message, or what is behind it."""
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [(b"host", b"127.0.0.1:1"), *headers]}
    asyncio.run(gate(scope, receive, send))
    return sent[0]


@pytest.fixture
def gate():
    async def behind(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    return TokenGate(behind, "secret", frozenset({"127.0.0.1:1"}))


def test_the_gate_lets_in_who_knows_the_address(gate):
    answer = through(gate)
    assert answer["status"] == 200
    policy = dict(answer["headers"])[b"content-security-policy"]
    assert b"default-src 'self'" in policy
    assert through(gate, headers=[(b"origin", b"http://127.0.0.1:1")])["status"] == 200


@pytest.mark.parametrize(
    "path", ["/", "", "/secre/", "/secret2/", "/x/secret/", "/SECRET/", "//secret"]
)
def test_the_gate_turns_others_away(gate, path):
    wanted = 200 if path == "//secret" else 403
    assert through(gate, path)["status"] == wanted
    if wanted == 403:
        assert through(gate, path, "websocket")["type"] == "websocket.close"


def test_the_gate_turns_pages_from_elsewhere_away(gate):
    assert through(gate, headers=[(b"origin", b"http://evil.example")])["status"] == 403
    assert through(gate, headers=[(b"host", b"evil.example")])["status"] == 403
    assert len({new_token() for _ in range(50)}) == 50


def test_every_setting_has_a_name_in_words():
    for stage, fields in describe_all().items():
        names = [label_of(stage, field.name) for field in fields]
        assert len(set(names)) == len(names)
        for field, name in zip(fields, names, strict=True):
            assert "_" not in name
            assert name != field.name, field.name
            for choice in field.choices:
                assert "_" not in choice_words(stage, field.name, choice)


def test_every_curve_can_be_chosen_and_is_one():
    choices = curve_choices(CATALOGUE)
    assert Settings().sound.eq in choices
    assert len(choices) >= len(CATALOGUE)
    for eq in choices:
        parse_curve(eq)


def test_a_starter_lies_on_the_desktop(tmp_path):
    place = put_shortcut("linux", tmp_path, ["/opt/my env/python", "-m", "groovescan", "app"])
    text = place.read_text("utf-8")
    assert 'Exec="/opt/my env/python" "-m" "groovescan" "app"\n' in text
    assert text.startswith("[Desktop Entry]\nType=Application\n")
    assert place.stat().st_mode & stat.S_IXUSR
    place = put_shortcut("darwin", tmp_path / "Desktop", ["/a b/python", "-m", "groovescan"])
    assert place.name == "groovescan.command"
    assert place.read_text("utf-8") == "#!/bin/sh\nexec '/a b/python' -m groovescan\n"


def test_a_link_of_windows_starts_the_same(tmp_path):
    pylnk3 = pytest.importorskip("pylnk3")
    command = [r"C:\Users\a b\env\Scripts\python.exe", "-m", "groovescan", "app"]
    place = put_shortcut("win32", tmp_path, command)
    link = pylnk3.parse(str(place))
    assert (link.path, link.arguments) == (command[0], "-m groovescan app")
    put_shortcut("win32", tmp_path, command)  # ours is replaced


def test_a_starter_replaces_nothing_of_others(tmp_path):
    place = tmp_path / "groovescan.desktop"
    place.write_text("my notes", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="no starter"):
        put_shortcut("linux", tmp_path)
    assert place.read_text("utf-8") == "my notes"
    place.unlink()
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputExistsError):
        put_shortcut("linux", tmp_path)


def test_a_starter_quotes_what_is_special():
    assert r'Exec="/a\\"b/\\$x%%/python"' in desktop_entry(['/a"b/$x%/python'])


@pytest.mark.skipif(os.name == "nt", reason="quotes are others there")
def test_extras_are_installed_as_the_program_was(tmp_path):
    def told(*parts, holds=None, source=None):
        folder = tmp_path.joinpath(*parts)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (holds or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return install_command("raw", folder, source)

    assert told("pipx", "venvs", "groovescan") == "pipx install --force 'groovescan[raw]'"
    assert told("uv", "tools", "groovescan") == "uv tool install --force 'groovescan[raw]'"
    receipt = {"uv-receipt.toml": ""}
    assert told("t", holds=receipt, source="/x y") == "uv tool install --force '/x y[raw]'"
    by_uv = {"pyvenv.cfg": "home = /usr\nuv = 0.9.1\n"}
    assert told("v", holds=by_uv).startswith("uv pip install --python ")
    by_pip = {"pyvenv.cfg": "home = /usr\n", "bin/python": ""}
    assert (
        told("w", holds=by_pip)
        == f"{tmp_path / 'w' / 'bin' / 'python'} -m pip install 'groovescan[raw]'"
    )
    assert told("bare") == "python3 -m pip install 'groovescan[raw]'"
