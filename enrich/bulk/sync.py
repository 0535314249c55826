"""One run from the registry's own bulk download, in reading order: take in, compare, account. No request is sent."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from enrich.bulk.archive import Archive, Part
from enrich.bulk.tasks import ParsedEntry, RejectedEntry, RowForTrial, compare_batch, parse_batch
from enrich.bulk.workers import WorkerPool
from enrich.changes.versioning import IngestDecision, StoredVersion, decide
from enrich.compare.causes import by_ledger, question_of
from enrich.models import (
    Answer,
    Comparison,
    Problem,
    ProblemKind,
    RegistryAnswer,
    Row,
    RunOutcome,
    Study,
    Table,
    TrialOutcome,
    Verdict,
)
from enrich.storage.archive_parts import (
    read_ingested_before,
    read_stored_parts,
    save_end,
    save_part,
    sum_parts,
)
from enrich.storage.comparisons import (
    read_row_ids,
    save_comparisons,
    save_context_notes,
    save_tables,
)
from enrich.storage.database import Database
from enrich.storage.runs import add_problems, begin_run, finish_run, read_problem_ids
from enrich.storage.trials import (
    mark_stale,
    newest_data_timestamp,
    read_answers,
    read_last_changes,
    read_latest_versions,
    read_load_dates,
    read_silent_changes,
    read_study,
    read_trials,
    save_answers,
    save_decisions,
)

ROWS = 500


@dataclass
class Bulk:
    """What one run works with; *said* and *problems* grow on the way. *whole*: every record is taken in, listed or not."""

    id: int
    archive: Archive
    printed: frozenset[str]
    database: Database
    pool: WorkerPool
    whole: bool
    now: Callable[[], str]
    told: Callable[[int, int | None], None]
    said: dict[str, RegistryAnswer] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def sync_from(
    archive: Archive,
    tables: Sequence[Table],
    database: Database,
    pool: WorkerPool,
    *,
    whole: bool,
    now: Callable[[], str],
    told: Callable[[int, int | None], None] = lambda done, of: None,
) -> int:
    """Brings the database up to date with an archive and the tables; the id of the run that says how it went.

    Batches are processed by *pool*. *told* hears how many records of how many are done, None where nobody knows.
    """
    printed = frozenset(nct_id for table in tables for nct_id in table.nct_ids)
    save_tables(database, tables)
    run = Bulk(begin_run(database, now()), archive, printed, database, pool, whole, now, told)
    run.said = {
        nct_id: said for nct_id, said in read_answers(database).items() if nct_id in printed
    }
    take_in(run)
    for table in tables:
        compare(run, table)
    account(run)
    return run.id


# --- taking in


def take_in(run: Bulk) -> None:
    """Reads all records, or those that the tables list; then, for ids that no record bears, those that have absorbed another."""
    _walk(run, None if run.whole else run.printed, None)
    left = frozenset(
        run.printed - {nct_id for nct_id, said in run.said.items() if said.load == run.archive.name}
    )
    if left and not run.whole:
        _walk(run, None, left)


def _walk(run: Bulk, wanted: frozenset[str] | None, only: frozenset[str] | None) -> None:
    walk = _walk_name(run.archive, wanted, only)
    if _was_taken_in(run, walk):
        return
    done = read_stored_parts(run.database, run.id, walk)
    seen, of = sum(done.values()), run.archive.count if wanted is None else len(wanted)
    for (part, known, _, _), studied in run.pool.map_ordered(
        study_part, _calls(run, wanted, only, done)
    ):
        _keep(run, walk, part, known, studied)
        seen += len(part.nct_ids)
        run.told(seen, of)
    save_end(run.database, run.id, walk)


def _was_taken_in(run: Bulk, walk: str) -> bool:
    """Whether an earlier run took in all of this archive: then every record of it is known, and the run says so without reading it again."""
    answered = all(
        nct_id in run.said and run.said[nct_id].load == run.archive.name for nct_id in run.printed
    )
    seen = read_ingested_before(run.database, run.id, walk) if answered else None
    if seen is None:
        return False
    with run.database.transaction():
        save_part(run.database, run.id, walk, 0, {TrialOutcome.UNCHANGED: seen})
    return True


def _walk_name(archive: Archive, wanted: frozenset[str] | None, only: frozenset[str] | None) -> str:
    """The same archive walked for other ids is cut into other parts."""
    ids = ["*" if of is None else ",".join(sorted(of)) for of in (wanted, only)]
    return f"{archive.name}:{hashlib.sha256('|'.join(ids).encode()).hexdigest()[:16]}"


def _calls(
    run: Bulk, wanted: frozenset[str] | None, only: frozenset[str] | None, done: Mapping[int, int]
) -> Iterator[tuple[Any, ...]]:
    for part in run.archive.parts(wanted):
        if part.number not in done:
            yield part, read_latest_versions(run.database, part.nct_ids), run.now(), only


def study_part(
    part: Part, known: Mapping[str, StoredVersion], now: str, only: frozenset[str] | None
) -> list[ParsedEntry | RejectedEntry]:
    """What a worker does: reads a part of the archive and studies its records."""
    return parse_batch(part.read(), known, now, only)


def _keep(
    run: Bulk,
    walk: str,
    part: Part,
    known: Mapping[str, StoredVersion],
    told: Sequence[ParsedEntry | RejectedEntry],
) -> None:
    """Stores a part, in one transaction with the note that it is done."""
    studied = [one for one in told if isinstance(one, ParsedEntry)]
    unusable = [
        Problem(ProblemKind.UNUSABLE, f"{one.name}: {one.reason}")
        for one in told
        if isinstance(one, RejectedEntry)
    ]
    with run.database.transaction():
        newer, older = _by_age(run.database, studied)
        judged = _judged(run, newer, known)
        _note_answers(run, judged, newer)
        counts = Counter(one.outcome for one in judged) + Counter(
            {TrialOutcome.NOT_CHECKED: len(unusable) + len(older)}
        )
        add_problems(run.database, run.id, [*unusable, *_put_off(run, older)], run.now())
        save_part(run.database, run.id, walk, part.number, counts)


def _by_age(
    database: Database, studied: Sequence[ParsedEntry]
) -> tuple[list[ParsedEntry], list[ParsedEntry]]:
    """What an archive says, apart from what is known already from a later load: an old download never undoes what came after it."""
    loaded = read_load_dates(database, [one.copy.nct_id for one in studied])
    older = [
        one
        for one in studied
        if one.copy.data_timestamp
        and loaded.get(one.copy.nct_id, "")[:10] > one.copy.data_timestamp
    ]
    return [one for one in studied if one not in older] if older else list(studied), older


def _put_off(run: Bulk, older: Iterable[ParsedEntry]) -> Iterator[Problem]:
    for one in older:
        for name in one.names:
            if name == one.copy.nct_id or name in run.printed:
                yield Problem(
                    ProblemKind.NOT_CHECKED,
                    f"the archive's record, of {one.copy.data_timestamp}, is older than the one at hand",
                    name,
                )


def _judged(
    run: Bulk, studied: Iterable[ParsedEntry], known: Mapping[str, StoredVersion]
) -> list[IngestDecision]:
    """Judges what only the database can judge, and stores each record; one that comes twice is judged against the first."""
    ready: list[IngestDecision] = []
    kept: list[IngestDecision] = []
    met: set[str] = set()
    current = read_latest_versions(run.database, known)
    for one in studied:
        nct_id = one.copy.nct_id
        if one.judged and nct_id not in met and current.get(nct_id) == known.get(nct_id):
            ready.append(one.judged)
        else:
            save_decisions(run.database, run.id, ready, checked=True)
            kept, ready = kept + ready, [_judged_here(run.database, one)]
        met.add(nct_id)
    save_decisions(run.database, run.id, ready, checked=True)
    return kept + ready


def _judged_here(database: Database, one: ParsedEntry) -> IngestDecision:
    nct_id = one.copy.nct_id
    known = read_latest_versions(database, (nct_id,)).get(nct_id)
    return decide(
        one.copy,
        known,
        lambda: read_study(database, nct_id, known.version if known else 0),
        lambda: read_last_changes(database, nct_id),
    )


def _note_answers(
    run: Bulk, judged: Sequence[IngestDecision], studied: Sequence[ParsedEntry]
) -> None:
    """Which printed ids these records answer: their own, and those that they absorbed."""
    said = [
        RegistryAnswer(
            name,
            outcome.copy.nct_id,
            Answer.FOUND if name == outcome.copy.nct_id else Answer.MERGED,
            run.archive.name,
            run.id,
            _outcome(run, name, outcome),
        )
        for outcome, one in zip(judged, studied, strict=True)
        for name in one.names
        if name in run.printed
    ]
    save_answers(run.database, said)
    run.said.update({one.nct_id: one for one in said})


def _outcome(run: Bulk, name: str, judged: IngestDecision) -> TrialOutcome:
    return judged.outcome if name in run.said else TrialOutcome.NEW


# --- comparing


def _by_ledger(run: Bulk, table: Table, row: Row, one: Comparison) -> Comparison:
    """A difference with what our own ledger saw of it, which the processes that compare cannot ask."""
    if one.verdict != Verdict.DIFFERS or one.nct_id is None:
        return one
    now = read_trials(run.database, [one.nct_id])[one.nct_id]
    silent = read_silent_changes(run.database, now.nct_id, one.field)
    return (by_ledger(question_of(table, row, one, now), silent) if silent else None) or one


def compare(run: Bulk, table: Table) -> None:
    """Compares every row with what is known now, also when nothing was taken in."""
    row_ids = read_row_ids(run.database, table.name)
    bare = replace(table, rows=(), warnings=())
    calls = (
        (bare, _listed(run.database, table, row_ids, table.rows[at : at + ROWS]))
        for at in range(0, len(table.rows), ROWS)
    )
    for _, found in run.pool.map_ordered(compare_batch, calls):
        rows = {row_ids[row.position]: row for row in table.rows}
        save_comparisons(
            run.database,
            run.id,
            {
                row_id: [_by_ledger(run, bare, rows[row_id], one) for one in ones]
                for row_id, ones in found.comparisons.items()
            },
        )
        save_context_notes(run.database, found.beside)


def _listed(
    database: Database, table: Table, row_ids: Mapping[int, int], rows: Sequence[Row]
) -> list[RowForTrial]:
    named = [(row, nct_id) for row in rows for nct_id in row.nct_ids]
    trials = read_trials(database, [nct_id for _, nct_id in named])
    shows = any(column.shows for column in table.columns)
    studies = _studies(database, [trial.nct_id for trial in trials.values()]) if shows else {}
    return [
        RowForTrial(
            row_ids[row.position],
            row,
            nct_id,
            trials.get(nct_id),
            studies.get(getattr(trials.get(nct_id), "nct_id", "")),
        )
        for row, nct_id in named
    ]


def _studies(database: Database, nct_ids: Iterable[str]) -> dict[str, Study]:
    return {
        nct_id: read_study(database, nct_id, known.version)
        for nct_id, known in read_latest_versions(database, nct_ids).items()
    }


# --- accounts


def account(run: Bulk) -> None:
    """Closes the run. That a record is missing in a download proves nothing, as the registry offers the result of a search under the same name."""
    absent = sorted(
        nct_id
        for nct_id in run.printed
        if not (nct_id in run.said and run.said[nct_id].load == run.archive.name)
    )
    older = read_problem_ids(run.database, run.id, ProblemKind.NOT_CHECKED)
    absent = [nct_id for nct_id in absent if nct_id not in older]
    counts = _counts(run, absent)
    at = run.now()
    with run.database.transaction():
        mark_stale(run.database, absent, at)
        add_problems(
            run.database,
            run.id,
            [
                *run.problems,
                *(
                    Problem(ProblemKind.NOT_CHECKED, "not in the archive", nct_id)
                    for nct_id in absent
                ),
            ],
            at,
        )
        outcome = RunOutcome.PARTIAL if counts["not_checked"] else RunOutcome.COMPLETE
        finish_run(
            run.database,
            run.id,
            {
                "finished_at": at,
                "outcome": outcome,
                "asked": sum(counts.values()),
                **counts,
                "gone": 0,
                "load": run.archive.name,
                "data_timestamp": newest_data_timestamp(run.database),
            },
        )


def _counts(run: Bulk, absent: Sequence[str]) -> dict[str, int]:
    """By printed id where only the listed trials were wanted, else by record."""
    if not run.whole:
        outcomes = Counter(
            said.outcome
            for nct_id, said in run.said.items()
            if nct_id in run.printed and said.load == run.archive.name
        )
        return {
            "changed": outcomes[TrialOutcome.CHANGED],
            "unchanged": outcomes[TrialOutcome.UNCHANGED],
            "new": outcomes[TrialOutcome.NEW],
            "not_checked": len(run.printed) - outcomes.total(),
        }
    counts = sum_parts(run.database, run.id)
    return {**counts, "not_checked": counts["not_checked"] + len(absent)}
