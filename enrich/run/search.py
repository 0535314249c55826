"""Asks the registry for what matches the search of a table, and remembers who is new, who left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.errors import NotFound, RegistryError, TableError, Unusable
from enrich.models import Problem, ProblemKind, RegistryLoad, SearchEventKind, Table
from enrich.run.plausibility import mass_loss_of_hits, reason_to_reject_load, tag_is_older
from enrich.search.candidates import candidate_of
from enrich.search.memory import (
    basis_changes,
    counts_sentence,
    reason_for_leaving,
)
from enrich.search.models import Candidate, Decision, DecisionKind
from enrich.search.ranking import rank
from enrich.storage.database import Database
from enrich.storage.searches import (
    Hit,
    StoredSearch,
    add_events,
    add_to_answer,
    answer_size,
    begin_answer,
    claim_events,
    departed,
    end_answer,
    moved_bases,
    newcomers,
    read_candidates,
    read_counts,
    read_hits,
    read_search,
    read_stored_decisions,
    returned,
    save_answer,
    save_asked,
    save_ranking,
    table_id_of,
    update_states,
)
from enrich.storage.trials import read_answers, read_latest_studies
from enrich.tables.decisions import decisions_path, read_decisions
from enrich.text import plural

if TYPE_CHECKING:
    from enrich.record.raw import PageRecord
    from enrich.registry.client import Registry

_BATCH = 100  # records of departed trials in one request
_MOST_RELOADS = 3
# The query changed: what no longer matches says nothing about the trials.
_OTHER_QUERY = "the search itself was changed"


@dataclass(frozen=True)
class SearchSettings:
    """How a search is asked: at which time (ISO, UTC), by which run, and whether a person wants
    what plausibility.py held back.
    """

    now: str
    run_id: int | None = None
    accept: bool = False


@dataclass(frozen=True)
class _Search:
    """The search of one table; *listed* are the ids of its rows, also under their records' ids."""

    database: Database
    table_id: int
    table: Table
    decisions: Mapping[str, Decision]
    listed: Collection[str]
    settings: SearchSettings

    def update_states(self, renewed: Collection[str] = ()) -> bool:
        return update_states(self.database, self.table_id, self.decisions, self.listed, renewed)


class _HeldBack(Exception):
    """An answer is too strange to be taken over."""


def update_search(
    database: Database,
    table: Table,
    registry: Registry | None,
    load: RegistryLoad | None,
    settings: SearchSettings,
    renewed: Collection[str] = (),
) -> list[Problem]:
    """Brings the memory of a table's search up to date; gives what went wrong.

    Nothing is asked without a *registry*, or without a *load* that can be believed, or where the
    last answer is of this very load. *renewed* are trials that were decided on anew.
    """
    table_id = table_id_of(database, table.name)
    if table_id is None or not table.search:
        return []
    problems: list[Problem] = []
    decisions = _decisions(database, table_id, table, settings, problems)
    search = _Search(database, table_id, table, decisions, _listed(database, table), settings)
    is_asked = _try_to_ask(search, registry, load, problems)
    if search.update_states(renewed) or is_asked:
        _rank(search)
    if settings.run_id is not None:
        claim_events(database, table_id, settings.run_id)
    return problems


def ask_now(
    database: Database, table: Table, registry: Registry, settings: SearchSettings
) -> list[Problem]:
    """Asks the search of one table outside of a run, behind the same gate.

    Raises RegistryError where the registry does not answer.
    """
    table_id = table_id_of(database, table.name)
    stored = read_search(database, table_id) if table_id is not None else None
    known = RegistryLoad(stored.load, stored.data_timestamp) if stored and stored.load else None
    load = registry.current_load(known)
    last = stored.data_timestamp if stored else None
    reason = None if settings.accept else reason_to_reject_load(load, last, settings.now)
    if reason:
        return [Problem(ProblemKind.HELD, reason)]
    return update_search(database, table, registry, load, settings)


