"""What the Word documents of this package share: page, styles, language, cells and rules."""

from io import BytesIO
from typing import Any

MARGIN = 1.5  # centimetres
SIZE = 8  # points, in the cells of a table
_FONT = "Times New Roman"


def new_document(title: str, page: tuple[float, float]) -> Any:
    """An empty document with *page* of this width and height in centimetres.

    Raises ImportError without python-docx.
    """
    from docx import Document

    document = Document()
    _set_page(document.sections[0], page)
    _set_styles(document)
    _set_language(document, "en-GB")
    properties = document.core_properties
    properties.title, properties.language = title[:255], "en-GB"
    properties.author = properties.comments = ""
    return document


def _set_page(section: Any, page: tuple[float, float]) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    section.page_width, section.page_height = map(Cm, page)
    is_wide = page[0] > page[1]
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.left_margin = section.right_margin = Cm(MARGIN)
    section.top_margin = section.bottom_margin = Cm(MARGIN)


def _set_styles(document: Any) -> None:
    from docx.shared import Pt, RGBColor

    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(10)
    style.paragraph_format.space_after = Pt(2)
    for name, size in (("Heading 1", 13), ("Heading 2", 11)):
        heading = document.styles[name]
        heading.font.name, heading.font.size = _FONT, Pt(size)
        heading.font.color.rgb = RGBColor(0, 0, 0)
        _set_fonts(heading)
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(8), Pt(2)


def packed(document: Any) -> bytes:
    """The document as the content of a file."""
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _set_fonts(style: Any) -> None:
    """The headings of the template take their font from its theme, which would win."""
    from docx.oxml.ns import qn

    fonts = style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)


def _set_language(document: Any, language: str) -> None:
    """The language in which a screen reader speaks the text and a spelling checker reads it."""
    from docx.oxml.ns import qn

    for element in document.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), language)


# --- tables


def write_cell(cell: Any, text: str, *, bold: bool = False, italic: bool = False) -> None:
    """*text* in the first paragraph of an empty *cell*, with its line ends."""
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(2)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(SIZE), bold, italic


def add_mark(cell: Any, mark: str) -> None:
    """*mark* as a superscript behind the text of *cell*."""
    from docx.shared import Pt

    run = cell.paragraphs[0].add_run(mark)
    run.font.superscript, run.font.size = True, Pt(SIZE)


def repeat_header(row: Any) -> None:
    """Marks *row* as a header: it is on every page, and screen readers announce it."""
    _add_row_property(row, "w:tblHeader")


def keep_together(row: Any) -> None:
    """No page ends inside *row*."""
    _add_row_property(row, "w:cantSplit")


def _add_row_property(row: Any, name: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def add_rules(table: Any, *, inside: bool = False) -> None:
    """A rule above and one below *table*, as journals print tables; *inside* also between rows."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    between = '<w:insideH w:val="single" w:sz="4"/>' if inside else ""
    rules = parse_xml(
        f'<w:tblBorders {nsdecls("w")}><w:top w:val="single" w:sz="12"/><w:bottom w:val="single" '
        f'w:sz="12"/>{between}</w:tblBorders>'
    )
    add_table_property(table, rules)


# Word wants the properties of a table in the order of their schema (ECMA-376, CT_TblPr).
_PROPERTIES = (
    *("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize"),
    *("tblStyleColBandSize", "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd"),
    *("tblLayout", "tblCellMar", "tblLook", "tblCaption", "tblDescription"),
)


def add_table_property(table: Any, element: Any) -> None:
    """*element* among the properties of *table*, at its place."""
    place = _PROPERTIES.index(_local_name(element))
    following = next(
        (
            child
            for child in table._tbl.tblPr
            if _local_name(child) in _PROPERTIES and _PROPERTIES.index(_local_name(child)) > place
        ),
        None,
    )
    if following is None:
        table._tbl.tblPr.append(element)
    else:
        following.addprevious(element)


def _local_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def describe_table(table: Any, title: str) -> None:
    """The title of *table* for those who do not see it (Word: "alternative text")."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), title[:255])
    add_table_property(table, caption)


def rule_below(row: Any) -> None:
    """A rule below each cell of *row*."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    for cell in row.cells:
        cell._tc.get_or_add_tcPr().append(
            parse_xml(
                f'<w:tcBorders {nsdecls("w")}><w:bottom w:val="single" w:sz="6"/></w:tcBorders>'
            )
        )
