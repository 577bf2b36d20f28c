"""Which mixture of colours shows a fringe best over the noise (Fisher's discriminant).

Of patches that show a fringe whose direction is known, the power along that direction is groove and
noise, and the power of waves as long but aslant to it is noise alone. Both are covariances of the
colours, so that it counts what the noise of one has in common with that of another. Noise is taken
at the fringe's own frequency: where colours are interpolated (demosaicing) it is no more white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, linalg

from groovescan.photo.colour.luminance import CHANNELS, weights_of

LUMINANCE = "luminance"
#: What a single channel has to be better by than the luminance, and a mixture of its own than
#: both, in dB.
_BETTER_DB = 1.0


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """How well a groove shows in colours.

    Attributes
    ----------
    groove, noise : ndarray of float64, shape (3, 3)
        Covariances of red, green and blue: of the groove, and of the noise at its frequency.
    """

    groove: np.ndarray
    noise: np.ndarray

    def snr_db(self, channel: str) -> float:
        """Power of the groove over that of the noise in a channel, in dB."""
        weight = weights_of(channel).astype(float)
        power = max(float(weight @ self.groove @ weight), 1e-12 * np.trace(self.groove), 1e-30)
        return 10 * float(np.log10(power / (weight @ self.noise @ weight)))

    def best_mixture(self) -> str:
        """The weights with the largest ratio of both powers, in hundredths."""
        _, vectors = linalg.eigh(self.groove, self.noise)
        weight = vectors[:, -1] / np.abs(vectors[:, -1]).sum()
        weight *= 1 if weight.sum() >= 0 else -1
        return ",".join(f"{part + 0.0:.2f}" for part in np.round(weight, 2))

    def clearest_named(self, better_db: float = _BETTER_DB) -> str:
        """A single colour where it is clearer than the luminance by so much, else that."""
        single = max(CHANNELS, key=self.snr_db)
        return single if self.snr_db(single) > self.snr_db(LUMINANCE) + better_db else LUMINANCE

    def clearest(self, *, luma: bool = False) -> str:
        """The channel to take: the simplest that none is clearer than by 1 dB.

        Parameters
        ----------
        luma : bool
            Whether 'luminance' is the luma of a JPEG file, whose rounding is known.
        """
        # The luma of a JPEG file has to be that much worse: what rounding took from it is filled in
        # again while it is read, and of colours that are made of coarser ones it is not.
        better_than_luma_db = 3.0
        better_db = better_than_luma_db if luma else _BETTER_DB
        chosen, other = self.clearest_named(better_db), self.best_mixture()
        needed_db = better_db if chosen == LUMINANCE else _BETTER_DB
        return other if self.snr_db(other) > self.snr_db(chosen) + needed_db else chosen


def visibility(patches: np.ndarray, wave_cpp: np.ndarray) -> Visibility | None:
    """How well the fringes of some patches show in their colours.

    Parameters
    ----------
    patches : ndarray of float32, shape (n, side, side, 3)
        Red, green and blue, 0 to 1.
    wave_cpp : ndarray of float64, shape (n, 2)
        Wave vector of each patch's fringe, (x, y) in cycles per px, of either sign.

    Returns
    -------
    Visibility or None
        None where there are no patches, or nothing in them.
    """
    # Patches with more noise than this many times the usual show something else, too.
    dirty = 4.0
    # Noise below this share of the strongest colour's is not believed, as a power.
    least_noise = 1e-3
    if not len(patches):
        return None
    groove, noise = _covariances(patches, wave_cpp)
    size = np.trace(noise, axis1=1, axis2=2)
    clean = (size <= dirty * np.median(size)) & np.isfinite(size)
    if not clean.any():
        return None
    noise = noise[clean].mean(axis=0)
    groove = groove[clean].mean(axis=0) - noise
    most = float(np.diag(noise).max())
    if not most > 0:
        most = 1e-6 * max(float(np.trace(groove)), 1e-12)
    return Visibility(groove=groove, noise=noise + least_noise * most * np.eye(3))


def _covariances(patches: np.ndarray, wave_cpp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of fringe and of noise in each patch's colours, shape (n, 3, 3) each."""
    # Bins about a peak that are the fringe's: those of a Hann window.
    peak_bins = 1.6
    # Noise is told by waves of about the same length, by a factor, whose directions are so far off.
    as_long = 1.6
    aslant_rad = np.radians(30)
    # Just below Nyquist, where waves of both signs of frequency become one.
    highest_cpp = 0.47
    side = patches.shape[1]
    window = np.hanning(side + 2)[1:-1].astype(np.float32)
    level = patches.mean(axis=(1, 2), keepdims=True)
    windowed = (patches - level) * (window[:, None] * window)[..., None]
    spectrum = fft.rfft2(windowed, axes=(1, 2)).reshape(len(patches), -1, 3)
    down, right = (
        part.ravel().astype(np.float32)
        for part in np.meshgrid(fft.fftfreq(side), fft.rfftfreq(side), indexing="ij")
    )
    longest = np.hypot(*wave_cpp.T).max() * as_long + peak_bins / side
    used = np.hypot(right, down) < min(longest, highest_cpp)
    right, down, spectrum = right[used], down[used], spectrum[:, used]
    x, y = wave_cpp.astype(np.float32).T[:, :, None]
    across, wave = right * x + down * y, np.hypot(x, y)
    # of a real picture's spectrum half is there, and the peak is in it with one sign or the other
    beside = right**2 + down**2 + wave**2 - 2 * np.abs(across)
    length = np.hypot(right, down) + np.float32(1e-9)
    aslant = np.abs(across) < np.float32(np.cos(aslant_rad)) * wave * length
    alike = (length > wave / as_long) & (length < wave * as_long)
    return (
        _power(spectrum, (beside < (peak_bins / side) ** 2).astype(np.float32)),
        # rings of bins have as many as they are long: each length counts alike
        _power(spectrum, (aslant & alike) / length),
    )


def _power(spectrum: np.ndarray, weight: np.ndarray) -> np.ndarray:
    weighted = spectrum * weight[..., None].astype(np.float32)
    total = (weighted.transpose(0, 2, 1) @ spectrum.conj()).real
    return total / (weight.sum(axis=1)[:, None, None] + 1e-12)
