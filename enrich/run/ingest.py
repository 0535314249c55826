"""Stores what the registry, or the cache, shows of each record, page by page: versions, changes,
answers, copies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from enrich.changes.answers import (
    absence_of,
    answer_about,
    had_own_record,
    judge_answers,
    printed_names,
)
from enrich.changes.versioning import IngestDecision, decide, stored_version_of
from enrich.errors import CacheError
from enrich.models import (
    FetchedRecord,
    ProblemKind,
    RegistryAnswer,
    TrialOutcome,
)
from enrich.record.identity import load_day_of
from enrich.record.raw import PageRecord
from enrich.run.context import FetchPass, ReceivedRecord, RunContext
from enrich.run.plausibility import (
    changed_without_submission,
    record_from_future,
    record_regressed,
    stale_records,
)
from enrich.storage.trials import (
    add_changes,
    confirm_trials,
    mark_gone,
    read_last_changes,
    read_latest_versions,
    read_study,
    save_answers,
    save_decisions,
)

FROM_REGISTRY = "ClinicalTrials.gov"


# --- from the cache


def load_newer_cache_copies(run: RunContext, nct_ids: Sequence[str]) -> None:
    """Takes up the copies of these trials that are newer than what the database has: all of them
    where it is new or was lost.

    Newer by the clock, and not older by the load that printed them: a clock may have been put back
    meanwhile.
    """
    copies, problems = run.cache.copies(nct_ids)
    run.problems += problems
    decisions = [_decide(run, copy) for copy in copies if _is_newer(run, copy)]
    believed = [
        decision
        for decision in decisions
        if not record_regressed(
            load_day_of(decision.record.study), decision.previous_load_day, run.started_at
        )
    ]
    with run.database.transaction():
        _save(run, believed, checked=False)


def _is_newer(run: RunContext, copy: FetchedRecord) -> bool:
    version = run.latest_versions.get(copy.nct_id)
    return version is None or copy.retrieved_at > version.retrieved_at


# --- from the registry


def ingest_records(
    fetch_pass: FetchPass, studies: Iterable[PageRecord], asked_as: str | None = None
) -> None:
    """Stores the records of one answer, before the next is asked for; *asked_as* is the id of a
    single request.

    A record of an earlier load is left out, and one that changed without a submission waits for
    review.
    """
    run = fetch_pass.run
    records = [
        _fetched(fetch_pass, study)
        for study in studies
        if _is_of_the_past(
            fetch_pass,
            study.nct_id,
            printed_names(study.ids, asked_as, fetch_pass.printed),
            (study.load_day, study.trial["last_update_submitted"]),
        )
    ]
    # A listed id may lead to a record that no table lists, and that the database has all the same.
    unknown = {record.nct_id for record in records} - run.latest_versions.keys()
    run.latest_versions.update(read_latest_versions(run.database, unknown))
    expected = [record for record in records if _was_asked_for(fetch_pass, record, asked_as)]
    decided = [_decide(run, record) for record in expected]
    decisions = [
        decision
        for decision in _without_stale(fetch_pass, decided, asked_as)
        if _is_consistent(
            fetch_pass,
            decision.record.nct_id,
            decision.record.digest,
            _names(fetch_pass, decision.record, asked_as),
        )
    ]
    for decision in decisions:
        _note_alias_claims(
            fetch_pass, decision.record.nct_id, decision.record.ids, decision.outcome
        )
    fetch_pass.records_seen += len(decisions)
    suspicious = [decision for decision in decisions if _needs_review(run, decision)]
    for decision in suspicious:
        received = ReceivedRecord(decision, asked_as)
        fetch_pass.changed_without_submission.append(received)
        fetch_pass.pending_review.update(names_of(fetch_pass, received))
    sound = [decision for decision in decisions if decision not in suspicious]
    save_received(fetch_pass, [ReceivedRecord(decision, asked_as) for decision in sound])


def confirm_unchanged(fetch_pass: FetchPass, days: Mapping[str, str | None]) -> None:
    """Marks records as confirmed that were printed to the letter as they are stored, but for the
    day of the load.

    *days* leads from their ids to that day; a record of an earlier load is left out.
    """
    run, load = fetch_pass.run, fetch_pass.load
    nct_ids = [
        nct_id
        for nct_id, day in days.items()
        if (version := run.latest_versions[nct_id])
        and not _staleness_reason(fetch_pass, day)
        and _is_of_the_past(fetch_pass, nct_id, version.aliases, (day,))
        and _is_consistent(fetch_pass, nct_id, version.digest, version.aliases)
    ]
    if not nct_ids:
        return
    for nct_id in nct_ids:
        version = run.latest_versions[nct_id]
        if not run.cache.holds(nct_id, version.retrieved_at):
            _save_copy(run, _stored_record(fetch_pass, nct_id))
        _note_alias_claims(fetch_pass, nct_id, version.aliases, TrialOutcome.UNCHANGED)
    fetch_pass.records_seen += len(nct_ids)
    with fetch_pass.transaction():
        confirm_trials(run.database, nct_ids, run.clock(), load.data_timestamp)
        _save_answers(
            fetch_pass,
            [
                answer
                for nct_id in nct_ids
                for answer in _answers_from_record(fetch_pass, nct_id, None, TrialOutcome.UNCHANGED)
            ],
        )


def contradict(fetch_pass: FetchPass, nct_id: str, names: Collection[str] = ()) -> None:
    """Disbelieves the record *nct_id*, which came with two contents under one load."""
    reason = f"the registry shows two contents of {nct_id} under one load"
    _disbelieve(fetch_pass, nct_id, names, reason)


def _disbelieve(fetch_pass: FetchPass, nct_id: str, names: Collection[str], reason: str) -> None:
    """Believes nothing about the record *nct_id*, nor about the ids *names* that it answered: they
    are not checked, whatever was answered before.
    """
    run = fetch_pass.run
    doubtful = {nct_id, *names}
    fetch_pass.disbelieved |= doubtful
    fetch_pass.changed_without_submission = [
        record for record in fetch_pass.changed_without_submission if record.trial_id != nct_id
    ]
    withdrawn = [
        answer._replace(load=None)
        for answer in run.answers.values()
        if answer.load == fetch_pass.load.name and doubtful & {answer.nct_id, answer.trial_id}
    ]
    if withdrawn:
        with fetch_pass.transaction():
            save_answers(run.database, withdrawn)
        run.answers.update({answer.nct_id: answer for answer in withdrawn})
    printed = sorted(fetch_pass.printed & {*doubtful, *(answer.nct_id for answer in withdrawn)})
    fetch_pass.give_up(printed, reason)
    if not printed:
        run.report(ProblemKind.UNUSABLE, reason)


def _is_consistent(fetch_pass: FetchPass, nct_id: str, digest: str, names: Collection[str]) -> bool:
    """Whether the record *nct_id* came with no other content under this load than that of *digest*;
    one that did is contradicted.
    """
    is_the_same = fetch_pass.contents.setdefault(nct_id, digest) == digest
    if is_the_same and nct_id not in fetch_pass.disbelieved:
        return True
    contradict(fetch_pass, nct_id, names)
    return False


def _is_of_the_past(
    fetch_pass: FetchPass, nct_id: str, names: Collection[str], days: Iterable[object]
) -> bool:
    """Whether no one of *days*, which the record *nct_id* names, is still to come; a record that
    names one is disbelieved.
    """
    run = fetch_pass.run
    reason = None if run.accept else record_from_future(days, run.started_at)
    if reason:
        _disbelieve(fetch_pass, nct_id, names, reason)
    return reason is None


def save_received(fetch_pass: FetchPass, received: Sequence[ReceivedRecord]) -> None:
    """Stores these records and what they answer, in the cache and in the database."""
    # A record that waited for review may have been received twice, under an id that leads to it.
    decisions = {record.trial_id: record.decision for record in received}.values()
    # The cache first: a run cut off between the two asks again, and finds both as they should be.
    for decision in decisions:
        if _is_fresh(fetch_pass.run, decision.record):
            _save_copy(fetch_pass.run, _as_first_seen(fetch_pass.run, decision.record))
    with fetch_pass.transaction():
        _save(fetch_pass.run, [*decisions], checked=True)
        _save_answers(
            fetch_pass,
            [
                answer
                for record in received
                for answer in _answers_from_record(
                    fetch_pass, record.trial_id, record.asked_as, record.decision.outcome
                )
            ],
        )


def save_absences(fetch_pass: FetchPass, nct_ids: Iterable[str]) -> None:
    """Stores that the registry has no record under these ids: what it had is kept as it was last
    seen, and marked.
    """
    run = fetch_pass.run
    with fetch_pass.transaction():
        for nct_id in nct_ids:
            has_record = run.has_record(nct_id)
            if has_record:
                mark_gone(run.database, nct_id, run.clock())
            absence = absence_of(nct_id, fetch_pass.load.name, run.id, has_record=has_record)
            _save_answers(fetch_pass, [absence])


def accept_alias_claims(fetch_pass: FetchPass, nct_ids: Iterable[str]) -> None:
    """Stores as merged what another record claims.

    Not an id that had a record of its own: one request must confirm its end.
    """
    run = fetch_pass.run
    merged = [
        nct_id
        for nct_id in nct_ids
        if nct_id in fetch_pass.alias_claims
        and fetch_pass.is_open(nct_id)
        and not had_own_record(run.answers.get(nct_id), has_record=run.has_record(nct_id))
    ]
    if merged:
        with fetch_pass.transaction():
            _save_answers(
                fetch_pass,
                [
                    _answer_about(fetch_pass, nct_id, *fetch_pass.alias_claims[nct_id])
                    for nct_id in merged
                ],
            )


def names_of(fetch_pass: FetchPass, record: ReceivedRecord) -> list[str]:
    """The printed ids that *record* answers."""
    return _names(fetch_pass, record.decision.record, record.asked_as)


def _names(fetch_pass: FetchPass, record: FetchedRecord, asked_as: str | None) -> list[str]:
    return printed_names(record.ids, asked_as, fetch_pass.printed)


# --- what to do with a record


def _decide(run: RunContext, record: FetchedRecord) -> IngestDecision:
    version = run.latest_versions.get(record.nct_id)
    return decide(
        record,
        version,
        lambda: read_study(run.database, record.nct_id, version.version if version else 0),
        lambda: read_last_changes(run.database, record.nct_id),
    )


def _fetched(fetch_pass: FetchPass, study: PageRecord) -> FetchedRecord:
    return FetchedRecord(
        study.nct_id,
        study,
        study.digest,
        fetch_pass.run.clock(),
        FROM_REGISTRY,
        fetch_pass.load.data_timestamp,
        line_digest=study.line_digest,
        ids=study.ids,
        load_day=study.load_day,
    )


def _was_asked_for(fetch_pass: FetchPass, record: FetchedRecord, asked_as: str | None) -> bool:
    if asked_as or not fetch_pass.printed.isdisjoint(record.ids):
        return True
    message = f"the registry sent {record.nct_id}, which was not asked for; it was left out"
    fetch_pass.run.report(ProblemKind.UNUSABLE, message)
    return False


def _without_stale(
    fetch_pass: FetchPass, decisions: Sequence[IngestDecision], asked_as: str | None
) -> list[IngestDecision]:
    """Drops records printed by an older load; they are requested singly.

    One that was is not checked.
    """
    reasons = {
        decision.record.nct_id: reason
        for decision in decisions
        if (reason := _reason_to_reject(fetch_pass, decision))
    }
    if asked_as and reasons:
        fetch_pass.give_up([asked_as], " ".join(reasons.values()))
    return [decision for decision in decisions if decision.record.nct_id not in reasons]


def _reason_to_reject(fetch_pass: FetchPass, decision: IngestDecision) -> str | None:
    """Staleness is judged from sibling records, or from the record's own load day if it changed."""
    day = decision.record.load_day
    reason = _staleness_reason(fetch_pass, day)
    if reason or fetch_pass.run.accept:
        return reason
    return record_regressed(day, decision.previous_load_day, fetch_pass.run.started_at)


