"""`enrich report`: how the table compares with the registry, and what has changed."""

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich import reports
from enrich.cli.inputs import open_database
from enrich.cli.options import bom_option, db_option, output_option
from enrich.cli.parameters import check_not_empty

if TYPE_CHECKING:
    from enrich.models import Report
    from enrich.storage.database import Database

_DAYS_KEPT = 30


@click.command()
@db_option
@click.option(
    "--since",
    callback=check_not_empty,
    metavar="last|RUN|DATE",
    help="Show changes of the last run, after the run of this number, or since a day."
    "  [default: last; atom: all]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice([*reports.FORMATS]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@output_option
@click.option(
    "--all", "show_all", is_flag=True, help="Show everything, also smaller changes and noise."
)
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["log"]),
    help="log: only the paragraph for a living review's log.",
)
@bom_option
def report(
    db: Path,
    since: str | None,
    format_: str,
    output: Path | None,
    show_all: bool,
    purpose: str | None,
    bom: bool,
) -> None:
    """Report how the table compares with the registry, and what has changed.

    \b
    Examples:
      enrich report                                      the last run once more
      enrich report --since 2026-11-01                   all changes since that day
      enrich report --since 12                           all changes after run 12
      enrich report --format html --output report.html   a page with charts
      enrich report --format atom --output feed.xml      a feed of what counts as news
      enrich report --format csv --bom --output new.csv  for Excel
      enrich report --for log                            a paragraph for the review's log
    """
    from enrich.cli.output import write_to_file_or_stdout
    from enrich.reports.rendering import RenderContext
    from enrich.run.terminal import print_report
    from enrich.storage.report_query import read_report

    chosen = reports.FORMATS[purpose or format_]
    if (bom and not chosen.may_have_bom) or (purpose and format_ not in ("text", "markdown")):
        raise click.UsageError("--bom goes with --format csv, --for log with text or markdown")
    with closing(open_database(db)) as database:
        start = since or ("first" if format_ == "atom" else "last")
        found = read_report(
            database,
            since=_run_before(database, start),
            with_timelines=chosen.has_charts,
            with_waiting=True,
            streamed=True,
        )
        if chosen.name == "text" and not output:
            print_report(found, show_all=show_all, paged=True)
            return
        earlier = _report_of_month(database, found) if chosen.has_charts else None
        context = RenderContext.of(found, show_all=show_all, earlier=earlier)
        write_to_file_or_stdout(chosen.parts(context), output, bom=bom)


def _report_of_month(database: "Database", latest: "Report") -> "Report":
    """The news of the 30 days up to the run of *latest*, for a page that keeps them."""
    from enrich.storage.report_query import read_report

    day = date.fromisoformat((latest.run.finished_at or latest.run.started_at)[:10])
    since = _run_before(database, (day - timedelta(days=_DAYS_KEPT)).isoformat())
    return read_report(database, since=since, streamed=True)


def _run_before(database: "Database", since: str) -> int | None:
    from enrich.storage.report_query import run_before

    try:
        return run_before(database, since)
    except (ValueError, OverflowError) as error:  # a number beyond those of SQLite
        raise click.BadParameter(str(error), param_hint="--since") from error
