"""One frozen settings class per stage, with bounds, and TOML in and out."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from typing import Any

import tomli_w

from groovescan.config.validated import Stage, choice, number, refuse_unknown, switch, text
from groovescan.display import NotebookResult
from groovescan.errors import SettingsError

_WEIGHT = r"-?(?:0(?:\.\d{1,4})?|1(?:\.0{1,4})?)"


@dataclass(frozen=True, kw_only=True)
class PhotoSettings(Stage):
    """How the photograph is read.

    Attributes
    ----------
    channel : str
        What is taken of a colour photograph: 'auto', 'red', 'green', 'blue', 'luminance', or three
        weights such as '0.5,-0.3,0.2'. 'luminance' has the weights of Rec. 709; others lie between
        -1 and 1, for red, green and blue. 'auto' takes what shows the groove best.
    tone : str
        Curve of the file's values that is undone: 'auto', 'linear', 'srgb', 'lstar', or an
        exponent such as '2.2', 0.2 to 5. 'linear' undoes none. 'auto' undoes what the file
        states, and sRGB where a file of 8 bits states nothing, but only where the sound is
        in brightness: a line is found where it is under any curve.
    page : int
        Page of a TIFF file that is read, a number without unit, 0 to 10000, counted from 1; 0 is
        the largest.
    dpi : float
        Density in pixels per inch, 0 to 1000000; 0 takes what the file states, and anything else
        is at least 1. It gives micrometres, and does not change the sound.
    max_megapixels : float
        Largest photograph accepted, in megapixels, 0.01 to 20000. Larger headers are refused
        unread.
    max_whole_megapixels : float
        Largest photograph that is decoded whole, in megapixels, 0.01 to 20000: PNG, JPEG, camera
        raw, and TIFF files that are not laid out for reading in parts. Raise it where the machine
        has the memory.
    whole_mb : float
        A TIFF page that takes up to so many megabytes, as it is held, is kept in memory, 0 to
        1000000; a larger one is read block by block.
    cache_mb : float
        Memory for blocks that were read last, in megabytes, 1 to 1000000. Too little, and blocks
        are read from the file again and again.
    """

    channel: str = text(
        "auto",
        rf"auto|red|green|blue|luminance|(?=.*[1-9]){_WEIGHT},{_WEIGHT},{_WEIGHT}",
        "'auto', 'red', 'green', 'blue', 'luminance', or three weights such as '0.5,-0.3,0.2'",
        ("auto", "red", "green", "blue", "luminance"),
    )
    tone: str = text(
        "auto",
        r"auto|linear|srgb|lstar|[0-9]{1,2}(\.[0-9]{1,6})?",
        "'auto', 'linear', 'srgb', 'lstar', or an exponent such as '2.2'",
        ("auto", "linear", "srgb", "lstar", "1.8", "2.2"),
    )
    page: int = number(0, 0, 10000, "", (0, 20))
    dpi: float = number(0.0, 0.0, 1e6, "pixels per inch", (0, 10000), 100)
    max_megapixels: float = number(2000.0, 0.01, 20000.0, "megapixels", (10, 4000), 10)
    max_whole_megapixels: float = number(400.0, 0.01, 20000.0, "megapixels", (10, 2000), 10)
    whole_mb: float = number(512.0, 0.0, 1e6, "megabytes", (0, 8192), 64)
    cache_mb: float = number(512.0, 1.0, 1e6, "megabytes", (64, 8192), 64)

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.dpi < 1:
            raise SettingsError(f"dpi is {self.dpi}; it must be 0, or at least 1 pixel per inch")
        if self.tone[0].isdigit() and not 0.2 <= float(self.tone) <= 5:
            raise SettingsError(f"tone is {self.tone!r}; an exponent must lie between 0.2 and 5")


@dataclass(frozen=True, kw_only=True)
class DiscSettings(Stage):
    """How the groove field is found and mapped.

    Attributes
    ----------
    start : {'outer', 'inner'}
        Which end of the groove is played first. The wrong one plays the disc backwards.
    pitch_min_px : float
        Least distance between turns that is searched, in px, 2.2 to 1000. Raise it where finer
        lines than the groove, such as a screen or a woven cloth, are taken for it.
    pitch_max_px : float
        Largest distance between turns that is searched, in px, 4 to 1000. Lower it where coarser
        lines than the groove are taken for it.
    patches : int
        Number of patches, at most, whose spectra are taken per scale, 200 to 1000000 patches.
        More find a groove that shows in few places, and take longer.
    map_harmonics : int
        Highest harmonic per turn that the groove map follows, 2 to 60 per turn. What is slower
        is taken for the shape of the film, and what is faster for sound: raise it for a film that
        is bent or creased, at the cost of deep bass. At 78 rpm, one harmonic is 1.3 Hz.
    disc : int
        Which disc is read where several lie in the photograph, a number without unit, 0 to 100,
        counted from left to right, or from the top down; 0 is the first.
    seed : int
        Seed of the consensus search, a number without unit, 0 to 2147483648. The same seed gives
        the same result, bit by bit; another may find a groove that was missed.
    """

    start: str = choice("outer", "inner")
    pitch_min_px: float = number(3.0, 2.2, 1000.0, "px", (2.2, 40), 0.1)
    pitch_max_px: float = number(160.0, 4.0, 1000.0, "px", (4, 200), 1)
    patches: int = number(6000, 200, 1000000, "patches", (2000, 60000), 1000)
    map_harmonics: int = number(12, 2, 60, "per turn")
    disc: int = number(0, 0, 100, "", (0, 10))
    seed: int = number(0, 0, 2**31, "", (0, 20))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pitch_min_px >= self.pitch_max_px:
            raise SettingsError(
                f"pitch_min_px is {self.pitch_min_px}; it must be less than "
                f"pitch_max_px, which is {self.pitch_max_px}"
            )


@dataclass(frozen=True, kw_only=True)
class GrooveSettings(Stage):
    """How the groove is read.

    Attributes
    ----------
    modulation : {'auto', 'lateral', 'vertical', 'brightness'}
        What carries the sound: the groove's displacement, its width (hill-and-dale), or its
        brightness (variable density, or a hill-and-dale groove under one-sided light). The wrong
        one gives noise, or a faint and distorted sound. 'auto' is told by the groove itself;
        where a stage is called without all the others, it is 'lateral'.
    step_px : float
        Distance between samples along the groove at its outer edge, in px, 0.2 to 4. Larger is
        quicker and loses treble; smaller than 0.9 gains nothing on most photographs.
    rows_per_turn : int
        Samples at most, 1024 to 1048576 samples per turn, however fine the photograph is. Fewer are
        quicker and lose treble: 20480 are 26.6 kHz at 78 rpm, and 11.4 kHz at 33 1/3.
    iterations : int
        Sweeps over the pixels that bring the model to the photograph, 1 to 50 sweeps. Fewer are
        quicker; loud and wide grooves may need more.
    """

    modulation: str = choice("auto", "lateral", "vertical", "brightness")
    step_px: float = number(0.9, 0.2, 4.0, "px", (0.5, 3), 0.1)
    rows_per_turn: int = number(20480, 1024, 1048576, "samples per turn", (4096, 81920), 1024)
    iterations: int = number(3, 1, 50, "sweeps", (1, 20))

    @property
    def carrier(self) -> str:
        """The modulation that the settings name: 'lateral' unless they say else."""
        return "lateral" if self.modulation == "auto" else self.modulation


#: Curves that are often right, to choose from; there are many more (`groovescan curves`).
_CURVES = ("250N-0", "300N-0", "500N-0", "500N-13.7", "riaa", "flat", "displacement")
_NOMINAL_RPM = {33.0: 100.0 / 3.0, 16.0: 50.0 / 3.0}


def _is_mains(hum_hz: float) -> bool:
    # Mains: today's, twice that behind rectifiers, and those of old networks.
    usual_mains_hz = (25.0, 40.0, 42.0, 50.0, 60.0, 100.0, 120.0)
    # As far as `sound.speed.hum` looks for a hum beside where it should be.
    mains_spread = 0.05
    return any(abs(hum_hz / mains_hz - 1) <= mains_spread for mains_hz in usual_mains_hz)


@dataclass(frozen=True, kw_only=True)
class SoundSettings(Stage):
    """How displacement becomes sound.

    Attributes
    ----------
    rpm : float
        Speed of the turntable, in revolutions per minute, 1 to 1000. It sets pitch and length of
        the sound. 33 and 16 are the names of 33 1/3 and 16 2/3, and become these.
    clock : str
        'none', or 'hum:50' or 'hum:60': mains hum of so many Hz, recorded in the groove, is
        used as a clock against wow, drift and a wrong `rpm`. Without a usable hum nothing changes.
        Twice the mains (100, 120) and old networks (25, 40, 42) are taken, too, each to 5 %.
    eq : str
        Recording curve that is undone: a code such as '250N-0', or a name such as 'riaa',
        'flat' (velocity) or 'displacement'. A higher turnover gives more bass, a larger roll-off
        less treble.
    linear_phase : bool
        True or False: whether the curve changes levels only; otherwise phases, too, as an
        analogue network does.
    repair : bool
        True or False: whether missing samples are filled in; otherwise they are silent.
    weigh : bool
        True or False: whether each sample weighs by how well the photograph shows it; otherwise
        what was read stays as it was read, noise and all.
    aperture : {'auto', 'on', 'off'}
        Whether the treble that blur and pixels took is given back. 'auto' does so in the
        listening copy and not in the transfer.
    blur_px : float
        Blur of the optics that this reckons with, as a standard deviation in px, 0 to 20; the
        pixel's own comes on top, and more gives more treble back. 0 takes what the groove's
        profile in the photograph shows.
    restore : bool
        True or False: whether a listening copy is made, besides the transfer.
    rate_hz : int
        Sample rate of the sound, in Hz, 8000 to 192000. Half of it is the highest frequency that
        the file can hold.
    bits : {'24', '16', '32f'}
        Bits per sample of the file; '32f' is floating point, '16' is dithered.
    level : {'peak', 'gain'}
        Whether the true peak is brought to `peak_dbfs`, or the sound is raised by `gain_db`.
    peak_dbfs : float
        Level of the true peak over full scale, in dB, -60 to 0. It counts where `level` is 'peak'.
    gain_db : float
        Gain, in dB, -120 to 120. At 0, a wave at 1 kHz that deviates by a tenth of the pitch is
        at full scale: so discs of one series, and photographs of one disc, keep their levels. It
        counts where `level` is 'gain'.
    keep_bad : bool
        True or False: whether a reading of which less than a tenth was read, or whose halves have
        nothing in common, becomes a sound all the same; otherwise it is refused.
    originator : str
        Who made the transfer, for the file: a name of at most 32 characters. Empty is the
        program's.
    """

    rpm: float = number(78.0, 1.0, 1000.0, "revolutions per minute", (16, 100), 0.01)
    clock: str = text(
        "none",
        r"none|hum:\d+(\.\d+)?",
        "'none', or 'hum:50' or 'hum:60'",
        ("none", "hum:50", "hum:60"),
    )
    eq: str = text("250N-0", r"\S+", "a code such as '250N-0', or a name such as 'riaa'", _CURVES)
    linear_phase: bool = switch(False)
    repair: bool = switch(True)
    weigh: bool = switch(True)
    aperture: str = choice("auto", "on", "off")
    blur_px: float = number(0.0, 0.0, 20.0, "px", (0, 3), 0.05)
    restore: bool = switch(False)
    rate_hz: int = number(48000, 8000, 192000, "Hz", (8000, 192000), 100)
    bits: str = choice("24", "16", "32f")
    level: str = choice("peak", "gain")
    peak_dbfs: float = number(-1.0, -60.0, 0.0, "dB", (-20, 0), 0.1)
    gain_db: float = number(0.0, -120.0, 120.0, "dB", (-30, 30), 0.1)
    keep_bad: bool = switch(False)
    originator: str = text("", r".{0,32}", "a name of at most 32 characters")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rpm in _NOMINAL_RPM:
            object.__setattr__(self, "rpm", _NOMINAL_RPM[self.rpm])
        if self.hum_hz is not None and not _is_mains(self.hum_hz):
            raise SettingsError(
                f"clock is {self.clock!r}, and no mains hum like that; it takes hum:50 (60 in "
                "America), twice that (100, 120) where a rectifier hums, and 25, 40 or 42 of old "
                "networks, each to 5 %"
            )

    @property
    def hum_hz(self) -> float | None:
        """Frequency of the hum that is used as a clock, in Hz; None without."""
        return None if self.clock == "none" else float(self.clock.removeprefix("hum:"))


@dataclass(frozen=True, kw_only=True)
class RestoreSettings(Stage):
    """How the listening copy is made from the transfer.

    Attributes
    ----------
    click_threshold : float
        How far a sample has to stray from what its surroundings predict, in standard
        deviations, 3 to 100, to be taken for a click. Lower takes out more clicks, and at last
        consonants, too.
    reduction_db : float
        How far noise is turned down at most, in dB, 0 to 60. More sounds cleaner, and speech
        becomes harder to understand.
    rumble_hz : float
        Frequency below which everything is taken out, in Hz, 0 to 300. 0 leaves it.
    aperture_db : float
        How far treble is raised at most, in dB, 0 to 40. More is brighter, and noisier.
    """

    click_threshold: float = number(6.0, 3.0, 100.0, "standard deviations", (3, 20), 0.1)
    reduction_db: float = number(4.0, 0.0, 60.0, "dB", (0, 30), 0.5)
    rumble_hz: float = number(40.0, 0.0, 300.0, "Hz", (0, 200), 1)
    aperture_db: float = number(12.0, 0.0, 40.0, "dB", (0, 40), 0.5)


def tables_of(toml: str) -> dict[str, Any]:
    """The tables of a TOML text, not yet checked.

    Raises
    ------
    SettingsError
        Where the text is no TOML.
    """
    try:
        return tomllib.loads(toml)
    except (ValueError, RecursionError) as error:  # numbers too long, brackets too deep
        raise SettingsError(f"the settings are not valid TOML: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Settings(NotebookResult):
    """All settings of a decode, one class per stage.

    Attributes
    ----------
    photo : PhotoSettings
        How the photograph is read.
    disc : DiscSettings
        How the groove field is found and mapped.
    groove : GrooveSettings
        How the groove is read.
    sound : SoundSettings
        How displacement becomes sound.
    restore : RestoreSettings
        How the listening copy is made from the transfer.

    Examples
    --------
    >>> changed = Settings().replace(sound={"rpm": 45}, disc={"start": "inner"})
    >>> changed.sound.rpm, Settings().sound.rpm
    (45, 78.0)
    >>> Settings.from_toml(changed.to_toml()) == changed
    True
    """

    photo: PhotoSettings = field(default_factory=PhotoSettings)
    disc: DiscSettings = field(default_factory=DiscSettings)
    groove: GrooveSettings = field(default_factory=GrooveSettings)
    sound: SoundSettings = field(default_factory=SoundSettings)
    restore: RestoreSettings = field(default_factory=RestoreSettings)

    def replace(self, **stages: dict[str, Any] | Stage) -> Settings:
        """A copy with some fields changed: ``settings.replace(sound={'rpm': 45})``.

        Each keyword names a stage; its value is a new settings object of that stage or a
        dictionary of the fields to change in it.
        """
        refuse_unknown(stages, Settings)
        new: dict[str, Any] = {
            name: getattr(self, name).replace(**value) if isinstance(value, dict) else value
            for name, value in stages.items()
        }
        return dataclasses.replace(self, **new)

    def to_toml(self) -> str:
        """Every setting as TOML text that `from_toml` reads back to an equal object."""
        return tomli_w.dumps(dataclasses.asdict(self))

    @classmethod
    def from_toml(cls, toml: str) -> Settings:
        """Settings from TOML text; what it leaves out keeps its default.

        Raises
        ------
        SettingsError
            Where the text is no TOML, or names a stage or setting that does not exist.
        """
        return cls.from_dict(tables_of(toml))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Settings:
        """Settings from a table of tables, as in TOML; what it leaves out keeps its default."""
        return cls().updated(values)

    def updated(self, values: dict[str, Any]) -> Settings:
        """A copy with what a table of tables says; what it leaves out stays as it is here.

        Raises
        ------
        SettingsError
            Where it names a stage or setting that does not exist, or a value is out of bounds.
        """
        refuse_unknown(values, Settings)
        for name, stage in values.items():
            if not isinstance(stage, dict):
                raise SettingsError(f"{name} is {stage!r}; it must be a table, [{name}]")
            refuse_unknown(stage, type(getattr(self, name)), prefix=f"{name}.")
        return self.replace(**values)
