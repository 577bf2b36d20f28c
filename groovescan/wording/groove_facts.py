"""How many grooves there are, and how they end, in words."""

from __future__ import annotations

from collections.abc import Sequence

from groovescan.core.results import GrooveMap


def cut_facts(lengths: Sequence[str]) -> dict[str, str]:
    """Grooves that are not connected, and how long each lasts.

    Parameters
    ----------
    lengths : sequence of str
        How long each lasts, in words.

    Returns
    -------
    dict of str
        Name and fact; nothing where there is one groove.
    """
    if len(lengths) < 2:
        return {}
    return {"cuts": f"{len(lengths)} grooves that are not connected: {', '.join(lengths)}"}


def lock_facts(groove_map: GrooveMap) -> dict[str, str]:
    """Where the groove locks.

    Parameters
    ----------
    groove_map : GrooveMap
        Where the groove runs.

    Returns
    -------
    dict of str
        Name and fact; nothing where it does not lock.
    """
    lock = groove_map.lock_turns
    if lock is None:
        return {}
    if groove_map.locked:
        return {"end": f"the groove locks after turn {lock:.1f}: its last turn is a circle"}
    return {
        "end": f"the groove locks after turn {lock:.1f}; the lead-out to it, from turn "
        f"{groove_map.turns:.1f} on, is not read"
    }
