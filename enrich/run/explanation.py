"""Explains every difference: by what is known here, then by the history of its record.

Histories are read trial by trial, those that wait longest first, as many as the run may ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from enrich.compare.causes import (
    HISTORY_NOT_ASKED,
    FactsOf,
    Question,
    cause_from_history,
    cause_from_record,
    question_of,
    unexplained,
)
from enrich.compare.participants import may_be_another_number, with_number_named
from enrich.models import Cause, Comparison, SubmittedVersion, Verdict
from enrich.registry.history import History, HistoryNotRead, HistoryPostponed, NoHistory
from enrich.run.comparison import ComparedRow, Explained
from enrich.run.context import RunContext
from enrich.storage.earlier import cause_from_database
from enrich.storage.open_histories import read_open_histories


class OpenDifference(NamedTuple):
    """A difference whose cause only the history of the record can tell: at *position* among the
    row's comparisons.
    """

    compared: ComparedRow
    position: int
    question: Question


@dataclass(frozen=True)
class Explanation:
    """The comparisons of each row, every difference with its cause.

    *postponed* are the ids whose histories a later run reads, *done* those that need none, or had
    theirs read.
    """

    comparisons: Explained
    postponed: frozenset[str]
    done: frozenset[str]


def explain(
    run: RunContext,
    compared: Sequence[ComparedRow],
    history: History | None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Explanation:
    """The comparisons of each row, every difference with its cause.

    First by what is known here, then by the *history* of the record, which may take requests;
    *on_progress* gets the number of histories read, and of all.
    """
    explained, open_differences = _explain_from_ledger_and_record(run, compared)
    by_trial: dict[str, list[OpenDifference]] = {}
    for difference in open_differences:
        by_trial.setdefault(difference.compared.nct_id, []).append(difference)
    reader = _HistoryReader(run, history)
    for number, nct_id in enumerate(_longest_waiting_first(run, by_trial)):
        on_progress(number, len(by_trial))
        found = reader.explain(by_trial[nct_id])
        for difference, comparison in zip(by_trial[nct_id], found, strict=True):
            explained[difference.compared.row_id][difference.position] = comparison
    on_progress(len(by_trial), len(by_trial))
    for row in compared:
        explained[row.row_id] = [
            _name_number(run, row, comparison) for comparison in explained[row.row_id]
        ]
    done = {*run.asked} - reader.not_read
    return Explanation(explained, frozenset(reader.postponed), frozenset(done))


def _longest_waiting_first(run: RunContext, nct_ids: Iterable[str]) -> list[str]:
    """*nct_ids*, those that earlier runs postponed before all others."""
    places = {nct_id: place for place, nct_id in enumerate(read_open_histories(run.database))}
    return sorted(nct_ids, key=lambda nct_id: places.get(nct_id, len(places)))


def _name_number(run: RunContext, row: ComparedRow, comparison: Comparison) -> Comparison:
    """*comparison*; where its cell gives another number of the record than the enrolment, such as
    that of the analysis, its evidence names that number.
    """
    trial = row.trial
    if trial is None or row.nct_id != comparison.nct_id:
        return comparison
    if not may_be_another_number(comparison, trial):
        return comparison
    return with_number_named(comparison, trial, run.latest_study(trial.nct_id))


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


class _HistoryReader:
    """Reads histories, and notes which trials it could not read: *postponed* are those among them
    for which the run had no request left.
    """

    def __init__(self, run: RunContext, history: History | None) -> None:
        self._run, self._history = run, history
        self.not_read: set[str] = set()
        self.postponed: set[str] = set()

    def explain(self, differences: Sequence[OpenDifference]) -> list[Comparison]:
        """The open *differences* of one trial with their causes."""
        history, trial = self._history, differences[0].question.now
        if history is None:
            return self._all_unexplained(differences, HistoryNotRead(HISTORY_NOT_ASKED))
        answer = self._run.answers.get(differences[0].compared.nct_id)
        fetched_at = self._run.latest_versions[trial.nct_id].retrieved_at
        try:
            versions = history.versions(trial, fetched_at, answer.load if answer else None)
        except NoHistory as error:
            return self._all_unexplained(differences, error)
        facts_of = cache(lambda version: history.facts(trial.nct_id, version))
        return [self._trace(difference, versions, facts_of) for difference in differences]

    def _trace(
        self,
        difference: OpenDifference,
        versions: Sequence[SubmittedVersion],
        facts_of: FactsOf,
    ) -> Comparison:
        try:
            return cause_from_history(difference.question, versions, facts_of)
        except NoHistory as error:
            return self._unexplained(difference, error)

    def _all_unexplained(
        self, differences: Iterable[OpenDifference], error: NoHistory
    ) -> list[Comparison]:
        return [self._unexplained(difference, error) for difference in differences]

    def _unexplained(self, difference: OpenDifference, error: NoHistory) -> Comparison:
        if isinstance(error, HistoryNotRead):
            self.not_read.add(difference.compared.nct_id)
        if isinstance(error, HistoryPostponed):
            self.postponed.add(difference.compared.nct_id)
        return unexplained(difference.question.difference, str(error))
