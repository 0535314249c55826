"""The section [search] of a description → the parameters of a query to the registry.

The keys are the registry's own (`query.cond`, `filter.advanced`, …), passed on to the letter; or
`url`, the address of a search page of the site, classic or new, which is translated. What has no
translation is an error: a search that silently asks for more or less than its page is another one.

The codes of the classic site are those that the package ctrdata translates, too
(https://github.com/rfhb/ctrdata, `ctgovClassicToCurrent`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

Query = tuple[tuple[str, str], ...]
"""Names and values of a query's parameters, each name once, in the order of `PARAMETERS`."""

AREAS = ("cond", "term", "intr", "titles", "outc", "spons", "lead", "id", "locn", "patient")
PARAMETERS = (
    *(f"query.{area}" for area in AREAS),
    *("filter.overallStatus", "filter.geo", "filter.advanced", "filter.synonyms", "aggFilters"),
)
"""Every parameter of the registry that narrows a search (OpenAPI description 2.0.5, `/studies`)."""

URL = "url"

_NCT_IDS = re.compile(r"[\s,]*(?:NCT\d+[\s,]*)+", re.IGNORECASE)


def read_query(keys: Mapping[str, str]) -> Query:
    """The query of a section with these *keys*, of those in `PARAMETERS`, or with a `url`.

    Raises ValueError, which names the key, for a search that asks for nothing or for ids alone.

    >>> read_query({"url": "https://clinicaltrials.gov/search?cond=scleroderma&aggFilters=phase:2"})
    (('query.cond', 'scleroderma'), ('aggFilters', 'phase:2'))
    """
    given = {name: value.strip() for name, value in keys.items() if name != URL}
    translated = translate_url(keys[URL]) if URL in keys else {}
    for name in given.keys() & translated.keys():
        raise ValueError(f"{name!r} is a part of 'url', too; keep one of them")
    query = {**translated, **given}
    for name, value in query.items():
        if not value:
            raise ValueError(f"{name!r} is empty")
        if name.startswith("query.") and _NCT_IDS.fullmatch(value):
            # The registry would look these ids up, and ignore every other part of the query.
            raise ValueError(f"{name!r} holds only NCT ids: the registry would not search for them")
    if not query:
        raise ValueError(f"a search needs one of {', '.join(PARAMETERS[:3])}, or 'url'")
    return tuple((name, query[name]) for name in PARAMETERS if name in query)


def query_text(query: Query) -> str:
    """A query in one line, as it could stand in a description.

    >>> query_text((("query.cond", "scleroderma"), ("aggFilters", "phase:2")))
    'query.cond = "scleroderma", aggFilters = "phase:2"'
    """
    return ", ".join(f'{name} = "{value}"' for name, value in query)


# --- addresses of search pages


def translate_url(url: str) -> dict[str, str]:
    """The parameters that ask for what the search page at *url* shows.

    Raises ValueError for an address that is no search page, and for what has no translation.

    >>> classic = "https://clinicaltrials.gov/ct2/results?cond=asthma&recrs=a&recrs=d&phase=1"
    >>> translate_url(classic)
    {'query.cond': 'asthma', 'aggFilters': 'status:rec act,phase:2'}
    """
    parts = urlsplit(url.strip())
    host, path = (parts.hostname or "").lower(), parts.path.rstrip("/")
    is_registry = host == "clinicaltrials.gov" or host.endswith(".clinicaltrials.gov")
    translate = _PAGES.get(path) if is_registry else None
    if translate is None:
        raise ValueError(
            "'url' is not a search page such as https://clinicaltrials.gov/search?cond=…"
        )
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query):
        values.setdefault(name, []).append(value.strip())
    shown = {name: found for name, found in values.items() if name not in _DISPLAY}
    query = {name: value for name, value in translate(shown) if value}
    if not query:
        raise ValueError("'url' is a search page without a search")
    return query


# How a page shows its list, which changes nothing of what is in it.
_DISPLAY = frozenset(
    (
        *("rank", "page", "limit", "sort", "viewType", "tab", "checkSpell"),
        *("draw", "flds", "Search", "view", "pg"),
    )
)

_Values = dict[str, list[str]]
_Parameters = Iterator[tuple[str, str]]


def _translate_page(values: _Values) -> _Parameters:
    """A page of the site of today."""
    yield from _areas(values)
    yield "filter.geo", _geo(values)
    countries = values.pop("country", [])
    yield "filter.advanced", " AND ".join([*_in_countries(countries), *_ranges(values)])
    yield "aggFilters", ",".join(values.pop("aggFilters", []))
    _refuse_others(values)


def _translate_classic_page(values: _Values) -> _Parameters:
    """A page of the site until June 2024, `/ct2/results`."""
    _open_and_closed(values)
    yield from _areas(values)
    dates = {
        new: [f"{_iso(values.pop(f'{old}_s', []))}_{_iso(values.pop(f'{old}_e', []))}"]
        for old, new in _CLASSIC_DATES.items()
        if f"{old}_s" in values or f"{old}_e" in values
    }
    countries = [_country(code) for code in values.pop("cntry", [])]
    places = [f'AREA[LocationCity]"{city}"' for city in values.pop("city", [])]
    states = [f'AREA[LocationState]"{state}"' for state in values.pop("state", [])]
    conditions = [*_in_countries(countries), *places, *states, *_ranges(dates)]
    yield "filter.advanced", " AND ".join(conditions)
    yield "aggFilters", ",".join(_facets(values))
    _refuse_others(values)


_PAGES: Mapping[str, Callable[[_Values], _Parameters]] = {
    "/search": _translate_page,
    "/ct2/results": _translate_classic_page,
}


