"""A run from its tables to its report: the lock, the database, the run and what it prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.lock import one_run_at_a_time
from enrich.models import Report, Table
from enrich.registry.history import History
from enrich.run.console import RunOutput
from enrich.run.context import RunSettings
from enrich.run.outcome import has_news, trials_without_any_copy
from enrich.run.sync import sync
from enrich.runtime import ALL_SHORTCUTS, Shortcuts, gc_paused
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import (
    read_problems,
    read_report,
    read_report_tables,
    read_run,
)

if TYPE_CHECKING:
    from enrich.bulk.workers import Workers
    from enrich.registry.client import Registry
    from enrich.run.papers import PaperSources


def sync_listed(
    tables: list[Table],
    registry: Registry | None,
    db: Path,
    cache: Path,
    output: RunOutput,
    *,
    with_history: bool,
    history_budget: int | None = None,
    accept: bool,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
    ends_missing: bool = False,
    papers: PaperSources | None = None,
) -> Report:
    """Brings *db* up to date with the trials of *tables*, and reports.

    Without a *registry* the run works from *cache*.

    *with_history*: differences are traced through earlier versions of a record, for which at most
    *history_budget* requests are sent. *accept*: what was held back is taken over, as a person
    said. *ends_missing*: a table of the database whose description is gone has left. *papers*: whom
    to ask about the papers of the trials, if at all.
    """
    output.check_addresses(tables)
    history = (
        History(registry, cache / "history", output.clock, history_budget) if with_history else None
    )
    with (
        gc_paused(shortcuts),
        _locked(db, output) as database,
        output.progress("trials") as on_progress,
        output.progress("histories") as on_history,
    ):
        run_id = sync(
            tables,
            registry,
            database,
            Cache(cache),
            history,
            clock=output.clock,
            on_progress=on_progress,
            on_history=on_history,
            accept=accept,
            settings=RunSettings(shortcuts=shortcuts),
            ends_missing=ends_missing,
            papers=papers,
        )
        report = _reported(database, run_id, tables, output)
    output.notify(db, report, tables)
    return report


def sync_from_archive(
    place: str,
    tables: list[Table],
    db: Path,
    output: RunOutput,
    *,
    all_records: bool,
    workers: Workers,
    parquet: str | None,
    accept: bool,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
) -> Report | None:
    """Brings *db* up to date with the registry's bulk download at *place*, and reports.

    *parquet*: where to write the database as Parquet, too. *accept*: a table that lost many rows
    is taken over, as a person said. A run over *all_records* has no report,
    only its counts: the change list may be very long.
    """
    # A run that asks the registry needs none of these.
    from enrich.bulk.archive import open_archive
    from enrich.bulk.parquet import write_partitions
    from enrich.bulk.sync import sync_with_archive
    from enrich.bulk.workers import worker_pool

    output.check_addresses(tables)
    archive = open_archive(place, own_zip_directory=shortcuts.zip_directory)
    with (
        gc_paused(shortcuts),
        _locked(db, output) as database,
        worker_pool(workers) as pool,
        output.progress_bar() as on_progress,
    ):
        sync_with_archive(
            archive,
            tables,
            database,
            pool,
            all_records=all_records,
            clock=output.clock,
            on_progress=on_progress,
            shortcuts=shortcuts,
            accept=accept,
        )
    if parquet:
        write_partitions(db, parquet)
    with closing(Database(db)) as database:
        if all_records:
            compared = read_report_tables(database, streamed=True) if tables else ()
            run = read_run(database)
            output.print_counts(run, compared, read_problems(database, run.id))
            return None
        report = _reported(database, None, tables, output)
    output.notify(db, report, tables)
    return report


def trace_versions(
    place: str,
    tables: list[Table],
    db: Path,
    output: RunOutput,
    *,
    all_records: bool,
    workers: Workers,
    parquet: str,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
) -> bool:
    """Compares *tables* with every version of every record in the archive at *place*, and reports.

    Gives whether all of them could be read.
    """
    from enrich.bulk.version_archive import open_versions
    from enrich.bulk.version_sync import sync_versions
    from enrich.reports.version_summary import summarize_versions

    with _locked(db, output) as database, output.progress_bar() as on_progress:
        result = sync_versions(
            open_versions(place, own_zip_directory=shortcuts.zip_directory),
            tables,
            database,
            parquet,
            all_records=all_records,
            workers=workers,
            clock=output.clock,
            on_progress=on_progress,
            shortcuts=shortcuts,
        )
    output.print(summarize_versions(result))
    return result.complete


def _reported(
    database: Database, run_id: int | None, tables: Sequence[Table], output: RunOutput
) -> Report:
    """The report of a run, by default the last, once it is printed.

    What the exit code needs is known then, so that the rows of a large table may stay in the
    database. A message needs them later.
    """
    report = read_report(database, run_id, streamed=not output.sends_messages(tables))
    output.finished(report, tables, database)
    has_news(report)
    trials_without_any_copy(report)
    return report


@contextmanager
def _locked(db: Path, output: RunOutput) -> Iterator[Database]:
    """The database, for this run alone."""
    with (
        one_run_at_a_time(db),
        closing(Database(db, output.reading_again())) as database,
        database.wal_mode(),
    ):
        yield database
