"""Which curve of a file was undone, in words."""

from __future__ import annotations


def tone_facts(undone: str) -> dict[str, str]:
    """Which curve between light and the file's values was undone; nothing where none was.

    Parameters
    ----------
    undone : str
        As `Photograph.undone`.
    """
    if not undone:
        return {}
    names = {"profile": "that of its profile", "srgb": "sRGB", "lstar": "L*"}
    curve = names.get(undone, f"exponent {undone}")
    return {"tone": f"the curve of the file, {curve}, was undone (--tone linear leaves it)"}
