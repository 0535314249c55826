"""Small invented records in the registry's shape."""

import copy
from typing import Any

from enrich.fields import FIELDS
from tests.standin import put

Study = dict[str, Any]


def study(nct_id: str, **facts: Any) -> dict[str, Any]:
    """A complete little record; *facts* replace the values below, None leaves a fact out."""
    told: dict[str, Any] = {
        "title": f"A trial called {nct_id}",
        "status": "RECRUITING",
        "phases": ["PHASE2"],
        "enrollment": 20,
        "enrollment_type": "ESTIMATED",
        "submitted": "2024-01-10",
        "posted": "2024-01-15",
        "completion": "2026-05",
        **facts,
    }
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": told["title"]},
            "statusModule": {
                "statusVerifiedDate": told["submitted"][:7],
                "overallStatus": told["status"],
                "startDateStruct": {"date": "2020-03"},
                "completionDateStruct": {"date": told["completion"], "type": "ESTIMATED"},
                "studyFirstSubmitDate": "2019-11-02",
                "lastUpdateSubmitDate": told["submitted"],
                "lastUpdatePostDateStruct": {"date": told["posted"], "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": "University of Somewhere", "class": "OTHER"}},
            "conditionsModule": {"conditions": ["Systemic Sclerosis"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "phases": told["phases"],
                "designInfo": {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL", "maskingInfo": {"masking": "QUADRUPLE"}},
                "enrollmentInfo": {"count": told["enrollment"], "type": told["enrollment_type"]},
            },
            "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years"},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-09-04"}},
        "hasResults": False,
    }
    if told["enrollment"] is None:
        del record["protocolSection"]["designModule"]["enrollmentInfo"]
    return copy.deepcopy(record)


EPOCH = "2020-01-01"


def nct(number: int) -> str:
    return f"NCT{number:08d}"


def record(number: int = 1, **facts: Any) -> Study:
    """A record whose fields, named as in `fields.FIELDS`, hold *facts*; a few others are given as every record has them."""
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
