"""The tables and pages of a collection, put in place together; those of others stay as they are."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from groovescan.batch.intake.find_photographs import STATE
from groovescan.batch.ownership import exists_of_others, is_claim, make_folder, proven
from groovescan.batch.record import read_sealed, write_sealed
from groovescan.storage.atomic_files import asides_of
from groovescan.storage.file_sets import finish_switches, switch
from groovescan.storage.regular_files import digest

_NAME = re.compile(r"index(-[1-9][0-9]{0,8})?\.html|summary\.(csv|json)")


def check_listing(output: Path, names: list[str], *, again: bool) -> None:
    """Refuse a run whose tables or pages would take the place of what others wrote.

    Parameters
    ----------
    output : Path
        The output folder.
    names : list of str
        What will be written.
    again : bool
        Whether files of others may be replaced.

    Raises
    ------
    OutputExistsError
        Which one.
    """
    finish_switches([output])
    mine = own_listing(output)
    for name in names:
        if os.path.lexists(output / name) and not (again or name in mine):
            raise exists_of_others(output / name)


def write_listing(
    output: Path, contents: Mapping[str, Callable[[], bytes]], *, again: bool
) -> None:
    """Write the tables and pages; they change together, and those not needed any more go.

    Parameters
    ----------
    output : Path
        The output folder.
    contents : Mapping
        For each name what gives the content.
    again : bool
        Whether files of others may be replaced.

    Raises
    ------
    OutputExistsError
        Where something that no run wrote lies in a place. Nothing has changed then.
    """
    finish_switches([output])
    mine = own_listing(output)
    make_folder(output, _claim_path(output).parent)
    places = {output / name: draw for name, draw in contents.items()}
    with asides_of(places) as asides:
        for place, draw in places.items():
            asides[place].write_bytes(draw())
        digests = {place: digest(aside) for place, aside in asides.items()}
        files = {place.name: number for place, number in digests.items()}
        write_sealed(_claim_path(output), {"files": files, "former": mine})
        switch(
            asides,
            lambda place, here: again or here == mine.get(place.name),
            digests=digests,
            removed=[output / name for name in mine if name not in files],
        )
    write_sealed(_claim_path(output), {"files": files, "former": {}})


def _claim_path(output: Path) -> Path:
    return output / STATE / "listing.json"


def own_listing(output: Path) -> dict[str, str]:
    """Files of an earlier run that still are as it wrote them."""
    for held in read_sealed(_claim_path(output)):
        if isinstance(held, dict) and set(held) == {"files", "former"}:
            claims = list(held.values())
            if all(map(_is_of_listing, claims)):
                return proven(output, *claims)
    return {}


def _is_of_listing(claim: Any) -> bool:
    return is_claim(claim) and all(map(_NAME.fullmatch, claim))
