"""Dates keep the precision they were given; the coarser side of two covers the finer."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.dates import (
    DateSpan,
    PartialDate,
    days_between,
    first_day,
    proven_orders,
    read_date,
    read_period,
)

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
    pytest.param("02/22/10",            "2010-02-22", id="two-digit year, month first"),
    pytest.param("25/10/16",            "2016-10-25", id="two-digit year, day first"),
    pytest.param("31.12.98",            "1998-12-31", id="two-digit year of the last century"),
    pytest.param("31.12.49",            "2049-12-31", id="the last two-digit year of this century"),
    pytest.param("1.1.50",              "1950-01-01", id="the first of the last century"),
    pytest.param("5/5/2020",            "2020-05-05", id="the same number twice"),
    pytest.param("Feb 10",              "2010-02",    id="short month and short year"),
    pytest.param("May-19",              "2019-05",    id="as a spreadsheet shows a month"),
    pytest.param("Mar ’17",             "2017-03",    id="apostrophe before the year"),
    pytest.param("15-Mar-19",           "2019-03-15", id="as a spreadsheet shows a day"),
    pytest.param("15MAR2019",           "2019-03-15", id="without blanks"),
    pytest.param("Sunday, March 15, 2020", "2020-03-15", id="with the day of the week"),
    pytest.param("the 5th of May 2020", "2020-05-05", id="in full"),
    pytest.param("2019-Mar-15",         "2019-03-15", id="year first, month in letters"),
    pytest.param("Dezember 2019",       "2019-12",    id="German month"),
    pytest.param("1. März 2020",        "2020-03-01", id="German day"),
    pytest.param("1er février 2020",    "2020-02-01", id="French day"),
    pytest.param("31 de diciembre de 2019", "2019-12-31", id="Spanish day"),
    pytest.param("março de 2021",       "2021-03",    id="Portuguese month"),
    pytest.param("12 maggio 2021",      "2021-05-12", id="Italian day"),
    pytest.param("3 mei 2021",          "2021-05-03", id="Dutch day"),
    pytest.param("3. maj 2021",         "2021-05-03", id="Danish day"),
    pytest.param("2019年3月15日",        "2019-03-15", id="Chinese day"),
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
    pytest.param("05/03/19",        "cannot be told apart", id="two-digit year, either way"),
    pytest.param("20-03-15",        "day and year cannot be told apart", id="a short ISO day, or the 20th"),
    pytest.param("43539",           "day number of a spreadsheet", id="a spreadsheet's day number"),
    pytest.param("3-Nov",           "day without its year", id="a day as a spreadsheet shows it"),
    pytest.param("10/16",           "not a date",           id="a month and a short year, or a day"),
    pytest.param("31/02/19",        "not in the calendar",  id="a day that no February has"),
    pytest.param("early 2020",      "not a month",          id="part of a year"),
    pytest.param("2021/22",         "not in the calendar",  id="a season"),
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
ORDERED = (
    pytest.param("05/03/2019", "dmy", "2019-03-05", id="day first"),
    pytest.param("05/03/2019", "mdy", "2019-05-03", id="month first"),
    pytest.param("05/03/19",   "dmy", "2019-03-05", id="two-digit year"),
    pytest.param("20-03-15",   "ymd", "2020-03-15", id="year first"),
    pytest.param("20-03-15",   "dmy", "2015-03-20", id="year last"),
    pytest.param("23/02/2021", "mdy", "2021-02-23", id="a day that can be no month stays a day"),
    pytest.param("2021-03-09", "dmy", "2021-03-09", id="ISO is ISO in any order"),
)
# fmt: on


@pytest.mark.parametrize("printed, order, iso", ORDERED)
def test_the_order_of_a_table_settles_what_could_be_read_in_two_ways(printed, order, iso):
    assert read_date(printed, order).iso == iso


def test_an_order_that_fits_no_two_ways_settles_nothing():
    with pytest.raises(ValueError, match="cannot be told apart"):
        read_date("05/03/2019", "ymd")


# fmt: off
PROOFS = (
    pytest.param("23/02/2021", "dmy", id="day first"),
    pytest.param("02/23/2021", "mdy", id="month first"),
    pytest.param("25.10.16",   "dmy", id="two-digit year"),
    pytest.param("05/03/2019", None,  id="either"),
    pytest.param("05/05/2019", None,  id="the same twice"),
    pytest.param("20-03-15",   None,  id="perhaps a year first"),
    pytest.param("45/33/2019", None,  id="neither"),
    pytest.param("2021-03-09", None,  id="ISO"),
    pytest.param("March 2021", None,  id="words"),
)
# fmt: on


@pytest.mark.parametrize("printed, order", PROOFS)
def test_a_date_can_prove_the_order_of_its_numbers(printed, order):
    assert proven_orders(printed) == ({order} if order else set())


# fmt: off
PERIODS = (
    pytest.param("Q3 2021",  "2021-07 to 2021-09", id="quarter"),
    pytest.param("Q1/2021",  "2021-01 to 2021-03", id="stroke"),
    pytest.param("4Q 2021",  "2021-10 to 2021-12", id="number first"),
    pytest.param("2021 Q2",  "2021-04 to 2021-06", id="year first"),
    pytest.param("H1 2021",  "2021-01 to 2021-06", id="half"),
    pytest.param("2H 2021",  "2021-07 to 2021-12", id="half, number first"),
    pytest.param("2021-H2",  "2021-07 to 2021-12", id="year before the half"),
    pytest.param("May 2021", "2021-05",            id="a date is its own period"),
)
# fmt: on


@pytest.mark.parametrize("printed, iso", PERIODS)
def test_quarters_and_halves_are_spans_of_months(printed, iso):
    assert read_period(printed).iso == iso


# fmt: off
IN_A_SPAN = (
    pytest.param("2021-07-01", True,  id="its first day"),
    pytest.param("2021-09",    True,  id="its last month"),
    pytest.param("2021",       True,  id="its year"),
    pytest.param("2021-06-30", False, id="the day before"),
    pytest.param("2021-10-01", False, id="the day after"),
    pytest.param("2020",       False, id="another year"),
)
# fmt: on


@pytest.mark.parametrize("iso, agrees", IN_A_SPAN)
def test_a_span_agrees_with_what_lies_in_it(iso, agrees):
    span = DateSpan(PartialDate("2021-07"), PartialDate("2021-09"))
    assert span.agrees(PartialDate(iso)) is agrees


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


@pytest.mark.parametrize("left, right, agree", PAIRS)
def test_dates_agree_where_the_coarser_covers_the_finer(left, right, agree):
    assert PartialDate(left).agrees(PartialDate(right)) is agree


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
def test_agreement_has_no_direction_and_a_coarser_date_still_agrees(day, fine, other, coarse):
    first, second = PartialDate(day.isoformat()[:fine]), PartialDate(other.isoformat()[:coarse])
    assert first.agrees(second) == second.agrees(first)
    assert first.agrees(PartialDate(first.iso[: min(fine, coarse)]))


@given(st.text())
def test_any_text_is_a_date_or_a_value_error(text):
    try:
        read = read_date(text)
    except ValueError:
        return
    assert PartialDate(read.iso) == read
