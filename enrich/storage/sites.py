"""Places that tables watch, and what became of the sites near them."""

import math
from collections.abc import Iterable, Iterator, Sequence

from enrich.changes.nearby import (
    City,
    Point,
    Site,
    UnclearPlace,
    city_names,
    distance_km,
    find_place,
    site_changes,
    site_of,
)
from enrich.models import Problem, ProblemKind, RecordedChange, SiteNews, Table, Watch
from enrich.storage.database import Database, json_ids, placeholders

_SITE_FIELDS = ("facility", "city", "state", "country", "status", "latitude", "longitude")


def watch_problems(database: Database, tables: Iterable[Table]) -> list[Problem]:
    """A problem for each watched place that the records do not know, or know more than once."""
    problems = []
    for table in tables:
        if table.watch:
            try:
                _point_of(database, table.watch)
            except UnclearPlace as error:
                message = f"{table.path or table.name}: 'near' in watch: {error}"
                problems.append(Problem(ProblemKind.DESCRIPTION, message))
    return problems


def read_site_news(
    database: Database,
    watches: Iterable[tuple[str, Watch]],
    changes: Sequence[RecordedChange],
) -> tuple[SiteNews, ...]:
    """What became in *changes* of the sites near the places that the tables, by name, watch.

    A place that cannot be found has no news: `watch_problems` reports it.
    """
    found = [*site_changes(changes, _sites(database, {line.nct_id for line in changes}))]
    news = []
    for table, watch in watches:
        try:
            point = _point_of(database, watch)
        except UnclearPlace:
            continue
        trials = _trials_of_table(database, table)
        for nct_id, event, site, seen_at in found:
            site_point = _point_of_site(database, site) if nct_id in trials else None
            km = distance_km(point, site_point) if site_point else math.inf
            if km <= watch.within_km:
                place = (site.facility, site.city, _in_words(watch), km)
                news.append(SiteNews(table, nct_id, event, *place, site.status, seen_at))
    return tuple(news)


def _in_words(watch: Watch) -> str:
    near = watch.near
    return near if isinstance(near, str) else f"{near[0]:g}, {near[1]:g}"


def _point_of(database: Database, watch: Watch) -> Point:
    if isinstance(watch.near, str):
        return find_place(watch.near, _cities(database, city_names(watch.near)))
    return Point(*watch.near)


def _point_of_site(database: Database, site: Site) -> Point | None:
    """The point of a site; where its record gives none, that of its city in other records."""
    if site.point or not site.city:
        return site.point
    city = ", ".join(filter(None, site.town))
    try:
        return find_place(city, _cities(database, [site.city]))
    except UnclearPlace:
        return None


def _cities(database: Database, names: Sequence[str]) -> Iterator[City]:
    """The cities of these names, each once for state and country."""
    rows = database.fetch_tuples(
        f"""
        select city, state, country, avg(latitude), avg(longitude) from locations
        where city collate nocase in ({placeholders(names)})
          and latitude is not null and longitude is not null
        group by country, state, city collate nocase order by country, state, city""",
        *names,
    )
    for city, state, country, latitude, longitude in rows:
        yield City(city, state, country, Point(latitude, longitude))


def _trials_of_table(database: Database, name: str) -> set[str]:
    """The ids of the records of a table's trials."""
    rows = database.fetch_tuples(
        """
        select coalesce(a.trial_id, n.nct_id) from row_ids n
        join rows r on r.id = n.row_id join tables t on t.id = r.table_id
        left join answers a on a.nct_id = n.nct_id
        where t.name = ?""",
        name,
    )
    return {nct_id for (nct_id,) in rows}


def _sites(database: Database, nct_ids: Iterable[str]) -> dict[str, list[Site]]:
    """The sites of these trials as their records have them now."""
    sites: dict[str, list[Site]] = {}
    rows = database.fetch_dicts(
        f"select nct_id, {', '.join(_SITE_FIELDS)} from locations"
        " where nct_id in (select value from json_each(?))",
        *json_ids(nct_ids),
    )
    for row in rows:
        sites.setdefault(row["nct_id"], []).append(site_of(row))
    return sites
