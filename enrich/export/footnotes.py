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


def lettered(
    sheet: Sheet,
) -> tuple[list[list[tuple[Cell, str]]], list[tuple[str, int, Heading, Cell]]]:
    """The cells of *sheet*, each with the letter of its note or "", and the notes.

    A note is a letter, the position of its row, its column and its cell.
    """
    free = letters()
    lines = [
        [(cell, next(free) if cell.note else "") for cell in line.cells] for line in sheet.lines
    ]
    notes = [
        (letter, line.position, heading, cell)
        for line, cells in zip(sheet.lines, lines, strict=True)
        for heading, (cell, letter) in zip(sheet.header, cells, strict=True)
        if letter
    ]
    return lines, notes
