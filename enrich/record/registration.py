"""When a trial was registered and reported, as facts with their days.

A trial counts as registered in time when its record was first submitted in the month of its start
or earlier. That is the rule of IntoValue and other studies of registration, as most records give
only the month of the start. The facts are for people to judge: nothing here says that a trial is
late, or what the law asks of it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from enrich.dates import days_between, long_day
from enrich.models import Study, Trial
from enrich.record.names import OTHER_FIELDS
from enrich.record.paths import find_path
from enrich.record.readers import day
from enrich.text import plural

_MONTH = len("2020-01")
_DAY = len("2020-01-02")
# The states of a trial that has not begun.
_NOT_BEGUN = frozenset(("NOT_YET_RECRUITING", "WITHDRAWN"))


class RegistrationTiming(StrEnum):
    """When a trial was registered, compared with its start by the month."""

    BEFORE = "registered before the month of the start"
    SAME_MONTH = "registered in the month of the start"
    AFTER = "registered after the month of the start"
    UNKNOWN = "unknown"

    @property
    def in_time(self) -> bool | None:
        """Whether the month rule counts it as registered before the start; None where unknown."""
        return None if self is RegistrationTiming.UNKNOWN else self is not RegistrationTiming.AFTER


def registration_timing(registered: str | None, start: str | None) -> RegistrationTiming:
    """How the day of the first submission compares with the start; both ISO, to the month or day.

    >>> str(registration_timing("2019-03-30", "2019-03"))
    'registered in the month of the start'
    """
    if not registered or not start or min(len(registered), len(start)) < _MONTH:
        return RegistrationTiming.UNKNOWN
    if registered[:_MONTH] == start[:_MONTH]:
        return RegistrationTiming.SAME_MONTH
    return RegistrationTiming.BEFORE if registered < start else RegistrationTiming.AFTER


def registration_sentence(trial: Trial) -> str:
    """When *trial* was registered and when it started, with what the dates leave open."""
    registered, start = trial.text("first_submitted"), trial.text("start_date")
    timing = registration_timing(registered, start)
    if timing is RegistrationTiming.UNKNOWN or registered is None or start is None:
        return "The record lacks the day of registration or the month of the start."
    planned = "planned start" if trial["start_date_type"] == "ESTIMATED" else "start"
    dates = f"Registered on {long_day(registered)}; {planned} {long_day(start)}"
    return f"{dates}{_distance(timing, registered, start)}."


def _distance(timing: RegistrationTiming, registered: str, start: str) -> str:
    if timing is not RegistrationTiming.SAME_MONTH:
        return ""
    if min(len(registered), len(start)) < _DAY:
        return ", in the same month: which came first is not known"
    days = days_between(start, registered) or 0
    if days <= 0:
        return ""
    return f", {plural(days, 'day')} earlier in the same month"


class EarlierStart(NamedTuple):
    """The start that an earlier version of a record gave, before the trial was registered.

    *version* counts from 1, as the public page of the record does.
    """

    version: int
    start: str


def start_moved_past_registration(
    trial: Trial, versions: Iterable[tuple[int, Trial]]
) -> EarlierStart | None:
    """The latest version that gave a start before the month of registration, where *trial*, the
    current record, gives one that is not; None where no version did.

    *versions* are those at hand, as (number from 0, facts). A version counts only if the trial had
    begun by its own account: a plan that passed without a start is not a start.
    """
    registered = trial.text("first_submitted")
    if registration_timing(registered, trial.text("start_date")).in_time is not True:
        return None
    found: EarlierStart | None = None
    for number, version in versions:
        start = version.text("start_date")
        late = registration_timing(registered, start) is RegistrationTiming.AFTER
        if late and start is not None and _had_begun(version):
            found = EarlierStart(number + 1, start)
    return found


def _had_begun(version: Trial) -> bool:
    is_plan = version["start_date_type"] == "ESTIMATED"
    return not is_plan and version.text("overall_status") not in _NOT_BEGUN


def certificate_day(study: Study) -> str | None:
    """The day on which a certificate that allows later results was first submitted, or None."""
    found = find_path(study, OTHER_FIELDS["certificate_submitted"].path)
    try:
        return None if found is None else day(found)
    except TypeError:
        return None


def results_sentence(trial: Trial, today: str, certificate: str | None = None) -> str:
    """When results were posted, or that none are, with the time since the primary completion.

    *today* and *certificate*, the day on which a delay was certified, are ISO days.
    """
    completed = trial.text("primary_completion_date")
    posted = trial.text("results_first_posted")
    if posted:
        return f"Results posted on {long_day(posted)}{_months_after(completed, posted)}."
    if trial["has_results"]:
        return "Results are posted; the record does not say since when."
    submitted = trial.text("results_first_submitted")
    if submitted:
        return f"Results submitted on {long_day(submitted)}, not posted yet."
    delay = f"; delay of results certified on {long_day(certificate)}" if certificate else ""
    return f"No results posted{_completion(trial, completed, today)}{delay}."


def _months_after(completed: str | None, posted: str) -> str:
    months = _months(completed, posted)
    if not months:
        return ""
    order = "after" if months > 0 else "before"
    return f", {plural(abs(months), 'month')} {order} the primary completion"


def _completion(trial: Trial, completed: str | None, today: str) -> str:
    if completed is None:
        return ""
    is_plan = trial["primary_completion_date_type"] == "ESTIMATED" or completed > today
    return f"; primary completion {'planned for' if is_plan else 'was'} {long_day(completed)}"


def _months(begin: str | None, end: str) -> int | None:
    """Calendar months from *begin* to *end*, negative where it is earlier; None where a month is
    missing.
    """
    if begin is None or min(len(begin), len(end)) < _MONTH:
        return None
    years, months = int(end[:4]) - int(begin[:4]), int(end[5:7]) - int(begin[5:7])
    return 12 * years + months
