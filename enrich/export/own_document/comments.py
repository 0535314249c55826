"""The comments of a sheet (Excel: "notes"): their texts, and the boxes in which Excel shows them.

ECMA-376 part 1, 18.7 (comments), and part 4, 19 (VML, in which the boxes are drawn to this day).
"""

import posixpath
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from lxml import etree
from openpyxl.utils import coordinate_to_tuple

from enrich.export.own_document.edits import AUTHOR, Refused
from enrich.export.own_document.package import parse, part_names, read_part, serialize

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_CONTENT_TYPES = "[Content_Types].xml"
# What comes behind the reference to the boxes in a sheet (CT_Worksheet).
_BEHIND = frozenset(
    (
        *("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls"),
        *("webPublishItems", "tableParts", "extLst"),
    )
)
_EMPTY_BOXES = b"""<xml xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap
 v:ext="edit" data="1"/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600"
 o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path
 gradientshapeok="t" o:connecttype="rect"/></v:shapetype></xml>"""
_BOX = """<v:shape xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:x="urn:schemas-microsoft-com:office:excel" id="_x0000_s{number}" type="#_x0000_t202"
 style="position:absolute;width:300pt;height:110pt;visibility:hidden" fillcolor="#ffffe1"
 o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path
 o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div
 style="text-align:left"></div></v:textbox><x:ClientData
 ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill
>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"""


def related(content: bytes, part: str) -> dict[str, tuple[str, str]]:
    """What *part* refers to: by the id of the reference its type and its target."""
    packed = read_part(content, _relations_part(part))
    root = parse(packed) if packed else None
    return {
        relation.get("Id"): (relation.get("Type"), relation.get("Target"))
        for relation in (() if root is None else root)
    }


def resolve(part: str, target: str) -> str:
    """The name of the part to which *target* leads from *part*."""
    if target.startswith("/"):
        return target[1:]
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _relations_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return f"{folder}/_rels/{name}.rels"


