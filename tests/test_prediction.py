"""The model of a spectrum is the process that has it."""

import numpy as np

from groovescan.sound.linear_prediction import autoregressive


def test_the_model_of_a_spectrum_is_the_process_that_has_it():
    wave = np.exp(-2j * np.pi * np.arange(1025) / 2048)
    spectra = np.stack([4.0 / np.abs(1 - 1.6 * wave + 0.8 * wave**2) ** 2, np.full(1025, 9.0)])
    model, innovation = autoregressive(spectra, 48)
    np.testing.assert_allclose(innovation, [4.0, 9.0], rtol=1e-6)
    np.testing.assert_allclose(model[0, :4], [1, -1.6, 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(model[1, 1:], 0, atol=1e-9)
