"""One run, in reading order: recall, fetch, compare, account."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from enrich.cache import Cache
from enrich.compare import compare_row
from enrich.errors import CacheError, NotFound, RegistryError
from enrich.fields import aliases_of, digest_of, nct_id_of
from enrich.memory import note_merger, note_removal, remember
from enrich.records import CHANGED, GONE, NEW, NOT_CHECKED, UNCHANGED, Comparison, Copy, Problem, Row, Study, Table, Trial
from enrich.registry import BATCH, Load, Registry
from enrich.store import Said, Store

FROM_REGISTRY = "ClinicalTrials.gov"
COMPLETE, PARTIAL, UNREACHABLE, OFFLINE = "complete", "partial", "unreachable", "offline"

# How often the registry may be reloaded under a walk before what is left is put off to the next run.
_MOST_RELOADS = 3


@dataclass
class Run:
    """What one run works with; `said` and `problems` grow on the way."""

    id: int
    asked: tuple[str, ...]
    store: Store
    cache: Cache
    now: Callable[[], str]
    told: Callable[[int, int], None]
    said: dict[str, Said] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def sync(
    tables: Sequence[Table],
    registry: Registry | None,
    store: Store,
    cache: Cache,
    *,
    now: Callable[[], str],
    told: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Brings the database up to date with the registry and the tables; the id of the run that says how it went.

    Without a *registry* the run works from the cache alone. *now* gives the time (ISO, UTC); *told* hears how many
    trials of how many are done.
    """
    asked = tuple(dict.fromkeys(nct_id for table in tables for nct_id in table.nct_ids))
    store.save_tables(tables)
    run = Run(store.begin(now()), asked, store, cache, now, told, store.said())
    recall(run, [nct_id for nct_id in asked if store.retrieved_at(nct_id) is None])
    load = fetch(run, registry) if registry and asked else None
    if load is None:
        recall(run, asked)
    compare(run, tables)
    account(run, registry, load)
    return run.id


# --- from the cache


def recall(run: Run, nct_ids: Sequence[str]) -> None:
    """Takes up the copies of these trials that are newer than what the database holds: all of them where it is new or was lost."""
    copies, problems = run.cache.copies(nct_ids)
    run.problems += problems
    for copy in copies:
        retrieved_at = run.store.retrieved_at(copy.nct_id)
        if retrieved_at is None or copy.retrieved_at > retrieved_at:
            with run.store.step():
                remember(run.store, run.id, copy)


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
        copies = [Copy(nct_id_of(study), study, digest_of(study), self.run.now(), FROM_REGISTRY, self.load.data_timestamp) for study in studies]
        # The cache first: a run cut off between the two asks again, and finds both as they should be.
        for copy in filter(self._is_fresh, copies):
            self._to_cache(copy)
        with self._step():
            for copy in copies:
                self._remember(copy, asked_as)

    def _is_fresh(self, copy: Copy) -> bool:
        known = self.run.store.known(copy.nct_id)
        return known is None or known.digest != copy.digest or not known.complete or not self.run.cache.holds(copy.nct_id)

    def _remember(self, copy: Copy, asked_as: str | None) -> None:
        outcome = remember(self.run.store, self.run.id, copy, checked_at=copy.retrieved_at)
        for nct_id in filter(self._is_pending, self._names(copy, asked_as)):
            merged = nct_id != copy.nct_id
            if merged and nct_id in self.run.said and self.run.said[nct_id].trial_id != copy.nct_id:
                note_merger(self.run.store, self.run.id, nct_id, copy.nct_id)
            self._note(Said(nct_id, copy.nct_id, "merged" if merged else "found", self.load.name, self.run.id, outcome))

    def _names(self, copy: Copy, asked_as: str | None) -> list[str]:
        """The printed ids that this record answers: its own, the one asked for, and those it absorbed."""
        names = dict.fromkeys((copy.nct_id, *([asked_as] if asked_as else []), *aliases_of(copy.study)))
        return [name for name in names if name in self.run.asked]

    def _note_absence(self, nct_id: str) -> None:
        known = self.run.store.retrieved_at(nct_id) is not None
        if known:
            note_removal(self.run.store, self.run.id, nct_id, self.run.now())
        self._note(Said(nct_id, nct_id if known else None, "gone" if known else "unknown", self.load.name, self.run.id, GONE))

    def _note(self, said: Said) -> None:
        """Records an answer. The first one about an id is new, and what was news earlier in this run stays so."""
        before = self.run.said.get(said.nct_id)
        if before is None and said.outcome != GONE:
            said = replace(said, outcome=NEW)
        elif before and before.run_id == self.run.id and said.outcome == UNCHANGED:
            said = replace(said, outcome=before.outcome)
        self.run.store.save_said(said)
        self.run.said[said.nct_id] = said

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


def _batches(nct_ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(nct_ids)
    while batch := list(islice(waiting, BATCH)):
        yield batch


# --- comparing, with no network


def compare(run: Run, tables: Sequence[Table]) -> None:
    """Compares every row with what is known now: also when nothing was fetched, so that a corrected table shows at once."""
    trials = run.store.trials()
    compared: dict[int, list[Comparison]] = {}
    for table in tables:
        row_ids = run.store.row_ids(table.name)
        for row in table.rows:
            compared[row_ids[row.position]] = _compare_row(run, table, row, trials)
    run.store.save_comparisons(run.id, compared)


def _compare_row(run: Run, table: Table, row: Row, trials: dict[str, Trial]) -> list[Comparison]:
    return [one for nct_id in row.nct_ids for one in compare_row(table, row, None if _is_gone(run, nct_id) else trials.get(nct_id), nct_id)]


def _is_gone(run: Run, nct_id: str) -> bool:
    return nct_id in run.said and run.said[nct_id].answer in ("gone", "unknown")


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
