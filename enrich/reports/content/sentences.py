"""Changes and lasting failures in plain sentences, without codes and field names."""

from collections.abc import Callable, Mapping, Sequence

from enrich.changes.personal_data import without_contact_details
from enrich.compare.display import fact_from_text, fact_text
from enrich.compare.vocabulary import CODED, code_label
from enrich.dates import days_between, long_day
from enrich.models import (
    Change,
    LastingFailure,
    NoticeKind,
    PaperNews,
    ProblemKind,
    SiteEvent,
    SiteNews,
)
from enrich.papers.citations import shorten_authors
from enrich.record.fields import FIELDS, primary_field
from enrich.record.names import has_label, label
from enrich.reports.content.list_edits import list_edit_key, list_edit_sentence
from enrich.text import casefold_text, join_and, plural, sanitize

# Two wordings longer than this together are not quoted.
_LONGEST_QUOTED = 240
_LONGEST_CITATION = 120
_DAYS_PER_MONTH = 30.44


def change_sentence(group: Sequence[Change]) -> str:
    """Changes of facts that belong together (`fields.primary_field`) as one sentence.

    The subject, the trial, is left out: `started recruiting (was suspended)`.
    """
    return sanitize(_sentence(group))


def _sentence(group: Sequence[Change]) -> str:
    by_field = {change.field: change for change in group}
    main = primary_field(group[0].field)
    if len(group) > 1 and list_edit_key(group[0]):
        return list_edit_sentence(group)
    if len(by_field) < len(group) or group[0].item is not None:
        return "; ".join(_plain_sentence(change) for change in group)
    if main in _DATES:
        return _date(by_field, main)
    return _TOGETHER[main](by_field) if main in _TOGETHER else _plain_sentence(group[0])


_ByField = Mapping[str, Change]


def _plain_sentence(change: Change) -> str:
    if change.item is not None:
        return _entry_sentence(change)
    name = field_in_sentence(change.field)
    before, after = _value(change, change.before), _value(change, change.after)
    if change.before is None:
        return f"{name} now given: {after}"
    if change.after is None:
        return f"{name} no longer given (was {before})"
    if len(change.before) + len(change.after) > _LONGEST_QUOTED:
        return f"{name} reworded"
    return f"{name} changed to {after} (was {before})"


def _entry_sentence(change: Change) -> str:
    """An edit of one entry of a list, by its name."""
    entry = f"{label(change.field).lower()}: “{sanitize(change.item or '', 120)}”"
    if "." not in change.field:
        return f"{entry} {'added' if change.before is None else 'removed'}"
    values = (change.before or "", change.after or "")
    if sum(map(len, values)) > _LONGEST_QUOTED or any(value[:1] in ("{", "[") for value in values):
        return f"{entry} reworded"
    return f"{entry} changed to {_code(change.after)} (was {_code(change.before)})"


def _code(value: str | None) -> str:
    return "not given" if value is None else sanitize(fact_text("overall_status", value), 120)


def _value(change: Change, text: str | None) -> str:
    """A value in words; a date as people write it, an entry of a list by no more than its name."""
    fact = fact_from_text(text)
    if text is not None and text.startswith(("{", "[{")):
        return "see the record"
    if isinstance(fact, str) and change.field in _DATE_FIELDS:
        return day_in_sentence(fact)
    if text in _EXACTNESS and change.field not in CODED:
        return _EXACTNESS[text]
    if isinstance(fact, str) and fact.isdecimal() and change.field == "enrollment":
        return f"{int(fact):,}"
    return sanitize(fact_text(change.field, fact), 120)


# The registry estimates the day of a posting until it has happened.
_EXACTNESS = {"ESTIMATED": "estimated", "ACTUAL": "exact"}
_DATE_FIELDS = frozenset(
    name for name in FIELDS if name.endswith(("_date", "_posted", "_submitted", "_verified"))
)


def field_in_sentence(field: str) -> str:
    """The label of a field inside a sentence, in quotation marks where it is no field of ours."""
    name = label(field)
    name = name[0].lower() + name[1:] if not name[:2].isupper() else name
    return name if has_label(field) else f"“{name}”"


def day_in_sentence(day: str) -> str:
    """`2 November 2026`, `November 2026`; text that is no date as it is."""
    return long_day(day) if day else day


# --- the record


_BECAME_OF_RECORD = {
    "removed": "removed from ClinicalTrials.gov",
    "in the registry again": "back on ClinicalTrials.gov",
    "in the registry": "now on ClinicalTrials.gov",
}


def _record(by_field: _ByField) -> str:
    change = by_field["record"]
    if change.after in _BECAME_OF_RECORD:
        return _BECAME_OF_RECORD[change.after]
    return f"{sanitize(change.before or '', 40)} was merged into this record"


# --- status

