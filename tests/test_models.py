"""The enums of models and errors.py: what every other module may expect of a member."""

from dataclasses import replace

import pytest

from enrich.errors import ExitCode
from enrich.models import Answer, Problem, ProblemKind, TrialOutcome
from enrich.reports import FORMATS
from enrich.reports.rendering import RenderContext
from enrich.run.outcome import has_output
from enrich.storage.report_query import read_report
from tests.fixtures.sample_runs import sample_runs

# Formats for what happened to the trials; how the run went is not their subject.
ONLY_CHANGES = ("atom", "log")

EACH_KIND = pytest.mark.parametrize("kind", ProblemKind)


@pytest.fixture(scope="module")
def quiet_report(tmp_path_factory):
    """The report of a run that found nothing new."""
    with sample_runs(tmp_path_factory.mktemp("quiet"), nights=(lambda registry: None,)) as database:
        return read_report(database)


def with_problem(report, kind, first_seen=None):
    """*report* with a problem of *kind*; HTML leaves out what concerns no trial of the table."""
    problem = Problem(kind, "the moon is in the way", "NCT90000001", first_seen)
    return replace(report, problems=(problem,))


@EACH_KIND
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ONLY_CHANGES])
def test_a_problem_of_any_kind_is_in_every_report(quiet_report, kind, name):
    context = RenderContext.of(with_problem(quiet_report, kind))
    assert "the moon is in the way" in FORMATS[name].render(context)


@EACH_KIND
def test_a_new_problem_breaks_the_silence_of_a_quiet_run_unless_it_is_tracked_over_runs(
    quiet_report, kind
):
    new = with_problem(quiet_report, kind, first_seen=quiet_report.run.finished_at)
    assert has_output(new) != kind.handling.is_lasting
    assert not has_output(with_problem(quiet_report, kind, first_seen="2020-01-01"))


def test_every_answer_but_found_is_a_kind_of_problem():
    assert {*map(str, Answer)} - {"found"} <= {*map(str, ProblemKind)}


def test_the_columns_of_a_run_are_those_of_its_outcomes(quiet_report):
    assert {outcome.column for outcome in TrialOutcome} <= {*vars(quiet_report.run)}


def test_exit_codes_are_those_that_scripts_rely_on():
    assert [int(code) for code in ExitCode] == [0, 1, 2, 4, 10, 20, 21, 130, 143]
    assert all(code.meaning for code in ExitCode)
    assert [int(code) for code in ExitCode if code.on_request] == [10, 20, 21]
