"""The frozen values that travel between the modules."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

# One fact of a trial: the value of one of `record.fields.FIELDS`. Dates are ISO text at the
# registry's precision.
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


@dataclass(frozen=True)
class Handling:
    """How a run and its reports handle a kind of problem.

    By default a report lists the problem with its trial, and it is news in the run that sees it
    first, also under `--quiet`.

    - *is_lasting*: reported only when it has lasted for several runs, and again when it ends.
    - *is_grouped*: trials with the same message are listed together.
    - *note*: shown above the table instead, as it says where the facts come from.
    - *warning*: the line for stderr; without one, only reports and the log have the problem.
    - *leaves_unchecked*: the reason given for every trial that a run did not check because of it.

    In *note* and *warning* the message of the problem replaces `{}`.
    """

    is_lasting: bool = False
    is_grouped: bool = False
    note: str = ""
    warning: str = ""
    leaves_unchecked: str = ""


class ProblemKind(StrEnum):
    """A kind of problem that a run reports, and how it is handled. A new kind is one line here."""

    handling: Handling

    def __new__(cls, value: str, handling: Handling = Handling()) -> "ProblemKind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.handling = handling
        return kind

    # fmt: off
    UNREACHABLE = "unreachable", Handling(
        is_lasting=True,
        note="The registry could not be reached: {}.",
        warning="the registry could not be reached ({}); the report rests on copies",
        leaves_unchecked="the registry could not be reached",
    )
    HELD        = "held", Handling(warning="{}", leaves_unchecked="held back until somebody has looked: see above")
    NOT_CHECKED = "not checked", Handling(is_lasting=True, is_grouped=True)
    VERSION     = "version", Handling(warning="{}")   # the registry's interface has a new version
    NOT_KEPT    = "not kept", Handling(warning="{}")  # a copy could not be written to the cache
    CACHE       = "cache", Handling()                 # a copy in the cache cannot be read
    UNUSABLE    = "unusable", Handling()              # an answer that is not a record
    MERGED      = "merged", Handling()                # these three: the answer about an id
    GONE        = "gone", Handling()
    UNKNOWN     = "unknown", Handling()
    # fmt: on


@dataclass(frozen=True)
class Row:
    """A row of a published table; *nct_ids* are the well-formed ids of its own trials."""

    position: int
    cells: Mapping[str, str]
    nct_ids: tuple[str, ...] = ()
    accessed: str | None = None  # when the authors looked at the record, as `dates.day_range` reads

    @property
    def nct_id(self) -> str | None:
        """The first of its ids."""
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
    stable_key: str | None = key(
        KeyType.TEXT, "A name for the column that stays when its header changes.", None, name="key"
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
    """What counts as news for the readers of a table: its section [notify].

    An empty list or None restricts nothing. Without *kinds* material changes count, and minor ones
    of the *fields* that are named.
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
    stable_key: str | None      = key(KeyType.TEXT,       "A name for the table that stays when its files are renamed.", None, name="key", is_compared=False)
    news_rules: NewsRules       = key(KeyType.NEWS_RULES, "What counts as news for the readers of this table.", NewsRules(), name="notify", is_compared=False)
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
    path: str | None = None  # of the .toml file

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """Every distinct well-formed id, in the order of the table."""
        return tuple(dict.fromkeys(nct_id for row in self.rows for nct_id in row.nct_ids))


@dataclass(frozen=True)
class Trial:
    """The flat facts of a record, by the names in `record.fields.FIELDS`.

    *complete*: they were read from the whole record, so a missing fact is one that it does not have.
    *faults* names facts, columns and lists whose place in the record has an unknown shape.
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
    """One nightly load of the registry: its opaque name, and when it began (UTC, as it prints it)."""

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
    """The value that a cell states for one field; *text* is its text, or JSON, for people and SQL."""

    value: Any
    text: str


@dataclass(frozen=True)
class Unreadable:
    """A cell that states something about a field which cannot be read, and the reason."""

    reason: str


class Comparison(NamedTuple):
    """One cell compared with one field of a trial.

    *claim* and *registry* are the two values as text or JSON, None where there is none; *nct_id* is
    the id as printed. Of a difference, *cause* says why, *moved_on* the day since which they differ,
    *evidence* the same in a sentence with versions and days, and *link* leads to the registry's own
    comparison of the versions. *note* is a remark on the verdict. *first_seen* is when the run ended
    that first had this result; known once it is stored.
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


@dataclass(frozen=True)
class ContextNote:
    """A fact of the registry to show beside a cell, without a verdict."""

    column: str
    field: str
    cell: str
    registry: str
    nct_id: str
    note: str | None = None


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


class TableChangeKind(StrEnum):
    """What somebody did to a published table between two runs.

    *is_news*: reported once, in the run that sees it first. Where a row or a column stands, and
    what a column or a table is called, changes nothing that a reader would want to hear of.
    """

    is_news: bool

    def __new__(cls, value: str, is_news: bool = False) -> "TableChangeKind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.is_news = is_news
        return kind

    # fmt: off
    CELL_EDITED    = "cell edited",    True    # in a column that is compared, or in the ids
    ROW_ADDED      = "row added"                # a trial that is new in it is news by itself
    ROW_REMOVED    = "row removed",    True
    COLUMN_RENAMED = "column renamed"
    COLUMN_REMOVED = "column removed", True    # one that was compared
    TABLE_RENAMED  = "table renamed"
    TABLE_REMOVED  = "table removed",  True
    # fmt: on


