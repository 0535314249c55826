"""`enrich candidates` and `enrich decide`: what a search found, and what becomes of it."""

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich.cli.inputs import choose_tables, open_database
from enrich.cli.options import (
    RegistryAddress,
    Time,
    db_option,
    offline_option,
    registry_options,
)
from enrich.cli.parameters import FILE, OUTPUT_FILE, check_not_empty

if TYPE_CHECKING:
    from enrich.models import Problem, Table
    from enrich.search.models import Decision
    from enrich.storage.database import Database

_table_option = click.option(
    "--table",
    "name",
    callback=check_not_empty,
    metavar="NAME",
    help="Name or description (.toml) of the table.  [default: the one with a search]",
)
_UNDECIDED = "undecided"


def _searching_table(name: str | None) -> "Table":
    """The one table with a search; a usage error where it is not one."""
    tables = choose_tables(name)
    searching = [table for table in tables if table.search]
    if not searching:
        raise click.UsageError(
            f"{tables[0].path}: no search; add a section [search], such as query.cond"
        )
    if len(searching) > 1:
        names = ", ".join(table.name for table in searching)
        raise click.UsageError(f"{names} have a search; choose one with --table")
    return searching[0]


# --- candidates


@click.command()
@_table_option
@db_option
@offline_option
@registry_options
@click.option("--all", "show_all", is_flag=True, help="Also list what was decided, and what left.")
@click.option(
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write the list for a screening tool: .csv for ASReview, .ris for Rayyan and Covidence.",
)
@click.option(
    "--row",
    "nct_id",
    metavar="NCT…",
    help="Print a row for the table, filled from the record of this trial, ready to paste.",
)
@click.option(
    "--accept",
    is_flag=True,
    help="Accept an answer that was held back: no hit at all, or a fifth fewer than before.",
)
@click.pass_obj
def candidates(
    time: Time,
    /,
    name: str | None,
    db: Path,
    offline: bool,
    address: RegistryAddress,
    show_all: bool,
    output: Path | None,
    nct_id: str | None,
    accept: bool,
) -> None:
    """List the trials that match the search of a table and wait for a decision.

    The search is the section [search] of the table's description. The registry is asked when it was
    reloaded since the last time. The list is ranked by likeness to what was included.

    \b
    Examples:
      enrich candidates
      enrich candidates --all --output screening.ris
      enrich candidates --row NCT05655520
    """
    from enrich.errors import RegistryError
    from enrich.lock import one_run_at_a_time

    if output is not None and output.suffix.lower() not in (".csv", ".ris"):
        raise click.UsageError(f"--output {output}: the name must end in .csv or .ris")
    table = _searching_table(name)
    if nct_id is not None:
        _print_row(time, table, nct_id, address, offline=offline)
        return
    failure: RegistryError | None = None
    with one_run_at_a_time(db), closing(open_database(db)) as database:
        try:
            problems = _update(time, database, table, None if offline else address, accept=accept)
        except RegistryError as error:  # the list as it was is of use, too
            failure, problems = error, []
        _list(database, table, output, show_all=show_all)
    _warn(problems)
    if failure:
        raise failure


def _update(
    time: Time,
    database: "Database",
    table: "Table",
    address: RegistryAddress | None,
    *,
    accept: bool,
) -> "list[Problem]":
    from enrich.run.search import SearchSettings, ask_now, update_search
    from enrich.storage.searches import table_id_of

    if table_id_of(database, table.name) is None:
        raise click.UsageError(f"{table.name} is not in the database; run `enrich sync` first")
    settings = SearchSettings(time.clock(), accept=accept)
    if address is None:
        return update_search(database, table, None, None, settings)
    return ask_now(database, table, address.open(time), settings)


def _warn(problems: "Iterable[Problem]") -> None:
    from enrich.text import sanitize

    for problem in problems:
        click.echo(f"enrich: {sanitize(problem.message, 1000)}", err=True)


def _list(database: "Database", table: "Table", output: Path | None, *, show_all: bool) -> None:
    """Prints the hits, or writes them to *output*."""
    from enrich.cli.output import write_to_file_or_stdout
    from enrich.export.candidates import render_csv, render_ris
    from enrich.reports.candidates import candidate_lines
    from enrich.storage.searches import (
        read_candidates,
        read_counts,
        read_hits,
        read_search,
        table_id_of,
    )

    table_id = int(table_id_of(database, table.name) or 0)
    hits = read_hits(database, table_id)
    shown = hits if show_all else [hit for hit in hits if hit.is_waiting]
    ids = [hit.nct_id for hit in shown]
    facts = {found.nct_id: found for found in read_candidates(database, table_id, ids)}
    if output is not None:
        render = render_ris if output.suffix.lower() == ".ris" else render_csv
        write_to_file_or_stdout(render((hit, facts[hit.nct_id]) for hit in shown), output)
        return
    search, counts = read_search(database, table_id), read_counts(database, table_id)
    for line in candidate_lines(table, search, shown, facts, counts, show_all=show_all):
        click.echo(line)


