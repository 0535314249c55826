"""The content of reports."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, TypeVar

from enrich.models.comparisons import Comparison, ContextNote
from enrich.models.enums import Answer, NoticeKind, ProblemKind, RunOutcome, SiteEvent
from enrich.models.records import Change, Trial
from enrich.models.searches import SearchEvent, SearchSummary
from enrich.models.tables import Description, Row, TableChange


@dataclass(frozen=True)
class Problem:
    """What went wrong, for which trial (None: all), and when the first run that saw it ended.

    *subject* is what it is about, if not a trial: the name of a table.
    """

    kind: ProblemKind
    message: str
    nct_id: str | None = None
    first_seen: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class LastingFailure:
    """A failure that lasts since *since*, or lasted until *until*, over this many *runs*.

    *nct_ids* are the trials that it concerns; none are named if it concerns all of them. *since*
    and *until* are ISO times in UTC.
    """

    kind: ProblemKind
    nct_ids: tuple[str, ...]
    message: str
    since: str
    runs: int
    until: str | None = None


_Computed = TypeVar("_Computed")


class ComputesOnce:
    """Keeps what was computed from it: a report may be too long to be read for each question."""

    def once(self, compute: Callable[[Self], _Computed]) -> _Computed:
        """What *compute*, a function of a module, gives of this; computed at the first call."""
        computed: dict[Any, Any] = self.__dict__.setdefault("_computed", {})
        if compute not in computed:
            computed[compute] = compute(self)
        value: _Computed = computed[compute]
        return value


class ReportRow(NamedTuple):
    """A published row beside what is known of one trial that it names (of none if it names none).

    *answer* is the registry's last one about the printed id. The facts hold for the day *as_of*;
    since *stale_since* they could not be confirmed, and *source* is where they come from.
    *checked*: the run of the report had an answer from the registry. *new_since* is when the
    registry was first asked about the id, if the report covers that time. *gone_since* is the day
    on which a run first missed the record.
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
    gone_since: str | None = None

    @property
    def trial_id(self) -> str | None:
        """The id under which the registry keeps the record;
        the printed one if there is no record.
        """
        return self.trial.nct_id if self.trial else self.nct_id


class RowsOnDemand(Sequence[ReportRow]):
    """Rows that are read each time they are asked for, and of which some can be read alone."""

    @abstractmethod
    def concerning(
        self, ids: Collection[str], row_ids: Collection[int], *, with_new: bool
    ) -> Iterable[ReportRow]:
        """At least the rows of these trials, by printed id or that of the record, and *row_ids*;
        also those of trials that are new in the time of the report, if *with_new*.
        """


@dataclass(frozen=True, kw_only=True)
class ReportTable(Description, ComputesOnce):
    """A published table beside the registry, with its description.

    A row is there once for each trial that it names. The rows of a large table are read from the
    database each time they are asked for. *header* are the printed columns, in order.
    """

    name: str
    header: tuple[str, ...]
    rows: Sequence[ReportRow]


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
class PaperNews:
    """A notice about a paper of a trial, as the run that found it, or the next one, reports it.

    *doi* and *pmid* are those of the paper, *citation* is what is known of it; *day* (ISO) and
    *notice_doi* are those of the notice. *is_results_paper*: the paper was ranked as the one with
    the trial's results. *is_news*: it was, or the sponsor named it as results.
    """

    nct_id: str
    kind: NoticeKind
    doi: str | None
    pmid: str | None
    citation: str | None
    day: str | None
    notice_doi: str | None
    is_results_paper: bool
    is_news: bool
    seen_at: str


@dataclass(frozen=True)
class SiteNews:
    """What became of a site of a trial near a place that a table watches.

    *place* is the watched place in words, and *km* how far from it the site's city is. *status* is
    the registry's code for the site, None where the record has none.
    """

    table: str
    nct_id: str
    event: SiteEvent
    facility: str
    city: str
    place: str
    km: float
    status: str | None
    seen_at: str


@dataclass(frozen=True)
class RunSummary:
    """How a run went: its times (ISO, UTC), its outcome, and how many trials had which outcome.

    *requests* are those to the registry, *services* those to each service that knows papers.
    """

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
    services: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Report(ComputesOnce):
    """The content of the reports of one run, in whatever format.

    - *new_comparisons*: differences that this run, or the time of the report, saw first, each with
      the id of its row.
    - *newly_out_of_date*: row id and column of the cells that began to differ in this time while
      nobody edited them.
    - *since*: when the run before the time of the report ended; None if there was none.
    - *run_ids*: the runs of this time by when they ended.
    - *is_longer*: the time of the report is longer than the one run.
    - *lasting_failures*: those to report now, as they have just lasted long enough, or have ended.
    - *paper_news*: the notices about papers that were found in this time.
    - *table_changes*: what the owners of the tables did to them.
    - *original_names*: (table, column or None) as they are called now → as they were called first.
    - *histories_left*: the trials whose histories later runs read, to explain a difference.
    - *site_news*: what became of sites near the places that tables watch.
    - *search_events*: what happened in the searches of the tables; *searches*: what they found.
    - *tag_uris_until*: what was seen by then was published under tag: URIs.
    """

    run: RunSummary
    tables: tuple[ReportTable, ...]
    changes: tuple[RecordedChange, ...]
    problems: tuple[Problem, ...]
    new_comparisons: tuple[tuple[int, Comparison], ...] = ()
    newly_out_of_date: frozenset[tuple[int, str]] = frozenset()
    since: str | None = None
    run_ids: Mapping[str, int] = field(default_factory=dict)
    is_longer: bool = False
    timelines: Mapping[str, TrialTimeline] = field(default_factory=dict)
    lasting_failures: tuple[LastingFailure, ...] = ()
    histories_left: int = 0
    paper_news: tuple[PaperNews, ...] = ()
    table_changes: tuple[TableChange, ...] = ()
    original_names: Mapping[tuple[str, str | None], str] = field(default_factory=dict)
    tag_uris_until: str | None = None
    search_events: tuple[SearchEvent, ...] = ()
    searches: tuple[SearchSummary, ...] = ()
    site_news: tuple[SiteNews, ...] = ()

    def original_name(self, table: str, column: str | None = None) -> str:
        """What a table, or a column of it, was called first: ids of news rest on it."""
        return self.original_names.get((table, column), column or table)


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
