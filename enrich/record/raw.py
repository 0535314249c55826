"""A record as the registry prints it, on a line of its own: kept as it came, and read only where that line is not the one already known.

A line is known by its mark, a digest of its bytes but for the date of the nightly load. The same bytes are the same content, so
a record whose mark is known need not be parsed; another mark may still be the same content, with its keys in another order.
"""

import hashlib
import zlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import orjson

from enrich.models import Study
from enrich.record.children import facts_and_children
from enrich.record.fields import LOAD_DATE, all_ids, digest_of, dump_json, load_day, load_day_of


class LazyRecord(Mapping[str, Any]):
    """A record by its bytes; who looks inside opens it, once."""

    @abstractmethod
    def _open(self) -> dict[str, Any]: ...

    @cached_property
    def _study(self) -> dict[str, Any]:
        return self._open()

    def __getitem__(self, key: str) -> Any:
        return self._study[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._study)

    def __len__(self) -> int:
        return len(self._study)


# Within a text of JSON a quotation mark has a backslash before it, so this meets a key and nothing else.
_KEY = b'"%b":"' % LOAD_DATE[-1].encode()


class PageRecord(LazyRecord):
    """A study with the *line* that printed it and what is made of it: the ids that it answers to, the *day* of its load, its facts and
    lists, its text for the cache, the digest of its content, the mark of its line (None where it has none that is sure).

    All that is made while it is parsed once, and it is parsed again where somebody looks inside. One record after the other, a first
    load of 1,000 trials takes a tenth less time than by pages of parsed ones.

    Raises ValueError where *line* is no JSON, UnexpectedShape where it is no record, or is nested deeper than can be written again.
    """

    def __init__(self, line: bytes, mark: str | None = None) -> None:
        study = _object(line)
        self.line = line
        self.names = all_ids(study)
        self.day = load_day_of(study)
        # What reads like the day must be the day: only where it stands in its place is the rest of the line all there is to know.
        self.mark = mark if self.day and load_day_in_bytes(line) == self.day else None
        self.digest = digest_of(study)
        self.trial, self.lists = facts_and_children(study)
        self.indented = pretty_json(study)

    @property
    def nct_id(self) -> str:
        return self.names[0]

    def _open(self) -> dict[str, Any]:
        return _object(self.line)


def _object(line: bytes) -> dict[str, Any]:
    told = orjson.loads(line)
    return told if isinstance(told, dict) else {}


def pretty_json(study: Study) -> bytes:
    """*study* as JSON for people and for git, as a member of an object; UnexpectedShape where it is nested deeper than can be written."""
    within = {"": study if isinstance(study, dict) else dict(study)}
    return dump_json(within, study, orjson.OPT_INDENT_2)[_BEFORE:_BEHIND]


_BEFORE, _BEHIND = len(b'{\n  "": '), -len(b"\n}")


# A line that is a text of its own.
WHOLE = slice(None)


def line_digest(text: bytes | bytearray, line: slice = WHOLE) -> str | None:
    """The mark of a record's *line* in *text*; None where the date of the load is not on it, or something like it more than once."""
    begin, end = _dated(text, line)
    at, stop, _ = line.indices(len(text))
    if begin < 0 or text.find(_KEY, at, stop) != begin - len(_KEY):
        return None
    # Nothing is copied: of a page that reads as before every byte is looked at, and none is kept.
    seen = memoryview(text)
    digest = hashlib.sha256(seen[at:begin])
    digest.update(
        seen[end:stop]
    )  # begins with a quotation mark, before which nothing but the date was left out
    return digest.hexdigest()


def load_day_in_bytes(text: bytes | bytearray, line: slice = WHOLE) -> str | None:
    """The day of the load that is printed on a record's line, unread; None where there is none that is a day."""
    begin, end = _dated(text, line)
    return load_day(text[begin:end].decode("utf-8", "replace")) if begin >= 0 else None


def _dated(text: bytes | bytearray, line: slice) -> tuple[int, int]:
    """Where the date begins and ends; (-1, -1) where there is none. It stands near the end of a record."""
    start, stop, _ = line.indices(len(text))
    at = text.rfind(_KEY, start, stop)
    begin = at + len(_KEY)
    end = text.find(b'"', begin, stop)
    return (begin, end) if at >= 0 and end >= 0 else (-1, -1)


class DeflatedRecord(LazyRecord):
    """A study as the archive packs it (raw deflate): unpacked when somebody looks inside, sent and stored as it is."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def _open(self) -> dict[str, Any]:
        study: dict[str, Any] = orjson.loads(zlib.decompress(self.packed, -zlib.MAX_WBITS))
        return study

    def __reduce__(self) -> tuple[type["DeflatedRecord"], tuple[bytes]]:
        return DeflatedRecord, (self.packed,)


def pack(record: bytes) -> bytes:
    """*record* packed as the registry's zip would. Level 1: a seventh larger than level 6, at twice the speed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(record) + packer.flush()
