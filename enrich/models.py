"""The frozen values that travel between the modules."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

# One fact of a trial: what fields.py reads at one path. Dates are ISO text at the registry's precision.
Fact = str | int | bool | tuple[str, ...] | None
Study = Mapping[str, Any]


class Verdict(StrEnum):
    """How one cell compares with the registry."""

    AGREES = "agrees"
    DIFFERS = "differs"
    ADDS = "adds"  # the cell says nothing, and the registry has a value
    SILENT = "silent"  # the cell says something, and the registry has no value
    UNREADABLE = "unreadable"
    NOT_CHECKED = "not checked"


class Cause(StrEnum):
    """Why a cell differs from the registry."""

    MOVED = "registry moved"
    NEVER_AGREED = "never agreed"
    UNKNOWN = "unknown"


class Significance(StrEnum):
    """How much a change matters to a reader of the table, the most important first."""

    MATERIAL = "material"
    MINOR = "minor"
    NOISE = "noise"


class Answer(StrEnum):
    """What the registry says about an id."""

    FOUND = "found"
    MERGED = "merged"  # another record answers: it has absorbed this one
    GONE = "gone"  # the registry had a record under this id and has it no longer
    UNKNOWN = "unknown"  # the registry has never had a record under this id, as far as is known


class TrialOutcome(StrEnum):
    """What a run found out about one trial."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NEW = "new"
    GONE = "gone"
    NOT_CHECKED = "not checked"

    @property
    def column(self) -> str:
        """The column of `runs` that counts these trials."""
        return self.value.replace(" ", "_")


class RunOutcome(StrEnum):
    """How a run ended."""

    RUNNING = "running"  # at work, or cut off
    COMPLETE = "complete"
    PARTIAL = "partial"  # some trials could not be checked
    UNREACHABLE = "unreachable"  # the registry did not answer
    OFFLINE = "offline"  # the registry was not asked


class Place(StrEnum):
    """Where a report shows a problem."""

    ABOVE_TABLE = "above table"  # a note on where the facts come from
    LISTED = "listed"  # under "To look at", by its trial
    GROUPED = "grouped"  # there, too, with the other trials that have the same message


class ProblemKind(StrEnum):
    """A kind of problem that a run reports, with all that the other modules need to know of it.

    A new kind is one line here. *place* is where reports show it. One that is *lasting* is reported
    when it has lasted for several runs and again when it ends; any other is news in the run that
    sees it first, also under `--quiet`. *warning* is the line for stderr, with `{}` for the
    message; without one, only reports and the log have it. *leaves_unchecked* is the reason given
    for every trial that a run did not check because of it.
    """

    place: Place
    is_lasting: bool
    warning: str
    leaves_unchecked: str

    def __new__(
        cls,
        value: str,
        place: Place = Place.LISTED,
        is_lasting: bool = False,
        warning: str = "",
        leaves_unchecked: str = "",
    ) -> "ProblemKind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.place = place
        kind.is_lasting = is_lasting
        kind.warning = warning
        kind.leaves_unchecked = leaves_unchecked
        return kind

    # fmt: off
    UNREACHABLE = "unreachable", Place.ABOVE_TABLE, True, "the registry could not be reached ({}); the report rests on copies", "the registry could not be reached"
    HELD        = "held",        Place.LISTED,  False, "{}", "held back until somebody has looked: see above"
    NOT_CHECKED = "not checked", Place.GROUPED, True
    VERSION     = "version",     Place.LISTED,  False, "{}"  # the registry's interface is a newer one
    NOT_KEPT    = "not kept",    Place.LISTED,  False, "{}"  # a copy could not be written to the cache
    CACHE       = "cache",       Place.LISTED                # a copy in the cache cannot be read
    UNUSABLE    = "unusable",    Place.LISTED                # an answer that is no record
    MERGED      = "merged",      Place.LISTED                # as Answer has it, for one id
    GONE        = "gone",        Place.LISTED
    UNKNOWN     = "unknown",     Place.LISTED
    # fmt: on


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


