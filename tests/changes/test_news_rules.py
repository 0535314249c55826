"""What counts as news: the rules of [notify], one by one and through a whole run."""

from dataclasses import replace
from pathlib import Path

import pytest

from enrich.changes.news_rules import is_news, new_differences, news_of
from enrich.errors import TableError
from enrich.models import Change, LastingFailure, NewsRules, ProblemKind, Significance
from enrich.run.outcome import exit_code_of, has_news, has_output
from enrich.storage.report_query import read_report
from enrich.tables.reader import read_table
from tests.fixtures.sample_runs import CSV, TABLE, sample_runs

N = ("enrollment", "100")


# fmt: off
CASES = (
    pytest.param(NewsRules(), Change("masking", "NONE", "DOUBLE", Significance.MATERIAL), True, id="material changes count by default"),
    pytest.param(NewsRules(), Change("contacts", "A", "B", Significance.MINOR), False, id="minor ones do not"),
    pytest.param(NewsRules(kinds=(Significance.MINOR,)), Change("contacts", "A", "B", Significance.MINOR), True, id="unless their kind is named"),
    pytest.param(NewsRules(fields=("locations",)), Change("locations", None, "{}", Significance.MINOR), True, id="a named list counts, minor or not"),
    pytest.param(NewsRules(fields=("locations",)), Change("locations.status", "A", "B", Significance.MINOR), True, id="and so do parts of its members"),
    pytest.param(NewsRules(fields=("locations",)), Change("locations.geoPoint", "A", "B", Significance.NOISE), False, id="but noise does not"),
    pytest.param(NewsRules(fields=("locations",)), Change("masking", "NONE", "DOUBLE", Significance.MATERIAL), False, id="what is not named does not count"),
    pytest.param(NewsRules(fields=("locations",)), Change("record", "in the registry", "removed", Significance.MATERIAL), True, id="a removed record always counts"),
    pytest.param(NewsRules(fields=("has_results",)), Change("results_first_posted", None, "2026-01-01", Significance.MATERIAL), True, id="results bring their date along"),
    pytest.param(NewsRules(status=("COMPLETED",)), Change("overall_status", "RECRUITING", "COMPLETED", Significance.MATERIAL), True, id="a status that is waited for"),
    pytest.param(NewsRules(status=("COMPLETED",)), Change("overall_status", "RECRUITING", "UNKNOWN", Significance.MATERIAL), False, id="another status"),
    pytest.param(NewsRules(status=("COMPLETED",)), Change("why_stopped", None, "no money", Significance.MATERIAL), False, id="a reason, where stopping is no news"),
    pytest.param(NewsRules(status=("TERMINATED",)), Change("why_stopped", None, "no money", Significance.MATERIAL), True, id="a reason, where stopping is news"),
    pytest.param(NewsRules(enrollment_percent=25), Change(*N, "125", Significance.MATERIAL), False, id="moved by exactly the share"),
    pytest.param(NewsRules(enrollment_percent=25), Change(*N, "126", Significance.MATERIAL), True, id="moved by more than the share"),
    pytest.param(NewsRules(enrollment_percent=25), Change(*N, "74", Significance.MATERIAL), True, id="down by more than the share"),
    pytest.param(NewsRules(enrollment_percent=25), Change("enrollment", "0", "1", Significance.MATERIAL), True, id="from nobody to somebody"),
    pytest.param(NewsRules(enrollment_percent=25), Change("enrollment", None, "10", Significance.MATERIAL), True, id="a number where there was none"),
    pytest.param(NewsRules(enrollment_percent=25), Change("enrollment_type", "ESTIMATED", "ACTUAL", Significance.MATERIAL), False, id="reached as planned"),
    pytest.param(NewsRules(date_days=90), Change("completion_date", "2026-01-01", "2026-04-01", Significance.MATERIAL), False, id="moved by ninety days"),
    pytest.param(NewsRules(date_days=90), Change("completion_date", "2026-01-01", "2026-04-02", Significance.MATERIAL), True, id="moved by ninety-one days"),
    pytest.param(NewsRules(date_days=0), Change("start_date", "2026-01", "2026-01-15", Significance.MATERIAL), False, id="the same month, more exactly"),
    pytest.param(NewsRules(date_days=90), Change("completion_date", "2026-01", "2026-13", Significance.MATERIAL), True, id="a date that no calendar has"),
    pytest.param(NewsRules(date_days=90), Change("completion_date_type", "ESTIMATED", "ACTUAL", Significance.MATERIAL), False, id="completed as planned"),
    pytest.param(NewsRules(date_days=90), Change("completion_date", None, "2026-01-01", Significance.MATERIAL), True, id="a date where there was none"),
    pytest.param(NewsRules(date_days=90), Change("completion_date", "2026-01-01", None, Significance.MATERIAL), True, id="a date that was taken out"),
)
# fmt: on


@pytest.mark.parametrize(("rules", "change", "expected"), CASES)
def test_a_change_is_news_by_the_rules(rules, change, expected):
    assert is_news(change, rules) is expected


def _read(folder, section):
    (folder / "t.toml").write_text(
        TABLE.replace("moonlight.csv", "t.csv") + section, encoding="utf-8"
    )
    (folder / "t.csv").write_text(CSV, encoding="utf-8")
    return read_table(folder / "t.toml").news_rules


def test_the_section_notify_is_read(tmp_path):
    section = '\n[notify]\nfields = ["overall_status", "locations"]\nstatus = ["completed", "Terminated", "ACTIVE_NOT_RECRUITING"]\nenrollment_percent = 25\n'
    assert _read(tmp_path, section) == NewsRules(
        fields=("overall_status", "locations"),
        status=("COMPLETED", "TERMINATED", "ACTIVE_NOT_RECRUITING"),
        enrollment_percent=25,
    )


