"""Reads an archive that may hold several versions of a record, in parts that are cut between
records.

It has one version a line (`.ndjson`, `.jsonl`, also `.gz`), or is a folder or bucket of such files,
or has one version a file (`NCT….json` or `NCT…/3.json`) in a folder, a bucket or a zip. The
versions of a record lie side by side, in any order among themselves: so a worker sees all of them,
and no process ever holds more than one part.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from enrich.bulk.archive import (
    LINES_FILE,
    FilesPart,
    LinesPart,
    Part,
    ZipArchive,
    ZipPart,
    content_name,
    numbered_lines,
    open_archive,
)
from enrich.bulk.remote import file_state, filesystem_of, is_folder, place_errors
from enrich.bulk.zip_directory import ZipEntry
from enrich.errors import ArchiveError
from enrich.record.identity import nct_id_in_bytes

_Item = TypeVar("_Item")

_VERSION_FILE = re.compile(r"(NCT\d{8})(?:/\d+)?\.json\Z")


@dataclass(frozen=True)
class PartSize:
    """A part ends with the record that brings it to so many versions,
    or so many *bytes* of lines.
    """

    versions: int = 1000
    bytes: int = 16 << 20


DEFAULT_SIZE = PartSize()


class VersionArchive(Protocol):
    """The archive at *place*; *name* is the same for the same content."""

    @property
    def place(self) -> str: ...

    @property
    def name(self) -> str: ...

    def parts(self) -> Iterator[Part]:
        """The versions in parts, always cut in the same way."""
        ...


def open_versions(
    place: str, size: PartSize = DEFAULT_SIZE, *, own_zip_directory: bool = True
) -> VersionArchive:
    """The archive at *place*: a path, or any URL that fsspec reads.

    Raises ArchiveError for anything else.
    """
    if place.lower().endswith(".zip"):
        return _ZipOfVersions(place, size, own_directory=own_zip_directory)
    if LINES_FILE.search(place):
        return _LinesOfVersions(place, size)
    if is_folder(place):
        return _FolderOfVersions(place, size)
    open_archive(place)  # raises ArchiveError where there is no such file
    raise ArchiveError(
        f"{place}: not an archive of versions, which is a folder, a zip, or a file called .ndjson"
        " or .ndjson.gz"
    )


def _cut(
    items: Iterable[tuple[str | None, int, _Item]], size: PartSize
) -> Iterator[tuple[_Item, ...]]:
    """The *items* in chunks.

    Each comes with its record and its bytes; without one it stays with the item before.
    """
    chunk: list[_Item] = []
    bytes_in_chunk, record = 0, None
    for nct_id, bytes_of_item, item in items:
        is_full = len(chunk) >= size.versions or bytes_in_chunk >= size.bytes
        if nct_id and nct_id != record and is_full:
            yield tuple(chunk)
            chunk, bytes_in_chunk = [], 0
        chunk.append(item)
        bytes_in_chunk, record = bytes_in_chunk + bytes_of_item, nct_id or record
    if chunk:
        yield tuple(chunk)


class _LinesOfVersions:
    """The lines are sent to the workers: a packed file cannot be entered in the middle."""

    def __init__(self, place: str, size: PartSize) -> None:
        self.place = place
        self._size = size
        self.name = open_archive(place).name

    def parts(self) -> Iterator[Part]:
        lines = (
            (nct_id_in_bytes(line), len(line), (number, line))
            for number, line in numbered_lines(self.place)
        )
        for number, chunk in enumerate(_cut(lines, self._size)):
            yield LinesPart(number, self.place, chunk)


class _FolderOfVersions:
    """Listed folder by folder, so that no list of all its files is held.

    A file of lines is a part of its own.
    """

    def __init__(self, place: str, size: PartSize) -> None:
        self.place = place
        self._size = size
        self._filesystem, self._root = filesystem_of(place)
        self.name = "folder:" + content_name(
            f"{path} {bytes_} {state}" for path, bytes_, state in self._files(self._root)
        )
        if next(self._files(self._root), None) is None:
            raise ArchiveError(
                f"{place}: no file called NCT….json, NCT…/3.json, .ndjson or .ndjson.gz in this"
                " folder"
            )

    def _files(self, folder: str) -> Iterator[tuple[str, int, str]]:
        """Path, size in bytes and state of each file, sorted."""
        with place_errors(self.place):
            infos = sorted(
                self._filesystem.ls(folder, detail=True), key=lambda info: str(info["name"])
            )
        for info in infos:
            path = str(info["name"])
            if info["type"] == "directory" and path.rstrip("/") != folder.rstrip("/"):
                yield from self._files(path)
            elif LINES_FILE.search(path) or _VERSION_FILE.search(path):
                whole_path = self._filesystem.unstrip_protocol(path)
                yield whole_path, int(info.get("size") or 0), file_state(info)

    def parts(self) -> Iterator[Part]:
        files = (self._item(path) for path, _, _ in self._files(self._root))
        for number, chunk in enumerate(_cut(files, self._size)):
            yield FilesPart(number, chunk)

    def _item(self, path: str) -> tuple[str | None, int, str]:
        """A file with its record; a file of lines counts as one record, and fills a part."""
        found = _VERSION_FILE.search(path)
        return (found[1], 0, path) if found else (path, self._size.bytes, path)


class _ZipOfVersions:
    """A zip with one version a file."""

    def __init__(self, place: str, size: PartSize, *, own_directory: bool) -> None:
        self.place = place
        self._size = size
        self._zip = ZipArchive(place, own_directory=own_directory)
        self.name = self._zip.name

    def parts(self) -> Iterator[Part]:
        for number, chunk in enumerate(_cut(self._entries(), self._size)):
            yield ZipPart(number, self.place, chunk)

    def _entries(self) -> Iterator[tuple[str | None, int, ZipEntry]]:
        for entry in self._zip.entries():
            found = _VERSION_FILE.search(entry.name)
            if found:
                yield found[1], 0, entry
