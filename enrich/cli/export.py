"""`enrich export`: the table as a file, with the registry's values."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from enrich import export as exports
from enrich.cli.inputs import open_database
from enrich.cli.options import Time, bom_option, db_option
from enrich.cli.parameters import FILE, OUTPUT_FILE

if TYPE_CHECKING:
    from enrich.export.inspect_sr import Evidence
    from enrich.formats import Format
    from enrich.storage.database import Database

# Records that are read together.
_BATCH = 500


@click.command()
@db_option
@click.option(
    "--table",
    "name",
    metavar="NAME",
    help="Which table, by the name of its .toml.  [default: the only one]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice([*exports.FORMATS]),
    help="[default: by the name of the output file, else csv]",
)
@click.option(
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Write to this file; xlsx and docx need one.",
)
@click.option(
    "--beside/--in-place",
    "with_printed",
    default=True,
    show_default=True,
    help="Put registry values in columns of their own, or in place of printed values that differ.",
)
@click.option(
    "--document",
    type=FILE,
    metavar="FILE",
    help="Write into a copy of this Word document or Excel workbook, from which the table came:"
    " tracked changes in Word, comments in Excel. Needs --output.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME",
    help="Include only this column. Can be repeated.",
)
@click.option(
    "--participants",
    "with_participants",
    is_flag=True,
    help="Add a column for each number of people: planned at registration and at the start,"
    " enrolled, started, counted at baseline, analysed for the primary outcomes.",
)
@bom_option
@click.pass_obj
def export(
    time: Time,
    /,
    db: Path,
    name: str | None,
    format_: str | None,
    output: Path | None,
    with_printed: bool,
    document: Path | None,
    columns: tuple[str, ...],
    with_participants: bool,
    bom: bool,
) -> None:
    """Export the table with the registry's values beside the printed ones, or in their place.

    A printed value is replaced only where it differs from a complete, confirmed record of the
    registry. Everything else stays as printed; notes say why.

    \b
    Examples:
      enrich export --output table9.csv
      enrich export --in-place --output table9.docx
      enrich export --document paper.docx --output corrected.docx    changes tracked in your paper
      enrich export --in-place --output table9.xlsx --column "NCT ID" --column "N (male/female)"
      enrich export --participants --output numbers.csv      which n is which
      enrich export --format corrections            a sentence for each difference, for an erratum
      enrich export --format revman --output ongoing.docx    Cochrane's table of ongoing studies
      enrich export --format ris --output trials.ris         for reference managers and screening
      enrich export --format inspect --output inspect.xlsx   facts for INSPECT-SR, one row a trial
    """
    from enrich.cli.output import write_to_file_or_stdout
    from enrich.export.sheet import build, select_table
    from enrich.storage.report_query import read_report_tables
    from enrich.storage.trials import LatestStudies

    chosen = exports.select_format(format_, output)
    _check_options(chosen, output, document, with_participants=with_participants)
    if document and output:
        _write_into(time, document, db, name, output, columns)
        return
    with closing(open_database(db)) as database:
        table = select_table(read_report_tables(database, streamed=True), name)
        needs_ids = chosen.has_records or with_participants
        ids = [row.trial_id for row in table.rows if row.trial_id] if needs_ids else []
        sheet = build(
            table,
            in_place=not with_printed,
            columns=columns,
            studies=LatestStudies(database, ids) if chosen.has_records else {},
            evidence=_evidence(database, ids, time.clock()[:10]) if chosen.has_evidence else None,
            participants=_participants(database, ids) if with_participants else None,
        )
        bom = bom and chosen.may_have_bom
        write_to_file_or_stdout(chosen.parts(sheet), output, bom=bom)


def _check_options(
    chosen: "Format", output: Path | None, document: Path | None, *, with_participants: bool
) -> None:
    """A usage error where options do not go together."""
    if document and output is None:
        raise click.UsageError("--document needs --output FILE, for the changed copy")
    if chosen.needs_file and output is None:
        raise click.UsageError(f"--format {chosen.name} needs --output FILE")
    if with_participants and (document or not chosen.has_table):
        other = "--document" if document else f"--format {chosen.name}"
        raise click.UsageError(f"--participants does not go with {other}")


def _evidence(database: "Database", ids: list[str], today: str) -> "Evidence":
    """What is known beside the records of these trials, on the ISO day *today*."""
    from enrich.export.inspect_sr import Evidence
    from enrich.storage.early_versions import read_early_versions
    from enrich.storage.papers import NOTICES, RECORDS, read_check, read_papers

    return Evidence(
        today,
        read_papers(database, ids),
        read_early_versions(database, ids),
        papers_day=read_check(database, RECORDS),
        notices_day=read_check(database, NOTICES),
    )


def _participants(database: "Database", ids: list[str]) -> dict[str, list[str]]:
    """The cells about the numbers of people in these trials."""
    from enrich.export.participants import count_cells, every_count
    from enrich.storage.early_versions import read_early_versions
    from enrich.storage.trials import read_latest_studies, read_trials

    early = read_early_versions(database, ids)
    cells: dict[str, list[str]] = {}
    for at in range(0, len(ids), _BATCH):
        some = ids[at : at + _BATCH]
        trials = read_trials(database, some)
        for nct_id, study in read_latest_studies(database, some).items():
            versions = early.get(nct_id, {})
            counts = every_count(trials.get(nct_id), study, versions)
            cells[nct_id] = count_cells(counts, versions)
    return cells


def _write_into(
    time: Time,
    document: Path,
    db: Path,
    name: str | None,
    output: Path,
    columns: tuple[str, ...],
) -> None:
    """Writes a changed copy of *document*, and prints what was changed and what was not."""
    from enrich.atomic import write_atomic
    from enrich.export.own_document import write_into
    from enrich.export.own_document.edits import summary
    from enrich.export.sheet import build, select_table
    from enrich.storage.report_query import read_report_tables

    with closing(open_database(db)) as database:
        table = select_table(read_report_tables(database), name)
    sheet = build(table, in_place=True, columns=columns)
    changed = write_into(document, table, sheet, columns, time.clock())
    write_atomic(output, changed.content)
    for line in summary(changed, sheet, output):
        click.echo(line, err=True)
