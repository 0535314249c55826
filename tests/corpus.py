"""The real records and tables that lie beside the repository, for tests that are asked for by `-m corpus`."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
REGISTRY = Path(os.environ.get("ENRICH_CORPUS", ROOT.parent / "shared" / "registry"))
TABLES = REGISTRY.parent / "tables"

needs_corpus = [pytest.mark.corpus, pytest.mark.skipif(not REGISTRY.exists(), reason=f"no real records at {REGISTRY}")]


def lines(name: str) -> Iterator[dict[str, Any]]:
    """The records of one `.ndjson` or `.ndjson.gz` file."""
    path = REGISTRY / name
    with gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
