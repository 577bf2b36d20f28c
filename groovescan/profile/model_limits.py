"""Limits of the model of the groove that the coarse strip and the reader share."""

from __future__ import annotations

#: Rows of a cell: level and contrast of the light are solved once for so many. A power of two, so
#: that a run of rows holds whole cells; short beside what a film shows, and long enough for some
#: hundred pixels to tell both.
CELL_ROWS = 16
#: A neighbour's contrast follows that of the groove, since the same film lies under both, up to so
#: many times it: beside a groove that has lost its contrast it is not to be invented.
LARGEST_CONTRAST_RATIO = 1.3
#: A pixel shows dirt where what the model leaves exceeds both: so many times the noise, which
#: normal deviates do once in 500 million pixels, and such a share of the contrast, since a loud
#: groove is never explained to the last bit.
DIRT_NOISES, DIRT_CONTRAST = 6.0, 0.5
#: Displacements are kept within so many pitches: beyond, a row reads the turn beside it.
LARGEST_DISPLACEMENT_PITCHES = 0.7
#: Equations of light and noise are averaged over turns with this standard deviation: mostly those
#: that touch, whose film is alike.
NEIGHBOUR_TURNS = 0.7
