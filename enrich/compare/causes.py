"""Why a table and the registry differ: which version of the record was in force on the day the authors looked, what it said,
and in which version the two parted.

Versions are numbered from 0, as the registry's history numbers them; its public compare page counts from 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from enrich.compare.display import enrollment_text, fact_text
from enrich.compare.verdicts import compare_field
from enrich.models import Cause, Comparison, Row, SubmittedVersion, Table, Trial, Verdict
from enrich.record.fields import FIELDS
from enrich.record.urls import comparison_url


@dataclass(frozen=True)
class Question:
    """One difference to be explained: *agrees* says whether the cell agrees with a version's facts, None if it cannot be told."""

    difference: Comparison
    accessed: str
    now: Trial
    agrees: Callable[[Trial], bool | None]


def question_of(table: Table, row: Row, difference: Comparison, now: Trial) -> Question:
    """What is asked about a difference between *row* and the facts *now*."""
    column = next(column for column in table.columns if column.name == difference.column)

    def agrees(then: Trial) -> bool | None:
        found = compare_field(
            column, difference.field, difference.cell, then, padded_dates=table.padded_dates
        )
        return {Verdict.AGREES: True, Verdict.DIFFERS: False}.get(found.verdict) if found else None

    return Question(difference, row.accessed or "", now, agrees)


FactsOf = Callable[[int], Trial]

LAGS = "the registry's history lags behind its record"
HISTORY_NOT_ASKED = "the registry's history was not asked (--no-history)"

# The registry changes these by itself, without an update of the record.
MOVES_BY_ITSELF = frozenset(("overall_status", "last_known_status"))


def explain(
    question: Question, history: Sequence[SubmittedVersion], facts_of: FactsOf
) -> Comparison:
    """The difference with its cause, its evidence in words, and a link to the registry's own comparison of the versions.

    *facts_of* gives the facts of a version and is asked for as few as it takes: the one in force on the day of access,
    then, by bisection, those that can have brought the change.
    """
    seen = in_force(history, question.accessed)
    if seen is None:
        return unexplained(
            question.difference,
            f"the record's history begins after the authors looked ({question.accessed})",
        )
    if seen == history[-1] and _lags(question, history):
        return unexplained(question.difference, LAGS)
    at = _facts(question, seen, facts_of)
    agreed = question.agrees(at)
    if agreed is None:
        return unexplained(question.difference, f"version {seen.version} ({seen.day}) does not say")
    return (
        _moved(question, history, seen, at, facts_of)
        if agreed
        else _never_agreed(question, history, seen, at, facts_of)
    )


def in_force(history: Sequence[SubmittedVersion], day: str) -> SubmittedVersion | None:
    """The last version submitted on or before *day*: the day of access itself belongs to what the authors saw."""
    return max(
        (one for one in history if one.day <= day), key=lambda one: one.version, default=None
    )


def unexplained(difference: Comparison, reason: str) -> Comparison:
    return difference._replace(
        cause=Cause.UNKNOWN,
        evidence=f"Whether the table was wrong or the registry moved since is not known: {reason}.",
    )


# --- the two answers


def _moved(
    question: Question,
    history: Sequence[SubmittedVersion],
    seen: SubmittedVersion,
    at: Trial,
    facts_of: FactsOf,
) -> Comparison:
    one, said = question.difference, value(question.difference.field, at)
    # The last version differs, whatever parts it names; the parts may be named wrongly, never the outcome.
    later = _candidates(history, one.field, after=seen.version, until=history[-1].version) or [
        one for one in history if one.version > seen.version
    ]
    if (
        one.field in MOVES_BY_ITSELF
        and question.now["overall_status"] == "UNKNOWN"
        and question.agrees(_facts(question, history[-1], facts_of))
    ):
        rolled = f"They agreed on {question.accessed} ({said}); the registry set the status to unknown later, without an update of the record."
        return one._replace(
            cause=Cause.MOVED,
            evidence=rolled,
            link=comparison_url(one.nct_id or "", seen.version, history[-1].version),
        )
    if not later:
        return unexplained(one, "the record changed without a new version in its history")
    moved = _first(later, lambda entry: not question.agrees(_facts(question, entry, facts_of)))
    if _lags(question, history) and question.agrees(_facts(question, moved, facts_of)):
        return unexplained(one, LAGS)
    told = f"They agreed on {question.accessed} (version {seen.version}: {said}); the registry moved on {moved.day} (version {moved.version})."
    return one._replace(
        cause=Cause.MOVED,
        moved_on=moved.day,
        evidence=told,
        link=comparison_url(one.nct_id or "", seen.version, moved.version),
    )


def _never_agreed(
    question: Question,
    history: Sequence[SubmittedVersion],
    seen: SubmittedVersion,
    at: Trial,
    facts_of: FactsOf,
) -> Comparison:
    one, said, now = (
        question.difference,
        value(question.difference.field, at),
        value(question.difference.field, question.now),
    )
    earlier = [history[0], *_candidates(history, one.field, after=0, until=seen.version)]
    since = _first(
        earlier, lambda entry: value(one.field, _facts(question, entry, facts_of)) == said
    )
    then = f"it said {said} on the day the authors looked ({question.accessed})"
    told = (
        f"Registry: {now} since version {since.version} ({since.day}); {then}."
        if now == said
        else f"Registry: {now}; {then}, since version {since.version} ({since.day})."
    )
    return one._replace(
        cause=Cause.NEVER_AGREED,
        evidence=f"{told} The table never agreed.",
        link=comparison_url(one.nct_id or "", seen.version, history[-1].version),
    )


