"""The numbers of people in the listed trials, as the site shows them."""

from collections.abc import Mapping, Sequence

from enrich.record.participants import ParticipantCount
from enrich.storage.database import Database


def save_participant_counts(
    database: Database, counts: Mapping[str, Sequence[ParticipantCount]]
) -> None:
    """Replaces the numbers of these trials, in the transaction of the caller."""
    database.executemany(
        "delete from participant_counts where nct_id = ?", [(nct_id,) for nct_id in counts]
    )
    database.executemany(
        "insert into participant_counts (nct_id, stage, people, outcome, reason)"
        " values (?, ?, ?, ?, ?)",
        [
            (nct_id, str(count.stage), count.people, count.outcome, count.reason)
            for nct_id, of_trial in counts.items()
            for count in of_trial
        ],
    )
