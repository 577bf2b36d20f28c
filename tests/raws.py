"""Camera raw files, as small as they can be."""

import numpy as np
import tifffile

WHITE = 16383


def dng(path, mosaic, orientation=1):
    """A raw file as a camera writes it, with a mosaic of red, green, green and blue."""
    identity = [value for entry in np.eye(3, dtype=int).ravel() for value in (int(entry), 1)]
    tags = [
        (50706, "B", 4, (1, 4, 0, 0), True),  # DNGVersion
        (50707, "B", 4, (1, 1, 0, 0), True),
        (50708, "s", 0, "Test camera", True),
        (271, "s", 0, "Test", True),
        (272, "s", 0, "Camera", True),
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, bytes([0, 1, 1, 2]), True),
        (50721, "2i", 9, identity, True),  # ColorMatrix1
        (50728, "2I", 3, [1, 1] * 3, True),  # AsShotNeutral
        (50778, "H", 1, 21, True),
        (50717, "I", 1, WHITE, True),
        (50714, "I", 1, 0, True),
        (274, "H", 1, orientation, True),
    ]
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=tags, metadata=None)
    return path
