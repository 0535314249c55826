"""The database: what is written comes back, a step is whole or not at all, and a file that is none is named."""

import json
import sqlite3
from contextlib import closing

import orjson
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
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of
from enrich.record.raw import DeflatedRecord, deflate
from enrich.storage.comparisons import save_comparisons, save_tables
from enrich.storage.database import Database
from enrich.storage.runs import add_problems, begin_run, finish_run
from enrich.storage.trials import (
    read_last_changes,
    read_latest_versions,
    read_study,
    read_trials,
    save_answers,
    save_decisions,
)
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study
from tests.run.test_sync import table_of

AT = "2026-11-01T10:00:00+00:00"


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "trials.db")
    yield database
    database.close()


def kept(database, made, run):
    copy = FetchedRecord(nct(1), made, digest_of(made), AT, "here")
    known = read_latest_versions(database).get(nct(1))
    judged = decide(
        copy,
        known,
        lambda: read_study(database, nct(1), known.version),
        lambda: read_last_changes(database, nct(1)),
    )
    with database.transaction():
        save_decisions(database, run, [judged], checked=True)
    return judged


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
    made = study(1)
    for name, value in facts.items():
        set_path(made, FIELDS[name].path, value)
    database = Database(tmp_path_factory.mktemp("store") / "trials.db")
    try:
        kept(database, made, begin_run(database, AT))
        assert (
            read_trials(database)[nct(1)] == trial_of(made)
            and read_study(database, nct(1), 1) == made
        )
        assert len(read_trials(database)[nct(1)].facts) == len(FIELDS)
    finally:
        database.close()


def test_versions_grow_only_with_content(database):
    run = begin_run(database, AT)
    made = study(1)
    assert (kept(database, made, run).outcome, kept(database, made, run).outcome) == (
        "new",
        "unchanged",
    )
    set_path(made, "derivedSection.miscInfoModule.versionHolder", "2026-11-02")
    assert kept(database, made, run).outcome == "unchanged"
    set_path(
        made, "protocolSection.contactsLocationsModule.locations", [{"city": "a"}, {"city": "b"}]
    )
    assert (kept(database, made, run).outcome, read_latest_versions(database)[nct(1)].version) == (
        "changed",
        2,
    )
    set_path(
        made, "protocolSection.contactsLocationsModule.locations", [{"city": "b"}, {"city": "a"}]
    )
    assert (kept(database, made, run).outcome, read_latest_versions(database)[nct(1)].version) == (
        "unchanged",
        2,
    )
    set_path(made, "protocolSection.designModule.enrollmentInfo.count", 5)
    assert (kept(database, made, run).outcome, read_latest_versions(database)[nct(1)].version) == (
        "changed",
        3,
    )
    assert [row["field"] for row in database.fetch_dicts("select field from changes")] == [
        "locations",
        "locations",
        "enrollment",
    ]


@pytest.mark.parametrize("form", [dict, lambda made: DeflatedRecord(deflate(orjson.dumps(made)))])
def test_sql_can_read_every_version_in_whatever_form_it_came(database, form):
    run = begin_run(database, AT)
    for enrollment in (10, 12, 14):
        kept(database, form(study(1, enrollment=enrollment)), run)
    assert database.fetch_tuples("select version, enrollment from trial_versions") == [
        (1, 10),
        (2, 12),
        (3, 14),
    ]


def test_a_step_is_kept_whole_or_not_at_all(database):
    run = begin_run(database, AT)
    with pytest.raises(KeyboardInterrupt), database.transaction():
        add_problems(database, run, [Problem(ProblemKind.UNUSABLE, "y")], AT)
        save_answers(database, [RegistryAnswer("NCT00000009", None, "unknown", None, run, "gone")])
        raise KeyboardInterrupt
    assert (
        database.fetch_dicts("select * from problems")
        == database.fetch_dicts("select * from answers")
        == []
    )


def test_a_run_that_was_cut_off_is_taken_up(database):
    first = begin_run(database, AT)
    assert begin_run(database, AT) == first
    finish_run(database, first, {"outcome": "complete"})
    assert begin_run(database, AT) == first + 1


def test_cells_come_back_verbatim_and_rows_that_went_are_gone(database):
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
    save_tables(database, [table])
    save_tables(
        database,
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
        ],
    )
    (row,) = database.fetch_dicts("select position, cells, nct_id from rows")
    assert (row["position"], row["nct_id"]) == (1, None) and json.loads(row["cells"]) == cells


def test_a_comparison_keeps_the_run_in_which_it_was_new(database):
    save_tables(database, [table_of(nct(1))])
    first, one = (
        begin_run(database, AT),
        Comparison(
            "Phase", "phases", "Phase 2", '["PHASE2"]', '["PHASE1"]', "differs", nct(1), note="a"
        ),
    )
    save_comparisons(database, first, {1: [one]})
    finish_run(database, first, {"outcome": "complete"})
    second = begin_run(database, AT)
    save_comparisons(
        database,
        second,
        {1: [one, Comparison("Phase", "masking", "", None, "NONE", "adds", nct(1))]},
    )
    assert [
        (row["field"], row["first_seen"])
        for row in database.fetch_dicts("select * from comparisons order by id")
    ] == [("phases", first), ("masking", second)]
    finish_run(database, second, {"outcome": "complete"})
    third = begin_run(database, AT)
    save_comparisons(database, third, {1: [one._replace(registry='["PHASE3"]')]})
    assert database.fetch_dicts("select field, first_seen from comparisons") == [
        {"field": "phases", "first_seen": third}
    ]


def test_the_schema_holds_what_others_rely_on(database):
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
            row["name"]
            for row in database.fetch_dicts(f"select name from pragma_table_info('{name}')")
        }, name
    assert database.fetch_dicts("pragma foreign_key_check") == []


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
        Database(path)
    assert path.read_bytes() == content


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(StoreError, match=str(tmp_path)):
        Database(tmp_path)


def test_a_database_of_a_newer_enrich_is_left_alone(tmp_path):
    Database(tmp_path / "trials.db").close()
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db, db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('enrich', 'from_the_future', '2030-01-01')"
        )
    with pytest.raises(StoreError, match="newer version of enrich"):
        Database(tmp_path / "trials.db")
