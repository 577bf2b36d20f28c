"""How many threads: as the environment says, and the result is the same with any number."""

import threading
import time

import numpy as np
import pytest
from conftest import CONDITIONS

import groovescan
from groovescan.config.settings import Settings
from groovescan.errors import SettingsError
from groovescan.runtime.threads import begun, core_count, for_each, in_order, thread_count


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
def test_a_second_run_with_other_threads_changes_no_bit(monkeypatch, disc, decoded, threads):
    first = decoded("plain")
    monkeypatch.setenv("GROOVESCAN_THREADS", threads)
    again = groovescan.decode(
        disc("plain").image, Settings().replace(disc={"start": CONDITIONS["plain"].start})
    )
    for one, two in (
        (first.waveform.samples, again.waveform.samples),
        (first.reading.displacement_px, again.reading.displacement_px),
        (first.reading.standard_error_px, again.reading.standard_error_px),
        (first.groove_map.radius_px, again.groove_map.radius_px),
    ):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
@pytest.mark.parametrize("count", [0, 1, 40])
def test_results_are_used_in_order_and_one_at_a_time(monkeypatch, threads, count):
    monkeypatch.setenv("GROOVESCAN_THREADS", threads)
    used, inside = [], threading.Lock()

    def work(item):
        time.sleep(0.004 if item % 7 == 0 else 0.0)  # the first are slow
        return item * item

    def use(result):
        assert inside.acquire(blocking=False)
        used.append(result)
        time.sleep(0.0005)
        inside.release()

    in_order(work, use, range(count))
    assert used == [item * item for item in range(count)]


@pytest.mark.parametrize("where", ["work", "use"])
def test_what_goes_wrong_in_a_thread_ends_the_work(monkeypatch, where):
    monkeypatch.setenv("GROOVESCAN_THREADS", "2")
    worked, used = [], []

    def work(item):
        worked.append(item)
        time.sleep(0.001)
        if where == "work" and item == 5:
            raise ValueError("five")
        return item

    def use(item):
        if where == "use" and item == 5:
            raise ValueError("five")
        used.append(item)

    with pytest.raises(ValueError, match="five"):
        in_order(work, use, range(1000))
    assert used == list(range(5))
    assert len(worked) < 20


def test_every_item_is_gone_through():
    seen = []
    for_each(seen.append, range(100))
    assert sorted(seen) == list(range(100))


def test_what_was_begun_is_waited_for_and_tells_its_error():
    go = threading.Event()

    def job():
        go.wait(30)
        return 7

    result = begun(job)
    go.set()
    assert result() == result() == 7
    with pytest.raises(ZeroDivisionError):
        begun(lambda: 1 // 0)()
