"""One run at a time on one database: the second leaves at once and says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from enrich.errors import Busy, StoreError


@contextmanager
def one_run_at_a_time(db: Path) -> Iterator[None]:
    """Holds the lock beside *db*; Busy if another run holds it. A run that was killed holds nothing."""
    beside = db.with_name(f".{db.name}.lock")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(beside, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Busy(f"another run is working on {db}; this one leaves it alone") from error
    except OSError as error:
        raise StoreError(f"{beside}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
