"""A sheet as a table of GitHub's Markdown, then notes and sources."""

from enrich.escaping import escape_markdown
from enrich.export.footnotes import lettered
from enrich.export.sheet import Cell, Sheet


def render(sheet: Sheet) -> str:
    """A table of GitHub's Markdown, then notes and sources."""
    lines, notes = lettered(sheet)
    rows = [
        [escape_markdown(heading.text) for heading in sheet.header],
        ["---"] * len(sheet.header),
    ]
    rows += [
        [f"{_marked(cell)}{f' [{letter}]' if letter else ''}" for cell, letter in line]
        for line in lines
    ]
    parts = [
        f"# {escape_markdown(sheet.title)}",
        escape_markdown(sheet.citation or ""),
        " ".join(sheet.remarks),
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
    ]
    parts += [
        _listed(
            "Notes",
            [
                f"[{letter}] Row {position}, {escape_markdown(heading.text)}: "
                f"{escape_markdown(cell.note)}"
                for letter, position, heading, cell in notes
            ],
        )
    ]
    parts += [_listed("Sources", [escape_markdown(source) for source in sheet.sources])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _marked(cell: Cell) -> str:
    text = escape_markdown(cell.text)
    return f"**{text}**" if cell.mark in ("replaced", "differing") and text else text


def _listed(heading: str, items: list[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {item}" for item in items) if items else ""
