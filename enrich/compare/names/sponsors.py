"""Names of sponsors: whether a printed name and the registry's name are those of one organisation.

Only what is known to be the same agrees: the same words in order, apart from spelling, legal form
and abbreviations; a listed short form (`GSK`); a company with or without the words of its trade
(`Novartis Pharmaceuticals`); a place behind a name of its own (`Rigshospitalet, Denmark`). Only
what is known to be different differs: two listed organisations, a listed company against a
university or hospital, the universities of two places. All else is undecided:
`Washington University` against `University of Washington`, `Boston University` against
`Boston Medical Center`.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import cache, lru_cache

from enrich.compare.names.organisations import (
    COMMON,
    COUNTRIES,
    EITHER_ORDER,
    INSTITUTION,
    LEGAL_FORMS,
    LINKING_WORDS,
    ORGANISATIONS,
    SPELLINGS,
    TRADE,
    Organisation,
)
from enrich.compare.names.spelling import unaccented
from enrich.models import Trial
from enrich.text import lazy_pattern

Words = tuple[str, ...]


# --- the comparison


def sponsors_match(claim: str, fact: str, trial: Trial) -> bool | None:
    """Whether the cell names the lead sponsor of *trial*.

    A list parted by strokes, as the registry's downloads print it, names the lead first. In a list
    parted otherwise the order says less: the lead may stand behind a collaborator.

    >>> trial = Trial("NCT01234567", {})
    >>> sponsors_match("GSK", "GlaxoSmithKline", trial)
    True
    >>> print(sponsors_match("Washington University", "University of Wisconsin, Madison", trial))
    None
    """
    industry = trial["lead_sponsor_class"] in (None, "INDUSTRY")
    lead = claim.split("|")[0].strip() or claim
    divided = re.split(r"[;\n]|(?<=\s)/(?=\s)", lead)
    parts = [part.strip() for part in divided if part.strip()]
    verdicts = [_same_organisation(part, fact, industry=industry) for part in parts]
    if len(verdicts) < 2:
        return verdicts[0] if verdicts else None
    return verdicts[0] if verdicts[0] or not any(v is not False for v in verdicts) else None


@lru_cache(maxsize=4096)
def _same_organisation(printed: str, registered: str, *, industry: bool) -> bool | None:
    if any(
        _same_name(name, registered_name, industry=industry)
        for name in _names_in(printed)
        for registered_name in _names_in(registered)
    ):
        return True
    return False if _known_to_differ(printed, registered) else None


def _same_name(left: str, right: str, *, industry: bool) -> bool:
    left_words, right_words = _words(left), _words(right)
    if not left_words or not right_words:
        return _letters(left) == _letters(right) != ""
    if "".join(left_words) == "".join(right_words) or _either_order(left_words, right_words):
        return True
    left_listed, right_listed = _listed().get(left_words), _listed().get(right_words)
    if left_listed is not None and right_listed is not None:
        return left_listed == right_listed
    return (industry and _same_company(left_words, right_words)) or _same_but_for_place(left, right)


def _names_in(text: str) -> Iterator[str]:
    """*text*, and what is left of it without its short form, its place or its owner."""
    yield text
    bare = " ".join(re.sub(r"[(\[][^()\[\]]*[)\]]", " ", text).split()).strip(" ,")
    noted = " ".join(re.findall(r"[(\[]([^()\[\]]*)[)\]]", text))
    if noted and bare and (_is_short_form(noted, bare) or _is_distinctive(_words(bare))):
        yield bare
    owned = re.sub(
        r",?(?<!\s)\s+(?:an?|now a)\s+(?:\w+\s+){0,4}"
        r"(?:company|subsidiary|affiliate|division)\b.*$",
        "",
        text,
        flags=re.I,
    )
    if owned != text and owned.strip():
        yield owned


def _is_short_form(noted: str, name: str) -> bool:
    """Whether a note is the initials of the name before it: `National Cancer Institute (NCI)`."""
    letters = _letters(noted)
    every = re.findall(r"[^\W_]+", unaccented(name))
    return letters in (
        "".join(word[0] for word in every),
        "".join(word[0] for word in every if word not in LINKING_WORDS),
    )


def _either_order(left: Words, right: Words) -> bool:
    """The same words in another order, where the order does not tell two institutions apart.

    A place has one `University Hospital, Bordeaux`, but `Washington University` is in Missouri.
    """
    if sorted(left) != sorted(right):
        return False
    named = [word for word in left if word not in ("university", "hospital")]
    if "hospital" in left:
        return bool(set(named) - COMMON)
    return len(left) == 2 and "university" in left and set(named) <= EITHER_ORDER


def _same_company(left: Words, right: Words) -> bool:
    """A company with and without the words of its trade behind its name."""
    shorter, longer = sorted((left, right), key=len)
    return (
        longer[: len(shorter)] == shorter
        and set(longer[len(shorter) :]) <= TRADE
        and not set(shorter) & INSTITUTION
        and _is_distinctive(shorter)
    )


def _same_but_for_place(left: str, right: str) -> bool:
    """The same name, with its place behind a comma on one side, or city here and country there."""
    (name, place), (other_name, other_place) = _with_place(left), _with_place(right)
    if "".join(name) != "".join(other_name) or not _is_distinctive(name):
        return False
    is_country, other_is_country = place in COUNTRIES, other_place in COUNTRIES
    if place and other_place:
        return is_country != other_is_country
    # The campuses of one university stand behind commas too.
    return "university" not in name or is_country or other_is_country


def _with_place(text: str) -> tuple[Words, Words]:
    """A name, and the place behind its first comma; an organisation there is part of the name."""
    name, _, place = text.partition(",")
    place = place.split(",")[-1] if _words(place.split(",")[-1]) in COUNTRIES else place
    words, places = _words(name), _words(place)
    if not words or not places or set(places) & COMMON - {"north", "south", "new"}:
        return (words if not places else _words(text)), ()
    return words, places


def _is_distinctive(words: Words) -> bool:
    """Whether *words* hold one that few organisations share."""
    return any(word not in COMMON and len(word) > 1 and not word.isdigit() for word in words)


# --- known to be different


def _known_to_differ(printed: str, registered: str) -> bool:
    if _is_short_form(printed, registered):  # `UCB`, a company, but also a university in Brazil
        return False
    known, other = _organisation(printed), _organisation(registered)
    if known is not None and other is not None:
        return known != other and not (known.family and known.family == other.family)
    if known is not None:
        return known.company and _is_other_institution(_words(printed), _words(registered))
    if other is not None:
        return other.company and _is_other_institution(_words(registered), _words(printed))
    return _universities_of_two_places(printed, registered)


def _is_other_institution(company: Words, other: Words) -> bool:
    """A university or hospital whose name has nothing of the company's."""
    return (
        bool(set(other) & {"university", "hospital", "college"})
        and _is_distinctive(other)
        and not set(company) & set(other)
    )


