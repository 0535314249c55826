"""Keeps the first version of each record and the one at the start of the trial."""

from collections.abc import Callable, Mapping, Sequence

from enrich.dates import day_range
from enrich.models import SubmittedVersion, Trial
from enrich.registry.history import History, NoHistory
from enrich.storage.database import Database
from enrich.storage.early_versions import (
    EarlyRole,
    EarlyVersion,
    read_early_versions,
    save_early_versions,
)


def keep_early_versions(
    database: Database,
    trials: Mapping[str, Trial],
    history: History,
    now: str,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Reads the early versions of those *trials* that have none yet, and stores them.

    *now* is the time (ISO, UTC). Gives a sentence for each trial whose history cannot be read; it
    is asked again at the next run.
    """
    problems: list[str] = []
    known = read_early_versions(database, trials)
    for done, (nct_id, trial) in enumerate(trials.items(), 1):
        if nct_id not in known:
            try:
                save_early_versions(database, nct_id, _early_versions(trial, history, now))
            except NoHistory as error:
                problems.append(f"{nct_id}: the first version could not be read: {error}")
        on_progress(done, len(trials))
    return problems


def _early_versions(trial: Trial, history: History, now: str) -> list[EarlyVersion]:
    versions = history.versions(trial, now)
    chosen = {EarlyRole.FIRST: versions[0]}
    at_start = version_at_start(versions, trial.text("start_date"))
    if at_start:
        chosen[EarlyRole.AT_START] = at_start
    return [
        EarlyVersion(role, it.version, it.day, history.study(trial.nct_id, it.version))
        for role, it in chosen.items()
    ]


def version_at_start(
    versions: Sequence[SubmittedVersion], start: str | None
) -> SubmittedVersion | None:
    """The last version submitted by the start (its month, if no day is given).

    None without a start, and for a trial that was registered later.
    """
    if not start:
        return None
    last_day = day_range(start).last
    return next((it for it in reversed(versions) if it.day <= last_day), None)
