"""Bytes of an answer → the records in it. Pure: the registry's client asks, this reads.

The registry prints one study per line (its OpenAPI description, and every answer seen). So each
record keeps the bytes it came in, and one that reads as it did the last time is not parsed again. A
page that is laid out otherwise is parsed as a whole.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from enrich.errors import UnexpectedShape
from enrich.record.raw import WHOLE_TEXT, PageRecord, check_size, line_digest, load_day_in_bytes

# A text, and where in it the line of a record stands.
_Line = tuple[bytes | bytearray, slice]


@dataclass(frozen=True)
class Page:
    """Records of one answer, each once; *load* is the name the answer carried, None if it carried
    none.

    *unchanged* are the ids of records printed to the letter as they are known, with the day of the
    load that printed them; *contradicted* are the ids of records printed with two contents: neither
    is believed. *faults* says what could not be read; *token* leads to the next page.
    """

    studies: tuple[PageRecord, ...]
    load: str | None = None
    faults: tuple[str, ...] = ()
    unchanged: Mapping[str, str | None] = field(default_factory=dict)
    token: str | None = None
    contradicted: frozenset[str] = frozenset()

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of every record on this page."""
        return (*(study.nct_id for study in self.studies), *self.unchanged)

    @property
    def days(self) -> tuple[str | None, ...]:
        """The day of the load that printed each record, None where a record does not show it."""
        return (*(study.load_day for study in self.studies), *self.unchanged.values())

    def followed_by(self, page: "Page") -> "Page":
        """This page and the next one of the same answer as one page."""
        return replace(
            _without_doubles(
                (*self.studies, *page.studies),
                {**page.unchanged, **self.unchanged},
                self.contradicted | page.contradicted,
            ),
            load=self.load,
            faults=(*self.faults, *page.faults),
            token=page.token,
        )


def parse_json(body: bytes | bytearray) -> Any:
    """JSON of any kind; ValueError where it is none, or is nested beyond measure.

    UnexpectedShape where it is larger than a record: in memory it takes twenty times as much.
    """
    check_size(body)
    try:
        return orjson.loads(body)
    except ValueError:
        return orjson.loads(_replace_lone_surrogates(body))


def read_record(body: bytes | bytearray) -> PageRecord | None:
    """The record that is a whole answer; None where it is not an object.

    Raises ValueError where it is not JSON, UnexpectedShape where it cannot be kept.
    """
    line = bytes(body)
    if line.startswith(b"{"):
        with suppress(ValueError):
            return PageRecord(line, line_digest(line))
    study = parse_json(body)
    return PageRecord(_dump(study)) if isinstance(study, dict) else None


def _dump(study: Any) -> bytes:
    """A line for a record that did not come on one; UnexpectedShape where it is nested too deep to
    be written.
    """
    try:
        return orjson.dumps(study)
    except orjson.JSONEncodeError as error:
        raise UnexpectedShape(f"a record cannot be kept: {error}") from error


def read_page(body: bytes | bytearray, digests: Mapping[str, str]) -> Page | None:
    """The records of a page; None where it is not of the shape of a page.

    *digests* leads from line digests to the ids of their records. Raises ValueError where the body
    is not JSON.
    """
    split = _split_lines(body)
    if split:
        envelope, lines = split
        with suppress(ValueError):  # not one study per line after all, or not JSON at all
            return _page(envelope, ((body, line) for line in lines), digests)
    return _parse_whole(parse_json(body))


def salvage_page(body: bytes | bytearray, digests: Mapping[str, str]) -> Page | None:
    """The readable records of a page that as a whole is not JSON; None where it was cut off, or is
    no page.

    The line that closes it must be whole: it alone says whether another page follows, and that
    nothing was cut off.
    """
    envelope, lines = _split_lines(body) or (None, [])
    repaired = [_repair(bytes(body[line])) for line in lines]
    sound = [line for line in repaired if line is not None]
    page = _page(envelope, ((line, WHOLE_TEXT) for line in sound), digests)
    lost = (
        f"{len(lines) - len(sound)} of {len(lines)} lines of an answer cannot be read: "
        "it is cut short or is not JSON"
    )
    return replace(page, faults=(lost, *page.faults)) if page else None


