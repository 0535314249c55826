"""`enrich candidates` and `enrich decide`: the list to screen, its exports, and decisions fit for git."""

import csv
import io
import os

import pytest
from click.testing import CliRunner

from enrich import cli
from enrich.search.models import Candidate, Decision, DecisionKind
from enrich.search.ranking import rank
from tests.fixtures.cron_job import CronJob, cron_study
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct

STUDIES = [
    *(cron_study(number) for number in range(1, 6)),
    cron_study(6, brief_title='=HYPERLINK("x")', start_date="2025-01"),
]


@pytest.fixture(scope="module")
def first_night(tmp_path_factory):
    """The job after its first run."""
    with StandInRegistry(STUDIES) as standin:
        job = CronJob(tmp_path_factory.mktemp("candidates"), standin.url, 2).with_search()
        assert job.run().exit_code == 0
        return job


@pytest.fixture
def registry():
    with StandInRegistry(STUDIES) as standin:
        yield standin


@pytest.fixture
def cron(first_night, registry, tmp_path):
    return first_night.copied_to(tmp_path, registry.url)


def run(cron, *words):
    options = ["--table", str(cron.table), "--db", str(cron.folder / "trials.db")]
    if words[0] == "candidates":
        options += ["--registry", cron.url, "--pace", "0"]
    command, *others = words
    return CliRunner().invoke(
        cli.main,
        [command, *options, *others],
        obj=cli.Time(lambda: cron.day.isoformat(timespec="seconds"), lambda seconds: None),
    )


def decisions(cron):
    return (cron.folder / "review.decisions.csv").read_text(encoding="utf-8")


def test_candidates_lists_what_waits_for_a_decision_with_query_and_counts(cron, registry):
    result = run(cron, "candidates")
    assert result.exit_code == 0 and result.stderr == ""
    assert 'search: query.cond = "psoriasis"' in result.stdout
    assert "To screen (4)" in result.stdout and nct(1) not in result.stdout
    assert "6 trials identified: 4 to screen, 2 included, 0 excluded." in result.stdout
    assert [request.kind for request in registry.requests] == ["gate"]


def test_a_row_that_the_search_does_not_find_teaches_the_ranking_too(tmp_path):
    eczema = {"conditions": ["Eczema"], "brief_title": "Zinc Ointment for Tired Hands"}
    like_it = cron_study(3, brief_title="Zinc Ointment for Feet")
    studies = [
        cron_study(1, **eczema),
        cron_study(2, **eczema),
        like_it,
        cron_study(4),
        cron_study(5),
    ]
    with StandInRegistry(studies) as standin:
        job = CronJob(tmp_path, standin.url, 2).with_search()
        job.run()
        listed = run(job, "candidates").stdout
    assert listed.index(nct(3)) < listed.index(nct(4))
    assert "Zinc Ointment" in listed.partition("because")[2]


def test_candidates_asks_when_the_registry_was_reloaded_and_the_next_run_reports_it(cron, registry):
    registry.next_load()
    registry.add(cron_study(30))
    assert nct(30) in run(cron, "candidates").stdout
    assert [request.kind for request in registry.requests] == ["gate", "search"]
    assert nct(30) in cron.run().stdout
    assert nct(30) not in cron.run().stdout


def test_check_shows_the_query_that_a_search_page_was_translated_to(cron):
    page = "https://clinicaltrials.gov/ct2/results?cond=psoriasis&recrs=a"
    text = cron.table.read_text(encoding="utf-8").replace(
        'query.cond = "psoriasis"', f'url = "{page}"'
    )
    cron.table.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["check", "--table", str(cron.table)])
    assert 'search: query.cond = "psoriasis", aggFilters = "status:rec"' in result.stdout


def test_candidates_lists_what_is_known_where_the_registry_does_not_answer(cron, registry):
    registry.fail("403-html", times=None)
    result = run(cron, "candidates")
    assert result.exit_code == 1 and "To screen (4)" in result.stdout
    assert "refuses this client (403)" in result.stderr


