"""Migrations stay what they were: SQL alone, whatever becomes of the code."""

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import enrich.storage.schema.migrations
from enrich.storage.database import Database
from enrich.storage.schema.migrations import statements

FILES = sorted(
    (Path(enrich.storage.schema.migrations.__file__).parents[1] / "schema_sql").iterdir()
)


def test_migrations_import_no_code_of_enrich_but_errors():
    tree = ast.parse(Path(enrich.storage.schema.migrations.__file__).read_text(encoding="utf-8"))
    modules = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert "sqlite3" in modules
    assert {name for name in modules if name.startswith("enrich")} <= {"enrich.errors"}


def test_migrations_are_numbered_without_a_gap():
    assert [int(path.name[:4]) for path in FILES] == list(range(1, len(FILES) + 1))


def test_a_database_notes_every_migration_under_the_name_of_its_file(tmp_path):
    Database(tmp_path / "trials.db").close()
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db:
        names = [name for (name,) in db.execute("select name from _sqlite_migrations order by id")]
        assert names == [path.stem[5:] for path in FILES]
        assert db.execute("pragma application_id").fetchone() == (int.from_bytes(b"enrc"),)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            "create table a (b); -- a comment\ndrop table a;",
            ["create table a (b);", "drop table a;"],
        ),
        ("-- only a comment\n\n", []),
        (
            "create table a (\n  b text, -- what; it holds\n  c text\n);",
            ["create table a (\n  b text,\n  c text\n);"],
        ),
        (
            "create trigger t after delete on a begin\n  delete from b;\n  delete from c;\nend;",
            ["create trigger t after delete on a begin\n  delete from b;\n  delete from c;\nend;"],
        ),
    ],
)
def test_a_script_is_split_into_its_statements(script, expected):
    assert list(statements(script)) == expected
