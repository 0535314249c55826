"""Changes and lasting failures in plain sentences, without codes and field names."""

from collections.abc import Callable, Mapping, Sequence

from enrich.compare import vocabulary
from enrich.compare.display import fact_from_text, fact_text
from enrich.dates import days_between
from enrich.models import Change, LastingFailure, ProblemKind
from enrich.record.fields import primary_field
from enrich.record.names import has_label, label, part_label
from enrich.text import join_and, plural, sanitize


def change_sentence(group: Sequence[Change]) -> str:
    """Changes of facts that belong together (`fields.primary_field`) as one sentence.

    The subject, the trial, is left out: `began recruiting (was: suspended)`.
    """
    return sanitize(_sentence(group))


def _sentence(group: Sequence[Change]) -> str:
    by_field = {change.field: change for change in group}
    main = primary_field(group[0].field)
    if len(group) > MOST_ENTRIES and len(by_field) == 1 and all(change.item for change in group):
        return _many_entries(group)
    if len(by_field) < len(group) or group[0].item is not None:
        return "; ".join(_plain_sentence(change) for change in group)
    if main in _DATES:
        return _date(by_field, main)
    return _TOGETHER[main](by_field) if main in _TOGETHER else _plain_sentence(group[0])


_ByField = Mapping[str, Change]


def _plain_sentence(change: Change) -> str:
    if change.item is not None:
        return _list_entry(change)
    if (
        len(change.before or "") + len(change.after or "") > _LONGEST_QUOTED
        and change.before
        and change.after
    ):
        return f"reworded its {_name(change.field)}"
    before, after = (
        sanitize(fact_text(change.field, fact_from_text(value)), 200)
        for value in (change.before, change.after)
    )
    if change.before is None:
        return f"now gives its {_name(change.field)}: {after}"
    if change.after is None:
        return f"no longer gives its {_name(change.field)} (was: {before})"
    return f"changed its {_name(change.field)} to {after} (was: {before})"


# Two wordings longer than this together are not quoted.
_LONGEST_QUOTED = 240


def _name(field: str) -> str:
    """The label of a field inside a sentence, in quotation marks where it is no field of ours."""
    name = label(field)
    name = name[0].lower() + name[1:] if not name[:2].isupper() else name
    return name if has_label(field) else f"“{name}”"


def _record(by_field: _ByField) -> str:
    change = by_field["record"]
    if change.after == "removed":
        return "was removed from the registry"
    if change.after == "in the registry again":
        return "is in the registry again"
    return (
        f"took in {sanitize(change.before or '', 40)}, which was {sanitize(change.after or '', 60)}"
    )


# fmt: off
_BECAME = {
    "RECRUITING": "began recruiting", "NOT_YET_RECRUITING": "is not yet recruiting", "ACTIVE_NOT_RECRUITING": "no longer recruits, and goes on", "COMPLETED": "was completed",
    "TERMINATED": "was stopped early", "SUSPENDED": "was suspended", "WITHDRAWN": "was withdrawn before it enrolled anybody", "ENROLLING_BY_INVITATION": "enrols by invitation",
    "UNKNOWN": "has an unknown status: nobody updated its record in time",
}


def _status(by_field: _ByField) -> str:
    became = [_became(by_field["overall_status"])] if "overall_status" in by_field else []
    reason = by_field.get("why_stopped")
    if reason and reason.after:
        became.append(
            f"{'reason given' if became else 'gave as its reason for stopping'}: {sanitize(reason.after, 200)}"
        )
    return "; ".join(became) or "; ".join(_plain_sentence(change) for change in by_field.values())


def _became(change: Change) -> str:
    became = _BECAME.get(change.after or "", f"has the status {fact_text('overall_status', change.after)}")
    was = {None: "not given", "UNKNOWN": "unknown"}.get(
        change.before, vocabulary.code_label("overall_status", change.before or "")
    )
    return f"{became} (was: {was})"


def _size(by_field: _ByField) -> str:
    number, kind = by_field.get("enrollment"), by_field.get("enrollment_type")
    turned = (kind.before, kind.after) if kind else None
    if number is None:
        return _SAME_SIZE.get(turned, "") or "; ".join(_plain_sentence(change) for change in by_field.values())
    if number.before is None or number.after is None:
        return _plain_sentence(number)
    if turned == ("ESTIMATED", "ACTUAL"):
        return f"enrolled {number.after} of {number.before} planned"
    if turned == ("ACTUAL", "ESTIMATED"):
        return f"plans {number.after} participants (was: enrolled {number.before})"
    return f"changed its number of participants to {number.after} (was: {number.before})"


# A date field: what happened on that day, and what the date is called.
_DATES = {
    "start_date": ("started", "start"),
    "primary_completion_date": ("reached its primary completion", "primary completion"),
    "completion_date": ("reached its completion", "completion"),
}


def _date(by_field: _ByField, name: str) -> str:
    happened, called = _DATES[name]
    day, kind = by_field.get(name), by_field.get(f"{name}_type")
    happened_now = kind is not None and kind.after == "ACTUAL"
    if day is None:
        return f"{happened} as planned" if happened_now else f"now calls its {called} planned"
    if day.before is None or day.after is None:
        return _plain_sentence(day)
    if happened_now:
        return f"{happened} on {day.after} (planned: {day.before})"
    return f"moved its {called} to {sanitize(day.after, 40)}{_how_far(day.before, day.after)} (was: {sanitize(day.before, 40)})"


def _how_far(before: str, after: str) -> str:
    days = days_between(before, after)
    if not days:
        return (
            ""
            if days is None
            else ", more exactly"
            if len(after) > len(before)
            else ", less exactly"
        )
    far = plural(round(abs(days) / 30.44), "month") if abs(days) >= 60 else plural(abs(days), "day")
    return f", {far} {'later' if days > 0 else 'earlier'}"