class Comments:
    """The comments of the sheet *part*, whose tree is *sheet*."""

    def __init__(self, content: bytes, part: str, sheet: Any) -> None:
        self._content, self._part, self._sheet = content, part, sheet
        self._targets = {
            kind.rsplit("/", 1)[-1]: resolve(part, target)
            for kind, target in related(content, part).values()
        }
        self._texts = self._root("comments", f'<comments xmlns="{_MAIN}"/>'.encode())
        self._boxes = self._root("vmlDrawing", _EMPTY_BOXES)
        self._by_cell: dict[str, Any] = {}
        for comment in [] if self._texts is None else self._texts.iter(f"{{{_MAIN}}}comment"):
            self._by_cell.setdefault(comment.get("ref"), comment)
        boxes = "" if self._boxes is None else etree.tostring(self._boxes, encoding="unicode")
        numbers = map(int, re.findall(r"_x0000_s(\d+)", boxes))
        self._free_numbers = count(max([1024, *numbers]) + 1)

    def _root(self, kind: str, empty: bytes) -> Any:
        """The tree of a part, or None where it cannot be read: Excel's VML is not always XML."""
        try:
            return parse(read_part(self._content, self._targets.get(kind, "")) or empty)
        except etree.XMLSyntaxError:
            return None

    def add(self, cell: str, text: str) -> None:
        """A comment on *cell*, below the one that is there. Raises Refused where none can be."""
        if self._texts is None or self._boxes is None:
            raise Refused("the comments of the sheet cannot be read")
        comment = self._by_cell.get(cell)
        if "threadedComment" in self._targets and comment is not None:
            raise Refused("the cell has a comment with answers")
        if comment is None:
            self._insert(cell, text)
        else:
            body = comment.find(f"{{{_MAIN}}}text")
            for child in [*body]:
                if child.tag == f"{{{_MAIN}}}t":  # plain text, which cannot stand beside a piece
                    body.replace(child, _piece(child.text or ""))
            body.append(_piece(f"\n{text}"))

    def _insert(self, cell: str, text: str) -> None:
        listed = _child(self._texts, "commentList")
        comment = etree.SubElement(listed, f"{{{_MAIN}}}comment")
        comment.set("ref", cell)
        self._by_cell[cell] = comment
        comment.set("authorId", str(self._author()))
        etree.SubElement(comment, f"{{{_MAIN}}}text").append(_piece(text))
        row, column = (number - 1 for number in coordinate_to_tuple(cell))
        anchor = f"{column + 1}, 15, {max(row - 1, 0)}, 10, {column + 6}, 15, {row + 6}, 4"
        number = next(self._free_numbers)
        box = _BOX.format(number=number, anchor=anchor, row=row, column=column)
        self._boxes.append(parse(box.encode()))

    def _author(self) -> int:
        authors = _child(self._texts, "authors", first=True)
        names = [author.text for author in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, f"{{{_MAIN}}}author").text = AUTHOR
        return [author.text for author in authors].index(AUTHOR)

    def parts(self, changed: Mapping[str, bytes]) -> dict[str, bytes]:
        """The parts that hold the comments, and those that refer to them.

        *changed* are the parts that were changed before.
        """
        names = {
            "comments": self._targets.get("comments") or self._free("xl/comments{}.xml", changed),
            "vmlDrawing": self._targets.get("vmlDrawing")
            or self._free("xl/drawings/vmlDrawing{}.vml", changed),
        }
        parts = {
            names["comments"]: serialize(self._texts),
            names["vmlDrawing"]: etree.tostring(self._boxes),
        }
        new = {kind: name for kind, name in names.items() if kind not in self._targets}
        if new:
            parts |= self._references(new)
            types = changed.get(_CONTENT_TYPES) or read_part(self._content, _CONTENT_TYPES)
            parts[_CONTENT_TYPES] = _with_types(types, new)
            parts[self._part] = serialize(self._sheet)
        return parts

    def _free(self, pattern: str, changed: Mapping[str, bytes]) -> str:
        """A name that no part of the package has."""
        taken = {*part_names(self._content), *changed}
        return next(name for name in map(pattern.format, count(1)) if name not in taken)

    def _references(self, new: dict[str, str]) -> dict[str, bytes]:
        name = _relations_part(self._part)
        empty = f'<Relationships xmlns="{_PACKAGE}"/>'.encode()
        root = parse(read_part(self._content, name) or empty)
        for kind, target in new.items():
            relation = etree.SubElement(root, f"{{{_PACKAGE}}}Relationship")
            relation.set("Id", f"rIdEnrich{kind}")
            relation.set("Type", f"{_RELATIONS}/{kind}")
            relation.set("Target", f"/{target}")
        if "vmlDrawing" in new:
            self._refer_to_boxes("rIdEnrichvmlDrawing")
        return {name: serialize(root)}

    def _refer_to_boxes(self, reference: str) -> None:
        drawing = etree.Element(f"{{{_MAIN}}}legacyDrawing")
        drawing.set(f"{{{_RELATIONS}}}id", reference)
        for child in self._sheet:
            if isinstance(child.tag, str) and etree.QName(child).localname in _BEHIND:
                child.addprevious(drawing)
                return
        self._sheet.append(drawing)


def _child(parent: Any, name: str, *, first: bool = False) -> Any:
    found = parent.find(f"{{{_MAIN}}}{name}")
    if found is None:
        found = etree.Element(f"{{{_MAIN}}}{name}")
        parent.insert(0 if first else len(parent), found)
    return found


def _piece(text: str) -> Any:
    piece = etree.Element(f"{{{_MAIN}}}r")
    inner = etree.SubElement(piece, f"{{{_MAIN}}}t")
    inner.text = text
    inner.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return piece


def _with_types(types: bytes, new: dict[str, str]) -> bytes:
    """The list of the types of parts, with those of *new*."""
    root = parse(types)
    if "comments" in new:
        override = etree.SubElement(root, f"{{{_TYPES}}}Override")
        override.set("PartName", f"/{new['comments']}")
        override.set("ContentType", _COMMENTS_TYPE)
    defaults = {child.get("Extension") for child in root.iter(f"{{{_TYPES}}}Default")}
    if "vmlDrawing" in new and "vml" not in defaults:
        default = etree.Element(f"{{{_TYPES}}}Default")
        default.set("Extension", "vml")
        default.set("ContentType", _VML_TYPE)
        root.insert(0, default)
    return serialize(root)
