"""Facts out of a record: absent is None, a wrong shape is named with its path, and nothing is guessed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.record.children import LISTS
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import digest_of
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study

ROOT = Path(__file__).parents[2]

# fmt: off
READ = (
    ("enrollment",  20,                     20,            "a number"),
    ("enrollment",  "20",                   20,            "a number as text"),
    ("enrollment",  0,                      0,             "nought is a number"),
    ("enrollment",  99_999_999,             None,          "the registry's word for none"),
    ("enrollment",  "99999999",             None,          "the same as text"),
    ("enrollment",  188_814_085,            188_814_085,   "the largest there is"),
    ("phases",      ["PHASE1", "PHASE2"],   ("PHASE1", "PHASE2"), "a list"),
    ("phases",      ["NA"],                 ("NA",),       "not applicable is a value"),
    ("phases",      [],                     (),            "an empty list is not an absent one"),
    ("conditions",  ["a", None, "a", "b"],  ("a", "b"),    "doubles and nulls in a list"),
    ("start_date",  "2020-03",              "2020-03",     "a month stays a month"),
    ("start_date",  "2020-03-09T10:00",     "2020-03-09",  "the time of day is dropped"),
    ("has_results", False,                  False,         "no is not nothing"),
    ("brief_title", None,                   None,          "a null is absent"),
    ("overall_status", "NEW_WORD",          "NEW_WORD",    "a code nobody knows yet is kept"),
)
FAULTY = (
    ("phases",      "PHASE2",               "a word is not a list of its letters"),
    ("phases",      [1],                    "a number in a list of words"),
    ("phases",      {},                     "an object for a list"),
    ("enrollment",  "many",                 "a word for a number"),
    ("enrollment",  True,                   "a truth value is no number"),
    ("enrollment",  20.5,                   "half a person"),
    ("enrollment",  "-1",                   "a sign"),
    ("start_date",  "spring",               "a word for a date"),
    ("start_date",  2020,                   "a number for a date"),
    ("has_results", "false",                "a word for a truth value"),
    ("brief_title", 5,                      "a number for text"),
    ("brief_title", ["a"],                  "a list for text"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, value, fact", [pytest.param(*line[:3], id=f"{line[0]}: {line[3]}") for line in READ]
)
def test_facts_are_read(field, value, fact):
    made = study()
    set_path(made, FIELDS[field].path, value)
    trial = trial_of(made)
    assert (trial[field], trial.faults) == (fact, {})


@pytest.mark.parametrize(
    "field, value", [pytest.param(*line[:2], id=f"{line[0]}: {line[2]}") for line in FAULTY]
)
def test_a_wrong_shape_is_named_and_the_other_facts_are_kept(field, value):
    made = study(acronym="REST")
    set_path(made, FIELDS[field].path, value)
    trial = trial_of(made)
    assert trial[field] is None and trial["acronym"] == "REST"
    assert list(trial.faults) == [field] and FIELDS[field].path in trial.faults[field]


@pytest.mark.parametrize("module", ["designModule", "statusModule", "armsInterventionsModule"])
@pytest.mark.parametrize(
    "value",
    [pytest.param([], id="a list"), pytest.param("x", id="a word"), pytest.param(3, id="a number")],
)
def test_a_module_of_another_shape_is_a_fault_of_each_of_its_fields(module, value):
    made = study()
    made["protocolSection"][module] = value
    inside = {name for name, field in FIELDS.items() if f".{module}." in field.path}
    assert trial_of(made).faults.keys() == inside


def test_a_record_with_nothing_but_its_id_has_no_facts_and_no_faults():
    trial = trial_of({"protocolSection": {"identificationModule": {"nctId": nct(1)}}})
    assert set(trial.facts.values()) == {None} and not trial.faults


def test_every_path_is_written_once():
    text = "".join(
        (ROOT / "enrich" / "record" / name).read_text(encoding="utf-8")
        for name in ("fields.py", "children.py", "identity.py", "names.py")
    )
    paths = {f'"{thing.path}"' for thing in (*FIELDS.values(), *LISTS.values())}
    assert {path: text.count(path) for path in paths} == dict.fromkeys(paths, 1)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FIELDS)), _JSON)
def test_any_value_at_any_path_is_a_fact_or_a_fault(field, value):
    made = study()
    set_path(made, FIELDS[field].path.partition("[]")[0], value)
    trial = trial_of(made)
    assert not (trial.faults and trial[field] is not None) and trial.nct_id == nct(1)
    assert isinstance(digest_of(made), str)
