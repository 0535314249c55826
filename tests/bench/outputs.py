"""Time and memory of every report and export against the number of rows of the table.

`python -m tests.bench --outputs [N …]`: for each N a table of N trials is loaded once, one night
passes, and each format is then written by a process of its own.
"""

import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from enrich import export, reports
from tests.bench import contenders, records
from tests.bench.measure import Failed, Measurement, measure, spread_text
from tests.bench.registry_process import Registry, running_registry

SIZES = (1000, 20_000, 100_000)
# Bytes of a record on average: reports read facts, whose number does not depend on it.
MEAN = 6000
# One row in so many prints another number of participants than its record.
_DIFFERING = 10
_NIGHT = 0.01


@dataclass(frozen=True)
class Output:
    """What a command writes: *name* for the table of results, and its arguments."""

    name: str
    command: tuple[str, ...]


def outputs() -> Iterator[Output]:
    """Every format of reports and exports."""
    for name in reports.FORMATS:
        yield Output(f"report {name}", ("report", "--format", name))
    yield Output("report text --all", ("report", "--all"))
    for name, format_ in export.FORMATS.items():
        ending = format_.endings[0] if format_.needs_file else "txt"
        yield Output(f"export {name}", ("export", "--format", name, "--output", f"out.{ending}"))
        if name in ("csv", "xlsx"):
            place = ("--in-place", "--output", f"out.{ending}")
            yield Output(f"export {name} --in-place", ("export", "--format", name, *place))


@dataclass(frozen=True)
class OutputMeasurement:
    """The runs of one output over a table of *rows*; none where it is refused, for a *reason*."""

    output: Output
    rows: int
    runs: Sequence[Measurement]
    reason: str = ""


def make_database(number: int, folder: Path) -> Path:
    """The folder with `trials.db` of a table of *number* trials, made where it is not there yet.

    A first load, then a night in which one trial in a hundred changed.
    """
    place = folder / f"outputs-{number}"
    if (place / "done").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    with running_registry(number, place, MEAN) as registry:
        ids = tuple(records.nct_ids(number))
        round_ = contenders.Round(registry, place, ids)
        contenders.lay_out(round_)
        _make_rows_differ(place / "table.csv")
        contenders.sync(round_, new=number)
        changed = registry.night(_NIGHT)
        contenders.sync(round_, changed=changed, unchanged=number - changed)
    _remove_copies(place, registry)
    (place / "done").touch()
    return place


def _make_rows_differ(table: Path) -> None:
    """Row by row: what this process holds would count as memory of all its children."""
    changed = table.with_suffix(".new")
    with table.open(newline="") as before, changed.open("w", newline="") as after:
        rows, written = csv.reader(before), csv.writer(after)
        header = next(rows)
        written.writerow(header)
        at = header.index("N")
        for number, row in enumerate(rows):
            if number % _DIFFERING == 0:
                row[at] = str(int(row[at] or 0) + 1)
            written.writerow(row)
    changed.replace(table)


def _remove_copies(place: Path, registry: Registry) -> None:
    """What no report reads: it would fill the memory in which the folder may be."""
    registry.file.unlink()
    for copy in (place / "cache").rglob("*.json"):
        copy.unlink()


def measure_outputs(
    sizes: Sequence[int], rounds: int, folder: Path, names: Sequence[str] = ()
) -> Iterator[OutputMeasurement]:
    """Every output at each size, or those whose names contain one of *names*."""
    for number in sizes:
        place = make_database(number, folder)
        for output in outputs():
            if not names or any(name in output.name for name in names):
                yield _measure_output(output, number, rounds, place)


def _measure_output(output: Output, number: int, rounds: int, place: Path) -> OutputMeasurement:
    command = [*contenders.ENRICH, *output.command, "--db", "trials.db"]
    try:
        runs = [measure(command, place) for _ in range(rounds)]
    except Failed as refusal:
        return OutputMeasurement(output, number, (), str(refusal).strip().splitlines()[-1])
    return OutputMeasurement(output, number, runs)


def interpreter_memory() -> float:
    """The most memory (MB) of an interpreter that does nothing, by its own account (Linux).

    What its parent held does not count in it, as it would in the memory of a process so small.
    """
    code = "print(*open('/proc/self/status'))" if sys.platform == "linux" else ""
    command = [sys.executable, "-c", code]
    status = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return next(
        (int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line), 0.0
    )


def line(measurement: OutputMeasurement) -> str:
    """A measurement as it comes: `1000 · report text: 0.52 s, 81 MB`, or why it was refused."""
    figures = ", ".join(f"{run.cpu:.2f} s, {run.memory:.0f} MB" for run in measurement.runs)
    return f"{measurement.rows} · {measurement.output.name}: {figures or measurement.reason}"


def table(measurements: Sequence[OutputMeasurement], interpreter: float) -> str:
    """A line for each output: time, milliseconds a row, and memory above that of an interpreter."""
    sizes = sorted({each.rows for each in measurements})
    heads = [f"{size:,} rows: {what}" for size in sizes for what in ("CPU s", "ms a row", "MB")]
    lines = [f"| output | {' | '.join(heads)} |", f"|---{'|--:' * len(heads)}|"]
    for name in dict.fromkeys(each.output.name for each in measurements):
        of_output = {each.rows: each for each in measurements if each.output.name == name}
        cells = [cell for size in sizes for cell in _cells(of_output.get(size), interpreter)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cells(measurement: OutputMeasurement | None, interpreter: float) -> list[str]:
    if measurement is None or not measurement.runs:
        return ["refused" if measurement else "", "", ""]
    seconds = [run.cpu for run in measurement.runs]
    return [
        spread_text(seconds),
        f"{1000 * min(seconds) / measurement.rows:.2f}",
        f"{max(run.memory for run in measurement.runs) - interpreter:.0f}",
    ]
