"""Reads from the database what a report contains."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from enrich.changes.failures import Failure, reportable_failures
from enrich.errors import StoreError
from enrich.models import (
    Cause,
    Change,
    Comparison,
    ContextNote,
    LastingFailure,
    Problem,
    ProblemKind,
    PromisedCompletion,
    RecordedChange,
    RegistryAnswer,
    Report,
    ReportRow,
    ReportTable,
    Row,
    RunOutcome,
    RunSummary,
    Significance,
    Trial,
    TrialOutcome,
    TrialTimeline,
    Verdict,
)
from enrich.storage.database import Database, in_clause, json_ids, placeholders
from enrich.storage.open_histories import read_open_histories
from enrich.storage.paper_news import read_paper_news
from enrich.storage.rows import description_from_json
from enrich.storage.runs import last_asking_run
from enrich.storage.schema.views import CHANGE_SEEN_AT
from enrich.storage.searches import read_search_events, read_search_summaries
from enrich.storage.tables import read_original_names, read_table_changes
from enrich.storage.trials import TrialFreshness, read_answers, read_freshness, read_trials


def read_report(
    database: Database,
    run_id: int | None = None,
    *,
    since: int | None = None,
    with_timelines: bool = False,
    with_waiting: bool = False,
) -> Report:
    """The report of a run, by default the last, with the changes after run *since*, or its own.

    Only charts need the timelines, for which all changes of the trials are read. *with_waiting*:
    also the notices about papers that were found after the run, and that the next will report.
    """
    run = read_run(database, run_id)
    first = since + 1 if since is not None else run.id
    problems = read_problems(database, run.id)
    tables = _tables(database, run.id, _rows(database, _Period(run, first), problems))
    rows = [row for table in tables for row in table.rows]
    trials = {row.trial_id for row in rows if row.trial_id}
    listed = {row.nct_id for row in rows if row.nct_id}
    names = {table.name for table in tables}
    return Report(
        run,
        tables,
        changes=_changes(database, first, run.id, trials),
        problems=problems,
        new_comparisons=_new_differences(database, first),
        newly_out_of_date=_newly_out_of_date(database, first),
        since=_end_of_run_before(database, first),
        run_ids=_runs_since(database, first),
        is_longer=first < run.id,
        timelines=_timelines(database, trials) if with_timelines else {},
        lasting_failures=_lasting_failures(database, run, listed),
        histories_left=len(listed.intersection(read_open_histories(database))),
        paper_news=tuple(
            news
            for news in read_paper_news(database, first, run.id, with_waiting=with_waiting)
            if news.nct_id in trials
        ),
        table_changes=read_table_changes(database, first, run.id, names),
        original_names=read_original_names(database),
        search_events=read_search_events(database, first, run.id, names),
        searches=read_search_summaries(database, names),
        tag_uris_until=_tag_uris_until(database),
    )


def read_report_tables(database: Database) -> tuple[ReportTable, ...]:
    """The tables of the last run beside the registry, without what changed."""
    run = read_run(database)
    problems = read_problems(database, run.id)
    return _tables(database, run.id, _rows(database, _Period(run, run.id), problems))


# --- runs


def read_run(database: Database, run_id: int | None = None) -> RunSummary:
    """How a run went, the last finished one by default; StoreError where there is no such run."""
    is_wanted = "outcome <> ?" if run_id is None else "id = ?"
    columns = [name for name in RunSummary.__annotations__ if name != "services"]
    found = database.fetch_dicts(
        f"select {', '.join(columns)} from runs where {is_wanted} order by id desc limit 1",
        RunOutcome.RUNNING if run_id is None else run_id,
    )
    if not found:
        which = "" if run_id is None else f" {run_id}"
        raise StoreError(f"{database.path}: no finished run{which} in it; `enrich sync` makes one")
    services = dict(
        database.fetch_tuples(
            "select service, requests from service_requests where run_id = ? order by service",
            found[0]["id"],
        )
    )
    return RunSummary(
        **{**found[0], "outcome": RunOutcome(found[0]["outcome"]), "services": services}
    )


def _tag_uris_until(database: Database) -> str | None:
    """When the last run ended whose news was published under tag: URIs; None: there was none."""
    until: str | None = database.fetch_value(
        "select max(coalesce(finished_at, started_at)) from runs where tag_uris"
    )
    return until


def run_before(database: Database, since: str) -> int | None:
    """The run after which the time of a report begins; None for the last run alone.

    *since* is `last`, `first` (all changes after the first run), the number of a run, or a day
    (ISO). Raises ValueError where it is none of these, StoreError where there is no such run.
    """
    if since == "last":
        return None
    if since == "first":
        return int(database.fetch_value("select min(id) from runs") or 0)
    if re.fullmatch(r"\d{1,9}", since):
        return _existing_run(database, int(since))
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", since):
        raise ValueError(
            f"{since!r} is neither 'last' nor 'first' nor the number of a run"
            " nor a day such as 2026-11-01"
        )
    # Where a clock was put back, no run may be lost: all runs count from the first of that day on.
    before = database.fetch_value(
        """
        select max(id) from runs
        where id < coalesce((select min(id) from runs where started_at >= ?), id + 1)""",
        since,
    )
    return int(before or 0)


def _existing_run(database: Database, run_id: int) -> int:
    """*run_id*, if there is such a run; 0 is before the first."""
    if run_id and database.fetch_value("select id from runs where id = ?", run_id) is None:
        raise StoreError(
            f"{database.path}: no run {run_id} in it; the last is run {read_run(database).id}"
        )
    return run_id


def _end_of_run_before(database: Database, first: int) -> str | None:
    """When the last run before run *first* ended."""
    ended_at: str | None = database.fetch_value(
        "select max(finished_at) from runs where id < ?", first
    )
    return ended_at


def _runs_since(database: Database, first: int) -> dict[str, int]:
    """The runs from run *first* on, by when they ended."""
    return dict(
        database.fetch_tuples(
            "select coalesce(finished_at, started_at), id from runs where id >= ?", first
        )
    )


def read_problems(database: Database, run_id: int) -> tuple[Problem, ...]:
    """What went wrong in a run, in the order in which it was noticed."""
    return tuple(
        Problem(ProblemKind(kind), *columns)
        for kind, *columns in database.fetch_tuples(
            "select kind, message, nct_id, first_seen, subject from problems"
            " where run_id = ? order by id",
            run_id,
        )
    )


# --- tables and their rows


def _tables(
    database: Database, run_id: int, rows: Mapping[int, Sequence[ReportRow]]
) -> tuple[ReportTable, ...]:
    """The published tables that the run read, with their rows by the ids of the tables.

    All of them, where nobody noted which it read: it was a run of an older version, or over no
    table.
    """
    return tuple(
        ReportTable(
            name=name,
            header=tuple(json.loads(header)),
            rows=tuple(rows.get(table_id, ())),
            **description_from_json(description),
        )
        for table_id, name, header, description in database.fetch_tuples(
            "select id, name, header, description from tables where id in"
            " (select table_id from run_tables where run_id = :run) or not exists"
            " (select 1 from run_tables where run_id = :run) order by id",
            {"run": run_id},
        )
    )


@dataclass(frozen=True)
class _Period:
    """What a report is about: *run*, and the runs before it from run *first* on."""

    run: RunSummary
    first: int


def _rows(
    database: Database, period: _Period, problems: Sequence[Problem]
) -> dict[int, list[ReportRow]]:
    """By table, each row once for every trial that it names, or once if it names none."""
    ids = _grouped(database.fetch_tuples("select row_id, nct_id from row_ids order by rowid"), str)
    # The database may hold the whole registry; a report is about the trials that its rows name.
    printed = {nct_id for of_row in ids.values() for nct_id in of_row}
    reader = _RowReader(
        comparisons=_comparisons(database),
        context_notes=_context_notes(database),
        trials=(trials := read_trials(database, printed)),
        freshness=read_freshness(database, {trial.nct_id for trial in trials.values()}),
        answers=read_answers(database, printed),
        checked=_checked(database, period.run, problems),
        asked_first=_asked_first(database, period.first),
    )
    rows: dict[int, list[ReportRow]] = {}
    for table_id, row_id, position, cells, accessed in database.fetch_tuples(
        "select table_id, id, position, cells, accessed from rows order by table_id, position"
    ):
        row = Row(position, json.loads(cells), tuple(ids.get(row_id, ())), accessed)
        rows.setdefault(table_id, []).extend(reader.rows(row_id, row))
    return rows


@dataclass(frozen=True)
class _RowReader:
    """Everything that the rows of a report need, read once for all of them."""

    comparisons: Mapping[int, Sequence[Comparison]]
    context_notes: Mapping[int, Sequence[ContextNote]]
    trials: Mapping[str, Trial]
    freshness: Mapping[str, TrialFreshness]
    answers: Mapping[str, RegistryAnswer]
    checked: Callable[[str, str], bool]
    asked_first: Mapping[str, str]

    def rows(self, row_id: int, row: Row) -> list[ReportRow]:
        """*row*, whose id in the database is *row_id*, once for every trial that it names."""
        return [self._row(row_id, row, nct_id) for nct_id in row.nct_ids] or [
            ReportRow(row_id, row, None, None, ())
        ]

    def _row(self, row_id: int, row: Row, nct_id: str) -> ReportRow:
        trial, answer = self.trials.get(nct_id), self.answers.get(nct_id)
        comparisons = self.comparisons.get(row_id, ())
        notes = self.context_notes.get(row_id, ())
        return ReportRow(
            row_id,
            row,
            nct_id,
            trial,
            tuple([comparison for comparison in comparisons if comparison.nct_id == nct_id]),
            tuple([note for note in notes if note.nct_id == nct_id]),
            answer.answer if answer else None,
            **self._provenance(trial),
            checked=self.checked(nct_id, trial.nct_id if trial else nct_id),
            new_since=self.asked_first.get(nct_id),
        )

    def _provenance(self, trial: Trial | None) -> dict[str, str | None]:
        """The day for which the facts hold, since when that is in doubt, and their source."""
        if trial is None:
            return {}
        freshness = self.freshness[trial.nct_id]
        return {
            "as_of": _day(freshness.checked_at) or _day(freshness.data_timestamp),
            "stale_since": _day(freshness.stale_since),
            "gone_since": _day(freshness.gone_since),
            "source": freshness.source,
        }


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None


def _checked(
    database: Database, run: RunSummary, problems: Sequence[Problem]
) -> Callable[[str, str], bool]:
    """A function of a printed id and its record's id: whether the run had an answer about it."""
    confirmed = {
        nct_id
        for (nct_id,) in database.fetch_tuples(
            "select nct_id from trials where checked_at = ?", run.finished_at
        )
    }
    unchecked = {problem.nct_id for problem in problems if problem.kind == ProblemKind.NOT_CHECKED}
    without_record = {problem.nct_id for problem in problems if problem.kind == ProblemKind.UNKNOWN}
    return lambda nct_id, trial_id: (
        nct_id not in unchecked and (trial_id in confirmed or nct_id in without_record)
    )


