"""Makes the folder that Datasette serves, from a snapshot of the database, and serves it. The database itself is only read."""

import hashlib
import importlib.util
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from enrich.errors import EnrichError, StoreError
from enrich.models import RunOutcome
from enrich.site.metadata import DATABASE, SETTINGS, config, metadata
from enrich.storage.database import Store

_SITE = Path(__file__).parent

_MISSING = "browsing needs Datasette: in the clone, pip install -e '.[browse]'"


class BrowseError(EnrichError):
    """Datasette is missing, or cannot be started as asked."""


def check_datasette() -> None:
    """BrowseError says how to get Datasette where it is missing."""
    if importlib.util.find_spec("datasette") is None:
        raise BrowseError(_MISSING)


def write_site(db: Path, folder: Path) -> None:
    """Fills *folder* with all that Datasette 0.65 and 1.0 read: `trials.db` (a snapshot of *db*), metadata, templates and a plugin.

    A snapshot, because Datasette may then take the file as immutable, and a sync that writes meanwhile neither waits nor is seen half done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = folder / f"{DATABASE}.db"
    _copy_database(db, snapshot)
    told = _told(snapshot)
    _write_json(folder / "metadata.json", told)
    _write_json(folder / "datasette.yaml", config(told))  # every JSON text is YAML
    _write_json(folder / "settings.json", SETTINGS)
    _write_json(folder / "inspect-data.json", _inspected(snapshot))
    for part in ("templates", "plugins"):
        shutil.copytree(
            _SITE / part,
            folder / part,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )


def _copy_database(db: Path, to: Path) -> None:
    """SQLite's own backup: one consistent state, whoever writes; in the schema of this version of enrich."""
    if not db.is_file():
        raise StoreError(f"{db}: no such database; `enrich sync` makes it")
    to.unlink(missing_ok=True)
    try:
        source, target = (
            sqlite3.connect(f"{db.resolve().as_uri()}?mode=ro", uri=True, timeout=10),
            sqlite3.connect(to),
        )
        try:
            source.backup(target)
            target.execute("pragma journal_mode = delete")
        finally:
            source.close()
            target.close()
    except sqlite3.Error as error:
        raise StoreError(f"{db}: {error}") from error
    Store(to).close()


def _told(snapshot: Path) -> dict[str, Any]:
    store = Store(snapshot)
    try:
        runs = store.rows(
            f"select r.*, (select max(data_timestamp) from runs) as data_timestamp from runs r where outcome <> '{RunOutcome.RUNNING}' order by id desc limit 1"
        )
        names = [*store.db.table_names(), *store.db.view_names()]
        columns = {
            name: [
                column[0]
                for column in store.db.execute(f'select * from "{name}" limit 0').description
            ]
            for name in names
        }
        return metadata(
            store.rows("select * from tables order by id"), runs[0] if runs else None, columns
        )
    finally:
        store.close()


def _inspected(snapshot: Path) -> dict[str, Any]:
    """Size and counts, which Datasette need not find out again of a file that does not change."""
    store = Store(snapshot)
    try:
        names = [
            row["name"] for row in store.rows("select name from sqlite_master where type = 'table'")
        ]
        counts = {name: {"count": store.db.table(name).count} for name in names}
    finally:
        store.close()
    with snapshot.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        DATABASE: {
            "hash": digest,
            "size": snapshot.stat().st_size,
            "file": snapshot.name,
            "tables": counts,
        }
    }


def _write_json(path: Path, told: Any) -> None:
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# --- serving


def free_port(wanted: int | None) -> int:
    """*wanted*, or else 8001 or any other port that nobody uses; BrowseError where the wanted one is taken."""
    for port in (wanted,) if wanted else (8001, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise BrowseError(f"port {wanted} is in use; leave out --port to get a free one")


def has_desktop() -> bool:
    """Whether there is a screen on which a browser could open."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def serve(folder: Path, port: int, *, opening: bool) -> int:
    """Serves *folder* until it is stopped; Datasette's exit code."""
    command = [
        sys.executable,
        "-m",
        "datasette",
        "serve",
        str(folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    return subprocess.run([*command, *(["--open"] if opening else [])], check=False).returncode
