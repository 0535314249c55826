"""A sheet as an Excel workbook: marked cells, a note in each, a filter on each column,
and a second sheet with a legend, the notes and the sources.

Numbers and dates are such for Excel, where nothing of what is printed gets lost.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from io import BytesIO
from textwrap import wrap
from typing import Any

from enrich.errors import MissingExtra
from enrich.export.sheet import DIFFERING, DOUBTFUL, LONGEST_CELL, REPLACED, Cell, Lengths, Sheet

# How many notes Excel shows without getting slow.
_MOST_COMMENTS = 20_000
# No row is higher: some twelve lines. What does not fit is in the cell, and shown where it is
# selected.
_HIGHEST = 180.0
_LINE = 15.0
_WIDEST = 45
_FILL = {REPLACED: "#FFF1B8", DIFFERING: "#FFE0D6", DOUBTFUL: "#ECECEC"}
_LEGEND = {
    REPLACED: "The registry's value stands in place of the printed one, which is in the note.",
    DIFFERING: "The printed value differs from the registry; the note gives both, and the cause.",
    DOUBTFUL: "The cell could not be read or checked; the note says why.",
}
_CUT = (
    "A row shows twelve lines at most. Select a cell to read all of a longer text in the line above"
    " the sheet."
)
# The columns of letters that fit on a page in landscape, and the paper of that size.
_PAPERS = {130: 9, 190: 8}  # A4, A3
_SMALLEST_SCALE = 0.6


def render(sheet: Sheet) -> bytes:
    """*sheet* as a workbook. Nothing in it is ever a formula or a link.

    Rows are written one by one and not held. Raises MissingExtra without xlsxwriter.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtra("xlsx", "excel") from error
    packed = BytesIO()
    book = Workbook(
        packed,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": sheet.title[:255], "comments": " ".join(sheet.remarks)})
    formats = _Formats(book)
    _write_table(book.add_worksheet("Table"), sheet, formats)
    _write_notes(book.add_worksheet("Notes"), sheet, formats)
    book.close()
    return packed.getvalue()


class _Formats:
    """The formats of a workbook: Excel keeps a list of them, so each is made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, mark: str = "", number: str = "", **more: Any) -> Any:
        """The format of a cell with *mark*, whose number is shown as *number* says."""
        wanted = {"text_wrap": True, "valign": "top", **more}
        wanted |= {"bg_color": _FILL[mark]} if mark else {}
        wanted |= {"num_format": number, "align": "left"} if number else {}
        key = tuple(sorted(wanted.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(wanted)
        return self._made[key]


# --- the table


def _write_table(page: Any, sheet: Sheet, formats: _Formats) -> None:
    widths = _widths(sheet)
    _set_page(page, sheet, widths)
    page.set_row(0, _height([heading.text for heading in sheet.header], widths))
    for column, heading in enumerate(sheet.header):
        header = formats.get(bold=True, bottom=1, italic=heading.added)
        page.write_string(0, column, heading.text[:LONGEST_CELL], header)
    comments = 0
    for row, line in enumerate(sheet.lines, 1):
        page.set_row(row, _height([cell.text for cell in line.cells], widths))
        for column, cell in enumerate(line.cells):
            _write_cell(page, row, column, cell, formats)
            if cell.note and comments < _MOST_COMMENTS:
                comments += 1
                _write_comment(page, row, column, cell.note)


def _set_page(page: Any, sheet: Sheet, widths: list[float]) -> None:
    """Frozen header and filter on the screen; on paper the header on every page."""
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.freeze_panes(1, 0)
    if sheet.header:
        page.autofilter(0, 0, max(len(sheet.lines), 1), len(sheet.header) - 1)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_footer("&L&A&RPage &P of &N")
    letters = sum(widths)
    for room, paper in _PAPERS.items():
        page.set_paper(paper)
        if letters * _SMALLEST_SCALE <= room:
            page.fit_to_pages(1, 0)
            return
    # The table goes on at the right, on pages of their own: Excel's row numbers hold them together.
    page.set_print_scale(int(100 * _SMALLEST_SCALE))
    page.print_row_col_headers()


def _write_cell(page: Any, row: int, column: int, cell: Cell, formats: _Formats) -> None:
    value = _value(cell.text)
    if value:
        number, shown = value
        page.write_number(row, column, number, formats.get(cell.mark, shown))
    elif cell.text:
        page.write_string(row, column, cell.text[:LONGEST_CELL], formats.get(cell.mark))
    else:
        page.write_blank(row, column, None, formats.get(cell.mark))


def _write_comment(page: Any, row: int, column: int, note: str) -> None:
    size = {"x_scale": 2.5, "y_scale": min(1 + len(note) / 200, 6)}
    page.write_comment(row, column, note[:LONGEST_CELL], {"author": "enrich", **size})


# --- values

_NUMBER = re.compile(r"(-?(?:0|[1-9]\d{0,14}))(\.\d{1,10})?")
_DAY = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_KIND = re.compile(r"(.*?)( \((?:planned|enrolled)\))?")
_EPOCH = date(1899, 12, 30)  # Excel's day 0, but for its belief in a 29 February 1900
_FIRST_DAY = date(1900, 3, 1)


def _value(text: str) -> tuple[float, str] | None:
    """The number that Excel stores, and how it shows it, so that nothing printed gets lost.

    None where the text is neither a number nor a date of this kind.

    >>> _value("460 (planned)"), _value("2027-06"), _value("007")
    ((460.0, '0" (planned)"'), (46539.0, 'yyyy-mm'), None)
    """
    matched = _KIND.fullmatch(text)
    if matched is None:
        return None
    bare, kind = matched[1], f'"{matched[2]}"' if matched[2] else ""
    if number := _NUMBER.fullmatch(bare):
        places = len(number[2] or ".") - 1
        return float(bare), f"0{'.' + '0' * places if places else ''}{kind}"
    if day := _DAY.fullmatch(bare):
        return _date(day, kind)
    return None


def _date(day: re.Match[str], kind: str) -> tuple[float, str] | None:
    """A month is its first day, shown as a month."""
    try:
        stored = date(int(day[1]), int(day[2]), int(day[3] or 1))
    except ValueError:
        return None
    if stored < _FIRST_DAY:
        return None
    shown = "yyyy-mm-dd" if day[3] else "yyyy-mm"
    return float((stored - _EPOCH) // timedelta(days=1)), f"{shown}{kind}"


# --- sizes


def _widths(sheet: Sheet) -> list[float]:
    """Wide enough for the longest word and for the usual cell of each column,
    and never wider than a screen can show.
    """
    return [
        _width(Lengths(of_column.word, of_column.text), heading.text)
        for of_column, heading in zip(sheet.survey.lengths, sheet.header, strict=True)
    ]


def _width(lengths: Lengths, heading: str) -> float:
    lengths.add(heading)
    return min(max(lengths.word + 3, lengths.text / 3, 9), _WIDEST)


def _height(texts: list[str], widths: list[float]) -> float:
    """Room for the cell that wraps most; not every spreadsheet finds it by itself."""
    lines = max(
        (_lines(text, width) for text, width in zip(texts, widths, strict=True)),
        default=1,
    )
    return min(_LINE * lines, _HIGHEST)


def _lines(text: str, width: float) -> int:
    """How many lines *text* takes; where the font is wide, fewer letters than usual fit."""
    room = max(int(width * 0.95), 4)
    if len(text) <= room and "\n" not in text:
        return 1
    if len(text) > room * _HIGHEST / _LINE:
        return int(_HIGHEST / _LINE)
    return sum(max(len(wrap(line, room)), 1) for line in text.split("\n"))


# --- the second sheet


def _write_notes(page: Any, sheet: Sheet, formats: _Formats) -> None:
    page.set_landscape()
    page.set_paper(_PAPERS[130])
    page.fit_to_pages(1, 0)
    widths = (6.0, 28.0, 95.0)
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    plain = formats.get()
    for at, (texts, own) in enumerate(_note_rows(sheet, formats)):
        page.set_row(at, _height([*texts], [*widths]))
        for column, text in enumerate(texts):
            if text:
                page.write_string(at, column, text[:LONGEST_CELL], own.get(column, plain))


def _note_rows(
    sheet: Sheet, formats: _Formats
) -> Iterator[tuple[tuple[str, str, str], Mapping[int, Any]]]:
    """The rows of the second sheet, each with the formats of cells that have one of their own."""
    bold = formats.get(bold=True)
    for text in (sheet.title, sheet.citation, *sheet.remarks):
        if text:
            yield ("", "", text), {}
    yield ("", "Legend", ""), {1: bold}
    for mark, meaning in _LEGEND.items():
        yield ("", mark, meaning), {1: formats.get(mark)}
    yield ("", "", _CUT), {}
    yield ("Row", "Column", "Note"), dict.fromkeys(range(3), bold)
    for position, heading, cell in sheet.notes:
        yield (str(position), heading.text, cell.note), {}
    yield ("", "", "Sources"), {2: bold}
    for source in sheet.sources:
        yield ("", "", source), {}
