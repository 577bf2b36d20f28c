"""What is said of several photographs that were read as one."""

from __future__ import annotations

from groovescan.core.joined import Joined


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
        sectors = " and ".join(
            f"from {sector.first_deg:.0f} to {sector.last_deg:.0f} degrees"
            for sector in joined.missing
        )
        facts["missing"] = f"no photograph shows the disc {sectors}; photograph it there"
    if len(joined.contradicting_turns):
        named = [f"{first:.1f}" for first, _ in joined.contradicting_turns[:most_named]]
        facts["differ"] = (
            f"photographs differ by more than their noise at turn {', '.join(named)}: the film has "
            "moved between them"
        )
    return facts
