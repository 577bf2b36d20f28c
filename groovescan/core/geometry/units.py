"""Units of length: an inch is 25.4 mm (International Yard and Pound Agreement, 1959)."""

from __future__ import annotations

#: So many there are in an inch.
MM_PER_INCH, CM_PER_INCH, M_PER_INCH = 25.4, 2.54, 0.0254