class KeyType(StrEnum):
    """What a key of a table's description holds, in the words of an error message."""

    TEXT = "text in quotes"
    BOOLEAN = "true or false"
    DATE = "a date such as 2021-03-09"
    PERCENT = "a percentage such as 25"
    DAYS = "a number of days such as 90"
    DATE_ORDER = '"dmy", "mdy" or "ymd"'
    COLUMN = "the name of a column, in quotes"
    FILE = "the name of a file, in quotes"
    COMPARED_FIELDS = 'a list of fields, such as ["phases", "enrollment"]'
    SHOWN_FIELDS = 'a list of facts to show, such as ["sex"]'
    CHANGED_FIELDS = 'a list of fields, such as ["overall_status"]'
    SIGNIFICANCES = 'a list of kinds of change, such as ["material"]'
    STATUSES = 'a list of recruitment statuses, such as ["Completed"]'
    COLUMNS = 'sections such as [columns."Phase"]'
    NEWS_RULES = "a section [notify]"


def key(type_: KeyType, meaning: str, default: Any = MISSING, **more: Any) -> Any:
    """A key of a table's description: the field of a frozen value that declares type and meaning, too.

    *more*: `name`, where the file spells the key otherwise than we do; `is_compared=False` for a key
    that no verdict depends on (see `compare.fingerprint`).
    """
    return field(default=default, metadata={"type": type_, "meaning": meaning, **more})


@dataclass(frozen=True)
class Column:
    """What a column of the table says about a trial: the section [columns."…"]."""

    name: str
    says: tuple[str, ...] = key(
        KeyType.COMPARED_FIELDS, "Fields that the column is compared with.", ()
    )
    shows: tuple[str, ...] = key(
        KeyType.SHOWN_FIELDS, "Facts of the registry to show beside the column, uncompared.", ()
    )
    date_order: str | None = key(
        KeyType.DATE_ORDER, "How the column writes a date of three numbers.", None
    )


@dataclass(frozen=True)
class TableWarning:
    """Something in the user's table that a person should look at; the rest of the table goes on."""

    table: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.table}, row {self.row}, column {self.column!r}: {self.message}"


# fmt: off
@dataclass(frozen=True)
class NewsRules:
    """What counts as news for the readers of a table: its section [notify]. An empty list or None restricts nothing.

    Where *kinds* is empty, material changes count; where *fields* are named, their minor ones do, too.
    """

    fields: tuple[str, ...]          = key(KeyType.CHANGED_FIELDS, "Only changes of these fields and lists, also the minor ones.", ())
    kinds: tuple[Significance, ...]  = key(KeyType.SIGNIFICANCES,  "Only changes of these kinds: material, minor, noise.", ())
    status: tuple[str, ...]          = key(KeyType.STATUSES,       "A change of status counts only when it leads to one of these.", ())
    enrollment_percent: float | None = key(KeyType.PERCENT,        "A change of enrollment counts only when it is larger than this.", None)
    date_days: int | None            = key(KeyType.DAYS,           "A change of a date counts only when it is larger than this.", None)
    differences: bool                = key(KeyType.BOOLEAN,        "Whether a new difference between table and registry is news.", True)


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the .toml file of a table states. Each field is one key of it: a new key is a new line here."""

    file: str                   = key(KeyType.FILE,       "The file with the table's cells, in the folder of the description.", is_compared=False)
    id_column: str              = key(KeyType.COLUMN,     "The column with the NCT ids.", is_compared=False)
    title: str                  = key(KeyType.TEXT,       "The table's title. Default: the name of the description.", "", is_compared=False)
    published: str | None       = key(KeyType.DATE,       "When the table was published: the authors saw the registry as it was then.", None)
    accessed_column: str | None = key(KeyType.COLUMN,     "The column with the day on which the authors looked at the record.", None)
    padded_dates: bool          = key(KeyType.BOOLEAN,    "Whether the table stores a month as its first day (2021-03 as 2021-03-01).", False)
    date_order: str | None      = key(KeyType.DATE_ORDER, "How the table writes a date of three numbers, as 05/03/2019 or 05/03/19. Default: as other cells of the column prove.", None)
    citation: str | None        = key(KeyType.TEXT,       "How to cite the publication.", None, is_compared=False)
    doi: str | None             = key(KeyType.TEXT,       "The publication's DOI.", None, is_compared=False)
    url: str | None             = key(KeyType.TEXT,       "The publication's web address.", None, is_compared=False)
    licence: str | None         = key(KeyType.TEXT,       "The licence of the table.", None, is_compared=False)
    columns: tuple[Column, ...] = key(KeyType.COLUMNS,    "What the columns say about a trial.", ())
    news_rules: NewsRules        = key(KeyType.NEWS_RULES, "What counts as news for the readers of this table.", NewsRules(), name="notify", is_compared=False)
    # fmt: on

    @property
    def says(self) -> Mapping[str, tuple[str, ...]]:
        """The fields that each column is compared with, of those that are."""
        return {column.name: column.says for column in self.columns if column.says}


@dataclass(frozen=True, kw_only=True)
class Table(Description):
    """A published table with its description; *name* is that of the .toml file."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[TableWarning, ...] = ()

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
class RegistryLoad:
    """One nightly load of the registry: its opaque name, and when it began (UTC, as the registry prints it)."""

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
class Claim:
    """A value read out of a cell about one field; *text* is its text or JSON for people and SQL."""

    value: Any
    text: str


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
    verdict: Verdict
    nct_id: str | None = None
    cause: Cause | None = None
    moved_on: str | None = None
    note: str | None = None
    evidence: str | None = None  # the cause in a sentence, with versions and days
    link: str | None = None  # the registry's own comparison of the versions in question
    first_seen: str | None = (
        None  # when the run ended that first saw it so; known only once it is kept
    )


