"""Which function begins which stage of a decode, for whoever watches."""

from __future__ import annotations

from typing import Any

from groovescan.config.settings import Settings
from groovescan.core.memo import Memo
from groovescan.runtime.progress import Progress

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


def memo_that_tells(progress: Progress) -> Memo:
    """A memory of one call of each stage, which tells when a stage begins and how far it is."""
    return Memo(
        depth=1,
        hear=lambda name: progress(STAGE_OF[name], 0.0) if name in STAGE_OF else None,
        advance=lambda name, done: progress(STAGE_OF[name], done),
    )


class OneOrSeveral(type):
    """Makes of several photographs of a disc the stages of all of them."""

    def __call__(cls, photo: Any, *more: Any, **named: Any) -> Any:
        """The stages of a photograph, or of a list of them as of `stages_of`."""
        if cls.__base__ is object and isinstance(photo, list | tuple):
            from groovescan.pipeline.joined_stages import stages_of  # which stands on the stages

            settings = more[0] if more else named.pop("settings", Settings())
            return stages_of(photo, settings, *more[1:], **named)
        return super().__call__(photo, *more, **named)
