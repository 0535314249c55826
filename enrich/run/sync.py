"""One run, in reading order: recall, fetch, compare, explain, account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from enrich.compare.causes import (
    HISTORY_NOT_ASKED,
    by_ledger,
    from_the_record,
    question_of,
    unexplained,
)
from enrich.compare.causes import explain as by_history
from enrich.compare.context import beside_row
from enrich.compare.fingerprint import Rest, basis_of
from enrich.compare.verdicts import compare_row
from enrich.models import (
    Answer,
    Cause,
    Comparison,
    ContextNote,
    Problem,
    ProblemKind,
    RegistryLoad,
    Row,
    RunOutcome,
    Table,
    Trial,
    TrialOutcome,
    Verdict,
)
from enrich.record.identity import load_day_of
from enrich.registry.history import History, NoHistory
from enrich.run import plausibility as doubt
from enrich.run.fetch import Run, fetch, judged_of, remember
from enrich.storage.cache import Cache
from enrich.storage.comparisons import (
    read_row_fingerprints,
    save_comparisons,
    save_context_notes,
    save_tables,
)
from enrich.storage.database import Database
from enrich.storage.runs import add_problems, begin_run, count_requests, finish_run
from enrich.storage.trials import (
    mark_checked,
    mark_stale,
    read_answers,
    read_latest_versions,
    read_silent_changes,
    read_study,
    read_trials,
)

if TYPE_CHECKING:
    from enrich.registry.client import Registry


def sync(
    tables: Sequence[Table],
    registry: Registry | None,
    database: Database,
    cache: Cache,
    history: History | None = None,
    *,
    clock: Callable[[], str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    accept: bool = False,
) -> int:
    """Brings the database up to date with the registry and the tables; the id of the run that says how it went.

    Without a *registry* the run works from the cache alone; without a *history* no difference is traced through earlier
    versions. *clock* gives the time (ISO, UTC); *on_progress* gets how many trials of how many are done. What the rules of plausibility.py
    hold back is taken over where a person says *accept*.
    """
    asked = tuple(dict.fromkeys(nct_id for table in tables for nct_id in table.nct_ids))
    save_tables(database, tables)
    said = read_answers(database, asked)
    known = read_latest_versions(
        database, {*asked, *(one.trial_id for one in said.values() if one.trial_id)}
    )
    run = Run(
        begin_run(database, clock()),
        asked,
        database,
        cache,
        clock,
        on_progress,
        said,
        known,
        accept,
    )
    recall(run, [nct_id for nct_id in asked if nct_id not in run.known])
    load = fetch(run, registry) if registry and asked else None
    if load is None:
        recall(run, asked)
    compared = compare(run, tables)
    explained = explain(run, compared, history)
    with database.transaction():
        save_context_notes(database, show(run, compared))
        save_comparisons(database, run.id, explained, settled(compared, explained))
    account(run, registry, load)
    return run.id


# --- from the cache


def recall(run: Run, nct_ids: Sequence[str]) -> None:
    """Takes up the copies of these trials that are newer than what the database holds: all of them where it is new or was lost.

    Newer by the clock, and not older by the load that printed them: a clock may have been put back meanwhile.
    """
    copies, problems = run.cache.copies(nct_ids)
    run.problems += problems
    judged = [
        judged_of(run, copy)
        for copy in copies
        if copy.nct_id not in run.known or copy.retrieved_at > run.known[copy.nct_id].retrieved_at
    ]
    with run.database.transaction():
        remember(
            run,
            [
                one
                for one in judged
                if not doubt.gone_back(load_day_of(one.record.study), one.previous_load_day)
            ],
            checked=False,
        )


# --- comparing, with no network


@dataclass(frozen=True)
class Compared:
    """What one row says about one trial that it names; nothing of a row that names none."""

    table: Table
    row: Row
    row_id: int
    basis: str
    nct_id: str
    trial: Trial | None
    comparisons: tuple[Comparison, ...]


def compare(run: Run, tables: Sequence[Table]) -> list[Compared]:
    """Compares every row that does not rest on the same as the last time, with what is known now: also when nothing was fetched,
    so that a corrected table, or a better rule, shows at once."""
    due = [one for table in tables for one in _due(run, table)]
    trials = read_trials(run.database, {nct_id for _, row, _, _ in due for nct_id in row.nct_ids})
    compared: list[Compared] = []
    for table, row, row_id, basis in due:
        for nct_id in row.nct_ids or ("",):
            trial = None if _is_gone(run, nct_id) else trials.get(nct_id)
            found = compare_row(table, row, trial, nct_id) if nct_id else []
            compared.append(Compared(table, row, row_id, basis, nct_id, trial, tuple(found)))
    return compared


def _due(run: Run, table: Table) -> Iterator[tuple[Table, Row, int, str]]:
    rested = read_row_fingerprints(run.database, table.name)
    for row in table.rows:
        row_id, before = rested[row.position]
        basis = basis_of(table, row, [_rest(run, nct_id) for nct_id in row.nct_ids])
        if basis != before:
            yield table, row, row_id, basis


def _rest(run: Run, nct_id: str) -> Rest:
    said = run.said.get(nct_id)
    trial_id = said.trial_id if said and said.trial_id else nct_id
    known = None if _is_gone(run, nct_id) else run.known.get(trial_id)
    return Rest(
        nct_id, trial_id, known.digest if known else None, known is not None and known.complete
    )


def settled(
    compared: Iterable[Compared], explained: Mapping[int, Sequence[Comparison]]
) -> dict[int, str]:
    """The bases of rows that are done with. A difference of which the cause is not known is looked into again by every run."""
    return {
        one.row_id: one.basis
        for one in compared
        if not any(told.cause == Cause.UNKNOWN for told in explained.get(one.row_id, ()))
    }


def _is_gone(run: Run, nct_id: str) -> bool:
    return nct_id in run.said and run.said[nct_id].answer in (Answer.GONE, Answer.UNKNOWN)


def show(run: Run, compared: Iterable[Compared]) -> dict[int, list[ContextNote]]:
    """What is only shown beside the cells, for the tables that ask for it."""
    shown: dict[int, list[ContextNote]] = {}
    for one in compared:
        asked = any(column.shows for column in one.table.columns)
        study = (
            read_study(run.database, one.trial.nct_id, run.known[one.trial.nct_id].version)
            if asked and one.trial
            else None
        )
        shown.setdefault(one.row_id, []).extend(
            beside_row(one.table, one.row, study, one.nct_id) if study else []
        )
    return shown


# --- explaining


def explain(
    run: Run, compared: Iterable[Compared], history: History | None
) -> dict[int, list[Comparison]]:
    """The comparisons of each row, every difference with its cause; the history is asked only where the record does not tell."""
    explained: dict[int, list[Comparison]] = {}
    for one in compared:
        known = explained.setdefault(one.row_id, [])
        known += [_explained(run, one, comparison, history) for comparison in one.comparisons]
    return explained


def _explained(
    run: Run, one: Compared, comparison: Comparison, history: History | None
) -> Comparison:
    if comparison.verdict != Verdict.DIFFERS or one.trial is None:
        return comparison
    question = question_of(one.table, one.row, comparison, one.trial)
    told = by_ledger(
        question, read_silent_changes(run.database, one.trial.nct_id, comparison.field)
    ) or from_the_record(question)
    if told.cause != Cause.UNKNOWN or not question.accessed or not one.trial.complete:
        return told
    if history is None:
        return unexplained(comparison, HISTORY_NOT_ASKED)
    try:
        said = run.said.get(one.nct_id)
        versions = history.versions(
            one.trial, run.known[one.trial.nct_id].retrieved_at, said.load if said else None
        )
        return by_history(
            question, versions, lambda version: history.facts(question.now.nct_id, version)
        )
    except NoHistory as error:
        return unexplained(comparison, str(error))


# --- accounts


def account(run: Run, registry: Registry | None, load: RegistryLoad | None) -> None:
    """Closes the run: asked = changed + unchanged + new + gone + not checked, and a problem for each that was not checked."""
    outcomes = {nct_id: _outcome(run, nct_id, load) for nct_id in run.asked}
    unchecked = [
        nct_id for nct_id, outcome in outcomes.items() if outcome == TrialOutcome.NOT_CHECKED
    ]
    # What was given up in one walk may have been answered in the next.
    met = [
        problem
        for problem in run.problems
        if problem.kind != ProblemKind.NOT_CHECKED or problem.nct_id in unchecked
    ]
    problems = [*met, *_not_checked(run, unchecked, registry), *_answers(run)]
    at = run.clock()
    with run.database.transaction():
        mark_stale(run.database, unchecked, at)
        mark_checked(
            run.database,
            [nct_id for nct_id, outcome in outcomes.items() if outcome != TrialOutcome.NOT_CHECKED],
            at,
        )
        add_problems(run.database, run.id, problems, at)
        if registry:
            count_requests(run.database, run.id, *registry.take_counts())
        counts = {
            outcome.column: list(outcomes.values()).count(outcome) for outcome in TrialOutcome
        }
        finish_run(
            run.database,
            run.id,
            {
                "finished_at": at,
                "outcome": _how_it_went(run, registry, unchecked),
                "asked": len(outcomes),
                **counts,
                **_load_columns(load),
            },
        )


def _outcome(run: Run, nct_id: str, load: RegistryLoad | None) -> TrialOutcome:
    said = run.said.get(nct_id)
    if load is None or said is None or said.load != load.name:
        return TrialOutcome.NOT_CHECKED
    if said.run_id == run.id:
        return said.outcome
    return TrialOutcome.GONE if said.outcome == TrialOutcome.GONE else TrialOutcome.UNCHANGED


def _not_checked(run: Run, unchecked: Iterable[str], registry: Registry | None) -> list[Problem]:
    """One problem for each trial that was not looked at, unless it has its own already."""
    explained = {
        problem.nct_id for problem in run.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    kinds = {problem.kind for problem in run.problems}
    why = (
        "worked offline, from the cache"
        if registry is None
        else next(
            (
                kind.leaves_unchecked
                for kind in ProblemKind
                if kind in kinds and kind.leaves_unchecked
            ),
            "not asked: the registry stopped answering",
        )
    )
    return [
        Problem(ProblemKind.NOT_CHECKED, why, nct_id)
        for nct_id in unchecked
        if nct_id not in explained
    ]


def _answers(run: Run) -> list[Problem]:
    """What the registry said about ids that are not plainly there, in words."""
    return [
        Problem(ProblemKind(said.answer), _ANSWERS[said.answer].format(said), nct_id)
        for nct_id in run.asked
        if (said := run.said.get(nct_id)) and said.answer in _ANSWERS
    ]


_ANSWERS = {
    Answer.MERGED: "merged into {0.trial_id}: the registry answers under that id",
    Answer.GONE: "removed: the registry had this record and has it no longer",
    Answer.UNKNOWN: "unknown: the registry has no record under this id",
}


def _how_it_went(run: Run, registry: Registry | None, unchecked: Sequence[str]) -> RunOutcome:
    if registry is None:
        return RunOutcome.OFFLINE
    if any(problem.kind == ProblemKind.UNREACHABLE for problem in run.problems):
        return RunOutcome.UNREACHABLE
    return RunOutcome.PARTIAL if unchecked else RunOutcome.COMPLETE


def _load_columns(load: RegistryLoad | None) -> dict[str, str | None]:
    return (
        {"load": load.name, "data_timestamp": load.data_timestamp, "api_version": load.api_version}
        if load
        else {}
    )
