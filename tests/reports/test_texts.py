"""The texts of terminal, mail and log: what they hold, in which order, and how long they may be."""

import re
from dataclasses import replace

import pytest

from enrich import reports
from enrich.models import Problem, ProblemKind, TableChange, TableChangeKind, Trial, Verdict
from enrich.reports import sign_of_life
from enrich.reports.content import account, summary
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.report_query import read_report
from enrich.tables.reader import read_table
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("quiet"), nights=(lambda registry: None,)) as database:
        return read_report(database)


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    with sample_runs(tmp_path_factory.mktemp("busy")) as database:
        return read_report(database)


def large(report, trials):
    """*report* with a table of so many rows, in each of which something changed and differs."""
    (table,) = report.tables
    differing = next(row for row in table.rows if row.nct_id == "NCT90000004")
    ids = [f"NCT{number:08d}" for number in range(1, trials + 1)]
    rows = tuple(
        differing._replace(
            row_id=number,
            row=replace(differing.row, position=number),
            nct_id=nct_id,
            trial=replace(differing.trial, nct_id=nct_id),
            comparisons=tuple(
                comparison._replace(nct_id=nct_id) for comparison in differing.comparisons
            ),
        )
        for number, nct_id in enumerate(ids, 1)
    )
    changes = tuple(
        replace(line, id=1000 * number + line.id, nct_id=nct_id)
        for number, nct_id in enumerate(ids)
        for line in report.changes
        if line.nct_id == "NCT90000004"
    )
    problems = tuple(Problem(ProblemKind.GONE, "removed", nct_id) for nct_id in ids)
    return replace(report, tables=(replace(table, rows=rows),), changes=changes, problems=problems)


# --- several tables


def two_tables(report):
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
    report = " ".join(re.sub(r"\n> ?", " ", rendered(name, two_tables(quiet))).split())
    assert "new in Table 2" in report
    assert "new in Table 2" not in rendered(name, quiet)


@pytest.mark.parametrize(
    ("name", "head"),
    [("text", "— Moonlight again —"), ("markdown", "# Moonlight again: in full")],
)
def test_of_several_tables_each_has_its_head(quiet, name, head):
    assert head in rendered(name, two_tables(quiet), show_all=True).splitlines()
    assert head not in rendered(name, quiet, show_all=True)


# --- the terminal


def test_the_summary_comes_last_on_a_terminal(busy):
    assert re.search(r"\n\nSUMMARY\n(  .+\n)+$", rendered("text", busy))
    assert re.search(r"\n\nSUMMARY\n(  .+\n)+$", rendered("text", busy, show_all=True))


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("trials", [1, 10, 200])
def test_a_report_takes_two_screens_at_most(busy, trials, width):
    text = rendered("text", large(busy, trials), width=width)
    assert text.count("\n") < 2 * 24
    assert max(map(len, text.splitlines())) <= width
    assert "more trials with news" in text or trials < 200


@pytest.mark.parametrize("trials", [1, 10, 200])
def test_a_first_report_takes_two_screens_and_counts_by_cause(busy, trials):
    text = rendered("text", replace(large(busy, trials), since=None, changes=()))
    assert text.count("\n") < 2 * 24
    assert f"CAUSE UNKNOWN ({2 * trials})" in text


def test_all_of_a_report_is_there_on_request(busy):
    report = large(busy, 200)
    text = rendered("text", report, show_all=True)
    assert all(row.nct_id in text for row in report.tables[0].rows)
    assert "Row 200 · NCT00000200" in text


def test_a_table_without_a_registered_trial_has_no_list_of_trials(quiet):
    heading = "WHAT CLINICALTRIALS.GOV GIVES NOW"
    two = two_tables(quiet)
    assert rendered("text", two, show_all=True).count(heading) == 1
    only = replace(two, tables=two.tables[1:])
    assert heading not in rendered("text", only, show_all=True)


