"""What was measured, as Markdown: tables, and the sentences that belong to them."""

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.bench import records
from tests.bench.bars import BARS, TRIALS, Bar, Results
from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.growth import REGISTRY_MEAN, Grown
from tests.bench.measure import Taken, ratios, told
from tests.bench.quoted import QUOTED, Quoted

# The registry's own count, rounded up.
REGISTRY = 600_000


def conditions(rounds: int) -> str:
    """On what was measured, and how."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return (
        f"{processors} processors, Python {platform.python_version()}; {rounds} {'round' if rounds == 1 else 'rounds'}, each contender a process of its own, in turn; {records.source()}. "
        "Medians (least–most): where the two lie far apart the machine was busy. “×” is against the floor, which fetches the same bytes from the same "
        "server on the same machine, round by round: with writing for first loads, without for all others. Memory is the largest process."
    )


def overview(tables: Mapping[int, Mapping[str, Sequence[Taken]]]) -> str:
    """Every contender at every size of table: seconds, and in brackets how many times the floor."""
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


def _at_a_glance(contender: Contender, taken: Mapping[str, Sequence[Taken]]) -> str:
    runs, floor = taken.get(contender.name, ()), taken.get(contender.floor or "", ())
    beside = f" ({median(ratios(runs, floor)):.2f} ×)" if runs and floor else ""
    return f"{median([one.seconds for one in runs]):.2f}{beside}" if runs else ""


def contenders(size: int, taken: Mapping[str, Sequence[Taken]]) -> str:
    """One line a contender at a table of *size* trials."""
    return _grid(
        f"{size:,} trials",
        ["s", "× floor", "CPU s", "× floor", "MB", "requests"],
        _contenders(taken),
    )


def _contenders(taken: Mapping[str, Sequence[Taken]]) -> Iterator[list[str]]:
    for contender in CONTENDERS:
        runs = taken.get(contender.name)
        if runs is None:
            continue
        if not runs:
            yield [contender.name, "did not run here", *[""] * 5]
            continue
        floor = taken.get(contender.floor or "", ())
        yield [
            contender.name,
            *_beside(runs, floor, "seconds"),
            *_beside(runs, floor, "cpu"),
            told([one.memory for one in runs], 0),
            f"{runs[0].requests}",
        ]


def _beside(runs: Sequence[Taken], floor: Sequence[Taken], name: str) -> list[str]:
    return [
        told([getattr(one, name) for one in runs]),
        told(ratios(runs, floor, name)) if floor else "1",
    ]


def quoted(results: Results) -> str:
    """What others took elsewhere, beside ours of this run."""
    size = TRIALS if TRIALS in results.tables else max(results.tables, default=0)
    lines = [_quoted(one, results, size) for one in QUOTED]
    return _grid(
        "quoted, not run here",
        ["trials", "s", "ms a trial", f"× ours at {size:,}", "whose figure"],
        lines,
    )


def _quoted(one: Quoted, results: Results, size: int) -> list[str]:
    factors = results.faster_than(one, size)
    return [
        one.what,
        f"{one.trials:,}",
        f"{one.seconds:,.1f}",
        f"{one.each * 1000:,.1f}",
        told(factors, 1) if factors else "not measured",
        one.source,
    ]


def growth(grown: Sequence[Grown], like: Grown | None) -> str:
    """One line a size of the bulk download; the last one for records that weigh what the registry's do."""
    heads = [
        "KB each",
        "s",
        "× floor",
        "studies a second",
        "raw MB a second",
        "CPU s",
        "× floor",
        "MB, all processes",
        "database MB",
        "× floor",
        "again s",
    ]
    return _grid(
        "studies in the zip", heads, [_grown(one) for one in (*grown, *([like] if like else []))]
    )


def _grown(one: Grown) -> list[str]:
    first = one.firsts
    return [
        f"{one.number:,}",
        f"{one.mean / 1000:.1f}",
        *_beside(first, one.floors, "seconds"),
        told(one.rates, 0),
        told(one.throughputs, 1),
        *_beside(first, one.floors, "cpu"),
        told([each.memory for each in first], 0),
        f"{one.database:,.1f}",
        f"{one.database / one.floor_database:.2f}",
        told([each.seconds for each in one.agains], 1),
    ]


def extrapolated(like: Grown) -> str:
    """What the whole registry would take, said as what it is."""
    minutes, gigabytes = (
        REGISTRY / like.number * like.first.seconds / 60,
        REGISTRY / like.number * like.database / 1000,
    )
    span = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
    return (
        f"Extrapolated, not run: all {REGISTRY:,} studies would take {span}, and {gigabytes:.1f} GB of database. The last line above is what this rests on: "
        f"{like.number:,} records that weigh {like.mean / 1000:.1f} KB on average (the registry's mean is {REGISTRY_MEAN / 1000} KB; the largest at hand are left out)."
    )


def bars(results: Results) -> str:
    """Each bar, what was measured, and whether it is met."""
    return _grid(
        "bar",
        ["at most / at least", "moonshot", "measured", "bar met", "moonshot met"],
        [_bar(bar, results) for bar in BARS],
    )


def _bar(bar: Bar, results: Results) -> list[str]:
    figures = bar.read(results)
    sign = "≤" if bar.at_most else "≥"
    limits = [
        f"{sign} {limit:,g} {bar.unit}".strip() if limit is not None else ""
        for limit in (bar.bar, bar.moonshot)
    ]
    digits = 2 if bar.unit in ("×", "s") else 0
    measured = f"{told(figures, digits)} {bar.unit}".strip() if figures else "not measured"
    words = {True: "yes", False: "**no**", None: ""}
    return [
        bar.what,
        *limits,
        measured,
        *(words[bar.meets(figures, limit)] for limit in (bar.bar, bar.moonshot)),
    ]


def _grid(
    first: str, heads: Sequence[str], lines: Sequence[Sequence[str]] | Iterator[Sequence[str]]
) -> str:
    head = f"| {' | '.join([first, *heads])} |\n|---{'|--:' * len(heads)}|"
    return "\n".join([head, *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"
