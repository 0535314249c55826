"""Charts of the trials that changed: where each mark is, in percent of the width, and the same in
words.

Templates draw them. Every mark is in the legend, differs in its shape and not only in its colour,
and every chart names what it leaves out.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from enrich.dates import first_day
from enrich.models import (
    Answer,
    PromisedCompletion,
    Report,
    ReportRow,
    ReportTable,
    Trial,
    TrialTimeline,
    Verdict,
)
from enrich.reports.content.summary import merger, nct
from enrich.text import plural, sanitize

# More trials than these make a chart that nobody reads.
MOST_TRIALS = 40
MOST_DELAYS = 12
_MOST_TICKS = 6
_SHORTEST_CALENDAR = 30  # days
_EDGE = 1.5  # percent of the width left free at both ends
# Above this ratio of the largest number to the median, small numbers would lie on top of each
# other.
_LOGARITHMIC_FROM = 40


@dataclass(frozen=True)
class Tick:
    """A labelled place on the axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Span:
    """A line between two places; a planned one is dashed."""

    begin: float
    end: float
    planned: bool


@dataclass(frozen=True)
class Mark:
    """A point; *kind* names its shape."""

    at: float
    kind: str
    label: str


@dataclass(frozen=True)
class Line:
    """One line of a chart: a label, what is drawn below it, and the same as cells of a table."""

    label: str
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Chart:
    """A chart with its axis, its legend and the header of the table with the same content.

    *notes* say what the chart leaves out.
    """

    title: str
    description: str
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    axis: str
    header: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    today: float | None = None
    notes: tuple[str, ...] = ()


def charts(report: Report, table: ReportTable) -> list[Chart]:
    """The charts of what changed: dates, participants,
    and each completion date that was delayed.
    """
    rows = _changed_rows(report, table)
    today = date.fromisoformat((report.run.finished_at or report.run.started_at)[:10])
    drawn = [_dates_chart(rows, report, today), _participants_chart(rows, report)]
    return [*(chart for chart in drawn if chart), *_delay_charts(rows, report)]


def _changed_rows(report: Report, table: ReportTable) -> list[ReportRow]:
    """The first row of each trial that changed; in a first run, of each that differs."""
    changed = {line.nct_id for line in report.changes}
    rows: dict[str, ReportRow] = {}
    for row in table.rows:
        differs = any(comparison.verdict == Verdict.DIFFERS for comparison in row.comparisons)
        is_shown = row.trial_id in changed if report.since else differs
        if row.trial and row.trial_id and is_shown:
            rows.setdefault(row.trial_id, row)
    return [*rows.values()]


def _label(row: ReportRow) -> str:
    """The id and the title of a trial; its acronym would not help a reader."""
    title = row.trial.text("brief_title") if row.trial else None
    removed = "no longer registered" if row.answer == Answer.GONE else merger(row)
    return " · ".join(part for part in (nct(row), removed, sanitize(title or "", 32)) if part)


def _left_out(number: int, why: str) -> tuple[str, ...]:
    return (f"{plural(number, 'more trial')} not drawn: {why}.",) if number > 0 else ()


_TOO_MANY = f"a chart shows at most {MOST_TRIALS}"
_KINDS = {"ACTUAL": "actual", "ESTIMATED": "planned"}
_Legend = tuple[tuple[str, str], ...]


def _used(legend: _Legend, lines: Iterable[Line]) -> _Legend:
    """The entries of *legend* for what *lines* draw."""
    drawn = {"today"}
    for line in lines:
        drawn |= {mark.kind for mark in line.marks}
        drawn |= {"dashed" if span.planned else "solid" for span in line.spans}
    return tuple((kind, words) for kind, words in legend if kind in drawn)


# --- start to completion

_DATES_LEGEND: _Legend = (
    ("actual", "happened"),
    ("planned", "planned"),
    ("unknown", "planned or happened: not given"),
    ("solid", "up to the last update of the record"),
    ("dashed", "planned, or after the last update"),
    ("looked", "the authors looked"),
    ("change", "a change was seen"),
    ("today", "the day of this report"),
)


