"""The events of a report: things that happened, each with a sentence and an id that lasts."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from enrich.changes.news_rules import new_differences, news_of
from enrich.changes.significance import severity
from enrich.compare.display import claim_text, registry_text
from enrich.models import Comparison, RecordedChange, Report, ReportRow, ReportTable, Significance
from enrich.record.fields import primary_field
from enrich.record.names import is_result, label
from enrich.reports.identifiers import Identifiers
from enrich.reports.sentences import MOST_ENTRIES, change_sentence
from enrich.reports.table_events import news_of_tables, table_change_sentence
from enrich.text import join_and, sanitize


@dataclass(frozen=True)
class Event:
    """Something that happened to a trial: a sentence whose subject is the trial.

    *changes* are the recorded changes that it sums up; none for a new trial or difference. One
    about the *table* itself (its name) has the trial of the row, if any; it is no change of the registry.
    """

    id: str
    nct_id: str
    sentence: str
    kind: str
    seen_at: str
    is_news: bool
    changes: tuple[RecordedChange, ...] = ()
    table: str | None = None  # the name of the table, where the event is about the table itself


@dataclass(frozen=True)
class Events:
    """What happened in the time of a report, most important first."""

    news: tuple[Event, ...]
    others: tuple[Event, ...]
    noise: tuple[Event, ...]


def events_of(report: Report) -> Events:
    """The changes of *report* as events; new differences and new trials are news.

    In the first run everything would be new, so that only changes are events.
    """
    is_first = report.since is None
    differences = [] if is_first else [*new_differences(report)]
    changed = [_with_table(event, differences) for event in _change_events(report)]
    ordered = sorted(
        changed,
        key=lambda event: (severity(event.changes[0].change), event.nct_id, event.seen_at),
    )
    unexplained = [
        (row, comparison)
        for row, comparison in differences
        if not any(_is_behind(row, comparison, event) for event in ordered)
    ]
    more_news = (
        []
        if is_first
        else [
            *_difference_events(report, unexplained),
            *_arrivals(report),
            *_table_events(report),
        ]
    )
    return Events(
        (*(event for event in ordered if event.is_news), *more_news),
        tuple(event for event in ordered if not event.is_news and event.kind != Significance.NOISE),
        tuple(event for event in ordered if not event.is_news and event.kind == Significance.NOISE),
    )


def _is_behind(row: ReportRow, comparison: Comparison, event: Event) -> bool:
    """Whether a difference is new because of this event."""
    return event.nct_id == row.trial_id and any(
        primary_field(line.change.field) == primary_field(comparison.field)
        for line in event.changes
    )


def _with_table(event: Event, differences: Sequence[tuple[ReportRow, Comparison]]) -> Event:
    """A change with what the table prints, where that no longer fits."""
    printed = dict.fromkeys(
        sanitize(claim_text(comparison), 80)
        for row, comparison in differences
        if _is_behind(row, comparison, event)
    )
    if not printed:
        return event
    return replace(event, sentence=f"{event.sentence}; the table says {join_and(printed)}")


def events_of_table(events: Iterable[Event], table: ReportTable) -> list[Event]:
    """Those of *events* that are about trials of this table."""
    ids = {row.trial_id for row in table.rows} | {row.nct_id for row in table.rows}
    return [
        event
        for event in events
        if (event.nct_id in ids if event.table is None else event.table == table.name)
    ]


# --- changes


def _change_events(report: Report) -> Iterator[Event]:
    news = {line.id for line in news_of(report)}
    ids = Identifiers(report.tag_uris_until)
    taken: Counter[tuple[str | None, ...]] = Counter()
    for nct_id, groups in _by_subject(report.changes):
        for group in groups:
            yield Event(
                _change_id(group[0], ids, taken),
                nct_id,
                change_sentence([line.change for line in group]),
                min((line.change for line in group), key=severity).kind,
                group[0].seen_at,
                any(line.id in news for line in group),
                group,
            )


def _by_subject(
    lines: Sequence[RecordedChange],
) -> Iterator[tuple[str, list[tuple[RecordedChange, ...]]]]:
    """The changes that one sentence can report together, for each trial and version.

    They are about one fact and the facts that only add to it (a date and its type), or correct one
    thing in many posted results: a new analysis moves the numbers of a hundred adverse events.
    """
    for (nct_id, _, _), of_version in groupby(
        lines, key=attrgetter("nct_id", "version", "seen_at")
    ):
        lines_of_version = list(of_version)
        number = Counter(_correction(line) for line in lines_of_version)
        groups: dict[object, list[RecordedChange]] = {}
        for line in lines_of_version:
            is_alone = line.change.item is not None or line.change.kind == Significance.NOISE
            subject: object = line.id if is_alone else primary_field(line.change.field)
            if (correction := _correction(line)) and number[correction] > MOST_ENTRIES:
                subject = correction
            groups.setdefault(subject, []).append(line)
        yield nct_id, [_main_first(group) for group in groups.values()]


def _correction(line: RecordedChange) -> tuple[str, Significance, bool, bool] | None:
    """What changes of several posted results have in common; None for a change of anything else."""
    change = line.change
    if change.item is None or not is_result(change.field):
        return None
    return change.field, change.kind, change.before is None, change.after is None


def _main_first(group: Iterable[RecordedChange]) -> tuple[RecordedChange, ...]:
    return tuple(
        sorted(group, key=lambda line: line.change.field != primary_field(line.change.field))
    )


def _change_id(
    line: RecordedChange, ids: Identifiers, taken: Counter[tuple[str | None, ...]]
) -> str:
    change = line.change
    content = (
        line.nct_id,
        change.field,
        line.seen_at,
        change.item,
        change.before,
        change.after,
    )
    taken[content] += 1
    return ids.of_event(line.seen_at, *content, count=taken[content])


# --- new differences and new trials


def _difference_events(
    report: Report, new: Iterable[tuple[ReportRow, Comparison]]
) -> Iterator[Event]:
    tables, ids = _tables_of(report), Identifiers(report.tag_uris_until)
    for row, comparison in new:
        yield Event(
            difference_id(ids, report, tables[row.row_id].name, row, comparison),
            row.nct_id or "",
            difference_sentence(row, comparison),
            Significance.MATERIAL,
            comparison.first_seen or "",
            True,
        )


def difference_id(
    ids: Identifiers, report: Report, table: str, row: ReportRow, comparison: Comparison
) -> str:
    """The id of a difference, which lasts as long as neither side changes, whatever they are called."""
    return ids.of_event(
        comparison.first_seen or "",
        row.nct_id or "",
        "difference",
        report.original_name(table),
        report.original_name(table, comparison.column),
        comparison.field,
        comparison.claim,
        comparison.registry,
    )


def difference_sentence(row: ReportRow, comparison: Comparison) -> str:
    """A difference as a sentence whose subject is the trial."""
    return (
        f"now differs from the table (row {row.row.position}), {label(comparison.field).lower()}:"
        f" printed {sanitize(claim_text(comparison), 120)}, registry {sanitize(registry_text(comparison), 120)}"
    )


def _arrivals(report: Report) -> Iterator[Event]:
    ids = Identifiers(report.tag_uris_until)
    for table in report.tables:
        new = {row.nct_id: row.new_since for row in table.rows if row.nct_id and row.new_since}
        for nct_id, new_since in new.items():
            yield Event(
                ids.of_event(new_since, nct_id, "new", table.name),
                nct_id,
                f"is new here: {short_title(table)} names it",
                Significance.MATERIAL,
                new_since,
                True,
            )


def _table_events(report: Report) -> Iterator[Event]:
    """What the owners of the tables did: each act is news once, and no change of the registry."""
    ids = Identifiers(report.tag_uris_until)
    for change in news_of_tables(report):
        place = (change.position, change.column, change.before, change.after, change.seen_at)
        yield Event(
            ids.of_event(change.seen_at, change.kind, change.table, *map(str, place)),
            change.nct_id or "",
            table_change_sentence(change, report),
            Significance.MATERIAL,
            change.seen_at,
            True,
            table=change.table,
        )


def short_title(table: ReportTable) -> str:
    """`Table 9` where the title begins so, else the whole title in quotation marks."""
    numbered = re.match(
        r"(?:supplementary |additional |web |e)?table\s+[A-Z]?\d+[A-Za-z]?\b",
        table.title,
        re.IGNORECASE,
    )
    return sanitize(numbered[0]) if numbered else f"“{sanitize(table.title, 120)}”"


def _tables_of(report: Report) -> Mapping[int, ReportTable]:
    return {row.row_id: table for table in report.tables for row in table.rows}
