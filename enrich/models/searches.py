"""What a report contains of the search of a table."""

from dataclasses import dataclass
from enum import StrEnum


class SearchEventKind(StrEnum):
    """What happened to a search or to one of its hits between two answers."""

    ASKED = "asked"  # for the first time, or by another query
    NEW = "new"
    RETURNED = "returned"
    CHANGED = "changed"  # a fact on which an exclusion rested
    LEFT = "left"  # no longer matches; what became of its record is in the detail


@dataclass(frozen=True)
class SearchEvent:
    """Something to report of the search of a *table*; *detail* are its words.

    *title* is that of the trial, and *grounds* say why it is likely to be included; a search that
    was asked for the first time is about no trial.
    """

    kind: SearchEventKind
    table: str
    nct_id: str | None
    seen_at: str
    detail: str = ""
    title: str = ""
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchSummary:
    """When the search of a *table* was asked last, of which data, and its *counts* in words."""

    table: str
    asked_at: str
    data_timestamp: str | None
    counts: str
