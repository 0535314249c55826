"""A sync from its tables to what it tells: the lock, the database, the run itself and its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.lock import one_run_at_a_time
from enrich.models import Report, Table
from enrich.registry.history import History
from enrich.run.console import Telling
from enrich.run.sync import sync
from enrich.runtime import no_garbage
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report, read_run

if TYPE_CHECKING:
    from enrich.bulk.workers import Workers
    from enrich.registry.client import Registry


def sync_listed(
    tables: list[Table],
    asks: Registry | None,
    db: Path,
    cache: Path,
    telling: Telling,
    *,
    traced: bool,
    accept: bool,
) -> Report:
    """Brings *db* up to date with the trials of *tables*, and tells of it. Without a registry to ask the run works from *cache*.

    Differences are *traced* through earlier versions of a record, and what was held back is taken over where a person says *accept*.
    """
    history = History(asks, cache / "history", telling.now) if traced else None
    with no_garbage(), _locked(db) as database:
        run_id = sync(
            tables,
            asks,
            database,
            Cache(cache),
            history,
            now=telling.now,
            told=telling.progress(),
            accept=accept,
        )
        report = read_report(database, run_id)
        telling.ends(report, tables, database)
    return report


def sync_from(
    place: str,
    tables: list[Table],
    db: Path,
    telling: Telling,
    *,
    whole: bool,
    workers: Workers,
    parquet: str | None,
) -> Report | None:
    """Brings *db* up to date with the registry's bulk download at *place*, and tells of it.

    *parquet*: where to write the database as Parquet, too.
    A run over the *whole* registry has no report, only its accounts: its changes alone may be a book.
    """
    # A run that asks the registry needs none of these.
    from enrich.bulk.archive import open_archive
    from enrich.bulk.parquet import write_partitions
    from enrich.bulk.sync import sync_from as run_from
    from enrich.bulk.workers import worker_pool

    archive = open_archive(place)
    with (
        no_garbage(),
        _locked(db) as database,
        worker_pool(workers) as pool,
        telling.bar() as told,
    ):
        run_from(archive, tables, database, pool, whole=whole, now=telling.now, told=told)
    if parquet:
        write_partitions(db, parquet)
    with closing(Database(db)) as database:
        if whole:
            telling.accounts(read_run(database))
            return None
        report = read_report(database)
        telling.ends(report, tables, database)
    return report


def compare_versions(
    place: str,
    tables: list[Table],
    db: Path,
    telling: Telling,
    *,
    whole: bool,
    workers: Workers,
    parquet: str,
) -> bool:
    """Compares *tables* with every version of every record in the archive at *place*, and tells of it; whether all of them could be read."""
    from enrich.bulk.version_sync import walk_archive
    from enrich.reports.version_summary import summarize_versions

    with _locked(db) as database, telling.bar() as told:
        walked = walk_archive(
            place,
            tables,
            database,
            parquet,
            whole=whole,
            workers=workers,
            now=telling.now,
            told=told,
        )
    telling.says(summarize_versions(walked))
    return walked.complete


@contextmanager
def _locked(db: Path) -> Iterator[Database]:
    """The database, for this run alone."""
    with one_run_at_a_time(db), closing(Database(db)) as database, database.wal_mode():
        yield database
