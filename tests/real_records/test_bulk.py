"""Real records: a bulk download on two processes gives the same database as single requests."""

from itertools import islice
from pathlib import Path
from typing import Any

from enrich.bulk.workers import Workers, worker_pool
from tests.bulk.test_sync import as_zip, folder, list_all, one_by_one, synced, whole_content
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.registry_server import NCT_ID, get_path, with_load_day

__all__ = ["folder"]
pytestmark = needs_corpus


def test_a_download_gives_the_database_of_single_requests(folder: Path) -> None:
    pairs = {str(pair["nctId"]): pair for pair in read_records("pairs.ndjson.gz")}
    others = [
        record
        for record in islice(read_records("studies.ndjson.gz"), 300)
        if get_path(record, NCT_ID) not in pairs
    ]
    loads: list[list[dict[str, Any]]] = [
        [
            with_load_day(record, day)
            for record in (*(pair[side]["study"] for pair in pairs.values()), *others)
        ]
        for side, day in SIDES
    ]
    list_all(folder, loads[0])
    for turn, studies in enumerate(loads):
        one_by_one(folder / "slow.db", studies, folder, turn)
        with worker_pool(Workers(2)) as pool:
            archive = as_zip(studies, folder / f"all-{turn}.zip")
            synced(folder / "fast.db", archive, folder, pool, records_per_part=50)
    slow, fast = whole_content(folder / "slow.db"), whole_content(folder / "fast.db")
    assert (
        len(slow["trials"]) > 300
        and len(slow["changes"]) > 200
        and len(slow["versions"]) > len(slow["trials"])
    )
    assert {name: fast[name] == slow[name] for name in slow} == dict.fromkeys(slow, True)


SIDES = (("before", "2026-09-04"), ("after", "2026-09-05"))
