"""Results that the stages hand on: frozen, each field with its shape and unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from groovescan.config.settings import Settings
from groovescan.core.account import Account
from groovescan.core.geometry.film_pieces import FilmPieces
from groovescan.core.photograph import Photograph as Photograph
from groovescan.core.quality import MeasuredQuality, PredictedQuality, PredictedSpectrum, Verdict
from groovescan.display import NotebookResult

if TYPE_CHECKING:
    from groovescan.core.cuts import Cut
    from groovescan.core.joined import Joined


@dataclass(frozen=True, kw_only=True)
class PatchWaves(NotebookResult):
    """The strongest fringe of each patch of the photograph.

    Attributes
    ----------
    position_px : ndarray of float64, shape (n, 2)
        Centre of each patch, (x, y) in px.
    wave_cpp : ndarray of float64, shape (n, 2)
        Wave vector of the strongest peak of its spectrum, (x, y) in cycles per px; its sign
        is arbitrary.
    contrast : ndarray of float64, shape (n,)
        Power of that peak over the patch's noise floor.
    """

    position_px: np.ndarray
    wave_cpp: np.ndarray
    contrast: np.ndarray


@dataclass(frozen=True, kw_only=True)
class GrooveField(NotebookResult):
    """Where the groove field lies, before any camera model.

    Attributes
    ----------
    centre_px : ndarray of float64, shape (2,)
        Centre of the spiral, (x, y) in px.
    pitch_px : float
        Distance between turns, in px.
    radius_inner_px, radius_outer_px : float
        Radii between which the groove was seen, in px.
    waves : PatchWaves
        The patches that agree with it.
    """

    centre_px: np.ndarray
    pitch_px: float
    radius_inner_px: float
    radius_outer_px: float
    waves: PatchWaves


@dataclass(frozen=True, kw_only=True)
class Camera(NotebookResult):
    """How the camera saw the plane of the disc.

    A point (X, Y) of the disc's plane, in px at the centre, Y up, goes to the image through
    an affine part, a perspective division and one radial lens term about the middle of the
    photograph (Brown's model, k1 only).

    Attributes
    ----------
    centre_px : ndarray of float64, shape (2,)
        Centre of the spiral in the image, before the lens term, (x, y) in px.
    stretch, shear : float
        Half the difference of the x and y scales, and the shear, both relative.
    perspective : ndarray of float64, shape (2,)
        Perspective terms, relative change of scale per `scale_px`.
    lens : float
        Radial term k1, relative change of scale at `scale_px` from `middle_px`.
    middle_px : ndarray of float64, shape (2,)
        Middle of the photograph, where the lens does not bend.
    scale_px : float
        Length that makes the terms above dimensionless, in px.
    """

    centre_px: np.ndarray
    stretch: float = 0.0
    shear: float = 0.0
    perspective: np.ndarray = field(default_factory=lambda: np.zeros(2))
    lens: float = 0.0
    middle_px: np.ndarray = field(default_factory=lambda: np.zeros(2))
    scale_px: float = 1.0


@dataclass(frozen=True, kw_only=True)
class GrooveMap(NotebookResult):
    """Where each turn of the groove runs.

    The groove at `s` turns from its start lies at the angle
    ``start_rad + direction * 2 pi s`` and the radius that interpolates `radius_px`.

    Attributes
    ----------
    camera : Camera
        From the disc's plane to the image.
    pitch_px : float
        Mean distance between turns, in px.
    direction : int
        +1 where the groove is played counter-clockwise as seen on the screen, else -1.
    start_rad : float
        Angle at which the map begins.
    nodes_per_turn : int
        Nodes of the map per turn.
    radius_px : ndarray of float64, shape (nodes,)
        Radius of the groove's smooth spiral at ``s = (node - nodes_per_turn) / nodes_per_turn``:
        one turn before the start and after the end is kept, so that neighbours are known.
    lock_turns : float or None
        Where the groove locks, in turns from its start: there it has run into its own path of a
        turn before, which is a circle. That is its end, or beyond it, where a lead-out that is not
        mapped leads there. None where the groove does not lock.
    film : FilmPieces or None
        How the film lies, where it is not one sheet: `radius_px` and angles are those of the flat
        film into which the groove was cut.
    film_jumps : int
        Places round the disc where its turns jump as at a tear, and it is not known how film lies.
    """

    camera: Camera
    pitch_px: float
    direction: int
    start_rad: float
    nodes_per_turn: int
    radius_px: np.ndarray
    lock_turns: float | None = None
    film: FilmPieces | None = None
    film_jumps: int = 0

    @property
    def turns(self) -> float:
        """Length of the mapped groove, in turns."""
        return (len(self.radius_px) - 1) / self.nodes_per_turn - 2.0

    @property
    def node_turns(self) -> np.ndarray:
        """Position of each node along the groove, in turns from its start; shape (nodes,)."""
        return np.arange(len(self.radius_px)) / self.nodes_per_turn - 1

    @property
    def locked(self) -> bool:
        """Whether the last turn of the mapped groove is a circle."""
        return self.lock_turns is not None and self.lock_turns <= self.turns

    @property
    def spiral_turns(self) -> float:
        """Length of it that has a feed, in turns."""
        return self.turns - self.locked


@dataclass(frozen=True, kw_only=True)
class Strip(NotebookResult):
    """The groove laid straight.

    Attributes
    ----------
    luminance : ndarray of float32, shape (samples, offsets)
        One row per sample along the groove, one column per offset across it.
    offset_px : ndarray of float32, shape (offsets,)
        Distance from the map's spiral, in px, positive away from the centre.
    turns : ndarray of float64, shape (samples,)
        Position of each row along the groove, in turns.
    samples_per_turn : int
        Rows per turn of the groove: the row beside a row, one turn on, is so many further.
    run_rows : int
        The rows lie in runs of so many that follow each other closely. Each turn has its runs at
        the same angles, and between two runs there may be a gap.
    step_turns : float
        Distance between two rows of a run, in turns.
    radius_px : ndarray of float64, shape (samples,)
        Radius of the map's spiral at each row, in px.
    spacing_px : ndarray of float32, shape (samples, 2)
        Distance to the turn before and to the turn after, as signed offsets in px.
    in_photograph : ndarray of bool, shape (samples,)
        False where the row leaves the photograph.
    """

    luminance: np.ndarray
    offset_px: np.ndarray
    turns: np.ndarray
    samples_per_turn: int
    run_rows: int
    step_turns: float
    radius_px: np.ndarray
    spacing_px: np.ndarray
    in_photograph: np.ndarray

    @property
    def along_px(self) -> np.ndarray:
        """Distance from a row to the next of its run, in px."""
        return 2 * np.pi * self.radius_px * self.step_turns


@dataclass(frozen=True, kw_only=True)
class Reading(NotebookResult):
    """The displacement of the groove, sample by sample.

    Attributes
    ----------
    displacement_px : ndarray of float64, shape (samples,)
        Deviation from the smooth spiral, in px, positive away from the centre.
    standard_error_px : ndarray of float32, shape (samples,)
        Standard error claimed, in px; infinite where missing. That of the place along is wow.
    contrast : ndarray of float32, shape (samples,)
        Signed contrast of the groove, in luminance: negative where it is darker than the land.
    samples_per_turn : int
        Samples per turn of the groove.
    snr_db : float
        Signal to noise ratio that the errors imply, in dB.
    colour : float
        Errors in the programme's band over those claimed: 1 of white ones, more in a JPEG file.
    error_spectrum : ndarray of float32, shape (n,), or None
        Density of the errors over white ones, from zero to half a cycle per sample; None of white.
    half_difference_px : ndarray of float32, shape (samples,), or None
        Difference of two readings from halves of the pixels, scaled to the errors of what both
        say together, in px: a sample of these errors. Not a number where one half tells next to
        nothing; None where the groove was not read twice.
    """

    displacement_px: np.ndarray
    standard_error_px: np.ndarray
    contrast: np.ndarray
    samples_per_turn: int
    snr_db: float
    colour: float = 1.0
    half_difference_px: np.ndarray | None = None
    error_spectrum: np.ndarray | None = None

    @property
    def read_fraction(self) -> float:
        """Share of the samples that were read and not filled in, 0 to 1."""
        return float(np.mean(np.isfinite(self.standard_error_px)))


@dataclass(frozen=True, kw_only=True)
class Waveform(NotebookResult):
    """Sound, ready for a file.

    Attributes
    ----------
    samples : ndarray of float32, shape (n,)
        Full scale is -1 to 1.
    rate_hz : int
        Samples per second.
    """

    samples: np.ndarray
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Playing time in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, kw_only=True)
class Resolution(NotebookResult):
    """Predicted resolution of a photograph: what can be read of its groove.

    Attributes
    ----------
    pitch_px : float
        Distance between turns, in px.
    sharpness : float
        Steepest slope of the groove's profile over its height, per px.
    noise : float
        Standard deviation of a pixel's noise, in luminance.
    contrast : float
        Median size of the groove's contrast, in luminance.
    error_px : float
        Least error of what the groove carries from 100 Hz to 4 kHz that the photograph allows, in
        px: of the displacement or the half width. Where brightness carries the sound, the whole
        contrast counts as a quarter of the pitch.
    snr_db : float
        Signal to noise ratio that a decode can reach there, in dB.
    bandwidth_hz : float
        Frequency at which the blur along the groove takes 10 dB at its mean radius, or that the
        pixels' grid holds, in Hz.
    spectrum : PredictedSpectrum or None
        Programme and noise to expect; None where too little of the groove can be seen.
    """

    pitch_px: float
    sharpness: float
    noise: float
    contrast: float
    error_px: float
    snr_db: float
    bandwidth_hz: float
    spectrum: PredictedSpectrum | None = None


@dataclass(frozen=True, kw_only=True)
class CameraCheck(NotebookResult):
    """How well the camera is known.

    Attributes
    ----------
    centre_error_px : float
        Standard error of the centre, each coordinate, in px.
    scale_error : float
        Standard error of stretch and shear, relative.
    wow_percent : float
        Speed error, rms, that these errors imply: once and twice per turn, in percent.
    harmonics_px : ndarray of float64, shape (2,)
        Amplitudes once and twice per turn of the radius that no camera term explains, in px.
    bend_px : float
        Amplitude of the third to the eighth harmonic that all turns share, in px: of a bent film.
    """

    centre_error_px: float
    scale_error: float
    wow_percent: float
    harmonics_px: np.ndarray
    bend_px: float


@dataclass(frozen=True, kw_only=True)
class Decoded(NotebookResult):
    """Everything that a decode found.

    Attributes
    ----------
    photograph_name : str
        Name of the photograph.
    groove_map : GrooveMap
        Where the groove runs, and under which camera.
    reading : Reading
        Displacement and confidence of each sample.
    waveform : Waveform
        The sound.
    settings : Settings
        The settings that were in force.
    camera_check : CameraCheck or None
        How well the camera is known, and the wow that is to be expected of it.
    resolution : Resolution or None
        What the photograph was predicted to yield.
    jumps : ndarray of float64, shape (n,)
        Positions, in turns, at which the map leaves its turn; empty where it runs through.
    restored : Waveform or None
        The listening copy, where it was asked for.
    account : Account or None
        What was done to the sound.
    channel : str
        What was read of it: 'grey', 'red', 'green', 'blue', 'luminance', or weights of the three.
    carrier : str
        What carries the sound: 'lateral', 'vertical' or 'brightness'.
    dpi : float or None
        Pixels per inch, as the settings or else the file state; None where neither does.
    discs : int
        Discs in the photograph; the settings say which was read.
    sides : tuple of int
        Pages of the file that may each show a side of a disc, counted from 1.
    predicted : PredictedQuality or None
        How good it was expected to be, before it was read.
    tone : str
        The curve that was undone, as `Photograph.undone`.
    measured : MeasuredQuality or None
        How good the reading is, as the halves of its pixels measure it.
    verdict : Verdict or None
        What is to be thought of it.
    cuts : tuple of Cut
        Each groove, in the order in which they are played; `groove_map` and so on are the first's.
    joined : Joined or None
        How several photographs lie on the disc, which `groove_map` is then of.
    """

    photograph_name: str
    groove_map: GrooveMap
    reading: Reading
    waveform: Waveform
    settings: Settings
    camera_check: CameraCheck | None = None
    resolution: Resolution | None = None
    jumps: np.ndarray = field(default_factory=lambda: np.zeros(0))
    restored: Waveform | None = None
    account: Account | None = None
    channel: str = "grey"
    carrier: str = "lateral"
    dpi: float | None = None
    discs: int = 1
    sides: tuple[int, ...] = ()
    predicted: PredictedQuality | None = None
    tone: str = ""
    measured: MeasuredQuality | None = None
    verdict: Verdict | None = None
    cuts: tuple[Cut, ...] = ()
    joined: Joined | None = None
