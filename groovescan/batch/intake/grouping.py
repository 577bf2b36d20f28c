"""Which photographs of a collection show one disc."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from groovescan.batch.intake.find_photographs import Found

#: What stands in for the suffix of the file that a disc of several photographs is not.
_FOLDER, _LABEL = ".folder", ".disc"
_NO_NAME = re.compile(r"[\0/\\]")


@dataclass(frozen=True, kw_only=True)
class DiscPhotographs:
    """Photographs that are decoded as one.

    Attributes
    ----------
    members : tuple of Found
        The photographs, in the order of their paths.
    named_as : Found
        What the outputs are called after: the photograph where it is the only one, else the
        folder in which all lie, or what the table calls the disc.
    """

    members: tuple[Found, ...]
    named_as: Found

    @property
    def first(self) -> Found:
        """The first photograph, which stands for all of them in tables."""
        return self.members[0]


def discs_of(
    found: Sequence[Found], labels: Mapping[Path, str], is_together: Callable[[Found], bool]
) -> list[DiscPhotographs]:
    """Put photographs of one disc together.

    Parameters
    ----------
    found : sequence of Found
        The photographs, in the order of their paths.
    labels : mapping of Path to str
        What a table calls the disc that a photograph shows.
    is_together : callable
        Whether all photographs in the folder of one show one disc.

    Returns
    -------
    list of DiscPhotographs
        In the order of their first photographs.
    """
    groups: dict[tuple[str, object], list[Found]] = {}
    for one in found:
        groups.setdefault(_group_of(one, labels, is_together), []).append(one)
    return [
        DiscPhotographs(members=tuple(members), named_as=_named_as(kind, str(which), members[0]))
        if len(members) > 1
        else DiscPhotographs(members=(members[0],), named_as=members[0])
        for (kind, which), members in groups.items()
    ]


def _group_of(
    one: Found, labels: Mapping[Path, str], is_together: Callable[[Found], bool]
) -> tuple[str, object]:
    if one.unread:
        return "alone", one.path
    if label := labels.get(one.path):
        return "label", label
    return ("folder", one.path.parent) if is_together(one) else ("alone", one.path)


def _named_as(kind: str, which: str, first: Found) -> Found:
    """A stand-in for a photograph, called like the disc."""
    *above, _ = first.name.split("/")
    if kind == "folder":
        folder = first.path.parent
        name = "/".join(above) or folder.name or "disc"
        path = folder.parent / f"{name.rpartition('/')[2]}{_FOLDER}"
    else:
        label = _NO_NAME.sub("-", which)
        name = "/".join([*above, label])
        path = first.path.parent / f"{label}{_LABEL}"
    return Found(path=path, folders=first.folders, name=name)
