"""Every version of every record against every row that names it, in reading order: read and compare on the workers, keep a summary here.

Each worker writes the rows of its part as Parquet, so that neither they nor the records ever come back to this process.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from enrich.bulk.archive import Part
from enrich.bulk.parquet import part_written, remove_parts, whole_parts
from enrich.bulk.tasks import RejectedEntry
from enrich.bulk.timeline import COLUMNS, ById, partition_rows, printed, tell
from enrich.bulk.version_archive import DEFAULT_SIZE, PartSize, VersionArchive, open_versions
from enrich.bulk.version_store import PartTold, save_part
from enrich.bulk.workers import DEFAULT_WORKERS, WorkerPool, Workers, worker_pool
from enrich.compare.fingerprint import rules_in_force
from enrich.models import Table, VersionSyncResult
from enrich.runtime import no_garbage
from enrich.storage.database import Database
from enrich.storage.version_summary import (
    begin_version_sync,
    finish_version_sync,
    is_finished,
    read_done_parts,
    read_version_summary,
)

_ALL = sys.maxsize


@dataclass(frozen=True)
class Task:
    """What every worker has to know, sent to each of them once: the tables, where to write, whether records that no table names are wanted."""

    among: ById
    place: str
    whole: bool


def walk_archive(
    archive: str,
    tables: Sequence[Table],
    database: Database,
    place: str,
    *,
    whole: bool,
    now: Callable[[], str],
    workers: Workers = DEFAULT_WORKERS,
    told: Callable[[int, int | None], None] = lambda done, of: None,
    part_size: PartSize = DEFAULT_SIZE,
) -> VersionSyncResult:
    """Compares all versions in *archive* with *tables*; rows as Parquet below *place*, the summary in the database and returned.

    *told* hears how many versions are done.
    A walk that was cut off goes on with the parts of which not all files are there.
    Raises ArchiveError for what is no archive, and NotTogether for a record whose versions stand apart.
    """
    versions = open_versions(archive, part_size)
    name = _name(versions, tables, place, whole=whole)
    done = read_done_parts(database, name)
    if not done or not whole_parts(place, COLUMNS) >= done.keys():
        done = {}
        remove_parts(place, COLUMNS)
        begin_version_sync(database, name, archive, place, now())
    if not is_finished(database, name):
        with worker_pool(workers, shared=Task(printed(tables), place, whole)) as pool:
            _walk(versions, database, done, pool, told)
        # What workers that were killed have left.
        remove_parts(place, COLUMNS, keeping=_ALL)
        finish_version_sync(database, now())
    return read_version_summary(database, [nct_id for table in tables for nct_id in table.nct_ids])


def _name(archive: VersionArchive, tables: Sequence[Table], place: str, *, whole: bool) -> str:
    """Another table, or other rules of our own, is another walk: every part of it would read otherwise."""
    asked = hashlib.sha256(
        rules_in_force() + repr((list(tables), place, whole)).encode()
    ).hexdigest()[:32]
    return f"{archive.name}:{asked}"


def _walk(
    archive: VersionArchive,
    database: Database,
    done: Mapping[int, int],
    pool: WorkerPool,
    told: Callable[[int, int | None], None],
) -> None:
    versions = sum(done.values())
    calls = ((part,) for part in archive.parts() if part.number not in done)
    for (part,), found in pool.map_ordered(work_on, calls):
        save_part(database, part.number, found)
        versions += found.versions
        told(versions, None)


def work_on(task: Task, part: Part) -> PartTold:
    """What a worker does: reads a part, compares its versions, writes its partitions, and says in short what it found."""
    found = PartTold()
    with no_garbage(), part_written(task.place, part.number, COLUMNS) as add:
        for told in tell(part.read(), task.among, whole=task.whole):
            if isinstance(told, RejectedEntry):
                found.add_unusable(told)
            else:
                found.add(told)
                add(partition_rows(told))
    return found
