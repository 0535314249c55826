"""What a run tells while it goes and when it ends: on the terminal or in cron's mail, in the log, and to whoever wants a notice."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from enrich.logs import LOG
from enrich.models import LastingFailure, Report, RunSummary, Table
from enrich.reports.sentences import failure_sentence
from enrich.reports.summary import accounts
from enrich.run.notify import Notices
from enrich.run.outcome import has_news, must_tell
from enrich.run.terminal import print_report
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from enrich.storage.runs import (
    first_unsent_notification,
    mark_notifications_sent,
    queue_notification,
)
from enrich.text import inert

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True)
class Telling:
    """How a run is told, and when: *now* gives the time (ISO, UTC). A *quiet* one is told only where something is new or failed."""

    notices: Notices
    now: Callable[[], str]
    quiet: bool = False

    def begins(self, tables: Sequence[Table], registry: str | None) -> None:
        """Into the log: which tables, and which registry is asked, None for none."""
        ids = {nct_id for table in tables for nct_id in table.nct_ids}
        LOG.info(
            "started: %s; %d ids; %s",
            ", ".join(table.name for table in tables),
            len(ids),
            urlsplit(registry).hostname if registry else "offline",
        )

    def progress(self) -> Callable[[int, int], None]:
        """Hears how many trials of how many are done: a line that rewrites itself, on a terminal only."""
        begun = time.monotonic()

        def tell(done: int, of: int) -> None:
            if not self.quiet and sys.stderr.isatty() and of:
                left = (time.monotonic() - begun) / max(done, 1) * (of - done)
                click.echo(
                    f"\r{done} of {of} trials, about {left:.0f} s left \x1b[K",
                    err=True,
                    nl=done >= of,
                )

        return tell

    @contextmanager
    def bar(self) -> Iterator[Callable[[int, int | None], None]]:
        """Hears how many studies of how many are done: a bar with rate and time left, on a terminal only."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda done, of: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Rate(ProgressColumn):
            def render(self, task: Any) -> "Text":
                return Text(f"{task.speed or 0:,.0f} a second")

        with Progress(
            TextColumn("studies"),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as progress:
            task = progress.add_task("studies", total=None)
            yield lambda done, of: progress.update(task, completed=done, total=of)

    def ends(self, report: Report, tables: Iterable[Table], database: Database) -> None:
        """Into the log, onto the terminal or into cron's mail, and to whoever wants a notice."""
        _log(report)
        _warn_of(report.lasting_failures)
        if has_news(report) or not self.quiet:
            _print(report, tables, only_news=self.quiet and report.since is not None)
        self._notify(database, report)

    def says(self, text: str) -> None:
        """What a run has to say that has no report."""
        if not self.quiet:
            click.echo(text, nl=False)

    def accounts(self, run: RunSummary) -> None:
        """How many trials a run looked at, and what became of them: all there is to tell of the whole registry."""
        if not self.quiet:
            click.echo(accounts(run).strip())

    def _notify(self, database: Database, report: Report) -> None:
        """Sends what is new, with what earlier runs could not send."""
        if self.notices and must_tell(report):
            queue_notification(database, report.run.id)
        owed = first_unsent_notification(database) if self.notices else None
        if owed is None:
            return
        from enrich.reports import plain_text
        from enrich.reports.rendering import RenderContext

        told = read_report(database, report.run.id, since=owed - 1)
        title = inert(f"Registry news: {'; '.join(table.title for table in told.tables)}", 150)
        self.notices.send(
            title,
            "\n".join(
                [
                    *map(failure_sentence, told.lasting_failures),
                    plain_text.render(RenderContext.of(told, only_news=told.since is not None)),
                ]
            ),
        )
        mark_notifications_sent(database, self.now())
        LOG.info("notice sent")


def _log(report: Report) -> None:
    for problem in report.problems:
        LOG.warning("%s: %s", problem.nct_id or problem.kind, problem.message)
    for streak in report.lasting_failures:
        LOG.warning("%s", failure_sentence(streak))
    LOG.info("run %d %s: %s", report.run.id, report.run.outcome, accounts(report.run))


def _warn_of(streaks: Iterable[LastingFailure]) -> None:
    for streak in streaks:
        click.echo(f"enrich: {failure_sentence(streak)}", err=True)


def _print(report: Report, tables: Iterable[Table], *, only_news: bool) -> None:
    """The report, and on stderr what a person should look at."""
    for table in tables:
        for warning in table.warnings:
            click.echo(f"enrich: {warning}", err=True)
    for problem in report.problems:
        if problem.kind.warning:
            click.echo(f"enrich: WARNING: {problem.kind.warning.format(problem.message)}", err=True)
    print_report(report, only_news=only_news)