# fmt: off
_BECAME = {
    "RECRUITING":              "started recruiting",
    "NOT_YET_RECRUITING":      "not yet recruiting",
    "ACTIVE_NOT_RECRUITING":   "closed to recruitment; ongoing",
    "COMPLETED":               "completed",
    "TERMINATED":              "stopped early",
    "SUSPENDED":               "suspended",
    "WITHDRAWN":               "withdrawn before anyone enrolled",
    "ENROLLING_BY_INVITATION": "enrolling by invitation only",
    "UNKNOWN":                 "status now Unknown: not updated within the registry's time limit",
}
# What a status was; only where it reads otherwise than its label.
_WAS = {"ACTIVE_NOT_RECRUITING": "closed to recruitment", "UNKNOWN": "Unknown"}
# fmt: on


def _status(by_field: _ByField) -> str:
    parts = [_became(by_field["overall_status"])] if "overall_status" in by_field else []
    reason = by_field.get("why_stopped")
    if reason and reason.after:
        words = "reason" if parts else "reason for stopping now given"
        parts.append(f"{words}: “{sanitize(reason.after, 120)}”")
    return "; ".join(parts) or "; ".join(map(_plain_sentence, by_field.values()))


def _became(change: Change) -> str:
    label = fact_text("overall_status", change.after)
    became = _BECAME.get(change.after or "", f"status now {label}")
    if change.before is None:
        return became
    was = _WAS.get(change.before, fact_text("overall_status", change.before))
    return f"{became} (was {was})"


# --- size


def _size(by_field: _ByField) -> str:
    number, kind = by_field.get("enrollment"), by_field.get("enrollment_type")
    turned = (kind.before, kind.after) if kind else None
    if number is None:
        return _SAME_SIZE.get(turned, "") or "; ".join(map(_plain_sentence, by_field.values()))
    before, after = _value(number, number.before), _value(number, number.after)
    if number.before is None or number.after is None:
        return _plain_sentence(number)
    if turned == ("ESTIMATED", "ACTUAL"):
        return f"enrolled {after} (planned {before})"
    if turned == ("ACTUAL", "ESTIMATED"):
        return f"plans {after} participants (enrolled before: {before})"
    return f"number of participants changed to {after} (was {before})"


_SAME_SIZE: Mapping[tuple[str | None, str | None] | None, str] = {
    ("ESTIMATED", "ACTUAL"): "enrolled as many as planned",
    ("ACTUAL", "ESTIMATED"): "number of participants now marked as planned (was enrolled)",
}


# --- dates

# A date field: what happened on that day, and what the date is called.
_DATES = {
    "start_date": ("started", "start"),
    "primary_completion_date": ("primary completion reached", "primary completion"),
    "completion_date": ("completion reached", "completion"),
}


def _date(by_field: _ByField, name: str) -> str:
    happened, called = _DATES[name]
    day, kind = by_field.get(name), by_field.get(f"{name}_type")
    happened_now = kind is not None and kind.after == "ACTUAL"
    if day is None:
        return f"{happened} as planned" if happened_now else f"{called} now marked as planned"
    if day.before is None or day.after is None:
        return _plain_sentence(day)
    before, after = day_in_sentence(day.before), day_in_sentence(day.after)
    if happened_now:
        return f"{happened} on {after} (planned {before})"
    return f"{called} {_moved(day.before, day.after)} {after} (was {before})"


def _moved(before: str, after: str) -> str:
    """`postponed 15 months, to`; the days may be too imprecise to count."""
    days = days_between(before, after)
    if not days:
        exactly = "more exactly" if len(after) > len(before) else "less exactly"
        return "changed to" if days is None else f"now given {exactly}:"
    if abs(days) >= 60:
        distance = plural(round(abs(days) / _DAYS_PER_MONTH), "month")
    else:
        distance = plural(abs(days), "day")
    return f"postponed {distance}, to" if days > 0 else f"brought forward {distance}, to"


# --- results and updates


def _results(by_field: _ByField) -> str:
    posted, available, submitted = (
        by_field.get(name)
        for name in ("results_first_posted", "has_results", "results_first_submitted")
    )
    if (available and available.after == "true") or (posted and posted.before is None):
        return f"results posted{_on(posted)}"
    if available and available.after != "true":
        return "results no longer posted"
    if submitted and submitted.before is None and submitted.after:
        return f"results submitted{_on(submitted)}; not posted yet"
    return "; ".join(map(_plain_sentence, by_field.values()))


def _on(change: Change | None) -> str:
    return f" on {day_in_sentence(change.after)}" if change and change.after else ""


def _update(by_field: _ByField) -> str:
    posted = by_field.get("last_update_posted")
    if posted and posted.after:
        before = f" (before: {day_in_sentence(posted.before)})" if posted.before else ""
        return f"record updated on {day_in_sentence(posted.after)}{before}"
    if "status_verified" in by_field and posted is None:
        return "record confirmed by the sponsor"
    return "; ".join(map(_plain_sentence, by_field.values()))


