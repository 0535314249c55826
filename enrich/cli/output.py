"""Where a command writes what it renders: a file, or the terminal."""

from codecs import BOM_UTF8
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import click

from enrich.atomic import write_atomic


def write_to_file_or_stdout(
    parts: Iterable[str | bytes], output: Path | None, *, bom: bool = False
) -> None:
    """Writes *parts*, one after the other, to the file *output*, or to stdout where there is none.

    Text is written in UTF-8, after a byte order mark with *bom*. EnrichError names a file that
    cannot be written.
    """
    data = (part if isinstance(part, bytes) else part.encode() for part in parts)
    content = chain([BOM_UTF8], data) if bom else data
    if output:
        write_atomic(output, content)
    else:
        for part in content:
            click.echo(part, nl=False)
