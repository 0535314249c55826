"""Cochrane's "characteristics of ongoing studies" as a web page: a table for each study, which
can be copied into RevMan or Word.
"""

from jinja2 import Environment, PackageLoader

from enrich.export.revman import TITLE, ongoing, remarks
from enrich.export.sheet import Sheet


def render(sheet: Sheet) -> str:
    """A page with a table of two columns for each study."""
    template = Environment(
        loader=PackageLoader("enrich.export"), autoescape=True, trim_blocks=True
    ).get_template("revman.html")
    return template.render(
        heading=TITLE, title=sheet.title, studies=ongoing(sheet), remarks=remarks(sheet)
    )
