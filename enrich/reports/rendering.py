"""What every format is rendered from: a report, its events and the options of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enrich.models import Report
from enrich.reports.content.events import Event, Events, events_of
from enrich.reports.content.identifiers import Identifiers
from enrich.reports.content.news import News, news_of


@dataclass(frozen=True)
class RenderContext:
    """A report with its events, which are computed once for all that is rendered from it.

    *show_all*: in full, with smaller changes and noise. *width* and *height* (characters, lines)
    and *color* are those of the terminal; *most_lines* limits a mail.
    *earlier* is a report over a longer time, for pages that keep what happened before.
    *scope*: what a message to one recipient leaves out.
    """

    report: Report
    events: Events
    news: News
    show_all: bool = False
    width: int = 80
    height: int = 24
    color: bool = False
    most_lines: int = 40
    earlier: Report | None = None
    scope: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: Report, **options: Any) -> RenderContext:
        """The context of *report* with *options*, which are fields of this class."""
        events = events_of(report)
        return cls(report, events, news_of(report, events), **options)

    @property
    def ids(self) -> Identifiers:
        """Makes the ids of what the report holds."""
        return Identifiers(self.report.tag_uris_until)

    @property
    def other_events(self) -> tuple[Event, ...]:
        """The events to show that are not news."""
        return (*self.events.others, *(self.events.noise if self.show_all else ()))

    @property
    def shown_events(self) -> tuple[Event, ...]:
        """All events to show, news first."""
        return (*self.events.news, *self.other_events)
