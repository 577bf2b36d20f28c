"""Faults of a picture: printed through a screen, seen behind a grid, rounded, badly joined.

Each is a function from pixels to pixels, of a band of rows where its first row is told.
"""

from __future__ import annotations

import cv2
import numpy as np

from groovescan.simulate.settings_tables import Table

#: Light of ink and of paper, and over how many px the edge of a dot is soft.
_INK, _PAPER, _EDGE_PX = 0.05, 0.95, 1.5


def halftone(
    light: np.ndarray, pitch_px: float, angle_rad: float, *, first_row: int = 0
) -> np.ndarray:
    """Dots on a square screen, the larger the less light there is.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
        What is printed, 0 to 1.
    pitch_px, angle_rad : float
        Distance of the dots in px, and how the screen is turned.
    first_row : int
        Which row of the picture the first one is.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    one, other = _across(light.shape, pitch_px, angle_rad, first_row)
    screen = (np.cos(one) + np.cos(other)) / 4 + 0.5
    steep = np.hypot(np.sin(one), np.sin(other)) / 4 * 2 * np.pi / pitch_px * _EDGE_PX
    paper = np.clip((light - screen) / np.maximum(steep, 1e-3) + 0.5, 0, 1)
    return np.asarray(_INK + (_PAPER - _INK) * paper, np.float32)


def gridded(light: np.ndarray, pitch_px: float, depth: float, *, first_row: int = 0) -> np.ndarray:
    """Lines across and down the picture that take a share of the light.

    Parameters
    ----------
    light : ndarray of float32, shape (rows, columns)
        What lies behind the grid, 0 to 1.
    pitch_px, depth : float
        Distance of the lines in px, and what they take, 0 to 1.
    first_row : int
        Which row of the picture the first one is.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    # The lines of a grid cover what lies within so many rad of their middle.
    line_rad = 0.8
    across, down = _across(light.shape, pitch_px, 0.0, first_row)
    lines = np.maximum(np.cos(across), np.cos(down)) > np.cos(line_rad)
    return np.asarray(light * (1 - depth * lines), np.float32)


def _across(
    shape: tuple[int, ...], pitch_px: float, angle_rad: float, first_row: int
) -> tuple[np.ndarray, np.ndarray]:
    """Phase of two waves at right angles to one another, in rad, float32."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    y += first_row
    wave = np.float32(2 * np.pi / pitch_px)
    right, down = np.float32(np.cos(angle_rad)), np.float32(np.sin(angle_rad))
    return wave * (x * right + y * down), wave * (y * right - x * down)


def rounded(image: np.ndarray, quality: int) -> np.ndarray:
    """Pixels as a JPEG file leaves them.

    Parameters
    ----------
    image : ndarray of uint8, shape (rows, columns) or (rows, columns, 3)
        Red, green, blue where there is colour.
    quality : int
        1 to 100.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    grey = image.ndim == 2
    pixels = image if grey else image[..., ::-1]
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    found = np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED), np.uint8)
    return found if grey else found[..., ::-1]


def joined(image: np.ndarray, seams: Table) -> np.ndarray:
    """A picture whose parts beyond some chords lie beside where they belong.

    Parameters
    ----------
    image : ndarray, shape (rows, columns) or (rows, columns, 3)
        The picture.
    seams : rows of (distance, azimuth, right, down)
        Each chord's distance from the middle of the picture in px and its direction in rad; how
        far what lies beyond was moved, in whole px.

    Returns
    -------
    ndarray of the same shape
        What is moved in from beyond the edge repeats the edge.
    """
    for distance, azimuth, right, down in seams:
        rows, columns = image.shape[:2]
        y, x = np.ogrid[:rows, :columns]
        along = np.cos(azimuth) * (x - (columns - 1) / 2) - np.sin(azimuth) * (y - (rows - 1) / 2)
        from_row = np.clip(np.arange(rows) - round(down), 0, rows - 1)
        from_column = np.clip(np.arange(columns) - round(right), 0, columns - 1)
        beyond = (along > distance).reshape(rows, columns, *[1] * (image.ndim - 2))
        image = np.where(beyond, image[np.ix_(from_row, from_column)], image)
    return image