_SPELLED_ALIKE = 0.6


def _universities_of_two_places(printed: str, registered: str) -> bool:
    """Whether both are `University of …`, alike but for the place, and of two places."""
    pattern = lazy_pattern(r"\buniv(?:ersity|\.)? of \w|\w univ(?:ersity|\.)? of \w", re.I)
    if not (pattern.search(printed) and pattern.search(registered)):
        return False
    printed_words, registered_words = _words(printed), _words(registered)
    only_printed = set(printed_words) - set(registered_words)
    only_registered = set(registered_words) - set(printed_words)
    if not only_printed or not only_registered or (only_printed | only_registered) & COMMON:
        return False
    if any(place.startswith(cut) for cut in only_printed for place in only_registered):
        return False
    place, other_place = "".join(sorted(only_printed)), "".join(sorted(only_registered))
    return SequenceMatcher(None, place, other_place).ratio() < _SPELLED_ALIKE


def _organisation(text: str) -> Organisation | None:
    found = next(
        (place for name in _names_in(text) if (place := _listed().get(_words(name))) is not None),
        None,
    )
    return None if found is None else ORGANISATIONS[found]


@cache
def _listed() -> dict[Words, int]:
    """The place of an organisation in the list, by the words of each of its names."""
    return {
        _words(name): place
        for place, organisation in enumerate(ORGANISATIONS)
        for name in organisation.names
    }


# --- the words of a name


@lru_cache(maxsize=8192)
def _words(text: str) -> Words:
    """The words that say which organisation it is, spelled one way,
    legal forms and links left out.
    """
    plain = re.sub(r"['’‘`´]", "", unaccented(text))
    plain = re.sub(r"\b(?:[a-z]\.\s?){2,}", lambda found: re.sub(r"\W", "", found[0]) + " ", plain)
    plain = re.sub(r"\buniversita(?:e)?tsklinik(?:um)?\b", "university hospital", plain)
    plain = re.sub(r"\br\s?&\s?d\b", "research development", plain)
    plain = re.sub(r"\ba/s\b", "", plain)
    plain = re.sub(r"\b([a-z])\s?&\s?([a-z])\b", r"\1n\2", plain)
    words = (_spelled(word) for word in re.findall(r"[^\W_]+", plain))
    kept = tuple(word for word in words if word not in LINKING_WORDS)
    named = tuple(word for word in kept if word not in LEGAL_FORMS)
    return named or kept


def _spelled(word: str) -> str:
    plain = re.sub(r"([aou])e(?=[^aeiou])", r"\1", word) if len(word) > 4 else word
    return SPELLINGS.get(word) or SPELLINGS.get(plain) or plain


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", unaccented(text))