@dataclass(frozen=True)
class TableChange:
    """One change of a published table itself, as the run *run_id* saw it first.

    *before* and *after* are the cell, or the name of the column or table; of a removed row, *before*
    is the first cells of it. *position* is the row's place in the table when it was seen last.
    """

    kind: TableChangeKind
    table: str
    run_id: int = 0
    row_id: int | None = None
    position: int | None = None
    nct_id: str | None = None
    column: str | None = None
    before: str | None = None
    after: str | None = None
    seen_at: str = ""  # when that run ended


@dataclass(frozen=True)
class Problem:
    """What went wrong, for which trial (None: for all), and when the first run ended that saw it."""

    kind: ProblemKind
    message: str
    nct_id: str | None = None
    first_seen: str | None = None


@dataclass(frozen=True)
class LastingFailure:
    """A failure that lasts since *since*, or lasted until *until*, over this many *runs*.

    *nct_ids* are the trials that it concerns; none are named if it concerns all of them. *since* and
    *until* are ISO times in UTC.
    """

    kind: ProblemKind
    nct_ids: tuple[str, ...]
    message: str
    since: str
    runs: int
    until: str | None = None


# --- reports


class ReportRow(NamedTuple):
    """A published row beside what is known of one trial that it names (of none if it names none).

    *answer* is the registry's last one about the printed id. The facts hold for the day *as_of*;
    since *stale_since* they could not be confirmed, and *source* is where they come from. *checked*:
    the run of the report had an answer from the registry. *new_since* is when the registry was first
    asked about the id, if the report covers that time.
    """

    row_id: int
    row: Row
    nct_id: str | None
    trial: Trial | None
    comparisons: tuple[Comparison, ...]
    context_notes: tuple[ContextNote, ...] = ()
    answer: Answer | None = None
    as_of: str | None = None
    stale_since: str | None = None
    source: str | None = None
    checked: bool = False
    new_since: str | None = None

    @property
    def trial_id(self) -> str | None:
        """The id under which the registry keeps the record; the printed one if there is no record."""
        return self.trial.nct_id if self.trial else self.nct_id


@dataclass(frozen=True, kw_only=True)
class ReportTable(Description):
    """A published table beside the registry, with its description.

    A row is there once for each trial that it names. *header* are the printed columns, in order.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True)
class PromisedCompletion:
    """A completion date that a record gave, and the day from which it did."""

    stated_on: str
    completion: str


@dataclass(frozen=True)
class TrialTimeline:
    """What the ledger knows of the course of one trial.

    The completion dates that its record gave, the number of participants that was planned until the
    record gave the number enrolled, and the days on which its record changed.
    """

    promises: tuple[PromisedCompletion, ...] = ()
    planned: int | None = None
    changed_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordedChange:
    """A change as a line of the ledger: of which record and version, and seen when by which run."""

    id: int
    run_id: int
    nct_id: str
    version: int
    seen_at: str
    change: Change


@dataclass(frozen=True)
class RunSummary:
    """How a run went: its times (ISO, UTC), its outcome, and how many trials had which outcome."""

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
    """The content of the reports of one run, in whatever format.

    - *new_comparisons*: differences that this run, or the time of the report, saw first, each with
      the id of its row.
    - *since*: when the run before the time of the report ended; None if there was none.
    - *is_longer*: the time of the report is longer than the one run.
    - *lasting_failures*: those to report now, as they have just lasted long enough, or have ended.
    - *table_changes*: what the owners of the tables did to them.
    - *original_names*: (table, column or None) as they are called now → as they were called first.
    - *tag_uris_until*: what was seen by then was published under tag: URIs.
    """

    run: RunSummary
    tables: tuple[ReportTable, ...]
    changes: tuple[RecordedChange, ...]
    problems: tuple[Problem, ...]
    new_comparisons: tuple[tuple[int, Comparison], ...] = ()
    since: str | None = None
    is_longer: bool = False
    timelines: Mapping[str, TrialTimeline] = field(default_factory=dict)
    lasting_failures: tuple[LastingFailure, ...] = ()
    table_changes: tuple[TableChange, ...] = ()
    original_names: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    tag_uris_until: str | None = None

    def original_name(self, table: str, column: str | None = None) -> str:
        """What a table, or a column of it, was called first: ids of news rest on it."""
        return self.original_names.get((table, column), column or table)


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
class VersionSyncResult:
    """The result of comparing tables with all versions of an archive.

    *unusable* versions could not be read; *problems* are the first of them in words. *verdicts* has
    the number of comparisons by table and verdict. *cells* has for each table the number of
    statements, of those that ceased to be true, of those among them that are true again, and of
    those that never were. *absent* are listed ids that no record has, nor has absorbed.
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
        """Whether all versions were read, and every listed trial was found."""
        return not (self.unusable or self.absent)


@dataclass(frozen=True)
class SubmittedVersion:
    """One entry of a record's history.

    *day* is when it was submitted, *status* the recruitment status it gave, *parts* the parts of the
    record that it changed, by the names that the history has for them. Versions count from 0.
    """

    version: int
    day: str
    status: str | None
    parts: tuple[str, ...]
