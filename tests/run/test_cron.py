"""A cron job people trust: silence when nothing is new, lasting failures reported once and when they end, one run at a time."""

import re
import subprocess
import sys
import time

import pytest

from enrich.changes.failures import Failure, reportable_failures
from enrich.models import LastingFailure, ProblemKind
from enrich.reports.content.sentences import failure_sentence
from enrich.run.outcome import exit_code_of, has_news
from tests.fixtures.cron_job import STATUS_PATH, CronJob, cron_study, write_cron_table
from tests.fixtures.registry_server import StandInRegistry, recent_load, set_path
from tests.tools.docs import ROOT

TRIALS = 4


@pytest.fixture
def registry():
    with StandInRegistry([cron_study(number) for number in range(1, TRIALS + 1)]) as standin:
        yield standin


@pytest.fixture
def cron(registry, tmp_path):
    crontab = CronJob(tmp_path, registry.url, TRIALS)
    assert "4 new" in crontab.run().stdout
    return crontab


def nights(cron, count, *options):
    """What cron would mail after each of these nights."""
    return [result.stdout + result.stderr for result in (cron.run(*options) for _ in range(count))]


# --- silence and news


def test_a_quiet_night_prints_nothing(cron, registry):
    assert nights(cron, 2) == ["", ""]
    registry.next_load()
    result = cron.run("--exit-code")
    assert (result.output, result.exit_code) == ("", 0)


def test_news_is_reported_once(cron, registry):
    registry.next_load()
    registry.change("NCT00000002", lambda study: set_path(study, STATUS_PATH, "COMPLETED"))
    first, second = cron.run("--exit-code"), cron.run("--exit-code")
    assert "completed (was recruiting)" in first.stdout
    assert (first.exit_code, second.exit_code, second.output) == (10, 0, "")
    assert (
        "WHAT THE REGISTRY SAYS NOW" not in first.stdout
    )  # a mail contains the news, and leaves the other trials to the report


# --- failures that last


def test_an_outage_is_reported_at_the_third_run_and_at_its_end_and_never_as_unchanged(
    cron, registry
):
    registry.fail("403-html", times=None)
    mails = nights(cron, 5)
    assert [bool(mail) for mail in mails] == [False, False, True, False, False]
    assert mails[2].startswith(
        "enrich: The registry could not be reached since 2026-09-08 06:00 UTC, 3 runs in a row ("
    )
    assert "unchanged" not in mails[2]
    registry.heal()
    registry.next_load()
    assert nights(cron, 2) == [
        "enrich: The registry answers again. It could not be reached from 2026-09-08 06:00 UTC to 2026-09-15 06:00 UTC, 5 runs in a row.\n",
        "",
    ]


def test_a_short_outage_is_never_reported(cron, registry):
    registry.fail("403-html", times=None)
    assert nights(cron, 2) == ["", ""]
    registry.heal()
    registry.next_load()
    assert nights(cron, 1) == [""]


def test_the_exit_code_shows_every_night_of_an_outage(cron, registry):
    registry.fail("403-html", times=None)
    assert [cron.run("--exit-code").exit_code for _ in range(4)] == [21] * 4


def test_trials_that_cannot_be_checked_are_reported_at_the_third_run(cron, registry):
    def fails_again():
        registry.next_load()
        registry.heal()
        registry.fail("403-html", on="batch", times=None)
        return cron.run("--exit-code")

    results = [fails_again() for _ in range(4)]
    assert [bool(result.output) for result in results] == [False, False, True, False]
    assert {result.exit_code for result in results} == {20}
    assert results[2].stderr.startswith(
        "enrich: 4 trials could not be checked since 2026-09-08 06:00 UTC, 3 runs in a row ("
    )
    registry.heal()
    assert cron.run().stderr.startswith(
        "enrich: 4 trials can be checked again: NCT00000001, NCT00000002, NCT00000003 and NCT00000004."
    )


def test_working_offline_is_neither_a_failure_nor_the_end_of_one(cron, registry):
    registry.fail("403-html", times=None)
    assert nights(cron, 2) == ["", ""]
    assert nights(cron, 3, "--offline") == ["", "", ""]
    assert "3 runs in a row" in nights(cron, 1)[0]


def test_a_change_during_an_outage_of_a_day_is_reported_afterwards(cron, registry):
    registry.fail("403-html", times=None)
    registry.next_load()
    registry.change("NCT00000001", lambda study: set_path(study, STATUS_PATH, "WITHDRAWN"))
    assert nights(cron, 1) == [""]
    registry.heal()
    assert "withdrawn before anyone enrolled" in nights(cron, 1)[0]


def test_what_was_held_back_for_a_person_to_review_is_reported_at_once_and_once(cron, registry):
    registry.next_load()
    for number in range(1, TRIALS + 1):
        registry.remove(f"NCT{number:08d}")
    first, second = nights(cron, 2)
    assert "enrich sync --accept" in first and second == ""


