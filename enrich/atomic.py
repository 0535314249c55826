"""Files that are there whole or not at all: nobody reads half of a page or a feed."""

import os
from contextlib import suppress
from pathlib import Path

from enrich.errors import EnrichError


def write_atomic(path: Path, content: bytes) -> None:
    """Writes *content* to a temporary file beside *path* and renames it.

    Symlinks are followed, and what is not a regular file, such as /dev/stdout, is written directly.
    A missing folder is not created: a misspelled path is no place to write to. Raises EnrichError,
    which names the path, where it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise EnrichError(f"{path}: cannot be written ({error.strerror})") from error


def write_atomic_creating_folder(path: Path, content: bytes, failure: type[EnrichError]) -> None:
    """Writes as `write_atomic` into a folder of our own, which is created where it is missing.

    Raises *failure*, which names the path, where it cannot be written.
    """
    try:
        try:
            _replace(path, content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
    except OSError as error:
        raise failure(f"{path}: cannot be written ({error.strerror})") from error


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):  # where writing fails, removing may fail, too
            temporary.unlink()
        raise


def write_new(path: Path, content: bytes) -> None:
    """Writes a file that must not be there yet; its folder is created where it is missing.

    Raises EnrichError, which names the path, where there is one or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise EnrichError(f"{path}: it is there already, and nothing is overwritten") from error
    except OSError as error:
        raise EnrichError(f"{path}: cannot be written ({error.strerror})") from error
