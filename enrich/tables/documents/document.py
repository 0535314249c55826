"""What a document holds: its tables, cell by cell as printed, and the text around them."""

import codecs
import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from enrich.errors import EnrichError
from enrich.files import read_file
from enrich.tables.nct_ids import FoundIds, find_ids

# Larger documents are refused: a table of 5,000 trials has about 5 MB.
MOST_BYTES = 50_000_000


class DocumentError(EnrichError):
    """A document cannot be read; the message names the file and the way out."""


@dataclass(frozen=True)
class Cell:
    """A cell: its *text* as printed, with its line breaks, and the targets of its *links*.

    *is_header* says that the document marks it as one. *is_copy* says that the cell beside or above
    it spans this place, too: the text is that of the other.
    """

    text: str = ""
    links: tuple[str, ...] = ()
    is_header: bool = False
    is_copy: bool = False

    @property
    def all_text(self) -> str:
        """The text with the targets of the links, which may name an id."""
        return " ".join((self.text, *self.links))


EMPTY = Cell()


@dataclass(frozen=True)
class DocumentTable:
    """A table as the document has it: rows of cells, as many in each.

    *where* says which one it is: `table 2`, `sheet 'Trials'`. *header_rows* are those that the
    document marks as such; *header_is_ours*: the document has none, as a list. *notes* are what a
    person should know: hidden rows, formulas without a value.
    """

    where: str
    caption: str = ""
    header_rows: tuple[tuple[Cell, ...], ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    footnotes: str = ""
    notes: tuple[str, ...] = ()
    header_is_ours: bool = False

    @property
    def all_rows(self) -> tuple[tuple[Cell, ...], ...]:
        return (*self.header_rows, *self.rows)

    @property
    def ids(self) -> tuple[str, ...]:
        """The NCT ids in its cells and in their links, each once."""
        return tuple(dict.fromkeys(nct_id for found in self._found() for nct_id in found.ids))

    @property
    def rows_with_ids(self) -> int:
        """How many of its rows name an id; that qualifies it as a table of trials."""
        return sum(
            any(find_ids(cell.all_text).ids for cell in row if not cell.is_copy)
            for row in self.all_rows
        )

    def _found(self) -> Iterator[FoundIds]:
        for row in self.all_rows:
            for cell in row:
                if not cell.is_copy:
                    yield find_ids(cell.all_text)


@dataclass(frozen=True)
class Passage:
    """Text outside of the tables, and its place: `page 3`, `paragraph 12`."""

    where: str
    text: str


@dataclass(frozen=True)
class Document:
    """A document. *title*, *doi* and *published* (ISO) are its own statements about itself, if any.

    *cells_are_sure* is False where the format does not have cells (PDF, text with lost tabs), so
    that nobody can tell which text belongs to which. *is_paged*: it is a PDF, whose tables are
    pictures of tables. *are_references*: its rows are publications, and what they are called is not
    what their trials are called.
    """

    tables: tuple[DocumentTable, ...] = ()
    passages: tuple[Passage, ...] = ()
    title: str | None = None
    doi: str | None = None
    published: str | None = None
    cells_are_sure: bool = True
    is_paged: bool = False
    are_references: bool = False
    notes: tuple[str, ...] = field(default=())


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file. Raises DocumentError for one that cannot be read or is too large."""
    try:
        return read_file(path, most)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise DocumentError(
                f"{path}: {most / 1e6:,.0f} MB is too large for a table; save the table in a file"
                " of its own"
            ) from error
        raise DocumentError(f"{path}: {error.strerror}") from error


def decode(content: bytes) -> str:
    """*content* as text: by its byte order mark, by what it declares, else as UTF-8, else as
    Windows-1252.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    declared = re.search(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", content[:4096], re.I)
    for encoding in (declared[1].decode() if declared else "utf-8", "utf-8"):
        try:
            if codecs.lookup(encoding).name not in _NO_ENCODINGS_OF_FILES:
                return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


# Python has them as codecs; they give halves of characters, or take far too long.
_NO_ENCODINGS_OF_FILES = frozenset(
    ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
)


def rectangle(rows: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """*rows* filled up with empty cells, so that each has as many."""
    listed = [tuple(row) for row in rows]
    width = max(map(len, listed), default=0)
    return tuple((*row, *[EMPTY] * (width - len(row))) for row in listed)
