"""Reads from the database what a report tells."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from enrich.changes.failures import Failure, reportable_failures
from enrich.errors import StoreError
from enrich.models import (
    Cause,
    Change,
    Comparison,
    ContextNote,
    LastingFailure,
    NewsRules,
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
from enrich.storage.answers import read_answers
from enrich.storage.database import Database
from enrich.storage.runs import last_asking_run
from enrich.storage.trials import TrialFreshness, read_freshness, read_trials

# In the order of Comparison, behind the row.
_COMPARISONS = (
    'select c.row_id, c."column", c.field, c.cell, c.claim, c.registry, c.verdict, c.nct_id, c.cause, c.moved_on, c.note, c.evidence, c.link,'
    " coalesce(f.finished_at, f.started_at) as first_seen from comparisons c join runs f on f.id = c.first_seen"
)


def read_report(
    database: Database, run_id: int | None = None, *, since: int | None = None
) -> Report:
    """The report of a run, the last one by default; its changes are those after run *since*, or its own."""
    run = read_run(database, run_id)
    first = since + 1 if since is not None else run.id
    problems = tuple(_problems(database, run.id))
    said = read_answers(database)
    tables = (
        _table(database, told, said)
        for told in database.fetch_dicts("select * from tables order by id")
    )
    return Report(
        run,
        tuple(_in_run(table, run, first, database, said, problems) for table in tables),
        tuple(_changes(database, first, run.id)),
        problems,
        tuple(_new_differences(database, first)),
        _run_before(database, first),
        first < run.id,
        _courses(database),
        _streaks(database, run),
    )


def run_before(database: Database, since: str) -> int | None:
    """The run after which the time of a report begins: None for `last`; else *since* names that run, or the day (ISO) that begins it.

    `first` is the first run: all that the ledger holds. Raises ValueError where *since* is none of these, StoreError where
    the database has no such run.
    """
    if since in ("last", "first"):
        return (
            None
            if since == "last"
            else int(database.fetch_dicts("select min(id) as id from runs")[0]["id"] or 0)
        )
    if re.fullmatch(r"\d{1,9}", since):
        if (
            not database.fetch_dicts("select id from runs where id = ?", int(since))
            and int(since) != 0
        ):
            raise StoreError(
                f"{database.path}: no run {since} in it; the last is run {read_run(database).id}"
            )
        return int(since)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", since):
        raise ValueError(
            f"{since!r} is neither 'last' nor 'first' nor the number of a run nor a day such as 2026-11-01"
        )
    # A clock that was put back meanwhile hides no run: all count that came after the first of that day or later.
    before = database.fetch_dicts(
        "select max(id) as id from runs where id < coalesce((select min(id) from runs where started_at >= ?), id + 1)",
        since,
    )
    return int(before[0]["id"] or 0)


def _run_before(database: Database, first: int) -> str | None:
    """When the last run before run *first* ended."""
    found = database.fetch_dicts("select max(finished_at) as at from runs where id < ?", first)
    at: str | None = found[0]["at"]
    return at


def read_run(database: Database, run_id: int | None = None) -> RunSummary:
    """How a run went, the last one by default."""
    which = (
        f"id = (select max(id) from runs where outcome <> '{RunOutcome.RUNNING}')"
        if run_id is None
        else "id = ?"
    )
    found = database.fetch_dicts(
        f"select * from runs where {which}", *([] if run_id is None else [run_id])
    )
    if not found:
        raise StoreError(
            f"{database.path}: no finished run{'' if run_id is None else f' {run_id}'} in it; `enrich sync` makes one"
        )
    return RunSummary(
        **{
            **{name: found[0][name] for name in RunSummary.__annotations__},
            "outcome": RunOutcome(found[0]["outcome"]),
        }
    )


def _table(
    database: Database, told: Mapping[str, Any], said: Mapping[str, RegistryAnswer]
) -> ReportTable:
    compared = _comparisons(database, told["id"])
    names, beside = _names(database, told["id"]), _beside(database, told["id"])
    # The database may hold the whole registry; a report is about the trials that the table names.
    trials = read_trials(database, {nct_id for ids in names.values() for nct_id in ids})
    freshness = read_freshness(database, {trial.nct_id for trial in trials.values()})
    rows: list[ReportRow] = []
    for row in database.fetch_dicts(
        "select * from rows where table_id = ? order by position", told["id"]
    ):
        ids = names.get(row["id"], ())
        printed = Row(row["position"], json.loads(row["cells"]), ids, row["accessed"])
        for nct_id in ids or (None,):
            trial = trials.get(nct_id) if nct_id else None
            rows.append(
                ReportRow(
                    row["id"],
                    printed,
                    nct_id,
                    trial,
                    tuple(one for one in compared.get(row["id"], ()) if one.nct_id == nct_id),
                    tuple(one for one in beside.get(row["id"], ()) if one.nct_id == nct_id),
                    said[nct_id].answer if nct_id and nct_id in said else None,
                    **_freshness(trial, freshness),
                )
            )
    says = {column: tuple(fields) for column, fields in json.loads(told["says"]).items()}
    interest, header = _interest(told["notify"]), tuple(json.loads(told["header"]))
    return ReportTable(
        told["name"],
        told["title"],
        told["citation"],
        tuple(rows),
        told["id_column"],
        told["url"],
        interest,
        header,
        says,
    )


def _interest(notify: str | None) -> NewsRules:
    """The rules of interest; the default for a table kept before there were any."""
    told: dict[str, Any] = json.loads(notify) if notify else {}
    rules: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in told.items()
    }
    rules["kinds"] = tuple(map(Significance, rules.get("kinds", ())))
    return NewsRules(**rules)


def _is_new(said: RegistryAnswer, first: int) -> bool:
    return said.outcome == TrialOutcome.NEW and said.run_id >= first


def _in_run(
    table: ReportTable,
    run: RunSummary,
    first: int,
    database: Database,
    said: Mapping[str, RegistryAnswer],
    problems: Iterable[Problem],
) -> ReportTable:
    """*table* with what the run of the report meant for each row: heard from the registry, seen first."""
    ended = {
        told["id"]: told["finished_at"]
        for told in database.fetch_dicts("select id, finished_at from runs")
    }
    confirmed = {
        row["nct_id"]
        for row in database.fetch_dicts(
            "select nct_id from trials where checked_at = ?", run.finished_at
        )
    }
    unchecked = {problem.nct_id for problem in problems if problem.kind == ProblemKind.NOT_CHECKED}
    without_record = {problem.nct_id for problem in problems if problem.kind == ProblemKind.UNKNOWN}
    return replace(
        table,
        rows=tuple(
            row._replace(
                checked=row.nct_id not in unchecked
                and (row.trial_id in confirmed or row.nct_id in without_record),
                new_since=ended[said[row.nct_id].run_id]
                if row.nct_id and row.nct_id in said and _is_new(said[row.nct_id], first)
                else None,
            )
            for row in table.rows
        ),
    )


def _freshness(trial: Trial | None, freshness: Mapping[str, TrialFreshness]) -> dict[str, Any]:
    """The columns of a report's row that say for which day the facts are known to hold, and from where."""
    if trial is None:
        return {}
    of_trial = freshness[trial.nct_id]
    return {
        "as_of": _day(of_trial.checked_at) or _day(of_trial.data_timestamp),
        "stale_since": _day(of_trial.stale_since),
        "source": of_trial.source,
    }


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None


