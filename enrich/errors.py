"""What can go wrong, and the exit codes of the command line."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the command line, each with its meaning.

    Those that are *on_request* tell a machine how a run went, and are given with `--exit-code`.
    """

    meaning: str
    on_request: bool

    def __new__(cls, value: int, meaning: str, on_request: bool = False) -> "ExitCode":
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        code.on_request = on_request
        return code

    DONE = 0, "done"
    ERROR = 1, "an error, in one line"
    USAGE = 2, "wrong options"  # click's own
    BUSY = 4, "another run is working on this database"
    NEWS = 10, "something new", True
    NOT_CHECKED = 20, "some trials not checked", True
    UNREACHABLE = 21, "registry unreachable", True
    INTERRUPTED = 130, "stopped by Ctrl-C"
    TERMINATED = 143, "stopped by SIGTERM"


class EnrichError(Exception):
    """Any error that a user sees: one line that names what is wrong and the way out."""

    exit_code = ExitCode.ERROR


class TableError(EnrichError):
    """A table or its description cannot be used; the message names file and key, row or column."""


class CacheError(EnrichError):
    """A copy in the cache cannot be read or written; the message names the file."""


class ArchiveError(EnrichError):
    """A bulk download cannot be used; the message names the file."""


class StoreError(EnrichError):
    """The database cannot be used; the message names the file."""


class Busy(EnrichError):
    """Another run holds the lock."""

    exit_code = ExitCode.BUSY


class UnexpectedShape(EnrichError):
    """A record is not of the shape that the tables of `record` describe;
    the message names the path.
    """


class RegistryError(EnrichError):
    """The registry gave no usable answer to one request."""


class Unreachable(RegistryError):
    """No answer at all, after every retry; the next run may get one."""


class Refused(RegistryError):
    """The registry answers that a request is wrong (400) or forbidden (403):
    a retry does not help.
    """


class NotFound(RegistryError):
    """The registry answers that it has no record under this id."""


class Unusable(RegistryError):
    """The registry answered with something that cannot be a record."""


class MissingExtra(EnrichError):
    """A library that only one format or one way of notifying needs is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs a further library: pip install 'enrich[{extra}]'")
