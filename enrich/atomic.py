"""Files that are there whole or not at all: nobody reads half of a page or a feed."""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from enrich.errors import EnrichError


def write_atomic(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Writes *content*, whole or in parts, to a temporary file beside *path* and renames it.

    Symlinks are followed, and what is not a regular file, such as /dev/stdout, is written directly.
    A missing folder is not created: a misspelled path is no place to write to. Raises EnrichError,
    which names the path, where it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                file.writelines(_parts(content))
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


def _parts(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (content,) if isinstance(content, bytes) else content


def _replace(path: Path, content: bytes | Iterable[bytes]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open_new(temporary) as file:
            file.writelines(_parts(content))
        temporary.replace(path)
    except BaseException:  # also what went wrong while a part was made
        with suppress(OSError):  # where writing fails, removing may fail, too
            temporary.unlink()
        raise


def open_new(path: Path) -> BinaryIO:
    """*path* as a new file to write: never one that is there already, nor what a link that lies
    there points to.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o666)
    return os.fdopen(descriptor, "wb")


_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_new(path: Path, content: bytes) -> None:
    """Writes a file that must not be there yet; its folder is created where it is missing.

    Raises EnrichError, which names the path, where there is one or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_new(path) as file:
            file.write(content)
    except FileExistsError as error:
        raise EnrichError(f"{path}: it is there already, and nothing is overwritten") from error
    except OSError as error:
        raise EnrichError(f"{path}: cannot be written ({error.strerror})") from error
