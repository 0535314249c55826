"""How the comparison fares on hard cells with a known verdict: `python -m tests.tools.cells`.

Reads `cells.csv` and `cases/` beside the repository. Each cell becomes a table of one row with its
description, each registry value a record, and the verdict is the one that a run would report.
`--part tuning` looks at one half of `cells.csv` alone, `--list` prints the cells that are wrong.

The halves are drawn once, by field and source, so that rules can be built on the one and judged by
the other.
"""

import argparse
import csv
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from enrich.compare.verdicts import compare_row
from enrich.models import Verdict
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import NCT_ID
from enrich.tables.reader import read_table
from tests.fixtures.corpus import REGISTRY

CELLS = REGISTRY.parent / "cells.csv"
CASES = REGISTRY.parent / "cases"
TUNING, HELD_OUT, FROM_CASES = "tuning", "held out", "cases"
PARTS = (TUNING, HELD_OUT, FROM_CASES)

NOTHING = "nothing"  # neither side says anything
NCT = "NCT09000001"


class HardCell(NamedTuple):
    """A cell as printed, the record beside it, and every verdict that is right."""

    part: str
    field: str
    says: tuple[str, ...]
    cell: str
    study: dict
    right: frozenset[str]
    other_rows: tuple[str, ...] = ()  # what the same column prints in other rows
    source: str = "made"


# --- the cells


def hard_cells() -> Iterator[HardCell]:
    """Every cell of `cells.csv` and of `cases/`."""
    yield from _from_csv()
    yield from _from_cases()


def _from_csv() -> Iterator[HardCell]:
    with CELLS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tuning = _drawn([(row["field"], row["source"]) for row in rows])
    for position, row in enumerate(rows):
        yield HardCell(
            TUNING if position in tuning else HELD_OUT,
            row["field"],
            tuple(row["says"].split()),
            row["cell"],
            study_of(json.loads(row["registry"])),
            frozenset(row["expected"].split("|")),
            source=row["source"],
        )


