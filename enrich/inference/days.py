"""Finds the days on which a table was published and its authors looked at the registry.

They are proposed with the words that they rest on. Nothing takes them silently: a wrong day of
access turns a change of the registry into an error of the authors.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

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
    rf"|{_MONTH} ?\d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}|{_MONTH},? {_YEAR}"
    rf"|\d{{1,2}}[/.]\d{{1,2}}[/.]{_YEAR})\b",
    re.I,
)
# The words before a date that say what it is, in the same sentence, and not far from it.
_WORDS = {
    DayKey.ACCESSED: lazy_pattern(
        r"(?:access(?:ed)?|consulted|retrieved|search(?:ed|es)?|queried|extracted|downloaded|checked"
        r"|viewed|visited|obtained|updated|assessed|current|up[ -]to[ -]date|cut[ -]?off|as) "
        r"(?:was |were )?(?:conducted |performed |made |done |carried out )?"
        r"(?:from clinicaltrials\.gov )?(?:as |date )?(?:on|of|at|in|until|through|up to|by|till)?"
        r"(?: the)? ?$|(?:last |date )?(?:accessed|access|date of access|updated|data cut[ -]?off)"
        r" ?:? ?$",
        re.I,
    ),
    DayKey.PUBLISHED: lazy_pattern(
        r"(?:published|publication(?: date)?|date of publication|available)"
        r"(?: online)?(?: first)?(?: on| in| :|:)?(?: the)? ?$",
        re.I,
    ),
}
_FAR = 80


def propose_days(texts: Iterable[str]) -> tuple[DayProposal, ...]:
    """The days that *texts* (footnotes, captions, passages of an article) name, each once.

    >>> [proposal] = propose_days(["Source: ClinicalTrials.gov, accessed on 18 December 2018."])
    >>> proposal.key.value, proposal.day, proposal.source
    ('accessed', '2018-12-18', 'accessed on 18 December 2018')
    """
    found: dict[tuple[DayKey, str], DayProposal] = {}
    for text in texts:
        for proposal in _in_text(" ".join(text.split())):
            found.setdefault((proposal.key, proposal.day), proposal)
    return tuple(found.values())


def _in_text(text: str) -> Iterator[DayProposal]:
    for date in _DATE.finditer(text):
        before = text[max(0, date.start() - _FAR) : date.start()]
        for key, words in _WORDS.items():
            found = words.search(before)
            if found:
                yield from _proposal(key, date[0], before[found.start() :] + date[0])


def _proposal(key: DayKey, printed: str, source: str) -> Iterator[DayProposal]:
    try:
        yield DayProposal(key, read_access(printed), sanitize(source))
    except ValueError:  # not in the calendar
        return
