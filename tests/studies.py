"""Small invented records in the registry's shape."""

import copy
from typing import Any


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
