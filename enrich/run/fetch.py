"""What the registry says about every listed id: asked in batches, confirmed singly, taken over page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from enrich.changes.versioning import IngestDecision, StoredVersion, decide, stored_version_of
from enrich.errors import CacheError, NotFound, RegistryError, Unusable
from enrich.models import (
    Answer,
    Change,
    FetchedRecord,
    Problem,
    ProblemKind,
    RegistryAnswer,
    RegistryLoad,
    Significance,
    TrialOutcome,
)
from enrich.record.raw import PageRecord
from enrich.run import plausibility as doubt
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.runs import count_requests, last_data_timestamp, last_load
from enrich.storage.trials import (
    add_changes,
    confirm_trials,
    mark_gone,
    read_last_changes,
    read_latest_versions,
    read_line_digests,
    read_study,
    save_answers,
    save_decisions,
)

if TYPE_CHECKING:
    from enrich.registry.client import (
        Registry,  # a run that asks nothing does without what carries it
    )

FROM_REGISTRY = "ClinicalTrials.gov"

# 100 ids make an address of 1.2 KB, and an answer of 2 MB on average.
BATCH = 100
# How often the registry may be reloaded under a walk before what is left is put off to the next run.
_MOST_RELOADS = 3


@dataclass
class Run:
    """What one run works with; `said`, `known` and `problems` grow on the way."""

    id: int
    asked: tuple[str, ...]
    database: Database
    cache: Cache
    clock: Callable[[], str]
    on_progress: Callable[[int, int], None]
    said: dict[str, RegistryAnswer]
    known: dict[str, StoredVersion]
    accept: bool = False
    problems: list[Problem] = field(default_factory=list)


def remember(run: Run, judged: Sequence[IngestDecision], *, checked: bool) -> None:
    """Stores what was judged of the records of one answer, in the transaction of the caller; *checked*: the registry just said so."""
    save_decisions(run.database, run.id, judged, checked=checked)
    run.known.update({one.record.nct_id: stored_version_of(one) for one in judged if one.trial})


def judged_of(run: Run, copy: FetchedRecord) -> IngestDecision:
    known = run.known.get(copy.nct_id)
    return decide(
        copy,
        known,
        lambda: read_study(run.database, copy.nct_id, known.version if known else 0),
        lambda: read_last_changes(run.database, copy.nct_id),
    )


def fetch(run: Run, registry: Registry) -> RegistryLoad | None:
    """Asks about every id that was not yet answered under the load in force; None if no load is to be had that can be believed."""
    load = _gate(run, registry)
    if load is None:
        return None
    for _ in range(_MOST_RELOADS):
        walk = _Walk(run, registry, load)
        walk.over(walk.pending())
        if not walk.reloaded:
            return load
        load = walk.reloaded
    run.problems += [
        Problem(ProblemKind.NOT_CHECKED, "the registry was reloaded again and again", nct_id)
        for nct_id in _Walk(run, registry, load).pending()
    ]
    return load


def _gate(run: Run, registry: Registry) -> RegistryLoad | None:
    """The load in force, if the registry names one that is not older than what it showed before."""
    try:
        load = registry.current_load(last_load(run.database))
    except RegistryError as error:
        run.problems.append(Problem(ProblemKind.UNREACHABLE, str(error)))
        return None
    warning = doubt.unknown_version(load)
    run.problems += [Problem(ProblemKind.VERSION, warning)] if warning else []
    reason = None if run.accept else doubt.older(load, last_data_timestamp(run.database))
    run.problems += [Problem(ProblemKind.HELD, reason)] if reason else []
    return None if reason else load


@dataclass
class _Walk:
    """One pass over what is pending under one load; `reloaded` is the new load if the registry was reloaded on the way.

    What looks like a removal, and what changed though nobody submitted an update, waits until all answers are in:
    a few such are news, many are a fault of the registry. Printed ids that another record calls its obsolete names are
    `claimed` by it until their own batch is read: whoever answers for himself there was not merged.
    """

    run: Run
    registry: Registry
    load: RegistryLoad
    reloaded: RegistryLoad | None = None
    absent: list[str] = field(default_factory=list)
    claimed: dict[str, tuple[str, TrialOutcome]] = field(
        default_factory=dict
    )  # by which record, and what that is: changed, unchanged, new
    unannounced: list[tuple[IngestDecision, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._printed = frozenset(self.run.asked)
        self._before = {nct_id for nct_id in self.run.asked if self._was_there(nct_id)}
        self._waiting: set[str] = set()
        self._days_tell = False
        self._looked_at = 0
        self._marks = read_line_digests(
            self.run.database,
            [nct_id for nct_id, known in self.run.known.items() if known.complete],
        )

    def pending(self) -> list[str]:
        return [nct_id for nct_id in self.run.asked if self._is_pending(nct_id)]

    def _is_pending(self, nct_id: str) -> bool:
        said = self.run.said.get(nct_id)
        return said is None or said.load != self.load.name

    def _was_there(self, nct_id: str) -> bool:
        """Whether the registry, or a copy of its record, last showed this trial."""
        said = self.run.said.get(nct_id)
        return said.answer in (Answer.FOUND, Answer.MERGED) if said else nct_id in self.run.known

    def over(self, pending: Sequence[str]) -> None:
        for batch, following in pairwise(chain(_batches(pending), [[]])):
            self._ask_batch(batch, following)
            self._tell()
            if self._is_over():
                break
        if self.reloaded is None:
            self._take_over_what_waited()
            self._tell()

    def _tell(self) -> None:
        self.run.on_progress(len(self.run.asked) - len(self.pending()), len(self.run.asked))

    def _is_over(self) -> bool:
        return self.reloaded is not None or self.registry.exhausted

    # --- asking

    def _ask_batch(self, batch: Sequence[str], following: Sequence[str]) -> None:
        """Takes over the records of *batch*, while those of the batch that follows are on their way."""
        try:
            for page in self.registry.studies(batch, self._marks):
                if not self._is_in_force(page.load, page.days):
                    return
                if following and page.token is None:
                    self.registry.send_ahead(following)
                self._learn_the_day(page.days)
                self._confirm(page.unchanged)
                self._keep(page.studies)
                self.run.problems += [Problem(ProblemKind.UNUSABLE, fault) for fault in page.faults]
        except RegistryError as error:
            self._give_up(batch, error)
            return
        self._settle(batch)

    def _settle(self, nct_ids: Sequence[str]) -> None:
        """What became of those of *nct_ids* that did not answer for themselves: their claims are taken over, the others asked singly."""
        self._believe_claims(nct_ids)
        for nct_id in filter(self._is_open, nct_ids):
            if self._is_over() or self._loss():
                return
            self._ask_singly(nct_id)

    def _believe_claims(self, nct_ids: Iterable[str]) -> None:
        """Notes as merged what another record claims, but for a trial that was there by itself: one request must confirm its end."""
        believed = [
            nct_id
            for nct_id in nct_ids
            if nct_id in self.claimed and self._is_open(nct_id) and not self._stood_alone(nct_id)
        ]
        if believed:
            with self._step():
                self._note([self._said(nct_id, *self.claimed[nct_id]) for nct_id in believed])

    def _stood_alone(self, nct_id: str) -> bool:
        """Whether this id had a record of its own when it was last heard of."""
        said = self.run.said.get(nct_id)
        return nct_id in self.run.known and (said is None or said.answer != Answer.MERGED)

    def _is_open(self, nct_id: str) -> bool:
        return self._is_pending(nct_id) and nct_id not in self._waiting

    def _ask_singly(self, nct_id: str) -> None:
        """Confirms an id that its batch left out: merged into another, gone, or never there."""
        try:
            study, name = self.registry.study(nct_id)
            if self._is_in_force(name, (study.load_day,)):
                self._learn_the_day((study.load_day,))
                self._keep((study,), asked_as=nct_id)
        except NotFound:
            self.absent.append(nct_id)
            self._waiting.add(nct_id)
        except RegistryError as error:
            self._give_up([nct_id], error)

    def _is_in_force(self, name: str | None, days: Sequence[str | None] = ()) -> bool:
        """Whether an answer, with records of these *days*, belongs to the load of this walk; asks the gate again where its tag is another, or missing."""
        if name == self.load.name:
            return True
        if doubt.is_of_older_load(name, self.load):
            raise Unusable("the answer is of an older load of the registry than the one in force")
        if (
            not self.run.accept
            and not doubt.can_tell(name)
            and (reason := doubt.of_earlier_load(days, self.load))
        ):
            raise Unusable(reason)
        load = self.registry.current_load(self.load)
        if load.name == self.load.name:
            return True
        if not self.run.accept and (reason := doubt.older(load, self.load.data_timestamp)):
            raise Unusable(reason)
        self.reloaded = load
        return False

    # --- taking over

    def _learn_the_day(self, days: Sequence[str | None]) -> None:
        self._days_tell = self._days_tell or doubt.shows_the_day(days, self.load)

    def _confirm(self, same: Mapping[str, str | None]) -> None:
        """Takes up that records read to the letter as they are known, but for the day of the load: nothing is to be written but that it was said."""
        nct_ids = [nct_id for nct_id, day in same.items() if not self._of_earlier_load(day)]
        if not nct_ids:
            return
        for nct_id in nct_ids:
            if not self.run.cache.holds(nct_id, self.run.known[nct_id].retrieved_at):
                self._to_cache(self._kept(nct_id))
            self._claim(nct_id, self.run.known[nct_id].aliases, TrialOutcome.UNCHANGED)
        self._looked_at += len(nct_ids)
        with self._step():
            confirm_trials(self.run.database, nct_ids, self.run.clock(), self.load.data_timestamp)
            self._note(
                [
                    said
                    for nct_id in nct_ids
                    for said in self._answered(nct_id, None, TrialOutcome.UNCHANGED)
                ]
            )

    def _claim(self, trial_id: str, names: Iterable[str], outcome: TrialOutcome) -> None:
        self.claimed.update(
            {
                name: (trial_id, outcome)
                for name in names
                if name in self._printed and name != trial_id
            }
        )

    def _kept(self, nct_id: str) -> FetchedRecord:
        """The copy of a record as the database has it."""
        known = self.run.known[nct_id]
        return FetchedRecord(
            nct_id,
            read_study(self.run.database, nct_id, known.version),
            known.digest,
            known.retrieved_at,
            FROM_REGISTRY,
            self.load.data_timestamp,
        )

    def _keep(self, studies: Iterable[PageRecord], asked_as: str | None = None) -> None:
        """Stores the studies of one answer, before the next is asked for."""
        copies = [self._copy(study) for study in studies]
        # A listed id may lead to a record that no table lists, and that the database has all the same.
        self.run.known.update(
            read_latest_versions(
                self.run.database, {copy.nct_id for copy in copies} - self.run.known.keys()
            )
        )
        judged = self._believed(
            [judged_of(self.run, copy) for copy in copies if self._was_asked_for(copy, asked_as)],
            asked_as,
        )
        for one in judged:
            self._claim(one.record.nct_id, one.record.ids, one.outcome)
        self._looked_at += len(judged)
        waiting = [one for one in judged if self._is_unannounced(one)]
        self.unannounced += [(one, asked_as) for one in waiting]
        self._waiting.update(name for one in waiting for name in self._names(one, asked_as))
        self._store([(one, asked_as) for one in judged if one not in waiting])

    def _was_asked_for(self, copy: FetchedRecord, asked_as: str | None) -> bool:
        if asked_as or not self._printed.isdisjoint(copy.ids):
            return True
        self.run.problems.append(
            Problem(
                ProblemKind.UNUSABLE,
                f"the registry sent {copy.nct_id}, which nobody asked for; it was dropped",
            )
        )
        return False

    def _believed(
        self, judged: Sequence[IngestDecision], asked_as: str | None
    ) -> list[IngestDecision]:
        """Those that an earlier load did not print, whatever their tag; a record of a batch that it did is left for a request of its own."""
        back = {
            one.record.nct_id: reason for one in judged if (reason := self._reason_against(one))
        }
        if asked_as:
            self._give_up([asked_as] if back else [], Unusable(" ".join(back.values())))
        return [one for one in judged if one.record.nct_id not in back]

    def _reason_against(self, judged: IngestDecision) -> str | None:
        """Told by the records of this load that were seen, or, where the record reads otherwise than before, by itself."""
        day = judged.record.load_day
        return self._of_earlier_load(day) or (
            None if self.run.accept else doubt.gone_back(day, judged.previous_load_day)
        )

    def _of_earlier_load(self, day: str | None) -> str | None:
        return (
            doubt.of_earlier_load((day,), self.load)
            if self._days_tell and not self.run.accept
            else None
        )

    def _is_unannounced(self, judged: IngestDecision) -> bool:
        """A copy that was not complete may have been wrong where the record now differs."""
        known = self.run.known.get(judged.record.nct_id)
        return known is not None and known.complete and doubt.is_unannounced(judged)

    def _store(self, judged: Sequence[tuple[IngestDecision, str | None]]) -> None:
        # A record that waits may have been met once more, under an id that leads to it.
        records = {one.record.nct_id: one for one, _ in judged}.values()
        # The cache first: a run cut off between the two asks again, and finds both as they should be.
        for one in records:
            if self._is_fresh(one.record):
                self._to_cache(self._as_first_seen(one.record))
        with self._step():
            remember(self.run, [*records], checked=True)
            self._note(
                [
                    said
                    for one, asked_as in judged
                    for said in self._answered(one.record.nct_id, asked_as, one.outcome)
                ]
            )

    def _take_over_what_waited(self) -> None:
        """Notes absences and unannounced changes, each kind unless there are too many of it to be believed."""
        if upheaval := self._upheaval():
            self._hold(
                (name for one, asked_as in self.unannounced for name in self._names(one, asked_as)),
                upheaval,
            )
        elif self.unannounced:
            self._store(self.unannounced)
            waited = [
                name for one, asked_as in self.unannounced for name in self._names(one, asked_as)
            ]
            self._waiting.difference_update(waited)
            self._settle(waited)
        if self.absent and (loss := self._loss(at_the_end=True)):
            self._hold(
                (
                    nct_id
                    for nct_id in self.pending()
                    if nct_id in self._before or nct_id in self.absent
                ),
                loss,
            )
        elif self.absent:
            self._note_absences()

    def _upheaval(self) -> str | None:
        return (
            None
            if self.run.accept
            else doubt.upheaval(
                len({one.record.nct_id for one, _ in self.unannounced}), self._looked_at
            )
        )

    def _loss(self, *, at_the_end: bool = False) -> str | None:
        """Why the absences cannot be noted. Before the end nobody knows whether nothing at all will be found."""
        lost = self._before.intersection(self.absent)
        found = sum(
            not self._is_pending(nct_id) and self._was_there(nct_id) for nct_id in self.run.asked
        ) + len(self.unannounced)
        if self.run.accept or not (lost or len(self.absent) > 1):
            return None
        return doubt.loss(len(lost), len(self._before), found=found if at_the_end else 1)

    def _hold(self, nct_ids: Iterable[str], reason: str) -> None:
        explained = {
            problem.nct_id
            for problem in self.run.problems
            if problem.kind == ProblemKind.NOT_CHECKED
        }
        self.run.problems.append(Problem(ProblemKind.HELD, reason))
        self.run.problems += [
            Problem(ProblemKind.NOT_CHECKED, ProblemKind.HELD.leaves_unchecked, nct_id)
            for nct_id in nct_ids
            if nct_id not in explained
        ]

    def _note_absences(self) -> None:
        """An answer that there is nothing names no load, so the gate must say that it was still the same."""
        try:
            if self._is_in_force(None):
                with self._step():
                    for nct_id in self.absent:
                        self._note_absence(nct_id)
        except RegistryError as error:
            self._give_up(self.absent, error)

    def _copy(self, study: PageRecord) -> FetchedRecord:
        at, stamp = self.run.clock(), self.load.data_timestamp
        return FetchedRecord(
            study.nct_id,
            study,
            study.digest,
            at,
            FROM_REGISTRY,
            stamp,
            line_digest=study.line_digest,
            ids=study.ids,
            load_day=study.load_day,
        )

    def _as_first_seen(self, copy: FetchedRecord) -> FetchedRecord:
        """A file that was lost is written anew as the database dates its content."""
        known = self.run.known.get(copy.nct_id)
        is_known = known is not None and known.complete and known.digest == copy.digest
        return replace(copy, retrieved_at=known.retrieved_at) if known and is_known else copy

    def _is_fresh(self, copy: FetchedRecord) -> bool:
        known = self.run.known.get(copy.nct_id)
        return (
            known is None
            or known.digest != copy.digest
            or not known.complete
            or not self.run.cache.holds(copy.nct_id, known.retrieved_at)
        )

    def _names(self, judged: IngestDecision, asked_as: str | None) -> list[str]:
        """The printed ids that a record answers: its own, the one asked for, and those it absorbed."""
        return [
            name
            for name in dict.fromkeys((*judged.record.ids, *([asked_as] if asked_as else [])))
            if name in self._printed
        ]

    def _answered(
        self, trial_id: str, asked_as: str | None, outcome: TrialOutcome
    ) -> Iterator[RegistryAnswer]:
        """What a record answers by itself: its own id and the one asked for, where they are printed and pending."""
        for nct_id in dict.fromkeys((trial_id, asked_as)):
            if nct_id in self._printed and self._is_pending(nct_id):
                yield self._said(nct_id, trial_id, outcome)

    def _said(self, nct_id: str, trial_id: str, outcome: TrialOutcome) -> RegistryAnswer:
        return RegistryAnswer(
            nct_id,
            trial_id,
            Answer.FOUND if nct_id == trial_id else Answer.MERGED,
            self.load.name,
            self.run.id,
            outcome,
        )

    def _note_absence(self, nct_id: str) -> None:
        """The registry has no such id: what it had is kept as it was last seen, and marked."""
        known = nct_id in self.run.known
        if known:
            mark_gone(self.run.database, nct_id, self.run.clock())
        self._note(
            [
                RegistryAnswer(
                    nct_id,
                    nct_id if known else None,
                    Answer.GONE if known else Answer.UNKNOWN,
                    self.load.name,
                    self.run.id,
                    TrialOutcome.GONE,
                )
            ]
        )

    def _note(self, said: Iterable[RegistryAnswer]) -> None:
        """Records answers, with a line in the ledger where a record was removed, came back or became part of another."""
        told = [one._replace(outcome=self._outcome(one)) for one in said]
        fates = [
            (one.trial_id, self.run.known[one.trial_id].version, change)
            for one in told
            if one.trial_id and (change := _fate(one, self.run.said.get(one.nct_id)))
        ]
        add_changes(self.run.database, self.run.id, fates)
        save_answers(self.run.database, told)
        self.run.said.update({one.nct_id: one for one in told})

    def _outcome(self, said: RegistryAnswer) -> TrialOutcome:
        """The first answer about an id is new, a merger is a change, and what was news earlier in this run stays so."""
        before = self.run.said.get(said.nct_id)
        if before is None:
            return said.outcome if said.outcome == TrialOutcome.GONE else TrialOutcome.NEW
        if said.answer == Answer.MERGED and said.trial_id != before.trial_id:
            return TrialOutcome.CHANGED
        return (
            before.outcome
            if before.run_id == self.run.id and said.outcome == TrialOutcome.UNCHANGED
            else said.outcome
        )

    def _give_up(self, nct_ids: Iterable[str], error: RegistryError) -> None:
        self.run.problems += [
            Problem(ProblemKind.NOT_CHECKED, str(error), nct_id)
            for nct_id in nct_ids
            if self._is_pending(nct_id)
        ]

    def _to_cache(self, copy: FetchedRecord) -> None:
        """One file that cannot be written is said; the rest would only say it again."""
        if any(problem.kind == ProblemKind.NOT_KEPT for problem in self.run.problems):
            return
        try:
            self.run.cache.keep(copy)
        except CacheError as error:
            self.run.problems.append(
                Problem(
                    ProblemKind.NOT_KEPT, f"{error}; the database has all, the copies lag behind"
                )
            )

    @contextmanager
    def _step(self) -> Iterator[None]:
        """One transaction with the count of requests that led to it, so that a run cut off has counted them too."""
        with self.run.database.transaction():
            yield
            count_requests(self.run.database, self.run.id, *self.registry.take_counts())


def _fate(said: RegistryAnswer, before: RegistryAnswer | None) -> Change | None:
    """What became of a record since the answer before, as a line of the ledger."""
    if said.answer == Answer.GONE and (before is None or before.answer != Answer.GONE):
        return Change("record", "in the registry", "removed", Significance.MATERIAL)
    if said.answer == Answer.FOUND and before and before.answer == Answer.GONE:
        return Change("record", "removed", "in the registry again", Significance.MATERIAL)
    if said.answer == Answer.MERGED and before and before.trial_id != said.trial_id:
        return Change("record", said.nct_id, f"merged into {said.trial_id}", Significance.MATERIAL)
    return None


def _batches(nct_ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(nct_ids)
    while batch := list(islice(waiting, BATCH)):
        yield batch
