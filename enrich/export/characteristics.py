"""What a systematic review states about a registered trial, in the fields of Cochrane's reviews.

The sources are the flat facts of a trial and, where it is at hand, its whole record. Contacts are a
link: no name, address or number of a person is taken from a record.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from enrich.compare.display import fact_text
from enrich.dates import long_day
from enrich.export.phrases import REGISTRY, clean, last_update, why_not_confirmed
from enrich.models import Answer, ReportRow, Study, Trial
from enrich.record import urls as links
from enrich.record.children import entries
from enrich.record.names import OTHER_FIELDS
from enrich.record.paths import find_path
from enrich.text import join_and, plural

# Longer texts are cut, and a link leads to the full text: no cell is longer than a page.
_MOST_CHARACTERS = 1500
_LONGEST_ENTRY = 600
_MOST_OUTCOMES = 15
_MOST_ARMS = 12
_MOST_CONDITIONS = 12

# The registry writes its long texts in Markdown, and escapes characters: `\>= 18`, `\[HCC\]`.
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()<>#+.!|~=-])")


@dataclass(frozen=True)
class Registration:
    """A trial of the table, once, however many rows name it.

    *nct_id* is the id of its record, *printed* are the ids under which the table names it, and
    *positions* its rows. *study* is the newest stored record, empty where none is at hand. *doubt*
    says why the copy is not confirmed.
    """

    nct_id: str
    printed: tuple[str, ...]
    positions: tuple[int, ...]
    trial: Trial | None
    study: Study
    answer: Answer | None = None
    as_of: str | None = None
    doubt: str | None = None

    @property
    def url(self) -> str:
        return links.record_url(self.nct_id)

    def text(self, field: str) -> str:
        """The fact *field* in words; empty where there is none."""
        fact = self.trial[field] if self.trial else None
        return "" if fact is None else clean(fact_text(field, fact))

    def other(self, name: str) -> str:
        """The text *name* of OTHER_FIELDS with its line ends; empty where there is none."""
        return other_text(self.study, name)

    def entries(self, name: str) -> list[Mapping[str, Any]]:
        """The entries of the list *name*."""
        return entries(self.study, name)


def other_text(study: Study, name: str) -> str:
    """The text *name* of OTHER_FIELDS in *study*, with its line ends; empty where there is none."""
    value = find_path(study, OTHER_FIELDS[name].path)
    return _ESCAPED.sub(r"\1", value) if isinstance(value, str) else ""


def registrations(
    rows: Iterable[ReportRow], studies: Mapping[str, Study]
) -> Iterator[Registration]:
    """The trials that *rows* name, each once, in the order of the table.

    *rows* are gone through twice. *studies* are the stored records by the ids of their trials.
    """
    places: dict[str, dict[tuple[str, int], None]] = {}
    for row in rows:
        if row.trial_id:
            place = (str(row.nct_id), row.row.position)
            places.setdefault(row.trial_id, {})[place] = None
    for row in rows:
        if row.trial_id and (of_trial := places.pop(row.trial_id, None)):
            yield _registration(row.trial_id, row, [*of_trial], studies.get(row.trial_id, {}))


def _registration(
    nct_id: str, first: ReportRow, places: Sequence[tuple[str, int]], study: Study
) -> Registration:
    """The trial of the row *first*; *places* are printed ids with the positions of their rows."""
    return Registration(
        nct_id,
        tuple(dict.fromkeys(printed for printed, _ in places)),
        tuple(dict.fromkeys(position for _, position in places)),
        first.trial,
        study,
        first.answer,
        first.as_of,
        why_not_confirmed(first),
    )


# --- the fields of Cochrane's "characteristics of ongoing studies"


def study_name(registration: Registration) -> str:
    """The public title, the acronym and the official title."""
    title = registration.text("brief_title") or registration.nct_id
    acronym = registration.text("acronym")
    official = registration.text("official_title")
    named = f"{title} ({acronym})" if acronym and acronym not in title else title
    return f"{named}\n{official}" if official and official != title else named


def methods(registration: Registration) -> str:
    """The design: allocation, model, masking, phase, purpose."""
    masked = registration.text("who_masked")
    masking = registration.text("masking")
    parts = (
        registration.text("study_type"),
        _labelled("allocation", registration.text("allocation")),
        _labelled("design", registration.text("intervention_model")),
        _labelled("masking", f"{masking} ({masked})" if masking and masked else masking),
        _phase(registration),
        _labelled("purpose", registration.text("primary_purpose")),
    )
    lines = ["; ".join(part for part in parts if part).capitalize()]
    lines += [_shortened(registration, registration.other("model_description"))]
    return _lines(lines)


def _phase(registration: Registration) -> str:
    phases = registration.trial["phases"] if registration.trial else None
    return "" if not phases or phases == ("NA",) else registration.text("phases").lower()


def participants(registration: Registration) -> str:
    """The conditions, the number, sex and age, and the criteria of the record."""
    lines = [
        _labelled("Conditions", _conditions(registration)),
        _labelled("Number of participants", _number(registration)),
        _labelled("Sex", registration.text("sex")),
        _labelled("Age", _ages(registration)),
        _labelled("Healthy volunteers", registration.text("healthy_volunteers")),
        _labelled("Countries", _countries(registration)),
        _shortened(registration, registration.other("eligibility_criteria")),
    ]
    return _lines(lines)


def _conditions(registration: Registration) -> str:
    conditions = registration.trial["conditions"] if registration.trial else None
    if not isinstance(conditions, tuple):
        return ""
    more = len(conditions) - _MOST_CONDITIONS
    shown = "; ".join(conditions[:_MOST_CONDITIONS])
    return f"{shown}; and {more} more" if more > 0 else shown


def _number(registration: Registration) -> str:
    number, kind = registration.text("enrollment"), registration.text("enrollment_type")
    return f"{number} ({kind})" if number and kind else number


def _ages(registration: Registration) -> str:
    lowest, highest = registration.text("minimum_age"), registration.text("maximum_age")
    if lowest and highest:
        return f"{lowest} to {highest}"
    return f"{lowest} and older" if lowest else f"up to {highest}" if highest else ""


def _countries(registration: Registration) -> str:
    countries = registration.trial["countries"] if registration.trial else None
    return join_and(dict.fromkeys(countries)) if isinstance(countries, tuple) else ""


def interventions(registration: Registration) -> str:
    """The arms, each with what its participants receive; without arms the interventions alone."""
    arms = registration.entries("arms")
    lines = [*map(_arm, arms[:_MOST_ARMS]), *_more(registration, arms, _MOST_ARMS, "arm")]
    described = [
        f"{entry['name']}: {clean(entry['description'], _LONGEST_ENTRY)}"
        for entry in registration.entries("interventions")
        if entry["description"]
    ]
    if not arms and not described:
        return registration.text("interventions")
    return _lines([*lines, *described])


def _arm(arm: Mapping[str, Any]) -> str:
    """`Warm milk (experimental): milk, 200 ml. Dietary Supplement: milk`."""
    kind = f" ({arm['type'].replace('_', ' ').lower()})" if arm["type"] else ""
    described = (arm["description"] or "").rstrip(". \n")
    given = ". ".join(filter(None, (described, arm["interventions"])))
    return f"{arm['label'] or 'Arm'}{kind}{clean(f': {given}', _LONGEST_ENTRY) if given else ''}"


def outcomes(registration: Registration) -> str:
    """The primary and the secondary outcomes with their time frames."""
    lines = []
    for name, heading in (("primary_outcomes", "Primary"), ("secondary_outcomes", "Secondary")):
        found = registration.entries(name)
        if found:
            lines.append(f"{heading}:")
            lines += [f"- {_outcome(entry)}" for entry in found[:_MOST_OUTCOMES]]
            lines += _more(registration, found, _MOST_OUTCOMES, "outcome")
    return _lines(lines)


def _outcome(entry: Mapping[str, Any]) -> str:
    frame = f" ({clean(entry['time_frame'], 200)})" if entry["time_frame"] else ""
    return f"{clean(entry['measure'] or '', 300)}{frame}"


def starting_date(registration: Registration) -> str:
    """`1 March 2024 (planned)`."""
    return _date(registration, "start_date")


def _date(registration: Registration, field: str) -> str:
    day = registration.trial.text(field) if registration.trial else None
    planned = registration.trial and registration.trial.text(f"{field}_type") == "ESTIMATED"
    return "" if not day else f"{long_day(day)}{' (planned)' if planned else ''}"


def contact(registration: Registration) -> str:
    """The sponsor, and a link to the contacts of the record."""
    sponsor = _labelled("Sponsor", registration.text("lead_sponsor"))
    return _lines([sponsor, f"Contacts: {registration.url}#contacts-and-locations"])


def notes(registration: Registration) -> str:
    """The status and why, the planned end, other ids, the version of the record, and doubts."""
    others = [entry["secondary_id"] for entry in registration.entries("secondary_ids")]
    printed = [nct_id for nct_id in registration.printed if nct_id != registration.nct_id]
    return _lines(
        [
            _labelled("Status", _state(registration)),
            _labelled("Reason", registration.text("why_stopped")),
            _labelled("Primary completion", _date(registration, "primary_completion_date")),
            _labelled("Completion", _date(registration, "completion_date")),
            _labelled("Results posted", registration.text("has_results")),
            _labelled("Other ids", clean(join_and(filter(None, others[:10])))),
            _labelled("Named in the table as", join_and(printed)),
            source(registration),
        ]
    )


def _state(registration: Registration) -> str:
    """The recruitment status, or that the record is no longer there."""
    if registration.answer == Answer.GONE:
        return "removed from the registry"
    return registration.text("overall_status")


def source(registration: Registration) -> str:
    """`ClinicalTrials.gov NCT…, last update …, accessed …`, or why that is not confirmed."""
    if registration.trial is None or registration.answer == Answer.GONE:
        return f"{REGISTRY} {registration.nct_id}: {registration.doubt or 'removed'}"
    access = (
        f"not confirmed: {registration.doubt}"
        if registration.doubt
        else f"accessed {long_day(registration.as_of or '')}"
    )
    return f"{REGISTRY} {registration.nct_id}, {last_update(registration.trial)}, {access}"


# --- texts


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if text else ""


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(clean(line) for text in lines for line in text.split("\n") if line.strip())


def _shortened(registration: Registration, text: str) -> str:
    """*text* with its line ends; where it is long, whole lines of it and a link to the rest."""
    kept: list[str] = []
    room = _MOST_CHARACTERS
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for line in lines:
        if len(line) > room:
            kept += [clean(line, room)] if not kept and room > 1 else []
            return "\n".join([*kept, f"… Full text: {registration.url}"])
        kept.append(line)
        room -= len(line)
    return "\n".join(kept)


def _more(registration: Registration, found: Sequence[Any], shown: int, word: str) -> Iterator[str]:
    if len(found) > shown:
        yield f"… and {plural(len(found) - shown, f'further {word}')}: {registration.url}"


# --- the whole table

# The fields of a study in this table, in Cochrane's order and words: RevMan 5 User Guide, and
# Cochrane Handbook, "Characteristics of ongoing studies".
CHARACTERISTICS: Mapping[str, Callable[[Registration], str]] = {
    "Study name": study_name,
    "Methods": methods,
    "Participants": participants,
    "Interventions": interventions,
    "Outcomes": outcomes,
    "Starting date": starting_date,
    "Contact information": contact,
    "Notes": notes,
}

_ENDED = frozenset(
    ("COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING")
)


def is_ongoing(registration: Registration) -> bool:
    """Whether the record does not state that the trial has ended, or never began."""
    trial = registration.trial
    return registration.answer != Answer.GONE and not (
        trial and trial.text("overall_status") in _ENDED
    )


def left_out(registrations: Iterable[Registration]) -> str:
    """Which trials the table of ongoing studies leaves out, and why; empty for none."""
    ended = [
        f"{registration.nct_id} ({_state(registration)})"
        for registration in registrations
        if not is_ongoing(registration)
    ]
    return f"Left out, as no longer ongoing: {'; '.join(ended)}." if ended else ""
