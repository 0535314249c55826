"""`enrich load` and `enrich trace`: work from the registry's bulk download, without asking the
registry.
"""

import sys
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.cli.inputs import read_tables
from enrich.cli.options import (
    Command,
    Reporting,
    Time,
    db_option,
    in_order,
    reporting_options,
    shortcuts_option,
    table_option,
)
from enrich.cli.outcome import exit_with_code
from enrich.cli.parameters import INPUT_PLACE, OUTPUT_PLACE, check_scheduler
from enrich.errors import ExitCode

if TYPE_CHECKING:
    from enrich.bulk.workers import Workers
    from enrich.runtime import Shortcuts

place_argument = click.argument("place", metavar="PLACE", type=INPUT_PLACE)
workers_option = click.option(
    "--workers",
    "processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes.  [default: one per processor]",
)
scheduler_option = click.option(
    "--scheduler",
    callback=check_scheduler,
    metavar="URL",
    help="Use the machines of this Dask scheduler (tcp://…) instead.",
)
parquet_option = click.option(
    "--parquet",
    type=OUTPUT_PLACE,
    metavar="PLACE",
    help="Also write trials, comparisons and changes as Parquet to this folder or URL.",
)


def workers_options(command: Command) -> Command:
    """Adds the options of `Workers`; *command* gets them as *workers*."""

    @wraps(command)
    def with_workers(
        *arguments: Any, processes: int | None, scheduler: str | None, **options: Any
    ) -> Any:
        from enrich.bulk.workers import Workers

        return command(*arguments, workers=Workers(processes, scheduler), **options)

    return in_order(workers_option, scheduler_option)(with_workers)


@dataclass(frozen=True)
class ArchiveOptions:
    """What `load` and `trace` read, and where they write.

    *place* is the archive. *whole*: every record, listed in *tables* or not. *accept*: a table that
    lost many rows at once is taken over.
    """

    place: str
    tables: tuple[Path, ...]
    db: Path
    whole: bool
    parquet: str | None
    workers: "Workers"
    shortcuts: "Shortcuts"
    accept: bool = False


@click.command()
@place_argument
@table_option
@db_option
@click.option("--whole", is_flag=True, help="Keep every record, listed in a table or not.")
@click.option(
    "--accept", is_flag=True, help="Accept a table that lost many rows, which was held back."
)
@parquet_option
@workers_options
@shortcuts_option
@reporting_options
@click.pass_obj
def load(time: Time, /, reporting: Reporting, **options: Any) -> None:
    """Update the database from the registry's bulk download at PLACE.

    PLACE is ctg-studies.json.zip, a folder of records, a file .ndjson or .ndjson.gz, or the URL of
    one of them. The registry is not asked.

    \b
    Examples:
      enrich load ctg-studies.json.zip
      enrich load ctg-studies.json.zip --whole --parquet out
      enrich load s3://bucket/studies/ --whole --scheduler tcp://10.0.0.1:8786
    """
    load_archive(time, ArchiveOptions(**options), reporting)


def load_archive(time: Time, options: ArchiveOptions, reporting: Reporting) -> None:
    """Updates the database from an archive, and exits as *reporting* asks for."""
    from enrich.logs import logging_to
    from enrich.run.session import sync_from_archive

    with logging_to(reporting.log_file, verbose=reporting.verbose):
        report = sync_from_archive(
            options.place,
            read_tables(options.tables, required=not options.whole),
            options.db,
            reporting.output(time),
            all_records=options.whole,
            workers=options.workers,
            parquet=options.parquet,
            accept=options.accept,
            shortcuts=options.shortcuts,
        )
        exit_with_code(report, as_outcome=reporting.exit_code)


@click.command()
@place_argument
@table_option
@db_option
@click.option("--whole", is_flag=True, help="Follow every record, listed in a table or not.")
@click.option(
    "--parquet",
    type=OUTPUT_PLACE,
    metavar="PLACE",
    required=True,
    help="Write the result for each version as Parquet to this folder or URL.",
)
@workers_options
@shortcuts_option
@reporting_options
@click.pass_obj
def trace(time: Time, /, reporting: Reporting, **options: Any) -> None:
    """Compare every row with every version of its record in the archive at PLACE.

    It shows for each cell when it stopped being true. The registry is not asked.

    \b
    Examples:
      enrich trace versions.ndjson.gz --parquet out
    """
    trace_archive(time, ArchiveOptions(**options), reporting)


def trace_archive(time: Time, options: ArchiveOptions, reporting: Reporting) -> None:
    """Compares the tables with every version in an archive, and exits as *reporting* asks for."""
    from enrich.logs import logging_to
    from enrich.run.session import trace_versions

    with logging_to(reporting.log_file, verbose=reporting.verbose):
        is_complete = trace_versions(
            options.place,
            read_tables(options.tables, required=not options.whole),
            options.db,
            reporting.output(time),
            all_records=options.whole,
            workers=options.workers,
            parquet=str(options.parquet),
            shortcuts=options.shortcuts,
        )
        incomplete = reporting.exit_code and not is_complete
        sys.exit(ExitCode.NOT_CHECKED if incomplete else ExitCode.DONE)
