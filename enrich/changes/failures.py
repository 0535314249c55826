"""When a failure that lasts is worth telling: at the third run in a row, and again when it ends.

One bad night is no news, and the thirtieth bad night in a row is none either; but silence must never pass for "unchanged".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from enrich.models import LastingFailure, ProblemKind
from enrich.text import inert, listing, plural

REPORT_AFTER_RUNS = 3

_SHOWN = 6


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


def sentence(streak: LastingFailure) -> str:
    """`The registry could not be reached since 2026-11-18 06:00, 3 runs in a row (…).`, or that it is over and how long it was."""
    told = f"{plural(streak.runs, 'run')} in a row"
    if streak.until:
        span = f"from {_minute(streak.since)} to {_minute(streak.until)}, {told}"
        if streak.kind == ProblemKind.UNREACHABLE:
            return f"The registry answers again. It could not be reached {span}."
        return f"{plural(len(streak.nct_ids), 'trial')} can be checked again: {_few(streak.nct_ids)}. Not checked {span}."
    since = f"since {_minute(streak.since)}, {told} ({inert(streak.message, 300)})"
    if streak.kind == ProblemKind.UNREACHABLE:
        return f"The registry could not be reached {since}. What is shown rests on the last good copies."
    return f"{plural(len(streak.nct_ids), 'trial')} could not be checked {since}: {_few(streak.nct_ids)}. What is shown of them rests on the last good copies."


def _minute(moment: str) -> str:
    """`2026-11-18T06:00:12+00:00` → `2026-11-18 06:00 UTC`."""
    return f"{moment[:10]} {moment[11:16]} UTC" if "T" in moment else moment


def _few(nct_ids: Sequence[str]) -> str:
    left_over = len(nct_ids) - _SHOWN
    return (
        f"{', '.join(nct_ids[:_SHOWN])} and {left_over} more" if left_over > 0 else listing(nct_ids)
    )
