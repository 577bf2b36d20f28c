"""Tell, before the photograph is read, how well it can be read.

From the groove's profile and contrast, as a coarse strip shows them, and the noise of the
photograph's own pixels, the Cramer-Rao bound gives the noise of the displacement; the coarse
reading gives the programme that it is held against.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from groovescan.core.causes import Cause
from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.quality import PredictedSpectrum
from groovescan.core.results import GrooveMap, Photograph, Reading, Resolution
from groovescan.errors import GrooveNotFoundError
from groovescan.modulation import modulation_of
from groovescan.prediction.programme import programme_reading
from groovescan.runtime.blas import one_blas_thread
from groovescan.strip.groove_or_land import Aligned, middle_turn

#: The band in which a ratio of displacements is told.
_BAND_HZ = (100.0, 4000.0)
#: Rows of a spectrum: some tenths of a second, over which speech stays what it is.
_SEGMENT = 1024
#: Speech falls by 9 dB per octave above 500 Hz (Byrne and others 1994), its displacement by 6 dB
#: more: with this power. From the middle of half an octave to its end it falls by so much.
_SPEECH_FALLS = 5
_NEAR_OVER_LAST = 2.0 ** (-_SPEECH_FALLS / 4)


@one_blas_thread()
def predict_resolution(
    photo: Photograph,
    groove_map: GrooveMap,
    aligned: Aligned,
    rpm: float,
    modulation: str = "lateral",
    *,
    along: GrooveMap,
) -> Resolution:
    r"""Predict signal to noise ratio and bandwidth of a decode.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    groove_map : GrooveMap
        Where the groove runs.
    aligned : Aligned
        What a coarse strip told.
    rpm : float
        Speed, in revolutions per minute.
    modulation : {'lateral', 'vertical', 'brightness'}
        What carries the sound.
    along : GrooveMap
        The map along which the coarse strip was laid.

    Returns
    -------
    Resolution

    Notes
    -----
    Information per px of groove is :math:`c^2 \int G^2 du / s^2` (contrast c, derivative G of the
    profile by the signal, variance of a pixel s^2); the displacement's noise has the
    one-sided density :math:`N = 2 t / J`, and what is left of a programme of density P is
    :math:`P N / (P + N)`.
    """
    # Rows with less than this share of the usual contrast tell nothing; and the distribution of
    # what they tell is taken by so many equal parts. Arbitrary.
    strong = 0.3
    quantiles = (np.arange(20) + 0.5) / 20
    # Largest error of the displacement in the band, over the pitch, at which speech is made out:
    # a groove moves by a quarter of the pitch at most, and usually by a tenth of that.
    farthest_pitches = 0.25
    # Blur times frequency over speed at which a tone is 10 dB down: exp(-2 (pi x)^2) = 0.316.
    ten_db_down = 0.2415
    # Cameras and scanners blur by 0.6 to 0.8 px, pixels included; softer flanks are a groove's own.
    most_blur_px = 0.8
    # What the pixels' grid itself holds, in cycles per px.
    grid_cpp = 0.4
    template, part = aligned.fit.template, _part(groove_map, along, aligned)
    height = float(np.ptp(template.value)) + 1e-12
    sharpness = float(np.abs(template.slope).max()) / height
    blur_px = 1 / (sharpness * np.sqrt(2 * np.pi) + 1e-12)
    heard = _heard(aligned, part, blur_px, modulation)
    strength = np.abs(aligned.reading.contrast[part])
    noise = pixel_noise(photo, _along(groove_map))
    across_px = 2 * template.reach_px / len(template.slope)
    change = modulation_of(modulation).derivative(template, blur_px)
    steepness = float(np.sum(change.astype(float) ** 2)) * across_px
    clear = strength > strong * np.percentile(strength, 80)
    px_per_s = 2 * np.pi * float(groove_map.radius_px.mean()) * rpm / 60
    per_light = steepness * px_per_s / (noise**2 + 1e-14)
    usual = _noise_density(np.mean(strength[clear] ** 2) * per_light)
    # The contrast may change, and vanish, along the groove, and the noise with it.
    density = _noise_density(np.quantile(strength, quantiles) ** 2 * per_light)
    # All of its light is to one groove what the farthest that it moves is to another.
    unit_px = modulation_of(modulation).in_px(farthest_pitches * groove_map.pitch_px)
    found = _spectrum_of(heard, density, rpm)
    snr = -np.inf if found is None else _snr_db(found, modulation)
    if found is not None:
        found = _extended(found, modulation, blur_px / px_per_s)
        # A groove whose width or light carries the sound has flanks of its own, which are no blur.
        lateral = modulation_of(modulation).is_displacement
        found = replace(found, blur_s=min(blur_px, most_blur_px) / px_per_s if lateral else 0.0)
    return Resolution(
        pitch_px=groove_map.pitch_px,
        sharpness=sharpness,
        noise=noise,
        contrast=float(np.median(strength[clear])) * height,
        error_px=float(np.sqrt(usual * np.ptp(_BAND_HZ))) * unit_px,
        snr_db=snr,
        bandwidth_hz=px_per_s * min(ten_db_down / blur_px, grid_cpp),
        spectrum=found,
    )


def _noise_density(information_per_s: np.ndarray) -> np.ndarray:
    """One-sided density of the least noise, of what a second of groove tells of it."""
    return 2 / (information_per_s + 1e-12)


def refuse_hopeless(resolution: Resolution, name: str) -> None:
    """Refuse a photograph that cannot be read.

    Raises
    ------
    GrooveNotFoundError
        Where the displacement's noise would drown whatever was recorded.
    """
    # Largest error of the displacement in the band, over the pitch, at which speech is made out:
    # a groove moves by a quarter of the pitch at most, and usually by a tenth of that.
    largest_error_pitches = 0.08
    limit = largest_error_pitches * resolution.pitch_px
    if resolution.error_px <= limit:
        return
    short = resolution.error_px / limit
    what = (
        f"a groove of {resolution.pitch_px:.2f} px per turn was found in {name}, but it cannot be "
        f"read: with a contrast of {resolution.contrast:.3f} and a noise of {resolution.noise:.3f} "
        f"per pixel what it carries is known to {resolution.error_px:.2f} px between 100 Hz and "
        f"4 kHz, where {limit:.2f} px would do: {short:.1f} times the resolution (dpi) or "
        f"{short**2:.1f} times the light."
    )
    advice = Cause.NOISE.advice
    raise GrooveNotFoundError(f"{what} {advice}", cause=Cause.NOISE.word, advice=advice)


def _heard(aligned: Aligned, part: slice, blur_px: float, modulation: str) -> tuple[Reading, ...]:
    """Stretches that tell what was recorded."""
    if modulation_of(modulation).is_displacement:
        return aligned.heard or (_cut_out(aligned.reading, part),)
    if not aligned.arcs:
        return (_cut_out(programme_reading(aligned.strip, aligned.fit, blur_px, modulation), part),)
    return tuple(
        middle_turn(arc.strip, programme_reading(arc.strip, arc.fit, blur_px, modulation))
        for arc in aligned.arcs
    )


def _part(groove_map: GrooveMap, along: GrooveMap, aligned: Aligned) -> slice:
    """The rows of the coarse strip between the groove's ends."""
    first = (groove_map.start_rad - along.start_rad) / (along.direction * 2 * np.pi)
    ends = np.searchsorted(aligned.strip.turns, [first, first + groove_map.turns])
    return slice(*(int(end) for end in ends))


