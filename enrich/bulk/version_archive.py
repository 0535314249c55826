"""Reads an archive that may hold several versions of a record, in parts that are cut between records.

One version a line (`.ndjson`, `.jsonl`, also `.gz`), a folder or bucket of such files, or one version a file (`NCT….json` or
`NCT…/3.json`) in a folder, a bucket or a zip. The versions of a record stand side by side, in any order among themselves:
so a worker sees all of them, and no more than one part is ever held.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from enrich.bulk.archive import (
    ArchiveError,
    Entry,
    ZipArchive,
    ZipPart,
    changed,
    content_name,
    id_in,
    is_folder,
    lines_of,
    open_archive,
    record_in,
)
from enrich.bulk.remote import filesystem_of, in_one_line
from enrich.bulk.tasks import Record

_Thing = TypeVar("_Thing")

# A part ends with the record that brings it to so many versions, or to so many bytes that are sent along.
VERSIONS, SENT = 1000, 16 << 20
_LINES = re.compile(r"\.(ndjson|jsonl)(\.gz)?\Z", re.I)
_ONE = re.compile(r"(NCT\d{8})(?:/\d+)?\.json\Z")


class Part(Protocol):
    """Some versions, small enough to be sent to another process, which reads them itself."""

    @property
    def number(self) -> int: ...

    def read(self) -> Iterator[Record]: ...


class Versions(Protocol):
    """*name* is the same for the same content."""

    @property
    def name(self) -> str: ...

    def parts(self) -> Iterator[Part]:
        """The versions in parts, always cut in the same way."""
        ...


def open_versions(place: str) -> Versions:
    """The archive at *place*: a path, or any URL that fsspec reads. Raises ArchiveError for what is none."""
    if place.lower().endswith(".zip"):
        return _Zip(place)
    if _LINES.search(place):
        return _Lines(place)
    if is_folder(place):
        return _Folder(place)
    open_archive(place)
    raise ArchiveError(
        f"{place}: versions of records are read from a folder, a zip, or a file called .ndjson or .ndjson.gz"
    )


def _cut(things: Iterable[tuple[str | None, int, _Thing]]) -> Iterator[tuple[_Thing, ...]]:
    """Chunks of *things*, each given with its record and its bytes; what tells no record goes with the one before it."""
    chunk: list[_Thing] = []
    bytes_of, last = 0, None
    for nct_id, size, thing in things:
        if nct_id and nct_id != last and (len(chunk) >= VERSIONS or bytes_of >= SENT):
            yield tuple(chunk)
            chunk, bytes_of = [], 0
        chunk.append(thing)
        bytes_of, last = bytes_of + size, nct_id or last
    if chunk:
        yield tuple(chunk)


# --- lines


class _Lines:
    """What is read here is sent on, as a packed file cannot be entered in the middle."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.name = open_archive(place).name

    def parts(self) -> Iterator[Part]:
        numbered = (
            (id_in(line), len(line), (at, line))
            for at, line in enumerate(lines_of(self._place), 1)
            if line.strip()
        )
        for number, chunk in enumerate(_cut(numbered)):
            yield LinesPart(number, self._place, chunk)


@dataclass(frozen=True)
class LinesPart:
    """Some lines, each with its number in the file."""

    number: int
    place: str
    lines: tuple[tuple[int, bytes], ...]

    def read(self) -> Iterator[Record]:
        for at, line in self.lines:
            yield Record(f"{self.place}, line {at}", line)


# --- files


class _Folder:
    """Read folder by folder, so that no list of all its files is held. A file of lines is a part of its own."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._filesystem, self._root = filesystem_of(place)
        self.name = "folder:" + content_name(
            f"{path} {size} {state}" for path, size, state in self._files(self._root)
        )
        if next(self._files(self._root), None) is None:
            raise ArchiveError(
                f"{place}: no file called NCT….json, NCT…/3.json, .ndjson or .ndjson.gz in this folder"
            )

    def _files(self, folder: str) -> Iterator[tuple[str, int, str]]:
        with in_one_line(self._place):
            listed = sorted(
                self._filesystem.ls(folder, detail=True), key=lambda told: str(told["name"])
            )
        for told in listed:
            path = str(told["name"])
            if told["type"] == "directory" and path.rstrip("/") != folder.rstrip("/"):
                yield from self._files(path)
            elif _LINES.search(path) or _ONE.search(path):
                yield (
                    self._filesystem.unstrip_protocol(path),
                    int(told.get("size") or 0),
                    changed(told),
                )

    def parts(self) -> Iterator[Part]:
        for number, chunk in enumerate(
            _cut(map(_file, (path for path, _, _ in self._files(self._root))))
        ):
            yield FilesPart(number, chunk)


def _file(path: str) -> tuple[str | None, int, str]:
    """A file, by its record; one of lines fills a part."""
    one = _ONE.search(path)
    return (one[1], 0, path) if one else (path, SENT, path)


@dataclass(frozen=True)
class FilesPart:
    """Some files of a folder or bucket."""

    number: int
    files: tuple[str, ...]

    def read(self) -> Iterator[Record]:
        for path in self.files:
            if _LINES.search(path):
                yield from (
                    Record(f"{path}, line {at}", line)
                    for at, line in enumerate(lines_of(path), 1)
                    if line.strip()
                )
            else:
                yield record_in(path)


# --- a zip


class _Zip:
    def __init__(self, place: str) -> None:
        self._place = place
        self._zip = ZipArchive(place)
        self.name = self._zip.name

    def parts(self) -> Iterator[Part]:
        for number, chunk in enumerate(_cut(self._entries())):
            yield ZipPart(number, self._place, chunk)

    def _entries(self) -> Iterator[tuple[str | None, int, Entry]]:
        for entry in self._zip.entries():
            one = _ONE.search(entry.name)
            if one:
                yield one[1], 0, entry
