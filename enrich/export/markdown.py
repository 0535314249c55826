"""A sheet as a table of GitHub's Markdown, then notes and sources."""

from collections.abc import Iterable, Iterator, Sequence

from enrich.escaping import escape_markdown
from enrich.export.footnotes import lettered_lines, lettered_notes
from enrich.export.sheet import Cell, Sheet


def render(sheet: Sheet) -> str:
    """A table of GitHub's Markdown, then notes and sources."""
    return "".join(render_parts(sheet))


def render_parts(sheet: Sheet) -> Iterator[str]:
    """The same, line by line."""
    yield f"# {escape_markdown(sheet.title)}"
    for text in (escape_markdown(sheet.citation or ""), " ".join(sheet.remarks)):
        yield f"\n\n{text}" if text else ""
    yield "\n"
    yield _row([escape_markdown(heading.text) for heading in sheet.header])
    yield _row(["---"] * len(sheet.header))
    for line in lettered_lines(sheet):
        yield _row([f"{_marked(cell)}{f' [{letter}]' if letter else ''}" for cell, letter in line])
    notes = (
        f"[{letter}] Row {position}, {escape_markdown(heading.text)}: {escape_markdown(cell.note)}"
        for letter, position, heading, cell in lettered_notes(sheet)
    )
    yield from _listed("Notes", notes)
    yield from _listed("Sources", map(escape_markdown, sheet.sources))
    yield "\n"


def _row(cells: Sequence[str]) -> str:
    return f"\n| {' | '.join(cells)} |"


def _marked(cell: Cell) -> str:
    text = escape_markdown(cell.text)
    return f"**{text}**" if cell.mark in ("replaced", "differing") and text else text


def _listed(heading: str, items: Iterable[str]) -> Iterator[str]:
    start = f"\n\n## {heading}\n"
    for item in items:
        yield f"{start}\n- {item}"
        start = ""
