"""Linear prediction: models of signals that follow from their own past."""

from __future__ import annotations

import numpy as np
from scipy import fft


def autoregressive(spectra: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Autoregressive models of power spectra: Levinson's recursion for all of them at once.

    Parameters
    ----------
    spectra : ndarray of float, shape (rows, n)
        Power from 0 to half the sample rate; no row is zero throughout.
    most : int
        Order of the models.

    Returns
    -------
    model : ndarray of float64, shape (rows, most + 1)
        Coefficients, with the leading one.
    innovation : ndarray of float64, shape (rows,)
        Variance of what they do not predict.
    """
    correlation = fft.irfft(spectra, axis=1)[:, : most + 1]
    model = np.zeros(correlation.shape)
    model[:, 0] = 1.0
    innovation = correlation[:, 0] * (1 + 1e-9)
    for order in range(1, most + 1):
        known = model[:, :order]
        reflection = -np.einsum("ij,ij->i", known, correlation[:, order:0:-1]) / innovation
        model[:, 1 : order + 1] += reflection[:, None] * known[:, ::-1]
        innovation = innovation * (1 - reflection**2)
    return model, np.maximum(innovation, 1e-12 * correlation[:, 0])
