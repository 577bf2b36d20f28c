"""Draws the rooms of the program and what they import of one another, from the imports themselves.

python docs/images/architecture.py
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / "groovescan"
#: What everything imports; arrows to it would hide the others.
SHARED = ("errors", "display", "config", "runtime", "storage", "core")
#: Rows of the picture, from what is called to what calls.
ROWS = (
    SHARED,
    ("wiener", "profile", "photo", "wording", "simulate"),
    ("modulation",),
    ("camera",),
    ("sound", "strip", "locate"),
    ("reading", "prediction", "quality", "reporting"),
    ("joining",),
    ("pipeline", "outputs"),
    ("tuning", "batch", "app"),
    ("cli",),
)
_WIDTH, _HEIGHT, _BOX = 2.0, 1.35, (1.62, 0.62)
_INK, _PAPER, _FILL, _BASE = "#1d2733", "#fbfaf7", "#e6eef2", "#efe9dc"


def imports() -> dict[str, set[str]]:
    """Rooms that each room imports, read from every module."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("groovescan."):
                found[room].add(node.module.split(".")[1])
    return {room: others - {room} for room, others in found.items()}


def modules(room: str) -> int:
    """How many modules a room holds."""
    folder = PACKAGE / room
    return len(list(folder.rglob("*.py"))) if folder.is_dir() else 1


def places() -> dict[str, tuple[float, float]]:
    """The middle of each room in the picture."""
    widest = max(map(len, ROWS))
    return {
        room: (_WIDTH * (column + (widest - len(rooms)) / 2), _HEIGHT * row)
        for row, rooms in enumerate(ROWS)
        for column, room in enumerate(rooms)
    }


def main() -> None:
    """Draw the picture beside this file."""
    at = places()
    figure, axes = plt.subplots(figsize=(11, 9.4), facecolor=_PAPER)
    for room, others in imports().items():
        if room not in at:
            continue
        for other in sorted(others & set(at) - set(SHARED)):
            if room == "cli" and other != "pipeline":
                continue  # the command line may import everything
            (x, y), (u, v) = at[room], at[other]
            bend = 0.12 * (1 if x < u else -1) if x != u else 0.0
            axes.add_patch(
                FancyArrowPatch(
                    (x, y - _BOX[1] / 2),
                    (u, v + _BOX[1] / 2),
                    connectionstyle=f"arc3,rad={bend}",
                    arrowstyle="-|>",
                    mutation_scale=9,
                    color="#7d93a3",
                    linewidth=0.8,
                )
            )
    for room, (x, y) in at.items():
        axes.add_patch(
            FancyBboxPatch(
                (x - _BOX[0] / 2, y - _BOX[1] / 2),
                *_BOX,
                boxstyle="round,pad=0.02,rounding_size=0.1",
                facecolor=_BASE if room in SHARED else _FILL,
                edgecolor=_INK,
                linewidth=0.8,
            )
        )
        count = modules(room)
        axes.text(x, y + 0.07, room, ha="center", va="center", color=_INK, fontsize=10)
        words = f"{count} modules" if count > 1 else "one module"
        axes.text(x, y - 0.17, words, ha="center", va="center", color="#5b6b78", fontsize=7.5)
    axes.text(
        at["errors"][0] - 0.8, -0.62, "shared by all: arrows left out", color="#5b6b78", fontsize=8
    )
    axes.set_xlim(-1.1, _WIDTH * (max(map(len, ROWS)) - 1) + 1.1)
    axes.set_ylim(-0.8, _HEIGHT * (len(ROWS) - 1) + 0.6)
    axes.set_aspect("equal")
    axes.axis("off")
    figure.savefig(HERE / "architecture.png", dpi=110, bbox_inches="tight", facecolor=_PAPER)


if __name__ == "__main__":
    main()
