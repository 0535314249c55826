"""`enrich init`: a table and its description out of a document."""

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.check import print_check
from enrich.cli.options import (
    RegistryAddress,
    Time,
    cache_option,
    offline_option,
    registry_options,
)
from enrich.cli.parameters import OUTPUT_FOLDER, check_day, check_name
from enrich.errors import TableError

if TYPE_CHECKING:
    from enrich.importing.draft import Draft
    from enrich.registry.client import Registry

_STDIN = "-"
_DOI = r"(?i:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)"
_PMC, _URL = r"(?i:PMC)\d{3,9}", r"(?i:https?)://\S+"


@click.command()
@click.argument("document", metavar="FILE|-")
@click.option(
    "--table",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Which table of the document.  [default: the largest that names trials]",
)
@click.option(
    "--into",
    type=OUTPUT_FOLDER,
    default=Path("data"),
    show_default=True,
    metavar="FOLDER",
    help="Write the two files into this folder.",
)
@click.option(
    "--name",
    callback=check_name,
    metavar="NAME",
    help="Name of the two files, without an ending.  [default: that of the document]",
)
@click.option(
    "--published",
    callback=check_day,
    metavar="DAY",
    help="The day on which the authors looked at the registry, or the table was published"
    " (2021-03-09; 2021-03 or 2021 if no more is known).",
)
@cache_option
@offline_option
@registry_options
@click.pass_obj
def init(
    time: Time,
    document: str,
    number: int | None,
    into: Path,
    name: str | None,
    published: str | None,
    cache: Path,
    offline: bool,
    address: RegistryAddress,
) -> None:
    """Make a table and its description of FILE: an article (HTML, XML, Word), a workbook (Excel),
    CSV, Markdown, a list of ids, RIS; - reads what is pasted.

    It writes NAME.csv, with every cell as printed, and NAME.toml, which says what the columns mean
    and why. It asks nothing, overwrites nothing, and reports what is in doubt. The records of the
    trials are fetched in one request, to recognise the columns by their cells.

    \b
    Examples:
      enrich init paper.html
      enrich init paper.docx --table 2 --name ongoing
      enrich init trials.xlsx --published 2021-03-09
      enrich init ids.txt --offline
      enrich init - --name pasted < table.txt
    """
    from enrich.importing.draft import name_of
    from enrich.run.init import Targets, check_targets, write_draft

    source = Path(document)
    _refuse_address(document, source)
    targets = Targets.of(into, name or name_of(source))
    check_targets(source, targets)
    content = _read(document, source)
    registry = None if offline else address.open(time)
    draft, records = _draft(source, content, number, registry, cache)
    written = write_draft(source, targets, draft, published)
    _print_summary(draft, records, published, written)


def _draft(
    source: Path, content: bytes, number: int | None, registry: "Registry | None", cache: Path
) -> "tuple[Draft, str]":
    """The draft, with a sentence about the records; where there is none, the ids of the text are
    printed.
    """
    from enrich.importing.choice import NoTable
    from enrich.run.init import draft_document

    if sys.stderr.isatty():
        asking = "" if registry is None else " and asking for the records"
        click.echo(f"reading the document{asking} …", err=True)
    try:
        return draft_document(source, content, number, registry, cache)
    except NoTable as error:
        click.echo("\n".join(error.ids), nl=bool(error.ids))
        raise


def _print_summary(
    draft: "Draft", records: str, published: str | None, written: Sequence[Path]
) -> None:
    from enrich.importing.summary import counts_of, summary_of
    from enrich.tables.reader import read_table
    from enrich.text import sanitize

    description = written[-1]
    click.echo(f"Wrote {sanitize(' and '.join(map(str, written)))}: {counts_of(draft)}.\n")
    click.echo(summary_of(draft, records, published))
    click.echo("\nCHECK")
    print_check(read_table(description))
    next_step = f"read {description}, then run `{_next(description)}`"
    click.echo(f"\nNext: {sanitize(next_step)}.")


def _next(description: Path) -> str:
    if description.parent == Path("data"):
        return "enrich sync"
    return f"enrich sync --table {shlex.quote(str(description))}"


def _read(document: str, source: Path) -> bytes:
    from enrich.tables.documents.document import MOST_BYTES, read_bytes

    if document != _STDIN:
        return read_bytes(source)
    if sys.stdin.isatty():
        click.echo("Paste the table, then press Enter and Ctrl-D.", err=True)
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TableError(
            f"standard input: more than {MOST_BYTES / 1e6:,.0f} MB; give the table alone"
        )
    return content


def _refuse_address(document: str, source: Path) -> None:
    """An article must be downloaded first: what publishers send to a program is no table."""
    if source.exists():
        return
    named = document.strip()
    if doi := re.fullmatch(_DOI, named):
        address = f"https://doi.org/{doi[1]}"
    elif re.fullmatch(_PMC, named):
        address = f"https://pmc.ncbi.nlm.nih.gov/articles/{named.upper()}/"
    elif re.fullmatch(_URL, named):
        address = named
    else:
        return
    raise TableError(
        f"{document}: an address, not a file. Open {address}, save the article as HTML (or XML),"
        " then run `enrich init` on that file"
    )
