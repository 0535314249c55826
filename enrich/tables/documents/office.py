"""Checks the packages of Word and Excel before a library opens them: they are zips of XML files."""

import io
import zipfile
from pathlib import Path

from enrich.tables.documents.document import DocumentError

_OLD_OFFICE = (
    b"\xd0\xcf\x11\xe0"  # the container of .doc and .xls, and of documents with a password
)


def check_package(path: Path, content: bytes, part: str, kind: str, most_bytes: int) -> None:
    """Raises DocumentError unless *content* is a zip with the file *part*.

    Its XML files may have at most *most_bytes* together, unpacked: the libraries hold all of them,
    as objects that are tens of times as large.
    """
    if content.startswith(_OLD_OFFICE):
        raise DocumentError(
            f"{path}: an old Office file, or one with a password; save it as {kind} without one"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
    except zipfile.BadZipFile as error:
        raise DocumentError(f"{path}: not {kind}; {error}") from error
    if part not in {entry.filename for entry in entries}:
        raise DocumentError(f"{path}: not {kind}: it has no {part}")
    unpacked = sum(
        entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels"))
    )
    if unpacked > most_bytes:
        raise DocumentError(
            f"{path}: unpacks to {unpacked / 1e6:,.0f} MB, too large for a table; save the table in"
            " a file of its own"
        )
