"""What the registry last answered about each id that a table prints."""

from collections.abc import Iterable

from enrich.models import Answer, RegistryAnswer, TrialOutcome
from enrich.storage.database import Database, in_clause, json_ids


def read_answers(
    database: Database, nct_ids: Iterable[str] | None = None
) -> dict[str, RegistryAnswer]:
    """The last answer about every printed id, or about those of *nct_ids*."""
    rows = database.fetch_tuples(
        "select nct_id, trial_id, answer, load, run_id, outcome from answers"
        f" where true {in_clause('nct_id', nct_ids)}",
        *json_ids(nct_ids),
    )
    return {
        nct_id: RegistryAnswer(
            nct_id, trial_id, Answer(answer), load, run_id, TrialOutcome(outcome)
        )
        for nct_id, trial_id, answer, load, run_id, outcome in rows
    }


def save_answers(database: Database, answers: Iterable[RegistryAnswer]) -> None:
    """Writes *answers* over the earlier ones about the same ids."""
    database.executemany(
        "insert into answers (nct_id, trial_id, answer, load, run_id, outcome) values (?, ?, ?, ?, ?, ?)"
        " on conflict (nct_id) do update set trial_id = excluded.trial_id, answer = excluded.answer, load = excluded.load,"
        " run_id = excluded.run_id, outcome = excluded.outcome",
        answers,
    )