def _asked_first(database: Database, first: int) -> dict[str, str]:
    """When the ids were first asked about, of those that were not before run *first*."""
    return dict(
        database.fetch_tuples(
            """
            select a.nct_id, r.finished_at from answers a join runs r on r.id = a.run_id
            where a.outcome = ? and a.run_id >= ?""",
            TrialOutcome.NEW,
            first,
        )
    )


# --- comparisons

# In the order of Comparison, behind the row.
_COMPARISONS = """
select
  c.row_id, c."column", c.field, c.cell, c.claim, c.registry, c.verdict, c.nct_id, c.cause,
  c.moved_on, c.note, c.evidence, c.link, coalesce(f.finished_at, f.started_at),
  c.dismissed, c.dismissed_before
from comparisons c join runs f on f.id = c.first_seen"""


def _comparisons(database: Database) -> dict[int, list[Comparison]]:
    """All comparisons, by row."""
    return _grouped(database.fetch_tuples(f"{_COMPARISONS} order by c.id"), _comparison)


def _comparison(*columns: Any) -> Comparison:
    column, field, cell, claim, registry, verdict, nct_id, cause, *more = columns
    return Comparison(
        *(column, field, cell, claim, registry),
        Verdict(verdict),
        nct_id,
        Cause(cause) if cause else None,
        *more,
    )


