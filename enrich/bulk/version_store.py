"""The summary of a walk over all versions, in SQLite: which parts are done, what the verdicts add up to, when each cell ceased to be true.

It holds the last walk alone, and grows with the records and the tables, not with the versions.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, fields
from typing import Any

from enrich.bulk.tasks import RejectedEntry
from enrich.bulk.timeline import Cell, NotTogether, Told, cells
from enrich.models import Verdict, VersionSyncResult
from enrich.storage.database import Store

_TABLES = (
    "version_walks",
    "version_parts",
    "version_records",
    "version_counts",
    "version_cells",
    "version_problems",
)
# Of what cannot be read, so many are named in each part; the others are counted.
NAMED = 20


@dataclass
class PartTold:
    """What a worker says of its part, record by record: small, as the rows themselves stand in its partitions.

    *records*: id, obsolete ids, number of versions. *counts*: comparisons by table, column, field and verdict.
    """

    records: list[tuple[str, tuple[str, ...], int]] = field(default_factory=list)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    cells: list[Cell] = field(default_factory=list)
    unusable: int = 0
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def versions(self) -> int:
        return sum(number for _, _, number in self.records)

    def add(self, told: Told) -> None:
        self.records.append((told.nct_id, told.names[1:], told.versions))
        self.counts.update(
            (table, one.column, one.field, one.verdict)
            for step in told.steps
            for table, _, one in step.compared
        )
        self.cells += cells(told)

    def add_unusable(self, one: RejectedEntry) -> None:
        self.unusable += 1
        if len(self.named) < NAMED:
            self.named.append((one.name, one.reason))


class Summary:
    """The walk called *name* in a database: taken up where it was, or *begun* anew."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    def done(self) -> dict[int, int]:
        """The parts that are done, each with the number of its versions; none where the last walk was another."""
        return {
            row["part"]: row["versions"]
            for row in self._store.rows(
                "select part, versions from version_parts, version_walks where name = ?", self._name
            )
        }

    @property
    def finished(self) -> bool:
        return bool(
            self._store.rows(
                "select 1 from version_walks where name = ? and finished_at is not null", self._name
            )
        )

    def begin(self, archive: str, parquet: str, at: str) -> None:
        """Forgets the walk before, and notes this one."""
        with self._store.step():
            for table in _TABLES:
                self._store.db.execute(f"delete from {table}")
            self._store.db.execute(
                "insert into version_walks (name, archive, parquet, started_at) values (?, ?, ?, ?)",
                [self._name, archive, parquet, at],
            )

    def keep(self, part: int, told: PartTold) -> None:
        """Adds what a part says, in one transaction with the note that it is done. NotTogether names a record of which another part has versions."""
        with self._store.step():
            self._keep_records(part, told.records)
            self._store.db.conn.executemany(
                'insert into version_counts ("table", "column", field, verdict, number) values (?, ?, ?, ?, ?)'
                " on conflict do update set number = number + excluded.number",
                [(*key, number) for key, number in told.counts.items()],
            )
            self._store.db.conn.executemany(
                f"insert into version_cells ({_CELL}) values ({_CELL_VALUES})",
                map(astuple, told.cells),
            )
            self._store.db.conn.executemany(
                "insert into version_problems values (?, ?, ?)",
                [(part, *one) for one in told.named],
            )
            self._store.db.execute(
                "insert into version_parts values (?, ?, ?)", [part, told.versions, told.unusable]
            )

    def _keep_records(self, part: int, records: Sequence[tuple[str, tuple[str, ...], int]]) -> None:
        try:
            self._store.db.conn.executemany(
                "insert into version_records values (?, ?, ?, ?)",
                [
                    (nct_id, json.dumps(others) if others else None, number, part)
                    for nct_id, others, number in records
                ],
            )
        except sqlite3.IntegrityError as error:
            known = self._store.rows(
                "select nct_id, part from version_records where nct_id in (select value from json_each(?))",
                json.dumps([one[0] for one in records]),
            )
            raise NotTogether(
                known[0]["nct_id"], f"parts {known[0]['part']} and {part} of the archive"
            ) from error

    def finish(self, at: str) -> None:
        with self._store.step():
            self._store.db.execute("update version_walks set finished_at = ?", [at])


_CELL = ", ".join(f'"{one.name}"' for one in fields(Cell))
_CELL_VALUES = ", ".join("?" for _ in fields(Cell))


def read_walk(store: Store, listed: Iterable[str]) -> VersionSyncResult:
    """The last walk, as the database holds it; *absent* are those of the *listed* ids that no record bears or has absorbed."""
    totals = store.rows(
        "select coalesce(sum(versions), 0) as versions, coalesce(sum(unusable), 0) as unusable from version_parts"
    )[0]
    verdicts: dict[str, dict[str, int]] = {}
    for row in store.rows(
        'select "table", verdict, sum(number) as number from version_counts group by 1, 2 order by 1, 3 desc'
    ):
        verdicts.setdefault(row["table"], {})[row["verdict"]] = row["number"]
    cells = {row.pop("table"): row for row in store.rows(_CELLS)}
    problems = store.rows(
        "select name, message from version_problems order by part, rowid limit ?", NAMED
    )
    return VersionSyncResult(
        records=store.rows("select count(*) as number from version_records")[0]["number"],
        versions=totals["versions"],
        unusable=totals["unusable"],
        problems=tuple(f"{row['name']}: {row['message']}" for row in problems),
        verdicts=verdicts,
        cells=cells,
        absent=_absent(store, listed),
    )


_CELLS = f"""
select "table", count(*) as statements, coalesce(sum(moved_on is not null), 0) as moved,
  coalesce(sum(moved_on is not null and verdict_now is '{Verdict.AGREES}'), 0) as again, coalesce(sum(verdict_then is '{Verdict.DIFFERS}'), 0) as never
from version_cells group by 1
"""


def _absent(store: Store, listed: Iterable[str]) -> tuple[str, ...]:
    wanted = sorted(set(listed))
    there: list[dict[str, Any]] = store.rows(
        "select nct_id from version_records where nct_id in (select value from json_each(?))"
        " union select j.value from version_records r, json_each(r.aliases) j where r.aliases is not null",
        json.dumps(wanted),
    )
    found = {row["nct_id"] for row in there}
    return tuple(nct_id for nct_id in wanted if nct_id not in found)
