"""Where a command writes what it renders: a file, or the terminal."""

from pathlib import Path

import click

from enrich.atomic import write_atomic


def write_to_file_or_stdout(
    content: str | bytes, output: Path | None, *, bom: bool = False
) -> None:
    """Writes *content* to the file *output*, or to stdout where there is none.

    Text is written in UTF-8, after a byte order mark with *bom*. EnrichError names a file that
    cannot be written.
    """
    data = (
        content if isinstance(content, bytes) else content.encode("utf-8-sig" if bom else "utf-8")
    )
    if output:
        write_atomic(output, data)
    else:
        click.echo(data, nl=False)
