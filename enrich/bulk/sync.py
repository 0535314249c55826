"""One run from the registry's own bulk download, in reading order: ingest, compare, finish.

No request is sent.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enrich.bulk.archive import Archive, Part
from enrich.bulk.tasks import ParsedEntry, RejectedEntry, RowForTrial, compare_batch, parse_batch
from enrich.bulk.workers import WorkerPool
from enrich.changes.answers import answer_about, judge_answers
from enrich.changes.versioning import IngestDecision, StoredVersion, decide
from enrich.compare.causes import question_of
from enrich.compare.participants import may_be_another_number, with_number_named
from enrich.dates import is_in_future, latest_day
from enrich.models import (
    Comparison,
    Problem,
    ProblemKind,
    RegistryAnswer,
    Row,
    RunOutcome,
    Table,
    TrialOutcome,
    Verdict,
)
from enrich.runtime import ALL_SHORTCUTS, Shortcuts
from enrich.storage.archive_parts import (
    read_ingested_before,
    read_stored_parts,
    save_end,
    save_part,
    sum_parts,
)
from enrich.storage.comparisons import save_comparisons, save_context_notes
from enrich.storage.database import Database
from enrich.storage.dismissals import update_dismissals
from enrich.storage.earlier import cause_from_database
from enrich.storage.paper_news import claim_paper_news
from enrich.storage.participants import update_participant_counts
from enrich.storage.runs import add_problems, begin_run, finish_run, read_problem_ids
from enrich.storage.sites import watch_problems
from enrich.storage.tables import read_row_ids, save_tables
from enrich.storage.trials import (
    add_changes,
    mark_stale,
    newest_data_timestamp,
    read_answers,
    read_last_changes,
    read_latest_studies,
    read_latest_versions,
    read_load_dates,
    read_study,
    read_trials,
    save_answers,
    save_decisions,
)

# Small enough that all workers get some rows of a table, large enough that few batches are sent.
ROWS_PER_BATCH = 500


@dataclass
class BulkRun:
    """What one run works with. *answers* and *problems* grow on the way.

    With *all_records*, every record is stored, whether a table lists it or not. *clock* gives the
    time (ISO, UTC). *on_progress* gets the number of records that are done and that of all, None
    where it is not known.
    """

    id: int
    archive: Archive
    listed_ids: frozenset[str]
    database: Database
    pool: WorkerPool
    all_records: bool
    clock: Callable[[], str]
    on_progress: Callable[[int, int | None], None]
    shortcuts: Shortcuts = ALL_SHORTCUTS
    answers: dict[str, RegistryAnswer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def is_answered(self, nct_id: str) -> bool:
        """Whether this archive has a record that answers to *nct_id*."""
        answer = self.answers.get(nct_id)
        return answer is not None and answer.load == self.archive.name


def sync_with_archive(
    archive: Archive,
    tables: Sequence[Table],
    database: Database,
    pool: WorkerPool,
    *,
    all_records: bool,
    clock: Callable[[], str],
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
    accept: bool = False,
) -> int:
    """Brings the database up to date with *archive* and *tables*. Returns the id of the run.

    A table that lost many rows at once is held back unless a person says *accept*. The other
    parameters are those of `BulkRun`.
    """
    run_id = begin_run(database, clock())
    tables, held_back = save_tables(database, run_id, tables, accept=accept)
    listed_ids = frozenset(nct_id for table in tables for nct_id in table.nct_ids)
    run = BulkRun(
        run_id, archive, listed_ids, database, pool, all_records, clock, on_progress, shortcuts
    )
    run.problems += held_back
    answers = read_answers(database)
    run.answers = {nct_id: answers[nct_id] for nct_id in answers if nct_id in listed_ids}
    ingest(run)
    for table in tables:
        compare_table(run, table)
    update_dismissals(database, tables)
    run.problems += watch_problems(database, tables)
    finish(run)
    return run_id


# --- ingesting


def ingest(run: BulkRun) -> None:
    """Stores all records, or those that the tables list.

    Then, for ids that no record has as its own, those that have absorbed another record.
    """
    _ingest_pass(run, None if run.all_records else run.listed_ids, None)
    unanswered = frozenset(nct_id for nct_id in run.listed_ids if not run.is_answered(nct_id))
    if unanswered and not run.all_records:
        _ingest_pass(run, None, unanswered)


def _ingest_pass(
    run: BulkRun, wanted_ids: frozenset[str] | None, alias_ids: frozenset[str] | None
) -> None:
    """Stores the records with *wanted_ids*, those that answer to *alias_ids*, or all.

    A run that was cut off continues with the parts that it has not stored.
    """
    key = _ingest_key(run.archive, wanted_ids, alias_ids)
    if _was_ingested(run, key):
        return
    stored_parts = read_stored_parts(run.database, run.id, key)
    done = sum(stored_parts.values())
    total = run.archive.count if wanted_ids is None else len(wanted_ids)
    run.on_progress(done, total)
    calls = _calls(run, wanted_ids, alias_ids, stored_parts)
    for (part, stored, *_), results in run.pool.map_ordered(parse_part, calls):
        _store_part(run, key, part, stored, results)
        done += len(part.nct_ids)
        run.on_progress(done, total)
    # Ids that the archive does not hold were looked for, too.
    run.on_progress(total or done, total)
    save_end(run.database, run.id, key)


def _was_ingested(run: BulkRun, key: str) -> bool:
    """Whether an earlier run has stored all of this archive: then its records are unchanged."""
    if not all(map(run.is_answered, run.listed_ids)):
        return False
    records = read_ingested_before(run.database, run.id, key)
    if records is None:
        return False
    with run.database.transaction():
        save_part(run.database, run.id, key, 0, {TrialOutcome.UNCHANGED: records})
    return True


def _ingest_key(
    archive: Archive, wanted_ids: frozenset[str] | None, alias_ids: frozenset[str] | None
) -> str:
    """A name for the archive and the ids: for other ids it is cut into other parts."""
    ids = ["*" if some is None else ",".join(sorted(some)) for some in (wanted_ids, alias_ids)]
    return f"{archive.name}:{hashlib.sha256('|'.join(ids).encode()).hexdigest()[:16]}"


def _calls(
    run: BulkRun,
    wanted_ids: frozenset[str] | None,
    alias_ids: frozenset[str] | None,
    stored_parts: Mapping[int, int],
) -> Iterator[tuple[Any, ...]]:
    """The arguments of `parse_part` for each part that is not stored."""
    for part in run.archive.parts(wanted_ids):
        if part.number not in stored_parts:
            yield (
                part,
                read_latest_versions(run.database, part.nct_ids),
                run.clock(),
                alias_ids,
                run.shortcuts,
            )


def parse_part(
    part: Part,
    stored: Mapping[str, StoredVersion],
    now: str,
    alias_ids: frozenset[str] | None,
    shortcuts: Shortcuts,
) -> list[ParsedEntry | RejectedEntry]:
    """What a worker does: reads a part of the archive and parses its records."""
    return parse_batch(part.read(), stored, now, alias_ids, shortcuts)


def _store_part(
    run: BulkRun,
    key: str,
    part: Part,
    stored: Mapping[str, StoredVersion],
    results: Sequence[ParsedEntry | RejectedEntry],
) -> None:
    """Stores the records of a part, in one transaction with the note that it is stored."""
    parsed = [result for result in results if isinstance(result, ParsedEntry)]
    rejected = [
        Problem(ProblemKind.UNUSABLE, f"{result.name}: {result.reason}")
        for result in results
        if isinstance(result, RejectedEntry)
    ]
    with run.database.transaction():
        current, outdated = _split_outdated(run.database, parsed, run.clock())
        decisions = _save_records(run, current, stored)
        _save_answers(run, decisions, current)
        counts = Counter(decision.outcome for decision in decisions)
        counts[TrialOutcome.NOT_CHECKED] += len(rejected) + len(outdated)
        problems = [*rejected, *_outdated_problems(run, outdated)]
        add_problems(run.database, run.id, problems, run.clock())
        save_part(run.database, run.id, key, part.number, counts)


def _split_outdated(
    database: Database, entries: Sequence[ParsedEntry], now: str
) -> tuple[list[ParsedEntry], list[ParsedEntry]]:
    """The records to store, and those of an earlier load than what is stored, or of one that is
    still to come at the time *now* (ISO, UTC).

    An old download never undoes what came after it.
    """
    load_dates = read_load_dates(database, [entry.record.nct_id for entry in entries])
    current: list[ParsedEntry] = []
    outdated: list[ParsedEntry] = []
    for entry in entries:
        day, stored_day = entry.record.data_timestamp, load_dates.get(entry.record.nct_id, "")[:10]
        is_outdated = day and stored_day > day and not is_in_future(stored_day, now)
        (outdated if is_outdated or is_in_future(day, now) else current).append(entry)
    return current, outdated


def _outdated_problems(run: BulkRun, outdated: Iterable[ParsedEntry]) -> Iterator[Problem]:
    for entry in outdated:
        day = entry.record.data_timestamp
        fault = "still to come" if is_in_future(day, run.clock()) else "older than the stored one"
        message = f"the record in the archive, of {day}, is {fault}"
        for nct_id in entry.nct_ids:
            if nct_id == entry.record.nct_id or nct_id in run.listed_ids:
                yield Problem(ProblemKind.NOT_CHECKED, message, nct_id)


def _save_records(
    run: BulkRun, entries: Iterable[ParsedEntry], stored: Mapping[str, StoredVersion]
) -> list[IngestDecision]:
    """Stores each record, and decides what a worker could not.

    *stored* is what the workers compared with. A record that comes twice is compared with the
    first.
    """
    ready: list[IngestDecision] = []
    saved: list[IngestDecision] = []
    seen: set[str] = set()
    latest = read_latest_versions(run.database, stored)
    for entry in entries:
        nct_id = entry.record.nct_id
        is_as_compared = nct_id not in seen and latest.get(nct_id) == stored.get(nct_id)
        if entry.decision and is_as_compared:
            ready.append(entry.decision)
        else:
            save_decisions(run.database, run.id, ready, checked=True)
            saved, ready = saved + ready, [_decide_with_database(run.database, entry)]
        seen.add(nct_id)
    save_decisions(run.database, run.id, ready, checked=True)
    return saved + ready


def _decide_with_database(database: Database, entry: ParsedEntry) -> IngestDecision:
    nct_id = entry.record.nct_id
    stored = read_latest_versions(database, (nct_id,)).get(nct_id)
    return decide(
        entry.record,
        stored,
        lambda: read_study(database, nct_id, stored.version if stored else 0),
        lambda: read_last_changes(database, nct_id),
    )


def _save_answers(
    run: BulkRun, decisions: Sequence[IngestDecision], entries: Sequence[ParsedEntry]
) -> None:
    """Which listed ids these records answer: their own, and those of records that they absorbed.

    That a record came back or became part of another is a change of the ledger, as in any run.
    """
    versions = {decision.record.nct_id: decision.version for decision in decisions}
    answers, changes = judge_answers(
        (
            _answer(run, nct_id, entry.record.nct_id, decision.outcome)
            for decision, entry in zip(decisions, entries, strict=True)
            for nct_id in entry.nct_ids
            if nct_id in run.listed_ids
        ),
        run.answers,
    )
    add_changes(
        run.database, run.id, ((nct_id, versions[nct_id], change) for nct_id, change in changes)
    )
    save_answers(run.database, answers)
    run.answers.update({answer.nct_id: answer for answer in answers})


def _answer(run: BulkRun, nct_id: str, trial_id: str, outcome: TrialOutcome) -> RegistryAnswer:
    return answer_about(nct_id, trial_id, run.archive.name, run.id, outcome)


# --- comparing


def compare_table(run: BulkRun, table: Table) -> None:
    """Compares every row with what is stored now, also when nothing was ingested."""
    row_ids = read_row_ids(run.database, table.name)
    rows = {row_ids[row.position]: row for row in table.rows}
    bare_table = replace(table, rows=(), warnings=())
    calls = (
        (
            bare_table,
            _rows_for_trials(run.database, table, row_ids, table.rows[at : at + ROWS_PER_BATCH]),
        )
        for at in range(0, len(table.rows), ROWS_PER_BATCH)
    )
    for _, result in run.pool.map_ordered(compare_batch, calls):
        comparisons = {
            row_id: [_with_ledger(run, bare_table, rows[row_id], comparison) for comparison in some]
            for row_id, some in result.comparisons.items()
        }
        save_comparisons(run.database, run.id, comparisons)
        save_context_notes(run.database, result.context_notes)
    with run.database.transaction():
        trials = read_trials(run.database, table.nct_ids).values()
        update_participant_counts(run.database, trials)


def _with_ledger(run: BulkRun, table: Table, row: Row, comparison: Comparison) -> Comparison:
    """A difference with the cause that our ledger of changes shows, and with the number of people
    that its cell gives instead of the enrolment: the workers cannot read the database.
    """
    if comparison.verdict != Verdict.DIFFERS or comparison.nct_id is None:
        return comparison
    trial = read_trials(run.database, [comparison.nct_id])[comparison.nct_id]
    question = question_of(table, row, comparison, trial)
    explained = cause_from_database(run.database, question) or comparison
    if not may_be_another_number(explained, trial):
        return explained
    study = read_latest_studies(run.database, [trial.nct_id])[trial.nct_id]
    return with_number_named(explained, trial, study)


def _rows_for_trials(
    database: Database, table: Table, row_ids: Mapping[int, int], rows: Sequence[Row]
) -> list[RowForTrial]:
    named = [(row, nct_id) for row in rows for nct_id in row.nct_ids]
    trials = read_trials(database, [nct_id for _, nct_id in named])
    needs_studies = any(column.shows for column in table.columns)
    studies = read_latest_studies(
        database, [trial.nct_id for trial in trials.values()] if needs_studies else []
    )
    rows_for_trials = []
    for row, nct_id in named:
        trial = trials.get(nct_id)
        study = studies.get(trial.nct_id) if trial else None
        rows_for_trials.append(RowForTrial(row_ids[row.position], row, nct_id, trial, study))
    return rows_for_trials


# --- finishing


def finish(run: BulkRun) -> None:
    """Closes the run: its counts, its outcome, and a problem for each listed id without an answer.

    That a record is missing in a download proves nothing about the registry, which offers the
    result of any search under the same name.
    """
    has_problem = read_problem_ids(run.database, run.id, ProblemKind.NOT_CHECKED)
    missing = sorted(
        nct_id
        for nct_id in run.listed_ids
        if not run.is_answered(nct_id) and nct_id not in has_problem
    )
    problems = [
        Problem(ProblemKind.NOT_CHECKED, "not in the archive", nct_id) for nct_id in missing
    ]
    counts = _counts(run, missing)
    is_partial = bool(counts["not_checked"])
    now = run.clock()
    with run.database.transaction():
        mark_stale(run.database, missing, now)
        add_problems(run.database, run.id, [*run.problems, *problems], now)
        claim_paper_news(run.database, run.id, _listed_trials(run))
        finish_run(
            run.database,
            run.id,
            {
                "finished_at": now,
                "outcome": RunOutcome.PARTIAL if is_partial else RunOutcome.COMPLETE,
                "asked": sum(counts.values()),
                **counts,
                "gone": 0,
                "load": run.archive.name,
                "data_timestamp": newest_data_timestamp(run.database, latest_day(now)),
            },
        )


def _listed_trials(run: BulkRun) -> frozenset[str]:
    """The ids of the records that answer for the listed ids."""
    answers = run.answers.values()
    return run.listed_ids | {answer.trial_id for answer in answers if answer.trial_id}


def _counts(run: BulkRun, missing: Sequence[str]) -> dict[str, int]:
    """The trials by outcome: the records where all were wanted, else the listed ids."""
    if run.all_records:
        counts = sum_parts(run.database, run.id)
        return {**counts, "not_checked": counts["not_checked"] + len(missing)}
    outcomes = Counter(
        answer.outcome for nct_id, answer in run.answers.items() if run.is_answered(nct_id)
    )
    return {
        **{
            outcome.column: outcomes[outcome]
            for outcome in (TrialOutcome.CHANGED, TrialOutcome.UNCHANGED, TrialOutcome.NEW)
        },
        "not_checked": len(run.listed_ids) - outcomes.total(),
    }
