"""What a run reports while it works and when it ends: on the terminal or by cron's mail, in the
log, and as notifications.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from enrich.errors import EnrichError
from enrich.lock import one_sender_at_a_time
from enrich.logs import LOG
from enrich.models import LastingFailure, Problem, Report, ReportTable, RunSummary, Table
from enrich.reports.content.account import histories_left, run_counts_line
from enrich.run.deliveries import SENDING_LIMITS, note_news, send_due, subscriptions
from enrich.run.notify import Notifier
from enrich.run.outcome import has_news
from enrich.run.terminal import READ_AGAIN, line_that_ends, print_mail, print_report, progress_line
from enrich.storage.database import Database
from enrich.text import plural, sanitize

if TYPE_CHECKING:
    from rich.text import Text

# More warnings than these make a mail that nobody reads.
_MOST_WARNINGS = 5


@dataclass(frozen=True)
class RunOutput:
    """Where a run reports.

    A *quiet* one prints only news and lasting failures; *clock* gives the time (ISO, UTC).
    """

    notifier: Notifier
    clock: Callable[[], str]
    quiet: bool = False

    def started(self, tables: Sequence[Table], registry: str | None) -> None:
        """Logs which tables are read, and which registry is asked; None for none."""
        ids = {nct_id for table in tables for nct_id in table.nct_ids}
        LOG.info(
            "started: %s; %d ids; %s",
            ", ".join(table.name for table in tables),
            len(ids),
            urlsplit(registry).hostname if registry else "offline",
        )

    def check_addresses(self, tables: Iterable[Table]) -> None:
        """Raises EnrichError for an address of a description that is not understood: its news would
        be lost, and that of all others with it.
        """
        subscriptions(tables, self.notifier)

    def sends_messages(self, tables: Iterable[Table]) -> bool:
        """Whether anybody is sent the news of *tables*."""
        return bool(subscriptions(tables, self.notifier))

    def progress(self, what: str) -> AbstractContextManager[Callable[[int, int], None]]:
        """A callback for how many of all the *what* are done, which a terminal shows."""
        on_progress = progress_line(what, quiet=self.quiet)
        return nullcontext(on_progress) if self.quiet else line_that_ends(on_progress)

    def progress_of(self, what: str) -> Callable[[int, int], None]:
        """A callback for how many of how many are done, which a terminal shows."""
        return progress_line(what, quiet=self.quiet)

    def reading_again(self) -> Callable[[int, int], None]:
        """The same for stored trials whose facts are derived again after an upgrade of enrich."""
        return self.progress_of(READ_AGAIN)

    @contextmanager
    def progress_bar(self) -> Iterator[Callable[[int, int | None], None]]:
        """A callback for the number of studies done, and of all: a bar with rate and time left, on
        a terminal only. Its first call says where the work begins; it ends at 100 %.
        """
        if self.quiet or not sys.stderr.isatty():
            yield lambda done, total: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.text import Text

        class Speed(ProgressColumn):
            """Studies a second."""

            def render(self, task: Any) -> "Text":
                speed = task.finished_speed or task.speed
                return Text(f"{speed:,.0f} a second" if speed else "")

        with Progress(
            TextColumn("studies"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(),
            Speed(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        ) as progress:
            task = progress.add_task("studies", total=None, start=False)
            last: list[tuple[int, int | None]] = []

            def on_progress(done: int, total: int | None) -> None:
                if not last or last[-1][1] != total:
                    # What an earlier run did, or another pass, does not count for the rate.
                    progress.reset(task, total=total, completed=done)
                else:
                    progress.update(task, completed=done, total=total)
                last[:] = [(done, total)]

            yield on_progress
            if last and last[-1][1] is None:
                progress.update(task, total=last[-1][0])

    def finished(self, report: Report, tables: Iterable[Table], database: Database) -> None:
        """Logs and prints the report, and notes what is new for whom; `notify` sends it."""
        _log(report)
        _warn_of(report.lasting_failures)
        if has_news(report) or not self.quiet:
            _warn(report, tables)
            if self.quiet:
                print_mail(report)
            else:
                print_report(report)
        if wanted := subscriptions(tables, self.notifier):
            note_news(database, report, wanted, self.clock())

    def print(self, text: str) -> None:
        """Prints the result of a run that has no report."""
        if not self.quiet:
            click.echo(text, nl=False)

    def print_counts(
        self, run: RunSummary, tables: Sequence[ReportTable], problems: Iterable[Problem]
    ) -> None:
        """Prints how many trials a run over the whole registry looked at, what became of them, and
        how the listed *tables* compare. Warns of the *problems* that a person should look at.
        """
        from enrich.reports.content.summary import headline

        _print_warnings(_warnings_of(problems))
        if self.quiet:
            return
        for table in tables:
            click.echo(f"{sanitize(table.title, 300)}\n  {headline(table)}")
        click.echo(run_counts_line(run).strip())

    def notify(self, db: Path, report: Report, tables: Iterable[Table]) -> None:
        """Sends what is new, with what earlier runs could not send or what a digest kept.

        It is called once the run has left the database at *db* to others: a server may be slow.
        Raises EnrichError, which names addresses by their scheme alone, where one is not reached.
        """
        if not (wanted := subscriptions(tables, self.notifier)):
            return
        with one_sender_at_a_time(db, SENDING_LIMITS.in_all) as is_our_turn:
            if not is_our_turn:
                LOG.warning("another run is sending its news; the next run sends that of this one")
                return
            with closing(Database(db)) as database:
                sent = send_due(database, report, wanted, self.clock(), SENDING_LIMITS)
        if sent.number:
            LOG.info("%s sent", plural(sent.number, "notification"))
        for scheme in sent.waiting:
            click.echo(f"enrich: WARNING: news waits for {scheme}", err=True)
        if sent.failed:
            raise EnrichError(
                f"the notification could not be sent by {', '.join(sent.failed)};"
                " the next run sends it again"
            )


def _log(report: Report) -> None:
    for problem in report.problems:
        LOG.warning("%s: %s", problem.nct_id or problem.kind, problem.message)
    for sentence in _sentences(report.lasting_failures):
        LOG.warning("%s", sentence)
    for line in histories_left(report):
        LOG.info("%s", line)
    LOG.info("run %d %s: %s", report.run.id, report.run.outcome, run_counts_line(report.run))


def _warn_of(failures: Sequence[LastingFailure]) -> None:
    for sentence in _sentences(failures):
        click.echo(f"enrich: {sentence}", err=True)


def _sentences(failures: Sequence[LastingFailure]) -> list[str]:
    if not failures:
        return []
    from enrich.reports.content.sentences import failure_sentence  # a good night needs none

    return [failure_sentence(failure) for failure in failures]


def _warn(report: Report, tables: Iterable[Table]) -> None:
    """On stderr, what is wrong with the tables and what a person should look at."""
    warnings = [str(warning) for table in tables for warning in table.warnings]
    _print_warnings([*warnings, *_warnings_of(report.problems)])


def _warnings_of(problems: Iterable[Problem]) -> list[str]:
    return [
        f"WARNING: {template.format(problem.message)}"
        for problem in problems
        if (template := problem.kind.handling.warning)
    ]


def _print_warnings(warnings: Sequence[str]) -> None:
    for warning in warnings[:_MOST_WARNINGS]:
        click.echo(f"enrich: {sanitize(warning)}", err=True)
    if len(warnings) > _MOST_WARNINGS:
        more = len(warnings) - _MOST_WARNINGS
        click.echo(
            f"enrich: and {more} more warnings; `enrich check` lists those of tables", err=True
        )
