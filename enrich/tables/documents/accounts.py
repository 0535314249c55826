"""Accounts for every id in a document: in the table, beside it, misprinted, of another register."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from enrich.tables.documents.document import Document
from enrich.tables.documents.layout import TrialTable
from enrich.tables.nct_ids import NO_NUMBER, FoundIds, find_ids, find_other_ids
from enrich.text import join_and, plural

_MOST_LISTED = 8


@dataclass(frozen=True)
class Found:
    """An id, or a complaint about something like one, and its place."""

    text: str
    where: str


@dataclass(frozen=True)
class IdAccount:
    """Every id of a document, by its place. No id is in two of these.

    *followed* are those of the id column; *in_other_columns* and *outside* those that no row of the
    table names as its own; *parents* those of parent studies; *misprints* are sentences;
    *elsewhere* are ids of other registers.
    """

    followed: tuple[str, ...]
    in_other_columns: tuple[Found, ...]
    outside: tuple[Found, ...]
    parents: tuple[Found, ...]
    misprints: tuple[Found, ...]
    elsewhere: tuple[Found, ...]

    def lines(self, most: int | None = _MOST_LISTED) -> list[str]:
        """A line for each kind of id that there is, of which at most so many are listed."""
        named = [
            ("in another column of the table, and not followed", self.in_other_columns),
            ("elsewhere in the document, and not followed", self.outside),
            ("a parent of a trial in the table, and not followed", self.parents),
            ("registered elsewhere", self.elsewhere),
        ]
        return [
            f"{plural(len(self.followed), 'trial')} in the table",
            *(f"{what}: {_listed(found, most)}" for what, found in named if found),
            *(f"{found.where}: {found.text}" for found in self.misprints),
        ]


def account_ids(document: Document, table: TrialTable) -> IdAccount:
    """The place of each id of *document*, of which *table* is the table to write."""
    followed = set(table.ids)
    taken = set(followed)
    in_other_columns = _new(_ids_in_columns(table), taken)
    places = [*_places(document)]
    parents = _new(((nct_id, where) for where, found in places for nct_id in found.related), taken)
    outside = _new(((nct_id, where) for where, found in places for nct_id in found.ids), taken)
    misprints = _new(_misprints(table, places), set())
    others = _new(_other_ids(document), set())
    return IdAccount(table.ids, in_other_columns, outside, parents, misprints, others)


def _new(found: Iterable[tuple[str, str]], taken: set[str]) -> tuple[Found, ...]:
    """Those that are not *taken*, each once, at its first place."""
    new = []
    for text, where in found:
        if text not in taken:
            taken.add(text)
            new.append(Found(text, where))
    return tuple(new)


def _ids_in_columns(table: TrialTable) -> Iterator[tuple[str, str]]:
    for name in table.header:
        for number, cell in enumerate(table.column(name), 1):
            for nct_id in find_ids(cell.all_text).ids:
                yield nct_id, f"row {number}, column {name!r}"


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    """Every text of the document with its place, the tables first."""
    for table in document.tables:
        yield table.where, table.caption
        for number, row in enumerate(table.all_rows, 0 if table.header_is_ours else 1):
            yield from (
                (f"{table.where}, line {number}", cell.all_text) for cell in row if not cell.is_copy
            )
        yield f"below {table.where}", table.footnotes
    yield from ((passage.where, passage.text) for passage in document.passages)


def _places(document: Document) -> Iterator[tuple[str, FoundIds]]:
    return ((where, find_ids(text)) for where, text in _texts(document))


def _other_ids(document: Document) -> Iterator[tuple[str, str]]:
    for where, text in _texts(document):
        yield from ((other, where) for other in find_other_ids(text))


def _misprints(
    table: TrialTable, places: Iterable[tuple[str, FoundIds]]
) -> Iterator[tuple[str, str]]:
    """What is printed like an id and is none.
    Outside of the id column the word NCT alone is prose.
    """
    cells = table.column(table.id_column) if table.id_column else []
    in_column = {text for cell in cells for text in find_ids(cell.text).misprints}
    for where, found in places:
        for text in found.misprints:
            if text in in_column or not text.endswith(NO_NUMBER):
                yield text, where


def _listed(found: tuple[Found, ...], most: int | None) -> str:
    """The ids by their place: `NCT01234567 and NCT02345678 (page 3)`."""
    by_place: dict[str, list[str]] = {}
    shown = found[:most]
    for item in shown:
        by_place.setdefault(item.where, []).append(item.text)
    more = [f"{len(found) - len(shown)} more"] if len(found) > len(shown) else []
    return join_and([*(f"{join_and(ids)} ({where})" for where, ids in by_place.items()), *more])
