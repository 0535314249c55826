"""A row for the table, filled from the record of a trial, in the columns and style of the table.

What is proposed for a cell is read back by the column's own reader, and agrees with the record.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from enrich.compare.display import fact_text
from enrich.compare.own_style import ColumnStyle, proposed_cell
from enrich.compare.verdicts import compare_field
from enrich.models import Column, Table, Trial, Verdict

_NCT_ID = re.compile(r"NCT\s?[0-9]{8}")
_MOST_MODELS = 12  # cells of the column that are tried as a model, the commonest first


class OwnRow(NamedTuple):
    """The cells of a row in the order of the table's columns, and the columns left empty."""

    cells: tuple[str, ...]
    empty: tuple[str, ...]


def own_row(table: Table, trial: Trial, today: str) -> OwnRow:
    """The row that *table* would have for *trial*, looked up on the ISO day *today*."""
    columns = {column.name: column for column in table.columns if column.says}
    cells = []
    for name in table.header:
        if name == table.id_column:
            cells.append(_id_cell(table, trial.nct_id))
        elif name == table.accessed_column:
            cells.append(today)
        else:
            cells.append(_cell(table, columns[name], trial) if name in columns else "")
    empty = [name for name, cell in zip(table.header, cells, strict=True) if not cell]
    return OwnRow(tuple(cells), tuple(empty))


def _id_cell(table: Table, nct_id: str) -> str:
    """The id as the table writes ids: alone, or as a link that names it once or twice."""
    for cell in _models(table, table.id_column):
        ids = {found.replace(" ", "") for found in _NCT_ID.findall(cell)}
        around = re.findall(r"\w+", _NCT_ID.sub("", re.sub(r"https?://\S*", "", cell)))
        if len(ids) == 1 and not around:
            return _NCT_ID.sub(nct_id, cell)
    return nct_id


def _cell(table: Table, column: Column, trial: Trial) -> str:
    """The facts of one column; empty where the record has none of them."""
    models = _models(table, column.name)
    if len(column.says) == 1:
        return _single(table, column, column.says[0], trial, models)
    texts = [fact_text(name, trial[name]) for name in column.says if trial[name] is not None]
    text = _joint(models).join(texts)
    return text if text and _agrees(table, column, text, trial) else ""


def _single(table: Table, column: Column, field: str, trial: Trial, models: Sequence[str]) -> str:
    if trial[field] is None:
        return ""
    for model in models:
        found = proposed_cell(
            column,
            field,
            model,
            trial,
            padded_dates=table.padded_dates,
            style=ColumnStyle(lambda: models),
        )
        if found is not None and not _says_more(model, found):
            return found
    text = fact_text(field, trial[field])
    return text if _agrees(table, column, text, trial) else ""


def _says_more(model: str, found: str) -> bool:
    """Whether what stands around the value in *model* would be claimed of another trial."""
    around = len(re.findall(r"[^\W\d_]{4,}", found)) - len(re.findall(r"[^\W\d_]{4,}", model))
    return around == 0 and len(model) > 40


def _agrees(table: Table, column: Column, text: str, trial: Trial) -> bool:
    """Whether the column's own reader finds nothing in *text* that the record contradicts."""
    verdicts = [
        read.verdict
        for field in column.says
        if (read := compare_field(column, field, text, trial, padded_dates=table.padded_dates))
    ]
    return Verdict.DIFFERS not in verdicts and Verdict.UNREADABLE not in verdicts


def _joint(models: Sequence[str]) -> str:
    """What the column writes between two facts."""
    for joint in ("; ", " / ", ", "):
        if any(joint in model for model in models):
            return joint
    return "; "


def _models(table: Table, column: str) -> list[str]:
    """The cells that the column has, the commonest first."""
    return [cell for cell, _ in Counter(_cells(table, column)).most_common(_MOST_MODELS)]


def _cells(table: Table, column: str) -> Iterator[str]:
    for row in table.rows:
        if cell := row.cells.get(column, "").strip():
            yield cell
