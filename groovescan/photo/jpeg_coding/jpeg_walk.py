"""Loops along the Huffman codes of a JPEG scan, which decode lengths and mean light only.

Both return the unit (blocks that are coded together) in which something is wrong first, and the
byte of the coded data in which it shows; the unit is -1 where all is well.

Source: ITU-T T.81, annexes F.2.2 (sequential decoding) and G.1.2, G.2 (progressive).
"""

from __future__ import annotations

import numpy as np

from groovescan.runtime.array_types import (
    Float64Vector,
    Int64Vector,
    UInt8Vector,
    UInt16Matrix,
    UInt64Vector,
)
from groovescan.runtime.jit import compiled_when_used, inlined, part

#: Bytes of zeros behind the coded data; a block that is refined reads no further beyond their end.
SPARE = 32
#: Bytes between the last code and the next marker that some cameras leave; damage leaves
#: more.
_SPARE_BYTES = 2
#: Longest values of a mean's difference, and of another coefficient (T.81, tables F.1 and F.2).
_MOST_MEAN_BITS = 11
#: T.81, table F.2.
_MOST_BITS = 10


@inlined
def _peek(data: np.ndarray, bit: int) -> int:
    """The 16 bits that begin at a bit."""
    at = bit >> 3
    held = (np.int64(data[at]) << 16) | (np.int64(data[at + 1]) << 8) | np.int64(data[at + 2])
    return (held >> (8 - (bit & 7))) & 0xFFFF  # type: ignore[return-value]


@inlined
def _value(data: np.ndarray, bit: int, size: int) -> int:
    """A signed value of so many bits (T.81, figure F.12)."""
    if size == 0:
        return 0
    held = _peek(data, bit) >> (16 - size)
    return held if held >> (size - 1) else held - (1 << size) + 1


@compiled_when_used
def walk_sequential(
    data: UInt8Vector,
    starts: Int64Vector,
    component: Int64Vector,
    mean_codes: UInt16Matrix,
    other_codes: UInt16Matrix,
    mean_limit: Float64Vector,
    interval: int,
    units: int,
) -> tuple[int, int]:
    """Walk along a scan of a sequential JPEG file.

    Parameters
    ----------
    data : ndarray of uint8
        Coded data without stuffed bytes and markers, with `SPARE` bytes of zeros behind them.
    starts : ndarray of int64, shape (segments + 1,)
        First byte of what lies between restart markers; the end of the last.
    component : ndarray of int64
        To which component of the scan each block of a unit belongs.
    mean_codes, other_codes : ndarray of uint16, shape (components, 65536)
        Length of the code that 16 bits begin with, in bits, times 256, and its symbol.
    mean_limit : ndarray of float64, shape (components,)
        Largest mean, in steps of its rounding.
    interval, units : int
        Units between restart markers, and in all.

    Returns
    -------
    unit, byte : int
    """
    before = np.zeros(len(mean_limit), np.int64)
    unit = 0
    for segment in range(len(starts) - 1):
        bit, end = starts[segment] * 8, starts[segment + 1] * 8
        if unit >= units:
            return units - 1, starts[segment]
        before[:] = 0
        for unit in range(segment * interval, min((segment + 1) * interval, units)):
            for which in component:
                found = mean_codes[which, _peek(data, bit)]
                size = found & 255
                bit += found >> 8
                if found == 0 or size > _MOST_MEAN_BITS:
                    return unit, bit >> 3
                before[which] += _value(data, bit, size)
                bit += size
                if abs(before[which]) > mean_limit[which] or bit > end:
                    return unit, bit >> 3
                index = 1
                while index < 64:
                    found = other_codes[which, _peek(data, bit)]
                    run, size = (found >> 4) & 15, found & 15
                    bit += (found >> 8) + size
                    if found == 0 or bit > end or size > _MOST_BITS:
                        return unit, bit >> 3
                    if size == 0 and run != 15:
                        break
                    index += run + 1
                    if index > 64:
                        return unit, bit >> 3
        unit = min((segment + 1) * interval, units)
        if bit > end or end - bit >= 8 * _SPARE_BYTES:
            return unit - 1, bit >> 3
    return (-1, 0) if unit >= units else (unit, starts[-1])


