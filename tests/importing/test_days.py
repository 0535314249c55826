"""The days that a document names: when its authors looked at the registry, when it was published."""

import pytest

from enrich.inference.days import propose_days


@pytest.mark.parametrize(
    "text, key, day",
    [
        ("Source: ClinicalTrials.gov, accessed on 18 December 2018.", "accessed", "2018-12-18"),
        ("We searched ClinicalTrials.gov on 5 January 2021.", "accessed", "2021-01-05"),
        ("We searched the registry until May 2020.", "accessed", "2020-05"),
        ("Last search: January 5, 2021", "accessed", "2021-01-05"),
        ("Accessed: 2021-03-01", "accessed", "2021-03-01"),
        ("Published online 9 March 2021", "published", "2021-03-09"),
    ],
)
def test_a_day_is_proposed_with_the_words_that_it_rests_on(text, key, day):
    (proposal,) = propose_days([text])
    assert (proposal.key, proposal.day) == (key, day) and proposal.source in text


@pytest.mark.parametrize(
    "text",
    [
        "Our research 5 May 2020 was long.",
        "Patients were enrolled on 5 May 2020.",
        "Accessed on 31 February 2020",
        "The registry is searched daily.",
    ],
)
def test_other_days_are_not(text):
    assert propose_days([text]) == ()
