"""Reads the registry's own bulk download: a zip of one JSON file a study, the same unpacked into a folder, or one study a line.

The directory of a zip is read as a stream: `zipfile` builds an object for each of 600,000 entries, which takes 6 seconds and 380 MB.
What an entry holds is copied as the zip packs it; only who looks inside unpacks it.
"""

import gzip
import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol, TypeVar, cast

from enrich.bulk.remote import PlaceError, filesystem_of, in_one_line, opened_afar
from enrich.bulk.tasks import Record
from enrich.errors import EnrichError
from enrich.record.raw import pack

_Thing = TypeVar("_Thing")

PART = 300
_ID_IN_A_NAME = re.compile(r"(NCT\d{8})\.json\Z")
_ID_IN_A_RECORD = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')


class ArchiveError(EnrichError):
    """A bulk download cannot be used; the message names the file."""


class Part(Protocol):
    """A few hundred records of an archive, by number: small enough to be sent to another process, which then reads them itself."""

    @property
    def number(self) -> int: ...

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """The ids that the names of the records tell."""
        ...

    def read(self) -> Iterator[Record]: ...


class Archive(Protocol):
    """*name* is the same for the same content; *count* the number of records, None where only reading to the end would tell."""

    @property
    def name(self) -> str: ...

    @property
    def count(self) -> int | None: ...

    def parts(self, wanted: frozenset[str] | None = None) -> Iterator[Part]:
        """The records in parts, always cut in the same way; only those *wanted*, where ids are given and the archive can tell."""
        ...


def open_archive(place: str) -> Archive:
    """The archive at *place*: a zip, a folder, or lines of JSON (`.ndjson`, `.jsonl`, also `.gz`); a path, or with `[cluster]` any URL that fsspec reads.

    Raises ArchiveError for what is none of these, and for a zip that was cut off: nothing of it is taken.
    """
    if place.lower().endswith(".zip"):
        return ZipArchive(place)
    if re.search(r"\.(ndjson|jsonl|json)(\.gz)?\Z", place, re.I):
        return LinesArchive(place)
    if is_folder(place):
        return FolderArchive(place)
    raise ArchiveError(f"{place}: {_why_not(place)}")


def _why_not(place: str) -> str:
    missing = "://" not in place and not Path(place).exists()
    return (
        "no such file"
        if missing
        else "neither a folder nor a file called .zip, .ndjson or .ndjson.gz"
    )


# --- a zip


@dataclass(frozen=True)
class Entry:
    """Where a study lies in a zip."""

    name: str
    offset: int
    packed_size: int
    size: int
    crc: int
    method: int

    @property
    def nct_id(self) -> str | None:
        found = _ID_IN_A_NAME.search(self.name)
        return found[1] if found else None


_END, _END64_AT, _END64, _CENTRAL, _LOCAL = b"PK\5\6", b"PK\6\7", b"PK\6\6", b"PK\1\2", b"PK\3\4"
_CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_STORED, _DEFLATED = 0, 8
_LONGEST_COMMENT = 0xFFFF
# Local headers may be longer than the directory says: their extra fields differ.
_SLACK = 4096


class ZipArchive:
    """A zip of studies, checked to be whole when it is opened. Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 to 4.3.16."""

    def __init__(self, place: str) -> None:
        self._place = place
        with opened(place) as file:
            self._at, self._size, self.count = _directory(file, place)
            self.name = f"zip:{_digest_at(file, self._at, self._size)}"

    def parts(self, wanted: frozenset[str] | None = None) -> Iterator["ZipPart"]:
        entries = (
            entry
            for entry in self.entries()
            if entry.nct_id and (wanted is None or entry.nct_id in wanted)
        )
        for number, chunk in enumerate(_chunks(entries, PART)):
            yield ZipPart(number, self._place, tuple(chunk))

    def entries(self) -> Iterator[Entry]:
        """What the zip holds, in the order of its directory."""
        with opened(self._place) as file:
            file.seek(self._at)
            for _ in range(self.count):
                yield _entry(file, self._place)


