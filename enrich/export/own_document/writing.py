"""Changes the cells of a document and checks, by reading the copy, that nothing else changed."""

from collections.abc import Sequence
from pathlib import Path

from enrich.export.own_document import excel_file, word_file
from enrich.export.own_document.edits import Change, ChangedDocument, Edit
from enrich.export.own_document.found import Place, Source, find_cells, plain
from enrich.export.own_document.package import check_kind, is_word
from enrich.tables.documents.document import Document, DocumentError, read_bytes
from enrich.tables.documents.reader import document_in


def write_edits(path: Path, edits: Sequence[Edit], at: str) -> ChangedDocument:
    """A copy of the document *path* with *edits*, of which those in doubt are left out.

    Raises DocumentError where the document cannot be read, or cannot be changed without damage.
    """
    content = read_bytes(path)
    check_kind(path, content)
    read = document_in(path, content)
    found, missing = find_cells(read, edits)
    writer = word_file if is_word(content) else excel_file
    written = writer.write_changes(Source(path, content, read), found, at)
    made = {
        cell.place: plain(written.texts[cell.edit]) for cell in found if cell.edit in written.texts
    }
    copy = document_in(path, written.content)
    if _texts(copy) != {**_texts(read), **made}:
        raise DocumentError(
            f"{path}: a copy with the changes would not read as it should, so none was written"
        )
    reasons = {**missing, **written.refused}
    return ChangedDocument(
        written.content, tuple(Change(edit, reasons.get(edit, "")) for edit in edits)
    )


def _texts(document: Document) -> dict[Place, str]:
    """The text of each cell of *document*, with single spaces, by its place."""
    return {
        (at, line, column): plain(cell.text)
        for at, table in enumerate(document.tables)
        for line, row in enumerate(table.all_rows)
        for column, cell in enumerate(row)
    }
