"""Reads the registry's own bulk download, in parts that other processes can read for themselves.

It is a zip with one JSON file for each study; the same unpacked into a folder; or one study a line.
What an entry of a zip holds is kept as the zip packs it; only who looks inside unpacks it.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from enrich.bounds import LARGEST_RECORD, TooLargeToUnpack, lines_of
from enrich.bulk.remote import (
    PlaceError,
    file_state,
    filesystem_of,
    is_folder,
    is_remote,
    open_binary,
    place_errors,
    read_file,
)
from enrich.bulk.tasks import ArchiveEntry
from enrich.bulk.zip_directory import (
    DEFLATED,
    DamagedEntry,
    ZipEntry,
    directory_digest,
    find_directory,
    read_entries,
    read_entries_by_zipfile,
    read_packed,
    unpack,
)
from enrich.errors import ArchiveError
from enrich.record.identity import nct_id_in_bytes

_Item = TypeVar("_Item")

RECORDS_PER_PART = 300
LINES_FILE = re.compile(r"\.(ndjson|jsonl)(\.gz)?\Z", re.I)
_LINES_OR_JSON_FILE = re.compile(r"\.(ndjson|jsonl|json)(\.gz)?\Z", re.I)
_ID_IN_NAME = re.compile(r"(NCT\d{8})\.json\Z")


class Part(Protocol):
    """Some entries of an archive, by number: small enough to be sent to another process."""

    @property
    def number(self) -> int: ...

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """The ids in the names of the entries, as far as the names have one."""
        ...

    def read(self) -> Iterator[ArchiveEntry]: ...


class Archive(Protocol):
    """*name* is the same for the same content.

    *count* is the number of records, None where only reading to the end would show it.
    """

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int | None: ...

    def parts(self, wanted_ids: frozenset[str] | None = None) -> Iterator[Part]:
        """The records in parts, always cut in the same way;
        with *wanted_ids* only those records.
        """
        ...


def open_archive(
    place: str, *, records_per_part: int = RECORDS_PER_PART, own_zip_directory: bool = True
) -> Archive:
    """The archive at *place*: a zip, a folder, or lines of JSON (`.ndjson`, `.jsonl`, also `.gz`).

    *place* is a path or, with the extra `[cluster]`, any URL that fsspec reads. Raises ArchiveError
    for anything else, and for a zip that was cut off: nothing of it is stored.
    """
    if place.lower().endswith(".zip"):
        return ZipArchive(place, records_per_part, own_directory=own_zip_directory)
    if _LINES_OR_JSON_FILE.search(place):
        return LinesArchive(place, records_per_part)
    if is_folder(place):
        return FolderArchive(place, records_per_part)
    if not is_remote(place) and not Path(place).exists():
        raise ArchiveError(f"{place}: no such file")
    raise ArchiveError(f"{place}: neither a folder nor a file called .zip, .ndjson or .ndjson.gz")


# --- a zip


class ZipArchive:
    """A zip of studies, checked to be complete when it is opened."""

    def __init__(
        self,
        place: str,
        records_per_part: int = RECORDS_PER_PART,
        *,
        own_directory: bool = True,
    ) -> None:
        self._place = place
        self._records_per_part = records_per_part
        self._own_directory = own_directory
        with open_binary(place) as file:
            self._directory = find_directory(file, place)
            self.name = f"zip:{directory_digest(file, self._directory)}"
        self.count: int | None = self._directory.count

    def parts(self, wanted_ids: frozenset[str] | None = None) -> Iterator["ZipPart"]:
        entries = (
            entry
            for entry in self.entries()
            if (nct_id := id_in_name(entry.name)) and (wanted_ids is None or nct_id in wanted_ids)
        )
        for number, chunk in enumerate(_chunks(entries, self._records_per_part)):
            yield ZipPart(number, self._place, tuple(chunk))

    def entries(self) -> Iterator[ZipEntry]:
        """What the zip holds, in the order of its directory."""
        with open_binary(self._place) as file:
            yield from (
                read_entries(file, self._directory, self._place)
                if self._own_directory
                else read_entries_by_zipfile(file, self._place)
            )


@dataclass(frozen=True)
class ZipPart:
    """Some entries of a zip, read in one sweep where they lie side by side."""

    number: int
    place: str
    entries: tuple[ZipEntry, ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return ids_in_names(entry.name for entry in self.entries)

    def read(self) -> Iterator[ArchiveEntry]:
        with open_binary(self.place) as file:
            for entry in self.entries:
                try:
                    packed = read_packed(file, entry)
                    content = unpack(entry, packed)
                except DamagedEntry as error:
                    yield ArchiveEntry(entry.name, fault=str(error))
                else:
                    yield ArchiveEntry(
                        entry.name, content, packed if entry.method == DEFLATED else None
                    )


# --- a folder


class FolderArchive:
    """A folder or bucket of `NCT….json` files, at any depth."""

    def __init__(self, place: str, records_per_part: int) -> None:
        self._records_per_part = records_per_part
        files = sorted(_remote_files(place) if is_remote(place) else _local_files(place))
        if not files:
            raise ArchiveError(f"{place}: no file called NCT….json in this folder")
        self._files = [path for path, _ in files]
        self.count: int | None = len(files)
        self.name = "folder:" + content_name(
            f"{PurePosixPath(path).name} {state}" for path, state in files
        )

    def parts(self, wanted_ids: frozenset[str] | None = None) -> Iterator["FilesPart"]:
        files = (
            path for path in self._files if wanted_ids is None or id_in_name(path) in wanted_ids
        )
        for number, chunk in enumerate(_chunks(files, self._records_per_part)):
            yield FilesPart(number, tuple(chunk))


def _local_files(place: str) -> Iterator[tuple[str, str]]:
    """Each record's file, with a text that changes when the file is written again."""
    for path in Path(place).rglob("NCT*.json"):
        if id_in_name(path.name):
            info = path.stat()
            yield str(path), f"{info.st_size} {info.st_mtime_ns}"


