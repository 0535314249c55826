"""Charts: what is drawn, what is left out, and that the page lists both."""

from dataclasses import replace

import pytest

from enrich.models import Comparison, Trial, Verdict
from enrich.reports.layout.charts import charts
from enrich.storage.report_query import read_report
from tests.fixtures.sample_runs import sample_runs

DATES, PARTICIPANTS = "From start to completion", "Participants: planned, enrolled and printed"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("charts")) as database:
        return read_report(database, since=1, with_timelines=True)


def with_trials(report, *trials):
    """*report* with a row for each of *trials*, of which the first five changed."""
    (table,) = report.tables
    rows = tuple(
        table.rows[0]._replace(
            row_id=at, comparisons=(), nct_id=trial.nct_id, trial=trial, context_notes=()
        )
        for at, trial in enumerate(trials, 1)
    )
    return replace(report, timelines={}), replace(table, rows=rows)


def trial(number, **facts):
    return Trial(f"NCT9000000{number}", {"brief_title": f"Sleep {number}", **facts})


@pytest.mark.parametrize(
    ("facts", "titles"),
    [
        pytest.param(
            {"start_date": "2024-01", "enrollment": 40},
            [DATES, PARTICIPANTS],
            id="a date and a number",
        ),
        pytest.param({"completion_date": "2026"}, [DATES], id="no number"),
        pytest.param({"enrollment": 0}, [PARTICIPANTS], id="no date"),
        pytest.param({"start_date": "2024-13"}, [], id="a date that is in no calendar"),
        pytest.param({}, [], id="neither"),
    ],
)
def test_only_what_is_known_is_drawn(report, facts, titles):
    assert [chart.title for chart in charts(*with_trials(report, trial(1, **facts)))] == titles


def test_only_trials_that_changed_are_drawn(report):
    drawn = charts(*with_trials(report, trial(1, enrollment=5), trial(9, enrollment=6)))
    assert [line.label for chart in drawn for line in chart.lines] == [
        "NCT90000001 · planned or enrolled 5"
    ]


def test_what_is_not_drawn_is_listed(report):
    drawn = charts(*with_trials(report, trial(1, enrollment=5), trial(2, start_date="2024-01")))
    assert [chart.notes for chart in drawn] == [
        ("1 more trial not drawn: no date in the record.",),
        ("1 more trial not drawn: no number in the record.",),
    ]


def test_a_printed_number_that_is_not_drawn_is_in_the_table_as_printed(report):
    at, table = with_trials(report, trial(1, enrollment=5))
    comparison = Comparison("N", "enrollment", "about a dozen", None, "5", Verdict.UNREADABLE)
    rows = tuple(row._replace(comparisons=(comparison,)) for row in table.rows)
    (chart,) = charts(at, replace(table, rows=rows))
    assert chart.lines[0].cells[-1] == "“about a dozen” (not drawn)"
    assert chart.lines[0].label.endswith("5, printed “about a dozen” (not drawn)")


def test_nothing_is_said_of_charts_left_out_where_none_is(report):
    assert all("-" not in note for chart in charts(report, *report.tables) for note in chart.notes)


def test_a_logarithmic_axis_is_labelled_and_has_a_place_for_zero(report):
    sizes = (0, 5, 10, 1000)
    trials = [trial(at, enrollment=size) for at, size in enumerate(sizes, 1)]
    (chart,) = charts(*with_trials(report, *trials))
    assert chart.axis.startswith("participants, logarithmic")
    assert [tick.label for tick in chart.ticks] == ["0", "1", "10", "100", "1,000"]
    marks = [mark.at for line in chart.lines for mark in line.marks]
    assert marks == sorted(marks)
    assert (marks[0], marks[-1]) == (chart.ticks[0].at, chart.ticks[-1].at)


def test_a_title_is_never_an_acronym(report):
    facts = {"acronym": "SLEEP", "start_date": "2024-01"}
    (chart,) = charts(*with_trials(report, trial(1, **facts)))
    assert [line.label for line in chart.lines] == ["NCT90000001 · Sleep 1"]


def test_the_legend_has_every_mark_that_is_drawn_and_no_other(report):
    (table,) = report.tables
    for chart in charts(report, table):
        drawn = {mark.kind for line in chart.lines for mark in line.marks}
        drawn |= {
            "dashed" if span.planned else "solid" for line in chart.lines for span in line.spans
        }
        drawn |= {"today"} if chart.today is not None else set()
        assert {kind for kind, _ in chart.legend} - {"today"} == drawn - {"today"}


def test_each_completion_date_of_a_delayed_trial_is_drawn(report):
    *_, delays = charts(report, *report.tables)
    assert delays.title == "Every completion date of NCT90000001 · Full Moon for Sleep"
    assert [line.cells for line in delays.lines] == [
        ("2025-02-01", "2026-06"),
        ("2026-11-19", "2027-02"),
        ("2026-11-21", "2027-11"),
    ]