def _cut_out(reading: Reading, part: slice) -> Reading:
    return replace(
        reading,
        displacement_px=reading.displacement_px[part],
        standard_error_px=reading.standard_error_px[part],
        contrast=reading.contrast[part],
    )


def _along(groove_map: GrooveMap) -> np.ndarray:
    """Points spread over the groove, (x, y) in px."""
    # The noise's error is then below a per cent: a patch tells some hundred bins.
    most_patches = 300
    turns = np.linspace(0, max(groove_map.turns, 0.0), most_patches) * (1 - 1e-9)
    angle = angle_at(groove_map, turns)
    return projection_of(groove_map).project(radius_at(groove_map, turns), angle).T


def pixel_noise(photo: Photograph, position_px: np.ndarray) -> float:
    """Standard deviation of a pixel's noise, from the spectra of patches of the photograph.

    Noise fills all frequencies alike, and a groove only a few: beyond the groove's band, the
    median power is the noise's. Of exponentially distributed powers it is ln 2 of the mean.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    position_px : ndarray of float64, shape (n, 2)
        Where patches are taken, (x, y) in px.
    """
    # As of the patches by which the groove is found; and the frequencies, in cycles per px, beyond
    # which neither groove nor film is, up to the highest, 0.5 along the axes.
    patch_px = 64
    beyond_cpp = 0.40
    rows, columns = photo.shape
    side = min(patch_px, rows, columns)
    corner = np.clip(position_px[:, ::-1] - side / 2, 0, [rows - side, columns - side])
    patches = np.stack(
        [photo.window(slice(y, y + side), slice(x, x + side)) for y, x in corner.astype(int)]
    )
    window = np.hanning(side + 2)[1:-1, None] * np.hanning(side + 2)[1:-1]
    spectrum = np.fft.rfft2((patches - patches.mean(axis=(1, 2), keepdims=True)) * window)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side))
    power = np.median(np.abs(spectrum[:, frequency > beyond_cpp]) ** 2, axis=1)
    return float(np.sqrt(np.median(power) / np.log(2) / np.sum(window**2)))


