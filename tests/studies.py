"""Small invented studies, in the registry's shape: what the tests feed to the code and to the stand-in."""

from __future__ import annotations

import copy
from typing import Any

from enrich.fields import FIELDS
from tests.standin import put

Study = dict[str, Any]

EPOCH = "2020-01-01"


def nct(number: int) -> str:
    return f"NCT{number:08d}"


def study(number: int = 1, **facts: Any) -> Study:
    """A study whose fields hold *facts*; a few others are given as every record has them."""
    invented: dict[str, Any] = {
        "brief_title": f"Rest for tired pupils ({number})",
        "overall_status": "RECRUITING",
        "study_type": "INTERVENTIONAL",
        "phases": ["PHASE2"],
        "enrollment": 100 + number % 7,
        "enrollment_type": "ESTIMATED",
        "start_date": "2020-03",
        "last_update_posted": "2020-06-01",
        "has_results": False,
    }
    made: Study = {}
    put(made, "protocolSection.identificationModule.nctId", nct(number))
    put(made, "derivedSection.miscInfoModule.versionHolder", EPOCH)
    for name, fact in {**invented, **facts}.items():
        if fact is not None:
            put(made, FIELDS[name].path, fact)
    return made


def with_list(base: Study, path: str, members: list[Any]) -> Study:
    """A copy of *base* with a list at *path*."""
    made = copy.deepcopy(base)
    put(made, path, members)
    return made


def site(number: int, **parts: Any) -> Study:
    """One site of a study."""
    told = {"facility": f"Clinic {number}", "city": f"Town {number % 40}", "country": "Spain", "status": "RECRUITING"}
    return {**told, "geoPoint": {"lat": 40.0 + number / 100, "lon": -3.7}, **parts}