def _results(by_field: _ByField) -> str:
    posted, there, submitted = (
        by_field.get(name)
        for name in ("results_first_posted", "has_results", "results_first_submitted")
    )
    if (there and there.after == "true") or (posted and posted.before is None):
        return f"posted results{f' on {posted.after}' if posted and posted.after else ''}"
    if there and there.after != "true":
        return "no longer shows results"
    if submitted and submitted.before is None and submitted.after:
        return f"submitted results on {submitted.after}; they are not posted yet"
    return "; ".join(_plain_sentence(change) for change in by_field.values())


def _update(by_field: _ByField) -> str:
    posted = by_field.get("last_update_posted")
    if posted is None or posted.after is None:
        return (
            "confirmed its record"
            if "status_verified" in by_field
            else "; ".join(_plain_sentence(change) for change in by_field.values())
        )
    return f"was updated on {sanitize(posted.after, 40)}{f' (before that: {sanitize(posted.before, 40)})' if posted.before else ''}"


def _list_entry(change: Change) -> str:
    """An entry of a list that was added, removed or changed."""
    name, _, part = change.field.partition(".")
    what = f"{_ENTRY_OF.get(name, _name(name))}: {sanitize(change.item or '', 160)}"
    if not part:
        return f"{_came_or_went(change)} {what}"
    if len(change.before or "") + len(change.after or "") > 160 or (
        change.before or change.after or ""
    ).startswith(("[", "{")):
        return f"{_verb(change)} the {part_label(name, part)} of {what}"
    return f"changed the {part_label(name, part)} to {_code(change.after)} (was: {_code(change.before)}) of {what}"


# More entries of a list that changed alike are counted, and only the first of them are named.
MOST_ENTRIES = 5


def _many_entries(group: Sequence[Change]) -> str:
    """Many entries of one list that changed alike: how many, and the first of them."""
    name, _, part = group[0].field.partition(".")
    entries = f"{plural(len(group), 'entry', 'entries')} in its {_name(name)}"
    did = f"changed the {part_label(name, part)} of" if part else _came_or_went(group[0])
    first = "; ".join(sanitize(change.item or "", 60) for change in group[:MOST_ENTRIES])
    return f"{did} {entries}: {first}; and {len(group) - MOST_ENTRIES} more"


def _came_or_went(change: Change) -> str:
    return "added" if change.before is None else "took out"


def _verb(change: Change) -> str:
    """A text is reworded; numbers and lists, which are JSON, are changed."""
    is_json = (change.before or change.after or "").startswith(("[", "{"))
    return "changed" if is_json else "reworded"


_ENTRY_OF = {
    "locations": "a site",
    "contacts": "a contact",
    "officials": "an investigator",
    "interventions": "an intervention",
    "arms": "an arm",
    "primary_outcomes": "a primary outcome",
    "secondary_outcomes": "a secondary outcome",
    "other_outcomes": "another outcome",
    "collaborators": "a collaborator",
    "publications": "a publication",
    "links": "a link",
    "secondary_ids": "an id",
    "documents": "a document",
    "submissions": "an entry on results under review",
    "fda_notices": "a notice of the FDA",
    "outcome_results": "a posted result",
    "baseline_results": "a baseline result",
    "flow_periods": "a period of the participant flow",
    "event_groups": "a group with adverse events",
    "serious_events": "a serious adverse event",
    "other_events": "an adverse event that is not serious",
}


def _code(value: str | None) -> str:
    return "not given" if value is None else vocabulary.code_label("overall_status", sanitize(value))


_TOGETHER: Mapping[str, Callable[[_ByField], str]] = {
    "record": _record,
    "overall_status": _status,
    "enrollment": _size,
    "has_results": _results,
    "last_update_posted": _update,
}


_SAME_SIZE: Mapping[tuple[str | None, str | None] | None, str] = {
    ("ESTIMATED", "ACTUAL"): "enrolled as many as it had planned",
    ("ACTUAL", "ESTIMATED"): "now calls its number of participants planned (was: enrolled)",
}


_SHOWN = 6


def failure_sentence(streak: LastingFailure) -> str:
    """`The registry could not be reached since 2026-11-18 06:00, 3 runs in a row (…).`, or that it is over and how long it was."""
    told = f"{plural(streak.runs, 'run')} in a row"
    if streak.until:
        span = f"from {_minute(streak.since)} to {_minute(streak.until)}, {told}"
        if streak.kind == ProblemKind.UNREACHABLE:
            return f"The registry answers again. It could not be reached {span}."
        return f"{plural(len(streak.nct_ids), 'trial')} can be checked again: {_few(streak.nct_ids)}. Not checked {span}."
    since = f"since {_minute(streak.since)}, {told} ({sanitize(streak.message, 300)})"
    if streak.kind == ProblemKind.UNREACHABLE:
        return f"The registry could not be reached {since}. What is shown rests on the last good copies."
    return f"{plural(len(streak.nct_ids), 'trial')} could not be checked {since}: {_few(streak.nct_ids)}. What is shown of them rests on the last good copies."


def _minute(moment: str) -> str:
    """`2026-11-18T06:00:12+00:00` → `2026-11-18 06:00 UTC`."""
    return f"{moment[:10]} {moment[11:16]} UTC" if "T" in moment else moment


def _few(nct_ids: Sequence[str]) -> str:
    left_over = len(nct_ids) - _SHOWN
    return (
        f"{', '.join(nct_ids[:_SHOWN])} and {left_over} more" if left_over > 0 else join_and(nct_ids)
    )
