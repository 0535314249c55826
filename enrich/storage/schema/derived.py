"""What is derived from the stored records: facts, rows of child tables, search text.

Records are stored as they came, so code that reads more out of them, or reads them better, can
derive all of this again without a request. Each trial carries the version of the code that derived
its facts (`facts_version`), and whoever opens a database with older ones derives them again. A new
column would otherwise be empty for every record that does not change, and its comparisons would be
`silent`, as if the registry had no value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import orjson

from enrich.record.children import CHILD_TABLES, COLUMNS, facts_and_children
from enrich.record.fields import FACTS_VERSION, FIELDS
from enrich.storage.rows import (
    DERIVED_COLUMNS,
    derived_values,
    study_from_column,
)
from enrich.storage.search import replace_child_rows

if TYPE_CHECKING:
    from enrich.storage.database import Database

# Trials derived in one transaction: a stop loses no more than these.
BATCH = 500


def has_newer_facts(database: Database) -> bool:
    """Whether a newer version of enrich derived the facts of any trial."""
    newest = database.fetch_value("select max(facts_version) from trials")
    return newest is not None and newest > FACTS_VERSION


def update_derived(database: Database, on_progress: Callable[[int, int], None]) -> None:
    """Brings facts and child tables, their columns included, to what this code derives.

    *on_progress* gets how many trials of how many are done. If it is cut off, the next opening goes
    on with the trials that are left.
    """
    with database.transaction():
        if _add_missing_columns(database):
            database.execute("update trials set facts_version = 0")
    outdated = "from trials where facts_version < ?"
    total = int(database.fetch_value(f"select count(*) {outdated}", FACTS_VERSION))
    done = 0
    while batch := database.fetch_tuples(f"select nct_id {outdated} limit ?", FACTS_VERSION, BATCH):
        with database.transaction():
            _derive(database, [nct_id for (nct_id,) in batch])
        done += len(batch)
        on_progress(done, total)


def _derive(database: Database, nct_ids: Sequence[str]) -> None:
    """Writes what today's code reads in the newest stored record of each of these trials."""
    derived = [
        facts_and_children(study_from_column(study), complete=bool(complete))
        for nct_id in nct_ids
        for study, complete in database.fetch_tuples(
            "select study, complete from versions where nct_id = ? order by version desc limit 1",
            nct_id,
        )
    ]
    assignments = ", ".join(f"{column} = ?" for column in DERIVED_COLUMNS)
    database.executemany(
        f"update trials set {assignments} where nct_id = ?",
        [(*derived_values(trial), trial.nct_id) for trial, _ in derived],
    )
    replace_child_rows(database, derived)
    unpack_past_versions(database, nct_ids)


def unpack_past_versions(database: Database, nct_ids: Sequence[str]) -> None:
    """Makes text of past versions of these trials that are stored as a bulk download packed them.

    SQL reads the facts of a past version out of its record (the view `trial_versions`), and cannot
    unpack it. The newest version stays packed: its facts are in `trials`.
    """
    packed = database.fetch_tuples(
        """
        select nct_id, version, study from versions v
        where nct_id in (select value from json_each(?)) and typeof(study) = 'blob'
          and version < (select max(version) from versions where nct_id = v.nct_id)""",
        json.dumps(nct_ids),
    )
    database.executemany(
        "update versions set study = cast(? as text) where nct_id = ? and version = ?",
        [
            (orjson.dumps(dict(study_from_column(study))), nct_id, version)
            for nct_id, version, study in packed
        ],
    )


# --- the columns


def _add_missing_columns(database: Database) -> bool:
    """Adds the child tables and columns that the database lacks; whether it lacked any."""
    present = _present_columns(database)
    missing = [
        statement
        for name, columns in _wanted_columns().items()
        for statement in _statements(name, columns, present.get(name, frozenset()))
    ]
    for statement in missing:
        database.execute(statement)
    return bool(missing)


def _present_columns(database: Database) -> dict[str, frozenset[str]]:
    found = database.fetch_tuples(
        """
        select t.name, c.name from sqlite_master t, pragma_table_xinfo(t.name) c
        where t.type = 'table' order by t.name"""
    )
    return {
        table: frozenset(column for _, column in columns)
        for table, columns in groupby(found, key=lambda row: row[0])
    }


def _wanted_columns() -> dict[str, Mapping[str, str]]:
    """The columns of facts in `trials` and those of each child table, with their types."""
    children = {
        name: {"role": "TEXT", **{column: part.sql for column, part in table.columns.items()}}
        for name, table in CHILD_TABLES.items()
    }
    return {
        "trials": {name: field.sql for name, field in FIELDS.items()},
        **{
            name: {column: kinds[column] for column in COLUMNS[name] if column != "nct_id"}
            for name, kinds in children.items()
        },
    }


def _statements(name: str, columns: Mapping[str, str], present: frozenset[str]) -> list[str]:
    """What makes the table *name* have *columns*, of which *present* are there."""
    made = [] if present else [
        f"""
        create table {name} (
          id integer primary key, nct_id text not null references trials(nct_id)
        )""",
        f"create index {name}_nct_id on {name}(nct_id)",
    ]  # fmt: skip
    return made + [
        f'alter table {name} add column "{column}" {kind.lower()}'
        for column, kind in columns.items()
        if column not in present
    ]
