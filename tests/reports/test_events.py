"""What a report tells: sentences, severity, names that last, and a log that claims no check that was not made."""

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from enrich import reports
from enrich.cli import main
from enrich.dates import long_day
from enrich.models import Change, RecordedChange, Significance, Trial, Verdict
from enrich.reports import summary
from enrich.reports.charts import pictures
from enrich.reports.events import events_of
from enrich.reports.sentences import change_sentence
from enrich.reports.summary import accounts, status
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report, run_before
from enrich.tables.reader import read_table
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs, second_day, third_day

ROOT = Path(__file__).parents[2]
ATOM = "{http://www.w3.org/2005/Atom}"


def _change(field, before, after, item=None):
    return Change(field, before, after, Significance.MATERIAL, item)


# fmt: off
SENTENCES = (
    ("began recruiting (was: unknown)",                                [_change("overall_status", "UNKNOWN", "RECRUITING")]),
    ("has the status no longer available (was: not given)",            [_change("overall_status", None, "NO_LONGER_AVAILABLE")]),
    ("was stopped early (was: recruiting); reason given: no money",    [_change("overall_status", "RECRUITING", "TERMINATED"), _change("why_stopped", None, "no money")]),
    ("gave as its reason for stopping: no money",                      [_change("why_stopped", "funds", "no money")]),
    ("enrolled 12 of 20 planned",                                      [_change("enrollment", "20", "12"), _change("enrollment_type", "ESTIMATED", "ACTUAL")]),
    ("enrolled as many as it had planned",                             [_change("enrollment_type", "ESTIMATED", "ACTUAL")]),
    ("changed its number of participants to 30 (was: 20)",             [_change("enrollment", "20", "30")]),
    ("now gives its number of participants: 30",                       [_change("enrollment", None, "30")]),
    ("started on 2026-01-05 (planned: 2025-12)",                       [_change("start_date", "2025-12", "2026-01-05"), _change("start_date_type", "ESTIMATED", "ACTUAL")]),
    ("reached its completion as planned",                              [_change("completion_date_type", "ESTIMATED", "ACTUAL")]),
    ("moved its completion to 2027-05, 6 months later (was: 2026-11)", [_change("completion_date", "2026-11", "2027-05")]),
    ("moved its start to 2026-11-01, 9 days earlier (was: 2026-11-10)", [_change("start_date", "2026-11-10", "2026-11-01")]),
    ("moved its start to 2026-11-10, more exactly (was: 2026-11)",     [_change("start_date", "2026-11", "2026-11-10")]),
    ("moved its start to 2026-13 (was: 2026-11)",                      [_change("start_date", "2026-11", "2026-13")]),
    ("posted results on 2026-05-02",                                   [_change("has_results", "false", "true"), _change("results_first_posted", None, "2026-05-02")]),
    ("submitted results on 2026-05-02; they are not posted yet",       [_change("results_first_submitted", None, "2026-05-02")]),
    ("changed its masking to double (was: none (open label))",         [_change("masking", "NONE", "DOUBLE")]),
    ("changed its phase to Phase 1/Phase 2 (was: Phase 1)",            [_change("phases", '["PHASE1"]', '["PHASE1", "PHASE2"]')]),
    ("no longer gives its sponsor (was: Nobody)",                      [_change("lead_sponsor", "Nobody", None)]),
    ("changed its healthy volunteers to yes (was: no)",                [_change("healthy_volunteers", "false", "true")]),
    ("no longer gives its start (was: 2026-01)",                       [_change("start_date", "2026-01", None)]),
    ("now calls its start planned",                                    [_change("start_date_type", "ACTUAL", "ESTIMATED")]),
    ("reworded the time frame of a primary outcome: Hours slept",      [_change("primary_outcomes.timeFrame", "a" * 81, "b" * 80, "Hours slept")]),
    ("added a primary outcome: Hours slept, 4 weeks",                  [_change("primary_outcomes", None, "{}", "Hours slept, 4 weeks")]),
    ("took out a site: Clinic, Nowhere",                               [_change("locations", "{}", None, "Clinic, Nowhere")]),
    ("changed the status to recruiting (was: not given) of a site: X", [_change("locations.status", None, "RECRUITING", "X")]),
    ("was removed from the registry",                                  [_change("record", "in the registry", "removed")]),
    ("took in NCT00000001, which was merged into NCT00000002",         [_change("record", "NCT00000001", "merged into NCT00000002")]),
    ("is in the registry again",                                       [_change("record", "removed", "in the registry again")]),
    ("now calls its number of participants planned (was: enrolled)",   [_change("enrollment_type", "ACTUAL", "ESTIMATED")]),
    ("plans 30 participants (was: enrolled 20)",                       [_change("enrollment", "20", "30"), _change("enrollment_type", "ACTUAL", "ESTIMATED")]),
    ("no longer shows results",                                        [_change("has_results", "true", "false")]),
    ("changed its results submitted to 2026-05-02 (was: 2026-05-01)",   [_change("results_first_submitted", "2026-05-01", "2026-05-02")]),
    ("reworded its official title",                                    [_change("official_title", "a" * 121, "b" * 121)]),
    ("changed the numbers of 7 entries in its serious adverse events: E1; E2; E3; E4; E5; and 2 more", [_change("serious_events.stats", "[]", "[1]", f"E{number}") for number in range(1, 8)]),
    ("took out 6 entries in its posted results: E1; E2; E3; E4; E5; and 1 more", [_change("outcome_results", "{}", None, f"E{number}") for number in range(1, 7)]),
    ("confirmed its record",                                           [_change("status_verified", "2025-01", "2026-11")]),
    ("was updated on 2026-11-21 (before that: 2025-02-01)",            [_change("last_update_posted", "2025-02-01", "2026-11-21"), _change("status_verified", "2025-01", "2026-11")]),
)
# fmt: on


