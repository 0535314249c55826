"""One run, in reading order: tables, gate, fetch, remember, compare, explain; `session.py` reports
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from enrich.changes.answers import answer_problems, outcome_under
from enrich.errors import EnrichError
from enrich.models import Problem, ProblemKind, RegistryLoad, RunOutcome, Table, TrialOutcome
from enrich.registry.history import History
from enrich.run.context import RunContext, RunSettings
from enrich.run.due_rows import DueRow, due_rows
from enrich.run.fetch import fetch
from enrich.run.ingest import load_newer_cache_copies
from enrich.storage.cache import Cache
from enrich.storage.comparisons import save_comparisons, save_context_notes
from enrich.storage.database import Database
from enrich.storage.dismissals import update_dismissals
from enrich.storage.open_histories import save_open_histories
from enrich.storage.paper_news import claim_paper_news, count_service_requests
from enrich.storage.participants import update_participant_counts
from enrich.storage.runs import add_problems, begin_run, count_requests, finish_run
from enrich.storage.tables import save_tables
from enrich.storage.trials import mark_checked, mark_stale, read_answers, read_latest_versions

if TYPE_CHECKING:
    from enrich.registry.client import Registry
    from enrich.run.papers import PaperSources


def sync(
    tables: Sequence[Table],
    registry: Registry | None,
    database: Database,
    cache: Cache,
    history: History | None = None,
    *,
    clock: Callable[[], str],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_history: Callable[[int, int], None] = lambda done, total: None,
    accept: bool = False,
    ends_missing: bool = False,
    settings: RunSettings | None = None,
    papers: PaperSources | None = None,
) -> int:
    """Brings the database up to date with the registry and the tables; gives the id of the run.

    Without a *registry* the run works from the cache alone; without a *history* no difference is
    traced through earlier versions of its record. *clock* gives the time (ISO, UTC); *on_progress*
    gets the number of trials done, and of all; *on_history* that of histories. *accept*: what the
    rules of plausibility.py hold back is taken over, as a person said. *ends_missing*: *tables* are
    all that there are, so that a stored one whose description is gone leaves the database.
    *papers*: whom to ask about the papers of the trials; they are not looked up without it.
    """
    started_at = clock()
    run_id = begin_run(database, started_at)
    tables, held_back = save_tables(
        database, run_id, tables, accept=accept, ends_missing=ends_missing
    )
    run = _begin(
        run_id,
        started_at,
        tables,
        database,
        cache,
        clock,
        on_progress,
        accept=accept,
        settings=settings or RunSettings(),
    )
    run.problems += held_back
    load_newer_cache_copies(run, [nct_id for nct_id in run.asked if not run.has_record(nct_id)])
    load = _fetch(run, tables, registry)
    due = due_rows(run, tables)
    if due:
        _compare(run, tables, due, history, on_history)
    else:
        with database.transaction():
            update_dismissals(database, tables)
    _check_watched_places(run, tables)
    if papers:
        _find_papers(run, papers)
    _update_searches(run, tables, registry, load)
    _finish(run, registry, load)
    return run.id


def _begin(
    run_id: int,
    started_at: str,
    tables: Sequence[Table],
    database: Database,
    cache: Cache,
    clock: Callable[[], str],
    on_progress: Callable[[int, int], None],
    *,
    accept: bool,
    settings: RunSettings,
) -> RunContext:
    asked = tuple(dict.fromkeys(nct_id for table in tables for nct_id in table.nct_ids))
    answers = read_answers(database, asked)
    trial_ids = {answer.trial_id for answer in answers.values() if answer.trial_id}
    return RunContext(
        run_id,
        started_at,
        asked,
        database,
        cache,
        clock,
        on_progress,
        answers,
        read_latest_versions(database, {*asked, *trial_ids}),
        accept,
        settings,
    )


def _fetch(
    run: RunContext, tables: Sequence[Table], registry: Registry | None
) -> RegistryLoad | None:
    """The load in force, after every id was asked about; None where the cache has to do."""
    is_asked = run.asked or any(table.search for table in tables)
    # The gate, then page by page: each is stored before the next is asked for.
    load = fetch(run, registry) if registry and is_asked else None
    if load is None:
        load_newer_cache_copies(run, run.asked)
    return load


def _find_papers(run: RunContext, sources: PaperSources) -> None:
    """Looks up the papers of the listed trials; what fails is a problem of the run, and no more."""
    # A run that looks up no papers does not load these.
    from enrich.run.papers import PaperRun, find_papers
    from enrich.storage.papers import read_listed_trials

    found, ids = PaperRun(), run.trial_ids
    trials = read_listed_trials(run.database)
    listed = {nct_id: trial for nct_id, trial in trials.items() if nct_id in ids}
    try:
        find_papers(run.database, listed, sources, run.clock(), found)
    except EnrichError as error:
        run.report(ProblemKind.PAPERS, str(error))
    run.problems += [
        Problem(ProblemKind.PAPERS, problem, subject=service)
        for service, problem in found.problems.items()
    ]
    with run.database.transaction():
        count_service_requests(run.database, run.id, found.requests)


def _check_watched_places(run: RunContext, tables: Sequence[Table]) -> None:
    """Reports the watched places that cannot be found."""
    watching = [table for table in tables if table.watch]
    if watching:
        from enrich.storage.sites import watch_problems  # most tables watch no place

        run.problems += watch_problems(run.database, watching)


def _update_searches(
    run: RunContext,
    tables: Sequence[Table],
    registry: Registry | None,
    load: RegistryLoad | None,
) -> None:
    """Asks the searches of the tables that have one."""
    searching = [table for table in tables if table.search]
    if not searching:
        return
    from enrich.run.search import SearchSettings, update_search  # most tables have none

    settings = SearchSettings(run.clock(), run.id, run.accept)
    for table in searching:
        run.problems += update_search(run.database, table, registry, load, settings)


def _compare(
    run: RunContext,
    tables: Sequence[Table],
    due: Sequence[DueRow],
    history: History | None,
    on_history: Callable[[int, int], None],
) -> None:
    """Compares these rows, explains the differences, and stores both, with the histories that later
    runs read.
    """
    # A night that brought nothing new needs none of these.
    from enrich.run.comparison import compare, context_for_rows, rows_done
    from enrich.run.descriptions import description_problems
    from enrich.run.explanation import explain

    compared = compare(run, due)
    run.problems += description_problems(compared)
    explanation = explain(run, compared, history, on_history)
    database, explained = run.database, explanation.comparisons
    with database.transaction():
        save_context_notes(database, context_for_rows(run, compared))
        update_participant_counts(database, (row.trial for row in compared if row.trial))
        save_comparisons(database, run.id, explained, rows_done(compared, explained))
        update_dismissals(database, tables)
        save_open_histories(database, run.id, explanation.postponed, explanation.done)


# --- the end of a run


def _finish(run: RunContext, registry: Registry | None, load: RegistryLoad | None) -> None:
    """Closes the run: asked = changed + unchanged + new + gone + not checked, with a problem for
    each not checked.
    """
    load_name = load.name if load else None
    outcomes = {
        nct_id: outcome_under(run.answers.get(nct_id), load_name, run.id) for nct_id in run.asked
    }
    unchecked = [
        nct_id for nct_id, outcome in outcomes.items() if outcome == TrialOutcome.NOT_CHECKED
    ]
    problems = _problems(run, unchecked, offline=registry is None)
    finished_at = run.clock()
    with run.database.transaction():
        mark_stale(run.database, unchecked, finished_at)
        mark_checked(run.database, sorted(outcomes.keys() - {*unchecked}), finished_at)
        add_problems(run.database, run.id, problems, finished_at)
        if registry:
            count_requests(run.database, run.id, *registry.take_counts())
        counts = {
            outcome.column: list(outcomes.values()).count(outcome) for outcome in TrialOutcome
        }
        columns = {
            "finished_at": finished_at,
            "outcome": _run_outcome(run, registry, unchecked),
            "asked": len(outcomes),
        }
        claim_paper_news(run.database, run.id, run.trial_ids)
        finish_run(run.database, run.id, {**columns, **counts, **_load_columns(load)})


def _problems(run: RunContext, unchecked: Sequence[str], *, offline: bool) -> list[Problem]:
    """What went wrong, a problem for each trial that was not checked, and what the registry
    answered about ids without a record.
    """
    # What was given up in one pass may have been answered in the next.
    lasting = [
        problem
        for problem in run.problems
        if problem.kind != ProblemKind.NOT_CHECKED or problem.nct_id in unchecked
    ]
    explained = {problem.nct_id for problem in lasting if problem.kind == ProblemKind.NOT_CHECKED}
    reason = "worked offline, from the cache" if offline else _reason_unchecked(lasting)
    others = [
        Problem(ProblemKind.NOT_CHECKED, reason, nct_id)
        for nct_id in unchecked
        if nct_id not in explained
    ]
    return [*lasting, *others, *answer_problems(run.asked, run.answers)]


def _reason_unchecked(problems: Iterable[Problem]) -> str:
    """Why trials without a reason of their own were not checked: the first kind of problem that
    explains it.
    """
    kinds = {problem.kind for problem in problems}
    reasons = (kind.handling.leaves_unchecked for kind in ProblemKind if kind in kinds)
    return next(filter(None, reasons), "not asked: the registry stopped answering")


def _run_outcome(
    run: RunContext, registry: Registry | None, unchecked: Sequence[str]
) -> RunOutcome:
    if registry is None:
        return RunOutcome.OFFLINE
    if any(problem.kind == ProblemKind.UNREACHABLE for problem in run.problems):
        return RunOutcome.UNREACHABLE
    return RunOutcome.PARTIAL if unchecked else RunOutcome.COMPLETE


def _load_columns(load: RegistryLoad | None) -> dict[str, Any]:
    if load is None:
        return {}
    return {
        "load": load.name,
        "data_timestamp": load.data_timestamp,
        "api_version": load.api_version,
    }
