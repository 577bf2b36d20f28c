"""How many pixels a photograph has, by its header."""

from __future__ import annotations

from pathlib import Path

from groovescan.photo.formats import header_of_file


def pixels_of(path: Path) -> int:
    """Pixels of a photograph, as its header says.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        0 where the header cannot be made out: reading it will tell why.

    Raises
    ------
    OSError
        Where the file cannot be read.
    """
    header = header_of_file(path)
    return 0 if header is None else header.columns * header.rows