def _refuse_others(values: _Values) -> None:
    for name, found in values.items():
        raise ValueError(
            f"'url': {name}={found[0]} has no translation; leave it out, or say it in"
            " 'filter.advanced'"
        )


def _areas(values: _Values) -> _Parameters:
    for area in AREAS:
        yield f"query.{area}", " AND ".join(values.pop(area, []))


def _geo(values: _Values) -> str:
    """The site counts in miles. It keeps a distance in its addresses where no place is given."""
    distance = values.pop("distance", ["50"])[0]
    latitude, longitude = (values.pop(name, [""])[0] for name in ("lat", "lng"))
    if not (latitude and longitude):
        return ""
    values.pop("locStr", None)
    return f"distance({latitude},{longitude},{distance}mi)"


def _in_countries(names: list[str]) -> list[str]:
    return [f'AREA[LocationCountry]"{name}"' for name in names]


_DATES = {
    "start": "StartDate",
    "primComp": "PrimaryCompletionDate",
    "studyComp": "CompletionDate",
    "firstPost": "StudyFirstPostDate",
    "resFirstPost": "ResultsFirstPostDate",
    "lastUpdPost": "LastUpdatePostDate",
}
_CLASSIC_DATES = {
    "strd": "start",
    "prcd": "primComp",
    "sfpd": "firstPost",
    "rfpd": "resFirstPost",
    "lupd": "lastUpdPost",
}


def _ranges(values: _Values) -> Iterator[str]:
    """`start=2020-01-01_` as a condition on the start of a trial."""
    for name, area in _DATES.items():
        for period in values.pop(name, []):
            first, is_range, last = period.partition("_")
            if not (is_range and (first or last)):
                raise ValueError(f"'url': {name}={period} is not a period")
            yield f"AREA[{area}]RANGE[{first or 'MIN'},{last or 'MAX'}]"


def _iso(days: list[str]) -> str:
    """The classic site wrote 01/31/2020."""
    if not days:
        return ""
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", days[0])
    if not found:
        raise ValueError(f"'url': {days[0]} is not a day as the classic site writes it")
    return f"{found[3]}-{found[1]}-{found[2]}"


# --- facets of the classic site

_ALL_OPEN, _ALL_CLOSED = tuple("abc"), tuple("fdgheimjkl")


def _open_and_closed(values: _Values) -> None:
    codes = {"Open": _ALL_OPEN, "Closed": _ALL_CLOSED}
    for word in values.pop("recr", []):
        if word not in codes:
            raise ValueError(f"'url': recr={word} has no translation")
        values.setdefault("recrs", []).extend(codes[word])


# Parameter of the classic site → the facet of today, and its options by code.
_FACETS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "recrs": (
        "status",
        {
            **{"a": "rec", "b": "not", "c": "ava", "d": "act", "e": "com", "f": "enr", "g": "sus"},
            **{"h": "ter", "i": "wit", "j": "nla", "k": "tna", "l": "afm", "m": "unk"},
        },
    ),
    "phase": ("phase", {"4": "0", "0": "1", "1": "2", "2": "3", "3": "4"}),
    "age": ("ages", {"0": "child", "1": "adult", "2": "older"}),
    "gndr": ("sex", {"Female": "f", "Male": "m", "All": ""}),
    "type": ("studyType", {"Intr": "int", "Obsr": "obs", "PReg": "obs_patreg", "Expn": "exp"}),
    "rslt": ("results", {"With": "with", "Without": "without"}),
    "fund": ("funderType", {"0": "nih", "1": "fed", "2": "industry", "3": "other"}),
    "hlth": ("healthy", {"Y": "y"}),
}


def _facets(values: _Values) -> Iterator[str]:
    for parameter, (facet, options) in _FACETS.items():
        codes = values.pop(parameter, [])
        if parameter == "fund":  # several in one: fund=02
            codes = [*"".join(codes)]
        chosen = [_option(parameter, code, options) for code in dict.fromkeys(codes)]
        if any(chosen):
            yield f"{facet}:{' '.join(filter(None, chosen))}"


def _option(parameter: str, code: str, options: Mapping[str, str]) -> str:
    if code not in options:
        raise ValueError(f"'url': {parameter}={code} has no translation")
    return options[code]


def _country(code: str) -> str:
    """The classic site had codes of two letters, which the registry of today does not search by."""
    name = _COUNTRIES.get(code.upper(), "" if len(code) == 2 else code)
    if not name:
        raise ValueError(
            f"'url': cntry={code} has no translation; write the country's name in 'query.locn'"
        )
    return name


# The countries with most trials, by the registry's names.
_COUNTRIES = {
    **{"US": "United States", "GB": "United Kingdom", "DE": "Germany", "FR": "France"},
    **{"IT": "Italy", "ES": "Spain", "NL": "Netherlands", "BE": "Belgium", "CH": "Switzerland"},
    **{"AT": "Austria", "DK": "Denmark", "SE": "Sweden", "NO": "Norway", "FI": "Finland"},
    **{"PL": "Poland", "PT": "Portugal", "IE": "Ireland", "GR": "Greece", "HU": "Hungary"},
    **{"CA": "Canada", "AU": "Australia", "NZ": "New Zealand", "JP": "Japan", "CN": "China"},
    **{"IN": "India", "BR": "Brazil", "MX": "Mexico", "IL": "Israel", "EG": "Egypt"},
    **{"ZA": "South Africa", "SG": "Singapore", "TH": "Thailand", "PK": "Pakistan"},
    **{"TW": "Taiwan", "HK": "Hong Kong", "AR": "Argentina", "CL": "Chile"},
}