@dataclass(frozen=True)
class ContextNote:
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
    kind: Significance
    item: str | None = None


@dataclass(frozen=True)
class Problem:
    """What went wrong, and for whom."""

    kind: ProblemKind
    message: str
    nct_id: str | None = None
    first_seen: str | None = None


@dataclass(frozen=True)
class LastingFailure:
    """A failure that lasts, or lasted until *until*: for which trials (none named: for all), since when, in how many runs."""

    kind: ProblemKind
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
    context_notes: tuple[ContextNote, ...] = ()
    answer: Answer | None = None  # what the registry last said about the printed id
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


@dataclass(frozen=True, kw_only=True)
class ReportTable(Description):
    """A published table beside the registry, with its description; a row stands there once for each trial it names."""

    name: str
    header: tuple[str, ...]  # the printed columns, in order
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True)
class PromisedCompletion:
    """A completion date that a record gave, and the day from which it did."""

    told_on: str
    completion: str


@dataclass(frozen=True)
class TrialTimeline:
    """What the ledger remembers of one trial: each completion date it gave, its planned size, the days of its changes."""

    promises: tuple[PromisedCompletion, ...] = ()
    planned: int | None = None
    changed_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordedChange:
    """A change with its place: which record, which version, seen when and in which run."""

    id: int
    run_id: int
    nct_id: str
    version: int
    seen_at: str
    change: Change


@dataclass(frozen=True)
class RunSummary:
    """How a run went."""

    id: int
    started_at: str
    finished_at: str | None
    outcome: RunOutcome
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

    run: RunSummary
    tables: tuple[ReportTable, ...]
    changes: tuple[RecordedChange, ...]
    problems: tuple[Problem, ...]
    new_comparisons: tuple[
        tuple[int, Comparison], ...
    ] = ()  # row id, and a difference that this run saw first
    since: str | None = (
        None  # when the run before the time of the report ended; None: there was none
    )
    is_longer: bool = False  # whether its time is longer than the one run
    timelines: Mapping[str, TrialTimeline] = field(default_factory=dict)
    lasting_failures: tuple[
        LastingFailure, ...
    ] = ()  # failures that this run has to tell of: the third in a row, or the end of one that was told
    tag_uris_until: str | None = None  # what was seen by then was published under tag: URIs


class RegistryAnswer(NamedTuple):
    """What the registry last said about a printed id, under which load, and what that meant in its run."""

    nct_id: str
    trial_id: str | None
    answer: Answer
    load: str | None
    run_id: int
    outcome: TrialOutcome


@dataclass(frozen=True)
class VersionSyncResult:
    """Records, versions, what could not be read and the first of that in words; of each table its comparisons by verdict and what became of its cells.

    *cells* counts statements, those that ceased to be true, those of them that are true again, and those that never were.
    *absent* are listed ids that no record bears or has absorbed.
    """

    records: int
    versions: int
    unusable: int
    problems: Sequence[str]
    verdicts: Mapping[str, Mapping[str, int]]
    cells: Mapping[str, Mapping[str, int]]
    absent: Sequence[str]

    @property
    def complete(self) -> bool:
        """Whether all versions were read, and every listed trial met."""
        return not (self.unusable or self.absent)


@dataclass(frozen=True)
class SubmittedVersion:
    """One entry of a record's history: when it was submitted, the status it gave, and the parts of the record it changed."""

    version: int
    day: str
    status: str | None
    parts: tuple[str, ...]
