"""The tables of a run: stored as they read now,
unless so much is missing that a file may be half saved.
"""

from collections.abc import Sequence

from enrich.changes.table_diff import StoredTable, find_stored, loss_of_rows
from enrich.models import Problem, ProblemKind, Table
from enrich.storage.database import Database
from enrich.storage.tables import as_stored, description_is_missing, read_tables, save_tables


def store_tables(
    database: Database, run_id: int, tables: Sequence[Table], *, accept: bool, ends_missing: bool
) -> tuple[list[Table], list[Problem]]:
    """Stores *tables* with their owners' changes; gives the tables to go by, and problems.

    A table that lost many rows at once stays as it was stored, unless a person says *accept*. With
    *ends_missing*, these are all the tables there are: a stored one whose description is gone
    leaves.
    """
    stored = read_tables(database)
    believed, problems = ([*tables], []) if accept else _hold_back_losses(database, tables, stored)
    save_tables(database, run_id, believed, ends_missing=ends_missing, stored=stored)
    return believed, problems


def _hold_back_losses(
    database: Database, tables: Sequence[Table], stored: Sequence[StoredTable]
) -> tuple[list[Table], list[Problem]]:
    believed: list[Table] = []
    problems: list[Problem] = []
    missing = [old.table.name for old in stored if description_is_missing(database, old.table)]
    for table in tables:
        found = find_stored(table, stored, missing)
        before = None if found is None else stored[found].table
        reason = loss_of_rows(before, table) if before else None
        if before and reason:
            problems.append(Problem(ProblemKind.HELD, reason, subject=table.name))
            table = as_stored(table, before)
        believed.append(table)
    return believed, problems
