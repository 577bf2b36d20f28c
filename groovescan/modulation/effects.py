"""How what a groove carries changes the light of a pixel: the ways that the loops over pixels know.

They are numbers, since compiled code branches on them; everything else asks a `Modulation`.
"""

from __future__ import annotations

#: The groove is displaced, widened, or of another contrast. What they are counted by is arbitrary.
DISPLACES, WIDENS, SCALES_CONTRAST = 0, 1, 2
