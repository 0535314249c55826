"""What a cell claims, and how it compares with the registry."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from enrich.models.enums import Cause, Verdict


@dataclass(frozen=True)
class Claim:
    """The value that a cell states for one field;
    *text* is its text, or JSON, for people and SQL.
    """

    value: Any
    text: str


@dataclass(frozen=True)
class Unreadable:
    """A cell that states something about a field which cannot be read, and the reason."""

    reason: str


class Comparison(NamedTuple):
    """One cell compared with one field of a trial.

    *claim* and *registry* are the two values as text or JSON, None where there is none; *nct_id* is
    the id as printed. Of a difference, *cause* says why, *moved_on* the day since which they
    differ, *evidence* the same in a sentence with versions and days, and *link* leads to the
    registry's own comparison of the versions. *note* is a remark on the verdict. *first_seen* is
    when the run ended that first had this result; known once it is stored. A difference may be
    *dismissed*, for this reason; one that was, before fact or cell moved again, has the reason in
    *dismissed_before*.
    """

    column: str
    field: str
    cell: str
    claim: str | None
    registry: str | None
    verdict: Verdict
    nct_id: str | None = None
    cause: Cause | None = None
    moved_on: str | None = None
    note: str | None = None
    evidence: str | None = None
    link: str | None = None
    first_seen: str | None = None
    dismissed: str | None = None
    dismissed_before: str | None = None


@dataclass(frozen=True)
class ContextNote:
    """A fact of the registry to show beside a cell, without a verdict."""

    column: str
    field: str
    cell: str
    registry: str
    nct_id: str
    note: str | None = None
