"""What the blur along the groove took is given back, as far as noise does not hide it."""

import numpy as np
import pytest

from groovescan.quality.blur_along import power_given_back

HERTZ = np.arange(0.0, 5000.0, 20.0)


def test_a_blur_is_undone_up_to_where_noise_hides_the_programme():
    blur_s = 1e-4
    programme = 1 / (1 + (HERTZ / 300) ** 4)
    noise = np.full(len(HERTZ), 4 * programme[HERTZ == 2000.0][0])
    found = power_given_back(HERTZ, blur_s, programme, noise)
    assert found[HERTZ == 1000.0] == pytest.approx(np.exp((2 * np.pi * 0.1) ** 2))
    last = found[HERTZ == 1980.0]
    assert found[HERTZ == 4000.0] == pytest.approx(last)
    assert last == pytest.approx(np.exp((2 * np.pi * 0.198) ** 2))


def test_nothing_is_given_back_without_a_blur_or_a_programme():
    flat = np.ones(len(HERTZ))
    assert power_given_back(HERTZ, 0.0, flat, flat) == pytest.approx(1)
    assert power_given_back(HERTZ, 1e-4, 0 * flat, flat) == pytest.approx(1)


def test_a_line_far_beyond_what_noise_hides_is_chance():
    programme = 1 / (1 + (HERTZ / 300) ** 4)
    noise = np.full(len(HERTZ), 4 * programme[HERTZ == 2000.0][0])
    hummed = programme.copy()
    hummed[-10] = 1.0 * noise[-10]
    found = power_given_back(HERTZ, 1e-4, hummed, noise)
    assert found == pytest.approx(power_given_back(HERTZ, 1e-4, programme, noise))
