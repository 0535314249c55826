"""Two contents of one record become the lines of the ledger: all that changed, and nothing that only moved."""

import copy
import json
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrich.changes.diff import diff, mark_flapping_as_noise
from enrich.models import Change, Significance
from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
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


def as_tuples(changes):
    return [
        (change.field, change.item, change.before, change.after, change.kind) for change in changes
    ]


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
def test_a_changed_fact_is_one_change(field, before, after, kind):
    (change,) = diff(study(**{field: before}), study(**{field: after}))
    assert (change.field, change.kind, change.item) == (field, kind, None)
    assert (change.before is None, change.after is None) == (before is None, after is None)


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
def test_the_same_content_in_another_form_is_no_change(path, before, after):
    assert diff(with_list(study(), path, before), with_list(study(), path, after)) == []


# --- lists


def shuffled(members, seed=7):
    """The same members in another order, each a content of its own, as it would be read from another answer."""
    return json.loads(json.dumps(random.Random(seed).sample(members, len(members))))


def test_the_new_status_of_one_of_190_reordered_sites_is_one_change():
    before = [site(number) for number in range(190)]
    after = copy.deepcopy(before)
    after[17]["status"] = "COMPLETED"
    found = diff(with_list(study(), SITES, before), with_list(study(), SITES, shuffled(after)))
    assert as_tuples(found) == [
        (
            "locations.status",
            "Clinic 17, Town 17, Spain",
            "RECRUITING",
            "COMPLETED",
            Significance.MINOR,
        )
    ]


