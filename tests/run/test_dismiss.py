"""A known difference is settled with its reason, in every outlet, until the fact or the cell moves again."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from enrich import export, reports
from enrich.cli import main
from enrich.storage.database import Database
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct, study
from tests.run.test_edited_tables import DESCRIPTION, ROWS, Review, set_enrollment

REASON = "the paper counts the treated"


@pytest.fixture
def review(tmp_path, monkeypatch):
    """Trial 3 prints 14 where the registry has 103; nothing else differs."""
    monkeypatch.chdir(tmp_path)
    studies = [study(number, enrollment=100 + number) for number in (1, 2, 3)]
    with StandInRegistry(studies, loaded="2026-01-30T09:00:06") as registry:
        review = Review(tmp_path, registry)
        review.sync()
        yield review


def dismiss(*arguments, exit_code=0):
    result = CliRunner().invoke(main, ["dismiss", *arguments])
    assert result.exit_code == exit_code, result.output
    return result.output


def settle(*more, because=REASON):
    return dismiss(nct(3), "enrollment", "--because", because, *more)


def words(text):
    return " ".join(text.split())


def description_of(review):
    return review.folder / "data" / "moon.toml"


def test_a_dismissed_difference_is_settled_and_counted_apart(review):
    assert "1 cell of 6 differs" in review.report()
    settle()
    text = words(review.report("--all"))
    assert "All 5 other compared cells agree with ClinicalTrials.gov; 1 settled" in text
    assert f"settled: “{REASON}”" in text


def test_the_list_of_what_is_settled_does_not_control_a_terminal(review):
    settle(because="a\u202ered")
    assert f"{nct(3)} enrollment: a" in dismiss("--list") and "\u202e" not in dismiss("--list")


def test_it_is_no_news(review):
    settle()
    assert review.sync() == ("", 0)


def test_a_difference_that_a_description_dismisses_from_the_start_is_no_news(review):
    section = f'[[dismissed]]\nnct = "{nct(1)}"\nfield = "enrollment"\nbecause = "{REASON}"\n'
    review.write([[nct(1), "full moon", "20", "Phase 2"], *ROWS[1:]], name="other", file="other.csv",
                 description=DESCRIPTION.replace("Table 2", "Table 3") + section)  # fmt: skip
    output, _ = review.sync()
    assert f"{nct(1)} (" not in output
    assert review.sync() == ("", 0)
    assert "1 settled" in review.report()


def test_it_comes_back_with_the_old_reason_when_the_fact_moves(review):
    settle()
    set_enrollment(review, 3, 200)
    output, code = review.sync()
    assert code == 10 and f"Was settled before it changed: “{REASON}”" in words(output)
    assert "1 cell of 6 differs" in review.report()
    assert review.sync() == ("", 0)


def test_it_comes_back_with_the_old_reason_when_the_cell_moves(review):
    settle()
    text = description_of(review).read_text()
    description = DESCRIPTION + text[text.index("[[dismissed]]") :]
    rows = [*ROWS[:2], [nct(3), "new moon", "15", "Phase 2"], ROWS[3]]
    review.write(rows, description=description)
    output, code = review.sync()
    assert code == 10 and "(was settled before it changed: “the paper" in words(output)
    assert f"was settled before it changed: “{REASON}”" in words(review.report("--all"))
    settle(because="counted again")
    assert "1 settled" in review.report()


def test_it_can_be_settled_again_for_the_same_reason(review):
    settle()
    set_enrollment(review, 3, 200)
    review.sync()
    settle()
    assert "1 settled" in review.report()
    assert review.sync() == ("", 0)


def test_it_is_open_again_after_an_undo(review):
    before = description_of(review).read_text()
    settle()
    assert dismiss("--list") == f"moon: {nct(3)} enrollment: {REASON}\n"
    dismiss(nct(3), "enrollment", "--undo")
    assert description_of(review).read_text() == before
    assert dismiss("--list") == "" and "1 cell of 6 differs" in review.report()


def test_a_record_that_is_gone_for_a_while_comes_back_settled(review):
    settle()
    review.registry.remove(nct(3))
    review.registry.next_load()
    review.sync()
    review.registry.add(study(3, enrollment=103))
    review.registry.next_load()
    review.sync()
    assert "1 settled" in review.report()


WITHOUT_DIFFERENCES = ("log", "atom", "mail", "mail-html")


@pytest.mark.parametrize(
    "name", [name for name in reports.FORMATS if name not in WITHOUT_DIFFERENCES]
)
def test_every_report_shows_the_reason(review, name):
    settle()
    assert REASON in words(review.report("--format", name, "--all"))


OF_TABLE = [
    name
    for name, format_ in export.FORMATS.items()
    if not (format_.needs_file or format_.has_records)
]


@pytest.mark.parametrize("name", OF_TABLE)
def test_every_export_of_the_table_shows_the_reason(review, name):
    settle()
    result = CliRunner().invoke(main, ["export", "--format", name])
    assert result.exit_code == 0, result.output
    assert REASON in words(result.stdout)


def test_an_export_in_place_keeps_what_is_printed(review):
    settle()
    result = CliRunner().invoke(main, ["export", "--format", "csv", "--in-place"])
    rows = csv.DictReader(io.StringIO(result.stdout.lstrip("\ufeff")))
    assert {row["Trial"]: row["N"] for row in rows}[nct(3)] == "14"


def test_the_views_show_the_reason(review):
    settle()
    database = Database(review.folder / "data" / "trials.db")
    assert database.fetch_value("select dismissed from open_differences") == REASON
    differences = database.fetch_value("select differences from merged where differs")
    assert f"[settled: {REASON}]" in differences
    verdict = database.fetch_value('select "enrollment: verdict" from published_moon where row = 3')
    assert verdict.endswith(f", settled: {REASON}")
    database.close()


def test_json_has_the_reason_by_itself(review):
    settle()
    lines = map(json.loads, review.report("--format", "json").splitlines())
    differences = [
        line for line in lines if line["what"] == "comparison" and line["verdict"] == "differs"
    ]
    assert [line["dismissed"] for line in differences] == [REASON]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([nct(9), "enrollment", "--because", "x"], "no table names this id"),
        ([nct(3), "masking", "--because", "x"], "'masking' is not compared; compared are enrollment, phases"),
        ([nct(1), "enrollment", "--because", "x"], "no difference is known"),
        ([nct(3), "enrollment", "--undo"], "is not settled there"),
        ([nct(3), "enrollment"], "--because"),
        ([nct(3), "enrollment", "--because", "x", "--table", "sun"], "there is no such table; there are moon"),
        ([nct(3), "enrollment", "--because", ""], "--because"),
    ],
)  # fmt: skip
def test_what_cannot_be_settled_is_refused_in_one_line(review, arguments, message):
    before = description_of(review).read_text()
    assert message in words(dismiss(*arguments, exit_code=2))
    assert description_of(review).read_text() == before


def test_the_rest_of_the_description_stays_to_the_letter(review):
    path = description_of(review)
    text = path.read_text() + "\n# a remark\n[notify]   # another\ndifferences = true\n"
    path.write_text(text)
    settle(because='counted as "treated" \\ not\tplanned')
    assert path.read_text().startswith(text.rstrip())
    assert "counted as" in dismiss("--list")
    settle()
    assert dismiss("--list").count("\n") == 1
    dismiss(nct(3), "enrollment", "--undo")
    assert path.read_text() == text


def test_a_remark_behind_a_section_stays_when_the_section_is_removed(review):
    path = description_of(review)
    before, remark = path.read_text(), "# about the news\n[notify]\ndifferences = true\n"
    settle()
    path.write_text(f"{path.read_text()}\n{remark}")
    dismiss(nct(3), "enrollment", "--undo")
    assert path.read_text() == f"{before.rstrip()}\n\n{remark}"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            'nct = "NCT1"\nfield = "enrollment"\nbecause = "x"',
            "'nct' in dismissed must be an id of the table",
        ),
        (f'nct = "{nct(3)}"\nfield = "enrolment"\nbecause = "x"', "did you mean 'enrollment'"),
        (
            f'nct = "{nct(3)}"\nfield = "enrollment"\nbecause = " "',
            "'because' in dismissed must be a reason",
        ),
        (f'nct = "{nct(3)}"\nfield = "enrollment"', "the key 'because' in dismissed is missing"),
    ],
)
def test_a_section_that_cannot_be_read_is_named(review, section, message):
    review.write(ROWS, description=DESCRIPTION + f"[[dismissed]]\n{section}\n")
    output, code = review.sync()
    assert code == 1 and message in output
