"""Transforms by OpenCV are those that everyone knows."""

import numpy as np
import pytest

from groovescan.runtime import dft


@pytest.mark.parametrize("length", [2, 4, 64, 2048, 600])
@pytest.mark.parametrize("rows", [1, 3, 50])
def test_rows_are_transformed_there_and_back(rng, rows, length):
    values = rng.standard_normal((rows, length)).astype(np.float32)
    spectrum = dft.forward(values)
    assert spectrum.dtype == np.complex64
    np.testing.assert_allclose(spectrum, np.fft.rfft(values, axis=1), atol=2e-5 * length**0.5)
    again = dft.backward(spectrum)
    assert again.dtype == np.float32
    np.testing.assert_allclose(again, values, atol=1e-5)
    # not to be changed, and of any layout
    np.testing.assert_array_equal(dft.backward(np.asfortranarray(spectrum)), again)


@pytest.mark.parametrize("length", [2, 8, 512])
def test_gains_of_packed_spectra(rng, length):
    values = rng.standard_normal((5, length)).astype(np.float32)
    gain = rng.random((5, length // 2 + 1)).astype(np.float32)
    found = dft.backward_packed(dft.forward_packed(values) * dft.packed_gain(gain))
    expected = np.fft.irfft(np.fft.rfft(values, axis=1) * gain, length, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)
