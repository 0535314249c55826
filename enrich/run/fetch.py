"""Asks the registry about every listed id: in batches, then singly about what a batch left out.

Every answer is checked for the load it belongs to, and stored before the next is asked for. What
looks like a fault of the registry waits until all answers are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from enrich.errors import NotFound, RegistryError, Unusable
from enrich.models import ProblemKind, RegistryLoad
from enrich.run.answers import was_present
from enrich.run.context import FetchPass, RunContext
from enrich.run.ingest import (
    accept_alias_claims,
    confirm_unchanged,
    ingest_records,
    names_of,
    save_absences,
    save_received,
)
from enrich.run.plausibility import (
    mass_removal,
    mass_unannounced_change,
    shows_load_day,
    stale_load,
    stale_records,
    tag_has_timestamp,
    tag_is_older,
    unknown_version,
)
from enrich.storage.runs import last_data_timestamp, last_load
from enrich.storage.trials import read_line_digests

if TYPE_CHECKING:
    from enrich.registry.client import Registry  # a run that asks nothing does not load it


def fetch(run: RunContext, registry: Registry) -> RegistryLoad | None:
    """Asks about every id that has no answer under the load in force; None if there is no load that
    can be believed.
    """
    load = _gate(run, registry)
    if load is None:
        return None
    for _ in range(run.settings.most_reloads):
        current = _start_pass(run, registry, load)
        _fetch_pending(current)
        if not current.reloaded:
            return load
        load = current.reloaded
    left = _start_pass(run, registry, load).pending()
    for nct_id in left:
        run.report(ProblemKind.NOT_CHECKED, "the registry was reloaded again and again", nct_id)
    return load


def _gate(run: RunContext, registry: Registry) -> RegistryLoad | None:
    """The load in force, if the registry names one that is not older than what it showed before."""
    try:
        load = registry.current_load(last_load(run.database))
    except RegistryError as error:
        run.report(ProblemKind.UNREACHABLE, str(error))
        return None
    run.report(ProblemKind.VERSION, unknown_version(load))
    reason = None if run.accept else stale_load(load, last_data_timestamp(run.database))
    run.report(ProblemKind.HELD, reason)
    return None if reason else load


def _start_pass(run: RunContext, registry: Registry, load: RegistryLoad) -> FetchPass:
    complete = [nct_id for nct_id, version in run.latest_versions.items() if version.complete]
    digests = (
        read_line_digests(run.database, complete) if run.settings.shortcuts.line_digests else {}
    )
    present = frozenset(nct_id for nct_id in run.asked if _was_present(run, nct_id))
    return FetchPass(run, registry, load, digests, present)


def _was_present(run: RunContext, nct_id: str) -> bool:
    return was_present(run.answers.get(nct_id), has_record=run.has_record(nct_id))


def _fetch_pending(current: FetchPass) -> None:
    batches = _batches(current.pending(), current.run.settings.batch_size)
    for batch, following in pairwise(chain(batches, [[]])):
        _ask_batch(current, batch, following)
        _report_progress(current)
        if current.is_over:
            break
    if current.reloaded is None:
        _review_changes(current)
        _review_removals(current)
        _report_progress(current)


def _batches(nct_ids: Iterable[str], size: int) -> Iterator[list[str]]:
    remaining = iter(nct_ids)
    while batch := list(islice(remaining, size)):
        yield batch


def _report_progress(current: FetchPass) -> None:
    total = len(current.run.asked)
    current.run.on_progress(total - len(current.pending()), total)


# --- asking


def _ask_batch(current: FetchPass, batch: Sequence[str], following: Sequence[str]) -> None:
    """Stores the records of *batch*, while those of the *following* batch are on their way."""
    try:
        for page in current.registry.studies(batch, current.line_digests):
            if not _is_in_force(current, page.load, page.days):
                return
            if following and page.token is None and current.run.settings.shortcuts.prefetch:
                current.registry.send_ahead(following)
            _note_load_day(current, page.days)
            confirm_unchanged(current, page.unchanged)
            ingest_records(current, page.studies)
            for fault in page.faults:
                current.run.report(ProblemKind.UNUSABLE, fault)
    except RegistryError as error:
        current.give_up(batch, str(error))
        return
    _resolve_missing(current, batch)


def _resolve_missing(current: FetchPass, nct_ids: Sequence[str]) -> None:
    """Finds out what became of those of *nct_ids* that no record answered: merged by a claim, or
    asked singly.
    """
    accept_alias_claims(current, nct_ids)
    for nct_id in filter(current.is_open, nct_ids):
        if current.is_over or _mass_removal_reason(current):
            return
        _ask_singly(current, nct_id)


def _ask_singly(current: FetchPass, nct_id: str) -> None:
    """Confirms an id that its batch left out: merged into another, gone, or never there."""
    try:
        study, tag = current.registry.study(nct_id)
        if _is_in_force(current, tag, (study.load_day,)):
            _note_load_day(current, (study.load_day,))
            ingest_records(current, (study,), asked_as=nct_id)
    except NotFound:
        current.missing_ids.append(nct_id)
        current.pending_review.add(nct_id)
    except RegistryError as error:
        current.give_up([nct_id], str(error))


def _is_in_force(current: FetchPass, tag: str | None, days: Sequence[str | None] = ()) -> bool:
    """Whether an answer with this *tag*, with records of these *days*, belongs to the load of this
    pass.

    Asks the gate again where the tag is another, or missing. Raises Unusable where the answer is of
    an older load.
    """
    if tag == current.load.name:
        return True
    if tag_is_older(tag, current.load):
        raise Unusable("the answer is of an older load of the registry than the one in force")
    if not current.run.accept and not tag_has_timestamp(tag):
        _raise_if(stale_records(days, current.load))
    load = current.registry.current_load(current.load)
    if load.name == current.load.name:
        return True
    if not current.run.accept:
        _raise_if(stale_load(load, current.load.data_timestamp))
    current.reloaded = load
    return False


def _raise_if(reason: str | None) -> None:
    if reason:
        raise Unusable(reason)


def _note_load_day(current: FetchPass, days: Sequence[str | None]) -> None:
    if not current.load_day_is_reliable:
        current.load_day_is_reliable = shows_load_day(days, current.load)


# --- reviewing what waited


def _review_changes(current: FetchPass) -> None:
    """Stores what changed without a submission, unless there is too much of it to be believed."""
    received = current.changed_without_submission
    names = [name for record in received for name in names_of(current, record)]
    reason = _mass_change_reason(current)
    if reason:
        _quarantine(current, names, reason)
    elif received:
        save_received(current, received)
        current.pending_review.difference_update(names)
        _resolve_missing(current, names)


def _mass_change_reason(current: FetchPass) -> str | None:
    if current.run.accept:
        return None
    changed = {record.trial_id for record in current.changed_without_submission}
    return mass_unannounced_change(len(changed), current.records_seen)


def _review_removals(current: FetchPass) -> None:
    """Stores what is missing as gone or unknown, unless there is too much of it to be believed."""
    if not current.missing_ids:
        return
    reason = _mass_removal_reason(current, at_the_end=True)
    if not reason:
        _save_missing(current)
        return
    doubtful = current.previously_present.union(current.missing_ids)
    _quarantine(current, [nct_id for nct_id in current.pending() if nct_id in doubtful], reason)


def _mass_removal_reason(current: FetchPass, *, at_the_end: bool = False) -> str | None:
    """Reason not to believe what is missing.

    Before the end nobody knows whether nothing at all will be found.
    """
    removed = current.previously_present.intersection(current.missing_ids)
    if current.run.accept or not (removed or len(current.missing_ids) > 1):
        return None
    found = _number_found(current) if at_the_end else 1
    return mass_removal(len(removed), len(current.previously_present), found=found)


def _number_found(current: FetchPass) -> int:
    """How many of the listed ids the registry showed in this pass."""
    stored = sum(
        not current.is_pending(nct_id) and _was_present(current.run, nct_id)
        for nct_id in current.run.asked
    )
    return stored + len(current.changed_without_submission)


def _save_missing(current: FetchPass) -> None:
    """An answer that there is nothing names no load, so the gate must say that it was still the
    same.
    """
    try:
        if _is_in_force(current, None):
            save_absences(current, current.missing_ids)
    except RegistryError as error:
        current.give_up(current.missing_ids, str(error))


def _quarantine(current: FetchPass, nct_ids: Iterable[str], reason: str) -> None:
    """Holds back what was answered about *nct_ids* until a person has looked."""
    run = current.run
    explained = {
        problem.nct_id for problem in run.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    run.report(ProblemKind.HELD, reason)
    for nct_id in nct_ids:
        if nct_id not in explained:
            run.report(ProblemKind.NOT_CHECKED, ProblemKind.HELD.handling.leaves_unchecked, nct_id)
