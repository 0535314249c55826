"""Opens files and folders on this machine or wherever fsspec reads and writes (`s3://…`,
`https://…`).

The libraries behind fsspec raise errors of every kind; here they become one line that names the
place.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from enrich import files
from enrich.errors import ArchiveError, EnrichError, MissingExtra
from enrich.files import open_file


class PlaceError(EnrichError):
    """A file or folder cannot be used; the message names it."""


@contextmanager
def place_errors(place: str, problem: str = "cannot be read") -> Iterator[None]:
    """Turns what fsspec or the system raises about *place* into a PlaceError: `place: problem
    (why)`.
    """
    try:
        yield
    except EnrichError:
        raise
    except Exception as error:
        if not is_remote(place) and not isinstance(error, OSError):
            raise  # a fault of ours
        reason = getattr(error, "strerror", None) or error
        raise PlaceError(f"{place}: {problem} ({reason})") from error


def is_remote(place: str) -> bool:
    """Whether *place* is a URL that only fsspec can open."""
    return "://" in place


def filesystem_of(place: str) -> tuple[Any, str]:
    """The file system of fsspec that has *place*, and its path there.

    Raises MissingExtra without fsspec.
    """
    with place_errors(place):
        if not is_remote(place):  # a name on this machine may have any character: it is no URL
            return _fsspec(place).filesystem("file"), str(Path(place).absolute())
        filesystem, root = _fsspec(place).core.url_to_fs(place)
    return filesystem, str(root)


@contextmanager
def open_remote(place: str) -> Iterator[BinaryIO]:
    """A remote file open for reading."""
    with place_errors(place), _fsspec(place).open(place, "rb") as file:
        yield file


@contextmanager
def open_binary(place: str) -> Iterator[BinaryIO]:
    """A file open for reading. Raises ArchiveError for one that cannot be opened."""
    with open_remote(place) if is_remote(place) else _open_local(place) as file:
        yield file


def _open_local(place: str) -> BinaryIO:
    try:
        return open_file(Path(place))
    except OSError as error:
        raise ArchiveError(f"{place}: {error.strerror}") from error


def read_file(place: str, most: int) -> bytes:
    """The content of a file of at most *most* bytes. Raises PlaceError for any other."""
    with place_errors(place):
        if not is_remote(place):
            return files.read_file(Path(place), most)
        with open_remote(place) as file:
            content = file.read(most + 1)
    if len(content) > most:
        raise PlaceError(f"{place}: it has more than {most / 1e6:,.0f} MB")
    return content


def is_folder(place: str) -> bool:
    """Whether *place* is a folder or a bucket."""
    if not is_remote(place):
        return Path(place).is_dir()
    filesystem, root = filesystem_of(place)
    with place_errors(place):
        return bool(filesystem.isdir(root))


def file_state(info: Mapping[str, Any]) -> str:
    """A text that changes when a file is written again. *info* is what fsspec knows of the file.

    Each file system has its own word for it; a file about which none is known has an empty state.
    """
    for key in ("ETag", "etag", "mtime", "LastModified", "created"):
        if info.get(key):
            return str(info[key])
    return ""


def _fsspec(place: str) -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra(f"using {place}", "cluster") from error
    return fsspec
