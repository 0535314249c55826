"""The numbers of people in a trial, from the plan to the analysis, each with its source.

A review that prints 14 where the record says 20 enrolled is often right about another number: 14
people were analysed for the primary outcome. The numbers stand in different parts of a record:

- planned: the expected enrolment of an early version,
- enrolled: the enrolment of the record once it is final,
- started: the milestone STARTED of the first period of the participant flow, over its groups,
- baseline: the people whose characteristics at baseline are given,
- analysed: the people whom a primary outcome was measured in, for each of those outcomes.

The registry prints numbers of results as text, some with commas ("1,553"). Where a number counts
something else than people (eyes, lesions), where groups overlap, or where a part cannot be read,
there is no number but the reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from enrich.errors import UnexpectedShape
from enrich.models import Study, Trial
from enrich.record.children import LISTS
from enrich.record.paths import find_path, get_path
from enrich.text import join_and, lazy_pattern, plural, sanitize


class Stage(StrEnum):
    """The stages of a trial at which people are counted, in their order."""

    PLANNED_AT_REGISTRATION = "planned at registration"
    PLANNED_AT_START = "planned at the start"
    PLANNED = "planned now"
    ENROLLED = "enrolled"
    STARTED = "started"
    BASELINE = "counted at baseline"
    ANALYSED = "analysed"


class ParticipantCount(NamedTuple):
    """How many people a record counts at a stage.

    *people* is None where the record has no number that can be read; *reason* then says why.
    *outcome* is the title of the primary outcome that the number belongs to. *version* is the
    version of the record, counted from 1 as its public page does; None: the current one.
    """

    stage: Stage
    people: int | None
    outcome: str | None = None
    reason: str | None = None
    version: int | None = None


# The registry's word for people where a number of results counts units.
_PEOPLE = "participants"
_LONGEST_TITLE = 120  # characters of an outcome's title in a sentence
# What sponsors call a group that holds the people of all other groups.
_TOTAL_TITLES = frozenset(
    {
        "total",
        "overall",
        "all",
        "all participants",
        "all patients",
        "all subjects",
    }
)

# So begin further titles of such a group. Another that begins with “total” is that of a treatment
# (“Total hip replacement”), unless the group has as many people as all others together.
_TOTAL = lazy_pattern(
    r"total (participants|patients|subjects|people|population|number|cohort|sample|study|of\b|\()"
)

_Read = Callable[[Mapping[str, Any]], tuple[int, str | None]]

_OUTCOMES = LISTS["outcome_results"].path
# Their numbers and groups stand beside the lists that are known by name.
_FLOW, _BASELINE = (
    LISTS[name].path.rpartition(".")[0] for name in ("flow_periods", "baseline_results")
)
_STARTED = "STARTED"
_PRIMARY = "PRIMARY"


class _Unclear(Exception):
    """A number that cannot be given; the message says why."""


# What reading a part of another shape than the registry describes can raise.
_UNREADABLE = (_Unclear, UnexpectedShape, LookupError, TypeError, ValueError, AttributeError)


def participant_counts(study: Study, trial: Trial) -> tuple[ParticipantCount, ...]:
    """The numbers that the current record gives, by stage; those of results only where it has them.

    *trial* are the facts of *study*.

    >>> started = {"type": "STARTED", "achievements": [{"groupId": "FG000", "numSubjects": "12"}]}
    >>> flow = {"groups": [{"id": "FG000"}], "periods": [{"milestones": [started]}]}
    >>> study = {"resultsSection": {"participantFlowModule": flow}}
    >>> facts = {"enrollment": 14, "enrollment_type": "ACTUAL"}
    >>> [(str(n.stage), n.people) for n in participant_counts(study, Trial("NCT1", facts))]
    [('enrolled', 14), ('started', 12)]
    """
    counts = [*_enrollment(trial)]
    if get_path(study, "resultsSection") is not None:
        counts += _counted(Stage.STARTED, study, _FLOW, _started)
        counts += _counted(Stage.BASELINE, study, _BASELINE, _baseline)
        counts += _analysed(study, _number_at(Stage.STARTED, counts))
    return tuple(counts)


def stages_of(number: int, counts: Iterable[ParticipantCount]) -> tuple[ParticipantCount, ...]:
    """The counts that are *number*, in the order of a trial: all of them where several tie."""
    return tuple(count for count in counts if count.people == number)


def matching_sentence(number: int, counts: Iterable[ParticipantCount]) -> str | None:
    """A sentence that names the numbers of the record which a table's *number* equals; or None.

    It explains a difference, and leaves the verdict as it is.

    >>> analysed = ParticipantCount(Stage.ANALYSED, 14, "Pain")
    >>> matching_sentence(14, [ParticipantCount(Stage.ENROLLED, 20), analysed])
    '14 is the number analysed for the primary outcome “Pain”.'
    """
    matches = stages_of(number, counts)
    outcomes = [match.outcome for match in matches if match.outcome is not None]
    phrases = [str(match.stage) for match in matches if match.outcome is None]
    if outcomes:
        phrases.append(f"{Stage.ANALYSED} for {_outcomes_in_words(outcomes)}")
    return f"{number:,} is the number {join_and(phrases)}." if phrases else None


def _outcomes_in_words(outcomes: Sequence[str]) -> str:
    if len(outcomes) == 1:
        return f"the primary outcome “{sanitize(outcomes[0], _LONGEST_TITLE)}”"
    return plural(len(outcomes), "primary outcome")


def _enrollment(trial: Trial) -> Iterable[ParticipantCount]:
    enrolled = trial["enrollment"]
    if isinstance(enrolled, int):
        is_final = trial["enrollment_type"] == "ACTUAL"
        yield ParticipantCount(Stage.ENROLLED if is_final else Stage.PLANNED, enrolled)


def planned_count(trial: Trial, stage: Stage, version: int) -> ParticipantCount | None:
    """The number of people that an early *version* of a record planned, or gave without a kind.

    *trial* are the facts of that version, *version* counts from 1. None where it gave no number, or
    gave one that was final already.
    """
    planned = trial["enrollment"]
    if not isinstance(planned, int) or trial["enrollment_type"] == "ACTUAL":
        return None
    return ParticipantCount(stage, planned, version=version)


def _counted(stage: Stage, study: Study, path: str, read: _Read) -> Iterable[ParticipantCount]:
    """The number of people at *path*; none without such a part of the record."""
    part = _part(study, path)
    if part is None:
        return
    try:
        count, note = read(part)
        yield ParticipantCount(stage, count, reason=note)
    except _UNREADABLE as error:
        yield ParticipantCount(stage, None, reason=_why(error))


def _started(flow: Mapping[str, Any]) -> tuple[int, str | None]:
    """People who started the first period, and a note where groups enter in a later one.

    Later periods are mostly the same people again, so only the first can be summed up.
    """
    periods = [_started_by_group(period) for period in flow["periods"]]
    if not periods or not periods[0]:
        raise _Unclear("the first period does not say how many started")
    groups = _titles(flow)
    entered = {group for group, number in periods[0].items() if number}
    later = {group for period in periods[1:] for group, number in period.items() if number}
    note = "in the first period; more groups enter in later ones" if later - entered else None
    return _sum_over_groups(periods[0], groups), note


def _started_by_group(period: Mapping[str, Any]) -> dict[str, int]:
    for milestone in period["milestones"]:
        if milestone["type"] == _STARTED:
            # A group that a period does not concern has an entry without a number.
            return {
                entry["groupId"]: _people(entry["numSubjects"])
                for entry in milestone["achievements"]
                if entry.get("numSubjects") is not None
            }
    return {}


def _baseline(part: Mapping[str, Any]) -> tuple[int, str | None]:
    return _sum_over_groups(_people_by_group(part), _titles(part)), None


def _number_at(stage: Stage, counts: Iterable[ParticipantCount]) -> int | None:
    return next((count.people for count in counts if count.stage is stage), None)


def _analysed(study: Study, started: int | None) -> Iterable[ParticipantCount]:
    """The people analysed for each primary outcome with results.

    The groups of an outcome may overlap (“all who were treated”, “those of them with …”). Together
    they then hold more people than *started*.
    """
    for result in _parts(study, _OUTCOMES):
        if result.get("type") != _PRIMARY or result.get("reportingStatus") == "NOT_POSTED":
            continue
        title = result.get("title")
        title = title if isinstance(title, str) else ""
        try:
            counts = _people_by_group(result)
            count = _sum_over_groups(counts, _titles(result))
            if started is not None and count > started and len(counts) > 1:
                raise _Unclear(f"its groups overlap: they add up to {count}, and {started} started")
            yield ParticipantCount(Stage.ANALYSED, count, title)
        except _UNREADABLE as error:
            yield ParticipantCount(Stage.ANALYSED, None, title, _why(error))


def _part(study: Study, path: str) -> Mapping[str, Any] | None:
    part = find_path(study, path)
    return part if isinstance(part, Mapping) else None


def _parts(study: Study, path: str) -> list[Mapping[str, Any]]:
    parts = find_path(study, path)
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, _Unclear) else "the record has an unexpected format"


def _people_by_group(part: Mapping[str, Any]) -> dict[str, int]:
    """The number of people in each group of a baseline or of an outcome."""
    units = [denominator["units"] for denominator in part["denoms"]]
    for denominator in part["denoms"]:
        if str(denominator["units"]).strip().lower() == _PEOPLE:
            return {entry["groupId"]: _people(entry["value"]) for entry in denominator["counts"]}
    raise _Unclear(f"counted in {', '.join(map(str, units))}" if units else "no number is given")


def _titles(part: Mapping[str, Any]) -> dict[str, str]:
    return {group["id"]: str(group.get("title", "")) for group in part["groups"]}


def _sum_over_groups(counts: Mapping[str, int], titles: Mapping[str, str]) -> int:
    """The people of all groups: those of the group that is titled as their total, if one is.

    A group called "All patients" may also be one that nobody is in yet, as it begins with a later
    period; then it has 0, which adds nothing.
    """
    everybody = sum(counts.values())
    totals = [
        group
        for group, number in counts.items()
        if number
        and _is_total(titles.get(group, ""), adds_up=len(counts) > 2 and 2 * number == everybody)
    ]
    others = [number for group, number in counts.items() if group not in totals]
    if len(totals) != 1 or not others:
        return everybody
    total = counts[totals[0]]
    if total < max(others):
        raise _Unclear(f"its total, {total}, is smaller than one of its groups")
    return total


def _is_total(title: str, *, adds_up: bool) -> bool:
    words = title.strip().lower()
    is_total = words in _TOTAL_TITLES or _TOTAL.match(words) is not None
    return is_total or (adds_up and words.startswith("total "))


def _people(printed: Any) -> int:
    """A number of people as results print it: `1,553` is 1553; ValueError for `NA`."""
    if isinstance(printed, bool) or not isinstance(printed, int | str):
        raise TypeError(f"{printed!r} is not a number of people")
    digits = printed.replace(",", "").strip() if isinstance(printed, str) else str(printed)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 10):
        raise _Unclear(f"“{str(printed)[:20]}” is not a number of people")
    return int(digits)
