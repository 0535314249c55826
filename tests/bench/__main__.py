"""Measures speed and memory: `enrich`, the peers that run here, and the floor.

`python -m tests.bench --help` shows the choices; `--compare REV` measures two commits by turns.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import outputs, records, report
from tests.bench.bulk import REGISTRY_MEAN, measure_bulk
from tests.bench.compare import compare_commits
from tests.bench.contenders import CONTENDERS, ENRICH, WAITING, Contender, Round, run_all
from tests.bench.drawing import picture, waiting_picture
from tests.bench.figures import keep_figures, measured_figures, shown_command
from tests.bench.measure import Measurement, measure, spread_text
from tests.bench.registry_process import ROOT, running_registry
from tests.bench.targets import LARGEST, LISTED, TRIALS, Results
from tests.tools.generated_parts import filled

PEERS = ("pytrials==1.0.0", "biomcp-cli", "requests", "deepdiff", "sqlite-utils", "orjson")
DOCS, PICTURE = ROOT / "docs" / "performance.md", ROOT / "docs" / "growth.svg"
WAITING_PICTURE = ROOT / "docs" / "waiting.svg"
# As a user meets the registry: the default pace, and a response over the Internet.
PACE, LATENCY = 1.0, 0.2


def main() -> None:
    """Measures, and prints Markdown."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="enrich-bench-", dir=options.work) as folder:
        if options.compare:
            _compare(options, Path(folder))
        elif options.outputs is not None:
            _measure_outputs(options, options.work or Path(folder))
        elif options.wait:
            _measure_waiting(options, Path(folder))
        else:
            _measure_all(options, Path(folder))


def _compare(options: argparse.Namespace, folder: Path) -> None:
    for size in options.sizes:
        measurements = compare_commits(options.compare, size, options.rounds, folder)
        print(report.comparison(options.compare, size, measurements), flush=True)


def _measure_outputs(options: argparse.Namespace, folder: Path) -> None:
    """The databases stay in --work, where it is given, for the next time."""
    measurements = []
    for measurement in outputs.measure_outputs(
        options.outputs or outputs.SIZES, options.rounds, folder, options.only
    ):
        measurements.append(measurement)
        print(outputs.line(measurement), file=sys.stderr)
    interpreter = outputs.interpreter_memory()
    parts = [
        shown_command(),
        report.outputs_conditions(options.rounds) + "\n",
        outputs.table(measurements, interpreter),
    ]
    print("\n".join(parts))
    if options.write_docs:
        _fill_docs("bench-outputs", parts)
        _keep(Results(outputs=measurements, interpreter=interpreter))


def _measure_waiting(options: argparse.Namespace, folder: Path) -> None:
    peers = None if options.no_peers else _install_peers(folder)
    tables = {
        size: _measure_size(
            size,
            options.rounds,
            folder,
            peers,
            WAITING,
            mean=outputs.MEAN if size > LISTED else None,
            latency=LATENCY,
            pace=PACE,
        )
        for size in options.sizes
    }
    parts = [
        shown_command(),
        report.waiting_conditions(options.rounds, PACE, LATENCY, LISTED, outputs.MEAN) + "\n",
        report.waiting(tables),
        f"![Seconds against the number of trials]({WAITING_PICTURE.name})\n",
    ]
    print("\n".join(parts))
    if options.write_docs:
        WAITING_PICTURE.write_text(waiting_picture(tables), encoding="utf-8")
        _fill_docs("bench-waiting", parts)


def _measure_all(options: argparse.Namespace, folder: Path) -> None:
    peers = None if options.no_peers else _install_peers(folder)
    page = _Page()
    page.add(report.conditions(options.rounds) + "\n")
    helps = [measure([*ENRICH, "--help"], folder) for _ in range(max(options.rounds, 5))]
    page.add(f"`enrich --help`: {spread_text([run.cpu for run in helps])} s of processor.\n")
    tables: dict[int, dict[str, list[Measurement]]] = {}
    for size in options.sizes:
        tables[size] = _measure_size(size, options.rounds, folder, peers)
        page.add(report.contenders(size, tables[size]))
    page.add(report.overview(tables))
    page.add(report.quoted(Results(tables)))
    bulk = tuple(measure_bulk(options.growth, options.rounds, folder))
    like = (
        next(measure_bulk([options.like], options.rounds, folder, REGISTRY_MEAN), None)
        if options.like
        else None
    )
    results = Results(tables, bulk, like, helps)
    for part in (*_bulk_parts(results), report.targets(measured_figures(results))):
        page.add(part)
    _write(options, page, results)


