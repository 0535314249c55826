"""What a change means for a reader: the one order in which every outlet reports news."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

from enrich.models import Change, Rank
from enrich.record.children import read_entry
from enrich.record.fields import STOPPED_STATUSES

HEADINGS = {
    Rank.STOPPED: "Stopped, suspended or withdrawn",
    Rank.RESULTS: "Results posted, paper retracted",
    Rank.RECORD: "Record removed or merged",
    Rank.RECRUITMENT: "Started or stopped recruiting",
    Rank.PRIMARY_OUTCOME: "Primary outcome changed",
    Rank.PARTICIPANTS: "Number of participants changed",
    Rank.DATES: "Dates changed",
    Rank.OTHER: "Other changes",
    Rank.TABLE: "The table was edited",
}

SEARCH_HEADING = "Found by the search"


class _Rule(NamedTuple):
    """Changes of *field* (a name or a pattern) for which *holds* is true have this *rank*."""

    field: str
    rank: Rank
    holds: Callable[[Change], bool] = lambda change: True


def _is_stop(change: Change) -> bool:
    return change.after in STOPPED_STATUSES


def _reports_results(change: Change) -> bool:
    """Whether a publication that was added or removed reports results, or was retracted."""
    try:
        publication = json.loads(change.after or change.before or "")
    except ValueError:
        return False
    if not isinstance(publication, dict):
        return False
    entry = read_entry("publications", publication)
    return entry["type"] == "RESULT" or bool(entry["is_retracted"])


# The first rule that fits counts.
_RULES = (
    _Rule("overall_status", Rank.STOPPED, _is_stop),
    _Rule("why_stopped", Rank.STOPPED),
    _Rule("has_results", Rank.RESULTS),
    _Rule("results_first_*", Rank.RESULTS),
    _Rule("outcome_results*", Rank.RESULTS),
    _Rule("publications.retractions", Rank.RESULTS),
    _Rule("publications.type", Rank.RESULTS, lambda change: change.after == "RESULT"),
    _Rule("publications", Rank.RESULTS, _reports_results),
    _Rule("record", Rank.RECORD),
    _Rule("overall_status", Rank.RECRUITMENT),
    _Rule("primary_outcomes*", Rank.PRIMARY_OUTCOME),
    _Rule("enrollment*", Rank.PARTICIPANTS),
    _Rule("start_date*", Rank.DATES),
    _Rule("primary_completion_date*", Rank.DATES),
    _Rule("completion_date*", Rank.DATES),
    _Rule("*", Rank.OTHER),
)


def rank_of(change: Change) -> Rank:
    """The rank of a change."""
    return next(
        rule.rank for rule in _RULES if fnmatchcase(change.field, rule.field) and rule.holds(change)
    )
