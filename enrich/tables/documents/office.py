"""Checks the packages of Word and Excel before a library opens them: they are zips of XML files."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from enrich.bounds import inflate
from enrich.tables.documents.document import DocumentError
from enrich.text import sanitize

# Pictures are not opened, but anything may be called one.
_MOST_WITH_PICTURES = 200_000_000

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
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
        raise DocumentError(f"{path}: not {kind}; {error}") from error
    if part not in {entry.filename for entry in entries}:
        raise DocumentError(f"{path}: not {kind}: it has no {part}")
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    unpacked = sum(entry.file_size for entry in entries)
    if xml > most_bytes or unpacked > _MOST_WITH_PICTURES:
        raise DocumentError(
            f"{path}: unpacks to {unpacked / 1e6:,.0f} MB, too large for a table; save the table in"
            " a file of its own"
        )
    _check_sizes(path, content, entries, kind)


def _check_sizes(path: Path, content: bytes, entries: Iterable[zipfile.ZipInfo], kind: str) -> None:
    """Raises DocumentError where an entry unpacks to more than it claims: `zipfile` unpacks all of
    it before it looks.
    """
    for entry in entries:
        try:
            name_size, extra_size = struct.unpack_from("<HH", content, entry.header_offset + 26)
            start = entry.header_offset + 30 + name_size + extra_size
            packed = content[start : start + entry.compress_size]
            if entry.compress_type == zipfile.ZIP_DEFLATED:
                inflate(packed, entry.file_size)
            elif entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"packed by method {entry.compress_type}")
        except (ValueError, struct.error, zlib.error) as error:
            raise DocumentError(
                f"{path}: not {kind} that can be read: {sanitize(entry.filename, 80)} {error}"
            ) from error