class _Page(list[str]):
    """The parts of the report, each printed as soon as it is there."""

    def add(self, part: str) -> None:
        self.append(part)
        print(part, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    growth = [100, 1000, 10_000, 100_000]
    add = parser.add_argument
    add("--sizes", type=int, nargs="*", help="trials in the table")
    add("--growth", type=int, nargs="*", default=growth, help="studies in the bulk download")
    add(
        "--like",
        type=int,
        metavar="N",
        help="studies in a bulk download whose records are as large as the registry's",
    )
    add(
        "--outputs",
        type=int,
        nargs="*",
        metavar="N",
        help="measure every report and export of tables of N trials",
    )
    add("--only", nargs="*", default=(), metavar="NAME", help="only the outputs named so")
    add(
        "--wait",
        action="store_true",
        help=f"measure at the default pace, each response {LATENCY} s late",
    )
    add("--rounds", type=int, default=3)
    add(
        "--quick",
        action="store_true",
        help="6 and 100 trials, one round, no peers: does the benchmark still run?",
    )
    add("--no-peers", action="store_true", help="do not install the peers")
    add("--work", type=Path, help="folder for temporary files")
    add(
        "--compare",
        metavar="REV",
        help="measure this checkout and the commit REV by turns",
    )
    add("--markdown", type=Path, metavar="FILE", help="write the report to FILE, and a picture")
    add(
        "--write-docs",
        action="store_true",
        help=f"write the figures to {DOCS.relative_to(ROOT)}, the picture to {PICTURE.relative_to(ROOT)}",
    )
    return _complete(parser.parse_args())


def _complete(options: argparse.Namespace) -> argparse.Namespace:
    if options.sizes is None:
        options.sizes = _sizes(options)
    if options.like is None and options.growth:
        options.like = 20_000
    if options.quick:
        options.sizes, options.growth, options.like = [6, 100], [100, 400], 400
        options.rounds, options.no_peers = 1, True
    return options


def _sizes(options: argparse.Namespace) -> list[int]:
    if options.compare:
        return [TRIALS]
    return [6, 100, TRIALS, 5000, LISTED, LARGEST] if options.wait else [6, TRIALS, 5000, LISTED]


def _install_peers(folder: Path) -> Path | None:
    """The programs of an environment with the peers, None where they cannot be installed."""
    environment = folder / "peers"
    venv.create(environment, with_pip=True)
    programs = environment / "bin"
    install = [programs / "pip", "install", "--quiet", *PEERS]
    if subprocess.run(install, check=False, capture_output=True).returncode:
        print("The peers could not be installed and are left out.", file=sys.stderr)
        return None
    return programs


def _measure_size(
    size: int,
    rounds: int,
    folder: Path,
    peers: Path | None,
    contenders: Iterable[Contender] = CONTENDERS,
    *,
    mean: int | None = None,
    latency: float = 0,
    pace: float = 0,
) -> dict[str, list[Measurement]]:
    """The measurements of each contender, round by round; none for one that does not run here."""
    measurements: dict[str, list[Measurement]] = {}
    for _ in range(rounds):
        # A registry for each round: what changed in one must not show in the next.
        serving = running_registry(size, folder, mean, latency)
        with serving as registry, _folder_in(folder) as place:
            round_ = Round(registry, place, tuple(records.nct_ids(size)), peers, pace=pace)
            for contender, result in run_all(contenders, round_):
                of_contender = measurements.setdefault(contender.name, [])
                if isinstance(result, Measurement):
                    of_contender.append(result)
                print(f"{size} · {contender.name}: {result}", file=sys.stderr)
    return measurements


@contextmanager
def _folder_in(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        yield Path(place)


def _bulk_parts(results: Results) -> list[str]:
    if not results.bulk and not results.like:
        return []
    return [
        report.growth(results.bulk, results.like),
        *([report.extrapolated(results.like) + "\n"] if results.like else []),
    ]


def _write(options: argparse.Namespace, page: list[str], results: Results) -> None:
    """Writes the files that were asked for."""
    if results.bulk:
        for path in _pictures(options):
            path.write_text(picture(results.bulk), encoding="utf-8")
    if options.markdown:
        image = f"![Growth]({options.markdown.with_suffix('.svg').name})\n"
        shown = [image] if results.bulk else []
        options.markdown.write_text("\n".join([*page, *shown]), encoding="utf-8")
    if options.write_docs:
        for name, parts in _docs_parts(page[0], results):
            _fill_docs(name, parts)
        _keep(results)


def _keep(results: Results) -> None:
    """Keeps the figures of targets, and writes the table of all targets into the docs."""
    _fill_docs("bench-targets", [report.targets(keep_figures(results))])


def _fill_docs(name: str, parts: Iterable[str]) -> None:
    text = filled(DOCS.read_text(encoding="utf-8"), name, "\n".join(parts))
    DOCS.write_text(text, encoding="utf-8")


def _docs_parts(conditions: str, results: Results) -> Iterator[tuple[str, list[str]]]:
    """The parts of the documentation that these results fill, each with its Markdown."""
    command = shown_command()
    # A run over other tables than the usual one only measures targets.
    if TRIALS in results.tables:
        tables = (
            report.overview(results.tables),
            report.contenders(TRIALS, results.tables[TRIALS]),
            report.quoted(results),
        )
        yield "bench-tables", [command, conditions, *tables]
    if results.bulk:
        picture = f"![Time, memory and database against the number of studies]({PICTURE.name})\n"
        yield "bench-bulk", [command, conditions, *_bulk_parts(results), picture]


def _pictures(options: argparse.Namespace) -> list[Path]:
    return [
        *([options.markdown.with_suffix(".svg")] if options.markdown else []),
        *([PICTURE] if options.write_docs else []),
    ]


if __name__ == "__main__":
    main()
