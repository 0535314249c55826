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
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from enrich.errors import EnrichError
from enrich.files import is_same_file, open_file, read_file
from enrich.site.metadata import DATABASE, SETTINGS, config, metadata
from enrich.storage.database import Database
from enrich.storage.snapshot import (
    add_indexes_for_pages,
    copy_database,
    count_rows,
    read_columns,
    read_last_finished_run,
    read_published_tables,
)

_SITE = Path(__file__).parent

_LARGEST_MANIFEST = 1_000_000
_MISSING = "browsing needs Datasette: in the clone, pip install -e '.[browse]'"


class BrowseError(EnrichError):
    """Datasette is missing, or cannot be started as asked."""


def check_datasette() -> None:
    """Raises BrowseError, which says how to install it, where Datasette is missing."""
    if importlib.util.find_spec("datasette") is None:
        raise BrowseError(_MISSING)


# Lists the files of a site, each with a digest: what a later call may replace.
MANIFEST = "enrich-site.json"


def write_site(db: Path, folder: Path) -> None:
    """Writes what Datasette (0.65 and 1.0) reads into *folder*: database, metadata, templates.

    `trials.db` is a snapshot of *db*: Datasette can treat it as immutable, and a sync can write
    meanwhile. Everything is written beside and renamed; only files that an earlier call wrote, and
    nobody changed since, are replaced. What a killed call left unfinished is removed.

    Raises StoreError for a database that cannot be read, BrowseError where a file is in the way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    earlier = _read_manifest(folder)
    _remove_unfinished(folder)
    with _new_folder(folder) as new:
        _write_files(db, new)
        names = sorted(str(path.relative_to(new)) for path in new.rglob("*") if path.is_file())
        for name in names:
            _check_replaceable(folder / name, earlier.get(name), db)
        _write_json(new / MANIFEST, {name: _digest(new / name) for name in names})
        # The list goes first: whatever of a site is there is in it, also after a kill.
        for name in (MANIFEST, *names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).replace(folder / name)


# Folders in which a site is written, before its files are renamed. What writes one holds its lock,
# which the system releases when that is killed.
_UNFINISHED, _LOCK, _NEW = ".enrich-", "lock", "site"


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """An empty folder within *folder*, which is removed at the end."""
    with (
        tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as temporary,
        FileLock(Path(temporary) / _LOCK),
    ):
        new = Path(temporary) / _NEW
        new.mkdir()
        yield new


def _remove_unfinished(folder: Path) -> None:
    """Removes what a killed call left: a copy of the database, maybe still with the contacts that
    a site must not show. Raises BrowseError where it cannot be removed.
    """
    for left in folder.glob(f"{_UNFINISHED}*"):
        try:
            if _is_unfinished(left):
                with FileLock(left / _LOCK, timeout=0):
                    shutil.rmtree(left / _NEW, ignore_errors=True)
                shutil.rmtree(left)
        except Timeout:  # another call is writing there
            continue
        except OSError as error:
            raise BrowseError(
                f"{left}: a site that was not finished, and cannot be removed"
                f" ({error.strerror}); remove it: it may name contacts of trials"
            ) from error


def _is_unfinished(left: Path) -> bool:
    """Whether a call made the folder *left*; people may have one with such a name, too."""
    if left.is_symlink() or not left.is_dir():
        return False
    names = {path.name for path in left.iterdir()}
    return _LOCK in names and names <= {_LOCK, _NEW}


def _write_files(db: Path, folder: Path) -> None:
    snapshot = folder / f"{DATABASE}.db"
    copy_database(db, snapshot)
    add_indexes_for_pages(snapshot)
    with closing(Database(snapshot)) as database:
        counts = {kind: count_rows(database, kind) for kind in ("table", "view")}
        description = metadata(
            read_published_tables(database),
            read_last_finished_run(database),
            read_columns(database),
            {**counts["table"], **counts["view"]},
        )
    _write_json(folder / "metadata.json", description)
    _write_json(folder / "datasette.yaml", config(description))  # JSON is also YAML
    _write_json(folder / "settings.json", SETTINGS)
    _write_json(folder / "inspect-data.json", _inspect_data(snapshot, counts))
    for part in ("templates", "plugins", "static"):
        shutil.copytree(_SITE / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))


def _read_manifest(folder: Path) -> dict[str, str]:
    """What an earlier call wrote into *folder*: digests by name."""
    try:
        listed = json.loads(read_file(folder / MANIFEST, _LARGEST_MANIFEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return listed if isinstance(listed, dict) else {}


def _check_replaceable(path: Path, digest: str | None, db: Path) -> None:
    """Raises BrowseError unless *path* is free, or still the file that an earlier call wrote."""
    if not os.path.lexists(path):
        return
    is_ours = path.is_file() and not path.is_symlink() and digest == _digest(path)
    if not is_ours or is_same_file(path, db):
        raise BrowseError(
            f"{path}: not replaced, as an earlier `browse --into` did not write it as it is;"
            " move it away, or name another folder"
        )


def _digest(path: Path) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _inspect_data(snapshot: Path, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Size and row counts, so that Datasette need not count in a file that never changes.

    Datasette takes whatever is among the tables for a table: the views are apart, and the plugin
    `counts` hands them to it.
    """
    tables, views = (
        {name: {"count": number} for name, number in counts[kind].items()}
        for kind in ("table", "view")
    )
    return {
        DATABASE: {
            "hash": _digest(snapshot),
            "size": snapshot.stat().st_size,
            "file": snapshot.name,
            "tables": tables,
            "views": views,
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
    """Serves *folder* until stopped; returns Datasette's exit code.

    The site answers under the names of this computer alone, and ends with this process: it holds
    the other end of the site's standard input.
    """
    command = [sys.executable, "-P", "-m", "datasette", "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), *(["--open"] if opening else [])]
    hosts = ",".join(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
    environment = {**os.environ, "ENRICH_SITE_HOSTS": hosts, "PYTHONSAFEPATH": "1"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as site:
        try:
            return site.wait()
        except BaseException:
            site.terminate()
            raise
