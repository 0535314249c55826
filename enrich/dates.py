"""Dates that may stop at the month or the year: a date keeps the precision its source gave."""

import re
from dataclasses import dataclass
from datetime import date

from enrich.text import inert

_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december", "sept"),
)

_YEAR, _MONTH, _DAY, _NAME = (
    r"(?P<y>(?:19|20|21)\d\d)",
    r"(?P<m>\d{1,2})",
    r"(?P<d>\d{1,2})",
    r"(?P<name>[a-z]+)\.?",
)

# fmt: off
_FORMS = tuple(re.compile(form) for form in (
    rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}(?:[ t]\d\d:\d\d.*)?",   # 2021-03-09, 2021-03-09 00:00:00
    rf"{_YEAR}[-/.]{_MONTH}",                                  # 2021-03
    rf"{_MONTH}[-/.]{_YEAR}",                                  # 03/2021
    rf"{_DAY}(?:st|nd|rd|th)?[- .]+{_NAME},?[- ]*{_YEAR}",     # 9 March 2021, 09-Mar-2021
    rf"{_NAME}[- ]+{_DAY}(?:st|nd|rd|th)?,?[- ]+{_YEAR}",      # March 9, 2021
    rf"{_NAME},?[- ]*{_YEAR}",                                 # March 2021, Mar-2021
    rf"{_YEAR}[- ]+{_NAME}",                                   # 2021 Mar
    rf"{_YEAR}",                                               # 2021
))
# fmt: on
_TWO_NUMBERS = re.compile(rf"(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ]{_YEAR}")


@dataclass(frozen=True)
class PartialDate:
    """A year, a month or a day, as ISO text (`2021`, `2021-03`, `2021-03-09`)."""

    iso: str

    def __post_init__(self) -> None:
        if not _ISO.fullmatch(self.iso):
            raise ValueError(f"not a date: {self.iso!r}")
        date.fromisoformat(f"{self.iso}-01-01"[:10])

    def covers(self, other: "PartialDate") -> bool:
        """Whether *other* is this date, or a month or day inside it."""
        return other.iso == self.iso or other.iso.startswith(self.iso + "-")

    def agrees(self, other: "PartialDate") -> bool:
        """Whether one of the two covers the other: the coarser side says nothing about the rest."""
        return self.covers(other) or other.covers(self)

    def as_month(self) -> "PartialDate":
        """This date without a day that is only padding (`2021-03-01` → `2021-03`)."""
        return PartialDate(self.iso[:7]) if self.iso.endswith("-01") else self


def read_date(text: str) -> PartialDate:
    """The date that *text* prints, at the precision it prints it.

    Raises ValueError with the reason: not a date, or day and month that cannot be told apart
    (`03/04/2021` is refused, `21/01/2021` is not).
    """
    plain = " ".join(text.lower().split())
    both = _TWO_NUMBERS.fullmatch(plain)
    if both:
        return _day_and_month(int(both[1]), int(both[2]), both["y"], text)
    for form in _FORMS:
        found = form.fullmatch(plain)
        if found:
            return _from_parts(found.groupdict(), text)
    raise ValueError(f"not a date: {text!r}")


def _day_and_month(first: int, second: int, year: str, text: str) -> PartialDate:
    if first <= 12 and second <= 12 and first != second:
        raise ValueError(f"day and month cannot be told apart: {text!r}")
    month, day = (first, second) if second > 12 else (second, first)
    return _in_calendar(f"{year}-{month:02}-{day:02}", text)


def _from_parts(parts: dict[str, str | None], text: str) -> PartialDate:
    name = parts.get("name")
    month = _month_number(name, text) if name else parts.get("m")
    given = [parts["y"], month, parts.get("d")]
    return _in_calendar("-".join(f"{int(part):02}" for part in given if part), text)


def _in_calendar(iso: str, text: str) -> PartialDate:
    try:
        return PartialDate(iso)
    except ValueError as error:
        raise ValueError(f"not in the calendar: {text!r}") from error


def _month_number(name: str, text: str) -> str:
    if name not in _MONTHS and name not in _MONTH_NAMES:
        raise ValueError(f"not a month: {text!r}")
    return str(_MONTHS.index(name[:3]) + 1)


def days_between(before: str, after: str) -> int | None:
    """The days from one ISO date to another, at the precision of the coarser of the two; None where one is in no calendar."""
    precision = min(len(before), len(after))
    begin, end = first_day(before[:precision]), first_day(after[:precision])
    return (end - begin).days if begin and end else None


def first_day(iso: str) -> date | None:
    """The first day that a partial date (`2026`, `2026-11`) covers; None where no calendar has it."""
    try:
        return date.fromisoformat((iso + "-01-01")[:10])
    except ValueError:
        return None


def long_day(iso: str) -> str:
    """`22 November 2026`; a month or a year where that is all that is given, and what is no date as it stands."""
    if first_day(iso[:10]) is None:
        return inert(iso, 40)
    year, *rest = iso[:10].split("-")
    month = [_MONTHS_IN_FULL[int(rest[0]) - 1]] if rest else []
    return " ".join([*([str(int(rest[1]))] if len(rest) > 1 else []), *month, year])


_MONTHS_IN_FULL = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
