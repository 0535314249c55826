"""Makes the folder that Datasette serves, from a snapshot of the database, and serves it. The database itself is only read."""

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
    """BrowseError says how to get Datasette where it is missing."""
    if importlib.util.find_spec("datasette") is None:
        raise BrowseError(_MISSING)


def write_site(db: Path, folder: Path) -> None:
    """Fills *folder* with all that Datasette 0.65 and 1.0 read: `trials.db` (a snapshot of *db*), metadata, templates and a plugin.

    A snapshot, because Datasette may then take the file as immutable, and a sync that writes meanwhile neither waits nor is seen half done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    snapshot = folder / f"{DATABASE}.db"
    copy_database(db, snapshot)
    told = _metadata_of(snapshot)
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


def _metadata_of(snapshot: Path) -> dict[str, Any]:
    with closing(Database(snapshot)) as database:
        return metadata(
            read_published_tables(database),
            read_last_finished_run(database),
            read_columns(database),
        )


def _inspected(snapshot: Path) -> dict[str, Any]:
    """Size and counts, which Datasette need not find out again of a file that does not change."""
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
