"""One run, in reading order: recall, fetch, compare, explain, account."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from enrich.attribution import Question, from_the_record, unexplained
from enrich.attribution import explain as by_history
from enrich.beside import beside_row
from enrich.cache import Cache
from enrich.compare import compare_field, compare_row
from enrich.errors import CacheError, NotFound, RegistryError
from enrich.fields import digest_of, names_of, nct_id_of
from enrich.history import History, NoHistory
from enrich.memory import Judged, Known, judge
from enrich.records import (
    AGREES,
    CHANGED,
    DIFFERS,
    GONE,
    MATERIAL,
    NEW,
    NOT_CHECKED,
    UNCHANGED,
    UNKNOWN_CAUSE,
    Beside,
    Change,
    Comparison,
    Copy,
    Problem,
    Row,
    Study,
    Table,
    Trial,
)
from enrich.registry import BATCH, Load, Registry
from enrich.store import Said, Store

FROM_REGISTRY = "ClinicalTrials.gov"
COMPLETE, PARTIAL, UNREACHABLE, OFFLINE = "complete", "partial", "unreachable", "offline"

# How often the registry may be reloaded under a walk before what is left is put off to the next run.
_MOST_RELOADS = 3


@dataclass
class Run:
    """What one run works with; `said`, `known` and `problems` grow on the way."""

    id: int
    asked: tuple[str, ...]
    store: Store
    cache: Cache
    now: Callable[[], str]
    told: Callable[[int, int], None]
    said: dict[str, Said]
    known: dict[str, Known]
    problems: list[Problem] = field(default_factory=list)


def sync(
    tables: Sequence[Table],
    registry: Registry | None,
    store: Store,
    cache: Cache,
    history: History | None = None,
    *,
    now: Callable[[], str],
    told: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Brings the database up to date with the registry and the tables; the id of the run that says how it went.

    Without a *registry* the run works from the cache alone; without a *history* no difference is traced through earlier
    versions. *now* gives the time (ISO, UTC); *told* hears how many trials of how many are done.
    """
    asked = tuple(dict.fromkeys(nct_id for table in tables for nct_id in table.nct_ids))
    store.save_tables(tables)
    run = Run(store.begin(now()), asked, store, cache, now, told, store.said(), store.known())
    recall(run, [nct_id for nct_id in asked if nct_id not in run.known])
    load = fetch(run, registry) if registry and asked else None
    if load is None:
        recall(run, asked)
    compared = compare(run, tables)
    store.save_comparisons(run.id, explain(run, compared, history))
    store.save_beside(show(run, compared))
    account(run, registry, load)
    return run.id


# --- from the cache


def recall(run: Run, nct_ids: Sequence[str]) -> None:
    """Takes up the copies of these trials that are newer than what the database holds: all of them where it is new or was lost."""
    copies, problems = run.cache.copies(nct_ids)
    run.problems += problems
    newer = [copy for copy in copies if copy.nct_id not in run.known or copy.retrieved_at > run.known[copy.nct_id].retrieved_at]
    with run.store.step():
        remember(run, newer, checked=False)


def remember(run: Run, copies: Iterable[Copy], *, checked: bool) -> list[Judged]:
    """Judges and stores the records of one answer, in the transaction of the caller; *checked*: the registry just said so."""
    judged = [_judged(run, copy) for copy in copies]
    run.store.keep(run.id, judged, checked=checked)
    run.known.update({one.copy.nct_id: Known(one.version, one.copy.digest, one.copy.complete, one.copy.retrieved_at) for one in judged if one.trial})
    return judged


def _judged(run: Run, copy: Copy) -> Judged:
    known = run.known.get(copy.nct_id)
    return judge(copy, known, lambda: run.store.study(copy.nct_id, known.version if known else 0), lambda: run.store.last_changes(copy.nct_id))


# --- from the registry


def fetch(run: Run, registry: Registry) -> Load | None:
    """Asks about every id that was not yet answered under the load in force; None if the registry cannot be reached."""
    try:
        load = registry.gate(_last_load(run.store))
    except RegistryError as error:
        run.problems.append(Problem(UNREACHABLE, str(error)))
        return None
    for _ in range(_MOST_RELOADS):
        walk = _Walk(run, registry, load)
        walk.over(walk.pending())
        if not walk.reloaded:
            break
        load = walk.reloaded
    return load


