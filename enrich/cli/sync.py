"""`enrich sync`: fetch every listed trial, compare it with the table, and report."""

from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.cli.archives import ArchiveOptions, load_archive, trace_archive
from enrich.cli.inputs import read_tables
from enrich.cli.literature import LiteratureAddresses, literature_options
from enrich.cli.options import (
    Command,
    RegistryAddress,
    Reporting,
    Time,
    cache_option,
    db_option,
    in_order,
    offline_option,
    registry_options,
    reporting_options,
    shortcuts_option,
    table_option,
)
from enrich.cli.outcome import exit_with_code
from enrich.cli.parameters import INPUT_PLACE, OUTPUT_PLACE, check_scheduler

if TYPE_CHECKING:
    from enrich.runtime import Shortcuts


@dataclass(frozen=True)
class FormerOptions:
    """The options of `sync` that moved to `load` and `trace`. They work for one more release."""

    place: str | None
    whole: bool
    versions: bool
    processes: int | None
    scheduler: str | None
    parquet: str | None

    def check(self) -> None:
        """A usage error where an option is given without the one that it belongs to."""
        for name, value in vars(self).items():
            if value and name != "place" and self.place is None:
                option = "workers" if name == "processes" else name
                raise click.UsageError(f"--{option} goes with --from")
        if self.versions and not self.parquet:
            raise click.UsageError("--versions goes with --parquet: its rows are written there")


_FORMER_OPTIONS = in_order(
    click.option("--from", "place", type=INPUT_PLACE, hidden=True),
    click.option("--whole", is_flag=True, hidden=True),
    click.option("--versions", is_flag=True, hidden=True),
    click.option("--workers", "processes", type=click.IntRange(min=1), hidden=True),
    click.option("--scheduler", callback=check_scheduler, hidden=True),
    click.option("--parquet", type=OUTPUT_PLACE, hidden=True),
)


def _former_options(command: Command) -> Command:
    """Adds the hidden options; *command* gets them as *former*."""

    @wraps(command)
    def with_former(
        *arguments: Any,
        place: str | None,
        whole: bool,
        versions: bool,
        processes: int | None,
        scheduler: str | None,
        parquet: str | None,
        **options: Any,
    ) -> Any:
        former = FormerOptions(place, whole, versions, processes, scheduler, parquet)
        former.check()
        return command(*arguments, former=former, **options)

    return _FORMER_OPTIONS(with_former)


@click.command()
@table_option
@db_option
@cache_option
@offline_option
@registry_options
@click.option(
    "--history/--no-history",
    default=True,
    show_default=True,
    help="Read earlier versions of a record to find out why a cell differs.",
)
@click.option(
    "--history-budget",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    metavar="N",
    help="Most requests of one run for earlier versions; the next runs read the rest.",
)
@click.option(
    "--accept",
    is_flag=True,
    help="Accept what earlier runs held back: sudden losses, changes without an update, older"
    " data.",
)
@click.option(
    "--papers",
    "with_papers",
    is_flag=True,
    help="Also find the papers of the trials and notices about them, as `enrich papers` does.",
)
@literature_options
@shortcuts_option
@reporting_options
@_former_options
@click.pass_obj
def sync(
    time: Time,
    tables: tuple[Path, ...],
    db: Path,
    cache: Path,
    offline: bool,
    address: RegistryAddress,
    history: bool,
    history_budget: int,
    accept: bool,
    with_papers: bool,
    literature: LiteratureAddresses,
    shortcuts: "Shortcuts",
    reporting: Reporting,
    former: FormerOptions,
) -> None:
    """Fetch every listed trial, compare it with the table, and report.

    With -q, a failure that lasts is reported at the third run in a row, and again when it ends.

    \b
    Examples:
      enrich sync
      enrich sync --table review.toml --db review.db
      enrich sync --offline                    from the copies in cache/, without the network
      enrich sync -q --log-file enrich.log     in a crontab: mail only when there is news
      enrich sync -q --notify mailto://…       the same where cron sends no mail
      enrich sync --papers                     papers and retractions, too
      enrich sync --exit-code                  the outcome as exit code, for a script
    """
    if former.place is not None:
        _run_former(time, tables, db, shortcuts, accept, reporting, former)
        return
    from enrich.logs import logging_to
    from enrich.run.session import sync_listed

    with logging_to(reporting.log_file, verbose=reporting.verbose):
        output = reporting.output(time)
        read = read_tables(tables)
        output.started(read, None if offline else address.root)
        asked = None if offline else address.open(time, quiet=reporting.quiet)
        report = sync_listed(
            read,
            asked,
            db,
            cache,
            output,
            with_history=history,
            history_budget=history_budget,
            accept=accept,
            shortcuts=shortcuts,
            ends_missing=not tables,
            papers=literature.sources(
                time,
                cache,
                offline=offline,
                contact=address.contact,
                on_progress=output.progress_of("trials looked up for papers"),
            )
            if with_papers
            else None,
        )
        exit_with_code(report, as_outcome=reporting.exit_code)


def _run_former(
    time: Time,
    tables: tuple[Path, ...],
    db: Path,
    shortcuts: "Shortcuts",
    accept: bool,
    reporting: Reporting,
    former: FormerOptions,
) -> None:
    """`sync --from`, by its new name; a line on stderr says which that is."""
    from enrich.bulk.workers import Workers

    place, workers = str(former.place), Workers(former.processes, former.scheduler)
    command = "enrich trace PLACE" if former.versions else "enrich load PLACE"
    click.echo(f"enrich: `sync --from` is deprecated; use `{command}`", err=True)
    options = ArchiveOptions(
        place, tables, db, former.whole, former.parquet, workers, shortcuts, accept
    )
    run = trace_archive if former.versions else load_archive
    run(time, options, reporting)
