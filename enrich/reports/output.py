"""Writes a report or an export where it is wanted: to a file, or to the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enrich.atomic import write_whole
from enrich.models import Report, ReportTable

if TYPE_CHECKING:
    from enrich.export.sheet import Sheet

_ENDINGS = {"md": "markdown", "htm": "html", "txt": "corrections"}


def write_report(
    report: Report, *, form: str, output: Path | None, everything: bool, bom: bool
) -> None:
    """The report in this format (`log`: its paragraph for a review's log); EnrichError names a file that cannot be written."""
    if form == "text" and not output:
        print_report(report, everything=everything)
    else:
        _write(_rendered(report, form, everything=everything, bom=bom), output)


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


def form_of(output: Path | None, forms: Sequence[str]) -> str:
    """Which of *forms* the name of the output file asks for; without any, CSV."""
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return _ENDINGS.get(suffix, suffix if suffix in forms else "csv")


def write_export(
    table: ReportTable, sheet: Sheet, form: str, output: Path | None, *, bom: bool
) -> None:
    """*sheet*, which shows *table*, in this format; EnrichError names a file that cannot be written, or the extra that the format needs."""
    from enrich.export import text as export_text
    from enrich.export.docx import write_docx
    from enrich.export.sheet import corrections
    from enrich.export.xlsx import write_xlsx

    books: dict[str, Callable[[Sheet, Path], None]] = {"xlsx": write_xlsx, "docx": write_docx}
    if form in books and output:
        books[form](sheet, output)
        return
    texts: dict[str, Callable[[], str]] = {
        "csv": lambda: export_text.as_csv(sheet, bom=bom),
        "markdown": lambda: export_text.as_markdown(sheet),
        "html": lambda: export_text.as_html(sheet),
        "corrections": lambda: export_text.as_corrections(sheet, corrections(table)),
    }
    _write(texts[form](), output)


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


def _write(text: str, output: Path | None) -> None:
    if output:
        write_whole(output, text.encode())
    else:
        click.echo(text.encode(), nl=False)
