"""Log lines with their time, one line each, on stderr or in a file."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from enrich.errors import EnrichError
from enrich.text import sanitize

LOG = logging.getLogger("enrich")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class _Lines(logging.Formatter):
    """One line a message, whatever a server or a record put into it; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{at} {record.levelname.lower():7} {sanitize(record.getMessage(), 2000)}"


class _File(logging.FileHandler):
    """A log file; where it can be written no more, that is said once, and the run goes on without it."""

    def handleError(self, record: logging.LogRecord) -> None:
        """As `logging` names it; called where a line could not be written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        LOG.removeHandler(self)
        print(
            f"enrich: WARNING: {sanitize(self.baseFilename, 500)}: cannot be written ({error.strerror}); the run goes on without it",
            file=sys.stderr,
        )

    def close(self) -> None:
        """What could not be written before cannot be written now."""
        with suppress(OSError):
            super().close()


@contextmanager
def logging_to(file: Path | None, *, verbose: bool) -> Iterator[None]:
    """Log lines go to *file*, and to stderr where *verbose*; an error that ends the run goes into the file as well.

    EnrichError where the file cannot be written.
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
    """What ends the run is printed on stderr anyway."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: record.levelno < logging.ERROR)
    return handler
