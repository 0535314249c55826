"""Events, and the news of each trial that is made of them: ranked, counted, each change once."""

from dataclasses import replace

import pytest

from enrich.models import Change, Rank, RecordedChange, Significance
from enrich.record.children import LISTS
from enrich.reports.content.events import events_of
from enrich.reports.content.headlines import subject
from enrich.reports.content.list_edits import list_edit_sentence
from enrich.reports.content.news import news_of
from enrich.reports.content.ranks import rank_of
from enrich.storage.report_query import read_report
from tests.fixtures.sample_runs import sample_runs


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """All that happened in the two nights of the sample."""
    with sample_runs(tmp_path_factory.mktemp("events")) as database:
        return read_report(database, since=1)


# --- ranks

# fmt: off
RANKS = (
    (Rank.STOPPED,         ("overall_status", "RECRUITING", "SUSPENDED")),
    (Rank.STOPPED,         ("why_stopped", None, "no money")),
    (Rank.RESULTS,         ("has_results", "false", "true")),
    (Rank.RESULTS,         ("publications.type", "BACKGROUND", "RESULT")),
    (Rank.RESULTS,         ("publications.retractions", None, "[]")),
    (Rank.RESULTS,         ("publications", None, '{"type": "BACKGROUND", "retractions": [{}]}')),
    (Rank.OTHER,           ("publications", None, '{"type": "BACKGROUND"}')),
    (Rank.OTHER,           ("publications.type", "RESULT", "BACKGROUND")),
    (Rank.RESULTS,         ("outcome_results.values", "[]", "[1]")),
    (Rank.RECORD,          ("record", "in the registry", "removed")),
    (Rank.RECRUITMENT,     ("overall_status", "RECRUITING", "COMPLETED")),
    (Rank.PRIMARY_OUTCOME, ("primary_outcomes.timeFrame", "4 weeks", "8 weeks")),
    (Rank.PARTICIPANTS,    ("enrollment_type", "ESTIMATED", "ACTUAL")),
    (Rank.DATES,           ("completion_date", "2026", "2027")),
    (Rank.OTHER,           ("masking", "NONE", "DOUBLE")),
)
# fmt: on


@pytest.mark.parametrize(("rank", "change"), RANKS, ids=[change[0] for _, change in RANKS])
def test_a_change_has_the_rank_of_what_it_means(rank, change):
    assert rank_of(Change(*change, Significance.MATERIAL)) == rank


def test_trials_with_news_are_ranked_and_each_is_there_once(report):
    news = news_of(report, events_of(report))
    assert [(trial.nct_id[-1], trial.rank.name) for trial in news.trials] == [
        ("2", "STOPPED"),
        ("3", "RESULTS"),
        ("5", "RECORD"),
        ("4", "RECRUITMENT"),
        ("1", "DATES"),
    ]


def test_the_subject_line_counts_what_happened(report):
    assert subject(report, news_of(report, events_of(report))) == (
        "Table 2: 1 stopped, 1 with results, 1 removed, 2 more with news; 4 cells newly out of date"
    )


# --- each change once


def test_every_change_is_in_exactly_one_statement(report):
    events = events_of(report)
    news = news_of(report, events)
    changes = [
        line.id
        for trial in (*news.trials, *news.smaller)
        for statement in trial.statements
        for event in statement.events
        for line in event.changes
    ]
    noise = {line.id for event in events.noise for line in event.changes}
    assert sorted(changes) == sorted({line.id for line in report.changes} - noise)


def test_what_happens_twice_is_two_events_with_two_ids(tmp_path):
    def status(code):
        return lambda registry: registry.change(
            "NCT90000001",
            lambda study: study["protocolSection"]["statusModule"].update(overallStatus=code),
        )

    with sample_runs(tmp_path, nights=(status("SUSPENDED"), status("RECRUITING"))) as database:
        news = events_of(read_report(database, since=1)).news
    assert [event.sentence for event in news] == [
        "suspended (was recruiting)",
        "started recruiting (was suspended)",
    ]
    assert len({event.id for event in news}) == 2


