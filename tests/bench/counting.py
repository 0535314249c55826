"""`python -m tests.bench.counting FILE WORD…` runs `enrich WORD…` and writes to FILE what it did.

It counts what a slow or busy machine cannot change: statements sent to SQLite, rows written, bytes
of JSON parsed, and what was imported.
"""

import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson

# Imported here, whether the command needs them or not.
_IMPORTED_HERE = frozenset(("enrich", "orjson", "tests"))


COUNTS: Counter[str] = Counter()


class CountingCursor(sqlite3.Cursor):
    """Counts the `statements` that are sent."""

    def execute(self, sql: str, *arguments: Any) -> Any:
        COUNTS["statements"] += 1
        return super().execute(sql, *arguments)

    def executemany(self, sql: str, *arguments: Any) -> Any:
        COUNTS["statements"] += 1
        return super().executemany(sql, *arguments)


class CountingConnection(sqlite3.Connection):
    """Sends everything through a counting cursor, and counts the `rows written` when it closes."""

    def cursor(self, factory: Any = CountingCursor) -> Any:
        return super().cursor(factory)

    def execute(self, *arguments: Any) -> Any:
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self.cursor().executemany(*arguments)

    def close(self) -> None:
        COUNTS["rows written"] += self.total_changes
        super().close()


def count_statements() -> None:
    """Counts in COUNTS what the program sends to SQLite from now on."""
    sqlite3.connect = partial(sqlite3.connect, factory=CountingConnection)  # type: ignore[assignment]


def count_parsed() -> None:
    """Counts in COUNTS the `bytes parsed` as JSON from now on."""
    orjson.loads = _counting(orjson.loads)
    json.loads = _counting(json.loads)


def _counting(parse: Callable[..., Any]) -> Callable[..., Any]:
    def counting(text: Any, *arguments: Any, **options: Any) -> Any:
        COUNTS["bytes parsed"] += len(text)
        return parse(text, *arguments, **options)

    return counting


def count_imported() -> dict[str, int]:
    """How many modules of `enrich` are imported by now, and how many libraries."""
    tops = [name.partition(".")[0] for name in sys.modules]
    libraries = {top for top in tops if not top.startswith("_")} - sys.stdlib_module_names
    return {
        "modules of enrich": tops.count("enrich"),
        "libraries": len(libraries - _IMPORTED_HERE),
    }


def main(file: Path, words: list[str]) -> None:
    count_statements()
    count_parsed()
    from enrich.cli import main as enrich

    try:
        enrich(words)
    finally:
        file.write_text(json.dumps({**COUNTS, **count_imported()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
