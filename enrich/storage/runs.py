"""Runs: their beginning and end, and their problems."""

from collections.abc import Iterable, Mapping
from typing import Any

from enrich.models import Problem, ProblemKind, RegistryLoad, RunOutcome
from enrich.storage.database import Database


def begin_run(database: Database, started_at: str) -> int:
    """The id of a run: a new one, or the one that was cut off and now goes on."""
    with database.transaction():
        cut_off = database.fetch_value(
            "select id from runs where outcome = ? order by id desc limit 1", RunOutcome.RUNNING
        )
        if cut_off is not None:
            return int(cut_off)
        cursor = database.execute(
            "insert into runs (started_at, outcome) values (?, ?)", [started_at, RunOutcome.RUNNING]
        )
        return int(cursor.lastrowid or 0)


def count_requests(database: Database, run_id: int, requests: int, retries: int) -> None:
    """Adds to the requests that the run sent, and to the retries among them."""
    database.execute(
        "update runs set requests = requests + ?, retries = retries + ? where id = ?",
        [requests, retries, run_id],
    )


def finish_run(database: Database, run_id: int, columns: Mapping[str, Any]) -> None:
    """Writes how the run ended: *columns* of `runs` with their values."""
    assignments = ", ".join(f"{column} = ?" for column in columns)
    with database.transaction():
        database.execute(f"update runs set {assignments} where id = ?", [*columns.values(), run_id])


def last_asking_run(database: Database, before: int) -> int | None:
    """The last run before *before* that was meant to ask the registry about a table of that run.

    None if there is none. Each table may have a cron job of its own: what lasts from run to run
    lasts among the runs of one table. A run that noted no table counts for all of them.
    """
    run_id: int | None = database.fetch_value(
        "select max(id) from runs where id < :run and outcome not in (:offline, :running) and ("
        " not exists (select 1 from run_tables where run_id = runs.id)"
        " or not exists (select 1 from run_tables where run_id = :run)"
        " or exists (select 1 from run_tables a join run_tables b using (table_id)"
        " where a.run_id = runs.id and b.run_id = :run))",
        {"run": before, "offline": RunOutcome.OFFLINE, "running": RunOutcome.RUNNING},
    )
    return run_id


def last_load(database: Database) -> RegistryLoad | None:
    """The registry load that the last run met; the answers say which ids were answered under it."""
    found = database.fetch_tuples(
        """
        select load, data_timestamp, api_version from runs
        where load is not null order by id desc limit 1"""
    )
    return RegistryLoad(*found[0]) if found else None


def last_data_timestamp(database: Database, until: str) -> str | None:
    """When the last load began that a run met (UTC, as the registry prints it), of those until the
    day *until* (ISO text).
    """
    timestamp: str | None = database.fetch_value(
        """
        select data_timestamp from runs
        where substr(data_timestamp, 1, 10) <= ? order by id desc limit 1""",
        until,
    )
    return timestamp


# --- problems


def add_problems(database: Database, run_id: int, problems: Iterable[Problem], at: str) -> None:
    """Adds problems of this run. One that the run before had keeps its time of first sight."""
    earlier = {
        tuple(about): first_seen
        for *about, first_seen in database.fetch_tuples(
            "select nct_id, subject, kind, first_seen from problems where run_id = ?",
            last_asking_run(database, run_id),
        )
    }
    stored = set(
        database.fetch_tuples(
            "select nct_id, subject, kind, message from problems where run_id = ?", run_id
        )
    )
    new = dict.fromkeys(
        (problem.nct_id, problem.subject, problem.kind, problem.message) for problem in problems
    )
    database.executemany(
        "insert into problems (run_id, nct_id, subject, kind, message, first_seen)"
        " values (?, ?, ?, ?, ?, ?)",
        [(run_id, *key, earlier.get(key[:3], at)) for key in new if key not in stored],
    )


def read_problem_ids(database: Database, run_id: int, kind: ProblemKind) -> set[str]:
    """The trials that have a problem of this kind in the run."""
    return {
        nct_id
        for (nct_id,) in database.fetch_tuples(
            "select nct_id from problems where run_id = ? and kind = ? and nct_id is not null",
            run_id,
            kind,
        )
    }
