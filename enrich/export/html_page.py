"""A sheet as a web page."""

from jinja2 import Environment, PackageLoader

from enrich.export.footnotes import lettered
from enrich.export.sheet import Sheet


def render(sheet: Sheet) -> str:
    """One page that needs nothing else, for a screen or for paper."""
    lines, notes = lettered(sheet)
    template = Environment(
        loader=PackageLoader("enrich.export"), autoescape=True, trim_blocks=True
    ).get_template("export.html")
    long = [
        max((len(line.cells[at].text) for line in sheet.lines), default=0) > _LONG
        for at in range(len(sheet.header))
    ]
    return template.render(sheet=sheet, lines=lines, notes=notes, long=long)


# A column with a cell of more characters than this gets more room on a page.
_LONG = 60
