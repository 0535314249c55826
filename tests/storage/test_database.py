"""The database: what is written comes back, a step is whole or not at all, and a file that is none is named."""

import json
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.changes.versioning import decide
from enrich.errors import StoreError
from enrich.models import (
    Comparison,
    FetchedRecord,
    Problem,
    ProblemKind,
    RegistryAnswer,
    Row,
    Table,
)
from enrich.record.fields import FIELDS, digest_of, trial_of
from enrich.storage.database import Store
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study
from tests.run.test_sync import table_of

AT = "2026-11-01T10:00:00+00:00"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "trials.db")
    yield store
    store.close()


def kept(store, made, run):
    copy = FetchedRecord(nct(1), made, digest_of(made), AT, "here")
    known = store.known().get(nct(1))
    judged = decide(
        copy, known, lambda: store.study(nct(1), known.version), lambda: store.last_changes(nct(1))
    )
    with store.step():
        store.keep(run, [judged], checked=True)
    return judged


_TEXTS = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=3, unique=True
)
_VALUES = {
    "texts": _TEXTS,
    "text": st.text(st.characters(codec="utf-8")),
    "day": st.dates().map(str),
    "count": st.integers(0, 10**9),
    "flag": st.booleans(),
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
    made = study(1)
    for name, value in facts.items():
        set_path(made, FIELDS[name].path, value)
    store = Store(tmp_path_factory.mktemp("store") / "trials.db")
    try:
        kept(store, made, store.begin(AT))
        assert store.trials()[nct(1)] == trial_of(made) and store.study(nct(1), 1) == made
        assert len(store.trials()[nct(1)].facts) == len(FIELDS)
    finally:
        store.close()


def test_versions_grow_only_with_content(store):
    run = store.begin(AT)
    made = study(1)
    assert (kept(store, made, run).outcome, kept(store, made, run).outcome) == ("new", "unchanged")
    set_path(made, "derivedSection.miscInfoModule.versionHolder", "2026-11-02")
    assert kept(store, made, run).outcome == "unchanged"
    set_path(
        made, "protocolSection.contactsLocationsModule.locations", [{"city": "a"}, {"city": "b"}]
    )
    assert (kept(store, made, run).outcome, store.known()[nct(1)].version) == ("changed", 2)
    set_path(
        made, "protocolSection.contactsLocationsModule.locations", [{"city": "b"}, {"city": "a"}]
    )
    assert (kept(store, made, run).outcome, store.known()[nct(1)].version) == ("unchanged", 2)
    set_path(made, "protocolSection.designModule.enrollmentInfo.count", 5)
    assert (kept(store, made, run).outcome, store.known()[nct(1)].version) == ("changed", 3)
    assert [row["field"] for row in store.rows("select field from changes")] == [
        "locations",
        "locations",
        "enrollment",
    ]


def test_a_step_is_kept_whole_or_not_at_all(store):
    run = store.begin(AT)
    with pytest.raises(KeyboardInterrupt), store.step():
        store.add_problems(run, [Problem(ProblemKind.UNUSABLE, "y")], AT)
        store.save_said([RegistryAnswer("NCT00000009", None, "unknown", None, run, "gone")])
        raise KeyboardInterrupt
    assert store.rows("select * from problems") == store.rows("select * from ids") == []


def test_a_run_that_was_cut_off_is_taken_up(store):
    first = store.begin(AT)
    assert store.begin(AT) == first
    store.finish(first, {"outcome": "complete"})
    assert store.begin(AT) == first + 1


def test_cells_come_back_verbatim_and_rows_that_went_are_gone(store):
    cells = {"NCT ID": "", "Cells": "106 – “µ”\r\n😀", "": "1"}
    table = Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=tuple(cells),
        columns=(),
        rows=(Row(1, cells), Row(2, cells)),
    )
    store.save_tables([table])
    store.save_tables(
        [
            Table(
                name="t",
                title="t",
                file="t.csv",
                id_column="NCT ID",
                header=tuple(cells),
                columns=(),
                rows=(Row(1, cells),),
            )
        ]
    )
    (row,) = store.rows("select position, cells, nct_id from rows")
    assert (row["position"], row["nct_id"]) == (1, None) and json.loads(row["cells"]) == cells


def test_a_comparison_keeps_the_run_in_which_it_was_new(store):
    store.save_tables([table_of(nct(1))])
    first, one = (
        store.begin(AT),
        Comparison(
            "Phase", "phases", "Phase 2", '["PHASE2"]', '["PHASE1"]', "differs", nct(1), note="a"
        ),
    )
    store.save_comparisons(first, {1: [one]})
    store.finish(first, {"outcome": "complete"})
    second = store.begin(AT)
    store.save_comparisons(
        second, {1: [one, Comparison("Phase", "masking", "", None, "NONE", "adds", nct(1))]}
    )
    assert [
        (row["field"], row["first_seen"])
        for row in store.rows("select * from comparisons order by id")
    ] == [("phases", first), ("masking", second)]
    store.finish(second, {"outcome": "complete"})
    third = store.begin(AT)
    store.save_comparisons(third, {1: [one._replace(registry='["PHASE3"]')]})
    assert store.rows("select field, first_seen from comparisons") == [
        {"field": "phases", "first_seen": third}
    ]


def test_the_schema_holds_what_others_rely_on(store):
    columns = {
        "runs": "id started_at finished_at outcome api_version data_timestamp asked changed unchanged new gone not_checked requests retries",
        "rows": "id table_id position nct_id cells",
        "trials": "nct_id brief_title overall_status study_type phases allocation intervention_model masking primary_purpose enrollment enrollment_type start_date"
        " primary_completion_date completion_date minimum_age maximum_age sex lead_sponsor has_results last_update_posted retrieved_at checked_at stale_since source complete",
        "versions": "nct_id version seen_at last_update_posted digest study",
        "changes": "run_id nct_id version field before after kind",
        "comparisons": "row_id nct_id column field cell claim registry verdict cause moved_on note",
        "problems": "run_id nct_id kind message first_seen",
        "merged": "nct_id status",
    }
    for name, needed in columns.items():
        assert set(needed.split()) <= {
            row["name"] for row in store.rows(f"select name from pragma_table_info('{name}')")
        }, name
    assert store.rows("pragma foreign_key_check") == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"hello, I am a text " * 100, id="a text"),
        pytest.param(b"SQLite format 3\0" + b"x" * 4096, id="a damaged database"),
    ],
)
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path, content):
    path = tmp_path / "trials.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"trials\.db"):
        Store(path)
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreError, match=str(tmp_path)):
        Store(tmp_path)


def test_a_database_of_a_newer_enrich_is_left_alone(tmp_path):
    Store(tmp_path / "trials.db").close()
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db, db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('enrich', 'from_the_future', '2030-01-01')"
        )
    with pytest.raises(StoreError, match="newer version of enrich"):
        Store(tmp_path / "trials.db")
