"""A report as one HTML file that needs nothing else: no font, no picture, no script from elsewhere.

Its own script sorts and filters; without it everything is there all the same. A content security
policy lets no other script run.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from enrich.compare.display import registry_text
from enrich.models import Comparison, Report, ReportRow, ReportTable, Verdict
from enrich.record.names import label
from enrich.record.urls import record_url
from enrich.reports.content import account, summary
from enrich.reports.content.differences import CAUSES, differences_by_cause
from enrich.reports.content.headlines import news_in_numbers
from enrich.reports.content.history import days_before
from enrich.reports.content.ranks import HEADINGS, SEARCH_HEADING
from enrich.reports.content.search_events import search_sentences
from enrich.reports.layout.charts import charts
from enrich.reports.layout.templating import environment
from enrich.reports.layout.text_blocks import heading_of_time, statement_text, table_event_text
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext
from enrich.text import sanitize

_LONGEST_CELL = 160
_PIECES = 1000  # pieces of the template that are written together


@dataclass(frozen=True)
class CellView:
    """A printed cell. *mark* names how it compares (`differs`, `unreadable`),
    *now* the registry.
    """

    text: str
    mark: str = ""
    now: str = ""


def render(context: RenderContext) -> str:
    """The report as a page."""
    return "".join(render_parts(context))


def render_parts(context: RenderContext) -> Iterator[str]:
    """The same, some lines at a time."""
    script = _resource("report.js")
    stream = (
        environment(
            CAUSES=CAUSES,
            HEADINGS=HEADINGS,
            SEARCH_HEADING=SEARCH_HEADING,
            cells_of=_cells,
            differences_by_cause=differences_by_cause,
            label=label,
            paragraph=paragraph,
            charts_of=charts,
            record_url=record_url,
            statement_text=statement_text,
            table_event_text=table_event_text,
            account=account,
            summary=summary,
            search_sentences=search_sentences,
            web_address=_web_address,
        )
        .get_template("report.html")
        .stream(
            context=context,
            report=context.report,
            news=context.news,
            heading=_heading(context.report),
            news_heading=heading_of_time(context.report),
            numbers=news_in_numbers(context.report, context.news),
            earlier=days_before(context),
            script=Markup(script),  # our own file
            script_hash=_hash(script),
            style=Markup(_resource("report.css")),
        )
    )
    stream.enable_buffering(_PIECES)
    return stream


def _resource(name: str) -> str:
    return files("enrich.reports").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The name under which the page's policy lets *script* run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _heading(report: Report) -> str:
    titles = [sanitize(table.title, 300) for table in report.tables]
    return titles[0] if len(titles) == 1 else f"{len(titles)} tables of registered trials"


def _cells(table: ReportTable, row: ReportRow) -> list[CellView]:
    """The printed cells of a row, with what the registry gives where it differs."""
    compared: Mapping[str, list[str]] = _marks(row)
    return [_cell(row, name, compared.get(name, [])) for name in table.header]


def _marks(row: ReportRow) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = {}
    for comparison in row.comparisons:
        marks.setdefault(comparison.column, []).append(comparison.verdict)
    return marks


def _cell(row: ReportRow, name: str, verdicts: Sequence[str]) -> CellView:
    text = sanitize(row.row.cells.get(name, ""), _LONGEST_CELL)
    if Verdict.DIFFERS in verdicts:
        now = "; ".join(
            _now(comparison)
            for comparison in row.comparisons
            if comparison.column == name and comparison.verdict == Verdict.DIFFERS
        )
        return CellView(text, "differs", now)
    return CellView(text, "unreadable" if Verdict.UNREADABLE in verdicts else "")


def _now(comparison: Comparison) -> str:
    settled = f" (settled: “{sanitize(comparison.dismissed, 160)}”)" if comparison.dismissed else ""
    return f"{sanitize(registry_text(comparison), 80)}{settled}"


def _web_address(table: ReportTable) -> str | None:
    """The page of the table, if it is one that a browser may follow."""
    return table.url if table.url and table.url.startswith(("https://", "http://")) else None
