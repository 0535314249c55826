"""Writes Parquet partitions, for DuckDB, Spark and pandas: `trials/part-00000.parquet`,
`comparisons/…`, `changes/…`.

They have the content of the database at the end of a run, or what each worker found in its part of
an archive. `_enrich/files.json` lists the files that are ours: no others are ever replaced or
removed. Readers of Parquet skip what begins with an underscore.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from enrich.bulk.remote import PlaceError, filesystem_of, place_errors
from enrich.errors import MissingExtra
from enrich.storage.snapshot import TableRows, iterate_tables

ROWS_PER_FILE = 50_000
# Rows that a writer holds before it writes them as one group.
_ROWS_PER_GROUP = 10_000
_PART = re.compile(r"part-(\d+)\.parquet")
_PART_OF_TABLE = re.compile(r"\w+/part-\d+\.parquet")
_PROBLEM = "cannot be written"
_ELSEWHERE = "name another place, or move it away"

# The rows of one part by the name of their table.
Rows = Mapping[str, Sequence[tuple[Any, ...]]]


# --- the database


def write_partitions(db: Path, place: str, *, rows_per_file: int = ROWS_PER_FILE) -> None:
    """Writes the trials, comparisons and changes in *db* below *place*: a folder, or any URL for
    fsspec.

    Partitions of an earlier run are replaced or removed, and so is what a killed run left
    unfinished. Raises PlaceError, also where files that are not ours are in the way.
    """
    with place_errors(place, _PROBLEM):
        files = _Files(place)
        for table in iterate_tables(db, rows_per_file):
            files.check_folder(table.name)
            _write_table(files, table)
        files.remove_unfinished()


def _write_table(files: "_Files", table: TableRows) -> None:
    """All files of a table have one schema. An empty table is one empty file."""
    written: set[str] = set()
    for number, chunk in enumerate(table.chunks):
        name = f"{table.name}/{_file_name(number)}"
        files.add([name])
        with write_part(files.place, number, {table.name: table.columns}) as write_rows:
            write_rows({table.name: chunk})
        written.add(name)
    of_table = {name for name in files.listed if name.startswith(f"{table.name}/")}
    files.remove(of_table - written)


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
    with place_errors(place, _PROBLEM):
        writers = {
            name: _Writer(filesystem, root, name, number, types) for name, types in columns.items()
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
    """Writes one file under a temporary name, in our own folder."""

    def __init__(
        self, filesystem: Any, root: str, table: str, number: int, types: Mapping[str, str]
    ) -> None:
        import pyarrow.parquet as pq

        self._filesystem = filesystem
        self._schema = _schema(types)
        self._path = f"{root}/{table}/{_file_name(number)}"
        self._temporary_path = _unfinished_path(root, number)
        self._waiting: list[tuple[Any, ...]] = []
        for folder in (table, _OURS):
            filesystem.makedirs(f"{root}/{folder}", exist_ok=True)
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
        numbers = [
            {_part_number(str(info["name"])) for info in _list(filesystem, f"{root}/{name}")}
            for name in names
        ]
    return {number for number in set.intersection(*numbers) if number is not None}


def prepare_parts(place: str, names: Iterable[str], *, anew: bool) -> None:
    """Makes *place* ready for the parts of the tables *names*; where they are written *anew*,
    those of an earlier run are removed.

    Raises PlaceError where files that are not ours are in the way.
    """
    with place_errors(place, _PROBLEM):
        files = _Files(place)
        for name in names:
            files.check_folder(name)
        if anew:
            files.remove(files.listed)


def list_parts(place: str, names: Iterable[str], numbers: Iterable[int]) -> None:
    """Lists the files of the parts *numbers* as ours, before they are written."""
    numbered = [*numbers]
    with place_errors(place, _PROBLEM):
        _Files(place).add(f"{name}/{_file_name(number)}" for name in names for number in numbered)


def finish_parts(place: str, names: Iterable[str]) -> None:
    """Removes what killed workers left unfinished, and lists only the files that are there."""
    with place_errors(place, _PROBLEM):
        files = _Files(place)
        files.remove_unfinished()
        files.keep(names)


# --- which files are ours

_OURS = "_enrich"
_UNFINISHED = re.compile(r"part-\d+\.[0-9a-f]{32}")


class _Files:
    """The list of files below *place* that are ours: `table/part-00000.parquet` and so on."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.filesystem, self.root = _filesystem(place)
        self._path = f"{self.root}/{_OURS}/files.json"
        self.listed = self._read()

    def _read(self) -> set[str]:
        try:
            with self.filesystem.open(self._path, "rb") as file:
                listed = json.loads(file.read())
            return {name for name in listed if _PART_OF_TABLE.fullmatch(name)}
        except FileNotFoundError:
            return set()
        except (ValueError, TypeError, RecursionError) as error:
            raise PlaceError(
                f"{self.place}: {_OURS}/files.json is damaged; {_ELSEWHERE}"
            ) from error

    def _write(self) -> None:
        self.filesystem.makedirs(f"{self.root}/{_OURS}", exist_ok=True)
        temporary = _unfinished_path(self.root, 0)
        with self.filesystem.open(temporary, "wb") as file:
            file.write(json.dumps(sorted(self.listed), indent=0).encode())
        self.filesystem.mv(temporary, self._path)

    def add(self, names: Iterable[str]) -> None:
        """Lists *names*; they are on the disk as listed before a file of theirs is."""
        new = {*names} - self.listed
        if new:
            self.listed |= new
            self._write()

    def remove(self, names: Iterable[str]) -> None:
        """Removes the files *names*, which are listed, and takes them from the list."""
        removed = {*names}
        for name in sorted(removed):
            with suppress(FileNotFoundError):
                self.filesystem.rm_file(f"{self.root}/{name}")
        if removed:
            self.listed -= removed
            self._write()

    def keep(self, tables: Iterable[str]) -> None:
        """Lists no more than what is there of *tables*."""
        present = {
            f"{table}/{_name_of(str(info['name']))}"
            for table in tables
            for info in _list(self.filesystem, f"{self.root}/{table}")
        }
        self.listed &= present
        self._write()

    def check_folder(self, table: str) -> None:
        """Raises PlaceError where the folder of *table* has files of somebody else: a reader would
        take them for ours.
        """
        for info in _list(self.filesystem, f"{self.root}/{table}"):
            name = _name_of(str(info["name"]))
            is_ours = f"{table}/{name}" in self.listed and info["type"] == "file"
            if not is_ours and not name.startswith((".", "_")):
                raise PlaceError(
                    f"{self.place}: {table}/{name} is in the way, and enrich did not write it;"
                    f" {_ELSEWHERE}"
                )

    def remove_unfinished(self) -> None:
        """Removes what was not finished when it was killed."""
        for info in _list(self.filesystem, f"{self.root}/{_OURS}"):
            if _UNFINISHED.fullmatch(_name_of(str(info["name"]))):
                self.filesystem.rm_file(str(info["name"]))


def _unfinished_path(root: str, number: int) -> str:
    return f"{root}/{_OURS}/part-{number:05d}.{uuid4().hex}"


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


def _list(filesystem: Any, folder: str) -> list[Mapping[str, Any]]:
    """What fsspec knows of each entry of *folder*: its `name` (a path) and its `type`."""
    filesystem.invalidate_cache()
    try:
        return [*filesystem.ls(folder, detail=True)]
    except FileNotFoundError:
        return []