def test_candidates_offline_sends_nothing(cron, registry):
    assert "To screen (4)" in run(cron, "candidates", "--offline").stdout
    assert registry.requests == []


def test_a_decision_is_one_line_of_a_sorted_file_and_moves_the_hit(cron):
    result = run(cron, "decide", nct(5), nct(3), "exclude", "--because", "no control", "--by", "AB")
    assert result.exit_code == 0 and "2 trials decided" in result.stdout
    run(cron, "decide", nct(4), "maybe", "--by", "CD")
    assert decisions(cron) == (
        "nct_id,decision,reason,by,day\n"
        "NCT00000003,exclude,no control,AB,2026-09-08\n"
        "NCT00000004,maybe,,CD,2026-09-08\n"
        "NCT00000005,exclude,no control,AB,2026-09-08\n"
    )
    text = run(cron, "candidates", "--all", "--offline").stdout
    assert "1 to screen, 1 undecided, 2 included, 2 excluded (no control: 2)." in text
    assert "exclude: no control (AB)" in text
    run(cron, "decide", nct(3), "undecided")
    assert nct(3) not in decisions(cron)
    assert "To screen (2)" in run(cron, "candidates", "--offline").stdout


def test_a_file_of_decisions_keeps_columns_that_are_not_ours(cron):
    path = cron.folder / "review.decisions.csv"
    path.write_text(
        f"nct_id,note,decision,reason,by,day\n{nct(5)},see mail,exclude,x,AB,2026-09-01\n",
        encoding="utf-8",
    )
    run(cron, "decide", nct(3), "include", "--by", "AB")
    assert decisions(cron) == (
        "nct_id,note,decision,reason,by,day\n"
        f"{nct(3)},,include,,AB,2026-09-08\n{nct(5)},see mail,exclude,x,AB,2026-09-01\n"
    )


def test_a_file_that_holds_no_decisions_is_left_alone(cron):
    path = cron.folder / "review.decisions.csv"
    path.write_text("Trial,N\nNCT00000001,20\n", encoding="utf-8")
    result = run(cron, "decide", nct(3), "include")
    assert result.exit_code == 1
    assert "review.decisions.csv: the column 'nct_id' is missing" in result.stderr
    assert decisions(cron) == "Trial,N\nNCT00000001,20\n"


def test_a_lost_file_of_decisions_opens_none_of_them_and_is_written_again(cron):
    run(cron, "decide", nct(5), "exclude", "--because", "animals", "--by", "AB")
    (cron.folder / "review.decisions.csv").unlink()
    result = run(cron, "candidates", "--offline")
    assert (
        "review.decisions.csv: no such file; the 1 decision of the database still" in result.stderr
    )
    assert "1 excluded (animals: 1)." in result.stdout
    run(cron, "decide", nct(3), "include", "--by", "AB")
    assert [line[:11] for line in decisions(cron).splitlines()[1:]] == [nct(3), nct(5)]
    (cron.folder / "review.decisions.csv").unlink()
    assert "0 excluded." in run(cron, "candidates", "--offline", "--accept").stdout


def test_a_file_that_cannot_be_read_opens_no_decision(cron):
    run(cron, "decide", nct(5), "exclude", "--because", "animals")
    path = cron.folder / "review.decisions.csv"
    path.write_text(decisions(cron).replace("exclude", "exclud"), encoding="utf-8")
    result = run(cron, "candidates", "--offline")
    assert "review.decisions.csv, line 2: the decision 'exclud' is none of" in result.stderr
    assert "1 excluded (animals: 1)." in result.stdout


def test_decisions_are_taken_from_a_screening_tool(cron):
    screened = cron.folder / "screened.csv"
    screened.write_text(
        f"nct_id,decision,reason\n{nct(5)},Excluded,animals\n{nct(4)},included,\n", encoding="utf-8"
    )
    result = run(cron, "decide", "--from", str(screened), "--by", "AB")
    assert result.exit_code == 0, result.output
    assert decisions(cron).splitlines()[1:] == [
        f"{nct(4)},include,,AB,2026-09-08",
        f"{nct(5)},exclude,animals,AB,2026-09-08",
    ]


