"""Where the sheet of a piece ends on either side of its groove: the edges of the cut.

A piece lies on something that looks unlike it: a light box, a card. Along circles about the
centre of its groove the edge is where the light is half way from that of the film to that of the
ground.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import ndimage

from groovescan.core.photograph import Photograph
from groovescan.core.results import Camera
from groovescan.core.statistics import median_deviation
from groovescan.joining.registration.arcs import Arc


@dataclass(frozen=True, kw_only=True)
class PieceEdges:
    """The two edges of a piece, about the centre of its groove.

    Attributes
    ----------
    photograph : int
        The photograph that shows the piece.
    camera : Camera
        A camera about the centre of its groove.
    radius_px : ndarray of float64, shape (n,)
        Radii at which edges were looked for.
    first_rad, last_rad : ndarray of float64, shape (n,)
        Angles of its edges counter-clockwise; not a number where none was seen.
    """

    photograph: int
    camera: Camera
    radius_px: np.ndarray
    first_rad: np.ndarray
    last_rad: np.ndarray

    def angle_at(self, radius_px: np.ndarray, *, last: bool) -> np.ndarray:
        """Angle of the last or the first edge at radii; between those that were seen linearly."""
        edge = self.last_rad if last else self.first_rad
        known = np.isfinite(edge)
        return np.asarray(np.interp(radius_px, self.radius_px[known], edge[known]))

    def seen_at(self, radius_px: np.ndarray, *, last: bool) -> np.ndarray:
        """Whether the last or the first edge was seen at radii, and not only beside them."""
        edge = self.last_rad if last else self.first_rad
        seen = np.interp(radius_px, self.radius_px, np.isfinite(edge) * 1.0, left=0.0, right=0.0)
        return np.asarray(seen > 0.99)

    def covers(self, x_px: np.ndarray, y_px: np.ndarray) -> np.ndarray:
        """Whether points of the photograph lie between the edges, and not beside one."""
        # The blur of an edge, and what light it throws, in px.
        beside_px = 2.5
        right, up = x_px - self.camera.centre_px[0], self.camera.centre_px[1] - y_px
        radius = np.hypot(right, up)
        margin = beside_px / np.maximum(radius, 1.0)
        first, last = (self.angle_at(radius, last=last) for last in (False, True))
        ahead = np.mod(np.arctan2(up, right) - first, 2 * np.pi)
        return np.asarray((ahead > margin) & (ahead < last - first - margin))

    @property
    def found(self) -> tuple[bool, bool]:
        """Whether enough of the first and of the last edge is seen."""
        # So many radii tell where an edge is.
        least = 40
        first, last = (int(np.isfinite(edge).sum()) for edge in (self.first_rad, self.last_rad))
        return first >= least, last >= least


def about_groove(arc: Arc) -> Camera:
    """The camera of an arc with the centre about which its turns are circles."""
    # Gauss-Newton on circles: each round takes the error to its square, over the radius.
    rounds = 4
    radius, known = arc.slow()
    turn, column = np.nonzero(known[:, ::8] > 0.5)
    column = 8 * column
    image = arc.image_px(radius[turn, column], arc.angle_rad[column])
    centre = np.asarray(arc.camera.centre_px, float)
    for _ in range(rounds):
        x, y = image[0] - centre[0], centre[1] - image[1]
        away = np.hypot(x, y)
        shape = np.stack([x / away, y / away], axis=1)
        count = np.maximum(np.bincount(turn), 1)
        mean = np.stack([np.bincount(turn, each) / count for each in (*shape.T, away)], axis=1)
        left = np.c_[shape, away] - mean[turn]
        move = np.linalg.lstsq(left[:, :2], left[:, 2])[0]
        centre = centre + np.array([move[0], -move[1]])
    return replace(arc.camera, centre_px=centre)


def piece_edges(photo: Photograph, arc: Arc) -> PieceEdges:
    """Find the edges of a piece.

    Parameters
    ----------
    photo : Photograph
        One channel of it.
    arc : Arc
        The groove that it shows.
    """
    # Edges are looked for from this share of the innermost turn's radius to so many pitches beyond
    # the outermost, at so many px; up to so many radians before and beyond the groove that was
    # read, at so many px.
    inner_share, beyond_pitches, step_px = 0.5, 12.0, 2.0
    within_rad, beyond_rad, sample_px = 0.12, 0.12, 0.5
    camera = about_groove(arc)
    known = arc.known.any(axis=1)
    ends = arc.radius_px[known].mean(axis=1)
    outer = float(ends.max()) + beyond_pitches * arc.pitch_px
    radius = np.arange(inner_share * float(ends.min()), outer, step_px)
    ground = ground_of(photo)
    edges = []
    for last in (False, True):
        middle = _end_of(arc, camera, last=last)
        way = 1 if last else -1
        count = int((within_rad + beyond_rad) * float(ends.max()) / sample_px)
        angle = middle + way * np.linspace(-within_rad, beyond_rad, count)
        edges.append(_edge(_light(photo, camera, radius, angle), ground, angle))
    return PieceEdges(
        photograph=arc.photograph,
        camera=camera,
        radius_px=radius,
        first_rad=edges[0],
        last_rad=edges[1],
    )


def _end_of(arc: Arc, camera: Camera, *, last: bool) -> float:
    """Angle at which the groove that was read ends, about another centre."""
    step = -1 if last else 1
    known = np.flatnonzero(arc.known.mean(axis=0) > 0.5 * arc.known.mean(axis=0).max())[::step]
    radius = float(arc.radius_px.mean())
    x, y = arc.image_px(np.array(radius), arc.angle_rad[known[0]])
    told = float(np.arctan2(camera.centre_px[1] - y, x - camera.centre_px[0]))
    near = float(arc.angle_rad[known[0]])
    return told + 2 * np.pi * round((near - told) / (2 * np.pi))


def ground_of(photo: Photograph) -> tuple[float, float]:
    """Light of what the pieces lie on, and its spread, told by the rim of the photograph."""
    reduced = photo.reduced(max(1, min(photo.shape) // 500))
    rim = max(2, min(reduced.shape) // 60)
    edge: np.ndarray = np.ones(reduced.shape, bool)
    edge[rim:-rim, rim:-rim] = False
    level = float(np.median(reduced[edge]))
    return level, float(median_deviation(reduced[edge] - level)) + 1e-3


def _light(photo: Photograph, camera: Camera, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Light along circles; not a number outside the photograph."""
    x = camera.centre_px[0] + radius[:, None] * np.cos(angle)
    y = camera.centre_px[1] - radius[:, None] * np.sin(angle)
    rows, columns = photo.shape
    left, top = max(int(x.min()) - 2, 0), max(int(y.min()) - 2, 0)
    right, bottom = min(int(x.max()) + 3, columns), min(int(y.max()) + 3, rows)
    if right - left < 2 or bottom - top < 2:
        return np.full(x.shape, np.nan)
    window = photo.window(slice(top, bottom), slice(left, right))
    light = cv2.remap(
        np.ascontiguousarray(window),
        (x - left).astype(np.float32),
        (y - top).astype(np.float32),
        cv2.INTER_LINEAR,
    ).astype(float)
    outside = (x < 0) | (y < 0) | (x > columns - 1) | (y > rows - 1)
    light[outside] = np.nan
    return light


