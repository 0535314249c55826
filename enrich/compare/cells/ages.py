"""Who may take part by age: the limits that a cell states.

A cell may print the age that was measured instead (a mean, a median, a range behind one of them):
that claims nothing about who may take part.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from enrich.compare.cells.reading import Cell, Elsewhere, Reading, unreadable
from enrich.models import Claim
from enrich.text import lazy_pattern

_IN_MONTHS = {
    "year": 12.0,
    "month": 1.0,
    "week": 12 / 52,
    "day": 12 / 365,
    "hour": 12 / 8760,
    "minute": 12 / 525_600,
}


@dataclass(frozen=True)
class Age:
    """An age limit.

    *strict* where the limit itself is excluded ("older than 18"). *is_doubtful* where a bare age
    may be a limit or not: it can agree, but a difference would prove nothing.
    """

    number: int
    unit: str
    strict: bool = False
    is_doubtful: bool = False

    @property
    def months(self) -> float:
        return self.number * _IN_MONTHS[self.unit]

    def __str__(self) -> str:
        return f"{self.number} {self.unit.capitalize()}{'' if self.number == 1 else 's'}"


@dataclass(frozen=True)
class NoLimit:
    """A cell says that there is no limit."""

    def __str__(self) -> str:
        return "no limit"


Limit = Age | NoLimit


def parse_registry_age(text: str) -> Age | None:
    """An age as the registry writes it: `18 Years`, `6 Months`, `1 Minute`."""
    found = re.fullmatch(r"(\d{1,6}) (year|month|week|day|hour|minute)s?", text.casefold())
    return Age(int(found[1]), found[2]) if found else None


def parse_minimum_age(cell: Cell) -> Reading:
    """The lowest age that may take part."""
    return _limit(cell, "low")


def parse_maximum_age(cell: Cell) -> Reading:
    """The highest age that may take part."""
    return _limit(cell, "high")


# --- limits

Limits = Mapping[str, Limit]

# fmt: off
_UNIT = (
    r"(?: ?-?(?P<unit{0}>years?|yrs?\b\.?|y/?o\b|y\.?o\b\.?|y\b|months?|mths?|mos?\b|m\b|weeks?"
    r"|wks?|w\b|days?|d\b|hours?|h\b|minutes?))?(?: ?-?(?:olds?|of ages?))?"
)
_LOW, _HIGH = (rf"(?P<{side}>\d{{1,6}}){_UNIT.format(side)}" for side in ("low", "high"))
_OVER = (
    r"(?P<over>older than|over|above|more than|greater than|≥|>|at least|from|minimum(?: age)?"
    r"(?: of)?:?|min\b\.?(?: age)?:?|lower(?: age)? limit:?|aged? at least|not younger than"
    r"|no younger than|not less than)"
)
_UNDER = (
    r"(?P<under>younger than|under|below|less than|≤|<|up to|at most|until|maximum(?: age)?"
    r"(?: of)?:?|max\b\.?(?: age)?:?|upper(?: age)? limit:?|not older than|no older than"
    r"|not more than|to)"
)
_AND_OLDER = (
    r"(?P<over>\+|(?:and|or|&) (?:older|over|above|up(?:wards?)?|more|greater)|"
    r"(?:years? )?and older|upwards?|onwards?|and up)"
)
_AND_YOUNGER = r"(?P<under>(?:and|or|&) (?:younger|under|below|less))"
_TO = r" ?(?:-|to|and|until|till|/|\.\.+|through|thru|~|up to|,) ?"
_NO_LIMIT = (
    r"(?:no (?:upper |lower |age |maximum |minimum |max |min )?(?:age )?"
    r"(?:limits?|restrictions?)|no (?:upper|maximum|max|upper age|maximum age)|no "
    r"(?:lower|minimum|min)|n/?a|none|not applicable|unlimited|any|without (?:upper |age )?limits?"
    r"|∞|open|not limited)"
)
_AGE_WORD = r"(?:age|x|years)"
_FORMS = tuple(lazy_pattern(form) for form in (
    rf"(?:between |from |range )?{_LOW}{_TO}(?:≤|<|up to )? ?{_HIGH}",
    rf"(?:between |from )?{_LOW} ?(?:≤|<) ?{_AGE_WORD} ?(?:≤|<) ?{_HIGH}",
    rf"{_OVER} ?(?:the age of )?{_LOW} ?(?:,|;|and|&|to|-|but|or)? ?{_UNDER} ?"
    rf"(?:the age of )?{_HIGH}",
    rf"{_OVER} ?{_LOW} ?(?:-|to) ?{_HIGH}",
    rf"{_OVER} ?(?:the )?(?:age of )?{_LOW}",
    rf"{_UNDER} ?(?:the )?(?:age of )?{_HIGH}",
    rf"{_LOW} ?{_AND_OLDER}(?: ?(?:years?|yrs?|y)(?: of age| old)?)?",
    rf"{_HIGH} ?{_AND_YOUNGER}(?: ?(?:years?|yrs?|y)(?: of age| old)?)?",
    rf"(?:from |≥ ?|over )?{_LOW}{_TO}(?P<open>{_NO_LIMIT})",
    r"(?P<over>over|under)-? ?(?P<decade>\d{1,3})s",
))
_STRICT = frozenset((
    "older than", "over", "above", "more than", "greater than", ">", "younger than", "under",
    "below", "less than", "<",
))
_UNITS = {"mi": "minute", "y": "year", "m": "month", "w": "week", "d": "day", "h": "hour"}

# Words around the limits that change nothing.
_LEAD = lazy_pattern(
    r"(?:(?:ages?|aged|age at (?:enrolment|enrollment|inclusion|entry)|eligible ages?|eligibility"
    r"|inclusion|years|range|group|limits?|for study|older adults?|healthy|eligible|adults?"
    r"|adolescents?|children|child"
    r"|infants?|patients?|participants?|subjects?|people|persons?|individuals?|volunteers?|men"
    r"|women|males?|females?|boys|girls|both sexes|pediatric|paediatric|elderly|who are|must be|are"
    r"|is|of|with|and|the|in)\b|\((?:years?|yrs?|y)\)|[:,=(]| )+"
)
_TAIL = lazy_pattern(r"(?:[ ,.)]|\b(?:at (?:enrolment|enrollment|inclusion|entry|baseline|consent"
                     r"|screening|study entry)|inclusive|adults?|patients?|participants?|subjects?"
                     r"|people|children|volunteers?|individuals?|only|eligible|or more|of age|age"
                     r"|aged)\b)+$")
_GROUPS = lazy_pattern(r"(?:(?:older |young |younger )?"
                       r"(?:adults?|children|child|adolescents?|seniors?|elderly|infants?|newborns?"
                       r"|pediatric|paediatric|neonates?|teenagers?|toddlers?)\b|[ ,/&()]|\b"
                       r"(?:and|or|only)\b)+")
_COUNTED = lazy_pattern(r"(?:(?:n ?[=:] ?)?\d[\d,]*(?: ?[/%] ?\d*)? ?"
                        r"(?:adults?|children|child|adolescents?|patients?|participants?|subjects?"
                        r"|men|women|males?|females?|m|f|infants?|%)?(?:[ ,/&]|and)*)+")
_MEASURED = lazy_pattern(
    r"\b(?:mean|median|average|avg|sd|s\.d|iqr|interquartile|observed|baseline)\b|±|\+/-|\d\.\d"
    r"|\d(?: ?years?| ?yrs?| ?y)?,? ?[\[(] ?(?:range:? ?)?\d+(?:\.\d+)? ?(?:-|to|,) ?\d+(?:\.\d+)?"
    r"(?: ?years?| ?yrs?)?[)\]]|\d,? range:? ?\d")
_SEXES = lazy_pattern(r"(?:both|all|male|female|men|women|sexes|genders|m|f|and|only|[ ,/&])+")
_BARE = lazy_pattern(rf"{_LOW}")
# fmt: on


class _Part(NamedTuple):
    """What one statement of a cell says about age."""

    limits: Limits | None = None
    is_measured: bool = False
    bare: Age | None = None
    is_strange: bool = False


def _limit(cell: Cell, side: str) -> Reading:
    parts = [*_parts(cell)]
    stated: dict[str, set[Limit]] = {"low": set(), "high": set()}
    for part in parts:
        for name, limit in (part.limits or {}).items():
            stated[name].add(limit)
    if any(part.is_strange for part in parts) or max(map(len, stated.values())) > 1:
        return _not_read(cell)
    if any(stated.values()):
        return _claim(*stated[side])
    return Elsewhere() if any(part.is_measured for part in parts) else _bare(cell, parts, side)


def _claim(limit: Limit | None = None) -> Reading:
    return Claim(limit, str(limit)) if limit else None


def _bare(cell: Cell, parts: list[_Part], side: str) -> Reading:
    """A bare age is a limit in a column that holds nothing else. Beside another limit it may be the
    lower one; nobody prints an upper limit like that. Two of them are both limits."""
    ages = [part.bare for part in parts if part.bare]
    if len(ages) == len(parts) == 2 and ages[0].months < ages[1].months:
        return _claim(ages[side == "high"])
    if len(ages) != 1 or len(parts) != 1:
        return None
    if len(cell.says) == 1:
        return _claim(ages[0])
    return _claim(replace(ages[0], is_doubtful=True)) if side == "low" else _not_read(cell)


def _not_read(cell: Cell) -> Reading:
    return unreadable(cell, "is not one range of ages")


# --- statements

_HEADED = lazy_pattern(
    r"(?<=\S)(?<!minimum)(?<!maximum)(?<!mean)(?<!median)(?<!\bmin)(?<!\bmax)(?<!upper)(?<!lower)"
    r"(?<!eligible) (?=(?:minimum|maximum|min|max|ages?|aged|mean|median)\b(?: age)? ?:)"
)
_BREAKS = lazy_pattern(r"[;|\n]|, ?(?=(?:minimum|maximum|min|max|mean|median|lower|upper|no )\b)")


def _parts(cell: Cell) -> Iterator[_Part]:
    for statement in _statements(cell.plain):
        text = _without_count(statement) if "enrollment" in cell.says else statement
        yield _part(text, in_brackets=statement.startswith("("))


def _statements(text: str) -> Iterator[str]:
    """The statements of a cell, brackets by themselves unless they belong to a mean:
    `54 (19-83)`.
    """
    for line in _BREAKS.split(_HEADED.sub("; ", text)):
        plain = line.strip(" ,.")
        if _is_measured(plain):
            yield plain
        else:
            yield from filter(None, (piece.strip(" ,.") for piece in _BRACKETS.split(plain)))


_BRACKETS = lazy_pattern(r"(?<=\w|\+|\)) ?(?=\()")


def _is_measured(statement: str) -> bool:
    """Whether a statement is a measured age, and not limits with a mean behind:
    `18-65 (mean 45)`.
    """
    if not _MEASURED.search(statement):
        return False
    before = statement.split("(")[0].strip()
    return bool(_MEASURED.search(before)) or not _limits_of(before)


def _without_count(text: str) -> str:
    """A statement without the number of participants before its limits:
    `20 18 years to 70 years`.
    """
    without = re.sub(
        r"^(?:n ?[=:] ?)?\d[\d,]*(?: ?(?:patients|participants|subjects|people))?"
        r"(?=$| (?=\d|[≥≤<>]|ages?|aged|\D))",
        "",
        text,
    ).strip()
    return without if without != text else text


def _part(text: str, *, in_brackets: bool) -> _Part:
    bare = text.strip("()[] ") if text.startswith(("(", "[")) else text
    if not bare or _GROUPS.fullmatch(bare) or _SEXES.fullmatch(bare):
        return _Part()
    limits = _limits_of(bare)
    if limits:
        return _Part(limits)
    if _MEASURED.search(text):
        return _Part(is_measured=True)
    if in_brackets and _COUNTED.fullmatch(bare):
        return _Part()
    number = _BARE.fullmatch(_stripped(bare))
    if number:
        return _Part(bare=_age(number.groupdict(), "low", "over"))
    return _Part(
        is_strange=bool(re.search(r"\d", bare)) or (not in_brackets and bool(_SPEAKS.search(bare)))
    )


_SPEAKS = lazy_pattern(r"\b(?:limit|restriction|age|older|younger|years?)\b")


def _stripped(text: str) -> str:
    lead = _LEAD.match(text)
    inner = text[lead.end() :] if lead else text
    return _TAIL.sub("", inner).strip("() ")


def _limits_of(text: str) -> Limits | None:
    """The limits of one statement; None where it states none."""
    none = re.fullmatch(
        rf"(?P<low>(?:minimum|min|lower)[^:]{{0,12}}:? ?)?"
        rf"(?P<high>(?:maximum|max|upper)[^:]{{0,12}}:? ?)?(?:age:? )?{_NO_LIMIT}",
        text,
    )
    if none:
        return _unlimited(text)
    for candidate in dict.fromkeys((text, _stripped(text))):
        for form in _FORMS:
            found = form.fullmatch(candidate)
            if found:
                return _from_parts(found.groupdict())
    return None


def _unlimited(text: str) -> Limits:
    sides = {"low": r"low|minimum|min\b", "high": r"upper|maximum|max\b"}
    named = [side for side, words in sides.items() if re.search(words, text)]
    return dict.fromkeys(named or sides, NoLimit())


def _from_parts(parts: dict[str, str | None]) -> Limits:
    if decade := parts.get("decade"):
        age = Age(int(decade), "year", strict=True)
        return {"low" if parts["over"] == "over" else "high": age}
    ages = {"low": _age(parts, "low", "over"), "high": _age(parts, "high", "under")}
    limits: dict[str, Limit] = {side: age for side, age in ages.items() if age}
    return {**limits, "high": NoLimit()} if parts.get("open") else limits


def _age(parts: Mapping[str, str | None], side: str, sign: str) -> Age | None:
    number = parts.get(side)
    if number is None:
        return None
    unit = parts.get(f"unit{side}") or parts.get("unithigh") or parts.get("unitlow") or "y"
    name = next(name for start, name in _UNITS.items() if unit.startswith(start))
    return Age(int(number), name, strict=parts.get(sign) in _STRICT)
