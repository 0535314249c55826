"""Reads text without cells: lists of ids, RIS files, and pasted tables that lost their tabs.

Where one cell ends and the next begins is never guessed: a line is one cell.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from enrich.tables.documents.delimited_file import read_delimited
from enrich.tables.documents.document import Cell, Document, DocumentTable, Passage, decode
from enrich.tables.nct_ids import find_ids, find_other_ids

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


def _lines(text: str) -> Document:
    """A table with a row for each line that names an id, and all other lines as passages.

    The cells of such a row are the line itself: `NCT id` is in it, and which word belongs to which
    column nobody can tell any more. In a list of ids a misprinted one has a row, too.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    is_list = _is_list([line for _, line in numbered])
    names_row = _names_registration if is_list else _names_trial
    named = [line for _, line in numbered if names_row(line)]
    table = DocumentTable(
        where="the list" if is_list else "the lines with an id",
        header_rows=((Cell("NCT id" if is_list else "Line"),),),
        rows=tuple((Cell(line),) for line in named),
        header_is_ours=True,
    )
    return Document(
        tables=(table,) if named else (),
        passages=tuple(
            Passage(f"line {number}", line) for number, line in numbered if not names_row(line)
        ),
        cells_are_sure=is_list,
    )


_LONGEST_ENTRY = 40


def _is_list(lines: Sequence[str]) -> bool:
    """Whether the lines are registrations and nothing else, but for a name above them."""
    entries = lines[1:] if lines and not re.search(r"\d", lines[0]) else lines
    return any(map(_names_trial, entries)) and all(
        len(line) <= _LONGEST_ENTRY and _names_registration(line) for line in entries
    )


def _names_trial(line: str) -> bool:
    return bool(find_ids(line).ids)


def _names_registration(line: str) -> bool:
    """Whether a line has an id, a misprinted one, or one of another register."""
    is_printed = bool(re.search(r"\d", line))
    return is_printed and bool(
        find_ids(line).ids or find_ids(line).misprints or find_other_ids(line)
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
                header_is_ours=True,
            ),
        ),
        are_references=True,
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
