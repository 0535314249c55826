"""The map of a trial's sites: places by latitude and longitude over an outline of the land.

It is drawn without another server. The land is `static/land.svg`, in tenths of a degree.
"""

import math

from datasette import hookimpl

_WIDTH, _HEIGHT, _LEAST_DEGREES = 640, 360, 10.0


@hookimpl
def prepare_jinja2_environment(env):
    """The filter `site_map`, which places the sites of a trial."""
    env.filters["site_map"] = site_map


def site_map(sites):
    """The sites as circles with names on a grid of degrees; None without coordinates."""
    places = _places(sites)
    if not places:
        return None
    south, north = _span([place["lat"] for place in places], 85)
    west, east = _span([place["lon"] for place in places], 180)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = min(_WIDTH / ((east - west) * squeeze), _HEIGHT / (north - south))
    across, down = (east - west) * squeeze * scale, (north - south) * scale

    def at(lat, lon):
        return round((lon - west) * squeeze * scale, 1), round((north - lat) * scale, 1)

    drawn = [
        {
            **place,
            "x": at(place["lat"], place["lon"])[0],
            "y": at(place["lat"], place["lon"])[1],
            "r": round(3 + 2 * math.sqrt(place["sites"]), 1),
        }
        for place in places
    ]
    tenth = scale / 10
    return {
        "width": round(across),
        "height": round(down),
        "places": _named(drawn, across),
        # From tenths of a degree to the place on the map.
        "land": f"matrix({squeeze * tenth:.5f} 0 0 {tenth:.5f} {-west * squeeze * scale:.2f}"
        f" {north * scale:.2f})",
        "grid": {
            "lat": [(at(line, west)[1], _degrees(line, "NS")) for line in _lines(south, north)],
            "lon": [(at(south, line)[0], _degrees(line, "EW")) for line in _lines(west, east)],
        },
    }


def _places(sites):
    """One place for each point, with its number of sites; the largest first."""
    places = {}
    for site in sites:
        if site["latitude"] is None or site["longitude"] is None:
            continue
        place = places.setdefault(
            (site["latitude"], site["longitude"]),
            {
                "lat": site["latitude"],
                "lon": site["longitude"],
                "city": site["city"] or "",
                "country": site["country"] or "",
                "sites": 0,
            },
        )
        place["sites"] += 1
    return sorted(places.values(), key=lambda place: -place["sites"])


def _span(values, limit):
    """From the least to the greatest value, with a margin, at least a few degrees wide."""
    middle, half = (
        (min(values) + max(values)) / 2,
        max((max(values) - min(values)) * 0.6, _LEAST_DEGREES / 2),
    )
    return max(middle - half, -limit), min(middle + half, limit)


def _lines(low, high):
    step = next(step for step in (1, 2, 5, 10, 20, 30, 60, 90) if (high - low) / step <= 7)
    return range(math.ceil(low / step) * step, math.floor(high) + 1, step)


def _degrees(value, hemispheres):
    return f"{abs(value)}°{hemispheres[value < 0] if value else ''}"


def _named(places, across):
    """Labels the places whose names do not overlap another name."""
    boxes = []
    for place in places:
        width = 6.2 * len(place["city"])
        left = place["x"] + place["r"] + 3
        if left + width > across:
            left = place["x"] - place["r"] - 3 - width
        box = (left, place["y"] - 7, left + width, place["y"] + 7)
        place["label_x"] = None
        if (
            left >= 0
            and len(boxes) < 25
            and not any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
                for other in boxes
            )
        ):
            boxes.append(box)
            place["label_x"] = round(left, 1)
    return places
