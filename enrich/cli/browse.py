"""`enrich browse`: the database as a site, in Datasette."""

import sys
from pathlib import Path

import click

from enrich.cli.options import db_option
from enrich.cli.parameters import OUTPUT_FOLDER


@click.command()
@db_option
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this computer.  [default: 8001, or a free one]",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--into",
    type=OUTPUT_FOLDER,
    metavar="FOLDER",
    help="Write the site into this folder, to deploy it, and start no server.",
)
def browse(db: Path, port: int | None, no_open: bool, into: Path | None) -> None:
    """Browse the database as a site, in Datasette.

    The site shows a snapshot: a sync can run at the same time, and its results show when browse is
    started again.

    \b
    Examples:
      enrich browse
      enrich browse --db review.db --port 8080 --no-open
      enrich browse --into site && datasette site/
    """
    from enrich.site.build import check_datasette, free_port, has_desktop, serve, write_site
    from enrich.text import sanitize

    if into:
        write_site(db, into)
        click.echo(
            f"wrote {sanitize(str(into))}/: trials.db, metadata.json, datasette.yaml,"
            " settings.json, templates/, plugins/"
        )
        return
    check_datasette()
    free = free_port(port)
    import tempfile

    with tempfile.TemporaryDirectory(prefix="enrich-") as folder:
        write_site(db, Path(folder))
        click.echo(f"http://127.0.0.1:{free}/  (Ctrl-C stops it)")
        sys.exit(serve(Path(folder), free, opening=not no_open and has_desktop()))
