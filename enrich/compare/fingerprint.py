"""What the comparisons of a row rest on, as one digest: as long as it stays the same, they need not be made again."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

import orjson

from enrich.models import Description, Row, Table


class Rest(NamedTuple):
    """What is known of one trial that a row names: its record's content (None where there is none), and whether all of it is at hand."""

    nct_id: str
    trial_id: str | None
    digest: str | None
    complete: bool


def basis_of(table: Table, row: Row, rests: Iterable[Rest]) -> str:
    """A digest of the row as printed, of what its columns say, of the trials' records, and of the rules in force."""
    told = orjson.dumps(
        [dict(row.cells), row.accessed, row.nct_ids, [tuple(rest) for rest in rests]]
    )
    return hashlib.sha256(_of_table(table) + told).hexdigest()[:32]


def _of_table(table: Table) -> bytes:
    return rules_in_force() + repr([getattr(table, name) for name in _COMPARED_KEYS]).encode()


_COMPARED_KEYS = [key.name for key in fields(Description) if key.metadata.get("is_compared", True)]


@cache
def rules_in_force() -> bytes:
    """A digest of the package's own code, which stands for its rules: so a better one shows at once, without anybody having to count up a number."""
    digest = hashlib.sha256()
    for module in _modules(files("enrich")):
        digest.update(module.read_bytes())
    return digest.digest()


def _modules(folder: Traversable) -> Iterator[Traversable]:
    """Every module of a package, those of its packages included, in the order of their names."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _modules(entry)
        elif entry.name.endswith((".py", ".tsv")):
            yield entry
