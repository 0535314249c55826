"""Files that lie where fsspec reads and writes. The libraries behind it have errors of every kind: here they become one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from enrich.errors import EnrichError, MissingExtra


class PlaceError(EnrichError):
    """A file or folder cannot be used; the message names it."""


@contextmanager
def in_one_line(place: str, problem: str = "cannot be read") -> Iterator[None]:
    """PlaceError in the stead of whatever is raised about a far *place*, and of what the system says about a path of this machine."""
    try:
        yield
    except EnrichError:
        raise
    except Exception as error:
        if "://" not in place and not isinstance(error, OSError):
            raise  # a fault of ours
        raise PlaceError(
            f"{place}: {problem} ({getattr(error, 'strerror', None) or error})"
        ) from error


def filesystem_of(place: str) -> tuple[Any, str]:
    """The file system of fsspec that has *place*, and its path there; MissingExtra without fsspec."""
    with in_one_line(place):
        filesystem, root = _fsspec(place).core.url_to_fs(place)
    return filesystem, str(root)


@contextmanager
def opened_afar(place: str) -> Iterator[BinaryIO]:
    """A file open for reading."""
    with in_one_line(place), _fsspec(place).open(place, "rb") as file:
        yield file


def _fsspec(place: str) -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra(f"using {place}", "cluster") from error
    return fsspec
