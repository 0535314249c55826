"""Dates that may stop at the month or the year: a date keeps the precision its source gave."""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from enrich.text import sanitize

_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)

# Months as journals print them, in English, German, French, Spanish, Italian, Portuguese, Dutch and
# the Scandinavian languages; written without accents. Short forms that are words of their own
# ("out" for outubro) are left out.
# fmt: off
_MONTH_NAMES = (
    "jan january januar jaenner janner janvier janv enero ene gennaio janeiro januari",
    "feb february februar fevrier fevr fev febrero febbraio fevereiro februari",
    "mar march maerz marz mrz mars marzo marco maart mrt",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio maio mei maj",
    "jun june juni juin junio giugno junho",
    "jul july juli juillet juil julio luglio julho",
    "aug august aout agosto ago augustus augusti",
    "sep sept september septembre septiembre setiembre settembre setembro",
    "oct october oktober okt octobre octubre ottobre ott outubro",
    "nov november novembre noviembre novembro",
    "dec december dezember dez decembre diciembre dic dicembre dezembro desember",
)
# fmt: on
_MONTH_NUMBER = {
    name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()
}
MONTHS = tuple(_MONTH_NUMBER)
"""Every name of a month that `read_date` knows, without accents."""

_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+)?"
_YEAR, _SHORT_YEAR = r"(?P<y>(?:19|20|21)\d\d)", r"'?(?P<yy>\d\d)"
_MONTH, _DAY = r"(?P<m>\d{1,2})", r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|o)?"
_NAME = r"(?P<name>[a-z]{3,12})\.?"
_OF = r"(?:\s*(?:of|del?|d')\s+)?"
_TIME = r"(?:[ t]\d\d:\d\d[\d:.]*\s?(?:z|[ap]m|utc|[+-]\d\d:?\d\d)?)?"

# fmt: off
_FORMS = tuple(re.compile(form, re.ASCII) for form in (
    rf"{_YEAR}(?P<sep>[-/.]){_MONTH}(?P=sep)(?P<d>\d{{1,2}}){_TIME}",  # 2021-03-09 00:00:00
    rf"{_YEAR}[-/.]{_MONTH}",                                   # 2021-03
    rf"{_MONTH}[-/.]{_YEAR}",                                   # 03/2021
    rf"{_YEAR}\s?年\s?{_MONTH}\s?月(?:\s?(?P<d>\d{{1,2}})\s?日)?",  # 2021年3月9日
    rf"(?:the )?{_DAY}[- ./]*{_OF}{_NAME}[-, /]*{_OF}{_YEAR}",    # 9 March 2021, 09-Mar-2021
    rf"{_NAME}[- ]+(?:the )?{_DAY},?[- ]+{_YEAR}",              # March 9, 2021
    rf"{_YEAR},?[- ]+{_NAME}[- ]+{_DAY}",                       # 2021 Mar 9
    rf"{_NAME}[-, /']*{_OF}{_YEAR}",                            # March 2021, Mar-2021
    rf"{_YEAR}[-, ]+{_NAME}",                                   # 2021 Mar
    rf"{_DAY}[- ./]*{_NAME}[- ./]*{_SHORT_YEAR}",               # 15-Mar-19
    rf"{_NAME}[- ]*{_SHORT_YEAR}",                              # Mar-19, Feb 10
    rf"{_YEAR}",                                                # 2021
))
# fmt: on
_THREE_NUMBERS = re.compile(
    rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(?:{_YEAR}|{_SHORT_YEAR}){_TIME}", re.ASCII
)
# A spreadsheet counts days from 1900: 36,526 is the first day of 2000, 55,153 the last of 2050.
_DAY_NUMBER = re.compile(r"[345]\d{4}(?:\.0)?", re.ASCII)
_DAY_WITHOUT_YEAR = re.compile(r"\d{1,2}-[a-z]{3}", re.ASCII)
_QUARTER = re.compile(
    rf"(?:q(?P<q>[1-4])|(?P<q2>[1-4])q|(?P<h>[12])h|h(?P<h2>[12]))[-/, ]*{_YEAR}"
    r"|(?P<y2>(?:19|20)\d\d)[-/, ]*(?:q(?P<q3>[1-4])|h(?P<h3>[12]))",
    re.ASCII,
)

ORDERS = ("dmy", "mdy", "ymd")
"""How a date of three numbers may be written, as `date_order` in a table's description."""


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


