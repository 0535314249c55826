"""Asks the registry about every listed id: in batches, then singly about what a batch left out.

Every answer is checked for the load it belongs to, and stored before the next is asked for. What
looks like a fault of the registry waits until all answers are in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from enrich.changes.answers import was_present
from enrich.dates import latest_day
from enrich.errors import NotFound, RegistryError, Unusable
from enrich.models import ProblemKind, RegistryLoad
from enrich.run.context import FetchPass, RunContext
from enrich.run.ingest import (
    accept_alias_claims,
    confirm_unchanged,
    contradict,
    ingest_records,
    names_of,
    save_absences,
    save_received,
)
from enrich.run.plausibility import (
    mass_removal,
    mass_unannounced_change,
    reason_to_reject_load,
    shows_load_day,
    stale_records,
    tag_has_timestamp,
    tag_is_older,
    unknown_version,
)
from enrich.storage.runs import last_data_timestamp, last_load
from enrich.storage.trials import read_line_digests

if TYPE_CHECKING:
    from enrich.registry.client import Registry  # a run that asks nothing does not load it
    from enrich.registry.pages import Page


def fetch(run: RunContext, registry: Registry) -> RegistryLoad | None:
    """Asks about every id that has no answer under the load in force; None if there is no load that
    can be believed.
    """
    load = _gate(run, registry)
    if load is None:
        return None
    for _ in range(run.settings.most_reloads):
        fetch_pass = _start_pass(run, registry, load)
        _fetch_pending(fetch_pass)
        if not fetch_pass.reloaded:
            return load
        load = fetch_pass.reloaded
    left = _start_pass(run, registry, load).pending()
    for nct_id in left:
        run.report(
            ProblemKind.NOT_CHECKED,
            "the registry's data changed again and again while it was read",
            nct_id,
        )
    return load


def _gate(run: RunContext, registry: Registry) -> RegistryLoad | None:
    """The load in force, if the registry names one that can be believed."""
    try:
        load = registry.current_load(last_load(run.database))
    except RegistryError as error:
        run.report(ProblemKind.UNREACHABLE, str(error))
        return None
    run.report(ProblemKind.VERSION, unknown_version(load))
    now = run.started_at
    last_timestamp = last_data_timestamp(run.database, until=latest_day(now))
    reason = None if run.accept else reason_to_reject_load(load, last_timestamp, now)
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


def _fetch_pending(fetch_pass: FetchPass) -> None:
    _report_progress(fetch_pass)
    batches = _batches(fetch_pass)
    for batch, following in pairwise(chain(batches, [[]])):
        _ask_batch(fetch_pass, batch, following)
        _report_progress(fetch_pass)
        if fetch_pass.is_over:
            break
    if fetch_pass.reloaded is None:
        _review_changes(fetch_pass)
        _review_removals(fetch_pass)
        _report_progress(fetch_pass)


def _batches(fetch_pass: FetchPass) -> Iterator[list[str]]:
    """The pending ids, in batches as large as the registry lets them be when each is due."""
    remaining, most = iter(fetch_pass.pending()), fetch_pass.run.settings.batch_size
    while batch := list(islice(remaining, min(most, fetch_pass.registry.batch_size))):
        yield batch


def _report_progress(fetch_pass: FetchPass) -> None:
    total = len(fetch_pass.run.asked)
    fetch_pass.run.on_progress(total - len(fetch_pass.pending()), total)


# --- asking


def _ask_batch(fetch_pass: FetchPass, batch: Sequence[str], following: Sequence[str]) -> None:
    """Stores the records of *batch*, while those of the *following* batch are on their way."""
    try:
        for page in fetch_pass.registry.studies(batch, fetch_pass.line_digests):
            if not _is_in_force(fetch_pass, page.load, page.days):
                return
            if following and page.token is None and fetch_pass.run.settings.shortcuts.prefetch:
                fetch_pass.registry.send_ahead(following)
            _ingest_page(fetch_pass, page)
    except RegistryError as error:
        fetch_pass.give_up(batch, str(error))
        return
    _resolve_missing(fetch_pass, batch)


def _ingest_page(fetch_pass: FetchPass, page: Page) -> None:
    _note_load_day(fetch_pass, page.days)
    for nct_id in page.contradicted:
        contradict(fetch_pass, nct_id)
    confirm_unchanged(fetch_pass, page.unchanged)
    ingest_records(fetch_pass, page.studies)
    for fault in page.faults:
        fetch_pass.run.report(ProblemKind.UNUSABLE, fault)


def _resolve_missing(fetch_pass: FetchPass, nct_ids: Sequence[str]) -> None:
    """Finds out what became of those of *nct_ids* that no record answered: merged by a claim, or
    asked singly.
    """
    accept_alias_claims(fetch_pass, nct_ids)
    for nct_id in filter(fetch_pass.is_open, nct_ids):
        if fetch_pass.is_over or _mass_removal_reason(fetch_pass):
            return
        _ask_singly(fetch_pass, nct_id)


def _ask_singly(fetch_pass: FetchPass, nct_id: str) -> None:
    """Confirms an id that its batch left out: merged into another, gone, or never there."""
    try:
        study, tag = fetch_pass.registry.study(nct_id)
        if _is_in_force(fetch_pass, tag, (study.load_day,)):
            _note_load_day(fetch_pass, (study.load_day,))
            ingest_records(fetch_pass, (study,), asked_as=nct_id)
    except NotFound:
        fetch_pass.missing_ids.append(nct_id)
        fetch_pass.pending_review.add(nct_id)
    except RegistryError as error:
        fetch_pass.give_up([nct_id], str(error))


def _is_in_force(fetch_pass: FetchPass, tag: str | None, days: Sequence[str | None] = ()) -> bool:
    """Whether an answer with this *tag*, with records of these *days*, belongs to the load of this
    pass.

    Asks the gate again where the tag is another, or missing. Raises Unusable where the answer is of
    an older load.
    """
    if tag == fetch_pass.load.name:
        return True
    if tag_is_older(tag, fetch_pass.load):
        raise Unusable("the answer is older than the registry's current data")
    if not fetch_pass.run.accept and not tag_has_timestamp(tag):
        _raise_if(stale_records(days, fetch_pass.load))
    load = fetch_pass.registry.current_load(fetch_pass.load)
    if load.name == fetch_pass.load.name:
        return True
    if not fetch_pass.run.accept:
        timestamp, now = fetch_pass.load.data_timestamp, fetch_pass.run.started_at
        _raise_if(reason_to_reject_load(load, timestamp, now))
    fetch_pass.reloaded = load
    return False


def _raise_if(reason: str | None) -> None:
    if reason:
        raise Unusable(reason)


def _note_load_day(fetch_pass: FetchPass, days: Sequence[str | None]) -> None:
    if not fetch_pass.load_day_is_reliable:
        fetch_pass.load_day_is_reliable = shows_load_day(days, fetch_pass.load)


# --- reviewing what waited


def _review_changes(fetch_pass: FetchPass) -> None:
    """Stores what changed without a submission, unless there is too much of it to be believed."""
    received = fetch_pass.changed_without_submission
    names = [name for record in received for name in names_of(fetch_pass, record)]
    reason = _mass_change_reason(fetch_pass)
    if reason:
        _quarantine(fetch_pass, names, reason)
    elif received:
        save_received(fetch_pass, received)
        fetch_pass.pending_review.difference_update(names)
        _resolve_missing(fetch_pass, names)


def _mass_change_reason(fetch_pass: FetchPass) -> str | None:
    if fetch_pass.run.accept:
        return None
    changed = {record.trial_id for record in fetch_pass.changed_without_submission}
    return mass_unannounced_change(len(changed), fetch_pass.records_seen)


def _review_removals(fetch_pass: FetchPass) -> None:
    """Stores what is missing as gone or unknown, unless there is too much of it to be believed."""
    if not fetch_pass.missing_ids:
        return
    reason = _mass_removal_reason(fetch_pass, at_the_end=True)
    if not reason:
        _save_missing(fetch_pass)
        return
    doubtful = fetch_pass.previously_present.union(fetch_pass.missing_ids)
    _quarantine(
        fetch_pass, [nct_id for nct_id in fetch_pass.pending() if nct_id in doubtful], reason
    )


def _mass_removal_reason(fetch_pass: FetchPass, *, at_the_end: bool = False) -> str | None:
    """Reason not to believe what is missing.

    Before the end nobody knows whether nothing at all will be found.
    """
    removed = fetch_pass.previously_present.intersection(fetch_pass.missing_ids)
    if fetch_pass.run.accept or not (removed or len(fetch_pass.missing_ids) > 1):
        return None
    found = _number_found(fetch_pass) if at_the_end else 1
    return mass_removal(len(removed), len(fetch_pass.previously_present), found=found)


def _number_found(fetch_pass: FetchPass) -> int:
    """How many of the listed ids the registry showed in this pass."""
    stored = sum(
        not fetch_pass.is_pending(nct_id) and _was_present(fetch_pass.run, nct_id)
        for nct_id in fetch_pass.run.asked
    )
    return stored + len(fetch_pass.changed_without_submission)


def _save_missing(fetch_pass: FetchPass) -> None:
    """An answer that there is nothing names no load, so the gate must say that it was still the
    same.
    """
    try:
        if _is_in_force(fetch_pass, None):
            save_absences(fetch_pass, fetch_pass.missing_ids)
    except RegistryError as error:
        fetch_pass.give_up(fetch_pass.missing_ids, str(error))


def _quarantine(fetch_pass: FetchPass, nct_ids: Iterable[str], reason: str) -> None:
    """Holds back what was answered about *nct_ids* until a person has looked."""
    run = fetch_pass.run
    explained = {
        problem.nct_id for problem in run.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    run.report(ProblemKind.HELD, reason)
    for nct_id in nct_ids:
        if nct_id not in explained:
            run.report(ProblemKind.NOT_CHECKED, ProblemKind.HELD.handling.leaves_unchecked, nct_id)
