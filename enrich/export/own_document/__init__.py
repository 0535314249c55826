"""Writes registry values into a copy of the document from which a table came.

Word gets tracked changes, Excel a comment on each changed cell. A cell is changed only where the
readers of documents (`tables.documents`) find it for certain; the others are listed.
"""

from collections.abc import Sequence
from pathlib import Path

from enrich.errors import MissingExtra
from enrich.export.own_document.edits import ChangedDocument
from enrich.export.sheet import Sheet
from enrich.models import ReportTable


def write_into(
    document: Path, table: ReportTable, sheet: Sheet, columns: Sequence[str], at: str
) -> ChangedDocument:
    """A copy of the file *document* with the replaced cells of *sheet* changed.

    *sheet* is *table* in place, with these *columns* (none: all), and *at* is the time of the
    changes (ISO, UTC). Raises DocumentError, which names the file and the way out, and
    MissingExtra.
    """
    try:
        from enrich.export.own_document.writing import write_edits
    except ImportError as error:
        raise MissingExtra("writing into a document", "import") from error
    from enrich.export.own_document.edits import edits_of

    return write_edits(document, edits_of(table, sheet, columns), at)
