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
    """No groove could be found or resolved in the photograph."""

    exit_code = 4


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