def _new_differences(database: Database, first: int) -> tuple[tuple[int, Comparison], ...]:
    """The differences that run *first* or a later one saw first, each with its row."""
    return tuple(
        (row_id, _comparison(*columns))
        for row_id, *columns in database.fetch_tuples(
            f"{_COMPARISONS} where c.verdict = ? and c.first_seen >= ? order by c.row_id, c.id",
            Verdict.DIFFERS,
            first,
        )
    )


def _newly_out_of_date(database: Database, first: int) -> frozenset[tuple[int, str]]:
    """Row and column of the unedited cells that began to differ in run *first* or later."""
    return frozenset(
        database.fetch_tuples(
            'select row_id, "column" from comparisons where out_of_date_since >= ?', first
        )
    )


def _context_notes(database: Database) -> dict[int, list[ContextNote]]:
    """What is shown beside the cells, by row."""
    return _grouped(
        database.fetch_tuples(
            """
            select row_id, "column", field, cell, registry, nct_id, note from context_notes
            order by id"""
        ),
        ContextNote,
    )


_Value = TypeVar("_Value")


def _grouped(
    rows: Iterable[tuple[Any, ...]], make: Callable[..., _Value]
) -> dict[Any, list[_Value]]:
    """By the first column of *rows*, what *make* makes of the others."""
    grouped: dict[Any, list[_Value]] = defaultdict(list)
    for key, *columns in rows:
        grouped[key].append(make(*columns))
    return grouped


