"""Prints a report on stdout: as wide as the terminal and in colour, where there is one."""

import os
import shutil
import sys
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
