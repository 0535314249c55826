"""Every database of an earlier version opens, and after a run equals a database made today.

The databases were written by the code of their time (tests/tools/old_databases.py), which saw the
same nights of the same invented registry. One of each schema that ever was; the names say what it
had new.
"""

import lzma
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from enrich.models import Trial
from enrich.record.children import CHILD_TABLES, facts_and_children
from enrich.record.fields import FIELDS
from enrich.registry.client import Registry
from enrich.reports import plain_text
from enrich.reports.rendering import RenderContext
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.deliveries import (
    Delivery,
    DeliveryKey,
    read_deliveries,
    save_deliveries,
)
from enrich.storage.report_query import read_report
from enrich.storage.rows import study_from_column
from enrich.storage.trials import read_latest_versions, read_study, read_trials
from enrich.tables.reader import read_table
from tests.fixtures.registry_server import StandInRegistry
from tests.tools.old_databases import FOLDER, ROOT, TABLE, TABLE_9, nights, pass_night

NOW = "2027-01-01T06:00:00+00:00"
NAMES = sorted(path.name for path in FOLDER.glob("*.db.xz"))
EACH = pytest.mark.parametrize("name", NAMES)


def unpacked(name: str, folder: Path) -> Path:
    path = folder / "trials.db"
    path.write_bytes(lzma.decompress((FOLDER / name).read_bytes()))
    return path


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that today's code made of the same nights."""
    folder = tmp_path_factory.mktemp("fresh")
    cache = Cache(folder / "cache")
    first, *later = nights()
    with (
        closing(Database(folder / "trials.db")) as database,
        StandInRegistry(list(first.values()), loaded="2026-12-28T09:00:06") as registry,
    ):
        sync([read_table(TABLE_9)], None, database, Cache(ROOT / "cache"), clock=lambda: NOW)
        for night in (None, *later):
            if night:
                pass_night(registry, night)
            client = Registry(registry.url, pace=0)
            sync([read_table(TABLE)], client, database, cache, clock=lambda: NOW)
    return folder / "trials.db"


def contents(path: Path, folder: Path) -> dict[str, list[str]]:
    """The contents of the database at *path* after a run without requests, without its times."""
    tables = [read_table(TABLE), read_table(TABLE_9)]
    with closing(Database(path)) as database:
        sync(tables, None, database, Cache(folder / "empty"), clock=lambda: NOW)
        report = plain_text.render(RenderContext.of(read_report(database), show_all=True))
        facts = ", ".join(FIELDS)
        children = {
            name: [
                str(row[1:])
                for row in database.fetch_tuples(f"select * from {name} order by nct_id, id")
            ]
            for name in CHILD_TABLES
        }
        return children | {
            "report": [re.sub(DAY, "(day)", line) for line in report.splitlines()],
            "trials": [
                str(row)
                for row in database.fetch_tuples(
                    f"""
                    select nct_id, {facts}, complete, gone_since is null, number from trials
                    order by nct_id"""
                )
            ],
            "search": [
                str(row)
                for words in ("light", "lyon", "sandman", "dream", "sleep*", "cell*")
                for row in database.fetch_tuples(
                    """
                    select rowid from trials_fts where trials_fts match ?
                    union all select rowid from rows_fts where rows_fts match ? order by 1""",
                    words,
                    words,
                )
            ],
            "merged": [
                str(row)
                for row in database.fetch_tuples(
                    """
                    select "table", row, nct_id, status, differences, agrees, differs, adds,
                      silent, unreadable, not_checked, trial_id from merged"""
                )
            ],
        }


DAY = r"\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]+ \d{4}"
ASKING = pytest.mark.parametrize("name", [name for name in NAMES if "bulk" not in name])


@ASKING
def test_an_old_database_opens_and_has_the_contents_of_a_fresh_one(
    name: str, fresh: Path, tmp_path: Path
) -> None:
    expected = contents(Path(shutil.copy(fresh, tmp_path / "fresh.db")), tmp_path)
    found = contents(unpacked(name, tmp_path), tmp_path)
    assert found == expected


@EACH
def test_opening_an_old_database_loses_nothing_and_is_done_once(name: str, tmp_path: Path) -> None:
    path = unpacked(name, tmp_path)
    with closing(sqlite3.connect(path)) as before:
        kept = {
            question: [*map(unpacked_row, before.execute(question))]
            for question in questions(before)
        }
        versions = before.execute("select count(*) from versions").fetchone()
    for _ in range(2):
        progress: list[int] = []
        with closing(
            Database(path, lambda done, total, progress=progress: progress.append(done))
        ) as after:
            for question, rows in kept.items():
                assert [*map(unpacked_row, after.fetch_tuples(question))] == rows
            assert facts_in(after).items() <= facts_in_records(after).items()
            assert after.fetch_tuples("select count(enrollment) from trial_versions") == [versions]
            assert after.fetch_tuples("pragma integrity_check") == [("ok",)]
            assert after.fetch_tuples("pragma foreign_key_check") == []
    assert progress == [], "the second opening derives nothing again"


# Later versions publish news under ids of another kind from the start.
@pytest.mark.parametrize("name", [name for name in NAMES if name < "16"])
def test_the_news_of_an_old_database_keeps_the_ids_that_feeds_published(
    name: str, tmp_path: Path
) -> None:
    with closing(Database(unpacked(name, tmp_path))) as database:
        assert database.fetch_value("select count(*) from runs where not tag_uris") == 0


def test_what_waited_to_be_sent_waits_for_every_address(tmp_path: Path) -> None:
    path = unpacked("16-edits-of-tables.db.xz", tmp_path)
    with closing(sqlite3.connect(path)) as old:
        (run_id, table) = old.execute(
            "select max(x.run_id), t.name from run_tables x join tables t on t.id = x.table_id"
        ).fetchone()
        old.execute("insert into notifications (run_id) values (?)", [run_id])
        old.commit()
    keys = [DeliveryKey(f"--notify {number}", table) for number in range(2)]
    with closing(Database(path)) as database:
        for key in keys:
            deliveries = read_deliveries(database, keys, NOW)
            assert deliveries[key].first_unsent == run_id
            save_deliveries(database, deliveries | {key: Delivery(None, NOW, NOW)})
        assert read_deliveries(database, [DeliveryKey("mail 1", table)], NOW) == {
            DeliveryKey("mail 1", table): Delivery(None, NOW, None)
        }


def facts_in(database: Database) -> dict[str, Trial]:
    return {trial.nct_id: trial for trial in read_trials(database).values()}


def facts_in_records(database: Database) -> dict[str, Trial]:
    """What today's code reads in the newest record of each trial."""
    return {
        nct_id: facts_and_children(
            read_study(database, nct_id, stored.version), complete=stored.complete
        )[0]
        for nct_id, stored in read_latest_versions(database).items()
    }


def unpacked_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row with the records in it parsed, in whatever form they are stored."""
    return tuple(
        dict(study_from_column(value))
        if isinstance(value, bytes) or str(value)[:1] == "{"
        else value
        for value in row
    )


def questions(db: sqlite3.Connection) -> Iterator[str]:
    """One for all rows of each table of history, with the columns that it has now."""
    for table in KEPT:
        columns = [column[0] for column in db.execute(f"select * from {table}").description]
        yield f"select {', '.join(columns)} from {table} order by 1, 2"


KEPT = ("runs", "rows", "row_ids", "versions", "changes", "problems")
