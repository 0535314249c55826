"""A database of real records for tests that browse: 1,500 of them beside Table 9, real changes in it. Copied nowhere."""

import csv
import gzip
import json
import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from enrich.cache import Cache
from enrich.records import Copy
from enrich.registry import Registry
from enrich.store import Store
from enrich.sync import sync
from enrich.table import read_table
from tests.standin import NCT_ID, StandIn, at

ROOT = Path(__file__).parent.parent
CORPUS = Path(os.environ.get("ENRICH_CORPUS", ROOT.parent / "shared" / "registry"))

FIRST_RUN, SECOND_RUN = "2026-03-02T06:00:00+00:00", "2026-09-07T06:00:00+00:00"

_DESCRIPTION = """
title = "Real trials <b>of many kinds</b>"
file = "real.csv"
published = 2022-11-01
id_column = "Trial"
[columns."Phase | *design*"]
says = ["phases", "masking"]
[columns.N]
says = ["enrollment"]
[columns.Status]
says = ["overall_status"]
"""


def read_lines(name: str) -> Iterator[Any]:
    """The records of one file of the corpus."""
    with gzip.open(CORPUS / name, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def build(folder: Path, number: int = 1500) -> Path:
    """Two runs against a stand-in registry, the second after real changes; then Table 9 from its copies."""
    pairs = {pair["nctId"]: pair for pair in read_lines("pairs.ndjson.gz")}
    studies = {nct_id: pair["before"]["study"] for nct_id, pair in pairs.items()}
    for study in read_lines("studies.ndjson.gz"):
        if len(studies) >= number:
            break
        studies.setdefault(at(study, NCT_ID), study)
    _write_table(folder, list(studies.values()))
    shutil.copytree(ROOT / "cache", folder / "cache")
    store, cache = Store(folder / "real.db"), _Forgetful(folder / "cache")
    tables = [read_table(folder / "real.toml")]
    with StandIn(studies.values()) as registry:
        sync(tables, Registry(registry.url, pace=0), store, cache, now=lambda: FIRST_RUN)
        for nct_id, pair in pairs.items():
            registry.change(nct_id, partial(_become, pair["after"]["study"]))
        registry.next_load()
        sync(tables, Registry(registry.url, pace=0), store, cache, now=lambda: SECOND_RUN)
    sync([read_table(ROOT / "data" / "table9.toml")], None, store, Cache(folder / "cache"), now=lambda: SECOND_RUN)
    store.close()
    return folder / "real.db"


class _Forgetful(Cache):
    """Keeps no files: 1,500 of them take longer to write than all the rest, and nobody reads them here."""

    def keep(self, copy: Copy) -> None:
        pass


def _become(after: dict[str, Any], study: dict[str, Any]) -> None:
    study.clear()
    study.update(after)


def _write_table(folder: Path, studies: list[dict[str, Any]]) -> None:
    """A table that prints what the records say, every fifth number of participants doubled."""
    (folder / "real.toml").write_text(_DESCRIPTION, encoding="utf-8")
    with (folder / "real.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Trial", "Phase | *design*", "N", "Status"])
        for number, study in enumerate(studies):
            design = at(study, "protocolSection.designModule") or {}
            count = (design.get("enrollmentInfo") or {}).get("count", "")
            phases = "/".join(phase.title().replace("Phase", "Phase ") for phase in design.get("phases", ()) if phase != "NA")
            status = str(at(study, "protocolSection.statusModule.overallStatus")).replace("_", " ").lower()
            table.writerow(
                [at(study, NCT_ID), f"{phases} double blind" if number % 7 == 0 else phases, count * 2 if count and number % 5 == 0 else count, status]
            )
