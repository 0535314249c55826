"""The command line: options in, text out. The only place that asks the clock."""

import errno
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from enrich import __version__
from enrich.errors import EnrichError

REGISTRY = "https://clinicaltrials.gov"

EXPORTS = ("csv", "markdown", "html", "xlsx", "docx", "corrections")


class _OneLine(click.Group):
    """Says what went wrong in one line, and leaves with the exit code that the error carries."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except EnrichError as error:
            click.echo(f"enrich: {_one_line(error)}", err=True)
            context.exit(error.exit_code)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe has left: click knows what to do
                raise
            click.echo(f"enrich: {_one_line(error)}", err=True)
            context.exit(EnrichError.exit_code)
        except KeyboardInterrupt as stop:
            click.echo("enrich: stopped; what was fetched is kept, the next run goes on from there", err=True)
            context.exit(143 if isinstance(stop, _Terminated) else 130)


class _Terminated(KeyboardInterrupt):
    """SIGTERM: to be left by the same way as Ctrl-C."""


def _terminate(number: int, frame: Any) -> None:
    raise _Terminated


class _File(click.Path):
    """A file by its name: neither a folder nor an empty name, as of a variable that a script forgot to set."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("names no file", param, ctx)
        return super().convert(value, param, ctx)


def _one_line(error: Exception) -> str:
    from enrich.words import inert

    return inert(str(error), 1000)


@click.group(cls=_OneLine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="enrich")
def main() -> None:
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
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        # A sign that the terminal's encoding lacks is no reason to print nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


_table = click.option(
    "--table",
    "tables",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A table's description (.toml). May be given again.  [default: every data/*.toml]",
)
_db = click.option("--db", type=_File(), default=Path("data/trials.db"), show_default=True, help="The SQLite file.")


