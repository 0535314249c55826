"""A report as an Atom feed (RFC 4287): an entry for each trial and run, ranked.

An entry has the same id and time in every feed that holds it, so no reader shows it twice. What an
older version published, an entry for each event, stays as it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from enrich.models import Rank, Report
from enrich.record.names import label
from enrich.reports.content.events import Event, short_title
from enrich.reports.content.news import Statement, TrialIndex, TrialNews, statements_of
from enrich.reports.layout.text_blocks import statement_text
from enrich.reports.rendering import RenderContext
from enrich.text import capitalize_first, join_and, sanitize

_ATOM = "http://www.w3.org/2005/Atom"

# Readers keep what they saw; a feed only has to reach back to their last visit.
MOST_ENTRIES = 200


@dataclass(frozen=True)
class _Entry:
    """News of one trial; without an id, of a table."""

    id: str
    trial: TrialNews
    seen_at: str

    @property
    def rank(self) -> Rank:
        return self.trial.rank

    @property
    def events(self) -> Iterator[Event]:
        return (event for statement in self.trial.statements for event in statement.events)


def render(context: RenderContext) -> str:
    """The news, the newest day first, each day ranked; with *show_all*, all other changes too."""
    report = context.report
    entries = sorted(_entries(context), key=lambda entry: (entry.rank, entry.id))
    entries = sorted(entries, key=lambda entry: _moment(entry.seen_at)[:10], reverse=True)
    entries = entries[:MOST_ENTRIES]
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(
        feed, "id", context.ids.of_feed(report.original_name(table.name) for table in report.tables)
    )
    titles = join_and(short_title(table) for table in report.tables)
    _add(feed, "title", f"Registered trials of {titles}")
    _add(feed, "subtitle", "What changed at ClinicalTrials.gov, and what the table prints")
    ended = _moment(report.run.finished_at or report.run.started_at)
    updated = max((_moment(entry.seen_at) for entry in entries), default=ended)
    _add(feed, "updated", updated)
    _add(_add(feed, "author"), "name", "enrich")
    _add(feed, "generator", "enrich")
    for url in _pages(report):
        _add(feed, "link", rel="alternate", href=url)
    for entry in entries:
        _write_entry(feed, entry)
    ElementTree.indent(feed)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + ElementTree.tostring(feed, encoding="unicode")
        + "\n"
    )


# --- entries


def _entries(context: RenderContext) -> Iterator[_Entry]:
    """An entry for each trial and run, and one for each event that was published so."""
    events = (*context.events.news, *context.events.others, *context.events.noise)
    index = TrialIndex(context.report)
    groups: dict[tuple[str, object], list[Event]] = {}
    for event in events:
        if not context.ids.is_published(event.seen_at):
            groups.setdefault((event.nct_id, _run(context, event)), []).append(event)
        elif event.is_news or context.show_all:
            trial = index.news(event.nct_id, statements_of([event]))
            yield _Entry(event.id, trial, event.seen_at)
    for (nct_id, _), group in groups.items():
        if any(event.is_news for event in group) or context.show_all:
            yield _entry(context, index, nct_id, group)


def _run(context: RenderContext, event: Event) -> object:
    """The number of the run that saw an event."""
    if event.changes:
        return event.changes[0].run_id
    return context.report.run_ids.get(event.seen_at, event.seen_at)


def _entry(
    context: RenderContext, index: TrialIndex, nct_id: str, events: Sequence[Event]
) -> _Entry:
    """The entry of a trial in a run; its id does not depend on which of the events it shows."""
    seen_at = min(event.seen_at for event in events)
    shown = events if context.show_all else [event for event in events if event.is_news]
    trial = index.news(nct_id, statements_of(shown))
    return _Entry(context.ids.of_event(seen_at, nct_id, "news", seen_at), trial, seen_at)


def _title(trial: TrialNews) -> str:
    """The first thing that happened, after the id; a row of a table may have none."""
    return ": ".join(filter(None, (trial.nct_id, trial.statements[0].text)))


def _write_entry(feed: ElementTree.Element, entry: _Entry) -> None:
    element, trial = _add(feed, "entry"), entry.trial
    _add(element, "id", entry.id)
    _add(element, "title", sanitize(_title(trial), 200))
    _add(element, "updated", _moment(entry.seen_at))
    if trial.nct_id:
        _add(element, "link", rel="alternate", href=trial.record_url)
        _add(element, "link", rel="related", href=trial.versions_url)
    for kind in dict.fromkeys(event.kind for event in entry.events):
        _add(element, "category", term=kind)
    fields = (line.change.field for event in entry.events for line in event.changes)
    for field in dict.fromkeys(fields):
        _add(element, "category", term=sanitize(field, 100), label=label(field))
    _add(element, "content", _content(trial, entry.seen_at), type="text")


def _content(trial: TrialNews, seen_at: str) -> str:
    statements = ". ".join(_sentence(statement) for statement in trial.statements)
    subject = f"{trial.nct_id}{trial.in_rows} {trial.title}: " if trial.nct_id else ""
    return f"{subject}{statements}. Seen on {seen_at[:10]}."


def _sentence(statement: Statement) -> str:
    return capitalize_first(statement_text(statement))


# --- elements


def _pages(report: Report) -> list[str]:
    """The page of the table; a feed may point to one only."""
    pages = [
        table.url
        for table in report.tables
        if table.url and urlsplit(table.url).scheme in ("http", "https") and table.url.isascii()
    ]
    return (
        pages
        if len(pages) == 1 == len(report.tables) and not set(pages[0]) & set(' "<>\\^`{|}')
        else []
    )


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, /, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(
        parent, name, {key: sanitize(value, 1000) for key, value in attributes.items()}
    )
    element.text = None if text is None else sanitize(text, 5000)
    return element


def _moment(iso: str) -> str:
    """A time as RFC 3339 wants it, UTC; a day alone begins at midnight."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:  # a copy that somebody wrote by hand
        moment = datetime(1970, 1, 1, tzinfo=UTC)
    return (
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        .astimezone(UTC)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
    )