def _names(database: Database, table_id: int) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = {}
    for row in database.fetch_dicts(
        "select n.row_id, n.nct_id from row_ids n join rows r on r.id = n.row_id where r.table_id = ? order by n.rowid",
        table_id,
    ):
        names[row["row_id"]] = (*names.get(row["row_id"], ()), row["nct_id"])
    return names


def _comparisons(database: Database, table_id: int) -> dict[int, list[Comparison]]:
    compared: dict[int, list[Comparison]] = {}
    for row_id, *told in database.fetch_tuples(
        f"{_COMPARISONS} join rows r on r.id = c.row_id where r.table_id = ? order by c.id",
        table_id,
    ):
        compared.setdefault(row_id, []).append(_comparison(told))
    return compared


def _comparison(columns: Sequence[Any]) -> Comparison:
    found = Comparison(*columns)
    return found._replace(
        verdict=Verdict(found.verdict), cause=Cause(found.cause) if found.cause else None
    )


def _beside(database: Database, table_id: int) -> dict[int, list[ContextNote]]:
    shown: dict[int, list[ContextNote]] = {}
    for row in database.fetch_dicts(
        "select b.* from context_notes b join rows r on r.id = b.row_id where r.table_id = ? order by b.id",
        table_id,
    ):
        shown.setdefault(row["row_id"], []).append(
            ContextNote(
                row["column"],
                row["field"],
                row["cell"],
                row["registry"],
                row["nct_id"],
                row["note"],
            )
        )
    return shown


# A record that is removed or merged has no version that says so.
_SEEN_AT = "coalesce(case when c.field <> 'record' then v.seen_at end, r.finished_at, r.started_at)"


def _changes(database: Database, first: int, last: int) -> list[RecordedChange]:
    found = database.fetch_dicts(
        f"select c.*, {_SEEN_AT} as seen_at from changes c join runs r on r.id = c.run_id"
        " left join versions v on v.nct_id = c.nct_id and v.version = c.version where c.run_id between ? and ? order by c.nct_id, c.id",
        first,
        last,
    )
    return [
        RecordedChange(
            row["id"],
            row["run_id"],
            row["nct_id"],
            row["version"],
            row["seen_at"],
            Change(
                row["field"], row["before"], row["after"], Significance(row["kind"]), row["item"]
            ),
        )
        for row in found
    ]


def _problems(database: Database, run_id: int) -> list[Problem]:
    return [
        Problem(ProblemKind(row["kind"]), row["message"], row["nct_id"], row["first_seen"])
        for row in database.fetch_dicts(
            "select * from problems where run_id = ? order by id", run_id
        )
    ]


