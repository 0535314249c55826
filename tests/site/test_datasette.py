"""The folder that `enrich browse` makes, served by whichever Datasette is installed: 0.65 and a pre-release of 1.0 are both tried."""

import asyncio
import csv
import html
import importlib.util
import io
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path

import html5lib
import pytest

from enrich.site import build
from enrich.site.build import write_site
from enrich.site.metadata import TABLE_PAGES
from enrich.site.queries import QUERIES
from enrich.storage.database import Database
from tests.fixtures.hostile_texts import ALL
from tests.fixtures.registry_server import set_path
from tests.fixtures.sample_database import HOSTILE, make_database
from tests.fixtures.sample_runs import sample_runs
from tests.fixtures.studies import nct
from tests.hostile.test_outlets import record

SITE = Path(build.__file__).parent
pytestmark = [pytest.mark.datasette, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def site_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("datasette")
    write_site(make_database(folder), folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def site(site_folder):
    """Asks Datasette for a page: its status, and its text or where it leads."""
    return asking(site_folder)


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    Database(folder / "empty.db").close()
    write_site(folder / "empty.db", folder / "site")
    return asking(folder / "site")


def asking(folder):
    from datasette.app import Datasette

    site = Datasette(files=[], config_dir=folder)

    async def get(path):
        await site.invoke_startup()
        answer = await site.client.get(path)
        return answer.status_code, answer.headers.get("location") or answer.text

    return lambda path: asyncio.run(get(path))


PAGES = [
    *(
        "/",
        "/trials",
        "/trials/published_table9",
        "/trials/published_a_b_c",
        "/trials/published_no_ids",
        "/trials/rows/1",
    ),
    *(f"/trials/{name}" for name in TABLE_PAGES),
    *(f"/trials/{name}" for name in QUERIES),
    *(
        "/trials/as_of?date=2021-03-09",
        "/trials/sites_near?place=Lyon",
        "/trials/trials/NCT03211793",
        "/trials/trials/NCT10000001",
        "/trials/tables/1",
    ),
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_and_registry_text_is_text(site, path):
    status, text = site(path)
    assert status == 200, text
    assert HOSTILE not in text
    assert "alert('x')" not in text
    assert 'href="javascript' not in text.lower()
    assert "href='javascript" not in text.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/trials",
        *(f"/trials/{name}" for name in (*TABLE_PAGES, *QUERIES)),
        "/trials/trials?_search=sleep",
    ],
)
def test_an_empty_database_opens_too(empty_site, path):
    assert empty_site(path)[0] == 200


def words(text):
    return html.unescape(
        re.sub(r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", text, flags=re.S))
    )


def test_the_front_page_asks_the_readers_questions(site):
    text = words(site("/")[1])
    assert "3 published tables beside the registry" in text
    assert "What does my table look like today?" in text
    assert "neither endorses nor recommends" in text


def test_a_trials_page_shows_everything_about_it(site):
    text = words(site("/trials/trials/NCT10000001")[1])
    for expected in (
        HOSTILE,
        "38 (enrolled)",
        "Phase 1; Phase 2",
        "completed",
        "differs cause unknown",
        "Status: recruiting → completed",
        "Hours slept",
        "Pillow Fund",
        "Retracted: Sandman 2024",
        "Study Protocol",
        "2 sites",
    ):
        assert expected in text, expected
    markup = site("/trials/trials/NCT10000001")[1]
    assert 'href="https://clinicaltrials.gov/study/NCT10000001?tab=history"' in markup
    assert 'href="/trial/NCT10000001/versions?a=1&amp;b=2"' in markup
    assert markup.count("<circle") == 2
    assert ">Lyon</text>" in markup


# --- tables, rows and versions


def test_a_trials_page_shows_its_results_paper_and_notices(tmp_path):
    db = make_database(tmp_path)
    with closing(sqlite3.connect(db)) as database, database:
        database.execute(
            "insert into papers (trial_id, place, role, points, grounds, type, pmid, doi, citation)"
            " values ('NCT10000001', 1, 'results paper', 2, '[\"in a general medical journal\"]',"
            " 'RESULT', '123', '10.1000/a', ?)",
            (f"Sandman 2024 {HOSTILE}",),
        )
        database.execute(
            "insert into paper_notices (doi, kind, day, first_seen)"
            " values ('10.1000/a', 'expression of concern', '2025-03-04', '2026-11-25')"
        )
        database.execute("insert into paper_checks values ('the records', '2026-11-25')")
    write_site(db, tmp_path / "site")
    status, text = asking(tmp_path / "site")("/trials/trials/NCT10000001")
    assert status == 200
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Results paper: Sandman 2024" in words
    assert "Chosen because: in a general medical journal." in words
    assert "Notice: expression of concern of 2025-03-04: Sandman 2024" in words
    assert "<script>alert" not in text


def test_what_a_search_found_is_a_page_that_the_page_of_its_table_leads_to(tmp_path):
    db = make_database(tmp_path)
    facts = {"nct_id": "NCT30000001", "title": f"Pillows {HOSTILE}", "phases": ["PHASE2"]}
    with closing(sqlite3.connect(db)) as database, database:
        database.execute(
            "update tables set description = json_set(description, '$.search', json(?))"
            " where name = 'table9'",
            ('[["query.cond", "sleep"]]',),
        )
        database.execute(
            "insert into hits (table_id, nct_id, state, first_seen, last_seen, place, grounds, facts)"
            " select id, 'NCT30000001', 'new', '2026-11-25', '2026-11-25', 1, ?, ?"
            " from tables where name = 'table9'",
            (json.dumps(["insomnia", HOSTILE]), json.dumps(facts)),
        )
    write_site(db, tmp_path / "site")
    get = asking(tmp_path / "site")
    status, text = get("/trials/published_table9")
    assert status == 200 and '<a href="triage?table=table9">' in text
    assert 'href="triage' not in get("/trials/published_no_ids")[1]
    status, text = get("/trials/triage?table=table9")
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert status == 200 and "NCT30000001" in words and "insomnia" in words
    assert "<script>alert" not in text
    assert get("/trial/NCT30000001") == (302, "https://clinicaltrials.gov/study/NCT30000001")


def test_a_trials_page_shows_the_numbers_of_people(tmp_path):
    db = make_database(tmp_path)
    with closing(sqlite3.connect(db)) as database, database:
        database.execute("update trials set has_results = 1 where nct_id = 'NCT10000001'")
        database.executemany(
            "insert into participant_counts (nct_id, stage, people, outcome, reason)"
            " values ('NCT10000001', ?, ?, ?, ?)",
            [
                ("started", 1553, None, None),
                ("counted at baseline", None, None, "counted in eyes"),
                ("analysed", 14, f"Rest {HOSTILE}", None),
            ],
        )
    write_site(db, tmp_path / "site")
    status, text = asking(tmp_path / "site")("/trials/trials/NCT10000001")
    assert status == 200
    shown = " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert "Numbers of people Started 1,553" in shown
    assert "Counted at baseline unknown (counted in eyes)" in shown
    assert "Analysed for “Rest" in shown
    assert "<script>alert" not in text


def test_a_published_table_shows_its_verdicts_in_the_printed_cells(site):
    def table(path):
        found = re.search(r"<table.*</table>", site(path)[1], flags=re.S)
        return re.sub(r"\s+", " ", words(found.group()))

    short, long = table("/trials/published_a_b_c"), table("/trials/published_a_b_c?_all=1")
    assert "41 differs Number of participants now: 38 (cause unknown)" in short
    assert "enrollment: verdict" not in short
    assert "enrollment: verdict" in long


def test_a_table_shows_its_main_columns_and_all_when_asked(site):
    def headings(path):
        return re.findall(r'<th class="[^"]*" scope="col" data-column="(\w+)"', site(path)[1])

    first, all_of_them = headings("/trials/merged"), headings("/trials/merged?_all=1")
    assert first[:4] == ["table", "row", "nct_id", "brief_title"]
    assert set(first) < set(all_of_them)
    assert "cells" in all_of_them


@pytest.mark.parametrize("name", ["merged", "trials", "recent_changes", "comparisons", "locations"])
def test_cells_show_words_instead_of_codes(site, name):
    cells = re.findall(r"<td[^>]*>(.*?)</td>", site(f"/trials/{name}?_size=max")[1], flags=re.S)
    assert cells
    assert not [cell for cell in cells if re.search(r"\b[A-Z]{2,}_[A-Z_]+\b", words(cell))]


def test_a_row_is_a_page_that_shows_what_differs_first(site):
    text = words(site("/trials/rows/11")[1])
    assert "Row 7 of Table 9" in text
    compared = text[text.index("Beside the registry") :]
    assert compared.index("differs") < compared.index("Raw data")


def test_two_versions_are_shown_side_by_side(site):
    status, page = site("/trial/NCT10000001/versions")
    assert status == 200
    assert "<del>recruiting</del>" in page
    assert "<ins>completed</ins>" in page
    assert "<del>40</del>" in page
    assert "Versions 1 and 2 of NCT10000001" in page


@pytest.mark.parametrize(
    "path",
    ["NCT10000001/versions?a=7", "NCT10000001/versions?b=%C2%B2", "NCT77777777/versions"],
)
def test_a_version_that_is_not_held_is_not_found(site, path):
    status, text = site(f"/trial/{path}")
    assert status == 404
    assert "There is no version" in text


def test_a_question_is_shown_page_by_page(site):
    page = site("/trials/as_of?rows=5&from=6")[1]
    assert page.count("<tr>") == 1 + 5
    assert 'href="/trials/as_of?rows=5&amp;from=11"' in page
    assert 'href="/trials/as_of?rows=5&amp;from=1"' in page


def test_no_page_loads_anything_but_a_map_from_another_server(site):
    for path in ("/", "/trials", "/trials/merged", "/trials/trials/NCT10000001"):
        loaded = re.findall(r'<(?:script|link|img|use)[^>]*(?:src|href)="([^"]+)"', site(path)[1])
        assert {urllib.parse.urlsplit(address).netloc for address in loaded} <= {"", "localhost"}


def test_a_partial_copy_is_not_taken_for_the_record(site):
    assert "This is a partial copy of the record" in words(site("/trials/trials/NCT03211793")[1])


@pytest.mark.parametrize(
    ("path", "where"),
    [
        pytest.param("/trial/NCT10000001", "/trials/trials/NCT10000001", id="its own id"),
        pytest.param("/trial/NCT09999999", "/trials/trials/NCT10000001", id="an obsolete id"),
        pytest.param("/trial/nct10000001", "/trials/trials/NCT10000001", id="small letters"),
        pytest.param("/trial/NCT77777777", None, id="unknown"),
    ],
)
def test_every_id_leads_to_its_trial(site, path, where):
    status, text = site(path)
    if where is None:
        assert status == 404 and "There is no record of NCT77777777" in html.unescape(text)
    else:
        assert (status, text) == (302, where)


def test_the_page_of_a_merged_record_leads_to_the_record_that_absorbed_it(site_folder, tmp_path):
    folder = shutil.copytree(site_folder, tmp_path / "site")
    with closing(sqlite3.connect(folder / "trials.db")) as db, db:
        db.execute("update trials set merged_into = 'NCT10000001' where nct_id = 'NCT10000002'")
    ask = asking(folder)
    assert ask("/trial/NCT10000002") == (302, "/trials/trials/NCT10000002")
    page = ask("/trials/trials/NCT10000002")[1]
    link = '<a href="/trial/NCT10000001">NCT10000001</a>'
    assert f"Merged: this record was merged into {link}." in page


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        pytest.param(
            "/trials/trials.json?_search=insomnia&_shape=array", 2, id="trials by a condition"
        ),
        pytest.param(
            "/trials/rows.json?_search=plasmapheresis&_shape=array", 1, id="rows by a word"
        ),
        pytest.param(
            "/trials/merged.json?_search=plasmapheresis&_shape=array", 1, id="merged rows by a word"
        ),
        pytest.param(
            "/trials/trials.json?_search=%22%3B*&_shape=array",
            0,
            id="signs that mean something to the index",
        ),
        pytest.param(
            "/trials/locations.json?country=France&_size=max&_labels=on&_extra=count&_extra=next_url&_shape=array",
            4,
            id="what the map asks of a table",
        ),
        pytest.param(
            "/trials/sites_near.json?place=Lyon&km=9&_size=max&_labels=on&_extra=count&_extra=next_url&_shape=array",
            2,
            id="what the map asks of a query",
        ),
    ],
)
def test_search_finds_and_the_map_gets_its_places(site, path, rows):
    status, text = site(path)
    assert status == 200, text
    assert len(json.loads(text)) == rows