# --- changes

_SEEN_CHANGES = """
from changes c join runs u on u.id = c.run_id
left join versions v on v.nct_id = c.nct_id and v.version = c.version"""


def _changes(
    database: Database, first: int, last: int, trials: Collection[str]
) -> tuple[RecordedChange, ...]:
    """What the runs from *first* to *last* saw change in *trials*,
    or in trials that no table lists.
    """
    found = database.fetch_tuples(
        f"""
        select
          c.id, c.run_id, c.nct_id, c.version, {CHANGE_SEEN_AT},
          c.field, c.before, c.after, c.kind, c.item
        {_SEEN_CHANGES} where c.run_id between ? and ? order by c.nct_id, c.id""",
        first,
        last,
    )
    elsewhere = _listed_trials(database) - {*trials}
    return tuple(
        RecordedChange(
            *(id_, run_id, nct_id, version, seen_at),
            change=Change(field, before, after, Significance(kind), item),
        )
        for id_, run_id, nct_id, version, seen_at, field, before, after, kind, item in found
        if nct_id not in elsewhere
    )


def _listed_trials(database: Database) -> set[str]:
    """The trials that the stored tables name."""
    return {
        nct_id
        for (nct_id,) in database.fetch_tuples(
            "select coalesce(a.trial_id, n.nct_id) from row_ids n"
            " left join answers a on a.nct_id = n.nct_id"
        )
    }


# --- failures that last

_LASTING = tuple(kind for kind in ProblemKind if kind.handling.is_lasting)


def _lasting_failures(
    database: Database, run: RunSummary, listed: Collection[str]
) -> tuple[LastingFailure, ...]:
    """The failures that this run has to report; *listed* are the ids of its tables.

    An offline run begins and ends none.
    """
    if run.outcome == RunOutcome.OFFLINE:
        return ()
    failing = _failures(database, run.id)
    still = {(failure.kind, failure.nct_id) for failure in failing}
    ended = [
        failure
        for failure in _failures(database, last_asking_run(database, run.id))
        if (failure.kind, failure.nct_id) not in still
        and (failure.nct_id is None or failure.nct_id in listed)
    ]
    return reportable_failures(failing, ended, run.finished_at or run.started_at)


def failures_since(database: Database, report: Report, first: int) -> tuple[LastingFailure, ...]:
    """What every run from *first* to that of *report* had to report as a lasting failure.

    One that has ended in this time is there once, with its end.
    """
    listed = {row.nct_id for table in report.tables for row in table.rows if row.nct_id}
    found = [
        failure
        for (run_id,) in database.fetch_tuples(
            "select id from runs where id between ? and ? and outcome <> ? order by id",
            first,
            report.run.id,
            RunOutcome.RUNNING,
        )
        for failure in _lasting_failures(database, read_run(database, run_id), listed)
    ]
    ended = {(failure.kind, failure.since, failure.nct_ids) for failure in found if failure.until}
    return tuple(
        failure
        for failure in found
        if failure.until or (failure.kind, failure.since, failure.nct_ids) not in ended
    )


