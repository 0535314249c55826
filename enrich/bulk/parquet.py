"""Writes Parquet partitions, for DuckDB, Spark and pandas: `trials/part-00000.parquet`,
`comparisons/…`, `changes/…`.

They have the content of the database at the end of a run, or what each worker found in its part of
an archive.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from enrich.bulk.remote import filesystem_of, place_errors
from enrich.errors import MissingExtra
from enrich.storage.snapshot import TableRows, iterate_tables

ROWS_PER_FILE = 50_000
# Rows that a writer holds before it writes them as one group.
_ROWS_PER_GROUP = 10_000
_PART = re.compile(r"part-(\d+)\.parquet")
_PROBLEM = "cannot be written"

# The rows of one part by the name of their table.
Rows = Mapping[str, Sequence[tuple[Any, ...]]]


# --- the database


def write_partitions(db: Path, place: str, *, rows_per_file: int = ROWS_PER_FILE) -> None:
    """Writes the trials, comparisons and changes in *db* below *place*: a folder, or any URL for
    fsspec.

    Partitions of an earlier run are removed. Raises PlaceError.
    """
    filesystem, root = _filesystem(place)
    with place_errors(place, _PROBLEM):
        for table in iterate_tables(db, rows_per_file):
            _write_table(filesystem, f"{root}/{table.name}", table)


def _write_table(filesystem: Any, folder: str, table: TableRows) -> None:
    """All files of a table have one schema. An empty table is one empty file."""
    import pyarrow.parquet as pq

    schema = _schema(table.columns)
    filesystem.makedirs(folder, exist_ok=True)
    files = 0
    for chunk in table.chunks:
        with filesystem.open(f"{folder}/{_file_name(files)}", "wb") as file:
            pq.write_table(_arrow_table(schema, chunk), file)
        files += 1
    for path in filesystem.glob(f"{folder}/part-*.parquet"):
        number = _part_number(path)
        if number is not None and number >= files:
            filesystem.rm(path)


# --- one part of an archive, written by the worker that compared it


@contextmanager
def write_part(
    place: str, number: int, columns: Mapping[str, Mapping[str, str]]
) -> Iterator[Callable[[Rows], None]]:
    """Yields a function that writes rows of part *number*; the files get their names when all are
    complete.

    *columns* are those of each table, with their types in SQL. A part that is written again
    replaces the earlier one. A worker that was killed leaves only files that no reader takes for
    partitions. Raises PlaceError.
    """
    filesystem, root = _filesystem(place)
    suffix = uuid4().hex
    with place_errors(place, _PROBLEM):
        writers = {
            name: _Writer(filesystem, f"{root}/{name}", number, suffix, types)
            for name, types in columns.items()
        }

    def write_rows(rows: Rows) -> None:
        with place_errors(place, _PROBLEM):
            for name, some in rows.items():
                writers[name].write(some)

    try:
        yield write_rows
        with place_errors(place, _PROBLEM):
            for writer in writers.values():
                writer.close()
            for writer in writers.values():
                writer.publish()
    finally:
        for writer in writers.values():
            writer.discard()


class _Writer:
    """Writes one file under a temporary name, in the folder in which it will be."""

    def __init__(
        self, filesystem: Any, folder: str, number: int, suffix: str, types: Mapping[str, str]
    ) -> None:
        import pyarrow.parquet as pq

        self._filesystem = filesystem
        self._schema = _schema(types)
        self._path = f"{folder}/{_file_name(number)}"
        self._temporary_path = f"{folder}/.part-{number:05d}.{suffix}"
        self._waiting: list[tuple[Any, ...]] = []
        filesystem.makedirs(folder, exist_ok=True)
        self._file = filesystem.open(self._temporary_path, "wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema)

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._waiting += rows
        if len(self._waiting) >= _ROWS_PER_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        self._parquet.write_table(_arrow_table(self._schema, self._waiting))
        self._waiting = []

    def close(self) -> None:
        if self._waiting:
            self._write_group()
        self._parquet.close()
        self._file.close()

    def publish(self) -> None:
        self._filesystem.mv(self._temporary_path, self._path)

    def discard(self) -> None:
        """Removes the temporary file, if it is still there."""
        with suppress(Exception):  # what cannot be written may be impossible to remove, too
            self._parquet.close()
            self._file.close()
        with suppress(Exception):
            self._filesystem.rm_file(self._temporary_path)


def complete_parts(place: str, names: Iterable[str]) -> set[int]:
    """The numbers of the parts that have a file below *place* for each of the tables *names*."""
    filesystem, root = _filesystem(place)
    with place_errors(place):
        numbers = [set(map(_part_number, _list(filesystem, f"{root}/{name}"))) for name in names]
    return {number for number in set.intersection(*numbers) if number is not None}


def remove_parts(place: str, names: Iterable[str], from_number: int = 0) -> None:
    """Removes the parts below *place* from *from_number* on,
    and temporary files of killed workers.
    """
    filesystem, root = _filesystem(place)
    with place_errors(place, _PROBLEM):
        for path in [path for name in names for path in _list(filesystem, f"{root}/{name}")]:
            number = _part_number(path)
            is_temporary = _name_of(path).startswith(".part-")
            if is_temporary or (number is not None and number >= from_number):
                filesystem.rm_file(path)


# --- what they share


def _filesystem(place: str) -> tuple[Any, str]:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--parquet", "cluster") from error
    filesystem, root = filesystem_of(place)
    return filesystem, root.rstrip("/")


def _schema(types: Mapping[str, str]) -> Any:
    import pyarrow as pa

    return pa.schema(
        [(name, pa.int64() if type_ == "INTEGER" else pa.string()) for name, type_ in types.items()]
    )


def _arrow_table(schema: Any, rows: Sequence[tuple[Any, ...]]) -> Any:
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _file_name(number: int) -> str:
    return f"part-{number:05d}.parquet"


def _name_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _part_number(path: str) -> int | None:
    found = _PART.fullmatch(_name_of(path))
    return int(found[1]) if found else None


def _list(filesystem: Any, folder: str) -> list[str]:
    filesystem.invalidate_cache()
    try:
        return [str(path) for path in filesystem.ls(folder, detail=False)]
    except FileNotFoundError:
        return []
