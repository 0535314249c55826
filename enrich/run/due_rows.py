"""The rows that must be compared again: none in a night that brought nothing new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from enrich.compare.fingerprint import TrialState, comparison_rules, row_fingerprint
from enrich.models import Row, Table
from enrich.run.context import RunContext
from enrich.storage.comparisons import read_row_fingerprints


class DueRow(NamedTuple):
    """A row whose stored comparisons are no longer valid, with its id and its new fingerprint."""

    table: Table
    row: Row
    row_id: int
    fingerprint: str


def due_rows(run: RunContext, tables: Sequence[Table]) -> list[DueRow]:
    """The rows whose inputs changed since they were last compared.

    Also when nothing was fetched, so that a corrected table, or a better rule, shows at once.
    """
    return [row for table in tables for row in _of_table(run, table)]


def _of_table(run: RunContext, table: Table) -> Iterator[DueRow]:
    stored = read_row_fingerprints(run.database, table.name)
    rules = comparison_rules(table)
    for row in table.rows:
        row_id, last_fingerprint = stored[row.position]
        states = [_trial_state(run, nct_id) for nct_id in row.nct_ids]
        fingerprint = row_fingerprint(rules, row, states, run.settings.code_fingerprint)
        if fingerprint != last_fingerprint or not run.settings.shortcuts.row_fingerprints:
            yield DueRow(table, row, row_id, fingerprint)


def _trial_state(run: RunContext, nct_id: str) -> TrialState:
    answer = run.answers.get(nct_id)
    trial_id = answer.trial_id if answer and answer.trial_id else nct_id
    version = None if run.is_absent(nct_id) else run.latest_versions.get(trial_id)
    if version is None:
        return TrialState(nct_id, trial_id, None, complete=False)
    return TrialState(nct_id, trial_id, version.digest, version.complete)
