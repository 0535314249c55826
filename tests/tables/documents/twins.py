"""Writes one table as HTML, JATS, Word, Excel, Markdown and CSV, with the spans that each can have."""

import csv
import html
import io
from collections.abc import Callable, Sequence

import docx
import openpyxl

from enrich.tables.documents.document import Cell
from enrich.tables.documents.spans import SpanningCell

Rows = Sequence[Sequence[SpanningCell]]


def plain(texts: Sequence[Sequence[str]]) -> list[list[SpanningCell]]:
    """Rows of cells that span nothing."""
    return [[SpanningCell(Cell(text)) for text in row] for row in texts]


def placed(rows: Rows) -> list[list[tuple[int, int, SpanningCell]]]:
    """The cells of each row with their place: row and column of their upper left corner."""
    taken: set[tuple[int, int]] = set()
    found = []
    for at, row in enumerate(rows):
        column, cells = 0, []
        for cell in row:
            while (at, column) in taken:
                column += 1
            cells.append((at, column, cell))
            taken |= {(at + y, column + x) for y in range(cell.rows) for x in range(cell.columns)}
        found.append(cells)
    return found


def size(rows: Rows) -> tuple[int, int]:
    corners = [(y + cell.rows, x + cell.columns) for row in placed(rows) for y, x, cell in row]
    return max(y for y, _ in corners), max(x for _, x in corners)


def _marked_up(rows: Rows, header: int, line_break: str, link: str) -> str:
    def cell(spanning: SpanningCell, tag: str) -> str:
        text = html.escape(spanning.cell.text).replace("\n", line_break)
        for target in spanning.cell.links:
            text = link.format(html.escape(target, quote=True), text)
        return f'<{tag} colspan="{spanning.columns}" rowspan="{spanning.rows}">{text}</{tag}>'

    def lines(part: Rows, tag: str) -> str:
        return "".join(
            f"<tr>{''.join(cell(spanning, tag) for spanning in row)}</tr>" for row in part
        )

    head = f"<thead>{lines(rows[:header], 'th')}</thead>" if header else ""
    return f"{head}<tbody>{lines(rows[header:], 'td')}</tbody>"


def as_html(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    body = _marked_up(rows, header, "<br>", '<a href="{}">{}</a>')
    page = (
        f"<table><caption>{html.escape(caption)}</caption>{body}</table><p>{html.escape(text)}</p>"
    )
    return f'<!doctype html><meta charset="utf-8"><title>A page</title>{page}'.encode()


def as_jats(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    link = '<ext-link xlink:href="{}">{}</ext-link>'
    body = _marked_up(rows, header, "<break/>", link)
    wrap = f"<table-wrap><label>Table 1</label><caption><p>{html.escape(caption)}</p></caption><table>{body}</table></table-wrap>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.3//EN" "JATS.dtd">'
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><body><sec><title>Results</title>'
        f"{wrap}<p>{html.escape(text)}</p></sec></body></article>"
    ).encode()


def as_docx(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    document = docx.Document()
    document.add_paragraph(caption)
    height, width = size(rows)
    cells = document.add_table(height, width)._cells  # once: the library makes it anew each time
    for row in placed(rows):
        for y, x, spanning in row:
            corner = cells[y * width + x]
            if (spanning.rows, spanning.columns) != (1, 1):
                last = (y + spanning.rows - 1) * width + x + spanning.columns - 1
                corner = corner.merge(cells[last])
            corner.text = spanning.cell.text
    document.add_paragraph(text)
    return _saved(document)


def as_xlsx(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in placed(rows):
        for y, x, spanning in row:
            cell = sheet.cell(y + 1, x + 1)
            cell.value, cell.data_type = (
                spanning.cell.text or None,
                "s" if spanning.cell.text else "n",
            )
            for target in spanning.cell.links:
                cell.hyperlink = target
            if (spanning.rows, spanning.columns) != (1, 1):
                end = {"end_row": y + spanning.rows, "end_column": x + spanning.columns}
                sheet.merge_cells(start_row=y + 1, start_column=x + 1, **end)
    return _saved(workbook)


def as_csv(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([cell.cell.text for cell in row] for row in rows)
    return file.getvalue().encode()


def as_markdown(rows: Rows, header: int = 1, caption: str = "", text: str = "") -> bytes:
    def line(row: Sequence[SpanningCell]) -> str:
        return f"| {' | '.join(_markdown(cell.cell) for cell in row)} |"

    first, *others = rows
    marks = f"|{' --- |' * len(first)}"
    return "\n".join(
        [f"# {caption}", "", line(first), marks, *map(line, others), "", text]
    ).encode()


def _markdown(cell: Cell) -> str:
    text = "".join(f"\\{sign}" if sign in r"\`*_{}[]<>()#+-.!|~&" else sign for sign in cell.text)
    return f"[{text}]({cell.links[0]})" if cell.links else text


def _saved(office: object) -> bytes:
    file = io.BytesIO()
    office.save(file)  # type: ignore[attr-defined]
    return file.getvalue()


Writer = Callable[..., bytes]
# By the ending of a file. The first four can have cells that span.
SPANNING: dict[str, Writer] = {
    ".html": as_html,
    ".xml": as_jats,
    ".docx": as_docx,
    ".xlsx": as_xlsx,
}
WRITERS: dict[str, Writer] = {**SPANNING, ".csv": as_csv, ".md": as_markdown}
