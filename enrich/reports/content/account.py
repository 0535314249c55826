"""The account of a run: what it cost, what became of each id, and what later runs will do."""

from collections.abc import Iterable
from datetime import datetime

from enrich.models import Report, RunSummary
from enrich.text import plural


def run_account(report: Report) -> list[str]:
    """The run in lines: what it cost, what became of each id, and what later runs will do."""
    return [*run_counts_line(report.run).splitlines(), *histories_left(report)]


def histories_left(report: Report) -> list[str]:
    """A sentence about the histories that later runs read; nothing where there are none."""
    if not report.histories_left:
        return []
    trials = plural(report.histories_left, "trial")
    return [
        f"Causes that are still to be found: for {trials}. The next runs read the histories, each"
        " with as many requests as --history-budget allows."
    ]


def run_counts_line(run: RunSummary) -> str:
    """The run in two lines: what it cost, and what became of each id."""
    costs = [
        plural(run.asked, "id"),
        plural(run.requests, "request"),
        *(f"{service} {number:,}" for service, number in run.services.items() if number),
        plural(run.retries, "retry", "retries"),
        *_seconds(run),
    ]
    return f"{' · '.join(costs)}\n{run_sum(run)}"


def run_sum(run: RunSummary) -> str:
    """What became of each id: the parts add up to the ids asked for."""
    return (
        f"{run.asked} asked = {run.changed} changed + {run.unchanged} unchanged + {run.new} new"
        f" + {run.gone} gone + {run.not_checked} not checked"
    )


def _seconds(run: RunSummary) -> Iterable[str]:
    """How long the run took, from its first start if it was interrupted."""
    if run.finished_at is not None:
        took = datetime.fromisoformat(run.finished_at) - datetime.fromisoformat(run.started_at)
        yield f"{took.total_seconds():,.1f} s"