@compiled_when_used
def walk_progressive(
    data: UInt8Vector,
    starts: Int64Vector,
    component: Int64Vector,
    mean_codes: UInt16Matrix,
    other_codes: UInt16Matrix,
    mean_limit: Float64Vector,
    interval: int,
    units: int,
    nonzero: UInt64Vector,
    across: int,
    stride: int,
    first: int,
    last: int,
    refined: bool,
    shift: int,
) -> tuple[int, int]:
    """Walk along a scan of a progressive JPEG file.

    Parameters
    ----------
    data, starts, component, mean_codes, other_codes, mean_limit, interval, units
        As of `walk_sequential`.
    nonzero : ndarray of uint64
        Which coefficients of the component's blocks are not zero so far, a bit for each; brought
        up to date.
    across, stride : int
        Blocks in a row of the scan, and of `nonzero`.
    first, last : int
        Coefficients of the scan.
    refined : bool
        Whether the scan adds one bit to coefficients that others began.
    shift : int
        Bits that are still to come.

    Returns
    -------
    unit, byte : int
    """
    before = np.zeros(len(mean_limit), np.int64)
    unit = 0
    for segment in range(len(starts) - 1):
        bit, end = starts[segment] * 8, starts[segment + 1] * 8
        if unit >= units:
            return units - 1, starts[segment]
        before[:] = 0
        ended = 0  # blocks that hold nothing more
        for unit in range(segment * interval, min((segment + 1) * interval, units)):
            if first == 0:
                bit = _means(data, bit, component, mean_codes, mean_limit, before, refined, shift)
            else:
                block = unit // across * stride + unit % across
                if refined:
                    bit, ended, mask = _refined(
                        data, bit, other_codes[0], nonzero[block], ended, first, last, end
                    )
                else:
                    bit, ended, mask = _begun(data, bit, other_codes[0], ended, first, last)
                nonzero[block] |= mask
            if bit < 0 or bit > end:
                return unit, min(abs(bit), end) >> 3
        unit = min((segment + 1) * interval, units)
        if ended > 0 or end - bit >= 8 * _SPARE_BYTES:
            return unit - 1, bit >> 3
    return (-1, 0) if unit >= units else (unit, starts[-1])


@part
def _means(
    data: np.ndarray,
    bit: int,
    component: np.ndarray,
    codes: np.ndarray,
    limit: np.ndarray,
    before: np.ndarray,
    refined: bool,
    shift: int,
) -> int:
    """The bit behind the means of a unit, negative where they make no sense."""
    if refined:
        return bit + len(component)
    for which in component:
        found = codes[which, _peek(data, bit)]
        size = found & 255
        bit += found >> 8
        if found == 0 or size > _MOST_MEAN_BITS:
            return -bit
        before[which] += _value(data, bit, size)
        bit += size
        if abs(before[which] << shift) > limit[which]:
            return -bit
        if bit >> 3 > len(data) - SPARE:
            return bit
    return bit


@part
def _begun(
    data: np.ndarray, bit: int, codes: np.ndarray, ended: int, first: int, last: int
) -> tuple[int, int, np.uint64]:
    """The bit behind a block of first bits, blocks that are ended, coefficients that are not 0."""
    mask = np.uint64(0)
    if ended > 0:
        return bit, ended - 1, mask
    index = first
    while index <= last:
        found = codes[_peek(data, bit)]
        run, size = (found >> 4) & 15, found & 15
        bit += found >> 8
        if found == 0 or size > _MOST_BITS or bit >> 3 > len(data) - SPARE:
            return -bit, 0, mask
        if size == 0 and run != 15:
            if run:
                ended = (1 << run) - 1 + (_peek(data, bit) >> (16 - run))
            return bit + run, ended, mask
        bit += size
        index += run
        if index > last:
            return -bit, 0, mask
        if size:
            mask |= np.uint64(1) << np.uint64(index)
        index += 1
    return bit, 0, mask


@part
def _refined(
    data: np.ndarray,
    bit: int,
    codes: np.ndarray,
    nonzero: np.uint64,
    ended: int,
    first: int,
    last: int,
    end: int,
) -> tuple[int, int, np.uint64]:
    """The same of a block of bits that refine; those not 0 before have a bit each (G.1.2.3)."""
    mask = np.uint64(0)
    index = first
    if ended == 0:
        while index <= last:
            found = codes[_peek(data, bit)]
            run, size = (found >> 4) & 15, found & 15
            bit += found >> 8
            if found == 0 or size > 1 or bit > end:
                return -bit, 0, mask
            if size == 0 and run != 15:
                ended = 1 << run
                if run:
                    ended += _peek(data, bit) >> (16 - run)
                bit += run
                break
            bit += size
            while index <= last:
                if (nonzero >> np.uint64(index)) & np.uint64(1):
                    bit += 1
                elif run == 0:
                    break
                else:
                    run -= 1
                index += 1
            if size:
                if index > last:
                    return -bit, 0, mask
                mask |= np.uint64(1) << np.uint64(index)
            index += 1
    if ended > 0:
        while index <= last:
            if (nonzero >> np.uint64(index)) & np.uint64(1):
                bit += 1
            index += 1
        ended -= 1
    return bit, ended, mask
