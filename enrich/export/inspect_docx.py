"""The sheet for INSPECT-SR as a Word document: a table for each trial, fields for judgements."""

from enrich.export.inspect_sr import COLUMNS, NOTE, TITLE, sheet_rows
from enrich.export.sheet import Sheet
from enrich.export.word_studies import render_studies


def render(sheet: Sheet) -> bytes:
    """A document with a table of two columns for each trial.

    Raises MissingExtra without python-docx, and EnrichError for too many trials.
    """
    names = [column.heading for column in COLUMNS[1:]]
    trials = (
        (nct_id, list(zip(names, texts, strict=True)))
        for nct_id, *texts in sheet_rows(sheet.dossiers)
    )
    return render_studies(TITLE, [sheet.title, NOTE], trials, width_of_names=4.0, other="inspect")