def _new_differences(database: Database, first: int) -> list[tuple[int, Comparison]]:
    return [
        (row_id, _comparison(told))
        for row_id, *told in database.fetch_tuples(
            f"{_COMPARISONS} where c.verdict = ? and c.first_seen >= ? order by c.row_id, c.id",
            Verdict.DIFFERS,
            first,
        )
    ]


# --- failures that last

_LASTING = tuple(kind for kind in ProblemKind if kind.is_lasting)


def _streaks(database: Database, run: RunSummary) -> tuple[LastingFailure, ...]:
    """The failures that this run has to tell of. A run that was told to work offline neither fails nor mends anything."""
    if run.outcome == RunOutcome.OFFLINE:
        return ()
    before = last_asking_run(database, run.id)
    failing = _failures(database, run.id)
    still = {(failure.kind, failure.nct_id) for failure in failing}
    printed = {row["nct_id"] for row in database.fetch_dicts("select nct_id from row_ids")}
    ended = [
        one
        for one in _failures(database, before)
        if (one.kind, one.nct_id) not in still and (one.nct_id is None or one.nct_id in printed)
    ]
    return reportable_failures(failing, ended, run.finished_at or run.started_at)


def _failures(database: Database, run_id: int | None) -> list[Failure]:
    """What failed in a run, each with the number of runs that it has lasted."""
    found = database.fetch_dicts(
        "select p.kind, p.nct_id, min(p.message) as message, p.first_seen as since, count(distinct q.run_id) as runs from problems p"
        " join problems q on q.kind = p.kind and q.nct_id is p.nct_id and q.first_seen = p.first_seen and q.run_id <= p.run_id"
        f" join runs r on r.id = q.run_id and r.outcome <> '{RunOutcome.OFFLINE}' where p.run_id = ? and p.kind in ({', '.join('?' * len(_LASTING))})"
        " group by p.kind, p.nct_id",
        run_id,
        *_LASTING,
    )
    return [Failure(**{**row, "kind": ProblemKind(row["kind"])}) for row in found]


# --- the course of each trial


def _courses(database: Database) -> Mapping[str, TrialTimeline]:
    promises, planned, changed_on = _promises(database), _planned(database), _changed_on(database)
    return {
        nct_id: TrialTimeline(
            promises.get(nct_id, ()), planned.get(nct_id), changed_on.get(nct_id, ())
        )
        for nct_id in sorted({*promises, *planned, *changed_on})
    }


def _promises(database: Database) -> dict[str, tuple[PromisedCompletion, ...]]:
    """Every completion date of the trials that changed theirs, with the day on which the record began to say so."""
    found = database.fetch_dicts(
        "select c.nct_id, c.before, c.after, coalesce(was.last_update_posted, was.seen_at) as was_on,"
        " coalesce(now.last_update_posted, now.seen_at, r.started_at) as now_on"
        " from changes c join runs r on r.id = c.run_id left join versions now on now.nct_id = c.nct_id and now.version = c.version"
        " left join versions was on was.nct_id = c.nct_id and was.version = c.version - 1"
        " where c.field = 'completion_date' and c.item is null order by c.nct_id, c.id"
    )
    promises: dict[str, tuple[PromisedCompletion, ...]] = {}
    for row in found:
        if row["nct_id"] not in promises and row["before"] and row["was_on"]:
            promises[row["nct_id"]] = (PromisedCompletion(row["was_on"][:10], row["before"]),)
        if row["after"]:
            promises[row["nct_id"]] = (
                *promises.get(row["nct_id"], ()),
                PromisedCompletion(row["now_on"][:10], row["after"]),
            )
    return promises


def _planned(database: Database) -> dict[str, int]:
    """The size that was planned until the record told how many took part."""
    found = database.fetch_dicts(
        "select k.nct_id, coalesce(n.before, t.enrollment) as planned from changes k join trials t on t.nct_id = k.nct_id"
        " left join changes n on n.nct_id = k.nct_id and n.version = k.version and n.field = 'enrollment'"
        " where k.field = 'enrollment_type' and k.before = 'ESTIMATED' and k.after = 'ACTUAL' order by k.id"
    )
    return {
        row["nct_id"]: int(row["planned"])
        for row in found
        if row["planned"] is not None and str(row["planned"]).isdecimal()
    }


def _changed_on(database: Database) -> dict[str, tuple[str, ...]]:
    found = database.fetch_dicts(
        f"select distinct c.nct_id, substr({_SEEN_AT}, 1, 10) as day from changes c join runs r on r.id = c.run_id"
        " left join versions v on v.nct_id = c.nct_id and v.version = c.version where c.kind <> '{Significance.NOISE}' order by c.nct_id, day"
    )
    days: dict[str, tuple[str, ...]] = {}
    for row in found:
        days[row["nct_id"]] = (*days.get(row["nct_id"], ()), row["day"])
    return days
