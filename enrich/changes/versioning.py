"""Decides whether a fetched record is new, changed or unchanged against the
version that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from enrich.models import Change, FetchedRecord, Significance, Study, Trial, TrialOutcome
from enrich.record.children import ChildRows, facts_and_children
from enrich.record.identity import load_day_of
from enrich.record.raw import PageRecord


@dataclass(frozen=True)
class StoredVersion:
    """The newest stored version of a record, without its content;
    *aliases* are its obsolete ids.
    """

    version: int
    digest: str
    complete: bool
    retrieved_at: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestDecision:
    """What is to be stored of a fetched record.

    *version* is the version that its content is, or stays. *trial* and *children* are there only if
    the content is not the stored one. *changes* are the lines of the ledger that lead to it, and
    *previous_load_day* the day of the load that printed the stored content.
    """

    record: FetchedRecord
    outcome: TrialOutcome
    version: int
    trial: Trial | None = None
    children: ChildRows | None = None
    changes: tuple[Change, ...] = ()
    previous_load_day: str | None = None


def stored_version_of(decision: IngestDecision) -> StoredVersion:
    """The stored version once *decision* is written; it must have a trial."""
    record = decision.record
    aliases = decision.trial["aliases"] if decision.trial else None
    return StoredVersion(
        decision.version,
        record.digest,
        record.complete,
        record.retrieved_at,
        aliases if isinstance(aliases, tuple) else (),
    )


def decide(
    record: FetchedRecord,
    stored: StoredVersion | None,
    read_stored_study: Callable[[], Study],
    read_last_changes: Callable[[], list[Change]],
) -> IngestDecision:
    """Whether *record* is new, changed or unchanged against *stored*.

    *read_stored_study* gives the stored content and *read_last_changes* the last change of each
    fact; both are called only where the digests differ. A difference that is only noise is a line
    of the ledger, but does not make the trial a changed one.
    """
    if stored is None:
        return IngestDecision(record, TrialOutcome.NEW, 1, *_derived(record))
    if stored.digest == record.digest and stored.complete >= record.complete:
        return IngestDecision(record, TrialOutcome.UNCHANGED, stored.version)
    before = read_stored_study()
    from enrich.changes.diff import diff, mark_flapping_as_noise  # few nights bring changes

    found = diff(before, record.study, before_is_complete=stored.complete)
    changes = tuple(mark_flapping_as_noise(found, read_last_changes())) if found else ()
    is_changed = any(change.kind != Significance.NOISE for change in changes)
    is_new_version = bool(changes) or stored.complete != record.complete
    return IngestDecision(
        record,
        TrialOutcome.CHANGED if is_changed else TrialOutcome.UNCHANGED,
        stored.version + is_new_version,
        *_derived(record),
        changes,
        load_day_of(before),
    )


def _derived(record: FetchedRecord) -> tuple[Trial, ChildRows]:
    """The facts and child rows of *record*; one that the registry has just printed has them."""
    study = record.study
    if isinstance(study, PageRecord) and record.complete:
        return study.trial, study.children
    return facts_and_children(study, complete=record.complete)
