"""Writes Parquet partitions, for DuckDB, Spark and pandas: `trials/part-00000.parquet`, `comparisons/…`, `changes/…`.

They hold the database at the end of a run, or what each worker found in its part of an archive.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from enrich.bulk.remote import filesystem_of, place_errors
from enrich.errors import MissingExtra
from enrich.storage.snapshot import TableRows, iterate_tables

ROWS = 50_000
_PROBLEM = "cannot be written"


def write_partitions(db: Path, place: str) -> None:
    """Writes trials, comparisons and changes below *place*: a folder, or any URL that fsspec writes to. Older partitions there are removed."""
    filesystem, root = _filesystem(place)
    with place_errors(place, _PROBLEM):
        for table in iterate_tables(db, ROWS):
            _write(filesystem, f"{root}/{table.name}", table)


def _filesystem(place: str) -> tuple[Any, str]:
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise MissingExtra("--parquet", "cluster") from error
    filesystem, root = filesystem_of(place)
    return filesystem, root.rstrip("/")


def _write(filesystem: Any, folder: str, rows: TableRows) -> None:
    """All partitions of one table have one schema, also those in which a column is empty; an empty table is one empty partition."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            (name, pa.int64() if kind == "INTEGER" else pa.string())
            for name, kind in rows.columns.items()
        ]
    )
    filesystem.makedirs(folder, exist_ok=True)
    numbers = count()
    for number, chunk in zip(numbers, rows.chunks, strict=False):
        columns = list(zip(*chunk, strict=True)) if chunk else [()] * len(schema)
        table = pa.Table.from_arrays(
            [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)],
            schema=schema,
        )
        with filesystem.open(f"{folder}/part-{number:05d}.parquet", "wb") as file:
            pq.write_table(table, file)
        last = number
    _remove_after(filesystem, folder, last)


def _remove_after(filesystem: Any, folder: str, last: int) -> None:
    for path in filesystem.glob(f"{folder}/part-*.parquet"):
        if int(path.rsplit("-", 1)[1].removesuffix(".parquet")) > last:
            filesystem.rm(path)


# --- one part of many, written where it was worked out

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

_PART = re.compile(r"part-(\d+)\.parquet")
# Rows that a writer holds before it writes them as one group.
_GROUP = 10_000


@contextmanager
def part_written(
    place: str, number: int, columns: Mapping[str, Mapping[str, str]]
) -> Iterator[Callable[[Rows], None]]:
    """Takes the rows of one part, by table, and gives its files their names when all of them are whole.

    *columns* are those of each table, with their types in SQL. A part written again takes the place of the earlier one; of a writer
    that was killed only files stay that no reader takes for partitions. PlaceError names the place that cannot be written.
    """
    filesystem, root = _filesystem(place)
    mark = uuid4().hex
    with place_errors(place, _PROBLEM):
        writers = {
            name: _Writer(filesystem, f"{root}/{name}", number, mark, told)
            for name, told in columns.items()
        }

    def add(rows: Rows) -> None:
        with place_errors(place, _PROBLEM):
            for name, some in rows.items():
                writers[name].add(some)

    try:
        yield add
        with place_errors(place, _PROBLEM):
            for writer in writers.values():
                writer.close()
            for writer in writers.values():
                writer.name_it()
    finally:
        for writer in writers.values():
            writer.discard()


class _Writer:
    """One file that is being written, beside the name that it will have."""

    def __init__(
        self, filesystem: Any, folder: str, number: int, mark: str, columns: Mapping[str, str]
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._filesystem = filesystem
        self._schema = pa.schema(
            [
                (name, pa.int64() if kind == "INTEGER" else pa.string())
                for name, kind in columns.items()
            ]
        )
        self._name = f"{folder}/part-{number:05d}.parquet"
        self._beside = f"{folder}/.part-{number:05d}.{mark}"
        self._waiting: list[tuple[Any, ...]] = []
        filesystem.makedirs(folder, exist_ok=True)
        self._file = filesystem.open(self._beside, "wb")
        self._parquet = pq.ParquetWriter(self._file, self._schema)

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._waiting += rows
        if len(self._waiting) >= _GROUP:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        columns = list(zip(*self._waiting, strict=True)) or [()] * len(self._schema)
        arrays = [
            pa.array(values, kind.type) for values, kind in zip(columns, self._schema, strict=True)
        ]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = []

    def close(self) -> None:
        if self._waiting:
            self._write()
        self._parquet.close()
        self._file.close()

    def name_it(self) -> None:
        self._filesystem.mv(self._beside, self._name)

    def discard(self) -> None:
        """Leaves nothing beside the named file."""
        with suppress(Exception):  # what cannot be written may not be removed either
            self._parquet.close()
            self._file.close()
        with suppress(Exception):
            self._filesystem.rm_file(self._beside)


def whole_parts(place: str, names: Iterable[str]) -> set[int]:
    """The numbers of the parts of which every table has its file below *place*."""
    filesystem, root = _filesystem(place)
    with place_errors(place):
        found = [
            {
                int(match[1])
                for path in _listed(filesystem, f"{root}/{name}")
                if (match := _PART.fullmatch(path.rsplit("/", 1)[-1]))
            }
            for name in names
        ]
    return set.intersection(*found)


def remove_parts(place: str, names: Iterable[str], keeping: int = 0) -> None:
    """Removes all partitions below *place* from number *keeping* on, and what writers that were killed left beside them."""
    filesystem, root = _filesystem(place)
    with place_errors(place, _PROBLEM):
        for path in [path for name in names for path in _listed(filesystem, f"{root}/{name}")]:
            file = path.rsplit("/", 1)[-1]
            whole = _PART.fullmatch(file)
            if file.startswith(".part-") or (whole and int(whole[1]) >= keeping):
                filesystem.rm_file(path)


def _listed(filesystem: Any, folder: str) -> list[str]:
    filesystem.invalidate_cache()
    try:
        return [str(path) for path in filesystem.ls(folder, detail=False)]
    except FileNotFoundError:
        return []
