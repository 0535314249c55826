"""What every format is rendered from: a report, its events and the options of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from enrich.models import Report
from enrich.reports.events import Event, Events, events_of
from enrich.reports.identifiers import Identifiers


@dataclass(frozen=True)
class RenderContext:
    """A report with its events, which are computed once for all that is rendered from it.

    *include_noise*: also the changes that are only noise. *only_news*: without the state of the
    tables, for a mail. *width* (characters) and *color* are those of the terminal.
    """

    report: Report
    events: Events
    include_noise: bool = False
    only_news: bool = False
    width: int = 80
    color: bool = False

    @classmethod
    def of(cls, report: Report, **options: Any) -> RenderContext:
        """The context of *report* with *options*, which are fields of this class."""
        return cls(report, events_of(report), **options)

    @property
    def ids(self) -> Identifiers:
        """Makes the ids of what the report holds."""
        return Identifiers(self.report.tag_uris_until)

    @property
    def other_events(self) -> tuple[Event, ...]:
        """The events to show that are not news."""
        return (*self.events.others, *(self.events.noise if self.include_noise else ()))

    @property
    def shown_events(self) -> tuple[Event, ...]:
        """All events to show, news first."""
        return (*self.events.news, *self.other_events)