def _drawn(strata: list[tuple[str, str]]) -> frozenset[int]:
    """Half of the positions of each stratum, by lot, always the same."""
    lot = random.Random(13)
    drawn: set[int] = set()
    for stratum in sorted(set(strata)):
        positions = [position for position, other in enumerate(strata) if other == stratum]
        lot.shuffle(positions)
        drawn.update(positions[: (len(positions) + lot.randint(0, 1)) // 2])
    return frozenset(drawn)


# What a note in brackets says of other rows: "another cell of the column proves it (23/02/2021)".
_OTHER_ROW = re.compile(r"another cell of the column proves it \(([^)]+)\)")
_VERDICT = re.compile(
    "|".join((Verdict.AGREES, Verdict.DIFFERS, Verdict.UNREADABLE, Verdict.ADDS, Verdict.SILENT))
)


def _from_cases() -> Iterator[HardCell]:
    base = json.loads((CASES / "base.json").read_text(encoding="utf-8"))
    for line in (CASES / "cells.ndjson").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        for field in case["says"]:
            yield HardCell(
                FROM_CASES,
                field,
                tuple(case["says"]),
                case["cell"],
                _patched(base, case["patch"]),
                frozenset(_VERDICT.findall(case["right"])),
                tuple(_OTHER_ROW.findall(case["right"])),
            )


def study_of(facts: dict) -> dict:
    """A record that holds *facts*, by the names of their fields, and nothing else."""
    paths = {FIELDS[name].path: value for name, value in facts.items()}
    return _patched({}, {NCT_ID: NCT, **paths})


def _patched(study: dict, patch: dict) -> dict:
    """A copy of *study* with the value at each dotted path replaced; None removes it."""
    copy = json.loads(json.dumps(study))
    for path, value in patch.items():
        _put(copy, path.split("."), value)
    return copy


def _put(node: dict, steps: list[str], value: object) -> None:
    key, *deeper = steps
    if key.endswith("[]"):
        node[key[:-2]] = [{deeper[0]: item} for item in value]
    elif deeper:
        _put(node.setdefault(key, {}), deeper, value)
    elif value is None:
        node.pop(key, None)
    else:
        node[key] = value


# --- the verdicts


def verdict_of(hard: HardCell, folder: Path) -> tuple[str, str | None, str | None]:
    """The verdict on the cell, what it is taken to claim, and the note, as a run finds them."""
    table = read_table(_written(hard, folder))
    trial = trial_of(hard.study)
    found = compare_row(table, table.rows[0], trial, trial.nct_id)
    comparison = next((made for made in found if made.field == hard.field), None)
    return (
        (comparison.verdict, comparison.claim, comparison.note)
        if comparison
        else (NOTHING, None, None)
    )


def _written(hard: HardCell, folder: Path) -> Path:
    with (folder / "hard.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("NCT ID", "Cell"), *((NCT, cell) for cell in _column(hard))])
    description = folder / "hard.toml"
    description.write_text(
        'file = "hard.csv"\nid_column = "NCT ID"\n[columns."Cell"]\n'
        f"says = {json.dumps(hard.says)}\n",
        encoding="utf-8",
    )
    return description


def _column(hard: HardCell) -> tuple[str, ...]:
    return (hard.cell, *hard.other_rows)


RIGHT, FALSE_AGREES, FALSE_DIFFERS = "right", "false agrees", "false differs"
FALSE_SILENCE, NEEDLESSLY_UNREADABLE = "false silence", "needlessly unreadable"
OUTCOMES = (RIGHT, FALSE_AGREES, FALSE_DIFFERS, FALSE_SILENCE, NEEDLESSLY_UNREADABLE)

_OUTCOME_OF_WRONG = {
    Verdict.AGREES: FALSE_AGREES,
    Verdict.DIFFERS: FALSE_DIFFERS,
    Verdict.ADDS: FALSE_SILENCE,
    Verdict.SILENT: FALSE_SILENCE,
    NOTHING: FALSE_SILENCE,
    Verdict.UNREADABLE: NEEDLESSLY_UNREADABLE,
    Verdict.NOT_CHECKED: NEEDLESSLY_UNREADABLE,
}


class Judged(NamedTuple):
    """A hard cell, and how the tool fared on it."""

    hard: HardCell
    verdict: str
    claim: str | None
    note: str | None
    outcome: str


def judged(cells: Iterable[HardCell]) -> list[Judged]:
    """How the tool fares on each of *cells*."""
    with tempfile.TemporaryDirectory() as folder:
        return [_judge(hard, Path(folder)) for hard in cells]


def _judge(hard: HardCell, folder: Path) -> Judged:
    verdict, claim, note = verdict_of(hard, folder)
    outcome = RIGHT if verdict in hard.right else _OUTCOME_OF_WRONG[verdict]
    return Judged(hard, verdict, claim, note, outcome)


def readable(found: Judged) -> bool:
    """Whether a person reads the cell at once: no right verdict is `unreadable` or silence."""
    return found.hard.right <= {Verdict.AGREES, Verdict.DIFFERS}


def share(part: float, whole: int) -> float:
    """A share in percent; nothing of nothing is everything."""
    return 100 * part / whole if whole else 100.0


# --- in print


def confusion(found: list[Judged]) -> list[str]:
    """The confusion table by field, with a line of sums and the share of readable cells read."""
    fields = sorted({judgement.hard.field for judgement in found})
    lines = [f"{'field':26}{'cells':>6}" + "".join(f"{name:>23}" for name in OUTCOMES)]
    for field in fields:
        lines.append(
            _line(field, [judgement for judgement in found if judgement.hard.field == field])
        )
    lines.append(_line("all", found))
    read = [judgement for judgement in found if readable(judgement)]
    right = sum(judgement.outcome == RIGHT for judgement in read)
    lines.append(
        f"of {len(read)} that a person reads at once, {share(right, len(read)):.1f} % right"
    )
    return lines


def _line(name: str, found: list[Judged]) -> str:
    counts = Counter(judgement.outcome for judgement in found)
    return f"{name:26}{len(found):6}" + "".join(f"{counts[outcome]:23}" for outcome in OUTCOMES)


def wrong(found: list[Judged]) -> list[str]:
    """A line for each cell that is not right."""
    return [
        f"{judgement.outcome}: {judgement.hard.field} {judgement.hard.cell!r}"
        f" claims {judgement.claim}, {judgement.verdict}; right: {'|'.join(sorted(judgement.hard.right))}"
        f" ({judgement.note})"
        for judgement in found
        if judgement.outcome != RIGHT
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--list", action="store_true", help="print the cells that are not right")
    options = parser.parse_args(arguments)
    cells = list(hard_cells())
    for part in options.part or PARTS:
        found = judged(hard for hard in cells if hard.part == part)
        print(f"\n== {part}")
        print("\n".join([*confusion(found), *(wrong(found) if options.list else ())]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
