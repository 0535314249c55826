"""Reports columns that seem to say something else than their description says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from enrich.models import Problem, ProblemKind, Verdict
from enrich.run.comparison import ComparedRow

# A column is checked if at least so many of its cells were compared in this run, and at least this
# share of them differ: in nearly every run there is none.
_FEWEST, _LEAST_DIFFERING = 6, 0.8


def description_problems(compared: Iterable[ComparedRow]) -> list[Problem]:
    """A problem for each column whose cells agree with something else than its description says.

    It rests on the rows that were compared in this run, and asks for nothing.
    """
    return [
        problem
        for _, rows in groupby(compared, lambda row: row.table.name)
        for problem in _problems_of_table([*rows])
    ]


def _problems_of_table(rows: list[ComparedRow]) -> Iterator[Problem]:
    suspects = _mostly_differing(rows)
    if not suspects:
        return
    from enrich.inference.guard import suspect_columns  # few runs have a column to suspect

    trials = {row.nct_id: row.trial for row in rows if row.trial}
    for suspicion in suspect_columns(rows[0].table, trials, suspects):
        yield Problem(ProblemKind.DESCRIPTION, str(suspicion))


def _mostly_differing(rows: Iterable[ComparedRow]) -> set[tuple[str, str]]:
    """The columns and fields of which nearly all cells differ."""
    decided: Counter[tuple[str, str]] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for comparison in row.comparisons:
            key = comparison.column, comparison.field
            differs = comparison.verdict == Verdict.DIFFERS
            decided[key] += differs or (
                comparison.verdict == Verdict.AGREES and comparison.claim is not None
            )
            differing[key] += differs
    return {
        key
        for key, number in decided.items()
        if number >= _FEWEST and differing[key] >= _LEAST_DIFFERING * number
    }
