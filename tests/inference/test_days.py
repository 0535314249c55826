"""Days of access and publication, found in the text around a table."""

import pytest

from enrich.inference.days import DayKey, propose_days

ACCESSED, PUBLISHED = DayKey.ACCESSED, DayKey.PUBLISHED


@pytest.mark.parametrize(
    ("text", "key", "day"),
    [
        ("Source: ClinicalTrials.gov, accessed on 18 December 2018.", ACCESSED, "2018-12-18"),
        ("All data as of March 3, 2020.", ACCESSED, "2020-03-03"),
        ("The registry was last searched on 1 May 2020", ACCESSED, "2020-05-01"),
        ("A search was performed on the 3rd of May 2020.", ACCESSED, "2020-05-03"),
        ("Accessed: 2020-01-02", ACCESSED, "2020-01-02"),
        ("We searched the registry until May 2020.", ACCESSED, "2020-05"),
        ("Last search: January 5, 2021", ACCESSED, "2021-01-05"),
        ("Data cut-off: May 2021", ACCESSED, "2021-05"),
        ("Data were extracted from ClinicalTrials.gov on 7 June 2019", ACCESSED, "2019-06-07"),
        ("last accessed 05/03/2019", ACCESSED, "2019-03-05/2019-05-03"),
        ("Published: 9 March 2021", PUBLISHED, "2021-03-09"),
        ("First published online 12 Jan 2020", PUBLISHED, "2020-01-12"),
    ],
)
def test_day_is_found_with_its_words(text, key, day):
    [proposal] = propose_days([text])
    assert (proposal.key, proposal.day) == (key, day)
    assert proposal.source in text


@pytest.mark.parametrize(
    "text",
    [
        "The trial started on 3 May 2020 and ended in June 2021.",
        "accessed on 45 December 2018",
        "12 March 2020",
        "Our research 5 May 2020 was long.",
        "Patients were enrolled on 5 May 2020.",
        "Accessed on 31 February 2020",
        "The registry is searched daily.",
        "",
    ],
)
def test_other_days_are_not_proposed(text):
    assert not propose_days([text])


def test_each_day_is_proposed_once():
    assert (
        len(propose_days(["accessed on 1 May 2020", "Accessed 1 May 2020", "as of May 2020"])) == 2
    )


def test_long_text_takes_no_time():
    assert len(propose_days(["as of on in 1 May 2020 " * 20_000])) <= 1
