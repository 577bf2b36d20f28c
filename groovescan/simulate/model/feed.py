"""The feed: how far the cutter has come at each turn, and the spiral that this makes."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import map_coordinates, spline_filter1d, uniform_filter1d

from groovescan.errors import SettingsError
from groovescan.simulate.simulate_settings import SimulateSettings

#: The feed changes over so many turns where a lead-in ends, a lead-out begins or it stops.
CHANGE_TURNS = 0.25


def spiral(
    turns: np.ndarray, loudness: np.ndarray, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray:
    """Radius in mm of the groove without sound.

    Parameters
    ----------
    turns : ndarray of float, shape (knots,)
        Positions from the start of the groove to its end, ascending.
    loudness : ndarray of float, shape (knots,)
        Loudness of the sound there, 0 to 1: it widens the feed of `feed_loud_percent`.
    settings : SimulateSettings
        The lathe.
    rng : numpy.random.Generator
        Where the feed's errors come from.

    Raises
    ------
    SettingsError
        Where the spiral would reach the centre, or turn back.
    """
    inward = -1.0 if settings.start == "outer" else 1.0
    wander = settings.feed_wander_mm * slow_noise(turns, 1.5, rng)
    radius = settings.start_radius_mm + inward * settings.pitch_mm * turns + wander
    uneven = _unevenness(turns, loudness, settings, rng)
    if settings.ending == "locked" or settings.lead_out_turns or uneven is not None:
        # where the feed has stopped, it does not wander either
        fed = turns <= circle_turns(turns[-1], settings) - CHANGE_TURNS
        if settings.ending == "locked" or settings.lead_out_turns:
            wander = np.where(fed, wander, wander[fed][-1] if fed.any() else 0.0)
        radius = settings.start_radius_mm + inward * _fed_mm(turns, settings, uneven) + wander
    _check_spiral(turns, radius, settings)
    return radius


def circle_turns(end: float, settings: SimulateSettings) -> float:
    """Position from which on the groove is a circle; its end where it is none."""
    return end - 1.0 if settings.ending == "locked" else end


def slow_noise(at: np.ndarray, scale: float, rng: np.random.Generator) -> np.ndarray:
    """Random smooth curve of unit rms, zero mean, that changes on a given scale."""
    knots = np.arange(at[0] - 4 * scale, at[-1] + 4 * scale, scale)
    values = spline_filter1d(rng.standard_normal(len(knots)), mode="nearest")
    curve = map_coordinates(
        values, (at - knots[0])[None] / scale, order=3, prefilter=False, mode="nearest"
    )
    curve = curve - curve.mean()
    return curve / max(curve.std(), 1e-30)


def loudness_of(displacement_mm: np.ndarray, samples_per_turn: float) -> np.ndarray:
    """Rms of a sound over a turn about each sample, relative to its largest, 0 to 1."""
    power = uniform_filter1d(displacement_mm**2, max(round(samples_per_turn), 1), mode="constant")
    power = np.maximum(power, 0.0)
    return np.sqrt(power / max(power.max(initial=0.0), 1e-30))


def _check_spiral(turns: np.ndarray, radius: np.ndarray, settings: SimulateSettings) -> None:
    if radius.min() < 1.0:
        raise SettingsError(
            f"the groove would reach a radius of {radius.min():.1f} mm; shorten the sound, or "
            f"change start_radius_mm ({settings.start_radius_mm}) or pitch_mm ({settings.pitch_mm})"
        )
    inward = -1.0 if settings.start == "outer" else 1.0
    if np.any(inward * np.diff(radius)[turns[1:] <= circle_turns(turns[-1], settings)] <= 0):
        raise SettingsError(
            f"feed_wander_mm is {settings.feed_wander_mm}; with a pitch of {settings.pitch_mm} mm "
            "the groove would turn back"
        )


def _unevenness(
    turns: np.ndarray, loudness: np.ndarray, settings: SimulateSettings, rng: np.random.Generator
) -> np.ndarray | None:
    """Excess of the feed over `pitch_mm`, in mm per turn; None where it is even."""
    s = settings
    wide = s.lead_in_pitch_mm or s.run_out_pitch_mm
    if not (s.feed_table or s.gaps or s.feed_wander_percent or s.feed_loud_percent or wide):
        return None
    feed = np.full(len(turns), s.pitch_mm)
    if s.feed_table:
        at, pitch = np.array(s.feed_table).T
        feed = np.interp(turns, at, pitch)
    if s.feed_wander_percent:
        curve = slow_noise(turns, s.feed_wander_turns, rng)
        feed = feed * (1.0 + s.feed_wander_percent / 100 * curve / np.abs(curve).max())
    feed = feed * (1.0 + s.feed_loud_percent / 100 * loudness)
    feed = _with_wide_ends(turns, feed, s)
    for turn, pitches, crossing in s.gaps:
        part = np.clip((turns - turn) / crossing, 0.0, 1.0)
        feed = feed + s.pitch_mm * pitches / crossing * (1.0 - np.cos(2 * np.pi * part))
    return feed - s.pitch_mm


def _with_wide_ends(turns: np.ndarray, feed: np.ndarray, s: SimulateSettings) -> np.ndarray:
    """The feed with a lead-in and a run-out of their own pitches."""
    if s.lead_in_pitch_mm:
        part = np.clip((s.lead_in_turns - turns) / CHANGE_TURNS, 0.0, 1.0)
        feed = feed + part * (s.lead_in_pitch_mm - feed)
    if s.run_out_pitch_mm:
        begin = circle_turns(turns[-1], s) - s.lead_out_turns - s.run_out_turns
        part = np.clip((turns - begin) / CHANGE_TURNS, 0.0, 1.0)
        feed = feed + part * (s.run_out_pitch_mm - feed)
    return feed


def _fed_mm(turns: np.ndarray, settings: SimulateSettings, uneven: np.ndarray | None) -> np.ndarray:
    """How far the feed has come, with a lead-out, and a circle where it has stopped."""
    circle = circle_turns(turns[-1], settings)
    pitches, places = [settings.pitch_mm], [turns[0]]
    if settings.lead_out_turns:
        begin = circle - settings.lead_out_turns
        pitches += [settings.pitch_mm, settings.lead_out_pitch_mm]
        places += [begin, begin + CHANGE_TURNS]
    if settings.ending == "locked":
        pitches += [pitches[-1], 0.0]
        places += [circle - CHANGE_TURNS, circle]
    # of a feed that changes evenly, the way between two places is known exactly
    at = np.unique(np.concatenate([turns, places]))
    feed = np.interp(at, places, pitches)
    if uneven is not None:
        steady = circle - settings.lead_out_turns - CHANGE_TURNS * (settings.ending == "locked")
        fading = np.clip(1.0 - (at - steady) / CHANGE_TURNS, 0.0, 1.0)
        feed = feed + np.interp(at, turns, uneven) * (fading if len(places) > 1 else 1.0)
    way = np.concatenate([[0.0], np.cumsum(np.diff(at) * (feed[1:] + feed[:-1]) / 2)])
    return np.interp(turns, at, way)
