"""Dates keep the precision they were given; the coarser side of two covers the finer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.dates import PartialDate, days_between, first_day, read_date

# fmt: off
PRINTED = (
    pytest.param("2021-03-09",          "2021-03-09", id="ISO day"),
    pytest.param("2021-03",             "2021-03",    id="ISO month"),
    pytest.param("2021",                "2021",       id="year"),
    pytest.param("2021-03-09 00:00:00", "2021-03-09", id="with the time that a spreadsheet adds"),
    pytest.param("2021-03-09T00:00:00Z", "2021-03-09", id="ISO moment"),
    pytest.param("2021/3/9",            "2021-03-09", id="slashes, year first"),
    pytest.param("2021.03.09",          "2021-03-09", id="dots, year first"),
    pytest.param("03/2021",             "2021-03",    id="month and year in numbers"),
    pytest.param("3/2021",              "2021-03",    id="one-digit month"),
    pytest.param("March 2021",          "2021-03",    id="month and year in words"),
    pytest.param("Mar-2021",            "2021-03",    id="short month, hyphen"),
    pytest.param("Sept. 2021",          "2021-09",    id="Sept with a dot"),
    pytest.param("MARCH, 2021",         "2021-03",    id="capitals and a comma"),
    pytest.param("2021 Mar",            "2021-03",    id="year before the month's name"),
    pytest.param("March 9, 2021",       "2021-03-09", id="American"),
    pytest.param("9 March 2021",        "2021-03-09", id="British"),
    pytest.param("9th March 2021",      "2021-03-09", id="ordinal"),
    pytest.param("March 9th 2021",      "2021-03-09", id="ordinal behind"),
    pytest.param("09-Mar-2021",         "2021-03-09", id="as a statistics program prints it"),
    pytest.param("9.\u00a0March\n2021", "2021-03-09", id="no-break blank and line break"),
    pytest.param("21/01/2021",          "2021-01-21", id="the first number can only be a day"),
    pytest.param("01/21/2021",          "2021-01-21", id="the second number can only be a day"),
    pytest.param("13/12/2021",          "2021-12-13", id="the least number that can only be a day"),
    pytest.param("12/13/2021",          "2021-12-13", id="the same behind"),
    pytest.param("21.1.2021",           "2021-01-21", id="German"),
    pytest.param("03/03/2021",          "2021-03-03", id="day and month are the same"),
    pytest.param(" 29 February 2020 ",  "2020-02-29", id="leap day"),
)
# fmt: on


@pytest.mark.parametrize("printed, iso", PRINTED)
def test_dates_are_read_at_their_precision(printed, iso):
    assert read_date(printed) == PartialDate(iso)


# fmt: off
REFUSED = (
    pytest.param("03/04/2021",      "cannot be told apart", id="day and month could be either"),
    pytest.param("04/03/2021",      "cannot be told apart", id="the greater number first"),
    pytest.param("11/12/2021",      "cannot be told apart", id="November and December"),
    pytest.param("12/11/2021",      "cannot be told apart", id="December and November"),
    pytest.param("3-4-2021",        "cannot be told apart", id="the same with hyphens"),
    pytest.param("",                "not a date",           id="empty"),
    pytest.param("soon",            "not a date",           id="a word"),
    pytest.param("Marchember 2021", "not a month",          id="no month's name"),
    pytest.param("2021-13",         "not in the calendar: '2021-13'", id="thirteenth month"),
    pytest.param("30 February 2021", "not in the calendar",  id="a day that does not exist"),
    pytest.param("45/13/2021",      "not in the calendar",  id="neither can be a month"),
    pytest.param("03/21",           "not a date",           id="two-digit year"),
    pytest.param("Q1 2021",         "not a month|not a date", id="quarter"),
    pytest.param("2020-2021",       "not a date",           id="range of years"),
    pytest.param("March 2021 (estimated)", "not a date",    id="more than a date"),
    pytest.param("12345",           "not a date",           id="a number"),
    pytest.param("1821",            "not a date",           id="no year of a registered trial"),
    pytest.param("٢٠٢١",            "not a date",           id="digits of another script"),
)
# fmt: on


@pytest.mark.parametrize("printed, why", REFUSED)
def test_what_is_no_date_is_refused_with_a_reason(printed, why):
    with pytest.raises(ValueError, match=why):
        read_date(printed)


# fmt: off
PAIRS = (
    pytest.param("2021-03-09", "2021-03-09", True,  id="same day"),
    pytest.param("2021-03",    "2021-03-09", True,  id="a month covers its days"),
    pytest.param("2021-03-09", "2021-03",    True,  id="whichever side is the coarser"),
    pytest.param("2021",       "2021-03-09", True,  id="a year covers its days"),
    pytest.param("2021-03-01", "2021-03-15", False, id="two days of one month"),
    pytest.param("2021-03",    "2021-04",    False, id="two months"),
    pytest.param("2021-03",    "2020-03-09", False, id="another year"),
)
# fmt: on


@pytest.mark.parametrize("one, other, agree", PAIRS)
def test_dates_agree_where_the_coarser_covers_the_finer(one, other, agree):
    assert PartialDate(one).agrees(PartialDate(other)) is agree


# fmt: off
PADDED = (
    pytest.param("2021-03-01", "2021-03",    id="the first is padding"),
    pytest.param("2021-03-15", "2021-03-15", id="another day is not"),
    pytest.param("2021-03",    "2021-03",    id="a month stays"),
    pytest.param("2021-01",    "2021-01",    id="January is not the first of a month"),
    pytest.param("2021",       "2021",       id="a year stays"),
)
# fmt: on


@pytest.mark.parametrize("iso, month", PADDED)
def test_padding_is_taken_off(iso, month):
    assert PartialDate(iso).as_month() == PartialDate(month)


# fmt: off
APART = (
    pytest.param("2021-01-01", "2021-03-01", 59,   id="later"),
    pytest.param("2021-03-01", "2021-01-01", -59,  id="earlier"),
    pytest.param("2021-01",    "2021-03-15", 59,   id="a month and a day: by the month"),
    pytest.param("2021-12-31", "2022",       365,  id="a day and a year: by the year"),
    pytest.param("2021-03-09", "2021-03",    0,    id="the day is in the month"),
    pytest.param("2021-13",    "2021-01",    None, id="the first is in no calendar"),
    pytest.param("2021-01",    "2021-13",    None, id="the second is in none"),
)
# fmt: on


@pytest.mark.parametrize("before, after, days", APART)
def test_days_are_counted_at_the_precision_of_the_coarser(before, after, days):
    assert days_between(before, after) == days


# fmt: off
FIRST_DAYS = (
    pytest.param("2021",       date(2021, 1, 1), id="a year"),
    pytest.param("2021-03",    date(2021, 3, 1), id="a month"),
    pytest.param("2021-03-09", date(2021, 3, 9), id="a day"),
    pytest.param("2021-02-30", None,             id="a day that does not exist"),
    pytest.param("soon",       None,             id="a word"),
    pytest.param("",           None,             id="nothing"),
)
# fmt: on


@pytest.mark.parametrize("iso, day", FIRST_DAYS)
def test_the_first_day_of_a_partial_date(iso, day):
    assert first_day(iso) == day


_DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))


@given(_DAYS, st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y/%m/%d"]))
def test_a_day_in_every_unambiguous_form_is_itself(day, form):
    assert read_date(day.strftime(form)).iso == day.isoformat()


@given(_DAYS, st.sampled_from([4, 7, 10]), _DAYS, st.sampled_from([4, 7, 10]))
def test_agreement_has_no_direction_and_a_coarser_date_still_agrees(one, fine, other, coarse):
    first, second = PartialDate(one.isoformat()[:fine]), PartialDate(other.isoformat()[:coarse])
    assert first.agrees(second) == second.agrees(first)
    assert first.agrees(PartialDate(first.iso[: min(fine, coarse)]))


@given(st.text())
def test_any_text_is_a_date_or_a_value_error(text):
    try:
        read = read_date(text)
    except ValueError:
        return
    assert PartialDate(read.iso) == read
