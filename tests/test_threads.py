"""How many threads: as the environment says, and the result is the same with any number."""

import numpy as np
import pytest
from conftest import CONDITIONS

import groovescan
from groovescan.errors import SettingsError
from groovescan.settings import Settings
from groovescan.threads import core_count, thread_count


def test_without_the_variable_every_core_is_used(monkeypatch):
    monkeypatch.delenv("GROOVESCAN_THREADS", raising=False)
    assert thread_count() == core_count() >= 1
    monkeypatch.setenv("GROOVESCAN_THREADS", " ")
    assert thread_count() == core_count()


@pytest.mark.parametrize(("text", "count"), [("1", 1), (" 3 ", 3), ("64", 64)])
def test_the_variable_goes_first(monkeypatch, text, count):
    monkeypatch.setenv("GROOVESCAN_THREADS", text)
    assert thread_count() == count


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_what_is_no_number_of_threads_is_refused(monkeypatch, text):
    monkeypatch.setenv("GROOVESCAN_THREADS", text)
    with pytest.raises(SettingsError, match="GROOVESCAN_THREADS"):
        thread_count()


@pytest.mark.parametrize("threads", ["1", "7"])
def test_threads_change_no_bit(monkeypatch, disc, decoded, threads):
    first = decoded("plain")
    monkeypatch.setenv("GROOVESCAN_THREADS", threads)
    again = groovescan.decode(
        disc("plain").image, Settings().replace(disc={"start": CONDITIONS["plain"].start})
    )
    np.testing.assert_array_equal(again.waveform.samples, first.waveform.samples)
    np.testing.assert_array_equal(again.reading.standard_error_px, first.reading.standard_error_px)
