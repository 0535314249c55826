"""Reads from the database what a report contains."""

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from enrich.changes.failures import Failure, reportable_failures
from enrich.errors import StoreError
from enrich.models import (
    Change,
    LastingFailure,
    PaperNews,
    Problem,
    ProblemKind,
    PromisedCompletion,
    RecordedChange,
    Report,
    ReportRow,
    ReportTable,
    RunOutcome,
    RunSummary,
    Significance,
    SiteNews,
    TrialTimeline,
)
from enrich.storage.database import Database, in_clause, json_ids, placeholders
from enrich.storage.open_histories import read_open_histories
from enrich.storage.paper_news import read_paper_news
from enrich.storage.report_rows import (
    ROWS_PER_BATCH,
    KeptRows,
    Period,
    StoredRows,
    grouped,
    read_new_differences,
)
from enrich.storage.rows import description_from_json
from enrich.storage.runs import last_asking_run
from enrich.storage.schema.views import CHANGE_SEEN_AT
from enrich.storage.searches import read_search_events, read_search_summaries
from enrich.storage.tables import read_original_names, read_table_changes


def read_report(
    database: Database,
    run_id: int | None = None,
    *,
    since: int | None = None,
    with_timelines: bool = False,
    with_waiting: bool = False,
    streamed: bool = False,
) -> Report:
    """The report of a run, by default the last, with the changes after run *since*, or its own.

    Only charts need the timelines, for which all changes of the trials are read. *with_waiting*:
    also the notices about papers that were found after the run, and that the next will report. If
    *streamed*, the rows of a large table are read whenever they are asked for, and *database* has
    to stay open.
    """
    run = read_run(database, run_id)
    first = since + 1 if since is not None else run.id
    runs = _runs_since(database, first)
    problems = read_problems(database, run.id)
    period = Period(run, first, {id_: finished_at for id_, _, finished_at in runs})
    tables = _tables(database, period, problems, streamed=streamed)
    names = {table.name for table in tables}
    changes = _changes(database, first, run.id)
    return Report(
        run,
        tables,
        changes=changes,
        problems=problems,
        new_comparisons=read_new_differences(database, first),
        newly_out_of_date=_newly_out_of_date(database, first),
        since=_end_of_run_before(database, first),
        run_ids={finished_at or started_at: id_ for id_, started_at, finished_at in runs},
        is_longer=first < run.id,
        timelines=_timelines(database, _trials_of(database, run.id)) if with_timelines else {},
        lasting_failures=_lasting_failures(database, run, run.id),
        histories_left=_histories_left(database, run.id),
        paper_news=_paper_news(database, first, run.id, with_waiting=with_waiting),
        table_changes=read_table_changes(database, first, run.id, names),
        original_names=read_original_names(database),
        search_events=read_search_events(database, first, run.id, names),
        searches=read_search_summaries(database, names),
        site_news=_site_news(database, tables, changes),
        tag_uris_until=_tag_uris_until(database),
    )


def read_report_tables(database: Database, *, streamed: bool = False) -> tuple[ReportTable, ...]:
    """The tables of the last run beside the registry, without what changed; as `read_report`."""
    run = read_run(database)
    problems = read_problems(database, run.id)
    ended_at = {id_: finished_at for id_, _, finished_at in _runs_since(database, run.id)}
    return _tables(database, Period(run, run.id, ended_at), problems, streamed=streamed)


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


def _runs_since(database: Database, first: int) -> list[tuple[int, str, str | None]]:
    """The runs from run *first* on: number, start and end of each."""
    return database.fetch_tuples(
        "select id, started_at, finished_at from runs where id >= ?", first
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
    database: Database, period: Period, problems: Sequence[Problem], *, streamed: bool
) -> tuple[ReportTable, ...]:
    """The published tables that the run read, with their rows.

    If *streamed*, the rows of a large one stay in the database, and those of others until somebody
    asks for them.
    """
    tables = []
    for table_id, name, header, description in _read_tables(database, period.run.id):
        rows = StoredRows(database, table_id, period, problems)
        tables.append(
            ReportTable(
                name=name,
                header=tuple(json.loads(header)),
                rows=_streamed(rows) if streamed else tuple(rows),
                **description_from_json(description),
            )
        )
    return tuple(tables)


def _streamed(rows: StoredRows) -> Sequence[ReportRow]:
    return rows if len(rows) > ROWS_PER_BATCH else KeptRows(rows)


# All of them, where nobody noted which it read: it was a run of an older version, or over no table.
_TABLES_OF_RUN = """
(select id from tables where id in (select table_id from run_tables where run_id = :run)
 or not exists (select 1 from run_tables where run_id = :run))"""


