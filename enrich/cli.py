"""The command line: options in, text out. The only place that asks the clock."""

import errno
import io
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from enrich import __version__
from enrich.errors import EnrichError

REGISTRY = "https://clinicaltrials.gov"

NOTHING, SOMETHING_NEW, SOME_NOT_CHECKED, UNREACHABLE = 0, 10, 20, 21


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
    enrich report --format html       a page with pictures; also markdown, json, csv, atom
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
@click.option("--history/--no-history", default=True, show_default=True, help="Trace differences through the record's earlier versions.")
@click.option("--accept", is_flag=True, help="Take over what was held back: sudden losses, unannounced changes, older data.")
@click.option("--exit-code", is_flag=True, help="Leave with 10: something new, 20: some trials not checked, 21: registry unreachable.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing when nothing is new.")
@click.option("-v", "--verbose", is_flag=True, help="Say on stderr what is being done.")
def sync(
    tables: tuple[Path, ...],
    db: Path,
    cache: Path,
    offline: bool,
    registry: str,
    pace: float,
    history: bool,
    accept: bool,
    exit_code: bool,
    quiet: bool,
    verbose: bool,
) -> None:
    """Fetch every listed trial, compare it with the table, and report.

    \b
    Examples:
      enrich sync
      enrich sync --table review.toml --db review.db
      enrich sync -q --exit-code        in a crontab: mail only when there is news
    """
    from enrich.registry import Registry

    read = _read_tables(tables)
    asks = None if offline else Registry(registry, pace=pace, told=_teller(verbose))
    report = _sync_once(read, asks, db, cache, traced=history, accept=accept, told=_progress(quiet))
    _print_sync(report, read, quiet=quiet)
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


# --- steps of the commands


def _sync_once(read: list[Any], asks: Any, db: Path, cache: Path, *, traced: bool, accept: bool, told: Callable[[int, int], None]) -> Any:
    from enrich.cache import Cache
    from enrich.history import History
    from enrich.ledger import read_report
    from enrich.lock import one_run_at_a_time
    from enrich.store import Store
    from enrich.sync import sync as run_sync

    with one_run_at_a_time(db):
        store = Store(db)
        try:
            history = History(asks, cache / "history", _now) if traced else None
            return read_report(store, run_sync(read, asks, store, Cache(cache), history, now=_now, told=told, accept=accept))
        finally:
            store.close()


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

    if quiet and not is_news(report):
        return
    for table in tables:
        for warning in table.warnings:
            click.echo(f"enrich: {warning}", err=True)
    for problem in report.problems:
        if problem.kind in _WARNINGS:
            click.echo(f"enrich: WARNING: {_WARNINGS[problem.kind].format(problem.message)}", err=True)
    _print_report(report, everything=False)


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
    """Writes beside and renames, so that a reader of a published page or feed never meets half of it."""
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        beside.write_bytes(text.encode())
        beside.replace(output)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise EnrichError(f"{output}: cannot be written ({error.strerror})") from error


def _print_report(report: Any, *, everything: bool) -> None:
    from enrich.reports.text import text

    to_terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 100) if to_terminal else 80
    click.echo(text(report, width=width, color=to_terminal and "NO_COLOR" not in os.environ, everything=everything), nl=False, color=None)


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


def _teller(verbose: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if verbose:
            click.echo(f"{_now()} {line}", err=True)

    return tell


def _progress(quiet: bool) -> Callable[[int, int], None]:
    """A line that rewrites itself, on a terminal only."""
    begun = time.monotonic()

    def tell(done: int, of: int) -> None:
        if not quiet and sys.stderr.isatty() and of:
            left = (time.monotonic() - begun) / max(done, 1) * (of - done)
            click.echo(f"\r{done} of {of} trials, about {left:.0f} s left \x1b[K", err=True, nl=done >= of)

    return tell
