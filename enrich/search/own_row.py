"""A row for the table, filled from the record of a trial, in the columns and style of the table.

What is proposed for a cell is read back by the column's own reader, and agrees with the record.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from enrich.compare.display import fact_text
from enrich.compare.own_style import ColumnStyle, proposed_cell
from enrich.compare.verdicts import compare_field
from enrich.models import Column, Table, Trial, Verdict

_NCT_ID = re.compile(r"NCT\s?[0-9]{8}")
_LONGEST_STYLE = 80  # characters of a cell that is a value in a style, and no text about a trial
_MOST_MODELS = 12  # cells of the column that are tried as a model, the commonest first


class OwnRow(NamedTuple):
    """The cells of a row in the order of the table's columns, and the columns left empty."""

    cells: tuple[str, ...]
    empty: tuple[str, ...]


def own_row(table: Table, trial: Trial, today: str) -> OwnRow:
    """The row that *table* would have for *trial*, looked up on the ISO day *today*."""
    cells = tuple(_cell(table, name, trial, today) for name in table.header)
    empty = (name for name, cell in zip(table.header, cells, strict=True) if not cell)
    return OwnRow(cells, tuple(empty))


def _cell(table: Table, name: str, trial: Trial, today: str) -> str:
    if name == table.accessed_column:
        return today
    column = next((column for column in table.columns if column.name == name and column.says), None)
    if column is None:
        return _id_cell(table, name, trial.nct_id)
    models = _models(table, name)
    if len(column.says) == 1:
        return _of_one_fact(table, column, trial, models)
    return _of_several_facts(table, column, trial, models)


# --- ids


def _id_cell(table: Table, name: str, nct_id: str) -> str:
    """The id as the column writes ids, alone or as a link; empty where it holds something else."""
    models = _models(table, name)
    for cell in models:
        ids = {found.replace(" ", "") for found in _NCT_ID.findall(cell)}
        around = re.findall(r"\w+", _NCT_ID.sub("", re.sub(r"https?://\S*", "", cell)))
        if len(ids) != 1 or around:
            break
    else:
        if models:
            return _NCT_ID.sub(nct_id, models[0])
    return nct_id if name == table.id_column else ""


# --- facts


def _of_one_fact(table: Table, column: Column, trial: Trial, models: Sequence[str]) -> str:
    (field,) = column.says
    if trial[field] is None:
        return ""
    for model in models:
        found = _styled(table, column, field, model, trial, models)
        if found is not None and (_is_fact(found, field, trial) or not _is_text(found)):
            return found
    text = fact_text(field, trial[field])
    return text if _agrees(table, column, text, trial) else ""


def _of_several_facts(table: Table, column: Column, trial: Trial, models: Sequence[str]) -> str:
    """A cell of the column with each fact in its place; else the facts in a row."""
    for model in models:
        text = model
        for field in column.says:
            single = replace(column, says=(field,))
            found = _styled(table, single, field, text, trial, models)
            if found is not None and not _is_fact(found, field, trial):
                text = found
        if not _is_text(text) and _agrees(table, column, text, trial, on_all=True):
            return text
    texts = [fact_text(name, trial[name]) for name in column.says if trial[name] is not None]
    text = _joint(models).join(texts)
    return text if text and _agrees(table, column, text, trial) else ""


def _styled(
    table: Table, column: Column, field: str, model: str, trial: Trial, models: Sequence[str]
) -> str | None:
    return proposed_cell(
        column,
        field,
        model,
        trial,
        padded_dates=table.padded_dates,
        style=ColumnStyle(lambda: models),
    )


def _is_fact(text: str, field: str, trial: Trial) -> bool:
    return text.lower() == fact_text(field, trial[field]).lower()


def _is_text(cell: str) -> bool:
    """Whether a cell is more than a value with a word or two: what else it says is about the trial
    of its own row.
    """
    return len(cell) > _LONGEST_STYLE


def _agrees(table: Table, column: Column, text: str, trial: Trial, *, on_all: bool = False) -> bool:
    """Whether the column's own reader finds nothing in *text* that the record contradicts;
    *on_all*: and every fact of the column in it.
    """
    verdicts = {
        read.verdict
        for field in column.says
        if (read := compare_field(column, field, text, trial, padded_dates=table.padded_dates))
    }
    return verdicts <= ({Verdict.AGREES} if on_all else {Verdict.AGREES, Verdict.ADDS})


def _joint(models: Sequence[str]) -> str:
    """What the column writes between two facts."""
    joints = ("; ", " / ", ", ")
    return next((joint for joint in joints if any(joint in cell for cell in models)), "; ")


def _models(table: Table, column: str) -> list[str]:
    """The cells that the column has, the commonest first."""
    cells = (row.cells.get(column, "").strip() for row in table.rows)
    return [cell for cell, _ in Counter(filter(None, cells)).most_common(_MOST_MODELS)]
