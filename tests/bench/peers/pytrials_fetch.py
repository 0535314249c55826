"""pytrials as its manual shows it: whole studies into a list, nothing stored.

`pytrials_fetch.py URL IDS`.
"""

import sys
from pathlib import Path

from pytrials.client import ClinicalTrials

ClinicalTrials._BASE_URL = f"{sys.argv[1]}/api/v2/"
ids = Path(sys.argv[2]).read_text().split()
client = ClinicalTrials()
studies = []
for at in range(0, len(ids), 1000):
    asked = ids[at : at + 1000]
    # It knows no parameter for ids, but lets one ride along with the search.
    studies += client.get_full_studies(
        f"all&filter.ids={','.join(asked)}", max_studies=1000, fmt="json"
    )["studies"]
if len(studies) != len(ids):
    sys.exit(f"{len(studies)} of {len(ids)} came")
