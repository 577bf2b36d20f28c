"""Whether the coded data of a JPEG file are whole, told by walking along their Huffman codes.

Decoders go on behind damage with whatever the bits there seem to say: a picture that is shifted,
or grey. The walk stops where no code fits, where a block or the data end too late or too early, and
where the mean light of a block lies beyond what pixels can have.

Source: ITU-T T.81, annexes A.2 (units), B (markers), C (codes), F.2 and G.2 (decoding).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from groovescan.photo.jpeg_coding.jpeg_markers import (
    JPEG_END,
    JPEG_FRAMES,
    JPEG_HUFFMAN_FRAMES,
    JPEG_QUANTISATION_TABLES,
    JPEG_START_OF_SCAN,
    jpeg_segments,
)
from groovescan.photo.jpeg_coding.jpeg_quantisation import quantisation_tables
from groovescan.photo.jpeg_coding.jpeg_walk import SPARE, walk_progressive, walk_sequential

#: Side of a block of JPEG (T.81, A.1.3).
_SIDE_PX = 8


class Damage(NamedTuple):
    """Where the coded data of a JPEG file stop making sense.

    Attributes
    ----------
    byte : int
        Position in the file.
    row : int
        Row of the stored picture, in px, in which it shows first.
    """

    byte: int
    row: int


@dataclass(frozen=True, kw_only=True)
class _Component:
    """A component of the frame: its sampling, tables, and blocks with and without padding."""

    across: int
    down: int
    table: int
    stride: int
    own_across: int
    own_down: int
    #: Which coefficients of each block are not zero so far, a bit for each.
    nonzero: np.ndarray


@dataclass
class _State:
    """The tables and counts that the segments so far have set."""

    codes: dict[int, np.ndarray] = field(default_factory=dict)
    steps: dict[int, np.ndarray] = field(default_factory=dict)
    interval: int = 0
    components: dict[int, _Component] = field(default_factory=dict)
    progressive: bool = False
    units: tuple[int, int] = (0, 0)
    unit_px: int = _SIDE_PX


class _Coded(NamedTuple):
    """Coded data of a scan, without stuffed bytes and markers."""

    data: np.ndarray
    starts: np.ndarray
    data_bytes: np.ndarray
    first: int
    end: int

    def in_file(self, byte: int) -> int:
        """Where a byte of the data stands in the file."""
        places = np.flatnonzero(self.data_bytes)
        return self.first + int(places[min(byte, len(places) - 1)] if len(places) else 0)


def jpeg_damage(data: bytes, name: str) -> Damage | None:
    """Where the coded data of a JPEG file are damaged first.

    Parameters
    ----------
    data : bytes
        The file; its header has been checked.
    name : str
        Its name, for errors.

    Returns
    -------
    Damage or None
        None where they are whole, or coded otherwise than by Huffman codes of 8-bit samples.

    Raises
    ------
    PhotographError
        Where the markers between the scans make no sense.
    """
    state, position = _State(), 2
    while (found := next(jpeg_segments(data, name, position), None)) is not None:
        marker, start, position = found
        body = data[start:position]
        if marker == JPEG_END:
            return None
        if marker in JPEG_FRAMES and (marker not in JPEG_HUFFMAN_FRAMES or body[:1] != b"\x08"):
            return None
        try:
            damage, position = _follow(state, data, marker, body, position)
        except (IndexError, ValueError, ZeroDivisionError):  # the segment makes no sense itself
            return Damage(start, 0)
        if damage is not None:
            return damage
    return Damage(len(data), state.units[1] * state.unit_px)


def _follow(
    state: _State, data: bytes, marker: int, body: bytes, end: int
) -> tuple[Damage | None, int]:
    """Take in a segment, and the coded data behind it; what is damaged, and where it goes on."""
    if marker in JPEG_FRAMES:
        _begin_frame(state, marker, body)
    elif marker == JPEG_START_OF_SCAN:
        coded = _coded(data, end)
        return _damage_of_scan(state, coded, body), coded.end
    else:
        _remember(state, marker, body)
    return None, end


def _remember(state: _State, marker: int, body: bytes) -> None:
    # Markers (T.81, table B.1).
    huffman_tables = 0xC4
    restart_interval = 0xDD
    if marker == huffman_tables:
        state.codes |= _huffman_codes(body)
    elif marker == JPEG_QUANTISATION_TABLES:
        state.steps |= quantisation_tables(body)
    elif marker == restart_interval:
        state.interval = int.from_bytes(body[:2], "big")


def _huffman_codes(body: bytes) -> dict[int, np.ndarray]:
    """Length, times 256, and symbol of the code that 16 bits begin with, by class and number.

    The class is 0 for means and 16 for all others.
    """
    found, at = {}, 0
    while at + 17 <= len(body):
        counts, name = body[at + 1 : at + 17], body[at]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        lengths = np.repeat(np.arange(1, 17), list(counts))[: len(symbols)]
        entries = (lengths << 8 | np.frombuffer(symbols, np.uint8)).astype(np.uint16)
        lookup = np.repeat(entries, 1 << (16 - lengths))[: 1 << 16]
        found[name] = np.zeros(1 << 16, np.uint16)
        found[name][: len(lookup)] = lookup
        at += 17 + sum(counts)
    return found


def _begin_frame(state: _State, marker: int, body: bytes) -> None:
    # T.81, table B.1.
    progressive_marker = 0xC2
    rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    parts = [(body[at], body[at + 1] >> 4, body[at + 1] & 15, body[at + 2])
             for at in range(6, 6 + 3 * body[5], 3)]  # fmt: skip
    across, down = (max(part[n] for part in parts) for n in (1, 2))
    state.units = (-(-columns // (_SIDE_PX * across)), -(-rows // (_SIDE_PX * down)))
    state.progressive, state.unit_px = marker == progressive_marker, _SIDE_PX * down
    for name, here_across, here_down, table in parts:
        blocks = (state.units[0] * here_across, state.units[1] * here_down)
        state.components[name] = _Component(
            across=here_across,
            down=here_down,
            table=table,
            stride=blocks[0],
            own_across=-(-columns * here_across // (_SIDE_PX * across)),
            own_down=-(-rows * here_down // (_SIDE_PX * down)),
            nonzero=np.zeros(blocks[0] * blocks[1] if state.progressive else 0, np.uint64),
        )


def _coded(data: bytes, first: int) -> _Coded:
    # First and last of the markers RST (T.81, table B.1).
    restarts = (0xD0, 0xD7)
    held = np.frombuffer(data, np.uint8)[first:]
    mark = np.flatnonzero(held[:-1] == 0xFF)
    behind = held[mark + 1]
    restart = (behind >= restarts[0]) & (behind <= restarts[1])
    others = mark[~restart & (behind != 0) & (behind != 0xFF)]
    end = int(others[0]) if len(others) else len(held)
    inside = mark < end
    mark, behind, restart = mark[inside], behind[inside], restart[inside]
    data_bytes = np.ones(end, bool)
    data_bytes[mark[behind == 0] + 1] = False  # stuffed
    data_bytes[mark[behind != 0]] = False  # filled, or a marker
    data_bytes[mark[restart] + 1] = False
    gone = np.flatnonzero(~data_bytes)
    breaks = mark[restart]
    inner = breaks - np.searchsorted(gone, breaks)
    whole = np.zeros(end - len(gone) + SPARE, np.uint8)
    whole[: end - len(gone)] = held[:end][data_bytes]
    starts = np.concatenate([[0], inner, [end - len(gone)]]).astype(np.int64)
    return _Coded(whole, starts, data_bytes, first, first + end)


def _damage_of_scan(state: _State, coded: _Coded, body: bytes) -> Damage | None:
    """Walk along one scan, whose header is `body`."""
    # Mean light of a block of 8-bit samples as an orthonormal cosine coefficient, and a quarter on
    # top for rounding and for what encoders overshoot; damage wanders off by many times that.
    mean_level = 1024 * 1.25
    count = body[0] if body else 0
    names = body[1 : 1 + 2 * count : 2]
    if not count or len(body) < 4 + 2 * count or not set(names) <= set(state.components):
        return Damage(coded.first, 0)
    parts = [state.components[name] for name in names]
    tables = body[2 : 2 + 2 * count : 2]
    alone = count == 1
    across, down = (parts[0].own_across, parts[0].own_down) if alone else state.units
    blocks = [1 if alone else part.across * part.down for part in parts]
    walked = (
        coded.data,
        coded.starts,
        np.repeat(np.arange(count), blocks),
        _lookups(state, [table >> 4 for table in tables]),
        _lookups(state, [16 | table & 15 for table in tables]),
        np.array([mean_level / _mean_step(state, part) for part in parts]),
        state.interval or across * down,
        across * down,
    )
    if state.progressive:
        first, last, places = body[1 + 2 * count : 4 + 2 * count]
        spectrum = (first, min(last, 63), places >> 4 > 0, places & 15)
        unit, byte = walk_progressive(*walked, parts[0].nonzero, across, parts[0].stride, *spectrum)
    else:
        unit, byte = walk_sequential(*walked)
    if unit < 0:
        return None
    return Damage(coded.in_file(byte), unit // across * (state.units[1] * state.unit_px // down))


def _lookups(state: _State, names: list[int]) -> np.ndarray:
    return np.stack([state.codes.get(name, np.zeros(1 << 16, np.uint16)) for name in names])


def _mean_step(state: _State, part: _Component) -> float:
    steps = state.steps.get(part.table)
    return max(float(steps[0, 0]), 1.0) if steps is not None else 1.0
