"""What was made of a document, in words for the terminal."""

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from enrich.importing.choice import FoundTable
from enrich.importing.description_text import evidence_of
from enrich.importing.draft import Day, Draft, name_of
from enrich.importing.rows import SplitRow
from enrich.inference.days import DayKey
from enrich.inference.guesses import ColumnGuess
from enrich.record.names import label
from enrich.text import capitalize_first, join_and, join_some, plural, sanitize

_WIDTH = 80
_MOST_LISTED = 8
_LONGEST_NAME = 40

_LOST_CELLS = (
    "The text has lost its cells: each line became one cell. Its trials can be followed, and"
    " nothing is compared. Copy the table from a web page, from Word or from Excel to keep them."
)


def summary_of(draft: Draft, records: str, published: str | None) -> str:
    """The sections that say what was taken, what was done, and what is in doubt.

    *records* says which records the columns were compared with; *published* is the day that the
    user gave.
    """
    sections = [
        ("TABLE", _table(draft)),
        ("COLUMNS", _columns(draft, records)),
        ("IN DOUBT, NOT USED (comments in the description)", _doubts(draft)),
        ("IDS", [capitalize_first(line) for line in draft.account.lines()]),
        ("DAY OF ACCESS", _days(draft, published)),
    ]
    wrapped = [(title, [*_wrapped(lines)]) for title, lines in sections]
    return "\n\n".join("\n".join([title, *lines]) for title, lines in wrapped if lines)


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from textwrap.wrap(
            sanitize(line),
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


# --- the table


def _table(draft: Draft) -> Iterator[str]:
    yield f"{draft.found}"
    if not draft.document.cells_are_sure:
        yield _LOST_CELLS
    for note in (*draft.document.notes, *draft.laid_out.notes):
        yield f"{capitalize_first(note)}."
    yield from _splits(draft.written.splits)
    if draft.written.several:
        names = _verb(draft.written.several, "names", "name")
        yield (
            f"{_rows(draft.written.several)} {names} several trials: all are followed, and no cell"
            " is compared."
        )
    yield from _spread(draft)
    yield from _formulas(draft)
    yield from _other_tables(draft)


def _splits(splits: Sequence[SplitRow]) -> Iterator[str]:
    for split in splits[:_MOST_LISTED]:
        columns, have = join_and(map(_name, split.columns)), _verb(split.columns, "has", "have")
        elsewhere = split.last - split.first + 1 - len(split.ids)
        others = f", and {plural(elsewhere, 'other registration')}," if elsewhere else ""
        yield (
            f"Row {split.row} names {len(split.ids)} trials{others} and became rows {split.first}"
            f" to {split.last}: {columns} {have} a line or item for each."
        )
    if len(splits) > _MOST_LISTED:
        yield f"The same for {len(splits) - _MOST_LISTED} more rows."


def _spread(draft: Draft) -> Iterator[str]:
    for trial in draft.spread[:_MOST_LISTED]:
        number = trial.last - trial.first + 1
        yield f"{trial.nct_id} has {number} rows ({trial.first} to {trial.last})."
    if len(draft.spread) > _MOST_LISTED:
        yield f"The same for {len(draft.spread) - _MOST_LISTED} more trials."
    if draft.by_arm:
        yield (
            f"Such rows differ in {join_and(map(_name, draft.by_arm))}, as arms of a trial do:"
            " there, a single cell may not speak of the whole trial."
        )


# What a spreadsheet computes; a mere sign, as `+` or `-3`, is harmless.
_IS_FORMULA = re.compile(r"\s*(?:[=@＝＠]|[+\-＋－][A-Za-z(])")


def _formulas(draft: Draft) -> Iterator[str]:
    rows = [
        number
        for number, row in enumerate(draft.written.rows, 1)
        if any(map(_IS_FORMULA.match, row))
    ]
    if rows:
        has = _verb(rows, "has", "have")
        yield (
            f"{_rows(rows)} {has} a cell that begins like a formula. It is written as printed: let"
            " a spreadsheet open the file as text only."
        )


def _other_tables(draft: Draft) -> Iterator[str]:
    others = [table for table in draft.tables if table.number != draft.found.number]
    if not others:
        return
    with_ids = [table for table in others if table.rows_with_ids]
    for table in with_ids[:_MOST_LISTED]:
        yield f"Also found: {table}: {_again(draft, table)}"
    if len(with_ids) > _MOST_LISTED:
        yield f"And {len(with_ids) - _MOST_LISTED} more tables with ids."
    without = [table.title for table in others if not table.rows_with_ids]
    if without:
        more = [f"{len(without) - 3} more"] if len(without) > 3 else []
        yield f"Without ids: {'; '.join([*without[:3], *more]).rstrip('.')}."


def _again(draft: Draft, table: FoundTable) -> str:
    name = f"{name_of(PurePath(draft.source))}-{table.number}"
    return f"`enrich init {shlex.quote(draft.source)} --table {table.number} --name {name}`"


def _rows(numbers: Sequence[int]) -> str:
    listed = join_some([*map(str, numbers)], _MOST_LISTED)
    return f"{_verb(numbers, 'Row', 'Rows')} {listed}"


def _verb(things: Sequence[object], singular: str, plural_form: str) -> str:
    return singular if len(things) == 1 else plural_form


# --- columns


def _columns(draft: Draft, records: str) -> Iterator[str]:
    if not draft.document.cells_are_sure:
        return
    yield records
    for guess in draft.inference.guesses:
        if guess.is_active:
            yield f"{_statement(guess)} ({guess.confidence}): {evidence_of(guess)}."
    if not draft.inference.says:
        yield _nothing_recognised(draft)
    if draft.uncompared:
        yield f"Not compared: {join_and(map(_name, draft.uncompared))}."
    yield from (capitalize_first(warning) for warning in draft.inference.warnings)


def _nothing_recognised(draft: Draft) -> str:
    if len(draft.written.header) == 1:
        return "There are only ids: their trials are followed, and nothing is compared."
    return "No column is recognised; name what they say in the description."


def _doubts(draft: Draft) -> Iterator[str]:
    for guess in draft.inference.guesses:
        if not guess.is_active:
            yield f"{_statement(guess)}: {evidence_of(guess)}."


def _statement(guess: ColumnGuess) -> str:
    return f"{_name(guess.column)} → {label(guess.field).lower()}"


def _name(column: str) -> str:
    return f"'{sanitize(column, _LONGEST_NAME)}'"


# --- days


def _days(draft: Draft, published: str | None) -> Iterator[str]:
    if draft.accessed_column:
        yield (
            f"{_name(draft.accessed_column)} may have the day for each row; to use it, delete the #"
            " before `accessed_column` in the description."
        )
    if published:
        yield f"{published}, the day that you gave."
        return
    if not draft.days:
        yield (
            "The document names no day. Without one, the cause of a difference stays unknown: give"
            " it with --published, or in the description."
        )
        return
    yield "Proposed, not used. Give the right one with --published, or in the description:"
    yield from (f"- {_day(day)}" for day in draft.days)


def _day(day: Day) -> str:
    meaning = "looked at the registry" if day.key is DayKey.ACCESSED else "published"
    return f"{day.iso or 'day and month may be swapped'}, {meaning}: {day.source}"


def counts_of(draft: Draft) -> str:
    """How large the written table is."""
    return (
        f"{plural(len(draft.written.rows), 'row')}, {plural(len(draft.written.header), 'column')}"
    )