@dataclass(frozen=True)
class ZipPart:
    """Some entries of a zip, read in one sweep where they lie side by side."""

    number: int
    place: str
    entries: tuple[Entry, ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return tuple(entry.nct_id for entry in self.entries if entry.nct_id)

    def read(self) -> Iterator[Record]:
        with opened(self.place) as file:
            for entry in self.entries:
                yield _record(entry, _packed(file, entry))


def _directory(file: BinaryIO, place: str) -> tuple[int, int, int]:
    """Where the directory of a zip begins, its size, and its number of entries; ArchiveError where the file has no whole one."""
    end = file.seek(0, 2)
    tail_at = max(0, end - _LONGEST_COMMENT - 22 - 20)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(_END)
    if found < 0 or len(tail) < found + 22:
        raise ArchiveError(
            f"{place}: the zip's directory is missing at its end, so the download was cut off; nothing was taken, download it again"
        )
    count, size, at = struct.unpack_from("<10xHII", tail, found)
    if count == 0xFFFF or 0xFFFFFFFF in (size, at):
        count, size, at = _directory64(file, tail, found, place)
    if at + size > tail_at + found:
        raise ArchiveError(
            f"{place}: the zip's directory points beyond its end; nothing was taken, download it again"
        )
    return at, size, count


def _directory64(file: BinaryIO, tail: bytes, found: int, place: str) -> tuple[int, int, int]:
    """Number of entries, size and place of the directory, of a zip of more than 65,535 entries or 4 GB."""
    if found < 20 or tail[found - 20 : found - 16] != _END64_AT:
        return struct.unpack_from("<10xHII", tail, found)
    (at,) = struct.unpack_from("<8xQ", tail, found - 20)
    file.seek(at)
    end = file.read(56)
    if len(end) < 56 or end[:4] != _END64:
        raise ArchiveError(
            f"{place}: the zip's directory cannot be found; nothing was taken, download it again"
        )
    count, size, directory_at = struct.unpack_from("<32xQQQ", end)
    return count, size, directory_at


def _entry(file: BinaryIO, place: str) -> Entry:
    header = file.read(_CENTRAL_HEADER.size)
    if len(header) < _CENTRAL_HEADER.size or header[:4] != _CENTRAL:
        raise ArchiveError(f"{place}: the zip's directory is damaged; download it again")
    told = _CENTRAL_HEADER.unpack(header)
    method, crc, packed_size, size, offset = told[4], told[7], told[8], told[9], told[16]
    name_size, extra_size, comment_size = told[10:13]
    variable = file.read(name_size + extra_size + comment_size)
    wide = _wide(variable[name_size : name_size + extra_size], (size, packed_size, offset))
    return Entry(
        variable[:name_size].decode("utf-8", "replace"), wide[2], wide[1], wide[0], crc, method
    )


def _wide(extra: bytes, narrow: tuple[int, int, int]) -> tuple[int, int, int]:
    """Sizes and offset, those that do not fit 32 bits from the zip64 field (id 1), which has them in this order."""
    if 0xFFFFFFFF not in narrow:
        return narrow
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            numbers = iter(struct.unpack_from(f"<{size // 8}Q", extra, at + 4))
            return cast(
                tuple[int, int, int],
                tuple(next(numbers, one) if one == 0xFFFFFFFF else one for one in narrow),
            )
        at += 4 + size
    return narrow


def _packed(file: BinaryIO, entry: Entry) -> bytes | None:
    """The packed bytes of an entry, None where the zip has something else in its place."""
    file.seek(entry.offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != _LOCAL:
        return None
    name_size, extra_size = _LOCAL_HEADER.unpack(header)[9:]
    file.seek(name_size + extra_size, 1)
    return file.read(entry.packed_size)


def _record(entry: Entry, packed: bytes | None) -> Record:
    if packed is None or entry.method not in (_STORED, _DEFLATED):
        return Record(entry.name, fault="cannot be unpacked")
    try:
        raw = (
            packed
            if entry.method == _STORED
            else zlib.decompress(packed, -zlib.MAX_WBITS, entry.size)
        )
    except zlib.error:
        return Record(entry.name, fault="is damaged")
    if zlib.crc32(raw) != entry.crc:
        return Record(entry.name, fault="is damaged (its checksum is another)")
    return Record(entry.name, raw, pack(raw) if entry.method == _STORED else packed)


def _digest_at(file: BinaryIO, at: int, size: int) -> str:
    """A name for what a zip holds: its directory has the checksum of each entry."""
    file.seek(at)
    digest = hashlib.sha256()
    for piece in iter(lambda: file.read(min(1 << 20, size - (file.tell() - at))), b""):
        digest.update(piece)
    return digest.hexdigest()[:32]


# --- a folder


class FolderArchive:
    """A folder or bucket of `NCT….json` files, at any depth."""

    def __init__(self, place: str) -> None:
        told = sorted(_files_afar(place) if "://" in place else _files_near(place))
        if not told:
            raise ArchiveError(f"{place}: no file called NCT….json in this folder")
        self._files = [path for path, _ in told]
        self.count: int | None = len(told)
        self.name = "folder:" + content_name(
            f"{PurePosixPath(path).name} {state}" for path, state in told
        )

    def parts(self, wanted: frozenset[str] | None = None) -> Iterator["FolderPart"]:
        files = (
            path for path in self._files if wanted is None or PurePosixPath(path).stem in wanted
        )
        for number, chunk in enumerate(_chunks(files, PART)):
            yield FolderPart(number, tuple(chunk))


def _files_near(place: str) -> Iterator[tuple[str, str]]:
    """Each record's file, and in what state it is: a word that is another one when its content changes."""
    for path in Path(place).rglob("NCT*.json"):
        if _ID_IN_A_NAME.search(path.name):
            told = path.stat()
            yield str(path), f"{told.st_size} {told.st_mtime_ns}"


def _files_afar(place: str) -> Iterator[tuple[str, str]]:
    filesystem, root = filesystem_of(place)
    with in_one_line(place):
        found = filesystem.find(root, detail=True)
    for path, told in found.items():
        if _ID_IN_A_NAME.search(path):
            yield filesystem.unstrip_protocol(path), f"{told.get('size')} {changed(told)}"


@dataclass(frozen=True)
class FolderPart:
    """Some files of a folder."""

    number: int
    files: tuple[str, ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return tuple(PurePosixPath(file).stem for file in self.files)

    def read(self) -> Iterator[Record]:
        for file in self.files:
            record = record_in(file)
            yield record if record.fault else replace(record, packed=pack(record.raw))


# --- lines


class LinesArchive:
    """One study a line; what is read here is sent on, as a packed file cannot be entered in the middle."""

    count: int | None = None

    def __init__(self, place: str) -> None:
        self._place = place
        with opened(place) as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - (1 << 16)))
            end = file.read()
            file.seek(0)
            self.name = f"lines:{content_name((str(size), file.read(1 << 16).hex(), end.hex()))}"

    def parts(self, wanted: frozenset[str] | None = None) -> Iterator["LinesPart"]:
        numbered = enumerate(lines_of(self._place), 1)
        lines = (
            (at, line)
            for at, line in numbered
            if line.strip() and (wanted is None or id_in(line) in wanted)
        )
        for number, chunk in enumerate(_chunks(lines, PART)):
            yield LinesPart(number, self._place, tuple(chunk))


@dataclass(frozen=True)
class LinesPart:
    """Some lines, each with its number in the file."""

    number: int
    place: str
    lines: tuple[tuple[int, bytes], ...]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return tuple(nct_id for _, line in self.lines if (nct_id := id_in(line)))

    def read(self) -> Iterator[Record]:
        for at, line in self.lines:
            yield Record(f"line {at}", line.strip(), pack(line.strip()))


def lines_of(place: str) -> Iterator[bytes]:
    """The lines of a file, unpacked where its name ends in `.gz`; ArchiveError names one that was cut off."""
    with opened(place) as file:
        try:
            yield from gzip.GzipFile(fileobj=file) if place.endswith(".gz") else file
        except (EOFError, OSError, zlib.error) as error:
            raise ArchiveError(
                f"{place}: cut off or damaged ({error}); what was read is kept, download it again"
            ) from error


def id_in(line: bytes) -> str | None:
    """The NCT id that a line of JSON names first: its own."""
    found = _ID_IN_A_RECORD.search(line)
    return found[1].decode() if found else None


# --- what they share


def opened(place: str) -> AbstractContextManager[BinaryIO]:
    """A file open for reading; ArchiveError names one that cannot be opened."""
    if "://" in place:
        return opened_afar(place)
    try:
        return Path(place).open("rb")
    except OSError as error:
        raise ArchiveError(f"{place}: {error.strerror}") from error


def record_in(place: str) -> Record:
    """The record that is a whole file, or why it cannot be read."""
    try:
        with (
            in_one_line(place),
            opened_afar(place) if "://" in place else Path(place).open("rb") as file,
        ):
            return Record(place, file.read())
    except PlaceError as error:
        return Record(place, fault=str(error).removeprefix(f"{place}: "))


def is_folder(place: str) -> bool:
    """Whether *place* is a folder, here or where fsspec reads."""
    if "://" not in place:
        return Path(place).is_dir()
    filesystem, root = filesystem_of(place)
    with in_one_line(place):
        return bool(filesystem.isdir(root))


def changed(told: Mapping[str, Any]) -> str:
    """What a file system tells of when, or with which content, a file was last written; each has its own word for it."""
    return next(
        (
            str(told[key])
            for key in ("ETag", "etag", "mtime", "LastModified", "created")
            if told.get(key)
        ),
        "",
    )


def content_name(words: Iterable[str]) -> str:
    """A name that is the same for the same *words*."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\n")
    return digest.hexdigest()[:32]


def _chunks(of: Iterable[_Thing], size: int) -> Iterator[Sequence[_Thing]]:
    waiting = iter(of)
    while chunk := list(islice(waiting, size)):
        yield chunk
