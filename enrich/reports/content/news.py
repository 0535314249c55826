"""The news of a report by trial, ranked by what it means for a reader; the rest as counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from enrich.changes.news_rules import rows_with_news
from enrich.models import Rank, Report, ReportRow, ReportTable, Significance
from enrich.record.fields import primary_field
from enrich.record.urls import history_url, record_url, registry_url_or_none
from enrich.reports.content.events import Event, Events, short_title
from enrich.reports.content.list_edits import list_edit_key, list_edit_sentence
from enrich.reports.content.summary import title
from enrich.text import sanitize

_ORDER = tuple(Significance)
# What comes with every update of a record, and says nothing by itself.
_BOOKKEEPING = frozenset(("last_update_posted", "last_update_submitted", "status_verified"))


@dataclass(frozen=True)
class Statement:
    """One thing that happened to a trial, in words; edits of one list are counted together.

    *events* are what it sums up. Every event is in exactly one statement.
    """

    text: str
    rank: Rank
    kind: Significance
    is_news: bool
    events: tuple[Event, ...]

    @property
    def seen_at(self) -> str:
        """When the first of its events was seen (ISO, UTC)."""
        return min(event.seen_at for event in self.events)

    @property
    def affects_table(self) -> bool:
        """Whether a table states a field that changed."""
        return any(event.affects_table for event in self.events)

    @property
    def printed(self) -> tuple[str, ...]:
        """What tables print, where that differs from the registry now."""
        return tuple(dict.fromkeys(cell for event in self.events for cell in event.printed))

    @property
    def changed_fields(self) -> frozenset[str]:
        """The fields that changed, each with those that only add to it as one."""
        return frozenset(
            primary_field(line.change.field) for event in self.events for line in event.changes
        )

    @property
    def is_bookkeeping(self) -> bool:
        """Whether it says no more than that the record was updated."""
        fields = {line.change.field for event in self.events for line in event.changes}
        return bool(fields) and fields <= _BOOKKEEPING


@dataclass(frozen=True)
class TablePosition:
    """A row of a table that names a trial; *table* is its short title."""

    table: str
    position: int


@dataclass(frozen=True)
class TrialNews:
    """What happened to one trial, most important first."""

    nct_id: str
    title: str
    positions: tuple[TablePosition, ...]
    statements: tuple[Statement, ...]
    versions: str | None = None  # the comparison of versions behind a difference

    @property
    def rank(self) -> Rank:
        return min(statement.rank for statement in self.statements)

    @property
    def record_url(self) -> str:
        return record_url(self.nct_id)

    @property
    def versions_url(self) -> str:
        """The comparison of the versions in question, or the list of all versions."""
        return self.versions or history_url(self.nct_id)

    @property
    def rows(self) -> str:
        """`row 4`; of several tables `Table 2, row 4; Table 3, row 1`."""
        tables = {position.table for position in self.positions}
        if len(tables) > 1:
            return "; ".join(
                f"{position.table}, row {position.position}" for position in self.positions
            )
        positions = sorted({position.position for position in self.positions})
        return f"row{'s' if len(positions) > 1 else ''} {', '.join(map(str, positions))}"

    @property
    def in_rows(self) -> str:
        """` (row 4)`, to follow the id; empty where no table names the trial any more."""
        return f" ({self.rows})" if self.positions else ""


@dataclass(frozen=True)
class News:
    """*trials* with news, ranked; *smaller* changes of these and other trials, ranked too.

    *of_tables* are events about a table that concern no trial, *of_searches* those about what its
    search finds.
    """

    trials: tuple[TrialNews, ...]
    smaller: tuple[TrialNews, ...]
    noise: int
    of_tables: tuple[Event, ...] = ()
    of_searches: tuple[Event, ...] = ()

    @property
    def smaller_count(self) -> int:
        """The number of smaller changes, without those that say no more than "updated"."""
        return sum(
            not statement.is_bookkeeping for trial in self.smaller for statement in trial.statements
        )


def news_of(report: Report, events: Events) -> News:
    """The events of *report* by trial."""
    index = TrialIndex(report)
    by_trial: dict[str, list[Event]] = {}
    for event in (*events.news, *events.others):
        if event.nct_id:
            by_trial.setdefault(event.nct_id, []).append(event)
    trials: list[TrialNews] = []
    smaller: list[TrialNews] = []
    for nct_id, group in by_trial.items():
        statements = statements_of(group)
        news = [statement for statement in statements if statement.is_news]
        others = [statement for statement in statements if not statement.is_news]
        trials += [index.news(nct_id, news)] if news else []
        smaller += [index.news(nct_id, others)] if others else []
    of_tables, of_searches = _about_no_trial(events.news)
    return News(ranked(trials), ranked(smaller), len(events.noise), of_tables, of_searches)


def _about_no_trial(news: Sequence[Event]) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """The events about a table, and those about what its search finds."""
    events = [event for event in news if not event.nct_id]
    return (
        tuple(event for event in events if not event.search),
        tuple(event for event in events if event.search),
    )


def news_of_table(
    report: Report, trials: Iterable[TrialNews], table: ReportTable
) -> list[TrialNews]:
    """Those of *trials* that a row of *table* names."""
    rows = [row for of_row, row in rows_with_news(report) if of_row.name == table.name]
    ids = {row.trial_id for row in rows} | {row.nct_id for row in rows}
    return [trial for trial in trials if trial.nct_id in ids]


def ranked(trials: Iterable[TrialNews]) -> tuple[TrialNews, ...]:
    """*trials* by rank, then by their place in the table."""
    return tuple(sorted(trials, key=lambda trial: (trial.rank, _first_row(trial), trial.nct_id)))


def _first_row(trial: TrialNews) -> int:
    return min((position.position for position in trial.positions), default=0)


# --- statements


def statements_of(events: Sequence[Event]) -> list[Statement]:
    """What happened to one trial; edits of one list are one statement."""
    edits: dict[tuple[str, str], list[Event]] = {}
    statements: list[Statement] = []
    for event in events:
        key = list_edit_key(event.changes[0].change) if event.changes else None
        if key:
            edits.setdefault(key, []).append(event)
        else:
            statements.append(
                Statement(event.sentence, event.rank, event.kind, event.is_news, (event,))
            )
    statements += (_list_statement(group) for group in edits.values())
    return sorted(
        statements,
        key=lambda statement: (statement.rank, _ORDER.index(statement.kind), statement.seen_at),
    )


def _list_statement(events: Sequence[Event]) -> Statement:
    return Statement(
        list_edit_sentence([line.change for event in events for line in event.changes]),
        min(event.rank for event in events),
        min((event.kind for event in events), key=_ORDER.index),
        any(event.is_news for event in events),
        tuple(events),
    )


# --- trials


class TrialIndex:
    """The rows of a report's tables by the ids of their trials, of those that may have news."""

    def __init__(self, report: Report) -> None:
        self._rows: dict[str, list[tuple[ReportTable, ReportRow]]] = {}
        for table, row in rows_with_news(report):
            for nct_id in {row.trial_id, row.nct_id} - {None}:
                self._rows.setdefault(str(nct_id), []).append((table, row))

    def news(self, nct_id: str, statements: Sequence[Statement]) -> TrialNews:
        """*statements* about a trial, with its title, rows and links."""
        rows = self._rows.get(nct_id, [])
        positions = (TablePosition(short_title(table), row.row.position) for table, row in rows)
        fields = {field for statement in statements for field in statement.changed_fields}
        return TrialNews(
            sanitize(nct_id, 40),
            next((name for _, row in rows if (name := title(row, 80))), ""),
            tuple(dict.fromkeys(positions)),
            tuple(statements),
            next(_version_links((row for _, row in rows), fields), None),
        )


def _version_links(rows: Iterable[ReportRow], fields: set[str]) -> Iterator[str]:
    """The comparisons of versions at the registry that show how *fields* changed."""
    for row in rows:
        for comparison in row.comparisons:
            link = registry_url_or_none(comparison.link)
            if link and primary_field(comparison.field) in fields:
                yield link
