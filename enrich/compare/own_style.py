"""A registry value as a table prints it: roman phases stay roman, `Nov 2025` stays a month.

What is proposed for a cell is read back by the column's own reader, and agrees with the record.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from enrich.compare.display import fact_text
from enrich.compare.verdicts import compare_field
from enrich.models import Column, Comparison, Fact, ReportRow, ReportTable, Trial, Verdict


class ColumnStyle:
    """What the *cells* of a column show of its style, where one cell leaves it open.

    They are read when that is asked for, and once: a table may have a hundred thousand rows.
    """

    def __init__(self, cells: Callable[[], Iterable[str]] = tuple) -> None:
        self._cells = cells

    @cached_property
    def separator(self) -> str:
        """What sets thousands apart in the column; empty where nothing does."""
        found = (_NUMBER.search(cell) for cell in self._cells())
        return next((match["separator"] for match in found if match and match["separator"]), "")

    @cached_property
    def month(self) -> str | None:
        """The first name of a month by which one sees whether names are written in full."""
        found = (re.search(_NAME, cell, re.IGNORECASE) for cell in self._cells())
        names = (match["name"] for match in found if match)
        return next((name for name in names if name.lower() != "may"), None)


@dataclass(frozen=True)
class _Context:
    """The column whose style is followed, and what its other cells show of it."""

    column: Column
    style: ColumnStyle


_Style = Callable[[str, Fact, _Context], str | None]


def proposal(table: ReportTable, row: ReportRow, comparison: Comparison) -> str | None:
    """What the cell of a difference should read, in the style of its column.

    None where the cell states other facts too, where the record is not whole, or where nothing that
    the column's reader understands would agree with the record.
    """
    column = next(column for column in table.columns if column.name == comparison.column)
    if column.says != (comparison.field,) or row.trial is None or not row.trial.complete:
        return None
    return proposed_cell(
        column,
        comparison.field,
        comparison.cell,
        row.trial,
        padded_dates=table.padded_dates,
        style=table.once(_styles)[column.name],
    )


def _styles(table: ReportTable) -> Mapping[str, ColumnStyle]:
    return {
        column.name: ColumnStyle(partial(_cells, table, column.name)) for column in table.columns
    }


def _cells(table: ReportTable, column: str) -> Iterator[str]:
    return (row.row.cells.get(column, "") for row in table.rows)


def proposed_cell(
    column: Column,
    field: str,
    cell: str,
    trial: Trial,
    *,
    padded_dates: bool = False,
    style: ColumnStyle | None = None,
) -> str | None:
    """*cell* with the value of *trial*, as the column writes it; None where there is no such cell.

    The column states *field* alone. What stands around the value stays, unless it says otherwise
    than the record. *style* is that of the column, for what this cell leaves open.
    """
    if trial[field] is None:
        return None
    for text in _candidates(field, cell, trial, _Context(column, style or ColumnStyle())):
        read = compare_field(column, field, text, trial, padded_dates=padded_dates)
        if read is not None and read.verdict == Verdict.AGREES:
            return text
    return None


def _candidates(field: str, cell: str, trial: Trial, context: _Context) -> Iterator[str]:
    """From what is nearest to the printed cell to the registry's own words."""
    fact, kind = trial[field], trial.text(f"{field}_type")
    style = _STYLES.get(field) or (_date if _is_day(fact) else None)
    if style:
        styled = (style(text, fact, context) for text in (cell, _without_surroundings(cell)))
        yield from (text for text in styled if text is not None and not _contradicts(text, kind))
    yield cased(cell, fact_text(field, fact))
    yield fact_text(field, fact)


def _contradicts(text: str, kind: str | None) -> bool:
    """Whether a cell calls planned what has happened, or the other way round."""
    says = _HAPPENED if kind == "ESTIMATED" else _PLANNED
    return kind is not None and says.search(text) is not None


_PLANNED = re.compile(r"plan|estimat|anticipat|expect|target|project", re.IGNORECASE)
_HAPPENED = re.compile(r"actual|enrolled|complet|includ|random|recruited", re.IGNORECASE)


def _without_surroundings(cell: str) -> str:
    """*cell* without what follows or stands in brackets: `14` of `14 (3/11)`."""
    return re.split(r"[(\[;]", cell.strip(), maxsplit=1)[0].rstrip()


def _replace(cell: str, found: re.Match[str], text: str) -> str:
    return f"{cell[: found.start()]}{text}{cell[found.end() :]}"


# --- letters


def cased(cell: str, text: str) -> str:
    """*text* in the letters of *cell*.

    >>> [cased(cell, "not yet recruiting") for cell in ("COMPLETED", "Active, Not Recruiting")]
    ['NOT YET RECRUITING', 'Not Yet Recruiting']
    """
    words = re.findall(r"[^\W\d_]+", cell)
    letters = "".join(words)
    if len(letters) > 2 and letters.isupper():
        return text.upper()
    if len(words) > 1 and all(word[0].isupper() for word in words):
        return re.sub(r"[^\W\d_]+", lambda word: word[0][:1].upper() + word[0][1:], text)
    return text[:1].upper() + text[1:] if letters[:1].isupper() else text