def test_a_cell_that_cannot_be_read_is_shown_as_printed(quiet):
    (table,) = quiet.tables
    first, *rows = table.rows
    unreadable = first.comparisons[0]._replace(
        verdict=Verdict.UNREADABLE, cell="Phase X", note="names no phase"
    )
    edited = replace(table, rows=(first._replace(comparisons=(unreadable,)), *rows))
    text = rendered("text", replace(quiet, tables=(edited,)), show_all=True)
    assert "CELLS THAT COULD NOT BE READ (1)" in text
    assert re.search(r"Row 1 · Phase: “Phase X” \(names no phase\)", text)
    assert "COULD NOT BE READ" not in rendered("text", quiet, show_all=True)


# --- the mail


@pytest.mark.parametrize("trials", [1, 3, 10, 40, 500])
@pytest.mark.parametrize("since", [None, "2026-11-20T07:00:06+00:00"], ids=["first", "later"])
def test_a_mail_has_forty_lines_at_most(busy, trials, since):
    text = rendered("mail", replace(large(busy, trials), since=since))
    assert text.count("\n") <= 40
    assert max(map(len, text.splitlines())) <= 78


def test_a_mail_begins_with_its_subject_and_ends_with_the_health_of_the_check(busy):
    lines = rendered("mail", busy).splitlines()
    assert lines[0] == (
        "Table 2: 1 with results, 1 removed, 1 started recruiting, 1 with new dates; 2"
    )
    assert lines[-2:] == [
        "Checked all 5 trials on 22 November 2026 against the data of 20 November 2026.",
        "5 asked = 3 changed + 1 unchanged + 0 new + 1 gone + 0 not checked",
    ]


def test_a_mail_counts_what_it_leaves_out_and_names_the_command_that_prints_it(busy):
    text = rendered("mail", large(busy, 500))
    shown = len(re.findall(r"^NCT\d{8}", text, flags=re.M))
    assert f"and {500 - shown} more trials with news" in text
    assert "and 496 more that need your attention" in text
    assert "enrich report --all" in text


# --- the log


def test_log_of_a_quiet_run_is_one_sentence(quiet):
    assert rendered("log", quiet) == (
        "On 20 November 2026 all 5 registered trials of Table 2 were checked against"
        " ClinicalTrials.gov (data of 19 November 2026): no change that affects the table.\n"
    )


def test_log_of_the_first_run_summarizes_the_comparison(tmp_path):
    with sample_runs(tmp_path, nights=()) as database:
        log = rendered("log", read_report(database))
    assert log.endswith(
        "(data of 18 November 2026) for the first time:"
        " all 15 compared cells agree with ClinicalTrials.gov.\n"
    )


def test_log_names_the_trials_that_were_not_checked(quiet):
    (table,) = quiet.tables
    rows = tuple(row._replace(checked=row.nct_id != "NCT90000003") for row in table.rows)
    log = rendered("log", replace(quiet, tables=(replace(table, rows=rows),)))
    assert "4 of the 5 registered trials of Table 2 were checked" in log
    assert "1 could not be checked (NCT90000003). In those that were, no change" in log
    assert "all 5" not in log


@pytest.mark.parametrize("trials", [1, 10, 300])
def test_log_has_120_words_at_most(busy, trials):
    report = large(busy, trials)
    rows = tuple(row._replace(checked=True, answer="gone") for row in report.tables[0].rows)
    log = rendered("log", replace(report, tables=(replace(report.tables[0], rows=rows),)))
    assert len(log.split()) <= 120
    assert f"{trials} trial{'s' if trials > 1 else ''} changed, {trials} in a field" in log


def test_log_of_an_offline_run_claims_no_check(tmp_path):
    with sample_runs(tmp_path) as database:
        sync(
            [read_table(tmp_path / "moonlight.toml")],
            None,
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: "2026-11-23T07:00:00+00:00",
        )
        log = rendered("log", read_report(database))
    assert log.startswith(
        "On 23 November 2026 none of the 5 registered trials of Table 2 could be checked against"
        " ClinicalTrials.gov (offline"
    )
    assert "no change" not in log


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
        log = rendered("log", read_report(database))
    assert "Table 2" not in log and "“other”" in log


