"""How many people a cell says take part.

A cell may print several numbers: planned and enrolled, enrolled and completed, women and men, arms,
eyes. Each number gets a role from the words around it; only one that counts all participants is the
claim, and a number whose role nobody knows makes the cell unreadable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from enrich.compare import vocabulary
from enrich.compare.cells.phases import BARE_PHASES, PHASES
from enrich.compare.cells.reading import Cell, Reading, code_claim, unreadable
from enrich.compare.cells.scan import DATED, VALUE_FORMS
from enrich.compare.vocabulary import Codes, word_form
from enrich.dates import MONTHS
from enrich.models import Claim
from enrich.text import lazy_pattern


@dataclass(frozen=True)
class Count:
    """A number of participants, as far as the cell shows which number it is.

    *planned* and *enrolled* are set where the cell says which of the two it prints.
    *is_upper_bound*: "up to 24". *is_doubtful*: a sum of arms, or people who completed; it can
    agree, but a difference would prove nothing.
    """

    number: int
    approximate: bool = False
    planned: int | None = None
    enrolled: int | None = None
    is_upper_bound: bool = False
    is_doubtful: bool = False

    def __str__(self) -> str:
        if self.planned is not None and self.enrolled is not None:
            return f"{self.planned} planned, {self.enrolled} enrolled"
        bound = "about " if self.approximate else "up to " if self.is_upper_bound else ""
        return f"{bound}{self.number}"


def parse_enrollment(cell: Cell) -> Reading:
    """The number of participants that a cell claims."""
    count = _count(cell)
    return Claim(count, str(count)) if isinstance(count, Count) else count


def parse_kind_of_number(cell: Cell) -> Reading:
    """Whether the number of a cell is planned or enrolled."""
    count = _count(cell)
    if not isinstance(count, Count):
        return count
    known = (("ACTUAL", count.enrolled), ("ESTIMATED", count.planned))
    codes = tuple(code for code, number in known if number is not None)
    return code_claim(Codes(codes)) if codes else None


# --- the roles of numbers


class _Role(Enum):
    PLANNED = auto()
    ENROLLED = auto()
    TOTAL = auto()
    UP_TO = auto()
    AT_LEAST = auto()
    APPROXIMATE = auto()
    SUBSET = auto()  # some of them: who completed, who was analysed
    BEFORE = auto()  # more than them: who was screened
    FEMALE = auto()
    MALE = auto()
    ARM = auto()
    PER_ARM = auto()
    PEOPLE = auto()
    OTHER_UNIT = auto()
    WITH = auto()  # the words behind it describe these people
    NOISE = auto()


# fmt: off
_ROLE_WORDS = {
    _Role.PLANNED: "planned target targeted anticipated estimated expected projected proposed "
                   "intended goal aimed aim foreseen calculated will",
    _Role.ENROLLED: "enrolled recruited randomized included actual actually final allocated "
                    "registered entered achieved reached",
    _Role.TOTAL: "total overall altogether n sum",
    _Role.UP_TO: "upto",
    _Role.AT_LEAST: "least over exceeding",
    _Role.APPROXIMATE: "about approximately approx circa ca around roughly nearly",
    _Role.SUBSET: "completed completer analyzed analysed evaluable evaluated itt mitt pp fas pps "
                  "treated received dosed finished followed responder withdrew withdrawn dropout "
                  "dropped lost excluded died dead discontinued only safety receiving "
                  "vaccinated infused transplanted positive negative missing currently already "
                  "remaining assessable alive consented eligible analysis",
    _Role.BEFORE: "screened assessed invited approached",
    _Role.FEMALE: "female woman girl f",
    _Role.MALE: "male man boy m",
    _Role.ARM: "control placebo intervention treatment experimental active comparator sham arm "
               "group cohort standard usual therapy drug vehicle verum dose part stage msc",
    _Role.PER_ARM: "per each every apiece",
    _Role.PEOPLE: "patient participant subject people person individual volunteer adult child "
                  "infant pt pts adolescent newborn neonate user worker student inpatient "
                  "outpatient teenager elderly senior survivor carrier mother case",
    _Role.OTHER_UNIT: "eye knee hip limb leg foot feet ulcer wound lesion tooth teeth implant ear "
                      "breast cluster hospital center site practice school village clinic "
                      "household family pair dyad couple twin cycle sample biopsy procedure month "
                      "week day year hour visit study trial country article mouse mice rat animal "
                      "pig dog rabbit community ward district facility shoulder hand kidney joint "
                      "defect pregnancy birth admission episode session",
    _Role.WITH: "with who whom having aged without from undergoing suffering diagnosed whose",
    _Role.NOISE: "in at recruitment size number population healthy human it first both to for set "
                 "value new",
}
# fmt: on
_ROLE_OF = {word_form(word): role for role, words in _ROLE_WORDS.items() for word in words.split()}
# Several words that stand for one.
_PHRASES = tuple(
    (lazy_pattern(written), f" {word} ")
    for written, word in (
        (r"/ ?(?:arm|group|cohort)\b", "each"),
        (r"\b(?:approximately|approx\b\.?|circa|ca\b\.?|c\.(?= ?\d))|~", "about"),
        (
            r"\b(?:m ?/ ?f|f ?/ ?m|m ?: ?f|males? ?/ ?females?|females? ?/ ?males?|men ?/ ?women"
            r"|women ?/ ?men)\b",
            "value",
        ),
        (r"\b(?:up to|at most|maximum(?: of)?|max\b\.?|no more than)(?=\W)|≤", "upto"),
        (
            r"\b(?:at least|more than|less than|fewer than|minimum(?: of)?|min\b\.?|under)(?=\W)"
            r"|[≥><]",
            "least",
        ),
        (r"\bper[- ]protocol\b", "pp"),
        (r"\bper[- ](?:arm|group|cohort|treatment)\b", "each"),
        (r"\b(?:will|to) be (?:enroll?ed|recruited|randomi[sz]ed|included)\b", "planned"),
        (r"\b(?:sample size|study population|no\.(?= ?(?:of|[:=]))|number of \w+(?= ?[:=]))", "n"),
        (r"\b(?:so far|to date)\b", "currently"),
        (r"\bintention[- ]to[- ]treat\b", "itt"),
        (r"\bhealth[- ]?care workers?\b", "people"),
        (
            r"\b(?:of (?:whom|which|these|those)|thereof|including|incl\b\.?|plus|while|whereas)\b",
            "and",
        ),
    )
)
_JOINING = frozenset(("and", "but", "of", "in", "v", "vs", "versus", "or"))


class _Statement(NamedTuple):
    """A number with the roles of the words around it; no number: words alone."""

    number: int | None
    roles: frozenset[_Role]
    unknown: bool  # whether a word has no role
    joint: str  # what stands before: a sign or a joining word
    in_brackets: bool
    is_doubtful: bool = False


# --- reading a cell

_PLAIN = lazy_pattern(r"\d{1,3}(?:,\d{3})+|\d{1,10}")
_SPREADSHEET_DATE = lazy_pattern(
    rf"\d{{1,2}}-(?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)})-\d{{1,2}}"
)


def _count(cell: Cell) -> Count | Reading:
    text = cell.plain
    if _PLAIN.fullmatch(text) and not cell.participants:
        return Count(int(text.replace(",", "")))
    if _SPREADSHEET_DATE.fullmatch(text):
        return unreadable(cell, "is a date that a spreadsheet made of two numbers")
    counted = _without_values(_in_digits(text), "phases" in cell.says)
    if cell.participants:
        return _at_place(cell, counted, cell.participants)
    if cell.says != ("enrollment",) and not re.search(r"\d", counted):
        return None
    statements = _with_descriptions(_statements(counted))
    count = _decide(statements) if statements else None
    return count or unreadable(cell, "is not one number of people")


# --- one of several numbers, by its place

# Which number of a cell may count the participants, as `participants` in a table's description.
PLACES: Mapping[str, int] = {"first": 0, "second": 1, "third": 2, "last": -1}
_NUMBER = lazy_pattern(r"(?<![\d.])\d{1,3}(?:,\d{3})+(?![\d.])|(?<![\d.,])\d{1,10}(?!\d|[.,]\d)")


def _at_place(cell: Cell, counted: str, place: str) -> Count | Reading:
    """The number at *place* in a cell: the place is one for all cells of a column.

    >>> _at_place(Cell("120/118"), "120/118", "second").number
    118
    """
    numbers = [int(found[0].replace(",", "")) for found in _NUMBER.finditer(counted)]
    if not numbers:
        return unreadable(cell, "is not a number of people") if re.search(r"\d", counted) else None
    if PLACES[place] >= len(numbers):
        return unreadable(cell, f"has no {place} number")
    return Count(numbers[PLACES[place]])


# --- numbers in words, and numbers that count no people

# fmt: off
_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
_NUMBER_WORDS = {
    **{word: number for number, word in enumerate(_UNITS)},
    **{word: 10 * number for number, word in enumerate(_TENS, 2)},
    "dozen": 12,
}
_SPELLED = "|".join(sorted((*_NUMBER_WORDS, "hundred", "thousand"), key=len, reverse=True))
_IN_WORDS = lazy_pattern(rf"(?<![\w-])(?:{_SPELLED})(?:(?:[ -]| and )(?:{_SPELLED}))*(?![\w])")


def _in_digits(text: str) -> str:
    """Numbers in words as digits: `two hundred and five` is 205. `10 thousand` stays."""
    return _IN_WORDS.sub(lambda found: _digits(found[0]), text)


def _digits(spelled: str) -> str:
    total = part = 0
    words = re.findall(r"[a-z]+", spelled.replace(" and ", " "))
    if words[0] in ("hundred", "thousand"):
        return spelled
    for word in words:
        if word == "thousand":
            total, part = total + part * 1000, 0
        else:
            part = part * 100 if word == "hundred" else part + _NUMBER_WORDS[word]
    return str(total + part)


_AGED = lazy_pattern(
    r"\b(?:(?:mean|median|average) )?ages?d?(?: range)?"
    r"(?: ?\(?(?:years?|yrs?|y)\)?)? ?[:=]? ?[≥≤<>~]? ?\d+(?:\.\d+)?"
    r"(?: ?(?:-|to|±) ?\d+(?:\.\d+)?)?(?: ?(?:years?|yrs?))?"
    r"|(?:[≥≤<>~] ?)?\d{1,3}(?:\.\d+)?(?: ?(?:years?|yrs?|y|months?))?(?: ?(?:-|to) ?\d{1,3})? ?-?"
    r"(?:years?|yrs?|y/o|yo|y)\b"
    r"(?: ?-?olds?| of age)?(?: (?:and|or) (?:older|over|above|up|more|younger|under|below))?"
)
_OTHER_VALUES = tuple(
    form
    for name, form in VALUE_FORMS
    if name in ("id", "percent", "ratio", "duration", "dose", "parts")
)
_COMPOUND = lazy_pattern(
    r"(?<![a-z\d])(?!n-)[a-z]+-?\d[a-z0-9]*(?:-\d+)?"
)  # covid-19, il-6, bnt162b2


def _without_values(text: str, phases_in_front: bool) -> str:
    """*text* with every number that is an age, a duration, a phase and so on replaced by a word."""
    bare = BARE_PHASES.match(text) if phases_in_front else None
    counted = f" ; {text[bare.end() :]}" if bare else text
    counted = _SHARES.sub(_without_shares, counted)
    for form in (
        _SHARE_OF_A_SEX,
        _KIND_OF_DISEASE,
        PHASES,
        DATED,
        _AGED,
        *_OTHER_VALUES,
        _COMPOUND,
    ):
        counted = form.sub(" value ", counted)
    for form, word in _PHRASES:
        counted = form.sub(word, counted)
    return counted


_SHARE_OF_A_SEX = lazy_pattern(
    r"\d+(?:\.\d+)? ?% (?:wom[ae]n|m[ae]n|(?:fe)?males?|[mf])\b|\b"
    r"(?:wom[ae]n|m[ae]n|(?:fe)?males?|[mf])[ :,]{1,2}\d+(?:\.\d+)? ?%"
)
_KIND_OF_DISEASE = lazy_pattern(
    r"\b(?:type|stage|grade|class|level|factor|score|covid|cov)s?[ -]?\d+(?:\.\d+)?"
    r"(?: ?(?:-|/|or) ?\d+)?"
)
_SHARES = lazy_pattern(r"\((\d{1,3}) ?[/:] ?(\d{1,3})\)")


def _without_shares(pair: re.Match[str]) -> str:
    """Two shares of a hundred are percentages: `40 (50/50)`."""
    return " value " if int(pair[1]) + int(pair[2]) == 100 else pair[0]


# --- statements

_TOKEN = lazy_pattern(
    r"(?P<range>\d[\d,]* ?(?:-|to) ?\d|[-±]\d|[×?]|-$|\d ?[±×]|\d ?x ?\d|\d,\d{1,2}(?!\d)"
    r"|\d+[a-z]+\d)"
    r"|(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?P<decimals>[.·]\d+)?"
    r"(?P<thousand> ?(?:k|thousand|million)\b)?(?P<glued>[a-z]*)"
    r"|(?P<word>[^\W\d_]+)|(?P<sign>[,:;()\[\]+&/|\n→]| - |\.(?=\s|$))"
)
_FOOTNOTES = frozenset("abce")  # a letter behind a number that is no unit


_THOUSANDS = {"": 1, "k": 1000, "thousand": 1000, "million": 1_000_000}


class _Uncountable(Exception):
    """A range, a mean, a fraction: no number of people."""


def _statements(text: str) -> list[_Statement]:
    """The numbers of *text*, each with its words; empty where one of them counts no people."""
    try:
        return [*_Reader().read(text)]
    except _Uncountable:
        return []


class _Reader:
    """Gathers words around numbers, from one separator to the next."""

    def __init__(self) -> None:
        self._depth = 0
        self._start("")

    def _start(self, joint: str) -> None:
        self._number: int | None = None
        self._doubtful = self._unknown = self._described = False
        self._roles: set[_Role] = set()
        self._joint = joint

    def read(self, text: str) -> Iterator[_Statement]:
        last = ""
        for match in _TOKEN.finditer(text):
            last = match[0].strip()
            if self._begins(match, last):
                yield from self._end()
                self._depth = max(0, self._depth + (last in "([") - (last in ")]"))
                self._start(last)
            else:
                self._take(match, last)
        if last in ("+", "→"):
            raise _Uncountable
        yield from self._end()

    def _begins(self, match: re.Match[str], token: str) -> bool:
        """Whether a sign, or a joining word behind a number, begins another statement."""
        if match["sign"]:
            return token != ":" or self._number is not None
        return token in _JOINING and self._number is not None

    def _take(self, match: re.Match[str], token: str) -> None:
        if match["range"] or (match["number"] and self._number is not None):
            raise _Uncountable
        if match["number"]:
            self._take_number(match)
        elif match["word"] and token not in _JOINING:
            self._take_word(token)

    def _take_number(self, match: re.Match[str]) -> None:
        digits, decimals = match["number"].replace(",", ""), (match["decimals"] or "")[1:]
        factor = _THOUSANDS[(match["thousand"] or "").strip()]
        if factor == 1 and len(decimals) == 3 and len(digits) <= 3:
            digits, decimals, self._doubtful = digits + decimals, "", True
        if len(digits) > 10 or 10 ** len(decimals) > factor:
            raise _Uncountable
        fraction = int(decimals or 0) * factor // 10 ** len(decimals)
        self._number = int(digits) * factor + fraction
        self._take_glued(match["glued"])

    def _take_glued(self, letters: str) -> None:
        if letters and letters not in _FOOTNOTES:
            if word_form(letters) not in _ROLE_OF:
                raise _Uncountable
            self._take_word(letters)

    def _take_word(self, word: str) -> None:
        role = None if self._described else _ROLE_OF.get(word_form(word))
        if role:
            self._roles.add(role)
        # Behind "with", and between a number and "patients", any word may describe these people.
        self._described = self._described or role is _Role.WITH
        if role is _Role.PEOPLE and self._number is not None:
            self._unknown = False
        elif role is None and word not in vocabulary.FILLERS and not self._described:
            self._unknown = True

    def _end(self) -> Iterator[_Statement]:
        if self._number is not None or self._roles or self._unknown:
            yield _Statement(
                self._number,
                frozenset(self._roles),
                self._unknown,
                self._joint,
                self._depth > 0,
                self._doubtful,
            )


def _with_descriptions(statements: list[_Statement]) -> list[_Statement]:
    """Words in brackets, or behind a comma, belong to the number before them: `40 (recruited)`."""
    found: list[_Statement] = []
    for statement in statements:
        if statement.number is not None:
            found.append(statement)
        elif found and (statement.in_brackets or not statement.unknown):
            roles = statement.roles - {_Role.TOTAL}
            found[-1] = found[-1]._replace(roles=found[-1].roles | roles)
    return found


# --- the number of all participants

_KINDS = {_Role.PLANNED, _Role.ENROLLED}
_PARTS = {_Role.FEMALE, _Role.MALE, _Role.ARM, _Role.SUBSET}
_AGAINST = ("v", "vs", "versus", "or", "→")
_NOT_ALL = {_Role.PER_ARM, _Role.OTHER_UNIT, _Role.AT_LEAST, _Role.BEFORE}


def _decide(statements: list[_Statement]) -> Count | None:
    """The count of all participants; None where no number is known to be that."""
    if any(statement.joint in _AGAINST and not statement.in_brackets for statement in statements):
        return None
    at = _main(statements)
    if at is None or statements[at].unknown or statements[at].roles & _NOT_ALL:
        return None
    main, others = statements[at], [*statements[:at], *statements[at + 1 :]]
    is_part = _parts(main) and not main.roles & (_KINDS | {_Role.TOTAL})
    if is_part or (others and all(_adds_up(other) for other in others)):
        return _sum([main, *others])
    kinds = [other for other in others if other.roles & _KINDS and not other.roles & _PARTS]
    if not _adds_to(others, main) and not all(
        other in kinds or _is_part_of(other, main) for other in others
    ):
        return None
    return _with_kinds(main, kinds)


def _parts(statement: _Statement) -> frozenset[_Role]:
    """The roles by which a number counts only some participants; women and men together are all."""
    both = frozenset((_Role.FEMALE, _Role.MALE))
    parts = statement.roles & _PARTS
    return parts - both if both <= parts else parts


def _main(statements: list[_Statement]) -> int | None:
    """The place of the number that counts all: the one that says so, else the first of people."""
    totals = [
        at
        for at, statement in enumerate(statements)
        if _Role.TOTAL in statement.roles and not statement.roles & _NOT_ALL
    ]
    if len(totals) > 1:
        return None
    if totals:
        return totals[0]
    if not _needs_another(statements[0]):
        return 0
    later = (at for at, statement in enumerate(statements) if at and _counts_people(statement))
    return next(later, 0)


def _needs_another(first: _Statement) -> bool:
    """Whether a number in front counts other than all participants: eyes, or who was screened."""
    return bool(first.roles & (_NOT_ALL | {_Role.SUBSET}) and not first.roles & _KINDS)


def _counts_people(statement: _Statement) -> bool:
    return bool(
        statement.roles & (_KINDS | {_Role.PEOPLE}) and not statement.roles & (_NOT_ALL | _PARTS)
    )


def _adds_up(statement: _Statement) -> bool:
    is_arm = _Role.ARM in statement.roles and statement.joint in (",", ";", "/")
    joined = (is_arm or statement.joint in ("+", "&", "and")) and not statement.in_brackets
    return (
        joined
        and bool(statement.roles & {_Role.PEOPLE, _Role.ARM})
        and not statement.roles & {_Role.WITH, _Role.SUBSET}
    )


def _adds_to(others: list[_Statement], main: _Statement) -> bool:
    """Whether the other numbers are the parts of a total: `20 + 20 (total 40)`."""
    numbers = [other.number or 0 for other in others]
    return _Role.TOTAL in main.roles and sum(numbers) == main.number


def _sum(parts: list[_Statement]) -> Count | None:
    """Women and men, or arms: their sum may be all, but nobody says so."""
    roles = [statement.roles for statement in parts]
    if any(statement.in_brackets or statement.unknown for statement in parts):
        return None
    sexes = [role & {_Role.FEMALE, _Role.MALE} for role in roles]
    if len(parts) > 1 and any(sexes):
        if len(parts) != 2 or {role for sex in sexes for role in sex} != {_Role.FEMALE, _Role.MALE}:
            return None
    elif len(parts) > 1 and not all(role & {_Role.ARM, _Role.PEOPLE} for role in roles):
        return None
    return Count(sum(statement.number or 0 for statement in parts), is_doubtful=True)


def _is_part_of(other: _Statement, main: _Statement) -> bool:
    """Whether a further number is known to count some of the participants, or something else."""
    assert main.number is not None and other.number is not None
    if other.roles & {_Role.BEFORE, _Role.OTHER_UNIT}:
        return True
    if not other.roles and 1990 <= other.number <= 2040:
        return _Role.TOTAL in main.roles or other.in_brackets
    known = other.in_brackets or other.roles & (_PARTS | {_Role.PER_ARM, _Role.WITH})
    return bool(known) and other.number <= main.number


def _with_kinds(main: _Statement, kinds: list[_Statement]) -> Count | None:
    """The count with what is planned and what was enrolled, where the cell gives both."""
    assert main.number is not None
    numbers: dict[_Role, int] = {}
    for statement in (main, *kinds):
        for role in statement.roles & _KINDS:
            if numbers.setdefault(role, statement.number or 0) != statement.number:
                return None
    if kinds and not main.roles & _KINDS:
        (other,) = _KINDS - numbers.keys() or (None,)
        if other is None:
            return None
        numbers[other] = main.number
    return Count(
        main.number,
        approximate=_Role.APPROXIMATE in main.roles,
        planned=numbers.get(_Role.PLANNED),
        enrolled=numbers.get(_Role.ENROLLED),
        is_upper_bound=_Role.UP_TO in main.roles,
        is_doubtful=main.is_doubtful,
    )
