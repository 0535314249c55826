"""What the registry showed the public on a day.

A version is seen from the day on which it is posted, which is days, and with results months, after
it was submitted. Two facts are shown otherwise than they were submitted: a status that nobody
verified for two years is shown as unknown, and results are shown from the day of their posting.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from enrich.dates import DayRange, day_range, first_day
from enrich.models import SubmittedVersion, Trial

# The registry sets these by itself, without an update of the record.
STATUSES = frozenset(("overall_status", "last_known_status"))

# --- what a version showed on a day

# The registry shows a status as unknown when nobody verified it for two years and the completion
# date has passed (ClinicalTrials.gov, glossary, "Unknown"). Only these can become so.
_MAY_LAPSE = frozenset(
    ("RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION")
)
_UNVERIFIED = timedelta(days=730)
_MARGIN = timedelta(days=31)
# A sponsor may submit with an older month of verification, seldom by more than this.
_VERIFIED_BEFORE = timedelta(days=365)


def shown_on(day: str, submitted: str, facts: Trial) -> Trial | None:
    """The facts as the registry showed them on *day*, of a version submitted on the day
    *submitted*.

    Only the status differs: once nobody had verified it for two years. None where the day is too
    close to that to say.

    >>> facts = {"overall_status": "RECRUITING", "status_verified": "2015-03",
    ...          "completion_date": "2016-12"}
    >>> shown_on("2020-06-01", "2015-03-20", Trial("NCT01234567", facts))["overall_status"]
    'UNKNOWN'
    >>> shown_on("2016-06-01", "2015-03-20", Trial("NCT01234567", facts))["overall_status"]
    'RECRUITING'
    """
    status = facts.text("overall_status")
    if not may_have_lapsed(day, submitted, status):
        return facts
    known = facts.text("last_known_status") if status == "UNKNOWN" else status
    lapsed = _is_lapsed(day, facts)
    if lapsed is None or not (lapsed or known):
        return None
    shown = {"overall_status": "UNKNOWN", "last_known_status": known}
    if not lapsed:
        shown = {"overall_status": known, "last_known_status": None}
    return Trial(facts.nct_id, {**facts.facts, **shown}, facts.complete, facts.faults)


def results_shown_on(day: str, facts: Trial) -> Trial:
    """The facts as the registry showed them on *day*: without results that were posted later."""
    posted = facts.text("results_first_posted")
    if not facts["has_results"] or not posted or posted <= day:
        return facts
    return Trial(facts.nct_id, {**facts.facts, "has_results": False}, facts.complete, facts.faults)


def may_have_lapsed(day: str, submitted: str, status: str | None) -> bool:
    """Whether the status of a version submitted then may be shown as unknown on *day*,
    or be so no more.
    """
    if status not in _MAY_LAPSE:
        return status == "UNKNOWN"
    return day > _later(submitted, _UNVERIFIED - _VERIFIED_BEFORE).isoformat()


def _is_lapsed(day: str, facts: Trial) -> bool | None:
    verified = facts.text("status_verified")
    ended = facts.text("completion_date") or facts.text("primary_completion_date")
    if not verified:
        return None
    lapse = max(
        _later(day_range(verified).last, _UNVERIFIED),
        _later(day_range(ended).last, timedelta()) if ended else date.min,
    )
    looked = date.fromisoformat(day)
    return None if abs(looked - lapse) <= _MARGIN else looked > lapse


# --- which versions the authors can have seen

# How long after its submission a version is posted at most, with and without results (measured on
# 4,336 records: 99 in 100 within 43 days; results: nine in ten within 422 days).
_POSTED_WITHIN = timedelta(days=45)
_RESULTS_POSTED_WITHIN = timedelta(days=430)
_RESULTS_PARTS = frozenset(
    ("Participant Flow", "Baseline Characteristics", "Outcome Measures (Results)", "Adverse Events")
)


def seen_versions(
    days: Sequence[str],
    looked: DayRange,
    posted_on: Callable[[int], str | None],
    same_as_before: Callable[[int], bool] = lambda place: False,
) -> list[int]:
    """The places, newest first, of the versions of which the authors may have seen any.

    *days* are the days of submission. A version submitted by the last day of access and posted
    after it counts too, as do all that the range saw, and two submitted on the one day of access.
    *posted_on* gives the day of posting, None where it is not known: then that of submission, as
    where the day given is more than fourteen months later.
    *same_as_before*: a version did not touch the fact, so it need not be told from the one before.

    >>> days = ["2020-01-10", "2020-06-01", "2020-09-01"]
    >>> posted = ["2020-01-12", "2020-06-20", "2020-09-03"]
    >>> seen_versions(days, day_range("2020-07-01"), posted.__getitem__)
    [1]
    >>> seen_versions(days, day_range("2020-06-10"), posted.__getitem__)
    [1, 0]
    """
    place = max((place for place, day in enumerate(days) if day <= looked.last), default=None)
    if place is None:
        return []
    seen = [place]
    while place > 0:
        posted = _day_of_posting(days[place], posted_on(place))
        same_day = days[place] == days[place - 1] == looked.first == looked.last
        if posted <= looked.first and not same_day:
            break
        if not same_as_before(place):
            seen.append(place - 1)
        place -= 1
    return seen


def _day_of_posting(submitted: str, posted: str | None) -> str:
    """The day on which a version was posted;
    that of its submission where a record gives none or another's.
    """
    latest = _later(submitted, _RESULTS_POSTED_WITHIN).isoformat()
    is_its_own = posted is not None and submitted <= posted <= latest
    return posted if posted and is_its_own else submitted


def _later(day: str, span: timedelta) -> date:
    """*span* after *day*, or the last day of the calendar."""
    begin = first_day(day) or date.min
    return begin + span if begin <= date.max - span else date.max


def is_surely_posted(version: SubmittedVersion, day: str) -> bool:
    """Whether a version was submitted so long before *day* that it must have
    been posted by then.
    """
    has_results = bool(_RESULTS_PARTS & set(version.parts))
    within = _RESULTS_POSTED_WITHIN if has_results else _POSTED_WITHIN
    return _later(version.day, within).isoformat() <= day
