"""The notes of a sheet, lettered in reading order."""

from collections.abc import Iterator
from itertools import count
from string import ascii_lowercase

from enrich.export.sheet import Cell, Heading, Sheet


def letters() -> Iterator[str]:
    """a, b, … z, aa, ab, …: how the notes of a table are lettered."""
    return (_letter(number) for number in count(1))


def _letter(number: int) -> str:
    before, last = divmod(number - 1, 26)
    return (_letter(before) if before else "") + ascii_lowercase[last]


def lettered_lines(sheet: Sheet) -> Iterator[list[tuple[Cell, str]]]:
    """The cells of *sheet*, line by line, each with the letter of its note or ""."""
    free = letters()
    return (
        [(cell, next(free) if cell.note else "") for cell in line.cells] for line in sheet.lines
    )


def lettered_notes(sheet: Sheet) -> Iterator[tuple[str, int, Heading, Cell]]:
    """The notes of *sheet*: a letter, the position of the row, the column and the cell of each."""
    return ((letter, *note) for letter, note in zip(letters(), sheet.notes, strict=False))
