"""One command, one table: us, the peers that run here, and the floor. `python -m tests.bench [--quick]`."""

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench import records
from tests.bench.contenders import CONTENDERS, ENRICH, FETCHED, Round, rounds
from tests.bench.growth import grow, picture, table
from tests.bench.measure import Taken, medians, take
from tests.bench.standing import standing

PEERS = ("pytrials==1.0.0", "biomcp-cli", "requests", "deepdiff", "sqlite-utils", "orjson")


def main() -> None:
    """Measures, and prints Markdown."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="enrich-bench-", dir=options.work) as folder:
        peers = None if options.no_peers else _peers(Path(folder))
        print(f"{options.rounds} rounds, each contender a process of its own, in turn; {records.source()}.")
        print("Medians. “× floor” is within this run; the floor fetches the same bytes from the same server. Memory is the largest process.\n")
        print(f"`enrich --help`: {_help(Path(folder), options.rounds)}\n", flush=True)
        for size in options.sizes:
            told = _measured(size, options.rounds, Path(folder), peers)
            print(_table(size, told), flush=True)
        if options.growth:
            grown = list(grow(options.growth, options.rounds, Path(folder)))
            print(table(grown))
            if options.picture:
                options.picture.write_text(picture(grown), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[6, 1000, 5000], help="trials in the table")
    parser.add_argument("--growth", type=int, nargs="*", default=[100, 1000, 10_000, 100_000], help="studies in the bulk download")
    parser.add_argument("--picture", type=Path, help="write the cost as it grows to this SVG file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="tables of 6 and 100 trials, once, without peers: does the benchmark still run?")
    parser.add_argument("--no-peers", action="store_true", help="do not make an environment for the peers")
    parser.add_argument("--work", type=Path, help="folder for what is made on the way (removed at the end)")
    options = parser.parse_args()
    if options.quick:
        options.sizes, options.growth, options.rounds, options.no_peers = [6, 100], [100, 400], 1, True
    return options


def _peers(folder: Path) -> Path | None:
    """The programs of an environment that holds the peers, or None where they cannot be installed: never part of ours."""
    where = folder / "peers"
    venv.create(where, with_pip=True)
    done = subprocess.run([where / "bin" / "pip", "install", "--quiet", *PEERS], check=False, capture_output=True)
    if done.returncode:
        print("The peers could not be installed and are left out.", file=sys.stderr)
        return None
    return where / "bin"


def _help(folder: Path, times: int) -> str:
    taken = medians(take([*ENRICH, "--help"], folder) for _ in range(max(times, 3)))
    return f"{taken.cpu:.2f} s of processor, {taken.memory:.0f} MB"


def _measured(size: int, times: int, folder: Path, peers: Path | None) -> dict[str, list[Taken | str]]:
    told: dict[str, list[Taken | str]] = {}
    for _ in range(times):
        # A registry for each round: what changed in one must not show in the next.
        with standing(size, folder) as registry, tempfile.TemporaryDirectory(dir=folder) as place:
            ids = tuple(records.names(size))
            for contender, taken in rounds(CONTENDERS, Round(registry, Path(place), ids, peers)):
                told.setdefault(contender.name, []).append(taken)
                print(f"{size} · {contender.name}: {taken}", file=sys.stderr)
    return told


def _table(size: int, told: dict[str, list[Taken | str]]) -> str:
    return "\n".join(_lines(size, told)) + "\n"


def _lines(size: int, told: dict[str, list[Taken | str]]) -> Iterator[str]:
    yield f"| {size:,} trials | s | × floor | CPU s | × floor | MB | requests |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    known = {name: medians(good) for name, runs in told.items() if (good := [run for run in runs if isinstance(run, Taken)])}
    for contender in CONTENDERS:
        if contender.name in known:
            yield _line(contender.name, known[contender.name], _floor_of(contender.floor, known))
        elif contender.name in told:
            yield f"| {contender.name} | did not run here | | | | | |"


def _floor_of(name: str, known: dict[str, Taken]) -> Taken | None:
    found: Sequence[Taken] = [taken for full, taken in known.items() if name and full.startswith("floor") and (FETCHED + " once" in full) == (name == FETCHED)]
    return found[0] if found else None


def _line(name: str, taken: Taken, floor: Taken | None) -> str:
    wall = f"{taken.seconds / floor.seconds:.2f}" if floor else "1"
    cpu = f"{taken.cpu / floor.cpu:.2f}" if floor else "1"
    return f"| {name} | {taken.seconds:.2f} | {wall} | {taken.cpu:.2f} | {cpu} | {taken.memory:.0f} | {taken.requests} |"


if __name__ == "__main__":
    main()
