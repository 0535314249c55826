"""A table is edited between two runs: nothing false is reported, and what is reported is reported once."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.options import Time
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct, study

DESCRIPTION = """\
title = "Table 2. Trials of moonlight"
file = "{file}"
published = 2026-01-01
id_column = "Trial"
[columns."N"]
says = ["enrollment"]
[columns."Phase"]
says = ["phases"]
"""
HEADER = ["Trial", "Name", "N", "Phase"]
# Trials 1 and 2 agree with the registry; 3 says 14 where the registry has 103, 4 has no id.
ROWS = [
    [nct(1), "full moon", "101", "Phase 2"],
    [nct(2), "half moon", "102", "Phase 2"],
    [nct(3), "new moon", "14", "Phase 2"],
    ["", "lamp", "9", "Phase 1"],
]


class Review:
    """A folder with one table, and runs over it against a stand-in registry."""

    def __init__(self, folder: Path, registry: StandInRegistry) -> None:
        self.folder, self.registry = folder, registry
        self.day = 1
        (folder / "data").mkdir()
        self.write(ROWS)

    def write(self, rows, header=HEADER, name="moon", file="moon.csv", description=DESCRIPTION):
        lines = [",".join(f'"{cell}"' for cell in row) for row in (header, *rows)]
        (self.folder / "data" / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
        text = description.format(file=file)
        (self.folder / "data" / f"{name}.toml").write_text(text, encoding="utf-8")

    def sync(self, *options):
        """One quiet run on the next day; stdout and exit code."""
        self.day += 1
        now = f"2026-02-{self.day:02}T06:00:00+00:00"
        time = Time(clock=lambda: now, sleep=lambda seconds: None)
        result = CliRunner().invoke(
            main,
            ["sync", "-q", "--exit-code", "--pace", "0", "--registry", self.registry.url, *options],
            obj=time,
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.output, result.exit_code

    def report(self, *options):
        result = CliRunner().invoke(main, ["report", *options])
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    studies = [study(number, enrollment=100 + number) for number in (1, 2, 3)]
    with StandInRegistry(studies, loaded="2026-01-30T09:00:06") as registry:
        review = Review(tmp_path, registry)
        review.sync()
        yield review


@pytest.mark.parametrize(
    "edit",
    [
        lambda review: review.write([["", "candle", "3", "Phase 1"], *ROWS]),
        lambda review: review.write(ROWS[::-1]),
        lambda review: review.write(ROWS, ["Trial", "Name", "Participants", "Phase"],
                                    description=DESCRIPTION.replace('"N"', '"Participants"')),
        lambda review: review.write([[*row[2:], *row[:2]] for row in ROWS], [*HEADER[2:], *HEADER[:2]]),
    ],
    ids=["a row in front", "another order", "a renamed column", "columns moved"],
)  # fmt: skip
def test_what_is_only_moved_or_renamed_is_no_news(review, edit):
    feed = review.report("--format", "atom")
    edit(review)
    assert review.sync() == ("", 0)
    assert review.report("--format", "atom").count("<entry>") == feed.count("<entry>")
    assert "changed in a way" not in review.report("--for", "log")


def test_a_renamed_description_is_the_same_table(review):
    (review.folder / "data" / "moon.toml").rename(review.folder / "data" / "moonlight.toml")
    assert review.sync() == ("", 0)
    assert "open_differences" not in review.report()


def test_a_renamed_csv_with_its_description_is_the_same_table(review):
    for path in (review.folder / "data").glob("moon.*"):
        path.unlink()
    review.write(ROWS, name="light", file="light.csv")
    assert review.sync() == ("", 0)


def test_an_edited_cell_is_news_of_its_own_and_reported_once(review):
    review.write([*ROWS[:2], [nct(3), "new moon", "103", "Phase 2"], ROWS[3]])
    output, code = review.sync()
    assert code == 10
    assert "N “14” is now “103”; it agrees with the registry" in " ".join(output.split())
    assert "changed in a way" not in review.report("--for", "log")
    assert review.sync() == ("", 0)


def test_an_edit_that_goes_wrong_is_no_change_of_the_registry(review):
    review.write([[nct(1), "full moon", "20", "Phase 2"], *ROWS[1:]])
    output, code = review.sync()
    words = " ".join(output.split())
    assert (
        code == 10 and "is now “20”; it differs from the registry, which has planned 101" in words
    )
    assert "now differs from the table" not in words


def test_a_removed_row_is_reported_once_and_is_no_longer_counted(review):
    review.write([*ROWS[:2], ROWS[3]])
    output, code = review.sync()
    assert code == 10 and f"{nct(3)} is no longer in" in " ".join(output.split())
    assert nct(3) not in review.report("--for", "log")
    assert review.sync() == ("", 0)
    assert nct(3) not in review.report()


def test_a_removed_column_is_reported_once(review):
    described = DESCRIPTION.replace('[columns."N"]\nsays = ["enrollment"]\n', "")
    review.write(
        [[row[0], row[1], row[3]] for row in ROWS],
        ["Trial", "Name", "Phase"],
        description=described,
    )
    output, code = review.sync()
    assert code == 10 and "no longer has the column “N”" in " ".join(output.split())
    assert review.sync() == ("", 0)


def test_a_removed_table_is_reported_once(review):
    review.write([[nct(1), "full moon", "101", "Phase 2"]], name="other", file="other.csv")
    review.sync()
    for path in (review.folder / "data").glob("other.*"):
        path.unlink()
    output, code = review.sync()
    assert code == 10 and "is no longer there" in output
    assert review.sync() == ("", 0)


def test_a_run_over_one_table_speaks_of_that_table_alone_and_ends_no_other(review):
    review.write([[nct(2), "half moon", "102", "Phase 2"]], name="other", file="other.csv",
                 description=DESCRIPTION.replace("Table 2", "Table 3"))  # fmt: skip
    review.sync()
    review.sync("--table", "data/other.toml")
    assert "Table 3" in review.report() and "Table 2" not in review.report()
    assert review.sync() == ("", 0)
    assert "Table 2" in review.report()


@pytest.mark.parametrize("rows", [[], ROWS[:2]], ids=["header only", "half of it"])
def test_a_table_that_shrinks_suddenly_is_held_back(review, rows):
    review.write(rows)
    output, code = review.sync()
    words = " ".join(output.split())
    assert code == 10 and "the table had 4 rows and now has" in words and "--accept" in words
    assert "is no longer in" not in words and nct(3) in review.report()
    output, _ = review.sync("--accept")
    assert f"{nct(3)} is no longer in" in " ".join(output.split())
    assert review.sync() == ("", 0)


def test_a_change_of_the_registry_is_still_news_after_every_edit(review):
    review.write(ROWS[::-1])
    review.registry.change(
        nct(1),
        lambda record: set_path(record, "protocolSection.designModule.enrollmentInfo.count", 55),
    )
    review.registry.next_load()
    output, code = review.sync()
    assert code == 10 and nct(1) in output and "55" in output


def test_a_removed_record_is_reported_once_though_tables_take_turns(review):
    """Each table may have a cron job of its own: what lasts, lasts among the runs of one table."""
    review.write([[nct(2), "half moon", "102", "Phase 2"]], name="other", file="other.csv")
    review.sync()
    review.registry.remove(nct(1))
    review.registry.next_load()
    codes = [
        review.sync("--table", f"data/{name}.toml")[1]
        for _ in range(3)
        for name in ("moon", "other")
    ]
    assert codes == [10, 0, 0, 0, 0, 0]


def test_a_copied_row_adds_no_difference_to_those_of_its_table(review):
    review.write([*ROWS, ROWS[2]])
    assert review.sync() == ("", 0)
    assert review.report("--format", "atom", "--since", "1").count("<entry>") == 0


def test_a_row_that_leaves_while_another_row_names_its_trial_is_not_said_to_be_followed_no_longer(
    review,
):
    review.write([*ROWS, ROWS[2]])
    review.sync()
    review.write(ROWS)
    words = " ".join(review.sync()[0].split())
    assert f"{nct(3)} (row 3)" in words and "it is there as row 3" in words
    assert "no longer followed" not in words


def test_a_record_that_comes_back_brings_no_old_differences(review):
    review.registry.remove(nct(3))
    review.registry.next_load()
    review.sync()
    review.registry.add(study(3, enrollment=103))
    review.registry.next_load()
    output, code = review.sync()
    assert code == 10 and "back on ClinicalTrials.gov" in output
    assert "differs from the table" not in output and "newly out of date" not in output


def test_an_unknown_number_that_is_registered_later_is_no_new_row(review):
    review.write([*ROWS, [nct(7), "late moon", "107", "Phase 2"]])
    review.sync()
    review.registry.add(study(7, enrollment=107))
    review.registry.next_load()
    output, code = review.sync()
    assert code == 10 and "now on ClinicalTrials.gov" in output and "new in" not in output


def set_enrollment(review, number, count):
    path = "protocolSection.designModule.enrollmentInfo.count"
    review.registry.change(nct(number), lambda record: set_path(record, path, count))
    review.registry.next_load()


def test_only_a_cell_that_did_not_differ_before_is_newly_out_of_date(review):
    set_enrollment(review, 3, 200)
    assert "newly out of date" not in review.sync()[0]
    set_enrollment(review, 1, 200)
    assert "1 cell newly out of date" in review.sync()[0]


def test_the_log_counts_the_changes_of_its_own_table_and_a_new_row_as_none(review):
    review.write([[nct(2), "half moon", "102", "Phase 2"]], name="other", file="other.csv",
                 description=DESCRIPTION.replace("Table 2", "Table 3"))  # fmt: skip
    review.registry.add(study(4, enrollment=104))
    review.sync()
    review.write([*ROWS, [nct(4), "old moon", "104", "Phase 2"]])
    set_enrollment(review, 1, 200)
    review.sync()
    first, second = review.report("--for", "log").split("\n\n")
    assert "1 trial changed, 1 in a field" in first and "1 cell is newly out of date" in first
    assert f"1 trial is new in Table 2: {nct(4)}" in first
    assert "no change that affects the table" in second and "new" not in second


def test_a_trial_that_changed_on_the_night_of_an_edit_has_one_entry_in_the_feed(review):
    review.write([[nct(1), "full moon", "101", "Phase 3"], *ROWS[1:]])
    set_enrollment(review, 1, 200)
    review.sync()
    feed = review.report("--format", "atom", "--since", "last")
    assert feed.count("<entry>") == 1 and "200" in feed and "Phase 3" in feed


def test_each_table_that_is_held_back_is_reported(review):
    review.write(ROWS, name="other", file="other.csv")
    review.sync()
    review.write([])
    assert "moon.toml: the table had 4 rows" in review.sync()[0]
    review.write(ROWS)
    review.write([], name="other", file="other.csv")
    output, code = review.sync()
    assert code == 10 and "other.toml: the table had 4 rows" in output
    assert review.sync() == ("", 0)
