"""What a terminal shows: a report as wide as it is and in colour, and the progress of long work."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import click

from enrich.logs import LOG
from enrich.models import Report

_WIDEST = 200
_NARROWEST = 40


def print_report(report: Report, *, show_all: bool = False, paged: bool = False) -> None:
    """The report in words; on a terminal through a pager where *paged* and longer than a screen."""
    from enrich.reports import plain_text
    from enrich.reports.rendering import RenderContext

    to_terminal = sys.stdout.isatty()
    columns, rows = shutil.get_terminal_size()
    context = RenderContext.of(
        report,
        show_all=show_all,
        width=max(_NARROWEST, min(columns, _WIDEST)) if to_terminal else 80,
        height=max(rows, 24) if to_terminal else 24,
        color=to_terminal and "NO_COLOR" not in os.environ,
    )
    text = plain_text.render(context)
    if paged and to_terminal and text.count("\n") >= rows:
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


def progress_line(what: str, *, quiet: bool = False) -> Callable[[int, int], None]:
    """A callback for how many of how many are done: a line on stderr that rewrites itself.

    Only a terminal gets it, and none if *quiet*.
    """
    started = time.monotonic()

    def on_progress(done: int, total: int) -> None:
        if not quiet and sys.stderr.isatty() and total:
            left = (time.monotonic() - started) / max(done, 1) * (total - done)
            line = f"\r{done} of {total} {what}, about {left:.0f} s left \x1b[K"
            click.echo(line, err=True, nl=done >= total)

    return on_progress
