"""Changes cells of a Word document as tracked changes, which a person accepts or rejects in Word.

WordprocessingML: ECMA-376 part 1, 17.13.5 (`w:ins`, `w:del`). Of the package only
`word/document.xml` changes, and of that only the runs in question.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import count
from typing import Any

from enrich.export.own_document.edits import AUTHOR, Edit, Refused, Written, middle
from enrich.export.own_document.found import FoundCell, Place, PlacedCell, Source, new_text
from enrich.export.own_document.package import parse, read_part, serialize, with_parts
from enrich.export.own_document.word_text import CellText, element, qualified
from enrich.tables.documents.docx_file import read_docx

_PART = "word/document.xml"
# Characters that no document has, around the number of a cell.
_FIRST, _LAST = "\ue000", "\ue001"
_PROBE = re.compile(f"{_FIRST}(\\d+){_LAST}[ \n]?")


def write_changes(source: Source, found: Sequence[FoundCell], at: str) -> Written:
    """The document with the cells of *found* changed at the time *at*."""
    root = parse(read_part(source.content, _PART))
    cells = [*root.iter(qualified(root, "tc"))]
    places = _places(source)
    changes = TrackedChanges(root, at)
    refused: dict[Edit, str] = {}
    for cell in found:
        try:
            changes.replace(cells[_number(places, cell.cell)], cell)
        except Refused as error:
            refused[cell.edit] = str(error)
    texts = {cell.edit: new_text(cell) for cell in found if cell.edit not in refused}
    parts = {_PART: serialize(root)} if texts else {}
    return Written(with_parts(source.content, parts), texts, refused)


def _number(places: Mapping[Place, int], cell: PlacedCell) -> int:
    number = places.get((cell.table, cell.line, cell.column))
    if number is None:
        raise Refused("it is not certain which cell of the document it is")
    return number


def _places(source: Source) -> dict[Place, int]:
    """Which `w:tc` each cell that the reader reads comes from.

    The reader itself shows it: it reads the document again, with a number in each cell.
    """
    root = parse(read_part(source.content, _PART))
    for number, cell in enumerate(root.iter(qualified(root, "tc"))):
        _insert_number(root, cell, number)
    probed = read_docx(source.path, with_parts(source.content, {_PART: serialize(root)}))
    places: dict[Place, int] = {}
    for at, (table, other) in enumerate(zip(source.read.tables, probed.tables, strict=True)):
        for line, (row, probed_row) in enumerate(zip(table.all_rows, other.all_rows, strict=True)):
            for column, (cell, with_number) in enumerate(zip(row, probed_row, strict=True)):
                found = _PROBE.findall(with_number.text)
                if len(found) == 1 and _PROBE.sub("", with_number.text).strip(" \n") == cell.text:
                    places[at, line, column] = int(found[0])
    return places


def _insert_number(root: Any, cell: Any, number: int) -> None:
    paragraph = cell.find(qualified(root, "p"))
    if paragraph is None:
        return
    run = element(root, "r", element(root, "t", text=f"{_FIRST}{number}{_LAST}"))
    properties = paragraph.find(qualified(root, "pPr"))
    if properties is None:
        paragraph.insert(0, run)
    else:
        properties.addnext(run)


class TrackedChanges:
    """Writes tracked changes into the tree of a document, each with an id of its own."""

    def __init__(self, root: Any, at: str) -> None:
        self._root, self._at = root, f"{at[:19]}Z"
        ids = (value for node in root.iter() for value in [node.get(qualified(root, "id"))])
        self._ids = count(
            max((int(value) for value in ids if (value or "").isdigit()), default=0) + 1
        )

    def replace(self, cell: Any, found: FoundCell) -> None:
        """Changes what differs between the old and the new text, and keeps the format around it.

        Raises Refused where the cell cannot be changed without harm.
        """
        text = CellText(self._root, cell)
        if text.text != found.cell.text:
            raise Refused("it is not certain how the text of the cell is put together")
        first, last, new = _change(text, new_text(found))
        properties = text.format_at(first, last)
        anchor, deleted = text.split(first, last)
        for run in deleted:
            deletion = self._delete(run)
            # Word shows what is deleted before what is put in its place.
            anchor = deletion if anchor is None or anchor.getnext() is deletion else anchor
        if new:
            insertion = self._signed("ins")
            insertion.append(self._run(new, properties))
            anchor.addnext(insertion)
        for paragraph in text.paragraph_ends(first, last):
            self._delete_mark(paragraph)

    def _run(self, text: str, properties: Any) -> Any:
        content: list[Any] = [] if properties is None else [deepcopy(properties)]
        for number, line in enumerate(text.split("\n")):
            content += [element(self._root, "br")] if number else []
            content.append(element(self._root, "t", text=line))
        return element(self._root, "r", *content)

    def _delete(self, run: Any) -> Any:
        """Wraps *run* into a deletion; text in a deletion has another name."""
        for text in [*run.iter(qualified(self._root, "t"))]:
            text.tag = qualified(self._root, "delText")
        deletion = self._signed("del")
        run.addprevious(deletion)
        deletion.append(run)
        return deletion

    def _delete_mark(self, paragraph: Any) -> None:
        """Deletes the end of *paragraph*, so that it and the next become one."""
        properties = _child(self._root, paragraph, "pPr", 0)
        place = len(properties)
        for at, child in enumerate(properties):
            if child.tag in (qualified(self._root, "sectPr"), qualified(self._root, "pPrChange")):
                place = min(place, at)
        _child(self._root, properties, "rPr", place).insert(0, self._signed("del"))

    def _signed(self, name: str) -> Any:
        """An insertion or a deletion with its id, author and date."""
        change = element(self._root, name)
        for key, value in (("id", str(next(self._ids))), ("author", AUTHOR), ("date", self._at)):
            change.set(qualified(self._root, key), value)
        return change


def _change(text: CellText, whole: str) -> tuple[int, int, str]:
    """Where *text* must change to become *whole*, and to what; a superscript is not cut in two."""
    first, last, new = middle(text.text, whole)
    if text.is_inside_raised(first) or text.is_inside_raised(last):
        first, last, new = 0, len(text.text), whole
    if "^" in new:
        raise Refused("the new text would need a superscript")
    return first, last, new


def _child(root: Any, parent: Any, name: str, place: int) -> Any:
    """The child *name* of *parent*, made at *place* where there is none."""
    found = parent.find(qualified(root, name))
    if found is None:
        found = element(root, name)
        parent.insert(place, found)
    return found
