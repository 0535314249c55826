"""Whether a paper still stands: notices of retraction, concern, correction and reinstatement.

They come from the Retraction Watch data that Crossref publishes as one CSV file of some 60,000
lines. It is read line by line; only the notices of the papers asked about are kept. A paper
without an entry is "no notice found on DAY", which is not the same as "stands": the data may not
have it.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from enrich.dates import long_day, read_date
from enrich.errors import EnrichError
from enrich.models import NoticeKind
from enrich.papers.citations import normalize_doi
from enrich.text import capitalize_first, casefold_text, join_and


class Notice(NamedTuple):
    """A notice about the paper *doi* or *pmid*; *day* is ISO, *notice_doi* that of the notice."""

    kind: NoticeKind
    doi: str | None
    pmid: str | None
    day: str | None = None
    notice_doi: str | None = None


class NoticesUnreadable(EnrichError):
    """The file of notices is not one; the message says what is missing."""


# The columns of Crossref's file, and of the reduced one with just a DOI and the kinds.
_DOI = ("OriginalPaperDOI", "doi")
_PMID = ("OriginalPaperPubMedID", "pmid")
_NATURE = ("RetractionNature", "nature")
_DAY = ("RetractionDate", "date")
_NOTICE_DOI = ("RetractionDOI", "notice_doi")

_KINDS: Mapping[str, NoticeKind] = {casefold_text(kind): kind for kind in NoticeKind}
_LONGEST_FIELD = 1_000_000  # characters; the notes of an entry are long


def find_notices(
    lines: Iterable[str], dois: Collection[str], pmids: Collection[str] = ()
) -> Iterator[Notice]:
    """The notices in *lines* of a CSV file about papers with one of *dois* or *pmids*.

    *dois* are in normal form. The kind of an entry that is none of the four is left out, as the
    data also lists what it calls by other names. Raises NoticesUnreadable without a column of DOIs
    and one of kinds.

    >>> lines = ["doi,nature", "10.1000/A,Correction;Retraction"]
    >>> [str(notice.kind) for notice in find_notices(lines, {"10.1000/a"})]
    ['correction', 'retraction']
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    rows = csv.reader(line.replace("\0", "") for line in lines)
    try:
        columns = _columns(next(rows, []))
        for row in rows:
            yield from _notices(row, columns, dois, pmids)
    except csv.Error as error:
        raise NoticesUnreadable(f"the file of notices cannot be read ({error})") from error


def check_header(line: str) -> None:
    """Raises NoticesUnreadable where *line* is not the header of a file of notices."""
    _columns(next(csv.reader([line.replace("\0", "")]), []))


class _Columns(NamedTuple):
    """Where in a row each part of an entry is; None where the file has no such column."""

    doi: int
    nature: int
    pmid: int | None
    day: int | None
    notice_doi: int | None


def _columns(header: list[str]) -> _Columns:
    places = {casefold_text(name.lstrip("\ufeff")): at for at, name in enumerate(header)}

    def place(names: tuple[str, ...]) -> int | None:
        return next((places[key] for name in names if (key := casefold_text(name)) in places), None)

    doi, nature = place(_DOI), place(_NATURE)
    if doi is None or nature is None:
        missing = join_and(names[0] for names, at in ((_DOI, doi), (_NATURE, nature)) if at is None)
        raise NoticesUnreadable(f"the file of notices has no column {missing}")
    return _Columns(doi, nature, place(_PMID), place(_DAY), place(_NOTICE_DOI))


def _notices(
    row: list[str], columns: _Columns, dois: Collection[str], pmids: Collection[str]
) -> Iterator[Notice]:
    doi = normalize_doi(_cell(row, columns.doi))
    pmid = _pmid(_cell(row, columns.pmid))
    if doi not in dois and pmid not in pmids:
        return
    for name in _cell(row, columns.nature).split(";"):
        kind = _KINDS.get(casefold_text(name))
        if kind:
            day, notice = _day(_cell(row, columns.day)), _cell(row, columns.notice_doi)
            yield Notice(kind, doi, pmid, day, normalize_doi(notice))


def _cell(row: list[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""


def _pmid(printed: str) -> str | None:
    """A PubMed id; None for the 0 that the data has where it knows none."""
    bare = printed.strip().removesuffix(".0")
    return bare if bare.isascii() and bare.isdecimal() and int(bare) else None


def _day(printed: str) -> str | None:
    """The day of a notice, printed as `3/14/2021 0:00`; None where it is not given."""
    try:
        return read_date(printed.partition(" ")[0], "mdy").iso
    except ValueError:
        return None


def notices_sentence(notices: Iterable[Notice], looked_on: str) -> str:
    """What was found about a paper, in the order of days; *looked_on* is the ISO day of the data.

    >>> notice = Notice(NoticeKind.RETRACTION, "10.1000/a", None, "2021-03-04")
    >>> notices_sentence([notice], "2026-11-25")
    'Retraction of 4 March 2021.'
    >>> notices_sentence([], "2026-11-25")
    'No notice found on 25 November 2026.'
    """
    in_order = sorted(notices, key=lambda notice: notice.day or "")
    phrases = list(dict.fromkeys(_phrase(notice) for notice in in_order))
    if not phrases:
        return f"No notice found on {long_day(looked_on)}."
    return f"{capitalize_first(join_and(phrases))}."


def _phrase(notice: Notice) -> str:
    return f"{notice.kind} of {long_day(notice.day)}" if notice.day else str(notice.kind)
