"""What is stored of a trial comes back, and a version is added only for new content."""

from contextlib import closing

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.changes.versioning import IngestDecision, decide
from enrich.models import FetchedRecord
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of
from enrich.record.raw import DeflatedRecord, deflate
from enrich.storage.database import Database
from enrich.storage.runs import begin_run
from enrich.storage.trials import (
    read_last_changes,
    read_latest_versions,
    read_study,
    read_trials,
    save_decisions,
)
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study

AT = "2026-11-01T10:00:00+00:00"
LOCATIONS = "protocolSection.contactsLocationsModule.locations"


def store(database, record, run) -> IngestDecision:
    """Stores *record* as a run does; what was decided about it."""
    fetched = FetchedRecord(nct(1), record, digest_of(record), AT, "here")
    stored = read_latest_versions(database).get(nct(1))
    decision = decide(
        fetched,
        stored,
        lambda: read_study(database, nct(1), stored.version),
        lambda: read_last_changes(database, nct(1)),
    )
    with database.transaction():
        save_decisions(database, run, [decision], checked=True)
    return decision


_TEXTS = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=3, unique=True
)
_VALUES = {
    "texts": _TEXTS,
    "text": st.text(st.characters(codec="utf-8")),
    "day": st.dates().map(str),
    "count": st.integers(0, 10**9),
    "boolean": st.booleans(),
}


@settings(max_examples=25)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: _VALUES[field.read.__name__]
            for name, field in FIELDS.items()
            if "[]" not in field.path
        },
    )
)
def test_any_trial_comes_back_as_it_was(tmp_path_factory, facts):
    record = study(1)
    for name, value in facts.items():
        set_path(record, FIELDS[name].path, value)
    with closing(Database(tmp_path_factory.mktemp("any") / "trials.db")) as database:
        store(database, record, begin_run(database, AT))
        trial = read_trials(database)[nct(1)]
        assert trial == trial_of(record)
        assert len(trial.facts) == len(FIELDS)
        assert read_study(database, nct(1), 1) == record


def test_versions_grow_only_with_content(database):
    run = begin_run(database, AT)
    record = study(1)

    def outcome_and_version():
        outcome = store(database, record, run).outcome
        return outcome, read_latest_versions(database)[nct(1)].version

    assert outcome_and_version() == ("new", 1)
    assert outcome_and_version() == ("unchanged", 1)
    set_path(record, "derivedSection.miscInfoModule.versionHolder", "2026-11-02")
    assert outcome_and_version() == ("unchanged", 1)
    set_path(record, LOCATIONS, [{"city": "a"}, {"city": "b"}])
    assert outcome_and_version() == ("changed", 2)
    set_path(record, LOCATIONS, [{"city": "b"}, {"city": "a"}])
    assert outcome_and_version() == ("unchanged", 2)
    set_path(record, "protocolSection.designModule.enrollmentInfo.count", 5)
    assert outcome_and_version() == ("changed", 3)
    assert database.fetch_tuples("select field from changes") == [
        ("locations",),
        ("locations",),
        ("enrollment",),
    ]


@pytest.mark.parametrize("form", [dict, lambda made: DeflatedRecord(deflate(orjson.dumps(made)))])
def test_sql_can_read_every_version_in_whatever_form_it_came(database, form):
    run = begin_run(database, AT)
    for enrollment in (10, 12, 14):
        store(database, form(study(1, enrollment=enrollment)), run)
    assert database.fetch_tuples("select version, enrollment from trial_versions") == [
        (1, 10),
        (2, 12),
        (3, 14),
    ]