_TOGETHER: Mapping[str, Callable[[_ByField], str]] = {
    "record": _record,
    "overall_status": _status,
    "enrollment": _size,
    "has_results": _results,
    "last_update_posted": _update,
}


# --- failures

_SHOWN = 6


# Around the paper that a notice is about; {1} with its article.
_OF_NOTICES = {
    NoticeKind.RETRACTION: "{0} retracted",
    NoticeKind.EXPRESSION_OF_CONCERN: "expression of concern about {1}",
    NoticeKind.CORRECTION: "{0} corrected",
    NoticeKind.REINSTATEMENT: "{0} reinstated after a retraction",
}
_RESULTS_PAPER = ("results paper", "the results paper")
_OTHER_PAPER = ("another paper of the trial",) * 2


def notice_sentence(news: PaperNews) -> str:
    """A notice about a paper, as a sentence whose subject is the trial.

    `results paper retracted on 14 March 2021: PMID 24900000, Rest for tired pupils. J Rest. 2014.`
    """
    number = f"PMID {news.pmid}" if news.pmid else f"doi:{news.doi}"
    citation = shorten_authors(news.citation or "")
    paper = (sanitize(number, 100), sanitize(citation, _LONGEST_CITATION))
    return f"{notice_in_brief(news)}: {', '.join(filter(None, paper))}"


def notice_in_brief(news: PaperNews) -> str:
    """`results paper retracted on 14 March 2021`: the notice without the paper."""
    paper = _RESULTS_PAPER if news.is_results_paper else _OTHER_PAPER
    day = f" on {long_day(news.day)}" if news.day else ""
    return f"{_OF_NOTICES[news.kind].format(*paper)}{day}"


# What became of a site, and of several sites.
_OF_SITES = {
    SiteEvent.OPENED: ("opened", "opened"),
    SiteEvent.PLANNED: ("is planned", "are planned"),
    SiteEvent.STOPPED: ("stopped recruiting", "stopped recruiting"),
    SiteEvent.GIVEN_UP: ("is no longer planned", "are no longer planned"),
    SiteEvent.REMOVED: ("was taken out of the record", "were taken out of the record"),
}


def site_sentence(news: SiteNews, number: int = 1) -> str:
    """What became of a site near a watched place, or of a *number* of sites of the same name.

    `a site 12 km from Utrecht opened: Antonius Hospital, Nieuwegein (recruiting)`
    """
    place = sanitize(news.place, 80)
    is_there = casefold_text(news.city) == casefold_text(news.place.partition(",")[0])
    where = f"in {place}" if is_there else f"{max(1, round(news.km))} km from {place}"
    status = code_label("overall_status", news.status).lower() if news.status else ""
    facility = without_contact_details(news.facility)
    site = sanitize(", ".join(filter(None, (facility, news.city))), 160)
    shown = f" ({sanitize(status, 40)})" if status and news.event is not SiteEvent.REMOVED else ""
    happened = _OF_SITES[news.event][number > 1]
    sites = "a site" if number == 1 else f"{number} sites"
    return f"{sites} {where} {happened}: {site}{shown}"


def failure_sentence(failure: LastingFailure) -> str:
    """A failure that lasts, or that is over: since when, and for how many runs.

    `The registry could not be reached since 2026-11-18 06:00 UTC, 3 runs in a row (…).`
    """
    runs = f"{plural(failure.runs, 'run')} in a row"
    trials = plural(len(failure.nct_ids), "trial")
    is_registry = failure.kind == ProblemKind.UNREACHABLE
    if failure.until:
        span = f"from {_minute(failure.since)} to {_minute(failure.until)}, {runs}"
        if failure.kind == ProblemKind.PAPERS:
            return f"Papers can be looked up again. They could not {span}."
        if is_registry:
            return f"The registry answers again. It could not be reached {span}."
        ids = _shorten(failure.nct_ids)
        return f"{trials} can be checked again: {ids}. Not checked {span}."
    since = f"since {_minute(failure.since)}, {runs} ({sanitize(failure.message, 300)})"
    if failure.kind == ProblemKind.PAPERS:
        return f"Papers could not be looked up {since}."
    if is_registry:
        return f"The registry could not be reached {since}. The report uses the last good copies."
    return (
        f"{trials} could not be checked {since}: {_shorten(failure.nct_ids)}. For these the report"
        " uses the last good copies."
    )


def _minute(moment: str) -> str:
    """`2026-11-18T06:00:12+00:00` → `2026-11-18 06:00 UTC`."""
    return f"{moment[:10]} {moment[11:16]} UTC" if "T" in moment else moment


def _shorten(nct_ids: Sequence[str]) -> str:
    left_over = len(nct_ids) - _SHOWN
    return (
        f"{', '.join(nct_ids[:_SHOWN])} and {left_over} more"
        if left_over > 0
        else join_and(nct_ids)
    )
