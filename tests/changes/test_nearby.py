"""Distances, places by their names, and what becomes of sites."""

import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrich.changes.nearby import (
    City,
    Point,
    Site,
    UnclearPlace,
    city_names,
    distance_km,
    find_place,
    site_changes,
)
from enrich.models import Change, RecordedChange, Significance, SiteEvent

UTRECHT, NIEUWEGEIN = Point(52.09083, 5.12222), Point(52.02917, 5.08056)
HALF_EQUATOR_KM = math.pi * 6371

_POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


class TestDistance:
    @given(_POINTS, _POINTS)
    def test_it_is_the_same_both_ways_and_never_more_than_half_around_the_earth(
        self, one: Point, other: Point
    ) -> None:
        assert distance_km(one, other) == pytest.approx(distance_km(other, one), abs=1e-6)
        assert 0 <= distance_km(one, other) <= HALF_EQUATOR_KM + 1e-6

    @given(_POINTS)
    def test_a_point_is_at_no_distance_from_itself_and_half_around_from_the_other_side(
        self, point: Point
    ) -> None:
        other_side = Point(-point.latitude, point.longitude - math.copysign(180, point.longitude))
        assert distance_km(point, point) == 0
        assert distance_km(point, other_side) == pytest.approx(HALF_EQUATOR_KM, rel=1e-6)

    @given(_POINTS, _POINTS, _POINTS)
    def test_no_detour_is_shorter(self, one: Point, other: Point, third: Point) -> None:
        detour = distance_km(one, third) + distance_km(third, other)
        assert distance_km(one, other) <= detour + 1e-3

    @given(_POINTS, st.floats(-180, 180))
    def test_it_does_not_depend_on_where_degrees_east_begin(self, one: Point, turn: float) -> None:
        turned, pole = Point(one.latitude, one.longitude + turn), Point(40.0, turn)
        assert distance_km(turned, pole) == pytest.approx(
            distance_km(one, Point(40.0, 0.0)), abs=1e-3
        )

    @given(st.floats(-89, 88))
    def test_a_degree_north_is_111_km(self, latitude: float) -> None:
        assert distance_km(Point(latitude, 5), Point(latitude + 1, 5)) == pytest.approx(
            111.2, abs=0.1
        )


CITIES = [
    City("Utrecht", None, "Netherlands", UTRECHT),
    City("Utrecht", "Utrecht", "Netherlands", Point(52.1, 5.1)),
    City("Springfield", "Illinois", "United States", Point(39.8, -89.64)),
    City("Springfield", "Massachusetts", "United States", Point(42.1, -72.59)),
    City("Washington, D.C.", None, "United States", Point(38.9, -77.04)),
]


class TestPlace:
    @pytest.mark.parametrize(
        ("near", "city"),
        [
            ("Utrecht", CITIES[0]),
            ("UTRECHT, Netherlands", CITIES[0]),
            ("springfield, illinois", CITIES[2]),
            ("Springfield, United States, Massachusetts", CITIES[3]),
            ("Washington, D.C.", CITIES[4]),
        ],
    )
    def test_a_city_is_found_by_its_name_alone_or_with_state_and_country(
        self, near: str, city: City
    ) -> None:
        assert find_place(near, CITIES) == city.point
        assert city.city.casefold() in {name.casefold() for name in city_names(near)}

    def test_an_unknown_city_names_the_way_out(self) -> None:
        for near in ("Nowhere", "Utrecht, Belgium"):
            with pytest.raises(UnclearPlace, match=rf"a site in {near}; give its latitude"):
                find_place(near, CITIES)

    def test_several_cities_of_a_name_are_listed_with_state_and_country(self) -> None:
        with pytest.raises(UnclearPlace) as unclear:
            find_place("Springfield", CITIES)
        assert "“Springfield, Illinois, United States”" in str(unclear.value)
        assert "“Springfield, Massachusetts, United States”" in str(unclear.value)
        assert "Utrecht" not in str(unclear.value)


def _entry(facility: str, status: str | None, city: str = "Nieuwegein") -> str:
    entry = {"facility": facility, "city": city, "country": "Netherlands", "status": status}
    return json.dumps({**entry, "geoPoint": {"lat": NIEUWEGEIN[0], "lon": NIEUWEGEIN[1]}})


