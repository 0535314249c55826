"""Whether a run has anything to report, and the exit code that says so to a machine."""

from enrich.changes.news_rules import new_differences, news_of
from enrich.errors import ExitCode
from enrich.models import ProblemKind, Report, RunOutcome


def has_news(report: Report) -> bool:
    """Whether a change or a new difference counts by the tables' rules of news, a trial is new
    or gone, a notice about its paper was found, the owner of a table edited a cell or took
    something out of it, something is new in its search, or a site opened or
    stopped near a watched place.

    A lasting failure is not news: see `has_output`.
    """
    return report.once(_has_news)


def _has_news(report: Report) -> bool:
    return bool(
        report.run.new
        or _new_problems(report)
        or news_of(report)
        or any(news.is_news for news in report.paper_news)
        or any(change.kind.is_news for change in report.table_changes)
        or report.search_events
        or report.site_news
        or any(True for _ in new_differences(report))
    )


def has_output(report: Report) -> bool:
    """Whether a quiet run prints something: news, or a failure that has lasted or is over."""
    return has_news(report) or bool(report.lasting_failures)


def _new_problems(report: Report) -> bool:
    return any(
        not problem.kind.handling.is_lasting and problem.first_seen == report.run.finished_at
        for problem in report.problems
    )


def exit_code_of(report: Report) -> ExitCode:
    """The strongest of UNREACHABLE, NOT_CHECKED (some trials), NEWS, DONE."""
    if report.run.outcome == RunOutcome.UNREACHABLE:
        return ExitCode.UNREACHABLE
    if report.run.not_checked:
        return ExitCode.NOT_CHECKED
    return ExitCode.NEWS if has_news(report) else ExitCode.DONE


def trials_without_any_copy(report: Report) -> list[str]:
    """The ids that were not checked and of which nothing at all is known, in order."""
    return report.once(_without_any_copy)


def _without_any_copy(report: Report) -> list[str]:
    unchecked = {
        problem.nct_id for problem in report.problems if problem.kind == ProblemKind.NOT_CHECKED
    }
    if not unchecked:
        return []
    rows = (row for table in report.tables for row in table.rows)
    return sorted(
        {
            row.nct_id
            for row in rows
            if row.nct_id and row.nct_id in unchecked and row.trial is None and row.answer is None
        }
    )
