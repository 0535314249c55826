"""The command line: options in, one call, text out. The only place that asks the clock.

Each command imports what it works with when it is called: help and a wrong option are answered at once.
"""

import atexit
import gc
import io
import signal
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich import __version__, reports
from enrich import export as exports
from enrich.cli.group import ErrorReportingGroup, terminate
from enrich.cli.options import NonEmptyFilePath, Time, db_option, table_option
from enrich.errors import EnrichError, ExitCode
from enrich.formats import format_of_file

if TYPE_CHECKING:
    from enrich.bulk.workers import Workers
    from enrich.models import Report, Table
    from enrich.registry.client import Registry
    from enrich.run.console import Telling
    from enrich.storage.database import Database

REGISTRY = "https://clinicaltrials.gov"


@click.group(
    cls=ErrorReportingGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="enrich")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep a published table of clinical trials in step with ClinicalTrials.gov.

    \b
    enrich sync                       fetch, compare, report (every data/*.toml)
    enrich sync --offline             the same from the copies in cache/
    enrich check --table my.toml      is my table readable? no network needed
    enrich report --since last        the last report once more
    enrich export --output table.csv  the table with the registry's values beside the printed ones
    enrich report --format html       a page with pictures; also markdown, json, csv, atom
    enrich browse                     the database as a site, in Datasette
    """
    context.ensure_object(Time)
    signal.signal(signal.SIGTERM, terminate)
    # Python looks for cycles once more as it ends, though all its memory goes back at once: a tenth of a short run.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        # A sign that the terminal's encoding lacks is no reason to print nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


@main.command()
@table_option
@db_option
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("cache"),
    show_default=True,
    help="Folder of the raw records.",
)
@click.option("--offline", is_flag=True, help="Ask nothing; work from the cache.")
@click.option(
    "--registry",
    envvar="ENRICH_REGISTRY",
    default=REGISTRY,
    show_default=True,
    metavar="URL",
    help="Root of the registry; also ENRICH_REGISTRY.",
)
@click.option(
    "--pace",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Least time between two requests.",
)
@click.option(
    "--from",
    "archive",
    metavar="PLACE",
    help="Ask nothing; take the records from the registry's bulk download: .zip, a folder, .ndjson[.gz].",
)
@click.option(
    "--whole", is_flag=True, help="With --from: keep every record, listed in a table or not."
)
@click.option(
    "--versions",
    is_flag=True,
    help="With --from and --parquet: compare with every version of every record that the archive holds.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --from: processes to work with.  [default: one a processor]",
)
@click.option(
    "--scheduler",
    metavar="URL",
    help="With --from: work on the machines of this Dask scheduler (tcp://…).",
)
@click.option(
    "--parquet",
    metavar="PLACE",
    help="With --from: write trials, comparisons and changes as Parquet below this folder or URL, too.",
)
@click.option(
    "--history/--no-history",
    default=True,
    show_default=True,
    help="Trace differences through the record's earlier versions.",
)
@click.option(
    "--accept",
    is_flag=True,
    help="Take over what was held back: sudden losses, unannounced changes, older data.",
)
@click.option(
    "--exit-code",
    is_flag=True,
    help=f"Leave with {', '.join(f'{code}: {code.meaning}' for code in ExitCode if code.on_request)}.",
)
@click.option(
    "--notify",
    "urls",
    envvar="ENRICH_NOTIFY",
    multiple=True,
    metavar="URL",
    help="Send news there (an address of apprise); also ENRICH_NOTIFY.",
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Append log lines to this file.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is new.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
@click.pass_obj
def sync(
    time: Time,
    tables: tuple[Path, ...],
    db: Path,
    cache: Path,
    offline: bool,
    registry: str,
    pace: float,
    archive: str | None,
    whole: bool,
    versions: bool,
    workers: int | None,
    scheduler: str | None,
    parquet: str | None,
    history: bool,
    accept: bool,
    exit_code: bool,
    urls: tuple[str, ...],
    log_file: Path | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Fetch every listed trial, compare it with the table, and report.

    With -q a failure that lasts is told at the third run in a row, and again when it ends.

    \b
    Examples:
      enrich sync
      enrich sync --table review.toml --db review.db
      enrich sync -q --log-file enrich.log          in a crontab: mail only when there is news
      enrich sync -q --notify mailto://…            the same where cron sends no mail
      enrich sync --from ctg-studies.json.zip --whole
      enrich sync --from versions.ndjson.gz --versions --parquet out
    """
    from enrich.logs import logging_to
    from enrich.run.console import Telling
    from enrich.run.notify import Notices
    from enrich.run.session import sync_listed

    with logging_to(log_file, verbose=verbose):
        telling = Telling(Notices(urls), time.clock, quiet=quiet)
        if archive:
            from enrich.bulk.workers import Workers

            report = _take_in(
                archive,
                tables,
                db,
                telling,
                versions=versions,
                whole=whole,
                workers=Workers(workers, scheduler),
                parquet=parquet,
                exit_code=exit_code,
            )
        else:
            _must_go_with_from(
                whole=whole,
                versions=versions,
                workers=workers,
                scheduler=scheduler,
                parquet=parquet,
            )
            read = _read_tables(tables)
            telling.begins(read, None if offline else registry)
            asks = None if offline else _registry(registry, pace, time)
            report = sync_listed(read, asks, db, cache, telling, traced=history, accept=accept)
        _leave(report, exit_code=exit_code)


@main.command()
@db_option
@click.option(
    "--since",
    metavar="last|RUN|DATE",
    help="Changes of the last run, after a run's number, or since a day.  [default: last; atom: all]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*reports.FORMATS]),
    default="text",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--output",
    type=NonEmptyFilePath(),
    metavar="FILE",
    help="Write to this file instead of the terminal.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Show noise, too; in a feed, also what is no news."
)
@click.option(
    "--for",
    "purpose",
    type=click.Choice(["log"]),
    help="log: only the paragraph for a living review's log.",
)
@click.option("--bom", is_flag=True, help="Begin a CSV with the mark by which Excel knows UTF-8.")
def report(
    db: Path,
    since: str | None,
    form: str,
    output: Path | None,
    everything: bool,
    purpose: str | None,
    bom: bool,
) -> None:
    """Tell what the database holds: how the table stands, and what changed.

    \b
    Examples:
      enrich report                                      the last run once more
      enrich report --since 2026-11-01                   all that changed since that day
      enrich report --since 12                           all that changed after run 12
      enrich report --format html --output report.html   a page with pictures
      enrich report --format atom --output feed.xml      a feed of what counts as news
      enrich report --format csv --bom --output new.csv  for Excel
      enrich report --for log                            a paragraph for the review's log
    """
    from enrich.atomic import write_to_file_or_stdout
    from enrich.reports.rendering import RenderContext
    from enrich.run.terminal import print_report
    from enrich.storage.report_query import read_report

    format_ = reports.FORMATS[purpose or form]
    if (bom and not format_.may_have_bom) or (purpose and form not in ("text", "markdown")):
        raise click.UsageError("--bom goes with --format csv, --for log with text or markdown")
    with closing(_open(db)) as database:
        told = read_report(
            database,
            since=_since(database, since or ("first" if form == "atom" else "last")),
            with_timelines=format_.has_charts,
        )
    if format_.name == "text" and not output:
        print_report(told, include_noise=everything)
    else:
        context = RenderContext.of(told, include_noise=everything)
        write_to_file_or_stdout(format_.render(context), output, bom=bom)


@main.command()
@table_option
@click.option("--all", "every", is_flag=True, help="List every remark, row by row.")
def check(tables: tuple[Path, ...], every: bool) -> None:
    """Check the tables themselves: ids, columns, cells that cannot be read. No network."""
    from enrich.tables.lint import check_table, remark_lines
    from enrich.text import plural

    for table in _read_tables(tables):
        remarks = check_table(table)
        click.echo(
            f"{table.name}: {plural(len(table.rows), 'row')}, {plural(len(table.nct_ids), 'trial')}, {plural(len(remarks), 'remark')}"
        )
        for line in map(str, remarks) if every else remark_lines(remarks):
            click.echo(f"  {line}")


@main.command()
@db_option
@click.option(
    "--table",
    "name",
    metavar="NAME",
    help="Which table, by the name of its .toml.  [default: the only one]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*exports.FORMATS]),
    help="[default: by the name of the output file, else csv]",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file; xlsx and docx need one.",
)
@click.option(
    "--beside/--in-place",
    "beside",
    default=True,
    show_default=True,
    help="Registry values in columns of their own, or in the place of what differs.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="Take only this column. May be given again.",
)
@click.option(
    "--bom",
    is_flag=True,
    help="Begin the CSV with a byte order mark, as older versions of Excel want it.",
)
def export(
    db: Path,
    name: str | None,
    form: str | None,
    output: Path | None,
    beside: bool,
    columns: tuple[str, ...],
    bom: bool,
) -> None:
    """Take the table away, with the registry's values beside the printed ones or in their place.

    A printed value is replaced only where it differs from a whole, confirmed record of the registry. Everything else
    stays as printed; notes say why.

    \b
    Examples:
      enrich export --output table9.csv
      enrich export --in-place --output table9.docx
      enrich export --in-place --output table9.xlsx --column "NCT ID" --column "N (male/female)"
      enrich export --format corrections            a sentence for each difference, for an erratum
    """
    from enrich.atomic import write_to_file_or_stdout
    from enrich.export.sheet import build, select_table
    from enrich.storage.report_query import read_report

    inferred = format_of_file(output, exports.FORMATS) or exports.FORMATS["csv"]
    format_ = exports.FORMATS[form] if form else inferred
    if format_.needs_file and output is None:
        raise click.UsageError(f"--format {format_.name} needs --output FILE")
    with closing(_open(db)) as database:
        table = select_table(read_report(database).tables, name)
    sheet = build(table, in_place=not beside, columns=columns)
    has_bom = bom and format_.may_have_bom
    write_to_file_or_stdout(format_.render(sheet), output, bom=has_bom)


@main.command()
@click.argument("name", required=False)
def examples(name: str | None) -> None:
    """Print a file to begin with: a crontab line, units for systemd, a workflow for GitHub.

    \b
    Examples:
      enrich examples                                   which there are
      enrich examples crontab
      enrich examples enrich.timer > ~/.config/systemd/user/enrich.timer
    """
    from importlib.resources import files

    there = {file.name: file for file in files("enrich").joinpath("examples").iterdir()}
    if name is None:
        click.echo("\n".join(sorted(there)))
    elif name in there:
        click.echo(there[name].read_text(encoding="utf-8"), nl=False)
    else:
        raise click.BadParameter(f"there are: {', '.join(sorted(there))}", param_hint="NAME")


@main.command()
@db_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this computer.  [default: 8001, or a free one]",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the site into this folder, to deploy it, and serve nothing.",
)
def browse(db: Path, port: int | None, no_open: bool, into: Path | None) -> None:
    """Browse the database as a site, in Datasette.

    It shows a snapshot: a sync may run meanwhile, and what it brings shows when browse is started again.

    \b
    Examples:
      enrich browse
      enrich browse --db review.db --port 8080 --no-open
      enrich browse --into site && datasette site/
    """
    from enrich.site.build import check_datasette, free_port, has_desktop, serve, write_site

    if into:
        write_site(db, into)
        click.echo(
            f"wrote {into}/: trials.db, metadata.json, datasette.yaml, settings.json, templates/, plugins/"
        )
        return
    check_datasette()
    free = free_port(port)
    with tempfile.TemporaryDirectory(prefix="enrich-") as folder:
        write_site(db, Path(folder))
        click.echo(f"http://127.0.0.1:{free}/  (Ctrl-C stops it)")
        sys.exit(serve(Path(folder), free, opening=not no_open and has_desktop()))


# --- what several commands need


def _take_in(
    archive: str,
    tables: tuple[Path, ...],
    db: Path,
    telling: "Telling",
    *,
    versions: bool,
    whole: bool,
    workers: "Workers",
    parquet: str | None,
    exit_code: bool,
) -> "Report | None":
    from enrich.run.session import compare_versions, sync_from

    read = _read_tables(tables, needed=not whole)
    if not versions:
        return sync_from(archive, read, db, telling, whole=whole, workers=workers, parquet=parquet)
    if not parquet:
        raise click.UsageError("--versions goes with --parquet: there its rows are written")
    is_complete = compare_versions(
        archive, read, db, telling, whole=whole, workers=workers, parquet=parquet
    )
    sys.exit(ExitCode.NOT_CHECKED if exit_code and not is_complete else ExitCode.DONE)


def _must_go_with_from(**given: Any) -> None:
    for name, value in given.items():
        if value:
            raise click.UsageError(f"--{name} goes with --from")


def _read_tables(named: tuple[Path, ...], *, needed: bool = True) -> "list[Table]":
    """The tables of these descriptions, or of every data/*.toml; where none is *needed* there may be none."""
    from enrich.tables.reader import find_tables, read_tables

    if not (needed or named or any(Path("data").glob("*.toml"))):
        return []
    return read_tables(list(named) or find_tables(Path("data")))


def _registry(root: str, pace: float, time: Time) -> "Registry":
    """The registry to ask. Only who asks it loads the libraries for it."""
    from enrich.logs import LOG
    from enrich.registry.client import Registry

    return Registry(root, pace=pace, sleep=time.sleep, log=LOG.info)


def _open(db: Path) -> "Database":
    from enrich.errors import StoreError
    from enrich.storage.database import Database

    if not db.exists():
        raise StoreError(f"{db}: no such database; `enrich sync` makes it")
    return Database(db)


def _since(database: "Database", since: str) -> int | None:
    from enrich.storage.report_query import run_before

    try:
        return run_before(database, since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error


def _leave(report: "Report | None", *, exit_code: bool) -> None:
    """With the exit code that was asked for; a run over the whole registry has no report, and leaves with 0."""
    from enrich.models import RunOutcome
    from enrich.run.outcome import exit_code_of, without_copy

    if report is None:
        return
    missing = without_copy(report) if report.run.outcome == RunOutcome.UNREACHABLE else []
    if missing:
        raise EnrichError(
            f"the registry cannot be reached and there is no copy of {len(missing)} of {report.run.asked} trials ({', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}); run again later"
        )
    if exit_code:
        sys.exit(exit_code_of(report))
