"""A report as a CSV that is safe to open in a spreadsheet: differences, changes, problems."""

import csv
import io
from collections.abc import Iterator, Mapping

from enrich.changes.news_rules import is_new_difference
from enrich.compare.display import cause_text
from enrich.escaping import escape_formula
from enrich.models import Comparison, Report, ReportRow, Verdict
from enrich.reports.content.events import Event, difference_id
from enrich.reports.rendering import RenderContext
from enrich.text import sanitize

# fmt: off
HEADER = (
    "what", "news", "sentence", "table", "row", "nct_id", "kind", "field", "item", "printed",
    "claim", "registry", "verdict", "cause", "moved_on", "why", "link", "before", "after",
    "seen_at", "version", "id",
)
# fmt: on

# A cell of a spreadsheet holds no more.
_LONGEST = 32_000

_Line = Mapping[str, object]


def render(context: RenderContext) -> str:
    """Differences, then events, then problems.

    With noise also the comparisons that agree or were not checked.
    """
    return "".join(render_parts(context))


def render_parts(context: RenderContext) -> Iterator[str]:
    """The same, line by line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    for line in _lines(context):
        writer.writerow({name: spreadsheet_safe(value) for name, value in line.items()})
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _lines(context: RenderContext) -> Iterator[_Line]:
    """What happened follows, but for new differences: they have lines of their own before it."""
    news = {event.id for event in context.shown_events if event.is_news}
    differences = set()
    for line in _comparisons(context, include_all=context.show_all):
        if line["id"] in news and line["what"] == "difference":
            differences.add(line["id"])
        yield line
    for event in context.shown_events:
        if not (event.is_news and event.id in differences):
            yield from _event(event)
    yield from _problems(context.report)


def spreadsheet_safe(value: object) -> str:
    """*value* as a cell that no spreadsheet takes for a formula."""
    return escape_formula(sanitize("" if value is None else str(value), _LONGEST))


_OF_COMPARISON = ("field", "claim", "registry", "verdict", "cause", "moved_on", "link")


def _comparisons(context: RenderContext, *, include_all: bool) -> Iterator[_Line]:
    report = context.report
    for table in report.tables:
        for row in table.rows:
            for comparison in row.comparisons:
                if include_all or comparison.verdict == Verdict.DIFFERS:
                    is_new = is_new_difference(report, table, row, comparison)
                    id_ = difference_id(context.ids, report, table.name, row, comparison)
                    line = _comparison(row, comparison)
                    news = "yes" if is_new else "no"
                    yield {**line, "id": id_, "table": table.name, "news": news}


def _comparison(row: ReportRow, comparison: Comparison) -> _Line:
    differs = comparison.verdict == Verdict.DIFFERS
    return {
        "what": "difference" if differs else "comparison",
        "row": row.row.position,
        "nct_id": row.nct_id,
        "printed": comparison.cell,
        "seen_at": comparison.first_seen,
        **{name: getattr(comparison, name) for name in _OF_COMPARISON},
        "why": cause_text(comparison) if differs else comparison.note,
    }


_OF_CHANGE = ("kind", "field", "item", "before", "after")


def _event(event: Event) -> Iterator[_Line]:
    """A line for each change that the sentence sums up; the sentence is on the first."""
    common = {
        "what": "change",
        "news": "yes" if event.is_news else "no",
        "nct_id": event.nct_id,
        "seen_at": event.seen_at,
        "id": event.id,
    }
    if not event.changes:
        yield {**common, "what": "news", "sentence": event.sentence, "kind": event.kind}
    for number, line in enumerate(event.changes):
        yield {
            **common,
            **{name: getattr(line.change, name) for name in _OF_CHANGE},
            "version": line.version,
            "sentence": "" if number else event.sentence,
        }


def _problems(report: Report) -> Iterator[_Line]:
    for problem in report.problems:
        yield {
            "what": "problem",
            "sentence": problem.message,
            "nct_id": problem.nct_id,
            "kind": problem.kind,
            "seen_at": problem.first_seen,
        }
