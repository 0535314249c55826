"""Which of a document's tables is the table of trials: the largest that names at least two.

A list of references also holds ids, and may be longer: of the tables that name about as many
trials, the one that says most about them is the largest.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from enrich.papers.citations import doi_in
from enrich.tables.documents.document import Document, DocumentError, DocumentTable
from enrich.tables.documents.layout import TrialTable, lay_out
from enrich.tables.nct_ids import NO_NUMBER, find_ids, find_other_ids
from enrich.text import join_some, plural, sanitize

# So many rows must name a trial; a single id may stand in any table.
FEWEST_ROWS = 2
_LONGEST_CAPTION = 100
_MOST_LISTED = 12
_IS_CONTINUED = re.compile(r"\bcont(?:inued|inuation|['’]?d|\.)", re.I)
_LABEL = re.compile(r"\A\s*(?:supplementary )?(?:table|tab\.)\s*([\w.]+)", re.I)


@dataclass(frozen=True)
class FoundTable:
    """A table of a document; *number* is what `--table` takes.

    *laid_out* is the table of trials in it, None where no cell names one.
    """

    number: int
    table: DocumentTable
    laid_out: TrialTable | None

    @cached_property
    def rows_with_ids(self) -> int:
        """How many rows name a trial in the column of ids."""
        return sum(map(bool, self.laid_out.ids_by_row)) if self.laid_out else 0

    @property
    def size(self) -> int:
        """How many cells it has in the rows that name a trial."""
        return self.rows_with_ids * len(self.laid_out.header) if self.laid_out else 0

    @property
    def title(self) -> str:
        """Its caption, or which table it is."""
        caption = self.laid_out.caption if self.laid_out else self.table.caption
        return sanitize(caption, _LONGEST_CAPTION) or self.table.where

    def __str__(self) -> str:
        if self.laid_out is None or self.laid_out.id_column is None:
            rows = len(self.table.rows)
            return f"{self.title} ({plural(rows, 'row')}, no NCT id)"
        rows = len(self.laid_out.rows)
        return f"{self.title} ({plural(rows, 'row')}, {plural(len(self.laid_out.ids), 'trial')})"


def list_tables(document: Document) -> list[FoundTable]:
    """The tables of *document*, numbered from 1; a table that goes on in the next is one."""
    laid_out = [lay_out(table) if table.ids else None for table in document.tables]
    found: list[FoundTable] = []
    for table, trials in zip(document.tables, laid_out, strict=True):
        before = found[-1] if found else None
        if before and trials and before.laid_out and _continues(before.laid_out, trials):
            found[-1] = replace(before, laid_out=_joined(before.laid_out, trials))
        else:
            found.append(FoundTable(len(found) + 1, table, trials))
    return found


def _continues(before: TrialTable, after: TrialTable) -> bool:
    """Whether *after* is the next part of the table *before*: the same columns, and a caption that
    says so, or none at all.
    """
    if before.header != after.header or not before.caption:
        return False
    is_same = (
        not after.caption
        or after.caption == before.caption
        or (bool(_IS_CONTINUED.search(after.caption)) and _label(before) == _label(after))
    )
    return is_same and not after.where.startswith("sheet")


def _label(table: TrialTable) -> str | None:
    found = _LABEL.match(table.caption)
    return found[1].rstrip(".").lower() if found else None


def _joined(before: TrialTable, after: TrialTable) -> TrialTable:
    part = f"“{sanitize(after.caption, _LONGEST_CAPTION)}”" if after.caption else after.where
    note = f"{part} continues it: {plural(len(after.rows), 'row')} added"
    notes = (*before.notes, *(line for line in after.notes if line not in before.notes), note)
    footnotes = "\n".join(filter(None, dict.fromkeys([before.footnotes, after.footnotes])))
    return replace(before, rows=(*before.rows, *after.rows), footnotes=footnotes, notes=notes)


def choose_table(
    name: str, document: Document, tables: Sequence[FoundTable], number: int | None
) -> FoundTable:
    """The table *number*, or else the largest that qualifies. *name* is that of the document.

    Raises DocumentError, which lists the tables, and NoTable, which has the ids of the text.
    """
    if number is not None:
        return _numbered(name, tables, number)
    most = max((table.rows_with_ids for table in tables), default=0)
    if most < FEWEST_ROWS:
        raise _no_table(name, document, tables)
    eligible = [table for table in tables if table.rows_with_ids >= max(FEWEST_ROWS, most / 2)]
    return max(eligible, key=lambda table: table.size)


def _numbered(name: str, tables: Sequence[FoundTable], number: int) -> FoundTable:
    found = next((table for table in tables if table.number == number), None)
    if found is None:
        raise DocumentError(
            f"{name}: there is no table {number}; {_listing(tables) or 'the document has no table'}"
        )
    if not found.rows_with_ids:
        raise DocumentError(f"{name}: table {number}, {found.title}, names no trial by an NCT id")
    return found


class NoTable(DocumentError):
    """No table names trials. *ids* are all that the text names, each with its place, as lines."""

    def __init__(self, message: str, ids: Sequence[str]) -> None:
        super().__init__(message)
        self.ids = ids


def _no_table(name: str, document: Document, tables: Sequence[FoundTable]) -> DocumentError:
    with_ids = [table for table in tables if table.rows_with_ids]
    if with_ids:
        return DocumentError(
            f"{name}: no table names {FEWEST_ROWS} trials or more; choose one with --table N:"
            f" {_listing(with_ids)}"
        )
    ids = _ids_in_text(document)
    reason = (
        "the cells of a PDF cannot be told apart, so no table is written;"
        f" {_way_to_the_article(document)}"
        if document.is_paged
        else f"no table names a trial by its NCT id ({plural(len(tables), 'table')} found);"
        " give the file with the table"
    )
    where = f"; the {plural(len(ids), 'id')} in the text: see above" if ids else ""
    return NoTable(f"{name}: {reason}{where}{_misprints_in_text(document)}", ids)


def _way_to_the_article(document: Document) -> str:
    first_page = document.passages[0].text if document.passages else ""
    doi = document.doi or doi_in(first_page)
    address = f"open https://doi.org/{doi} and" if doi else "download the article again and"
    return f"{address} save it as HTML (or XML), then run `enrich init` on that file"


def _ids_in_text(document: Document) -> list[str]:
    """Every registration outside of the tables with its first place: `NCT01234567  page 3`."""
    places: dict[str, str] = {}
    for passage in document.passages:
        found = find_ids(passage.text)
        for nct_id in (*found.ids, *found.related, *find_other_ids(passage.text)):
            places.setdefault(nct_id, passage.where)
    return [f"{sanitize(nct_id)}  {where}" for nct_id, where in places.items()]


def _misprints_in_text(document: Document) -> str:
    misprints = [
        f"{misprint} ({passage.where})"
        for passage in document.passages
        for misprint in find_ids(passage.text).misprints
        if not misprint.endswith(NO_NUMBER)
    ]
    named = join_some([*dict.fromkeys(misprints)], _MOST_LISTED)
    return f"; misprinted: {named}" if misprints else ""


def _listing(tables: Iterable[FoundTable]) -> str:
    listed = [f"{table.number} = {table}" for table in tables]
    more = [f"{len(listed) - _MOST_LISTED} more"] if len(listed) > _MOST_LISTED else []
    return "; ".join([*listed[:_MOST_LISTED], *more])
