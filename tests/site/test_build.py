"""Views, metadata and the folder that Datasette serves; no Datasette is needed here."""

import importlib.util
import json
import random
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import textstat
from click.testing import CliRunner

from enrich.cli import main
from enrich.site import build as browse
from enrich.site.metadata import DATABASE, TABLE_PAGES, metadata
from enrich.site.queries import KM, NEAR, QUERIES
from enrich.storage.database import Database
from enrich.storage.schema.views import published_name, published_views
from enrich.storage.snapshot import copy_database
from tests.fixtures.sample_database import HOSTILE, make_database


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    browse.write_site(make_database(folder), folder / "site")
    return folder / "site"


@pytest.fixture
def db(folder):
    connection = sqlite3.connect(folder / "trials.db")
    connection.row_factory = sqlite3.Row
    yield connection
    connection.close()


def rows(db, sql, **parameters):
    """The rows of a question; parameters that are not given are empty, as on its page."""
    empty = dict.fromkeys(re.findall(r":([a-z]+)", sql), "")
    return [dict(row) for row in db.execute(sql, empty | parameters)]


def test_the_snapshot_has_no_address_and_no_phone_number_in_a_text(tmp_path):
    source, target = make_database(tmp_path), tmp_path / "copy.db"
    with closing(sqlite3.connect(source)) as db, db:
        db.execute("update trials set official_title = 'Call +1 301 555 0142', acronym = 'A@b.org'")
        db.execute("update arms set description = 'Milk, 250-500 ml; phone 555-0142'")
    copy_database(source, target)
    with closing(sqlite3.connect(target)) as db:
        titles = set(db.execute("select official_title, acronym from trials"))
        assert titles == {("Call (contact details)", "(contact details)")}
        found = set(db.execute("select description from arms"))
        assert found == {("Milk, 250-500 ml; phone (contact details)",)}
    assert not re.search(rb"555.0142", target.read_bytes())


# --- views


def test_a_published_table_has_its_printed_order_and_its_verdicts(db):
    (first, second) = rows(db, "select * from published_a_b_c")
    assert list(first) == [
        "row",
        "trial",
        "status now",
        "Id",
        'N "all"',
        "enrollment: verdict",
        "enrollment: registry now",
        "row 2",
        "Ro'w; drop",
        "row_id",
    ]
    assert (first['N "all"'], first["enrollment: verdict"], first["enrollment: registry now"]) == (
        "41",
        "differs, unknown",
        "38",
    )
    assert first["row 2"] == HOSTILE
    assert second["enrollment: verdict"] == "agrees"


def test_a_table_without_ids_stays_whole(db):
    assert [
        row["status"] for row in rows(db, "select status from merged where \"table\" = 'no_ids'")
    ] == ["no registry id"] * 2
    assert [row["N"] for row in rows(db, "select N from published_no_ids")] == ["3", "4"]


def test_names_of_views_are_safe_and_differ():
    named = published_views(
        [
            {"id": 1, "name": "a-b c"},
            {"id": 2, "name": "a b-c"},
            {"id": 3, "name": "表"},
            {"id": 4, "name": "trials"},
        ]
    )
    assert list(named) == [
        "published_a_b_c",
        "published_a_b_c_2",
        "published_table",
        "published_trials",
    ]
    assert published_name("Table 9; drop") == "published_table_9_drop"


def test_versions_have_the_days_on_which_they_were_valid(db):
    found = rows(
        db,
        "select version, valid_from, valid_to, overall_status, phases, enrollment from trial_versions where nct_id = 'NCT10000001'",
    )
    assert [tuple(row.values()) for row in found] == [
        (1, "2024-05-06", "2026-08-09", "RECRUITING", '["PHASE1", "PHASE2"]', 40),
        (2, "2026-08-09", None, "COMPLETED", '["PHASE1", "PHASE2"]', 38),
    ]


