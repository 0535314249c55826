"""A report as JSON lines: one object per line, its kind in `what`;
the registry's text unaltered.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from enrich.models import Report, ReportTable
from enrich.reports.content.events import Event, difference_id
from enrich.reports.content.identifiers import Identifiers
from enrich.reports.log_paragraph import paragraph
from enrich.reports.rendering import RenderContext

# Characters that are invisible but control a terminal or change the direction of the text after
# them; escaped, they are the same text.
_INVISIBLE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def render(context: RenderContext) -> str:
    """The run, then each table with its trials and comparisons, then events, then problems."""
    return "".join(render_parts(context))


def render_parts(context: RenderContext) -> Iterator[str]:
    """The same, line by line."""
    return map(_line, _objects(context))


def _objects(context: RenderContext) -> Iterator[dict[str, Any]]:
    report = context.report
    yield {"what": "run", **asdict(report.run), "since": report.since}
    for table in report.tables:
        yield {
            "what": "table",
            "table": table.name,
            "title": table.title,
            "citation": table.citation,
            "url": table.url,
            "log": paragraph(context, table),
        }
        yield from _rows(report, table, context.ids)
    yield from map(_event, context.shown_events)
    for problem in report.problems:
        yield {"what": "problem", **asdict(problem)}


def _rows(report: Report, table: ReportTable, ids: Identifiers) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        place = {"table": table.name, "row": row.row.position, "nct_id": row.nct_id}
        yield {
            "what": "row",
            **place,
            "trial_id": row.trial_id,
            "cells": dict(row.row.cells),
            "answer": row.answer,
            "checked": row.checked,
            "as_of": row.as_of,
            "stale_since": row.stale_since,
            "gone_since": row.gone_since,
            "source": row.source,
            "complete": row.trial.complete if row.trial else None,
            "facts": dict(row.trial.facts) if row.trial else None,
        }
        for comparison in row.comparisons:
            yield {
                "what": "comparison",
                "id": difference_id(ids, report, table.name, row, comparison),
                **place,
                **comparison._asdict(),
            }


def _event(event: Event) -> dict[str, Any]:
    fields = ("id", "nct_id", "kind", "seen_at", "sentence")
    return {
        "what": "news" if event.is_news else "change",
        **{name: getattr(event, name) for name in fields},
        **({"notice": asdict(event.notice)} if event.notice else {}),
        **({"search": [*map(asdict, event.search)]} if event.search else {}),
        "changes": [
            {"run_id": line.run_id, "version": line.version, **asdict(line.change)}
            for line in event.changes
        ],
    }


def _line(content: dict[str, Any]) -> str:
    line = json.dumps(content, ensure_ascii=False)
    return _INVISIBLE.sub(lambda character: json.dumps(character[0])[1:-1], line) + "\n"
