"""When a failure that lasts is worth telling: at the third run in a row, and again when it ends.

One bad night is no news, and the thirtieth bad night in a row is none either; but silence must never pass for "unchanged".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from enrich.models import LastingFailure, ProblemKind

REPORT_AFTER_RUNS = 3


@dataclass(frozen=True)
class Failure:
    """What went wrong for one trial, or for all (`nct_id` None): since when, and in how many runs up to now."""

    kind: ProblemKind
    nct_id: str | None
    message: str
    since: str
    runs: int


def reportable_failures(
    lasting: Iterable[Failure], ended: Iterable[Failure], at: str
) -> tuple[LastingFailure, ...]:
    """What a run has to tell of failures: those in their third run, and those that were told and are over at *at*."""
    begun = _gathered(failure for failure in lasting if failure.runs == REPORT_AFTER_RUNS)
    over = _gathered(failure for failure in ended if failure.runs >= REPORT_AFTER_RUNS)
    return (
        *(_streak(failures, None) for failures in begun),
        *(_streak(failures, at) for failures in over),
    )


def _gathered(failures: Iterable[Failure]) -> list[list[Failure]]:
    """One list for what began together and lasts as long; a registry that is out of reach explains every trial of its time."""
    ordered = sorted(
        failures,
        key=lambda one: (
            one.since,
            one.runs,
            one.kind != ProblemKind.UNREACHABLE,
            one.message,
            one.nct_id or "",
        ),
    )
    gathered: list[list[Failure]] = []
    for _, group in groupby(ordered, key=lambda one: (one.since, one.runs)):
        together = list(group)
        whole = [one for one in together if one.kind == ProblemKind.UNREACHABLE]
        gathered += (
            [whole[:1]]
            if whole
            else [list(same) for _, same in groupby(together, key=lambda one: one.message)]
        )
    return gathered


def _streak(failures: Sequence[Failure], until: str | None) -> LastingFailure:
    first = failures[0]
    return LastingFailure(
        first.kind,
        tuple(one.nct_id for one in failures if one.nct_id),
        first.message,
        first.since,
        first.runs,
        until,
    )
