"""The retry policy: what a status means, how long an answer asks to wait, and the pace."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.registry.retry import (
    STATUS_MEANING,
    Meaning,
    Pace,
    RetryPolicy,
    meaning_of,
    seconds_to_wait,
)

NOW = "Fri, 04 Sep 2026 09:00:00 GMT"

# fmt: off
WAITS = (
    ("7",                                             7.0,  "seconds"),
    ("0",                                             0.0,  "no second"),
    ("9" * 400,                                       math.inf, "more seconds than there are"),
    ("-1",                                            None, "a negative number"),
    ("1.5",                                           None, "a fraction"),
    ("soon",                                          None, "words"),
    ("",                                              None, "nothing"),
    ("Fri, 04 Sep 2026 09:00:20 GMT",                 20.0, "a date"),
    ("Fri, 04 Sep 2026 09:00:20 -0000",               20.0, "a date without a zone"),
    ("Fri, 04 Sep 2026 08:59:00 GMT",                 0.0,  "a date that is past"),
    ("Fri, 31 Dec 99999 23:59:59 GMT",                None, "a year beyond the calendar"),
    ("Fri, 31 Dec 9999 23:59:59 -2359",               None, "a moment beyond the calendar"),
    ("Fri, 04 Sep 2026 09:00:20 +99999999999999999",  None, "a zone beyond the day"),
)
# fmt: on


@pytest.mark.parametrize(("header", "seconds"), [pytest.param(*w[:2], id=w[2]) for w in WAITS])
def test_the_seconds_that_an_answer_asks_to_wait(header, seconds):
    assert seconds_to_wait({"Retry-After": header, "Date": NOW}) == seconds


@given(st.text(), st.text())
def test_no_header_gives_anything_but_seconds_or_none(header, date):
    for headers in ({"Retry-After": header, "Date": date}, {"Retry-After": header, "Date": NOW}):
        seconds = seconds_to_wait(headers)
        assert seconds is None or seconds >= 0


def test_a_status_that_the_table_does_not_name_is_a_refusal():
    assert {meaning_of(status) for status in range(600)} == {*Meaning}
    assert {status for status in range(600) if meaning_of(status) != Meaning.REFUSED} == {
        *STATUS_MEANING
    }


# --- the pace


def pace(seconds):
    return Pace(seconds, RetryPolicy(), monotonic=lambda: 0.0, sleep=lambda seconds: None)


def seconds_after(pace, events):
    """The pace after each event: a 429 (`x`) or another answer (`.`)."""
    found = []
    for event in events:
        pace.slow_down() if event == "x" else pace.recover()
        found.append(pace.seconds)
    return found


def test_each_429_slows_us_down_by_a_step_and_never_beyond_the_slowest_pace():
    assert seconds_after(pace(1), "xxxxxxxxx") == [2, 3, 4, 5, 6, 7, 8, 8, 8]
    assert seconds_after(pace(0), "xx") == [2, 3]
    assert seconds_after(pace(20), "xx") == [20, 20]


def test_answers_bring_back_the_wanted_pace_slowly():
    assert seconds_after(pace(1), "xx" + "." * 20)[1:] == [
        *[3] * 5,
        *[2.5] * 5,
        *[2] * 5,
        *[1.5] * 5,
        1,
    ]
    assert seconds_after(pace(1), "x....x....")[-1] == 3
    assert seconds_after(pace(0), "x" + "." * 40)[-1] == 0
