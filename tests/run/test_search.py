"""The search of a table: what matches is remembered, and each newcomer and each departure reported once."""

import sqlite3
from contextlib import closing

import pytest

from tests.fixtures.cron_job import STATUS_PATH, CronJob, cron_study
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct

CONDITIONS = "protocolSection.conditionsModule.conditions"
LISTED, OTHERS = 2, 10


STUDIES = [cron_study(number) for number in range(1, OTHERS + 1)]


@pytest.fixture(scope="module")
def first_night(tmp_path_factory):
    """The job after its first run."""
    with StandInRegistry(STUDIES) as standin:
        job = CronJob(tmp_path_factory.mktemp("search"), standin.url, LISTED).with_search()
        assert job.run().exit_code == 0
        return job


@pytest.fixture
def registry():
    with StandInRegistry(STUDIES) as standin:
        yield standin


@pytest.fixture
def cron(first_night, registry, tmp_path):
    return first_night.copied_to(tmp_path, registry.url)


def rows(cron, sql):
    with closing(sqlite3.connect(cron.folder / "trials.db")) as db:
        return db.execute(sql).fetchall()


def events(cron):
    return rows(cron, "select kind, nct_id, detail from search_events where kind <> 'asked'")


def decide(cron, *lines):
    path = cron.folder / "review.decisions.csv"
    path.write_text("\n".join(("nct_id,decision,reason,by,day", *lines)) + "\n", encoding="utf-8")


def test_the_first_answer_is_a_number_and_each_hit_has_a_state(cron):
    states = dict(rows(cron, "select state, count(*) from hits group by state"))
    assert states == {"included": LISTED, "new": OTHERS - LISTED}
    (asked,) = rows(cron, "select detail from search_events")
    assert asked == ("10 trials identified: 8 to screen, 2 included, 0 excluded",)


def test_nothing_is_asked_while_the_registry_is_not_reloaded(cron, registry):
    cron.run()
    assert [request.kind for request in registry.requests] == ["gate"]


def test_a_newcomer_is_an_event_once(cron, registry):
    registry.next_load()
    registry.add(cron_study(30))
    cron.run()
    registry.next_load()
    cron.run()
    assert events(cron) == [("new", nct(30), "")]


def test_a_departure_names_the_fact_that_moved_and_takes_one_request(cron, registry):
    registry.next_load()
    registry.change(nct(5), lambda study: set_path(study, CONDITIONS, ["Eczema"]))
    cron.run()
    assert events(cron) == [
        ("left", nct(5), "its conditions were Psoriasis and are Eczema"),
    ]
    kinds = [request.kind for request in registry.requests]
    assert kinds == ["gate", "batch", "search", "batch"]


def test_a_record_that_is_gone_or_merged_says_so_when_it_leaves(cron, registry):
    registry.next_load()
    registry.remove(nct(5))
    cron.run()
    registry.next_load()
    registry.merge(nct(6), nct(7))
    cron.run()
    assert events(cron) == [
        ("left", nct(5), "the registry no longer has its record"),
        ("left", nct(6), f"its record was merged into {nct(7)}"),
    ]


def test_a_trial_that_matches_again_returns(cron, registry):
    for condition in ("Eczema", "Psoriasis"):
        registry.next_load()
        registry.change(nct(5), lambda study, to=condition: set_path(study, CONDITIONS, [to]))
        cron.run()
    assert [kind for kind, *_ in events(cron)] == ["left", "returned"]


def test_an_excluded_trial_comes_back_once_with_what_changed(cron, registry):
    decide(cron, f"{nct(5)},exclude,not randomised,AB,2026-09-08")
    cron.run()
    assert rows(cron, "select state from hits where nct_id = 'NCT00000005'") == [("excluded",)]
    registry.next_load()
    registry.change(nct(5), lambda study: set_path(study, STATUS_PATH, "COMPLETED"))
    for _ in range(2):
        cron.run()
        registry.next_load()
    detail = "was excluded (“not randomised”); its status was recruiting and is completed"
    assert events(cron) == [("changed", nct(5), detail)]
    assert rows(cron, "select state from hits where nct_id = 'NCT00000005'") == [("new",)]
    decide(cron, f"{nct(5)},exclude,still not randomised,AB,2026-09-12")
    cron.run()
    assert rows(cron, "select state from hits where nct_id = 'NCT00000005'") == [("excluded",)]


def test_other_changes_of_an_excluded_trial_are_silent(cron, registry):
    decide(cron, f"{nct(5)},exclude,no control,AB,2026-09-08")
    cron.run()
    registry.next_load()
    title = "protocolSection.identificationModule.briefTitle"
    registry.change(nct(5), lambda study: set_path(study, title, "Renamed"))
    cron.run()
    assert events(cron) == []


def test_a_newcomer_that_was_decided_on_elsewhere_is_silent(cron, registry):
    decide(cron, f"{nct(30)},exclude,animals,AB,2026-09-08")
    registry.next_load()
    registry.add(cron_study(30))
    cron.run()
    assert events(cron) == []


def test_a_search_that_lost_more_than_a_fifth_is_held_back_until_a_person_accepts(cron, registry):
    registry.next_load()
    for number in range(3, 7):
        registry.change(nct(number), lambda study: set_path(study, CONDITIONS, ["Eczema"]))
    result = cron.run()
    assert "the search of review finds 6 trials, and found 10 the last time" in result.stderr
    assert events(cron) == []
    cron.run("--accept")
    assert [kind for kind, *_ in events(cron)] == ["left"] * 4


@pytest.mark.parametrize("fault", ["503-html", "cut-json", "no-id", "empty"])
def test_an_answer_that_is_not_whole_changes_nothing(cron, registry, fault):
    registry.next_load()
    registry.add(cron_study(30))
    registry.fail(fault, on="search", times=None)
    result = cron.run()
    assert "the search of review could not be asked" in result.stderr
    registry.heal()
    cron.run()
    assert events(cron) == [("new", nct(30), "")]


def test_a_reload_in_the_middle_of_the_search_begins_it_anew(cron, registry):
    registry.next_load()
    registry.add(cron_study(30))
    registry.fail("reload", on="search")
    cron.run()
    assert events(cron) == [("new", nct(30), "")]
    assert [request.kind for request in registry.requests].count("search") == 2


def test_another_query_is_a_first_answer_again(cron, registry):
    text = cron.table.read_text(encoding="utf-8").replace("psoriasis", "psoriasis NOT eczema")
    cron.table.write_text(text, encoding="utf-8")
    cron.run()
    assert events(cron) == []
    assert len(rows(cron, "select 1 from search_events where kind = 'asked'")) == 2


def test_bad_decisions_are_one_line_that_names_file_and_line(cron):
    decide(cron, "NCT1,exclude,x,AB,")
    assert "review.decisions.csv, line 2: 'NCT1' is not an NCT id" in cron.run().stderr


def test_a_new_query_is_reported_with_its_numbers(cron):
    text = cron.table.read_text(encoding="utf-8").replace("psoriasis", "psoriasis NOT eczema")
    cron.table.write_text(text, encoding="utf-8")
    words = " ".join(cron.run().stdout.split())
    assert "was asked with this query for the first time: 10 trials identified" in words
    assert cron.run().stdout == ""