def _spectrum_of(
    heard: tuple[Reading, ...], density: np.ndarray, rpm: float
) -> PredictedSpectrum | None:
    """Programme of some stretches and noise; None where too little is known of them."""
    rate_hz = heard[0].samples_per_turn * rpm / 60
    known = np.concatenate([np.isfinite(part.standard_error_px) for part in heard])
    if known.sum() < 2 * _SEGMENT:
        return None
    usual = np.median(np.concatenate([part.standard_error_px for part in heard])[known])
    spectra = [_spectrum(part, usual, rate_hz) for whole in heard for part in _pieces(whole)]
    return PredictedSpectrum(
        frequency_hz=spectra[0][0],
        programme=np.stack([power for _, power, _ in spectra]),
        weight=np.array([share for *_, share in spectra]),
        noise=density,
    )


def _snr_db(found: PredictedSpectrum, modulation: str) -> float:
    """Signal to noise ratio of the best linear reader, in dB, from some stretches of it."""
    band = (found.frequency_hz >= _BAND_HZ[0]) & (found.frequency_hz <= _BAND_HZ[1])
    share = _programme_share(found, modulation)
    power = (np.maximum(found.programme, 0) * share)[:, None, band]
    density = found.noise[:, None]
    # The reader knows the programme from moment to moment. A moment beside the groove, or where it
    # cannot be seen, tells nothing of it.
    left = power * density / (power + density + 1e-30)
    error = float(np.average(left.mean(axis=1).sum(axis=1), weights=found.weight))
    whole_power = float(np.average(power[:, 0].sum(axis=1), weights=found.weight))
    return float(10 * np.log10(max(whole_power - error, 1e-12) / (error + 1e-12)))


