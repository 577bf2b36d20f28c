"""Which function begins which stage of a decode, for whoever watches."""

from __future__ import annotations

#: Which stage of `groovescan.runtime.progress` begins with which function.
STAGE_OF = {
    "as_photograph": "photograph",
    "locate_discs": "groove field",
    "map_groove": "groove map",
    "trace_grooves": "coarse strip",
    "predict_resolution": "prediction",
    "read": "reading",
    "register_photographs": "groove field",
    "put_together": "groove map",
    "read_jointly": "reading",
    "play": "sound",
}