@pytest.mark.parametrize(
    ("sentence", "group"), SENTENCES, ids=[sentence for sentence, _ in SENTENCES]
)
def test_sentence(sentence, group):
    assert change_sentence(group) == sentence


def test_a_correction_of_many_results_is_one_event(tmp_path):
    with sample_runs(tmp_path, nights=(lambda registry: None,)) as database:
        report = read_report(database)
    fields = ["serious_events.stats"] * 40 + ["outcome_results.classes"] * 5 + ["arms.type"] * 9
    lines = tuple(
        RecordedChange(number, 2, "NCT90000001", 2, "2026-11-22", _change(field, "[]", "[1]", "x"))
        for number, field in enumerate(fields)
    )
    sizes = [len(event.changes) for event in events_of(replace(report, changes=lines)).news]
    assert sorted(sizes) == [1] * 14 + [40]


@pytest.mark.parametrize(
    ("iso", "words"),
    [
        ("2026-11-02T09:00:06", "2 November 2026"),
        ("2026-11", "November 2026"),
        ("2026", "2026"),
        ("soon", "soon"),
        ("2026-13-01", "2026-13-01"),
    ],
)
def test_long_day(iso, words):
    assert long_day(iso) == words


def test_what_matters_most_comes_first(tmp_path):
    with sample_runs(tmp_path) as database:
        events = events_of(read_report(database, since=1))
    fields = [event.changes[0].change.field for event in events.news]
    assert fields[:3] == ["record", "overall_status", "overall_status"]
    assert {event.kind for event in events.others} == {Significance.MINOR}


# --- names that last


def _entries(report):
    feed = ElementTree.fromstring(rendered("atom", report, include_noise=True))
    return {
        entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated")
        for entry in feed.findall(f"{ATOM}entry")
    }


def test_an_entry_has_one_id_and_time_in_every_feed(tmp_path):
    with sample_runs(tmp_path, nights=(second_day,)) as database:
        earlier = _entries(read_report(database, since=1))
    (tmp_path / "again").mkdir()
    with sample_runs(tmp_path / "again") as database:
        later = _entries(read_report(database, since=1))
        last = _entries(read_report(database))
    assert earlier.items() <= later.items()
    assert last.items() <= later.items()
    assert not earlier.keys() & last.keys()


