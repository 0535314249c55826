"""What is new in the searches of the tables: newcomers together, whatever else trial by trial."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from enrich.dates import long_day
from enrich.models import Report, SearchEvent, SearchEventKind, SearchSummary
from enrich.text import capitalize_first, plural, sanitize

_MOST_NAMED = 10  # newcomers by their ids
_LONGEST_TITLE = 60
_MOST_GROUNDS = 3

SearchNews = tuple[tuple[SearchEvent, ...], str]
"""Some events of one kind, and what they are in a sentence."""

_ORDER = tuple(SearchEventKind)


def search_news(report: Report, name_of: Mapping[str, str]) -> Iterator[SearchNews]:
    """The news of each search, by the run that saw it and by kind.

    *name_of* has what each table is called in a sentence.
    """
    events = [event for event in report.search_events if event.table in name_of]
    events.sort(key=lambda event: (event.table, event.seen_at, _ORDER.index(event.kind)))
    for (table, _, kind), group in groupby(
        events, key=lambda event: (event.table, event.seen_at, event.kind)
    ):
        found = tuple(group)
        if kind is SearchEventKind.NEW:
            yield found, _newcomers(found, name_of[table])
        else:
            yield from (((event,), _SENTENCES[kind](event, name_of[table])) for event in found)


def _newcomers(events: Sequence[SearchEvent], table: str) -> str:
    """`3 new trials match the search of Table 2; the first: NCT… “…” (because: …); then NCT…`."""
    first, *others = events
    because = ", ".join(sanitize(ground, 60) for ground in first.grounds[:_MOST_GROUNDS])
    shown = f"{_trial(first)}{f' (because: {because})' if because else ''}"
    if not others:
        return f"1 new trial matches the search of {table}: {shown}"
    named = [sanitize(event.nct_id or "", 20) for event in others[: _MOST_NAMED - 1]]
    more = len(others) - len(named)
    then = ", ".join([*named, *([f"and {more} more"] if more else [])])
    return (
        f"{plural(len(events), 'new trial')} match the search of {table}; the first: {shown};"
        f" then {then}"
    )


def _trial(event: SearchEvent) -> str:
    title = f" “{sanitize(event.title, _LONGEST_TITLE)}”" if event.title else ""
    return f"{sanitize(event.nct_id or '', 20)}{title}"


_SENTENCES: Mapping[SearchEventKind, Callable[[SearchEvent, str], str]] = {
    SearchEventKind.ASKED: lambda event, table: (
        f"the search of {table} was asked with this query for the first time: {event.detail}"
    ),
    SearchEventKind.RETURNED: lambda event, table: (
        f"{_trial(event)} matches the search of {table} again"
    ),
    SearchEventKind.CHANGED: lambda event, table: (
        f"{_trial(event)} {event.detail} (search of {table}; decide again)"
    ),
    SearchEventKind.LEFT: lambda event, table: (
        f"{_trial(event)} left the search of {table}: {event.detail}"
    ),
}


def newcomers(events: Iterable[SearchEvent]) -> int:
    """How many trials are new in the searches."""
    return sum(event.kind is SearchEventKind.NEW for event in events)


def search_sentence(summary: SearchSummary) -> str:
    """When a search was asked and what came of it, for the log of a review and its diagram."""
    data = f" (data of {long_day(summary.data_timestamp)})" if summary.data_timestamp else ""
    return capitalize_first(f"search of {long_day(summary.asked_at)}{data}: {summary.counts}.")


def search_sentences(report: Report, table: str) -> list[str]:
    """What the search of a table found, in the numbers of a flow diagram; none without a search."""
    return [search_sentence(summary) for summary in report.searches if summary.table == table]
