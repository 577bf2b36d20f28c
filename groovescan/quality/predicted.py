"""Signal to noise ratio to expect, as people hear it, from what a coarse strip told."""

from __future__ import annotations

import numpy as np

from groovescan.core.quality import (
    DISPLACEMENT_HZ,
    GOOD_DB,
    SPEECH_HZ,
    PredictedQuality,
    PredictedSpectrum,
)
from groovescan.core.results import Resolution
from groovescan.quality.blur_along import power_given_back
from groovescan.quality.intelligibility import BANDS_HZ, intelligibility
from groovescan.sound.equalisation.curves import parse_curve, response


def predict(resolution: Resolution, eq: str) -> PredictedQuality | None:
    """Signal to noise ratio and intelligibility to expect of a decode.

    Parameters
    ----------
    resolution : Resolution
        What the photograph can tell, with its `spectrum`.
    eq : str
        The recording curve that will be undone, as `parse_curve` takes it.

    Returns
    -------
    PredictedQuality or None
        None where too little of the groove can be seen.
    """
    # A reader learns profile, light and noise from the same pixels, and its noise is that much
    # above the bound: without it predicted intelligibility was 0.028 too high on the mean of twelve
    # discs (`benchmarks/intelligibility.py`), and 0.03 is what 1 dB makes in the middle of the
    # scale.
    above_bound_db = 1.0
    spectrum = resolution.spectrum
    if spectrum is None:
        return None
    heard = np.abs(response(parse_curve(eq), spectrum.frequency_hz)) ** 2
    bands = np.array(
        [_raw_db(spectrum, heard, hz / 2 ** (1 / 6), hz * 2 ** (1 / 6)) for hz in BANDS_HZ]
    )
    cut = power_given_back(
        spectrum.frequency_hz,
        spectrum.blur_s,
        np.average(spectrum.programme, axis=0, weights=spectrum.weight),
        np.full(len(heard), 1 / np.mean(1 / np.maximum(spectrum.noise, 1e-30))),
    )
    return PredictedQuality(
        snr_db=_best_db(spectrum, heard, SPEECH_HZ),
        displacement_snr_db=_best_db(spectrum, cut, DISPLACEMENT_HZ),
        intelligibility=intelligibility(bands - above_bound_db),
        shortage=_shortage(spectrum, heard),
    )


def _best_db(
    spectrum: PredictedSpectrum, weight: np.ndarray, band_hz: tuple[float, float], gain: float = 1.0
) -> float:
    """Of the best linear estimate, in dB, with the programme so many times as strong."""
    hertz = spectrum.frequency_hz
    band = (hertz >= band_hz[0]) & (hertz <= band_hz[1])
    programme = gain * spectrum.programme[:, None, band]
    noise = spectrum.noise[:, None]
    left = (programme * noise / (programme + noise + 1e-30)).mean(axis=1) @ weight[band]
    error = float(np.average(left, weights=spectrum.weight))
    whole = float(np.average(programme[:, 0] @ weight[band], weights=spectrum.weight))
    return float(10 * np.log10(max(whole - error, 1e-12) / max(error, 1e-12)))


def _raw_db(
    spectrum: PredictedSpectrum, weight: np.ndarray, low_hz: float, high_hz: float
) -> float:
    """Programme over noise in a band, in dB; the noise is its harmonic mean, as a reader weighs."""
    hertz = spectrum.frequency_hz
    band = (hertz >= low_hz) & (hertz < high_hz)
    programme = float(
        np.average(spectrum.programme[:, band] @ weight[band], weights=spectrum.weight)
    )
    noise = float(weight[band].sum() / np.mean(1 / np.maximum(spectrum.noise, 1e-30)))
    if not noise > 0:
        return np.nan
    return float(10 * np.log10(max(programme / noise, 1e-12)))


def _shortage(spectrum: PredictedSpectrum, weight: np.ndarray) -> float:
    """How much finer the photograph would have to be.

    Of a groove twice as large in px, with the noise of a px as it is, the density of the noise in
    px^2 per Hz is the same and that of the programme four times as large.
    """
    # Resolutions tried, over the one that is given.
    ratios = 2.0 ** (np.arange(33) / 8)
    for finer in ratios:
        if _best_db(spectrum, weight, SPEECH_HZ, gain=float(finer) ** 2) >= GOOD_DB:
            return float(finer)
    return np.inf