def test_log_names_a_table_without_a_registered_trial(quiet):
    log = rendered("log", two_tables(quiet))
    assert log.endswith("\n\n“Moonlight again” names no registered trial.\n")


# --- the state of a trial and of a run

# fmt: off
RECORDS = (
    ({"last_update_posted": "2025-02-01"}, {}, "updated 2025-02-01, before the authors looked"),
    ({"last_update_posted": "2025-04-01"}, {}, "updated 2025-04-01, after the authors looked"),
    ({}, {"stale_since": "2026-11-21", "as_of": "2026-11-20"}, "copy of 2026-11-20, not confirmed since 2026-11-21"),
    ({}, {"answer": "merged"}, "now part of NCT90000001"),
    ({}, {}, None),
)
# fmt: on


@pytest.mark.parametrize(("facts", "state", "text"), RECORDS)
def test_the_state_of_a_record(quiet, facts, state, text):
    row = quiet.tables[0].rows[0]._replace(trial=Trial("NCT90000001", facts), **state)
    row = row._replace(row=replace(row.row, accessed="2025-03-01"))
    assert dict(summary.facts(row)).get("record") == text


@pytest.mark.parametrize(
    ("row", "text"),
    [
        pytest.param({}, "recruiting", id="found"),
        pytest.param({"answer": "gone"}, "no longer on ClinicalTrials.gov", id="removed"),
        pytest.param(
            {"answer": "unknown", "trial": None},
            "not on ClinicalTrials.gov; is the number right?",
            id="never there",
        ),
        pytest.param(
            {"answer": None, "trial": None}, "not checked; no saved copy", id="never asked"
        ),
        pytest.param({"trial": Trial("NCT90000001", {})}, "status not given", id="no status"),
    ],
)
def test_the_status_of_a_trial(quiet, row, text):
    assert summary.status(quiet.tables[0].rows[0]._replace(**row)) == text


def test_a_run_that_has_not_ended_has_no_duration(quiet):
    assert re.search(r" · [\d,.]+ s\n", account.run_counts_line(quiet.run))
    unfinished = replace(quiet.run, finished_at=None)
    assert not re.search(r" · [\d,.]+ s\n", account.run_counts_line(unfinished))


def test_a_table_of_settled_differences_alone_claims_no_agreement(busy):
    (table,) = busy.tables
    rows = tuple(
        row._replace(
            comparisons=tuple(
                comparison._replace(dismissed="known")
                for comparison in row.comparisons
                if comparison.verdict == Verdict.DIFFERS
            ),
        )
        for row in table.rows
    )
    text = summary.differing_cells(replace(table, rows=rows))
    assert text == "4 cells settled; no other cell could be compared"


def test_the_cells_of_a_table_count_once_by_their_worst(busy):
    counts = summary.cell_counts(busy.tables[0])
    assert (counts.correct, counts.cause_unknown, counts.not_checked) == (8, 4, 3)
    assert counts.compared == 12


def test_a_trial_that_no_row_names_any_more_is_named_without_a_row(busy):
    (table,) = busy.tables
    removed = tuple(
        TableChange(
            TableChangeKind.ROW_REMOVED,
            table.name,
            run_id=busy.run.id,
            row_id=100 + number,
            position=number,
            nct_id=f"NCT{number:08d}",
            seen_at=busy.run.finished_at,
        )
        for number in range(1, 40)
    )
    text = rendered("mail", replace(busy, table_changes=removed))
    assert "NCT00000001 is no longer in" in text
    assert "(row )" not in text


def test_the_subject_of_a_sign_of_life_is_as_short_as_that_of_news(busy):
    (table,) = busy.tables
    tables = tuple(replace(table, name=name, title="Trials of rest " * 12) for name in "abc")
    quiet_time = sign_of_life.QuietTime("2026-10-12T06:00:00+00:00", 20, 20)
    assert len(sign_of_life.subject(replace(busy, tables=tables), quiet_time)) <= 150
