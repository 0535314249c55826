"""Opens what the options name: tables, the database, the registry.

Imports what it opens with when it is called.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.cli.options import Time
from enrich.errors import EnrichError

if TYPE_CHECKING:
    from enrich.models import Table
    from enrich.registry.client import Registry
    from enrich.storage.database import Database

_FOLDER = Path("data")


def read_tables(descriptions: tuple[Path, ...], *, required: bool = True) -> "list[Table]":
    """The tables of these *descriptions*, or of every data/*.toml.

    TableError names a file that cannot be used, or says that there is none where one is *required*.
    """
    from enrich.tables.reader import find_tables, read_tables

    if not (required or descriptions or any(_FOLDER.glob("*.toml"))):
        return []
    return read_tables(list(descriptions) or find_tables(_FOLDER))


def open_database(db: Path) -> "Database":
    """The database at *db*; StoreError where there is none, or it cannot be used."""
    from enrich.errors import StoreError
    from enrich.run.terminal import READ_AGAIN, progress_line
    from enrich.storage.database import Database

    if not db.exists():
        raise StoreError(f"{db}: no such database; `enrich sync` creates it")
    return Database(db, progress_line(READ_AGAIN))


def _check_certificates() -> None:
    """Raises EnrichError where the environment names certificates that are not there."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle and not Path(bundle).exists():
            raise EnrichError(f"{variable}: {bundle}: no such file or folder; unset it")


def open_registry(
    root: str, pace: float, contact: str | None, time: Time, *, quiet: bool = False
) -> "Registry":
    """The registry at *root*, asked at most every *pace* seconds; its operators see *contact*.

    Where it slows us down, a line on stderr says so, unless *quiet*.
    """
    from enrich.logs import LOG
    from enrich.registry.client import Registry
    from enrich.run.terminal import warning_line

    _check_certificates()
    return Registry(
        root,
        pace=pace,
        sleep=time.sleep,
        log=LOG.info,
        warn=warning_line(quiet=quiet),
        contact=contact,
    )