@dataclass(frozen=True)
class DateSpan:
    """The months from *first* to *last*: a quarter or half of a year."""

    first: PartialDate
    last: PartialDate

    @property
    def iso(self) -> str:
        return f"{self.first.iso} to {self.last.iso}"

    def agrees(self, other: PartialDate) -> bool:
        """Whether *other* lies in the span, or is the year that holds it."""
        held = self.first.iso <= other.iso[:7] <= self.last.iso
        return held if len(other.iso) > 4 else self.first.iso[:4] == other.iso


def read_date(text: str, order: str | None = None) -> PartialDate:
    """The date that *text* prints, at the precision it prints it.

    *order* (one of `ORDERS`) settles a date of three numbers that could be read in two ways. A year
    of two digits is one from 1950 to 2049.

    Raises ValueError with the reason: not a date, or day and month that cannot be told apart
    (`03/04/2021` is refused, `21/01/2021` is not).

    >>> read_date("31 de diciembre de 2019").iso
    '2019-12-31'
    >>> read_date("03/04/2021", "dmy").iso
    '2021-04-03'
    """
    plain = _plain(text)
    numbers = _THREE_NUMBERS.fullmatch(plain)
    if numbers:
        return _from_numbers(numbers, order, text)
    for form in _FORMS:
        found = form.fullmatch(plain)
        if found:
            return _from_parts(found.groupdict(), text)
    raise ValueError(_why_not(plain, text))


def read_period(text: str, order: str | None = None) -> PartialDate | DateSpan:
    """A date, or a quarter (`Q3 2021`, `3Q 2021`) or half of a year. Raises ValueError."""
    found = _QUARTER.fullmatch(_plain(text))
    if not found:
        return read_date(text, order)
    quarter = found["q"] or found["q2"] or found["q3"]
    part, months = (int(quarter), 3) if quarter else (_half(found), 6)
    year, last = found["y"] or found["y2"], part * months
    return DateSpan(PartialDate(f"{year}-{last - months + 1:02}"), PartialDate(f"{year}-{last:02}"))


def _half(found: re.Match[str]) -> int:
    return int(found["h"] or found["h2"] or found["h3"])


def proven_orders(text: str) -> frozenset[str]:
    """The orders that the dates of three numbers in *text* show by themselves.

    `23/02/2021` can only be `dmy`; a date that could be read in both ways proves nothing.
    """
    if text.isascii() and not _NUMBERS_APART.search(text):
        return frozenset()  # nearly every cell that is not a date
    found = (_proven_order(numbers) for numbers in _NUMBERS_INSIDE.finditer(_plain(text)))
    return frozenset(order for order in found if order)


_NUMBERS_APART = re.compile(r"\d(?:[-/.]|\s+)\d")
_NUMBERS_INSIDE = re.compile(rf"(?<![\d./-]){_THREE_NUMBERS.pattern}(?![\d./-])", re.ASCII)


def _proven_order(numbers: re.Match[str]) -> str | None:
    first, second = int(numbers[1]), int(numbers[3])
    if first > 12 >= second and not _may_begin_with_year(numbers):
        return "dmy"
    return "mdy" if second > 12 >= first else None


@lru_cache(maxsize=1024)
def _plain(text: str) -> str:
    """*text* in lower case and single blanks, without accents and the day of the week."""
    bare = text.lower() if text.isascii() else _without_accents(text.lower())
    return _AT_START.sub("", " ".join(bare.split()))


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_AT_START = re.compile(_WEEKDAY)


def _from_numbers(numbers: re.Match[str], order: str | None, text: str) -> PartialDate:
    first, second = int(numbers[1]), int(numbers[3])
    year = numbers["y"] or _full_year(numbers["yy"])
    if numbers["yy"] and (order == "ymd" or (_may_begin_with_year(numbers) and not order)):
        return _year_first(numbers, order, text)
    if first <= 12 and second <= 12 and first != second:
        if order not in ("dmy", "mdy"):
            raise ValueError(f"day and month cannot be told apart: {text!r}")
        month, day = (second, first) if order == "dmy" else (first, second)
    else:
        month, day = (first, second) if second > 12 else (second, first)
    return _in_calendar(f"{year}-{month:02}-{day:02}", text)


def _may_begin_with_year(numbers: re.Match[str]) -> bool:
    """Whether `20-03-15` could be short for 2020-03-15;
    with slashes and dots nobody prints that.
    """
    return bool(numbers["yy"]) and numbers[2] == "-" and int(numbers[1]) > 12


def _year_first(numbers: re.Match[str], order: str | None, text: str) -> PartialDate:
    if order != "ymd":
        raise ValueError(f"day and year cannot be told apart: {text!r}")
    year, month, day = _full_year(numbers[1]), int(numbers[3]), int(numbers["yy"])
    return _in_calendar(f"{year}-{month:02}-{day:02}", text)