# --- phases

_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_NUMERAL = r"(?:[1-4]|IV|I{1,3})"
_PHASES = re.compile(
    rf"(?<![A-Za-z0-9])(?P<first>{_NUMERAL})[abc]?"
    rf"(?P<joint>\s*(?:/|-|–|and|or|to)\s*)?(?(joint)(?:phase\s*)?{_NUMERAL}[abc]?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def _phases(cell: str, fact: Fact, context: _Context) -> str | None:
    """`Phase 1/2`, `Phase I-II trial`, `2`; None where the cell has no number."""
    numbers = [re.sub(r"\D", "", code) for code in fact] if isinstance(fact, tuple) else []
    found = None if "early" in cell.lower() else _PHASES.search(cell)
    if not found or not isinstance(fact, tuple) or not all(numbers) or "EARLY_PHASE1" in fact:
        return None
    is_roman = not found["first"].isdigit()
    joint = found["joint"] or "/"
    text = joint.join(_ROMAN[number] if is_roman else number for number in numbers)
    return _replace(cell, found, text.lower() if found["first"].islower() else text)


# --- numbers

_NUMBER = re.compile(r"\d{1,3}(?P<separator>[,.'’ \u00a0\u202f\u2009])\d{3}(?!\d)|\d+")


def _number(cell: str, fact: Fact, context: _Context) -> str | None:
    """The number in the cell, if there is one alone; `1,200` where thousands are set apart so."""
    found = [*_NUMBER.finditer(cell)]
    if not isinstance(fact, int) or isinstance(fact, bool) or len(found) != 1:
        return None
    # Only a number with thousands has to know how the other cells set them apart.
    separator = found[0]["separator"] or (context.style.separator if fact >= 1000 else "")
    text = f"{fact:,}".replace(",", separator)
    return _replace(cell, found[0], text)


def _age(cell: str, fact: Fact, context: _Context) -> str | None:
    """The number of years in the cell: `≥ 21 years`, `21`."""
    years = re.fullmatch(r"(\d+) years?", fact, re.IGNORECASE) if isinstance(fact, str) else None
    has_other_unit = re.search(r"month|week|day|hour|minute", cell, re.IGNORECASE)
    return None if not years or has_other_unit else _number(cell, int(years[1]), context)


# --- dates

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NAME = rf"(?P<name>{'|'.join(f'{name}|{name[:3]}' for name in _MONTHS)}|Sept)(?P<dot>\.)?"
_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4}|(?<!\d)\d{2})(?!\d)"
_TH = r"(?:st|nd|rd|th)?"
_GAP = r"[\s.,/'’‘-]{1,3}"
_WORDS = re.compile(
    rf"(?<![\w]){_DAY}{_TH}(?P<of>\s+of\s+|{_GAP}){_NAME}(?P<gap>{_GAP}){_YEAR}"
    rf"|(?<!\w){_NAME.replace('name', 'name2').replace('dot', 'dot2')}(?P<before>\s+)"
    rf"{_DAY.replace('day', 'day2')}{_TH}(?P<comma>,?\s+){_YEAR.replace('year', 'year2')}"
    rf"|(?<!\w){_NAME.replace('name', 'name3').replace('dot', 'dot3')}(?P<gap3>{_GAP})"
    rf"{_YEAR.replace('year', 'year3')}",
    re.IGNORECASE,
)
_SEPARATOR = r"(?P<separator>[-/.])"
_YEAR_FIRST = re.compile(
    rf"(?<!\d)(?P<year>\d{{4}})(?:{_SEPARATOR}(?P<month>\d{{1,2}})(?:(?P=separator){_DAY})?)?(?!\d)"
)
_YEAR_LAST = re.compile(
    rf"(?<!\d)(?:(?P<first>\d{{1,2}}){_SEPARATOR}(?P<second>\d{{1,2}})(?P=separator)"
    rf"(?P<year>\d{{4}}|\d{{2}})|(?P<month>\d{{1,2}})(?P<between>[-/.])(?P<year2>\d{{4}}))(?!\d)"
)


@dataclass(frozen=True)
class _Day:
    """A date of the registry; month and day where it gives them."""

    year: int
    month: int | None = None
    day: int | None = None

    def written_year(self, like: str) -> str:
        """The year with as many digits as *like*."""
        return str(self.year)[-len(like) :]


def _is_day(fact: Fact) -> bool:
    return isinstance(fact, str) and re.fullmatch(r"\d{4}(-\d\d){0,2}", fact) is not None


