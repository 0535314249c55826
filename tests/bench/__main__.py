"""One command, all figures: us, the peers that run here, and the floor. `python -m tests.bench [--quick]`."""

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import pages, records
from tests.bench.bars import TRIALS, Results
from tests.bench.contenders import CONTENDERS, ENRICH, Round, rounds
from tests.bench.drawing import picture
from tests.bench.growth import REGISTRY_MEAN, grow
from tests.bench.measure import Taken, take, told
from tests.bench.standing import ROOT, standing
from tests.tools.generated_parts import filled

PEERS = ("pytrials==1.0.0", "biomcp-cli", "requests", "deepdiff", "sqlite-utils", "orjson")
README, PICTURE = ROOT / "README.md", ROOT / "tests" / "bench" / "growth.svg"


def main() -> None:
    """Measures, and prints Markdown."""
    options = _options()
    page = _Page()
    with _workplace(options) as (folder, peers):
        page.say(pages.conditions(options.rounds) + "\n")
        page.say(f"`enrich --help`: {_help(folder, options.rounds)} of processor.\n")
        tables: dict[int, dict[str, list[Taken]]] = {}
        for size in options.sizes:
            tables[size] = _measured(size, options.rounds, folder, peers)
            page.say(pages.contenders(size, tables[size]))
        page.say(pages.overview(tables))
        page.say(pages.quoted(Results(tables)))
        grown = tuple(grow(options.growth, options.rounds, folder))
        like = (
            next(grow([options.like], options.rounds, folder, REGISTRY_MEAN), None)
            if options.like
            else None
        )
    results = Results(tables, grown, like)
    for part in (*_bulk(results), pages.bars(results)):
        page.say(part)
    _write(options, page, results)


class _Page(list[str]):
    """The parts of what is told, each printed as soon as it is there."""

    def say(self, part: str) -> None:
        self.append(part)
        print(part, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[6, 1000, 5000], help="trials in the table"
    )
    parser.add_argument(
        "--growth",
        type=int,
        nargs="*",
        default=[100, 1000, 10_000, 100_000],
        help="studies in the bulk download",
    )
    parser.add_argument(
        "--like",
        type=int,
        metavar="N",
        help="studies in a bulk download whose records weigh what the registry's do",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="tables of 6 and 100 trials, once, without peers: does the benchmark still run?",
    )
    parser.add_argument(
        "--no-peers", action="store_true", help="do not make an environment for the peers"
    )
    parser.add_argument(
        "--work", type=Path, help="folder for what is made on the way (removed at the end)"
    )
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help="write what is printed to this file, too, with the picture beside it",
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the figures into README.md, and the picture to tests/bench/growth.svg",
    )
    options = parser.parse_args()
    if options.like is None and options.growth:
        options.like = 20_000
    if options.quick:
        options.sizes, options.growth, options.like, options.rounds, options.no_peers = (
            [6, 100],
            [100, 400],
            400,
            1,
            True,
        )
    return options


@contextmanager
def _workplace(options: argparse.Namespace) -> Iterator[tuple[Path, Path | None]]:
    """A folder that is removed at the end, and the programs of the peers' environment."""
    with tempfile.TemporaryDirectory(prefix="enrich-bench-", dir=options.work) as folder:
        yield Path(folder), None if options.no_peers else _peers(Path(folder))


def _peers(folder: Path) -> Path | None:
    """The programs of an environment that holds the peers, or None where they cannot be installed: never part of ours."""
    where = folder / "peers"
    venv.create(where, with_pip=True)
    done = subprocess.run(
        [where / "bin" / "pip", "install", "--quiet", *PEERS], check=False, capture_output=True
    )
    if done.returncode:
        print("The peers could not be installed and are left out.", file=sys.stderr)
        return None
    return where / "bin"


def _help(folder: Path, times: int) -> str:
    taken = [take([*ENRICH, "--help"], folder) for _ in range(max(times, 3))]
    return f"{told([one.cpu for one in taken])} s"


def _measured(size: int, times: int, folder: Path, peers: Path | None) -> dict[str, list[Taken]]:
    """What each contender took, round by round; nothing for one that does not run here."""
    taken: dict[str, list[Taken]] = {}
    for _ in range(times):
        # A registry for each round: what changed in one must not show in the next.
        with standing(size, folder) as registry, tempfile.TemporaryDirectory(dir=folder) as place:
            for contender, one in rounds(
                CONTENDERS, Round(registry, Path(place), tuple(records.names(size)), peers)
            ):
                taken.setdefault(contender.name, []).extend([one] if isinstance(one, Taken) else [])
                print(f"{size} · {contender.name}: {one}", file=sys.stderr)
    return taken


def _bulk(results: Results) -> list[str]:
    if not results.grown and not results.like:
        return []
    return [
        pages.growth(results.grown, results.like),
        *([pages.extrapolated(results.like) + "\n"] if results.like else []),
    ]


def _write(options: argparse.Namespace, page: list[str], results: Results) -> None:
    """The files that were asked for; in the README stands what a reader wants to know first."""
    drawn = {path: picture(results.grown) for path in _pictures(options) if results.grown}
    for path, content in drawn.items():
        path.write_text(content, encoding="utf-8")
    if options.markdown:
        shown = (
            [f"![Growth]({options.markdown.with_suffix('.svg').name})\n"] if results.grown else []
        )
        options.markdown.write_text("\n".join([*page, *shown]), encoding="utf-8")
    if options.readme:
        size = TRIALS if TRIALS in results.tables else max(results.tables)
        parts = [
            page[0],
            pages.overview(results.tables),
            pages.contenders(size, results.tables[size]),
            pages.quoted(results),
            *_bulk(results),
        ]
        shown = (
            [f"![Cost as the number of studies grows]({os.path.relpath(PICTURE, ROOT)})\n"]
            if results.grown
            else []
        )
        README.write_text(
            filled(README.read_text(encoding="utf-8"), "bench", "\n".join([*parts, *shown])),
            encoding="utf-8",
        )


def _pictures(options: argparse.Namespace) -> list[Path]:
    return [
        *([options.markdown.with_suffix(".svg")] if options.markdown else []),
        *([PICTURE] if options.readme else []),
    ]


if __name__ == "__main__":
    main()
