"""What a terminal shows: a report as wide as it is and in colour, and the progress of long work."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from enrich.models import Report

_WIDEST = 100


def print_report(report: Report, **options: Any) -> None:
    """The report in words; *options* are those of a `RenderContext`."""
    from enrich.reports import plain_text
    from enrich.reports.rendering import RenderContext

    to_terminal = sys.stdout.isatty()
    context = RenderContext.of(
        report,
        width=min(shutil.get_terminal_size().columns, _WIDEST) if to_terminal else 80,
        color=to_terminal and "NO_COLOR" not in os.environ,
        **options,
    )
    click.echo(plain_text.render(context), nl=False, color=None)


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
