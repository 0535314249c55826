"""A proposed cell reads as the record does, and is written as the column writes."""

from calendar import month_abbr, month_name
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from enrich.compare.own_style import ColumnStyle, proposed_cell
from enrich.compare.verdicts import compare_field
from enrich.models import Column, Trial, Verdict

# Each style writes a value as some table prints it.
DATES = {
    "iso": lambda day: day.isoformat(),
    "iso month": lambda day: day.isoformat()[:7],
    "year": lambda day: str(day.year),
    "slashes": lambda day: f"{day:%Y/%m/%d}",
    "month and year": lambda day: f"{month_name[day.month]} {day.year}",
    "short month": lambda day: f"{month_abbr[day.month]} {day.year}",
    "capitals": lambda day: f"{month_abbr[day.month].upper()} {day.year}",
    "month, comma": lambda day: f"{month_name[day.month]}, {day.year}",
    "day first": lambda day: f"{day.day} {month_name[day.month]} {day.year}",
    "day first, short": lambda day: f"{day.day:02}-{month_abbr[day.month]}-{day.year}",
    "two digits": lambda day: f"{day.day:02}-{month_abbr[day.month]}-{day:%y}",
    "month first": lambda day: f"{month_name[day.month]} {day.day}, {day.year}",
    "numbers": lambda day: f"{day:%d/%m/%Y}",
    "points": lambda day: f"{day:%d.%m.%Y}",
    "month in numbers": lambda day: f"{day:%m/%Y}",
    "words around": lambda day: f"{month_name[day.month]} {day.year} (anticipated)",
}
NUMERALS = {
    "PHASE1": ("1", "I"),
    "PHASE2": ("2", "II"),
    "PHASE3": ("3", "III"),
    "PHASE4": ("4", "IV"),
}
PHASES = [
    ["PHASE1"],
    ["PHASE2"],
    ["PHASE3"],
    ["PHASE4"],
    ["PHASE1", "PHASE2"],
    ["PHASE2", "PHASE3"],
]
PHASE_STYLES = {
    "arabic": ("Phase {}", 0, "/"),
    "roman": ("Phase {}", 1, "/"),
    "hyphen": ("Phase {}", 1, "-"),
    "small": ("phase {}", 0, "/"),
    "bare": ("{}", 0, "/"),
    "bare roman": ("{}", 1, "/"),
    "capitals": ("PHASE {}", 1, "/"),
    "trial": ("Phase {} trial", 1, "/"),
}
NUMBERS = ("{}", "n = {}", "N={}", "{} patients", "{} participants")
SEPARATED = ("{:,}", "n = {:,}", "{:,} patients")
STATUSES = {
    "RECRUITING": "recruiting",
    "COMPLETED": "completed",
    "SUSPENDED": "suspended",
    "NOT_YET_RECRUITING": "not yet recruiting",
    "ACTIVE_NOT_RECRUITING": "active, not recruiting",
}
MASKINGS = {"SINGLE": "single", "DOUBLE": "double", "TRIPLE": "triple", "QUADRUPLE": "quadruple"}
CASES = {"lower": str.lower, "capitals": str.upper, "sentence": str.capitalize}
DAYS = st.dates(date(2000, 1, 1), date(2035, 12, 31))


def proposed(field, cell, fact, kind=None, **options):
    """What is proposed for *cell*, which must agree with the record."""
    trial = Trial("NCT01813279", {field: fact, f"{field}_type": kind})
    column = Column("Column", (field,), date_order="dmy")
    text = proposed_cell(column, field, cell, trial, **options)
    assert text is not None
    assert compare_field(column, field, text, trial).verdict == Verdict.AGREES
    return text


@pytest.mark.parametrize("style", DATES)
@given(before=DAYS, after=DAYS)
def test_a_date_is_written_as_the_cell_writes_it(style, before, after):
    # A cell with May does not show how long the names of months are.
    assume(before.month != 5)
    cell = proposed("start_date", DATES[style](before), after.isoformat())
    assert cell == DATES[style](after)


