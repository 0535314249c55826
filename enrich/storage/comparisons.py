"""The published tables, their rows, and how each cell compares with the registry."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, NamedTuple

from enrich.models import Comparison, ContextNote, Verdict
from enrich.storage.database import Database, in_clause, json_ids, placeholders
from enrich.storage.schema.views import quoted

_NO_FINGERPRINTS: Mapping[int, str] = {}


def read_row_fingerprints(database: Database, table_name: str) -> dict[int, tuple[int, str | None]]:
    """For each position of a table the row's id and fingerprint (`compare.fingerprint`).

    Without a fingerprint the row is to be compared in any case.
    """
    return {
        position: (row_id, fingerprint)
        for position, row_id, fingerprint in database.fetch_tuples(
            """
            select r.position, r.id, f.fingerprint
            from rows r
            join tables t on t.id = r.table_id
            left join row_fingerprints f on f.row_id = r.id
            where t.name = ?""",
            table_name,
        )
    }


# --- comparisons

# The last three the database knows; those who compare do not.
*_COMPARED, _FIRST_SEEN, _, _ = Comparison._fields
_KEY = ("row_id", "nct_id", "column", "field")


class _Result(NamedTuple):
    """What a comparison gave, and since which runs: the first that had the result, and the one in
    which a cell that had not differed before began to.
    """

    claim: str | None
    registry: str | None
    verdict: Verdict
    first_seen: int
    out_of_date_since: int | None = None


def save_comparisons(
    database: Database,
    run_id: int,
    compared: Mapping[int, Sequence[Comparison]],
    fingerprints: Mapping[int, str] = _NO_FINGERPRINTS,
) -> None:
    """Replaces the comparisons of these rows.

    One that states the same as before keeps the run that saw it first, also where there was no
    record to compare with meanwhile.

    The next run compares a row again that has no entry in *fingerprints*.
    """
    row_ids = [(row_id,) for row_id in compared]
    with database.transaction():
        database.executemany("delete from row_fingerprints where row_id = ?", row_ids)
        database.executemany(
            "insert into row_fingerprints (row_id, fingerprint) values (?, ?)",
            fingerprints.items(),
        )
        earlier = _earlier(database, compared)
        database.executemany("delete from comparisons where row_id = ?", row_ids)
        made = [
            (
                row_id,
                comparison,
                _history(earlier.get(_key(row_id, comparison)), comparison, run_id),
            )
            for row_id, comparisons in compared.items()
            for comparison in comparisons
        ]
        names = ("row_id", *_COMPARED, _FIRST_SEEN, "out_of_date_since", "last_made")
        database.executemany(
            f"insert into comparisons ({', '.join(map(quoted, names))}) "
            f"values ({placeholders(names)})",
            [
                (row_id, *comparison[: len(_COMPARED)], *history)
                for row_id, comparison, history in made
            ],
        )
        # It reads all differences: for most batches of a large table there is nothing to date.
        if any(
            comparison.verdict == Verdict.DIFFERS and first_seen == run_id
            for _, comparison, (first_seen, *_) in made
        ):
            _date_copies(database, run_id)


def _key(row_id: int, comparison: Comparison) -> tuple[Any, ...]:
    return (row_id, comparison.nct_id, comparison.column, comparison.field)


def _date_copies(database: Database, run_id: int) -> None:
    """A difference that another row of the table had before, as where a row was copied, is as old
    as that one.
    """
    database.execute(
        """
        update comparisons as c set first_seen = k.first_seen
        from (
          select t.table_id, o.nct_id, o."column", o.field, o.claim, o.registry,
            min(o.first_seen) as first_seen
          from comparisons o join rows t on t.id = o.row_id
          where o.verdict = :differs and o.first_seen < :run group by 1, 2, 3, 4, 5, 6) as k
        join rows r on r.table_id = k.table_id
        where r.id = c.row_id and c.first_seen = :run and c.verdict = :differs
          and k.nct_id = c.nct_id and k."column" = c."column" and k.field = c.field
          and k.claim is c.claim and k.registry is c.registry""",
        {"run": run_id, "differs": Verdict.DIFFERS},
    )


class _Earlier(NamedTuple):
    """What a comparison gave last, and when it was last made: None if that is the same."""

    last: _Result
    last_made: _Result | None

    @property
    def made(self) -> _Result:
        """What it gave when there was a record to compare with."""
        return self.last_made or self.last


def _earlier(database: Database, row_ids: Iterable[int]) -> dict[tuple[Any, ...], _Earlier]:
    """What the comparisons of these rows gave before, by key."""
    columns = ", ".join(map(quoted, (*_KEY, *_Result._fields, "last_made")))
    rows = database.fetch_tuples(
        f"select {columns} from comparisons where true {in_clause('row_id', row_ids)}",
        *json_ids(row_ids),
    )
    size = len(_KEY)
    return {
        row[:size]: _Earlier(
            _Result(*row[size:-1]), _Result(*json.loads(row[-1])) if row[-1] else None
        )
        for row in rows
    }


def _history(
    before: _Earlier | None, comparison: Comparison, run_id: int
) -> tuple[int, int | None, str | None]:
    """`first_seen`, `out_of_date_since` and `last_made` of a comparison of this run."""
    if before is None:
        return run_id, None, None
    stated = (comparison.claim, comparison.registry, comparison.verdict)
    if comparison.verdict == Verdict.NOT_CHECKED:
        first_seen = before.last.first_seen if before.last[:3] == stated else run_id
        is_made = before.made.verdict != Verdict.NOT_CHECKED
        return first_seen, None, json.dumps(before.made) if is_made else None
    first_seen = before.made.first_seen if before.made[:3] == stated else run_id
    return first_seen, _out_of_date_since(before.made, comparison, run_id), None


def _out_of_date_since(before: _Result, comparison: Comparison, run_id: int) -> int | None:
    """Since which run the cell differs, if it stated the same before and did not differ.

    The registry's side has moved: where it has not, a rule or the description is another.
    """
    if comparison.verdict != Verdict.DIFFERS or before.verdict == Verdict.NOT_CHECKED:
        return None
    if before.verdict == Verdict.DIFFERS:
        return before.out_of_date_since
    has_moved = before.claim == comparison.claim and before.registry != comparison.registry
    return run_id if has_moved else None


# --- registry facts shown with the cells


def save_context_notes(database: Database, notes: Mapping[int, Sequence[ContextNote]]) -> None:
    """Replaces the registry facts that are shown with the cells of these rows."""
    with database.transaction():
        database.executemany(
            "delete from context_notes where row_id = ?", [(row_id,) for row_id in notes]
        )
        database.executemany(
            """
            insert into context_notes (row_id, "column", field, cell, registry, nct_id, note)
            values (?, ?, ?, ?, ?, ?, ?)""",
            [(row_id, *astuple(note)) for row_id, of_row in notes.items() for note in of_row],
        )
