"""Changes cells of an Excel workbook, each with a comment that holds the old value and the reason.

Excel has no tracked changes in a file of its own, so the cell gets the new value and the comment
keeps the old one. SpreadsheetML: ECMA-376 part 1, 18. Of the package only the sheets in question
change, and the parts of their comments; charts, pictures and all else are copied.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from lxml import etree
from openpyxl.utils import get_column_letter

from enrich.export.own_document.comments import Comments, related, resolve
from enrich.export.own_document.edits import Edit, Refused, Written
from enrich.export.own_document.found import FoundCell, Source, new_text
from enrich.export.own_document.package import parse, part_names, read_part, serialize, with_parts

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORKBOOK, _STRINGS = "xl/workbook.xml", "xl/sharedStrings.xml"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def write_changes(source: Source, found: Sequence[FoundCell], at: str) -> Written:
    """The workbook with the cells of *found* changed; comments have no time."""
    workbook = _Workbook(source.content)
    for where in dict.fromkeys(cell.where for cell in found):
        workbook.change_sheet(where, [cell for cell in found if cell.where == where])
    copy = with_parts(source.content, workbook.parts())
    return Written(copy, workbook.texts, workbook.refused)


@dataclass
class _Workbook:
    """The parts of a workbook that change, and what became of each edit."""

    content: bytes
    changed: dict[str, bytes] = field(default_factory=dict)
    texts: dict[Edit, str] = field(default_factory=dict)
    refused: dict[Edit, str] = field(default_factory=dict)

    def parts(self) -> dict[str, bytes]:
        """The changed parts; formulas are computed again when Excel opens the copy."""
        if self.changed and self._has_formulas():
            root = parse(self._part(_WORKBOOK))
            properties = root.find(f"{{{MAIN}}}calcPr")
            if properties is not None:
                properties.set("fullCalcOnLoad", "1")
                self.changed[_WORKBOOK] = serialize(root)
        return self.changed

    def change_sheet(self, where: str, cells: Sequence[FoundCell]) -> None:
        """Changes *cells* of one sheet."""
        part = self._sheet_part(where)
        root = parse(self._part(part))
        by_name = {cell.get("r"): cell for cell in root.iter(f"{{{MAIN}}}c")}
        comments = Comments(self.content, part, root)
        for cell in cells:
            name = f"{get_column_letter(cell.cell.column + 1)}{cell.cell.line + 1}"
            try:
                _check(by_name.get(name))
                comments.add(name, _comment(cell))
                self.texts[cell.edit] = self._set(by_name[name], cell)
            except Refused as error:
                self.refused[cell.edit] = str(error)
        if any(cell.edit in self.texts for cell in cells):
            self.changed[part] = serialize(root)
            self.changed |= comments.parts(self.changed)

    def _set(self, cell: Any, found: FoundCell) -> str:
        """A number or a date where the cell holds one and the new value is one; else text.

        Returns how the cell reads now.
        """
        number = self._number(found) if cell.get("t", "n") == "n" else None
        pieces = self._pieces(cell)
        for child in [*cell]:
            if child.tag in (f"{{{MAIN}}}v", f"{{{MAIN}}}is"):
                cell.remove(child)
        if number is not None:
            etree.SubElement(cell, f"{{{MAIN}}}v").text = number
            return found.edit.new
        etree.SubElement(cell, f"{{{MAIN}}}is").extend(_content(found, pieces))
        cell.set("t", "inlineStr")
        return new_text(found)

    def _pieces(self, cell: Any) -> list[Any]:
        """The formatted pieces of the text in *cell*; none where it has one format."""
        text = cell.find(f"{{{MAIN}}}is")
        if cell.get("t") == "s":
            number = int(cell.findtext(f"{{{MAIN}}}v"))
            text = self._strings[number]
        return [] if text is None else text.findall(f"{{{MAIN}}}r")

    @cached_property
    def _strings(self) -> list[Any]:
        """The texts that cells of all sheets share; none of them changes."""
        return list(parse(self._part(_STRINGS)).findall(f"{{{MAIN}}}si"))

    def _number(self, found: FoundCell) -> str | None:
        """What Excel stores for the new value; None where it is neither a number nor a day."""
        value, old = found.edit.new, found.cell.text
        if _is_number(old) and _is_number(value):
            return value
        if "-" not in old or len(old) != len(value):  # 20210301 is a number, not a day
            return None
        try:
            day, _ = (date.fromisoformat(f"{text}-01"[:10]) for text in (value, old))
        except ValueError:
            return None
        return str((day - self._first_day).days)

    @cached_property
    def _first_day(self) -> date:
        """Day 0 of the workbook; Excel believes in a 29 February 1900, and so counts one more."""
        root = parse(self._part(_WORKBOOK))
        properties = root.find(f"{{{MAIN}}}workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        return date(1904, 1, 1) if is_1904 else date(1899, 12, 30)

    def _sheet_part(self, where: str) -> str:
        """The part of the sheet that the reader calls *where*."""
        root = parse(self._part(_WORKBOOK))
        sheets = root.iter(f"{{{MAIN}}}sheet")
        sheet = next(sheet for sheet in sheets if where == f"sheet {sheet.get('name')!r}")
        _, target = related(self.content, _WORKBOOK)[sheet.get(f"{{{_RELATIONS}}}id")]
        return resolve(_WORKBOOK, target)

    def _part(self, name: str) -> bytes:
        return self.changed.get(name) or read_part(self.content, name)

    def _has_formulas(self) -> bool:
        sheets = (name for name in part_names(self.content) if name.startswith("xl/worksheets/"))
        return any(b"<f" in read_part(self.content, name) for name in sheets)


def _check(cell: Any) -> None:
    if cell is None:
        raise Refused("it is not certain which cell of the sheet it is")
    if cell.find(f"{{{MAIN}}}f") is not None:
        raise Refused("the cell holds a formula")


def _content(found: FoundCell, pieces: Sequence[Any]) -> list[Any]:
    """The new text; where it only adds to the old one, the *pieces* of that stay."""
    new = new_text(found)
    if not pieces or not new.startswith(found.cell.text):
        return [_text(new)]
    added = etree.Element(f"{{{MAIN}}}r")
    added.append(_text(new[len(found.cell.text) :]))
    return [*map(deepcopy, pieces), added]


def _text(text: str) -> Any:
    made = etree.Element(f"{{{MAIN}}}t")
    made.text = text
    made.set(_SPACE, "preserve")
    return made


def _comment(found: FoundCell) -> str:
    """The old value, and the reason with its source."""
    return f"Printed: {found.cell.text}\n{found.edit.note}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.replace(".", "", 1).lstrip("-").isdigit()
