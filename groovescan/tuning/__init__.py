"""Tune a disc by ear and eye in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groovescan.config.settings import Settings
from groovescan.errors import SettingsError
from groovescan.runtime.installation import install_words

if TYPE_CHECKING:
    from groovescan.pipeline.stages import Photo
    from groovescan.tuning.panel import Panel

__all__ = ["tune"]


def tune(
    photo: Photo | Sequence[Photo],
    settings: Settings | None = None,
    *,
    dark: bool = False,
) -> Panel:
    """A panel for JupyterLab and VS Code, with which a disc is tuned by ear and eye.

    Every setting has a control; the groove field, the strip at a chosen turn, the spectrum and
    the sound follow. What concerns the sound alone is heard at once; what the photograph has to
    be read again for waits for a button. Another button writes the settings for the command line.

    Parameters
    ----------
    photo : path, ndarray or Photograph, or a list or tuple of these
        What is tuned; several are photographs of one disc.
    settings : Settings, optional
        Where to begin; the defaults if not given.
    dark : bool
        Whether the pictures are for a dark notebook.

    Returns
    -------
    Panel
        It shows itself as the last line of a cell; its `settings` and `decoded` are what was
        tuned.

    Raises
    ------
    PhotographError
        Where the photograph cannot be read. Whatever else goes wrong is told in the panel.
    SettingsError
        Where ipywidgets is not installed.

    Examples
    --------
    >>> panel = tune("disc.tif")  # doctest: +SKIP
    >>> panel  # doctest: +SKIP
    >>> panel.settings.to_toml()  # doctest: +SKIP
    """
    try:
        from groovescan.tuning.panel import Panel
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "ipywidgets":
            raise
        raise SettingsError(
            f"groovescan.tune needs ipywidgets, which is not installed; {install_words('notebook')}"
        ) from error
    return Panel(photo, settings or Settings(), dark=dark)
