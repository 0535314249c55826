"""The cause of a difference as far as earlier contents in the database show it."""

from enrich.compare.causes import Question, cause_from_ledger, cause_from_merger
from enrich.models import Comparison
from enrich.storage.database import Database
from enrich.storage.trials import read_absorbed, read_silent_changes


def cause_from_database(database: Database, question: Question) -> Comparison | None:
    """The difference with its cause, from stored contents of the record or of one merged into it.

    None if they do not show it.
    """
    merged_from = question.merged_from
    absorbed = read_absorbed(database, merged_from) if merged_from else None
    silent_changes = read_silent_changes(database, question.now.nct_id, question.field)
    return cause_from_merger(question, absorbed) or cause_from_ledger(question, silent_changes)
