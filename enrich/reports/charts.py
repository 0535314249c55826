"""Pictures worked out from a report: where each mark stands, in percent of the width, and the same in words. Templates draw them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from enrich.dates import first_day
from enrich.models import (
    PromisedCompletion,
    Report,
    ReportRow,
    ReportTable,
    Trial,
    TrialTimeline,
    Verdict,
)
from enrich.reports.summary import nct, title

# More trials than these make a picture that nobody reads; those with something to tell come first.
MOST_TRIALS = 40
MOST_SLIPS = 12
_MOST_TICKS = 6
_LEAST_DAYS = 30
_EDGE = 1.5  # percent of the width left free at both ends


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Span:
    """A line from one place to another; a planned one is dashed."""

    begin: float
    end: float
    planned: bool


@dataclass(frozen=True)
class Mark:
    """A point; *kind* names how it is drawn."""

    at: float
    kind: str
    label: str


@dataclass(frozen=True)
class Line:
    """One line of a picture: a label, what is drawn below it, and the same as cells of a table."""

    label: str
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    cells: tuple[str, ...]


# fmt: off
_COURSES = (
    ("solid", "happened, as far as the record tells"), ("dashed", "planned, or not said to have happened"), ("looked", "the authors looked"), ("change", "change seen"), ("today", "the day of this report"),
)
_PEOPLE = (("planned", "planned"), ("actual", "enrolled"), ("looked", "printed in the table"))
_DATES = (("planned", "the day from which the record said so"), ("change", "the completion date it gave"))
# fmt: on


@dataclass(frozen=True)
class Picture:
    """A picture with its scale, its words and the head of the table that says the same."""

    title: str
    description: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    header: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    today: float | None = None
    left_out: int = 0


def pictures(report: Report, table: ReportTable) -> list[Picture]:
    """The pictures that there is something to draw for: courses, sizes, and the dates of each trial that slipped."""
    rows = _one_each(table)
    today = date.fromisoformat((report.run.finished_at or report.run.started_at)[:10])
    drawn = [_courses(rows, report, today), _sizes(rows, report), *_slips(rows, report)]
    return [picture for picture in drawn if picture]


def _one_each(table: ReportTable) -> list[ReportRow]:
    """The first row of each trial of which a record is at hand."""
    rows: dict[str, ReportRow] = {}
    for row in table.rows:
        if row.trial and row.trial_id:
            rows.setdefault(row.trial_id, row)
    return [*rows.values()]


def _told_first(rows: Sequence[ReportRow], report: Report) -> list[ReportRow]:
    """As many rows as a picture can take, in the order of the table; the silent ones are left out first."""
    changed = {line.nct_id for line in report.changes}
    by_weight = sorted(
        rows,
        key=lambda row: (
            row.trial_id not in changed,
            not any(one.verdict == Verdict.DIFFERS for one in row.comparisons),
        ),
    )
    kept = {row.row_id for row in by_weight[:MOST_TRIALS]}
    return [row for row in rows if row.row_id in kept]


def _label(row: ReportRow) -> str:
    return " · ".join(part for part in (nct(row), title(row, 34)) if part)


# --- start to completion


def _courses(rows: Sequence[ReportRow], report: Report, today: date) -> Picture | None:
    dated = [
        row
        for row in rows
        if row.trial and (_day(row.trial, "start_date") or _day(row.trial, "completion_date"))
    ]
    shown = _told_first(dated, report)
    if not shown:
        return None
    days = [day for row in shown for day in _days(row, report)]
    place, ticks = _calendar([*days, today])
    return Picture(
        "From start to completion",
        f"The course of {len(shown)} trials on a scale of years, from {min(days).year} to {max(days).year}: a solid line as far as the record is known to be"
        " up to date, a dashed one for what was planned, a bar for the day the authors looked, a diamond for each day on which a change was seen.",
        tuple(_course(row, report, place) for row in shown),
        ticks,
        ("Trial", "Start", "Completion", "Authors looked", "Last update", "Changes seen"),
        _COURSES,
        place(today),
        len(dated) - len(shown),
    )


def _days(row: ReportRow, report: Report) -> list[date]:
    facts = [_day(row.trial, "start_date"), _day(row.trial, "completion_date")] if row.trial else []
    other = (first_day(day) for day in (row.row.accessed or "", *_seen(row, report)))
    return [day for day in (*facts, *other) if day]


def _day(trial: Trial, name: str) -> date | None:
    return first_day(trial.text(name) or "")


def _seen(row: ReportRow, report: Report) -> tuple[str, ...]:
    return report.timelines.get(row.trial_id or "", TrialTimeline()).changed_on


def _course(row: ReportRow, report: Report, place: Callable[[date], float]) -> Line:
    assert row.trial is not None
    days = [
        ("looked", row.row.accessed or "", "the authors looked on"),
        *(("change", day, "change seen on") for day in _seen(row, report)),
    ]
    marks = [
        Mark(place(day), kind, f"{words} {iso}")
        for kind, iso, words in days
        if (day := first_day(iso))
    ]
    ends = [
        _end(row.trial, "start_date", "start", place),
        _end(row.trial, "completion_date", "completion", place),
    ]
    seen = _seen(row, report)
    cells = (
        _label(row),
        _dated(row.trial, "start_date"),
        _dated(row.trial, "completion_date"),
        row.row.accessed or "not known",
    )
    told = (row.trial.text("last_update_posted") or "not known", ", ".join(seen[-6:]) or "none")
    return Line(
        _label(row),
        _spans(row.trial, place),
        (*(end for end in ends if end), *marks),
        (*cells, *told),
    )


def _end(trial: Trial, name: str, called: str, place: Callable[[date], float]) -> Mark | None:
    day = _day(trial, name)
    kind = _KINDS.get(trial.text(f"{name}_type") or "", "unsaid")
    return Mark(place(day), kind, f"{called} {_dated(trial, name)}") if day else None


_KINDS = {"ACTUAL": "actual", "ESTIMATED": "planned"}


def _dated(trial: Trial, name: str) -> str:
    kind = {"ACTUAL": "", "ESTIMATED": " (planned)"}.get(
        trial.text(f"{name}_type") or "", " (planned or actual is not said)"
    )
    return f"{trial.text(name)}{kind}" if trial.text(name) else "not given"


def _spans(trial: Trial, place: Callable[[date], float]) -> tuple[Span, ...]:
    """Solid for what happened: up to an actual completion, or to the last update of a trial that began; dashed for the rest."""
    begin, end = _day(trial, "start_date"), _day(trial, "completion_date")
    if not begin or not end:
        return ()
    known = _known_until(trial, begin, end)
    spans = (Span(place(begin), place(known), False), Span(place(known), place(end), True))
    return tuple(span for span in spans if span.end > span.begin)


def _known_until(trial: Trial, begin: date, end: date) -> date:
    if trial.text("completion_date_type") == "ACTUAL":
        return end
    updated = _day(trial, "last_update_posted")
    if trial.text("start_date_type") != "ACTUAL" or not updated:
        return begin
    return max(begin, min(end, updated))


def _calendar(days: Iterable[date]) -> tuple[Callable[[date], float], tuple[Tick, ...]]:
    """A scale over *days*, and its years."""
    known = sorted(days)
    begin, end = known[0], known[-1]
    place = _scale(begin.toordinal(), max(end.toordinal(), begin.toordinal() + _LEAST_DAYS))
    years = range(begin.year + 1, end.year + 1)
    step = next(
        (step for step in (1, 2, 5, 10, 20, 50, 100) if len(years) / step <= _MOST_TICKS), 1000
    )
    ticks = (
        Tick(place(date(year, 1, 1).toordinal()), str(year)) for year in years if year % step == 0
    )
    return lambda day: place(day.toordinal()), tuple(ticks)


def _scale(least: float, most: float) -> Callable[[float], float]:
    wide = (most - least) or 1
    return lambda value: round(_EDGE + (value - least) / wide * (100 - 2 * _EDGE), 2)


# --- planned against actual size


def _sizes(rows: Sequence[ReportRow], report: Report) -> Picture | None:
    sized = [row for row in rows if row.trial and isinstance(row.trial["enrollment"], int)]
    shown = _told_first(sized, report)
    if not shown:
        return None
    counts = [_counts(row, report) for row in shown]
    known = [number for count in counts for _, number in count]
    logarithmic = max(known) > 40 * max(1, sorted(known)[len(known) // 2])
    place = _number_scale(max(known), logarithmic=logarithmic)
    return Picture(
        "Participants, planned and enrolled",
        f"Numbers of participants of {len(shown)} trials from 0 to {max(known):,}{' on a scale that grows tenfold' if logarithmic else ''}: a ring for what was planned,"
        " a disc for what was enrolled, a bar for what the table prints.",
        tuple(_size(row, count, place) for row, count in zip(shown, counts, strict=True)),
        _number_ticks(max(known), place, logarithmic=logarithmic),
        ("Trial", "Planned", "Enrolled", "Printed in the table"),
        _legend(counts),
        left_out=len(sized) - len(shown),
    )


_Counts = list[tuple[str, int]]


def _counts(row: ReportRow, report: Report) -> _Counts:
    """What is known of the size of a trial: planned, actual, printed."""
    assert row.trial is not None
    size = row.trial["enrollment"]
    counts: _Counts = [
        (
            _KINDS.get(row.trial.text("enrollment_type") or "", "unsaid"),
            size if isinstance(size, int) else 0,
        )
    ]
    planned = report.timelines.get(row.trial_id or "", TrialTimeline()).planned
    if planned is not None and counts[0][0] == "actual":
        counts.insert(0, ("planned", planned))
    printed = next(
        (one.claim for one in row.comparisons if one.field == "enrollment" and one.claim), None
    )
    return [*counts, ("looked", int(printed))] if printed and printed.isdecimal() else counts


def _legend(counts: Sequence[_Counts]) -> tuple[tuple[str, str], ...]:
    unsaid = any(kind == "unsaid" for count in counts for kind, _ in count)
    return (*_PEOPLE, ("unsaid", "planned or enrolled is not said")) if unsaid else _PEOPLE


_SIZES = {
    "planned": "planned",
    "actual": "enrolled",
    "unsaid": "planned or enrolled",
    "looked": "printed",
}


def _size(row: ReportRow, counts: _Counts, place: Callable[[float], float]) -> Line:
    told = ", ".join(f"{_SIZES[kind]} {number:,}" for kind, number in counts)
    marks = tuple(
        Mark(place(number), kind, f"{_SIZES[kind]} {number:,}") for kind, number in counts
    )
    by_kind = {kind: f"{number:,}" for kind, number in counts}
    unsaid = (
        f"{by_kind['unsaid']} (planned or enrolled is not said)" if "unsaid" in by_kind else None
    )
    reached = [mark.at for mark in marks if mark.kind in ("planned", "actual")]
    spans = (
        (Span(min(reached), max(reached), False),)
        if len(reached) == 2 and reached[0] != reached[1]
        else ()
    )
    cells = (
        _label(row),
        by_kind.get("planned", "not known"),
        by_kind.get("actual") or unsaid or "not yet",
        by_kind.get("looked", "nothing"),
    )
    return Line(f"{nct(row)} · {told}", spans, marks, cells)


def _number_scale(most: int, *, logarithmic: bool) -> Callable[[float], float]:
    if not logarithmic:
        return _scale(0, most)
    place = _scale(0, math.log10(most + 1))
    return lambda number: place(math.log10(number + 1))


def _number_ticks(
    most: int, place: Callable[[float], float], *, logarithmic: bool
) -> tuple[Tick, ...]:
    if logarithmic:
        return tuple(
            Tick(place(10**power), f"{10**power:,}") for power in range(int(math.log10(most)) + 1)
        )
    step = next(
        (
            size
            for power in range(12)
            for size in (10**power, 2 * 10**power, 5 * 10**power)
            if most / size <= _MOST_TICKS - 1
        ),
        most,
    )
    return tuple(Tick(place(number), f"{number:,}") for number in range(0, most + 1, step))


# --- completion dates that slipped


def _promises(row: ReportRow, report: Report) -> list[PromisedCompletion]:
    """The completion dates that the record gave, as far as a calendar has them."""
    told = report.timelines.get(row.trial_id or "", TrialTimeline()).promises
    return [
        promise
        for promise in told
        if first_day(promise.stated_on) and first_day(promise.completion)
    ]


def _slipped(promises: Sequence[PromisedCompletion]) -> bool:
    """Whether a later completion date followed an earlier one."""
    return any(later.completion > earlier.completion for earlier, later in pairwise(promises))


def _slips(rows: Sequence[ReportRow], report: Report) -> list[Picture]:
    told = [(row, _promises(row, report)) for row in rows]
    slips = [_slip(row, promises) for row, promises in told if _slipped(promises)]
    left_out = len(slips) - MOST_SLIPS
    return (
        slips
        if left_out <= 0
        else [*slips[: MOST_SLIPS - 1], replace(slips[MOST_SLIPS - 1], left_out=left_out)]
    )


def _slip(row: ReportRow, promises: Sequence[PromisedCompletion]) -> Picture:
    days = [
        (first_day(promise.stated_on) or date.min, first_day(promise.completion) or date.min)
        for promise in promises
    ]
    place, ticks = _calendar(day for pair in days for day in pair)
    dates = [promise.completion for promise in promises]
    return Picture(
        f"Every completion date of {nct(row)}",
        f"{_label(row)} gave {len(dates)} completion dates: {', then '.join(dates)}. Each line goes from the day the record began to say so to the date it gave.",
        tuple(
            _promised(promise, place(told), place(due))
            for promise, (told, due) in zip(promises, days, strict=True)
        ),
        ticks,
        ("Said from", "Completion date"),
        _DATES,
    )


def _promised(promise: PromisedCompletion, told: float, due: float) -> Line:
    marks = (
        Mark(told, "planned", f"said on {promise.stated_on}"),
        Mark(due, "change", f"completion {promise.completion}"),
    )
    words = f"from {promise.stated_on} on: completion {promise.completion}"
    return Line(
        words,
        (Span(min(told, due), max(told, due), True),),
        marks,
        (promise.stated_on, promise.completion),
    )
