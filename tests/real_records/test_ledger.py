"""Real changes of real records: each is found, with the right kind, and no other."""

from collections import Counter
from itertools import groupby, islice

import pytest

from enrich.changes.diff import diff
from enrich.models import Row, Table
from enrich.record.fields import trial_of
from enrich.record.identity import nct_id_of
from enrich.registry.client import Registry
from enrich.registry.html_text import as_plain_text
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.registry_server import StandInRegistry

pytestmark = needs_corpus

# Every submission changes these; the table below leaves them out.
BOOKKEEPING = {"status_verified", "last_update_submitted", "last_update_posted"}

M, m, n = "material", "minor", "noise"

# Changes in 26 of the pairs, found by a person: position in the file → field: (kind, changes).
BY_HAND = {
    0: {
        "enrollment": (M, 1),
        "enrollment_type": (M, 1),
        "completion_date": (M, 1),
        "primary_completion_date_type": (M, 1),
    },
    1: {"completion_date": (M, 1), "primary_completion_date": (M, 1)},
    2: {},
    6: {
        "arms.description": (m, 1),
        "descriptionModule.detailedDescription": (m, 1),
        "statusModule.dispFirstSubmitDate": (M, 1),
        "statusModule.dispFirstPostDateStruct.date": (M, 1),
        "statusModule.dispFirstPostDateStruct.type": (n, 1),
    },
    7: {},
    8: {
        "enrollment": (M, 1),
        "completion_date": (M, 1),
        "primary_completion_date": (M, 1),
        "arms": (M, 3),
        "collaborators": (m, 1),
        "interventions.armGroupLabels": (m, 1),
        "descriptionModule.briefSummary": (m, 1),
        "descriptionModule.detailedDescription": (m, 1),
    },
    9: {"locations.facility": (m, 2)},
    10: {"locations.city": (m, 1), "locations.facility": (m, 1)},
    11: {
        "overall_status": (M, 1),
        "why_stopped": (M, 1),
        "enrollment": (M, 1),
        "enrollment_type": (M, 1),
        "completion_date": (M, 1),
        "completion_date_type": (M, 1),
        "primary_completion_date": (M, 1),
        "primary_completion_date_type": (M, 1),
        "identificationModule.organization.fullName": (m, 1),
    },
    14: {"locations": (m, 1)},
    15: {"locations": (m, 1)},
    17: {"locations": (m, 1)},
    18: {"locations": (m, 2), "locations.contacts": (m, 1)},
    19: {"locations": (m, 1)},
    27: {
        "overall_status": (M, 1),
        "why_stopped": (M, 1),
        "start_date": (M, 1),
        "start_date_type": (M, 1),
        "enrollment": (M, 1),
        "enrollment_type": (M, 1),
        "contacts": (m, 1),
        "locations.status": (m, 1),
        "locations.contacts": (m, 1),
    },
    28: {"statusModule.expandedAccessInfo.hasExpandedAccess": (m, 1)},
    29: {},
    33: {"start_date": (M, 1), "publications.type": (M, 7)},
    34: {"locations.status": (m, 3)},
    35: {"brief_title": (m, 1)},
    36: {"brief_title": (m, 1), "acronym": (m, 1)},
    37: {"publications.citation": (m, 1)},
    39: {"overall_status": (M, 1), "last_known_status": (m, 1)},
    40: {"links": (m, 1)},
    43: {"locations.geoPoint": (n, 1)},
    44: {"statusModule.lastUpdatePostDateStruct.type": (n, 1)},
}


@pytest.fixture(scope="module")
def pairs():
    return list(read_records("pairs.ndjson.gz"))


@pytest.mark.parametrize("place", BY_HAND)
def test_changes_are_those_that_a_person_found(pairs, place):
    found = diff(pairs[place]["before"]["study"], pairs[place]["after"]["study"])
    counts = Counter(
        (change.field, change.kind) for change in found if change.field not in BOOKKEEPING
    )
    assert counts == {(field, kind): number for field, (kind, number) in BY_HAND[place].items()}


def test_every_changed_record_is_found_and_no_unchanged_one(pairs, tmp_path):
    """Runs before and after the changes, among 200 unchanged records with a new load date."""
    ordered = sorted(pairs, key=lambda pair: pair["nctId"])
    rounds = [
        list(group)
        for _, group in groupby(
            sorted(_numbered(ordered), key=lambda numbered: numbered[0]),
            key=lambda numbered: numbered[0],
        )
    ]
    paired = {pair["nctId"] for pair in pairs}
    unchanged = [
        study
        for study in islice(read_records("studies.ndjson.gz"), 300)
        if nct_id_of(study) not in paired
    ][:200]
    for number, group in enumerate(rounds):
        changed, quiet = _ledger_of(tmp_path / str(number), [pair for _, pair in group], unchanged)
        real = {
            pair["nctId"]
            for _, pair in group
            if any(not path.startswith("derivedSection") for path in pair["changedPaths"])
        }
        assert real <= changed
        assert not changed & {nct_id_of(study) for study in unchanged}
        assert quiet == 0


def _numbered(ordered):
    seen = Counter()
    for pair in ordered:
        yield seen[pair["nctId"]], pair
        seen[pair["nctId"]] += 1


def _ledger_of(folder, group, unchanged):
    """The trials with a line in the ledger after the second load, and the versions that unchanged records gained."""
    before = [pair["before"]["study"] for pair in group]
    ids = tuple(nct_id_of(study) for study in (*before, *unchanged))
    table = Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID",),
        columns=(),
        rows=tuple(Row(i, {"NCT ID": nct_id}, (nct_id,)) for i, nct_id in enumerate(ids, 1)),
    )
    database, cache = Database(folder / "t.db"), Cache(folder / "cache")
    with StandInRegistry([*before, *unchanged], loaded="2026-11-19T09:00:06") as standin:
        for after in (False, True):
            if after:
                for pair in group:
                    standin.change(
                        pair["nctId"],
                        lambda study, pair=pair: (
                            study.clear(),
                            study.update(pair["after"]["study"]),
                        ),
                    )
                standin.next_load()
            sync(
                [table],
                Registry(standin.url, pace=0),
                database,
                cache,
                clock=lambda: "2026-11-22T10:00:00+00:00",
            )
    changed = {row["nct_id"] for row in database.fetch_dicts("select distinct nct_id from changes")}
    gained = [
        row["nct_id"]
        for row in database.fetch_dicts(
            "select nct_id from versions group by nct_id having count(*) > 1"
        )
    ]
    database.close()
    return changed, sum(nct_id in {nct_id_of(study) for study in unchanged} for nct_id in gained)


def test_the_history_endpoint_has_the_same_facts_once_its_html_is_undone():
    """Of the six studies as the history endpoint prints them, those that are among the records too."""
    documented = {nct_id_of(study): trial_of(study) for study in read_records("studies.ndjson.gz")}
    escaped = [
        trial_of(as_plain_text(study))
        for study in read_records("history-endpoint-studies.ndjson.gz")
    ]
    assert all(not trial.faults for trial in escaped)
    assert not any(
        "&" in str(fact) and ";" in str(fact) for trial in escaped for fact in trial.facts.values()
    )
    both = [trial for trial in escaped if trial.nct_id in documented]
    assert both
    for trial in both:
        assert {
            name: fact
            for name, fact in trial.facts.items()
            if fact != documented[trial.nct_id][name]
        } == {}
