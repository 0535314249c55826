"""What one run works with, and what one pass over the registry has found out so far: state, no
rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from enrich.changes.versioning import IngestDecision, StoredVersion
from enrich.models import (
    Answer,
    Problem,
    ProblemKind,
    RegistryAnswer,
    RegistryLoad,
    Study,
    TrialOutcome,
)
from enrich.runtime import ALL_SHORTCUTS, Shortcuts, code_fingerprint
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.runs import count_requests
from enrich.storage.trials import read_study

if TYPE_CHECKING:
    from enrich.registry.client import Registry  # a run that asks nothing does not load it


@dataclass(frozen=True)
class RunSettings:
    """How the registry is asked for many ids, and what may be skipped.

    *code_fingerprint* is that of the rules: with another one, every row is compared again.
    """

    batch_size: int = 200  # at most; the registry's client may find that fewer are better
    # How often the registry may be reloaded under a run before the rest is left to the next run.
    most_reloads: int = 3
    shortcuts: Shortcuts = ALL_SHORTCUTS
    code_fingerprint: bytes = field(default_factory=code_fingerprint)


@dataclass
class RunContext:
    """What one run works with; `answers`, `latest_versions` and `problems` grow on the way.

    *started_at* (ISO, UTC) is the time by which the days of loads and records are judged. *asked*
    are the distinct well-formed ids of the tables. *clock* gives the time (ISO, UTC);
    *on_progress* gets the number of trials done, and of all. *accept*: a person wants what the
    rules of plausibility held back.
    """

    id: int
    started_at: str
    asked: tuple[str, ...]
    database: Database
    cache: Cache
    clock: Callable[[], str]
    on_progress: Callable[[int, int], None]
    answers: dict[str, RegistryAnswer]
    latest_versions: dict[str, StoredVersion]
    accept: bool = False
    settings: RunSettings = field(default_factory=RunSettings)
    problems: list[Problem] = field(default_factory=list)

    @property
    def trial_ids(self) -> set[str]:
        """The ids of the records that answer for the ids of the tables."""
        answers = (self.answers.get(nct_id) for nct_id in self.asked)
        return {*self.asked} | {answer.trial_id for answer in answers if answer and answer.trial_id}

    def has_record(self, nct_id: str) -> bool:
        """Whether a version of the record of this id is known."""
        return nct_id in self.latest_versions

    def latest_study(self, trial_id: str) -> Study:
        """The newest stored record of a trial that is known."""
        return read_study(self.database, trial_id, self.latest_versions[trial_id].version)

    def report(self, kind: ProblemKind, message: str | None, nct_id: str | None = None) -> None:
        """Adds a problem; none where there is no *message*."""
        if message is not None:
            self.problems.append(Problem(kind, message, nct_id))

    def is_absent(self, nct_id: str) -> bool:
        """Whether the registry last answered that it has no such record."""
        answer = self.answers.get(nct_id)
        return answer is not None and answer.answer in (Answer.GONE, Answer.UNKNOWN)


class ReceivedRecord(NamedTuple):
    """A record that the registry sent, as it will be stored; *asked_as* is the id of a single
    request.
    """

    decision: IngestDecision
    asked_as: str | None = None

    @property
    def trial_id(self) -> str:
        return self.decision.record.nct_id


@dataclass
class FetchPass:
    """One pass over the ids that are pending under one load; `reloaded` is a newer load met on the
    way.

    What looks like a removal (`missing_ids`), and what changed although nobody submitted an update
    (`changed_without_submission`), is pending review until all answers are in: a few such are news,
    many are a fault of the registry. Ids that another record calls its obsolete names are in
    `alias_claims` until their own batch is read: an id that has a record of its own was not merged.
    `contents` are the digests of the records seen, and `disbelieved` the ids of those that came
    with two contents under this load or from a day that has not come yet, with the ids that they
    answered.
    """

    run: RunContext
    registry: Registry
    load: RegistryLoad
    line_digests: Mapping[str, str]
    previously_present: frozenset[str]
    reloaded: RegistryLoad | None = None
    missing_ids: list[str] = field(default_factory=list)
    # An id → the record that claims it, and what the run found out about that record.
    alias_claims: dict[str, tuple[str, TrialOutcome]] = field(default_factory=dict)
    changed_without_submission: list[ReceivedRecord] = field(default_factory=list)
    pending_review: set[str] = field(default_factory=set)
    contents: dict[str, str] = field(default_factory=dict)
    disbelieved: set[str] = field(default_factory=set)
    load_day_is_reliable: bool = False  # a record was seen that shows the very day of the load
    records_seen: int = 0

    def __post_init__(self) -> None:
        self.printed = frozenset(self.run.asked)

    @property
    def is_over(self) -> bool:
        """Whether asking on is of no use under this load."""
        return self.reloaded is not None or self.registry.exhausted

    def is_pending(self, nct_id: str) -> bool:
        """Whether there is no answer about this id under this load yet."""
        answer = self.run.answers.get(nct_id)
        return answer is None or answer.load != self.load.name

    def is_open(self, nct_id: str) -> bool:
        """Whether this id is still to be asked about."""
        is_reviewed = nct_id in self.pending_review or nct_id in self.disbelieved
        return self.is_pending(nct_id) and not is_reviewed

    def pending(self) -> list[str]:
        """The ids without an answer under this load, in the order of the tables."""
        return [nct_id for nct_id in self.run.asked if self.is_pending(nct_id)]

    def give_up(self, nct_ids: Iterable[str], reason: str) -> None:
        """Reports those of *nct_ids* that are pending as not checked."""
        for nct_id in filter(self.is_pending, nct_ids):
            self.run.report(ProblemKind.NOT_CHECKED, reason, nct_id)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction with the count of requests that led to it, so that a run cut off has
        counted them too.
        """
        with self.run.database.transaction():
            yield
            count_requests(self.run.database, self.run.id, *self.registry.take_counts())
