"""A report as JSON lines: one object a line, `what` says of which kind. The registry's text stands as it is."""

import json as codec
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from enrich.models import Report, ReportTable
from enrich.reports.events import Told, difference_name, story
from enrich.reports.log_paragraph import paragraph

# Signs that are not seen but steer a terminal or turn the direction of what follows; escaped, they are the same text.
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def json(report: Report, *, everything: bool = False) -> str:
    """The lines: the run, then for each table its trials and comparisons, then what happened, then what went wrong."""
    return "".join(_line(one) for one in _objects(report, everything=everything))


def _objects(report: Report, *, everything: bool) -> Iterator[dict[str, Any]]:
    yield {"what": "run", **asdict(report.run), "since": report.since}
    for table in report.tables:
        yield {
            "what": "table",
            "table": table.name,
            "title": table.title,
            "citation": table.citation,
            "url": table.url,
            "log": paragraph(report, table),
        }
        yield from _rows(table)
    told = story(report)
    for one in (*told.news, *told.others, *(told.noise if everything else ())):
        yield from _happened(one)
    for problem in report.problems:
        yield {"what": "problem", **asdict(problem)}


def _rows(table: ReportTable) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        here = {"table": table.name, "row": row.row.position, "nct_id": row.nct_id}
        facts = dict(row.trial.facts) if row.trial else None
        complete = row.trial.complete if row.trial else None
        standing = {
            "answer": row.answer,
            "checked": row.checked,
            "as_of": row.as_of,
            "stale_since": row.stale_since,
            "source": row.source,
        }
        yield {
            "what": "row",
            **here,
            "trial_id": row.trial_id,
            "cells": dict(row.row.cells),
            **standing,
            "complete": complete,
            "facts": facts,
        }
        for one in row.comparisons:
            yield {
                "what": "comparison",
                "id": difference_name(table.name, row, one),
                **here,
                **one._asdict(),
            }


def _happened(one: Told) -> Iterator[dict[str, Any]]:
    changes = [
        {"run_id": line.run_id, "version": line.version, **asdict(line.change)}
        for line in one.lines
    ]
    yield {
        "what": "news" if one.is_news else "change",
        **{name: getattr(one, name) for name in ("id", "nct_id", "kind", "seen_at", "sentence")},
        "changes": changes,
    }


def _line(one: dict[str, Any]) -> str:
    return (
        _UNSEEN.sub(lambda sign: codec.dumps(sign[0])[1:-1], codec.dumps(one, ensure_ascii=False))
        + "\n"
    )
