"""What a citation says: its DOI in normal form, its title and its year.

The registry prints references as PubMed does: authors, title, journal, date, pages, `doi: …`.
"""

import re
from bisect import bisect
from typing import NamedTuple
from urllib.parse import unquote

from enrich.text import lazy_pattern

_DOI = lazy_pattern(r"\b10\.\d{4,9}/[^\s\"<>]+", re.I)
# What people print before a DOI, and what sentences leave behind it.
_DOI_PREFIX = lazy_pattern(r"^\s*(?:https?://)?(?:dx\.)?(?:doi\.org/|doi:?\s*)", re.I)
_AFTER_DOI = ".,;:)]}>'\"”’"
_YEAR = lazy_pattern(r"[.;?!]\s+((?:19|20)\d\d)(?=[\s;:.])")

# The first PubMed id of each year, in thousands, as the ids are given in the order of entry:
# from the citations of 4,336 records (`python -m tests.tools.papers --pubmed-ids`).
_FIRST_IDS = (
    (2000, 10_600),
    (2001, 11_150),
    (2002, 11_800),
    (2003, 12_500),
    (2004, 14_700),
    (2005, 15_620),
    (2006, 16_350),
    (2007, 17_200),
    (2008, 18_050),
    (2009, 19_100),
    (2010, 20_000),
    (2011, 21_100),
    (2012, 22_200),
    (2013, 23_200),
    (2014, 24_350),
    (2015, 25_500),
    (2016, 26_700),
    (2017, 28_000),
    (2018, 29_250),
    (2019, 30_600),
    (2020, 31_900),
    (2021, 33_350),
    (2022, 34_950),
    (2023, 36_600),
    (2024, 38_150),
    (2025, 39_700),
    (2026, 41_450),
)
_ID_THRESHOLDS = tuple(thousands * 1000 for _, thousands in _FIRST_IDS)


def normalize_doi(text: str) -> str | None:
    """The DOI that *text* is or begins with, in lower case, without address and punctuation.

    DOIs do not distinguish case. None for what is no DOI.

    >>> normalize_doi("https://doi.org/10.1056/NEJMoa0908806."), normalize_doi("see page 10")
    ('10.1056/nejmoa0908806', None)
    """
    bare = unquote(_DOI_PREFIX.sub("", text.strip()))
    found = _DOI.match(bare)
    return _trimmed(found.group()) if found else None


def doi_in(citation: str) -> str | None:
    """The first DOI in a citation, in normal form; None without one."""
    found = _DOI.search(citation)
    return _trimmed(found.group()) if found else None


def _trimmed(doi: str) -> str:
    """*doi* in lower case, without what a sentence put behind it; brackets of its own stay.

    >>> _trimmed("10.1016/S0140-6736(14)60153-7),")
    '10.1016/s0140-6736(14)60153-7'
    """
    while doi and doi[-1] in _AFTER_DOI:
        if doi[-1] == ")" and doi.count("(") >= doi.count(")"):
            break
        doi = doi[:-1]
    return doi.lower()


class Citation(NamedTuple):
    """The parts of a citation; each is None where it is not found."""

    title: str | None
    year: int | None


def read_citation(citation: str) -> Citation:
    """The title and the year of a citation in PubMed's form.

    >>> read_citation("Lee A, Roy B. Does rest help? A trial. Lancet. 2004 May 22;363:1665-72.")
    Citation(title='Does rest help? A trial', year=2004)
    """
    found = _YEAR.search(citation)
    if not found:
        return Citation(None, None)
    authors_title_journal = citation[: found.start()]
    _, _, title_and_journal = authors_title_journal.partition(". ")
    title, _, _ = title_and_journal.rpartition(". ")
    return Citation(title.strip() or title_and_journal.strip() or None, int(found.group(1)))


# A name as PubMed prints it, `van der Berg CD`, and what is between two of them.
_NAME = lazy_pattern(r"[^.,;:]{1,60} [^\W\d_]{1,4}")
_BETWEEN_NAMES = lazy_pattern(r"[,;] ")


def shorten_authors(citation: str) -> str:
    """A citation with the first of three authors or more, so that its title is near the beginning.

    >>> shorten_authors("Lee A, Roy B; REST Investigators. Does rest help? Lancet. 2004;363:1665.")
    'Lee A et al. Does rest help? Lancet. 2004;363:1665.'
    >>> shorten_authors("Rest, sleep, dreams. Lancet. 2004;363:1665.")
    'Rest, sleep, dreams. Lancet. 2004;363:1665.'
    """
    authors, _, others = citation.partition(". ")
    names = _BETWEEN_NAMES.split(authors)
    if len(names) < 3 or not _NAME.fullmatch(names[0]) or not others:
        return citation
    return f"{names[0]} et al. {others}"


def year_of_pubmed_id(pmid: str) -> float | None:
    """About when PubMed took in an article, as a year with a fraction; None for what is no id.

    Ids count up, so the neighbours of an id show its date to some months.

    >>> round(year_of_pubmed_id("20818904"), 1)
    2010.7
    """
    if not (pmid.isascii() and pmid.isdecimal() and len(pmid) <= 9):
        return None
    number = int(pmid)
    at = bisect(_ID_THRESHOLDS, number) - 1
    if at < 0:
        return float(_FIRST_IDS[0][0] - 1)
    first, next_first = (*_ID_THRESHOLDS, _ID_THRESHOLDS[-1] + _IDS_A_YEAR)[at : at + 2]
    return _FIRST_IDS[at][0] + min(1.0, (number - first) / (next_first - first))


_IDS_A_YEAR = 1_650_000
