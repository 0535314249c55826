"""When a trial was registered and reported: the month rule, what it leaves open, and moved starts."""

import csv
from collections.abc import Iterator

import pytest

from enrich.models import Trial
from enrich.record.fields import trial_of
from enrich.record.registration import (
    EarlierStart,
    RegistrationTiming,
    certificate_day,
    registration_sentence,
    registration_timing,
    results_sentence,
    start_moved_past_registration,
)
from tests.fixtures.corpus import REGISTRY, read_records
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import study

LABELS = REGISTRY.parent / "papers" / "registered_before_start.csv"


def _trial(**facts: str | bool | None) -> Trial:
    return Trial("NCT00000001", facts)


@pytest.mark.parametrize(
    ("registered", "start", "timing"),
    [
        ("2019-03-30", "2019-03", RegistrationTiming.SAME_MONTH),
        ("2019-03-30", "2019-03-01", RegistrationTiming.SAME_MONTH),
        ("2019-02-28", "2019-03", RegistrationTiming.BEFORE),
        ("2019-04-01", "2019-03-31", RegistrationTiming.AFTER),
        ("2019-04-01", "2019", RegistrationTiming.UNKNOWN),
        (None, "2019-03", RegistrationTiming.UNKNOWN),
        ("2019-03-30", None, RegistrationTiming.UNKNOWN),
    ],
)
def test_registration_is_compared_with_the_start_by_the_month(
    registered: str | None, start: str | None, timing: RegistrationTiming
) -> None:
    assert registration_timing(registered, start) is timing


@pytest.mark.parametrize(
    ("registered", "start", "kind", "sentence"),
    [
        ("2019-02-28", "2019-03", "ACTUAL", "Registered on 28 February 2019; start March 2019."),
        (
            "2019-03-30",
            "2019-03",
            "ACTUAL",
            "Registered on 30 March 2019; start March 2019, in the same month: which came first is "
            "not known.",
        ),
        (
            "2019-03-30",
            "2019-03-09",
            None,
            "Registered on 30 March 2019; start 9 March 2019, 21 days earlier in the same month.",
        ),
        (
            "2019-03-09",
            "2019-03-30",
            "ESTIMATED",
            "Registered on 9 March 2019; planned start 30 March 2019.",
        ),
        (
            None,
            "2019-03",
            None,
            "The record lacks the day of registration or the month of the start.",
        ),
    ],
)
def test_the_sentence_of_registration_says_what_the_dates_leave_open(
    registered: str | None, start: str, kind: str | None, sentence: str
) -> None:
    trial = _trial(first_submitted=registered, start_date=start, start_date_type=kind)
    assert registration_sentence(trial) == sentence


def _version(start: str | None, kind: str | None = "ACTUAL", status: str = "RECRUITING") -> Trial:
    return _trial(start_date=start, start_date_type=kind, overall_status=status)


def test_a_start_that_moved_past_the_registration_is_found_with_its_version() -> None:
    now = _trial(first_submitted="2013-06-07", start_date="2013-08", start_date_type="ACTUAL")
    versions = [(0, _version("2013-03")), (1, _version("2013-04")), (2, _version("2013-08"))]
    assert start_moved_past_registration(now, versions) == EarlierStart(2, "2013-04")


@pytest.mark.parametrize(
    "earlier",
    [
        _version("2013-06"),
        _version("2013-03", "ESTIMATED"),
        _version("2013-03", None, "NOT_YET_RECRUITING"),
        _version(None),
    ],
)
def test_a_plan_that_passed_and_the_month_of_registration_are_no_moved_start(
    earlier: Trial,
) -> None:
    now = _trial(first_submitted="2013-06-07", start_date="2013-08", start_date_type="ACTUAL")
    assert start_moved_past_registration(now, [(0, earlier)]) is None


def test_a_trial_that_is_registered_late_by_its_current_record_was_not_moved() -> None:
    now = _trial(first_submitted="2013-06-07", start_date="2013-05")
    assert start_moved_past_registration(now, [(0, _version("2013-03"))]) is None


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (
            {"results_first_posted": "2021-05-04", "primary_completion_date": "2020-01"},
            "Results posted on 4 May 2021, 16 months after the primary completion.",
        ),
        (
            {"results_first_posted": "2021-05-04", "primary_completion_date": "2021-04-30"},
            "Results posted on 4 May 2021, 1 month after the primary completion.",
        ),
        (
            {"results_first_posted": "2021-05-04", "primary_completion_date": "2021-08"},
            "Results posted on 4 May 2021, 3 months before the primary completion.",
        ),
        ({"results_first_posted": "2021-05-04"}, "Results posted on 4 May 2021."),
        ({"has_results": True}, "Results are posted; the record does not say since when."),
        (
            {"results_first_submitted": "2021-05-04"},
            "Results submitted on 4 May 2021, not posted yet.",
        ),
        ({}, "No results posted."),
        (
            {"primary_completion_date": "2020-01", "primary_completion_date_type": "ACTUAL"},
            "No results posted; primary completion was January 2020.",
        ),
        (
            {"primary_completion_date": "2031-01", "primary_completion_date_type": "ESTIMATED"},
            "No results posted; primary completion planned for January 2031.",
        ),
    ],
)
def test_results_are_given_as_dates_or_as_none(facts: dict[str, str | bool], sentence: str) -> None:
    assert results_sentence(_trial(**facts), "2026-11-25") == sentence


def test_a_certified_delay_is_given_with_its_day() -> None:
    made = study(1, primary_completion_date="2020-01")
    set_path(made, "protocolSection.statusModule.dispFirstSubmitDate", "2020-12-01")
    assert results_sentence(trial_of(made), "2026-11-25", certificate_day(made)) == (
        "No results posted; primary completion was January 2020; delay of results certified on "
        "1 December 2020."
    )
    set_path(made, "protocolSection.statusModule.dispFirstSubmitDate", ["soon"])
    assert certificate_day(made) is None


# --- real labels and real histories


@pytest.mark.corpus
@pytest.mark.skipif(not LABELS.exists(), reason=f"no labels at {LABELS}")
def test_the_month_rule_gives_every_label_of_the_study_of_registration() -> None:
    labels = {"TRUE": True, "FALSE": False, "": None}
    with LABELS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        timing = registration_timing(row["registration_date"], row["start_date"][:10])
        assert timing.in_time is labels[row["is_prospective"]], row
    print(f"{len(rows)} labels")


def _real_pairs() -> Iterator[tuple[Trial, Trial]]:
    for pair in read_records("pairs.ndjson.gz"):
        yield trial_of(pair["before"]["study"]), trial_of(pair["after"]["study"])


@pytest.mark.corpus
@pytest.mark.skipif(not REGISTRY.exists(), reason=f"no real records at {REGISTRY}")
def test_planted_moves_are_all_found_and_none_in_real_histories() -> None:
    planted = found = 0
    for before, after in _real_pairs():
        assert start_moved_past_registration(after, [(0, before)]) is None
        registered = after.text("first_submitted")
        if registration_timing(registered, after.text("start_date")).in_time is not True:
            continue
        assert registered is not None
        earlier = Trial(
            before.nct_id,
            {
                **before.facts,
                "start_date": f"{int(registered[:4]) - 1}-05",
                "start_date_type": "ACTUAL",
                "overall_status": "RECRUITING",
            },
        )
        planted += 1
        found += start_moved_past_registration(after, [(0, earlier), (1, before)]) is not None
    assert planted > 10
    assert found == planted
