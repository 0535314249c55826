"""Two commits by turns: the same steps against the same registry, so that a busy machine slows
both.

Each has a folder of its own. Who begins changes from step to step and from round to round.
"""

import io
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench import records
from tests.bench.contenders import Round, lay_out, run_command, sync
from tests.bench.measure import Measurement
from tests.bench.registry_process import ROOT, running_registry


@dataclass(frozen=True)
class Step:
    """What both do in turn: a *first* load, a run after a night in which this share of records
    changed, or a command with these *words* on what is stored.

    *night* is None where the registry was not reloaded. Tables of more than *most* trials leave the
    step out.
    """

    is_first: bool = False
    night: float | None = None
    words: tuple[str, ...] = ()
    most: int = 1_000_000


# fmt: off
STEPS: Mapping[str, Step] = {
    "first load":                Step(is_first=True),
    "not reloaded":              Step(),
    "reloaded, nothing changed": Step(night=0),
    "reloaded, 1 % changed":     Step(night=0.01),
    "report as text":            Step(words=("report",)),
    "report as HTML":            Step(words=("report", "--format", "html")),
    "export to CSV":             Step(words=("export",)),
    "export to Word":            Step(words=("export", "--output", "out.docx"), most=2000),
}
# fmt: on


@dataclass(frozen=True)
class Pair:
    """What this checkout and the other commit took in one round."""

    this: Measurement
    other: Measurement


def compare_commits(revision: str, size: int, rounds: int, folder: Path) -> dict[str, list[Pair]]:
    """Measures this checkout and *revision* over a table of *size* trials: by step, a pair for each
    round.
    """
    other = folder / "source"
    _export(revision, other)
    steps = {name: step for name, step in STEPS.items() if size <= step.most}
    pairs: dict[str, list[Pair]] = {name: [] for name in steps}
    for number in range(rounds):
        with running_registry(size, folder) as registry:
            sides = []
            for name, source in (("this", None), ("other", other)):
                place = folder / f"{size}-{number}-{name}"
                place.mkdir()
                sides.append(Round(registry, place, tuple(records.nct_ids(size)), source=source))
                lay_out(sides[-1])
            for at, (name, step) in enumerate(steps.items()):
                changed = registry.night(step.night) if step.night is not None else 0
                pair = _run_both(step, sides, changed, other_first=bool((number + at) % 2))
                pairs[name].append(pair)
                print(f"{size} · {name}: {pair}", file=sys.stderr)
    return pairs


def _run_both(step: Step, sides: list[Round], changed: int, *, other_first: bool) -> Pair:
    measurements = {}
    for side in sorted((0, 1), reverse=other_first):
        if step.words:
            measurements[side] = run_command(sides[side], step.words)
            continue
        size = len(sides[side].ids)
        counts = (
            {"new": size} if step.is_first else {"changed": changed, "unchanged": size - changed}
        )
        measurements[side] = sync(sides[side], **counts)
    return Pair(measurements[0], measurements[1])


def _export(revision: str, folder: Path) -> None:
    """Writes the package as it was at *revision* to *folder*. Ends where git has no such commit."""
    archive = subprocess.run(
        ["git", "archive", revision, "enrich"], cwd=ROOT, check=False, capture_output=True
    )
    if archive.returncode:
        sys.exit(f"{revision}: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