def _last_load(store: Store) -> Load | None:
    """The load that the last run met; whether each id was answered under it is noted with the id."""
    last = store.rows("select load, data_timestamp, api_version from runs where load is not null order by id desc limit 1")
    return Load(last[0]["load"], last[0]["data_timestamp"], last[0]["api_version"]) if last else None


@dataclass
class _Walk:
    """One pass over what is pending under one load; `reloaded` is the new load if the registry was reloaded on the way."""

    run: Run
    registry: Registry
    load: Load
    reloaded: Load | None = None

    def __post_init__(self) -> None:
        self._printed = frozenset(self.run.asked)

    def pending(self) -> list[str]:
        return [nct_id for nct_id in self.run.asked if self._is_pending(nct_id)]

    def _is_pending(self, nct_id: str) -> bool:
        said = self.run.said.get(nct_id)
        return said is None or said.load != self.load.name

    def over(self, pending: Sequence[str]) -> None:
        for batch in _batches(pending):
            self._ask_batch(batch)
            self.run.told(len(self.run.asked) - len(self.pending()), len(self.run.asked))
            if self._is_over():
                return

    def _is_over(self) -> bool:
        return self.reloaded is not None or self.registry.exhausted

    def _ask_batch(self, batch: Sequence[str]) -> None:
        try:
            for page in self.registry.studies(batch):
                if not self._is_in_force(page.load):
                    return
                self._keep(page.studies)
                self.run.problems += [Problem("unusable", fault) for fault in page.faults]
        except RegistryError as error:
            self._give_up(batch, error)
            return
        for nct_id in filter(self._is_pending, batch):
            self._ask_singly(nct_id)
            if self._is_over():
                return

    def _ask_singly(self, nct_id: str) -> None:
        """Confirms an id that its batch left out: merged into another, gone, or never there."""
        try:
            study, name = self.registry.study(nct_id)
            if self._is_in_force(name):
                self._keep((study,), asked_as=nct_id)
        except NotFound:
            with self._step():
                self._note_absence(nct_id)
        except RegistryError as error:
            self._give_up([nct_id], error)

    def _is_in_force(self, name: str | None) -> bool:
        """Whether an answer belongs to the load of this walk; asks the gate again where its tag is another, or missing."""
        if name == self.load.name:
            return True
        load = self.registry.gate(self.load)
        if load.name == self.load.name:
            return True
        self.reloaded = load
        return False

    def _keep(self, studies: Iterable[Study], asked_as: str | None = None) -> None:
        """Stores the studies of one answer, before the next is asked for."""
        copies = [self._copy(study) for study in studies if asked_as or not self._printed.isdisjoint(names_of(study))]
        # The cache first: a run cut off between the two asks again, and finds both as they should be.
        for copy in filter(self._is_fresh, copies):
            self._to_cache(copy)
        with self._step():
            judged = remember(self.run, copies, checked=True)
            self._note([said for one in judged for said in self._answered(one, asked_as)])

    def _copy(self, study: Study) -> Copy:
        return Copy(nct_id_of(study), study, digest_of(study), self.run.now(), FROM_REGISTRY, self.load.data_timestamp)

    def _is_fresh(self, copy: Copy) -> bool:
        known = self.run.known.get(copy.nct_id)
        return known is None or known.digest != copy.digest or not known.complete or not self.run.cache.holds(copy.nct_id)

    def _answered(self, judged: Judged, asked_as: str | None) -> Iterator[Said]:
        """What a record answers: its own id, the one asked for, and those it absorbed, where they are printed and pending."""
        names = dict.fromkeys((*names_of(judged.copy.study), *([asked_as] if asked_as else [])))
        for nct_id in names:
            if nct_id in self._printed and self._is_pending(nct_id):
                answer = "found" if nct_id == judged.copy.nct_id else "merged"
                yield Said(nct_id, judged.copy.nct_id, answer, self.load.name, self.run.id, judged.outcome)

    def _note_absence(self, nct_id: str) -> None:
        """The registry has no such id: what it had is kept as it was last seen, and marked."""
        known = nct_id in self.run.known
        if known:
            self.run.store.mark_gone(nct_id, self.run.now())
        self._note([Said(nct_id, nct_id if known else None, "gone" if known else "unknown", self.load.name, self.run.id, GONE)])

    def _note(self, said: Iterable[Said]) -> None:
        """Records answers, with a line in the ledger where a record was removed, came back or became part of another."""
        told = [replace(one, outcome=self._outcome(one)) for one in said]
        fates = [
            (one.trial_id, self.run.known[one.trial_id].version, change)
            for one in told
            if one.trial_id and (change := _fate(one, self.run.said.get(one.nct_id)))
        ]
        self.run.store.add_changes(self.run.id, fates)
        self.run.store.save_said(told)
        self.run.said.update({one.nct_id: one for one in told})

    def _outcome(self, said: Said) -> str:
        """The first answer about an id is new, and what was news earlier in this run stays so."""
        before = self.run.said.get(said.nct_id)
        if before is None:
            return said.outcome if said.outcome == GONE else NEW
        return before.outcome if before.run_id == self.run.id and said.outcome == UNCHANGED else said.outcome

    def _give_up(self, nct_ids: Iterable[str], error: RegistryError) -> None:
        self.run.problems += [Problem(NOT_CHECKED, str(error), nct_id) for nct_id in nct_ids if self._is_pending(nct_id)]

    def _to_cache(self, copy: Copy) -> None:
        try:
            self.run.cache.keep(copy)
        except CacheError as error:
            self.run.problems.append(Problem("cache", str(error), copy.nct_id))

    @contextmanager
    def _step(self) -> Iterator[None]:
        """One transaction with the count of requests that led to it, so that a run cut off has counted them too."""
        with self.run.store.step():
            yield
            self.run.store.count_requests(self.run.id, *self.registry.take_counts())


