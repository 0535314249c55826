"""What the header of a column says about its cells.

Phrases are taken out of the header one after the other, the longer before the shorter; each names
one or several fields. If nothing is left but words that any header may have, the header *names* the
fields; another word makes it a *hint*: "COVID-19 status" need not be the status of a trial.
"""

import re
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from enrich.tables.header_words import (
    HINTS,
    NAMES,
    NEUTRAL,
    NUMBERED,
    SELF,
    VETOES,
    Phrases,
)
from enrich.text import lazy_pattern, normalize_label


class Strength(IntEnum):
    """How clearly a header speaks of a field."""

    SILENT = 0
    HINT = 1
    NAME = 2


class HeaderWords(NamedTuple):
    """What a header says: a strength for each field that it speaks of, and the fields that it rules
    out.
    """

    fields: Mapping[str, Strength]
    vetoes: frozenset[str]

    def strength(self, field: str) -> Strength:
        return self.fields.get(field, Strength.SILENT)


_HUMP = lazy_pattern(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=1024)
def read_header(header: str) -> HeaderWords:
    """What *header* says about its column.

    >>> {name: level.name for name, level in read_header("Study phase; sample size").fields.items()}
    {'phases': 'NAME', 'enrollment': 'NAME'}
    >>> read_header("COVID-19 status").strength("overall_status").name
    'HINT'
    """
    label = normalize_label(_HUMP.sub(" ", header).replace("/", " "))
    vetoes = frozenset(
        name for pattern, names in VETOES if re.search(pattern, label) for name in names
    )
    named, left = _take(label, NAMES)
    hinted, remainder = _take(left, HINTS)
    own_hints = [entry for entry in HINTS if not set(entry[1]).isdisjoint(named)]
    words = {*_take(left, own_hints)[1].split()} - NEUTRAL
    is_foreign = "%" in header or any(len(word) > 1 for word in words)
    strength = Strength.HINT if is_foreign else Strength.NAME
    fields = dict.fromkeys(named, strength)
    for name in hinted:
        fields.setdefault(name, Strength.HINT)
    if not fields and _names_the_trial({*remainder.split()}):
        fields = dict.fromkeys(("acronym", "brief_title"), Strength.HINT)
    return HeaderWords(
        {name: level for name, level in fields.items() if name not in vetoes}, vetoes
    )


def _take(label: str, phrases: Phrases) -> tuple[list[str], str]:
    """The fields that *phrases* name in *label*, and what is left of it."""
    fields: list[str] = []
    for phrase, names in phrases:
        left = re.sub(phrase, " ", label)
        if left != label:
            fields += names
            label = left
    return fields, label


def _names_the_trial(words: set[str]) -> bool:
    """Whether the words are those of a header such as "Trial" or "Study name"."""
    return bool(words & SELF) and not words & NUMBERED and words <= NEUTRAL | SELF
