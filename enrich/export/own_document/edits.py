"""The cells to change: what each prints, and what the registry gives in its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from enrich.export.sheet import DIFFERING, REPLACED, Sheet
from enrich.models import ReportTable
from enrich.text import lazy_pattern, plural, sanitize

AUTHOR = "enrich"


class Refused(Exception):
    """A cell cannot be changed without harm; the message is the reason."""


@dataclass(frozen=True)
class Edit:
    """A cell to change: its row, the ids of that row, its column, and the old and the new text.

    *note* is the reason with its source.
    """

    position: int
    nct_ids: tuple[str, ...]
    column: str
    old: str
    new: str
    note: str


@dataclass(frozen=True)
class Change:
    """An edit, and why it could not be made; *reason* is empty where it was made."""

    edit: Edit
    reason: str = ""


@dataclass(frozen=True)
class ChangedDocument:
    """The copy of a document, and what became of each edit."""

    content: bytes
    changes: tuple[Change, ...]

    @property
    def made(self) -> list[Edit]:
        """The edits that are in the copy."""
        return [change.edit for change in self.changes if not change.reason]

    @property
    def not_made(self) -> list[Change]:
        """The edits that are not, each with its reason."""
        return [change for change in self.changes if change.reason]


@dataclass(frozen=True)
class Written:
    """What a writer made: the copy, the new text of each changed cell, and what it refused."""

    content: bytes
    texts: Mapping[Edit, str]
    refused: Mapping[Edit, str]


def edits_of(table: ReportTable, sheet: Sheet, columns: Sequence[str] = ()) -> list[Edit]:
    """The replaced cells of *sheet*, which is *table* in place with these *columns*."""
    names = [name for name in table.header if not columns or name in columns]
    return [*_edits(table, sheet, names)]


def _edits(table: ReportTable, sheet: Sheet, names: Sequence[str]) -> Iterator[Edit]:
    rows = [next(group).row for _, group in groupby(table.rows, key=lambda row: row.row_id)]
    for row, line in zip(rows, sheet.lines, strict=True):
        for name, cell in zip(names, line.cells, strict=True):
            if cell.mark == REPLACED:
                old = row.cells[name]
                yield Edit(row.position, row.nct_ids, name, old, cell.text, cell.note)


def summary(changed: ChangedDocument, sheet: Sheet, output: Path) -> list[str]:
    """How many cells were changed, and a line for each that was not, with the reason."""
    lines = [f"{output}: {plural(len(changed.made), 'cell')} changed"]
    if not changed.changes:
        lines = [f"{output}: no cell has a difference to write, so nothing was changed"]
    kept = sum(cell.mark == DIFFERING for line in sheet.lines for cell in line.cells)
    if kept:
        cells = plural(kept, "cell that differs is kept", "cells that differ are kept")
        lines.append(
            f"{cells} as printed: the record is incomplete or could not be confirmed, or the"
            " difference was settled; `enrich export` gives the reasons"
        )
    if changed.not_made:
        lines.append(f"{plural(len(changed.not_made), 'cell')} left as printed:")
    lines += [
        f"  row {change.edit.position}, {sanitize(change.edit.column, 40)}:"
        f" {sanitize(change.edit.old, 60)} → {sanitize(change.edit.new, 60)} ({change.reason})"
        for change in changed.not_made
    ]
    return lines


_WORDS = lazy_pattern(r"\s+|\^[^\s^]*|[^\s^]+")


def middle(old: str, new: str) -> tuple[int, int, str]:
    """Where *old* must change to become *new*: from which character, up to which, and to what.

    Whole words change, so that a person can read the change.

    >>> middle("Phase II, open", "Phase I/II, open")
    (6, 9, 'I/II,')
    >>> middle("14^a", "20^a")
    (0, 2, '20')
    >>> middle("Phase II", "Phase II [registry: 3]")
    (8, 8, ' [registry: 3]')
    """
    before, after = _words(old), _words(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    first = sum(map(len, before[:start]))
    last = len(old) - sum(map(len, before[len(before) - end :]))
    return first, last, "".join(after[start : len(after) - end])


def _words(text: str) -> list[str]:
    """The words of *text*, the spaces between them, and superscripts apart from their words."""
    return _WORDS.findall(text)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    number = 0
    for word, other_word in zip(one, other, strict=False):
        if word != other_word:
            break
        number += 1
    return number
