"""What a team writes for itself: one GET a trial, deepdiff against the last copy, sqlite-utils for
the rest. `typical_script.py URL IDS DATABASE`.
"""

import json
import sys
from pathlib import Path

import requests
import sqlite_utils
from deepdiff import DeepDiff

db = sqlite_utils.Database(sys.argv[3])
session = requests.Session()
known = (
    {row["nct_id"]: json.loads(row["study"]) for row in db["studies"].rows}
    if db["studies"].exists()
    else {}
)
for nct_id in Path(sys.argv[2]).read_text().split():
    answer = session.get(f"{sys.argv[1]}/api/v2/studies/{nct_id}")
    answer.raise_for_status()
    study = answer.json()
    if nct_id in known:
        found = DeepDiff(known[nct_id], study, ignore_order=True)
        if found:
            db["changes"].insert({"nct_id": nct_id, "diff": found.to_json()})
    db["studies"].upsert({"nct_id": nct_id, "study": json.dumps(study)}, pk="nct_id")