def test_a_correction_of_many_results_is_one_event(report):
    fields = ["serious_events.stats"] * 40 + ["outcome_results.classes"] * 5 + ["arms.type"] * 9
    lines = tuple(
        RecordedChange(
            number,
            2,
            "NCT90000001",
            2,
            "2026-11-22",
            Change(field, "[]", "[1]", Significance.MATERIAL, "x"),
        )
        for number, field in enumerate(fields)
    )
    edited = replace(report, changes=lines, new_comparisons=())
    sizes = [len(event.changes) for event in events_of(edited).news]
    assert sorted(sizes) == [1] * 14 + [40]


# --- what the table states


def test_an_event_affects_the_table_where_the_table_states_the_field(report):
    affecting = {
        event.sentence.split(" (")[0]: event.affects_table for event in events_of(report).news
    }
    assert affecting["number of participants changed to 66"]
    assert not affecting["results posted on 21 November 2026"]
    assert not affecting["completion postponed 9 months, to November 2027"]


def test_an_event_has_what_the_table_prints_where_that_differs_now(report):
    printed = {
        event.nct_id[-1] + event.sentence[:8]: event.printed for event in events_of(report).news
    }
    assert printed["2stopped "] == ("Recruiting",)
    assert printed["4number o"] == ("60",)
    assert printed["3results "] == ()


# --- edits of lists


def edit(field, before, after, item="x", number=1):
    return [
        Change(field, before, after, Significance.MINOR, f"{item} {at}") for at in range(number)
    ]


SPAIN, FRANCE = '{"country": "Spain"}', '{"country": "France"}'
# fmt: off
EDITS = (
    ("78 sites added in Spain",                    edit("locations", None, SPAIN, number=78)),
    ("2 sites added in Spain and France",          [*edit("locations", None, SPAIN), *edit("locations", None, FRANCE)]),
    ("1 site removed",                             edit("locations", SPAIN, None)),
    ("3 sites changed recruitment status",         edit("locations.status", "A", "B", number=3)),
    ("contact details changed",                    edit("locations.contacts", "[]", "[{}]", number=9)),
    ("contact details changed",                    edit("contacts", None, '{"name": "Jane Doe"}')),
    ("7 publications now marked as results",       edit("publications.type", "BACKGROUND", "RESULT", number=7)),
    ("1 publication no longer marked as results",  edit("publications.type", "RESULT", "BACKGROUND")),
    ("1 publication of results added",             edit("publications", None, '{"type": "RESULT"}')),
    ("1 retracted paper added",                    edit("publications", None, '{"type": "RESULT", "retractions": [{}]}')),
    ("2 publications retracted",                   edit("publications.retractions", None, "[{}]", number=2)),
    ("removed a primary outcome: “Hours slept 0”", edit("primary_outcomes", "{}", None, "Hours slept")),
    ("2 primary outcomes added",                   edit("primary_outcomes", None, "{}", number=2)),
    ("7 serious adverse events edited",            edit("serious_events.stats", "[]", "[1]", number=7)),
    ("6 posted results removed",                   edit("outcome_results", "{}", None, number=6)),
    ("1 secondary outcome edited",                 edit("secondary_outcomes.description", "a", "b")),
    ("“submission infos” changed",                 edit("derivedSection.miscInfoModule.submissionInfos", None, "{}")),
)
# fmt: on


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_a_record_has_words_for_its_edits(name):
    key = edit(f"{name}.anything", "a", "b")
    for changes in (edit(name, None, "{}", number=2), edit(name, "{}", None), key):
        assert list_edit_sentence(changes)
        assert "entr" not in list_edit_sentence(changes) or name == "submissions"


@pytest.mark.parametrize(("sentence", "changes"), EDITS, ids=[sentence for sentence, _ in EDITS])
def test_edits_of_a_list_are_counted(sentence, changes):
    assert list_edit_sentence(changes) == sentence


def test_edits_of_one_list_are_one_statement_whatever_their_significance(report):
    line = report.changes[0]
    material = Change("locations", None, FRANCE, Significance.MATERIAL, "A")
    minor = replace(material, kind=Significance.MINOR, after=SPAIN, item="B")
    lines = tuple(
        RecordedChange(at, line.run_id, "NCT90000001", 2, line.seen_at, change)
        for at, change in enumerate((material, minor), 100)
    )
    edited = replace(report, changes=lines, new_comparisons=())
    news = news_of(edited, events_of(edited))
    (trial,) = news.trials
    assert [statement.text for statement in trial.statements] == [
        "2 sites added in France and Spain"
    ]
    assert not news.smaller
