"""What a cell claims about one field.

Every parser takes a cell and gives a Claim, an Unreadable with its reason, an Elsewhere, or None
where the cell does not speak of the field. A parser never raises and never guesses: it accounts for
every meaningful word of what it reads, and what it does not know is unreadable.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from enrich.compare.cells import labels
from enrich.compare.cells.counts import parse_kind_of_number
from enrich.compare.cells.reading import Cell, Reading, unreadable
from enrich.compare.cells.scan import Item, Kind, Segment, scan
from enrich.dates import DateSpan, PartialDate, read_period
from enrich.models import Claim
from enrich.text import alphanumeric_key, json_list, lazy_pattern

Parser = Callable[[Cell], Reading]


# The longest list of conditions of 4,336 real records has 11,563 characters. Names that are much
# longer take too long to compare.
_LONGEST_TEXT = 16_000


def bounded(parse: Parser) -> Parser:
    """*parse*, for cells of a length that a table prints."""
    return lambda cell: unreadable(cell, "is too long") if cell.is_prose else parse(cell)


def text_parser(parse: Callable[[str], Reading]) -> Parser:
    """A parser for a name or a title, which is read as it is printed."""

    def read(cell: Cell) -> Reading:
        is_readable = len(cell.text) <= _LONGEST_TEXT
        return parse(cell.text) if is_readable else unreadable(cell, "is too long")

    return read


def label_parser(field: str) -> Parser:
    """A parser for the labels of the coded field *field*."""
    return bounded(partial(labels.parse_labels, field=field))


def parse_last_known_status(cell: Cell) -> Reading:
    """A status, in a column that speaks of the last one before it became unknown."""
    says = tuple("overall_status" if name == "last_known_status" else name for name in cell.says)
    return labels.parse_labels(replace(cell, says=says), "overall_status")


def parse_boolean(cell: Cell) -> Reading:
    """Whether results are posted."""
    reading = labels.parse_labels(cell, "has_results")
    if not isinstance(reading, Claim):
        return reading
    return Claim(reading.value.agree == ("true",), reading.text)


def parse_enrollment_type(cell: Cell) -> Reading:
    """Whether a number is planned or enrolled: from the number's words, or a label by itself."""
    if cell.says == ("enrollment_type",) or not re.search(r"\d", cell.plain):
        return labels.parse_labels(replace(cell, says=("enrollment_type",)), "enrollment_type")
    return parse_kind_of_number(cell)


# --- dates


class _Dated(NamedTuple):
    """A date in a cell; *role* is the field that the words around it name."""

    text: str
    role: str | None


_START, _END, _PRIMARY = "start_date", "completion_date", "primary_completion_date"
# fmt: off
_ROLES = {
    **dict.fromkeys((
        "start", "started", "starting", "start date", "begin", "began", "begun", "from", "since",
        "initiated", "study start", "first enrolled",
    ), _START),
    **dict.fromkeys((
        "completion", "completed", "completion date", "study completion", "study completion date",
        "ended", "end date", "finished", "until", "till", "estimated completion",
        "expected completion", "anticipated completion", "planned completion",
        "estimated study completion", "estimated completion date", "expected completion date",
        "completion expected", "to be completed", "expected end", "estimated end",
    ), _END),
    **dict.fromkeys((
        "primary completion", "primary completion date", "estimated primary completion",
    ), _PRIMARY),
    **dict.fromkeys(("first posted",), "first_posted"),
    **dict.fromkeys(("last update", "last updated", "updated"), "last_update_posted"),
    **dict.fromkeys(("result posted",), "results_first_posted"),
}
# fmt: on
# Words that stand beside a date and change nothing.
_BESIDE_DATES = frozenset(
    [
        "actual",
        "estimated",
        "anticipated",
        "expected",
        "planned",
        "projected",
        "est",
        "to",
        "till",
        "posted",
        "submitted",
        "registered",
        "date",
        "month",
        "until",
    ]
)
_YEARS_OR_MONTH = lazy_pattern(
    r"(?<![\d./])(?:19|20)\d\d\s?[\u2012-\u2015\u2212]\s?\d\d"
    r"(?![\d./\u2010-\u2015\u2212-]| [^\W\d])"
)


def date_parser(field: str) -> Parser:
    """A parser for the date *field*."""
    return bounded(partial(_parse_date, field=field))


def _parse_date(cell: Cell, field: str) -> Reading:
    """The date of *field* that a cell claims, at the precision that it prints."""
    if len(cell.says) == 1 and _ISO_DAY.fullmatch(cell.text):  # as downloads print it
        with suppress(ValueError):
            return _date_claim_of(PartialDate(cell.text))
    if _YEARS_OR_MONTH.search(cell.text):
        return unreadable(cell, "is a month or a range of years")
    fields = [name for name in cell.says if name.endswith(("date", "posted", "submitted"))]
    reason = "day, month and year are not found"
    if len(fields) <= 1:
        try:
            return _date_claim(cell, cell.plain)
        except ValueError as error:
            reason = str(error)
    return _date_among_words(cell, field, fields or [field], reason)


def _date_among_words(cell: Cell, field: str, fields: list[str], reason: str) -> Reading:
    """The date of *field* in a cell that holds other words, too."""
    segments = scan(cell.plain)
    dates = [*_dates_in(segments, "overall_status" in cell.says)]
    if not dates:
        return _without_date(cell, segments, reason)
    if any(not _is_understood(item) for segment in segments for item in segment.items):
        return unreadable(cell, "contains more than a date")
    found = _assigned(dates, fields).get(field)
    if found:
        return _claim_of(cell, found)
    is_silent = len(fields) > 1 and all(date.role not in (None, field) for date in dates)
    return None if is_silent else unreadable(cell, "does not show which date it is")