def asks(text):
    return urllib.parse.quote(text, safe="")


@pytest.mark.parametrize("text", ALL, ids=range(len(ALL)))
def test_a_hostile_text_typed_into_a_search_or_a_question_is_only_a_text(
    site, text, record_property
):
    pages = [
        f"/trials/{name}.json?_search={asks(text)}&_shape=array"
        for name in ("trials", "rows", "merged")
    ]
    pages += [
        f"/trials/{name}.json?{parameter}={asks(text)}&_shape=array"
        for name in QUERIES
        for parameter in re.findall(r":(\w+)", QUERIES[name].sql)[:1]
    ]
    for page in pages:
        status, answer = site(page)
        # Datasette hands a search without a single word to SQLite, which refuses it.
        assert (
            isinstance(json.loads(answer), list) if re.search(r"\w", text) else status in (200, 400)
        ), (page, answer)
    record_property(
        "tried", ("hostile texts typed into the site", {"texts": 1, "pages asked": len(pages)})
    )


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory):
    """A site over a record for each hostile text, which stands wherever a text may stand."""
    folder = tmp_path_factory.mktemp("hostile")
    given = [record(text) for text in ALL]
    for number, made in enumerate(given, 1):
        set_path(made, "protocolSection.identificationModule.nctId", nct(number))
    cells = io.StringIO()
    csv.writer(cells).writerows(
        [
            ("Trial", "N", "Authors"),
            *((nct(number), text, text) for number, text in enumerate(ALL, 1)),
        ]
    )
    toml = 'file = "moonlight.csv"\nid_column = "Trial"\nurl = "javascript:alert(1)"\ndoi = "javascript:alert(1)"\n[columns.N]\nsays = ["enrollment"]\n'
    with sample_runs(folder, table=toml, cells=cells.getvalue(), studies=given, nights=()):
        write_site(folder / "trials.db", folder / "site")
    return asking(folder / "site")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/trials",
        "/trials/published_moonlight?_size=max",
        *(f"/trials/{name}?_size=max" for name in TABLE_PAGES),
    ],
)
def test_a_page_of_hostile_texts_holds_no_markup_of_theirs(hostile_site, path):
    holds_nothing_of_theirs(*hostile_site(path))


