"""The feed: an entry for each trial and run, with ids that last."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from enrich.models import TableChange, TableChangeKind
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs, second_day, third_day

ATOM = "{http://www.w3.org/2005/Atom}"


def feed_of(report, **options):
    return ElementTree.fromstring(rendered("atom", report, **options))


def entries(report):
    feed = feed_of(report, show_all=True)
    return {
        entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated")
        for entry in feed.findall(f"{ATOM}entry")
    }


def test_an_entry_has_one_id_and_time_in_every_feed(tmp_path):
    with sample_runs(tmp_path, nights=(second_day,)) as database:
        earlier = entries(read_report(database, since=1))
    (tmp_path / "again").mkdir()
    with sample_runs(tmp_path / "again") as database:
        later = entries(read_report(database, since=1))
        last = entries(read_report(database))
    assert earlier.items() <= later.items()
    assert last.items() <= later.items()
    assert not earlier.keys() & last.keys()


def test_a_trial_has_one_entry_for_each_run_ranked_by_what_it_means(tmp_path):
    with sample_runs(tmp_path) as database:
        feed = feed_of(read_report(database, since=1))
    assert [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")] == [
        "NCT90000003: results posted on 21 November 2026",
        "NCT90000005: removed from ClinicalTrials.gov",
        "NCT90000004: started recruiting (was not yet recruiting)",
        "NCT90000001: completion postponed 9 months, to November 2027 (was February 2027)",
        "NCT90000002: stopped early (was recruiting); reason: “Too many clouds”",
        "NCT90000001: completion postponed 8 months, to February 2027 (was June 2026)",
    ]
    texts = {entry.findtext(f"{ATOM}content") for entry in feed.findall(f"{ATOM}entry")}
    assert (
        "NCT90000004 (row 4) Crescent for Sleep: Started recruiting (was not yet recruiting); the"
        " table prints “Not yet recruiting”. Number of participants changed to 66 (was 60); the"
        " table prints “60”. Seen on 2026-11-22."
    ) in texts


def test_an_entry_about_a_row_without_an_id_has_a_title_without_one(tmp_path):
    with sample_runs(tmp_path) as database:
        report = read_report(database)
    removed = TableChange(
        TableChangeKind.ROW_REMOVED,
        report.tables[0].name,
        report.run.id,
        position=7,
        before="Moonlight",
        seen_at=report.run.finished_at,
    )
    feed = feed_of(replace(report, changes=(), problems=(), table_changes=(removed,)))
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.findall(f"{ATOM}entry")]
    assert any(title.startswith("a row without an NCT number") for title in titles), titles


def test_the_id_of_an_entry_does_not_depend_on_which_changes_it_shows(tmp_path):
    with sample_runs(tmp_path) as database:
        report = read_report(database, since=1)
    news = {entry.findtext(f"{ATOM}id") for entry in feed_of(report).findall(f"{ATOM}entry")}
    assert news <= entries(report).keys()


# What an older version, which named news by tag: URIs, published of the sample runs.
PUBLISHED = Path(__file__).parent / "feed_with_tag_uris.xml"


def mark_runs_of_older_version(path):
    """As the migration does it that runs when the newer version first opens the database."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update runs set tag_uris = 1")


def ids_of(feed):
    return feed.findtext(f"{ATOM}id"), {
        (entry.findtext(f"{ATOM}id"), entry.findtext(f"{ATOM}updated"))
        for entry in feed.findall(f"{ATOM}entry")
    }


def test_the_runs_of_an_older_database_keep_tag_uris(tmp_path):
    schema = Path(__file__).parents[1] / "storage" / "first_schema.sql"
    with closing(sqlite3.connect(tmp_path / "trials.db")) as db:
        db.executescript(schema.read_text(encoding="utf-8"))
    with closing(Database(tmp_path / "trials.db")) as database:
        assert read_report(database).tag_uris_until == "2026-09-02T20:00:01+00:00"


def test_a_published_feed_keeps_its_id_and_those_of_its_entries(tmp_path):
    with sample_runs(tmp_path) as database:
        mark_runs_of_older_version(tmp_path / "trials.db")
        feed = feed_of(read_report(database, since=1))
    published = ElementTree.fromstring(PUBLISHED.read_text(encoding="utf-8"))
    assert ids_of(feed) == ids_of(published)


def test_news_since_the_upgrade_has_ids_that_name_no_address(tmp_path):
    def upgrade_and_third_day(registry):
        mark_runs_of_older_version(tmp_path / "trials.db")
        third_day(registry)

    with sample_runs(tmp_path, nights=(second_day, upgrade_and_third_day)) as database:
        feed, entries = ids_of(feed_of(read_report(database, since=1)))
    published_feed, published = ids_of(
        ElementTree.fromstring(PUBLISHED.read_text(encoding="utf-8"))
    )
    assert feed == published_feed
    assert {entry for entry in entries if entry[1].startswith("2026-11-20")} == {
        entry for entry in published if entry[1].startswith("2026-11-20")
    }
    later = [id_ for id_, updated in entries if updated.startswith("2026-11-22")]
    assert later and all(id_.startswith("urn:uuid:") for id_ in later)


def test_a_new_database_names_no_address_in_any_id(tmp_path):
    with sample_runs(tmp_path) as database:
        feed, entries = ids_of(feed_of(read_report(database, since=1)))
    assert all(id_.startswith("urn:uuid:") for id_ in (feed, *(id_ for id_, _ in entries)))


def test_feed_has_what_rfc_4287_asks_for(tmp_path):
    with sample_runs(tmp_path) as database:
        feed = feed_of(read_report(database, since=1))
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    assert feed.findtext(f"{ATOM}updated") == max(
        entry.findtext(f"{ATOM}updated") for entry in feed.findall(f"{ATOM}entry")
    )
    assert all(
        entry.find(f"{ATOM}link[@rel='alternate']") is not None
        for entry in feed.findall(f"{ATOM}entry")
    )


@pytest.mark.parametrize(
    ("moment", "updated"),
    [
        ("2026-11-20T07:00:01+00:00", "2026-11-20T07:00:01Z"),
        ("2026-11-20T07:00:01+02:00", "2026-11-20T05:00:01Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("some day", "1970-01-01T00:00:00Z"),
    ],
)
def test_the_time_of_a_feed_is_in_utc(tmp_path, moment, updated):
    with sample_runs(tmp_path, nights=(lambda registry: None,)) as database:
        report = read_report(database)
    feed = feed_of(replace(report, run=replace(report.run, finished_at=moment)))
    assert feed.findtext(f"{ATOM}updated") == updated
