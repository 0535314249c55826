"""A report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. Jinja2 escapes all that it is given."""

import re
from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from enrich.dates import long_day
from enrich.models import Report, ReportRow, ReportTable, Verdict
from enrich.record import urls as links
from enrich.record.names import label
from enrich.reports import summary
from enrich.reports.charts import pictures
from enrich.reports.events import Event
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext
from enrich.text import plural, sanitize, strip_invisible


def render(context: RenderContext) -> str:
    """The report as a page."""
    events = context.shown_events
    return (
        _environment()
        .get_template("report.html")
        .render(
            context=context,
            report=context.report,
            heading=_heading(context.report),
            noteworthy=lambda table: [row for row in table.rows if _is_noteworthy(row, events)],
            events_of_row=lambda row: [
                event for event in events if event.nct_id in (row.trial_id, row.nct_id)
            ],
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("enrich.reports"),
        autoescape=True,
        finalize=_seen,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        sanitize=sanitize,
        long_day=long_day,
        label=label,
        record=links.record_url,
        versions=links.history_url,
        own=links.registry_url_or_none,
        plural=plural,
        days=_days,
    )
    environment.globals.update(
        summary=summary,
        pictures=pictures,
        paragraph=paragraph,
        differs=Verdict.DIFFERS,
        web_address=_web_address,
    )
    return environment


def _seen(value: object) -> object:
    """Takes out of every text that is printed what is not seen but steers; what is escaped already went through here."""
    return (
        strip_invisible(value)
        if isinstance(value, str) and not isinstance(value, Markup)
        else value
    )


def _days(text: str) -> Markup:
    """*text*, escaped, with days that do not break at the end of a line."""
    return Markup(
        re.sub(
            r"\d{4}-\d{2}-\d{2}",
            r'<span class="day">\g<0></span>',
            str(escape(strip_invisible(text))),
        )
    )


def _heading(report: Report) -> str:
    titles = [sanitize(table.title, 300) for table in report.tables]
    return titles[0] if len(titles) == 1 else f"{len(titles)} tables of registered trials"


def _is_noteworthy(row: ReportRow, events: Iterable[Event]) -> bool:
    """Whether a trial differs from its row, or something happened to it."""
    return any(comparison.verdict == Verdict.DIFFERS for comparison in row.comparisons) or any(
        event.nct_id in (row.trial_id, row.nct_id) for event in events if row.nct_id
    )


def _web_address(table: ReportTable) -> str | None:
    """The page of the table, if it is one that a browser may follow."""
    return table.url if table.url and table.url.startswith(("https://", "http://")) else None
