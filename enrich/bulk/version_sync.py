"""Every version of every record against every row that names it, in reading order.

The workers read, compare and write the rows of their part as Parquet, so that neither rows nor
records come back to this process; the database gets a summary.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from enrich.bulk.archive import Part
from enrich.bulk.parquet import (
    complete_parts,
    finish_parts,
    list_parts,
    prepare_parts,
    write_part,
)
from enrich.bulk.tasks import RejectedEntry
from enrich.bulk.timeline import COLUMNS, RowsById, index_rows, partition_rows, timelines
from enrich.bulk.version_archive import VersionArchive
from enrich.bulk.version_store import PartResult, save_part
from enrich.bulk.workers import DEFAULT_WORKERS, WorkerPool, Workers, worker_pool
from enrich.models import Table, VersionSyncResult
from enrich.runtime import ALL_SHORTCUTS, Shortcuts, code_fingerprint, gc_paused
from enrich.storage.database import Database
from enrich.storage.version_summary import (
    begin_version_sync,
    finish_version_sync,
    is_finished,
    read_done_parts,
    read_version_summary,
)
from enrich.text import hide_credentials

# The list of files is written once for so many parts.
_LISTED_AT_ONCE = 256


@dataclass(frozen=True)
class SharedTask:
    """What every worker has to know: the rows, where to write, whether all records are wanted."""

    rows_by_id: RowsById
    parquet: str
    all_records: bool
    shortcuts: Shortcuts


def sync_versions(
    archive: VersionArchive,
    tables: Sequence[Table],
    database: Database,
    parquet: str,
    *,
    all_records: bool,
    clock: Callable[[], str],
    workers: Workers = DEFAULT_WORKERS,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
) -> VersionSyncResult:
    """Compares all versions in *archive* with *tables*.

    The rows are written as Parquet below *parquet*, a folder or URL; the summary is stored in the
    database and returned. *on_progress* gets the number of versions that are done. A run that was
    cut off continues with the parts of which not all files are there.

    Raises VersionsNotAdjacent.
    """
    name = _name(archive, tables, parquet, all_records=all_records)
    done = read_done_parts(database, name)
    if done and not complete_parts(parquet, COLUMNS) >= done.keys():
        done = {}
    prepare_parts(parquet, COLUMNS, anew=not done)
    if not done:
        places = hide_credentials(archive.place), hide_credentials(parquet)
        begin_version_sync(database, name, *places, clock())
    if not is_finished(database, name):
        task = SharedTask(index_rows(tables), parquet, all_records, shortcuts)
        with worker_pool(workers, shared=task) as pool:
            _process_parts(archive, database, parquet, done, pool, on_progress)
        finish_parts(parquet, COLUMNS)
        finish_version_sync(database, clock())
    return read_version_summary(database, [nct_id for table in tables for nct_id in table.nct_ids])


def _name(
    archive: VersionArchive, tables: Sequence[Table], parquet: str, *, all_records: bool
) -> str:
    """A name for what is done: with another table, or another rule of ours, every part would
    differ.
    """
    inputs = code_fingerprint() + repr((list(tables), parquet, all_records)).encode()
    return f"{archive.name}:{hashlib.sha256(inputs).hexdigest()[:32]}"


def _process_parts(
    archive: VersionArchive,
    database: Database,
    parquet: str,
    done: Mapping[int, int],
    pool: WorkerPool,
    on_progress: Callable[[int, int | None], None],
) -> None:
    versions = sum(done.values())
    on_progress(versions, None)
    parts = (part for part in archive.parts() if part.number not in done)
    calls = ((part,) for part in _listed_first(parts, parquet))
    for (part,), result in pool.map_ordered(process_part, calls):
        save_part(database, part.number, result)
        versions += result.versions
        on_progress(versions, None)


def _listed_first(parts: Iterable[Part], parquet: str) -> Iterator[Part]:
    """*parts*, in the order of their numbers, each once its files are listed as ours."""
    listed_below = 0
    for part in parts:
        if part.number >= listed_below:
            listed_below = part.number + _LISTED_AT_ONCE
            list_parts(parquet, COLUMNS, range(part.number, listed_below))
        yield part


def process_part(task: SharedTask, part: Part) -> PartResult:
    """What a worker does: reads a part, compares its versions, writes its rows,
    returns the result.
    """
    result = PartResult()
    with gc_paused(task.shortcuts), write_part(task.parquet, part.number, COLUMNS) as write_rows:
        for timeline in timelines(part.read(), task.rows_by_id, all_records=task.all_records):
            if isinstance(timeline, RejectedEntry):
                result.add_rejected(timeline)
            else:
                result.add(timeline)
                write_rows(partition_rows(timeline))
    return result
