"""The log: one line a message with its time, on stderr or in a file."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from enrich.errors import EnrichError
from enrich.text import hide_credentials, sanitize

LOG = logging.getLogger("enrich")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class _Lines(logging.Formatter):
    """One line a message, whatever text of a server or a record is in it; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = sanitize(hide_credentials(record.getMessage()), 2000)
        return f"{at} {record.levelname.lower():7} {message}"


class _File(logging.FileHandler):
    """A log file. When it can no longer be written, one warning says so, and the run goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Called where a line could not be written; the name is that of `logging`."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        LOG.removeHandler(self)
        print(
            f"enrich: WARNING: {sanitize(self.baseFilename, 500)}: cannot be written"
            f" ({error.strerror}); the run goes on without it",
            file=sys.stderr,
        )

    def close(self) -> None:
        """Closes the file; lines that could not be written before are lost."""
        with suppress(OSError):
            super().close()


@contextmanager
def logging_to(file: Path | None, *, verbose: bool) -> Iterator[None]:
    """Sends log lines to *file*, and to stderr if *verbose*. An error that ends the run is logged,
    too.

    Raises EnrichError, which names the file, where it cannot be written.
    """
    handlers = [*([_to_file(file)] if file else []), *([_to_stderr()] if verbose else [])]
    for handler in handlers:
        handler.setFormatter(_Lines())
        LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    except EnrichError as error:
        LOG.error("%s", error)
        raise
    except Exception as error:
        LOG.error("internal error (%s)", type(error).__name__)
        raise
    finally:
        LOG.setLevel(logging.NOTSET)
        for handler in handlers:
            LOG.removeHandler(handler)
            handler.close()


def _to_file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _File(path, encoding="utf-8", errors="replace")
    except OSError as error:
        raise EnrichError(f"{path}: cannot be written ({error.strerror})") from error


def _to_stderr() -> logging.Handler:
    """An error that ends the run is printed on stderr anyway, so it is left out here."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno < logging.ERROR)
    return handler
