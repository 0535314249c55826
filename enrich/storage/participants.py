"""The numbers of people in the listed trials, as the site shows them."""

from collections.abc import Iterable

from enrich.models import Trial
from enrich.record.participants import participant_counts
from enrich.storage.database import Database
from enrich.storage.trials import LatestStudies


def update_participant_counts(database: Database, trials: Iterable[Trial]) -> None:
    """Stores the numbers of people in these trials by their newest records, in place of earlier
    ones, in the transaction of the caller. A trial without results has none.
    """
    by_id = {trial.nct_id: trial for trial in trials}
    with_results = [nct_id for nct_id, trial in by_id.items() if trial["has_results"]]
    studies = LatestStudies(database, with_results)
    database.executemany(
        "delete from participant_counts where nct_id = ?", [(nct_id,) for nct_id in by_id]
    )
    database.executemany(
        "insert into participant_counts (nct_id, stage, people, outcome, reason)"
        " values (?, ?, ?, ?, ?)",
        [
            (nct_id, str(count.stage), count.people, count.outcome, count.reason)
            for nct_id, study in studies.items()
            for count in participant_counts(study, by_id[nct_id])
        ],
    )
