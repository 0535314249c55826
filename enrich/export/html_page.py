"""A sheet as a web page."""

from collections.abc import Iterator

from jinja2 import Environment, PackageLoader

from enrich.export.footnotes import lettered_lines, lettered_notes
from enrich.export.sheet import Sheet


def render(sheet: Sheet) -> str:
    """One page that needs nothing else, for a screen or for paper."""
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, some lines at a time."""
    stream = (
        Environment(loader=PackageLoader("enrich.export"), autoescape=True, trim_blocks=True)
        .get_template("export.html")
        .stream(
            sheet=sheet,
            lines=lettered_lines(sheet),
            notes=lettered_notes(sheet),
            has_notes=sheet.survey.has_notes,
            long=[lengths.text > _LONG for lengths in sheet.survey.lengths],
        )
    )
    stream.enable_buffering(_PIECES)
    return stream


# A column with a cell of more characters than this gets more room on a page.
_LONG = 60
_PIECES = 1000  # pieces of the template that are written together
