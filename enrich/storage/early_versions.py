"""The early versions of records that a person asked to keep."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from enrich.models import Study
from enrich.storage.database import Database, in_clause, json_ids


class EarlyRole(StrEnum):
    """Which of the early versions one is."""

    FIRST = "first"
    AT_START = "at start"


@dataclass(frozen=True)
class EarlyVersion:
    """A version of a record, from 0, submitted on an ISO *day*.

    *start* is the start date of the trial by which the early versions were chosen.
    """

    role: EarlyRole
    version: int
    day: str
    study: Study
    start: str | None = None


def save_early_versions(
    database: Database, trial_id: str, versions: Iterable[EarlyVersion]
) -> None:
    """Replaces the early versions of a trial."""
    with database.transaction():
        database.execute("delete from early_versions where trial_id = ?", (trial_id,))
        database.executemany(
            "insert into early_versions (trial_id, role, version, day, study, start)"
            " values (?, ?, ?, ?, ?, ?)",
            [
                (
                    *(trial_id, str(early.role), early.version, early.day),
                    *(json.dumps(early.study, ensure_ascii=False), early.start),
                )
                for early in versions
            ],
        )


def read_early_versions(
    database: Database, trial_ids: Iterable[str]
) -> dict[str, dict[EarlyRole, EarlyVersion]]:
    """The early versions of these trials that are kept, by their roles."""
    ids = list(trial_ids)
    found: dict[str, dict[EarlyRole, EarlyVersion]] = {}
    for trial_id, role, version, day, study, start in database.fetch_tuples(
        f"""
        select trial_id, role, version, day, study, start from early_versions
        where true {in_clause("trial_id", ids)}""",
        *json_ids(ids),
    ):
        early = EarlyVersion(EarlyRole(role), version, day, json.loads(study), start)
        found.setdefault(trial_id, {})[early.role] = early
    return found
