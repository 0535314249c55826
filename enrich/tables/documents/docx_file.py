"""Reads Word documents (.docx) by mammoth, which turns them into HTML.

Insertions that were tracked are read as text and deletions are not; what is in a content control is
read, too. (python-docx leaves both out.)
"""

import io
import zipfile
from pathlib import Path
from typing import Any

import mammoth

from enrich.tables.documents.document import Document, DocumentError
from enrich.tables.documents.html_file import read_markup
from enrich.tables.documents.office import check_package

# Unpacked; a table of 5,000 rows has about 5 MB.
MOST_BYTES = 20_000_000


def read_docx(path: Path, content: bytes) -> Document:
    """The document in *content*. Raises DocumentError where it cannot be read."""
    check_package(path, content, "word/document.xml", "a Word document (.docx)", MOST_BYTES)
    try:
        result = mammoth.convert_to_html(
            io.BytesIO(content), convert_image=mammoth.images.img_element(_without_picture)
        )
    except Exception as error:  # mammoth lets the errors of its parsers through
        raise DocumentError(
            f"{path}: not a Word document that can be read ({_reason(error)}); open it in Word and"
            " save it again"
        ) from error
    return read_markup(result.value)


def _without_picture(image: Any) -> dict[str, str]:
    """A picture is not opened: it may be a link to another file."""
    return {"src": ""}


def _reason(error: Exception) -> str:
    return (
        "damaged" if isinstance(error, zipfile.BadZipFile) else str(error) or type(error).__name__
    )
