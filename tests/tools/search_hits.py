"""What a search of 20,000 hits costs: `python -m tests.tools.search_hits [NUMBER]`.

The hits are real records that lie beside the repository, whole ones first, served by the stand-in
registry. It and each command run in processes of their own; processor time and the peak of memory
are those that the system counted. Ends with 1 where a command is over the bounds.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench.measure import measure
from tests.bench.registry_process import ROOT
from tests.fixtures.corpus import REGISTRY, read_records
from tests.fixtures.registry_server import StandInRegistry, recent_load

MOST_SECONDS, MOST_MEGABYTES = 10.0, 200.0
_HAYSTACK = REGISTRY.parent / "search" / "haystack.ndjson.gz"
_TABLE = 'file = "review.csv"\nid_column = "Trial"\n[search]\nquery.term = "trial"\n'
_INCLUDED = 12


def _records() -> Iterator[dict[str, Any]]:
    yield from read_records("studies.ndjson.gz")
    with gzip.open(_HAYSTACK, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _serve(number: int) -> None:
    """Prints the address, the number of hits and the first ids; a line of input is a new night, in
    which a hundredth of the hits leaves.
    """
    hits = {
        str(study["protocolSection"]["identificationModule"]["nctId"]): study
        for study in islice(_records(), number)
    }
    ids = [*hits]
    with StandInRegistry(hits.values(), loaded=recent_load()) as registry:
        registry.answer_searches_with(ids)
        print(registry.url, len(ids), *ids[:_INCLUDED], flush=True)
        for _ in sys.stdin:
            registry.next_load()
            registry.answer_searches_with(ids[: -len(ids) // 100])
            print(flush=True)


def main(number: int = 20_000) -> int:
    """Prints a line for each command."""
    serve = [sys.executable, "-m", "tests.tools.search_hits", "serve", str(number)]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(serve, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as registry,
        tempfile.TemporaryDirectory() as name,
    ):
        assert registry.stdin and registry.stdout
        url, hits, *listed = registry.stdout.readline().split()
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "data" / "review.toml").write_text(_TABLE, encoding="utf-8")
        (folder / "data" / "review.csv").write_text("\n".join(("Trial", *listed)), encoding="utf-8")
        sync = ("sync", "--no-history", "-q", "--registry", url, "--pace", "0")
        listing = ("candidates", "--offline")
        print(f"{int(hits):,} hits")
        is_over = [
            _measure("first answer", sync, folder),
            _measure("the same night again", sync, folder),
            _measure("list of candidates", listing, folder),
            _measure("list for a screening tool", (*listing, "--output", "a.csv"), folder),
        ]
        registry.stdin.write("night\n")
        registry.stdin.flush()
        registry.stdout.readline()
        is_over.append(_measure("next night, a hundredth left", sync, folder))
        registry.stdin.close()
    return int(any(is_over))


def _measure(name: str, command: tuple[str, ...], folder: Path) -> bool:
    """Whether the command took more than it may."""
    environment = {"PYTHONPATH": str(ROOT)}
    used = measure((sys.executable, "-m", "enrich", *command), folder, env=environment)
    print(f"  {name:<30} {used.cpu:5.1f} s of processor time, {used.memory:4.0f} MB", flush=True)
    return used.cpu > MOST_SECONDS or used.memory > MOST_MEGABYTES


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(int(sys.argv[2]))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
