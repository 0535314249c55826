"""Compares every row with what is known now, and explains each difference.

The history is asked in a step of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from enrich.compare.causes import (
    HISTORY_NOT_ASKED,
    Question,
    cause_from_history,
    cause_from_record,
    question_of,
    unexplained,
)
from enrich.compare.context import context_of_row
from enrich.compare.fingerprint import TrialState, row_fingerprint
from enrich.compare.participants import may_be_another_number, with_number_named
from enrich.compare.verdicts import compare_row
from enrich.models import Cause, Comparison, ContextNote, Row, Table, Trial, Verdict
from enrich.registry.history import History, NoHistory
from enrich.run.context import RunContext
from enrich.storage.comparisons import read_row_fingerprints
from enrich.storage.earlier import cause_from_database
from enrich.storage.trials import read_study, read_trials


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


class OpenDifference(NamedTuple):
    """A difference whose cause only the history of the record can tell: at *position* among the
    row's comparisons.
    """

    compared: ComparedRow
    position: int
    question: Question


Explained = dict[int, list[Comparison]]


# --- compare


def compare(run: RunContext, tables: Sequence[Table]) -> list[ComparedRow]:
    """Compares every row whose inputs changed since it was last compared.

    Also when nothing was fetched, so that a corrected table, or a better rule, shows at once.
    """
    due = [row for table in tables for row in _due_rows(run, table)]
    trials = read_trials(run.database, {nct_id for _, row, _, _ in due for nct_id in row.nct_ids})
    compared: list[ComparedRow] = []
    for table, row, row_id, fingerprint in due:
        for nct_id in row.nct_ids or ("",):
            trial = None if run.is_absent(nct_id) else trials.get(nct_id)
            found = compare_row(table, row, trial, nct_id) if nct_id else []
            compared.append(
                ComparedRow(table, row, row_id, fingerprint, nct_id, trial, tuple(found))
            )
    return compared


def _due_rows(run: RunContext, table: Table) -> Iterator[tuple[Table, Row, int, str]]:
    """The rows whose stored comparisons are no longer valid, with ids and new fingerprints."""
    stored = read_row_fingerprints(run.database, table.name)
    for row in table.rows:
        row_id, last_fingerprint = stored[row.position]
        states = [_trial_state(run, nct_id) for nct_id in row.nct_ids]
        fingerprint = row_fingerprint(table, row, states, run.settings.code_fingerprint)
        if fingerprint != last_fingerprint or not run.settings.shortcuts.row_fingerprints:
            yield table, row, row_id, fingerprint


def _trial_state(run: RunContext, nct_id: str) -> TrialState:
    answer = run.answers.get(nct_id)
    trial_id = answer.trial_id if answer and answer.trial_id else nct_id
    version = None if run.is_absent(nct_id) else run.latest_versions.get(trial_id)
    if version is None:
        return TrialState(nct_id, trial_id, None, complete=False)
    return TrialState(nct_id, trial_id, version.digest, version.complete)


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
    version = run.latest_versions[trial.nct_id].version
    study = read_study(run.database, trial.nct_id, version)
    return context_of_row(compared.table, compared.row, study, compared.nct_id)


# --- explain


def explain(run: RunContext, compared: Sequence[ComparedRow], history: History | None) -> Explained:
    """The comparisons of each row, every difference with its cause.

    First by what is known here, then by the *history* of the record, which may take requests.
    """
    explained, open_differences = _explain_from_ledger_and_record(run, compared)
    for difference in open_differences:
        comparisons = explained[difference.compared.row_id]
        comparisons[difference.position] = _explain_from_history(run, difference, history)
    for row in compared:
        explained[row.row_id] = [
            _name_number(run, row, comparison) for comparison in explained[row.row_id]
        ]
    return explained


def _name_number(run: RunContext, row: ComparedRow, comparison: Comparison) -> Comparison:
    """*comparison*; where its cell gives another number of the record than the enrolment, such as
    that of the analysis, its evidence names that number.
    """
    trial = row.trial
    if trial is None or row.nct_id != comparison.nct_id:
        return comparison
    if not may_be_another_number(comparison, trial):
        return comparison
    study = read_study(run.database, trial.nct_id, run.latest_versions[trial.nct_id].version)
    return with_number_named(comparison, trial, study)


def _explain_from_ledger_and_record(
    run: RunContext, compared: Iterable[ComparedRow]
) -> tuple[Explained, list[OpenDifference]]:
    """The comparisons of each row as far as they can be explained here, and the differences left
    open.
    """
    explained: Explained = {}
    open_differences: list[OpenDifference] = []
    for row in compared:
        comparisons = explained.setdefault(row.row_id, [])
        for comparison in row.comparisons:
            found, question = _explain_locally(run, row, comparison)
            if question:
                open_differences.append(OpenDifference(row, len(comparisons), question))
            comparisons.append(found)
    return explained, open_differences


def _explain_locally(
    run: RunContext, row: ComparedRow, comparison: Comparison
) -> tuple[Comparison, Question | None]:
    """A comparison with its cause, and the question for the history where the cause is still
    unknown.
    """
    if comparison.verdict != Verdict.DIFFERS or row.trial is None:
        return comparison, None
    question = question_of(row.table, row.row, comparison, row.trial)
    found = cause_from_database(run.database, question) or cause_from_record(question)
    is_open = found.cause == Cause.UNKNOWN and question.accessed and row.trial.complete
    return found, question if is_open else None


def _explain_from_history(
    run: RunContext, difference: OpenDifference, history: History | None
) -> Comparison:
    question = difference.question
    if history is None:
        return unexplained(question.difference, HISTORY_NOT_ASKED)
    trial, answer = question.now, run.answers.get(difference.compared.nct_id)
    fetched_at = run.latest_versions[trial.nct_id].retrieved_at
    try:
        versions = history.versions(trial, fetched_at, answer.load if answer else None)
        return cause_from_history(
            question, versions, lambda version: history.facts(trial.nct_id, version)
        )
    except NoHistory as error:
        return unexplained(question.difference, str(error))