@pytest.mark.parametrize("number", range(1, len(ALL) + 1))
def test_the_page_of_a_hostile_trial_holds_no_markup_of_its_record(hostile_site, number):
    holds_nothing_of_theirs(*hostile_site(f"/trials/trials/{nct(number)}"))


def holds_nothing_of_theirs(status, page):
    assert status == 200
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(page)
    assert not [script.text for script in tree.iter("script") if "alert(" in (script.text or "")]
    assert not list(tree.iter("img")) + list(tree.iter("iframe"))
    assert not [
        name
        for element in tree.iter()
        for name in element.attrib
        if name in ("onmouseover", "onerror", "onload")
    ]
    assert {urllib.parse.urlsplit(link.get("href", "")).scheme for link in tree.iter("a")} <= {
        "",
        "http",
        "https",
    }


def test_internals_are_hidden(site):
    """Datasette lists hidden tables only when asked."""
    listed = re.findall(r'href="/trials/([\w]+)"', site("/trials")[1])
    assert "conditions" in listed
    assert not {"versions", "row_ids", "answers", "_sqlite_migrations", "trials_fts"} & set(listed)


def test_browse_serves_until_it_is_stopped(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = make_database(tmp_path)
    command = [
        sys.executable,
        "-m",
        "enrich",
        "browse",
        "--db",
        str(path),
        "--port",
        str(port),
        "--no-open",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as served:
        try:
            assert fetched(f"http://127.0.0.1:{port}/trials/merged")
        finally:
            served.send_signal(2)
            output = served.communicate(timeout=30)[0]
    assert f"http://127.0.0.1:{port}/" in output
    assert "Traceback" not in output


def fetched(url):
    """The page, as soon as the server is up; the last error after half a minute."""
    for attempt in range(60):
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.read()
        except OSError:
            if attempt == 59:
                raise
            time.sleep(0.5)
    return b""


# --- words of single cells


@pytest.fixture(scope="module")
def words_plugin():
    """The plugin that writes cells in words, as Datasette loads it."""
    return load_plugin("words")


def load_plugin(name):
    spec = importlib.util.spec_from_file_location(name, SITE / "plugins" / f"{name}.py")
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    return plugin


class Urls:
    """The addresses of a site at the root of its server."""

    def path(self, path):
        return path


class Site:
    """A site without a configuration."""

    def plugin_config(self, name):
        return {"coded": ["overall_status"], "labels": {"enrollment": "Participants"}}


def test_fields_of_a_question_are_in_its_order_and_further_ones_behind_them(words_plugin):
    names = dict.fromkeys("zabcy", "")
    hints = {"b": {}, "a": {}, "absent": {}}
    assert words_plugin.Words(Site()).in_order(names, hints) == ["b", "a", "z", "c", "y"]


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("agrees", "agrees"),
        ("differs, registry moved", "differs Participants now: 38 (registry moved)"),
        ("differs, unknown", "differs Participants now: 38 (cause unknown)"),
        (
            "differs, never agreed, settled: a, b: counted twice",
            "settled a, b: counted twice. Participants now: 38 (never agreed)",
        ),
        ("adds", "not printed Participants: 38"),
        ("not checked", "not checked Participants"),
    ],
)
def test_a_verdict_is_shown_with_its_cause_and_the_reason_why_it_was_settled(
    words_plugin, verdict, shown
):
    fact = {"field": "enrollment", "columns": ["v", "n"]}
    line = words_plugin._fact_line(
        words_plugin.Words(Site()), fact, {"v": {"raw": verdict}, "n": {"raw": "38"}}
    )
    assert words(str(line)).strip() == shown


