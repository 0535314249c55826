"""The numbers of people in a trial: which are read, which are refused, and how a match is worded."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.record.fields import trial_of
from enrich.record.participants import (
    ParticipantCount,
    Stage,
    matching_sentence,
    participant_counts,
    planned_count,
    stages_of,
)
from tests.fixtures.corpus import REGISTRY, read_records
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import Study, study


def _groups(prefix: str, titles: list[str]) -> list[dict[str, str]]:
    return [{"id": f"{prefix}{n:03}", "title": title} for n, title in enumerate(titles)]


def _flow(*periods: dict[str, str | None], titles: list[str] | None = None) -> dict[str, Any]:
    milestones = [
        {
            "type": "STARTED",
            "achievements": [{"groupId": group, "numSubjects": n} for group, n in period.items()],
        }
        for period in periods
    ]
    named = titles or [f"Arm {n}" for n in range(len({g for p in periods for g in p}))]
    return {
        "groups": _groups("FG", named),
        "periods": [{"title": "Period", "milestones": [milestone]} for milestone in milestones],
    }


def _denominator(prefix: str, numbers: list[str], units: str = "Participants") -> dict[str, Any]:
    counts = [{"groupId": f"{prefix}{n:03}", "value": value} for n, value in enumerate(numbers)]
    return {"units": units, "counts": counts}


def _outcome(
    title: str, numbers: list[str], *, titles: list[str] | None = None, **parts: Any
) -> dict[str, Any]:
    return {
        "type": "PRIMARY",
        "title": title,
        "reportingStatus": "POSTED",
        "groups": _groups("OG", titles or [f"Arm {n}" for n in range(len(numbers))]),
        "denoms": [_denominator("OG", numbers)],
        **parts,
    }


def _with_results(
    flow: Any = None, baseline: Any = None, outcomes: Any = None, **facts: Any
) -> Study:
    made = study(1, enrollment=20, enrollment_type="ACTUAL", **facts)
    set_path(made, "resultsSection", {})
    for path, part in (
        ("resultsSection.participantFlowModule", flow),
        ("resultsSection.baselineCharacteristicsModule", baseline),
        ("resultsSection.outcomeMeasuresModule.outcomeMeasures", outcomes),
    ):
        if part is not None:
            set_path(made, path, part)
    return made


def _counts(made: Study) -> tuple[ParticipantCount, ...]:
    return participant_counts(made, trial_of(made))


def _at(stage: Stage, made: Study) -> ParticipantCount:
    (count,) = [count for count in _counts(made) if count.stage is stage]
    return count


def test_a_record_without_results_has_only_its_enrolment() -> None:
    assert _counts(study(1, enrollment=20, enrollment_type="ESTIMATED")) == (
        ParticipantCount(Stage.PLANNED, 20),
    )
    assert _counts(study(1, enrollment=20, enrollment_type="ACTUAL")) == (
        ParticipantCount(Stage.ENROLLED, 20),
    )
    assert _counts(study(1, enrollment=None)) == ()


def test_people_who_started_are_those_of_the_first_period() -> None:
    flow = _flow({"FG000": "12", "FG001": "1,010"}, {"FG000": "9", "FG001": "1,000"})
    assert _at(Stage.STARTED, _with_results(flow)) == ParticipantCount(Stage.STARTED, 1022)


def test_groups_that_enter_in_a_later_period_are_named() -> None:
    flow = _flow({"FG000": "12", "FG001": "0"}, {"FG000": None, "FG001": "7"})
    started = _at(Stage.STARTED, _with_results(flow))
    assert started.people == 12
    assert started.reason == "in the first period; more groups enter in later ones"


def test_a_group_that_is_the_total_is_not_added_to_the_others() -> None:
    baseline = {
        "groups": _groups("BG", ["A", "B", "Total"]),
        "denoms": [_denominator("BG", ["10", "9", "19"])],
    }
    assert _at(Stage.BASELINE, _with_results(baseline=baseline)).people == 19
    flow = _flow({"FG000": "10", "FG001": "9", "FG002": "19"}, titles=["A", "B", "Overall"])
    assert _at(Stage.STARTED, _with_results(flow)).people == 19
    lone = _flow({"FG000": "19"}, titles=["All participants"])
    assert _at(Stage.STARTED, _with_results(lone)).people == 19


def test_a_treatment_whose_name_begins_with_total_is_no_total() -> None:
    flow = _flow({"FG000": "60", "FG001": "60"}, titles=["Total Intravenous Anesthesia", "Gas"])
    assert _at(Stage.STARTED, _with_results(flow)).people == 120
    flow = _flow(
        {"FG000": "30", "FG001": "20", "FG002": "15"}, titles=["Total hip", "Knee", "Ankle"]
    )
    assert _at(Stage.STARTED, _with_results(flow)).people == 65


def test_a_total_under_a_title_of_its_own_is_the_sum_of_the_others() -> None:
    flow = _flow(
        {"FG000": "30", "FG001": "20", "FG002": "50"}, titles=["A", "B", "Total by centre"]
    )
    assert _at(Stage.STARTED, _with_results(flow)).people == 50


def test_a_total_that_is_smaller_than_a_group_is_refused() -> None:
    flow = _flow({"FG000": "10", "FG001": "9"}, titles=["A", "Total"])
    started = _at(Stage.STARTED, _with_results(flow))
    assert (started.people, started.reason) == (
        None,
        "its total, 9, is smaller than one of its groups",
    )


def test_each_primary_outcome_has_its_own_number() -> None:
    outcomes = [
        _outcome("Pain", ["8", "6"]),
        _outcome("Level in blood", ["1"]),
        _outcome("Secondary", ["20"], type="SECONDARY"),
    ]
    analysed = [n for n in _counts(_with_results(outcomes=outcomes)) if n.stage is Stage.ANALYSED]
    assert [(n.outcome, n.people) for n in analysed] == [("Pain", 14), ("Level in blood", 1)]


def test_an_outcome_measured_in_eyes_has_no_number_of_people() -> None:
    eyes = _outcome("Sight", ["8"], denoms=[_denominator("OG", ["16"], "Eyes")])
    analysed = _at(Stage.ANALYSED, _with_results(outcomes=[eyes]))
    assert (analysed.people, analysed.reason) == (None, "counted in Eyes")
    both = _outcome(
        "Sight",
        ["8"],
        denoms=[_denominator("OG", ["16"], "Eyes"), _denominator("OG", ["8"])],
    )
    assert _at(Stage.ANALYSED, _with_results(outcomes=[both])).people == 8


def test_groups_that_overlap_are_not_added_up() -> None:
    flow = _flow({"FG000": "10", "FG001": "10"})
    overlapping = _outcome("Pain", ["20", "10", "10"], titles=["Treated", "Young", "Old"])
    analysed = _at(Stage.ANALYSED, _with_results(flow, outcomes=[overlapping]))
    assert analysed.people is None
    assert analysed.reason == "its groups overlap: they add up to 40, and 20 started"


@pytest.mark.parametrize("value", ["NA", "", "1.5", "-3", "١٢", None, True, [], {}, 10**30])
def test_a_number_that_cannot_be_read_is_none_with_a_reason(value: Any) -> None:
    started = _at(
        Stage.STARTED,
        _with_results(
            {
                "groups": _groups("FG", ["A"]),
                "periods": [
                    {
                        "milestones": [
                            {
                                "type": "STARTED",
                                "achievements": [
                                    {"groupId": "FG000", "numSubjects": value},
                                    {"groupId": "FG001", "numSubjects": "" if value is None else 3},
                                ],
                            }
                        ]
                    }
                ],
            }
        ),
    )
    assert started.people is None
    assert started.reason


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "groups",
                    "periods",
                    "milestones",
                    "type",
                    "achievements",
                    "groupId",
                    "numSubjects",
                    "denoms",
                    "units",
                    "counts",
                    "value",
                    "id",
                    "title",
                    "participantFlowModule",
                    "outcomeMeasures",
                    "reportingStatus",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON, _JSON, _JSON)
def test_results_of_any_shape_are_read_or_refused(flow: Any, baseline: Any, outcomes: Any) -> None:
    for count in _counts(_with_results(flow, baseline, outcomes)):
        assert count.people is not None or count.reason


def test_all_stages_with_the_same_number_are_named() -> None:
    flow = _flow({"FG000": "10", "FG001": "10"})
    made = _with_results(flow, outcomes=[_outcome("Pain", ["8", "6"]), _outcome("Sleep", ["14"])])
    counts = _counts(made)
    assert [n.stage for n in stages_of(20, counts)] == [Stage.ENROLLED, Stage.STARTED]
    assert matching_sentence(20, counts) == "20 is the number enrolled and started."
    assert matching_sentence(14, counts) == "14 is the number analysed for 2 primary outcomes."
    assert matching_sentence(13, counts) is None


def test_a_plan_is_that_of_an_early_version_and_never_a_final_number() -> None:
    planned = trial_of(study(1, enrollment=30, enrollment_type="ESTIMATED"))
    assert planned_count(planned, Stage.PLANNED_AT_REGISTRATION, 1) == ParticipantCount(
        Stage.PLANNED_AT_REGISTRATION, 30, version=1
    )
    final = trial_of(study(1, enrollment=30, enrollment_type="ACTUAL"))
    assert planned_count(final, Stage.PLANNED_AT_START, 4) is None


# --- real records, read a second time from the registry's description of its results


def _number(printed: str) -> int:
    return int(printed.replace(",", ""))


def _independent(record: dict[str, Any]) -> tuple[int, int, list[int]]:
    """People who started, are counted at baseline and were analysed, read in the plainest way.

    The last group of a baseline with several groups is their total, as the registry adds it.
    """
    results = record["resultsSection"]
    started = sum(
        _number(entry["numSubjects"])
        for milestone in results["participantFlowModule"]["periods"][0]["milestones"]
        if milestone["type"] == "STARTED"
        for entry in milestone["achievements"]
        if "numSubjects" in entry
    )
    (baseline,) = (
        _number(denominator["counts"][-1]["value"])
        for denominator in results["baselineCharacteristicsModule"]["denoms"]
        if denominator["units"] == "Participants"
    )
    analysed = [
        sum(_number(entry["value"]) for entry in denominator["counts"])
        for outcome in results["outcomeMeasuresModule"]["outcomeMeasures"]
        if outcome["type"] == "PRIMARY"
        for denominator in outcome.get("denoms", [])
        if denominator["units"] == "Participants"
    ]
    return started, baseline, analysed


@pytest.mark.corpus
@pytest.mark.skipif(not REGISTRY.exists(), reason=f"no real records at {REGISTRY}")
def test_the_numbers_of_real_records_are_those_of_an_independent_reading() -> None:
    seen: Counter[str] = Counter()
    for record in read_records("studies.ndjson.gz"):
        if "resultsSection" not in record:
            continue
        counts = participant_counts(record, trial_of(record))
        people = {n.stage: n.people for n in counts if n.stage is not Stage.ANALYSED}
        started, baseline, plain = _independent(record)
        assert (people[Stage.STARTED], people[Stage.BASELINE]) == (started, baseline)
        analysed = {n.people for n in counts if n.stage is Stage.ANALYSED}
        # What adds up to more than started is a sum over groups that overlap, and no number; the
        # plain reading of a column "Total" counts everybody twice.
        assert {n for n in plain if n <= started} <= analysed
        assert analysed - {None} <= {*plain, *(n // 2 for n in plain if n > started)}
        seen["records with results"] += 1
        seen["enrolled is not started"] += people[Stage.ENROLLED] != started
        seen["started is not baseline"] += started != baseline
        seen["a primary outcome analysed in fewer than started"] += any(
            n < started for n in analysed if n is not None
        )
    print(dict(seen))
    assert min(seen.values()) > 0
