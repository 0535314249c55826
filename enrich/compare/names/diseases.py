"""The thesaurus of diseases: their names in words, their abbreviations, and what is a kind of what.

`diseases.tsv` beside this module holds the diseases of MeSH with the names that mean the same and
their places in its trees. Its head says where its lines come from.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pkgutil import get_data
from typing import NamedTuple

from enrich.compare.names.spelling import unaccented, words_of

Words = frozenset[str]

# --- words

LITTLE_WORDS = frozenset(
    ("of", "the", "and", "with", "in", "due", "to", "patients", "an", "for", "by", "on", "or")
)
# Each line: words that name the same thing in the names of diseases.
_SAME_WORDS = {
    spelling: word
    for word, spellings in {
        "neoplasm": "cancer carcinoma tumor malignancy",
        "kidney": "renal",
        "heart": "cardiac",
        "liver": "hepatic",
        "prostate": "prostatic",
        "disc": "disk",
        "digital": "finger",
        "pediatric": "childhood",
        "leukemia": "leukaemia leucemia",
    }.items()
    for spelling in spellings.split()
}
# What a name may have or lack and still be that of the same disease: its stage, course, severity,
# markers and those who have it. Two names that have different words of one line are undecided.
SCALES = tuple(
    frozenset(line.split())
    for line in (
        "acute chronic subacute",
        "mild moderate severe",
        "early advanced metastatic localized",
        "newdiagnosed untreated relapsed recurrent refractory relapsing resistant",
        "adult pediatric juvenile",
        "stable unstable active inactive",
        "stage1 stage2 stage3 stage4 stage5",
        "grade1 grade2 grade3 grade4",
        "class1 class2 class3 class4",
        "positive negative",
        "symptomatic asymptomatic",
        "controlled uncontrolled",
        "progressive",
        "persistent",
        "locally",
        "unresectable",
        "resectable",
        "established",
        "confirmed",
        "suspected",
        "hospitalized",
        "treatment",
    )
)
QUALIFIERS = frozenset().union(*SCALES)
_SPELLED_OUT = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\br\s?/\s?r\b", " relapsed refractory "),
        (
            r"\bnew(?:ly)?[\s-]+diagnosed\b|\b(?:treatment|therapy)[\s-]+na[iï]ve\b",
            " newdiagnosed ",
        ),
        (r"\b(stage|grade|class)s?\s*[:-]?\s*(iv|i{1,3}|v|[1-5])\s?[abc]?\b", r" \1 \2 "),
        (r"\b(?:nyha|ajcc)\s+(?:functional\s+)?(?=class|stage|v\d)|\bajcc\s+v\d\b", " "),
        (r"\blate[\s-]+stage\b|\badvanced[\s-]+stage\b", " advanced "),
        (r"\bearly[\s-]+stage\b", " early "),
        (r"\bmulti[\s-]*drug[\s-]+resistant\b", " multidrugresistant "),
        (r"(?<=[a-z]\d)\s?\+|(?<=[a-z]{2})\s?\+", " positive "),
    )
)


@lru_cache(maxsize=16384)
def condition_words(text: str) -> Words:
    """The words that name a condition, in one spelling, in no order.

    >>> sorted(condition_words("Stage IV Carcinomas of the Breast"))
    ['breast', 'neoplasm', 'stage4']
    """
    plain = unaccented(text)
    for pattern, replacement in _SPELLED_OUT:
        plain = pattern.sub(replacement, plain)
    found = [_same_word(word) for word in words_of(plain) if word not in LITTLE_WORDS]
    return frozenset(_joined(found))


def _same_word(word: str) -> str:
    singular = _singular(word)
    return _SAME_WORDS.get(singular, singular)


def _singular(word: str) -> str:
    """`ulcers` is `ulcer`, but `sclerosis`, `ms` and `lupus` stay."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    is_plural = len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us"))
    return word[:-1] if is_plural else word


def _joined(words: list[str]) -> Iterator[str]:
    """`stage`, `4` as one word, so that a stage differs from another number."""
    following = zip(words, [*words[1:], ""], strict=False)
    for word, after in following:
        if word in ("stage", "grade", "class") and after in ("1", "2", "3", "4", "5"):
            yield word + after
            next(following, None)
        else:
            yield word


# --- the thesaurus


# Symptoms, signs and behaviours may stand beside any disease.
_NOT_DISEASES = ("C23", "F01")


@cache
def _branches(places: tuple[str, ...]) -> frozenset[str]:
    return frozenset(place[:3] for place in places if not place.startswith(_NOT_DISEASES))


@cache
def _with_dots(places: tuple[str, ...]) -> tuple[str, ...]:
    """The places so written that one lies in another where it begins with it."""
    return tuple(f"{place}." for place in places)


class Disease(NamedTuple):
    """A disease: its names, the heading first, and its places in the trees (`C04.588.180`)."""

    names: tuple[Words, ...]
    places: tuple[str, ...]

    @property
    def heading(self) -> Words:
        return self.names[0]

    def branches(self) -> frozenset[str]:
        """The branches that it stands in, those apart that hold more than diseases."""
        return _branches(self.places)

    def is_kind_of(self, other: "Disease") -> bool:
        above = _with_dots(other.places)
        return any(place.startswith(above) for place in _with_dots(self.places))

    def is_only_kind_of(self, other: "Disease") -> bool:
        """Whether this is a kind of *other* wherever it stands.

        Psoriatic arthritis is filed under psoriasis, but under arthritis too.
        """
        return all(
            any(place.startswith(above + ".") for above in other.places) for place in self.places
        )


class Thesaurus(NamedTuple):
    diseases: tuple[Disease, ...]
    named: dict[Words, frozenset[int]]
    abbreviated: dict[str, frozenset[int]]
    with_qualifier: dict[str, tuple[Words, ...]]
    words: Words  # of all names


@cache
def thesaurus() -> Thesaurus:
    """The diseases of `diseases.tsv`, read once. Its head says where they come from."""
    diseases: list[Disease] = []
    named: dict[Words, set[int]] = {}
    abbreviated: dict[str, set[int]] = {}
    for line in (get_data("enrich.compare.names", "diseases.tsv") or b"").decode().splitlines():
        if line.startswith("#"):
            continue
        places, names, abbreviations = line.split("\t")
        number = len(diseases)
        keys = tuple(frozenset(name.split(" ")) for name in names.split("|"))
        diseases.append(Disease(keys, tuple(places.split("|"))))
        for key in keys:
            named.setdefault(key, set()).add(number)
        for abbreviation in filter(None, abbreviations.split("|")):
            abbreviated.setdefault(abbreviation, set()).add(number)
    return Thesaurus(
        tuple(diseases),
        {key: frozenset(numbers) for key, numbers in named.items()},
        {short: frozenset(numbers) for short, numbers in abbreviated.items()},
        {word: tuple(key for key in named if word in key) for word in QUALIFIERS},
        frozenset().union(*named),
    )


def look_up(words: Words) -> frozenset[int]:
    """The diseases named *words*, or *words* with a word that names often leave out."""
    named = thesaurus().named
    for left_out in ("", "disease", "syndrome", "infection"):
        found = named.get(words | {left_out} if left_out else words)
        if found:
            return found
    return frozenset()
