"""The frozen values that travel between the modules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# One fact of a trial: what fields.py reads at one path. Dates are ISO text at the registry's precision.
Fact = str | int | bool | tuple[str, ...] | None
Study = Mapping[str, Any]

AGREES, DIFFERS, ADDS, SILENT = "agrees", "differs", "adds", "silent"
UNREADABLE, NOT_CHECKED = "unreadable", "not checked"

MOVED, NEVER_AGREED, UNKNOWN_CAUSE = "registry moved", "never agreed", "unknown"

CHANGED, UNCHANGED, NEW, GONE = "changed", "unchanged", "new", "gone"

MATERIAL, MINOR, NOISE = "material", "minor", "noise"


@dataclass(frozen=True)
class Row:
    """A line of a published table; *nct_ids* are the well-formed ids that it names as its own."""

    position: int
    cells: Mapping[str, str]
    nct_ids: tuple[str, ...] = ()
    accessed: str | None = None  # ISO day on which the authors looked at the record

    @property
    def nct_id(self) -> str | None:
        return self.nct_ids[0] if self.nct_ids else None


@dataclass(frozen=True)
class Column:
    """What a column of the table says about a trial (names of `rules.RULES`), and what is only shown beside it (`beside.CONTEXT_FIELDS`)."""

    name: str
    says: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


@dataclass(frozen=True)
class Warned:
    """Something in the user's table that a person should look at; the rest of the table goes on."""

    table: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.table}, row {self.row}, column {self.column!r}: {self.message}"


@dataclass(frozen=True)
class Interest:
    """What counts as news for the readers of a table: its section [notify]. An empty list or None restricts nothing.

    Where *kinds* is empty, material changes count; where *fields* are named, their minor ones do, too.
    """

    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    status: tuple[str, ...] = ()  # codes; a change of status counts when it leads to one of them
    enrollment_percent: float | None = None  # counts when it moved by more than this
    date_days: int | None = None  # counts when it moved by more than this
    differences: bool = True  # whether a new difference between table and registry counts


@dataclass(frozen=True)
class Table:
    """A published table with its description."""

    name: str
    title: str
    file: str
    id_column: str
    header: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    warnings: tuple[Warned, ...] = ()
    citation: str | None = None
    doi: str | None = None
    url: str | None = None
    licence: str | None = None
    published: str | None = None
    accessed_column: str | None = None
    padded_dates: bool = False
    interest: Interest = Interest()

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """Every distinct well-formed id, in the order of the table."""
        return tuple(dict.fromkeys(nct_id for row in self.rows for nct_id in row.nct_ids))


@dataclass(frozen=True)
class Trial:
    """The flat facts of a study; *faults* names the fields whose place in the record has an unknown shape."""

    nct_id: str
    facts: Mapping[str, Fact]
    complete: bool = True
    faults: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Fact:
        return self.facts.get(name)

    def text(self, name: str) -> str | None:
        """The fact *name* where it is text, else None."""
        fact = self.facts.get(name)
        return fact if isinstance(fact, str) else None


@dataclass(frozen=True)
class Load:
    """One nightly load of the registry: its opaque name, and when it began (UTC, as the registry prints it)."""

    name: str
    data_timestamp: str | None = None
    api_version: str | None = None


@dataclass(frozen=True)
class Copy:
    """A record as it was fetched: the study, a digest of its content, and where and when it came from.

    Of one that the registry has just printed: *mark* names its line (`printed.mark_of`), where that is sure, *names* are the ids that
    it answers to, and *day* is the day of the load on it.
    """

    nct_id: str
    study: Study
    digest: str
    retrieved_at: str
    source: str
    data_timestamp: str | None = None
    complete: bool = True
    mark: str | None = None
    names: tuple[str, ...] = ()
    day: str | None = None


@dataclass(frozen=True)
class Claim:
    """A value read out of a cell about one field; *shown* is its text or JSON for people and SQL."""

    value: Any
    shown: str


@dataclass(frozen=True)
class Unreadable:
    """A cell that means to say something about a field, but cannot be read: never guessed."""

    reason: str