def _dates_chart(rows: Sequence[ReportRow], report: Report, today: date) -> Chart | None:
    dated = [
        row
        for row in rows
        if row.trial and (_day(row.trial, "start_date") or _day(row.trial, "completion_date"))
    ]
    shown = dated[:MOST_TRIALS]
    if not shown:
        return None
    days = [day for row in shown for day in _days(row, report)]
    place, ticks = _calendar([*days, today])
    lines = tuple(_dates_line(row, report, place) for row in shown)
    return Chart(
        "From start to completion",
        f"Start and completion of {plural(len(shown), 'trial')}, from {min(days).year} to"
        f" {max(days).year}: a solid line up to the last update of the record, a dashed line for"
        " what was planned, a bar for the day the authors looked, a diamond for each day on which a"
        " change was seen.",
        lines,
        ticks,
        "year",
        ("Trial", "Start", "Completion", "Authors looked", "Last update", "Changes seen"),
        _used(_DATES_LEGEND, lines),
        place(today),
        (
            *_left_out(len(dated) - len(shown), _TOO_MANY),
            *_left_out(len(rows) - len(dated), "no date in the record"),
        ),
    )


def _days(row: ReportRow, report: Report) -> list[date]:
    facts = [_day(row.trial, "start_date"), _day(row.trial, "completion_date")] if row.trial else []
    others = (first_day(day) for day in (row.row.accessed or "", *_change_days(row, report)))
    return [day for day in (*facts, *others) if day]


def _day(trial: Trial, name: str) -> date | None:
    return first_day(trial.text(name) or "")


def _change_days(row: ReportRow, report: Report) -> tuple[str, ...]:
    return report.timelines.get(row.trial_id or "", TrialTimeline()).changed_on


