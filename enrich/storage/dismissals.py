"""Known differences that stay as they are: settled until the fact or the cell moves again."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from enrich.models import Dismissal, Table, Verdict
from enrich.storage.database import Database


class _Comparison(NamedTuple):
    """A stored comparison: its id, what it is about, and both sides."""

    id: int
    nct_id: str
    field: str
    claim: str | None
    registry: str | None
    verdict: str


_Key = tuple[str, str]
_Sides = list[list[str | None]]


def update_dismissals(
    database: Database, tables: Iterable[Table], renewed: Collection[_Key] = ()
) -> None:
    """Marks the differences of *tables* that their descriptions dismiss.

    A dismissal that is new, has another reason than before, or is *renewed* (trial and field),
    settles what differs now. What came to differ otherwise since then is open again, and keeps the
    old reason beside it.
    """
    with database.transaction():
        for table in tables:
            found = database.fetch_value("select id from tables where name = ?", table.name)
            if found is not None:
                _update_table(database, int(found), table.dismissed, renewed)


def is_different(database: Database, table_name: str, nct_id: str, field: str) -> bool:
    """Whether a cell of the table differs in this field of the trial, or where that is not known:
    the table was never compared.
    """
    verdicts = {
        verdict
        for (verdict,) in database.fetch_tuples(
            "select c.verdict from comparisons c join rows r on r.id = c.row_id"
            " join tables t on t.id = r.table_id"
            " where t.name = ? and c.nct_id = ? and c.field = ?",
            *(table_name, nct_id, field),
        )
    }
    return not verdicts or Verdict.DIFFERS in verdicts


def _update_table(
    database: Database,
    table_id: int,
    dismissed: Sequence[Dismissal],
    renewed: Collection[_Key],
) -> None:
    stored = _read(database, table_id)
    if not (dismissed or stored):
        return
    comparisons = _comparisons(database, table_id)
    made = {(row.nct_id, row.field) for row in comparisons}
    differences = [row for row in comparisons if row.verdict == Verdict.DIFFERS]
    settled: dict[_Key, tuple[str, _Sides]] = {}
    for dismissal in dismissed:
        key = (dismissal.nct_id, dismissal.field)
        because, sides = stored.get(key, ("", []))
        if because == dismissal.because and key not in renewed:
            settled[key] = (because, sides)
        elif key in made:  # else the next run settles what it finds
            found = [[row.claim, row.registry] for row in differences if row[1:3] == key]
            settled[key] = (dismissal.because, found)
    _write(database, table_id, settled)
    _mark(database, differences, settled)


def _read(database: Database, table_id: int) -> dict[_Key, tuple[str, _Sides]]:
    return {
        (nct_id, field): (because, json.loads(settled))
        for nct_id, field, because, settled in database.fetch_tuples(
            "select nct_id, field, because, settled from dismissals where table_id = ?", table_id
        )
    }


def _comparisons(database: Database, table_id: int) -> list[_Comparison]:
    """Those that could be made."""
    return [
        _Comparison(*row)
        for row in database.fetch_tuples(
            "select c.id, c.nct_id, c.field, c.claim, c.registry, c.verdict from comparisons c"
            " join rows r on r.id = c.row_id where r.table_id = ? and c.verdict <> ?",
            table_id,
            Verdict.NOT_CHECKED,
        )
    ]


def _write(database: Database, table_id: int, settled: Mapping[_Key, tuple[str, _Sides]]) -> None:
    database.execute("delete from dismissals where table_id = ?", [table_id])
    database.executemany(
        "insert into dismissals (table_id, nct_id, field, because, settled) values (?, ?, ?, ?, ?)",
        [
            (table_id, *key, because, json.dumps(sides, ensure_ascii=False))
            for key, (because, sides) in settled.items()
        ],
    )


def _mark(
    database: Database,
    differences: Iterable[_Comparison],
    settled: Mapping[_Key, tuple[str, _Sides]],
) -> None:
    marks = []
    for row in differences:
        because, sides = settled.get((row.nct_id, row.field), (None, []))
        is_settled = [row.claim, row.registry] in sides
        marks.append((because if is_settled else None, None if is_settled else because, row.id))
    database.executemany(
        "update comparisons set dismissed = ?, dismissed_before = ? where id = ?", marks
    )