@pytest.mark.parametrize(
    ("date", "status", "enrollment"),
    [
        pytest.param(
            "2024-05-05", "not known for this day", None, id="before the update that was seen first"
        ),
        pytest.param("2024-05-06", "RECRUITING", 40, id="on the day of the update"),
        pytest.param("2026-08-08", "RECRUITING", 40, id="the day before the next"),
        pytest.param("2026-08-09", "COMPLETED", 38, id="the day of the next"),
        pytest.param("", "COMPLETED", 38, id="today"),
    ],
)
def test_as_of_a_day(db, date, status, enrollment):
    (row,) = [
        row for row in rows(db, QUERIES["as_of"].sql, date=date) if row["nct_id"] == "NCT10000001"
    ]
    assert (row["status"], row["enrollment"]) == (status, enrollment)


def test_as_of_keeps_every_row(db):
    assert len(rows(db, QUERIES["as_of"].sql, date="1990-01-01")) == 14


def test_sites_near_a_place_are_as_far_as_they_are(db):
    found = rows(db, QUERIES["sites_near"].sql, place="lyon", km="200")
    assert {(row["city"], row["km"]) for row in found} == {
        ("Lyon", 0.0),
        ("Grenoble", 93.6),
    }  # by the spherical law of cosines, too
    assert {
        row["city"] for row in rows(db, QUERIES["sites_near"].sql, place="45.2, 5.7", km="10")
    } == {"Grenoble"}
    assert {row["city"] for row in rows(db, QUERIES["sites_near"].sql, place="Lyon", km="")} == {
        "Lyon"
    }
    assert rows(db, QUERIES["sites_near"].sql, place="Nowhere", km="") == []


def test_without_a_place_the_city_with_most_recruiting_sites_is_asked_for(db):
    assert {
        (row["near"], row["km"]) for row in rows(db, QUERIES["sites_near"].sql, place="", km="")
    } == {("Lyon, France", 0.0)}


def test_without_a_day_the_month_before_the_last_run_is_asked_for(db):
    assert {row["seen_on"] for row in rows(db, QUERIES["changes_since"].sql, date="")} == {
        "2026-09-07"
    }


def test_planned_and_enrolled_are_both_shown(db):
    (row,) = [
        row
        for row in rows(db, QUERIES["planned_against_actual"].sql, least="")
        if row["nct_id"] == "NCT10000001"
    ]
    assert (row["printed"], row["planned"], row["enrolled"]) == ("41", "40", 38)


def test_the_other_questions_answer(db):
    assert rows(db, QUERIES["changes_since"].sql, date="2026-09-07")
    assert not rows(db, QUERIES["changes_since"].sql, date="2026-09-08")
    assert {
        row["cause"] for row in rows(db, QUERIES["differences_by_cause"].sql, cause="never agreed")
    } == {"never agreed"}
    assert {
        row["nct_id"] for row in rows(db, QUERIES["trials_by_country"].sql, country="Fran")
    } == {"NCT10000001", "NCT10000002"}
    assert {row["nct_id"] for row in rows(db, QUERIES["overdue_results"].sql, months="6")} >= {
        "NCT10000001"
    }
    assert [
        row["nct_id"]
        for row in rows(
            db, "select nct_id from recruiting_now where primary_outcomes = 'Hours slept (4 weeks)'"
        )
    ] == ["NCT10000002"]
    assert {
        row["retracted"]
        for row in rows(db, "select retracted from results_posted where nct_id = 'NCT10000001'")
    } == {1}
    assert {row["why"] for row in rows(db, "select why from stale_records")} == {
        "could not be confirmed in the last run"
    }


# --- metadata


def test_every_column_that_is_shown_has_a_meaning(folder):
    tables = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["databases"][
        DATABASE
    ]["tables"]
    db = sqlite3.connect(folder / "trials.db")
    for name, page in TABLE_PAGES.items():
        if not page.options.get("hidden"):
            columns = [
                column[0] for column in db.execute(f'select * from "{name}" limit 0').description
            ]
            assert [column for column in columns if column not in tables[name]["columns"]] == [], (
                name
            )
            assert tables[name]["description"]
    db.close()


