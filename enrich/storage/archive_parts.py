"""Which parts of a bulk download are stored, so that a run that was cut off goes on from there."""

from collections.abc import Mapping

from enrich.models import TrialOutcome
from enrich.storage.database import Database

# In the place of a part's number: all parts of the archive are stored.
_END = -1
_COUNTED = (
    *(TrialOutcome.CHANGED, TrialOutcome.UNCHANGED),
    *(TrialOutcome.NEW, TrialOutcome.NOT_CHECKED),
)
_COLUMNS = tuple(outcome.column for outcome in _COUNTED)
_RECORDS = " + ".join(_COLUMNS)


def read_stored_parts(database: Database, run_id: int, ingest_key: str) -> dict[int, int]:
    """The parts that the run has stored, each with the number of its records.

    *ingest_key* names the archive and what of it was wanted: an archive read for other ids is cut
    into other parts.
    """
    return dict(
        database.fetch_tuples(
            f"""
            select part, {_RECORDS} from archive_parts
            where run_id = ? and ingest_key = ? and part <> ?""",
            run_id,
            ingest_key,
            _END,
        )
    )


def read_ingested_before(database: Database, run_id: int, ingest_key: str) -> int | None:
    """The number of records of this archive, if an earlier run stored all its parts; else None."""
    earlier = database.fetch_value(
        "select run_id from archive_parts where ingest_key = ? and part = ? and run_id <> ?",
        ingest_key,
        _END,
        run_id,
    )
    if earlier is None:
        return None
    return int(
        database.fetch_value(
            f"select sum({_RECORDS}) from archive_parts where ingest_key = ? and run_id = ?",
            ingest_key,
            earlier,
        )
    )


def save_part(
    database: Database, run_id: int, ingest_key: str, part: int, counts: Mapping[TrialOutcome, int]
) -> None:
    """Notes that a part is stored, with the number of its records by outcome ."""
    numbers = [counts.get(outcome, 0) for outcome in _COUNTED]
    database.execute(
        f"""
        insert or replace into archive_parts (run_id, ingest_key, part, {", ".join(_COLUMNS)})
        values (?, ?, ?, ?, ?, ?, ?)""",
        [run_id, ingest_key, part, *numbers],
    )


def save_end(database: Database, run_id: int, ingest_key: str) -> None:
    """Notes that all parts of the archive are stored."""
    with database.transaction():
        save_part(database, run_id, ingest_key, _END, {})


def sum_parts(database: Database, run_id: int) -> dict[str, int]:
    """The records that the run stored, by outcome, with the names of the columns of `runs`."""
    sums = ", ".join(f"coalesce(sum({column}), 0) as {column}" for column in _COLUMNS)
    (counts,) = database.fetch_dicts(f"select {sums} from archive_parts where run_id = ?", run_id)
    return counts
