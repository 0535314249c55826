"""Records to measure with: real ones, cloned under new ids where more are needed, else invented
ones.

`python -m tests.bench.records N FILE [MEAN]` writes N of them and prints their bytes: one a line,
or as the registry's bulk download where FILE ends in .zip. MEAN is their largest size on average,
in bytes.
"""

import gzip
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fixtures.corpus import REGISTRY
from tests.fixtures.studies import study

_ID = re.compile(rb"NCT\d{8}")
_ALIASES = re.compile(rb'"nctIdAliases":\[[^\]]*\],?')


def source() -> str:
    """What the records are, in a word for the report."""
    return (
        "real records, cloned under new ids"
        if _real().exists()
        else "invented records: no real ones at hand"
    )


def nct_ids(number: int) -> Iterator[str]:
    """The ids of the records, in order."""
    return (f"NCT{10_000_000 + at:08d}" for at in range(number))


def records(number: int, mean: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Ids and records, spread over the registry's hundred folders; `sample_by_size` chooses them."""
    originals = sample_by_size(_originals(), number, mean)
    for at, nct_id in enumerate(nct_ids(number)):
        first = originals[at % len(originals)]
        yield nct_id, first.replace(_ID.search(first)[0], nct_id.encode())  # type: ignore[index]


def sample_by_size(originals: Sequence[bytes], number: int, mean: int | None = None) -> list[bytes]:
    """At most *number* records with the distribution of sizes of *originals*; always the same ones.

    The records at hand are larger than the registry's on average. To have *mean* bytes on average,
    the largest are left out.
    """
    by_size = sorted(originals, key=lambda record: (len(record), record))
    total = sum(map(len, by_size))
    while mean and total > mean * len(by_size):
        total -= len(by_size.pop())
    count = min(number, len(by_size))
    spread = (by_size[(2 * at + 1) * len(by_size) // (2 * count)] for at in range(count))
    return sorted(spread, key=lambda record: _ID.search(record)[0][::-1])  # type: ignore[index]  # the last digits know nothing of the size


def write(number: int, path: Path, mean: int | None = None) -> int:
    """Writes *number* records to *path* and returns their bytes.

    A .zip is laid out as the registry's bulk download; any other file has one record a line.
    """
    size = 0
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for nct_id, record in records(number, mean):
                archive.writestr(f"{nct_id[-2:]}/{nct_id}.json", record)
                size += len(record)
        return size
    with path.open("wb") as file:
        for _, record in records(number, mean):
            size += file.write(record + b"\n")
    return size


def _real() -> Path:
    return REGISTRY / "studies.ndjson.gz"


def _originals() -> list[bytes]:
    """Without aliases: a clone must not answer to the id of another."""
    if not _real().exists():
        return [json.dumps(study(at), separators=(",", ":")).encode() for at in range(1, 1001)]
    with gzip.open(_real(), "rb") as lines:
        return [_ALIASES.sub(b"", line.rstrip(b"\n")) for line in lines]


if __name__ == "__main__":
    print(
        write(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
    )
