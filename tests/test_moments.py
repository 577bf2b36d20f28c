"""Programme and noise from moment to moment."""

import numpy as np
import pytest

from groovescan.quality.moments import mean_share


@pytest.mark.parametrize("ratio", [1e-5, 1.0, 1e5])
def test_shares_of_programme_and_noise_are_those_of_each_part(ratio):
    rng = np.random.default_rng(1)
    programme = rng.uniform(0.5, 2, (3, 7)).astype(np.float32)
    noise = (programme / ratio).astype(np.float32)
    parts = rng.uniform(0.1, 10, (5, 3)).astype(np.float32)
    each = parts[:, :, None].astype(float) * noise
    told = np.mean(programme / (programme + each), axis=0)
    lost = np.mean(each / (programme + each), axis=0)
    assert mean_share(programme, noise, parts) == pytest.approx(told, rel=1e-5)
    assert mean_share(programme, noise, parts, of_noise=True) == pytest.approx(lost, rel=1e-5)


def test_where_there_is_neither_nothing_is_shared():
    nothing = np.zeros((2, 4), np.float32)
    parts = np.ones((5, 2), np.float32)
    assert not mean_share(nothing, nothing, parts).any()
    assert not mean_share(nothing, nothing, parts, of_noise=True).any()
