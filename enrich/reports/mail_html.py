"""The news as an HTML mail: what the text of the mail says, with links."""

from collections.abc import Sequence

from enrich.models import Report
from enrich.reports.content.differences import (
    CAUSES,
    Difference,
    differences_by_cause,
    first_differences,
)
from enrich.reports.content.headlines import subject
from enrich.reports.content.ranks import HEADINGS
from enrich.reports.content.sentences import failure_sentence
from enrich.reports.content.summary import attention_items, differing_cells, health, notes
from enrich.reports.layout.templating import environment
from enrich.reports.layout.text_blocks import statement_text, table_event_text
from enrich.reports.mail import rest_line
from enrich.reports.rendering import RenderContext

# A mail is read in a minute; the report has the rest.
MOST_TRIALS = 40
_MOST_DIFFERENCES = 20  # of one cause
_MOST_ATTENTION = 10


def render(context: RenderContext) -> str:
    """The HTML alternative of the mail."""
    report = context.report
    items = attention_items(report.problems)
    return (
        environment()
        .get_template("mail.html")
        .render(
            subject=subject(report, context.news),
            differences=[] if report.since else _differences(report),
            trials=context.news.trials[:MOST_TRIALS],
            more_trials=max(len(context.news.trials) - MOST_TRIALS, 0),
            headings=HEADINGS,
            statement_text=statement_text,
            of_tables=[
                *map(table_event_text, (*context.news.of_searches, *context.news.of_tables))
            ],
            failures=[failure_sentence(failure) for failure in report.lasting_failures],
            attention=items[:_MOST_ATTENTION],
            more_attention=max(len(items) - _MOST_ATTENTION, 0),
            tables=[(table.title, differing_cells(table)) for table in report.tables],
            notes=[*context.scope, *notes(report)],
            rest_line=rest_line(context),
            health=health(report),
        )
    )


def _differences(report: Report) -> list[tuple[str, str, Sequence[Difference], int]]:
    """What a first check found: for each cause its heading, its meaning, the first differences, and
    how many more there are.
    """
    return [
        (
            f"{CAUSES[cause][0]} ({number})",
            CAUSES[cause][1],
            differences,
            max(number - _MOST_DIFFERENCES, 0),
        )
        for table in report.tables
        if (grouped := differences_by_cause(report, table))
        for cause, differences in first_differences(
            report, table, dict.fromkeys(grouped, _MOST_DIFFERENCES)
        ).items()
        if (number := len(grouped[cause]))
    ]
