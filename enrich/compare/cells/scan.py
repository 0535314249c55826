"""The words of a cell, each accounted for: labels, words without a meaning here, values, unknowns.

A cell is cut into segments at commas, strokes, brackets and line breaks. In each segment the
longest phrase that the vocabulary knows is taken, then a value (a date, a duration, a count), then
a word that nobody knows. What a parser makes of it is decided elsewhere (`labels`, `counts`,
`ages`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cache, lru_cache

from enrich.compare import vocabulary
from enrich.compare.cells.phases import BARE_PHASES, PHASES, phases_of
from enrich.compare.vocabulary import Codes, Vocabulary, codes_of, word_form
from enrich.dates import MONTHS
from enrich.text import lazy_pattern


class Kind(Enum):
    """What a piece of a cell is."""

    LABEL = auto()
    NOISE = auto()  # understood, and nothing that matters here
    VALUE = auto()  # a date, a duration, a ratio, a count
    HEDGE = auto()  # takes a statement back in part
    NEGATOR = auto()
    RELATION = auto()  # what follows is about another trial, or another time
    PREPOSITION = auto()
    ROLE = auto()  # someone who may be masked
    NUMBER = auto()
    ANSWER = auto()  # the yes or no to what stands before it
    UNKNOWN = auto()


class Level(Enum):
    """Where a label means what it says."""

    ANYWHERE = auto()
    SEGMENT = auto()
    WEAK = auto()


@dataclass(frozen=True)
class Item:
    """A phrase, value or word of a cell.

    *meanings* maps a field to the codes of a label, *otherwise* is what the item is where it means
    none of them; *answer* is the yes or no printed behind it.
    """

    kind: Kind
    words: tuple[str, ...]
    meanings: Mapping[str, tuple[Codes, Level]] = field(default_factory=dict)
    otherwise: Kind = Kind.UNKNOWN
    answer: bool | None = None
    role: str | None = None
    value: str | None = None  # which kind of value

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Segment:
    """Items between two separators; *statement* counts the parts between semicolons and lines."""

    items: tuple[Item, ...]
    statement: int
    in_brackets: bool = False


# --- the lexicon


@dataclass(frozen=True)
class _Entry:
    words: tuple[str, ...]
    loose: frozenset[int]  # behind which words any separator may stand
    item: Item


VOCABULARIES: Mapping[str, Vocabulary] = {
    "phases": vocabulary.PHASES,
    "study_type": vocabulary.STUDY_TYPE,
    "allocation": vocabulary.ALLOCATION,
    "intervention_model": vocabulary.INTERVENTION_MODEL,
    "masking": vocabulary.MASKING,
    "primary_purpose": vocabulary.PRIMARY_PURPOSE,
    "overall_status": vocabulary.OVERALL_STATUS,
    "sex": vocabulary.SEX,
    "has_results": vocabulary.HAS_RESULTS,
    "lead_sponsor_class": vocabulary.SPONSOR_CLASS,
    "enrollment_type": vocabulary.ENROLLMENT_TYPE,
}


def phrase_words(phrase: str) -> tuple[str, ...]:
    """The words of a phrase of the vocabulary, in the form in which cells are read."""
    return tuple(
        form
        for word in _WORD.findall(phrase)
        if word not in _IGNORED and (form := word_form(word)) not in vocabulary.FILLERS
    )


def _entry(phrase: str, item: Item) -> _Entry:
    words: list[str] = []
    loose: set[int] = set()
    for part in phrase.split():
        words.extend(phrase_words(part))
        if part.endswith(","):
            loose.add(len(words))
    return _Entry(tuple(words), frozenset(loose), replace(item, words=tuple(words)))


_WORDS: Mapping[Kind, Iterable[str]] = {
    Kind.NOISE: vocabulary.NOISE,
    Kind.NEGATOR: sorted(vocabulary.NEGATORS),
    Kind.PREPOSITION: sorted(vocabulary.PREPOSITIONS),
    Kind.HEDGE: vocabulary.HEDGES,
    Kind.RELATION: vocabulary.RELATIONS,
}


def _entries() -> Iterator[_Entry]:
    """Every phrase of every table; what several tables hold comes several times."""
    for kind, phrases in _WORDS.items():
        yield from (_entry(phrase, Item(kind, ())) for phrase in phrases)
    for phrase, role in vocabulary.MASKED_ROLES.items():
        yield _entry(phrase, Item(Kind.ROLE, (), role=role))
    for name, words in VOCABULARIES.items():
        yield from _label_entries(name, words)


def _label_entries(name: str, words: Vocabulary) -> Iterator[_Entry]:
    levels = {
        Level.ANYWHERE: words.anywhere,
        Level.SEGMENT: words.segment,
        Level.WEAK: words.weak,
    }
    for level, labels in levels.items():
        for label, written in labels.items():
            yield _entry(label, Item(Kind.LABEL, (), {name: (codes_of(written), level)}))


@cache
def _lexicon() -> Mapping[str, tuple[_Entry, ...]]:
    """Every phrase by its first word, the longest first."""
    merged: dict[tuple[str, ...], _Entry] = {}
    for entry in _entries():
        known = merged.get(entry.words)
        merged[entry.words] = _merged(known, entry) if known else entry
    by_first: dict[str, list[_Entry]] = {}
    for entry in merged.values():
        by_first.setdefault(entry.words[0], []).append(entry)
    return {
        first: tuple(sorted(entries, key=lambda entry: -len(entry.words)))
        for first, entries in by_first.items()
    }


def _merged(first: _Entry, second: _Entry) -> _Entry:
    """One entry for a phrase that several tables hold: a label first, then what a word governs."""
    strong, weak = (
        (second, first)
        if _STRENGTH[second.item.kind] >= _STRENGTH[first.item.kind]
        else (first, second)
    )
    item = replace(
        strong.item,
        meanings={**first.item.meanings, **second.item.meanings},
        otherwise=weak.item.otherwise if weak.item.kind is Kind.LABEL else weak.item.kind,
        role=strong.item.role or weak.item.role,
    )
    return _Entry(first.words, first.loose | second.loose, item)


_STRENGTH = {
    Kind.NOISE: 1,
    Kind.ROLE: 0,
    Kind.PREPOSITION: 2,
    Kind.HEDGE: 3,
    Kind.RELATION: 4,
    Kind.NEGATOR: 5,
    Kind.LABEL: 6,
}


# --- values

_UNITS = r"(?:years?|yrs?|months?|mos?|mths?|weeks?|wks?|days?|hours?|hrs?|minutes?|mins?)"
PEOPLE = (
    r"(?:patients?|participants?|subjects?|persons?|people|individuals?|volunteers?|adults?"
    r"|children"
    r"|cases|pts?|infants?|adolescents?|newborns?|neonates?|enrolled)"
)
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_MONTH_NAME = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
# Written without groups of their own, so that they can be found inside a text.
_MORE_THAN_A_YEAR = (
    r"(?:(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)(?:[ t]\d\d:\d\d[\d:.]*z?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:(?:19|20)\d\d|\d\d)(?![\d/])"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|o)?[- ./]*(?:of |de |d')?{_MONTH_NAME}[-, /]*(?:of |del? )?"
    r"(?:19|20)\d\d"
    rf"|\d{{1,2}}[- .]?{_MONTH_NAME}[- .]?'?\d\d(?!\d)"
    rf"|{_MONTH_NAME}[- ]+\d{{1,2}}(?:st|nd|rd|th)?,?[- ]+(?:19|20)\d\d"
    rf"|(?:19|20)\d\d[-, ]+{_MONTH_NAME}(?:[- ]+\d{{1,2}}(?!\d))?"
    rf"|{_MONTH_NAME}[-, /']*(?:of |del? )?(?:19|20)\d\d"
    rf"|{_MONTH_NAME}[- ]*'?\d\d(?![\d,])"
    r"|(?:q[1-4]|[1-4]q|h[12]|[12]h)[-/, ]*(?:19|20)\d\d|(?:19|20)\d\d[-/, ]*(?:q[1-4]|h[12])"
    r"|\d{4}\s?年\s?\d{1,2}\s?月(?:\s?\d{1,2}\s?日)?"
    r"|\d{1,2}[-/.](?:19|20)\d\d|(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?!\d|[/.-]\d{1,2}(?!\d)))"
)
DATE = rf"(?<![\d.])(?:{_MORE_THAN_A_YEAR}|(?:19|20)\d\d(?!\d))"
DATED = lazy_pattern(_MORE_THAN_A_YEAR)
_AGE_UNIT = r"(?:years?|yrs?|y/?o|y|months?|mos?|weeks?|wks?|days?)"
_AGE = (
    rf"(?:ages?d? )?(?:[≥≤<>~] ?)?\d{{1,3}}(?:\.\d)?(?: ?{_AGE_UNIT})?"
    rf"(?: ?(?:-|to|and) ?(?:[≥≤<>] ?)?\d{{1,3}})? ?-?{_AGE_UNIT}"
    r"(?: ?-?olds?| of age)?(?: (?:and|or) (?:older|over|above|up|more|younger|under|below))?\b"
    r"|(?:ages?d? )?(?:[≥≤<>] ?)\d{1,3}\b|\bages? ?:? ?\d{1,3} ?(?:-|to) ?\d{1,3}\b"
)
_VALUES = (
    # the name of a kind of value, and what it looks like
    ("id", r"(?:nct\d{8}|isrctn\d{4,}|eudract|chictr[\w-]*\d|\d{4}-\d{6}-\d\d)"),
    ("date", DATE),
    ("enumerator", r"(?<![\w:])\(?\d{1,2} ?[:.)](?= ?[a-z])"),
    ("ratio", r"\d+(?::\d+)+(?!\d)|\d+(?: : \d+)+"),
    ("percent", r"\d+(?:\.\d+)? ?%"),
    ("duration", rf"{_NUMBER}(?: ?(?:-|to) ?{_NUMBER})?[ -]?{_UNITS}(?: follow[- ]?up)?\b"),
    ("age", _AGE),
    ("count", rf"n ?[=:] ?{_NUMBER}|{_NUMBER} {PEOPLE}\b"),
    (
        "parts",
        r"(?:\d+|two|three|four|five|six|multi|multiple|several)[ -]"
        r"(?:arm|group|cohort|part|stage|step|period|cent(?:er|re)"
        r"|site|countr(?:y|ie)|dose level|dose|sequence|way|level)s?\b",
    ),
    (
        "dose",
        rf"{_NUMBER}(?: ?- ?{_NUMBER})? ?(?:mg|g|kg|ml|l|mcg|[uμ]g|iu|gy|mm|cm|mhz|cells?)"
        r"(?: ?/ ?(?:kg|m2|day|d|ml|dose|l))*\b",
    ),
)
VALUE_FORMS = tuple((name, lazy_pattern(form)) for name, form in _VALUES)

# --- the scan

_WORD = lazy_pattern(r"n/a|[^\W\d_]+|\d+(?:,\d{3})*(?:\.\d+)?|[^\s\w]")
_SEPARATOR = lazy_pattern(r"[,/()\[\]{}+&→•·|;\n]| -+ |--|\.(?=\s|$)")
_STATEMENT = lazy_pattern(r"[;|\n]")
_IGNORED = frozenset(",/()[]{}+&•·|;:.-_'\"*=#!^\\")
_SIGN_OF_DOUBT = frozenset("?→<>≥≤~±%")
_ABBREVIATED = lazy_pattern(
    r"(?P<r>nr|r)?(?:mc)?(?:(?P<db>db)|(?P<sb>sb)|(?P<ol>ol))?(?:pc|ac)?(?:mc)?(?:pg)?(?P<rct>rct)?"
    r"(?:c?t)?"
)
_ABBREVIATION_MEANS = {
    "db": ("masking", "double blind"),
    "sb": ("masking", "single blind"),
    "ol": ("masking", "open label"),
}


# A question with its answer is a label with its answer; any other question mark is a doubt.
_ASKS = lazy_pattern(r"\? ?\(?(?:yes|no)\b")


@dataclass(frozen=True)
class _Word:
    form: str
    start: int
    end: int
    gap: str  # what stands before it


@lru_cache(maxsize=4096)
def scan(text: str, phases_in_front: bool = False) -> tuple[Segment, ...]:
    """The segments of a normalised cell.

    *phases_in_front*: whether numbers at its beginning may be phases without the word ("II; 40").
    """
    return _segments(text, _pieces(text, _words(text), phases_in_front))


def _words(text: str) -> list[_Word]:
    """The words of *text* in their known form, without fillers; what is skipped joins the gap."""
    words: list[_Word] = []
    end = 0
    for match in _WORD.finditer(text):
        sign = match[0]
        if sign in _IGNORED or sign in vocabulary.FILLERS or _ASKS.match(text, match.start()):
            continue
        words.append(_Word(word_form(sign), match.start(), match.end(), text[end : match.start()]))
        end = match.end()
    return words


def _pieces(text: str, words: list[_Word], phases_in_front: bool) -> Iterator[tuple[Item, str]]:
    """Each item with the gap before it."""
    at, end = 0, 0
    while at < len(words):
        begin = words[at].start
        gap = text[end:begin]
        if _is_answer(words, at, gap):
            item, stop = Item(Kind.ANSWER, (words[at].form,)), words[at].end
        else:
            item, stop = _longest(text, words, at, phases_in_front and at == 0)
        yield item, gap
        end = stop
        while at < len(words) and words[at].start < stop:
            at += 1


def _is_answer(words: list[_Word], at: int, gap: str) -> bool:
    """Whether a word is the yes or no to what stands before it: `Randomised: no`, `Blinded (yes)`.

    Not in `Masking: no masking` and `Withdrawn (no funding)`, but in
    `Randomised: no Masking: double`.
    """
    if at == 0 or words[at].form not in _ANSWERS or not _ANSWER_GAP.match(gap):
        return False
    behind = [word.gap for word in words[at + 1 : at + 6]]
    return not behind or bool(_SEPARATOR.search(behind[0])) or any(":" in gap for gap in behind)


_ANSWERS = vocabulary.YES | vocabulary.NO
_ANSWER_GAP = lazy_pattern(r"^\s*(?:[:?=(]|\)\s*:|\)\s*\()[\s(:]*$")


def _longest(text: str, words: list[_Word], at: int, in_front: bool) -> tuple[Item, int]:
    """What begins at a word: of phases, phrases and values the longest."""
    begin = words[at].start
    bare = BARE_PHASES.match(text, begin) if in_front else None
    if bare and (codes := phases_of(bare)):
        return _phase_item(codes), bare.end("numbers")
    is_first = at == 0 or bool(_STATEMENT.search(words[at].gap))
    found = [*_phrases_at(words, at), *_values_at(text, begin, is_first)]
    if found:
        return max(found, key=lambda pair: pair[1])
    return _single(words[at]), words[at].end


def _phase_item(codes: tuple[str, ...]) -> Item:
    return Item(Kind.LABEL, ("phase",), {"phases": (Codes(codes), Level.ANYWHERE)})


def _phrases_at(words: list[_Word], at: int) -> Iterator[tuple[Item, int]]:
    for entry in _lexicon().get(words[at].form, ()):
        last = at + len(entry.words) - 1
        if last < len(words) and _matches(entry, words, at):
            yield entry.item, words[last].end
            return


def _matches(entry: _Entry, words: list[_Word], at: int) -> bool:
    return all(
        words[at + place].form == word
        and (place == 0 or _joins(words[at + place].gap, loose=place in entry.loose))
        for place, word in enumerate(entry.words)
    )


def _joins(gap: str, *, loose: bool) -> bool:
    """Whether a gap may stand inside a phrase:
    blanks and hyphens, or any separator where it is loose.
    """
    if loose:
        return not _STATEMENT.search(gap)
    return not _SEPARATOR.search(gap) and ":" not in gap and "=" not in gap


def _values_at(text: str, begin: int, is_first: bool) -> Iterator[tuple[Item, int]]:
    phases = PHASES.match(text, begin)
    if phases and (codes := phases_of(phases)):
        yield _phase_item(codes), phases.end()
    for name, form in VALUE_FORMS:
        value = form.match(text, begin)
        if value and (is_first or name != "enumerator"):
            yield Item(Kind.VALUE, (value[0],), value=name), value.end()


def _single(word: _Word) -> Item:
    if word.form in vocabulary.NO:
        return Item(Kind.NEGATOR, (word.form,))
    if word.form[0].isdigit():
        return Item(Kind.NUMBER, (word.form,))
    if word.form in _SIGN_OF_DOUBT:
        return Item(Kind.HEDGE, (word.form,))
    return _abbreviation(word.form) or Item(Kind.UNKNOWN, (word.form,))


def _abbreviation(word: str) -> Item | None:
    """`DBRCT`, `RDBPC`, `OLRCT`: several labels in one word."""
    match = _ABBREVIATED.fullmatch(word) if len(word) > 2 else None
    if not match or not any(match[name] for name in ("db", "sb", "ol", "rct")):
        return None
    meanings = {
        name: (codes_of(VOCABULARIES[name].anywhere[label]), Level.ANYWHERE)
        for short, (name, label) in _ABBREVIATION_MEANS.items()
        if match[short]
    }
    if match["rct"] or match["r"] == "r":
        label = "non rct" if match["r"] == "nr" else "rct"
        meanings["allocation"] = (codes_of(vocabulary.ALLOCATION.anywhere[label]), Level.ANYWHERE)
    if match["rct"]:
        meanings["study_type"] = (codes_of(vocabulary.STUDY_TYPE.anywhere["rct"]), Level.ANYWHERE)
    return Item(Kind.LABEL, (word,), meanings)


# --- segments


def _segments(text: str, pieces: Iterable[tuple[Item, str]]) -> tuple[Segment, ...]:
    found: list[Segment] = []
    items: list[Item] = []
    statement, depth, answered = 0, 0, False
    for item, gap in pieces:
        inside = depth > 0
        depth = max(0, depth + _opened(gap))
        if items and item.kind is Kind.ANSWER:
            items[-1] = replace(items[-1], answer=item.words[0] in vocabulary.YES)
            answered = True
            continue
        if items and (answered or _SEPARATOR.search(gap) or _is_explained(items[-1], gap)):
            found.append(Segment(tuple(items), statement, inside))
            items = []
        answered = False
        statement += len(_STATEMENT.findall(gap))
        items.append(item)
    return (*found, Segment(tuple(items), statement, depth > 0)) if items else tuple(found)


def _opened(gap: str) -> int:
    return sum((sign in "([{") - (sign in ")]}") for sign in gap)


def _is_explained(before: Item, gap: str) -> bool:
    """Whether a colon behind a label begins what is said of it: `Terminated: slow recruitment`."""
    return ":" in gap and before.kind is Kind.LABEL


BLINDING = frozenset(("blind", "mask", "blinding", "masking"))
