"""Where the groove was read, and how well, in pieces that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from groovescan.core.geometry.camera_model import angle_at, radius_at
from groovescan.core.geometry.projection import projection_of
from groovescan.core.results import Decoded, GrooveMap, Photograph, Reading


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """The groove in short pieces.

    Attributes
    ----------
    turns : ndarray of float64, shape (pieces, points)
        Position of each point, in turns from the start.
    radius_px, angle_rad : ndarray of float64, shape (pieces, points)
        Where it lies in the plane of the disc.
    snr_db : ndarray of float64, shape (pieces,)
        Signal to noise ratio of a sample there, in dB; not a number where it is missing.
    missing : ndarray of bool, shape (pieces,)
        Where most of the piece could not be read.
    """

    turns: np.ndarray
    radius_px: np.ndarray
    angle_rad: np.ndarray
    snr_db: np.ndarray
    missing: np.ndarray


def pieces(decoded: Decoded, per_turn: int = 96) -> Pieces:
    """Cut the groove into equal pieces, with the confidence of each.

    Parameters
    ----------
    decoded : Decoded
        What was read.
    per_turn : int
        Pieces per turn.
    """
    # Straight lines between them stay within a line's width of the arc.
    points_per_piece = 5
    groove_map, reading = decoded.groove_map, decoded.reading
    length = len(reading.displacement_px) / reading.samples_per_turn
    count = max(int(length * per_turn), 1)
    edges = np.linspace(0, length, count + 1)
    turns = edges[:-1, None] + np.diff(edges)[:, None] * np.linspace(0, 1, points_per_piece)
    snr_db, missing = snr_of(reading, count)
    return Pieces(
        turns=turns,
        radius_px=radius_at(groove_map, turns),
        angle_rad=angle_at(groove_map, turns),
        snr_db=snr_db,
        missing=missing,
    )


def snr_of(reading: Reading, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Signal to noise ratio of a sample in each of `count` equal parts of the groove.

    The signal is the mean power of the displacement over the whole side, so that a quiet
    passage is not taken for a bad one; samples weigh by their information, the inverse of the
    variance claimed for them, as in `Reading.snr_db`.

    Returns
    -------
    snr_db : ndarray of float64, shape (count,)
        In dB; not a number where the part is missing.
    missing : ndarray of bool, shape (count,)
        Where more than half of the part could not be read.
    """
    # Most of it decides.
    missing_share = 0.5
    error = reading.standard_error_px.astype(float)
    edges = np.linspace(0, len(error), count + 1).astype(int)[:-1]
    known = np.isfinite(error)
    information = np.add.reduceat(np.where(known, error, np.inf) ** -2.0, edges)
    samples = np.diff(np.append(edges, len(error)))
    read = np.add.reduceat(known.astype(float), edges)
    missing = read < (1 - missing_share) * samples
    snr_db = 10 * np.log10(signal_power(reading) * information / np.maximum(read, 1) + 1e-12)
    return np.where(missing, np.nan, snr_db), missing


def signal_power(reading: Reading) -> float:
    """Mean square of the displacement where it was read, less the noise, in px^2."""
    known = np.isfinite(reading.standard_error_px)
    if not known.any():
        return 1e-12
    weight = 1 / reading.standard_error_px[known].astype(float) ** 2
    power = np.average(reading.displacement_px[known] ** 2, weights=weight)
    noise = 1 / np.mean(weight)
    return float(max(power - noise, 1e-3 * noise))


def image_points(groove_map: GrooveMap, turns: np.ndarray) -> np.ndarray:
    """Image points, x and y in px, of positions along the groove, shape (2, ...)."""
    return projection_of(groove_map).project(
        radius_at(groove_map, turns), angle_at(groove_map, turns)
    )


def shown_luminance(photo: Photograph) -> tuple[float, float]:
    """Black and white points under which a photograph shows what is in it."""
    # Some hundred thousand px from all over: arbitrary, percentiles of a half need some thousand.
    few_samples = 24
    sample_px = 24
    rows, columns = (
        np.linspace(0, max(size - sample_px, 0), few_samples).astype(int) for size in photo.shape
    )
    sample = [
        photo.window(slice(top, top + sample_px), slice(left, left + sample_px)).ravel()
        for top in rows
        for left in columns
    ]
    black, white = np.percentile(np.concatenate(sample), [0.5, 99.5])
    return float(black), float(max(white, black + 1e-3))


def shown_copy(photo: Photograph, most_px: int) -> tuple[np.ndarray, float]:
    """The photograph no larger than a screen shows it, and by which factor it is reduced.

    Parameters
    ----------
    photo : Photograph
        The photograph.
    most_px : int
        Its longer side at most.
    """
    longest = max(photo.shape)
    whole = max(1, longest // most_px)
    copy = photo.reduced(whole)
    shrink = max(1.0, longest / whole / most_px)
    if shrink > 1:
        size = tuple(max(1, round(side / shrink)) for side in copy.shape[::-1])
        copy = cv2.resize(copy, size, interpolation=cv2.INTER_AREA)
    return copy, whole * shrink
