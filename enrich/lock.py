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
    with _holding(db, "lock", 0) as is_ours:
        if not is_ours:
            raise Busy(f"another run is working on {db}; this one leaves it alone")
        yield


@contextmanager
def one_sender_at_a_time(db: Path, seconds: float) -> Iterator[bool]:
    """The same for runs that send news, which no longer hold the lock of a run.

    Waits up to so many *seconds* for another one; yields whether it is this one's turn.
    """
    with _holding(db, "sending.lock", seconds) as is_ours:
        yield is_ours


@contextmanager
def _holding(db: Path, ending: str, seconds: float) -> Iterator[bool]:
    try:
        file = db.resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise StoreError(f"{db}: its link cannot be followed") from error
    path = file.with_name(f".{file.name}.{ending}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=seconds)
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    try:
        yield True
    finally:
        lock.release()
