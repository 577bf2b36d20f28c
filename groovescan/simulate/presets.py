"""Named conditions: the photographs that a decoder has to cope with."""

from __future__ import annotations

from types import MappingProxyType

from groovescan.simulate.simulate_settings import SimulateSettings

_PLAIN = SimulateSettings()
_COARSER = _PLAIN.replace(width_px=3000, height_px=3000, mm_per_px=0.07)

PRESETS = MappingProxyType(
    {
        "plain": _PLAIN,
        "insideout": _COARSER.replace(start="inner", start_radius_mm=70.0, film_radius_mm=96.0),
        "lamp": _COARSER.replace(lamp_falloff=0.9, noise=0.005),
        "tilted": _COARSER.replace(
            tilt_x=0.02,
            tilt_y=-0.012,
            x_scale_error=0.005,
            shear=0.002,
            lens=0.006,
            bit_depth=16,
            noise=0.003,
        ),
        "curled": _PLAIN.replace(curl_mm=0.3, feed_wander_mm=0.03),
        "through": _COARSER.replace(
            mirrored=True,
            background="cloth",
            colour=True,
            hole_offset_mm=9.0,
            film_transmission=0.6,
            noise=0.006,
        ),
        "flip": _PLAIN.replace(flip=True, contrast=0.34),
        "walls": _PLAIN.replace(profile="walls"),
        "raking": _PLAIN.replace(profile="raking"),
        "worn": _PLAIN.replace(dust=1500, scratches=60),
        "thin": _PLAIN.replace(width_mm=0.15 * 0.28, contrast=0.6),
        "wide": _PLAIN.replace(width_mm=0.75 * 0.28),
        "loud": _PLAIN.replace(amplitude_mm=0.12, width_mm=0.14),
        "fine": _COARSER.replace(mm_per_px=0.0875, width_px=2400, height_px=2400),
        "vertical": _PLAIN.replace(modulation="vertical", amplitude_mm=0.035),
        "brightness": _PLAIN.replace(modulation="brightness"),
        "cracked": _PLAIN.replace(cracks=3),
        "glue": _PLAIN.replace(glue_blobs=14),
        "text": _PLAIN.replace(text_lines=4, start_radius_mm=45.0, start="inner"),
        "frame": _PLAIN.replace(centre_x_offset_px=260.0, centre_y_offset_px=-120.0),
        "locked": _PLAIN.replace(ending="locked"),
        "leadout": _PLAIN.replace(ending="locked", lead_out_turns=2.5, lead_out_pitch_mm=3.0),
        "wow": _PLAIN.replace(wow_percent=0.3, wow_once_percent=0.4, hum_mm=0.002),
        "wander": _PLAIN.replace(feed_wander_percent=20.0),
        "steps": _PLAIN.replace(
            feed_table=((0, 0.28), (5, 0.28), (5, 0.35), (7.3, 0.35), (7.3, 0.5), (9.1, 0.28))
        ),
        "vari": _PLAIN.replace(feed_loud_percent=60.0),
        "widein": _PLAIN.replace(lead_in_pitch_mm=0.8, run_out_pitch_mm=0.7),
        "gap": _PLAIN.replace(gaps=((6.4, 1.0, 1.0),)),
        "bands": _PLAIN.replace(gaps=((4.3, 5.0, 0.4), (8.9, 14.0, 1.0))),
        "longgap": _PLAIN.replace(gaps=((5.2, 12.0, 6.0),)),
        "twocuts": _PLAIN.replace(cuts=2, cut_gap_mm=2.6),
        "interleaved": _PLAIN.replace(cuts=2, cuts_lie="interleaved"),
        "crease": _PLAIN.replace(creases=((35.0, 0.8, 0.12, 0.06),)),
        "creases": _PLAIN.replace(
            creases=((52.0, 2.4, 0.08, -0.05), (-20.0, 1.1, 0.15, 0.08)),
        ),
        "buckled": _PLAIN.replace(buckles=12, buckle_mm=0.15, buckle_size_mm=5.0),
        "torn": _PLAIN.replace(tears=((2.1, 57.0, 0.0, 0.2, 0.6, 0.0),)),
        "torntwice": _PLAIN.replace(
            tears=((2.1, 40.0, 20.0, 0.7, 2.6, 0.002), (-0.7, 180.0, 60.0, 0.4, -0.9, 0.0)),
        ),
        "missing": _PLAIN.replace(missing=((1.0, 110.0),)),
        "halftone": _PLAIN.replace(screen_px=3.6),
        "grid": _PLAIN.replace(grid_px=7.0, grid_depth=0.4),
        "rounded": _PLAIN.replace(rounded_quality=10),
        "seam": _PLAIN.replace(seams=((150.0, 0.3, 14.0, 40.0),)),
        "rings": _PLAIN.replace(rings=12),
        "prints": _PLAIN.replace(prints=30),
        "lightbox": _PLAIN.replace(profile="box", film_transmission=0.25),
        "onelamp": _PLAIN.replace(profile="lamps", film_transmission=0.35, background="cloth"),
        "fourlamps": _PLAIN.replace(
            profile="lamps",
            lamps=((0.4, 0.5), (1.97, 0.5), (3.54, 0.5), (5.11, 0.5)),
            film_transmission=0.35,
            background="cloth",
        ),
        "bayer": _PLAIN.replace(mosaic="edges", colour=True),
        "telephone": _PLAIN.replace(
            mosaic="bilinear",
            colour=True,
            denoised=3.0,
            sharpened=0.6,
            rounded_quality=90,
        ),
        "flatbed": _PLAIN.replace(interpolated=1.5, sharpened=0.3),
        "clean16": _PLAIN.replace(
            noise=0.0, bit_depth=16, mm_per_px=0.28 / 5.3, width_px=4000, height_px=4000
        ),
    }
)
"""Settings by name; change seed, size or anything else with `replace`."""
