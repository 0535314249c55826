"""Judges what a fetched record says that was not known: nothing, a new version, or a trial seen for the first time."""

from collections.abc import Callable
from dataclasses import dataclass

from enrich.changes.diff import diff, mark_flapping_as_noise
from enrich.models import Change, FetchedRecord, Significance, Study, Trial, TrialOutcome
from enrich.record.children import ChildRows, facts_and_children
from enrich.record.fields import load_day_of
from enrich.record.raw import PageRecord


@dataclass(frozen=True)
class StoredVersion:
    """The newest version of a trial's record that is remembered."""

    version: int
    digest: str
    complete: bool
    retrieved_at: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class IngestDecision:
    """What is to be written of a fetched record: *trial* and *lists* only where its content is not the known one.

    *version* is the version that this content is, or stays; *changes* are the lines of the ledger that lead to it, and *day_before*
    the day of the load that printed the content before, where that is another.
    """

    copy: FetchedRecord
    outcome: TrialOutcome
    version: int
    trial: Trial | None = None
    lists: ChildRows | None = None
    changes: tuple[Change, ...] = ()
    day_before: str | None = None


def stored_version_of(judged: IngestDecision) -> StoredVersion:
    """What is known of a trial once *judged* is written; it has a trial."""
    aliases = judged.trial["aliases"] if judged.trial else None
    copy = judged.copy
    return StoredVersion(
        judged.version,
        copy.digest,
        copy.complete,
        copy.retrieved_at,
        aliases if isinstance(aliases, tuple) else (),
    )


def decide(
    copy: FetchedRecord,
    known: StoredVersion | None,
    before: Callable[[], Study],
    earlier: Callable[[], list[Change]],
) -> IngestDecision:
    """Whether *copy* is new, changed or unchanged against what is *known*.

    *before* gives the known content and *earlier* the last change of each fact; both are asked only where the digests differ.
    A difference that is only noise stands in the ledger, but is no change of the trial.
    """
    if known is None:
        return IngestDecision(copy, TrialOutcome.NEW, 1, *_facts_and_lists(copy))
    if known.digest == copy.digest and known.complete >= copy.complete:
        return IngestDecision(copy, TrialOutcome.UNCHANGED, known.version)
    old = before()
    found = diff(old, copy.study, before_is_complete=known.complete)
    changes = tuple(mark_flapping_as_noise(found, earlier())) if found else ()
    outcome = (
        TrialOutcome.CHANGED
        if any(change.kind != Significance.NOISE for change in changes)
        else TrialOutcome.UNCHANGED
    )
    is_another = bool(changes) or known.complete != copy.complete
    return IngestDecision(
        copy,
        outcome,
        known.version + is_another,
        *_facts_and_lists(copy),
        changes,
        load_day_of(old),
    )


def _facts_and_lists(copy: FetchedRecord) -> tuple[Trial, ChildRows]:
    """Of a record that the registry printed they are at hand."""
    study = copy.study
    return (
        (study.trial, study.lists)
        if isinstance(study, PageRecord) and copy.complete
        else facts_and_children(study, complete=copy.complete)
    )
