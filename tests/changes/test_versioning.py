"""Whether a fetched record is new, changed or unchanged against the stored version."""

import pytest

from enrich.changes.versioning import StoredVersion, decide
from enrich.models import FetchedRecord, TrialOutcome
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import study


def _unchanged(record):
    return None


# fmt: off
DECISIONS = (
    # what became of the record, whether it was held whole, whether it came whole, outcome, version, lines, why
    (_unchanged,                                                                True,  True,  TrialOutcome.UNCHANGED, 1, 0, "the same content"),
    (lambda record: set_path(record, FIELDS["enrollment"].path, "101"),             True,  True,  TrialOutcome.UNCHANGED, 1, 0, "the same number, printed as text"),
    (lambda record: set_path(record, FIELDS["enrollment"].path, 5),                 True,  True,  TrialOutcome.CHANGED,   2, 1, "another number"),
    (lambda record: set_path(record, "derivedSection.miscInfoModule.x", "y"),       True,  True,  TrialOutcome.UNCHANGED, 2, 1, "noise alone is a version, but no change of the trial"),
    (_unchanged,                                                                False, True,  TrialOutcome.UNCHANGED, 2, 0, "an incomplete record is completed"),
    (_unchanged,                                                                False, False, TrialOutcome.UNCHANGED, 1, 0, "an incomplete record again"),
    (_unchanged,                                                                True,  False, TrialOutcome.UNCHANGED, 1, 0, "less of the same"),
)
# fmt: on


@pytest.mark.parametrize(
    "edit, held_whole, whole, outcome, version, lines",
    [pytest.param(*line[:6], id=line[6]) for line in DECISIONS],
)
def test_a_fetched_record_is_changed_or_unchanged(edit, held_whole, whole, outcome, version, lines):
    before, after = study(), study()
    edit(after)
    record = FetchedRecord(
        "NCT00000001", after, digest_of(after), "2026-11-22", "test", complete=whole
    )
    decision = decide(
        record, StoredVersion(1, digest_of(before), held_whole, "2026-11-20"), lambda: before, list
    )
    assert (decision.outcome, decision.version, len(decision.changes)) == (outcome, version, lines)


def test_a_record_seen_for_the_first_time_is_new():
    record = study()
    decision = decide(
        FetchedRecord("NCT00000001", record, digest_of(record), "2026-11-22", "test"),
        None,
        lambda: pytest.fail("asked"),
        lambda: pytest.fail("asked"),
    )
    assert (decision.outcome, decision.version, decision.trial) == (
        TrialOutcome.NEW,
        1,
        trial_of(record),
    )
