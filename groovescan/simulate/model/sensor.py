"""The camera: where a point of the disc falls in the photograph, and what the sensor sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groovescan.simulate.model.sheet import Sheet, make_sheet
from groovescan.simulate.simulate_settings import TILT_RADIUS_MM, SimulateSettings

#: Share of light in red, green and blue: the warm grey of film over a light box. Arbitrary.
TINT = np.array([1.0, 0.96, 0.88])
"""Red, green and blue of a grey film on the light box."""


@dataclass(frozen=True)
class SensorView:
    """How the camera sees the disc.

    Attributes
    ----------
    settings : SimulateSettings
        Position, scale and distortions.
    curl_waves : ndarray of float64, shape (waves, 4)
        Waves of the curled film: how many rad per mm in x and in y, phase in rad, and height.
    sheet : Sheet or None
        How the film lies; None where it is one sheet that is smooth.
    """

    settings: SimulateSettings
    curl_waves: np.ndarray
    sheet: Sheet | None = None

    def to_disc(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Radius in mm and azimuth in rad of the place on the disc that a point shows.

        Parameters
        ----------
        x_px, y_px : ndarray of float, any shape, broadcast against each other
            Points of the photograph.

        Returns
        -------
        radius_mm, angle_rad : ndarray of float64
            Where the place was when the groove was cut into a flat sheet. Counter-clockwise as
            seen; the mirror image of a disc is a matter of the groove.
        """
        radius, angle = self.to_lying(x_px, y_px)
        if self.sheet is None:
            return radius, angle
        flat = self.sheet.flat(radius * np.exp(1j * angle))
        return np.abs(flat), np.angle(flat)

    def to_lying(self, x_px: np.ndarray, y_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Radius in mm and azimuth in rad of a point as the sheet lies.

        Parameters
        ----------
        x_px, y_px : ndarray of float, any shape, broadcast against each other
            Points of the photograph.

        Returns
        -------
        radius_mm, angle_rad : ndarray of float64
            The same as `to_disc` where the sheet is whole and flat.
        """
        s = self.settings
        centre_x, centre_y = s.centre_px
        x, y = (x_px - centre_x) * s.mm_per_px, (centre_y - y_px) * s.mm_per_px
        if s.lens:
            x, y = self._through_lens(x, y)
        if s.shear or s.x_scale_error:
            x = (x - s.shear * y) / (1.0 + s.x_scale_error)
        if s.tilt_x or s.tilt_y:
            depth = 1.0 + (s.tilt_x * x + s.tilt_y * y) / TILT_RADIUS_MM
            x, y = x / depth, y / depth
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        if s.curl_mm:
            radius = radius + self._curl_mm(radius, angle)
        return radius, angle

    def to_image(
        self, radius_mm: np.ndarray, angle_rad: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Point of the photograph that shows a place on the disc.

        Parameters
        ----------
        radius_mm, angle_rad : ndarray of float, shape (n,)
            Places on the disc.

        Returns
        -------
        x_px, y_px : ndarray of float64, shape (n,)
            Points of the photograph.
        """
        return self.from_lying(*self.lying(radius_mm, angle_rad)[:2])

    def lying(
        self, radius_mm: np.ndarray, angle_rad: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where places of the disc lie, in mm and rad, and whether they can be seen there."""
        if self.sheet is None:
            return radius_mm, angle_rad, np.ones(np.shape(radius_mm), bool)
        place, visible = self.sheet.lies(radius_mm * np.exp(1j * angle_rad))
        return np.abs(place), np.angle(place), visible

    def from_lying(
        self, radius_mm: np.ndarray, angle_rad: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inverse of `to_lying`, by Newton steps on it; shape (n,)."""
        s = self.settings
        wanted = radius_mm * np.exp(1j * angle_rad)
        x = s.centre_px[0] + wanted.real / s.mm_per_px
        y = s.centre_px[1] - wanted.imag / s.mm_per_px
        for _ in range(6):
            x, y = self._newton_step(x, y, wanted)
        return x, y

    def _newton_step(
        self, x: np.ndarray, y: np.ndarray, wanted: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        here, step = self._plane(x, y), 0.5
        by_x = (self._plane(x + step, y) - here) / step
        by_y = (self._plane(x, y + step) - here) / step
        miss = wanted - here
        area = by_x.real * by_y.imag - by_x.imag * by_y.real
        dx = (miss.real * by_y.imag - miss.imag * by_y.real) / area
        dy = (by_x.real * miss.imag - by_x.imag * miss.real) / area
        return x + dx, y + dy

    def _plane(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        radius, angle = self.to_lying(x, y)
        return radius * np.exp(1j * angle)

    def _through_lens(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Radial term about the middle of the photograph, which leaves the disc's centre."""
        s = self.settings
        x0, y0 = -s.centre_x_offset_px * s.mm_per_px, s.centre_y_offset_px * s.mm_per_px
        gain = 1.0 + s.lens * ((x - x0) ** 2 + (y - y0) ** 2) / TILT_RADIUS_MM**2
        at_centre = 1.0 + s.lens * (x0**2 + y0**2) / TILT_RADIUS_MM**2
        return (x - x0) * gain + x0 * at_centre, (y - y0) * gain + y0 * at_centre

    def _curl_mm(self, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """A place that lies higher is seen further out, at the same angle."""
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        height = sum(
            size * np.cos(by_x * x + by_y * y + phase)
            for by_x, by_y, phase, size in self.curl_waves
        )
        return self.settings.curl_mm * radius / TILT_RADIUS_MM * height


def make_view(settings: SimulateSettings, rng: np.random.Generator) -> SensorView:
    """Draw the curl of the film and what else it is not flat by, and set up the camera."""
    # Waves of the curl: one would be a cylinder, and many a rumpled sheet.
    count = 3
    # Length of the waves of a curled film, over the radius of its groove.
    curl_lengths = (1.5, 5.0)
    length = TILT_RADIUS_MM * rng.uniform(*curl_lengths, count)
    way, phase = rng.uniform(0.0, 2 * np.pi, (2, count))
    size = length / length.sum()
    waves = [2 * np.pi / length * np.cos(way), 2 * np.pi / length * np.sin(way), phase, size]
    return SensorView(settings, np.stack(waves, axis=1), make_sheet(settings, rng))


def exposed(light: np.ndarray, settings: SimulateSettings, rng: np.random.Generator) -> np.ndarray:
    """Add the sensor's noise and round to whole numbers.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
        Noise-free light, 0 to 1.
    settings : SimulateSettings
        Noise, depth and colour.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray of uint8 or uint16, shape (rows, columns) or (rows, columns, 3)
        Pixels; red, green, blue where there is colour.
    """
    if settings.colour:
        light = light[..., None] * TINT.astype(np.float32)
    noisy = light + settings.noise * rng.standard_normal(light.shape, dtype=np.float32)
    most = 2**settings.bit_depth - 1
    kind = np.uint8 if settings.bit_depth == 8 else np.uint16
    return np.clip(np.rint(noisy * most), 0, most).astype(kind)


def information_per_light(settings: SimulateSettings) -> float:
    """Inverse variance of the light in one pixel, quantisation included; channels combined.

    Behind a mosaic a pixel has one colour; of interpolated pixels the sensor had fewer.
    """
    step = 1.0 / (2**settings.bit_depth - 1)
    gains = TINT if settings.colour else np.ones(1)
    gain = float(np.sum(gains**2))
    if settings.mosaic != "none":
        gain = float(np.mean(TINT[[0, 1, 1, 2]] ** 2))
    return gain / (settings.noise**2 + step**2 / 12) / settings.interpolated**2