def _date(cell: str, fact: Fact, context: _Context) -> str | None:
    """A date as the cell writes it: at most as exact as the cell, and as what is known."""
    if not isinstance(fact, str) or not _is_day(fact):
        return None
    day = _Day(*map(int, fact.split("-")))
    for form, write in _FORMS:
        if found := form.search(cell):
            return _replace(cell, found, write(found, day, context))
    return None


def _in_words(found: re.Match[str], day: _Day, context: _Context) -> str:
    """A date with the month as a word, in the order and length of the cell."""
    parts = {key.rstrip("23"): text for key, text in found.groupdict().items() if text is not None}
    year = day.written_year(parts["year"])
    if day.month is None:
        return str(day.year)
    like = parts["name"] if parts["name"].lower() != "may" else _like_may(parts["name"], context)
    name = _month_name(day.month, like, has_dot="dot" in parts)
    if day.day is None or "day" not in parts:
        return f"{name}{parts.get('gap', ' ')}{year}"
    # `12-Nov-2025` is what a program writes, with as many digits for every day.
    is_padded = parts["day"][0] == "0" or (len(parts["day"]) == 2 and "-" in parts.get("of", ""))
    number = f"{day.day:02}" if is_padded else str(day.day)
    if "of" in parts:
        return f"{number}{parts['of']}{name}{parts['gap']}{year}"
    return f"{name}{parts['before']}{number}{parts['comma']}{year}"


def _like_may(may: str, context: _Context) -> str:
    """A month that shows whether the column writes names in full; by default it does not."""
    return _lettered(context.style.month, may) if context.style.month else may


def _month_name(month: int, like: str, *, has_dot: bool) -> str:
    """`November`, `Nov`, `Nov.`, `NOV`: as the name *like* is written."""
    is_short = len(like) <= 4 and like.lower() not in ("june", "july")
    name = _MONTHS[month - 1][:3] if is_short else _MONTHS[month - 1]
    dot = "." if has_dot and len(name) < len(_MONTHS[month - 1]) else ""
    return f"{_lettered(name, like)}{dot}"


def _lettered(name: str, like: str) -> str:
    if like.isupper():
        return name.upper()
    return name.lower() if like.islower() else name


def _year_first(found: re.Match[str], day: _Day, context: _Context) -> str:
    wanted = [part for part in (found["month"], found["day"]) if part]
    given = [part for part in (day.month, day.day) if part]
    written = [_padded(part, wanted) for part in given[: len(wanted)]]
    return (found["separator"] or "-").join([str(day.year), *written])


def _year_last(found: re.Match[str], day: _Day, context: _Context) -> str:
    if day.month is None:
        return str(day.year)
    if found["first"] is None:
        return f"{_padded(day.month, [found['month']])}{found['between']}{day.year}"
    printed = [found["first"], found["second"]]
    month_first = context.column.date_order == "mdy"
    month = _padded(day.month, printed)
    separator, year = found["separator"], day.written_year(found["year"])
    if day.day is None:
        return f"{month}{separator}{day.year}"
    number = _padded(day.day, printed)
    parts = (month, number, year) if month_first else (number, month, year)
    return separator.join(parts)


def _padded(number: int, printed: list[str]) -> str:
    """With a leading zero, unless one of the *printed* parts has a digit alone."""
    return str(number) if any(len(part) == 1 for part in printed) else f"{number:02}"


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Day, _Context], str]], ...] = (
    (_WORDS, _in_words),
    (_YEAR_LAST, _year_last),
    (_YEAR_FIRST, _year_first),
)


# --- masking and allocation

_BLINDING = re.compile(
    r"(?:open|single|double|triple|quadruple)(?P<joint>[- ]?)"
    r"(?P<word>label(?:led)?|blind(?:ed)?|mask(?:ed|ing)?)",
    re.IGNORECASE,
)


def _masking(cell: str, fact: Fact, context: _Context) -> str | None:
    """`double-blind`, where the cell speaks of blinding; an open label stays one."""
    found = _BLINDING.search(cell)
    if not isinstance(fact, str) or not found:
        return None
    joint, word = found["joint"], found["word"].lower()
    if fact == "NONE":
        text = f"open{joint or '-'}label"
    else:
        text = f"{fact.lower()}{joint or '-'}{'blind' if word.startswith('label') else word}"
    return _replace(cell, found, cased(found[0], text))


_RANDOMISED = re.compile(r"(?:non|not)?[- ]?randomi(?P<letter>[sz])ed", re.IGNORECASE)


def _allocation(cell: str, fact: Fact, context: _Context) -> str | None:
    """With the spelling of the cell: `randomised`."""
    found = _RANDOMISED.search(cell)
    if not isinstance(fact, str) or not found:
        return None
    text = fact_text("allocation", fact).replace("randomiz", f"randomi{found['letter'].lower()}")
    return _replace(cell, found, cased(found[0], text))


_STYLES: Mapping[str, _Style] = {
    "allocation": _allocation,
    "phases": _phases,
    "enrollment": _number,
    "masking": _masking,
    "minimum_age": _age,
    "maximum_age": _age,
}
