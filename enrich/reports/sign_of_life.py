"""A message that the checks go on, for somebody who has had no news for a month."""

from collections.abc import Sequence
from dataclasses import dataclass

from enrich.dates import long_day
from enrich.models import Report
from enrich.reports.content.events import short_title
from enrich.reports.content.headlines import subject_of
from enrich.reports.content.summary import differing_cells, health, notes
from enrich.reports.layout.templating import environment
from enrich.reports.layout.text_page import TextPage
from enrich.text import plural

_WIDTH = 78


@dataclass(frozen=True)
class QuietTime:
    """A time without news: since when (ISO), how many checks there were, how many of them whole."""

    since: str
    checks: int
    complete: int


def subject(report: Report, quiet: QuietTime) -> str:
    """`Table 2: nothing new since 12 October 2026; 61 trials checked`."""
    checked = plural(report.run.asked - report.run.not_checked, "trial")
    return subject_of(report, f"nothing new since {long_day(quiet.since)}; {checked} checked")


def text(report: Report, quiet: QuietTime, scope: Sequence[str] = ()) -> str:
    """The message as text."""
    page = TextPage(_WIDTH)
    page.line(subject(report, quiet), most=2)
    page.line()
    for sentence in _sentences(report, quiet, scope):
        page.line(sentence, most=3)
    return page.text()


def html(report: Report, quiet: QuietTime, scope: Sequence[str] = ()) -> str:
    """The same as HTML."""
    template = environment().get_template("sign_of_life.html")
    return template.render(
        subject=subject(report, quiet), sentences=_sentences(report, quiet, scope)
    )


def _sentences(report: Report, quiet: QuietTime, scope: Sequence[str]) -> list[str]:
    tables = [f"{short_title(table)}: {differing_cells(table)}." for table in report.tables]
    return [_checks(quiet), *tables, *scope, *notes(report), health(report), _NEXT]


def _checks(quiet: QuietTime) -> str:
    since = long_day(quiet.since)
    if quiet.complete == quiet.checks:
        every = "the one check" if quiet.checks == 1 else f"all {quiet.checks} checks"
        return f"Since {since} {every} went well, and nothing was new."
    return (
        f"Since {since} {quiet.complete} of {plural(quiet.checks, 'check')} went well;"
        " in the others some trials could not be checked. Nothing was new in what was checked."
    )


_NEXT = "You get this message once a month while there is no news."
