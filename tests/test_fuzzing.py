"""Readers and parsers end well, or with an error of ours, whatever they are given.

A few hundred cases belong to every run of the tests; ``pytest -m fuzz tests/test_fuzzing.py``
tries twenty thousand, of every reader and parser. Each case has a number, and is the same every
time.
"""

import os
import subprocess
import sys
import threading

import fuzzing
import pytest
from conftest import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="memory is bounded by POSIX's means")
FEW, MANY = 40, 2500
#: A case of these is a whole run, twice.
LONG_KINDS = {"folder": 10}


def fuzz(asked, folder):
    """Cases that ended otherwise than they may: escaped, crashed, or took too long.

    ``asked`` says how many of which kinds, as ``png:40,raw:40``. All are fed to one process, and
    what are left after a crash to another.
    """
    wanted, bad, seen, first = fuzzing.cases(asked), [], 0, 0
    while first < len(wanted):
        with subprocess.Popen(
            [sys.executable, ROOT / "tests" / "fuzzing.py", asked, str(first), str(len(wanted)),
             folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        ) as process:  # fmt: skip
            place, seen_here, how = _follow(process, first)
        seen += len(seen_here)
        bad += [(*wanted[at], end) for at, end in seen_here if end.startswith("ESCAPED")]
        if how:
            bad.append((*(wanted[place] if place < len(wanted) else ("the end", place)), how))
            seen += 1
        elif place < len(wanted):
            raise AssertionError(f"the feeding of {asked} did not begin at {wanted[place]}")
        first = place + 1
    return bad, seen


def _follow(process, first):
    """What a process says of its cases; where it ends before the last, at which, and how."""
    ends, late = [], threading.Event()

    def give_up():
        late.set()
        process.kill()

    number, started = first - 1, False
    timer = threading.Timer(90, give_up)  # libraries have to be loaded first
    timer.start()
    for line in process.stdout:
        timer.cancel()
        text, _, end = line.strip().partition(" ")
        number, started = int(text), True
        ends.append((number, end))
        timer = threading.Timer(fuzzing.LONGEST_S, give_up)
        timer.start()
    timer.cancel()
    process.wait()
    if process.returncode == 0:
        return number + 1, ends, ""
    if ends and not ends[-1][1]:
        ends.pop()
    else:
        number += 1
    if not started and not late.is_set():
        raise AssertionError("the process that is fed ended before its first case")
    return number, ends, "HUNG" if late.is_set() else f"CRASHED with {process.returncode}"


def count_of(kind, count):
    return f"{kind}:{count // LONG_KINDS.get(kind, 1)}"


def test_a_few_strange_files(tmp_path):
    asked = ",".join(count_of(kind, FEW) for kind in fuzzing.KINDS)
    bad, seen = fuzz(asked, tmp_path)
    assert bad == []
    assert seen == len(fuzzing.cases(asked))


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", fuzzing.KINDS)
def test_many_strange_files(kind, tmp_path):
    bad, seen = fuzz(count_of(kind, MANY), tmp_path)
    assert bad == []
    assert seen == MANY // LONG_KINDS.get(kind, 1)


def test_the_cases_are_strange_and_some_are_not(tmp_path):
    """Both ends are reached, so that the cases try more than the first check."""
    for kind in fuzzing.KINDS:
        bases = fuzzing.seeds(kind)
        assert all(fuzzing.feed(kind, base, tmp_path) == "fine" for base in bases)
        cases = [fuzzing.case(kind, number, bases) for number in range(30)]
        assert cases == [fuzzing.case(kind, number, bases) for number in range(30)]
        assert len(set(cases)) > 20


def test_what_escapes_crashes_or_hangs_is_seen(tmp_path, monkeypatch):
    program = tmp_path / "tests" / "fuzzing.py"
    program.parent.mkdir()
    program.write_text(
        "import os, sys, time\n"
        "for n in range(int(sys.argv[2]), int(sys.argv[3])):\n"
        "    print(n, end=' ', flush=True)\n"
        "    if n == 1: os.abort()\n"
        "    if n == 3: time.sleep(60)\n"
        "    print('ESCAPED KeyError' if n == 2 else 'fine', flush=True)\n"
    )
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    monkeypatch.setattr(fuzzing, "LONGEST_S", 2.0)
    bad, seen = fuzz("png:4,raw:2", tmp_path)
    assert seen == 6
    assert [(kind, number, how.split()[0]) for kind, number, how in bad] == [
        ("png", 1, "CRASHED"),
        ("png", 2, "ESCAPED"),
        ("png", 3, "HUNG"),
    ]
