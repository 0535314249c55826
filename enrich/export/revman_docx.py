"""Cochrane's "characteristics of ongoing studies" as a Word document: a table for each study."""

from enrich.export.revman import TITLE, ongoing, remarks
from enrich.export.sheet import Sheet
from enrich.export.word_studies import render_studies


def render(sheet: Sheet) -> bytes:
    """A document with a table of two columns for each study.

    Raises MissingExtra without python-docx, and EnrichError for too many studies.
    """
    paragraphs = [sheet.title, *remarks(sheet)]
    return render_studies(
        TITLE, paragraphs, ongoing(sheet), width_of_names=3.5, other="revman-html"
    )
