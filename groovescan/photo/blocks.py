"""From the blocks of a file to the pixels of a photograph, in memory or on demand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator

import numpy as np

from groovescan.core.photograph import ArrayPixels
from groovescan.photo.colour.luminance import Development
from groovescan.photo.orientation import as_stored, stored_block, transposes, upright
from groovescan.photo.tiff_layout.tiff_segments import Store
from groovescan.runtime.threads import mapped


class BlockCache:
    """Blocks that were loaded last, as many as a bounded memory holds.

    A block that several threads want at once is loaded once.

    Parameters
    ----------
    most_bytes : int
        What is beyond that is let go, the longest unused first; the newest stays.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Hashable, np.ndarray] = OrderedDict()
        self._turns: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, key: Hashable, load: Callable[[], np.ndarray]) -> np.ndarray:
        """The block of a key, loaded where it is not there."""
        with self._lock:
            found = self._found(key)
            if found is not None:
                return found
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                found = self._found(key)
            return self._loaded(key, load) if found is None else found

    def _found(self, key: Hashable) -> np.ndarray | None:
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def _loaded(self, key: Hashable, load: Callable[[], np.ndarray]) -> np.ndarray:
        try:
            block = load()
        finally:
            with self._lock:
                self._turns.pop(key, None)
        with self._lock:
            former = self._held.pop(key, None)
            self.nbytes += block.nbytes - (0 if former is None else former.nbytes)
            self._held[key] = block
            while self.nbytes > self._most and len(self._held) > 1:
                self.nbytes -= self._held.popitem(last=False)[1].nbytes
        return block


class StoredBlocks:
    """Parts of what a store holds, as it is stored, with a cache of blocks.

    Parameters
    ----------
    store : Store
        The samples.
    cache_bytes : int
        Memory for decoded blocks.
    how : Development, optional
        How they become one channel; without it they stay samples.
    """

    def __init__(self, store: Store, cache_bytes: int, how: Development | None = None) -> None:
        self._store, self._how = store, how
        self.cache = BlockCache(cache_bytes)

    def part(self, rows: slice, columns: slice) -> np.ndarray:
        """Pixels of a part, whose slices have start and stop."""
        height, width = self._store.block
        keys = [
            (row, column)
            for row in range(rows.start // height, -(-rows.stop // height))
            for column in range(columns.start // width, -(-columns.stop // width))
        ]
        if len(keys) == 1:
            top, left = keys[0][0] * height, keys[0][1] * width
            block = self._block(keys[0])
            return block[_moved(rows, -top), _moved(columns, -left)]
        out = self._empty(rows.stop - rows.start, columns.stop - columns.start)
        for key in keys if out.size else []:
            block = self._block(key)
            there, here = zip(
                _shared(key[0] * height, block.shape[0], rows),
                _shared(key[1] * width, block.shape[1], columns),
                strict=True,
            )
            out[here] = block[there]
        return out

    def _empty(self, rows: int, columns: int) -> np.ndarray:
        if self._how is None:
            return np.empty((rows, columns, self._store.shape[2]), self._store.dtype)
        return np.empty((rows, columns), self._how.held)

    def _block(self, key: tuple[int, int]) -> np.ndarray:
        return self.cache.get(key, lambda: self._load(key))

    def _load(self, key: tuple[int, int]) -> np.ndarray:
        samples = self._store.load(*key)
        # a view of one channel would keep the others in memory, too
        return samples if self._how is None else np.ascontiguousarray(self._how.develop(samples))


class BlockPixels:
    """Pixels in a file, decoded block by block when they are asked for.

    Parameters
    ----------
    store : Store
        The samples.
    how : Development
        How they become one channel.
    orientation : int
        1 to 8.
    cache_bytes : int
        Memory for decoded blocks.
    """

    def __init__(self, store: Store, how: Development, orientation: int, cache_bytes: int) -> None:
        self._store, self._orientation = store, orientation
        self._blocks = StoredBlocks(store, cache_bytes, how)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns, upright."""
        return upright_shape(self._store, self._orientation)

    @property
    def cache(self) -> BlockCache:
        """The blocks that are held."""
        return self._blocks.cache

    def block(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels of a block."""
        stored = stored_block(rows, columns, self._store.shape[:2], self._orientation)
        return upright(self._blocks.part(*stored), self._orientation)


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)


def _shared(start: int, size: int, part: slice) -> tuple[slice, slice]:
    """Overlap of a block and a part, in the coordinates of each."""
    common = slice(max(start, part.start), min(start + size, part.stop))
    return _moved(common, -start), _moved(common, -part.start)


def upright_shape(store: Store, orientation: int) -> tuple[int, int]:
    """Rows and columns of a stored picture when it is upright."""
    rows, columns, _ = store.shape
    return (columns, rows) if transposes(orientation) else (rows, columns)


def in_memory(store: Store, how: Development, orientation: int) -> ArrayPixels:
    """All pixels, one channel of them, loaded block by block."""
    values = np.empty(upright_shape(store, orientation), how.held)
    stored = as_stored(values, orientation)
    height, width = store.block

    def fill(key: tuple[int, int]) -> None:
        """Develop one block into its place."""
        row, column = key[0] * height, key[1] * width
        stored[row : row + height, column : column + width] = how.develop(store.load(*key))

    for _ in _in_threads(fill, store):
        pass
    return ArrayPixels(values)


def lowest_and_highest(store: Store, colours: int) -> tuple[float, float]:
    """The least and the largest sample of the first so many per pixel."""

    def ends(key: tuple[int, int]) -> tuple[float, float]:
        """Least and largest sample of a block."""
        samples = store.load(*key)[..., :colours]
        return float(samples.min()), float(samples.max())

    low, high = zip(*_in_threads(ends, store), strict=True)
    # as numpy does, and the built-in functions do not, what is not a number goes on
    return float(np.min(low)), float(np.max(high))


def _in_threads(work: Callable, store: Store) -> Iterator:
    """Do something with every block, in the order in which they are stored.

    Where it is interrupted, what has not begun is not begun.
    """
    height, width = store.block
    rows, columns, _ = store.shape
    keys = [
        (row, column) for row in range(-(-rows // height)) for column in range(-(-columns // width))
    ]
    yield from mapped(work, keys)
