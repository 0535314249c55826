"""The measurements as Markdown: tables, and the sentences that explain them."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from enrich import __version__
from tests.bench import records
from tests.bench.bulk import REGISTRY_MEAN, BulkMeasurement
from tests.bench.compare import Pair
from tests.bench.contenders import CONTENDERS, WAITING, Contender
from tests.bench.figures import Figures
from tests.bench.measure import Measurement, ratios, spread_text
from tests.bench.quoted import QUOTED, Quoted
from tests.bench.targets import TARGETS, TRIALS, Results, Target

# The registry's own count, rounded up.
REGISTRY = 600_000


def conditions(rounds: int) -> str:
    """The machine, and how it was measured."""
    return (
        f"{machine(rounds)}. Each program runs as a process of "
        "its own, in turn. The figures are medians (least–most); where these two are far apart, the "
        "machine was busy. “×” compares with the floor in the same round: with writing for first loads, "
        "without writing for all others. Memory is that of the largest process."
    )


def machine(rounds: int) -> str:
    """The versions, the machine and how busy it is, the rounds and the records."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return (
        f"enrich {__version__}, {processors} processors with a load of"
        f" {os.getloadavg()[0]:.0f}, Python {platform.python_version()},"
        f" {rounds} {'round' if rounds == 1 else 'rounds'}, {records.source()}"
    )


def waiting_conditions(rounds: int, pace: float, latency: float, listed: int, mean: int) -> str:
    """The machine, and how it was measured at the pace of a user. Records of tables of more than
    *listed* trials have *mean* bytes on average.
    """
    return (
        f"{machine(rounds)}. `enrich` waits {pace:g} s between two requests, as it does by default,"
        f" and prints its report. Each response comes {latency * 1000:g} ms late, for all programs."
        " The others wait for nothing else. “×” compares with the floor in the same round: fetch and"
        " parse, without a pace."
        f" Above {listed:,} trials, the records have {mean / 1000:g} KB on average."
    )


def outputs_conditions(rounds: int) -> str:
    """The machine, and how reports and exports were measured."""
    return (
        f"{machine(rounds)}. Each is written by a process of its own, from a database in which one"
        " row in ten differs and one trial in a hundred has changed. CPU s: seconds of processor;"
        " MB: the most memory, above that of an interpreter that does nothing."
    )


def waiting(tables: Mapping[int, Mapping[str, Sequence[Measurement]]]) -> str:
    """Every contender at every size of table: seconds, how many times the floor, requests."""
    sizes = sorted(tables)
    lines = [
        [contender.name, *(_waited(contender, tables[size]) for size in sizes)]
        for contender in WAITING
    ]
    return _grid(
        "s (× floor), requests",
        [f"{size:,} trials" for size in sizes],
        [line for line in lines if any(line[1:])],
    )


def _waited(contender: Contender, measurements: Mapping[str, Sequence[Measurement]]) -> str:
    text = _at_a_glance(contender, measurements)
    return f"{text}, {measurements[contender.name][0].requests:,}" if text else ""


def overview(tables: Mapping[int, Mapping[str, Sequence[Measurement]]]) -> str:
    """Every contender at every size of table: seconds, and how many times the floor."""
    sizes = sorted(tables)
    lines = [
        [contender.name, *(_at_a_glance(contender, tables[size]) for size in sizes)]
        for contender in CONTENDERS
    ]
    return _grid(
        "s (× floor)",
        [f"{size:,} trials" for size in sizes],
        [line for line in lines if any(line[1:])],
    )


def _at_a_glance(contender: Contender, measurements: Mapping[str, Sequence[Measurement]]) -> str:
    runs, floor = measurements.get(contender.name, ()), measurements.get(contender.floor or "", ())
    ratio = f" ({median(ratios(runs, floor)):.2f} ×)" if runs and floor else ""
    return f"{median([run.seconds for run in runs]):.2f}{ratio}" if runs else ""


def contenders(size: int, measurements: Mapping[str, Sequence[Measurement]]) -> str:
    """A line for each contender, at a table of *size* trials."""
    return _grid(
        f"{size:,} trials",
        ["s", "× floor", "CPU s", "× floor", "MB", "requests"],
        _contenders(measurements),
    )


def _contenders(measurements: Mapping[str, Sequence[Measurement]]) -> Iterator[list[str]]:
    for contender in CONTENDERS:
        runs = measurements.get(contender.name)
        if runs is None:
            continue
        if not runs:
            yield [contender.name, "did not run here", *[""] * 5]
            continue
        floor = measurements.get(contender.floor or "", ())
        yield [
            contender.name,
            *_beside(runs, floor, "seconds"),
            *_beside(runs, floor, "cpu"),
            spread_text([run.memory for run in runs], 0),
            f"{runs[0].requests}",
        ]


def _beside(runs: Sequence[Measurement], floor: Sequence[Measurement], name: str) -> list[str]:
    return [
        spread_text([getattr(run, name) for run in runs]),
        spread_text(ratios(runs, floor, name)) if floor else "1",
    ]