def _extended(found: PredictedSpectrum, modulation: str, blur_s: float) -> PredictedSpectrum:
    """The programme up to all that is heard, beyond what the strip's rows can hold.

    It goes on as speech does on average, under the blur along the groove.
    """
    # Share of the frequencies that rows of a strip can sample which the spline between them leaves,
    # and up to where a programme is to be known.
    held = 0.6
    heard_hz = 5000.0
    share = _programme_share(found, modulation)
    programme, hertz = np.maximum(found.programme, 0) * share, found.frequency_hz
    last_hz = held * hertz[-1]
    told, near = hertz <= last_hz, (hertz > last_hz / np.sqrt(2)) & (hertz <= last_hz)
    beyond_hz = np.arange(hertz[told][-1], heard_hz, hertz[1])[1:]
    level = programme[:, near].mean(axis=1) * _NEAR_OVER_LAST
    blurred = np.exp(-((2 * np.pi * blur_s) ** 2) * (beyond_hz**2 - last_hz**2))
    beyond = level[:, None] * (beyond_hz / last_hz) ** -_SPEECH_FALLS * blurred
    return replace(
        found,
        frequency_hz=np.concatenate([hertz[told], beyond_hz]),
        programme=np.concatenate([programme[:, told], beyond], axis=1),
    )


def _programme_share(found: PredictedSpectrum, modulation: str) -> np.ndarray | float:
    """Share of each frequency's power that is programme, and not noise that happens to be left.

    Of noise that is taken off a spectrum the half that was larger is left, and would count for
    programme at all frequencies; so what is left is shrunk towards nothing (James and Stein 1961).
    """
    if not modulation_of(modulation).couples_to_light:
        return 1.0  # there is so little noise that this would change nothing for the better
    power, weight = found.programme, found.weight
    # What is left of the noise of other cuts is judged over so many frequencies, and is not
    # believed below so many of its own deviations.
    judged_bins = 33
    doubted = 2.0
    mean = ndimage.uniform_filter1d(
        np.average(power, axis=0, weights=weight), judged_bins, mode="nearest"
    )
    top = mean[-(len(mean) // 4) :]
    doubt = doubted * float(np.std(top))
    return np.maximum(1 - (doubt / np.maximum(mean, 1e-30)) ** 2, 0)


def _pieces(reading: Reading) -> list[Reading]:
    """A reading in pieces of about the length of a moment, two segments each."""
    count = max(len(reading.displacement_px) // (2 * _SEGMENT), 1)
    parts = np.array_split(np.arange(len(reading.displacement_px)), count)
    return [_cut_out(reading, slice(part[0], part[-1] + 1)) for part in parts]


def _spectrum(
    part: Reading, usual_px: float, rate_hz: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Frequencies and power density of a stretch's programme, its own noise taken off.

    And the share of it that tells something.
    """
    error_px = part.standard_error_px.astype(float)
    known = np.isfinite(error_px)
    weight = np.where(known, 1 / (1 + (error_px / (3 * usual_px)) ** 2), 0.0)
    heard = weight * part.displacement_px
    frequency_hz, power = _density(heard, rate_hz)
    own = 2 * np.mean((weight[known] * error_px[known]) ** 2) / rate_hz if known.any() else 0.0
    # Up there is no programme: what the errors do not explain is noise all the same.
    own = max(own, float(np.mean(power[-(len(power) // 4) :])))
    share = float(np.mean(weight**2)) + 1e-12
    return frequency_hz, (power - own) / share, share


def _density(values: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and one-sided power density, under half overlapping windows (Welch 1967).

    As `scipy.signal.welch`, which takes longer to load than all the rest of the program.
    """
    size = min(_SEGMENT, len(values))
    window = np.sin(np.pi * np.arange(size) / size) ** 2
    parts = np.lib.stride_tricks.sliding_window_view(values, size)[:: size - size // 2]
    spectra = np.fft.rfft((parts - parts.mean(axis=1, keepdims=True)) * window, axis=1)
    power = 2 * (np.abs(spectra) ** 2).mean(axis=0) / (rate_hz * np.sum(window**2))
    power[[0, -1]] /= 2
    return np.fft.rfftfreq(size, 1 / rate_hz), power
