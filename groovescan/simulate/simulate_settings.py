"""Settings of the simulator: every quantity of a photograph, with its unit and its limits."""

from __future__ import annotations

import dataclasses
import difflib
import math
from dataclasses import dataclass, field
from typing import Any, Self

from groovescan.errors import SettingsError
from groovescan.simulate import settings_tables as tables

#: Radius at which tilts and curls are told: about that of a disc.
TILT_RADIUS_MM = 100.0
"""Radius at which tilt, lens and curl are stated, in mm."""


def _number(default: float, low: float, high: float, unit: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit})


def _choice(default: Any, *others: Any) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


@dataclass(frozen=True, kw_only=True)
class SimulateSettings:
    """A disc, its film, its wear, and the camera that looks at it.

    The sound
    ---------
    rpm : float
        Speed of the lathe, in revolutions per minute.
    recording_curve : str
        Turnover in Hz, shelf letter and roll-off in dB at 10 kHz, such as '250N-0'.
    amplitude_mm : float
        Largest deviation of the groove by the sound, in mm.
    modulation : {'lateral', 'vertical', 'brightness'}
        What carries the sound: the position of the groove, its half width, or its contrast.
    hum_mm, hum_hz : float
        Amplitude in mm and frequency in Hz of mains hum cut into the groove.
    wow_percent, wow_once_percent : float
        Speed error of the lathe in percent: rms of a slow random one, and the peak of one that
        repeats every turn.

    The groove
    ----------
    pitch_mm, width_mm : float
        Distance between turns and width of the groove, in mm.
    start_radius_mm : float
        Radius where the groove starts, in mm.
    start : {'outer', 'inner'}
        Whether the groove runs inwards or outwards.
    start_angle_rad : float
        Where it starts, counter-clockwise from the x axis of the photograph, in radians.
    mirrored : bool
        Photographed through the film: the groove then runs clockwise.
    lead_in_turns, run_out_turns : float
        Turns without sound before and after it.
    feed_wander_mm : float
        Rms of the feed's slow deviation from a steady one, in mm.
    feed_wander_percent, feed_wander_turns : float
        Largest deviation of the pitch from what it would be in percent, and in how many turns it
        changes.
    feed_loud_percent : float
        How much wider the pitch is where the sound is loudest, in percent.
    feed_table : rows of (turn, pitch)
        Pitch in mm by turn, in place of `pitch_mm`; even between the rows, and a step where two
        rows have the same turn. The pauses of `gaps` still count in `pitch_mm`.
    lead_in_pitch_mm, run_out_pitch_mm : float
        Pitch of the turns without sound before and after it, in mm; 0 is that of the others.
    gaps : rows of (turn, pitches, turns)
        Silent pauses between bands: where they begin, how many pitches of land they leave, and in
        how many turns the groove crosses them, a part of one or many.
    cuts : int
        Grooves that are not connected, among which the sound is shared.
    cuts_lie : {'apart', 'interleaved'}
        Beside each other with `cut_gap_mm` of land between, or one within the other.
    cut_gap_mm : float
        Land between two cuts, in mm.
    lead_out_turns, lead_out_pitch_mm : float
        Silent turns at another pitch after all others, and that pitch in mm.
    ending : {'open', 'locked', 'ring'}
        The groove just ends; or its feed stops, so that one turn more is a circle that runs into
        itself; or it ends, and a closed circle lies apart from it.
    lock_sound_mm : float
        Amplitude in mm of a steady tone on that circle, which a needle would repeat for ever; 0 is
        a silent one.
    ring_gap_mm : float
        Distance in mm from where the groove ends to a circle apart from it.
    profile : {'line', 'walls', 'raking', 'box', 'lamps'}
        One line; two bright walls round a dark bottom; a bright and a dark wall under light
        from `lamp_angle_rad`, which change places round the disc; or, from its shape, a groove
        with walls of 90 degrees on a light box, or under `lamps`.
    bottom_mm, horn_mm : float
        Of such a groove the radius of its bottom, and the height of the film beside it, in mm.
    box_angle_rad : float
        Angle at which the box gives exp(-1/2) of the light that it gives straight up.
    lamps : rows of (azimuth, elevation)
        Where they stand, in rad.
    gloss, roughness : float
        Light of a facet that mirrors a lamp, of full light; spread of facets' slopes.
    contrast : float
        Relative loss of light in the middle of the groove, -1 to 1; negative is a bright groove.
    lamp_falloff : float
        Part of the contrast that is lost at right angles to `lamp_angle_rad`, 0 to 1.
    lamp_angle_rad : float
        Azimuth of the lamp in radians.

    The film
    --------
    film_radius_mm, film_wobble : float
        Smallest radius of the scissor-cut edge in mm, and how much further out it strays,
        relative to that.
    hole_radius_mm, hole_offset_mm : float
        Radius of the burnt hole, and its distance from the centre of the groove, in mm.
    film_transmission, clouds : float
        Mean transmission of the film, 0 to 1, and rms of the logarithm of its soft variation.
    bones : int
        Number of bones.
    bone_transmission : float
        What a bone adds to the transmission, -1 to 1.
    flip : bool
        Bright groove on dense film, dark groove on clear film.
    flip_transmission : float
        Transmission at which a flipping groove vanishes, 0 to 1.
    background : {'light', 'cloth'}
        A light box, or a dark cloth, behind the film.
    light : float
        Brightness of the light box, 0 to 1 of full scale.

    The sheet
    ---------
    creases : rows of (distance, azimuth, shorter, kink)
        Folds along chords: how far from the centre in mm and in which direction in rad; how much
        of the film is gone in each, in mm; how much further out it is seen 100 mm from the centre
        because it stands up there, in mm.
    buckles : int
        Bumps and hollows of the film.
    buckle_mm, buckle_size_mm : float
        How much further out their tops are seen 100 mm from the centre, and their size (standard
        deviation), in mm.
    tears : rows of (azimuth, width, apex, shift, way, turned)
        Pieces that were torn off and laid back: a sector, its middle in rad and its width in
        degrees, with its point so many mm from the centre; moved by so many mm in a direction in
        rad, and turned about its point by so many rad. 180 degrees is all beyond a chord.
    missing : rows of (azimuth, width)
        Sectors that are not there: their middle in rad and their width in degrees.

    On the film
    -----------
    rings, ring_depth, ring_bend_m, ring_coherence_um : int, float
        Places where it touches a glass; amplitude of Newton's rings there, 0 to 1 of the light;
        the radius in m of the film's bend; height in um of the gap over which rings fade out.
    prints, print_depth, print_ridge_mm : int, float
        Fingerprints; the light that a ridge takes, 0 to 1; and their distance in mm.

    The wear
    --------
    dust, scratches, cracks, text_lines, glue_blobs : int
        How many there are of each: specks, thin lines, tears through the whole film, lines of
        writing on the label, and drops of glue that dull the groove.

    The camera
    ----------
    width_px, height_px : int
        Size of the photograph in px.
    mm_per_px : float
        Size of a pixel on the disc in mm, before the distortions below.
    centre_x_offset_px, centre_y_offset_px : float
        Centre of the groove from the middle of the photograph, in px, x to the right, y down.
    tilt_x, tilt_y : float
        Relative change of scale 100 mm from the centre, to the right and upwards, by perspective.
    x_scale_error, shear : float
        Relative excess of the scale along x, and the part of y that is added to x.
    lens : float
        Relative change of radius 100 mm from the middle of the photograph.
    curl_mm : float
        Largest radial displacement 100 mm from the centre by a film that is not flat, in mm.
    blur_px : float
        Gaussian blur of the optics in px, standard deviation. The pixel adds its own square.
    noise : float
        Standard deviation of the noise of a pixel, 0 to 1 of full scale.
    bit_depth : {8, 16}
        Bits per channel.
    colour : bool
        Three channels instead of one.
    jpeg_quality : int
        Quality of the file where it is written as JPEG, 1 to 100.
    mosaic : {'none', 'bilinear', 'edges'}
        Each pixel sees one colour, and the others are interpolated: evenly, or along edges.
    interpolated : float
        A flatbed scanner's pixels are so many times as many each way as its optics resolve.
    denoised : float
        Strength of the noise reduction, in steps of 8 bits.
    sharpened, sharpen_px : float
        Share by which edges are raised, and over how many px, standard deviation.
    supersampling : int
        Points per pixel and direction at which the groove is drawn, before blur and sampling.

    The picture
    -----------
    screen_px, screen_angle_rad : float
        The photograph is one of a print: distance of its dots in px, 0 for none, and how they are
        turned in rad.
    grid_px, grid_depth : float
        A grid lies over the disc: distance of its lines in px, 0 for none, and the share of the
        light that they take.
    rounded_quality : int
        Quality of a JPEG file through which the picture went, 1 to 100, or 0 for none.
    seams : rows of (distance, azimuth, right, down)
        Parts of the picture that do not fit together: a chord's distance from its middle in px and
        direction in rad, and by how many whole px what lies beyond was moved to the right and down.
    seed : int
        Seed of everything random.
    """

    rpm: float = _number(78.0, 1.0, 400.0, "rpm")
    recording_curve: str = "250N-0"
    amplitude_mm: float = _number(0.05, 0.0, 2.0, "mm")
    modulation: str = _choice("lateral", "vertical", "brightness")
    hum_mm: float = _number(0.0, 0.0, 1.0, "mm")
    hum_hz: float = _number(50.0, 1.0, 1000.0, "Hz")
    wow_percent: float = _number(0.0, 0.0, 5.0, "percent")
    wow_once_percent: float = _number(0.0, 0.0, 5.0, "percent")

    pitch_mm: float = _number(0.28, 0.02, 10.0, "mm")
    width_mm: float = _number(0.12, 0.005, 10.0, "mm")
    start_radius_mm: float = _number(95.0, 2.0, 300.0, "mm")
    start: str = _choice("outer", "inner")
    start_angle_rad: float = _number(0.0, -7.0, 7.0, "rad")
    mirrored: bool = _choice(False, True)
    lead_in_turns: float = _number(2.0, 0.0, 50.0, "turns")
    run_out_turns: float = _number(2.0, 0.0, 50.0, "turns")
    feed_wander_mm: float = _number(0.0, 0.0, 2.0, "mm")
    feed_wander_percent: float = _number(0.0, 0.0, 95.0, "percent")
    feed_wander_turns: float = _number(3.0, 0.3, 50.0, "turns")
    feed_loud_percent: float = _number(0.0, 0.0, 400.0, "percent")
    feed_table: tables.Table = field(default=(), metadata={"columns": tables.FEED})
    lead_in_pitch_mm: float = _number(0.0, 0.0, 30.0, "mm")
    run_out_pitch_mm: float = _number(0.0, 0.0, 30.0, "mm")
    gaps: tables.Table = field(default=(), metadata={"columns": tables.GAPS})
    cuts: int = _number(1, 1, 8, "cuts")
    cuts_lie: str = _choice("apart", "interleaved")
    cut_gap_mm: float = _number(2.0, 0.1, 100.0, "mm")
    lead_out_turns: float = _number(0.0, 0.0, 50.0, "turns")
    lead_out_pitch_mm: float = _number(1.5, 0.02, 30.0, "mm")
    ending: str = _choice("open", "locked", "ring")
    lock_sound_mm: float = _number(0.0, 0.0, 2.0, "mm")
    ring_gap_mm: float = _number(0.3, 0.02, 50.0, "mm")
    profile: str = _choice("line", "walls", "raking", "box", "lamps")
    bottom_mm: float = _number(0.03, 0.001, 1.0, "mm")
    horn_mm: float = _number(0.003, 0.0, 0.1, "mm")
    box_angle_rad: float = _number(0.4, 0.02, 10.0, "rad")
    lamps: tables.Table = field(default=((0.7, 0.45),), metadata={"columns": tables.LAMPS})
    gloss: float = _number(0.8, 0.0, 10.0, "of the light")
    roughness: float = _number(0.25, 0.02, 3.0, "")
    contrast: float = _number(0.36, -1.0, 1.0, "of full contrast")
    lamp_falloff: float = _number(0.0, 0.0, 1.0, "of the contrast")
    lamp_angle_rad: float = _number(0.7, -7.0, 7.0, "rad")

    film_radius_mm: float = _number(97.5, 2.0, 400.0, "mm")
    film_wobble: float = _number(0.05, 0.0, 0.5, "of the radius")
    hole_radius_mm: float = _number(3.2, 0.0, 50.0, "mm")
    hole_offset_mm: float = _number(3.0, 0.0, 50.0, "mm")
    film_transmission: float = _number(0.5, 0.02, 1.0, "of the light")
    clouds: float = _number(0.22, 0.0, 1.0, "")
    bones: int = _number(5, 0, 100, "bones")
    bone_transmission: float = _number(0.17, -1.0, 1.0, "of the light")
    flip: bool = _choice(False, True)
    flip_transmission: float = _number(0.53, 0.0, 1.0, "of the light")
    background: str = _choice("light", "cloth")
    light: float = _number(0.85, 0.01, 1.0, "of full scale")

    creases: tables.Table = field(default=(), metadata={"columns": tables.CREASES})
    buckles: int = _number(0, 0, 100, "buckles")
    buckle_mm: float = _number(0.1, -2.0, 2.0, "mm")
    buckle_size_mm: float = _number(4.0, 0.2, 100.0, "mm")
    tears: tables.Table = field(default=(), metadata={"columns": tables.TEARS})
    missing: tables.Table = field(default=(), metadata={"columns": tables.MISSING})

    rings: int = _number(0, 0, 100, "places")
    ring_depth: float = _number(0.1, 0.0, 0.9, "of the light")
    ring_bend_m: float = _number(10.0, 0.1, 1000.0, "m")
    ring_coherence_um: float = _number(8.0, 0.1, 1000.0, "um")
    prints: int = _number(0, 0, 100, "prints")
    print_depth: float = _number(0.12, 0.0, 0.9, "of the light")
    print_ridge_mm: float = _number(0.45, 0.05, 5.0, "mm")

    dust: int = _number(0, 0, 100000, "specks")
    scratches: int = _number(0, 0, 10000, "scratches")
    cracks: int = _number(0, 0, 20, "cracks")
    text_lines: int = _number(0, 0, 20, "lines")
    glue_blobs: int = _number(0, 0, 200, "drops")

    width_px: int = _number(3600, 64, 60000, "px")
    height_px: int = _number(3600, 64, 60000, "px")
    mm_per_px: float = _number(0.058, 0.001, 1.0, "mm")
    centre_x_offset_px: float = _number(2.3, -20000.0, 20000.0, "px")
    centre_y_offset_px: float = _number(-8.6, -20000.0, 20000.0, "px")
    tilt_x: float = _number(0.0, -0.2, 0.2, "per 100 mm")
    tilt_y: float = _number(0.0, -0.2, 0.2, "per 100 mm")
    x_scale_error: float = _number(0.0, -0.1, 0.1, "")
    shear: float = _number(0.0, -0.1, 0.1, "")
    lens: float = _number(0.0, -0.1, 0.1, "at 100 mm")
    curl_mm: float = _number(0.0, 0.0, 3.0, "mm")
    blur_px: float = _number(0.64, 0.0, 20.0, "px")
    noise: float = _number(0.004, 0.0, 0.5, "of full scale")
    bit_depth: int = _choice(8, 16)
    colour: bool = _choice(False, True)
    jpeg_quality: int = _number(90, 1, 100, "")
    mosaic: str = _choice("none", "bilinear", "edges")
    interpolated: float = _number(1.0, 1.0, 8.0, "times")
    denoised: float = _number(0.0, 0.0, 100.0, "steps")
    sharpened: float = _number(0.0, 0.0, 5.0, "")
    sharpen_px: float = _number(1.0, 0.3, 20.0, "px")
    supersampling: int = _number(4, 1, 16, "points per px")
    screen_px: float = _number(0.0, 0.0, 200.0, "px")
    screen_angle_rad: float = _number(0.4, -7.0, 7.0, "rad")
    grid_px: float = _number(0.0, 0.0, 2000.0, "px")
    grid_depth: float = _number(0.3, 0.0, 1.0, "of the light")
    rounded_quality: int = _number(0, 0, 100, "")
    seams: tables.Table = field(default=(), metadata={"columns": tables.SEAMS})
    seed: int = _number(0, 0, 2**31, "")

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            if "columns" in item.metadata:  # what TOML holds are lists
                rows = tables.checked_table(
                    item.name, getattr(self, item.name), item.metadata["columns"]
                )
                object.__setattr__(self, item.name, rows)
            _check(item, getattr(self, item.name))
        if self.width_mm >= 1.5 * self.pitch_mm:
            raise SettingsError(
                f"width_mm is {self.width_mm}; it must be less than 1.5 times pitch_mm, "
                f"which is {self.pitch_mm}"
            )
        if self.rounded_quality and self.bit_depth == 16:
            raise SettingsError(
                f"rounded_quality is {self.rounded_quality} and bit_depth is 16; a JPEG file holds "
                "8 bits"
            )
        if self.denoised and self.bit_depth == 16:
            raise SettingsError("denoised is set and bit_depth is 16; noise is reduced in 8 bits")
        if self.profile == "lamps" and not self.lamps:
            raise SettingsError("profile is 'lamps', and there are none; lamps holds their rows")
        if self.profile in ("box", "lamps") and self.modulation == "brightness":
            raise SettingsError("modulation is 'brightness'; a shape has no brightness of its own")
        if self.cuts > 1 and self.cuts_lie == "interleaved" and self.ending != "open":
            raise SettingsError(
                f"ending is {self.ending!r}; grooves that lie one within the other end open"
            )

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed; the original stays as it is."""
        known = {item.name for item in dataclasses.fields(self)}
        for name in changes:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else "SimulateSettings lists them all"
                raise SettingsError(f"there is no simulation setting {name!r}: {hint}")
        return dataclasses.replace(self, **changes)

    @property
    def seconds_per_turn(self) -> float:
        """Duration of a turn in s."""
        return 60.0 / self.rpm

    @property
    def centre_px(self) -> tuple[float, float]:
        """Where the centre of the groove is in the photograph, (x, y) in px."""
        return (
            (self.width_px - 1) / 2 + self.centre_x_offset_px,
            (self.height_px - 1) / 2 + self.centre_y_offset_px,
        )


def _check(item: dataclasses.Field, value: Any) -> None:
    meta = item.metadata
    if "choices" in meta:
        if value not in meta["choices"]:
            raise SettingsError(
                f"{item.name} is {value!r}; it must be one of {list(meta['choices'])}"
            )
    elif "low" in meta:
        _check_number(item, value)


def _check_number(item: dataclasses.Field, value: Any) -> None:
    low, high, unit = (item.metadata[key] for key in ("low", "high", "unit"))
    kinds = (int,) if isinstance(item.default, int) else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds):
        wanted = "a whole number" if kinds == (int,) else "a number"
        raise SettingsError(f"{item.name} is {value!r}; it must be {wanted}")
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingsError(f"{item.name} is {value}; it must lie between {low} and {high} {unit}")