def test_what_comes_twice_has_two_names(tmp_path):
    def hide(registry):
        registry.change(
            "NCT90000001",
            lambda study: study["protocolSection"]["statusModule"].update(
                overallStatus="SUSPENDED"
            ),
        )

    def show(registry):
        registry.change(
            "NCT90000001",
            lambda study: study["protocolSection"]["statusModule"].update(
                overallStatus="RECRUITING"
            ),
        )

    with sample_runs(tmp_path, nights=(hide, show)) as database:
        told = events_of(read_report(database, since=1)).news
    assert [one.sentence.partition(";")[0] for one in told] == [
        "was suspended (was: recruiting)",
        "began recruiting (was: suspended)",
    ]
    assert len({one.id for one in told}) == 2


# What an older version, which named news by tag: URIs, published of the sample runs.
PUBLISHED = Path(__file__).parent / "feed_with_tag_uris.xml"


def _mark_runs_of_older_version(path):
    """As the migration does it that runs when the newer version first opens the database."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update runs set tag_uris = 1")


def _ids(feed):
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
        _mark_runs_of_older_version(tmp_path / "trials.db")
        feed = ElementTree.fromstring(rendered("atom", read_report(database, since=1)))
    published = ElementTree.fromstring(PUBLISHED.read_text(encoding="utf-8"))
    assert _ids(feed) == _ids(published)


def test_news_since_the_upgrade_has_ids_that_name_no_address(tmp_path):
    def upgrade_and_third_day(registry):
        _mark_runs_of_older_version(tmp_path / "trials.db")
        third_day(registry)

    with sample_runs(tmp_path, nights=(second_day, upgrade_and_third_day)) as database:
        feed, entries = _ids(
            ElementTree.fromstring(rendered("atom", read_report(database, since=1)))
        )
    published_feed, published = _ids(ElementTree.fromstring(PUBLISHED.read_text(encoding="utf-8")))
    assert feed == published_feed
    assert {entry for entry in entries if entry[1].startswith("2026-11-20")} == {
        entry for entry in published if entry[1].startswith("2026-11-20")
    }
    later = [id_ for id_, updated in entries if updated.startswith("2026-11-22")]
    assert later and all(id_.startswith("urn:uuid:") for id_ in later)


def test_a_new_database_names_no_address_in_any_id(tmp_path):
    with sample_runs(tmp_path) as database:
        feed, entries = _ids(
            ElementTree.fromstring(rendered("atom", read_report(database, since=1)))
        )
    assert all(id_.startswith("urn:uuid:") for id_ in (feed, *(id_ for id_, _ in entries)))


def test_feed_has_what_rfc_4287_asks_for(tmp_path):
    with sample_runs(tmp_path) as database:
        feed = ElementTree.fromstring(rendered("atom", read_report(database, since=1)))
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


# --- several tables, and large ones


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("quiet"), nights=(lambda registry: None,)) as database:
        return read_report(database)


def _two_tables(report):
    """*report* with a trial that is new in its table, and with a second table that names none."""
    (table,) = report.tables
    first, *rows = table.rows
    unregistered = replace(
        table,
        name="other",
        title="Moonlight again",
        citation=None,
        rows=tuple(row for row in rows if not row.nct_id),
    )
    return replace(
        report,
        tables=(
            replace(table, rows=(first._replace(new_since=report.run.finished_at), *rows)),
            unregistered,
        ),
    )


@pytest.mark.parametrize("name", reports.FORMATS)
def test_every_format_reports_a_new_trial(quiet, name):
    report = " ".join(re.sub(r"\n> ?", " ", rendered(name, _two_tables(quiet))).split())
    assert "is new here: Table 2 names it" in report
    assert "is new here" not in rendered(name, quiet)


@pytest.mark.parametrize(
    ("name", "head"),
    [("text", "— Moonlight again —"), ("markdown", "# Moonlight again: in full")],
)
def test_of_several_tables_each_has_its_head(quiet, name, head):
    assert head in rendered(name, _two_tables(quiet)).splitlines()
    assert head not in rendered(name, quiet)


def test_a_table_without_a_registered_trial_says_so(quiet):
    two = _two_tables(quiet)
    assert rendered("log", two).endswith("\n\n“Moonlight again” names no registered trial.\n")
    assert rendered("text", two).count("WHAT THE REGISTRY SAYS NOW") == 1
    assert (
        rendered("text", replace(two, tables=two.tables[1:])).count("WHAT THE REGISTRY SAYS NOW")
        == 0
    )


@pytest.mark.parametrize(("trials", "told"), [(60, False), (61, True)])
def test_a_long_table_is_told_in_numbers(quiet, trials, told):
    (table,) = quiet.tables
    rows = tuple(table.rows[number % 2]._replace(row_id=number) for number in range(trials))
    assert (
        "61 recruiting. `enrich browse` shows each."
        in rendered("text", replace(quiet, tables=(replace(table, rows=rows),)))
    ) is told


@pytest.mark.parametrize(
    ("facts", "titles"),
    [
        pytest.param(
            {"start_date": "2024-01", "enrollment": 40},
            ["From start to completion", "Participants, planned and enrolled"],
            id="a date and a number",
        ),
        pytest.param({"completion_date": "2026"}, ["From start to completion"], id="no number"),
        pytest.param({"enrollment": 0}, ["Participants, planned and enrolled"], id="no date"),
        pytest.param({"start_date": "2024-13"}, [], id="a date that no calendar has"),
        pytest.param({}, [], id="neither"),
    ],
)
def test_only_what_is_known_is_drawn(quiet, facts, titles):
    (table,) = quiet.tables
    bare = replace(table, rows=(table.rows[0]._replace(trial=Trial("NCT90000001", facts)),))
    assert [picture.title for picture in pictures(replace(quiet, timelines={}), bare)] == titles


def test_sizes_of_very_different_trials_grow_tenfold(quiet):
    (table,) = quiet.tables
    sizes = (5, 10, 1000)
    rows = tuple(
        table.rows[0]._replace(
            row_id=at, comparisons=(), trial=Trial(f"NCT9000000{at}", {"enrollment": size})
        )
        for at, size in enumerate(sizes, 1)
    )
    (picture,) = pictures(replace(quiet, timelines={}), replace(table, rows=rows))
    assert [tick.label for tick in picture.ticks] == ["1", "10", "100", "1,000"]
    assert "on a scale that grows tenfold" in picture.description
    places = [mark.at for line in picture.lines for mark in line.marks if mark.kind == "unsaid"]
    assert places == sorted(places) and places[-1] == picture.ticks[-1].at


def test_a_cell_that_cannot_be_read_is_shown_as_printed(quiet):
    (table,) = quiet.tables
    first, *rows = table.rows
    unread = first.comparisons[0]._replace(
        verdict=Verdict.UNREADABLE, cell="Phase X", note="names no phase"
    )
    told = rendered(
        "text",
        replace(
            quiet, tables=(replace(table, rows=(first._replace(comparisons=(unread,)), *rows)),)
        ),
    )
    assert "CELLS THAT COULD NOT BE READ, SHOWN AS PRINTED" in told and re.search(
        r"Row 1 · Phase: +Phase X +\(names no phase\)", told
    )
    assert "COULD NOT BE READ" not in rendered("text", quiet)


# fmt: off
VERSIONS = (
    ({"last_update_posted": "2025-02-01"}, {}, "last update 2025-02-01, before the authors looked"),
    ({"last_update_posted": "2025-04-01"}, {}, "last update 2025-04-01, after the authors looked"),
    ({}, {"stale_since": "2026-11-21", "as_of": "2026-11-20"}, "copy of 2026-11-20, not confirmed since 2026-11-21"),
    ({}, {"answer": "merged"}, "now part of NCT90000001"),
    ({}, {}, None),
)
# fmt: on


@pytest.mark.parametrize(("facts", "known", "told"), VERSIONS)
def test_the_version_of_a_record_is_told(quiet, facts, known, told):
    row = quiet.tables[0].rows[0]._replace(trial=Trial("NCT90000001", facts), **known)
    row = row._replace(row=replace(row.row, accessed="2025-03-01"))
    assert dict(summary.facts(row)).get("record:") == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param({}, "recruiting", id="found"),
        pytest.param({"answer": "gone"}, "removed from the registry", id="removed"),
        pytest.param(
            {"answer": "unknown", "trial": None},
            "not known to the registry; is the id right?",
            id="never there",
        ),
        pytest.param(
            {"answer": None, "trial": None}, "not checked, no copy at hand", id="never asked"
        ),
        pytest.param({"trial": Trial("NCT90000001", {})}, "status not given", id="no status"),
    ],
)
def test_the_standing_of_a_trial(quiet, row, told):
    assert status(quiet.tables[0].rows[0]._replace(**row)) == told


def test_a_run_that_has_not_ended_tells_no_duration(quiet):
    assert re.search(r" · [\d,.]+ s\n", accounts(quiet.run))
    assert not re.search(r" · [\d,.]+ s\n", accounts(replace(quiet.run, finished_at=None)))


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-11-20T07:00:01+00:00", "2026-11-20T07:00:01Z"),
        ("2026-11-20T07:00:01+02:00", "2026-11-20T05:00:01Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("some day", "1970-01-01T00:00:00Z"),
    ],
)
def test_the_time_of_a_feed_is_one_that_readers_understand(quiet, moment, told):
    feed = ElementTree.fromstring(
        rendered("atom", replace(quiet, run=replace(quiet.run, finished_at=moment)))
    )
    assert feed.findtext(f"{ATOM}updated") == told


# --- the log


def test_log_of_a_quiet_run_is_one_sentence(tmp_path):
    with sample_runs(tmp_path, nights=(lambda registry: None,)) as database:
        told = rendered("log", read_report(database))
    assert told == (
        "On 20 November 2026 all 5 registered trials of Table 2 were checked against ClinicalTrials.gov (data of 19 November 2026): no change that affects the table.\n"
    )


def test_log_of_the_first_run_does_not_speak_of_changes(tmp_path):
    with sample_runs(tmp_path, nights=()) as database:
        told = rendered("log", read_report(database))
    assert told.endswith(
        "(data of 18 November 2026) for the first time: nothing differs from the table.\n"
    )


def test_log_tells_which_trials_were_not_checked(tmp_path):
    with sample_runs(tmp_path, nights=(lambda registry: None,)) as database:
        report = read_report(database)
    (table,) = report.tables
    rows = tuple(row._replace(checked=row.nct_id != "NCT90000003") for row in table.rows)
    told = rendered("log", replace(report, tables=(replace(table, rows=rows),)))
    assert "4 of the 5 registered trials of Table 2 were checked" in told
    assert "1 could not be checked (NCT90000003). In those that were, no change" in told
    assert "all 5" not in told


def test_log_of_an_offline_run_claims_no_check(tmp_path):
    with sample_runs(tmp_path) as database:
        sync(
            [read_table(tmp_path / "moonlight.toml")],
            None,
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: "2026-11-23T07:00:00+00:00",
        )
        told = rendered("log", read_report(database))
    assert told.startswith(
        "On 23 November 2026 none of the 5 registered trials of Table 2 could be checked against ClinicalTrials.gov (offline"
    )
    assert "no change" not in told


def test_log_of_a_table_that_this_run_did_not_ask_about_is_not_written(tmp_path):
    with sample_runs(tmp_path, nights=()) as database:
        (tmp_path / "other.csv").write_text("Trial\nNCT90000009\n", encoding="utf-8")
        (tmp_path / "other.toml").write_text(
            'file = "other.csv"\nid_column = "Trial"\n', encoding="utf-8"
        )
        sync(
            [read_table(tmp_path / "other.toml")],
            None,
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: "2026-11-23T07:00:00+00:00",
        )
        told = rendered("log", read_report(database))
    assert "Table 2" not in told and "“other”" in told


# --- the command


@pytest.fixture(scope="module")
def db(tmp_path_factory):
    folder = tmp_path_factory.mktemp("command")
    with sample_runs(folder):
        pass
    return folder / "trials.db"


def _run(db, *options):
    return CliRunner().invoke(main, ["report", "--db", str(db), *options])


@pytest.mark.parametrize(
    ("since", "has", "has_not"),
    [
        ("last", "NCT90000004 began recruiting", "Too many clouds"),
        ("2", "NCT90000004 began recruiting", "Too many clouds"),
        ("1", "Too many clouds", "is new here"),
        ("2026-11-20", "Too many clouds", "is new here"),
        ("2026-11-21", "NCT90000004 began recruiting", "Too many clouds"),
        ("first", "Too many clouds", "is new here"),
    ],
)
def test_since(db, since, has, has_not):
    result = _run(db, "--since", since)
    assert result.exit_code == 0
    assert has in " ".join(result.output.split())
    assert has_not not in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--since", "yesterday"], 2, "'yesterday' is neither 'last' nor"),
        (["--since", "7"], 1, "no run 7 in it; the last is run 3"),
        (["--bom"], 2, "--bom goes with --format csv"),
        (["--format", "html", "--for", "log"], 2, "--for log with text or markdown"),
        (["--output", "/nowhere/at/all.txt"], 1, "/nowhere/at/all.txt: cannot be written"),
        (["--format", "pdf"], 2, "'pdf' is not one of"),
    ],
)
def test_mistakes_are_one_line(db, options, code, said):
    result = _run(db, *options)
    assert result.exit_code == code
    assert said in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize("form", reports.FORMATS)
def test_each_format_goes_to_a_file_or_to_the_terminal(db, tmp_path, form):
    shown = _run(db, "--format", form)
    written = _run(db, "--format", form, "--output", str(tmp_path / "report"))
    assert (shown.exit_code, written.exit_code, written.output) == (0, 0, "")
    assert (tmp_path / "report").read_bytes() == shown.stdout_bytes
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_csv_for_excel_begins_with_a_mark(db, tmp_path):
    _run(db, "--format", "csv", "--bom", "--output", str(tmp_path / "r.csv"))
    assert (tmp_path / "r.csv").read_bytes().startswith(b'\xef\xbb\xbf"what"')


def test_log_alone(db):
    result = _run(db, "--for", "log")
    assert result.output.startswith(
        "On 22 November 2026 all 5 registered trials of Table 2 were checked"
    )
    assert result.output.count("\n") == 1


def test_an_older_database_is_brought_up_to_date(tmp_path):
    """A database from before the rules of interest has none: the default holds."""
    with sample_runs(tmp_path, nights=()):
        pass
    database = Database(tmp_path / "trials.db")
    database.execute("update tables set description = json_remove(description, '$.news_rules')")
    assert run_before(database, "last") is None
    assert read_report(database).tables[0].news_rules.differences
    database.close()


def test_table_9_renders_offline_in_every_format(tmp_path):
    shutil.copytree(ROOT / "cache", tmp_path / "cache")
    database = Database(tmp_path / "trials.db")
    sync(
        [read_table(ROOT / "data" / "table9.toml")],
        None,
        database,
        Cache(tmp_path / "cache"),
        clock=lambda: "2026-11-22T10:00:00+00:00",
    )
    database.close()
    for name in reports.FORMATS:
        result = _run(tmp_path / "trials.db", "--format", name)
        assert result.exit_code == 0
        assert "NCT03211793" in result.output or name in ("atom", "log")