def _staleness_reason(fetch_pass: FetchPass, day: str | None) -> str | None:
    if fetch_pass.run.accept or not fetch_pass.load_day_is_reliable:
        return None
    return stale_records((day,), fetch_pass.load)


def _needs_review(run: RunContext, decision: IngestDecision) -> bool:
    """Whether a record changed without a submission.

    An incomplete copy may have been wrong where the record now differs.
    """
    version = run.latest_versions.get(decision.record.nct_id)
    is_complete = version is not None and version.complete
    return is_complete and changed_without_submission(decision.changes, run.started_at)


# --- answers


def _note_alias_claims(
    fetch_pass: FetchPass, trial_id: str, names: Iterable[str], outcome: TrialOutcome
) -> None:
    for name in names:
        if name in fetch_pass.printed and name != trial_id:
            fetch_pass.alias_claims[name] = (trial_id, outcome)


def _answers_from_record(
    fetch_pass: FetchPass, trial_id: str, asked_as: str | None, outcome: TrialOutcome
) -> list[RegistryAnswer]:
    """What a record answers by itself: its own id and the one asked for, where they are printed and
    pending.
    """
    return [
        _answer_about(fetch_pass, nct_id, trial_id, outcome)
        for nct_id in printed_names((trial_id,), asked_as, fetch_pass.printed)
        if fetch_pass.is_pending(nct_id)
    ]