def _split_lines(body: bytes | bytearray) -> tuple[Any, list[slice]] | None:
    """What stands around the studies of a page, and where the line of each stands.

    None where the page is not laid out with one study per line.
    """
    first, last = body.find(b"\n"), body.rfind(b"\n")
    try:
        envelope = parse_json(body[:first] + body[last:]) if first < last else None
    except (ValueError, UnexpectedShape):
        return None
    is_page = isinstance(envelope, dict) and envelope.get("studies") == []
    return (envelope, [*_lines(body, first + 1, last)]) if is_page else None


def _lines(body: bytes | bytearray, start: int, end: int) -> Iterator[slice]:
    """Where each line stands that is not empty, without the comma behind it."""
    while start < end:
        line_break = body.find(b"\n", start, end)
        stop = end if line_break < 0 else line_break
        if start < stop:
            yield slice(start, stop - body.endswith(b",", start, stop))
        start = stop + 1


def _repair(line: bytes) -> bytes | None:
    """*line* as it can be read, lone surrogates replaced; None where it is not a record."""
    try:
        return line if isinstance(orjson.loads(line), dict) else None
    except ValueError:
        pass
    try:
        return _dump(orjson.loads(_replace_lone_surrogates(line)))
    except (ValueError, RecursionError, UnexpectedShape):
        return None


def _parse_whole(body: Any) -> Page | None:
    studies = body.get("studies") if isinstance(body, dict) else None
    if not isinstance(studies, list):
        return None
    lines: list[bytes] = []
    faults: list[str] = []
    for study in studies:
        try:
            lines.append(_dump(study))
        except UnexpectedShape as error:
            faults.append(str(error))
    page = _page(body, ((line, WHOLE_TEXT) for line in lines), {})
    return replace(page, faults=(*faults, *page.faults)) if page else None


def _page(envelope: Any, lines: Iterable[_Line], digests: Mapping[str, str]) -> Page | None:
    """The records of *lines*; None where *envelope* is not one of a page, ValueError where a line
    is not JSON.
    """
    token = envelope.get("nextPageToken") if isinstance(envelope, dict) else 0
    if not isinstance(token, str | None):
        return None
    studies: list[PageRecord] = []
    unchanged: dict[str, str | None] = {}
    faults: list[str] = []
    for text, line in lines:
        digest = line_digest(text, line)
        if digest is not None and digest in digests:
            unchanged.setdefault(digests[digest], load_day_in_bytes(text, line))
            continue
        try:
            studies.append(PageRecord(bytes(memoryview(text)[line]), digest))
        except UnexpectedShape as error:
            faults.append(str(error))
    return replace(_without_doubles(studies, unchanged), faults=tuple(faults), token=token)


def _without_doubles(
    studies: Iterable[PageRecord],
    unchanged: Mapping[str, str | None],
    contradicted: frozenset[str] = frozenset(),
) -> Page:
    """A page with each record once, and none of those that came with two contents.

    A record that is in *studies* does not read as it is known, so one that is in *unchanged*, too,
    has two contents.
    """
    once: dict[str, PageRecord] = {}
    doubtful = {*contradicted}
    for study in studies:
        first = once.setdefault(study.nct_id, study)
        if study.digest != first.digest or study.nct_id in unchanged:
            doubtful.add(study.nct_id)
    return Page(
        tuple(study for nct_id, study in once.items() if nct_id not in doubtful),
        unchanged={nct_id: day for nct_id, day in unchanged.items() if nct_id not in doubtful},
        contradicted=frozenset(doubtful),
    )


def _replace_lone_surrogates(body: bytes | bytearray) -> bytes | bytearray | str:
    """*body* with lone surrogates (half characters, which no text may hold) replaced: one of them
    sinks no page.
    """
    if not re.search(rb"\\u[dD][89a-fA-F]", body):
        return body
    text = json.dumps(json.loads(body), ensure_ascii=False)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