def _full_year(digits: str) -> str:
    return f"{20 if int(digits) < 50 else 19}{int(digits):02}"


def _from_parts(parts: dict[str, str | None], text: str) -> PartialDate:
    name = parts.get("name")
    month = _month_number(name, text) if name else parts.get("m")
    year = parts.get("y") or _full_year(parts["yy"] or "")
    given = [year, month, parts.get("d")]
    return _in_calendar("-".join(f"{int(part):02}" for part in given if part), text)


def _in_calendar(iso: str, text: str) -> PartialDate:
    try:
        return PartialDate(iso)
    except ValueError as error:
        raise ValueError(f"not in the calendar: {text!r}") from error


def _month_number(name: str, text: str) -> str:
    if name not in _MONTH_NUMBER:
        raise ValueError(f"not a month: {text!r}")
    return str(_MONTH_NUMBER[name])


def _why_not(plain: str, text: str) -> str:
    if _DAY_NUMBER.fullmatch(plain):
        return f"the day number of a spreadsheet, not a date: {text!r}"
    if _DAY_WITHOUT_YEAR.fullmatch(plain):
        return f"a day without its year, as a spreadsheet shows it: {text!r}"
    return f"not a date: {text!r}"


def days_between(before: str, after: str) -> int | None:
    """The days from one ISO date to another, at the precision of the coarser of the two;
    None where one is in no calendar.
    """
    precision = min(len(before), len(after))
    begin, end = first_day(before[:precision]), first_day(after[:precision])
    return (end - begin).days if begin and end else None


class DayRange(NamedTuple):
    """The days from *first* to *last*, ISO: any of them may be meant."""

    first: str
    last: str


def day_range(iso: str) -> DayRange:
    """The days that a date may mean: a day, a month, a year, or two of them with a stroke between.

    Raises ValueError where no calendar has it.

    >>> day_range("2024-02")
    DayRange(first='2024-02-01', last='2024-02-29')
    >>> day_range("2021-03-04/2021-04-03")
    DayRange(first='2021-03-04', last='2021-04-03')
    """
    begin, _, end = iso.partition("/")
    return DayRange(_edge(begin, first=True), _edge(end or begin, first=False))


def _edge(iso: str, *, first: bool) -> str:
    year, month, day = (int(part) for part in f"{iso}-0-0".split("-")[:3])
    month = month or (1 if first else 12)
    day = day or (1 if first else monthrange(year, month)[1])
    return date(year, month, day).isoformat()


def read_access(text: str, order: str | None = None) -> str:
    """The days that a printed date of access may mean, in the form that `day_range` reads.

    A month or a year stays one. A date whose day and month cannot be told apart is two days and all
    between them. Raises ValueError with the reason.

    >>> read_access("Accessed on February 14, 2021"), read_access("02/03/2021")
    ('2021-02-14', '2021-02-03/2021-03-02')
    """
    bare = re.sub(r"^(?:last )?accessed:?\s+(?:on |in )?", "", text.strip(), flags=re.I)
    try:
        return read_date(bare, order).iso
    except ValueError:
        both = sorted({read_date(bare, either).iso for either in ("dmy", "mdy")})
        return "/".join(both)


def first_day(iso: str) -> date | None:
    """The first day that a partial date (`2026`, `2026-11`) covers;
    None where no calendar has it.
    """
    try:
        return date.fromisoformat((iso + "-01-01")[:10])
    except ValueError:
        return None


def long_day(iso: str) -> str:
    """`22 November 2026`; a month or a year where that is all that is given,
    and what is no date as it stands.
    """
    if first_day(iso[:10]) is None:
        return sanitize(iso, 40)
    year, *month_and_day = iso[:10].split("-")
    month = [_MONTHS_IN_FULL[int(number) - 1] for number in month_and_day[:1]]
    day = [str(int(number)) for number in month_and_day[1:]]
    return " ".join([*day, *month, year])


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


# --- days to come


def is_in_future(day: object, now: str | None) -> bool:
    """Whether *day* (ISO text) is beyond tomorrow at the time *now* (ISO, UTC): no honest registry
    names such a day, wherever on Earth the clock is.

    >>> is_in_future("2026-09-09", "2026-09-08T20:00:00"), is_in_future("2099-01-01", "2026-09-08")
    (False, True)
    """
    return bool(day) and str(day)[:10] > latest_day(now)


def latest_day(now: str | None) -> str:
    """The latest day (ISO text) that is believed at the time *now* (ISO, UTC): tomorrow; any day
    where *now* is no time.
    """
    try:
        return (date.fromisoformat((now or "")[:10]) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return "9999-12-31"
