"""How well columns are recognised in tables whose columns are known: `python -m tests.tools.columns`.

Prints precision and recall by headers and cells alone and with records, for 3, 5, 8 and all rows.
A pair of column and field that is good enough to be used (SURE, LIKELY) is right if the table is
known to say it. The tables are parted once, by a fixed seed, into two halves: rules are built on
the one and judged by the other. `--list` prints the pairs that are wrong or missing, `--part tuning`
looks at one half alone.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from enrich.inference.columns import infer_columns
from tests.fixtures.known_columns import KnownTable, known_tables

TUNING, HELD_OUT = "tuning", "held out"
ROWS = (3, 5, 8, None)
PRECISION, RECALL = 0.97, 0.85


class Score(NamedTuple):
    """Pairs of column and field: right, wrong and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def plus(self, other: "Score") -> "Score":
        return Score(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Outcome(NamedTuple):
    """What was inferred of one table: its score, and the pairs that are not right."""

    score: Score
    wrong: Sequence[tuple[str, str]]
    missed: Sequence[tuple[str, str]]


def judge(table: KnownTable, *, with_records: bool) -> Outcome:
    """How well the columns of *table* are recognised."""
    records = table.records if with_records else {}
    inference = infer_columns(table.header, table.rows, table.nct_ids, records)
    found = {(column, field) for column, fields in inference.says.items() for field in fields}
    known = {(column, field) for column, fields in table.says.items() for field in fields}
    also = {(column, field) for column, fields in table.also_right.items() for field in fields}
    wrong, missed = sorted(found - known - also), sorted(known - found)
    return Outcome(Score(len(found & known), len(wrong), len(missed)), wrong, missed)


def some_rows(table: KnownTable, number: int | None) -> KnownTable:
    """*table* with so many of its rows that name a trial, the same ones each time."""
    if number is None:
        return table
    places = [place for place, nct_id in enumerate(table.nct_ids) if nct_id]
    random.Random(f"{table.name}, {number} rows").shuffle(places)
    return table.cut(sorted(places[:number]))


def part_of(table: KnownTable, tables: Sequence[KnownTable]) -> str:
    """The half to which *table* belongs, drawn once for each kind of table."""
    names = sorted(other.name for other in tables if other.kind == table.kind)
    random.Random(15).shuffle(names)
    return TUNING if table.name in names[::2] else HELD_OUT


def scores(
    tables: Iterable[KnownTable], number: int | None, *, with_records: bool
) -> tuple[Score, list[str]]:
    """The score of all *tables* cut to *number* rows, and a line for each pair that is not right."""
    total, lines = Score(), []
    for table in tables:
        outcome = judge(some_rows(table, number), with_records=with_records)
        total = total.plus(outcome.score)
        for what, pairs in (("wrong", outcome.wrong), ("missed", outcome.missed)):
            lines += [f"    {table.name}: {what}: {column!r} {field}" for column, field in pairs]
    return total, lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the scores; 1 where with records one of the bars is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print what is wrong or missing")
    parser.add_argument("--part", choices=(TUNING, HELD_OUT))
    options = parser.parse_args(arguments)
    tables = known_tables()
    groups = defaultdict(list)
    for table in tables:
        groups[table.kind, part_of(table, tables)].append(table)
    met = True
    for (kind, part), group in sorted(groups.items()):
        if options.part not in (None, part):
            continue
        print(f"{kind}, {part}: {len(group)} tables")
        for with_records in (False, True):
            for number in ROWS:
                score, lines = scores(group, number, with_records=with_records)
                met = met and (not with_records or _is_met(score))
                print(_line(score, number, with_records=with_records))
                print("\n".join(lines) if options.list and lines else "", end="\n" * options.list)
    return 0 if met else 1


def _is_met(score: Score) -> bool:
    return score.precision >= PRECISION and score.recall >= RECALL


def _line(score: Score, number: int | None, *, with_records: bool) -> str:
    by = "with records " if with_records else "headers alone"
    rows = "all rows" if number is None else f"{number} rows"
    return (
        f"  {by}  {rows:>8}  precision {score.precision:.3f}  recall {score.recall:.3f}"
        f"  ({score.right} right, {score.wrong} wrong, {score.missed} missed)"
    )


if __name__ == "__main__":
    sys.exit(main())