def _added(facility: str, status: str | None, city: str = "Nieuwegein") -> Change:
    return Change("locations", None, _entry(facility, status, city), Significance.MINOR, facility)


def _removed(facility: str, status: str | None, city: str = "Nieuwegein") -> Change:
    return Change("locations", _entry(facility, status, city), None, Significance.MINOR, facility)


def _status(
    before: str | None, after: str | None, item: str = "A, B, Nieuwegein, Netherlands"
) -> Change:
    return Change("locations.status", before, after, Significance.MINOR, item)


KNOWN = Site("A, B", "Nieuwegein", None, "Netherlands", None, NIEUWEGEIN)


def _events(*changes: Change) -> list[tuple[SiteEvent, str]]:
    lines = [
        RecordedChange(at, 2, "NCT00000001", 2, "2026-09-08", change)
        for at, change in enumerate(changes)
    ]
    found = list(site_changes(lines, {"NCT00000001": [KNOWN]}))
    assert all(it.site.point == NIEUWEGEIN for it in found)
    return [(it.event, it.site.facility) for it in found]


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (_added("A", "RECRUITING"), SiteEvent.OPENED),
        (_added("A", "NOT_YET_RECRUITING"), SiteEvent.PLANNED),
        (_added("A", "COMPLETED"), None),
        (_added("A", None), None),
        (_removed("A", "RECRUITING"), SiteEvent.REMOVED),
        (_removed("A", "NOT_YET_RECRUITING"), SiteEvent.REMOVED),
        (_removed("A", "WITHDRAWN"), None),
        (_removed("A", None), None),
        (_status("NOT_YET_RECRUITING", "RECRUITING"), SiteEvent.OPENED),
        (_status("SUSPENDED", "RECRUITING"), SiteEvent.OPENED),
        (_status("RECRUITING", "ENROLLING_BY_INVITATION"), None),
        (_status("RECRUITING", "ACTIVE_NOT_RECRUITING"), SiteEvent.STOPPED),
        (_status("NOT_YET_RECRUITING", "WITHDRAWN"), SiteEvent.GIVEN_UP),
        (_status("NOT_YET_RECRUITING", "SUSPENDED"), SiteEvent.GIVEN_UP),
        (_status("NOT_YET_RECRUITING", "COMPLETED"), SiteEvent.STOPPED),
        (_status("ACTIVE_NOT_RECRUITING", "COMPLETED"), None),
        (_status("RECRUITING", None), None),
        (_status("RECRUITING", "A_CODE_OF_TOMORROW"), SiteEvent.STOPPED),
    ],
)
def test_what_a_change_means_for_those_who_live_nearby(
    change: Change, event: SiteEvent | None
) -> None:
    facility = "A" if change.field == "locations" else "A, B"
    assert _events(change) == ([(event, facility)] if event else [])


def test_a_renamed_site_is_no_news_unless_its_status_changed() -> None:
    assert _events(_removed("Site 1", "RECRUITING"), _added("Antonius", "RECRUITING")) == []
    assert _events(_removed("Site 1", "NOT_YET_RECRUITING"), _added("Antonius", "RECRUITING")) == [
        (SiteEvent.OPENED, "Antonius")
    ]
    elsewhere = _added("Antonius", "RECRUITING", "Utrecht")
    assert [event for event, _ in _events(_removed("Site 1", "RECRUITING"), elsewhere)] == [
        SiteEvent.REMOVED,
        SiteEvent.OPENED,
    ]


@given(st.lists(st.sampled_from([_removed, _added]), min_size=2, max_size=6), st.randoms())
def test_each_site_has_at_most_one_event_in_whatever_order(makers, random) -> None:
    assume(len({*makers}) == 2)
    changes = [make(f"Site {at}", "RECRUITING") for at, make in enumerate(makers)]
    random.shuffle(changes)
    gone, new = makers.count(_removed), makers.count(_added)
    assert len(_events(*changes)) == abs(gone - new)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"facility": 5}', "{}"])
def test_an_entry_that_cannot_be_read_is_passed_over(text: str) -> None:
    line = RecordedChange(
        1, 2, "NCT00000001", 2, "", Change("locations", None, text, Significance.MINOR, "x")
    )
    assert list(site_changes([line], {})) == []