def _dates_line(row: ReportRow, report: Report, place: Callable[[date], float]) -> Line:
    assert row.trial is not None
    change_days = _change_days(row, report)
    days = [
        ("looked", row.row.accessed or "", "the authors looked on"),
        *(("change", day, "change seen on") for day in change_days),
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
    cells = (
        _label(row),
        _dated(row.trial, "start_date"),
        _dated(row.trial, "completion_date"),
        row.row.accessed or "unknown",
        sanitize(row.trial.text("last_update_posted") or "unknown", 40),
        ", ".join(change_days[-6:]) or "none",
    )
    return Line(
        _label(row), _spans(row.trial, place), (*(end for end in ends if end), *marks), cells
    )


def _end(trial: Trial, name: str, called: str, place: Callable[[date], float]) -> Mark | None:
    day = _day(trial, name)
    kind = _KINDS.get(trial.text(f"{name}_type") or "", "unknown")
    return Mark(place(day), kind, f"{called} {_dated(trial, name)}") if day else None


def _dated(trial: Trial, name: str) -> str:
    suffixes = {"ACTUAL": "", "ESTIMATED": " (planned)"}
    suffix = suffixes.get(trial.text(f"{name}_type") or "", " (planned or happened: not given)")
    day = trial.text(name)
    return f"{sanitize(day, 40)}{suffix}" if day else "not given"


def _spans(trial: Trial, place: Callable[[date], float]) -> tuple[Span, ...]:
    """Solid up to an actual completion or the last update of a trial that began, then dashed."""
    begin, end = _day(trial, "start_date"), _day(trial, "completion_date")
    if not begin or not end:
        return ()
    certain = _certain_until(trial, begin, end)
    spans = (Span(place(begin), place(certain), False), Span(place(certain), place(end), True))
    return tuple(span for span in spans if span.end > span.begin)


def _certain_until(trial: Trial, begin: date, end: date) -> date:
    if trial.text("completion_date_type") == "ACTUAL":
        return end
    updated = _day(trial, "last_update_posted")
    if trial.text("start_date_type") != "ACTUAL" or not updated:
        return begin
    return max(begin, min(end, updated))


def _calendar(days: Iterable[date]) -> tuple[Callable[[date], float], tuple[Tick, ...]]:
    """A scale over *days*, with ticks at years."""
    ordered = sorted(days)
    begin, end = ordered[0], ordered[-1]
    last = max(end.toordinal(), begin.toordinal() + _SHORTEST_CALENDAR)
    place = _scale(begin.toordinal(), last)
    years = range(begin.year + 1, end.year + 1)
    step = next(
        (step for step in (1, 2, 5, 10, 20, 50, 100) if len(years) / step <= _MOST_TICKS), 1000
    )
    ticks = tuple(
        Tick(place(date(year, 1, 1).toordinal()), str(year)) for year in years if year % step == 0
    )
    within_one_year = () if ticks else (Tick(place(begin.toordinal()), str(begin.year)),)
    return lambda day: place(day.toordinal()), ticks or within_one_year


def _scale(least: float, most: float) -> Callable[[float], float]:
    width = (most - least) or 1
    return lambda value: round(_EDGE + (value - least) / width * (100 - 2 * _EDGE), 2)


# --- participants

_PARTICIPANTS_LEGEND: _Legend = (
    ("planned", "planned"),
    ("actual", "enrolled"),
    ("unknown", "planned or enrolled: not given"),
    ("looked", "printed in the table"),
    ("solid", "from planned to enrolled"),
)
_COUNT_WORDS = {
    "planned": "planned",
    "actual": "enrolled",
    "unknown": "planned or enrolled",
    "looked": "printed",
}
_Counts = list[tuple[str, int]]


def _participants_chart(rows: Sequence[ReportRow], report: Report) -> Chart | None:
    sized = [row for row in rows if row.trial and isinstance(row.trial["enrollment"], int)]
    shown = sized[:MOST_TRIALS]
    if not shown:
        return None
    counts = [_counts(row, report) for row in shown]
    numbers = sorted(number for count in counts for _, number in count)
    logarithmic = numbers[-1] > _LOGARITHMIC_FROM * max(1, numbers[len(numbers) // 2])
    place = _number_scale(numbers[-1], logarithmic=logarithmic)
    lines = tuple(_counts_line(row, count, place) for row, count in zip(shown, counts, strict=True))
    scale = " on a logarithmic axis" if logarithmic else ""
    return Chart(
        "Participants: planned, enrolled and printed",
        f"Numbers of participants of {plural(len(shown), 'trial')}, from 0 to {numbers[-1]:,}"
        f"{scale}: a ring for what was planned, a disc for what was enrolled, a bar for what the"
        " table prints.",
        lines,
        _number_ticks(numbers[-1], place, logarithmic=logarithmic),
        "participants, logarithmic: each step is ten times the one before"
        if logarithmic
        else "participants",
        ("Trial", "Planned", "Enrolled", "Printed in the table"),
        _used(_PARTICIPANTS_LEGEND, lines),
        notes=(
            *_left_out(len(sized) - len(shown), _TOO_MANY),
            *_left_out(len(rows) - len(sized), "no number in the record"),
        ),
    )


def _counts(row: ReportRow, report: Report) -> _Counts:
    """What is known of the size of a trial: planned, enrolled, printed."""
    assert row.trial is not None
    size = row.trial["enrollment"]
    kind = _KINDS.get(row.trial.text("enrollment_type") or "", "unknown")
    counts: _Counts = [(kind, size if isinstance(size, int) else 0)]
    planned = report.timelines.get(row.trial_id or "", TrialTimeline()).planned
    if planned is not None and kind == "actual":
        counts.insert(0, ("planned", planned))
    claims = (
        comparison.claim
        for comparison in row.comparisons
        if comparison.field == "enrollment" and comparison.claim
    )
    printed = next(claims, None)
    return [*counts, ("looked", int(printed))] if printed and printed.isdecimal() else counts


def _counts_line(row: ReportRow, counts: _Counts, place: Callable[[float], float]) -> Line:
    words = {kind: f"{_COUNT_WORDS[kind]} {number:,}" for kind, number in counts}
    numbers = {kind: f"{number:,}" for kind, number in counts}
    marks = tuple(Mark(place(number), kind, words[kind]) for kind, number in counts)
    ends = [mark.at for mark in marks if mark.kind in ("planned", "actual")]
    moved = len(ends) == 2 and ends[0] != ends[1]
    spans = (Span(min(ends), max(ends), False),) if moved else ()
    not_given = f"{numbers['unknown']} (planned or enrolled)" if "unknown" in numbers else "not yet"
    cells = (
        _label(row),
        numbers.get("planned", "unknown"),
        numbers.get("actual", not_given),
        numbers.get("looked") or _printed_text(row),
    )
    unread = [] if "looked" in words or cells[-1] == _NOTHING else [f"printed {cells[-1]}"]
    return Line(f"{nct(row)} · {', '.join([*words.values(), *unread])}", spans, marks, cells)


_NOTHING = "nothing"


def _printed_text(row: ReportRow) -> str:
    """What the table prints about the number where that is no plain number, and is not drawn."""
    cells = (comparison.cell for comparison in row.comparisons if comparison.field == "enrollment")
    printed = sanitize(next(cells, ""), 40)
    return f"“{printed}” (not drawn)" if printed else _NOTHING


def _number_scale(most: int, *, logarithmic: bool) -> Callable[[float], float]:
    """A scale from 0; the logarithm is that of the number plus one, so that 0 has a place."""
    if not logarithmic:
        return _scale(0, most)
    place = _scale(0, math.log10(most + 1))
    return lambda number: place(math.log10(number + 1))


def _number_ticks(
    most: int, place: Callable[[float], float], *, logarithmic: bool
) -> tuple[Tick, ...]:
    if logarithmic:
        powers = (10**power for power in range(int(math.log10(most)) + 1))
        return tuple(Tick(place(number), f"{number:,}") for number in (0, *powers))
    steps = (
        size * 10**power
        for power in range(12)
        for size in (1, 2, 5)
        if most / (size * 10**power) <= _MOST_TICKS - 1
    )
    step = next(steps, most)
    return tuple(Tick(place(number), f"{number:,}") for number in range(0, most + 1, step))


# --- completion dates that were delayed

_DELAY_LEGEND: _Legend = (
    ("planned", "the day from which the record gave this date"),
    ("change", "the completion date that it gave"),
    ("dashed", "the time between the two"),
)


def _promises(row: ReportRow, report: Report) -> list[PromisedCompletion]:
    """The completion dates that the record gave, as far as they are in the calendar."""
    promises = report.timelines.get(row.trial_id or "", TrialTimeline()).promises
    return [
        promise
        for promise in promises
        if first_day(promise.stated_on) and first_day(promise.completion)
    ]


def _was_delayed(promises: Sequence[PromisedCompletion]) -> bool:
    return any(later.completion > earlier.completion for earlier, later in pairwise(promises))


def _delay_charts(rows: Sequence[ReportRow], report: Report) -> list[Chart]:
    given = [(row, _promises(row, report)) for row in rows]
    delayed = [(row, promises) for row, promises in given if _was_delayed(promises)]
    more = _left_out(len(delayed) - MOST_DELAYS, f"there are {MOST_DELAYS} such charts at most")
    shown = delayed[:MOST_DELAYS]
    return [
        _delay_chart(row, promises, more if at == len(shown) else ())
        for at, (row, promises) in enumerate(shown, 1)
    ]


def _delay_chart(
    row: ReportRow, promises: Sequence[PromisedCompletion], notes: tuple[str, ...]
) -> Chart:
    days = [
        (first_day(promise.stated_on) or date.min, first_day(promise.completion) or date.min)
        for promise in promises
    ]
    place, ticks = _calendar(day for pair in days for day in pair)
    dates = [promise.completion for promise in promises]
    lines = tuple(
        _promise_line(promise, place(given), place(due))
        for promise, (given, due) in zip(promises, days, strict=True)
    )
    return Chart(
        f"Every completion date of {_label(row)}",
        f"{_label(row)} gave {len(dates)} completion dates: {', then '.join(dates)}. Each line"
        " goes from the day on which the record began to give a date to that date.",
        lines,
        ticks,
        "year",
        ("Given from", "Completion date"),
        _used(_DELAY_LEGEND, lines),
        notes=notes,
    )


def _promise_line(promise: PromisedCompletion, given: float, due: float) -> Line:
    marks = (
        Mark(given, "planned", f"given on {promise.stated_on}"),
        Mark(due, "change", f"completion {promise.completion}"),
    )
    return Line(
        f"from {promise.stated_on} on: completion {promise.completion}",
        (Span(min(given, due), max(given, due), True),),
        marks,
        (promise.stated_on, promise.completion),
    )
