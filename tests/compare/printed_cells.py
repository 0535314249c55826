"""Cells as tables print them, with the verdicts that are right: the files of `printed/`.

A file holds groups of cells. `says` names the fields of the column, the first of which is judged;
`record` gives further facts. Below it, `=` lists registry values that the cells agree with, `!`
those they differ from, `?` those for which the cells are unreadable, `+` those that are only added
(the cell is silent). Each value is a word, or JSON. Every other line is a cell.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from enrich.models import Verdict

FOLDER = Path(__file__).parent / "printed"
_VERDICTS = {
    "=": Verdict.AGREES,
    "!": Verdict.DIFFERS,
    "?": Verdict.UNREADABLE,
    "+": Verdict.ADDS,
}


class PrintedCell(NamedTuple):
    """A cell against one value of the registry, and the verdict that is right."""

    says: tuple[str, ...]
    cell: str
    facts: dict[str, Any]
    right: Verdict


class _Group(NamedTuple):
    """What holds for the cells below: their column, further facts, and values with their verdicts."""

    says: tuple[str, ...] = ()
    facts: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    values: tuple[tuple[Any, Verdict], ...] = ()
    in_head: bool = False


def printed_cells(name: str) -> Iterator[PrintedCell]:
    """The cells of the file *name*, each against every registry value of its group."""
    group = _Group()
    for line in (FOLDER / name).read_text(encoding="utf-8").split("\n"):
        head = _with_head(group, line)
        group = head or group._replace(in_head=False)
        if head is None and line.strip() and not line.startswith("# "):
            for value, right in group.values:
                facts = {**group.facts, group.says[0]: value}
                yield PrintedCell(group.says, line, facts, right)


def _with_head(group: _Group, line: str) -> _Group | None:
    """The group with the content of a line of its head; None where the line is no head."""
    key, _, after = line.partition(" ")
    if key == "says":
        return _Group(tuple(after.split()))
    if key == "record":
        return group._replace(facts=json.loads(after))
    if key in _VERDICTS:
        before = group.values if group.in_head else ()
        return group._replace(values=(*before, *_values(after, _VERDICTS[key])), in_head=True)
    return None


def _values(listed: str, right: Verdict) -> Iterator[tuple[Any, Verdict]]:
    parts = (
        listed.split(" | ") if " | " in listed or listed.startswith(("[", '"')) else listed.split()
    )
    for part in parts:
        yield _value(part.strip()), right


def _value(written: str) -> Any:
    try:
        value = json.loads(written)
    except ValueError:
        return written
    return tuple(value) if isinstance(value, list) else value
