"""What a database says, without when it was told so: to compare one that met a fault with one that never did."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

# Moments, and which run and load it was: of two databases that say the same they may differ.
BOOKKEEPING = frozenset(
    ("retrieved_at", "checked_at", "seen_at", "data_timestamp", "run_id", "load", "outcome", "first_seen", "id", "row_id", "table_id", "applied_at")
)
TOLD = {"tables", "rows", "trials", "ids", "versions", "changes", "comparisons"}
# Runs, and what went wrong in them.
OF_RUNS = frozenset(("runs", "problems"))


def what_it_says(path: Path) -> dict[str, list[str]]:
    """Every table without its bookkeeping, a sorted list of lines each; `stale_since` and `gone_since` only as yes or no."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        names = [row["name"] for row in db.execute("pragma table_list") if row["type"] == "table" and not row["name"].startswith("sqlite_")]
        says = {name: sorted(_line(row) for row in db.execute(f'select * from "{name}"')) for name in names if name not in OF_RUNS}
    assert says.keys() >= TOLD, "two databases of which nothing is read would say the same"
    return says


def _line(row: sqlite3.Row) -> str:
    return json.dumps({column: _said(column, row[column]) for column in row.keys() if column not in BOOKKEEPING}, sort_keys=True)  # noqa: SIM118


def _said(column: str, value: Any) -> Any:
    if column in ("stale_since", "gone_since"):
        return value is not None
    if column == "study":
        study = json.loads(value)
        study.get("derivedSection", {}).get("miscInfoModule", {}).pop("versionHolder", None)
        return study
    return repr(value) if isinstance(value, bytes) else value


def broken(path: Path) -> list[str]:
    """What SQLite itself finds wrong with the file: nothing, if it is whole."""
    with closing(sqlite3.connect(path)) as db:
        found = [row[0] for row in db.execute("pragma integrity_check") if row[0] != "ok"]
        return found + [f"foreign key: {tuple(row)}" for row in db.execute("pragma foreign_key_check")]
