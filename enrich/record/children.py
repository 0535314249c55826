"""The lists of a study → rows of their own tables, and the words under which a trial is found. Pure: no database here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from enrich.errors import UnexpectedShape
from enrich.models import Study, Trial
from enrich.record.fields import (
    CHILD_TABLES,
    DOCUMENT_URL,
    get_path,
    nct_id_of,
    split_path,
    text,
    trial_of,
)

Row = tuple[Any, ...]


class ChildRows(NamedTuple):
    """What the lists of one record hold: for each table its rows, in the order of the record and with the columns of `COLUMNS`.

    *faults* names what has an unknown shape, and is left out.
    """

    nct_id: str
    rows: Mapping[str, tuple[Row, ...]]
    faults: Mapping[str, str]

    def column(self, name: str, column: str) -> list[Any]:
        """What the rows of the table *name* have in one column."""
        at = COLUMNS[name].index(column)
        return [row[at] for row in self.rows[name]]


COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: ("nct_id", *(["role"] if table.role else []), *table.columns)
    for name, table in CHILD_TABLES.items()
}


def child_rows(study: Study) -> ChildRows:
    """The members of every list that has a table in `fields.CHILD_TABLES`."""
    nct_id = nct_id_of(study)
    faults: dict[str, str] = {}
    return ChildRows(
        nct_id, {name: tuple(_rows(study, nct_id, name, faults)) for name in CHILD_TABLES}, faults
    )


def facts_and_children(study: Study, *, complete: bool = True) -> tuple[Trial, ChildRows]:
    """The facts and the lists of a record; what of its lists cannot be read is among the trial's faults."""
    trial, lists = trial_of(study, complete=complete), child_rows(study)
    return replace(trial, faults={**lists.faults, **trial.faults}) if lists.faults else trial, lists


def _key(path: str) -> str | None:
    """The one step that leads to a cell, as for most: worth a shorter way, as most of a record's cells are in its lists."""
    return path if path.isidentifier() else None


_SOURCES = {
    name: tuple((split_path(path), path, role) for path, role in table.sources.items())
    for name, table in CHILD_TABLES.items()
}
_READ = {
    name: tuple(
        (column, _key(part.path), split_path(part.path), part.read)
        for column, part in table.columns.items()
    )
    for name, table in CHILD_TABLES.items()
}


def _rows(study: Study, nct_id: str, name: str, faults: dict[str, str]) -> Iterator[Row]:
    for steps, path, role in _SOURCES[name]:
        before = (nct_id, role) if role else (nct_id,)
        for member in _members(study, steps, path, name, faults):
            cells = _cells(member, name, faults)
            if cells.count(None) < len(cells):
                yield (*before, *(_with_address(nct_id, cells) if name == "documents" else cells))


def _members(
    study: Study, steps: tuple[str, ...], path: str, name: str, faults: dict[str, str]
) -> list[Any]:
    """What stands at *path*; a single object, such as the lead sponsor, is a list of one."""
    try:
        found = get_path(study, steps)
    except UnexpectedShape as error:
        faults[name] = f"{path}: {error}"
        return []
    if isinstance(found, list):
        return [member for member in found if member is not None]
    return [] if found is None else [found]


def _cells(member: Any, name: str, faults: dict[str, str]) -> list[Any]:
    """What a member says, column by column; None for what it does not say, or not in the shape it should."""
    cells: list[Any] = []
    get = member.get if type(member) is dict else None
    for column, key, steps, read in _READ[name]:
        try:
            value = get(key) if key and get else get_path(member, steps)
            # Most of a record's cells are texts of its lists: those are as they should be, without a further call.
            cells.append(
                value if value is None or (read is text and type(value) is str) else read(value)
            )
        except (UnexpectedShape, TypeError, ValueError) as error:
            faults[f"{name}.{column}"] = str(error)
            cells.append(None)
    return cells


def _with_address(nct_id: str, cells: list[Any]) -> list[Any]:
    """A document's file name, which stands last, made into its address."""
    name = cells[-1]
    return [
        *cells[:-1],
        DOCUMENT_URL.format(folder=nct_id[-2:], nct_id=nct_id, filename=quote(name, safe=""))
        if name
        else name,
    ]


# --- the words under which a trial is found

SEARCH_COLUMNS = (
    "names",
    "titles",
    "conditions",
    "interventions",
    "sponsors",
    "outcomes",
    "keywords",
)


def search_document(trial: Trial, lists: ChildRows) -> Mapping[str, str]:
    """The text of *trial* that full-text search reads, by the columns of the index."""
    return {
        "names": _words(trial.nct_id, trial["aliases"], trial["acronym"]),
        "titles": _words(trial["brief_title"], trial["official_title"]),
        "conditions": _words(trial["conditions"], trial["condition_mesh"]),
        "interventions": _words(
            *lists.column("interventions", "name"), *lists.column("interventions", "other_names")
        ),
        "sponsors": _words(*lists.column("sponsors", "name")),
        "outcomes": _words(
            *lists.column("primary_outcomes", "measure"),
            *lists.column("secondary_outcomes", "measure"),
        ),
        "keywords": _words(trial["keywords"]),
    }


def _words(*values: Any) -> str:
    texts = (text for value in values for text in (value if isinstance(value, tuple) else (value,)))
    return "\n".join(str(text) for text in texts if text)
