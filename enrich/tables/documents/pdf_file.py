"""Reads the text of PDF files by pypdf: which ids are on which page. A PDF has no cells to read."""

import io
from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader

from enrich.tables.documents.document import Document, DocumentError, Passage
from enrich.text import sanitize

# Pages beyond this are not read, so that a file cannot keep a run busy for ever.
MOST_PAGES = 500


def read_pdf(path: Path, content: bytes) -> Document:
    """The text of each page. Raises DocumentError where there is none, as in a scan."""
    try:
        reader = PdfReader(io.BytesIO(content))
        pages = len(reader.pages)
        passages = tuple(_passages(reader))
        title = reader.metadata.title if reader.metadata else None
    except Exception as error:  # pypdf lets the errors of its parsers through
        raise DocumentError(
            f"{path}: not a PDF that can be read"
            f" ({sanitize(str(error) or type(error).__name__, 80)}); use the article's HTML or XML"
        ) from error
    if not any(passage.text.strip() for passage in passages):
        raise DocumentError(
            f"{path}: the PDF has pictures of pages, and no text; use the article's HTML or XML"
        )
    skipped = (
        (f"only the first {MOST_PAGES} of {pages} pages are read",) if pages > MOST_PAGES else ()
    )
    return Document(
        passages=passages,
        title=str(title) if title else None,
        cells_are_sure=False,
        is_paged=True,
        notes=skipped,
    )


def _passages(reader: PdfReader) -> Iterator[Passage]:
    for number, page in enumerate(reader.pages[:MOST_PAGES], 1):
        yield Passage(f"page {number}", page.extract_text())