def test_without_a_section_the_defaults_apply(tmp_path):
    assert _read(tmp_path, "") == NewsRules()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[notify]\nfeilds = []", "unknown key 'feilds' in notify; did you mean 'fields'?"),
        (
            '[notify]\nfields = ["enrolment"]',
            "'fields' in notify: unknown name 'enrolment'; did you mean 'enrollment'?",
        ),
        ("[notify]\nfields = []", "'fields' in notify must be a list of fields, such as"),
        ('[notify]\nfields = "enrollment"', "'fields' in notify must be a list of fields, such as"),
        ('[notify]\nkinds = ["important"]', "'kinds' in notify: unknown name 'important'"),
        (
            '[notify]\nstatus = ["finnished"]',
            "'status' in notify: unknown name 'finnished'; did you mean 'finished'?",
        ),
        (
            "[notify]\nenrollment_percent = true",
            "'enrollment_percent' in notify must be a percentage such as 25",
        ),
        (
            "[notify]\nenrollment_percent = -1",
            "'enrollment_percent' in notify must be a percentage such as 25",
        ),
        (
            "[notify]\nenrollment_percent = nan",
            "'enrollment_percent' in notify must be a percentage such as 25",
        ),
        (
            '[notify]\ndate_days = "90"',
            "'date_days' in notify must be a number of days such as 90",
        ),
        ('[notify]\ndifferences = "no"', "'differences' in notify must be true or false"),
        ("[[notify]]\nfields = []", "'fields' in notify must be a list of fields"),
    ],
)
def test_a_mistake_in_the_section_names_file_and_key(tmp_path, section, message):
    with pytest.raises(TableError, match=r"t\.toml") as caught:
        _read(tmp_path, "\n" + section)
    assert message in str(caught.value)


# --- through a run


def _report(folder, section=""):
    with sample_runs(folder, table=TABLE + section) as database:
        return read_report(database)


def test_rules_are_kept_with_the_table(tmp_path):
    report = _report(tmp_path, "\n[notify]\ndate_days = 365\ndifferences = false\n")
    assert report.tables[0].news_rules == NewsRules(date_days=365, differences=False)


def test_by_default_material_changes_are_news(tmp_path):
    report = _report(tmp_path)
    assert {line.change.field for line in news_of(report)} == {
        *(
            "completion_date",
            "enrollment",
            "overall_status",
            "has_results",
            "results_first_posted",
            "record",
        )
    }
    assert exit_code_of(report) == 10


@pytest.mark.parametrize(
    ("run", "lasting", "code", "speaks"),
    [
        pytest.param({}, (), 0, False, id="nothing new"),
        pytest.param({"new": 1}, (), 10, True, id="a new trial"),
        pytest.param({"new": 1, "not_checked": 1}, (), 20, True, id="some not checked weighs more"),
        pytest.param({"not_checked": 1}, (), 20, False, id="a first failure is not reported"),
        pytest.param(
            {"outcome": "unreachable", "not_checked": 5},
            (),
            21,
            False,
            id="out of reach weighs most",
        ),
        pytest.param(
            {"outcome": "unreachable", "not_checked": 5},
            (LastingFailure(ProblemKind.UNREACHABLE, (), "", "", 3),),
            21,
            True,
            id="a lasting failure is reported",
        ),
    ],
)
def test_the_exit_code_and_whether_a_quiet_run_has_output(tmp_path, run, lasting, code, speaks):
    with sample_runs(tmp_path, nights=(lambda registry: None,)) as database:
        report = read_report(database)
    report = replace(report, run=replace(report.run, **run), lasting_failures=lasting)
    assert (exit_code_of(report), has_output(report)) == (code, speaks)


def test_what_the_rules_leave_out_stays_in_the_ledger_but_is_no_news(tmp_path):
    section = '\n[notify]\nfields = ["completion_date"]\ndate_days = 1000\n'
    with sample_runs(
        tmp_path, table=TABLE + section, nights=(lambda registry: None, _only_the_slip)
    ) as database:
        report = read_report(database)
    assert {line.change.field for line in report.changes} == {"completion_date"}
    assert not has_news(report)
    assert exit_code_of(report) == 0


def _only_the_slip(registry):
    def slip(study):
        study["protocolSection"]["statusModule"]["completionDateStruct"]["date"] = "2027-02"

    registry.change("NCT90000001", slip)


def test_a_difference_that_follows_from_a_small_change_is_no_news(tmp_path):
    report = _report(tmp_path, "\n[notify]\nenrollment_percent = 25\n")
    assert [(row.nct_id, found.field) for _, row, found in new_differences(report)] == [
        ("NCT90000004", "overall_status")
    ]


def test_a_change_of_a_trial_in_two_tables_is_news_by_the_rules_of_either(tmp_path):
    report = _report(tmp_path, "\n[notify]\nfields = ['masking']\n")
    (table,) = report.tables
    both = replace(report, tables=(table, replace(table, name="other", news_rules=NewsRules())))
    assert len(news_of(report)) == 1
    assert len(news_of(both)) > 1


def test_the_example_of_the_documentation_can_be_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "tables.md").read_text(encoding="utf-8")
    section = "[notify]" + page.split("```toml\n[notify]")[1].split("```")[0]
    read = _read(tmp_path, "\n" + section)
    assert (read.enrollment_percent, read.date_days, read.status[0]) == (25, 90, "COMPLETED")