def _claim_of(cell: Cell, dated: _Dated) -> Reading:
    try:
        return _date_claim(cell, dated.text)
    except ValueError as error:
        return unreadable(cell, f"cannot be read: {error}")


_ISO_DAY = lazy_pattern(r"\d{4}-\d\d-\d\d", re.ASCII)


def _date_claim(cell: Cell, text: str) -> Claim:
    return _date_claim_of(read_period(text, cell.date_order))


def _date_claim_of(date: PartialDate | DateSpan) -> Claim:
    return Claim(date, date.iso)


def _dates_in(segments: tuple[Segment, ...], names_status: bool) -> Iterator[_Dated]:
    """The dates of a cell, each with its role, from the words before it or the brackets behind."""
    found: list[_Dated] = []
    role: str | None = None
    for segment in segments:
        behind = segment.in_brackets and not any(item.value == "date" for item in segment.items)
        for item in segment.items:
            named = _role_of(item, names_status)
            if item.value == "date":
                found.append(_Dated(item.words[0], role))
                role = None
            elif named and behind and found and found[-1].role is None:
                found[-1] = found[-1]._replace(role=named)
            elif named:
                role = named
    yield from found


def _role_of(item: Item, names_status: bool) -> str | None:
    """The field that a word names; where the column says the status, "completed" is a status."""
    if names_status and item.kind is Kind.LABEL:
        return None
    return _ROLES.get(item.text)


def _is_understood(item: Item) -> bool:
    if item.text in _AROUND:
        return False
    known = item.text in _ROLES or set(item.words) <= _BESIDE_DATES
    return known or item.kind in (Kind.LABEL, Kind.NOISE, Kind.PREPOSITION, Kind.VALUE)


# Not on the date itself, but somewhere about it.
_AROUND = frozenset(("by", "before", "after", "during", "around", "about", "ca"))


def _assigned(dates: list[_Dated], fields: list[str]) -> Mapping[str, _Dated]:
    """Which date belongs to which of the column's fields."""
    by_role = {date.role: date for date in dates if date.role}
    if _END in by_role and _END not in fields and fields.count(_PRIMARY):
        by_role.setdefault(_PRIMARY, by_role[_END])
    without = [date for date in dates if date.role is None]
    free = [name for name in fields if name not in by_role]
    if len(by_role) + len(without) < len(dates):
        return {}
    if len(without) == len(free) == 1:
        return {**by_role, free[0]: without[0]}
    if (
        len(without) == 2
        and _in_order(without)
        and free in ([_START, _END], [_END, _START], [_START, _PRIMARY])
    ):
        return {_START: without[0], next(name for name in free if name != _START): without[1]}
    return by_role if not without else {}


def _in_order(dates: list[_Dated]) -> bool:
    """Whether the first of two dates is not the later one; what cannot be read is in no order."""
    try:
        first, second = (_first_month(read_period(date.text)) for date in dates)
    except ValueError:
        return True
    length = min(len(first), len(second))
    return first[:length] <= second[:length]


def _first_month(period: PartialDate | DateSpan) -> str:
    return period.first.iso if isinstance(period, DateSpan) else period.iso


def _without_date(cell: Cell, segments: tuple[Segment, ...], reason: str) -> Reading:
    """A cell without a date says nothing of one, unless it holds what may be meant as one."""
    strange = [item for segment in segments for item in segment.items if not _is_understood(item)]
    if len(cell.says) == 1 or any(_MAY_BE_DATE.search(item.text) for item in strange):
        return unreadable(cell, f"cannot be read: {reason}")
    return None


_MAY_BE_DATE = lazy_pattern(r"\d|year|month|spring|summer|autumn|fall|winter|early|late|mid")


# --- names

# What the registry's sites, old and new, write before and behind a title in a browser's window.
_WINDOW = lazy_pattern(
    r"^\s*study details\s*\|\s*(?:NCT\d{8}\s*\|\s*)?"
    r"|\s*[-–—|]\s*(?:full text view|tabular view|study details|no study results posted"
    r"|study results)?\s*(?:[-–—]\s*)?clinicaltrials\.gov.*$",
    re.I | re.S,
)


def parse_title(text: str) -> Reading:
    """A title, as a table or a browser's window prints it."""
    bare = _WINDOW.sub("", " ".join(text.split())).strip()
    return Claim(bare, bare) if alphanumeric_key(bare) else None


def parse_name(text: str) -> Reading:
    """The name of a person or an organisation."""
    bare = " ".join(text.split())
    return Claim(bare, bare) if alphanumeric_key(bare) else None


# A blank on both sides: the hyphen of "graft-versus-host" joins, the dash of "sclerosis – ulcers"
# parts.
_BETWEEN_CONDITIONS = lazy_pattern(r" [-–—] |[;|]")


def parse_conditions(text: str) -> Reading:
    """The conditions of a cell, parted at dashes, semicolons and line breaks."""
    lines = "; ".join(" ".join(line.split()) for line in text.split("\n"))
    parts = tuple(
        part.strip() for part in _BETWEEN_CONDITIONS.split(f" {lines} ") if alphanumeric_key(part)
    )
    return Claim(parts, parts[0] if len(parts) == 1 else json_list(parts)) if parts else None
