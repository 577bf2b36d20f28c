"""Facts about several photographs that were read as one, in words."""

from __future__ import annotations

import numpy as np

from groovescan.core.joined import Joined, JoinedPhotograph, MissingSector


def joined_facts(joined: Joined | None) -> dict[str, str]:
    """How several photographs of a disc lie on it, and what is wrong with them.

    Parameters
    ----------
    joined : Joined or None
        The photographs; None where there is one alone.

    Returns
    -------
    dict of str
        Name and fact; nothing of a single photograph.
    """
    # So many stretches are named.
    most_named = 5
    if joined is None:
        return {}
    together = ", ".join(
        f"{photo.name} ({100 * photo.read_fraction:.0f} %)" for photo in joined.photographs
    )
    facts = {"together": f"{together} of the groove"}
    if joined.left_out:
        facts["left out"] = " ".join(dict.fromkeys(left.reason for left in joined.left_out))
    if joined.missing:
        sectors = " and ".join(_where(joined, sector) for sector in joined.missing)
        facts["missing"] = f"no photograph shows the disc {sectors}; photograph it there"
    if len(joined.contradicting_turns):
        named = [f"{first:.1f}" for first, _ in joined.contradicting_turns[:most_named]]
        facts["differ"] = (
            f"photographs differ by more than their noise at turn {', '.join(named)}: the film has "
            "moved between them"
        )
    return facts


def _where(joined: Joined, sector: MissingSector) -> str:
    """A missing sector, and between which photographs it lies."""
    before, after = (
        _nearest(joined, degrees).name for degrees in (sector.first_deg - 1, sector.last_deg + 1)
    )
    beside = f"between {before} and {after}" if before != after else f"beside {before}"
    return f"from {sector.first_deg:.0f} to {sector.last_deg:.0f} degrees, {beside}"


def _nearest(joined: Joined, degrees: float) -> JoinedPhotograph:
    """The photograph whose middle lies nearest to an angle of the disc, seen from its centre."""
    rows, columns = joined.picture.shape
    centre = np.array([columns - 1, rows - 1]) / 2

    def apart(photo: JoinedPhotograph) -> float:
        """Angle between a photograph and the direction, in degrees."""
        x, y = photo.outline_px.mean(axis=0) - centre
        return abs((np.rad2deg(np.arctan2(-y, x)) - degrees + 180) % 360 - 180)

    return min(joined.photographs, key=apart)


def placed_facts(joined: Joined) -> dict[str, str]:
    """How photographs lie on a disc, one fact a line, and what the next one should show.

    Parameters
    ----------
    joined : Joined
        The photographs, before anything was read.

    Returns
    -------
    dict of str
        Name of each photograph and how it lies; then what is wrong.
    """
    facts = {}
    for photo in joined.photographs:
        side = ", through the film" if photo.mirrored else ""
        degrees = round(photo.turned_deg) % 360
        facts[photo.name] = (
            f"turned by {degrees} degrees{side}, {photo.scale:.3f} times as large as the finest, "
            f"shows {100 * photo.read_fraction:.0f} % of each turn"
        )
    facts["fit"] = (
        f"photographs lie within {joined.across_px:.2f} px of one another across the groove, and "
        f"{joined.along_px:.2f} px along it"
    )
    wrong = {name: fact for name, fact in joined_facts(joined).items() if name != "together"}
    return {**facts, "missing": "nothing: every part of the disc is shown"} | wrong


def placed_numbers(joined: Joined) -> dict[str, object]:
    """The same for programs.

    Parameters
    ----------
    joined : Joined
        The photographs.

    Returns
    -------
    dict
        Of what JSON can hold.
    """
    return {
        "photographs": [
            {
                "name": photo.name,
                "turned_deg": photo.turned_deg,
                "scale": photo.scale,
                "mirrored": photo.mirrored,
                "shown_fraction": photo.read_fraction,
                "outline_px": photo.outline_px.round(1).tolist(),
            }
            for photo in joined.photographs
        ],
        "left_out": [
            {"name": left.name, "cause": left.cause, "reason": left.reason}
            for left in joined.left_out
        ],
        "missing_deg": [[sector.first_deg, sector.last_deg] for sector in joined.missing],
        "across_px": joined.across_px,
        "along_px": joined.along_px,
    }
