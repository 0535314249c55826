"""The searches of tables: what they found, what was decided on it, and what is to be reported."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from enrich.models import SearchEvent, SearchEventKind, SearchSummary
from enrich.search.memory import (
    Basis,
    HitState,
    SearchCounts,
    basis_of,
    count_hits,
    counts_sentence,
    state_of,
)
from enrich.search.models import Candidate, Decision, DecisionKind, RankedCandidate
from enrich.storage.database import Database, in_clause, json_ids

Query = tuple[tuple[str, str], ...]


class StoredSearch(NamedTuple):
    """The search of a table as it was asked last: its query, and what answered when."""

    query: Query
    total: int
    load: str | None
    data_timestamp: str | None
    asked_at: str


class Hit(NamedTuple):
    """A trial that matches the search of a table, or matched until *left_at*."""

    nct_id: str
    state: HitState
    in_table: bool
    first_seen: str
    last_seen: str
    left_at: str | None
    left_because: str | None
    decision: Decision | None
    reopened: str | None
    place: int | None
    grounds: tuple[str, ...]
    related: str | None

    @property
    def is_waiting(self) -> bool:
        """Whether it matches and nobody has included or excluded it."""
        return self.left_at is None and self.state in (HitState.NEW, HitState.MAYBE)


def table_id_of(database: Database, name: str) -> int | None:
    """The id of the stored table of this name; None where no run has stored it."""
    found: int | None = database.fetch_value("select id from tables where name = ?", name)
    return found


def read_search(database: Database, table_id: int) -> StoredSearch | None:
    """The search of a table as it was asked last; None where it never was."""
    rows = database.fetch_tuples(
        "select query, total, load, data_timestamp, asked_at from searches where table_id = ?",
        table_id,
    )
    for query, *others in rows:
        return StoredSearch(tuple((name, value) for name, value in json.loads(query)), *others)
    return None


# --- an answer on its way in


def begin_answer(database: Database) -> None:
    """Makes room for the hits of one answer, which wait there until all of it has come."""
    database.execute("drop table if exists temp.incoming")
    database.execute(
        "create temp table incoming (nct_id text primary key, basis text, facts text) without rowid"
    )


def add_to_answer(database: Database, candidates: Iterable[Candidate]) -> None:
    """Adds the hits of one page; one that came on an earlier page counts once."""
    with database.transaction():
        database.executemany(
            "insert or ignore into temp.incoming values (?, ?, ?)",
            [
                (candidate.nct_id, _basis_text(basis_of(candidate)), _facts_text(candidate))
                for candidate in candidates
            ],
        )


def answer_size(database: Database) -> int:
    """How many hits have come."""
    return int(database.fetch_value("select count(*) from temp.incoming"))


def newcomers(database: Database, table_id: int) -> list[str]:
    """The hits of the answer that the table's search never had."""
    return _ids(
        database,
        "select nct_id from temp.incoming where nct_id not in"
        " (select nct_id from hits where table_id = ?) order by nct_id",
        table_id,
    )


def departed(database: Database, table_id: int) -> list[str]:
    """The hits that the answer no longer has, of those that matched until now."""
    return _ids(
        database,
        "select nct_id from hits where table_id = ? and left_at is null"
        " and nct_id not in (select nct_id from temp.incoming) order by nct_id",
        table_id,
    )


def returned(database: Database, table_id: int) -> list[str]:
    """The hits of the answer that had left."""
    return _ids(
        database,
        "select nct_id from hits where table_id = ? and left_at is not null"
        " and nct_id in (select nct_id from temp.incoming) order by nct_id",
        table_id,
    )


def moved_bases(database: Database, table_id: int) -> dict[str, tuple[Basis, Basis]]:
    """Of each excluded hit whose facts moved since the decision: these facts before and now."""
    return {
        nct_id: (_basis(before), _basis(after))
        for nct_id, before, after in database.fetch_tuples(
            "select h.nct_id, h.basis, i.basis from hits h join temp.incoming i using (nct_id)"
            " where h.table_id = ? and h.decision = ? and not h.in_table and h.basis <> i.basis",
            table_id,
            DecisionKind.EXCLUDE,
        )
    }


