"""A transaction is stored whole or not at all; a file that cannot be used is named and left alone."""

import sqlite3
from contextlib import closing

import pytest

from enrich.errors import StoreError
from enrich.models import Answer, Problem, ProblemKind, RegistryAnswer, TrialOutcome
from enrich.storage.database import Database
from enrich.storage.runs import add_problems, begin_run, finish_run
from enrich.storage.trials import read_study, save_answers

AT = "2026-11-01T10:00:00+00:00"


def test_a_transaction_is_stored_whole_or_not_at_all(database):
    run = begin_run(database, AT)
    answer = RegistryAnswer("NCT00000009", None, Answer.UNKNOWN, None, run, TrialOutcome.GONE)
    with pytest.raises(KeyboardInterrupt), database.transaction():
        add_problems(database, run, [Problem(ProblemKind.UNUSABLE, "y")], AT)
        save_answers(database, [answer])
        raise KeyboardInterrupt
    assert database.fetch_tuples("select * from problems") == []
    assert database.fetch_tuples("select * from answers") == []


def test_a_run_that_was_cut_off_goes_on(database):
    first = begin_run(database, AT)
    assert begin_run(database, AT) == first
    finish_run(database, first, {"outcome": "complete"})
    assert begin_run(database, AT) == first + 1


# The columns that others rely on.
# fmt: off
CONTRACT = {
    "runs": """id started_at finished_at outcome api_version data_timestamp asked changed unchanged
        new gone not_checked requests retries""",
    "rows": "id table_id position nct_id cells",
    "trials": """nct_id brief_title overall_status study_type phases allocation intervention_model
        masking primary_purpose enrollment enrollment_type start_date primary_completion_date
        completion_date minimum_age maximum_age sex lead_sponsor has_results last_update_posted
        retrieved_at checked_at stale_since source complete""",
    "versions": "nct_id version seen_at last_update_posted digest study",
    "changes": "run_id nct_id version field before after kind",
    "comparisons": """row_id nct_id column field cell claim registry verdict cause moved_on
        note""",
    "problems": "run_id nct_id kind message first_seen",
    "merged": "nct_id status",
}
# fmt: on


@pytest.mark.parametrize("name", CONTRACT)
def test_a_table_has_the_columns_that_others_rely_on(database, name):
    columns = {
        column
        for (column,) in database.fetch_tuples(f"select name from pragma_table_info('{name}')")
    }
    assert columns >= set(CONTRACT[name].split())


def test_no_row_refers_to_one_that_is_missing(database):
    assert database.fetch_tuples("pragma foreign_key_check") == []


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


def test_a_folder_in_place_of_the_database_is_named(tmp_path):
    with pytest.raises(StoreError, match=str(tmp_path)):
        Database(tmp_path)


def test_a_database_of_a_newer_version_is_left_alone(tmp_path):
    Database(tmp_path / "trials.db").close()
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db, db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at)"
            " values ('enrich', 'from_the_future', '2030-01-01')"
        )
    with pytest.raises(StoreError, match="newer version of enrich"):
        Database(tmp_path / "trials.db")


@pytest.mark.parametrize("stored", ["{", b"no deflated record"])
def test_a_stored_record_that_cannot_be_read_is_an_error_that_names_the_database(database, stored):
    run = begin_run(database, AT)
    database.execute(
        """
        insert into trials (nct_id, retrieved_at, source, complete)
        values ('NCT00000001', ?, '', 1)""",
        [AT],
    )
    database.execute(
        """
        insert into versions (nct_id, version, run_id, seen_at, digest, complete, study)
        values ('NCT00000001', 1, ?, ?, '', 1, ?)""",
        [run, AT, stored],
    )
    with pytest.raises(StoreError, match=r"trials\.db: a stored record cannot be read"):
        dict(read_study(database, "NCT00000001", 1))


def test_a_database_of_another_program_is_refused_and_stays_as_it_is(tmp_path):
    path = tmp_path / "places.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table places (name text)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a database of enrich"):
        Database(path)
    assert path.read_bytes() == before


def test_a_file_that_another_application_marked_is_refused(tmp_path):
    path = tmp_path / "map.gpkg"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("pragma application_id = 1196444487")
    with pytest.raises(StoreError, match="not a database of enrich"):
        Database(path)
