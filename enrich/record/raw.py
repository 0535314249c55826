"""A record as the bytes in which it came: kept as they are, and parsed only where somebody looks
inside.

A line of an answer is known by a digest of its bytes without the day of the nightly load. The same
bytes are the same content, so a record whose line digest is known need not be parsed. Another
digest may still be the same content, with its keys in another order: `identity.digest_of` decides.
"""

import hashlib
import zlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import orjson

from enrich.bounds import LARGEST_RECORD, inflate
from enrich.errors import UnexpectedShape
from enrich.models import Study
from enrich.record.children import facts_and_children
from enrich.record.identity import (
    LOAD_DAY,
    all_ids,
    digest_of,
    dump_json,
    load_day_of,
    parse_load_day,
)
from enrich.record.paths import split_path


class LazyRecord(Mapping[str, Any]):
    """A record by its bytes, which are parsed once, where somebody looks inside."""

    @abstractmethod
    def _parse(self) -> dict[str, Any]: ...

    @cached_property
    def _study(self) -> dict[str, Any]:
        return self._parse()

    def __getitem__(self, key: str) -> Any:
        return self._study[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._study)

    def __len__(self) -> int:
        return len(self._study)


class PageRecord(LazyRecord):
    """A record that the registry printed as *line*, with all that is derived from it.

    *ids* are its id and its obsolete ones, *load_day* the day of the load that printed it (ISO
    text, None where it names none), *digest* that of its content, *trial* and *children* its facts
    and child rows, *pretty* its text for the cache. *line_digest* is the digest of its line; None
    where the line leaves in doubt which part of it is the day.

    All is derived at once and the parsed record let go, so that a page of a hundred records takes
    little memory; it is parsed again where somebody looks inside. (A first load of 1,000 trials
    takes a tenth less time than with pages of parsed records.)

    Raises ValueError where *line* is not JSON, UnexpectedShape where it is not a record or is
    nested deeper than can be written again.
    """

    def __init__(self, line: bytes, line_digest: str | None = None) -> None:
        study = _parse_object(line)
        self.line = line
        self.ids = all_ids(study)
        self.load_day = load_day_of(study)
        # The digest is trusted only if what was taken for the day in the bytes is the day.
        is_sure = self.load_day and load_day_in_bytes(line) == self.load_day
        self.line_digest = line_digest if is_sure else None
        self.digest = digest_of(study)
        self.trial, self.children = facts_and_children(study)
        self.pretty = pretty_json(study)

    @property
    def nct_id(self) -> str:
        """The id under which the registry keeps the record."""
        return self.ids[0]

    def _parse(self) -> dict[str, Any]:
        return _parse_object(self.line)


class DeflatedRecord(LazyRecord):
    """A record as a bulk download packs it (raw deflate), sent to workers and stored as it is."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def _parse(self) -> dict[str, Any]:
        return _parse_object(inflate(self.packed, LARGEST_RECORD))

    def __reduce__(self) -> tuple[type["DeflatedRecord"], tuple[bytes]]:
        return DeflatedRecord, (self.packed,)


def deflate(record: bytes) -> bytes:
    """*record* packed as a DeflatedRecord holds it.

    Level 1: the result is a seventh larger than that of level 6, which a bulk download has, and
    takes half the time.
    """
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(record) + packer.flush()


def _parse_object(text: bytes) -> dict[str, Any]:
    check_size(text)
    body = orjson.loads(text)
    return body if isinstance(body, dict) else {}


def check_size(text: bytes | bytearray) -> None:
    """Raises UnexpectedShape for the text of a record that is larger than any of the registry."""
    if len(text) > LARGEST_RECORD:
        raise UnexpectedShape(f"a record of more than {LARGEST_RECORD / 1e6:,.0f} MB")


def pretty_json(study: Study) -> bytes:
    """*study* as JSON for people and for git, indented as a member of an object.

    Raises UnexpectedShape where it is nested deeper than can be written.
    """
    within = {"": study if isinstance(study, dict) else dict(study)}
    return dump_json(within, study, orjson.OPT_INDENT_2)[_BEFORE:_BEHIND]


_BEFORE, _BEHIND = len(b'{\n  "": '), -len(b"\n}")


# --- a line of an answer, unparsed

# Within a text of JSON a quotation mark has a backslash before it, so this is a key and nothing
# else.
_LOAD_DAY_KEY = b'"%b":"' % split_path(LOAD_DAY)[-1].encode()

# The line of a record that is a text of its own.
WHOLE_TEXT = slice(None)


def line_digest(text: bytes | bytearray, line: slice = WHOLE_TEXT) -> str | None:
    """The digest of the record in the part *line* of *text*, without the day of its load.

    None where there is no such day, or more than one place that could be it.
    """
    begin, end = _find_load_day(text, line)
    start, stop, _ = line.indices(len(text))
    if begin < 0 or text.find(_LOAD_DAY_KEY, start, stop) != begin - len(_LOAD_DAY_KEY):
        return None
    # Nothing is copied: of a page that reads as before every byte is looked at, and none is kept.
    view = memoryview(text)
    digest = hashlib.sha256(view[start:begin])
    # What follows begins with the quotation mark behind the day, so only a day can be left out.
    digest.update(view[end:stop])
    return digest.hexdigest()


def load_day_in_bytes(text: bytes | bytearray, line: slice = WHOLE_TEXT) -> str | None:
    """The day of the load in the part *line* of *text*, which is not parsed;
    None if there is none.
    """
    begin, end = _find_load_day(text, line)
    return parse_load_day(text[begin:end].decode("utf-8", "replace")) if begin >= 0 else None


def _find_load_day(text: bytes | bytearray, line: slice) -> tuple[int, int]:
    """Where the day begins and ends, (-1, -1) if there is none.

    It stands near the end of a record.
    """
    start, stop, _ = line.indices(len(text))
    at = text.rfind(_LOAD_DAY_KEY, start, stop)
    begin = at + len(_LOAD_DAY_KEY)
    end = text.find(b'"', begin, stop)
    return (begin, end) if at >= 0 and end >= 0 else (-1, -1)