def _print_row(
    time: Time, table: "Table", nct_id: str, address: RegistryAddress, *, offline: bool
) -> None:
    """Prints the row on stdout, and what it lacks on stderr."""
    from enrich.search.own_row import own_row
    from enrich.text import sanitize

    if offline:
        raise click.UsageError("--row reads the record of the trial: leave --offline out")
    record, _ = address.open(time).study(_nct_id(nct_id))
    row = own_row(table, record.trial, time.clock()[:10])
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(sanitize(cell) for cell in row.cells)
    click.echo(line.getvalue(), nl=False)
    if row.empty:
        click.echo(f"enrich: left empty: {sanitize('; '.join(row.empty), 500)}", err=True)


# --- decide


@click.command()
@click.argument("words", nargs=-1, metavar="[NCT…]... [include|exclude|maybe|undecided]")
@click.option("--because", callback=check_not_empty, metavar="REASON", help="Why.")
@click.option(
    "--from",
    "file",
    type=FILE,
    metavar="FILE",
    help="Take decisions from this CSV, with the columns nct_id, decision, reason, by, day.",
)
@click.option(
    "--by",
    envvar="ENRICH_BY",
    callback=check_not_empty,
    metavar="NAME",
    help="Who decides; also ENRICH_BY.  [default: the user of this computer]",
)
@_table_option
@db_option
@click.pass_obj
def decide(
    time: Time,
    /,
    words: tuple[str, ...],
    because: str | None,
    file: Path | None,
    by: str | None,
    name: str | None,
    db: Path,
) -> None:
    """Include or exclude trials that the search of a table found, with the reason.

    Decisions are kept in TABLE.decisions.csv beside the table's description, sorted by id, fit for
    git. An excluded trial comes back only when its phase, conditions, criteria or status changed:
    then once, with the change. `undecided` takes a decision back.

    \b
    Examples:
      enrich decide NCT05655520 NCT04780568 exclude --because "not randomised"
      enrich decide NCT05655520 include
      enrich decide --from screened.csv
    """
    from enrich.tables.decisions import decisions_path, write_decisions
    from enrich.text import plural

    if bool(words) is (file is not None):
        raise click.UsageError("give ids and a decision, or --from FILE")
    table = _searching_table(name)
    day, who = time.clock()[:10], by or _user()
    made, withdrawn = (
        _decisions_of(words, because, day, who)
        if file is None
        else (_decisions_from(file, day, who), [])
    )
    path = decisions_path(Path(str(table.path)))
    lost = [] if path.exists() else _stored_decisions(table, db)
    write_decisions(path, [*lost, *made], withdrawn=withdrawn)
    ids = [*(decision.nct_id for decision in made), *withdrawn]
    unknown = _remember(time, table, db, ids)
    click.echo(f"{path}: {plural(len(ids), 'trial')} decided")
    if unknown:
        shown = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        click.echo(f"enrich: not among the hits of the search: {shown}", err=True)


def _decisions_of(
    words: Sequence[str], because: str | None, day: str, by: str
) -> "tuple[list[Decision], list[str]]":
    """The decisions on the command line, and the ids whose decision is taken back."""
    from enrich.search.models import Decision, DecisionKind

    *ids, verdict = words
    nct_ids = [_nct_id(word) for word in ids]
    choices = [*DecisionKind, _UNDECIDED]
    if not nct_ids or verdict not in choices:
        raise click.UsageError(f"give one or more ids, then one of {', '.join(choices)}")
    if verdict == _UNDECIDED:
        return [], nct_ids
    if verdict == DecisionKind.EXCLUDE and not because:
        raise click.UsageError("give --because REASON: a flow diagram counts the reasons")
    kind = DecisionKind(verdict)
    return [Decision(nct_id, kind, because or "", by, day) for nct_id in nct_ids], []


def _decisions_from(file: Path, day: str, by: str) -> "list[Decision]":
    """The decisions of a file; those that do not say when and by whom are of today and by *by*."""
    from dataclasses import replace

    from enrich.tables.decisions import read_decisions

    found = read_decisions(file, required=True).decisions.values()
    return [replace(decision, by=decision.by or by, day=decision.day or day) for decision in found]


def _stored_decisions(table: "Table", db: Path) -> "list[Decision]":
    """The database's copy of the decisions: what a file that was lost held."""
    from enrich.storage.searches import read_stored_decisions, table_id_of

    if not db.exists():
        return []
    with closing(open_database(db)) as database:
        table_id = table_id_of(database, table.name)
        return [*read_stored_decisions(database, table_id).values()] if table_id else []


def _nct_id(word: str) -> str:
    from enrich.record.identity import is_nct_id

    nct_id = word.strip().upper()
    if not is_nct_id(nct_id):
        raise click.UsageError(f"{word!r} is not an NCT id, such as NCT01813279")
    return nct_id


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in some containers
        return ""


def _remember(time: Time, table: "Table", db: Path, ids: Sequence[str]) -> list[str]:
    """Brings the database up to date, if there is one; gives the ids that the search never had."""
    from enrich.lock import one_run_at_a_time
    from enrich.run.search import SearchSettings, update_search
    from enrich.storage.searches import read_hits, table_id_of

    if not db.exists():
        return []
    with one_run_at_a_time(db), closing(open_database(db)) as database:
        problems = update_search(
            database, table, None, None, SearchSettings(time.clock()), renewed={*ids}
        )
        table_id = table_id_of(database, table.name)
        known = {hit.nct_id for hit in read_hits(database, table_id)} if table_id else {*ids}
    _warn(problems)
    return [nct_id for nct_id in ids if nct_id not in known]
