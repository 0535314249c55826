"""Bytes of an answer → the records in it. Pure: the registry's client asks, this reads.

The registry lays a page out with one study a line (its OpenAPI description, and the same in every answer seen). So each record keeps
the bytes it came in, and one that reads as it did the last time is not parsed again. A page laid out otherwise is read as a whole.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from enrich.errors import UnexpectedShape
from enrich.fields import nct_id_of
from enrich.garbage import no_garbage
from enrich.printed import Printed, mark_of


@dataclass(frozen=True)
class Page:
    """Records of one answer, each once; *load* is the name the answer carried, None if it carried none.

    *same* are the ids of records that were printed to the letter as they are known; *token* leads to the next page.
    """

    studies: tuple[Printed, ...]
    load: str | None = None
    faults: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    token: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return (*map(nct_id_of, self.studies), *self.same)

    def without(self, seen: Collection[str]) -> "Page":
        """This page without the records of which an earlier one had something."""
        studies = tuple(study for study in self.studies if nct_id_of(study) not in seen)
        return replace(self, studies=studies, same=tuple(nct_id for nct_id in self.same if nct_id not in seen))


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
        if laid_out:
            try:
                return _from_lines(*laid_out, known)
            except ValueError:  # not one study a line after all, or no JSON at all
                pass
        return _from_whole(parsed(body))


def _laid_out(body: bytes | bytearray) -> tuple[Any, list[bytes]] | None:
    """What stands around the studies of a page, and the line of each; None where that is not how the page is laid out."""
    head, *lines = bytes(body).split(b"\n")
    if len(lines) < 2:
        return None
    try:
        around = orjson.loads(head + lines.pop())
    except ValueError:
        return None
    is_page = isinstance(around, dict) and around.get("studies") == []
    return (around, [line.removesuffix(b",") for line in lines if line]) if is_page else None


def _from_lines(around: Mapping[str, Any], lines: list[bytes], known: Mapping[str, str]) -> Page | None:
    same: list[str] = []
    fresh: list[tuple[bytes, str | None]] = []
    for line in lines:
        mark = mark_of(line)
        if mark and mark in known:
            same.append(known[mark])
        else:
            fresh.append((line, mark))
    page = _page(around.get("nextPageToken"), fresh)
    return replace(page, same=tuple(dict.fromkeys(same))) if page else None


def _from_whole(told: Any) -> Page | None:
    studies = told.get("studies") if isinstance(told, dict) else None
    if not isinstance(studies, list):
        return None
    lines: list[tuple[bytes, str | None]] = []
    faults: list[str] = []
    for study in studies:
        try:
            lines.append((orjson.dumps(study), None))
        except orjson.JSONEncodeError as error:
            faults.append(f"a record cannot be kept: {error}")
    page = _page(told.get("nextPageToken"), lines)
    return replace(page, faults=(*faults, *page.faults)) if page else None


def _page(token: Any, lines: list[tuple[bytes, str | None]]) -> Page | None:
    if not isinstance(token, str | None):
        return None
    studies: dict[str, Printed] = {}
    faults: list[str] = []
    for line, mark in lines:
        try:
            study = Printed(line, mark)
            studies.setdefault(nct_id_of(study), study)
        except UnexpectedShape as error:
            faults.append(str(error))
    return Page(tuple(studies.values()), None, tuple(faults), token=token)


def _without_halves(body: bytes | bytearray) -> bytes | bytearray | str:
    """*body* with half signs (lone surrogates, which no text may hold) replaced, so that one of them sinks no page."""
    if not re.search(rb"\\u[dD][89a-fA-F]", body):
        return body
    told = json.dumps(json.loads(body), ensure_ascii=False)
    return told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