@pytest.mark.parametrize("style", PHASE_STYLES)
@given(before=st.sampled_from(PHASES), after=st.sampled_from(PHASES))
def test_phases_stay_roman_or_arabic(style, before, after):
    form, at, joint = PHASE_STYLES[style]
    assume(joint == "/" or len(before) == 2)

    def write(codes):
        return form.format(joint.join(NUMERALS[code][at] for code in codes))

    assert proposed("phases", write(before), tuple(after)) == write(after)


@pytest.mark.parametrize("form", NUMBERS)
@given(before=st.integers(1, 99_999), after=st.integers(1, 99_999))
def test_a_number_keeps_what_stands_around_it(form, before, after):
    assert proposed("enrollment", form.format(before), after) == form.format(after)


@pytest.mark.parametrize("form", SEPARATED)
@given(before=st.integers(1000, 99_999), after=st.integers(1, 99_999))
def test_a_number_keeps_its_separator_of_thousands(form, before, after):
    assert proposed("enrollment", form.format(before), after) == form.format(after)


@pytest.mark.parametrize("case", CASES)
@given(before=st.sampled_from([*STATUSES]), after=st.sampled_from([*STATUSES]))
def test_a_status_keeps_its_letters(case, before, after):
    write = CASES[case]
    cell = proposed("overall_status", write(STATUSES[before]), after)
    assert cell == write(STATUSES[after])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["{}-blind", "{} blind", "{}-masked", "{}-blinded"])
@given(before=st.sampled_from([*MASKINGS]), after=st.sampled_from([*MASKINGS]))
def test_masking_keeps_its_word(form, case, before, after):
    def write(code):
        return CASES[case](form.format(MASKINGS[code]))

    assert proposed("masking", write(before), after) == write(after)


# fmt: off
MADE = [
    ("enrollment", "14 (3/11)", 20, "ESTIMATED", "20"),
    ("enrollment", "planned 14", 20, "ACTUAL", "20"),
    ("enrollment", "14 enrolled", 20, "ESTIMATED", "20"),
    ("completion_date", "Nov 2025 (estimated)", "2026-03-02", "ACTUAL", "Mar 2026"),
    ("completion_date", "Nov 2025 (estimated)", "2026-03-02", "ESTIMATED", "Mar 2026 (estimated)"),
    ("completion_date", "3 November 2025", "2026-03", "ESTIMATED", "March 2026"),
    ("completion_date", "Nov. 2025", "2026-05", "ESTIMATED", "May 2026"),
    ("phases", "Phase IIb", ("PHASE3",), None, "Phase III"),
    ("phases", "early phase 1", ("PHASE3",), None, "Phase 3"),
    ("masking", "Double-blind", "NONE", None, "Open-label"),
    ("allocation", "Randomised", "NON_RANDOMIZED", None, "Non-randomised"),
    ("minimum_age", "≥ 18 years", "21 Years", None, "≥ 21 years"),
    ("overall_status", "Active, Not Recruiting", "NOT_YET_RECRUITING", None, "Not Yet Recruiting"),
]
# fmt: on


@pytest.mark.parametrize("field, cell, fact, kind, text", MADE)
def test_a_cell_is_proposed_that_says_what_the_record_says(field, cell, fact, kind, text):
    assert proposed(field, cell, fact, kind) == text


def test_other_cells_show_what_a_cell_leaves_open():
    numbers, names = ("about 30", "1,200"), ("May 2019", "November 2020")
    assert proposed("enrollment", "14", 2345, style=ColumnStyle(lambda: numbers)) == "2,345"
    assert (
        proposed("start_date", "May 2025", "2026-03", style=ColumnStyle(lambda: names))
        == "March 2026"
    )


def test_nothing_is_proposed_where_the_record_gives_nothing():
    trial = Trial("NCT01813279", {"enrollment": None})
    assert proposed_cell(Column("N", ("enrollment",)), "enrollment", "14", trial) is None
