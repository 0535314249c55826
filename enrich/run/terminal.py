"""What a terminal shows: a report as wide as it is and in colour, and the progress of long work."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from enrich.logs import LOG
from enrich.models import Report

_WIDEST = 200
_NARROWEST = 40


def print_report(report: Report, *, show_all: bool = False, paged: bool = False) -> None:
    """The report in words; on a terminal through a pager where *paged* and longer than a screen."""
    from enrich import reports
    from enrich.reports.rendering import RenderContext

    to_terminal = sys.stdout.isatty()
    columns, rows = shutil.get_terminal_size()
    context = RenderContext.of(
        report,
        show_all=show_all,
        width=max(_NARROWEST, min(columns, _WIDEST)) if to_terminal else 80,
        height=max(rows, 24) if to_terminal else 24,
        color=to_terminal and not os.environ.get("NO_COLOR"),
    )
    if not to_terminal:
        for part in reports.FORMATS["text"].parts(context):
            click.echo(part, nl=False, color=None)
        return
    text = "".join(map(str, reports.FORMATS["text"].parts(context)))
    if paged and text.count("\n") >= rows:
        # Quit if it fits, keep colours, leave the text on the screen.
        os.environ.setdefault("LESS", "FRX")
        click.echo_via_pager(text, color=context.color)
    else:
        click.echo(text, nl=False, color=None)


def print_mail(report: Report) -> None:
    """The news as cron mails it. Lasting failures are left out: they are on stderr already."""
    from enrich.reports import mail
    from enrich.reports.rendering import RenderContext

    click.echo(mail.render(RenderContext.of(replace(report, lasting_failures=()))), nl=False)


def warning_line(*, quiet: bool = False) -> Callable[[str], None]:
    """A callback for a warning while a run works: a line on stderr and in the log; only in the log
    if *quiet*.
    """

    def warn(message: str) -> None:
        LOG.warning("%s", message)
        if not quiet:
            # On a terminal a line that rewrites itself may stand there.
            start = "\r\x1b[K" if sys.stderr.isatty() else ""
            click.echo(f"{start}enrich: WARNING: {message}", err=True)

    return warn


READ_AGAIN = "stored trials read again for this version of enrich"


@dataclass
class Rate:
    """How fast work goes, by what this run has done itself: not by what was done before it."""

    first_done: int
    started: float  # seconds, as `time.monotonic`

    def speed(self, done: int, now: float) -> float:
        """Items a second; 0 before anything is done.

        >>> Rate(first_done=400, started=10.0).speed(500, now=20.0)
        10.0
        """
        return max(done - self.first_done, 0) / max(now - self.started, 0.001)

    def in_words(self, done: int, total: int, now: float) -> str:
        """`2 a second, about 60 s left`; empty before anything is done."""
        speed = self.speed(done, now)
        if not speed:
            return ""
        left = f", about {(total - done) / speed:,.0f} s left" if done < total else ""
        return f"{speed:,.1f} a second{left}"


def progress_line(
    what: str, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic
) -> Callable[[int, int], None]:
    """A callback for how many of how many are done: a line on stderr that rewrites itself.

    Its first call says where the work begins. Only a terminal gets it, and none if *quiet*.
    """
    rates: list[Rate] = []

    def on_progress(done: int, total: int) -> None:
        if quiet or not sys.stderr.isatty() or not total:
            return
        if not rates:
            rates.append(Rate(done, clock()))
        rate = rates[0].in_words(done, total, clock())
        parts = (f"{done:,} of {total:,} {what} ({done * 100 // total} %)", rate)
        line = f"\r{', '.join(part for part in parts if part)} \x1b[K"
        click.echo(line, err=True, nl=done >= total)

    return on_progress


@contextmanager
def line_that_ends(on_progress: Callable[[int, int], None]) -> Iterator[Callable[[int, int], None]]:
    """*on_progress*, whose line ends with the work, also where the work ends before all is done."""
    last = (0, 0)

    def noted(done: int, total: int) -> None:
        nonlocal last
        last = (done, total)
        on_progress(done, total)

    try:
        yield noted
    finally:
        done, total = last
        if done < total and sys.stderr.isatty():
            click.echo(err=True)