def save_answer(
    database: Database,
    table_id: int,
    search: StoredSearch,
    reasons: Mapping[str, str],
    reopened: Mapping[str, str],
) -> None:
    """Takes the answer over: who came, who stayed, and who left for which of *reasons*.

    *reopened*: what changed of excluded hits, in words.
    """
    at = search.asked_at
    database.execute(
        "insert or replace into searches values (?, ?, ?, ?, ?, ?)",
        [table_id, json.dumps(search.query, ensure_ascii=False), *search[1:]],
    )
    database.execute(
        "update hits set last_seen = ?, left_at = null, left_because = null"
        " where table_id = ? and nct_id in (select nct_id from temp.incoming)",
        [at, table_id],
    )
    database.execute(
        "update hits set facts = (select facts from temp.incoming i where i.nct_id = hits.nct_id)"
        " where table_id = ? and exists (select 1 from temp.incoming i"
        " where i.nct_id = hits.nct_id and i.facts <> hits.facts)",
        [table_id],
    )
    database.execute(
        "insert into hits (table_id, nct_id, state, first_seen, last_seen, facts)"
        " select ?, nct_id, ?, ?, ?, facts from temp.incoming"
        " where nct_id not in (select nct_id from hits where table_id = ?)",
        [table_id, HitState.NEW, at, at, table_id],
    )
    database.executemany(
        "update hits set left_at = ?, left_because = ? where table_id = ? and nct_id = ?",
        [(at, reason, table_id, nct_id) for nct_id, reason in reasons.items()],
    )
    database.executemany(
        "update hits set reopened = ?, basis = (select basis from temp.incoming i"
        " where i.nct_id = hits.nct_id) where table_id = ? and nct_id = ?",
        [(words, table_id, nct_id) for nct_id, words in reopened.items()],
    )


def end_answer(database: Database) -> None:
    """Lets the hits of the answer go."""
    database.execute("drop table if exists temp.incoming")


def save_asked(database: Database, table_id: int, load: str | None, at: str) -> None:
    """Notes that nothing was loaded since the last answer, which therefore still holds."""
    with database.transaction():
        database.execute(
            "update searches set load = ?, asked_at = ? where table_id = ?", [load, at, table_id]
        )


# --- decisions


def update_states(
    database: Database,
    table_id: int,
    decisions: Mapping[str, Decision],
    table_ids: Collection[str],
    renewed: Collection[str] = (),
) -> bool:
    """Brings the state of each hit up to date with what was decided and with the table; gives
    whether any of it moved.

    A decision that is new, reads otherwise than before, or is *renewed*, rests on the facts as they
    are now.
    """
    changed = []
    new_bases = []
    for nct_id, state, in_table, reopened, *stored in database.fetch_tuples(
        "select nct_id, state, in_table, reopened, decision, reason, decided_by, decided_on"
        " from hits where table_id = ?",
        table_id,
    ):
        decision = decisions.get(nct_id)
        columns = _decision_columns(decision)
        is_new = nct_id in renewed or tuple(stored) != columns
        is_reopened = reopened is not None and not is_new
        is_listed = nct_id in table_ids
        now = state_of(decision, in_table=is_listed, is_reopened=is_reopened)
        if is_new and decision:
            new_bases.append(nct_id)
        if is_new or (state, bool(in_table)) != (now, is_listed):
            words = reopened if is_reopened else None
            changed.append((now, is_listed, words, *columns, table_id, nct_id))
    bases = {
        candidate.nct_id: _basis_text(basis_of(candidate))
        for candidate in read_candidates(database, table_id, new_bases)
    }
    with database.transaction():
        database.executemany(
            "update hits set state = ?, in_table = ?, reopened = ?, decision = ?, reason = ?,"
            " decided_by = ?, decided_on = ? where table_id = ? and nct_id = ?",
            changed,
        )
        database.executemany(
            "update hits set basis = ? where table_id = ? and nct_id = ?",
            [(basis, table_id, nct_id) for nct_id, basis in bases.items()],
        )
    return bool(changed)


def read_stored_decisions(database: Database, table_id: int) -> dict[str, Decision]:
    """The database's copy of the decisions on the hits of a table's search, by id."""
    rows = database.fetch_dicts(
        "select nct_id, decision, reason, decided_by, decided_on from hits"
        " where table_id = ? and decision is not null order by nct_id",
        table_id,
    )
    return {row["nct_id"]: found for row in rows if (found := _decision(row))}


def _decision_columns(decision: Decision | None) -> tuple[str | None, ...]:
    if decision is None:
        return (None, None, None, None)
    return (str(decision.verdict), decision.reason, decision.by, decision.day)


# --- reading


_HIT = (
    "nct_id, state, in_table, first_seen, last_seen, left_at, left_because, decision, reason,"
    " decided_by, decided_on, reopened, place, grounds, related"
)


def read_hits(database: Database, table_id: int) -> list[Hit]:
    """Every hit of the search of a table, in the order of the ranking, then by id."""
    rows = database.fetch_dicts(
        f"select {_HIT} from hits where table_id = ? order by place is null, place, nct_id",
        table_id,
    )
    return [_hit(row) for row in rows]


def _hit(row: Mapping[str, Any]) -> Hit:
    return Hit(
        row["nct_id"],
        HitState(row["state"]),
        bool(row["in_table"]),
        row["first_seen"],
        row["last_seen"],
        row["left_at"],
        row["left_because"],
        _decision(row),
        row["reopened"],
        row["place"],
        tuple(json.loads(row["grounds"] or "[]")),
        row["related"],
    )


def _decision(row: Mapping[str, Any]) -> Decision | None:
    if row["decision"] is None:
        return None
    return Decision(
        row["nct_id"],
        DecisionKind(row["decision"]),
        row["reason"] or "",
        row["decided_by"] or "",
        row["decided_on"] or "",
    )


