"""One run at a time on one database: a second one stops at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from enrich.errors import Busy, StoreError


@contextmanager
def one_run_at_a_time(db: Path) -> Iterator[None]:
    """Holds a lock file beside the file that *db* is, or links to: one database has one lock.

    The system releases the lock of a run that was killed.

    Raises Busy if another run holds it, StoreError where the lock file cannot be written.
    """
    try:
        file = db.resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise StoreError(f"{db}: its link cannot be followed") from error
    path = file.with_name(f".{file.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Busy(f"another run is working on {db}; this one leaves it alone") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
