"""Reads text without cells: lists of ids, RIS files, and pasted tables that lost their tabs.

Where one cell ends and the next begins is never guessed: a line is one cell.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from enrich.tables.documents.delimited_file import read_delimited
from enrich.tables.documents.document import Cell, Document, DocumentTable, Passage, decode
from enrich.tables.nct_ids import find_ids

_RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  ?- ?(.*)")
# The columns of a RIS file, by the tags that mean the same:
# https://en.wikipedia.org/wiki/RIS_(file_format)
_RIS_COLUMNS = {
    "Title": ("TI", "T1"),
    "Authors": ("AU", "A1"),
    "Year": ("PY", "Y1"),
    "Journal": ("JO", "JF", "T2", "JA"),
    "DOI": ("DO",),
    "URL": ("UR", "L1", "LK"),
}


def read_text(path: Path, content: bytes) -> Document:
    """The document in *content*: RIS, lines of cells, or lines of text."""
    text = decode(content).replace("\0", "")
    if re.search(r"^TY  ?- ", text, re.M):
        return _ris(text)
    return read_delimited(path, text) or _lines(text)


def read_pasted(text: str) -> Document:
    """The document in *text* that a person pasted."""
    return read_delimited(Path("pasted text"), text) or _lines(text)


def _lines(text: str) -> Document:
    """A table with a row for each line that names an id, and all other lines as passages.

    The cells of such a row are the line itself: `NCT id` is in it, and which word belongs to which
    column nobody can tell any more.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    named = [(number, line) for number, line in numbered if find_ids(line).ids]
    others = [(number, line) for number, line in numbered if not find_ids(line).ids]
    is_list = all(find_ids(line).ids and len(line) <= 40 for _, line in numbered)
    table = DocumentTable(
        where="the lines with an id",
        header_rows=((Cell("NCT id" if is_list else "Line"),),),
        rows=tuple((Cell(line),) for _, line in named),
    )
    return Document(
        tables=(table,) if named else (),
        passages=tuple(Passage(f"line {number}", line) for number, line in others),
        cells_are_sure=is_list,
    )


def _ris(text: str) -> Document:
    rows = [[Cell(cell) for cell in _ris_cells(record)] for record in _ris_records(text)]
    names = (*_RIS_COLUMNS, "NCT id", "Other")
    return Document(
        tables=(
            DocumentTable(
                where="the references",
                header_rows=(tuple(Cell(name) for name in names),),
                rows=tuple(tuple(row) for row in rows),
            ),
        )
    )


def _ris_records(text: str) -> Iterator[list[tuple[str, str]]]:
    """The tags and values of each reference; a line without a tag goes on with the one before."""
    record: list[tuple[str, str]] = []
    for line in text.splitlines():
        match = _RIS_LINE.fullmatch(line.rstrip())
        if match and match[1] == "ER":
            yield record
            record = []
        elif match:
            record.append((match[1], match[2].strip()))
        elif record and line.strip():
            tag, value = record[-1]
            record[-1] = (tag, f"{value} {line.strip()}")
    if record:
        yield record


def _ris_cells(record: list[tuple[str, str]]) -> Iterable[str]:
    """Title, authors and so on, then the ids found anywhere in the reference,
    then all other values.
    """
    known = {tag for tags in _RIS_COLUMNS.values() for tag in tags}
    for tags in _RIS_COLUMNS.values():
        yield "; ".join(value for tag, value in record if tag in tags)
    yield "; ".join(find_ids("; ".join(value for _, value in record)).ids)
    yield "; ".join(value for tag, value in record if tag not in (*known, "TY") and value)
