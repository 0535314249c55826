"""`enrich check`: what a person should look at in the tables themselves."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.inputs import read_tables
from enrich.cli.options import cache_option, table_option

if TYPE_CHECKING:
    from enrich.models import FetchedRecord, Table


@click.command()
@table_option
@cache_option
@click.option("--all", "every", is_flag=True, help="List every remark, row by row.")
def check(tables: tuple[Path, ...], cache: Path, every: bool) -> None:
    """Check the tables themselves: ids, columns, cells that cannot be read. No network.

    Of each column it counts the cells that can be compared, and says why others cannot. Where the
    cache has the records, it also names columns that seem to contain something else than their
    description says, and which number of people a cell gives that is not the enrolment.

    \b
    Examples:
      enrich check
      enrich check --table my.toml --all
    """
    for table in read_tables(tables):
        print_check(table, every=every, cache=cache)


def print_check(table: "Table", *, every: bool = False, cache: Path | None = None) -> None:
    """Prints what a person should look at in *table*, and how many cells can be compared.

    With *every*, each remark has a line of its own. Records in *cache* show whether the columns
    are described rightly.
    """
    from enrich.record.search_query import query_text
    from enrich.tables.lint import (
        check_table,
        count_cells,
        named_numbers,
        remark_lines,
        why_nothing_is_compared,
    )
    from enrich.text import plural, sanitize

    copies = _copies(table, cache)
    remarks = check_table(table)
    counts = (
        plural(len(table.rows), "row"),
        plural(len(table.nct_ids), "trial"),
        plural(len(remarks), "remark"),
    )
    click.echo(f"{sanitize(table.name)}: {', '.join(counts)}")
    cells = count_cells(table)
    for line in (
        *(map(str, remarks) if every else remark_lines(remarks)),
        *map(str, cells),
        *map(str, named_numbers(table, copies)),
        *_doubts_about_columns(table, copies),
        *([f"search: {sanitize(query_text(table.search), 2000)}"] if table.search else []),
    ):
        click.echo(f"  {line}")
    if reason := why_nothing_is_compared(table, cells):
        click.echo(f"  Nothing will be compared: {reason}.")


def _copies(table: "Table", cache: Path | None) -> "list[FetchedRecord]":
    """The copies in *cache* of the trials that *table* names."""
    from enrich.storage.cache import Cache

    return Cache(cache).copies(table.nct_ids)[0] if cache else []


def _doubts_about_columns(table: "Table", copies: "list[FetchedRecord]") -> list[str]:
    """A line for each column that seems to say something else than its description says."""
    from enrich.inference.guard import suspect_cells, suspect_columns
    from enrich.record.fields import trial_of

    trials = {copy.nct_id: trial_of(copy.study, complete=copy.complete) for copy in copies}
    doubts = [*suspect_cells(table), *suspect_columns(table, trials)]
    return [doubt.sentence for doubt in doubts]
