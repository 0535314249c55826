"""Two contents of one record become the lines of the ledger: all that changed, and nothing that only moved."""

import copy
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrich.changes.diff import diff, mark_flapping_as_noise
from enrich.changes.versioning import StoredVersion, decide
from enrich.models import Change, FetchedRecord, Significance, TrialOutcome
from enrich.record.children import LISTS
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import site, study, with_list

SITES, PRIMARY, REFERENCES, ARMS = (
    LISTS[name].path for name in ("locations", "primary_outcomes", "publications", "arms")
)
CONDITIONS = FIELDS["conditions"].path
WALK = {"measure": "Distance walked in six minutes", "timeFrame": "12 weeks"}
PAIN = {"measure": "Pain on a visual analogue scale", "timeFrame": "12 weeks"}
ARM = {"label": "Rest", "interventionNames": ["Drug: A"]}
PAPER = {"pmid": "1", "type": "BACKGROUND", "citation": "Doe J. Old. 2001."}


def told(changes):
    return [(one.field, one.item, one.before, one.after, one.kind) for one in changes]


# --- one fact


# fmt: off
SINGLE = (
    ("overall_status", "RECRUITING",   "COMPLETED",   Significance.MATERIAL, "a status"),
    ("enrollment",     20,             12,            Significance.MATERIAL, "a number"),
    ("has_results",    False,          True,          Significance.MATERIAL, "results were posted"),
    ("why_stopped",    None,           "No funds",    Significance.MATERIAL, "a fact that came"),
    ("maximum_age",    "65 Years",     None,          Significance.MATERIAL, "a fact that went"),
    ("phases",         ["PHASE1"],     ["PHASE1", "PHASE2"], Significance.MATERIAL, "a list of words"),
    ("brief_title",    "A",            "B",           Significance.MINOR,    "wording"),
    ("status_verified", "2020-01",     "2020-02",     Significance.MINOR,    "a verification"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, before, after, kind",
    [pytest.param(*line[:4], id=f"{line[0]}: {line[4]}") for line in SINGLE],
)
def test_one_fact_is_one_line(field, before, after, kind):
    (one,) = diff(study(**{field: before}), study(**{field: after}))
    assert (one.field, one.kind, one.item) == (field, kind, None)
    assert (one.before is None, one.after is None) == (before is None, after is None)


SAME = (
    (
        "derivedSection.miscInfoModule.versionHolder",
        "2020-01-01",
        "2020-01-02",
        "the date of the load",
    ),
    (CONDITIONS, ["a", "b"], ["b", "a"], "the order of words"),
    (PRIMARY, [WALK, PAIN], [PAIN, WALK], "the order of outcomes"),
    (PRIMARY, [WALK], [dict(reversed(WALK.items()))], "the order of keys"),
    (
        ARMS,
        [{**ARM, "interventionNames": ["Drug: A", "Drug: B"]}],
        [{**ARM, "interventionNames": ["Drug: B", "Drug: A"]}],
        "the order of words of a member",
    ),
    ("protocolSection.outcomesModule", None, {}, "an empty module for a missing one"),
    (SITES, None, [], "an empty list for a missing one"),
    (FIELDS["enrollment"].path, 20, "20", "a number printed as text"),
)


@pytest.mark.parametrize(
    "path, before, after", [pytest.param(*line[:3], id=line[3]) for line in SAME]
)
def test_what_says_the_same_is_no_change(path, before, after):
    assert diff(with_list(study(), path, before), with_list(study(), path, after)) == []


# --- lists


def shuffled(members, seed=7):
    """The same members in another order, each a content of its own, as it would be read from another answer."""
    return json.loads(json.dumps(random.Random(seed).sample(members, len(members))))


def test_one_sites_new_status_in_190_reordered_sites_is_one_line():
    before = [site(number) for number in range(190)]
    after = copy.deepcopy(before)
    after[17]["status"] = "COMPLETED"
    found = diff(with_list(study(), SITES, before), with_list(study(), SITES, shuffled(after)))
    assert told(found) == [
        (
            "locations.status",
            "Clinic 17, Town 17, Spain",
            "RECRUITING",
            "COMPLETED",
            Significance.MINOR,
        )
    ]


def test_sites_of_one_name_in_one_town_pair_off():
    before = [site(1, facility="Research Site", zip=str(number)) for number in range(30)]
    after = shuffled(before)
    assert diff(with_list(study(), SITES, before), with_list(study(), SITES, after)) == []
    for place in (3, 11, 20):
        after[place] = {**after[place], "status": "WITHDRAWN"}
    assert [
        one.field
        for one in diff(with_list(study(), SITES, before), with_list(study(), SITES, after))
    ] == ["locations.status"] * 3


@pytest.mark.parametrize(
    "old, new",
    [
        pytest.param("Turkey", "Turkey (Türkiye)", id="Turkey"),
        pytest.param("Korea, Republic of", "South Korea", id="Korea"),
        pytest.param("Russian Federation", "Russia", id="Russia"),
        pytest.param(
            "Congo, The Democratic Republic of the", "Democratic Republic of the Congo", id="Congo"
        ),
        pytest.param("Czech Republic", "Czechia", id="Czechia"),
    ],
)
def test_a_renamed_country_is_noise_for_each_site_and_no_new_country(old, new):
    before = [site(number, facility="Research Site", country=old) for number in range(60)]
    after = shuffled([{**one, "country": new} for one in before])
    found = diff(with_list(study(), SITES, before), with_list(study(), SITES, after))
    assert {(one.field, one.before, one.after, one.kind) for one in found} == {
        ("locations.country", old, new, Significance.NOISE)
    }


# fmt: off
MEMBERS = (
    (PRIMARY, [WALK], [WALK, PAIN], [("primary_outcomes", "", Significance.MATERIAL)], "an outcome was added"),
    (PRIMARY, [WALK, PAIN], [PAIN], [("primary_outcomes", "", Significance.MATERIAL)], "an outcome was dropped"),
    (PRIMARY, [WALK], [{**WALK, "timeFrame": "24 weeks"}], [("primary_outcomes", "timeFrame", Significance.MATERIAL)], "its time moved"),
    (PRIMARY, [WALK, PAIN], [{**PAIN, "measure": "Pain on the visual analogue scale"}, WALK], [("primary_outcomes", "measure", Significance.MATERIAL)], "one was reworded, and both moved"),
    (PRIMARY, [WALK], [PAIN], [("primary_outcomes", "", Significance.MATERIAL)] * 2, "one went and another came"),
    (PRIMARY, [WALK], [{**WALK, "timeFrame": "whenever the last of the patients has left"}], [("primary_outcomes", "timeFrame", Significance.MATERIAL)], "its time is quite another"),
    (ARMS, [ARM], [{**ARM, "interventionNames": ["Drug: B"]}], [("arms", "interventionNames", Significance.MINOR)], "a word of a member"),
    (ARMS, [{**ARM, "interventionNames": ["Drug: B"]}], [ARM], [("arms", "interventionNames", Significance.MINOR)], "and back"),
    (SITES, [site(1, city="Barcelona")], [site(1, city="Villanueva de la Serena")], [("locations", "", Significance.MINOR)] * 2, "sites of one name in two towns"),
    (SITES, [site(1)], [site(1), site(2)], [("locations", "", Significance.MINOR)], "a site in a known country"),
    (SITES, [site(1)], [site(1), site(2, country="Chile")], [("locations", "", Significance.MATERIAL)], "a site in a new country"),
    (SITES, [site(1)], [site(1, geoPoint={"lat": 1.0, "lon": 2.0})], [("locations", "geoPoint", Significance.NOISE)], "a point on the map"),
    (SITES, [site(1, country="Turkey")], [site(1, country="Turkey"), site(2, country="Turkey (Türkiye)")], [("locations", "", Significance.MINOR)], "a site in a country of two names"),
    (REFERENCES, [PAPER], [PAPER, {**PAPER, "pmid": "2", "citation": "Roe. New. 2026."}], [("publications", "", Significance.MINOR)], "background"),
    (REFERENCES, [PAPER], [PAPER, {"pmid": "2", "type": "DERIVED", "citation": "Roe. New. 2026."}], [("publications", "", Significance.MATERIAL)], "a publication found in PubMed"),
    (REFERENCES, [PAPER], [{**PAPER, "retractions": [{"pmid": "3"}]}], [("publications", "retractions", Significance.MATERIAL)], "a retraction"),
    (REFERENCES, [PAPER], [{**PAPER, "type": "RESULT"}], [("publications", "type", Significance.MATERIAL)], "now said to report results"),
    ("protocolSection.newModule.parts", [{"a": 1, "b": 2}], [{"b": 2, "a": 1}, {"c": 3}], [("newModule.parts", "", Significance.MINOR)], "a list that nobody knows yet, its keys in another order"),
    ("derivedSection.conditionBrowseModule.meshes", [{"id": "D1", "term": "A"}], [{"id": "D2", "term": "B"}], None, "MeSH terms"),
)
# fmt: on


@pytest.mark.parametrize(
    "path, before, after, lines", [pytest.param(*line[:4], id=line[4]) for line in MEMBERS]
)
def test_members_of_a_list_are_told_by_what_they_say(path, before, after, lines):
    found = diff(with_list(study(), path, before), with_list(study(), path, after))
    if lines is None:
        assert found and {one.kind for one in found} == {Significance.NOISE}
    else:
        assert sorted((one.field, one.kind) for one in found) == sorted(
            (f"{name}.{part}" if part else name, kind) for name, part, kind in lines
        )
        assert all(one.item for one in found)


@pytest.mark.parametrize(
    "turn", [list, lambda members: members[::-1]], ids=["the likest behind", "the likest before"]
)
def test_of_two_members_that_are_alike_the_likest_is_the_same(turn):
    near, nearer = (
        {"measure": "Pain at rest, measured every week"},
        {"measure": "Pain at rest, measured every two days"},
    )
    found = diff(
        with_list(study(), PRIMARY, [{"measure": "Pain at rest, measured every day"}]),
        with_list(study(), PRIMARY, turn([near, nearer])),
    )
    assert [(one.field, one.item) for one in found] == [
        ("primary_outcomes.measure", nearer["measure"]),
        ("primary_outcomes", near["measure"]),
    ]
    (alone,) = diff(
        with_list(study(), PRIMARY, [{"measure": "Pain at rest, measured every day"}]),
        with_list(study(), PRIMARY, [near]),
    )
    assert (alone.field, alone.item) == ("primary_outcomes.measure", near["measure"])


@pytest.mark.parametrize(
    "common, lines",
    [
        pytest.param(80, 1, id="four letters of five are the same"),
        pytest.param(79, 2, id="a little fewer are not"),
    ],
)
def test_how_much_of_a_member_may_be_reworded(common, lines):
    before, after = ({"measure": "a" * common + letter * 20} for letter in "bc")
    assert (
        len(diff(with_list(study(), PRIMARY, [before]), with_list(study(), PRIMARY, [after])))
        == lines
    )


def test_an_enrolled_number_is_two_lines_of_weight():
    found = diff(study(enrollment=20), study(enrollment=12, enrollment_type="ACTUAL"))
    assert told(found) == [
        ("enrollment", None, "20", "12", Significance.MATERIAL),
        ("enrollment_type", None, "ESTIMATED", "ACTUAL", Significance.MATERIAL),
    ]


def test_a_list_of_words_stands_in_the_ledger_as_it_is_written():
    (one,) = diff(
        study(conditions=["Sjögren syndrome"]), study(conditions=["Sjögren syndrome", "Gout"])
    )
    assert (one.before, one.after) == ('["Sjögren syndrome"]', '["Sjögren syndrome", "Gout"]')


def test_a_number_that_became_a_truth_value_is_told_with_its_neighbour():
    found = diff(study(enrollment=1), study(enrollment=True, enrollment_type="ACTUAL"))
    assert [(one.field, one.before, one.after) for one in found] == [
        ("enrollment", "1", "true"),
        ("enrollment_type", "ESTIMATED", "ACTUAL"),
    ]


# --- an incomplete copy


def test_of_an_incomplete_copy_only_what_it_holds_is_compared():
    before = with_list(study(overall_status="RECRUITING", acronym=None), SITES, [site(1)])
    after = with_list(
        study(overall_status="COMPLETED", acronym="REST", conditions=["a"]),
        SITES,
        [site(1), site(2)],
    )
    assert [one.field for one in diff(before, after, before_is_complete=False)] == [
        "overall_status"
    ]


@pytest.mark.parametrize(
    "held, now, changed",
    [
        (["a"], ["a", "b"], False),
        (["a"], ["a", "a"], False),
        (["a", "b"], ["a"], True),
        (["a"], ["b"], True),
    ],
)
def test_a_list_of_an_incomplete_copy_may_have_been_cut_short(held, now, changed):
    assert (
        bool(diff(study(conditions=held), study(conditions=now), before_is_complete=False))
        == changed
    )


# --- flapping


@pytest.mark.parametrize(
    "change, earlier, kind",
    [
        pytest.param(
            Change("x", "b", "a", Significance.MINOR),
            Change("x", "a", "b", Significance.MINOR),
            Significance.NOISE,
            id="back to what it was",
        ),
        pytest.param(
            Change("x", "b", "c", Significance.MINOR),
            Change("x", "a", "b", Significance.MINOR),
            Significance.MINOR,
            id="on to something else",
        ),
        pytest.param(
            Change("x", "b", "a", Significance.MINOR, "1"),
            Change("x", "a", "b", Significance.MINOR, "2"),
            Significance.MINOR,
            id="another member",
        ),
        pytest.param(
            Change("x", "b", "a", Significance.MINOR, "1"),
            Change("x", "a", "b", Significance.NOISE, "1"),
            Significance.NOISE,
            id="flapping for the third time",
        ),
        pytest.param(
            Change("overall_status", "B", "A", Significance.MATERIAL),
            Change("overall_status", "A", "B", Significance.MATERIAL),
            Significance.MATERIAL,
            id="suspended and back is news twice",
        ),
    ],
)
def test_what_flaps_back_is_noise_unless_it_has_weight(change, earlier, kind):
    assert [one.kind for one in mark_flapping_as_noise([change], [earlier])] == [kind]


# --- the judgement on a fetched record


def _same(made):
    return None


# fmt: off
JUDGEMENTS = (
    # what became of the record, whether it was held whole, whether it came whole, outcome, version, lines, why
    (_same,                                                                True,  True,  TrialOutcome.UNCHANGED, 1, 0, "the same content"),
    (lambda made: set_path(made, FIELDS["enrollment"].path, "101"),             True,  True,  TrialOutcome.UNCHANGED, 1, 0, "the same number, printed as text"),
    (lambda made: set_path(made, FIELDS["enrollment"].path, 5),                 True,  True,  TrialOutcome.CHANGED,   2, 1, "another number"),
    (lambda made: set_path(made, "derivedSection.miscInfoModule.x", "y"),       True,  True,  TrialOutcome.UNCHANGED, 2, 1, "noise alone stands in the ledger"),
    (_same,                                                                False, True,  TrialOutcome.UNCHANGED, 2, 0, "an incomplete copy is completed"),
    (_same,                                                                False, False, TrialOutcome.UNCHANGED, 1, 0, "an incomplete copy again"),
    (_same,                                                                True,  False, TrialOutcome.UNCHANGED, 1, 0, "less of the same"),
)
# fmt: on


@pytest.mark.parametrize(
    "edit, held_whole, whole, outcome, version, lines",
    [pytest.param(*line[:6], id=line[6]) for line in JUDGEMENTS],
)
def test_what_a_fetched_record_is_judged_to_be(edit, held_whole, whole, outcome, version, lines):
    before, after = study(), study()
    edit(after)
    copy_of = FetchedRecord(
        "NCT00000001", after, digest_of(after), "2026-11-22", "test", complete=whole
    )
    judged = decide(
        copy_of, StoredVersion(1, digest_of(before), held_whole, "2026-11-20"), lambda: before, list
    )
    assert (judged.outcome, judged.version, len(judged.changes)) == (outcome, version, lines)


def test_a_record_seen_for_the_first_time_is_new():
    made = study()
    judged = decide(
        FetchedRecord("NCT00000001", made, digest_of(made), "2026-11-22", "test"),
        None,
        lambda: pytest.fail("asked"),
        lambda: pytest.fail("asked"),
    )
    assert (judged.outcome, judged.version, judged.trial) == (TrialOutcome.NEW, 1, trial_of(made))


# --- laws

_SCALARS = {
    "brief_title": st.text(max_size=5),
    "overall_status": st.sampled_from(["RECRUITING", "COMPLETED", "UNKNOWN"]),
    "enrollment": st.integers(0, 50),
    "start_date": st.sampled_from(["2020", "2020-03", "2020-03-01"]),
    "has_results": st.booleans(),
    "healthy_volunteers": st.booleans(),
    "maximum_age": st.sampled_from(["65 Years", "6 Months"]),
    "lead_sponsor": st.text(max_size=5),
}
_FACTS = st.fixed_dictionaries({name: st.none() | values for name, values in _SCALARS.items()})
_VALUE = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["", "a", "b"])
    | st.lists(st.sampled_from(["a", "b"]), max_size=2)
    | st.just({})
    | st.just({"a": 1})
)
_SITE = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("facility", "city", "country", "status", "geoPoint"), _VALUE)
)
_LIST = st.none() | st.lists(_SITE | _VALUE, max_size=4)


