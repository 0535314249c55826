"""The package of a Word or Excel file: a zip, in whose copy only some parts change."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from enrich.tables.documents.document import DocumentError
from enrich.tables.documents.office import check_package

_MACROS = ("word/vbaProject.bin", "xl/vbaProject.bin")
_MOST_BYTES = 50_000_000


def is_word(content: bytes) -> bool:
    """Whether the package is a Word document; else it is a workbook."""
    return b"word/document.xml" in content


def check_kind(path: Path, content: bytes) -> None:
    """Raises DocumentError unless *content* is a document that can be changed without damage."""
    if not content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise DocumentError(
            f"{path}: neither a Word document (.docx) nor an Excel workbook (.xlsx), and only those"
            " can be changed"
        )
    if is_word(content):
        check_package(path, content, "word/document.xml", "a Word document (.docx)", _MOST_BYTES)
    else:
        check_package(path, content, "xl/workbook.xml", "an Excel workbook (.xlsx)", _MOST_BYTES)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = set(package.namelist())
    ending = ".docx" if is_word(content) else ".xlsx"
    if names & {*_MACROS} or path.suffix.lower() in (".docm", ".xlsm"):
        raise DocumentError(f"{path}: it has macros, which are not touched; save it as {ending}")
    if any(name.startswith("_xmlsignatures/") for name in names):
        raise DocumentError(
            f"{path}: it is signed, and a change would break the signature; save a copy without it"
        )


def read_part(content: bytes, name: str) -> bytes:
    """The part *name* of the package; empty where there is none."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name) if name in package.namelist() else b""


def part_names(content: bytes) -> list[str]:
    """The names of all parts."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.namelist()


def with_parts(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The package with *parts* in place of those of the same names, or added; others are equal."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for entry in package.infolist():
            copy.writestr(entry, parts.get(entry.filename) or package.read(entry))
        for name in parts:
            if name not in package.namelist():
                copy.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts[name])
    return packed.getvalue()


def parse(part: bytes) -> Any:
    """The root of a part. Nothing outside of it is read: no entity, no DTD."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    return etree.fromstring(part, parser)


def serialize(root: Any) -> bytes:
    """A part as Word and Excel write them."""
    serialized: bytes = etree.tostring(
        root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True
    )
    return serialized