# --- finding the version


def _lags(question: Question, history: Sequence[SubmittedVersion]) -> bool:
    """Whether *history* lacks the record's own last submission (measured: 267 versions of six records, each list ended with it)."""
    return history[-1].day < (question.now.text("last_update_submitted") or "")


def _candidates(
    history: Sequence[SubmittedVersion], field: str, *, after: int, until: int
) -> list[SubmittedVersion]:
    """The versions after *after*, up to *until*, that can have changed *field*: those whose parts are not told, or hold it."""
    span = [one for one in history if after < one.version <= until]
    return [one for one in span if not one.parts or FIELDS[field].part in one.parts]


def _first(
    entries: Sequence[SubmittedVersion], holds: Callable[[SubmittedVersion], bool]
) -> SubmittedVersion:
    """The first of *entries* from which on *holds* is true, by bisection; it is taken to hold for the last."""
    low, high = 0, len(entries) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(entries[middle]) else (middle + 1, high)
    return entries[low]


def _facts(question: Question, entry: SubmittedVersion, facts_of: FactsOf) -> Trial:
    """The facts of a version; its status stands in the history itself, and costs no request."""
    if question.difference.field == "overall_status":
        return Trial(question.now.nct_id, {"overall_status": entry.status})
    return facts_of(entry.version)


# --- what needs no history


def from_the_record(question: Question) -> Comparison:
    """The cause as far as the record itself tells: one not updated since the authors looked read then as it reads now."""
    one, now = question.difference, question.now
    updated = now.text("last_update_posted") or now.text("last_update_submitted")
    if not question.accessed:
        return unexplained(one, "the table does not say when the authors looked")
    if not updated:
        return unexplained(one, "the day of the record's last update is not known")
    if updated > question.accessed:
        return unexplained(
            one,
            f"the record was updated on {updated}, after the authors looked on {question.accessed}",
        )
    if one.field in MOVES_BY_ITSELF:
        return _by_status(question)
    told = f"They never agreed: the record was last updated on {updated}, before the authors looked on {question.accessed}."
    return one._replace(cause=Cause.NEVER_AGREED, evidence=told)


def without_history(question: Question) -> Comparison:
    """The cause where only the record can be asked."""
    told = from_the_record(question)
    if told.cause != Cause.UNKNOWN or not question.accessed or not question.now.complete:
        return told
    return unexplained(question.difference, HISTORY_NOT_ASKED)


def by_ledger(question: Question, silent: Sequence[tuple[str, Trial]]) -> Comparison | None:
    """The cause where we ourselves saw the fact change though the record's update stood still; None where we saw no such thing.

    *silent* are the days on which that was seen, oldest first, each with the facts of the version before it. Measured: one real
    change in seven leaves the day of the last update untouched, so that day alone proves nothing here.
    """
    one = question.difference
    later = [(day, before) for day, before in silent if day > question.accessed]
    if not later or not question.accessed or not question.agrees(later[0][1]):
        return None
    day, before = next((day, before) for day, before in reversed(later) if question.agrees(before))
    told = f"They agreed on {question.accessed} ({value(one.field, before)}); the registry changed it without an update of the record, as was seen on {day}."
    return one._replace(cause=Cause.MOVED, moved_on=day, evidence=told)


def _by_status(question: Question) -> Comparison:
    one, then = question.difference, status_on(question.accessed, question.now)
    if then is None or one.field != "overall_status":
        return unexplained(
            one, "the registry sets a status to unknown by itself, and not on a day it tells"
        )
    said = fact_text("overall_status", then)
    if question.agrees(Trial(question.now.nct_id, {"overall_status": then})):
        told = f"They agreed on {question.accessed} ({said}); the registry set the status to unknown later, as nobody updated the record."
        return one._replace(cause=Cause.MOVED, evidence=told)
    return one._replace(
        cause=Cause.NEVER_AGREED,
        evidence=f"They never agreed: the registry said {said} on {question.accessed}, when the authors looked.",
    )


# The registry calls a status unknown when nobody verified it for two years and the completion date has passed.
_UNVERIFIED = timedelta(days=730)
_MARGIN = timedelta(days=31)


def status_on(day: str, trial: Trial) -> str | None:
    """The status that a record not updated since showed on *day*: its last known one, or UNKNOWN; None if that is too close to call."""
    verified, ended = (
        trial.text("status_verified"),
        trial.text("completion_date") or trial.text("primary_completion_date"),
    )
    if trial["overall_status"] != "UNKNOWN" or not verified or len(day) != 10:
        return trial.text("overall_status") if trial["overall_status"] != "UNKNOWN" else None
    rolled = max(_latest_day(verified) + _UNVERIFIED, _latest_day(ended) if ended else date.min)
    looked = date.fromisoformat(day)
    if abs(looked - rolled) <= _MARGIN:
        return None
    return "UNKNOWN" if looked > rolled else trial.text("last_known_status")


def _latest_day(iso: str) -> date:
    """The last day that a partial date may mean, near enough for a rule of two years, which the calendar must have room for."""
    return min(date.fromisoformat(iso + "-12-28"[len(iso) - 4 :]), date.max - _UNVERIFIED)


# --- in words


def value(field: str, trial: Trial) -> str:
    return enrollment_text(trial) if field == "enrollment" else fact_text(field, trial[field])
