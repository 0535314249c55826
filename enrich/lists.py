"""The lists of a study → rows of their own tables, and the words under which a trial is found. Pure: no database here."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from enrich.errors import UnexpectedShape
from enrich.fields import DOCUMENT_URL, LIST_TABLES, ListTable, nct_id_of, reach
from enrich.records import Study, Trial

Member = Mapping[str, Any]


class Lists(NamedTuple):
    """What the lists of one record hold: for each table its rows, in the order of the record.

    *faults* names what has an unknown shape, and is left out.
    """

    nct_id: str
    rows: Mapping[str, tuple[Member, ...]]
    faults: Mapping[str, str]


def lists_of(study: Study) -> Lists:
    """The members of every list that has a table in `fields.LIST_TABLES`."""
    nct_id = nct_id_of(study)
    faults: dict[str, str] = {}
    rows = {name: tuple(_rows(study, nct_id, name, table, faults)) for name, table in LIST_TABLES.items()}
    return Lists(nct_id, rows, faults)


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split(".")) if path else ()


# Column, steps to its value, how it is read: worked out once, as most of a record's cells are in its lists.
_READ = {name: tuple((column, _steps(part.path), part.read) for column, part in table.columns.items()) for name, table in LIST_TABLES.items()}
_SOURCES = {name: tuple((_steps(path), path, role) for path, role in table.sources.items()) for name, table in LIST_TABLES.items()}


def _rows(study: Study, nct_id: str, name: str, table: ListTable, faults: dict[str, str]) -> Iterator[Member]:
    for steps, path, role in _SOURCES[name]:
        for member in _members(study, steps, path, name, faults):
            cells = _cells(member, name, faults)
            if cells:
                blank = {"role": role, **_BLANK[name]} if table.role else _BLANK[name]
                yield _finished(name, nct_id, {**blank, **cells})


_BLANK: Mapping[str, Mapping[str, None]] = {name: dict.fromkeys(table.columns) for name, table in LIST_TABLES.items()}


def _members(study: Study, steps: tuple[str, ...], path: str, name: str, faults: dict[str, str]) -> list[Any]:
    """What stands at *path*; a single object, such as the lead sponsor, is a list of one."""
    try:
        found = reach(study, steps)
    except UnexpectedShape as error:
        faults[name] = f"{path}: {error}"
        return []
    if isinstance(found, list):
        return [member for member in found if member is not None]
    return [] if found is None else [found]


def _cells(member: Any, name: str, faults: dict[str, str]) -> dict[str, Any]:
    """What a member says, by column; what it does not say, or not in the shape it should, is left out."""
    cells: dict[str, Any] = {}
    for column, steps, read in _READ[name]:
        try:
            value = member.get(steps[0]) if len(steps) == 1 and type(member) is dict else reach(member, steps)
            if value is not None and (told := read(value)) is not None:
                cells[column] = told
        except (UnexpectedShape, TypeError, ValueError) as error:
            faults[f"{name}.{column}"] = str(error)
    return cells


def _finished(name: str, nct_id: str, row: Member) -> Member:
    """A document's file name made into its address."""
    if name != "documents" or not row["filename"]:
        return row
    return {**row, "url": DOCUMENT_URL.format(folder=nct_id[-2:], nct_id=nct_id, filename=quote(row["filename"], safe=""))}


# --- the words under which a trial is found

SEARCHED = ("names", "titles", "conditions", "interventions", "sponsors", "outcomes", "keywords")


def searched(trial: Trial, lists: Lists) -> Mapping[str, str]:
    """The text of *trial* that full-text search reads, by the columns of the index."""
    rows = lists.rows
    return {
        "names": _words(trial.nct_id, trial["aliases"], trial["acronym"]),
        "titles": _words(trial["brief_title"], trial["official_title"]),
        "conditions": _words(trial["conditions"], trial["condition_mesh"]),
        "interventions": _words(*(row[part] for row in rows["interventions"] for part in ("name", "other_names"))),
        "sponsors": _words(*(row["name"] for row in rows["sponsors"])),
        "outcomes": _words(*(row["measure"] for name in ("primary_outcomes", "secondary_outcomes") for row in rows[name])),
        "keywords": _words(trial["keywords"]),
    }


def _words(*values: Any) -> str:
    texts = (text for value in values for text in (value if isinstance(value, tuple) else (value,)))
    return "\n".join(str(text) for text in texts if text)
