"""The country of a site, under whichever of its names the registry gives it."""

from collections.abc import Mapping
from typing import Any

from enrich.models import Study
from enrich.record.children import LISTS
from enrich.record.paths import find_path

_KEY = LISTS["locations"].columns["country"].key

# Names that the registry changed by itself; the place stayed the same.
_RENAMED = (
    frozenset(("Korea, Republic of", "South Korea")),
    frozenset(("Turkey", "Turkey (Türkiye)", "Türkiye")),
    frozenset(("Russian Federation", "Russia")),
    frozenset(("Iran, Islamic Republic of", "Iran")),
    frozenset(("Viet Nam", "Vietnam")),
    frozenset(("Czech Republic", "Czechia")),
    frozenset(("Macedonia, The Former Yugoslav Republic of", "North Macedonia")),
    frozenset(("Moldova, Republic of", "Moldova")),
    frozenset(("Congo, The Democratic Republic of the", "Democratic Republic of the Congo")),
    frozenset(("Tanzania, United Republic of", "Tanzania")),
    frozenset(("Swaziland", "Eswatini")),
    frozenset(("Syrian Arab Republic", "Syria")),
    frozenset(("Lao People's Democratic Republic", "Laos")),
    frozenset(("Côte D'Ivoire", "Ivory Coast", "Côte d'Ivoire")),
    frozenset(
        (
            "Palestinian Territories, Occupied",
            "Palestinian Territory, occupied",
            "Palestinian Territories",
        )
    ),
)


def canonical_country(name: str) -> str:
    """The one of a country's names that stands for all of them.

    >>> canonical_country("Viet Nam") == canonical_country("Vietnam")
    True
    """
    return next((min(names) for names in _RENAMED if name in names), name)


def country_of(site: Any) -> str | None:
    """The canonical country of an entry of the list of sites; None where it gives none."""
    country = site.get(_KEY) if isinstance(site, Mapping) else None
    return canonical_country(country) if isinstance(country, str) else None


def with_canonical_country(site: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of any list, with the canonical name of its country where it gives one."""
    country = country_of(site)
    return site if country is None else {**site, _KEY: country}


def countries_of(study: Study) -> frozenset[str]:
    """The canonical countries with a site of *study*."""
    sites = find_path(study, LISTS["locations"].path)
    return frozenset(filter(None, map(country_of, sites if isinstance(sites, list) else ())))
