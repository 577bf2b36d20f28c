"""How much memory there is, how much a decode takes, and how many fit side by side."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import psutil

#: What a decode is taken to need before any was measured: `benchmarks/batch.py` shows it.
BASE_BYTES = 400 << 20
#: The same by the photograph's size: slope of the line of which `BASE_BYTES` is the start.
BYTES_PER_PX = 40.0
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class Need:
    """Memory of a decode, in bytes: a constant part, and a part per pixel of the photograph.

    Attributes
    ----------
    base_bytes : float
        Of the worker without a photograph.
    bytes_per_px : float
        Of the photograph.
    measured : bool
        Whether a decode of this run is in it.
    """

    base_bytes: float = BASE_BYTES
    bytes_per_px: float = BYTES_PER_PX
    measured: bool = False

    def of(self, pixels: int) -> float:
        """Memory for a photograph of so many pixels."""
        return self.base_bytes + self.bytes_per_px * pixels

    def learnt(self, pixels: int, base_bytes: int, peak_bytes: int) -> Need:
        """The need after a decode was measured: the most that any of them took."""
        # So much more than the largest of its size took before; and a photograph of fewer px says
        # nothing of the larger ones. Arbitrary.
        spare = 1.15
        small_px = 1e6
        if not peak_bytes or pixels < small_px:
            return self
        per_px = spare * max(peak_bytes - base_bytes, 0) / pixels
        if not self.measured:
            return Need(base_bytes=float(base_bytes), bytes_per_px=per_px, measured=True)
        return Need(
            base_bytes=max(self.base_bytes, base_bytes),
            bytes_per_px=max(self.bytes_per_px, per_px),
            measured=True,
        )


def free_bytes() -> float:
    """Memory that may still be taken: of the machine, and of the container or job we run in."""
    # This much of what is free is left to others, and this much is added to what was measured.
    left_share = 0.1
    free = float(psutil.virtual_memory().available)
    return (1 - left_share) * min(free, *_left_by_groups(_CGROUP), free)


def _left_by_groups(root: Path) -> list[float]:
    """Bytes that the control groups of this process leave, version 2 and 1; SLURM sets them."""
    left = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds in ("", "memory"):
                version = ("memory.max", "memory.current") if not kinds else _VERSION_1
                folder = (root / "memory" if kinds else root) / path.lstrip("/")
                left += [_left(place, *version) for place in (folder, *folder.parents)]
    return [value for value in left if value is not None]


_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def _left(folder: Path, limit: str, used: str) -> float | None:
    try:
        return float((folder / limit).read_text()) - float((folder / used).read_text())
    except (OSError, ValueError):  # no such group, or "max"
        return None


def peak_begins() -> int:
    """Start measuring the peak of this process anew, where the system can; memory it has now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return psutil.Process().memory_info().rss


def peak_bytes() -> int:
    """Most memory that this process had since `peak_begins`; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))  # Windows


def resident_bytes(pids: list[int]) -> int:
    """Memory that some processes have now."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            total += psutil.Process(pid).memory_info().rss
    return total
