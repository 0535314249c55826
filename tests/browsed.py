"""Small invented records with every list, hostile text among them, and a database made of them."""

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from enrich.cache import Cache
from enrich.registry import Registry
from enrich.store import Store
from enrich.sync import sync
from enrich.table import read_table
from tests.standin import StandIn

ROOT = Path(__file__).parent.parent
HOSTILE = "<script>alert('x')</script> **bold** [link](javascript:alert(1))"
FIRST_RUN, SECOND_RUN = "2026-03-02T06:00:00+00:00", "2026-09-07T06:00:00+00:00"

STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT10000001", "nctIdAliases": ["NCT09999999"], "briefTitle": HOSTILE, "acronym": "SLEEPY"},
        "statusModule": {
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2024-03"},
            "primaryCompletionDateStruct": {"date": "2025-01"},
            "lastUpdatePostDateStruct": {"date": "2024-05-06"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Dream Institute", "class": "OTHER"}, "collaborators": [{"name": "Pillow Fund", "class": "INDUSTRY"}]},
        "conditionsModule": {"conditions": ["Insomnia", HOSTILE], "keywords": ["nightcap"]},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 40, "type": "ESTIMATED"}},
        "armsInterventionsModule": {
            "armGroups": [{"label": "Warm milk", "type": "EXPERIMENTAL", "interventionNames": ["Dietary Supplement: milk"]}],
            "interventions": [{"type": "DIETARY_SUPPLEMENT", "name": "milk", "otherNames": ["lactis"], "armGroupLabels": ["Warm milk"]}],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Hours slept", "timeFrame": "4 weeks", "description": HOSTILE}],
            "secondaryOutcomes": [{"measure": "Snoring"}, {"measure": "Dreams recalled", "timeFrame": "1 year"}],
        },
        "contactsLocationsModule": {
            "locations": [
                {"facility": HOSTILE, "city": "Lyon", "country": "France", "status": "RECRUITING", "geoPoint": {"lat": 45.75, "lon": 4.85}},
                {"facility": "Clinic", "city": "Grenoble", "country": "France", "geoPoint": {"lat": 45.17, "lon": 5.72}},
            ]
        },
        "referencesModule": {"references": [{"pmid": "123", "type": "RESULT", "citation": "Sandman 2024", "retractions": [{"pmid": "124", "source": "Sandman 2025"}]}]},
    },
    "documentSection": {"largeDocumentModule": {"largeDocs": [{"label": "Study Protocol", "date": "2024-01-02", "uploadDate": "2024-02-03T04:05", "filename": "Prot 1.pdf", "size": 9}]}},
    "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D007319", "term": "Sleep Disorders"}]}, "interventionBrowseModule": {"meshes": [{"id": "D008892", "term": "Milk"}]}},
    "hasResults": False,
}  # fmt: skip


def other_study(number: int) -> dict[str, Any]:
    study = copy.deepcopy(STUDY)
    study["protocolSection"]["identificationModule"] = {"nctId": f"NCT{number:08d}", "briefTitle": f"Trial {number}"}
    return study


def later(study: dict[str, Any]) -> None:
    """What the second run sees: as many as planned enrolled, and it ended."""
    study["protocolSection"]["statusModule"] |= {"overallStatus": "COMPLETED", "lastUpdatePostDateStruct": {"date": "2026-08-09"}}
    study["protocolSection"]["designModule"]["enrollmentInfo"] = {"count": 38, "type": "ACTUAL"}


def table(folder: Path, name: str, header: list[str], rows: list[list[str]], says: Mapping[str, list[str]], **more: str) -> Path:
    """Writes a table and its description; the path of the description."""
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [header, *rows]]
    (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    columns = "".join(f"[columns.{json.dumps(column)}]\nsays = {json.dumps(fields)}\n" for column, fields in says.items())
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in {"file": f"{name}.csv", "id_column": "Id", **more}.items())
    (folder / f"{name}.toml").write_text(f"published = 2025-01-01\n{keys}{columns}", encoding="utf-8")
    return folder / f"{name}.toml"


def database(folder: Path) -> Path:
    """Table 9 from its copies; a table of two invented trials with hostile words, seen twice; a table without any id."""
    hostile = table(
        folder, "a-b c", ["Id", 'N "all"', "row", "Ro'w; drop"], [["NCT10000001", "41", HOSTILE, "x"], ["NCT10000002", "40", "y", "z"]],
        {'N "all"': ["enrollment"]}, title=HOSTILE, url="javascript:alert(1)",
    )  # fmt: skip
    without = table(folder, "no_ids", ["Id", "N"], [["", "3"], ["none", "4"]], {"N": ["enrollment"]})
    shutil.copytree(ROOT / "cache", folder / "cache")
    store, cache = Store(folder / "mine.db"), Cache(folder / "cache")
    with StandIn([copy.deepcopy(STUDY), other_study(10000002)]) as registry:
        sync([read_table(hostile), read_table(without)], Registry(registry.url, pace=0), store, cache, now=lambda: FIRST_RUN)
        registry.change("NCT10000001", later)
        registry.next_load()
        sync([read_table(hostile), read_table(without)], Registry(registry.url, pace=0), store, cache, now=lambda: SECOND_RUN)
    sync([read_table(ROOT / "data" / "table9.toml")], None, store, cache, now=lambda: SECOND_RUN)
    store.close()
    return folder / "mine.db"
