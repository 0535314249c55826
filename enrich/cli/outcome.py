"""The exit code of a run that has ended."""

import sys
from typing import TYPE_CHECKING

from enrich.errors import EnrichError

if TYPE_CHECKING:
    from enrich.models import Report

_SHOWN = 3


def exit_with_code(report: "Report | None", *, as_outcome: bool) -> None:
    """Exits with the outcome of *report* where *as_outcome*; a run over the whole registry has no
    report.

    Raises EnrichError where the registry cannot be reached and there is no copy of some trial.
    """
    from enrich.models import RunOutcome
    from enrich.run.outcome import exit_code_of, trials_without_any_copy

    if report is None:
        return
    unreachable = report.run.outcome == RunOutcome.UNREACHABLE
    missing = trials_without_any_copy(report) if unreachable else []
    if missing:
        shown = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
        raise EnrichError(
            f"the registry cannot be reached and there is no copy of {len(missing)} of "
            f"{report.run.asked} trials ({shown}); run again later"
        )
    if as_outcome:
        sys.exit(exit_code_of(report))
