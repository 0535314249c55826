"""Reads from the database what a report tells."""

import json
from collections.abc import Mapping
from typing import Any

from enrich.errors import StoreError
from enrich.records import DIFFERS, Change, Comparison, LedgerLine, Problem, Report, ReportRow, ReportTable, Row, RunTold, Streak, Trial
from enrich.store import Store
from enrich.streaks import FAILURES, Failure, due

_COMPARISON = ("column", "field", "cell", "claim", "registry", "verdict", "nct_id", "cause", "moved_on", "note")


def read_report(store: Store, run_id: int | None = None, *, since: int | None = None) -> Report:
    """The report of a run, the last one by default; its changes are those after run *since*, or its own."""
    run = _run(store, run_id)
    first = since + 1 if since is not None else run.id
    return Report(
        run,
        tuple(_table(store, told) for told in store.rows("select * from tables order by id")),
        tuple(_changes(store, first, run.id)),
        tuple(_problems(store, run.id)),
        tuple(_new_differences(store, first)),
        _streaks(store, run),
    )


def _run(store: Store, run_id: int | None) -> RunTold:
    which = "id = (select max(id) from runs where outcome <> 'running')" if run_id is None else "id = ?"
    found = store.rows(f"select * from runs where {which}", *([] if run_id is None else [run_id]))
    if not found:
        raise StoreError(f"{store.path}: no finished run{'' if run_id is None else f' {run_id}'} in it; `enrich sync` makes one")
    return RunTold(**{name: found[0][name] for name in RunTold.__annotations__})


def _table(store: Store, told: Mapping[str, Any]) -> ReportTable:
    trials, facts = store.trials(), {row["nct_id"]: row for row in store.rows("select * from trials")}
    said = store.said()
    compared = _comparisons(store, told["id"])
    names = _names(store, told["id"])
    rows: list[ReportRow] = []
    for row in store.rows("select * from rows where table_id = ? order by position", told["id"]):
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
                    said[nct_id].answer if nct_id in said else None,
                    **_standing(trial, facts),
                )
            )
    says = {column: tuple(fields) for column, fields in json.loads(told["says"]).items()}
    return ReportTable(told["name"], told["title"], told["citation"], tuple(rows), told["id_column"], tuple(json.loads(told["header"])), says)


def _standing(trial: Trial | None, facts: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    if trial is None:
        return {}
    told = facts[trial.nct_id]
    return {"as_of": _day(told["checked_at"]) or _day(told["data_timestamp"]), "stale_since": _day(told["stale_since"]), "source": told["source"]}


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None


def _names(store: Store, table_id: int) -> dict[int, tuple[str, ...]]:
    names: dict[int, tuple[str, ...]] = {}
    for row in store.rows("select n.row_id, n.nct_id from row_ids n join rows r on r.id = n.row_id where r.table_id = ? order by n.rowid", table_id):
        names[row["row_id"]] = (*names.get(row["row_id"], ()), row["nct_id"])
    return names


def _comparisons(store: Store, table_id: int) -> dict[int, list[Comparison]]:
    compared: dict[int, list[Comparison]] = {}
    for row in store.rows("select c.* from comparisons c join rows r on r.id = c.row_id where r.table_id = ? order by c.id", table_id):
        compared.setdefault(row["row_id"], []).append(_comparison(row))
    return compared


def _comparison(row: Mapping[str, Any]) -> Comparison:
    return Comparison(**{name: row[name] for name in _COMPARISON})


def _changes(store: Store, first: int, last: int) -> list[LedgerLine]:
    found = store.rows(
        "select c.*, coalesce(v.seen_at, r.started_at) as seen_at from changes c join runs r on r.id = c.run_id"
        " left join versions v on v.nct_id = c.nct_id and v.version = c.version where c.run_id between ? and ? order by c.nct_id, c.id",
        first,
        last,
    )
    return [
        LedgerLine(
            row["id"], row["run_id"], row["nct_id"], row["version"], row["seen_at"], Change(row["field"], row["before"], row["after"], row["kind"], row["item"])
        )
        for row in found
    ]


def _problems(store: Store, run_id: int) -> list[Problem]:
    return [
        Problem(row["kind"], row["message"], row["nct_id"], row["first_seen"])
        for row in store.rows("select * from problems where run_id = ? order by id", run_id)
    ]


def _new_differences(store: Store, first: int) -> list[tuple[int, Comparison]]:
    return [
        (row["row_id"], _comparison(row))
        for row in store.rows("select * from comparisons where verdict = ? and first_seen >= ? order by row_id, id", DIFFERS, first)
    ]


def _streaks(store: Store, run: RunTold) -> tuple[Streak, ...]:
    """The failures that this run has to tell of. A run that was told to work offline neither fails nor mends anything."""
    if run.outcome == "offline":
        return ()
    before = store.last_asking_run(run.id)
    failing = _failures(store, run.id)
    still = {(failure.kind, failure.nct_id) for failure in failing}
    printed = {row["nct_id"] for row in store.rows("select nct_id from row_ids")}
    ended = [one for one in _failures(store, before) if (one.kind, one.nct_id) not in still and (one.nct_id is None or one.nct_id in printed)]
    return due(failing, ended, run.finished_at or run.started_at)


def _failures(store: Store, run_id: int | None) -> list[Failure]:
    """What failed in a run, each with the number of runs that it has lasted."""
    found = store.rows(
        "select p.kind, p.nct_id, min(p.message) as message, p.first_seen as since, count(distinct q.run_id) as runs from problems p"
        " join problems q on q.kind = p.kind and q.nct_id is p.nct_id and q.first_seen = p.first_seen and q.run_id <= p.run_id"
        f" join runs r on r.id = q.run_id and r.outcome <> 'offline' where p.run_id = ? and p.kind in ({', '.join('?' * len(FAILURES))})"
        " group by p.kind, p.nct_id",
        run_id,
        *FAILURES,
    )
    return [Failure(**row) for row in found]
