"""Cochrane's "characteristics of ongoing studies" as a web page: a table for each study, which
can be copied into RevMan or Word.
"""

from collections.abc import Iterator

from jinja2 import Environment, PackageLoader

from enrich.export.revman import TITLE, ongoing, remarks
from enrich.export.sheet import Sheet


def render(sheet: Sheet) -> str:
    """A page with a table of two columns for each study."""
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, some lines at a time."""
    stream = (
        Environment(loader=PackageLoader("enrich.export"), autoescape=True, trim_blocks=True)
        .get_template("revman.html")
        .stream(heading=TITLE, title=sheet.title, studies=ongoing(sheet), remarks=remarks(sheet))
    )
    stream.enable_buffering(_PIECES)
    return stream


_PIECES = 1000  # pieces of the template that are written together
