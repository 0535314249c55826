"""Writes the folder that Datasette serves, from a snapshot of the database, and serves it.

The database itself is only read.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from enrich.errors import EnrichError
from enrich.site.metadata import DATABASE, SETTINGS, config, metadata
from enrich.storage.database import Database
from enrich.storage.snapshot import (
    copy_database,
    count_rows,
    read_columns,
    read_last_finished_run,
    read_published_tables,
)

_SITE = Path(__file__).parent

_MISSING = "browsing needs Datasette: in the clone, pip install -e '.[browse]'"


class BrowseError(EnrichError):
    """Datasette is missing, or cannot be started as asked."""


def check_datasette() -> None:
    """Raises BrowseError, which says how to install it, where Datasette is missing."""
    if importlib.util.find_spec("datasette") is None:
        raise BrowseError(_MISSING)


def write_site(db: Path, folder: Path) -> None:
    """Writes what Datasette (0.65 and 1.0) reads into *folder*: database, metadata, templates.

    `trials.db` is a snapshot of *db*: Datasette can treat it as immutable, and a sync can write
    meanwhile. Raises StoreError for a database that cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = folder / f"{DATABASE}.db"
    copy_database(db, snapshot)
    description = _metadata(snapshot)
    _write_json(folder / "metadata.json", description)
    _write_json(folder / "datasette.yaml", config(description))  # JSON is also YAML
    _write_json(folder / "settings.json", SETTINGS)
    _write_json(folder / "inspect-data.json", _inspect_data(snapshot))
    for part in ("templates", "plugins"):
        shutil.copytree(
            _SITE / part,
            folder / part,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )


def _metadata(snapshot: Path) -> dict[str, Any]:
    with closing(Database(snapshot)) as database:
        return metadata(
            read_published_tables(database),
            read_last_finished_run(database),
            read_columns(database),
        )


def _inspect_data(snapshot: Path) -> dict[str, Any]:
    """Size and row counts, so that Datasette need not count in a file that never changes."""
    with closing(Database(snapshot)) as database:
        counts = {name: {"count": number} for name, number in count_rows(database).items()}
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


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# --- serving


def free_port(wanted: int | None) -> int:
    """*wanted*, by default 8001 or any free port; BrowseError where *wanted* is in use."""
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
    """Whether a browser could open on a screen."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def serve(folder: Path, port: int, *, opening: bool) -> int:
    """Serves *folder* until stopped; returns Datasette's exit code."""
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
