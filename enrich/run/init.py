"""From a document to a table and its description: read, ask for the records, draft, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.atomic import write_new
from enrich.errors import EnrichError, RegistryError, TableError
from enrich.files import is_same_file
from enrich.importing.choice import choose_table, list_tables
from enrich.importing.csv_text import csv_of
from enrich.importing.description_text import description_of
from enrich.importing.draft import Draft, draft_table, ids_to_ask_about
from enrich.models import Trial
from enrich.record.children import facts_and_children
from enrich.storage.cache import Cache
from enrich.tables.csv_file import read_csv
from enrich.tables.documents.reader import document_in
from enrich.text import plural, sanitize

if TYPE_CHECKING:
    from enrich.registry.client import Registry  # an offline run does not load it

# One request. As many records are enough to recognise columns.
MOST_RECORDS = 100


@dataclass(frozen=True)
class Targets:
    """The two files that are written: the cells, and their description."""

    cells: Path
    description: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> Targets:
        return cls(folder / f"{name}.csv", folder / f"{name}.toml")


def draft_document(
    source: Path,
    content: bytes,
    number: int | None,
    registry: Registry | None,
    cache: Path,
) -> tuple[Draft, str]:
    """The draft of table *number* of the document *content* (None: the largest), and a sentence
    about the records that were at hand.

    Raises DocumentError where there is no table of trials.
    """
    document = document_in(source, content)
    tables = list_tables(document)
    found = choose_table(str(source), document, tables, number)
    nct_ids = ids_to_ask_about(found)
    records, note = fetch_trials(nct_ids, registry, Cache(cache))
    return draft_table(str(source), document, tuple(tables), found, records), note


# --- records


def fetch_trials(
    nct_ids: Sequence[str], registry: Registry | None, cache: Cache
) -> tuple[Mapping[str, Trial], str]:
    """The facts of the first hundred of these trials by their ids: from the registry in one
    request, else from the cache; with sentences about how many there are, and why not more.
    """
    asked = nct_ids[:MOST_RECORDS]
    failure = ""
    trials: dict[str, Trial] = {}
    if registry is not None:
        try:
            trials = _from_registry(asked, registry)
        except RegistryError as error:
            failure = sanitize(str(error), 200)
    reason = failure or ("offline" if registry is None else "the registry sent none")
    copies, damaged = cache.copies([nct_id for nct_id in asked if nct_id not in trials])
    for copy in copies:
        trials[copy.nct_id], _ = facts_and_children(copy.study, complete=copy.complete)
    if trials:
        note = _records_compared(len(trials), len(asked), len(nct_ids), failure)
    else:
        note = f"No record was at hand ({reason}); headers and the shape of the cells decide alone."
    unread = [
        f"{plural(len(damaged), 'copy', 'copies')} cannot be read: {problem.message}."
        for problem in damaged[:1]
    ]
    return trials, " ".join([note, *unread])


def _from_registry(nct_ids: Sequence[str], registry: Registry) -> dict[str, Trial]:
    """The facts by the ids that were asked for, also where the record has another id now."""
    wanted = {*nct_ids}
    return {
        nct_id: record.trial
        for page in registry.studies(nct_ids)
        for record in page.studies
        for nct_id in record.ids
        if nct_id in wanted
    }


def _records_compared(found: int, asked: int, listed: int, failure: str) -> str:
    """How many records the columns are compared with; *failure* is why the registry sent none.

    >>> _records_compared(99, 100, 150, "")
    'Compared with the records of 99 of the first 100 trials, of 150 in all.'
    """
    if asked < listed:
        trials = f"the first {asked} trials, of {listed:,} in all"
    else:
        trials = plural(listed, "trial")
    because = f" They are from the cache ({failure})." if failure else ""
    return f"Compared with the records of {found} of {trials}.{because}"


# --- files


def check_targets(source: Path, targets: Targets) -> None:
    """Raises TableError, with the way out, where a file is there that would be overwritten."""
    taken = [path for path in (targets.description, targets.cells) if path.exists()]
    if targets.cells in taken and is_same_file(source, targets.cells):
        taken.remove(targets.cells)
    if taken:
        free = _free_name(targets)
        raise TableError(
            f"{taken[0]}: it is there already, and nothing is overwritten; use --name {free}"
        )


def _free_name(targets: Targets) -> str:
    folder, stem = targets.cells.parent, targets.cells.stem
    number = 2
    while any((folder / f"{stem}-{number}{ending}").exists() for ending in (".csv", ".toml")):
        number += 1
    return f"{stem}-{number}"


def write_draft(source: Path, targets: Targets, draft: Draft, published: str | None) -> list[Path]:
    """Writes the two files, and gives those that were written.

    The user's own CSV is left as it is where it already has the cells of the draft.
    """
    written: list[Path] = []
    try:
        if not _holds_cells(source, targets.cells, draft):
            write_new(targets.cells, csv_of(draft.written))
            written.append(targets.cells)
        description = description_of(draft, targets.cells.name, published)
        write_new(targets.description, description.encode("utf-8", "replace"))
    except EnrichError:
        for path in written:  # half of the two is of no use
            path.unlink(missing_ok=True)
        raise
    return [*written, targets.description]


def _holds_cells(source: Path, target: Path, draft: Draft) -> bool:
    """Whether *source* is the very file *target*, and reads as the draft does."""
    if not is_same_file(source, target):
        return False
    table = draft.written
    with suppress(TableError):
        grid = read_csv(target, table.id_column)
        if grid.header == table.header and [tuple(row) for row in grid.rows] == [*table.rows]:
            return True
    name = _free_name(Targets.of(target.parent, target.stem))
    raise TableError(
        f"{target}: its table cannot be used as it is, and nothing is overwritten;"
        f" use --name {name}"
    )