def _as_ledger_text(value):
    return (
        {True: "true", False: "false"}[value]
        if isinstance(value, bool)
        else None
        if value is None
        else str(value)
    )


@given(_FACTS, _FACTS)
def test_before_and_ledger_give_after(before, after):
    state = {name: _as_ledger_text(value) for name, value in before.items()}
    for one in diff(study(**before), study(**after)):
        assert state[one.field] == one.before != one.after
        state[one.field] = one.after
    assert state == {name: _as_ledger_text(value) for name, value in after.items()}


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (1, True, True),
        ([0, {}], [False, {}], True),
        ({"a": [1]}, {"a": [True]}, True),
        (12, 12.0, False),
        ([{"b": 12}], [{"b": 12.0}], False),
    ],
)
def test_one_is_not_true_but_a_number_is_the_same_however_it_is_printed(one, other, differ):
    before, after = study(), study()
    before["protocolSection"]["more"], after["protocolSection"]["more"] = (
        {"a": one, "b": "c"},
        {"b": "c", "a": other},
    )
    assert bool(diff(before, after)) is bool(diff(after, before)) is differ


@given(_LIST, _LIST, st.randoms(use_true_random=False))
@example([True, {}, {}, False], [1, {}, {}, False], random.Random(1))
def test_records_of_any_shape_are_compared_and_order_never_matters(one, other, chance):
    before, after = with_list(study(), SITES, one), with_list(study(), SITES, other)
    mixed = with_list(study(), SITES, other and chance.sample(other, len(other)))
    assert diff(before, before) == diff(after, mixed) == []
    assert bool(diff(before, after)) == bool(diff(after, before)) == bool(diff(before, mixed))


