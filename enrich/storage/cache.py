"""The last good raw record of each trial, one file each, so that the folder can live in git and a lost database be rebuilt."""

import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from enrich.atomic import write_atomic_creating_folder
from enrich.errors import CacheError, EnrichError
from enrich.models import FetchedRecord, Problem, ProblemKind
from enrich.record.identity import digest_of, nct_id_of
from enrich.record.raw import PageRecord, pretty_json

# An envelope begins with the time of retrieval, and ends with a checksum of all that stands before it.
_HEAD = 64
_CHECKSUM = re.compile(rb',\n  "crc32": "([0-9a-f]{8})"\n}\n\Z')


class Cache:
    """A folder of copies; it is made when the first copy is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, nct_id: str) -> FetchedRecord | None:
        """The copy of *nct_id*, None if there is none; CacheError names a file that cannot be read."""
        path = self._path(nct_id)
        try:
            content = path.read_bytes()
            told = orjson.loads(content)
            _must_be_as_written(content)
            return _copy(nct_id, told)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError, EnrichError) as error:
            raise CacheError(
                f"{path}: not a usable copy ({error}); delete it, and the next run fetches it anew"
            ) from error

    def copies(self, nct_ids: Iterable[str]) -> tuple[list[FetchedRecord], list[Problem]]:
        """The copies there are of these ids, and a problem for each file that cannot be read."""
        copies: list[FetchedRecord] = []
        problems: list[Problem] = []
        for nct_id in self._there(nct_ids):
            try:
                copy = self.read(nct_id)
            except CacheError as error:
                problems.append(Problem(ProblemKind.CACHE, str(error), nct_id))
                continue
            if copy:
                copies.append(copy)
        return copies, problems

    def holds(self, nct_id: str, retrieved_at: str) -> bool:
        """Whether the file of this record is there, as it was written, and of this retrieval; nothing is parsed for that."""
        try:
            content = self._path(nct_id).read_bytes()
            _must_be_as_written(content)
            return f'"{retrieved_at}"'.encode() in content[:_HEAD] and content.endswith(b"}\n")
        except (OSError, ValueError):
            return False

    def keep(self, copy: FetchedRecord) -> None:
        """Writes *copy* in the place of the old one; CacheError names a file that cannot be written."""
        write_atomic_creating_folder(self._path(copy.nct_id), _envelope(copy), CacheError)

    def _there(self, nct_ids: Iterable[str]) -> Iterable[str]:
        """Those of which there is a file: seen at once, as most are missing where the database is new."""
        try:
            names = {path.name for path in self.folder.iterdir()}
        except OSError:  # who reads each will say what is wrong
            return nct_ids
        return [nct_id for nct_id in nct_ids if self._path(nct_id).name in names]

    def _path(self, nct_id: str) -> Path:
        return self.folder / f"{nct_id}.json"


def _must_be_as_written(content: bytes) -> None:
    """ValueError where a byte changed since: a digit that rotted would be a wrong verdict. A copy made by hand needs no checksum."""
    if content.endswith(b"\r\n"):  # as git may check it out
        content = content.replace(b"\r\n", b"\n")
    found = _CHECKSUM.search(content, len(content) - 32)
    if found and _checksum(memoryview(content)[: found.start()]) != found[1]:
        raise ValueError("it is not as it was written")


def _checksum(*parts: bytes | memoryview) -> bytes:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return b"%08x" % checksum


def _copy(nct_id: str, told: Any) -> FetchedRecord:
    study = told["study"]
    if nct_id_of(study) != nct_id:
        raise ValueError(f"it holds {nct_id_of(study)}")
    return FetchedRecord(
        nct_id,
        study,
        digest_of(study),
        str(told["retrieved_at"]),
        str(told["source"]),
        told.get("data_timestamp"),
        complete=told.get("complete") is not False,
    )


def _envelope(copy: FetchedRecord) -> bytes:
    told = {
        "retrieved_at": copy.retrieved_at,
        "data_timestamp": copy.data_timestamp,
        "source": copy.source,
        "complete": copy.complete,
    }
    head = orjson.dumps(told, option=orjson.OPT_INDENT_2).removesuffix(b"\n}") + b',\n  "study": '
    study = copy.study.pretty if isinstance(copy.study, PageRecord) else pretty_json(copy.study)
    return b"".join((head, study, b',\n  "crc32": "', _checksum(head, study), b'"\n}\n'))
