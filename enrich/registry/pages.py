"""Bytes of an answer → the records in it. Pure: the registry's client asks, this reads.

The registry lays a page out with one study a line (its OpenAPI description, and the same in every answer seen). So each record keeps
the bytes it came in, and one that reads as it did the last time is not parsed again. A page laid out otherwise is read as a whole.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from enrich.errors import UnexpectedShape
from enrich.record.raw import WHOLE, PageRecord, day_on, mark_of


@dataclass(frozen=True)
class Page:
    """Records of one answer, each once; *load* is the name the answer carried, None if it carried none.

    *same* are the ids of records that were printed to the letter as they are known, with the day of the load that printed them;
    *token* leads to the next page.
    """

    studies: tuple[PageRecord, ...]
    load: str | None = None
    faults: tuple[str, ...] = ()
    same: Mapping[str, str | None] = field(default_factory=dict)
    token: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (*(study.nct_id for study in self.studies), *self.same)

    @property
    def days(self) -> tuple[str | None, ...]:
        """The days of the load that its records tell."""
        return (*(study.day for study in self.studies), *self.same.values())

    def without(self, seen: Collection[str]) -> "Page":
        """This page without the records of which an earlier one had something."""
        studies = tuple(study for study in self.studies if study.nct_id not in seen)
        return replace(
            self,
            studies=studies,
            same={nct_id: day for nct_id, day in self.same.items() if nct_id not in seen},
        )


def parsed(body: bytes | bytearray) -> Any:
    """JSON of any kind; ValueError where it is none, or is nested beyond measure."""
    try:
        return orjson.loads(body)
    except ValueError:
        return orjson.loads(_without_halves(body))


def read_record(body: bytes | bytearray) -> PageRecord | None:
    """The record that is a whole answer; None where it is no object. Raises ValueError where it is no JSON, UnexpectedShape where it cannot be kept."""
    line = bytes(body)
    if line.startswith(b"{"):
        with suppress(ValueError):
            return PageRecord(line, mark_of(line))
    told = parsed(body)
    return PageRecord(_written(told)) if isinstance(told, dict) else None


def _written(told: Any) -> bytes:
    """A line for what was not read from one of its own; UnexpectedShape where it is nested deeper than can be written."""
    try:
        return orjson.dumps(told)
    except orjson.JSONEncodeError as error:
        raise UnexpectedShape(f"a record cannot be kept: {error}") from error


def read_page(body: bytes | bytearray, known: Mapping[str, str]) -> Page | None:
    """The records of a page; None where it is not of the shape of a page. *known* leads from marks of lines to the ids of their records.

    Raises ValueError where the body is no JSON.
    """
    laid_out = _laid_out(body)
    if laid_out:
        around, lines = laid_out
        with suppress(ValueError):  # not one study a line after all, or no JSON at all
            return _page(around, ((body, line) for line in lines), known)
    return _from_whole(parsed(body))


def read_what_can_be(body: bytes | bytearray, known: Mapping[str, str]) -> Page | None:
    """What can be read of a page that as a whole is no JSON; None where it was cut off, or is no page.

    The line that closes it must be whole: it alone says whether another page follows, and that nothing was cut off.
    """
    around, lines = _laid_out(body) or (None, [])
    sound = [line for line in (_mended(bytes(body[line])) for line in lines) if line is not None]
    page = _page(around, ((line, WHOLE) for line in sound), known)
    lost = f"{len(lines) - len(sound)} of {len(lines)} lines of an answer cannot be read: it is cut short or is not JSON"
    return replace(page, faults=(lost, *page.faults)) if page else None


def _laid_out(body: bytes | bytearray) -> tuple[Any, list[slice]] | None:
    """What stands around the studies of a page, and where the line of each stands; None where that is not how the page is laid out."""
    first, last = body.find(b"\n"), body.rfind(b"\n")
    try:
        around = orjson.loads(body[:first] + body[last:]) if first < last else None
    except ValueError:
        return None
    is_page = isinstance(around, dict) and around.get("studies") == []
    return (around, [*_lines(body, first + 1, last)]) if is_page else None


def _lines(body: bytes | bytearray, at: int, end: int) -> Iterator[slice]:
    """Where each line stands that holds something, without the comma behind it."""
    while at < end:
        found = body.find(b"\n", at, end)
        stop = end if found < 0 else found
        if at < stop:
            yield slice(at, stop - body.endswith(b",", at, stop))
        at = stop + 1


def _mended(line: bytes) -> bytes | None:
    """*line* as it can be read, without half signs; None where it is no record."""
    try:
        return line if isinstance(orjson.loads(line), dict) else None
    except ValueError:
        pass
    try:
        return _written(orjson.loads(_without_halves(line)))
    except (ValueError, RecursionError, UnexpectedShape):
        return None


def _from_whole(told: Any) -> Page | None:
    studies = told.get("studies") if isinstance(told, dict) else None
    if not isinstance(studies, list):
        return None
    lines: list[bytes] = []
    faults: list[str] = []
    for study in studies:
        try:
            lines.append(_written(study))
        except UnexpectedShape as error:
            faults.append(str(error))
    page = _page(told, ((line, WHOLE) for line in lines), {})
    return replace(page, faults=(*faults, *page.faults)) if page else None


def _page(
    around: Any, lines: Iterable[tuple[bytes | bytearray, slice]], known: Mapping[str, str]
) -> Page | None:
    """The records of *lines*, each where it stands in a text; ValueError where one is no JSON."""
    token = around.get("nextPageToken") if isinstance(around, dict) else 0
    if not isinstance(token, str | None):
        return None
    studies: dict[str, PageRecord] = {}
    same: dict[str, str | None] = {}
    faults: list[str] = []
    for text, line in lines:
        mark = mark_of(text, line)
        if mark is not None and mark in known:
            same.setdefault(known[mark], day_on(text, line))
            continue
        try:
            study = PageRecord(bytes(memoryview(text)[line]), mark)
            studies.setdefault(study.nct_id, study)
        except UnexpectedShape as error:
            faults.append(str(error))
    return Page(tuple(studies.values()), None, tuple(faults), same, token)


def _without_halves(body: bytes | bytearray) -> bytes | bytearray | str:
    """*body* with half signs (lone surrogates, which no text may hold) replaced, so that one of them sinks no page."""
    if not re.search(rb"\\u[dD][89a-fA-F]", body):
        return body
    told = json.dumps(json.loads(body), ensure_ascii=False)
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