def test_every_table_is_shown_or_hidden_on_purpose(folder):
    db = sqlite3.connect(folder / "trials.db")
    names = {
        name
        for (name,) in db.execute("select name from sqlite_master where type in ('table', 'view')")
        if "_fts_" not in name
    }
    db.close()
    assert {name for name in names if not name.startswith("published_")} == set(TABLE_PAGES)


def test_the_description_of_a_table_is_text(folder):
    description = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    table = description["databases"][DATABASE]["tables"]["published_a_b_c"]
    assert table["title"] == HOSTILE
    assert table["source_url"] == ""
    assert "<script" not in description["description_html"]
    assert "&lt;script&gt;" in description["description_html"]


def test_the_attribution_asked_for_is_given():
    description = metadata([], None, {}, {})
    assert description["source_url"] == "https://clinicaltrials.gov"
    assert "National Library of Medicine" in description["source"]
    assert "neither endorses" in description["description_html"]
    assert "No run has finished yet" in description["description_html"]


def test_datasette_1_finds_queries_and_facets_in_its_own_file(folder):
    description = json.loads((folder / "datasette.yaml").read_text(encoding="utf-8"))
    database = description["databases"][DATABASE]
    assert set(database["queries"]) == set(QUERIES)
    assert database["tables"]["trials"]["fts_table"] == "trials_fts"
    assert database["tables"]["locations"]["facets"]


def sentences():
    """The sentences of the site that people read: of questions, descriptions and templates."""
    yield from (query.title for query in QUERIES.values())
    for query in QUERIES.values():
        yield from re.split(r"(?<=\.) ", query.description)
    for page in TABLE_PAGES.values():
        if not page.options.get("hidden"):
            yield from re.split(r"(?<=\.) ", page.meaning)
    for path in (Path(browse.__file__).parent / "templates").glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"<textarea.*?</textarea>", "", text, flags=re.S)
        for found in re.findall(r">([^<>{}]{25,})<", text):
            yield " ".join(found.split())


def test_sentences_are_easy_to_read():
    hard = {
        sentence: grade
        for sentence in sentences()
        if len(sentence.split()) > 5
        and (grade := grade_of(sentence.replace("ClinicalTrials.gov", "the registry"))) > 9
    }
    assert not hard


def grade_of(text):
    return textstat.flesch_kincaid_grade(text)


# --- the folder


def test_the_database_is_called_trials_whatever_the_name_of_the_file(folder):
    assert (folder / "trials.db").is_file()
    assert (
        json.loads((folder / "inspect-data.json").read_text())["trials"]["tables"]["rows"]["count"]
        == 14
    )


@contextmanager
def busy_writer(path):
    """Adds two rows in each transaction until the block ends; gives the list of what refused it."""
    stop, faults = threading.Event(), []

    def write():
        writer = sqlite3.connect(path, timeout=10)
        while not stop.is_set():
            try:
                with writer:
                    writer.executemany(
                        "insert into runs (started_at, outcome) values (?, 'complete')",
                        [("2026-01-01",)] * 2,
                    )
            except sqlite3.Error as error:
                faults.append(error)
        writer.close()

    thread = threading.Thread(target=write)
    thread.start()
    yield faults
    stop.set()
    thread.join()


def test_a_snapshot_is_whole_while_a_sync_writes(tmp_path):
    """Every snapshot holds both rows of a transaction or neither, and the writer is never refused."""
    path, counts = tmp_path / "busy.db", []
    Database(path).close()
    with busy_writer(path) as faults:
        for _ in range(5):
            browse.write_site(path, tmp_path / "site")
            counts.append(
                json.loads((tmp_path / "site" / "inspect-data.json").read_text())["trials"][
                    "tables"
                ]["runs"]["count"]
            )
    assert not faults
    assert all(count % 2 == 0 for count in counts)
    assert counts[-1] > counts[0]