class Comparison(NamedTuple):
    """What one cell says about one field, against the registry now. A tuple, as there are several to a row: made in a quarter of the time."""

    column: str
    field: str
    cell: str
    claim: str | None
    registry: str | None
    verdict: str
    nct_id: str | None = None
    cause: str | None = None
    moved_on: str | None = None
    note: str | None = None
    evidence: str | None = None  # the cause in a sentence, with versions and days
    link: str | None = None  # the registry's own comparison of the versions in question
    first_seen: str | None = (
        None  # when the run ended that first saw it so; known only once it is kept
    )


@dataclass(frozen=True)
class Beside:
    """What the registry says beside a cell, without a verdict."""

    column: str
    field: str
    cell: str
    registry: str
    nct_id: str
    note: str | None = None


@dataclass(frozen=True)
class Change:
    """A fact that differs between two versions of one record.

    *item* names the member of a list (a site, an outcome); *before* and *after* are text or JSON, None where absent.
    """

    field: str
    before: str | None
    after: str | None
    kind: str
    item: str | None = None


@dataclass(frozen=True)
class Problem:
    """What went wrong, and for whom."""

    kind: str
    message: str
    nct_id: str | None = None
    first_seen: str | None = None


@dataclass(frozen=True)
class Streak:
    """A failure that lasts, or lasted until *until*: for which trials (none named: for all), since when, in how many runs."""

    kind: str
    nct_ids: tuple[str, ...]
    message: str
    since: str
    runs: int
    until: str | None = None


# --- what a report tells


class ReportRow(NamedTuple):
    """A published row beside what is known of one trial that it names (or of none)."""

    row_id: int
    row: Row
    nct_id: str | None
    trial: Trial | None
    comparisons: tuple[Comparison, ...]
    beside: tuple[Beside, ...] = ()
    answer: str | None = None  # what the registry last said: found, merged, gone, unknown
    as_of: str | None = None  # the day for which the facts are known to hold
    stale_since: str | None = None
    source: str | None = None
    checked: bool = False  # whether the run of the report heard from the registry about it
    new_since: str | None = (
        None  # when the registry was first asked about it, if that was in the time of the report
    )

    @property
    def trial_id(self) -> str | None:
        """The id under which the registry keeps the record; the printed one where no record is known."""
        return self.trial.nct_id if self.trial else self.nct_id


@dataclass(frozen=True)
class ReportTable:
    """A published table beside the registry."""

    name: str
    title: str
    citation: str | None
    rows: tuple[ReportRow, ...]
    id_column: str
    url: str | None = None
    interest: Interest = Interest()
    header: tuple[str, ...] = ()  # the printed columns, in order
    says: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # column -> the fields it is compared with


@dataclass(frozen=True)
class Promise:
    """A completion date that a record gave, and the day from which it did."""

    told_on: str
    completion: str


@dataclass(frozen=True)
class Course:
    """What the ledger remembers of one trial: each completion date it gave, its planned size, the days of its changes."""

    promises: tuple[Promise, ...] = ()
    planned: int | None = None
    changed_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class LedgerLine:
    """A change with its place: which record, which version, seen when and in which run."""

    id: int
    run_id: int
    nct_id: str
    version: int
    seen_at: str
    change: Change


@dataclass(frozen=True)
class RunTold:
    """How a run went."""

    id: int
    started_at: str
    finished_at: str | None
    outcome: str
    data_timestamp: str | None
    asked: int
    changed: int
    unchanged: int
    new: int
    gone: int
    not_checked: int
    requests: int
    retries: int


@dataclass(frozen=True)
class Report:
    """All that the reports of one run tell, in whatever format."""

    run: RunTold
    tables: tuple[ReportTable, ...]
    changes: tuple[LedgerLine, ...]
    problems: tuple[Problem, ...]
    new_comparisons: tuple[
        tuple[int, Comparison], ...
    ] = ()  # row id, and a difference that this run saw first
    since: str | None = (
        None  # when the run before the time of the report ended; None: there was none
    )
    is_longer: bool = False  # whether its time is longer than the one run
    courses: Mapping[str, Course] = field(default_factory=dict)
    streaks: tuple[
        Streak, ...
    ] = ()  # failures that this run has to tell of: the third in a row, or the end of one that was told
