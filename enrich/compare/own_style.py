"""A registry value as a table prints it: roman phases stay roman, `Nov 2025` stays a month."""

import re
from collections.abc import Callable, Mapping

from enrich.compare.display import fact_text
from enrich.models import Fact

_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)


def in_own_style(field: str, cell: str, fact: Fact) -> str:
    """*fact* in the style in which *cell* prints this field.

    >>> in_own_style("phases", "Phase II", ("PHASE1", "PHASE2"))
    'Phase I/II'
    >>> in_own_style("completion_date", "Nov 2025", "2026-03-02")
    'Mar 2026'
    """
    style = _STYLES.get(field)
    if style is None and isinstance(fact, str) and re.fullmatch(r"\d{4}(-\d\d){0,2}", fact):
        style = _date
    text = style(cell, fact) if style else None
    return text if text is not None else _cased(cell, fact_text(field, fact))


def _cased(cell: str, text: str) -> str:
    """*text* in the letters of *cell*: `RECRUITING`, `Recruiting`, `recruiting`."""
    letters = [letter for letter in cell if letter.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return text.upper()
    if letters and letters[0].isupper():
        return text[:1].upper() + text[1:]
    return text


# --- phases


def _phases(cell: str, fact: Fact) -> str | None:
    """`Phase 1/2`, `Phase I-II`, `2`; None where there is no phase, or no number in the cell."""
    numbers = [re.sub(r"\D", "", code) for code in fact] if isinstance(fact, tuple) else []
    if not isinstance(fact, tuple) or not fact or "EARLY_PHASE1" in fact or not all(numbers):
        return None
    is_roman = re.search(r"(?<![A-Za-z])I[IV]{0,2}(?![A-Za-z])", cell) is not None
    if not is_roman and not re.search(r"\d", cell):
        return None
    prefix = re.match(r"\s*(phase|ph\.?)?(\s*)", cell, re.IGNORECASE)
    joint = "-" if re.search(r"\d\s*-\s*\d|I\s*-\s*I", cell) else "/"
    text = joint.join(_ROMAN[number] if is_roman else number for number in numbers)
    return f"{prefix[1] or ''}{prefix[2] if prefix[1] else ''}{text}" if prefix else text


# --- numbers


def _number(cell: str, fact: Fact) -> str | None:
    """`1,200` or `1 200` where the cell separates thousands so."""
    if not isinstance(fact, int) or isinstance(fact, bool):
        return None
    separator = re.search(r"\d([,. \u00a0\u202f])\d{3}(?!\d)", cell)
    return f"{fact:,}".replace(",", separator[1]) if separator else str(fact)


# --- dates

_Parts = tuple[str, int | None, int | None]  # the year in digits, month, day


def _iso(year: str, month: int | None, day: int | None) -> str:
    return "-".join((year, *(f"{part:02}" for part in (month, day) if part)))


def _words(cell: str, year: str, month: int | None, day: int | None) -> str:
    """A date with the month as a word, in the order and length of the cell."""
    if month is None:
        return year
    name = _MONTHS[month - 1]
    printed = re.search(rf"\b({_MONTH})\b", cell, re.IGNORECASE)
    if printed and len(printed[1]) == 3 and printed[1].lower() != "may":
        name = name[:3]
    if day is None or not re.search(r"\d{1,2}(?!\d)", re.sub(r"\d{4}", "", cell)):
        return f"{name} {year}"
    day_first = re.match(r"\s*\d", cell) is not None
    return f"{day} {name} {year}" if day_first else f"{name} {day}, {year}"


def _date(cell: str, fact: Fact) -> str | None:
    """A date as the cell writes it: at most as exact as the cell, and as what is known."""
    if not isinstance(fact, str) or not re.fullmatch(r"\d{4}(-\d\d){0,2}", fact):
        return None
    year, *month_and_day = fact.split("-")
    month, day = ([int(part) for part in month_and_day] + [None, None])[:2]
    plain = cell.strip()
    if re.search(rf"\b({_MONTH})\b", plain, re.IGNORECASE):
        return _words(plain, year, month, day)
    for form, write in _NUMERIC.items():
        if re.fullmatch(form, plain):
            return write(year, month, day)
    return None


_NUMERIC: Mapping[str, Callable[[str, int | None, int | None], str]] = {
    r"\d{4}": lambda year, month, day: year,
    r"\d{4}-\d\d": lambda year, month, day: _iso(year, month, None),
    r"\d{4}-\d\d-\d\d": _iso,
    r"\d{1,2}/\d{4}": lambda year, month, day: f"{month:02}/{year}" if month else year,
    r"\d{4}/\d\d": lambda year, month, day: f"{year}/{month:02}" if month else year,
}


# --- masking


def _masking(cell: str, fact: Fact) -> str | None:
    """`double-blind`, where the cell speaks of blinding; an open label stays one."""
    if not isinstance(fact, str):
        return None
    blind = re.search(r"(-|\s?)blind(ed)?\b", cell, re.IGNORECASE)
    if fact == "NONE":
        return _cased(cell, "open label") if blind or "open" in cell.lower() else None
    if not blind:
        return None
    return _cased(cell, f"{fact.lower()}{blind[1]}blind{blind[2] or ''}")


# --- allocation


def _allocation(cell: str, fact: Fact) -> str | None:
    """With the spelling of the cell: `randomised`."""
    if not isinstance(fact, str) or "randomis" not in cell.lower():
        return None
    return _cased(cell, fact_text("allocation", fact).replace("randomiz", "randomis"))


_STYLES: Mapping[str, Callable[[str, Fact], str | None]] = {
    "allocation": _allocation,
    "phases": _phases,
    "enrollment": _number,
    "masking": _masking,
}