def test_the_database_is_only_read(tmp_path):
    path = make_database(tmp_path)
    before = path.read_bytes()
    browse.write_site(path, tmp_path / "site")
    assert path.read_bytes() == before


def test_into_a_folder_needs_no_datasette(tmp_path):
    path = make_database(tmp_path)
    result = CliRunner().invoke(
        main, ["browse", "--db", str(path), "--into", str(tmp_path / "out")]
    )
    assert result.exit_code == 0
    assert (tmp_path / "out" / "templates" / "row-trials-trials.html").is_file()
    assert (tmp_path / "out" / "plugins" / "trial_page.py").is_file()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "no such database; `enrich sync` makes it", id="missing"),
        pytest.param(
            b"no database at all, but long enough to look at" * 40,
            "file is not a database",
            id="something else",
        ),
    ],
)
def test_a_database_that_cannot_be_shown_is_one_line(tmp_path, content, message):
    if content is not None:
        (tmp_path / "x.db").write_bytes(content)
    result = CliRunner().invoke(
        main, ["browse", "--db", str(tmp_path / "x.db"), "--into", str(tmp_path / "out")]
    )
    assert result.exit_code == 1
    assert message in result.output
    assert result.output.count("\n") == 1


def test_without_datasette_one_line_explains_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["browse", "--db", str(tmp_path / "x.db")])
    assert result.exit_code == 1
    assert (
        result.output
        == "enrich: browsing needs Datasette: in the clone, pip install -e '.[browse]'\n"
    )


def test_a_taken_port_is_named_and_a_free_one_found():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(browse.BrowseError, match=f"port {port} is in use"):
            browse.free_port(port)
    assert browse.free_port(None) > 1024


def test_nothing_of_datasette_is_imported_before_it_is_asked_for():
    code = "import sys, enrich.cli, enrich.site.build; sys.exit('datasette' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- writing into a folder that holds something


def into(folder, db):
    return CliRunner().invoke(main, ["browse", "--db", str(db), "--into", str(folder)])


def test_the_database_itself_is_never_replaced_by_its_snapshot(tmp_path):
    path = make_database(tmp_path).rename(tmp_path / "trials.db")
    before = path.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path)
    names = sorted(tmp_path.iterdir())
    for folder in (tmp_path, tmp_path / "link"):
        result = into(folder, path)
        assert (result.exit_code, result.output.count("\n")) == (1, 1)
        assert "trials.db: not replaced" in result.output
        assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == names


@pytest.mark.parametrize(
    "name",
    ["trials.db", "metadata.json", "templates/row-trials-trials.html", "plugins/trial_page.py"],
)
@pytest.mark.parametrize("how", ["a file", "a folder", "a link", "a link to nothing"])
def test_a_file_that_an_earlier_call_did_not_write_is_left_alone(tmp_path, name, how):
    path, folder = make_database(tmp_path), tmp_path / "site"
    (folder / name).parent.mkdir(parents=True)
    (tmp_path / "mine").write_text("mine")
    match how:
        case "a file":
            (folder / name).write_text("mine")
        case "a folder":
            (folder / name).mkdir()
        case "a link":
            (folder / name).symlink_to(tmp_path / "mine")
        case "a link to nothing":
            (folder / name).symlink_to(tmp_path / "nothing")
    before = sorted(folder.rglob("*"))
    result = into(folder, path)
    assert result.exit_code == 1 and f"{name}: not replaced" in result.output
    assert sorted(folder.rglob("*")) == before and not (tmp_path / "nothing").exists()
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_site_is_replaced_by_a_later_one_unless_it_was_changed(tmp_path):
    path, folder = make_database(tmp_path), tmp_path / "site"
    (folder).mkdir()
    (folder / "fly.toml").write_text("for the deployment")
    for _ in range(2):
        assert into(folder, path).exit_code == 0
    assert (folder / "fly.toml").read_text() == "for the deployment"
    assert not [entry for entry in folder.iterdir() if entry.name.startswith(".")]
    # A sync made the snapshot its own database: it is one that somebody needs.
    sqlite3.connect(folder / "trials.db").executescript("create table of_mine (x)")
    used = (folder / "trials.db").read_bytes()
    result = into(folder, path)
    assert result.exit_code == 1 and "trials.db: not replaced" in result.output
    assert (folder / "trials.db").read_bytes() == used