def test_sites_of_the_same_name_and_town_are_paired_one_to_one():
    before = [site(1, facility="Research Site", zip=str(number)) for number in range(30)]
    after = shuffled(before)
    assert diff(with_list(study(), SITES, before), with_list(study(), SITES, after)) == []
    for place in (3, 11, 20):
        after[place] = {**after[place], "status": "WITHDRAWN"}
    assert [
        change.field
        for change in diff(with_list(study(), SITES, before), with_list(study(), SITES, after))
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
    after = shuffled([{**entry, "country": new} for entry in before])
    found = diff(with_list(study(), SITES, before), with_list(study(), SITES, after))
    assert {(change.field, change.before, change.after, change.kind) for change in found} == {
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
    (ARMS, [ARM], [{**ARM, "interventionNames": ["Drug: B"]}], [("arms", "interventionNames", Significance.MATERIAL)], "a word of a member"),
    (ARMS, [{**ARM, "interventionNames": ["Drug: B"]}], [ARM], [("arms", "interventionNames", Significance.MATERIAL)], "and back"),
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
def test_entries_of_a_list_are_paired_by_what_they_are(path, before, after, lines):
    found = diff(with_list(study(), path, before), with_list(study(), path, after))
    if lines is None:
        assert found and {change.kind for change in found} == {Significance.NOISE}
    else:
        assert sorted((change.field, change.kind) for change in found) == sorted(
            (f"{name}.{part}" if part else name, kind) for name, part, kind in lines
        )
        assert all(change.item for change in found)


@pytest.mark.parametrize(
    "turn", [list, lambda members: members[::-1]], ids=["the likest behind", "the likest before"]
)
def test_of_two_similar_entries_the_more_similar_one_is_paired(turn):
    near, nearer = (
        {"measure": "Pain at rest, measured every week"},
        {"measure": "Pain at rest, measured every two days"},
    )
    found = diff(
        with_list(study(), PRIMARY, [{"measure": "Pain at rest, measured every day"}]),
        with_list(study(), PRIMARY, turn([near, nearer])),
    )
    assert [(change.field, change.item) for change in found] == [
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
def test_an_entry_is_paired_while_most_of_its_letters_stay(common, lines):
    before, after = ({"measure": "a" * common + letter * 20} for letter in "bc")
    assert (
        len(diff(with_list(study(), PRIMARY, [before]), with_list(study(), PRIMARY, [after])))
        == lines
    )


def test_a_reached_enrollment_is_two_material_changes():
    found = diff(study(enrollment=20), study(enrollment=12, enrollment_type="ACTUAL"))
    assert as_tuples(found) == [
        ("enrollment", None, "20", "12", Significance.MATERIAL),
        ("enrollment_type", None, "ESTIMATED", "ACTUAL", Significance.MATERIAL),
    ]


def test_a_list_of_words_is_json_in_the_ledger():
    (change,) = diff(
        study(conditions=["Sjögren syndrome"]), study(conditions=["Sjögren syndrome", "Gout"])
    )
    assert (change.before, change.after) == ('["Sjögren syndrome"]', '["Sjögren syndrome", "Gout"]')


def test_a_number_that_became_a_boolean_differs_like_its_neighbour():
    found = diff(study(enrollment=1), study(enrollment=True, enrollment_type="ACTUAL"))
    assert [(change.field, change.before, change.after) for change in found] == [
        ("enrollment", "1", "true"),
        ("enrollment_type", "ESTIMATED", "ACTUAL"),
    ]


# --- an incomplete copy


def test_of_an_incomplete_record_only_what_it_holds_is_compared():
    before = with_list(study(overall_status="RECRUITING", acronym=None), SITES, [site(1)])
    after = with_list(
        study(overall_status="COMPLETED", acronym="REST", conditions=["a"]),
        SITES,
        [site(1), site(2)],
    )
    assert [change.field for change in diff(before, after, before_is_complete=False)] == [
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
def test_a_list_of_an_incomplete_record_may_have_been_cut_short(held, now, changed):
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
def test_what_flaps_back_is_noise_unless_it_is_material(change, earlier, kind):
    assert [change.kind for change in mark_flapping_as_noise([change], [earlier])] == [kind]


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
def test_the_changes_lead_from_one_record_to_the_other(before, after):
    state = {name: _as_ledger_text(value) for name, value in before.items()}
    for change in diff(study(**before), study(**after)):
        assert state[change.field] == change.before != change.after
        state[change.field] = change.after
    assert state == {name: _as_ledger_text(value) for name, value in after.items()}


@pytest.mark.parametrize(
    ("left", "right", "differ"),
    [
        (1, True, True),
        ([0, {}], [False, {}], True),
        ({"a": [1]}, {"a": [True]}, True),
        (12, 12.0, False),
        ([{"b": 12}], [{"b": 12.0}], False),
    ],
)
def test_a_number_is_no_boolean_but_the_same_however_it_is_printed(left, right, differ):
    before, after = study(), study()
    before["protocolSection"]["more"], after["protocolSection"]["more"] = (
        {"a": left, "b": "c"},
        {"b": "c", "a": right},
    )
    assert bool(diff(before, after)) is bool(diff(after, before)) is differ


@given(_LIST, _LIST, st.randoms(use_true_random=False))
@example([True, {}, {}, False], [1, {}, {}, False], random.Random(1))
def test_records_of_any_shape_are_compared_and_order_never_matters(left, right, chance):
    before, after = with_list(study(), SITES, left), with_list(study(), SITES, right)
    mixed = with_list(study(), SITES, right and chance.sample(right, len(right)))
    assert diff(before, before) == diff(after, mixed) == []
    assert bool(diff(before, after)) == bool(diff(after, before)) == bool(diff(before, mixed))


@given(
    st.lists(st.sampled_from([site(number) for number in range(12)]), unique_by=str, max_size=12),
    st.data(),
)
def test_the_changes_of_a_list_are_the_sites_that_came_and_went(before, data):
    after = data.draw(
        st.permutations(
            [*before, *(new for new in map(site, range(20, 23)) if data.draw(st.booleans()))]
        )
    )
    kept = after[: data.draw(st.integers(0, len(after)))]
    state = {str(entry["facility"]) for entry in before}
    for change in diff(with_list(study(), SITES, before), with_list(study(), SITES, kept)):
        if change.field == "locations":
            state ^= {change.item.split(",")[0]}
        elif change.field == "locations.facility":
            state ^= {change.before, change.after}
    assert state == {str(entry["facility"]) for entry in kept}


def test_the_compared_records_are_not_modified():
    before, after = (
        with_list(study(), SITES, [site(1), site(2)]),
        with_list(study(enrollment=3), SITES, [site(2)]),
    )
    kept = copy.deepcopy((before, after))
    diff(before, after)
    assert (before, after) == kept


def test_a_thousand_new_sites_are_compared_in_no_time():
    set_path(before := study(), SITES, [site(number) for number in range(1000)])
    set_path(
        after := study(),
        SITES,
        [site(number, facility=f"Hospital {number}", city="Elsewhere") for number in range(1000)],
    )
    assert len(diff(before, after)) >= 1000
