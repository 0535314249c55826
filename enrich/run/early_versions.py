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
    """Reads the early versions of those *trials* that lack one, and stores them.

    *now* is the time (ISO, UTC). Gives a sentence for each trial whose history cannot be read; it
    is asked again at the next run.
    """
    problems: list[str] = []
    kept = read_early_versions(database, trials)
    for done, (nct_id, trial) in enumerate(trials.items(), 1):
        if _lacks_version(kept.get(nct_id, {}), trial, now):
            try:
                save_early_versions(database, nct_id, _early_versions(trial, history, now))
            except NoHistory as error:
                problems.append(f"{nct_id}: the first version could not be read: {error}")
        on_progress(done, len(trials))
    return problems


def _lacks_version(kept: Mapping[EarlyRole, EarlyVersion], trial: Trial, now: str) -> bool:
    """Whether the first version is not kept, or that at a start which has passed or was revised."""
    start = trial.text("start_date")
    if EarlyRole.FIRST not in kept or kept[EarlyRole.FIRST].start != start:
        return True
    last_day = _day_of_start(start, now)
    return (
        EarlyRole.AT_START not in kept
        and last_day is not None
        and kept[EarlyRole.FIRST].day <= last_day
    )


def _early_versions(trial: Trial, history: History, now: str) -> list[EarlyVersion]:
    versions = history.versions(trial, now)
    chosen, start = {EarlyRole.FIRST: versions[0]}, trial.text("start_date")
    at_start = version_at_start(versions, start, now)
    if at_start:
        chosen[EarlyRole.AT_START] = at_start
    return [
        EarlyVersion(
            *(role, version.version, version.day),
            *(history.study(trial.nct_id, version.version), start),
        )
        for role, version in chosen.items()
    ]


def version_at_start(
    versions: Sequence[SubmittedVersion], start: str | None, now: str
) -> SubmittedVersion | None:
    """The last version submitted by the start (its month, if no day is given).

    None without a start, before the start, and for a trial that was registered later.
    """
    last_day = _day_of_start(start, now)
    if last_day is None:
        return None
    return next((version for version in reversed(versions) if version.day <= last_day), None)


def _day_of_start(start: str | None, now: str) -> str | None:
    """The last day that the start may mean; None until it has passed: a later version may come."""
    last_day = day_range(start).last if start else None
    return last_day if last_day and last_day < now[:10] else None
