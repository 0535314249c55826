"""Files that are there whole or not at all: what a reader of a published page or feed meets is never half of it."""

import os
from contextlib import suppress
from pathlib import Path

from enrich.errors import EnrichError


def write_atomic(path: Path, content: bytes) -> None:
    """Writes beside *path* and renames; EnrichError names the path where it cannot be written.

    A link stays a link, and what is no file, such as /dev/stdout, is written to as it is. A folder that is missing is not made:
    what a person misspells is no place to write to.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise EnrichError(f"{path}: cannot be written ({error.strerror})") from error


def write_atomic_creating_folder(path: Path, content: bytes, failure: type[EnrichError]) -> None:
    """The same in a folder of our own, which is made where it is missing; *failure* names the path where it cannot be written."""
    try:
        try:
            _replace(path, content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
    except OSError as error:
        raise failure(f"{path}: cannot be written ({error.strerror})") from error


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with suppress(OSError):  # what cannot be written may not be removed either
            beside.unlink()
        raise
