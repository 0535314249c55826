"""A sheet as a Word document that a journal would take:
landscape, three rules, the header on every page, lettered notes, renewed sources.
"""

from io import BytesIO
from typing import Any

from enrich.errors import MissingExtra
from enrich.export.footnotes import lettered
from enrich.export.sheet import DIFFERING, REPLACED, Cell, Heading, Sheet

# Landscape, in centimetres: A4, and A3 for a table of more columns than A4 can show.
_A4, _A3 = (29.7, 21.0), (42.0, 29.7)
_MOST_ON_A4 = 10
_MARGIN = 1.5
_NARROWEST = 1.2
_SIZE = 8


def render(sheet: Sheet) -> bytes:
    """*sheet* as a document; columns in which nothing is printed are left out.

    Raises MissingExtra without python-docx.
    """
    try:
        from docx import Document
    except ImportError as error:
        raise MissingExtra("docx", "docx") from error
    document = Document()
    lines, notes = lettered(sheet)
    kept = [
        at
        for at in range(len(sheet.header))
        if any(line[at][0].text.strip() or line[at][1] for line in lines)
    ]
    page = _A4 if len(kept) <= _MOST_ON_A4 else _A3
    _set_page(document, page)
    _write_title(document, sheet)
    if kept:
        _write_table(
            document,
            [sheet.header[at] for at in kept],
            [[line[at] for at in kept] for line in lines],
            page[0] - 2 * _MARGIN,
        )
    _write_list(
        document,
        "Notes",
        [
            (letter, f"Row {position}, {heading.text}. {cell.note}")
            for letter, position, heading, cell in notes
        ],
    )
    _write_list(
        document,
        "Sources",
        [(str(number), source) for number, source in enumerate(sheet.sources, 1)],
    )
    packed = BytesIO()
    document.save(packed)
    return packed.getvalue()


def _set_page(document: Any, page: tuple[float, float]) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = map(Cm, page)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(
        _MARGIN
    )
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(10)
    style.paragraph_format.space_after = Pt(2)


def _write_title(document: Any, sheet: Sheet) -> None:
    document.core_properties.title = sheet.title[:255]
    document.core_properties.author = ""
    document.add_paragraph().add_run(sheet.title).bold = True
    for text in (sheet.citation, " ".join(sheet.remarks)):
        if text:
            document.add_paragraph(text)


def _write_table(
    document: Any, headings: list[Heading], lines: list[list[tuple[Cell, str]]], room: float
) -> None:
    table = document.add_table(rows=1 + len(lines), cols=len(headings))
    table.autofit = False
    widths = _widths(
        [
            [heading.text, *(line[at][0].text for line in lines)]
            for at, heading in enumerate(headings)
        ],
        room,
    )
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for place, heading, width in zip(table.rows[0].cells, headings, widths, strict=True):
        place.width = width
        _run(place, heading.text, bold=True, italic=heading.added)
    for row, line in zip(table.rows[1:], lines, strict=True):
        for place, (cell, letter), width in zip(row.cells, line, widths, strict=True):
            place.width = width
            _write_cell(place, cell, letter)
    _repeat(table.rows[0])
    _rule(table)


def _write_cell(place: Any, cell: Cell, letter: str) -> None:
    _run(place, cell.text, bold=cell.mark in (REPLACED, DIFFERING))
    if letter:
        marker = place.paragraphs[0].add_run(letter)
        marker.font.superscript, marker.font.size = True, place.paragraphs[0].runs[0].font.size


def _run(place: Any, text: str, *, bold: bool = False, italic: bool = False) -> None:
    from docx.shared import Pt

    paragraph = place.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(_SIZE), bold, italic


def _widths(columns: list[list[str]], room: float) -> list[Any]:
    """A share of the page for each column: by the root of its longest cell, as text wraps,
    and no narrower than its longest word.
    """
    from docx.shared import Cm

    letter = _SIZE * 0.024  # centimetres that a letter takes, more or less
    least = [
        max(
            _NARROWEST,
            min(max((len(word) for text in texts for word in text.split()), default=1), 14) * letter
            + 0.4,
        )
        for texts in columns
    ]
    wanted = [max(map(len, texts)) ** 0.5 for texts in columns]
    spare, scale = max(room - sum(least), 0), min(room / sum(least), 1)
    return [
        Cm(low * scale + spare * want / sum(wanted))
        for low, want in zip(least, wanted, strict=True)
    ]


def _repeat(row: Any) -> None:
    """The header row stands on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _rule(table: Any) -> None:
    """A rule above, one below and one under the header; no others, as journals print tables."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    rules = parse_xml(
        f'<w:tblBorders {nsdecls("w")}><w:top w:val="single" w:sz="12"/><w:bottom w:val="single" '
        'w:sz="12"/></w:tblBorders>'
    )
    # Word wants the properties of a table in the order of their schema.
    following = next(
        (
            child
            for child in table._tbl.tblPr
            if child.tag.rpartition("}")[2] in ("shd", "tblLayout", "tblCellMar", "tblLook")
        ),
        None,
    )
    following.addprevious(rules) if following is not None else table._tbl.tblPr.append(rules)
    for cell in table.rows[0].cells:
        cell._tc.get_or_add_tcPr().append(
            parse_xml(
                f'<w:tcBorders {nsdecls("w")}><w:bottom w:val="single" w:sz="6"/></w:tcBorders>'
            )
        )


def _write_list(document: Any, heading: str, items: list[tuple[str, str]]) -> None:
    if not items:
        return
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(8)
    paragraph.add_run(heading).bold = True
    for mark, text in items:
        paragraph = document.add_paragraph()
        marker = paragraph.add_run(mark)
        marker.font.superscript = True
        run = paragraph.add_run(f" {text}")
        marker.font.size = run.font.size = Pt(8)
