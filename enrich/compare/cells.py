"""What a cell claims about one field.

Every reader takes the text of a cell, as printed, and gives a Claim, an Unreadable with its reason, or None where the cell
does not speak of the field. A reader never raises and never guesses: what it does not know is unreadable.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from enrich.compare import vocabulary
from enrich.compare.vocabulary import Labels, Vocabulary
from enrich.dates import read_date
from enrich.models import Claim, Unreadable
from enrich.text import alphanumeric_key, casefold_text, json_list, normalize_label

Reading = Claim | Unreadable | None
Parser = Callable[[str], Reading]


def says_nothing(text: str) -> bool:
    """Whether a cell is empty or prints one of the usual marks for "no data"."""
    return normalize_label(text) in vocabulary.NO_CLAIM


def _one_or_list(values: tuple[str, ...]) -> str:
    return values[0] if len(values) == 1 else json_list(values)


# --- labels of a vocabulary


def label_parser(words: Vocabulary) -> Parser:
    """A reader for the labels of *words*: the whole cell, or a label somewhere in it."""
    everything = {**words.anywhere, **words.whole_cell}
    pattern = _any_of(words.anywhere)
    hint = re.compile(words.hint) if words.hint else None

    def read(text: str) -> Reading:
        cell = normalize_label(text)
        if cell in everything:
            return _coded(everything[cell])
        found = list(pattern.finditer(cell)) if pattern else []
        if not found:
            return (
                Unreadable(f"{text.strip()!r} is no label known here")
                if hint and hint.search(cell)
                else None
            )
        return _agreed(
            [everything[match[0]] for match in found],
            text,
            negated=any(_negated(match, cell) for match in found),
        )

    return read


def _any_of(known: Labels) -> re.Pattern[str] | None:
    """The longest label first, so that `non randomized` is not read as `randomized`."""
    by_length = sorted(known, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, by_length))})\b") if by_length else None


_NEGATION = re.compile(
    r"\b(?:not|no|non|never|without|neither|nor|isn t|un|quasi|pseudo)( \w+)?( or)? $"
)


def _negated(match: re.Match[str], cell: str) -> bool:
    return bool(_NEGATION.search(cell[: match.start()]))


def _agreed(meanings: list[tuple[str, ...]], text: str, *, negated: bool) -> Reading:
    """What all labels of one cell have in common: two that exclude each other, or one denied, cannot be read."""
    if negated:
        return Unreadable(f"{text.strip()!r} denies what it names")
    common = [code for code in meanings[0] if all(code in other for other in meanings)]
    return _coded(tuple(common)) if common else Unreadable(f"{text.strip()!r} says two things")


def _coded(codes: tuple[str, ...]) -> Claim:
    return Claim(codes, _one_or_list(codes))


_ROLE = _any_of(dict.fromkeys(vocabulary.MASKED_ROLES, ()))
_masking_label = label_parser(vocabulary.MASKING)


def parse_masking(text: str) -> Reading:
    """A masking label (`Double Blind`, `Quadruple (Participant, …)`) or a list of the masked roles."""
    before_brackets = text.split("(")[0]
    if normalize_label(before_brackets) in vocabulary.MASKING.whole_cell:
        return _masking_label(before_brackets)
    reading = _masking_label(text)
    return reading if isinstance(reading, Claim) else _masked_roles(text) or reading


def _masked_roles(text: str) -> Reading:
    cell = normalize_label(text).replace("/", " ")
    assert _ROLE is not None
    left_over = _ROLE.sub("", cell).replace(" and ", " ").split()
    roles = {vocabulary.MASKED_ROLES[role] for role in _ROLE.findall(cell)}
    return _coded((vocabulary.MASKING_BY_ROLES[len(roles)],)) if roles and not left_over else None


# --- phases

_NUMBER = r"(?:iv|i{1,3}|[0-4])\s?[abc]?(?![a-z0-9])"
_JOIN = r"\s*(?:/|\||&|\+|-|–|and\b|or\b|to\b)\s*(?:ph(?:ase)?s?\.?\s*)?"
_LIST = rf"{_NUMBER}(?:{_JOIN}{_NUMBER})*(?:\s*,\s*{_NUMBER}(?=\W*$))?"
_PHASES = re.compile(rf"\b(?P<early>early[\s_-]+)?(?:ph(?:ase)?s?\.?[\s-]*)(?P<numbers>{_LIST})")
_BARE_PHASES = re.compile(rf"(?P<early>early\s+)?(?P<numbers>{_LIST})")
_PHASE_NUMBER = {
    "0": "EARLY_PHASE1",
    "1": "PHASE1",
    "2": "PHASE2",
    "3": "PHASE3",
    "4": "PHASE4",
    "i": "PHASE1",
    "ii": "PHASE2",
    "iii": "PHASE3",
    "iv": "PHASE4",
}
_NOT_APPLICABLE = frozenset(("not applicable", "phase not applicable", "phase n/a", "phase na"))
# A record holds one phase, or two neighbours where a trial combines them.
_POSSIBLE_PHASES = frozenset(
    (
        ("EARLY_PHASE1",),
        ("PHASE1",),
        ("PHASE1", "PHASE2"),
        ("PHASE2",),
        ("PHASE2", "PHASE3"),
        ("PHASE3",),
        ("PHASE4",),
    )
)


def parse_phases(text: str) -> Reading:
    """Phases in all usual spellings: `Phase I/II`, `1/2`, `Ph 2b/3`, `Phase 1|Phase 2`, `Ⅰ, Ⅱ`, `Early Phase 1`."""
    cell = casefold_text(text)
    if normalize_label(text) in _NOT_APPLICABLE:
        return Claim(("NA",), "NA")
    whole = _BARE_PHASES.fullmatch(cell.strip("() "))
    found = [whole] if whole else list(_PHASES.finditer(cell))
    if not found:
        return (
            Unreadable(f"{text.strip()!r} names no phase")
            if re.match(r"ph(?:ase)?\b", cell)
            else None
        )
    return _known_phases({phase for match in found for phase in _numbered(match)}, text)


def _numbered(match: re.Match[str]) -> set[str]:
    bare = re.sub(r"ph(?:ase)?s?", " ", match["numbers"])
    numbers = {
        _PHASE_NUMBER[number]
        for number in re.findall(r"(?<![a-z])(?:iv|i{1,3}|[0-4])(?=[abc]?(?![a-z0-9]))", bare)
    }
    return {"EARLY_PHASE1"} if match["early"] and numbers == {"PHASE1"} else numbers


def _known_phases(numbers: set[str], text: str) -> Reading:
    ordered = tuple(sorted(numbers))
    return (
        Claim(ordered, json_list(ordered))
        if ordered in _POSSIBLE_PHASES
        else Unreadable(f"{text.strip()!r} is no phase the registry has")
    )


# --- numbers of people

_COUNT = re.compile(
    r"(?:total\s*)?(?:n\s*[=:]\s*)?(?P<about>~|≈|∼|about |approximately |approx\.? |circa |ca\.? )?\s*(?P<number>\d{1,3}(?:,\d{3}){1,3}|\d{1,10})(?P<rest>.*)",
    re.S,
)
# French and scientific print part thousands with a narrow or fixed blank; an ordinary one may part two numbers.
_THIN_BLANK = re.compile(r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))")
# Behind the number: more of it (a range, a fraction, a mean ± SD, a share), or a unit that is not people.
_NO_COUNT = re.compile(
    r"\s*(?:[.,·]?\d|%|±|\+/-|[-–—~]\s*\d|[/⁄]\s*\d|:\s*\d|\+|x\s*\d|×|(?:vs?|versus|and|or|to)\b\.?\s*\d)"
    r"|\s*(?:years?|yrs?|y|months?|weeks?|days?|hours?|mg|ml|arms?|groups?|cohorts?|sites?|cent(?:er|re)s?|studies|trials)\b"
    r"|.{0,20}(?:\bper\b|\beach\b|/\s*(?:arm|group))"
)


@dataclass(frozen=True)
class Count:
    """A number of people; *about* where the table rounds it."""

    number: int
    approximate: bool

    def __str__(self) -> str:
        return f"{'about ' if self.approximate else ''}{self.number}"


def parse_enrollment(text: str) -> Reading:
    """The first count of a cell (`120 (60/60)`, `N = 1,949`, `~ 50`); a range, a fraction or a share is no count."""
    cell = casefold_text(_THIN_BLANK.sub(",", text))
    found = _COUNT.fullmatch(cell)
    if not found or _NO_COUNT.match(found["rest"]):
        return Unreadable(f"{text.strip()!r} is not one number of people") if cell else None
    printed = Count(int(re.sub(r"\D", "", found["number"])), approximate=bool(found["about"]))
    return Claim(printed, str(printed))


# --- ages

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
    """An age limit; *strict* where the limit itself is excluded ("older than 18")."""

    number: int
    unit: str
    strict: bool = False

    @property
    def months(self) -> float:
        return self.number * _IN_MONTHS[self.unit]

    def __str__(self) -> str:
        return f"{self.number} {self.unit.capitalize()}{'' if self.number == 1 else 's'}"


@dataclass(frozen=True)
class _Limits:
    youngest: Age | None = None
    oldest: Age | None = None


_UNIT = r"(?:\s*-?\s*(?P<unit{0}>years?|yrs?|y/?o|y|months?|mo|m|weeks?|wks?|w|days?|d|hours?|minutes?)(?:\s*-?\s*(?:olds?|of age))?)?"
_AGE_UNITS = {"mi": "minute", "y": "year", "m": "month", "w": "week", "d": "day", "h": "hour"}
_OVER = (
    r"(?P<over>older than|over|above|more than|greater than|>=|≥|≧|>|at least|from|minimum|min\.?)"
)
_UNDER = (
    r"(?P<under>younger than|under|below|less than|<=|≤|≦|<|up to|at most|until|maximum|max\.?)"
)
_LEAD = r"(?:ages?d?:?\s*|adults?,?\s*|patients?\s*|children\s*)?\(?\s*"

# fmt: off
_AGE_FORMS = tuple(re.compile(_LEAD + form + r"\s*\)?") for form in (
    rf"(?:between\s+|from\s+)?(?P<low>\d{{1,6}}){_UNIT.format('low')}\s*(?:-|–|—|to|and|until|/)\s*(?P<high>\d{{1,6}}){_UNIT.format('high')}",
    rf"{_OVER}\s*(?P<low>\d{{1,6}}){_UNIT.format('low')}\s*(?:,|;|and|&|to)?\s*{_UNDER}\s*(?P<high>\d{{1,6}}){_UNIT.format('high')}",
    rf"{_OVER}\s*(?:the age of\s*)?(?P<low>\d{{1,6}}){_UNIT.format('low')}",
    rf"{_UNDER}\s*(?:the age of\s*)?(?P<high>\d{{1,6}}){_UNIT.format('high')}",
    rf"(?P<low>\d{{1,6}}){_UNIT.format('low')}\s*(?P<over>\+|and (?:older|over|above|up)|or (?:older|over|above|more)|years? and older)(?:\s*(?:years?|yrs?|y))?",
    rf"(?P<high>\d{{1,6}}){_UNIT.format('high')}\s*(?P<under>and (?:younger|under|below)|or (?:younger|under|below|less))",
))
# fmt: on
_STRICT = frozenset(
    (
        "older than",
        "over",
        "above",
        "more than",
        "greater than",
        ">",
        "younger than",
        "under",
        "below",
        "less than",
        "<",
    )
)


def _limits(text: str) -> _Limits | None:
    """The age limits that *text* states; None where it gives a measured age (a mean, a median with its range) or nothing."""
    cell = casefold_text(text)
    for form in _AGE_FORMS:
        found = form.fullmatch(cell)
        if found:
            parts: dict[str, str | None] = dict(found.groupdict())
            return _Limits(_age(parts, "low", "over"), _age(parts, "high", "under"))
    return None


def _age(parts: Mapping[str, str | None], side: str, sign: str) -> Age | None:
    number = parts.get(side)
    if number is None:
        return None
    unit = parts.get(f"unit{side}") or parts.get("unithigh") or parts.get("unitlow") or "y"
    return Age(
        int(number),
        next(name for start, name in _AGE_UNITS.items() if unit.startswith(start)),
        strict=parts.get(sign) in _STRICT,
    )


def parse_registry_age(text: str) -> Age | None:
    """An age as the registry writes it: `18 Years`, `6 Months`, `1 Minute`."""
    found = re.fullmatch(r"(\d{1,6}) (year|month|week|day|hour|minute)s?", text.casefold())
    return Age(int(found[1]), found[2]) if found else None


def parse_minimum_age(text: str) -> Reading:
    """The lowest age that may take part; a measured age (54.5 ± 10.3) claims nothing about who may."""
    limits = _limits(text)
    return Claim(limits.youngest, str(limits.youngest)) if limits and limits.youngest else None


def parse_maximum_age(text: str) -> Reading:
    """The highest age that may take part."""
    limits = _limits(text)
    return Claim(limits.oldest, str(limits.oldest)) if limits and limits.oldest else None


_ONE_AGE = re.compile(rf"(?P<low>\d{{1,6}}){_UNIT.format('low')}")


def parse_bare_age(text: str) -> Reading:
    """A bare number (`18`, `6 months`): an age limit in a column that holds nothing else, a mean age anywhere else."""
    found = _ONE_AGE.fullmatch(casefold_text(text))
    age = _age(found.groupdict(), "low", "") if found else None
    return Claim(age, str(age)) if age else None


# --- dates, names, truth


def parse_date(text: str) -> Reading:
    """A date at the precision that the cell prints."""
    try:
        read = read_date(text)
    except ValueError as error:
        return Unreadable(str(error)) if text.strip() else None
    return Claim(read, read.iso)


# What the registry's sites, old and new, write before and behind a title in a browser's window.
_WINDOW = re.compile(
    r"^\s*study details\s*\|\s*(?:NCT\d{8}\s*\|\s*)?"
    r"|\s*[-–—|]\s*(?:full text view|tabular view|study details|no study results posted|study results)?\s*(?:[-–—]\s*)?clinicaltrials\.gov.*$",
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


# A blank on both sides: the hyphen of "graft-versus-host" joins, the dash of "sclerosis – ulcers" parts.
_BETWEEN_CONDITIONS = re.compile(r" [-–—] |[;|]")


def parse_conditions(text: str) -> Reading:
    """The conditions of a cell, parted at dashes, semicolons and line breaks."""
    lines = "; ".join(" ".join(line.split()) for line in text.split("\n"))
    parts = tuple(
        part.strip() for part in _BETWEEN_CONDITIONS.split(f" {lines} ") if alphanumeric_key(part)
    )
    return Claim(parts, _one_or_list(parts)) if parts else None


_truth_label = label_parser(vocabulary.BOOLEAN)


def parse_boolean(text: str) -> Reading:
    """Yes or no."""
    reading = _truth_label(text)
    return (
        Claim(reading.value == ("true",), reading.text) if isinstance(reading, Claim) else reading
    )
