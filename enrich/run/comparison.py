"""Compares rows with what is known now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from enrich.compare.context import context_of_row
from enrich.compare.verdicts import compare_row
from enrich.models import Cause, Comparison, ContextNote, Row, Table, Trial
from enrich.run.context import RunContext
from enrich.run.due_rows import DueRow
from enrich.storage.trials import read_trials

Explained = dict[int, list[Comparison]]


@dataclass(frozen=True)
class ComparedRow:
    """What one row says about one trial that it names; no comparisons of a row that names none."""

    table: Table
    row: Row
    row_id: int
    fingerprint: str
    nct_id: str
    trial: Trial | None
    comparisons: tuple[Comparison, ...]


# --- compare


def compare(run: RunContext, due: Sequence[DueRow]) -> list[ComparedRow]:
    """What each row says about each trial that it names, beside what is known now."""
    trials = read_trials(run.database, {nct_id for each in due for nct_id in each.row.nct_ids})
    compared: list[ComparedRow] = []
    for table, row, row_id, fingerprint in due:
        for nct_id in row.nct_ids or ("",):
            trial = None if run.is_absent(nct_id) else trials.get(nct_id)
            found = compare_row(table, row, trial, nct_id) if nct_id else []
            compared.append(
                ComparedRow(table, row, row_id, fingerprint, nct_id, trial, tuple(found))
            )
    return compared


def rows_done(
    compared: Iterable[ComparedRow], explained: Mapping[int, Sequence[Comparison]]
) -> dict[int, str]:
    """The fingerprints of rows that need not be compared again.

    A difference of unknown cause is: the next run may explain it.
    """
    return {
        row.row_id: row.fingerprint
        for row in compared
        if not any(found.cause == Cause.UNKNOWN for found in explained.get(row.row_id, ()))
    }


def context_for_rows(
    run: RunContext, compared: Iterable[ComparedRow]
) -> dict[int, list[ContextNote]]:
    """What is only shown beside the cells of each row, for the tables that ask for it."""
    notes: dict[int, list[ContextNote]] = {}
    for row in compared:
        notes.setdefault(row.row_id, []).extend(_context_notes(run, row))
    return notes


def _context_notes(run: RunContext, compared: ComparedRow) -> list[ContextNote]:
    trial = compared.trial
    if trial is None or not any(column.shows for column in compared.table.columns):
        return []
    study = run.latest_study(trial.nct_id)
    return context_of_row(compared.table, compared.row, study, compared.nct_id)