@given(
    st.lists(st.sampled_from([site(number) for number in range(12)]), unique_by=str, max_size=12),
    st.data(),
)
def test_sites_that_came_and_went_are_the_ledger(before, data):
    after = data.draw(
        st.permutations(
            [*before, *(one for one in map(site, range(20, 23)) if data.draw(st.booleans()))]
        )
    )
    kept = after[: data.draw(st.integers(0, len(after)))]
    state = {str(one["facility"]) for one in before}
    for one in diff(with_list(study(), SITES, before), with_list(study(), SITES, kept)):
        if one.field == "locations":
            state ^= {one.item.split(",")[0]}
        elif one.field == "locations.facility":
            state ^= {one.before, one.after}
    assert state == {str(one["facility"]) for one in kept}


def test_the_two_records_are_left_alone():
    before, after = (
        with_list(study(), SITES, [site(1), site(2)]),
        with_list(study(enrollment=3), SITES, [site(2)]),
    )
    kept = copy.deepcopy((before, after))
    diff(before, after)
    assert (before, after) == kept


def test_a_thousand_sites_that_are_all_new_take_no_time():
    set_path(before := study(), SITES, [site(number) for number in range(1000)])
    set_path(
        after := study(),
        SITES,
        [site(number, facility=f"Hospital {number}", city="Elsewhere") for number in range(1000)],
    )
    assert len(diff(before, after)) >= 1000