@pytest.mark.parametrize(
    "words, fault",
    [
        ([nct(3)], "give one or more ids, then one of include, exclude, maybe, undecided"),
        ([nct(3), "exclude"], "give --because REASON"),
        (["NCT12", "include"], "'NCT12' is not an NCT id"),
        ([], "give ids and a decision, or --from FILE"),
    ],
)
def test_a_bad_decision_is_a_line_and_nothing_is_written(cron, words, fault):
    result = run(cron, "decide", *words)
    assert result.exit_code == 2 and fault in result.stderr
    assert not (cron.folder / "review.decisions.csv").exists()


def test_a_decision_on_a_trial_that_was_not_found_is_kept_and_said(cron):
    result = run(cron, "decide", nct(77), "include")
    assert result.exit_code == 0
    assert "not among the hits of the search: NCT00000077" in result.stderr
    assert nct(77) in decisions(cron)


def test_the_list_is_written_for_screening_tools(cron):
    run(cron, "decide", nct(5), "exclude", "--because", "animals")
    path = cron.folder / "screening.csv"
    assert run(cron, "candidates", "--all", "--output", str(path)).exit_code == 0
    lines = {row["nct_id"]: row for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))}
    assert [lines[nct(number)]["included"] for number in (1, 3, 5)] == ["1", "", "0"]
    assert lines[nct(5)]["reason"] == "animals"
    assert lines[nct(6)]["title"].startswith("'=HYPERLINK")
    assert lines[nct(3)]["abstract"].startswith("Conditions: Psoriasis. Phase: Phase 2. Design: ")
    path = cron.folder / "screening.ris"
    run(cron, "candidates", "--output", str(path))
    text = path.read_bytes().decode()
    assert text.count("TY  - DBASE\r\n") == 3 == text.count("ER  - \r\n")
    assert "AN  - NCT00000003\r\n" in text and "KW  - Psoriasis\r\n" in text


def test_another_ending_is_refused(cron):
    result = run(cron, "candidates", "--output", str(cron.folder / "a.txt"))
    assert result.exit_code == 2 and "must end in .csv or .ris" in result.stderr


def test_a_row_is_filled_from_the_record_in_the_style_of_the_table(cron, registry):
    result = run(cron, "candidates", "--row", nct(6))
    assert result.stdout == "NCT00000006,20,Phase II\n"
    assert [request.kind for request in registry.requests] == ["single"]


def test_a_table_without_a_search_says_how_to_add_one(cron):
    text = cron.table.read_text(encoding="utf-8").partition("[search]")[0]
    cron.table.write_text(text, encoding="utf-8")
    result = run(cron, "candidates")
    assert result.exit_code == 2 and "no search; add a section [search]" in result.stderr


def test_who_decides_is_the_user_of_the_computer_unless_named(cron, monkeypatch):
    monkeypatch.setenv("LOGNAME", "maria")
    run(cron, "decide", nct(3), "include")
    assert os.environ["LOGNAME"] in decisions(cron)


def test_a_ranked_newcomer_comes_with_the_grounds(cron, registry):
    run(cron, "decide", nct(5), "exclude", "--because", "animals")
    text = run(cron, "candidates", "--offline").stdout
    assert "because: " in text and "psoriasis" in text.lower()


def test_the_long_texts_of_a_record_do_not_move_its_place():
    def trial(number, **facts):
        return Candidate(nct(number), title=f"Light for psoriasis {number}", **facts)

    long = {"criteria": "Adults with psoriasis", "secondary_outcomes": ("Itch",)}
    decisions = [Decision(nct(1), DecisionKind.INCLUDE)]
    whole = rank([trial(number, **long) for number in range(1, 5)], decisions)
    short = rank([trial(number) for number in range(1, 5)], decisions)
    assert [(one.candidate.nct_id, one.score, one.grounds) for one in whole] == [
        (one.candidate.nct_id, one.score, one.grounds) for one in short
    ]
