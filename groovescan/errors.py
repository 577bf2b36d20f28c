"""The error tree. Each class carries the exit code that the command line ends with."""


class GroovescanError(Exception):
    """Base of every error that groovescan raises on purpose.

    The message says what happened, why, and what to try, with the value met and the limit.
    """

    exit_code = 1


class StorageError(GroovescanError):
    """The disk, or the system, did not take what was to be written."""


class SettingsError(GroovescanError):
    """A setting, option or settings file is wrong."""

    exit_code = 2


class PhotographError(GroovescanError):
    """The file cannot be read as a photograph."""

    exit_code = 3


class GrooveNotFoundError(GroovescanError):
    """No groove could be found or resolved in the photograph.

    Parameters
    ----------
    message : str
        What happened, why, and what to try.
    cause : str
        A word for the cause, of `groovescan.core.causes.Cause`; empty where none is known.
    advice : str
        What to try, by itself.
    """

    exit_code = 4

    def __init__(self, message: str = "", *, cause: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.cause = cause
        self.advice = advice


class GrooveLostError(GroovescanError):
    """The groove was found but could not be followed."""

    exit_code = 5


class OutputExistsError(GroovescanError):
    """An output file exists already and may not be overwritten."""

    exit_code = 6


class OutputBusyError(OutputExistsError):
    """Another run works in the output folder."""


class CollectionError(GroovescanError):
    """Some photographs of a collection failed, or were not reached."""

    exit_code = 7