@main.command()
@_table
@_db
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), default=Path("cache"), show_default=True, help="Folder of the raw records.")
@click.option("--offline", is_flag=True, help="Ask nothing; work from the cache.")
@click.option("--registry", envvar="ENRICH_REGISTRY", default=REGISTRY, show_default=True, metavar="URL", help="Root of the registry; also ENRICH_REGISTRY.")
@click.option("--pace", type=click.FloatRange(min=0), default=1.0, show_default=True, metavar="SECONDS", help="Least time between two requests.")
@click.option("--from", "archive", metavar="PLACE", help="Ask nothing; take the records from the registry's bulk download: .zip, a folder, .ndjson[.gz].")
@click.option("--whole", is_flag=True, help="With --from: keep every record, listed in a table or not.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="With --from: processes to work with.  [default: one a processor]")
@click.option("--scheduler", metavar="URL", help="With --from: work on the machines of this Dask scheduler (tcp://…).")
@click.option("--parquet", metavar="PLACE", help="With --from: write trials, comparisons and changes as Parquet below this folder or URL, too.")
@click.option("--history/--no-history", default=True, show_default=True, help="Trace differences through the record's earlier versions.")
@click.option("--accept", is_flag=True, help="Take over what was held back: sudden losses, unannounced changes, older data.")
@click.option("--exit-code", is_flag=True, help="Leave with 10: something new, 20: some trials not checked, 21: registry unreachable.")
@click.option("--notify", "urls", envvar="ENRICH_NOTIFY", multiple=True, metavar="URL", help="Send news there (an address of apprise); also ENRICH_NOTIFY.")
@click.option("--log-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Append log lines to this file.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is new.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
def sync(
    tables: tuple[Path, ...],
    db: Path,
    cache: Path,
    offline: bool,
    registry: str,
    pace: float,
    archive: str | None,
    whole: bool,
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
    """
    from enrich.logs import LOG, logging_to
    from enrich.notices import Notices
    from enrich.registry import Registry

    with logging_to(log_file, verbose=verbose):
        notices = Notices(urls)
        if archive:
            _sync_from(archive, tables, db, whole=whole, at=(workers, scheduler), parquet=parquet, quiet=quiet, exit_code=exit_code, notices=notices)
            return
        _must_go_with_from(whole=whole, workers=workers, scheduler=scheduler, parquet=parquet)
        read = _read_tables(tables)
        asks = None if offline else Registry(registry, pace=pace, told=LOG.info)
        _log_start(read, registry, offline=offline)
        with _locked(db) as store:
            report = _sync_once(read, asks, store, cache, traced=history, accept=accept, told=_progress(quiet))
            _tell(report, read, store, notices, quiet=quiet)
        _leave(report, exit_code=exit_code, quiet=quiet)


_FORMATS = ("text", "markdown", "html", "json", "csv", "atom")


@main.command()
@_db
@click.option("--since", metavar="last|RUN|DATE", help="Changes of the last run, after a run's number, or since a day.  [default: last; atom: all]")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="What to write.")
@click.option("--output", type=_File(), metavar="FILE", help="Write to this file instead of the terminal.")
@click.option("--all", "everything", is_flag=True, help="Show noise, too; in a feed, also what is no news.")
@click.option("--for", "purpose", type=click.Choice(["log"]), help="log: only the paragraph for a living review's log.")
@click.option("--bom", is_flag=True, help="Begin a CSV with the mark by which Excel knows UTF-8.")
def report(db: Path, since: str | None, form: str, output: Path | None, everything: bool, purpose: str | None, bom: bool) -> None:
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
    from enrich.ledger import read_report

    if (bom and form != "csv") or (purpose and form not in ("text", "markdown")):
        raise click.UsageError("--bom goes with --format csv, --for log with text or markdown")
    store = _open(db)
    try:
        told = read_report(store, since=_since(store, since or ("first" if form == "atom" else "last")))
    finally:
        store.close()
    _write_report(told, form=purpose or form, output=output, everything=everything, bom=bom)


@main.command()
@_table
def check(tables: tuple[Path, ...]) -> None:
    """Look at the tables alone: ids, columns, cells that cannot be read. No network."""
    from enrich.checking import check_table
    from enrich.words import plural

    for table in _read_tables(tables):
        lines = check_table(table)
        click.echo(f"{table.name}: {plural(len(table.rows), 'row')}, {plural(len(table.nct_ids), 'trial')}, {plural(len(lines), 'remark')}")
        for line in lines:
            click.echo(f"  {line}")


@main.command()
@_db
@click.option("--table", "name", metavar="NAME", help="Which table, by the name of its .toml.  [default: the only one]")
@click.option("--format", "form", type=click.Choice(EXPORTS), help="[default: by the name of the output file, else csv]")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to this file; xlsx and docx need one.")
@click.option(
    "--beside/--in-place", "beside", default=True, show_default=True, help="Registry values in columns of their own, or in the place of what differs."
)
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Take only this column. May be given again.")
@click.option("--bom", is_flag=True, help="Begin the CSV with a byte order mark, as older versions of Excel want it.")
def export(db: Path, name: str | None, form: str | None, output: Path | None, beside: bool, columns: tuple[str, ...], bom: bool) -> None:
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
    from enrich.export import build, choose
    from enrich.ledger import read_report

    form = form or _form_of(output)
    if form in ("xlsx", "docx") and output is None:
        raise click.UsageError(f"--format {form} needs --output FILE")
    store = _open(db)
    try:
        table = choose(read_report(store).tables, name)
    finally:
        store.close()
    sheet = build(table, in_place=not beside, columns=columns)
    _write_export(table, sheet, form, output, bom=bom)


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
@_db
@click.option("--port", type=click.IntRange(1, 65535), help="Port on this computer.  [default: 8001, or a free one]")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="Write the site into this folder, to deploy it, and serve nothing.")
def browse(db: Path, port: int | None, no_open: bool, into: Path | None) -> None:
    """Browse the database as a site, in Datasette.

    It shows a snapshot: a sync may run meanwhile, and what it brings shows when browse is started again.

    \b
    Examples:
      enrich browse
      enrich browse --db review.db --port 8080 --no-open
      enrich browse --into site && datasette site/
    """
    from enrich.browse import check_datasette, free_port, has_desktop, serve, write_site

    if into:
        write_site(db, into)
        click.echo(f"wrote {into}/: trials.db, metadata.json, datasette.yaml, settings.json, templates/, plugins/")
        return
    check_datasette()
    free = free_port(port)
    with tempfile.TemporaryDirectory(prefix="enrich-") as folder:
        write_site(db, Path(folder))
        click.echo(f"http://127.0.0.1:{free}/  (Ctrl-C stops it)")
        sys.exit(serve(Path(folder), free, opening=not no_open and has_desktop()))


# --- steps of the commands


def _form_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return {"md": "markdown", "htm": "html", "txt": "corrections"}.get(suffix, suffix if suffix in EXPORTS else "csv")


def _write_export(table: Any, sheet: Any, form: str, output: Path | None, *, bom: bool) -> None:
    from enrich import export_text
    from enrich.export import corrections
    from enrich.export_docx import write_docx
    from enrich.export_xlsx import write_xlsx

    books: dict[str, Callable[[Any, Path], None]] = {"xlsx": write_xlsx, "docx": write_docx}
    if form in books and output:
        books[form](sheet, output)
        return
    texts: dict[str, Callable[[], str]] = {
        "csv": lambda: export_text.as_csv(sheet, bom=bom),
        "markdown": lambda: export_text.as_markdown(sheet),
        "html": lambda: export_text.as_html(sheet),
        "corrections": lambda: export_text.as_corrections(sheet, corrections(table)),
    }
    text = texts[form]()
    if output:
        _write_whole(output, text)
    else:
        click.echo(text.encode(), nl=False)


@contextmanager
def _locked(db: Path) -> Iterator[Any]:
    """The database, for this run alone."""
    from enrich.lock import one_run_at_a_time
    from enrich.store import Store

    with one_run_at_a_time(db), closing(Store(db)) as store:
        yield store


def _tell(report: Any, tables: list[Any], store: Any, notices: Any, *, quiet: bool) -> None:
    """Into the log, onto the terminal or into cron's mail, and to whoever wants a notice."""
    _log_end(report)
    _print_sync(report, tables, quiet=quiet)
    _notify(notices, store, report)


def _sync_once(read: list[Any], asks: Any, store: Any, cache: Path, *, traced: bool, accept: bool, told: Callable[[int, int], None]) -> Any:
    from enrich.cache import Cache
    from enrich.history import History
    from enrich.ledger import read_report
    from enrich.sync import sync as run_sync

    history = History(asks, cache / "history", _now) if traced else None
    return read_report(store, run_sync(read, asks, store, Cache(cache), history, now=_now, told=told, accept=accept))


def _sync_from(
    place: str,
    tables: tuple[Path, ...],
    db: Path,
    *,
    whole: bool,
    at: tuple[int | None, str | None],
    parquet: str | None,
    quiet: bool,
    exit_code: bool,
    notices: Any,
) -> None:
    from enrich.archive import open_archive
    from enrich.bulk import sync_from
    from enrich.engines import engine

    read = [] if whole and not tables and not any(Path("data").glob("*.toml")) else _read_tables(tables)
    archive = open_archive(place)
    with _locked(db) as store, engine(*at) as (executor, width), _bar(quiet) as told:
        sync_from(archive, read, store, executor, width, whole=whole, now=_now, told=told)
    if parquet:
        _write_partitions(db, parquet)
    _tell_from(db, read, whole=whole, quiet=quiet, exit_code=exit_code, notices=notices)


def _tell_from(db: Path, read: list[Any], *, whole: bool, quiet: bool, exit_code: bool, notices: Any) -> None:
    """The report, or of a run over the whole registry only its accounts: its changes alone may be a book."""
    from enrich.ledger import read_report, read_run
    from enrich.reports.standing import accounts

    store = _open(db)
    try:
        if whole:
            click.echo("" if quiet else accounts(read_run(store)).strip(), nl=not quiet)
            return
        report = read_report(store)
        _tell(report, read, store, notices, quiet=quiet)
    finally:
        store.close()
    _leave(report, exit_code=exit_code, quiet=quiet)


def _write_partitions(db: Path, place: str) -> None:
    from enrich.partitions import write_partitions

    write_partitions(db, place)


def _must_go_with_from(**given: Any) -> None:
    for name, value in given.items():
        if value:
            raise click.UsageError(f"--{name} goes with --from")


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A bar with rate and time left, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed or 0:,.0f} a second")

    with Progress(TextColumn("studies"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("studies", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _read_tables(named: tuple[Path, ...]) -> list[Any]:
    from enrich.table import find_tables, read_tables

    return read_tables(list(named) or find_tables(Path("data")))


def _open(db: Path) -> Any:
    from enrich.errors import StoreError
    from enrich.store import Store

    if not db.exists():
        raise StoreError(f"{db}: no such database; `enrich sync` makes it")
    return Store(db)


_WARNINGS = {
    "unreachable": "the registry could not be reached ({}); the report rests on copies",
    "held": "{}",
    "version": "{}",
    "not kept": "{}",
}


def _print_sync(report: Any, tables: list[Any], *, quiet: bool) -> None:
    from enrich.news import is_news

    _warn_of_streaks(report)
    if quiet and not is_news(report):
        return
    for table in tables:
        for warning in table.warnings:
            click.echo(f"enrich: {warning}", err=True)
    for problem in report.problems:
        if problem.kind in _WARNINGS:
            click.echo(f"enrich: WARNING: {_WARNINGS[problem.kind].format(problem.message)}", err=True)
    _print_report(report, everything=False, only_news=quiet and report.since is not None)


def _warn_of_streaks(report: Any) -> None:
    from enrich.streaks import sentence

    for streak in report.streaks:
        click.echo(f"enrich: {sentence(streak)}", err=True)


def _since(store: Any, since: str) -> int | None:
    from enrich.ledger import run_before

    try:
        return run_before(store, since)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error


def _write_report(report: Any, *, form: str, output: Path | None, everything: bool, bom: bool) -> None:
    if form == "text" and not output:
        _print_report(report, everything=everything)
        return
    rendered = _rendered(report, form, everything=everything, bom=bom)
    if output:
        _write_whole(output, rendered)
    else:
        click.echo(rendered.encode(), nl=False)


def _rendered(report: Any, form: str, *, everything: bool, bom: bool) -> str:
    """The report in this format; each is a function of the same name in a module of the same name."""
    from importlib import import_module

    renders = getattr(import_module(f"enrich.reports.{form}"), form)
    options = {"log": {}, "csv": {"everything": everything, "bom": bom}}
    return str(renders(report, **options.get(form, {"everything": everything})))


def _write_whole(output: Path, text: str) -> None:
    from enrich.whole import write_whole

    write_whole(output, text.encode())


def _print_report(report: Any, *, everything: bool, only_news: bool = False) -> None:
    from enrich.reports.text import text

    to_terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 100) if to_terminal else 80
    click.echo(text(report, width=width, color=to_terminal and "NO_COLOR" not in os.environ, everything=everything, only_news=only_news), nl=False, color=None)


def _leave(report: Any, *, exit_code: bool, quiet: bool) -> None:
    from enrich.news import exit_code_of, without_copy

    missing = without_copy(report)
    if missing and report.run.outcome == "unreachable":
        raise EnrichError(
            f"the registry cannot be reached and there is no copy of {len(missing)} of {report.run.asked} trials ({', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}); run again later"
        )
    if exit_code:
        sys.exit(exit_code_of(report))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _log_start(tables: list[Any], registry: str, *, offline: bool) -> None:
    from enrich.logs import LOG

    ids = {nct_id for table in tables for nct_id in table.nct_ids}
    LOG.info("started: %s; %d ids; %s", ", ".join(table.name for table in tables), len(ids), "offline" if offline else urlsplit(registry).hostname)


def _log_end(report: Any) -> None:
    from enrich.logs import LOG
    from enrich.reports.standing import accounts
    from enrich.streaks import sentence

    for problem in report.problems:
        LOG.warning("%s: %s", problem.nct_id or problem.kind, problem.message)
    for streak in report.streaks:
        LOG.warning("%s", sentence(streak))
    LOG.info("run %d %s: %s", report.run.id, report.run.outcome, accounts(report.run))


def _notify(notices: Any, store: Any, report: Any) -> None:
    """Sends what is new, with what earlier runs could not send."""
    from enrich.ledger import read_report
    from enrich.logs import LOG
    from enrich.news import must_tell
    from enrich.reports.text import text
    from enrich.streaks import sentence
    from enrich.words import inert

    if notices and must_tell(report):
        store.owe_notice(report.run.id)
    owed = store.first_owed_notice() if notices else None
    if owed is None:
        return
    told = read_report(store, report.run.id, since=owed - 1)
    title = inert(f"Registry news: {'; '.join(table.title for table in told.tables)}", 150)
    notices.send(title, "\n".join([*map(sentence, told.streaks), text(told, only_news=told.since is not None)]))
    store.note_notices(_now())
    LOG.info("notice sent")


def _progress(quiet: bool) -> Callable[[int, int], None]:
    """A line that rewrites itself, on a terminal only."""
    begun = time.monotonic()

    def tell(done: int, of: int) -> None:
        if not quiet and sys.stderr.isatty() and of:
            left = (time.monotonic() - begun) / max(done, 1) * (of - done)
            click.echo(f"\r{done} of {of} trials, about {left:.0f} s left \x1b[K", err=True, nl=done >= of)

    return tell
