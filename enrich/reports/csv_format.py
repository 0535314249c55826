"""A report as a CSV that spreadsheets can open without running what is in it: a line for each difference, change and problem."""

import csv as codec
import io
from collections.abc import Iterator, Mapping

from enrich.changes.news_rules import new_differences
from enrich.compare.display import why
from enrich.escaping import unformulated
from enrich.models import Report, Verdict
from enrich.reports.events import Told, difference_name, story
from enrich.text import inert

HEADER = (
    *(
        "what",
        "news",
        "sentence",
        "table",
        "row",
        "nct_id",
        "kind",
        "field",
        "item",
        "printed",
        "claim",
        "registry",
        "verdict",
        "cause",
        "moved_on",
        "why",
        "link",
    ),
    *("before", "after", "seen_at", "version", "id"),
)

# A cell of a spreadsheet holds no more.
_LONGEST = 32_000


_MARK = "\ufeff"


def csv(report: Report, *, everything: bool = False, bom: bool = False) -> str:
    """Differences, then what happened, then what went wrong; *bom* is the mark by which Excel knows UTF-8.

    With *everything* also the statements that agree or were not checked, and the changes that are only noise.
    """
    out = io.StringIO()
    writer = codec.DictWriter(
        out, HEADER, restval="", quoting=codec.QUOTE_ALL, lineterminator="\r\n"
    )
    writer.writeheader()
    for line in (
        *_comparisons(report, everything=everything),
        *_happened(report, everything=everything),
        *_problems(report),
    ):
        writer.writerow({name: harmless(value) for name, value in line.items()})
    return (_MARK if bom else "") + out.getvalue()


def harmless(value: object) -> str:
    """*value* as a cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    return unformulated(inert("" if value is None else str(value), _LONGEST))


_Line = Mapping[str, object]


def _comparisons(report: Report, *, everything: bool) -> Iterator[_Line]:
    new = {(row.row_id, one.nct_id, one.column, one.field) for row, one in new_differences(report)}
    for table in report.tables:
        for row in table.rows:
            for one in row.comparisons:
                if everything or one.verdict == Verdict.DIFFERS:
                    yield {
                        "news": "yes"
                        if (row.row_id, one.nct_id, one.column, one.field) in new
                        else "no",
                        "what": "difference" if one.verdict == Verdict.DIFFERS else "comparison",
                        "id": difference_name(table.name, row, one),
                        "table": table.name,
                        "row": row.row.position,
                        "nct_id": row.nct_id,
                        "printed": one.cell,
                        "seen_at": one.first_seen,
                        **{
                            name: getattr(one, name)
                            for name in (
                                "field",
                                "claim",
                                "registry",
                                "verdict",
                                "cause",
                                "moved_on",
                                "link",
                            )
                        },
                        "why": why(one) if one.verdict == Verdict.DIFFERS else one.note,
                    }


def _happened(report: Report, *, everything: bool) -> Iterator[_Line]:
    told = story(report)
    named = {line["id"] for line in _comparisons(report, everything=False)}
    for one in (
        *(news for news in told.news if news.id not in named),
        *told.others,
        *(told.noise if everything else ()),
    ):
        yield from _told(one)


def _told(one: Told) -> Iterator[_Line]:
    """A line for each change that the sentence sums up; the sentence stands on the first."""
    same = {
        "what": "change",
        "news": "yes" if one.is_news else "no",
        "nct_id": one.nct_id,
        "seen_at": one.seen_at,
    }
    if not one.lines:
        yield {**same, "what": "news", "id": one.id, "sentence": one.sentence, "kind": one.kind}
    for number, line in enumerate(one.lines):
        change = line.change
        named = {
            name: getattr(change, name) for name in ("kind", "field", "item", "before", "after")
        }
        yield {
            **same,
            **named,
            "version": line.version,
            "id": one.id,
            "sentence": "" if number else one.sentence,
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
