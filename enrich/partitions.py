"""Writes the database as Parquet partitions, for DuckDB, Spark and pandas: `trials/part-00000.parquet`, `comparisons/…`, `changes/…`."""

import sqlite3
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from enrich.errors import EnrichError, MissingExtra

ROWS = 50_000
_WRITTEN = {
    "trials": "select * from trials order by nct_id",
    "comparisons": 'select c.*, r.position, t.name as "table" from comparisons c join rows r on r.id = c.row_id join tables t on t.id = r.table_id order by c.id',
    "changes": "select * from changes order by id",
}


class PartitionError(EnrichError):
    """A partition cannot be written; the message names the place."""


def write_partitions(db: Path, place: str) -> None:
    """Writes trials, comparisons and changes below *place*: a folder, or any URL that fsspec writes to. Older partitions there are removed."""
    filesystem, root = _filesystem(place)
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True) as connection:
        try:
            for name, question in _WRITTEN.items():
                _write(filesystem, f"{root}/{name}", connection.execute(question), _types(connection, name))
        except OSError as error:
            raise PartitionError(f"{place}: cannot be written ({error})") from error
    connection.close()


def _filesystem(place: str) -> tuple[Any, str]:
    try:
        import fsspec
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--parquet", "cluster") from error
    filesystem, root = fsspec.core.url_to_fs(place)
    return filesystem, str(root).rstrip("/")


def _types(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    return {row[1]: row[2].upper() for row in connection.execute(f"pragma table_info({name})")}


def _write(filesystem: Any, folder: str, rows: sqlite3.Cursor, types: dict[str, str]) -> None:
    """All partitions of one table have one schema, also those in which a column is empty; an empty table is one empty partition."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [(column[0], pa.int64() if types.get(column[0], "TEXT") == "INTEGER" or column[0] == "position" else pa.string()) for column in rows.description]
    )
    filesystem.makedirs(folder, exist_ok=True)
    numbers = count()
    for number, chunk in zip(numbers, _chunks(rows), strict=False):
        columns = list(zip(*chunk, strict=True)) if chunk else [()] * len(schema)
        table = pa.Table.from_arrays([pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)], schema=schema)
        with filesystem.open(f"{folder}/part-{number:05d}.parquet", "wb") as file:
            pq.write_table(table, file)
        last = number
    _remove_after(filesystem, folder, last)


def _chunks(rows: sqlite3.Cursor) -> Iterator[list[tuple[Any, ...]]]:
    yield rows.fetchmany(ROWS)
    while chunk := rows.fetchmany(ROWS):
        yield chunk


def _remove_after(filesystem: Any, folder: str, last: int) -> None:
    for path in filesystem.glob(f"{folder}/part-*.parquet"):
        if int(path.rsplit("-", 1)[1].removesuffix(".parquet")) > last:
            filesystem.rm(path)