def _decisions(
    database: Database,
    table_id: int,
    table: Table,
    settings: SearchSettings,
    problems: list[Problem],
) -> Mapping[str, Decision]:
    """The decisions of the file beside the table.

    Those of the database count where the file cannot be read, or where it is gone, until a person
    accepts that: a lost file must not open every decision again.
    """
    stored = read_stored_decisions(database, table_id)
    if table.path is None:
        return stored
    path = decisions_path(Path(table.path))
    if stored and not settings.accept and not path.exists():
        message = (
            f"{path}: no such file; the {plural(len(stored), 'decision')} of the database still"
            " hold. Restore it, or run `enrich decide`, which writes it again; if all decisions"
            " are to be forgotten, run `enrich sync --accept`"
        )
        problems.append(Problem(ProblemKind.SEARCH, message, subject=table.name))
        return stored
    try:
        return read_decisions(path).decisions
    except TableError as error:
        problems.append(Problem(ProblemKind.SEARCH, str(error), subject=table.name))
        return stored


def _listed(database: Database, table: Table) -> set[str]:
    """The ids of the table, with those of the records into which they were merged."""
    answers = read_answers(database, table.nct_ids)
    return {*table.nct_ids, *(str(answer.trial_id) for answer in answers.values())}


# --- asking


def _try_to_ask(
    search: _Search,
    registry: Registry | None,
    load: RegistryLoad | None,
    problems: list[Problem],
) -> bool:
    """Whether an answer was taken over; what is in the way is a problem."""
    if registry is None or load is None:
        return False
    try:
        return _ask(search, registry, load)
    except (RegistryError, _HeldBack) as error:
        what = str(error) if isinstance(error, _HeldBack) else f"could not be asked: {error}"
        name = search.table.name
        message = f"the search of {name} {what}"
        problems.append(Problem(ProblemKind.SEARCH, message, subject=name))
        return False
    finally:
        end_answer(search.database)


def _ask(search: _Search, registry: Registry, load: RegistryLoad) -> bool:
    """Asks, unless the answer is known, and takes the answer over; gives whether it was asked."""
    database, query = search.database, search.table.search
    stored = read_search(database, search.table_id)
    before = stored if stored and stored.query == query else None
    if before and before.load == load.name:
        save_asked(database, search.table_id, load.name, search.settings.now)
        return False
    total, load = _fetch_answer(database, registry, dict(query), load)
    reason = mass_loss_of_hits(total, before.total if before else None)
    if reason and not search.settings.accept:
        raise _HeldBack(reason)
    gone = departed(database, search.table_id)
    if before:
        reasons = _reasons(database, search.table_id, registry, gone)
    else:
        reasons = dict.fromkeys(gone, _OTHER_QUERY)
    now = search.settings.now
    answer = StoredSearch(query, total, load.name, load.data_timestamp, now)
    with database.transaction():
        _take_over(search, answer, reasons, is_same=before is not None)
    return True


def _fetch_answer(
    database: Database, registry: Registry, query: Mapping[str, str], load: RegistryLoad
) -> tuple[int, RegistryLoad]:
    """Puts the whole answer aside; gives the number of hits and the load that answered.

    Raises RegistryError where the answer is not whole, or not of one load.
    """
    for _ in range(_MOST_RELOADS):
        begin_answer(database)
        total, is_one_load = _read_pages(database, registry, query, load)
        current = load if is_one_load else registry.current_load(load)
        if current.name == load.name:
            came = answer_size(database)
            if total is None or came != total:
                raise Unusable(f"the registry counted {total} trials and sent {came}")
            return total, load
        load = current
    raise Unusable("the registry's data changed again and again while it was read")


def _read_pages(
    database: Database, registry: Registry, query: Mapping[str, str], load: RegistryLoad
) -> tuple[int | None, bool]:
    """The number of hits that the registry counted, and whether all pages name *load*."""
    total = None
    is_one_load = True
    for page in registry.search(query):
        if page.load != load.name:
            if tag_is_older(page.load, load):
                raise Unusable("the answer is older than the registry's current data")
            is_one_load = False
            if page.load is not None:
                break
        total = page.total if total is None else total
        add_to_answer(database, page.candidates)
    return total, is_one_load


# --- departures


