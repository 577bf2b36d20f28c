"""How well speech will be understood, told from its signal to noise ratio band by band.

Listeners follow how the level changes in each third of an octave, over some 0.4 s. Short-time
objective intelligibility (STOI; Taal, Hendriks, Heusdens and Jensen 2011) is the mean correlation
of these levels with those of the clean speech, and goes with the share of words that are
understood. In speech with noise, the correlation in a band depends on the band's signal to noise
ratio and on hardly anything else.
"""

from __future__ import annotations

import numpy as np

#: Middle of the measure's fifteen bands, thirds of an octave.
BANDS_HZ = 150 * 2.0 ** (np.arange(15) / 3)


def intelligibility(band_db: np.ndarray) -> float:
    """Short-time objective intelligibility of the best estimate of speech in noise.

    Parameters
    ----------
    band_db : ndarray of float64, shape (15,)
        Signal to noise ratio in each of `BANDS_HZ`, in dB; not a number where there is nothing.

    Returns
    -------
    float
        0.15 to 1.
    """
    # Correlation of a band's levels with those of clean speech, by its signal to noise ratio: least
    # squares of 20 sounds, four voices of `make_sound` with displacements in five levels of noise,
    # of which the best estimate was made and the curve 250N-0 undone (STOI within 0.04 of each).
    ratio_db = np.array([-30.0, -20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 30.0])
    correlation = np.array([0.15, 0.16, 0.29, 0.39, 0.61, 0.75, 0.90, 0.94, 0.98, 0.99, 1.0])
    ratio = np.nan_to_num(band_db, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    return float(np.interp(ratio, ratio_db, correlation).mean())
