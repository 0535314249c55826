"""`enrich dismiss`: a known difference that stays as it is, with the reason."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.inputs import choose_tables, read_tables
from enrich.cli.options import db_option
from enrich.cli.parameters import check_not_empty

if TYPE_CHECKING:
    from enrich.models import Table


@click.command()
@click.argument("nct_id", metavar="[NCT…]", required=False)
@click.argument("field", metavar="[FIELD]", required=False)
@click.option(
    "--because", callback=check_not_empty, metavar="REASON", help="Why it stays as it is."
)
@click.option(
    "--table",
    "name",
    callback=check_not_empty,
    metavar="NAME",
    help="Name or description (.toml) of the table.  [default: the one that names the trial]",
)
@click.option("--list", "lists", is_flag=True, help="List what is settled, and why.")
@click.option("--undo", is_flag=True, help="Open the difference again.")
@db_option
def dismiss(
    nct_id: str | None,
    field: str | None,
    because: str | None,
    name: str | None,
    lists: bool,
    undo: bool,
    db: Path,
) -> None:
    """Settle a known difference between the table and the registry.

    Reports show it as settled with the reason, and it is no longer news. When the fact or the cell
    changes again, it is open again. The reason goes into the table's description, as a section
    [[dismissed]]. FIELD is named as in the description, such as enrollment.

    \b
    Examples:
      enrich dismiss NCT01813279 enrollment --because "the paper counts the treated"
      enrich dismiss NCT01813279 enrollment --undo
      enrich dismiss --list
    """
    tables = choose_tables(name)
    if lists and nct_id is None and not (undo or because):
        for table in tables:
            _list(table)
        return
    if lists or nct_id is None or field is None or undo is (because is not None):
        raise click.UsageError(
            "give an id, a field and --because REASON, or --undo; or --list alone"
        )
    table = _table_of(tables, nct_id, field)
    if undo:
        _undo(table, nct_id, field)
    else:
        _settle(table, nct_id, field, str(because), db)
    _update(table, {(nct_id, field)}, db)


def _table_of(tables: "list[Table]", nct_id: str, field: str) -> "Table":
    """The one table that names the trial and states the field; UsageError where it is not one."""
    naming = [table for table in tables if nct_id in table.nct_ids]
    if not naming:
        raise click.UsageError(f"{nct_id}: no table names this id")
    stating = [table for table in naming if field in table.stated]
    if not stating:
        fields = dict.fromkeys(name for table in naming for name in table.stated)
        raise click.UsageError(f"{field!r} is not compared; compared are {', '.join(fields)}")
    if len(stating) > 1:
        names = ", ".join(table.name for table in stating)
        raise click.UsageError(f"{nct_id} is in {names}; choose one with --table")
    return stating[0]


def _list(table: "Table") -> None:
    for dismissal in table.dismissed:
        _print(f"{table.name}: {dismissal.nct_id} {dismissal.field}: {dismissal.because}")


def _print(line: str) -> None:
    """Prints a line with text of a file, which must not control the terminal."""
    from enrich.text import sanitize

    click.echo(sanitize(line))


def _settle(table: "Table", nct_id: str, field: str, because: str, db: Path) -> None:
    from enrich.models import Dismissal
    from enrich.tables.dismissals import write_dismissal

    if db.exists() and not _differs(table, nct_id, field, db):
        raise click.UsageError(
            f"{nct_id} {field}: no difference is known here; `enrich report` lists them"
        )
    write_dismissal(Path(str(table.path)), Dismissal(nct_id, field, because))
    _print(f"{table.path}: {nct_id} {field} is settled")


def _differs(table: "Table", nct_id: str, field: str, db: Path) -> bool:
    from enrich.cli.inputs import open_database
    from enrich.storage.dismissals import is_different

    with closing(open_database(db)) as database:
        return is_different(database, table.name, nct_id, field)


def _undo(table: "Table", nct_id: str, field: str) -> None:
    from enrich.tables.dismissals import remove_dismissal

    if not remove_dismissal(Path(str(table.path)), nct_id, field):
        raise click.UsageError(f"{table.path}: {nct_id} {field} is not settled there")
    _print(f"{table.path}: {nct_id} {field} is open again")


def _update(table: "Table", changed: set[tuple[str, str]], db: Path) -> None:
    """Stores what the description settles now in the database, if there is one."""
    from enrich.cli.inputs import open_database
    from enrich.lock import one_run_at_a_time
    from enrich.storage.dismissals import update_dismissals

    if db.exists():
        with one_run_at_a_time(db), closing(open_database(db)) as database:
            update_dismissals(database, read_tables((Path(str(table.path)),)), changed)
