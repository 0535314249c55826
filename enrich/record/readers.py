"""The value at a path of a record → the fact that it is.

A reader takes what JSON can hold, and raises TypeError or ValueError where that is not of the type
that the registry's description gives it.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

from enrich.dates import PartialDate

Reader = Callable[[Any], Any]
SqlType = Literal["TEXT", "INTEGER", "REAL"]

# The registry's own "no number given": never a plan for a hundred million people.
NO_ENROLLMENT = 99_999_999
# More than there are people; the database could not hold every larger number.
_MOST_PEOPLE = 10_000_000_000
# 64 bits hold a thousand times as much.
_MOST_BYTES = 10**15

_TIME_OF_DAY = re.compile(r"(?<=^\d{4}-\d\d-\d\d)[T ].*", re.ASCII | re.DOTALL)


def text(value: Any) -> str:
    """Text as it is."""
    return value if isinstance(value, str) else str(_typed(value, str))


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, each once; never the letters of a single one."""
    return tuple(dict.fromkeys(text(entry) for entry in _typed(value, list) if entry is not None))


def joined(value: Any) -> str | None:
    """A list of texts as one, with semicolons between; None for an empty list."""
    return "; ".join(texts(value)) or None


def day(value: Any) -> str:
    """A date as ISO text at the registry's precision; a time of day behind it is dropped."""
    return _day(text(value))


# A record has a dozen dates, and a registry of 600,000 records some 10,000 days.
@lru_cache(maxsize=16384)
def _day(printed: str) -> str:
    iso = _TIME_OF_DAY.sub("", printed)
    try:
        return PartialDate(iso).iso
    except ValueError as error:
        raise TypeError(f"{iso[:40]!r} is not a date") from error


def boolean(value: Any) -> bool:
    """True or false; never a word or a number for it."""
    return bool(_typed(value, bool))


def count(value: Any) -> int | None:
    """A number of people, also as text; None for the registry's own "no number given"."""
    is_text = isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value)
    number = int(value) if is_text else _typed(value, int)
    if isinstance(number, bool) or not 0 <= number < _MOST_PEOPLE:
        raise TypeError(f"{number} is not a number of people")
    return None if number == NO_ENROLLMENT else number


def integer(value: Any) -> int:
    """A whole number, such as the size of a file in bytes; one that a database can hold."""
    number = int(_typed(value, int))
    if not -_MOST_BYTES <= number <= _MOST_BYTES:
        raise TypeError(f"{number} is beyond any size")
    return number


def decimal_degrees(value: Any) -> float:
    """A latitude or longitude in decimal degrees."""
    return float(_typed(value, int | float))


def present(value: Any) -> bool:
    """Whether there is anything at all."""
    return bool(value)


def _typed(value: Any, expected: Any) -> Any:
    if not isinstance(value, expected):
        name = getattr(expected, "__name__", expected)
        raise TypeError(f"{type(value).__name__} where {name} was expected")
    return value


_SQL_TYPES: Mapping[Reader, SqlType] = {
    count: "INTEGER",
    boolean: "INTEGER",
    integer: "INTEGER",
    decimal_degrees: "REAL",
}


def sql_type(read: Reader) -> SqlType:
    """The type of a database column for what *read* gives; lists are kept as JSON text."""
    return _SQL_TYPES.get(read, "TEXT")
