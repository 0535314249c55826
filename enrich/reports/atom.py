"""A report as an Atom feed (RFC 4287). An entry has the same id and time in every feed that holds it, so no reader shows it twice."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from enrich.models import Report
from enrich.record import urls as links
from enrich.record.names import label
from enrich.reports.events import Event, short_title
from enrich.reports.rendering import RenderContext
from enrich.text import join_and, sanitize

_ATOM = "http://www.w3.org/2005/Atom"

# Readers keep what they saw; a feed only has to reach back to their last visit.
MOST_ENTRIES = 200


def render(context: RenderContext) -> str:
    """The news, newest first; with noise, all other changes too."""
    report = context.report
    events = context.shown_events if context.include_noise else context.events.news
    entries = sorted(events, key=lambda event: (_moment(event.seen_at), event.id), reverse=True)[
        :MOST_ENTRIES
    ]
    feed = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(
        feed, "id", context.ids.of_feed(report.original_name(table.name) for table in report.tables)
    )
    _add(
        feed,
        "title",
        f"Registered trials of {join_and(short_title(table) for table in report.tables)}",
    )
    _add(feed, "subtitle", "What changed at ClinicalTrials.gov, and what that means for the table")
    _add(
        feed,
        "updated",
        _moment(entries[0].seen_at if entries else report.run.finished_at or report.run.started_at),
    )
    _add(_add(feed, "author"), "name", "enrich")
    _add(feed, "generator", "enrich")
    for url in _pages(report):
        _add(feed, "link", rel="alternate", href=url)
    for event in entries:
        _write_entry(feed, event)
    ElementTree.indent(feed)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + ElementTree.tostring(feed, encoding="unicode")
        + "\n"
    )


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


def _write_entry(feed: ElementTree.Element, event: Event) -> None:
    entry = _add(feed, "entry")
    nct_id = sanitize(event.nct_id, 40)
    _add(entry, "id", event.id)
    _add(entry, "title", sanitize(f"{nct_id} {event.sentence}", 200))
    _add(entry, "updated", _moment(event.seen_at))
    _add(entry, "link", rel="alternate", href=links.record_url(event.nct_id))
    _add(entry, "category", term=event.kind)
    for field in dict.fromkeys(line.change.field for line in event.changes):
        _add(entry, "category", term=sanitize(field, 100), label=label(field))
    content = f"{nct_id} {event.sentence}. Seen on {event.seen_at[:10]}."
    _add(entry, "content", content, type="text")


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
