"""Registry facts shown beside a cell without a verdict, where two texts can be put side by side but
not be called equal.

"consistent", "not consistent" and "unknown" are the most that is ever said of such a pair.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from enrich.compare import vocabulary
from enrich.models import ContextNote, Row, Study, Table
from enrich.record.children import RESULT_TYPES, entries
from enrich.record.fields import trial_of
from enrich.text import lazy_pattern, normalize_label


@dataclass(frozen=True)
class _Context:
    """What the registry says, and what can be said of the two together."""

    registry: str
    note: str | None = None


ContextReader = Callable[[str, Study], _Context | None]


def context_of_row(table: Table, row: Row, study: Study, nct_id: str) -> list[ContextNote]:
    """The registry facts to show beside the cells of *row*.

    None where the registry has nothing, or where the row names several trials.
    """
    if len(row.nct_ids) > 1:
        return []
    found = (
        (
            column.name,
            name,
            row.cells[column.name],
            CONTEXT_FIELDS[name](row.cells[column.name], study),
        )
        for column in table.columns
        for name in column.shows
    )
    return [
        ContextNote(column, name, cell, context.registry, nct_id, context.note)
        for column, name, cell, context in found
        if context
    ]


# --- follow-up against the time frames of the outcomes

_DAYS = {"day": 1.0, "week": 7.0, "month": 365 / 12, "year": 365.0}
# Every repetition has a bound, so that no text, however long or malicious, takes more than its
# length to read.
_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_DURATION = lazy_pattern(
    rf"(?<![\d.])(?P<numbers>{_NUMBER}(?:\s{{0,9}}(?:±|,|and|to|or|-|–|/"
    rf"|&)\s{{0,9}}{_NUMBER}){{0,20}})[\s-]{{0,9}}(?P<unit>day|week|month|year)s?\b"
    rf"(?:\s{{0,9}}\((?P<range>{_NUMBER}\s?[-–]\s?{_NUMBER})\))?",
    re.I,
)
_UNIT_FIRST = lazy_pattern(
    rf"\b(?P<unit>day|week|month|year)s?\s{{1,9}}(?P<numbers>{_NUMBER}"
    rf"(?:\s{{0,9}}(?:,|and|to|or|-|–|/|&)\s{{0,9}}{_NUMBER}){{0,20}})",
    re.I,
)
# Twelve weeks and three months are the same plan; twelve weeks and four months are not.
_TOLERANCE = 0.1


def longest(text: str) -> tuple[float, str] | None:
    """The longest duration that *text* names, in days and as printed; None if it names none."""
    found = [
        (_days(match["numbers"], match["unit"]), match[0])
        for match in (*_DURATION.finditer(text), *_UNIT_FIRST.finditer(text))
    ]
    return max(found, default=None)


def _days(numbers: str, unit: str) -> float:
    mean = numbers.split("±")[0]
    return max(float(number) for number in re.findall(r"\d+(?:\.\d+)?", mean)) * _DAYS[unit.lower()]


def time_frames(cell: str, study: Study) -> _Context | None:
    """Printed follow-up beside the longest time frame of any outcome;
    what was observed (± …) is not held against the plan.
    """
    outcomes = (
        outcome
        for name in ("primary_outcomes", "secondary_outcomes", "other_outcomes")
        for outcome in entries(study, name)
    )
    frames = [frame for outcome in outcomes if (frame := outcome["time_frame"])]
    if not frames:
        return None
    planned = max((length for frame in frames if (length := longest(frame))), default=None)
    registry = next((frame for frame in frames if planned and longest(frame) == planned), frames[0])
    printed = longest(cell)
    if not printed or not planned or "±" in cell:
        return _Context(registry, "unknown" if cell.strip() else None)
    consistent = abs(printed[0] - planned[0]) <= _TOLERANCE * max(printed[0], planned[0])
    return _Context(
        registry,
        "consistent"
        if consistent
        else f"not consistent: printed {printed[1]}, registered {planned[1]}",
    )


# --- treatment

# A web page or a paste loses superscripts: "50 × 106 cells" was 50 × 10^6. Without the sign it is
# only likely.
_DOSE = lazy_pattern(
    r"(?:(?<!\d)(?P<factor>\d{1,9}(?:\.\d{1,9})?(?:\s?[-–]\s?\d{1,9}(?:\.\d{1,9})?)?)|\))\s?"
    r"(?:×|x|\*)\s?10(?:\^|\*\*)?(?P<power>[4-9])(?!\d)",
    re.I,
)
_BARE_POWER = lazy_pattern(r"(?<![\d.×x^])\b10\^?(?P<power>[4-9])(?=\s*cells)", re.I)


def doses(text: str) -> list[str]:
    """The doses of cells that *text* prints, with their lost superscripts put back:
    a reading, never a correction.
    """
    sure = [f"{match['factor'] or '…'} × 10^{match['power']}" for match in _DOSE.finditer(text)]
    return sure + [
        f"probably 10^{match['power']}" for match in _BARE_POWER.finditer(_DOSE.sub(" ", text))
    ]


def interventions(cell: str, study: Study) -> _Context | None:
    """What is given, as registered, beside the printed treatment; doses beside doses."""
    given = entries(study, "interventions")
    if not given:
        return None
    named = "; ".join(
        f"{vocabulary.code_label('study_type', entry['type'] or '')}: {entry['name'] or ''}"
        for entry in given
    )
    registered = doses(
        " ".join(entry["description"] or "" for entry in (*given, *entries(study, "arms")))
    )
    read = [f"printed dose reads {', '.join(doses(cell))}"] if doses(cell) else []
    return _Context(
        named,
        "; ".join(
            [
                *read,
                *(
                    [f"registered dose {', '.join(dict.fromkeys(registered))}"]
                    if registered
                    else []
                ),
            ]
        )
        or None,
    )


def keywords(cell: str, study: Study) -> _Context | None:
    words = trial_of(study)["keywords"]
    return _Context("; ".join(words)) if isinstance(words, tuple) else None


# --- publications

_CITED = lazy_pattern(
    r"(?<![\w'’-])(?P<name>[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,6})(?:\s[A-Z]\.){0,6}"
    r"(?:\s(?:et al\.?|and [A-Z][\w'’-]+))?,?\s*\(?(?P<year>(?:19|20)\d\d)\b"
)


def publications(cell: str, study: Study) -> _Context | None:
    """The cited works among the record's publications, by surname and year;
    with their PMID where the registry has it.
    """
    recorded = entries(study, "publications")
    cited = [(match["name"], match["year"]) for match in _CITED.finditer(cell)]
    if not recorded:
        return None
    found = [
        f"{name} {year}: {_pmid(cites)}"
        for name, year in cited
        if (cites := _citation_of(name, year, recorded))
    ]
    missing = [f"{name} {year}" for name, year in cited if not _citation_of(name, year, recorded)]
    results = [
        _pmid(entry)
        for entry in recorded
        if entry["type"] in RESULT_TYPES
        and not any(entry is _citation_of(*work, recorded) for work in cited)
    ]
    notes = [
        *found,
        *([f"not in the record: {', '.join(missing)}"] if missing else []),
        *([f"in the record, not cited: {', '.join(results)}"] if results else []),
    ]
    return _Context(f"{len(recorded)} in the record", "; ".join(notes) or None)


def _citation_of(
    name: str, year: str, recorded: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The recorded work of this first author and year, if there is just one such."""
    same = [
        entry
        for entry in recorded
        if normalize_label(entry["citation"] or "").startswith(f"{normalize_label(name)} ")
        and year in (entry["citation"] or "")
    ]
    return same[0] if len(same) == 1 else None


