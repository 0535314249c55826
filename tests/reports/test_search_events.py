"""What is new in the search of a table, as every report says it."""

import json
from dataclasses import replace

import pytest

from enrich.models import Rank, Recipient, SearchEvent, SearchEventKind, SearchSummary
from enrich.reports.content.headlines import subject
from enrich.reports.content.narrowing import narrowed
from enrich.reports.content.search_events import search_news
from enrich.reports.rendering import RenderContext
from enrich.run.outcome import has_news
from enrich.storage.report_query import read_report
from tests.fixtures.hostile_texts import ALL
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs
from tests.fixtures.studies import nct

AT = "2026-09-08T06:00:00+00:00"
FORMATS = ("text", "mail", "html", "markdown", "csv", "json", "atom")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("quiet"), nights=(lambda registry: None,)) as database:
        return read_report(database)


def event(kind, number=1, **facts):
    table = facts.pop("table", "T")
    return SearchEvent(SearchEventKind(kind), table, nct(number), AT, **facts)


def with_events(report, *events):
    name = report.tables[0].name
    return replace(report, search_events=tuple(replace(one, table=name) for one in events))


def sentences(report, *events):
    names = {table.name: "Table 2" for table in report.tables}
    return [sentence for _, sentence in search_news(with_events(report, *events), names)]


def test_a_newcomer_is_named_with_its_title_and_the_grounds(quiet):
    found = event("new", 7, title="Rest", grounds=("asthma", "phase 2"))
    assert sentences(quiet, found) == [
        "1 new trial matches the search of Table 2: NCT00000007 “Rest” (because: asthma, phase 2)"
    ]


def test_newcomers_are_one_sentence_with_the_likeliest_first(quiet):
    events = [event("new", number, title=f"Rest {number}") for number in range(1, 15)]
    (sentence,) = sentences(quiet, *events)
    assert sentence.startswith(
        "14 new trials match the search of Table 2; the first: NCT00000001 “Rest 1”; then NCT00000002,"
    )
    assert sentence.endswith("NCT00000010, and 4 more")


def test_what_left_returned_and_changed_is_named_trial_by_trial(quiet):
    assert sentences(
        quiet,
        event("left", 1, detail="its status was recruiting and is withdrawn"),
        event("returned", 2),
        event("changed", 3, detail="was excluded (“n of 1”); its phase was Phase 1 and is Phase 2"),
    ) == [
        "NCT00000002 matches the search of Table 2 again",
        "NCT00000003 was excluded (“n of 1”); its phase was Phase 1 and is Phase 2"
        " (search of Table 2; decide again)",
        "NCT00000001 left the search of Table 2: its status was recruiting and is withdrawn",
    ]


@pytest.mark.parametrize("format_", FORMATS)
def test_every_report_has_the_news_of_the_search(quiet, format_):
    report = with_events(quiet, event("new", 7, title="Rest"))
    assert has_news(report) and not has_news(quiet)
    text = " ".join(rendered(format_, report).split())
    assert "1 new trial matches the search of" in text and "NCT00000007" in text


def test_json_has_every_newcomer(quiet):
    report = with_events(quiet, *(event("new", number) for number in range(1, 31)))
    lines = map(json.loads, rendered("json", report).splitlines())
    (found,) = [line["search"] for line in lines if "search" in line]
    assert [one["nct_id"] for one in found] == [nct(number) for number in range(1, 31)]


def test_the_subject_of_a_mail_counts_the_newcomers(quiet):
    report = with_events(quiet, event("new", 7), event("new", 8))
    assert subject(report, RenderContext.of(report).news).endswith(
        ": 2 new trials found by the search"
    )


def test_the_log_ends_with_the_numbers_of_the_flow_diagram(quiet):
    counts = "9 trials identified: 4 to screen, 0 included, 5 excluded (animals: 5)"
    summary = SearchSummary(quiet.tables[0].name, AT, "2026-09-08T09:00:06", counts)
    text = rendered("log", replace(quiet, searches=(summary,)))
    assert " ".join(text.split()).endswith(
        f"Search of 8 September 2026 (data of 8 September 2026): {counts}."
    )


@pytest.mark.parametrize(
    "recipient, gets",
    [
        (Recipient(), True),
        (Recipient(minimum_rank=Rank.OTHER), True),
        (Recipient(minimum_rank=Rank.STOPPED), False),
        (Recipient(trials=("NCT90000004",)), False),
    ],
)
def test_who_follows_a_whole_table_gets_the_news_of_its_search(quiet, recipient, gets):
    report = with_events(quiet, event("new", 7))
    found = narrowed(report, {report.tables[0].name: recipient})
    assert bool(found.search_events) is gets


@pytest.mark.parametrize("text", ALL[:8])
def test_a_hostile_title_is_only_a_text(quiet, text):
    (sentence,) = sentences(quiet, event("new", 7, title=text, grounds=(text,)))
    assert sentence.isprintable()


@pytest.mark.parametrize("format_", ["text", "html", "markdown", "log"])
def test_what_a_search_found_is_in_the_summary_of_its_table(quiet, format_):
    found = SearchSummary(quiet.tables[0].name, AT, AT, "9 trials identified: 9 to screen")
    text = rendered(format_, replace(quiet, searches=(found,)))
    assert "9 trials identified: 9 to screen." in " ".join(text.split())
