"""Writes a report or an export where it is wanted: to a file, or to the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.atomic import write_to_file_or_stdout
from enrich.models import Report

if TYPE_CHECKING:
    pass


def write_report(
    report: Report, *, form: str, output: Path | None, everything: bool, bom: bool
) -> None:
    """The report in this format (`log`: its paragraph for a review's log); EnrichError names a file that cannot be written."""
    if form == "text" and not output:
        print_report(report, everything=everything)
    else:
        write_to_file_or_stdout(_rendered(report, form, everything=everything, bom=bom), output)


def print_report(report: Report, *, everything: bool, only_news: bool = False) -> None:
    """The report in words on stdout: as wide as the terminal and in colour, where there is one."""
    from enrich.reports.plain_text import text

    to_terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size().columns, 100) if to_terminal else 80
    click.echo(
        text(
            report,
            width=width,
            color=to_terminal and "NO_COLOR" not in os.environ,
            everything=everything,
            only_news=only_news,
        ),
        nl=False,
        color=None,
    )


def _rendered(report: Report, form: str, *, everything: bool, bom: bool) -> str:
    """The report in this format; each is a function of the same name in a module of its own."""
    module = {
        "text": "plain_text",
        "html": "html_page",
        "json": "json_lines",
        "csv": "csv_format",
        "log": "log_paragraph",
    }.get(form, form)
    renders = getattr(import_module(f"enrich.reports.{module}"), form)
    options: dict[str, dict[str, Any]] = {"log": {}, "csv": {"everything": everything, "bom": bom}}
    return str(renders(report, **options.get(form, {"everything": everything})))
