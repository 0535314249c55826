"""Whether a run has anything to say, and the exit code that tells a machine so."""

from enrich.changes.news_rules import new_differences, news_lines
from enrich.errors import ExitCode
from enrich.models import ProblemKind, Report, RunOutcome


def has_news(report: Report) -> bool:
    """A change or a new difference that counts by the tables' rules of interest, a trial new or gone. A fault is none: see `must_tell`."""
    return bool(
        report.run.new or _new_problems(report) or news_lines(report) or new_differences(report)
    )


def must_tell(report: Report) -> bool:
    """Whether a run that is to be quiet must speak: of news, or of a failure that has lasted or is over."""
    return has_news(report) or bool(report.lasting_failures)


def _new_problems(report: Report) -> bool:
    return any(
        not problem.kind.is_lasting and problem.first_seen == report.run.finished_at
        for problem in report.problems
    )


def exit_code_of(report: Report) -> ExitCode:
    """The strongest of 21 unreachable, 20 some not checked, 10 something new, 0."""
    if report.run.outcome == RunOutcome.UNREACHABLE:
        return ExitCode.UNREACHABLE
    if report.run.not_checked:
        return ExitCode.NOT_CHECKED
    return ExitCode.NEWS if has_news(report) else ExitCode.DONE


def without_copy(report: Report) -> list[str]:
    """The trials that were not checked and of which nothing at all is known."""
    unchecked = {
        problem.nct_id for problem in report.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    return sorted(
        {
            row.nct_id
            for table in report.tables
            for row in table.rows
            if row.nct_id in unchecked and row.nct_id and row.trial is None and row.answer is None
        }
    )
