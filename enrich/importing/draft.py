"""The draft of a table: its rows, what its columns say, its ids and days, with the evidence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from enrich.dates import PartialDate, read_access
from enrich.importing.choice import FoundTable
from enrich.importing.rows import (
    SpreadTrial,
    WrittenTable,
    spread_trials,
    write_rows,
)
from enrich.inference.columns import infer_columns
from enrich.inference.days import DayKey, propose_days
from enrich.inference.guesses import ColumnGuess, Confidence, Inference
from enrich.models import Trial
from enrich.tables.documents.accounts import IdAccount, account_ids
from enrich.tables.documents.document import Document
from enrich.tables.documents.layout import TrialTable

# More proposals than these are from the list of references.
_MOST_DAYS = 5
_MOST_REMARKS = 50


@dataclass(frozen=True)
class Day:
    """A day that the document names, as ISO text; None where day and month may be swapped.

    *key* says whether the table was published on it or its authors looked at the registry; *source*
    are the words of the document, or what it says about itself.
    """

    key: DayKey
    iso: str | None
    source: str


@dataclass(frozen=True)
class Draft:
    """A table as it is proposed, with what is known about it.

    - *source*: the name of the document; *found*: its table, of *tables*.
    - *spread*: the trials that have several rows.
    - *accessed_column*: the column that may have the day on which the authors looked at each row.
    """

    source: str
    document: Document
    tables: tuple[FoundTable, ...]
    found: FoundTable
    written: WrittenTable
    inference: Inference
    account: IdAccount
    days: tuple[Day, ...]
    spread: tuple[SpreadTrial, ...] = ()
    accessed_column: str | None = None

    @property
    def by_arm(self) -> list[str]:
        """The columns in which the rows of one trial differ."""
        columns = {name for trial in self.spread for name in trial.columns}
        return [name for name in self.written.header if name in columns]

    @property
    def laid_out(self) -> TrialTable:
        return _laid_out(self.found)

    @property
    def uncompared(self) -> list[str]:
        """The columns without a guess, but for that of the ids."""
        guessed = {guess.column for guess in self.inference.guesses}
        return [
            name for name in self.written.header if name not in guessed and name != self.id_column
        ]

    @property
    def id_column(self) -> str:
        return self.written.id_column


def name_of(source: PurePath) -> str:
    """The name of a table made from *source*: that of the file, without what a shell reads.

    >>> name_of(PurePath("My paper (final).docx")), name_of(PurePath("-"))
    ('My-paper-final', 'table')
    """
    return re.sub(r"[^\w.]+", "-", source.stem).strip("-.") or "table"


def ids_to_ask_about(found: FoundTable) -> tuple[str, ...]:
    """The ids of the rows as they may be written, each once."""
    rows = write_rows(_laid_out(found)).ids_by_row
    return tuple(dict.fromkeys(nct_id for ids in rows for nct_id in ids))


def draft_table(
    source: str,
    document: Document,
    tables: tuple[FoundTable, ...],
    found: FoundTable,
    records: Mapping[str, Trial],
) -> Draft:
    """The draft of the table *found* in *document*; *records* are those that are at hand, by id."""
    written, inference = _rows_and_columns(document, _laid_out(found), records)
    return Draft(
        source,
        document,
        tables,
        found,
        written,
        inference,
        account_ids(document, _laid_out(found)),
        tuple(_days(document, found)),
        tuple(spread_trials(written)),
        _accessed_column(written),
    )


def _laid_out(found: FoundTable) -> TrialTable:
    if found.laid_out is None:
        raise ValueError("a table without ids is never chosen")
    return found.laid_out


# --- rows and columns


def _rows_and_columns(
    document: Document, table: TrialTable, records: Mapping[str, Trial]
) -> tuple[WrittenTable, Inference]:
    """The rows, parted where that is safe, and what their columns say.

    Which cells will be compared decides which rows may be parted, and the rows decide what the
    columns say: rows are parted first, and put together again where a compared cell stays whole.
    """
    written = write_rows(table)
    if not document.cells_are_sure:
        return written, Inference()
    if document.are_references:
        return written, _infer(written, records, doubt=_REFERENCES)
    inference = _infer(written, records)
    safe = write_rows(table, compared=inference.says)
    if safe.splits == written.splits:
        return written, inference
    return safe, _infer(safe, records)


def _infer(
    written: WrittenTable, records: Mapping[str, Trial], doubt: str | None = None
) -> Inference:
    """What the columns of *written* say; a guess that is not sure is left in doubt where rows of
    one trial differ, or for the reason *doubt*, if there is one.
    """
    nct_ids = [ids[0] if len(ids) == 1 else None for ids in written.ids_by_row]
    inference = infer_columns(written.header, written.rows, nct_ids, records)
    by_arm = {name for trial in spread_trials(written) for name in trial.columns}
    guesses = tuple(
        _doubted(guess, _ARMS if guess.column in by_arm else doubt)
        for guess in inference.guesses
        if guess.column != written.id_column
    )
    return replace(inference, guesses=guesses)


_ARMS = "rows of one trial differ here, as the arms of a trial do"
_REFERENCES = "the rows are publications, and may be called otherwise than their trials"


def _doubted(guess: ColumnGuess, reason: str | None) -> ColumnGuess:
    """The guess, in doubt where there is a *reason* and its cells do not prove it."""
    if reason is None or guess.confidence is Confidence.SURE:
        return guess
    return replace(guess, confidence=Confidence.DOUBT, reason=reason)


# --- days


def _days(document: Document, found: FoundTable) -> Iterator[Day]:
    """The days that the table names, then the document; those of access first."""
    table = _laid_out(found)
    texts = [
        (f"caption of {table.where}", table.caption),
        (f"below {table.where}", table.footnotes),
        *_texts_of_other_tables(document),
        *((passage.where, passage.text) for passage in document.passages),
    ]
    seen: set[tuple[DayKey, str]] = set()
    for where, text in texts:
        for proposal in propose_days([text] if text else []):
            if (proposal.key, proposal.day) not in seen and len(seen) < _MOST_DAYS:
                seen.add((proposal.key, proposal.day))
                yield Day(proposal.key, _iso(proposal.day), f"“{proposal.source}” ({where})")
    own = document.published
    if own and (DayKey.PUBLISHED, own) not in seen:
        yield Day(DayKey.PUBLISHED, _iso(own), "the document's own day of publication")


def _texts_of_other_tables(document: Document) -> Iterator[tuple[str, str]]:
    """The rows of tables without ids: a sheet may hold remarks about the others."""
    for table in document.tables:
        if not table.ids:
            for row in table.all_rows[:_MOST_REMARKS]:
                yield table.where, " ".join(cell.text for cell in row if not cell.is_copy)


# The columns with the day on which the authors looked at each record.
_NAMES_ACCESS = re.compile(
    r"\b(?:accessed|access date|date of access|retrieved|last (?:checked|viewed|accessed)"
    r"|date of (?:search|retrieval)|checked on)\b",
    re.I,
)


def _accessed_column(written: WrittenTable) -> str | None:
    """The column whose header names the day of access, and whose cells are days."""
    for at, name in enumerate(written.header):
        cells = [row[at] for row in written.rows if row[at].strip()]
        if _NAMES_ACCESS.search(name) and cells and all(map(_is_day, cells)):
            return name
    return None


def _is_day(cell: str) -> bool:
    try:
        return bool(read_access(cell))
    except ValueError:
        return False


def _iso(day: str) -> str | None:
    try:
        return PartialDate(day).iso
    except ValueError:
        return None
