"""The summary of a comparison with every version of every record.

It says which parts of the archive are done, how many comparisons had each verdict, and when each
cell ceased to be true. Only the last comparison is kept. The summary grows with the records and the
tables, not with the versions.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from enrich.models import Verdict, VersionSyncResult
from enrich.storage.database import Database, in_clause, json_ids, placeholders
from enrich.storage.schema.views import quoted

_TABLES = (
    *("version_syncs", "version_parts", "version_records"),
    *("version_counts", "version_cells", "version_problems"),
)
# What could not be read is named up to this number, and counted beyond it.
MOST_NAMED = 20


def begin_version_sync(
    database: Database, name: str, archive: str, parquet: str, started_at: str
) -> None:
    """Replaces the summary of the comparison before by an empty one.

    *name* identifies the comparison: the archive, and the tables it is compared with.
    """
    with database.transaction():
        for table in _TABLES:
            database.execute(f"delete from {table}")
        database.execute(
            "insert into version_syncs (name, archive, parquet, started_at) values (?, ?, ?, ?)",
            [name, archive, parquet, started_at],
        )


def finish_version_sync(database: Database, finished_at: str) -> None:
    """Notes that all parts are done."""
    with database.transaction():
        database.execute("update version_syncs set finished_at = ?", [finished_at])


def is_finished(database: Database, name: str) -> bool:
    """Whether all parts of the comparison *name* are done."""
    finished = "select 1 from version_syncs where name = ? and finished_at is not null"
    return database.fetch_value(finished, name) is not None


def read_done_parts(database: Database, name: str) -> dict[int, int]:
    """The parts that the comparison *name* has done, each with the number of its versions."""
    return dict(
        database.fetch_tuples(
            "select part, versions from version_parts, version_syncs where name = ?", name
        )
    )


CELL_COLUMNS = (
    *("table", "position", "nct_id", "column", "field", "cell", "trial_id"),
    *("versions", "verdict_then", "moved_on", "verdict_now"),
)
Record = tuple[str, tuple[str, ...], int]  # id, obsolete ids, number of versions


def save_version_part(
    database: Database,
    part: int,
    *,
    records: Sequence[Record],
    counts: Mapping[tuple[str, str, str, str], int],
    cells: Iterable[Sequence[Any]],
    problems: Iterable[tuple[str, str]],
    unreadable: int,
) -> None:
    """Adds what was found in a part, in the transaction that also notes that it is done.

    *counts*: comparisons by table, column, field and verdict. *cells*: in the order of
    `CELL_COLUMNS`. *problems*: the names of versions that could not be read, and why; *unreadable*
    counts all of them. No other part may have one of the *records* (`read_parts_of`).
    """
    with database.transaction():
        database.executemany(
            "insert into version_records (nct_id, aliases, versions, part) values (?, ?, ?, ?)",
            [
                (nct_id, json.dumps(aliases) if aliases else None, versions, part)
                for nct_id, aliases, versions in records
            ],
        )
        database.executemany(
            """
            insert into version_counts ("table", "column", field, verdict, number)
            values (?, ?, ?, ?, ?)
            on conflict do update set number = number + excluded.number""",
            [(*key, number) for key, number in counts.items()],
        )
        database.executemany(
            f"""
            insert into version_cells ({", ".join(map(quoted, CELL_COLUMNS))})
            values ({placeholders(CELL_COLUMNS)})""",
            cells,
        )
        database.executemany(
            "insert into version_problems (part, name, message) values (?, ?, ?)",
            [(part, *problem) for problem in problems],
        )
        versions = sum(number for _, _, number in records)
        database.execute(
            "insert into version_parts (part, versions, unusable) values (?, ?, ?)",
            [part, versions, unreadable],
        )


def read_parts_of(database: Database, nct_ids: Iterable[str]) -> dict[str, int]:
    """The part in which versions of each of these records were met, of those that were."""
    return dict(
        database.fetch_tuples(
            f"select nct_id, part from version_records where true {in_clause('nct_id', nct_ids)}",
            *json_ids(nct_ids),
        )
    )


# --- reading


def read_version_summary(database: Database, listed: Iterable[str]) -> VersionSyncResult:
    """The last comparison. *absent* are the *listed* ids to which no record answers."""
    ((versions, unusable),) = database.fetch_tuples(
        "select coalesce(sum(versions), 0), coalesce(sum(unusable), 0) from version_parts"
    )
    problems = database.fetch_tuples(
        "select name, message from version_problems order by part, rowid limit ?", MOST_NAMED
    )
    return VersionSyncResult(
        records=database.fetch_value("select count(*) from version_records"),
        versions=versions,
        unusable=unusable,
        problems=tuple(f"{name}: {message}" for name, message in problems),
        verdicts=_verdicts(database),
        cells={row.pop("table"): row for row in database.fetch_dicts(_CELLS)},
        absent=_absent(database, listed),
    )


_CELLS = f"""
select
  "table", count(*) as statements, coalesce(sum(moved_on is not null), 0) as moved,
  coalesce(sum(moved_on is not null and verdict_now is '{Verdict.AGREES}'), 0) as again,
  coalesce(sum(verdict_then is '{Verdict.DIFFERS}'), 0) as never
from version_cells group by 1
"""


def _verdicts(database: Database) -> dict[str, dict[str, int]]:
    """How many comparisons of each table had each verdict, the most frequent first."""
    verdicts: dict[str, dict[str, int]] = {}
    for table, verdict, number in database.fetch_tuples(
        """
        select "table", verdict, sum(number) from version_counts
        group by 1, 2 order by 1, 3 desc"""
    ):
        verdicts.setdefault(table, {})[verdict] = number
    return verdicts


def _absent(database: Database, listed: Iterable[str]) -> tuple[str, ...]:
    wanted = sorted(set(listed))
    present = {
        nct_id
        for (nct_id,) in database.fetch_tuples(
            f"""
            select nct_id from version_records where true {in_clause("nct_id", wanted)}
            union
            select j.value from version_records r, json_each(r.aliases) j
            where r.aliases is not null""",
            *json_ids(wanted),
        )
    }
    return tuple(nct_id for nct_id in wanted if nct_id not in present)
