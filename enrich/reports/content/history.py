"""The news of the days before a report, so that yesterday's news does not vanish from a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from enrich.reports.content.events import Event, events_of
from enrich.reports.content.headlines import counts_by_news
from enrich.reports.content.news import TrialIndex, TrialNews, ranked, statements_of
from enrich.reports.rendering import RenderContext


@dataclass(frozen=True)
class Day:
    """A day with news: its date (ISO), what happened in numbers, and the trials, ranked."""

    date: str
    numbers: str
    trials: tuple[TrialNews, ...]


def days_before(context: RenderContext) -> Sequence[Day]:
    """The days with news in the context's *earlier* report that are not in its own,
    newest first.
    """
    if context.earlier is None:
        return ()
    shown = {event.id for event in context.events.news}
    index = TrialIndex(context.earlier)
    days: dict[str, dict[str, list[Event]]] = {}
    for event in events_of(context.earlier).news:
        if event.id not in shown:
            trials = days.setdefault(event.seen_at[:10], {})
            trials.setdefault(event.nct_id, []).append(event)
    return [_day(date, days[date], index) for date in sorted(days, reverse=True)]


def _day(date: str, events: dict[str, list[Event]], index: TrialIndex) -> Day:
    trials = ranked(index.news(nct_id, statements_of(group)) for nct_id, group in events.items())
    return Day(date, ", ".join(counts_by_news(trials, 4)), trials)
