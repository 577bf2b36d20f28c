"""The recording curves that have a name, with the years and the source of each."""

from __future__ import annotations

from dataclasses import dataclass

_PAGE = "Audacity Support, Playback equalization for 78 rpm shellacs and early 33 LPs"
_TABLE, _LABELS = f"{_PAGE}, table 1", f"{_PAGE}, table 2"
_IASA = "IASA TC-04, 5.3.6"
_IASA_COARSE = "IASA TC-04, 5.2.6"


@dataclass(frozen=True, kw_only=True)
class NamedCurve:
    """A row of the catalogue.

    Attributes
    ----------
    names : tuple of str
        What it is called, the usual name first.
    code : str
        Turnover in Hz, shelf letter and loss in dB at 10 kHz, or 'flat'.
    used_by : str
        Labels that cut with it, or what for.
    years : str
        When.
    source : str
        Where this is documented.
    time_constants_us : tuple of float or None
        Shelf, turnover and roll-off in microseconds, where a standard says them; they go before
        the code, which rounds them.
    """

    names: tuple[str, ...]
    code: str
    used_by: str
    years: str
    source: str = _TABLE
    time_constants_us: tuple[float, float, float] | None = None


def _row(names: str, code: str, used_by: str, years: str, source: str = _TABLE) -> NamedCurve:
    return NamedCurve(
        names=tuple(names.split()), code=code, used_by=used_by, years=years, source=source
    )


CATALOGUE = (
    _row("european-78 hmv columbia-uk", "250N-0", "Europe and Britain, HMV", "1926-1953"),
    _row("decca-uk", "250N-0", "Decca, Britain", "1929-1944", _LABELS),
    _row("blumlein", "300N-0", "Europe and Britain", "1927-1946"),
    _row("500-flat brunswick", "500N-0", "Britain and America, Brunswick", "1926-1950"),
    _row("supraphon telefunken", "400N-0", "Supraphon, Telefunken", "78s", _LABELS),
    _row("decca-ffrr", "300N-5.5", "Decca and London, Britain", "1944-1956"),
    _row("american-78", "250N-6", "America", "1926-1951"),
    _row("columbia-us-early", "250N-8", "Columbia, America", "1931-1937", _LABELS),
    _row("columbia-us", "300N-16", "Columbia, America", "1938-1956"),
    _row("decca-us mercury", "400N-12.3", "Decca and Mercury, America", "1937-1946", _LABELS),
    _row("capitol", "400N-12.7", "Capitol", "1942-1953", _LABELS),
    _row("mgm", "500N-12", "MGM", "78s", _LABELS),
    _row("rca-victor", "500N-13.7", "RCA Victor", "1938-1952"),
    _row("rca-victor-old", "800N-8", "RCA Victor, alternative", "1941-1947"),
    _row("rca-45", "800N-13.7", "RCA, 45 rpm", "1947-1952"),
    _row("ccir-78", "350N-10.5", "Germany, CCIR 134", "1952-1955"),
    _row("iec-78 bs-78", "350A-10.5", "Europe and Britain, IEC N78, BS 1928", "1955 on"),
    _row("nab-transcription", "500N-16", "broadcast transcriptions, America", "1942-1949"),
    _row("nab nartb", "500R-16", "America, standard of 1949", "1949-1958"),
    _row("columbia-lp", "500C-16", "Columbia, long play", "1948-1956"),
    _row("london-lp", "500C-10.5", "Decca and London, long play", "LPs"),
    _row("aes", "400N-12.3", "America, standard of 1951", "1951-1958"),
    NamedCurve(
        names=("riaa", "rca-new-orthophonic"),
        code="500R-13.7",
        used_by="everyone",
        years="1952 on",
        source=f"{_IASA}; {_TABLE}",
        time_constants_us=(3180.0, 318.0, 75.0),
    ),
    _row(
        "acoustic",
        "flat",
        "acoustic recordings; what is right is disputed",
        "to 1925",
        _IASA_COARSE,
    ),
)
"""Every curve with a name, 78s first."""

CURVE_OF = {name: row for row in CATALOGUE for name in row.names}
"""The rows by each of their names."""
