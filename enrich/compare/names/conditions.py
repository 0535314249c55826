"""Names of conditions: whether a printed condition is one that the record names.

Two names of one disease of the thesaurus (`diseases.py`) are the same. A name that is coarser than
the registry's (`Leukemia` for `Acute Myeloid Leukemia`) agrees, since the record implies it; one
that is narrower does not, since the record does not. Diseases of which neither is a kind of the
other are different. A name that the thesaurus does not hold can only be the same in words.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from enrich.compare.names.diseases import (
    LITTLE_WORDS,
    QUALIFIERS,
    SCALES,
    Disease,
    Words,
    condition_words,
    look_up,
    thesaurus,
)
from enrich.compare.names.spelling import unaccented, words_of
from enrich.models import Fact, Trial
from enrich.text import lazy_pattern

# --- a name read


@dataclass(frozen=True)
class Condition:
    """A name of a condition: its words, its qualifiers apart, and the diseases that it names.

    *certain* is False where an abbreviation was read that may stand for something else.
    """

    words: Words
    qualifiers: Words = frozenset()
    diseases: frozenset[int] = frozenset()
    certain: bool = True


@lru_cache(maxsize=16384)
def condition_of(text: str, defined: tuple[tuple[str, str], ...] = ()) -> Condition:
    """The condition that *text* names; *defined* are abbreviations that the record itself spells
    out.

    Brackets that spell out or abbreviate the name are left out; others are part of it.
    """
    spelled, certain = _spelled_out(_without_own_abbreviation(text), dict(defined))
    words = condition_words(spelled)
    if _is_short_word(text) and not look_up(words):  # `nsclc`
        spelled, certain = _spelled_out(text.strip().upper(), dict(defined))
        words = condition_words(spelled)
    certain = certain and max(map(len, words), default=0) > _SHORTEST_CERTAIN
    if diseases := look_up(words):
        return Condition(words, diseases=diseases, certain=certain)
    qualifiers = frozenset(
        word for word in words & QUALIFIERS if not _tells_apart(word, words - QUALIFIERS)
    )
    core = words - qualifiers
    return Condition(core, qualifiers, look_up(core), certain) if core else Condition(words)


def _is_short_word(text: str) -> bool:
    return (
        (text.islower() or text.istitle())
        and bool(_SHORT.fullmatch(text.strip()))
        and _SHORTEST_CERTAIN < len(text.strip()) <= 8
    )


def _tells_apart(qualifier: str, core: Words) -> bool:
    """Whether the qualifier makes another disease of *core*,
    as there are acute and chronic leukemias.
    """
    return any(core < name for name in thesaurus().with_qualifier[qualifier])


_BRACKETS = lazy_pattern(r"\s*[(\[]([^()\[\]]{0,300})[)\]]")
# An abbreviation of so many letters may stand for many things.
_SHORTEST_CERTAIN = 3
_SHORT = lazy_pattern(r"[A-Za-z][A-Za-z0-9]*(?:[-/][A-Za-z0-9]+)*")


def _without_own_abbreviation(text: str) -> str:
    """*text* without what says the same again:
    `SSc (systemic sclerosis)`, `SSc - systemic sclerosis`.
    """
    for found in _BRACKETS.finditer(text):
        before, noted = text[: found.start()].strip(), found[1].strip()
        if before and _says_again(noted, before):
            return _without_own_abbreviation(f"{before}{text[found.end() :]}")
        if before and (_abbreviates(before, noted) or _is_kind(noted, before)):
            return _without_own_abbreviation(f"{noted}{text[found.end() :]}")
    short, dash, long = text.partition(" - ")
    return long if dash and _abbreviates(short, long) else text


def _says_again(noted: str, name: str) -> bool:
    """Whether a note in brackets abbreviates the name before it:
    in capitals, and of no other disease.
    """
    if _SHORT.fullmatch(noted) and sum(map(str.isupper, noted)) > 1 and len(noted) < 9:
        is_word = len(noted) > _SHORTEST_CERTAIN and condition_words(noted) <= thesaurus().words
        if name.isupper() and (is_word or (len(noted) > 5 and noted.isalpha())):
            return _abbreviates(noted, name)  # where all is in capitals, they mark nothing
        listed = _diseases_called(noted)
        return not listed or bool(listed & look_up(condition_words(name)))
    return _abbreviates(noted, name)


def _diseases_called(name: str) -> frozenset[int]:
    return thesaurus().abbreviated.get(_short_key(name)) or look_up(condition_words(name))


def _is_kind(noted: str, name: str) -> bool:
    """Whether a note in brackets names a kind of what stands before it: `Cancer (NSCLC)`."""
    every = thesaurus().diseases
    return any(
        every[narrower].is_kind_of(every[broader])
        for narrower in _diseases_called(noted)
        for broader in look_up(condition_words(name))
    )


def _abbreviates(short: str, long: str) -> bool:
    """Whether *short* is an abbreviation made of letters of *long*, in order,
    from its first letter on.
    """
    short = short.strip(" ,.;:\"'“”")
    if not _SHORT.fullmatch(short) or len(short) > 10:
        return False
    if sum(map(str.isupper, short)) < 2:
        return _shortened(short, long) is not None
    if thesaurus().abbreviated.get(_short_key(short), frozenset()) & look_up(condition_words(long)):
        return True
    letters = [letter for letter in unaccented(short).rstrip("s") if letter.isalnum()]
    words = re.findall(r"[^\W_]+", unaccented(long))
    letters_of_name = iter("".join(words))
    return (
        bool(words)
        and all(letter in letters_of_name for letter in letters)
        and len(long) > len(short)
    )


def _short_key(short: str) -> str:
    """An abbreviation as the thesaurus lists it: `T-ALL`, `T2DM`; a plural `s` left out."""
    return re.sub(r"[^A-Z0-9]", "", unaccented(re.sub(r"(?<=[A-Z])s$", "", short)).upper())


# `aGVHD`, `mCRPC`: a qualifier as a small letter before an abbreviation.
_PREFIXES = {"a": "acute", "c": "chronic", "m": "metastatic", "e": "early"}


def _spelled_out(text: str, defined: dict[str, str]) -> tuple[str, bool]:
    """*text* with its abbreviations in words, and whether all of them are beyond doubt."""
    certain = True

    def long_form(found: re.Match[str]) -> str:
        nonlocal certain
        long, is_certain = _long_form(found[0], defined)
        certain = certain and is_certain
        return long

    return _SHORT.sub(long_form, text), certain


def _long_form(word: str, defined: dict[str, str]) -> tuple[str, bool]:
    if sum(map(str.isupper, word)) < 2 and not (word[:-1].isupper() and word[-1:].isdigit()):
        return word, True
    key = _short_key(word)
    if key in defined:
        return defined[key], True
    found = _abbreviated_disease(key)
    if found is not None:
        return found, len(key) > _SHORTEST_CERTAIN
    if word[0] in _PREFIXES and word[1:].isupper():
        found = _abbreviated_disease(_short_key(word[1:]))
        if found is not None:
            return f"{_PREFIXES[word[0]]} {found}", len(word) > _SHORTEST_CERTAIN + 1
    return word, True


def _abbreviated_disease(key: str) -> str | None:
    """The heading of the disease that *key* is listed for; None where it is listed for none."""
    numbers = thesaurus().abbreviated.get(key)
    if not numbers:
        return None
    return " ".join(thesaurus().diseases[min(numbers)].heading)


# --- a printed name against a registered one


class _Relation(NamedTuple):
    agrees: bool = False
    differs: bool = False


_SAME, _DIFFERENT, _UNDECIDED = _Relation(agrees=True), _Relation(differs=True), _Relation()


def _relation(printed: Condition, registered: Condition, *, implied: bool = True) -> _Relation:
    """How the two stand to each other; with *implied* a coarser printed name agrees."""
    if printed.words == registered.words or printed.diseases & registered.diseases:
        return _SAME if _compatible(printed, registered) else _UNDECIDED
    if not printed.diseases or not registered.diseases:
        return _UNDECIDED
    every = thesaurus().diseases
    pairs = [(every[a], every[b]) for a in printed.diseases for b in registered.diseases]
    if implied and any(
        kind.is_only_kind_of(disease)
        and any(name < kind.heading or name < registered.words for name in disease.names)
        for disease, kind in pairs
    ):
        return _UNDECIDED if printed.qualifiers else _SAME
    known = printed.certain and registered.certain
    return _DIFFERENT if known and all(_is_another_disease(*pair) for pair in pairs) else _UNDECIDED


_ENDING = lazy_pattern(r"(?:itis|osis|sis|tic|ion|ive|ous|ic|al|ia|e|y)$")
_SHORTEST_STEM, _LONGEST_ENDING = 5, 4


def _share_a_stem(left: Condition, right: Condition) -> bool:
    """Whether a word of the one is another form of a word of the other:
    `diabetes`, `diabetic` nephropathy.
    """
    only_left, only_right = left.words - right.words, right.words - left.words
    return any(
        _is_form_of(word, another) or _is_form_of(another, word)
        for word in only_left
        for another in only_right
    )


def _is_form_of(word: str, other: str) -> bool:
    stem = _ENDING.sub("", word)
    return (
        len(stem) >= _SHORTEST_STEM
        and other.startswith(stem)
        and len(other) - len(stem) <= _LONGEST_ENDING
    )


def _compatible(left: Condition, right: Condition) -> bool:
    """Whether no scale has different qualifiers in the two names."""
    return all(
        not (a := left.qualifiers & scale) or not (b := right.qualifiers & scale) or bool(a & b)
        for scale in SCALES
    )


# Diseases of the heart and vessels cause each other: heart failure is printed for cardiomyopathy.
_CAUSING_EACH_OTHER = "C14"


def _is_another_disease(left: Disease, right: Disease) -> bool:
    """Whether neither disease is a kind of the other, nor causes it."""
    left_branches, right_branches = left.branches(), right.branches()
    return (
        bool(left_branches)
        and bool(right_branches)
        and not (_CAUSING_EACH_OTHER in left_branches and _CAUSING_EACH_OTHER in right_branches)
        and not left.is_kind_of(right)
        and not right.is_kind_of(left)
    )


# --- the conditions of a cell against those of a record


def conditions_match(claim: tuple[str, ...], fact: tuple[str, ...], trial: Trial) -> bool | None:
    """Whether a printed condition is among the record's conditions, keywords or MeSH terms.

    It differs only where every printed and every registered condition is a known disease, none of
    them a kind of another, and neither the titles nor the keywords name what is printed.
    """
    record = _record(fact, trial)
    # A condition of the registry may hold what parts a cell: `Wound; Foot`.
    if any(_is_named(name, record) for name in (*claim, " ".join(claim))):
        return True
    return False if all(_differs(name, record) for name in claim) else None


def unmatched_conditions(claim: tuple[str, ...], trial: Trial) -> tuple[str, ...]:
    """The printed conditions that the record names nowhere."""
    record = _record(_texts(trial["conditions"]), trial)
    return tuple(name for name in claim if not _is_named(name, record))


@dataclass(frozen=True)
class _Record:
    """What a record names: each part is read when it is first needed, as most cells need few."""

    condition_texts: tuple[str, ...]
    keyword_texts: tuple[str, ...]
    heading_texts: tuple[str, ...]
    title_texts: tuple[str, ...]

    @cached_property
    def defined(self) -> tuple[tuple[str, str], ...]:
        """The abbreviations that the record itself spells out."""
        texts = (*self.condition_texts, *self.keyword_texts, *self.title_texts)
        return tuple(_definitions(texts))

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition_of(name, self.defined) for name in self.condition_texts)

    @cached_property
    def parts(self) -> tuple[Condition, ...]:
        """Of conditions that join several."""
        return tuple(
            condition_of(part, self.defined)
            for name, whole in zip(self.condition_texts, self.conditions, strict=True)
            if not whole.diseases
            for part in _parts(name, _JOINED)
        )

    @cached_property
    def keywords(self) -> tuple[Condition, ...]:
        return tuple(
            condition_of(part.strip(), self.defined)
            for keyword in self.keyword_texts
            for part in re.split(r"[,;|]", keyword)
        )

    @cached_property
    def headings(self) -> tuple[Condition, ...]:
        mesh = tuple(condition_of(heading) for heading in self.heading_texts)
        return tuple(
            heading for heading in mesh if not _is_head_word(heading, (*self.conditions, *mesh))
        )

    @cached_property
    def own_headings(self) -> tuple[Condition, ...]:
        """Those that no condition is merely a kind of."""
        return tuple(
            heading for heading in self.headings if not _is_broader(heading, self.conditions)
        )

    @cached_property
    def titles(self) -> tuple[Words, ...]:
        defined = dict(self.defined)
        return tuple(condition_words(_spelled_out(title, defined)[0]) for title in self.title_texts)


def _record(fact: tuple[str, ...], trial: Trial) -> _Record:
    titles = tuple(filter(None, (trial.text("brief_title"), trial.text("official_title"))))
    return _record_of(fact, _texts(trial["keywords"]), _texts(trial["condition_mesh"]), titles)


@lru_cache(maxsize=256)
def _record_of(
    conditions: tuple[str, ...],
    keywords: tuple[str, ...],
    headings: tuple[str, ...],
    titles: tuple[str, ...],
) -> _Record:
    return _Record(conditions, keywords, headings, titles)


def _is_head_word(heading: Condition, others: tuple[Condition, ...]) -> bool:
    """Whether a MeSH term is a mere word of a longer one that names something else.

    The registry derives its terms from words: it files `Pulmonary Arterial Hypertension` under
    `Hypertension` too, which it is no kind of.
    """
    every = thesaurus().diseases
    return any(
        heading.words < other.words
        and bool(other.diseases)
        and not any(
            every[narrower].is_kind_of(every[broader])
            for narrower in other.diseases
            for broader in heading.diseases
        )
        for other in others
    )


def _is_broader(heading: Condition, conditions: tuple[Condition, ...]) -> bool:
    every = thesaurus().diseases
    return any(
        every[narrower].is_kind_of(every[broader])
        for condition in conditions
        for narrower in condition.diseases
        for broader in heading.diseases - condition.diseases
    )


_JOINED = lazy_pattern(r"\s*[/;&|]\s*|\s+(?:and|with|plus|in)\s+", re.I)
_LISTED = lazy_pattern(r"\s*[/;&|,]\s*|\s+(?:and|with|plus|in|or)\s+", re.I)


def _parts(name: str, between: re.Pattern[str]) -> list[str]:
    """The parts of a name that joins several; nothing for one that does not."""
    parts = [part for part in between.split(_BRACKETS.sub("", name)) if condition_words(part)]
    return parts if len(parts) > 1 else []


def _is_named(name: str, record: _Record) -> bool:
    """Whether the record names *name*; of a printed name that joins several, all of its parts."""
    if _agrees(condition_of(name, record.defined), record):
        return True
    bare = _BRACKETS.sub("", name).strip()
    noted = " ".join(_BRACKETS.findall(name))
    if (
        bare
        and noted
        and _is_qualifier(noted)
        and _agrees(condition_of(bare, record.defined), record)
    ):
        return True
    parts = _parts(name, _LISTED)
    return bool(parts) and all(
        _agrees(condition_of(part, record.defined), record) for part in parts
    )


def _is_qualifier(noted: str) -> bool:
    """Whether a note in brackets gives a stage or a marker (`EGFR+`), and not another condition."""
    words = condition_words(noted)
    markers = {word for word in words if re.search(r"\d", word) or len(word) < 2}
    shorts = {word.casefold() for word in _SHORT.findall(noted) if word.isupper()}
    return bool(words & QUALIFIERS) and words <= QUALIFIERS | markers | {
        word for short in shorts for word in words_of(short)
    }


# Where else a record may name a condition, each read only if the one before does not.
_OTHER_NAMES = (attrgetter("parts"), attrgetter("keywords"), attrgetter("headings"))


def _agrees(printed: Condition, record: _Record) -> bool:
    """Whether the record names *printed*.

    A name with qualifiers needs a condition: MeSH terms and parts of names drop qualifiers.
    """
    if any(_relation(printed, registered).agrees for registered in record.conditions):
        return True
    others: Iterable[Condition] = (
        [keyword for keyword in record.keywords if printed.qualifiers <= keyword.qualifiers]
        if printed.qualifiers
        else chain.from_iterable(part(record) for part in _OTHER_NAMES)
    )
    return any(_relation(printed, other, implied=False).agrees for other in others)


def _differs(name: str, record: _Record) -> bool:
    """Whether a printed name, or each of its parts, is another disease than the record names."""
    whole = condition_of(name, record.defined)
    printed = (
        [whole]
        if whole.diseases
        else [condition_of(part, record.defined) for part in _parts(name, _LISTED)]
    )
    return bool(printed) and all(_is_other_disease(condition, record) for condition in printed)


def _is_other_disease(printed: Condition, record: _Record) -> bool:
    named = (*record.conditions, *record.own_headings)
    return (
        bool(printed.diseases)
        and bool(record.conditions)
        and all(_relation(printed, other).differs for other in named)
        and not any(_share_a_stem(printed, other) for other in record.conditions)
        and not any(_relation(printed, keyword).agrees for keyword in record.keywords)
        and not any(printed.words <= title for title in record.titles)
    )


def _definitions(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The abbreviations that texts spell out (`Heart Failure (HF)`), each with what it shortens."""
    for text in texts:
        for found in _BRACKETS.finditer(text):
            short, long = found[1].strip(), text[: found.start()]
            if _SHORT.fullmatch(short) and sum(map(str.isupper, short)) > 1 and len(short) < 9:
                spelled = _shortened(short, long)
                if spelled:
                    yield _short_key(short), spelled


def _shortened(short: str, before: str) -> str | None:
    """The last words of *before* whose initials are *short*, little words apart,
    if there are such.
    """
    letters = [letter for letter in unaccented(short) if letter.isalnum()]
    words = re.findall(r"[^\W_]+", before)
    initials = [(unaccented(word)[:1], place) for place, word in enumerate(words)]
    meant = [
        (letter, place)
        for letter, place in initials
        if unaccented(words[place]) not in LITTLE_WORDS
    ]
    last = meant[-len(letters) :]
    if len(last) == len(letters) and [letter for letter, _ in last] == letters:
        return " ".join(words[last[0][1] :])
    return None


def _texts(fact: Fact) -> tuple[str, ...]:
    return fact if isinstance(fact, tuple) else ()
