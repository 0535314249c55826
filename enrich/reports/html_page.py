"""A report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. Jinja2 escapes all that it is given."""

import re
from collections.abc import Iterable

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from enrich.dates import long_day
from enrich.models import Report, ReportRow, ReportTable, Verdict
from enrich.record import urls as links
from enrich.record.fields import label
from enrich.reports import summary as standing
from enrich.reports.charts import pictures
from enrich.reports.events import Told, of_table, story
from enrich.reports.log_paragraph import paragraph
from enrich.text import inert, plural, visible


def html(report: Report, *, everything: bool = False) -> str:
    """The whole page; *everything* shows the changes that are only noise, too."""
    told = story(report)
    happened = (*told.news, *told.others, *(told.noise if everything else ()))
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            told=told,
            everything=everything,
            heading=_heading(report),
            looked_into=lambda table: [row for row in table.rows if _is_looked_into(row, happened)],
            of_trial=lambda row: [
                one for one in happened if one.nct_id in (row.trial_id, row.nct_id)
            ],
            news_of=lambda table: of_table(told.news, table),
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
        inert=inert,
        long_day=long_day,
        label=label,
        record=links.record,
        versions=links.versions,
        own=links.own,
        plural=plural,
        days=_days,
    )
    environment.globals.update(
        standing=standing,
        pictures=pictures,
        paragraph=paragraph,
        differs=Verdict.DIFFERS,
        web_address=_web_address,
    )
    return environment


def _seen(value: object) -> object:
    """Takes out of every text that is printed what is not seen but steers; what is escaped already went through here."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _days(text: str) -> Markup:
    """*text*, escaped, with days that do not break at the end of a line."""
    return Markup(
        re.sub(r"\d{4}-\d{2}-\d{2}", r'<span class="day">\g<0></span>', str(escape(visible(text))))
    )


def _heading(report: Report) -> str:
    titles = [inert(table.title, 300) for table in report.tables]
    return titles[0] if len(titles) == 1 else f"{len(titles)} tables of registered trials"


def _is_looked_into(row: ReportRow, happened: Iterable[Told]) -> bool:
    """Whether a trial has something to tell beyond its line in the list."""
    return any(one.verdict == Verdict.DIFFERS for one in row.comparisons) or any(
        one.nct_id in (row.trial_id, row.nct_id) for one in happened if row.nct_id
    )


def _web_address(table: ReportTable) -> str | None:
    """The page of the table, if it is one that a browser may follow."""
    return table.url if table.url and table.url.startswith(("https://", "http://")) else None
