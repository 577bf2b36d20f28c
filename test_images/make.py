"""Draw the three test discs of this folder: the same pixels on every run.

usage: python test_images/make.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

from groovescan.simulate import SimulateSettings, make_sound, simulate, write_simulation

RATE_HZ = 22050
SECONDS = 4.0

SMALL = SimulateSettings(width_px=2400, height_px=2400, start_radius_mm=61.0, film_radius_mm=63.5)

DISCS = {
    "plain": ("speech", SMALL.replace(seed=101)),
    "bones": ("music", SMALL.replace(seed=102, flip=True, bones=9, contrast=0.34)),
    "mirrored-tilted": (
        "speech",
        SMALL.replace(
            seed=103, mirrored=True, tilt_x=0.02, tilt_y=-0.015, x_scale_error=0.004, shear=0.002
        ),
    ),
}


def make(folder: Path) -> None:
    """Write every disc, with its truth, into a folder; what is there is replaced."""
    for name, (kind, settings) in DISCS.items():
        sound = make_sound(SECONDS, RATE_HZ, np.random.default_rng(settings.seed), kind)
        disc = simulate(sound, RATE_HZ, settings)
        for path in write_simulation(disc, folder / f"{name}.png", force=True):
            print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
