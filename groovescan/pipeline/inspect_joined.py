"""Look at several photographs of a disc before a decode: how they lie, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from groovescan.config.settings import Settings
from groovescan.core.joined import Joined
from groovescan.core.memo import Memo
from groovescan.errors import GrooveNotFoundError
from groovescan.pipeline.joined_stages import JoinedStages, stages_of
from groovescan.pipeline.stages import STAGE_OF, Photo
from groovescan.runtime.blas import one_blas_thread
from groovescan.runtime.jit_ahead import loops_ready
from groovescan.runtime.progress import Progress, silent


@one_blas_thread()
def inspect_joined(
    photos: Sequence[Photo], settings: Settings | None = None, *, progress: Progress = silent
) -> Joined:
    """Tell how several photographs lie on one disc.

    Parameters
    ----------
    photos : sequence of path, ndarray or Photograph
        Two photographs or more.
    settings : Settings, optional
        As for a decode.
    progress : Progress
        Is called with the name of each stage when it begins.

    Returns
    -------
    Joined
        Of each photograph, `read_fraction` is the share of the disc's angles that it shows.

    Raises
    ------
    PhotographError
        Where a file is no photograph.
    GrooveNotFoundError
        Where no two photographs show the same part of a disc.
    """
    memo = Memo(hear=lambda name: progress(STAGE_OF[name], 0.0) if name in STAGE_OF else None)
    with loops_ready(progress):
        stages = stages_of(photos, settings or Settings(), memo)
        if isinstance(stages, JoinedStages):
            return stages.placed
        reasons = " ".join(dict.fromkeys(left.reason for left in getattr(stages, "left_out", ())))
        raise GrooveNotFoundError(
            f"no two of the photographs show the same part of a disc. {reasons} Photograph what "
            "lies between them, so that each overlaps the next by a fifth of its width."
        )
