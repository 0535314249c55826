"""Reads a document of any kind: the one registry of kinds, and how each is recognised."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from enrich.errors import MissingExtra
from enrich.files import open_file
from enrich.runtime import gc_paused
from enrich.tables.documents.document import MOST_BYTES, Document, DocumentError, read_bytes


@dataclass(frozen=True)
class DocumentKind:
    """A kind of document. *reader* is `module:name` in this package, imported at its first use.

    A file is of this kind if it begins with one of *signatures*, else if its name has one of the
    *endings*.
    """

    name: str
    reader: str
    endings: tuple[str, ...]
    signatures: tuple[bytes, ...] = ()

    def read(self, path: Path, content: bytes) -> Document:
        """The document. Raises DocumentError, and MissingExtra without the extra `[import]`."""
        module, _, name = self.reader.partition(":")
        try:
            read: Callable[[Path, bytes], Document] = getattr(
                import_module(f"{__package__}.{module}"), name
            )
        except ImportError as error:
            raise MissingExtra(f"reading {self.name}", "import") from error
        return read(path, content)


# fmt: off
KINDS = (
    DocumentKind("a PDF",              "pdf_file:read_pdf",           (".pdf",), (b"%PDF-",)),
    DocumentKind("a Word document",    "docx_file:read_docx",         (".docx", ".docm", ".doc")),
    DocumentKind("an Excel workbook",  "xlsx_file:read_xlsx",         (".xlsx", ".xlsm", ".xls")),
    DocumentKind("a web page",         "html_file:read_html",
                 (".html", ".htm", ".xhtml", ".xml", ".nxml"), (b"<",)),
    DocumentKind("Markdown",           "markdown_file:read_markdown", (".md", ".markdown")),
    DocumentKind("text",               "text_file:read_text",
                 (".csv", ".tsv", ".txt", ".psv", ".ris", ".tab", ".dat", "")),
)
# fmt: on
MARKDOWN, TEXT = KINDS[-2:]
# The line below the header of a table, as in text that was pasted.
_MARKDOWN_TABLE = re.compile(rb"^ {0,3}\|? *:?-{3,}:? *\|[ |:-]*\r?$", re.M)
_ZIP = b"PK\3\4"


def read_document(path: Path) -> Document:
    """The document in the file *path*.

    Raises DocumentError, which names the file and the way out, and MissingExtra.
    """
    return document_in(path, read_bytes(path))


def document_in(path: Path, content: bytes) -> Document:
    """The document in *content*; *path* is its name in messages.

    Raises DocumentError, which names the file and the way out, and MissingExtra.
    """
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DocumentError(f"{path}: the file is empty")
    with gc_paused():  # what the libraries make has few cycles, and is large
        return kind_of(path, content).read(path, content)


def recognize(path: Path) -> DocumentKind | None:
    """The kind of the file *path*, None where neither its first bytes nor its name say one."""
    try:
        with open_file(path) as file:
            content = file.read(1024)
            if content.startswith(_ZIP):  # what is in a package is listed at its end
                content += file.read(MOST_BYTES)
        kind = kind_of(path, content)
    except (OSError, DocumentError):
        return None
    is_named = path.suffix.lower() in TEXT.endings and path.suffix
    return kind if kind is not TEXT or is_named else None


def kind_of(path: Path, content: bytes) -> DocumentKind:
    """The kind of a file: by its first bytes, else by its name; text where both say nothing."""
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    for kind in KINDS:
        if kind.signatures and start.startswith(kind.signatures):
            return kind
    if start.startswith(_ZIP):
        return _office_kind(path, content)
    kind = next((kind for kind in KINDS if path.suffix.lower() in kind.endings), TEXT)
    may_be_markdown = kind is TEXT and path.suffix.lower() in ("", ".txt")
    return MARKDOWN if may_be_markdown and _MARKDOWN_TABLE.search(content) else kind


def _office_kind(path: Path, content: bytes) -> DocumentKind:
    """Word or Excel, by what is in the package, whatever the name of the file says."""
    word, excel = KINDS[1], KINDS[2]
    if b"word/document.xml" in content:
        return word
    if b"xl/workbook.xml" in content:
        return excel
    if path.suffix.lower() in (*word.endings, *excel.endings):
        return word if path.suffix.lower() in word.endings else excel
    raise DocumentError(f"{path}: a zip, not a document; unpack it first")