@pytest.mark.parametrize(
    ("row", "column", "value", "shown"),
    [
        ({"gone_since": None}, "overall_status", "RECRUITING", "recruiting"),
        (
            {"gone_since": "2026-03-13"},
            "overall_status",
            "RECRUITING",
            "removed (last known: recruiting)",
        ),
        ({}, "status", "merged into NCT10000001: COMPLETED", "merged into NCT10000001 completed"),
        ({"merged_into": "NCT10000001"}, "current_status", "MERGED", "merged"),
        ({}, "current_status", "REMOVED", "removed"),
        ({}, "status", "no registry id", "no registry id"),
        ({"field": "overall_status"}, "registry", "NOT_YET_RECRUITING", "not yet recruiting"),
        ({}, "checked_at", "2026-03-13T06:00:00+00:00", "2026-03-13 06:00 UTC"),
        ({}, "cells", '{"Drug": "milk", "N": ""}', "Drug: milk"),
    ],
)
def test_a_cell_is_shown_in_words(words_plugin, row, column, value, shown):
    cell = words_plugin.render_cell(row, value, column, "trials", "trials", Site())
    assert re.sub(r"\s+", " ", words(str(cell))).strip() == shown


def test_a_long_text_is_folded_behind_its_beginning(words_plugin):
    text = "word " * 60
    cell = words_plugin.render_cell({}, text, "note", "trials", "trials", Site())
    assert cell.startswith('<details class="long"><summary>word word')
    assert words_plugin.render_cell({}, "word", "note", "trials", "trials", Site()) is None


