"""No decode is called good that is not like what was cut, however the photograph was spoiled.

``pytest -m fuzz tests/test_mutated_photographs.py`` decodes seventy of them in one process.
"""

import json
import os
import subprocess
import sys

import mutating
import numpy as np
import pytest
from conftest import ROOT

MANY = 70


def test_the_cases_are_the_same_every_time_and_not_what_they_were_made_of(disc):
    picture = disc("plain").image
    before = picture.copy()
    seen = set()
    for number in range(2 * len(mutating.CHANGES)):
        name, one = mutating.spoiled(picture, number)
        np.testing.assert_array_equal(one, mutating.spoiled(picture, number)[1])
        assert one.dtype == np.uint8
        assert (one != picture).any(), name
        seen.update(name.split("+"))
    assert seen == set(mutating.CHANGES)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.skipif(os.name != "posix", reason="memory is bounded by POSIX's means")
@pytest.mark.fuzz
def test_nothing_is_called_good_that_is_not():
    end = subprocess.run(
        [sys.executable, ROOT / "tests" / "mutating.py", "0", str(MANY)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    found = [json.loads(line) for line in end.stdout.splitlines()]
    assert end.returncode == 0
    assert len(found) == MANY
    assert [one for one in found if one["end"].startswith("ESCAPED")] == []
    good = [one for one in found if one["end"] == "good"]
    assert [one for one in good if one["likeness"] < mutating.LEAST_LIKENESS] == []
    assert good  # some are not spoiled enough for anything else
