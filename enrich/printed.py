"""A record as the registry prints it, on a line of its own: kept as it came, and read only where that line is not the one already known.

A line is known by its mark, a digest of its bytes but for the date of the nightly load. The same bytes are the same content, so
a record whose mark is known need not be parsed; another mark may still be the same content, with its keys in another order.
"""

import hashlib
import re
from typing import Any

import orjson

from enrich.fields import LOAD_DATE, digest_of, reach

# Within a text of JSON a quotation mark has a backslash before it, so this meets a key and nothing else.
_DATED = re.compile(rb'"%b":"([^"\\]*)"' % LOAD_DATE[-1].encode())


class Printed(dict[str, Any]):
    """A study with the *line* that printed it, the digest of its content, and the mark of the line (None where it has none that is sure).

    Raises ValueError where *line* is no JSON, UnexpectedShape where it is no object, or is nested deeper than can be written again.
    """

    def __init__(self, line: bytes, mark: str | None = None) -> None:
        super().__init__(_object(line))
        self.line = line
        self.digest = digest_of(self)
        self.mark = mark if mark and reach(self, LOAD_DATE) == load_date_on(line) else None


def _object(line: bytes) -> dict[str, Any]:
    told = orjson.loads(line)
    return told if isinstance(told, dict) else {}


def mark_of(line: bytes) -> str | None:
    """The mark of a record's line; None where the date of the load is not on it, or something like it more than once."""
    parts = _DATED.split(line)
    if len(parts) != 3:
        return None
    digest = hashlib.sha256(parts[0])
    digest.update(b"\n")  # which stands in no line
    digest.update(parts[2])
    return digest.hexdigest()


def load_date_on(line: bytes) -> str | None:
    """The date of the load that is printed on a record's line, unread."""
    found = _DATED.search(line)
    return found[1].decode("utf-8", "replace") if found else None