def _answer_about(
    fetch_pass: FetchPass, nct_id: str, trial_id: str, outcome: TrialOutcome
) -> RegistryAnswer:
    return answer_about(nct_id, trial_id, fetch_pass.load.name, fetch_pass.run.id, outcome)


def _save_answers(fetch_pass: FetchPass, answers: Iterable[RegistryAnswer]) -> None:
    """Stores answers, with a change in the ledger where a record was removed, came back or became
    part of another.
    """
    run = fetch_pass.run
    judged, changes = judge_answers(answers, run.answers)
    add_changes(
        run.database,
        run.id,
        ((nct_id, run.latest_versions[nct_id].version, change) for nct_id, change in changes),
    )
    save_answers(run.database, judged)
    run.answers.update({answer.nct_id: answer for answer in judged})


# --- the database and the cache


def _save(run: RunContext, decisions: Sequence[IngestDecision], *, checked: bool) -> None:
    """Stores decisions, in the transaction of the caller; *checked*: the registry itself just
    showed the records.
    """
    save_decisions(run.database, run.id, decisions, checked=checked)
    run.latest_versions.update(
        {
            decision.record.nct_id: stored_version_of(decision)
            for decision in decisions
            if decision.trial
        }
    )


def _save_copy(run: RunContext, record: FetchedRecord) -> None:
    """Writes a record to the cache.

    The first file that cannot be written is reported, and ends it for this run.
    """
    if any(problem.kind == ProblemKind.NOT_KEPT for problem in run.problems):
        return
    try:
        run.cache.keep(record)
    except CacheError as error:
        message = f"{error}; the database is complete; the copies in the cache are older"
        run.report(ProblemKind.NOT_KEPT, message)


def _stored_record(fetch_pass: FetchPass, nct_id: str) -> FetchedRecord:
    """A record as the database has it."""
    version = fetch_pass.run.latest_versions[nct_id]
    return FetchedRecord(
        nct_id,
        read_study(fetch_pass.run.database, nct_id, version.version),
        version.digest,
        version.retrieved_at,
        FROM_REGISTRY,
        fetch_pass.load.data_timestamp,
    )


def _as_first_seen(run: RunContext, record: FetchedRecord) -> FetchedRecord:
    """A file that was lost is written anew with the time at which the database first saw its
    content.
    """
    version = run.latest_versions.get(record.nct_id)
    if version and version.complete and version.digest == record.digest:
        return replace(record, retrieved_at=version.retrieved_at)
    return record


def _is_fresh(run: RunContext, record: FetchedRecord) -> bool:
    """Whether the cache lacks this content."""
    version = run.latest_versions.get(record.nct_id)
    return (
        version is None
        or version.digest != record.digest
        or not version.complete
        or not run.cache.holds(record.nct_id, version.retrieved_at)
    )
