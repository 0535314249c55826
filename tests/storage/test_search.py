"""The child tables and the search index of the database."""

import copy
import sqlite3
from contextlib import closing

import pytest

from enrich.record.children import CHILD_TABLES
from enrich.registry.client import Registry
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.runs import begin_run
from enrich.storage.tables import save_tables
from enrich.tables.reader import read_table
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.sample_database import (
    FIRST_RUN,
    STUDY,
    complete_trial,
    make_database,
    write_table,
)


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    connection = sqlite3.connect(make_database(tmp_path_factory.mktemp("lists")))
    yield connection
    connection.close()


def test_the_schema_has_the_columns_that_the_lists_have(db):
    for name, table in CHILD_TABLES.items():
        found = {column: kind for _, column, kind, *_ in db.execute(f"pragma table_info({name})")}
        assert found == {
            "id": "INTEGER",
            "nct_id": "TEXT",
            **({"role": "TEXT"} if table.role else {}),
            **{column: child_column.sql for column, child_column in table.columns.items()},
        }
        assert ("trials", "nct_id") in [
            (to, column) for _, _, to, column, *_ in db.execute(f"pragma foreign_key_list({name})")
        ]
    assert db.execute("pragma foreign_key_check").fetchall() == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param("insomnia", 2, id="condition"),
        pytest.param("lactis", 2, id="another name of an intervention"),
        pytest.param("pillow", 2, id="collaborator"),
        pytest.param("dream recall", 2, id="outcome, by stems"),
        pytest.param("nightcap", 2, id="keyword"),
        pytest.param("sleepy", 1, id="acronym"),
        pytest.param("NCT09999999", 1, id="an obsolete id"),
        pytest.param("NCT03211793", 1, id="its own id"),
        pytest.param("zebra", 0, id="nothing"),
    ],
)
def test_a_trial_is_found_by_its_words(db, words, found):
    sql = "select nct_id from trials where number in (select rowid from trials_fts where trials_fts match ?)"
    assert len(db.execute(sql, [words]).fetchall()) == found


def test_rows_are_found_by_their_cells_and_not_by_their_headings(db):
    sql = (
        "select position from rows where id in (select rowid from rows_fts where rows_fts match ?)"
    )
    assert len(db.execute(sql, ["plasmapheresis"]).fetchall()) == 1
    assert db.execute(sql, ["effectivenessa"]).fetchall() == []


def test_only_a_trial_whose_record_changed_is_written_again(tmp_path):
    mine = read_table(write_table(tmp_path, "mine", ["Id"], [["NCT10000001"]], {}))
    database = Database(tmp_path / "mine.db")
    with StandInRegistry([copy.deepcopy(STUDY)], loaded="2026-02-26T09:00:06") as registry:

        def run():
            sync(
                [mine],
                Registry(registry.url, pace=0),
                database,
                Cache(tmp_path / "cache"),
                clock=lambda: FIRST_RUN,
            )
            return {row["id"] for row in database.fetch_dicts("select id from secondary_outcomes")}

        # A later trial's rows would reuse the numbers of deleted ones, so a mark shows whether they were written again.
        first = run()
        database.execute("update secondary_outcomes set description = 'mark'")
        registry.next_load()
        assert run() == first
        assert database.fetch_dicts("select distinct description from secondary_outcomes") == [
            {"description": "mark"}
        ]
        registry.next_load()
        registry.change("NCT10000001", complete_trial)
        run()
        assert database.fetch_dicts("select distinct description from secondary_outcomes") == [
            {"description": None}
        ]
    database.close()


def test_what_a_row_prints_now_is_found_and_what_it_printed_before_is_not(tmp_path):
    database = Database(tmp_path / "mine.db")
    for cells in (
        ["zebra"],
        ["zebra", "okapi"],
        ["giraffe", "okapi"],
        ["giraffe", "okapi", "zebra"],
    ):
        save_tables(
            database,
            begin_run(database, "2026-11-01"),
            [
                read_table(
                    write_table(
                        tmp_path, "mine", ["Id", "Cells"], [["", cell] for cell in cells], {}
                    )
                )
            ],
        )
        found = {
            word: len(
                database.fetch_dicts("select rowid from rows_fts where rows_fts match ?", word)
            )
            for word in ("zebra", "okapi", "giraffe")
        }
        assert found == {word: cells.count(word) for word in found}
    database.close()


def test_a_row_that_is_no_longer_printed_is_no_longer_found(tmp_path):
    database = Database(tmp_path / "mine.db")
    save_tables(
        database,
        begin_run(database, "2026-11-01"),
        [
            read_table(
                write_table(tmp_path, "mine", ["Id", "Cells"], [["", "zebra"], ["", "okapi"]], {})
            )
        ],
    )
    save_tables(
        database,
        begin_run(database, "2026-11-01"),
        [read_table(write_table(tmp_path, "mine", ["Id", "Cells"], [["", "giraffe"]], {}))],
    )
    assert [row["cells"].strip() for row in database.fetch_dicts("select cells from rows_fts")] == [
        "giraffe"
    ]
    database.close()


def test_an_older_database_gets_its_lists_from_the_records_it_holds(tmp_path):
    path = make_database(tmp_path)
    with closing(sqlite3.connect(path)) as old, old:
        for name in (*CHILD_TABLES, "trials_fts", "rows_fts"):
            old.execute(f"drop table {name}")
        for (view,) in old.execute("select name from sqlite_master where type = 'view'").fetchall():
            old.execute(f'drop view "{view}"')
        for trigger in ("changed", "gone"):
            old.execute(f"drop trigger rows_search_{trigger}")
        old.execute("drop index trials_number")
        old.execute("alter table trials drop column number")
        old.execute("drop index trials_facts_version")
        old.execute("alter table trials drop column facts_version")
        old.execute(
            "delete from _sqlite_migrations where name in ('tables_of_lists_and_search', 'facts_version')"
        )
    old.close()
    database = Database(path)
    assert database.fetch_dicts(
        "select count(*) as n from locations where nct_id = 'NCT10000001'"
    ) == [{"n": 2}]
    assert (
        len(database.fetch_dicts("select rowid from trials_fts where trials_fts match 'insomnia'"))
        == 2
    )
    assert (
        len(
            database.fetch_dicts("select rowid from rows_fts where rows_fts match 'plasmapheresis'")
        )
        == 1
    )
    database.close()