def _read_tables(database: Database, run_id: int) -> list[tuple[Any, ...]]:
    return database.fetch_tuples(
        "select id, name, header, description from tables"
        f" where id in {_TABLES_OF_RUN} order by id",
        {"run": run_id},
    )


_LISTED = """
select n.nct_id, coalesce(a.trial_id, n.nct_id)
from row_ids n join rows r on r.id = n.row_id left join answers a on a.nct_id = n.nct_id
where r.table_id"""


def _listed(database: Database, run_id: int) -> dict[str, str]:
    """The ids that the tables of a run print, each with that of its record."""
    return dict(database.fetch_tuples(f"{_LISTED} in {_TABLES_OF_RUN}", {"run": run_id}))


def _trials_of(database: Database, run_id: int) -> set[str]:
    return {*_listed(database, run_id).values()}


def _trials_elsewhere(database: Database, run_id: int) -> set[str]:
    """The trials that only tables name which the run did not read."""
    others = database.fetch_tuples(f"{_LISTED} not in {_TABLES_OF_RUN}", {"run": run_id})
    return {trial_id for _, trial_id in others} - _trials_of(database, run_id) if others else set()


def _histories_left(database: Database, run_id: int) -> int:
    """Of how many ids of the run's tables the history is still to be read."""
    opened = read_open_histories(database)
    return len(set(opened) & _listed(database, run_id).keys()) if opened else 0


def _paper_news(
    database: Database, first: int, run_id: int, *, with_waiting: bool
) -> tuple[PaperNews, ...]:
    """The notices about papers of the trials in the run's tables."""
    found = [*read_paper_news(database, first, run_id, with_waiting=with_waiting)]
    trials = _trials_of(database, run_id) if found else set()
    return tuple(news for news in found if news.nct_id in trials)


def _newly_out_of_date(database: Database, first: int) -> frozenset[tuple[int, str]]:
    """Row and column of the unedited cells that began to differ in run *first* or later."""
    return frozenset(
        database.fetch_tuples(
            'select row_id, "column" from comparisons where out_of_date_since >= ?', first
        )
    )


# --- changes

_SEEN_CHANGES = """
from changes c join runs u on u.id = c.run_id
left join versions v on v.nct_id = c.nct_id and v.version = c.version"""


def _changes(database: Database, first: int, run_id: int) -> tuple[RecordedChange, ...]:
    """What the runs from *first* to *run_id* saw change in the trials of the tables that the last
    of them read, or in trials that no table lists.
    """
    found = database.fetch_tuples(
        f"""
        select
          c.id, c.run_id, c.nct_id, c.version, {CHANGE_SEEN_AT},
          c.field, c.before, c.after, c.kind, c.item
        {_SEEN_CHANGES} where c.run_id between ? and ? order by c.nct_id, c.id""",
        first,
        run_id,
    )
    elsewhere = _trials_elsewhere(database, run_id) if found else set()
    return tuple(
        RecordedChange(
            *(id_, run_id, nct_id, version, seen_at),
            change=Change(field, before, after, Significance(kind), item),
        )
        for id_, run_id, nct_id, version, seen_at, field, before, after, kind, item in found
        if nct_id not in elsewhere
    )


def _site_news(
    database: Database, tables: Iterable[ReportTable], changes: Sequence[RecordedChange]
) -> tuple[SiteNews, ...]:
    """What became of sites near the places that the tables watch."""
    watches = [(table.name, table.watch) for table in tables if table.watch]
    if not watches or not any(line.change.field.startswith("locations") for line in changes):
        return ()
    from enrich.storage.sites import read_site_news  # most tables watch no place

    return read_site_news(database, watches, changes)


# --- failures that last

_LASTING = tuple(kind for kind in ProblemKind if kind.handling.is_lasting)


def _lasting_failures(
    database: Database, run: RunSummary, listed_by: int
) -> tuple[LastingFailure, ...]:
    """The failures that this run has to report, of trials in the tables of the run *listed_by*.

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
    ]
    if any(failure.nct_id for failure in ended):
        listed = {None, *_listed(database, listed_by)}
        ended = [failure for failure in ended if failure.nct_id in listed]
    return reportable_failures(failing, ended, run.finished_at or run.started_at)


def failures_since(database: Database, report: Report, first: int) -> tuple[LastingFailure, ...]:
    """What every run from *first* to that of *report* had to report as a lasting failure.

    One that has ended in this time is there once, with its end.
    """
    found = [
        failure
        for (run_id,) in database.fetch_tuples(
            "select id from runs where id between ? and ? and outcome <> ? order by id",
            first,
            report.run.id,
            RunOutcome.RUNNING,
        )
        for failure in _lasting_failures(database, read_run(database, run_id), report.run.id)
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
    return grouped(found, str)
