"""Bytes of an answer → the records in it. Pure: the registry's client asks, this reads.

The registry lays a page out with one study a line (its OpenAPI description, and the same in every answer seen). So each record keeps
the bytes it came in, and one that reads as it did the last time is not parsed again. A page laid out otherwise is read as a whole.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from enrich.errors import UnexpectedShape
from enrich.fields import load_day_of, nct_id_of
from enrich.garbage import no_garbage
from enrich.printed import Printed, day_on, mark_of


@dataclass(frozen=True)
class Page:
    """Records of one answer, each once; *load* is the name the answer carried, None if it carried none.

    *same* are the ids of records that were printed to the letter as they are known, with the day of the load that printed them;
    *token* leads to the next page.
    """

    studies: tuple[Printed, ...]
    load: str | None = None
    faults: tuple[str, ...] = ()
    same: Mapping[str, str | None] = field(default_factory=dict)
    token: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (*map(nct_id_of, self.studies), *self.same)

    @property
    def days(self) -> tuple[str | None, ...]:
        """The days of the load that its records tell."""
        return (*map(load_day_of, self.studies), *self.same.values())

    def without(self, seen: Collection[str]) -> "Page":
        """This page without the records of which an earlier one had something."""
        studies = tuple(study for study in self.studies if nct_id_of(study) not in seen)
        return replace(self, studies=studies, same={nct_id: day for nct_id, day in self.same.items() if nct_id not in seen})


def parsed(body: bytes | bytearray) -> Any:
    """JSON of any kind; ValueError where it is none, or is nested beyond measure."""
    with no_garbage():
        try:
            return orjson.loads(body)
        except ValueError:
            return orjson.loads(_without_halves(body))


def read_record(body: bytes | bytearray) -> Printed | None:
    """The record that is a whole answer; None where it is no object. Raises ValueError where it is no JSON, UnexpectedShape where it cannot be kept."""
    with no_garbage():
        try:
            line = bytes(body)
            return Printed(line, mark_of(line)) if line.startswith(b"{") else _again(parsed(body))
        except ValueError:
            return _again(parsed(body))


def _again(told: Any) -> Printed | None:
    return Printed(orjson.dumps(told)) if isinstance(told, dict) else None


def read_page(body: bytes | bytearray, known: Mapping[str, str]) -> Page | None:
    """The records of a page; None where it is not of the shape of a page. *known* leads from marks of lines to the ids of their records.

    Raises ValueError where the body is no JSON.
    """
    with no_garbage():
        laid_out = _laid_out(body)
        try:
            return _page(laid_out[0], body, laid_out[1], known) if laid_out else _from_whole(parsed(body))
        except ValueError:  # not one study a line after all, or no JSON at all
            return _from_whole(parsed(body))


def read_what_can_be(body: bytes | bytearray, known: Mapping[str, str]) -> Page | None:
    """What can be read of a page that as a whole is no JSON; None where it was cut off, or is no page.

    The line that closes it must be whole: it alone says whether another page follows, and that nothing was cut off.
    """
    with no_garbage():
        around, lines = _laid_out(body) or (None, [])
        sound = [line for line in (_mended(bytes(body[line])) for line in lines) if line is not None]
        page = _page_of(around, sound, known)
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
        return orjson.dumps(orjson.loads(_without_halves(line)))
    except (ValueError, RecursionError):
        return None


def _from_whole(told: Any) -> Page | None:
    studies = told.get("studies") if isinstance(told, dict) else None
    if not isinstance(studies, list):
        return None
    lines: list[bytes] = []
    faults: list[str] = []
    for study in studies:
        try:
            lines.append(orjson.dumps(study))
        except orjson.JSONEncodeError as error:
            faults.append(f"a record cannot be kept: {error}")
    page = _page_of(told, lines, _NONE)
    return replace(page, faults=(*faults, *page.faults)) if page else None


_NONE: Mapping[str, str] = {}


def _page_of(around: Any, lines: Sequence[bytes], known: Mapping[str, str]) -> Page | None:
    """The records of these *lines*; ValueError where one is no JSON."""
    text = b"\n".join(lines)
    return _page(around, text, [*_lines(text, 0, len(text))], known)


def _page(around: Any, text: bytes | bytearray, lines: Iterable[slice], known: Mapping[str, str]) -> Page | None:
    """The records of the *lines* of *text*; ValueError where one is no JSON."""
    token = around.get("nextPageToken") if isinstance(around, dict) else 0
    if not isinstance(token, str | None):
        return None
    studies: dict[str, Printed] = {}
    same: dict[str, str | None] = {}
    faults: list[str] = []
    for line in lines:
        mark = mark_of(text, line)
        if mark is not None and mark in known:
            same.setdefault(known[mark], day_on(text, line))
            continue
        try:
            study = Printed(bytes(text[line]), mark)
            studies.setdefault(nct_id_of(study), study)
        except UnexpectedShape as error:
            faults.append(str(error))
    return Page(tuple(studies.values()), None, tuple(faults), same, token)


def _without_halves(body: bytes | bytearray) -> bytes | bytearray | str:
    """*body* with half signs (lone surrogates, which no text may hold) replaced, so that one of them sinks no page."""
    if not re.search(rb"\\u[dD][89a-fA-F]", body):
        return body
    told = json.dumps(json.loads(body), ensure_ascii=False)
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
