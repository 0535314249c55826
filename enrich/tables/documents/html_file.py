"""Reads the tables of web pages (HTML) and of articles as publishers archive them (JATS XML).

JATS: https://jats.nlm.nih.gov/archiving/tag-library/1.3/ (`table-wrap`, `break`, `xref`); its
tables are those of HTML, or of CALS (`tgroup`, `row`, `entry`). Nothing outside of the file is ever
read: no entity, no DTD, no picture.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html.entities import html5
from pathlib import Path
from typing import Any

from lxml import etree

from enrich.dates import read_date
from enrich.tables.documents.document import (
    Cell,
    Document,
    DocumentError,
    DocumentTable,
    Passage,
    decode,
    rectangle,
)
from enrich.tables.documents.markup_text import (
    Element,
    cell_text,
    links_of,
    on_one_line,
    tag_of,
    text_without,
)
from enrich.tables.documents.spans import MOST_COLUMNS, MOST_ROWS, SpanningCell, span, unroll
from enrich.tables.nct_ids import find_ids

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_IS_LABEL = re.compile(r"(?:supplementary |suppl\. ?)?(?:table|tab\.|tabelle)\s*[\w.]{1,6}", re.I)
_IS_CAPTION = re.compile(r"(?:supplementary |suppl\. ?)?(?:table|tab\.|tabelle)\s*[\divxs]", re.I)


def read_html(path: Path, content: bytes) -> Document:
    """The document in *content*, HTML or JATS.
    Raises DocumentError where it has no element at all.
    """
    text = decode(content)
    parser = _xml_parser() if _is_jats(text) else _html_parser()
    root = etree.fromstring(_source(text, is_xml=_is_jats(text)), parser) if text.strip() else None
    if root is None:
        raise DocumentError(f"{path}: the file is empty")
    document = document_of(root)
    return replace(document, notes=(*document.notes, *_damage(parser)))


def read_markup(text: str) -> Document:
    """The document in *text*, HTML that a converter wrote."""
    root = etree.fromstring(_source(text, is_xml=False), _html_parser()) if text.strip() else None
    return Document() if root is None else document_of(root)


def document_of(root: Element) -> Document:
    """The document below the element *root*."""
    elements = [
        element for element in root.iter() if tag_of(element) == "table" and _is_innermost(element)
    ]
    tables = [_table(element, f"table {number}") for number, element in enumerate(elements, 1)]
    return Document(
        tables=tuple(
            table for table in (*tables, *_lists(root)) if table.rows or table.header_rows
        ),
        passages=tuple(_passages(root, elements)),
        title=_first_text(root, _TITLES),
        doi=_first_text(root, _DOIS),
        published=_published(root),
    )


# --- parsing


def _is_jats(text: str) -> bool:
    start = text[:2000].lower()
    if "<html" in start:
        return False
    return "<article" in start or "<table-wrap" in start or "<break" in text or "xlink:href" in text


_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.S)
_XML_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))


def _source(text: str, *, is_xml: bool) -> bytes:
    """What a parser gets: *text* without what it declares of itself.
    A fragment of XML gets a root.
    """
    body = _DECLARATION.sub("", text).replace("\0", "")
    if is_xml:
        body = f"<document>{_with_characters(_DOCTYPE.sub('', body, count=1))}</document>"
    return body.encode("utf-8", "replace")


def _xml_parser() -> Any:
    """One that goes on after an error, and never reads anything but the text that it is given."""
    return etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8"
    )


def _html_parser() -> Any:
    return etree.HTMLParser(recover=True, no_network=True, encoding="utf-8", remove_pis=True)


def _with_characters(text: str) -> str:
    """*text* with the named characters of HTML written out:
    without its DTD, XML does not know them.
    """

    def character(match: re.Match[str]) -> str:
        return match[0] if match[1] in _XML_ENTITIES else html5.get(f"{match[1]};", match[0])

    return re.sub(r"&([A-Za-z][A-Za-z0-9]*);", character, text)


def _damage(parser: Any) -> Iterator[str]:
    """What the parser could not read: after a fatal error some of the document may be missing."""
    fatal = [
        error
        for error in parser.error_log
        if error.level == etree.ErrorLevels.FATAL and error.type_name not in _HARMLESS
    ]
    if fatal:
        yield f"line {fatal[0].line} is damaged ({fatal[0].message.strip()}); parts may be missing"


_HARMLESS = frozenset(
    ("ERR_UNDECLARED_ENTITY", "WAR_UNDECLARED_ENTITY", "NS_ERR_UNDEFINED_NAMESPACE")
)


# --- tables


def _is_innermost(table: Element) -> bool:
    """A table that lays out others is no table of its own;
    a CALS table has its rows below `tgroup`.
    """
    return not any(tag_of(element) == "table" for element in table.iterdescendants())


@dataclass(frozen=True)
class _Rows:
    """The rows of a table by what they are."""

    header: list[list[Cell]]
    body: list[list[Cell]]
    foot: str


def _table(element: Element, where: str) -> DocumentTable:
    rows = _rows(element)
    grid = rectangle([*rows.header, *rows.body])
    number = len(rows.header) or _leading_headers(grid)
    return DocumentTable(
        where=where,
        caption=_caption(element),
        header_rows=grid[:number],
        rows=grid[number:],
        footnotes="\n".join(filter(None, (rows.foot, _footnotes(element)))),
    )


def _rows(table: Element) -> _Rows:
    """Each group of rows is unrolled by itself: a span ends where its group does."""
    header: list[list[Cell]] = []
    body: list[list[Cell]] = []
    foot: list[str] = []
    columns = _column_names(table)
    for group, rows in _row_groups(table):
        grid = unroll([[*_spanning_cells(row, columns, group == "thead")] for row in rows])
        if group == "thead":
            header += grid
        elif group == "tfoot" and all(_is_one_cell(row) for row in grid):
            foot += [row[0].text for row in grid if row]
        else:
            body += grid
    return _Rows(header, body, "\n".join(foot))


def _row_groups(table: Element) -> list[tuple[str, list[Element]]]:
    """The rows by their `thead`, `tbody` and `tfoot`, in the order of the document,
    the foot last.
    """
    groups: list[tuple[Element, str, list[Element]]] = []
    for row in table.iterdescendants():
        if tag_of(row) not in ("tr", "row"):
            continue
        parent = row.getparent()
        if not groups or groups[-1][0] is not parent:
            groups.append((parent, tag_of(parent), []))
        groups[-1][2].append(row)
    found = [(name, rows) for _, name, rows in groups]
    return sorted(
        found,
        key=lambda group: ("thead", "", "tfoot").index(
            group[0] if group[0] in ("thead", "tfoot") else ""
        ),
    )


def _spanning_cells(
    row: Element, columns: Sequence[str], is_header: bool
) -> Iterator[SpanningCell]:
    for element in row:
        tag = tag_of(element)
        if tag not in ("td", "th", "entry"):
            continue
        cell = Cell(cell_text(element), links_of(element), is_header or tag == "th")
        if tag == "entry":
            yield SpanningCell(cell, *_cals_span(element, columns))
        else:
            yield SpanningCell(
                cell,
                span(element.get("colspan"), MOST_COLUMNS) or 1,
                span(element.get("rowspan"), MOST_ROWS),
            )


def _column_names(table: Element) -> list[str]:
    """The names of the columns of a CALS table, by which its cells say how far they span."""
    return [
        element.get("colname") or ""
        for element in table.iterdescendants()
        if tag_of(element) == "colspec"
    ]


def _cals_span(entry: Element, columns: Sequence[str]) -> tuple[int, int]:
    first, last = entry.get("namest"), entry.get("nameend")
    across = columns.index(last) - columns.index(first) + 1 if {first, last} <= set(columns) else 1
    return max(across, 1), span(entry.get("morerows"), MOST_ROWS) + 1 if entry.get(
        "morerows"
    ) else 1


def _leading_headers(grid: Sequence[Sequence[Cell]]) -> int:
    """How many rows at the top have nothing but header cells."""
    number = 0
    for row in grid:
        if not all(cell.is_header or not cell.text for cell in row) or not any(
            cell.is_header for cell in row
        ):
            break
        number += 1
    return number if number < len(grid) else 0


def _is_one_cell(row: Sequence[Cell]) -> bool:
    return len([cell for cell in row if cell.text and not cell.is_copy]) <= 1


# --- lists


def _lists(root: Element) -> Iterator[DocumentTable]:
    """The items of all lists in which trials are named, as a table:
    the heading of each, and the item.
    """
    heading = ""
    rows: list[tuple[Cell, Cell]] = []
    for element in root.iter():
        if _is_heading(element):
            heading = " ".join(cell_text(element).split())
        elif tag_of(element) in ("li", "list-item") and _is_innermost_item(element):
            rows.append((Cell(heading), Cell(cell_text(element), links_of(element))))
    if any(find_ids(item.all_text).ids for _, item in rows):
        yield DocumentTable(
            "the lists",
            header_rows=((Cell("Heading"), Cell("Item")),),
            rows=tuple(rows),
            header_is_ours=True,
        )


def _is_heading(element: Element) -> bool:
    """A heading, or a paragraph that begins in bold: some authors write their headings so."""
    if tag_of(element) in (*_HEADINGS, "title"):
        return True
    begins_bold = (
        len(element) > 0
        and tag_of(element[0]) in ("strong", "b", "bold")
        and not (element.text or "").strip()
    )
    return (
        tag_of(element) == "p"
        and begins_bold
        and not any(
            tag_of(parent) in ("li", "list-item", "td", "th") for parent in element.iterancestors()
        )
    )


def _is_innermost_item(element: Element) -> bool:
    inner = any(tag_of(below) in ("li", "list-item") for below in element.iterdescendants())
    return not inner and not any(
        tag_of(parent) in ("table", "nav", "ref-list") for parent in element.iterancestors()
    )


# --- the text around a table


def _caption(table: Element) -> str:
    """That of the element around the table, of the table itself, or the text before it."""
    around = next(
        (parent for parent in table.iterancestors() if tag_of(parent) in ("table-wrap", "figure")),
        None,
    )
    parts = _caption_parts(table if around is None else around)
    return on_one_line(map(cell_text, parts)) or (
        "" if around is not None else _caption_before(table)
    )


# The elements that hold a table and its caption, with those that are the caption.
_CAPTIONS_AROUND = {
    "table-wrap": ("label", "caption"),
    "figure": ("figcaption",),
    "table": ("caption", "title"),
}


def _caption_parts(element: Element) -> list[Element]:
    names = _CAPTIONS_AROUND[tag_of(element)]
    return [child for child in element if tag_of(child) in names]


def _caption_before(table: Element) -> str:
    """A heading or paragraph before the table that begins like a caption, or the last heading.

    Behind a label without more ("Table 9.") the caption is what follows.
    """
    element: Element | None = table
    for _ in range(4):
        if element is None:
            break
        between: list[str] = []
        for sibling in [*element.itersiblings(preceding=True)][:3]:
            text = cell_text(sibling)
            if tag_of(sibling) == "table" or len(text) > 1000:
                break
            if _IS_CAPTION.match(text) or tag_of(sibling) in _HEADINGS:
                is_label = _IS_LABEL.fullmatch(text.strip())
                return on_one_line([text, *(reversed(between) if is_label else ())])
            between.append(text)
        element = element.getparent()
    return ""


def _footnotes(table: Element) -> str:
    for ancestor in table.iterancestors():
        if tag_of(ancestor) == "table-wrap":
            feet = [child for child in ancestor if tag_of(child) == "table-wrap-foot"]
            return "\n".join(cell_text(foot) for foot in feet)
    following = table.getnext()
    if following is None:
        following = _marked_footnotes(table)
    if following is None or tag_of(following) in (*_HEADINGS, "table"):
        return ""
    text = cell_text(following)
    return text if len(text) <= 2000 and not following.xpath(".//table") else ""


def _marked_footnotes(table: Element) -> Element | None:
    """What a page marks as footnotes behind the boxes around the table."""
    for box in [*table.iterancestors()][:2]:
        following = box.getnext()
        if following is not None:
            marks = f"{following.get('class') or ''} {following.get('id') or ''}".lower()
            return following if re.search(r"foot|note|legend", marks) else None
    return None


def _passages(root: Element, tables: Sequence[Element]) -> Iterator[Passage]:
    """All text outside of *tables*, line by line; and the targets of links that name a trial."""
    lines = filter(None, text_without(root, skipped=frozenset(tables)).split("\n"))
    for number, line in enumerate(lines, 1):
        yield Passage(f"paragraph {number}", line)
    inside = {link for table in tables for link in links_of(table)}
    for link in links_of(root):
        if link not in inside and find_ids(link).ids:
            yield Passage("a link", link)


# --- what the document says about itself

_TITLES = (
    "//*[local-name()='article-meta']//*[local-name()='article-title']",
    "//meta[@name='citation_title']/@content",
    "//*[local-name()='h1']",
    "//*[local-name()='title']",
)
_DOIS = (
    "//*[local-name()='article-meta']/*[local-name()='article-id'][@pub-id-type='doi']",
    "//meta[@name='citation_doi' or @name='dc.identifier' or @name='DC.Identifier']/@content",
)
_DATES = (
    "//meta[@name='citation_online_date']/@content",
    "//meta[@name='citation_publication_date']/@content",
    "//meta[@name='citation_date']/@content",
    "//meta[translate(@name,'DC','dc')='dc.date']/@content",
)


def _first_text(root: Element, paths: Sequence[str]) -> str | None:
    for path in paths:
        for found in root.xpath(path):
            text = on_one_line([found if isinstance(found, str) else cell_text(found)])
            if text:
                return text.removeprefix("doi:")
    return None


def _published(root: Element) -> str | None:
    """The first day of publication in JATS, or what a page says for indexers; ISO."""
    days = sorted(
        filter(
            None,
            map(
                _jats_date,
                root.xpath("//*[local-name()='article-meta']/*[local-name()='pub-date']"),
            ),
        )
    )
    whole = [day for day in days if len(day) == 10]
    if days:
        return (whole or days)[0]
    text = _first_text(root, _DATES)
    try:
        return read_date(text).iso if text else None
    except ValueError:
        return None


def _jats_date(element: Element) -> str | None:
    if element.get("pub-type") == "pmc-release" or element.get("date-type") == "pmc-release":
        return None
    parts = {tag_of(child): (child.text or "").strip() for child in element}
    numbers = [parts.get(name, "") for name in ("year", "month", "day")]
    while numbers and not numbers[-1].isdecimal():
        numbers.pop()
    if not numbers or not all(number.isdecimal() for number in numbers):
        return None
    return "-".join(number.zfill(2) for number in numbers)