def _fate(said: Said, before: Said | None) -> Change | None:
    """What became of a record since the answer before, as a line of the ledger."""
    if said.answer == "gone" and (before is None or before.answer != "gone"):
        return Change("record", "in the registry", "removed", MATERIAL)
    if said.answer == "found" and before and before.answer == "gone":
        return Change("record", "removed", "in the registry again", MATERIAL)
    if said.answer == "merged" and before and before.trial_id != said.trial_id:
        return Change("record", said.nct_id, f"merged into {said.trial_id}", MATERIAL)
    return None


def _batches(nct_ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(nct_ids)
    while batch := list(islice(waiting, BATCH)):
        yield batch


# --- comparing, with no network


@dataclass(frozen=True)
class Compared:
    """What one row says about one trial that it names; nothing of a row that names none."""

    table: Table
    row: Row
    row_id: int
    nct_id: str
    trial: Trial | None
    comparisons: tuple[Comparison, ...]


def compare(run: Run, tables: Sequence[Table]) -> list[Compared]:
    """Compares every row with what is known now: also when nothing was fetched, so that a corrected table shows at once."""
    trials = run.store.trials()
    compared: list[Compared] = []
    for table in tables:
        row_ids = run.store.row_ids(table.name)
        for row in table.rows:
            for nct_id in row.nct_ids or ("",):
                trial = None if _is_gone(run, nct_id) else trials.get(nct_id)
                found = compare_row(table, row, trial, nct_id) if nct_id else []
                compared.append(Compared(table, row, row_ids[row.position], nct_id, trial, tuple(found)))
    return compared


def _is_gone(run: Run, nct_id: str) -> bool:
    return nct_id in run.said and run.said[nct_id].answer in ("gone", "unknown")


def show(run: Run, compared: Iterable[Compared]) -> dict[int, list[Beside]]:
    """What is only shown beside the cells, for the tables that ask for it."""
    shown: dict[int, list[Beside]] = {}
    for one in compared:
        asked = any(column.shows for column in one.table.columns)
        study = run.store.study(one.trial.nct_id, run.known[one.trial.nct_id].version) if asked and one.trial else None
        shown.setdefault(one.row_id, []).extend(beside_row(one.table, one.row, study, one.nct_id) if study else [])
    return shown


# --- explaining


def explain(run: Run, compared: Iterable[Compared], history: History | None) -> dict[int, list[Comparison]]:
    """The comparisons of each row, every difference with its cause; the history is asked only where the record does not tell."""
    explained: dict[int, list[Comparison]] = {}
    for one in compared:
        known = explained.setdefault(one.row_id, [])
        known += [_explained(run, one, comparison, history) for comparison in one.comparisons]
    return explained


def _explained(run: Run, one: Compared, comparison: Comparison, history: History | None) -> Comparison:
    if comparison.verdict != DIFFERS or one.trial is None:
        return comparison
    question = _question(one, comparison, one.trial)
    told = from_the_record(question)
    if told.cause != UNKNOWN_CAUSE or not question.accessed or not one.trial.complete:
        return told
    if history is None:
        return unexplained(comparison, "the registry's history was not asked (--no-history)")
    try:
        versions = history.versions(one.trial, run.known[one.trial.nct_id].retrieved_at)
        return by_history(question, versions, lambda version: history.facts(question.now.nct_id, version))
    except NoHistory as error:
        return unexplained(comparison, str(error))


def _question(one: Compared, comparison: Comparison, now: Trial) -> Question:
    column = next(column for column in one.table.columns if column.name == comparison.column)

    def agrees(then: Trial) -> bool | None:
        found = compare_field(column, comparison.field, comparison.cell, then, padded_dates=one.table.padded_dates)
        return {AGREES: True, DIFFERS: False}.get(found.verdict) if found else None

    return Question(comparison, one.row.accessed or "", now, agrees)


# --- accounts


def account(run: Run, registry: Registry | None, load: Load | None) -> None:
    """Closes the run: asked = changed + unchanged + new + gone + not checked, and a problem for each that was not checked."""
    outcomes = {nct_id: _outcome(run, nct_id, load) for nct_id in run.asked}
    unchecked = [nct_id for nct_id, outcome in outcomes.items() if outcome == NOT_CHECKED]
    problems = [*run.problems, *_not_checked(run, unchecked, registry), *_answers(run)]
    at = run.now()
    with run.store.step():
        run.store.mark_stale(unchecked, at)
        run.store.mark_checked([nct_id for nct_id, outcome in outcomes.items() if outcome != NOT_CHECKED], at)
        run.store.add_problems(run.id, problems, at)
        if registry:
            run.store.count_requests(run.id, *registry.take_counts())
        counts = {name.replace(" ", "_"): list(outcomes.values()).count(name) for name in (CHANGED, UNCHANGED, NEW, GONE, NOT_CHECKED)}
        run.store.finish(
            run.id, {"finished_at": at, "outcome": _how_it_went(registry, load, unchecked), "asked": len(outcomes), **counts, **_load_columns(load)}
        )


def _outcome(run: Run, nct_id: str, load: Load | None) -> str:
    said = run.said.get(nct_id)
    if load is None or said is None or said.load != load.name:
        return NOT_CHECKED
    if said.run_id == run.id:
        return said.outcome
    return GONE if said.outcome == GONE else UNCHANGED


def _not_checked(run: Run, unchecked: Iterable[str], registry: Registry | None) -> list[Problem]:
    """One problem for each trial that was not looked at, unless it has its own already."""
    explained = {problem.nct_id for problem in run.problems if problem.kind == NOT_CHECKED}
    reached = not any(problem.kind == UNREACHABLE for problem in run.problems)
    why = (
        "worked offline, from the cache"
        if registry is None
        else "not asked: the registry stopped answering"
        if reached
        else "the registry could not be reached"
    )
    return [Problem(NOT_CHECKED, why, nct_id) for nct_id in unchecked if nct_id not in explained]


def _answers(run: Run) -> list[Problem]:
    """What the registry said about ids that are not plainly there, in words."""
    return [
        Problem(said.answer, _ANSWERS[said.answer].format(said), nct_id) for nct_id in run.asked if (said := run.said.get(nct_id)) and said.answer in _ANSWERS
    ]


_ANSWERS = {
    "merged": "merged into {0.trial_id}: the registry answers under that id",
    "gone": "removed: the registry had this record and has it no longer",
    "unknown": "unknown: the registry has no record under this id",
}


def _how_it_went(registry: Registry | None, load: Load | None, unchecked: Sequence[str]) -> str:
    if registry is None:
        return OFFLINE
    if load is None and unchecked:
        return UNREACHABLE
    return PARTIAL if unchecked else COMPLETE


def _load_columns(load: Load | None) -> dict[str, str | None]:
    return {"load": load.name, "data_timestamp": load.data_timestamp, "api_version": load.api_version} if load else {}
