"""Why a table and the registry differ: what the registry showed when the authors looked, and since
when it differs.

The day of access is a range of days: a month or a year covers all of its days. What the registry
showed on a day is the version that was *posted* by then, which is days, and with results months,
after it was submitted. Two things it showed otherwise than it was submitted: a status that nobody
verified for two years (UNKNOWN), and results that were not posted yet.

Versions are numbered from 0, as the registry's history numbers them; what people read counts from
1, as the registry's public pages do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import ceil, log2

from enrich.compare.display import enrollment_text, fact_text
from enrich.compare.verdicts import compare_field
from enrich.compare.visibility import (
    STATUSES,
    is_surely_posted,
    may_have_lapsed,
    seen_versions,
    shown_on,
)
from enrich.dates import DayRange, day_range
from enrich.models import Cause, Comparison, Row, SubmittedVersion, Table, Trial, Verdict
from enrich.record.fields import FIELDS
from enrich.record.urls import comparison_url

FactsOf = Callable[[int], Trial]

LAGS = "the registry's history lags behind its record"
HISTORY_NOT_ASKED = "the registry's history was not asked (--no-history)"

NO_LONGER = frozenset((Verdict.DIFFERS, Verdict.SILENT))


@dataclass(frozen=True)
class Question:
    """A difference whose cause is asked for.

    *accessed* is when the authors looked, as `day_range` reads it, or nothing; *now* are the facts
    of the record; *verdict_of* gives the verdict on the cell against other facts.
    """

    difference: Comparison
    accessed: str
    now: Trial
    verdict_of: Callable[[Trial], Verdict | None]

    @cached_property
    def looked(self) -> DayRange:
        return day_range(self.accessed)

    @property
    def field(self) -> str:
        return self.difference.field

    @property
    def merged_from(self) -> str | None:
        """The printed id, where the registry answers it with the record of another."""
        printed = self.difference.nct_id
        return printed if printed and printed != self.now.nct_id else None

    @property
    def when(self) -> str:
        """When the authors looked, in words."""
        begin, _, end = self.accessed.partition("/")
        if end:
            return f"between {begin} and {end}"
        return f"{'on' if len(begin) == 10 else 'in'} {begin}"

    def agrees(self, facts: Trial) -> bool | None:
        """Whether the cell agrees with *facts*; None where that is unknown."""
        return {Verdict.AGREES: True, Verdict.DIFFERS: False}.get(self.verdict_of(facts))  # type: ignore[arg-type]


def question_of(table: Table, row: Row, difference: Comparison, now: Trial) -> Question:
    """What is asked about a difference between *row* and the facts *now*."""
    column = next(column for column in table.columns if column.name == difference.column)

    def verdict_of(facts: Trial) -> Verdict | None:
        found = compare_field(
            column, difference.field, difference.cell, facts, padded_dates=table.padded_dates
        )
        return found.verdict if found else None

    return Question(difference, row.accessed or "", now, verdict_of)


def unexplained(difference: Comparison, reason: str) -> Comparison:
    return difference._replace(
        cause=Cause.UNKNOWN,
        evidence=f"Cause unknown: {reason}.",
    )


# --- what needs no history


def cause_from_record(question: Question) -> Comparison:
    """The cause as far as the record itself shows it.

    A record that was not updated since the authors looked read then as it reads now. Results are
    dated: their posting is a fact of the record.
    """
    if not question.accessed:
        return unexplained(question.difference, "the table does not say when the authors looked")
    return _cause_from_first_posting(question) or _cause_from_last_update(question)


def _cause_from_last_update(question: Question) -> Comparison:
    now = question.now
    updated = now.text("last_update_posted") or now.text("last_update_submitted")
    if not updated:
        return unexplained(question.difference, "the day of the record's last update is not known")
    if updated > question.looked.first:
        return unexplained(
            question.difference,
            f"the record was updated on {updated}, after the authors looked {question.when}",
        )
    if question.field in STATUSES:
        return _cause_from_status(question)
    return _never(
        question,
        f"Already different when the authors checked: the record was last updated on {updated},"
        f" before the authors looked {question.when}.",
    )


def cause_without_history(question: Question) -> Comparison:
    """The cause where only the record can be asked."""
    found = cause_from_record(question)
    if found.cause != Cause.UNKNOWN or not question.accessed or not question.now.complete:
        return found
    return unexplained(question.difference, HISTORY_NOT_ASKED)


def cause_from_ledger(
    question: Question, silent_changes: Sequence[tuple[str, Trial]]
) -> Comparison | None:
    """The cause where we saw the fact change without an update of the record, else None.

    *silent_changes* are the days on which that was seen, oldest first, each with the facts before
    it. Of real changes, one in seven leaves the day of the last update as it was (measured on daily
    copies of 1,178 records), so that day alone proves nothing.
    """
    if not question.accessed:
        return None
    looked = question.looked
    later = [(day, before) for day, before in silent_changes if day > looked.last]
    if any(looked.first < day <= looked.last for day, _ in silent_changes):
        return unexplained(
            question.difference,
            "the registry changed it without an update of the record, and the authors looked "
            f"{question.when}",
        )
    if not later or not question.agrees(later[0][1]):
        return None
    day, before = next(
        (day, before)
        for (day, before), (_, after) in pairwise([*later, ("", question.now)])
        if question.verdict_of(after) in NO_LONGER
    )
    return question.difference._replace(
        cause=Cause.MOVED,
        moved_on=day,
        evidence=f"They agreed {question.when} ({value(question.field, before)}); "
        "the registry changed it"
        f" without an update of the record, as was seen on {day}.",
    )


def cause_from_merger(question: Question, absorbed: Trial | None) -> Comparison | None:
    """The cause where the printed id was merged into another record, else None.

    *absorbed* are the last facts known of the printed id itself. A merger is no error of the table.
    """
    if not question.merged_from or absorbed is None or not question.agrees(absorbed):
        return None
    return question.difference._replace(
        cause=Cause.MOVED,
        evidence=f"They agreed before the registry merged {question.merged_from}"
        f" ({value(question.field, absorbed)}) into {question.now.nct_id}.",
    )


def _never(question: Question, evidence: str, link: str | None = None) -> Comparison:
    """That the table did not agree; of a merged record nobody knows that."""
    if question.merged_from:
        return unexplained(
            question.difference,
            f"the registry merged {question.merged_from} into {question.now.nct_id}, and how its "
            "own record read"
            " is not known",
        )
    return question.difference._replace(cause=Cause.NEVER_AGREED, evidence=evidence, link=link)


def _cause_from_first_posting(question: Question) -> Comparison | None:
    """What the days of first posting decide, of the record and, of a claim about results,
    of these.
    """
    posted = question.now.text("first_posted")
    if posted and posted > question.looked.last:
        return unexplained(
            question.difference,
            f"the record was first posted on {posted}, after the authors looked {question.when}",
        )
    results = question.now.text("results_first_posted") if question.now["has_results"] else None
    if question.field == "has_results" and results:
        return _cause_from_results(question, results)
    return None


def _cause_from_results(question: Question, posted: str) -> Comparison:
    if question.looked.first < posted <= question.looked.last:
        return unexplained(
            question.difference,
            f"the results were posted on {posted}, and the authors looked {question.when}",
        )
    if posted > question.looked.last:
        return question.difference._replace(
            cause=Cause.MOVED,
            moved_on=posted,
            evidence=f"They agreed {question.when} (no results posted); results were posted on "
            f"{posted}.",
        )
    return _never(
        question,
        f"Already different when the authors checked: results were posted on {posted}, before the "
        f"authors looked {question.when}.",
    )


def _cause_from_status(question: Question) -> Comparison:
    submitted = question.now.text("last_update_submitted") or question.looked.first
    shown = [shown_on(day, submitted, question.now) for day in dict.fromkeys(question.looked)]
    verdicts = {None if facts is None else question.agrees(facts) for facts in shown}
    if len(verdicts) > 1 or None in verdicts:
        return unexplained(question.difference, _LAPSE_WITHOUT_DAY)
    then = value(question.field, shown[0] or question.now)
    if verdicts == {True}:
        return question.difference._replace(
            cause=Cause.MOVED,
            evidence=f"They agreed {question.when} ({then}); the registry set the status to unknown"
            " later, as nobody updated the record.",
        )
    return _never(
        question,
        f"Already different when the authors checked: the registry showed {then} {question.when}, "
        "when the authors looked.",
    )


_LAPSE_WITHOUT_DAY = (
    "the registry sets a status to unknown by itself, and does not say on which day"
)


# --- the history

# So many versions are looked at one after the other for the day of a move; where there are more,
# the day is not exact, and none is given.
_MOST_LOOKED_AT = 16


@dataclass
class _History:
    """The versions of a record, and what was looked at of them."""

    question: Question
    versions: Sequence[SubmittedVersion]
    facts_of: FactsOf
    _looked_at: dict[int, Trial] = field(default_factory=dict)

    def facts(self, place: int) -> Trial:
        """The facts of a version; its status is in the list of versions, and costs no request."""
        if self.question.field == "overall_status" and place not in self._looked_at:
            return Trial(self.question.now.nct_id, {"overall_status": self.versions[place].status})
        return self.whole_facts(place)

    def whole_facts(self, place: int) -> Trial:
        if place not in self._looked_at:
            self._looked_at[place] = self.facts_of(self.versions[place].version)
        return self._looked_at[place]

    def touches(self, place: int) -> bool:
        """Whether a version can have changed the field:
        its parts are not listed, or the field's is.
        """
        parts = self.versions[place].parts
        return not parts or FIELDS[self.question.field].part in parts

    def posted_on(self, place: int) -> str | None:
        """When a version was posted; not asked for where it was so long before."""
        first = self.question.looked.first
        if self.question.field == "overall_status" and is_surely_posted(
            self.versions[place], first
        ):
            return None
        return self.whole_facts(place).text("last_update_posted")

    def shown(self, place: int) -> list[Trial | None]:
        """What a version showed on the first and the last day of access."""
        version, looked = self.versions[place], self.question.looked
        if self.question.field not in STATUSES:
            return [self.facts(place)]
        if may_have_lapsed(looked.last, version.day, version.status):
            facts = self.whole_facts(place)
            return [shown_on(day, version.day, facts) for day in dict.fromkeys(looked)]
        return [self.facts(place)]

    @property
    def lags(self) -> bool:
        """Whether the list lacks the record's own last submission,
        with which whole lists end (measured: 267 versions of six records).
        """
        return self.versions[-1].day < (self.question.now.text("last_update_submitted") or "")

    def name(self, place: int) -> str:
        return f"version {self.versions[place].version + 1}"


def cause_from_history(
    question: Question, versions: Sequence[SubmittedVersion], facts_of: FactsOf
) -> Comparison:
    """The difference with its cause, its evidence in words, and a link to the versions it rests on.

    *facts_of* gives the facts of a version, each a request: for those that the authors may have
    seen, and for those that can have changed the field since, up to a bound.
    """
    if found := _cause_from_first_posting(question):
        return found
    history = _History(question, versions, facts_of)
    days = [version.day for version in versions]
    seen = seen_versions(
        days, question.looked, history.posted_on, lambda place: not history.touches(place)
    )
    if not seen:
        return unexplained(
            question.difference,
            f"the record's history begins after the authors looked ({question.accessed})",
        )
    if seen[0] == len(versions) - 1 and history.lags:
        return unexplained(question.difference, LAGS)
    return _cause_from_seen(history, seen)


def _cause_from_seen(history: _History, seen: Sequence[int]) -> Comparison:
    """The cause, by how the cell stands to the versions at the places *seen*, newest first."""
    verdicts = {place: _verdict_then(history, place) for place in seen}
    if None in verdicts.values():
        return unexplained(history.question.difference, _does_not_say(history, verdicts))
    if len(set(verdicts.values())) > 1:
        return unexplained(history.question.difference, _undecided_between(history, seen))
    return _moved(history, seen[0]) if verdicts[seen[0]] else _never_agreed(history, seen)


def _verdict_then(history: _History, place: int) -> bool | None:
    """Whether the cell agreed with a version as it was shown while the authors may have looked."""
    verdicts = {
        None if facts is None else history.question.agrees(facts) for facts in history.shown(place)
    }
    return verdicts.pop() if len(verdicts) == 1 else None


def _does_not_say(history: _History, verdicts: dict[int, bool | None]) -> str:
    place = next(place for place, verdict in verdicts.items() if verdict is None)
    version = history.versions[place]
    if history.question.field in STATUSES and None in history.shown(place):
        return _LAPSE_WITHOUT_DAY
    return f"{history.name(place)} ({version.day}) does not say"


def _undecided_between(history: _History, seen: Sequence[int]) -> str:
    newest = seen[0]
    posted = history.posted_on(newest)
    after = f" and posted on {posted}" if posted and posted != history.versions[newest].day else ""
    return (
        f"{history.name(newest)} was submitted on {history.versions[newest].day}{after}, "
        f"the authors looked {history.question.when}, and the versions that they may have seen "
        "read differently"
    )


# --- the two answers


def _moved(history: _History, seen: int) -> Comparison:
    question, nct_id = history.question, history.question.now.nct_id
    last = len(history.versions) - 1
    then = value(question.field, _shown_first(history, seen))
    if _set_to_unknown_since(history, last):
        return question.difference._replace(
            cause=Cause.MOVED,
            evidence=f"They agreed {question.when} ({then}); the registry set the status to unknown"
            " later, without an update of the record.",
            link=comparison_url(
                nct_id, history.versions[seen].version, history.versions[last].version
            ),
        )
    later = [place for place in range(seen + 1, last + 1) if history.touches(place)] or list(
        range(seen + 1, last + 1)
    )
    if not later:
        return unexplained(
            question.difference, "the record changed without a new version in its history"
        )
    place, is_first = _first_that_differs(history, later)
    if place is None:
        return unexplained(question.difference, LAGS)
    version, name = history.versions[place], history.name(place)
    agreed = f"They agreed {question.when} ({history.name(seen)}: {then})"
    return question.difference._replace(
        cause=Cause.MOVED,
        moved_on=version.day if is_first else None,
        evidence=f"{agreed}; the registry moved on {version.day} ({name})."
        if is_first
        else f"{agreed}; the registry moved by {version.day} ({name}), perhaps earlier: not all "
        "versions were looked at.",
        link=comparison_url(nct_id, history.versions[seen].version, version.version),
    )


def _shown_first(history: _History, place: int) -> Trial:
    return history.shown(place)[0] or history.facts(place)


def _set_to_unknown_since(history: _History, last: int) -> bool:
    """Whether only the registry's own setting of the status to unknown parts the cell from
    the last version.
    """
    question = history.question
    if question.field not in STATUSES or question.now["overall_status"] != "UNKNOWN":
        return False
    facts = history.facts(last)
    if history.versions[last].status == "UNKNOWN":
        known = history.whole_facts(last)["last_known_status"]
        facts = Trial(question.now.nct_id, {"overall_status": known})
    return bool(question.agrees(facts))


def _first_that_differs(history: _History, later: Sequence[int]) -> tuple[int | None, bool]:
    """The first of *later* with which the cell no longer agrees, and whether that is certain.

    The last version of a list that does not lag is the record itself, which differs.
    """

    def no_longer(place: int) -> bool:
        if place == later[-1] and not history.lags:
            return True
        return history.question.verdict_of(history.facts(place)) in NO_LONGER

    is_free = history.question.field == "overall_status"
    if is_free or len(later) <= _MOST_LOOKED_AT:
        return next((place for place in later if no_longer(place)), None), True
    low, high = 0, len(later) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if no_longer(later[middle]) else (middle + 1, high)
    return (later[low] if no_longer(later[low]) else None), False


def _never_agreed(history: _History, seen: Sequence[int]) -> Comparison:
    question, oldest = history.question, seen[-1]
    now = value(question.field, question.now)
    shown = _shown_first(history, oldest)
    then = value(question.field, shown)
    since, before, all_looked_at = _unchanged_since(history, oldest, then)
    version = history.versions[since]
    sentence = f"Registry: {now}; it read {then} when the authors looked ({question.when})"
    if shown["overall_status"] != history.facts(oldest)["overall_status"]:
        sentence += f", as nobody had verified {history.name(oldest)} ({version.day}) for two years"
    elif all_looked_at:
        sentence += f", since {history.name(since)} ({version.day})"
    else:
        sentence += f", since {history.name(since)} ({version.day}) or earlier"
    if before is not None:
        sentence += f"; it had read {value(question.field, history.facts(before))} until then"
    return _never(
        question,
        f"{sentence}. The table agreed with no version that was looked at."
        if before is None or not question.agrees(history.facts(before))
        else f"{sentence}, as the table does.",
        comparison_url(
            question.now.nct_id,
            history.versions[oldest].version,
            history.versions[-1].version,
        ),
    )


def _unchanged_since(history: _History, place: int, then: str) -> tuple[int, int | None, bool]:
    """The version since which the fact read *then*, and the one before it, if that is certain.

    Looks back at one version after the other, so that a change to and fro is not passed over, and
    at as many as a bisection would take.
    """
    changing = [other for other in range(place + 1) if other == 0 or history.touches(other)]
    is_free = history.question.field == "overall_status"
    most = len(changing) if is_free else ceil(log2(len(history.versions)))
    since = changing.pop()
    for before in reversed(changing[-most:] if most else []):
        if value(history.question.field, history.facts(before)) != then:
            return since, before, True
        since = before
    return since, None, since == 0


# --- in words


def value(name: str, trial: Trial) -> str:
    """The fact *name* of *trial* as people read it."""
    return enrollment_text(trial) if name == "enrollment" else fact_text(name, trial[name])