@pytest.mark.parametrize(
    ("trial", "banners"),
    [
        ({}, []),
        ({"gone_since": "2026-03-13"}, ["Removed: no longer on ClinicalTrials.gov (noticed on 2026-03-13). This page shows the last known content."]),
        ({"overall_status": "TERMINATED", "why_stopped": "Slow accrual"}, ["Stopped early: Slow accrual"]),
        ({"overall_status": "SUSPENDED"}, ["Suspended. No reason is given."]),
        ({"overall_status": "UNKNOWN"}, ["Status unknown: not updated within the registry's time limit."]),
        ({"last_update_posted": "2023-03-02"}, ["Not updated for 3 years: the record may be out of date."]),
        ({"last_update_posted": "2024-03-03"}, []),
        ({"last_update_posted": "2010-01-01", "overall_status": "COMPLETED"}, []),
        ({"merged_into": "NCT10000002"}, ["Merged: this record was merged into NCT10000002."]),
    ],
)  # fmt: skip
def test_a_page_begins_with_what_to_know_first(trial, banners):
    usual = {
        "overall_status": "RECRUITING", "why_stopped": None, "gone_since": None, "stale_since": None,
        "complete": 1, "source": "a copy", "last_update_posted": "2026-03-01",
        "checked_at": "2026-03-02T06:00:00+00:00", "retrieved_at": "2026-03-02T06:00:00+00:00",
    }  # fmt: skip
    found = load_plugin("trial_page")._banners({**usual, **trial}, [], Urls())
    assert [re.sub("<.*?>", "", text) for _, text in found] == banners