def quoted(results: Results) -> str:
    """Published figures of others, beside ours of this run."""
    size = TRIALS if TRIALS in results.tables else max(results.tables, default=0)
    lines = [_quoted(figure, results, size) for figure in QUOTED]
    return _grid(
        "quoted, not run here",
        ["trials", "s", "ms per trial", f"× ours at {size:,}", "source"],
        lines,
    )


def _quoted(figure: Quoted, results: Results, size: int) -> list[str]:
    factors = results.faster_than(figure, size)
    return [
        figure.what,
        f"{figure.trials:,}",
        f"{figure.seconds:,.1f}",
        f"{figure.each * 1000:,.1f}",
        spread_text(factors, 1) if factors else "not measured",
        figure.source,
    ]


def growth(sizes: Sequence[BulkMeasurement], like: BulkMeasurement | None) -> str:
    """A line for each size of the bulk download, and one for records as large as the registry's."""
    heads = [
        "KB each",
        "s",
        "× floor",
        "studies per second",
        "raw MB per second",
        "CPU s",
        "× floor",
        "MB, all processes",
        "database MB",
        "× floor",
        "again s",
    ]
    return _grid(
        "studies in the zip",
        heads,
        [_bulk_line(bulk) for bulk in (*sizes, *([like] if like else []))],
    )


def _bulk_line(bulk: BulkMeasurement) -> list[str]:
    return [
        f"{bulk.number:,}",
        f"{bulk.mean / 1000:.1f}",
        *_beside(bulk.runs, bulk.floor_runs, "seconds"),
        spread_text(bulk.rates, 0),
        spread_text(bulk.throughputs, 1),
        *_beside(bulk.runs, bulk.floor_runs, "cpu"),
        spread_text([run.memory for run in bulk.runs], 0),
        f"{bulk.database:,.1f}",
        f"{bulk.database / bulk.floor_database:.2f}",
        spread_text([repeat.seconds for repeat in bulk.repeats], 1),
    ]


def extrapolated(like: BulkMeasurement) -> str:
    """What the whole registry would take: extrapolated, and called so."""
    minutes, gigabytes = (
        REGISTRY / like.number * like.first.seconds / 60,
        REGISTRY / like.number * like.database / 1000,
    )
    span = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
    return (
        f"Extrapolated, not run: all {REGISTRY:,} studies would take {span}, and {gigabytes:.1f} GB of database. Source: the last line above, "
        f"{like.number:,} records of {like.mean / 1000:.1f} KB on average (the registry's mean is {REGISTRY_MEAN / 1000} KB; the largest at hand are left out)."
    )


def targets(kept: Mapping[str, Figures]) -> str:
    """Each target, what was measured, whether it is met, and the command that measured it."""
    return _grid(
        "target",
        ["at most / at least", "goal", "measured", "met", "goal met", "by"],
        [_target(target, kept.get(target.what)) for target in TARGETS],
    )


def _target(target: Target, kept: Figures | None) -> list[str]:
    figures = kept.values if kept else ()
    sign = "≤" if target.at_most else "≥"
    limits = [
        f"{sign} {limit:,g} {target.unit}".strip() if limit is not None else ""
        for limit in (target.limit, target.stretch)
    ]
    digits = 2 if target.unit in ("×", "s", "ms") else 0
    measured = (
        f"{spread_text(figures, digits)} {target.unit}".strip() if figures else "not measured"
    )
    words = {True: "yes", False: "**no**", None: ""}
    return [
        target.what,
        *limits,
        measured,
        *(words[target.meets(figures, limit)] for limit in (target.limit, target.stretch)),
        f"`{kept.command}`" if kept else "",
    ]


def comparison(revision: str, size: int, pairs: Mapping[str, Sequence[Pair]]) -> str:
    """A line for each step: what this checkout took, and how many times as much as *revision*."""
    return _grid(
        f"{size:,} trials",
        ["s", f"÷ {revision}", "CPU s", f"÷ {revision}", "MB", f"÷ {revision}"],
        [
            [
                name,
                *_compared(of_step, "seconds"),
                *_compared(of_step, "cpu"),
                *_compared(of_step, "memory", 0),
            ]
            for name, of_step in pairs.items()
        ],
    )


def _compared(pairs: Sequence[Pair], name: str, digits: int = 2) -> list[str]:
    this, other = [pair.this for pair in pairs], [pair.other for pair in pairs]
    return [
        spread_text([getattr(run, name) for run in this], digits),
        spread_text(ratios(this, other, name)),
    ]


def _grid(
    first: str, heads: Sequence[str], lines: Sequence[Sequence[str]] | Iterator[Sequence[str]]
) -> str:
    head = f"| {' | '.join([first, *heads])} |\n|---{'|--:' * len(heads)}|"
    return "\n".join([head, *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"