# fmt: off
SENTENCES = (
    # kind, trials, when it ended, in words
    ("unreachable", (),                             None,   "The registry could not be reached since 2026-09-07 06:00 UTC, 3 runs in a row (no answer). The report uses the last good copies."),
    ("unreachable", (),                             "2026-09-10T06:00:12+00:00", "The registry answers again. It could not be reached from 2026-09-07 06:00 UTC to 2026-09-10 06:00 UTC, 3 runs in a row."),
    ("not checked", ("NCT00000001",),               None,   "1 trial could not be checked since 2026-09-07 06:00 UTC, 3 runs in a row (no answer): NCT00000001. For these the report uses the last good copies."),
    ("not checked", ("NCT00000001", "NCT00000002"), "2026-09-10", "2 trials can be checked again: NCT00000001 and NCT00000002. Not checked from 2026-09-07 06:00 UTC to 2026-09-10, 3 runs in a row."),
)
# fmt: on


@pytest.mark.parametrize("kind, trials, until, words", SENTENCES)
def test_the_sentence_about_a_failure(kind, trials, until, words):
    assert (
        failure_sentence(
            LastingFailure(kind, trials, "no answer", "2026-09-07T06:00:00+00:00", 3, until)
        )
        == words
    )


def test_many_trials_are_counted_and_a_few_named():
    failures = [
        Failure(
            ProblemKind.NOT_CHECKED,
            f"NCT{number:08d}",
            "\x1b[2J500",
            "2026-09-07T06:00:00+00:00",
            3,
        )
        for number in range(1, 10)
    ]
    (streak,) = reportable_failures(failures, [], "2026-09-10T06:00:00+00:00")
    sentence = failure_sentence(streak)
    assert sentence.startswith(
        "9 trials could not be checked since 2026-09-07 06:00 UTC, 3 runs in a row ([2J500): NCT00000001, "
    )
    assert "NCT00000006 and 3 more" in sentence


# --- log lines


def test_the_log_has_a_line_with_a_time_for_each_step_and_prints_nothing_on_stdout(
    cron, registry, tmp_path
):
    registry.fail("403-html", times=2)
    log = tmp_path / "logs" / "enrich.log"
    assert nights(cron, 2, "--log-file", str(log)) == ["", ""]
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in lines] == [
        "info",
        "info",
        "warning",
        *["warning"] * TRIALS,
        "info",
        "info",
        "info",
    ]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ", line) for line in lines)
    assert "asking again in" in lines[1]
    assert "started: review; 4 ids; 127.0.0.1" in lines[0]
    assert "4 asked = 0 changed + 4 unchanged" in lines[-1]


def test_verbose_puts_the_same_lines_on_stderr(cron):
    assert "started: review" in cron.run("-v").stderr


def test_an_error_that_ends_the_run_is_in_the_log_too(cron, tmp_path):
    cron.table.write_text("nonsense = 1", encoding="utf-8")
    log = tmp_path / "enrich.log"
    result = cron.run("--log-file", str(log), "-v")
    assert result.exit_code == 1 and result.stderr.count("nonsense") == 1
    assert " error " in log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_is_one_line(cron):
    result = cron.run("--log-file", "/proc/nowhere/enrich.log")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)


# --- one run at a time


@pytest.mark.parametrize("processes", [2, 10])
def test_of_runs_at_once_one_works_and_the_others_leave_with_4_and_one_line(
    tmp_path, registry, processes
):
    registry.next_load(recent_load())  # these processes go by the clock of this computer
    registry.fail(
        "silence", on="gate", times=None
    )  # the run that holds the lock waits here until the others are done
    table = write_cron_table(tmp_path, TRIALS)
    command = [
        sys.executable,
        "-m",
        "enrich",
        "sync",
        "-q",
        "--registry",
        registry.url,
        "--pace",
        "0",
    ]
    command += [
        "--table",
        str(table),
        "--db",
        str(tmp_path / "trials.db"),
        "--cache",
        str(tmp_path / "cache"),
    ]
    runs = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(processes)
    ]
    waiting_until = time.monotonic() + 60
    while sum(run.poll() is None for run in runs) > 1 and time.monotonic() < waiting_until:
        time.sleep(0.05)
    first = next(run for run in runs if run.poll() is None)
    first.terminate()
    ended = {run: run.communicate(timeout=30) for run in runs}
    busy = [run for run in runs if run is not first]
    assert [run.returncode for run in busy] == [4] * (processes - 1)
    assert {ended[run] for run in busy} == {
        (
            "",
            f"enrich: another run is working on {tmp_path / 'trials.db'}; this one leaves it alone\n",
        )
    }
    registry.heal()
    after = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert after.returncode == 0 and "4 new" in after.stdout


def test_the_rule_of_exit_codes_does_not_count_a_failure_as_news(cron, registry):
    from enrich.storage.database import Database
    from enrich.storage.report_query import read_report

    registry.fail("403-html", times=None)
    cron.run()
    database = Database(cron.folder / "trials.db")
    report = read_report(database)
    database.close()
    assert not has_news(report) and exit_code_of(report) == 21
