"""What the library that parses arguments says of wrong ones, in words of this program."""

from __future__ import annotations

import io
import re
from typing import Any

#: By what the library says, in its versions.
_WORDS = (
    (r"Input should be a valid number\b.*", "it takes a number"),
    (r"Input should be a valid integer\b.*", "it takes a whole number"),
    (r"'([^']*)' is not a valid float\.?", r"it is '\1', and takes a number"),
    (r"'([^']*)' is not a valid integer\.?", r"it is '\1', and takes a whole number"),
    (
        r"No such option: -v\b.*",
        "-v stands behind a command, as in groovescan decode -v photo.tif; -V prints the version",
    ),
    (r"No such option: -V\b.*", "-V stands before a command: groovescan -V"),
)


def usage_text(error: Any) -> str:
    """The lines that tell what is wrong with the arguments, and where help is.

    Parameters
    ----------
    error : exception of the library
        With `show`, as Click has it.

    Returns
    -------
    str
        Without an end of line.
    """
    with io.StringIO() as told:
        error.show(file=told)
        text = told.getvalue().rstrip("\n")
    for found, words in _WORDS:
        text = re.sub(found, words, text)
    return text
