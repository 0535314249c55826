"""The events of a report: things that happened, each with a sentence and an id that lasts."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from enrich.changes.news_rules import new_differences, news_of, rows_with_news
from enrich.changes.personal_data import without_contact_details, without_personal_data
from enrich.compare.display import dismissal_text, registry_text
from enrich.models import (
    Comparison,
    PaperNews,
    Rank,
    RecordedChange,
    Report,
    ReportRow,
    ReportTable,
    SearchEvent,
    Significance,
    SiteNews,
    Verdict,
)
from enrich.record.fields import primary_field
from enrich.record.names import is_result
from enrich.reports.content.identifiers import Identifiers
from enrich.reports.content.list_edits import MOST_NAMED
from enrich.reports.content.ranks import rank_of
from enrich.reports.content.search_events import search_news
from enrich.reports.content.sentences import (
    change_sentence,
    field_in_sentence,
    notice_sentence,
    site_sentence,
)
from enrich.reports.content.table_events import news_of_tables, table_change_sentence
from enrich.text import sanitize

_ORDER = tuple(Significance)
_PRINTED = 60  # characters of a printed cell


@dataclass(frozen=True)
class Event:
    """Something that happened to a trial: a sentence whose subject is the trial.

    *changes* are the recorded changes that it sums up, without personal data; none for a new trial
    or difference. *printed* is what tables print where that differs from the registry now.
    *affects_table*: whether a table states a field that changed. An event about the *table* itself
    (its name) has the trial of the row, if any. One about the *search* of a table has no trial.
    Neither is a change of the registry, nor is a *notice* about a paper.
    """

    id: str
    nct_id: str
    sentence: str
    kind: Significance
    rank: Rank
    seen_at: str
    is_news: bool
    changes: tuple[RecordedChange, ...] = ()
    printed: tuple[str, ...] = ()
    affects_table: bool = False
    table: str | None = None
    search: tuple[SearchEvent, ...] = ()
    notice: PaperNews | None = None
    site: SiteNews | None = None


@dataclass(frozen=True)
class Events:
    """What happened in the time of a report, most important first."""

    news: tuple[Event, ...]
    others: tuple[Event, ...]
    noise: tuple[Event, ...]


def events_of(report: Report) -> Events:
    """The changes of *report* as events; new differences and new trials are news.

    In the first run everything would be new, so that only changes and notices about papers are
    events.
    """
    is_first = report.since is None
    events = [*_change_events(report), *_notice_events(report)]
    events += _distinct(_site_events(report))
    if not is_first:
        behind = {
            (event.nct_id, primary_field(line.change.field))
            for event in events
            for line in event.changes
        }
        events += [
            *_distinct(_difference_events(report, behind)),
            *_arrivals(report),
            *_table_events(report),
            *_search_events(report),
        ]
    ordered = sorted(
        events,
        key=lambda event: (_ORDER.index(event.kind), event.rank, event.nct_id, event.seen_at),
    )
    others = [event for event in ordered if not event.is_news]
    return Events(
        tuple(event for event in ordered if event.is_news),
        tuple(event for event in others if event.kind != Significance.NOISE),
        tuple(event for event in others if event.kind == Significance.NOISE),
    )


# --- changes


def _change_events(report: Report) -> Iterator[Event]:
    news = {line.id for line in news_of(report)}
    tables = _TableView(report)
    ids = Identifiers(report.tag_uris_until)
    taken: Counter[tuple[str | None, ...]] = Counter()
    for nct_id, groups in _by_subject(report.changes):
        for group in groups:
            safe = tuple(replace(line, change=without_personal_data(line.change)) for line in group)
            fields = {primary_field(line.change.field) for line in group}
            yield Event(
                _change_id(group[0], ids, taken),
                nct_id,
                change_sentence([line.change for line in safe])
                + tables.settled_before(nct_id, fields),
                min((line.change.kind for line in group), key=_ORDER.index),
                min(rank_of(line.change) for line in group),
                group[0].seen_at,
                any(line.id in news for line in group),
                safe,
                tables.printed(nct_id, fields),
                tables.states(nct_id, fields),
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
            if (correction := _correction(line)) and number[correction] > MOST_NAMED:
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


def _distinct(events: Iterable[Event]) -> Collection[Event]:
    """The first event with each id: several rows or tables may have led to the same one."""
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.id, event)
    return first.values()


# --- notices about papers


def _notice_events(report: Report) -> Iterator[Event]:
    """The notices about papers of the trials, each once for each trial."""
    ids = Identifiers(report.tag_uris_until)
    for each in report.paper_news:
        news = replace(each, citation=without_contact_details(each.citation or "") or None)
        paper = news.pmid or news.doi
        yield Event(
            ids.of_event(
                news.seen_at, news.nct_id, "notice", news.kind, paper, news.day, news.notice_doi
            ),
            news.nct_id,
            notice_sentence(news),
            Significance.MATERIAL if news.is_news else Significance.MINOR,
            Rank.RESULTS,
            news.seen_at,
            news.is_news,
            notice=news,
        )


# --- sites near a watched place


def _site_events(report: Report) -> Iterator[Event]:
    """The sites near watched places, once for each table that watches the place."""
    ids = Identifiers(report.tag_uris_until)
    # Many sites of a town have the same name, such as "Research Site".
    numbers = Counter(report.site_news)
    for news, number in numbers.items():
        content = (news.event, news.facility, news.city, news.place, news.status)
        yield Event(
            ids.of_event(news.seen_at, news.nct_id, "site", *content),
            news.nct_id,
            site_sentence(news, number),
            Significance.MATERIAL,
            Rank.RECRUITMENT,
            news.seen_at,
            True,
            site=news,
        )


# --- what the tables state


class _TableView:
    """What the tables of a report state about each trial that changed."""

    def __init__(self, report: Report) -> None:
        self._stated: dict[str, set[str]] = {}
        self._printed: dict[tuple[str, str], dict[str, None]] = {}
        self._settled_before: dict[tuple[str, str], dict[str, None]] = {}
        fields = {table.name: {*map(primary_field, table.stated)} for table in report.tables}
        for table, row in rows_with_news(report):
            if row.trial_id:
                self._stated.setdefault(row.trial_id, set()).update(fields[table.name])
                self._add_printed(row, row.trial_id)

    def _add_printed(self, row: ReportRow, trial_id: str) -> None:
        for comparison in row.comparisons:
            if comparison.verdict == Verdict.DIFFERS and not comparison.dismissed:
                key = (trial_id, primary_field(comparison.field))
                self._settled_before.setdefault(key, {})[dismissal_text(comparison)] = None
                self._printed.setdefault(key, {})[sanitize(comparison.cell, _PRINTED)] = None

    def states(self, nct_id: str, fields: Iterable[str]) -> bool:
        """Whether a table states one of *fields* for the trial."""
        return bool(self._stated.get(nct_id, set()) & {*fields})

    def settled_before(self, nct_id: str, fields: Iterable[str]) -> str:
        """Why differences in *fields* had been dismissed, before they moved again."""
        found = (self._settled_before.get((nct_id, field), {}) for field in sorted(fields))
        reasons = filter(None, dict.fromkeys(reason for of_field in found for reason in of_field))
        return "".join(f". {reason.rstrip('.')}" for reason in reasons)

    def printed(self, nct_id: str, fields: Iterable[str]) -> tuple[str, ...]:
        """What tables print about *fields* of the trial where that differs from the registry."""
        cells = (
            cell for field in sorted(fields) for cell in self._printed.get((nct_id, field), ())
        )
        return tuple(dict.fromkeys(cells))


# --- new differences and new trials


def _difference_events(report: Report, behind: set[tuple[str, str]]) -> Iterator[Event]:
    """New differences without a change *behind* them, once for each row that has one: of a new row
    or column, or because a record was merged.
    """
    ids = Identifiers(report.tag_uris_until)
    for table, row, comparison in new_differences(report):
        if (row.trial_id, primary_field(comparison.field)) in behind:
            continue
        yield Event(
            difference_id(ids, report, table.name, row, comparison),
            row.nct_id or "",
            difference_sentence(comparison),
            Significance.MATERIAL,
            Rank.OTHER,
            comparison.first_seen or "",
            True,
            printed=(sanitize(comparison.cell, _PRINTED),),
            affects_table=True,
        )


def difference_id(
    ids: Identifiers, report: Report, table: str, row: ReportRow, comparison: Comparison
) -> str:
    """The id of a difference, which lasts as long as neither side changes, by their first names."""
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


def difference_sentence(comparison: Comparison) -> str:
    """A difference as a sentence whose subject is the trial."""
    name, now = field_in_sentence(comparison.field), sanitize(registry_text(comparison), 120)
    return f"{name} differs from the table: the registry gives {now}{_settled_before(comparison)}"


def _settled_before(comparison: Comparison) -> str:
    reason = dismissal_text(comparison).rstrip(".")
    return f". {reason}" if reason else ""


def _arrivals(report: Report) -> Iterator[Event]:
    ids = Identifiers(report.tag_uris_until)
    new = {
        (table.name, row.nct_id): (table, row.new_since)
        for table, row in rows_with_news(report)
        if row.nct_id and row.new_since
    }
    for (name, nct_id), (table, new_since) in new.items():
        yield Event(
            ids.of_event(new_since, nct_id, "new", name),
            nct_id,
            f"new in {short_title(table)}",
            Significance.MATERIAL,
            Rank.OTHER,
            new_since,
            True,
        )


# --- tables


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
            Rank.TABLE,
            change.seen_at,
            True,
            table=change.table,
        )


def _search_events(report: Report) -> Iterator[Event]:
    """What is new in the searches of the tables."""
    ids = Identifiers(report.tag_uris_until)
    names = {table.name: short_title(table) for table in report.tables}
    for found, sentence in search_news(report, names):
        event = found[0]
        key = (event.kind, report.original_name(event.table), event.nct_id)
        yield Event(
            ids.of_event(event.seen_at, "search", *key),
            "",
            sentence,
            Significance.MATERIAL,
            Rank.OTHER,
            event.seen_at,
            True,
            table=event.table,
            search=found,
        )


def short_title(table: ReportTable) -> str:
    """`Table 9` where the title begins so, else the whole title in quotation marks."""
    numbered = re.match(
        r"(?:supplementary |additional |web |e)?table\s+[A-Z]?\d+[A-Za-z]?\b",
        table.title,
        re.IGNORECASE,
    )
    return sanitize(numbered[0]) if numbered else f"“{sanitize(table.title, 120)}”"
