"""The way from a photograph to its sound, in reading order.

1. The groove field is found by its spectrum: centre, pitch, ring.
2. Its fringe is followed into a first map of the groove, under a camera model.
3. A coarse strip along that map tells groove from land, and where the groove runs exactly.
4. The groove is laid straight along the refined map and its displacement read.
5. The displacement becomes sound: the transfer, and a listening copy where one is asked for.
"""

from __future__ import annotations

from os import PathLike

import numpy as np

from groovescan.disc.camera import check_camera
from groovescan.disc.continuity import jumps
from groovescan.disc.follow import map_groove
from groovescan.disc.locate import locate
from groovescan.disc.refine import refine_map
from groovescan.groove.align import align
from groovescan.groove.foretell import foretell, refuse_hopeless
from groovescan.groove.read import read
from groovescan.photo import as_photograph
from groovescan.results import Decoded, Photograph
from groovescan.settings import Settings
from groovescan.sound import parse_curve, play


def decode(
    photo: str | PathLike[str] | np.ndarray | Photograph, settings: Settings | None = None
) -> Decoded:
    """Play the disc in a photograph.

    Parameters
    ----------
    photo : path, Photograph, or ndarray of shape (rows, columns) or (rows, columns, 3)
        A file, a photograph that was read, or an array of integers or of floats from 0 to 1.
    settings : Settings, optional
        All of them have defaults that need no change for most discs.

    Returns
    -------
    Decoded
        Groove map, displacement with its confidence, and the waveform.

    Raises
    ------
    PhotographError
        Where the file is no photograph.
    GrooveNotFoundError
        Where no groove is found or resolved.
    GrooveLostError
        Where the groove cannot be followed.
    SettingsError
        Where the recording curve is not known.
    """
    settings = settings or Settings()
    parse_curve(settings.sound.eq)  # what is no curve is told before the work, not after it
    picture = photo if isinstance(photo, Photograph) else as_photograph(photo, settings.photo)
    fields = locate(picture, settings.disc)
    first_map = map_groove(picture, fields, settings.disc)
    aligned = align(picture, first_map)
    groove_map = refine_map(
        first_map,
        aligned.reading,
        aligned.strip,
        shift_px=aligned.shift_px,
        harmonics=settings.disc.map_harmonics,
    )
    resolution = foretell(picture, groove_map, aligned, settings.sound.rpm, along=first_map)
    refuse_hopeless(resolution, picture.name)
    reading = read(picture, groove_map, aligned, settings.groove, along=first_map)
    played = play(reading, groove_map, settings)
    return Decoded(
        photograph_name=picture.name,
        groove_map=groove_map,
        camera_check=check_camera(groove_map),
        resolution=resolution,
        jumps=jumps(groove_map),
        reading=reading,
        waveform=played.waveform,
        settings=settings,
        restored=played.restored,
        account=played.account,
    )