def _failures(database: Database, run_id: int | None) -> list[Failure]:
    """What failed in a run, each with the number of runs that it has lasted."""
    found = database.fetch_tuples(
        f"""
        select p.kind, p.nct_id, min(p.message), p.first_seen, count(distinct q.run_id)
        from problems p
        join problems q on q.kind = p.kind and q.nct_id is p.nct_id
          and q.first_seen = p.first_seen and q.run_id <= p.run_id
        join runs r on r.id = q.run_id and r.outcome <> ?
        where p.run_id = ? and p.kind in ({placeholders(_LASTING)})
        group by p.kind, p.nct_id""",
        RunOutcome.OFFLINE,
        run_id,
        *_LASTING,
    )
    return [Failure(ProblemKind(kind), *columns) for kind, *columns in found]


# --- the timeline of each trial


def _timelines(database: Database, nct_ids: Collection[str]) -> dict[str, TrialTimeline]:
    """What the ledger remembers of these trials, of those that ever changed."""
    promises, planned = _promises(database, nct_ids), _planned(database, nct_ids)
    changed_on = _changed_on(database, nct_ids)
    return {
        nct_id: TrialTimeline(
            tuple(promises.get(nct_id, ())),
            planned.get(nct_id),
            tuple(changed_on.get(nct_id, ())),
        )
        for nct_id in sorted({*promises, *planned, *changed_on})
    }


def _promises(database: Database, nct_ids: Collection[str]) -> dict[str, list[PromisedCompletion]]:
    """All completion dates of the trials that changed theirs, with the day each was first given."""
    found = database.fetch_tuples(
        f"""
        select c.nct_id, c.before, c.after, coalesce(was.last_update_posted, was.seen_at),
          coalesce(now.last_update_posted, now.seen_at, r.started_at)
        from changes c
        join runs r on r.id = c.run_id
        left join versions now on now.nct_id = c.nct_id and now.version = c.version
        left join versions was on was.nct_id = c.nct_id and was.version = c.version - 1
        where c.field = 'completion_date' and c.item is null {in_clause("c.nct_id", nct_ids)}
        order by c.nct_id, c.id""",
        *json_ids(nct_ids),
    )
    promises: dict[str, list[PromisedCompletion]] = {}
    for nct_id, before, after, was_on, now_on in found:
        if nct_id not in promises and before and was_on:
            promises[nct_id] = [PromisedCompletion(was_on[:10], before)]
        if after:
            promises.setdefault(nct_id, []).append(PromisedCompletion(now_on[:10], after))
    return promises


def _planned(database: Database, nct_ids: Collection[str]) -> dict[str, int]:
    """The size that was planned until the record gave the number of people who took part."""
    found = database.fetch_tuples(
        f"""
        select k.nct_id, coalesce(n.before, t.enrollment)
        from changes k
        join trials t on t.nct_id = k.nct_id
        left join changes n
          on n.nct_id = k.nct_id and n.version = k.version and n.field = 'enrollment'
        where k.field = 'enrollment_type' and k.before = 'ESTIMATED' and k.after = 'ACTUAL'
          {in_clause("k.nct_id", nct_ids)}
        order by k.id""",
        *json_ids(nct_ids),
    )
    return {nct_id: int(planned) for nct_id, planned in found if str(planned).isdecimal()}


def _changed_on(database: Database, nct_ids: Collection[str]) -> dict[str, list[str]]:
    """The days on which each trial was seen to change, noise left out."""
    found = database.fetch_tuples(
        f"""
        select distinct c.nct_id, substr({CHANGE_SEEN_AT}, 1, 10) as day {_SEEN_CHANGES}
        where c.kind <> ? {in_clause("c.nct_id", nct_ids)} order by c.nct_id, day""",
        Significance.NOISE,
        *json_ids(nct_ids),
    )
    return _grouped(found, str)