# Long texts by which no trial is ranked.
_NOT_RANKED = "json_remove(facts, '$.criteria', '$.secondary_outcomes')"


def read_candidates(
    database: Database,
    table_id: int,
    nct_ids: Iterable[str] | None = None,
    *,
    for_ranking: bool = False,
) -> list[Candidate]:
    """The candidates among the hits of a table's search, all of them by default, by id.

    *for_ranking*: without the criteria and the secondary outcomes.
    """
    ids = None if nct_ids is None else [*nct_ids]
    facts_of = _NOT_RANKED if for_ranking else "facts"
    return [
        _candidate(facts)
        for (facts,) in database.fetch_tuples(
            f"select {facts_of} from hits where table_id = ?"
            f" {in_clause('nct_id', ids)} order by nct_id",
            table_id,
            *json_ids(ids),
        )
    ]


def read_counts(database: Database, table_id: int) -> SearchCounts:
    """How many hits are in which state."""
    return count_hits(
        (HitState(state), reason or "", bool(in_table), left_at is not None)
        for state, reason, in_table, left_at in database.fetch_tuples(
            "select state, reason, in_table, left_at from hits where table_id = ?", table_id
        )
    )


def save_ranking(database: Database, table_id: int, ranked: Sequence[RankedCandidate]) -> None:
    """Stores the places of the hits that are to be screened, with the grounds."""
    with database.transaction():
        database.execute(
            "update hits set place = null, grounds = null, related = null"
            " where table_id = ? and place is not null",
            [table_id],
        )
        database.executemany(
            "update hits set place = ?, grounds = ?, related = ? where table_id = ? and nct_id = ?",
            [
                (
                    place,
                    json.dumps(found.grounds, ensure_ascii=False),
                    found.related,
                    table_id,
                    found.candidate.nct_id,
                )
                for place, found in enumerate(ranked, 1)
            ],
        )


# --- news


def add_events(
    database: Database,
    table_id: int,
    run_id: int | None,
    events: Iterable[tuple[SearchEventKind, str | None, str]],
    at: str,
) -> None:
    """Adds what is to be reported, by *run_id* or by the next run: kind, trial, words."""
    database.executemany(
        "insert into search_events (table_id, run_id, kind, nct_id, detail, seen_at)"
        " values (?, ?, ?, ?, ?, ?)",
        [(table_id, run_id, kind, nct_id, detail, at) for kind, nct_id, detail in events],
    )


def claim_events(database: Database, table_id: int, run_id: int) -> None:
    """Lets the run *run_id* report what was seen between two runs."""
    with database.transaction():
        database.execute(
            "update search_events set run_id = ? where table_id = ? and run_id is null",
            [run_id, table_id],
        )


def read_search_events(
    database: Database, first_run: int, last_run: int, tables: Collection[str]
) -> tuple[SearchEvent, ...]:
    """What the runs from *first_run* to *last_run* report of the searches of these tables."""
    return tuple(
        SearchEvent(
            SearchEventKind(kind),
            *(table, nct_id, seen_at, detail, title or ""),
            tuple(json.loads(grounds or "[]")),
        )
        for kind, table, nct_id, seen_at, detail, title, grounds in database.fetch_tuples(
            "select e.kind, t.name, e.nct_id, e.seen_at, e.detail,"
            " json_extract(h.facts, '$.title'), h.grounds"
            " from search_events e join tables t on t.id = e.table_id"
            " left join hits h on h.table_id = e.table_id and h.nct_id = e.nct_id"
            f" where e.run_id between ? and ? {in_clause('t.name', tables)}"
            " order by e.table_id, e.seen_at, h.place is null, h.place, e.id",
            *(first_run, last_run, *json_ids(tables)),
        )
    )


def read_search_summaries(database: Database, tables: Collection[str]) -> tuple[SearchSummary, ...]:
    """What the searches of these tables found, of those that have one."""
    return tuple(
        SearchSummary(
            table, asked_at, data_timestamp, counts_sentence(read_counts(database, table_id))
        )
        for table_id, table, asked_at, data_timestamp in database.fetch_tuples(
            "select t.id, t.name, s.asked_at, s.data_timestamp"
            f" from searches s join tables t on t.id = s.table_id where true"
            f" {in_clause('t.name', tables)} order by t.id",
            *json_ids(tables),
        )
    )


# --- columns


def _ids(database: Database, sql: str, table_id: int) -> list[str]:
    return [nct_id for (nct_id,) in database.fetch_tuples(sql, table_id)]


def _basis_text(basis: Basis) -> str:
    return json.dumps(basis, ensure_ascii=False)


def _basis(text: str) -> Basis:
    phases, conditions, status, criteria = json.loads(text)
    return Basis(tuple(phases), tuple(conditions), status, criteria)


def _facts_text(candidate: Candidate) -> str:
    return orjson.dumps(candidate).decode()


def _candidate(text: str) -> Candidate:
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in orjson.loads(text).items()
    }
    return Candidate(**facts)