def test_a_site_is_not_written_over_the_database_that_it_shows(tmp_path):
    """Also where an earlier call wrote that database."""
    folder = tmp_path / "site"
    assert into(folder, make_database(tmp_path)).exit_code == 0
    result = into(folder, folder / "trials.db")
    assert result.exit_code == 1 and "trials.db: not replaced" in result.output


KILLED = """\
import sys, time
from pathlib import Path
from enrich.site import build

def write(db, new):
    (new / "trials.db").write_text("Jane Q. Doe")
    print("writing", flush=True)
    time.sleep(60)

build._write_files = write
build.write_site(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_what_a_killed_call_left_is_removed_and_what_another_call_writes_is_not(tmp_path):
    path, folder = tmp_path / "mine.db", tmp_path / "site"
    Database(path).close()
    (folder / ".enrich-mine" / "notes").mkdir(parents=True)
    calls = [
        subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(folder)], stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    killed = calls[0]
    try:
        assert [call.stdout.readline() for call in calls] == [b"writing\n"] * 2
        killed.kill()
        killed.wait()
        assert len([*folder.glob(".enrich-*/site/trials.db")]) == 2
        assert into(folder, path).exit_code == 0
        assert len([*folder.glob(".enrich-*/site/trials.db")]) == 1
    finally:
        for call in calls:
            call.kill()
            call.wait()
            call.stdout.close()
    assert into(folder, path).exit_code == 0
    assert [entry.name for entry in folder.iterdir() if entry.name.startswith(".")] == [
        ".enrich-mine"
    ]


def test_a_page_counts_the_values_of_a_large_table_only_where_an_index_has_them():
    def facets(name, rows):
        described = metadata([], None, {}, {name: rows})["databases"]["trials"]["tables"][name]
        return described.get("facets", [])

    assert facets("locations", 10_000) == ["country", "status"]
    assert facets("locations", 10_001) == []
    small, large = facets("trials", 10_000), facets("trials", 600_000)
    assert [name for name in small if name not in large] == [{"array": "phases"}]


def test_the_number_of_rows_of_each_view_is_counted_once(tmp_path):
    browse.write_site(make_database(tmp_path), tmp_path / "site")
    kept = json.loads((tmp_path / "site" / "inspect-data.json").read_text())["trials"]
    assert kept["views"]["merged"] == {"count": 14} and "merged" not in kept["tables"]


# fmt: off
PLACES = [(0, 0), (45.76, 4.84), (-17.8, 179.9), (66.5, -179.5), (78.2, 15.6), (89.5, 0), (-90, 0)]
# fmt: on


@pytest.mark.parametrize(("latitude", "longitude"), PLACES)
def test_no_site_within_the_distance_is_left_out_before_it_is_measured(latitude, longitude):
    randomly = random.Random(1)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table l (latitude real, longitude real)")
        db.execute("create table h (latitude real, longitude real)")
        db.execute("insert into h values (?, ?)", (latitude, longitude))
        near = [
            (
                max(-90, min(90, latitude + randomly.uniform(-9, 9))),
                (longitude + randomly.uniform(-180, 180) * randomly.random() ** 3 + 540) % 360
                - 180,
            )
            for _ in range(3000)
        ]
        db.executemany("insert into l values (?, ?)", near)
        for km in (5, 50, 900):
            within, kept = (
                db.execute(
                    f"select count(*), sum({NEAR}) from l join h"
                    " join (select ? / 111.0 as degrees)"
                    f" where {KM} <= ?",
                    (km, km),
                ).fetchone()
            )  # fmt: skip
            assert within == (kept or 0)
