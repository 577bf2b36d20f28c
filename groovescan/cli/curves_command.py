"""The command that shows the recording curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groovescan.cli.common import say
from groovescan.errors import SettingsError
from groovescan.runtime.installation import check_figures
from groovescan.storage.atomic_files import check_output, written_aside
from groovescan.storage.printable import printable

if TYPE_CHECKING:
    import numpy as np

_FIGURES = (".png", ".svg", ".pdf")


def curves(
    codes: Annotated[
        list[str] | None,
        typer.Argument(help="Codes or names; without one, the catalogue.", metavar="[CODE]..."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Also draw the response: .png, .svg or .pdf.", metavar="FILE.png"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing figure.")] = False,
) -> None:
    """List the recording curves that have a name, or show what a curve does."""
    from groovescan.sound import CATALOGUE

    if plot is not None:
        _check_figure(plot, force=force)
    if codes:
        say(_responses(codes))
    else:
        say(_catalogue())
    if plot is not None:
        drawn = codes or list(dict.fromkeys(row.code for row in CATALOGUE))
        _draw(plot, drawn, force=force)
        say(f"figure: {printable(str(plot))}")


def _catalogue() -> str:
    """The catalogue as a table, and its sources."""
    from groovescan.sound import CATALOGUE

    sources = list(dict.fromkeys(row.source for row in CATALOGUE))
    rows = [("name", "code", "years", "used by", "source")]
    rows += [
        (
            ", ".join(row.names),
            row.code,
            row.years,
            row.used_by,
            f"[{sources.index(row.source) + 1}]",
        )
        for row in CATALOGUE
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += ["", *(f"[{number}] {source}" for number, source in enumerate(sources, 1))]
    lines += [
        "",
        "A code is the turnover in Hz, the letter of the bass shelf (N none, R 20, B 18, A 16,",
        "C 14, X 12 dB) and the loss at 10 kHz in dB. Besides, eq takes flat and displacement.",
    ]
    return "\n".join(lines)


def _responses(codes: list[str]) -> str:
    """Gain of curves against the velocity, at some frequencies."""
    # 1, 2, 3, 5, 7 of each decade that is heard.
    drawn_hz = (20, 30, 50, 70, 100, 200, 300, 500, 700, 1000, 2000, 3000, 5000, 7000, 10000, 20000)
    import numpy as np

    hertz = np.array(drawn_hz, float)
    columns = [relative_db(code, hertz) for code in codes]
    lines = ["what playback does to the velocity of the groove, in dB, 0 at 1 kHz", ""]
    lines.append("      Hz" + "".join(f"{code:>20}" for code in codes))
    for index, hz in enumerate(drawn_hz):
        cells = "".join(f"{column[index]:>20.1f}" for column in columns)
        lines.append(f"{hz:>8}{cells}")
    return "\n".join(lines)


def relative_db(code: str, frequency_hz: np.ndarray) -> np.ndarray:
    """Gain of playback over that of a velocity, in dB, 0 at 1 kHz.

    Parameters
    ----------
    code : str
        A code or a name.
    frequency_hz : ndarray of float64, shape (n,)
        Frequencies above 0.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    import numpy as np

    from groovescan.sound import parse_curve, response

    both = np.append(frequency_hz, 1000.0)
    velocity = response(parse_curve("flat"), both)
    gain = 20 * np.log10(np.abs(response(parse_curve(code), both) / velocity))
    return gain[:-1] - gain[-1]


def _check_figure(path: Path, *, force: bool) -> None:
    check_figures("--plot")
    if path.suffix.lower() not in _FIGURES:
        raise SettingsError(
            f"the figure {path} ends in {path.suffix!r}; it must end in one of "
            f"{', '.join(_FIGURES)}"
        )
    check_output(path, force=force)


def _draw(path: Path, codes: list[str], *, force: bool) -> None:
    """Draw the response of curves."""
    import numpy as np

    from groovescan.reporting import curves_figure

    # From the lowest to the highest that is heard, finely enough for a smooth line.
    hertz = np.geomspace(20, 20000, 400)
    figure = curves_figure(hertz, {code: relative_db(code, hertz) for code in codes})
    with written_aside(path, force=force) as aside:
        figure.savefig(aside, dpi=120)
