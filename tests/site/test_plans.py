"""No page of the site reads a whole large table: what SQLite plans for each statement of a page.

The plans do not depend on how many rows there are, so a small database shows them.
"""

import asyncio
import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from enrich.site import metadata
from enrich.site.build import write_site
from enrich.site.queries import QUERIES
from tests.bench.pages import PAGES
from tests.fixtures.sample_database import make_database

pytestmark = [pytest.mark.datasette, pytest.mark.filterwarnings("ignore")]

# The tables whose rows grow with the registry, or with the published tables.
LARGE = {
    *("trials", "versions", "comparisons", "rows", "row_ids"),
    *("conditions", "interventions", "arms", "primary_outcomes", "secondary_outcomes"),
    *("locations", "sponsors", "publications", "mesh_terms", "documents"),
}
# The steps of SQLite's programs that begin at the first or last row of a table, or count them all.
FROM_ITS_BEGINNING = {"Rewind", "Last", "Count"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site whose tables count as large: its folder."""
    folder = tmp_path_factory.mktemp("plans")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "_COUNTED", -1)
        write_site(make_database(folder), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def statements_of(site):
    """A function: the statements, with their parameters, that Datasette sends for a page."""
    from datasette.app import Datasette
    from datasette.database import Database

    datasette, sent = Datasette(files=[], config_dir=site), []
    execute = Database.execute

    async def note(self, sql, params=None, **options):
        if self.name == "trials":
            sent.append((sql, params))
        return await execute(self, sql, params, **options)

    async def get(path):
        await datasette.invoke_startup()
        return await datasette.client.get(path)

    def ask(path):
        sent.clear()
        assert asyncio.run(get(path)).status_code in (200, 302)
        return [*sent]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "execute", note)
        yield ask


def whole_tables(db, sql, params):
    """The large tables that a statement goes through row by row, without an index, and not only
    until the page is full.
    """
    plan = [row[3] for row in db.execute(f"explain query plan {sql}", params or {})]
    if " limit " in sql and not any("USE TEMP B-TREE FOR ORDER" in step for step in plan):
        return set()
    roots = dict(db.execute("select rootpage, name from sqlite_master where type = 'table'"))
    program = [row[1:4] for row in db.execute(f"explain {sql}", params or {})]
    opened = {cursor: roots.get(page) for step, cursor, page in program if step == "OpenRead"}
    begun = {opened.get(cursor) for step, cursor, _ in program if step in FROM_ITS_BEGINNING}
    return begun & LARGE


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_reads_no_large_table_as_a_whole(site, statements_of, path):
    path = path.format(nct_id="NCT10000001").replace("published_table", "published_table9")
    sent = statements_of(path)
    with closing(sqlite3.connect(site / "trials.db")) as db:
        db.create_function("escape_fts", 1, lambda text: f'"{text}"')
        assert not [(table, sql) for sql, params in sent for table in whole_tables(db, sql, params)]


def test_the_plans_show_a_table_that_is_read_as_a_whole(site):
    with closing(sqlite3.connect(site / "trials.db")) as db:
        for sql in (
            "select count(*) from trials x where acronym = 'a'",
            "select nct_id from trials order by acronym limit 50",
        ):
            assert whole_tables(db, sql, {})
        assert not whole_tables(db, "select nct_id from trials limit 50", {})


def test_every_question_has_a_page_here():
    asked = {path.split("?")[0] for path in PAGES.values()}
    assert {f"/trials/{name}" for name in QUERIES} <= asked


def test_a_view_is_not_counted_again(statements_of):
    sent = [" ".join(sql.split()) for sql, _ in statements_of("/trials/merged")]
    assert sent and not [sql for sql in sent if sql.startswith("select count(*) from merged")]


def test_what_a_search_finds_in_a_large_view_is_not_counted(site, tmp_path):
    from datasette.app import Datasette

    folder = shutil.copytree(site, tmp_path / "site")
    counts = json.loads((folder / "inspect-data.json").read_text())
    pages = []
    for number in (10_000, 10_001):
        counts["trials"]["views"]["merged"]["count"] = number
        (folder / "inspect-data.json").write_text(json.dumps(counts))
        datasette = Datasette(files=[], config_dir=folder)
        page = asyncio.run(datasette.client.get("/trials/merged?_search=plasmapheresis"))
        pages.append(re.search(r"<h2>(.*?)</h2>", page.text)[1].strip())
    assert pages[0].startswith("1 row where") and pages[1].startswith("where")
