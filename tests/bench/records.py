"""Records to measure with: the real ones that lie beside the repository, cloned under new ids where more are needed, else invented ones.

`python -m tests.bench.records N FILE` writes N of them, one a line, or as the registry's bulk download where FILE ends in .zip.
"""

import gzip
import itertools
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import REGISTRY
from tests.studies import study

_ID = re.compile(rb"NCT\d{8}")
_ALIASES = re.compile(rb'"nctIdAliases":\[[^\]]*\],?')


def source() -> str:
    """What the records are, in a word for the report."""
    return "real records, cloned under new ids" if _real().exists() else "invented records: no real ones at hand"


def names(number: int) -> Iterator[str]:
    """The ids of the records, in order."""
    return (f"NCT{10_000_000 + at:08d}" for at in range(number))


def records(number: int) -> Iterator[tuple[str, bytes]]:
    """Ids and records, spread over the registry's hundred folders. Aliases are left out, as a clone must not claim another's name."""
    originals = _originals(number)
    for at, nct_id in enumerate(names(number)):
        first = originals[at % len(originals)]
        yield nct_id, first.replace(_ID.search(first)[0], nct_id.encode())  # type: ignore[index]


def write(number: int, path: Path) -> None:
    """Writes *number* records to *path*: a zip as the registry lays out its bulk download, or one record a line."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for nct_id, record in records(number):
                archive.writestr(f"{nct_id[-2:]}/{nct_id}.json", record)
        return
    with path.open("wb") as file:
        file.writelines(record + b"\n" for _, record in records(number))


def _real() -> Path:
    return REGISTRY / "studies.ndjson.gz"


def _originals(number: int) -> list[bytes]:
    if not _real().exists():
        return [json.dumps(study(at), separators=(",", ":")).encode() for at in range(1, min(number, 1000) + 1)]
    with gzip.open(_real(), "rb") as lines:
        return [_ALIASES.sub(b"", line.rstrip(b"\n")) for line in itertools.islice(lines, number)]


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
