"""What is known of a trial and its record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enrich.models.enums import Answer, Significance, TrialOutcome

# One fact of a trial: the value of one of `record.fields.FIELDS`. Dates are ISO text at the
# registry's precision.
Fact = str | int | bool | tuple[str, ...] | None


Study = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """The flat facts of a record, by the names in `record.fields.FIELDS`.

    *complete*: they were read from the whole record, so a missing fact is one that it does not
    have. *faults* names facts, columns and lists whose place in the record has an unknown shape.
    """

    nct_id: str
    facts: Mapping[str, Fact]
    complete: bool = True
    faults: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fact:
        return self.facts.get(name)

    def text(self, name: str) -> str | None:
        """The fact *name* if it is text, else None."""
        fact = self.facts.get(name)
        return fact if isinstance(fact, str) else None


@dataclass(frozen=True)
class RegistryLoad:
    """One nightly load of the registry: its opaque name, and its start (UTC, as printed)."""

    name: str
    data_timestamp: str | None = None
    api_version: str | None = None


@dataclass(frozen=True)
class FetchedRecord:
    """A record as it was fetched: its content with a digest of it, and where and when it came from.

    *retrieved_at* and *data_timestamp* are ISO text in UTC; the latter is when the load began that
    printed the record. *complete*: it is the whole record. Of a record that the registry has just
    printed, *line_digest* is known (`raw.line_digest`; None where it is not sure), *ids* are those
    that it answers to, and *load_day* is the day of the load that is printed in it.
    """

    nct_id: str
    study: Study
    digest: str
    retrieved_at: str
    source: str
    data_timestamp: str | None = None
    complete: bool = True
    line_digest: str | None = None
    ids: tuple[str, ...] = ()
    load_day: str | None = None


@dataclass(frozen=True)
class Change:
    """A fact that differs between two versions of one record.

    *field* is its name in the ledger (see `record.names`), *item* the entry of a list that it is
    about (a site, an outcome). *before* and *after* are text or JSON, None where absent.
    """

    field: str
    before: str | None
    after: str | None
    kind: Significance
    item: str | None = None


class RegistryAnswer(NamedTuple):
    """The registry's last answer about a printed id.

    *trial_id* is the id of the record that answers, *load* the name of the load that answered, and
    *outcome* what the answer meant in the run *run_id* that had it.
    """

    nct_id: str
    trial_id: str | None
    answer: Answer
    load: str | None
    run_id: int
    outcome: TrialOutcome


@dataclass(frozen=True)
class SubmittedVersion:
    """One entry of a record's history.

    *day* is when it was submitted, *status* the recruitment status it gave, *parts* the parts of
    the record that it changed, by the names that the history has for them. Versions count from 0.
    """

    version: int
    day: str
    status: str | None
    parts: tuple[str, ...]