def _remote_files(place: str) -> Iterator[tuple[str, str]]:
    filesystem, root = filesystem_of(place)
    with place_errors(place):
        found = filesystem.find(root, detail=True)
    for path, info in found.items():
        if id_in_name(path):
            yield filesystem.unstrip_protocol(path), f"{info.get('size')} {file_state(info)}"


@dataclass(frozen=True)
class FilesPart:
    """Some files of a folder or bucket: one record each, or one a line."""

    number: int
    files: tuple[str, ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return ids_in_names(self.files)

    def read(self) -> Iterator[ArchiveEntry]:
        for file in self.files:
            if LINES_FILE.search(file):
                for number, line in numbered_lines(file):
                    yield ArchiveEntry(f"{file}, line {number}", line)
            else:
                yield _read_entry(file)


def _read_entry(file: str) -> ArchiveEntry:
    """The record that is a whole file, or why it cannot be read."""
    try:
        return ArchiveEntry(file, read_file(file, LARGEST_RECORD))
    except PlaceError as error:
        return ArchiveEntry(file, fault=str(error).removeprefix(f"{file}: "))


# --- lines


class LinesArchive:
    """One study a line.

    The lines are sent to the workers: a packed file cannot be entered in the middle.
    """

    count: int | None = None

    def __init__(self, place: str, records_per_part: int) -> None:
        self._place = place
        self._records_per_part = records_per_part
        with open_binary(place) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - (1 << 16)))
            end = file.read()
            file.seek(0)
            start = file.read(1 << 16)
        self.name = f"lines:{content_name((str(size), start.hex(), end.hex()))}"

    def parts(self, wanted_ids: frozenset[str] | None = None) -> Iterator["LinesPart"]:
        lines = (
            (number, line)
            for number, line in numbered_lines(self._place)
            if wanted_ids is None or nct_id_in_bytes(line) in wanted_ids
        )
        for number, chunk in enumerate(_chunks(lines, self._records_per_part)):
            yield LinesPart(number, self._place, tuple(chunk))


@dataclass(frozen=True)
class LinesPart:
    """Some lines, each with its number in the file."""

    number: int
    place: str
    lines: tuple[tuple[int, bytes], ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return tuple(nct_id for _, line in self.lines if (nct_id := nct_id_in_bytes(line)))

    def read(self) -> Iterator[ArchiveEntry]:
        for number, line in self.lines:
            yield ArchiveEntry(f"{self.place}, line {number}", line)


def numbered_lines(place: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold anything, numbered from 1, unpacked where its name ends in
    `.gz`.

    Raises ArchiveError, which names the file, where it was cut off.
    """
    with open_binary(place) as file:
        try:
            lines = lines_of(file, LARGEST_RECORD, packed=place.endswith(".gz"))
            for number, line in enumerate(lines, 1):
                if content := line.strip():
                    yield number, content
        except TooLargeToUnpack as error:
            raise ArchiveError(f"{place}: {error}; no record is as large") from error
        except (EOFError, OSError, zlib.error) as error:
            raise ArchiveError(
                f"{place}: cut off or damaged ({error}); what was read is kept, download it again"
            ) from error


# --- what they share


def id_in_name(name: str) -> str | None:
    """The NCT id that is the name of a file: `00/NCT00000102.json` → `NCT00000102`."""
    found = _ID_IN_NAME.search(name)
    return found[1] if found else None


def ids_in_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(nct_id for name in names if (nct_id := id_in_name(name)))


def content_name(words: Iterable[str]) -> str:
    """A name that is the same for the same *words*."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\n")
    return digest.hexdigest()[:32]


def _chunks(items: Iterable[_Item], size: int) -> Iterator[Sequence[_Item]]:
    waiting = iter(items)
    while chunk := list(islice(waiting, size)):
        yield chunk