def test_the_timeline_shows_when_the_registry_overtook_a_cell_and_the_versions_that_show_it():
    claim = {"verdict": "differs", "moved_on": "2022-05-01", "column": "N", "row_id": 8}
    link = "https://clinicaltrials.gov/study/NCT10000001?tab=history&a=3&b=4#version-content-panel"
    claims = [{**claim, "link": link}, {**claim, "moved_on": None, "link": None}]
    assert load_plugin("trial_page")._overtaken(claims) == [
        {
            "day": "2022-05-01",
            "what": "The table's N was overtaken by the registry",
            "row_id": 8,
            "link": link,
        }
    ]


def test_the_lines_of_two_records_are_paired_without_contacts():
    plugin = load_plugin("version_diff")
    before = {"protocolSection": {"contactsLocationsModule": {
        "centralContacts": [{"name": "Jane Doe"}],
        "locations": [{"city": "Lyon", "status": "RECRUITING", "contacts": [{"phone": "555"}]}],
    }}}  # fmt: skip
    after = {"protocolSection": {"contactsLocationsModule": {
        "centralContacts": [{"name": "John Roe"}],
        "locations": [{"city": "Lyon", "status": "COMPLETED"}, {"city": "Paris"}],
    }}}  # fmt: skip
    (block,) = plugin.compare(plugin.lines_of(before), plugin.lines_of(after))
    assert [tuple(map(str, row)) for row in block["rows"]] == [
        (
            "Contacts locations: locations",
            "Lyon · <del>recruiting</del>",
            "Lyon · <ins>completed</ins>",
        ),
        ("Contacts locations: locations", "", "<ins>Paris</ins>"),
    ]


def test_a_place_is_drawn_on_its_land():
    """A point at 10° east, 50° north lies where the land's own tenths of a degree put it."""
    site = {"latitude": 50.0, "longitude": 10.0, "city": "Here", "country": "There"}
    drawn = load_plugin("site_map").site_map([site])
    a, b, c, d, e, f = map(float, re.findall(r"-?[\d.]+", drawn["land"]))
    (place,) = drawn["places"]
    assert (b, c) == (0, 0)
    assert a * 100 + e == pytest.approx(place["x"], abs=0.2)
    assert d * -500 + f == pytest.approx(place["y"], abs=0.2)