def _reasons(
    database: Database, table_id: int, registry: Registry, nct_ids: Sequence[str]
) -> dict[str, str]:
    """Why each of these trials no longer matches, by its record of today."""
    before = {found.nct_id: found for found in read_candidates(database, table_id, nct_ids)}
    reasons: dict[str, str] = {}
    remaining = iter(nct_ids)
    while batch := list(islice(remaining, _BATCH)):
        for nct_id, record in _records(registry, batch):
            reasons[nct_id] = _reason(before[nct_id], record)
    return {nct_id: reasons.get(nct_id) or _reason_singly(registry, nct_id) for nct_id in nct_ids}


def _records(registry: Registry, batch: Sequence[str]) -> Iterator[tuple[str, PageRecord]]:
    """The records of *batch*, each with the id that was asked for, as far as they can be read."""
    wanted = {*batch}
    try:
        for page in registry.studies(batch):
            for record in page.studies:
                yield from ((nct_id, record) for nct_id in record.ids if nct_id in wanted)
    except RegistryError:
        return


def _reason(before: Candidate, record: PageRecord) -> str:
    if record.nct_id != before.nct_id:
        return f"its record was merged into {record.nct_id}"
    return reason_for_leaving(before, candidate_of(record))


def _reason_singly(registry: Registry, nct_id: str) -> str:
    """Of a trial whose record did not come with the others."""
    try:
        record, _ = registry.study(nct_id)
    except NotFound:
        return "the registry no longer has its record"
    except RegistryError:
        return "its record could not be read"
    return f"its record was merged into {record.nct_id}"


# --- taking over


def _take_over(
    search: _Search, answer: StoredSearch, reasons: Mapping[str, str], *, is_same: bool
) -> None:
    """Stores an answer, and what is to be reported of it.

    *is_same*: the query was asked before. Of its first answer the number is news, not each trial.
    """
    database, table_id = search.database, search.table_id
    search.update_states()
    came, back = newcomers(database, table_id), returned(database, table_id)
    moved = {
        nct_id: words
        for nct_id, bases in moved_bases(database, table_id).items()
        if (words := basis_changes(*bases))
    }
    save_answer(database, table_id, answer, reasons, moved)
    search.update_states()
    hits = {hit.nct_id: hit for hit in read_hits(database, table_id)}
    events = [_changed(hits[nct_id], words) for nct_id, words in moved.items()]
    if is_same:
        events += ((SearchEventKind.LEFT, nct_id, words) for nct_id, words in reasons.items())
        for kind, ids in ((SearchEventKind.NEW, came), (SearchEventKind.RETURNED, back)):
            events += ((kind, nct_id, "") for nct_id in ids if hits[nct_id].is_waiting)
    else:
        words = counts_sentence(read_counts(database, table_id))
        events.append((SearchEventKind.ASKED, None, words))
    add_events(database, table_id, search.settings.run_id, events, search.settings.now)


def _changed(hit: Hit, words: str) -> tuple[SearchEventKind, str | None, str]:
    """What moved of an excluded trial, with the reason for which it was excluded."""
    reason = f" (“{hit.decision.reason}”)" if hit.decision and hit.decision.reason else ""
    return SearchEventKind.CHANGED, hit.nct_id, f"was excluded{reason}; {words}"


def _rank(search: _Search) -> None:
    """Stores the order in which the hits that wait for a decision are best screened.

    A decision that is open again teaches nothing.
    """
    database, table_id = search.database, search.table_id
    hits = read_hits(database, table_id)
    waiting = {hit.nct_id for hit in hits if hit.is_waiting}
    included = {nct_id: Decision(nct_id, DecisionKind.INCLUDE) for nct_id in search.listed}
    known = {
        nct_id: decision
        for nct_id, decision in {**search.decisions, **included}.items()
        if nct_id not in waiting
    }
    candidates = read_candidates(database, table_id, for_ranking=True)
    candidates += _rows_besides(search, {hit.nct_id for hit in hits})
    ranked = rank(candidates, [*known.values()])
    found = [candidate for candidate in ranked if candidate.candidate.nct_id in waiting]
    save_ranking(database, table_id, found)


def _rows_besides(search: _Search, hits: Collection[str]) -> Iterator[Candidate]:
    """The trials of the table that the search does not find: they teach the ranking, too."""
    for nct_id in sorted({*search.listed} - {*hits}):
        # One at a time: the records of a large table would take gigabytes.
        for study in read_latest_studies(search.database, [nct_id]).values():
            yield candidate_of(study)
