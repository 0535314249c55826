"""Finds the days on which a table was published and its authors looked at the registry.

They are proposed with the words that they rest on. Nothing takes them silently: a wrong day of
access turns a change of the registry into an error of the authors.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from enrich.dates import MONTHS, read_access
from enrich.text import lazy_pattern, sanitize


class DayKey(StrEnum):
    """What a day is: the key `published` of a description, or the day of access."""

    PUBLISHED = "published"
    ACCESSED = "accessed"


@dataclass(frozen=True)
class DayProposal:
    """That *day* (ISO; a month or a year where no more is printed) is the day of *key*, by the
    words *source*. Of a date whose day and month cannot be told apart, *day* has both with a stroke
    between, as `dates.read_access` gives it.
    """

    key: DayKey
    day: str
    source: str


_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_MONTH = rf"(?:{_NAMES})\b\.?"
_DATE = lazy_pattern(
    rf"\b(?:{_YEAR}-\d\d-\d\d|\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?{_MONTH},?[ -]{_YEAR}"
    rf"|{_MONTH} ?\d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}|{_YEAR} {_MONTH} \d{{1,2}}|{_MONTH},? {_YEAR}"
    rf"|\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR})\b",
    re.I,
)
# The words that say what a date is, before it in the same sentence.
_WORDS = {
    DayKey.ACCESSED: lazy_pattern(
        r"\b(?:access(?:ed)?|consult(?:ed)?|retriev(?:ed|al)|search(?:ed|es)?|quer(?:y|ied)"
        r"|extract(?:ed|ion)|download(?:ed)?|checked|viewed|visited|assessed|cited|cut[ -]?off"
        r"|last updated?|updated (?:on|to|until)|clinicaltrials\.gov(?= on)|as (?:of|at))\b",
        re.I,
    ),
    DayKey.PUBLISHED: lazy_pattern(
        r"\b(?:published|publication date|date of publication|available online|epub)\b", re.I
    ),
}
# Words behind those by which the date is that of something else.
_OTHERWISE = lazy_pattern(
    r"\b(?:start\w*|began|begun|complet\w*|enrol\w*|recruit\w*|patients?|participants?|publi\w+"
    r"|received|accepted|revised|posted)\b",
    re.I,
)
_SENTENCE_END = lazy_pattern(r"[.;!?](?=\s)")
_FAR = 80


def propose_days(texts: Iterable[str]) -> tuple[DayProposal, ...]:
    """The days that *texts* (footnotes, captions, passages of an article) name, each once.

    >>> [proposal] = propose_days(["Source: ClinicalTrials.gov, accessed on 18 December 2018."])
    >>> proposal.key.value, proposal.day, proposal.source
    ('accessed', '2018-12-18', 'accessed on 18 December 2018')
    """
    found: dict[tuple[DayKey, str], DayProposal] = {}
    for text in texts:
        for key, printed, source in _in_text(" ".join(text.split())):
            day = _read(printed)
            if day:
                found.setdefault((key, day), DayProposal(key, day, sanitize(source)))
    return tuple(found.values())


def _in_text(text: str) -> Iterator[tuple[DayKey, str, str]]:
    """Each day as printed, with what it is and the words that say so."""
    for date in _DATE.finditer(text):
        before = _SENTENCE_END.split(text[max(0, date.start() - _FAR) : date.start()])[-1]
        for key, words in _WORDS.items():
            named = [*words.finditer(before)]
            if named and not _OTHERWISE.search(before[named[-1].end() :]):
                yield key, date[0], before[named[-1].start() :] + date[0]


@lru_cache(maxsize=256)
def _read(printed: str) -> str | None:
    try:
        return read_access(printed)
    except ValueError:  # not in the calendar
        return None
