"""When a lasting failure is reported: in the third run in a row, and again when it ends.

One bad night is no news, and neither is the thirtieth in a row. But silence must never pass for
"unchanged".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from enrich.models import LastingFailure, ProblemKind

REPORT_AFTER_RUNS = 3


@dataclass(frozen=True)
class Failure:
    """A problem of a lasting kind in one run, for one trial or for all (*nct_id* None).

    *since* is when the first run in a row ended that had it (ISO, UTC); *runs* is how many had it.
    """

    kind: ProblemKind
    nct_id: str | None
    message: str
    since: str
    runs: int


def reportable_failures(
    lasting: Iterable[Failure], ended: Iterable[Failure], at: str
) -> tuple[LastingFailure, ...]:
    """The failures that a run which ended at *at* reports.

    Of those *lasting* the ones in their third run; of those *ended* since the run before the ones
    that had been reported.
    """
    begun = _group(failure for failure in lasting if failure.runs == REPORT_AFTER_RUNS)
    over = _group(failure for failure in ended if failure.runs >= REPORT_AFTER_RUNS)
    return (
        *(_as_one(failures, None) for failures in begun),
        *(_as_one(failures, at) for failures in over),
    )


def _group(failures: Iterable[Failure]) -> list[list[Failure]]:
    """One group for what began together, lasts as long, and has the same message.

    A registry out of reach explains all that failed at the same time, so its failure stands alone.
    """
    ordered = sorted(
        failures,
        key=lambda failure: (
            failure.since,
            failure.runs,
            failure.message,
            failure.nct_id or "",
        ),
    )
    groups: list[list[Failure]] = []
    for _, simultaneous in groupby(ordered, key=lambda failure: (failure.since, failure.runs)):
        together = list(simultaneous)
        unreachable = [failure for failure in together if failure.kind == ProblemKind.UNREACHABLE]
        by_message = groupby(together, key=lambda failure: failure.message)
        groups += [unreachable[:1]] if unreachable else [list(same) for _, same in by_message]
    return groups


def _as_one(failures: Sequence[Failure], until: str | None) -> LastingFailure:
    first = failures[0]
    return LastingFailure(
        first.kind,
        tuple(failure.nct_id for failure in failures if failure.nct_id),
        first.message,
        first.since,
        first.runs,
        until,
    )