def _pmid(publication: Mapping[str, Any]) -> str:
    retracted = ", RETRACTED" if publication["is_retracted"] else ""
    pmid, citation = publication["pmid"], publication["citation"] or ""
    return f"PMID {pmid}{retracted}" if pmid else f"{citation[:60] or 'no citation'}{retracted}"


# --- sexes, results

_SEXES = lazy_pattern(r"\(\s?(?P<male>\d{1,9})\s?/\s?(?P<female>\d{1,9})\s?\)")


def sex(cell: str, study: Study) -> _Context | None:
    """Printed men/women beside who may take part."""
    eligible, counted = trial_of(study).text("sex"), _SEXES.search(cell)
    if eligible is None or not counted:
        return None
    registry = vocabulary.code_label("sex", eligible)
    excluded = {"FEMALE": int(counted["male"]), "MALE": int(counted["female"])}.get(eligible, 0)
    return _Context(
        registry,
        "not consistent: the table counts participants whom the record excludes"
        if excluded
        else "consistent",
    )


def has_results(cell: str, study: Study) -> _Context | None:
    """For columns on safety or effectiveness: whether the registry has results to compare with."""
    trial = trial_of(study)
    if trial["has_results"] is None:
        return None
    posted = trial.text("results_first_posted")
    return _Context(
        f"results are posted{f' since {posted}' if posted else ''}"
        if trial["has_results"]
        else "no results posted"
    )


CONTEXT_FIELDS: Mapping[str, ContextReader] = {
    "time_frames": time_frames,
    "interventions": interventions,
    "keywords": keywords,
    "publications": publications,
    "sex": sex,
    "has_results": has_results,
}
