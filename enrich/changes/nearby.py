"""Sites near a watched place: where the place is, how far a site is from it, and what became of it.

The registry gives each site the point of its *city*, so that a distance is one between cities.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from enrich.models import Change, RecordedChange, SiteEvent
from enrich.record.children import read_entry
from enrich.record.names import ledger_name
from enrich.text import casefold_text, join_some, sanitize

_EARTH_RADIUS_KM = 6371.0
# Points of the same city that are not farther apart are one place.
_ONE_PLACE_KM = 50.0
_MOST_CHOICES = 4


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float


class City(NamedTuple):
    """A city as records name it, with its point."""

    city: str
    state: str | None
    country: str | None
    point: Point

    @property
    def name(self) -> str:
        """`Springfield, Illinois, United States`."""
        return ", ".join(filter(None, self[:3]))


class UnclearPlace(ValueError):
    """The watched place cannot be found; the message says why, and how to name it."""


def distance_km(one: Point, other: Point) -> float:
    """The distance on the surface of the earth, by the haversine formula.

    >>> round(distance_km(Point(52.09, 5.12), Point(52.37, 4.9)))  # Utrecht, Amsterdam
    35
    """
    north, east = (math.radians(b - a) for a, b in zip(one, other, strict=True))
    squared_half_chord = (
        math.sin(north / 2) ** 2
        + math.cos(math.radians(one.latitude))
        * math.cos(math.radians(other.latitude))
        * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, squared_half_chord)))


# --- the watched place


def city_names(near: str) -> tuple[str, ...]:
    """What the city may be called in *near*, which may go on with state and country.

    >>> city_names("Springfield, Illinois")
    ('Springfield, Illinois', 'Springfield')
    """
    return tuple(dict.fromkeys((near.strip(), near.partition(",")[0].strip())))


def find_place(near: str, cities: Iterable[City]) -> Point:
    """The point of the city *near*, by the *cities* that records name; UnclearPlace without it.

    *near* is a city, or a city with its state, its country or both, after commas.
    """
    fitting = [city for city in cities if _is_called(city, near)]
    if not fitting:
        raise UnclearPlace(
            f"no known record has a site in {sanitize(near, 80)}; give its latitude and longitude,"
            " such as near = [52.09, 5.12]"
        )
    first = fitting[0].point
    if any(distance_km(first, city.point) > _ONE_PLACE_KM for city in fitting):
        names = sorted({sanitize(city.name, 80) for city in fitting})
        raise UnclearPlace(
            f"there are several places called {sanitize(near, 80)}:"
            f" {join_some([f'“{name}”' for name in names], _MOST_CHOICES)}; write one of them, or"
            " its latitude and longitude, such as near = [52.09, 5.12]"
        )
    return first


def _is_called(city: City, near: str) -> bool:
    if casefold_text(city.city) == casefold_text(near):
        return True
    name, *others = map(casefold_text, near.split(","))
    within = {casefold_text(part) for part in (city.state, city.country) if part}
    return casefold_text(city.city) == name and within.issuperset(others)


# --- what became of the sites


class Site(NamedTuple):
    """A site of a trial; *point* is None where the record gives none."""

    facility: str
    city: str
    state: str | None
    country: str | None
    status: str | None
    point: Point | None

    @property
    def town(self) -> tuple[str, str | None, str | None]:
        """Where it is, as the record names it."""
        return self.city, self.state, self.country


class SiteChange(NamedTuple):
    """What became of a site, and when it was seen."""

    nct_id: str
    event: SiteEvent
    site: Site
    seen_at: str


_OPEN = frozenset(("RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"))
_PLANNED = frozenset(("NOT_YET_RECRUITING",))
# What a planned site becomes only if it opened meanwhile.
_CLOSED_AFTER_OPENING = frozenset(("ACTIVE_NOT_RECRUITING", "COMPLETED"))

_SITES = "locations"
_STATUS = ledger_name("locations.status")


def site_changes(
    changes: Sequence[RecordedChange], sites: dict[str, list[Site]]
) -> Iterator[SiteChange]:
    """The sites that opened, stopped, came or went in *changes*, which are ordered by trial.

    *sites* are those of each trial now. A site that goes while another comes in the same town and
    the same version was renamed: then only a change of status counts.
    """
    about_sites = [line for line in changes if line.change.field in (_SITES, _STATUS)]
    for (nct_id, _, seen_at), lines in groupby(
        about_sites, key=attrgetter("nct_id", "version", "seen_at")
    ):
        for before, after in _pairs([line.change for line in lines], sites.get(nct_id, [])):
            event = _event(before, after)
            site = after or before
            if event and site:
                yield SiteChange(nct_id, event, site, seen_at)


_Pair = tuple[Site | None, Site | None]


def _pairs(changes: Iterable[Change], sites: Sequence[Site]) -> Iterator[_Pair]:
    """Each site that changed, as it was and as it is; None where it was not there."""
    gone: list[Site] = []
    new: list[Site] = []
    for change in changes:
        if change.field == _STATUS:
            yield from _changed_status(change, sites)
        elif change.before is None:
            new += _read_site(change.after)
        else:
            gone += _read_site(change.before)
    for site in gone:
        renamed = next((other for other in new if other.town == site.town), None)
        if renamed:
            new.remove(renamed)
        yield site, renamed
    yield from ((None, site) for site in new)


def _changed_status(change: Change, sites: Sequence[Site]) -> Iterator[_Pair]:
    """The ledger names the site as `facility, city, state, country`; its town has the point."""
    item = change.item or ""
    fitting = [site for site in sites if f", {item}".endswith(f", {_town_in_words(site)}")]
    if fitting:
        site = max(fitting, key=lambda near: len(_town_in_words(near)))
        facility = item.removesuffix(_town_in_words(site)).removesuffix(", ")
        site = site._replace(facility=facility)
        yield site._replace(status=change.before), site._replace(status=change.after)


def _town_in_words(site: Site) -> str:
    return ", ".join(filter(None, site.town))


def _event(before: Site | None, after: Site | None) -> SiteEvent | None:
    """What a reader near the site would want to hear; None where it is nothing.

    That a site lost its status means only that the trial as a whole is closed: the record gives
    the status of sites only until then.
    """
    was = before.status if before else None
    if after is None:
        return SiteEvent.REMOVED if was in _OPEN | _PLANNED else None
    if after.status == was or after.status is None:
        return None
    if after.status in _OPEN:
        return None if was in _OPEN else SiteEvent.OPENED
    if after.status in _PLANNED:
        return None if before else SiteEvent.PLANNED
    if was in _PLANNED and after.status not in _CLOSED_AFTER_OPENING:
        return SiteEvent.GIVEN_UP
    return SiteEvent.STOPPED if was in _OPEN | _PLANNED else None


def _read_site(text: str | None) -> Iterator[Site]:
    """The site in an entry of the ledger; nothing where it cannot be read."""
    try:
        entry = json.loads(text or "")
    except ValueError:
        return
    if isinstance(entry, dict):
        yield site_of(read_entry(_SITES, entry))


def site_of(entry: Any) -> Site:
    """The site with the values *entry*, by the names of the columns of `locations`."""
    latitude, longitude = entry["latitude"], entry["longitude"]
    point = None if latitude is None or longitude is None else Point(latitude, longitude)
    return Site(
        entry["facility"] or "a site without a name",
        entry["city"] or "",
        entry["state"],
        entry["country"],
        entry["status"],
        point,
    )
