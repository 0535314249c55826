"""Names, titles and acronyms, compared by their words: same, known to differ, or undecided.

Every comparison here gives True, False or None. None means that the two names cannot be shown to be
the same and are not known to be different: names that merely share words, or of which one holds all
words of the other (`Boston University`, `Boston Medical Center`). Only True becomes `agrees`, only
False `differs`.
"""

import html
import re
import unicodedata
from functools import lru_cache

from enrich.models import Trial
from enrich.text import lazy_pattern

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}

# British spelling as American, at the end of a word; both sides of a comparison go through it, so
# that a word it changes for no reason (`exercise` to `exercize`) still equals itself.
_AMERICAN = tuple(
    (lazy_pattern(pattern), american)
    for pattern, american in (
        (r"ae|oe", "e"),  # anaemia, oesophagus
        (r"(?<=\w\w)our(?=(?:al|s|ed|ing|able)?$)", "or"),  # tumour, behavioural
        (r"(?<=\w\w)is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", "iz"),  # randomised
        (r"ys(?=(?:e|ed|es|ing)$)", "yz"),  # analyse
        (r"(?<=\w\w[tb])re(?=s?$)", "er"),  # centre, fibre
        (r"(?<=\w\w)mme(?=s?$)", "m"),  # programme
        (r"ll(?=(?:ed|ing|er|ers)$)", "l"),  # labelled
        (r"^sulph", "sulf"),
        (r"^ageing$", "aging"),
    )
)


def unaccented(text: str) -> str:
    """*text* in lower case, HTML entities resolved, accents and compatibility forms removed.

    >>> unaccented("H&ocirc;pital Sa&iuml;d &amp; Ångström")
    'hopital said & angstrom'
    """
    if text.isascii() and "&" not in text:  # nearly every name
        return text.lower()
    folded = unicodedata.normalize("NFKD", html.unescape(html.unescape(text))).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return bare.translate(_PLAIN_LETTERS)


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[str, ...]:
    """The words of *text* in order, in American spelling, Roman numerals as digits.

    >>> words_of("Stage IV tumours & Crohn’s disease")
    ('stage', '4', 'tumors', 'and', 'crohn', 'disease')
    """
    plain = re.sub(r"['’‘`´]s\b|(?<=s)['’](?=\s|$)|(?<=\w)['’‘`´](?=\w)", "", unaccented(text))
    plain = re.sub(r"\b(iv|i{1,3}|v)([abc])\b", r"\1 \2", plain).replace("&", " and ")
    found = re.findall(r"[^\W\d_]+|\d+(?:[.,]\d+)*", plain)
    return tuple(_ROMAN.get(word) or american(word) for word in found)


@lru_cache(maxsize=32768)
def american(word: str) -> str:
    """*word*, in lower case, in American spelling."""
    if len(word) < 5:
        return word
    for pattern, spelling in _AMERICAN:
        word = pattern.sub(spelling, word)
    return word


# --- titles

_LITTLE_WORDS = frozenset(
    ("a", "an", "the", "of", "in", "on", "and", "for", "with", "to", "by", "at", "from", "or")
)
_REGISTRY_ID = lazy_pattern(r"^\W*NCT\s?\d{8}\b\W*|\W*\bNCT\s?\d{8}\W*$", re.I)
_CUT = lazy_pattern(r"\s*(?:…|\.{3,}|\[\s*…?\.*\s*\])\s*$")
# A cut title says enough to be known by: the fewest letters that it keeps.
_SHORTEST_CUT = 15


def titles_match(claim: str, fact: str, trial: Trial) -> bool | None:
    """Whether *claim* prints the brief or the official title of *trial*.

    The acronym and the NCT id may stand before or behind it, and an ellipsis may cut it. Undecided
    where one title holds all words of the other: a shortened title, or one with an addition.
    """
    names = (fact, trial.text("brief_title"), trial.text("official_title"))
    titles = [_title_words(title) for title in names if title]
    acronym = _title_words(trial.text("acronym") or "")
    printed = _REGISTRY_ID.sub("", claim)
    shortened = _CUT.sub("", printed)
    if shortened != printed:
        return _cut_titles_match(_title_words(shortened), titles, acronym)
    claimed = _title_words(printed)
    if not claimed:
        return None
    if any(_without(claimed, acronym) == _without(title, acronym) for title in titles):
        return True
    related = any(
        set(claimed) <= set(title) or set(title) <= set(claimed) for title in titles if title
    )
    return None if related else False


def _title_words(title: str) -> tuple[str, ...]:
    return tuple(word for word in words_of(title) if word not in _LITTLE_WORDS)


def _without(title: tuple[str, ...], acronym: tuple[str, ...]) -> str:
    """The letters of *title* without the *acronym*, wherever it stands, if anything is left."""
    size = len(acronym)
    left: list[str] = []
    place = 0
    while place < len(title):
        if size and title[place : place + size] == acronym:
            place += size
        else:
            left.append(title[place])
            place += 1
    return "".join(left or title)


def _cut_titles_match(
    claimed: tuple[str, ...], titles: list[tuple[str, ...]], acronym: tuple[str, ...]
) -> bool | None:
    """The printed beginning of a title; its last word may be cut too."""
    begun = _without(claimed, acronym)
    if len(begun) < _SHORTEST_CUT:
        return None
    if any(_without(title, acronym).startswith(begun) for title in titles):
        return True
    return None if any(set(claimed[:-1]) <= set(title) for title in titles) else False


# --- acronyms

_STUDY_WORDS = frozenset(("trial", "study", "the", "studies", "trials"))


def acronyms_match(claim: str, fact: str, trial: Trial) -> bool | None:
    """Whether two acronyms name the same trial: by letters and digits, Roman numerals as digits.

    `STAR` and `STAR 2` are two trials, as are any two acronyms whose numbers differ. What only adds
    a word (`COVIDENCE UK`) or may abbreviate (`CM743` for `CheckMate 743`) is undecided.
    """
    printed, registered = _acronym_words(claim), _acronym_words(fact)
    if not printed or not registered:
        return None
    if "".join(printed) == "".join(registered):
        return True
    if _letters(printed) == _letters(registered):  # only the numbers differ
        first_of_series = set(printed) ^ set(registered) == {"1"}  # `STAR`, later called `STAR 1`
        return None if first_of_series else False
    shared = set(printed) & set(registered) or _abbreviates(printed, registered)
    return None if shared else False


def _acronym_words(text: str) -> tuple[str, ...]:
    bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", " ", text)
    plain = unaccented(bare if words_of(bare) else text)
    found = re.findall(r"[^\W\d_]+|\d+", re.sub(r"['’]", "", plain))
    return tuple(_ROMAN.get(word, word) for word in found if word not in _STUDY_WORDS)


def _letters(words: tuple[str, ...]) -> str:
    return "".join(word for word in words if not word.isdigit())


def _abbreviates(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether one of the two may be a short form of the other: its letters occur there in order."""
    shorter, longer = sorted(("".join(left), "".join(right)), key=len)
    letters = iter(longer)
    in_order = all(letter in letters for letter in shorter)
    return in_order and shorter[0] == longer[0]
