"""What each command may cost, in counts: a slow or busy machine cannot change them.

`python -m tests.bench.guards` counts, and writes the table of allowed counts, `guards.csv`.
"""

import csv
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import write_table
from tests.bench.registry_process import ROOT
from tests.fixtures.registry_server import StandInRegistry, post_update, recent_load
from tests.fixtures.sample_runs import sample_study
from tests.fixtures.studies import nct
from tests.tools.generated_parts import filled

GUARDS = Path(__file__).with_name("guards.csv")
DOCS = ROOT / "docs" / "performance.md"
TRIALS = 250
# What each command counts, besides the requests of it that the registry counts.
COUNTED = ("statements", "rows written", "bytes parsed", "modules of enrich", "libraries")
# How much more than the count of the day on which it was written a command may need, in percent:
# a query more is no regression, a query more for each trial is one.
SLACK = 5


@dataclass(frozen=True)
class Step:
    """A command. With *is_reloaded*, a nightly load with *changed* records comes before it."""

    words: tuple[str, ...]
    is_reloaded: bool = False
    changed: int = 0


_FILES = ("--table", "table.toml", "--cache", "cache")
_DB = ("--db", "trials.db")
_SYNC = ("sync", *_FILES, *_DB, "--pace", "0", "--no-history")

# fmt: off
STEPS: Mapping[str, Step] = {
    "first load":         Step(_SYNC),
    "not reloaded":       Step((*_SYNC, "-q")),
    "nothing changed":    Step((*_SYNC, "-q"), is_reloaded=True),
    "5 of 250 changed":   Step(_SYNC, is_reloaded=True, changed=5),
    "check":              Step(("check", *_FILES)),
    "report as text":     Step(("report", *_DB)),
    "report as HTML":     Step(("report", *_DB, "--format", "html", "--output", "report.html")),
    "export to CSV":      Step(("export", *_DB, "--output", "export.csv")),
    "export to Word":     Step(("export", *_DB, "--output", "export.docx")),
}
# fmt: on


def count_steps(folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """What each step counts. The steps run in turn in one *folder*, against one registry."""
    studies = {nct(number): sample_study(number) for number in range(1, TRIALS + 1)}
    write_table(folder, (json.dumps(study).encode() for study in studies.values()))
    with StandInRegistry(studies.values(), loaded=recent_load()) as registry:
        for name, step in STEPS.items():
            if step.is_reloaded:
                registry.next_load()
            for nct_id in list(studies)[: step.changed]:
                registry.change(nct_id, lambda study: post_update(registry.day, study))
            registry.requests.clear()
            counts = _count(step.words, folder, registry.url)
            yield name, {"requests": len(registry.requests), **counts}


def _count(words: tuple[str, ...], folder: Path, url: str) -> dict[str, int]:
    """What `enrich` counts when it runs with these *words*. Raises RuntimeError where it fails."""
    file = folder / "counts.json"
    command = [sys.executable, "-m", "tests.bench.counting", str(file), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ENRICH_REGISTRY": url, "NO_PROXY": "*"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"enrich {' '.join(words)}: {done.stderr[-600:]}")
    counts: dict[str, int] = json.loads(file.read_text())
    return {what: counts.get(what, 0) for what in COUNTED}


def allowed(what: str, count: int) -> int:
    """How many are allowed where *count* were counted. A request more is always one too many.

    >>> allowed("requests", 41), allowed("statements", 41)
    (41, 44)
    """
    return count if what == "requests" else count + math.ceil(count * SLACK / 100)


def read_guards() -> dict[str, dict[str, int]]:
    """The allowed counts of each command, by what is counted."""
    guards: dict[str, dict[str, int]] = {}
    with GUARDS.open(newline="") as file:
        for line in csv.DictReader(file):
            guards.setdefault(line["command"], {})[line["what"]] = int(line["allowed"])
    return guards


def guard_table() -> str:
    """The table of allowed counts as Markdown, the commands one below the other."""
    guards = read_guards()
    heads = ("requests", *COUNTED)
    lines = [
        f"| {name} | {' | '.join(f'{allowed_counts[what]:,}' for what in heads)} |"
        for name, allowed_counts in guards.items()
    ]
    return "\n".join([f"| at most | {' | '.join(heads)} |", f"|---{'|--:' * len(heads)}|", *lines])


def write_guards(folder: Path) -> None:
    """Counts, and writes the table, also into the docs. Prints what changed."""
    before = read_guards() if GUARDS.exists() else {}
    lines = [
        (name, what, allowed(what, count), count)
        for name, counts in count_steps(folder)
        for what, count in counts.items()
    ]
    with GUARDS.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("command", "what", "allowed", "counted"))
        table.writerows(lines)
    docs = filled(DOCS.read_text(encoding="utf-8"), "bench-guards", guard_table())
    DOCS.write_text(docs, encoding="utf-8")
    for name, what, now, _ in lines:
        if (was := before.get(name, {}).get(what)) != now:
            print(f"{name}: {what}: {was} -> {now}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        write_guards(Path(temporary))