def _edge(light: np.ndarray, ground: tuple[float, float], angle: np.ndarray) -> np.ndarray:
    """Angle at which each circle leaves the film for the ground."""
    # Film differs from the ground by so many times its spread, and by so much light; and the ground
    # goes on for so many samples.
    clear, least, ground_samples = 8.0, 0.03, 8
    level, spread = ground
    far = max(clear * spread, least)
    off = np.abs(light - level)
    is_ground = ndimage.minimum_filter1d(
        (np.nan_to_num(off, nan=np.inf) < 0.5 * far) * 1, ground_samples, axis=1,
        origin=-(ground_samples // 2),
    ) > 0  # fmt: skip
    begin = is_ground.argmax(axis=1)
    found = np.full(len(light), np.nan)
    for row in np.flatnonzero(is_ground.any(axis=1) & (begin > 4 * ground_samples)):
        inside = off[row, begin[row] - 4 * ground_samples : begin[row] - ground_samples]
        film = float(np.median(inside))
        if not film > far:
            continue
        back = off[row, begin[row] - 2 * ground_samples : begin[row] + 2]
        high = np.flatnonzero(back > film / 2)
        if not len(high) or high[-1] + 1 >= len(back):
            continue
        k = int(high[-1])
        part = (back[k] - film / 2) / max(back[k] - back[k + 1], 1e-9)
        place = begin[row] - 2 * ground_samples + k + part
        found[row] = np.interp(place, np.arange(len(angle)), angle)
    return found
