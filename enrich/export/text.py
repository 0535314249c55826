"""A sheet as CSV, Markdown or HTML, and the list of corrections: text from values."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from string import ascii_lowercase

from jinja2 import Environment, PackageLoader

from enrich.escaping import escaped, unformulated
from enrich.export.sheet import Cell, Heading, Sheet


def markers() -> Iterator[str]:
    """a, b, … z, aa, ab, …: how the notes of a table are lettered."""
    return (_lettered(number) for number in count(1))


def _lettered(number: int) -> str:
    before, last = divmod(number - 1, 26)
    return (_lettered(before) if before else "") + ascii_lowercase[last]


def lettered(
    sheet: Sheet,
) -> tuple[list[list[tuple[Cell, str]]], list[tuple[str, int, Heading, Cell]]]:
    """The cells of *sheet*, each with the letter of its note or "", and the notes with their letters."""
    letters = markers()
    lines = [
        [(cell, next(letters) if cell.note else "") for cell in line.cells] for line in sheet.lines
    ]
    notes = [
        (letter, line.position, heading, cell)
        for line, cells in zip(sheet.lines, lines, strict=True)
        for heading, (cell, letter) in zip(sheet.header, cells, strict=True)
        if letter
    ]
    return lines, notes


# --- the formats


def as_csv(sheet: Sheet, *, bom: bool = False) -> str:
    """Comma-separated, as RFC 4180 has it; what stands under the table elsewhere stands in two more columns here."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(
        _safe([*(heading.text for heading in sheet.header), "Registry record", "Notes"])
    )
    for line in sheet.lines:
        notes = " ".join(
            f"{heading.text}: {cell.note}"
            for heading, cell in zip(sheet.header, line.cells, strict=True)
            if cell.note
        )
        writer.writerow(
            _safe([*(cell.text for cell in line.cells), "; ".join(line.records), notes])
        )
    return ("\ufeff" if bom else "") + out.getvalue()


# What begins with a sign and is a plain number is no formula.
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*\s*%?")


def _safe(cells: Iterable[str]) -> list[str]:
    return [cell if _PLAIN_NUMBER.fullmatch(cell) else unformulated(cell) for cell in cells]


def as_markdown(sheet: Sheet) -> str:
    """A table of GitHub's Markdown, then notes and sources."""
    lines, notes = lettered(sheet)
    rows = [[escaped(heading.text) for heading in sheet.header], ["---"] * len(sheet.header)]
    rows += [
        [f"{_marked(cell)}{f' [{letter}]' if letter else ''}" for cell, letter in line]
        for line in lines
    ]
    parts = [
        f"# {escaped(sheet.title)}",
        escaped(sheet.citation or ""),
        " ".join(sheet.remarks),
        "\n".join(f"| {' | '.join(row)} |" for row in rows),
    ]
    parts += [
        _listed(
            "Notes",
            [
                f"[{letter}] Row {position}, {escaped(heading.text)}: {escaped(cell.note)}"
                for letter, position, heading, cell in notes
            ],
        )
    ]
    parts += [_listed("Sources", [escaped(source) for source in sheet.sources])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _marked(cell: Cell) -> str:
    text = escaped(cell.text)
    return f"**{text}**" if cell.mark in ("replaced", "differing") and text else text


def _listed(heading: str, items: list[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {item}" for item in items) if items else ""


def as_html(sheet: Sheet) -> str:
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


# A column with a cell of more signs than this gets more room on a page.
_LONG = 60


def as_corrections(sheet: Sheet, grouped: Mapping[str, list[str]]) -> str:
    """The sentences of `export.corrections`, a paragraph each; one sentence where there is nothing to correct."""
    parts = [sheet.title, *([sheet.citation] if sheet.citation else [])]
    for heading, sentences in grouped.items():
        parts += [heading, *sentences]
    return (
        "\n\n".join(
            parts
            if grouped
            else [*parts, "Nothing that could be checked differs from the registry."]
        )
        + "\n"
    )
