"""When a printed cell agrees with the registry: by meaning, not by letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.compare.cells.reading import Cell
from enrich.compare.names.conditions import unmatched_conditions
from enrich.compare.rules import RULES
from enrich.models import Claim, Trial
from enrich.record.fields import FIELDS

YES, NO, CANNOT_SAY = True, False, None


def read(field, text):
    """What a cell claims about *field*, in a column of this field alone."""
    return RULES[field].read(Cell(text, (field,)))


PSS = ("Scleroderma, Systemic",)


# fmt: off
AGREEMENTS = (
    # field, printed, registry, agree, why
    ("phases", "Phase I/II",       ("PHASE1", "PHASE2"),  YES, "phases compare as sets"),
    ("phases", "Phase 2/Phase 1",  ("PHASE1", "PHASE2"),  YES, "in any order"),
    ("phases", "Phase I",          ("NA",),               NO,  "a printed phase against none"),
    ("phases", "Phase I",          ("PHASE1", "PHASE2"),  NO,  "one phase of two"),
    ("phases", "Phase IIb",        ("PHASE2",),           YES, "the letter is no phase of the registry"),
    ("phases", "Not applicable",   ("NA",),               YES, "not applicable"),
    ("masking", "Open Label",      "NONE",                YES, "old word for no masking"),
    ("masking", "Double Blind",    "DOUBLE",              YES, "the old word is coarser"),
    ("masking", "Double Blind",    "TRIPLE",              YES, "the old word is coarser"),
    ("masking", "Double Blind",    "QUADRUPLE",           YES, "the old word is coarser"),
    ("masking", "Double Blind",    "SINGLE",              NO,  "one role is not two"),
    ("masking", "Double",          "QUADRUPLE",           NO,  "today's word is exact"),
    ("masking", "Single Blind",    "NONE",                NO,  "blind against open"),
    ("masking", "Participant, Investigator", "DOUBLE",    YES, "roles are counted"),
    ("allocation", "Randomized",   "RANDOMIZED",          YES, "same"),
    ("allocation", "Randomized",   "NON_RANDOMIZED",      NO,  "other"),
    ("allocation", "Randomized",   "NA",                  NO,  "one arm cannot be randomised"),
    ("allocation", "Non-randomized", "NA",                YES, "a single arm: nobody was randomised"),
    ("allocation", "Not applicable", "NON_RANDOMIZED",    YES, "as older single-arm records say it"),
    ("enrollment", "14",           20,                    NO,  "another number"),
    ("enrollment", "20 (18 completed)", 20,               YES, "the first count is the claim"),
    ("enrollment", "about 1,000",  1020,                  YES, "about leaves one in twenty"),
    ("enrollment", "about 1,000",  1200,                  NO,  "but not more"),
    ("enrollment", "about 95",     100,                   YES, "just one in twenty"),
    ("enrollment", "about 180",    190,                   NO,  "a little more than that"),
    ("enrollment", "1,000",        1001,                  NO,  "without about it is exact"),
    ("enrollment", "0",            0,                     YES, "a withdrawn trial enrolled nobody"),
    ("minimum_age", "Older than 18", "18 Years",          YES, "printed for 18 and over"),
    ("minimum_age", ">18",         "18 Years",            YES, "the same as a sign"),
    ("minimum_age", "≥18",         "18 Years",            YES, "inclusive"),
    ("minimum_age", ">18",         "19 Years",            YES, "strictly read"),
    ("minimum_age", ">18",         "21 Years",            NO,  "but not beyond"),
    ("minimum_age", "≥18",         "19 Years",            NO,  "inclusive means 18"),
    ("minimum_age", "≥18",         "216 Months",          YES, "another unit"),
    ("minimum_age", "≥18",         "217 Months",          NO,  "exact between years and months"),
    ("minimum_age", ">19",         "20 Years",            YES, "strictly read, into the next ten"),
    ("minimum_age", ">1 year",     "2 Months",            NO,  "the next number of another unit"),
    ("minimum_age", ">2 months",   "1 Year",              NO,  "the same the other way round"),
    ("minimum_age", "≥65",         "66 Years",            NO,  "years are exact, however many"),
    ("minimum_age", "≥18",         "Adults",              CANNOT_SAY, "a limit of the registry that is no age"),
    ("minimum_age", "6 months to 5 years", "6 Months",    YES, "months"),
    ("minimum_age", "≥6 months",   "26 Weeks",            YES, "weeks and months are too coarse to differ"),
    ("minimum_age", "≥25 weeks",   "6 Months",            YES, "whichever of the two is printed"),
    ("minimum_age", "≥15 months",  "62 Weeks",            YES, "just less than one in twenty apart"),
    ("minimum_age", "≥16 months",  "66 Weeks",            NO,  "just more"),
    ("minimum_age", "≥247 weeks",  "60 Months",           YES, "one in twenty, neither more nor less"),
    ("maximum_age", "18-65",       "65 Years",            YES, "upper limit"),
    ("maximum_age", "<65",         "64 Years",            YES, "strictly read"),
    ("maximum_age", "≤65",         "64 Years",            NO,  "inclusive means 65"),
    ("start_date", "March 2021",   "2021-03-09",          YES, "a month covers its days"),
    ("start_date", "9 March 2021", "2021-03-09",          YES, "the same day"),
    ("start_date", "2021-03-09",   "2021-03",             YES, "whichever side is coarser"),
    ("start_date", "2021-03-01",   "2021-03-09",          NO,  "two days"),
    ("start_date", "2021",         "2020-12",             NO,  "another year"),
    ("overall_status", "Completed", "COMPLETED",          YES, "same"),
    ("overall_status", "Recruiting", "ACTIVE_NOT_RECRUITING", NO, "not the same state"),
    ("overall_status", "Ongoing",  "ACTIVE_NOT_RECRUITING", YES, "a coarser word"),
    ("overall_status", "Not recruiting", "RECRUITING",    NO,  "the opposite"),
    ("sex", "Both",                "ALL",                 YES, "old word"),
    ("sex", "Female",              "ALL",                 NO,  "one of two"),
    ("has_results", "TRUE",        True,                  YES, "as R prints it"),
    ("has_results", "No",          True,                  NO,  "results came"),
    ("lead_sponsor_class", "Other", "NETWORK",            YES, "a class of its own since 2017"),
    ("lead_sponsor_class", "Other", "INDUSTRY",           NO,  "never so"),
    ("lead_sponsor", "Univ. of Granada", "University of Granada", YES, "by the words that tell"),
    ("lead_sponsor", "UNIVERSITY HOSPITAL", "University Hospital", YES, "the same letters, though no word distinguishes"),
    ("lead_sponsor", "University Hospital", "Medical Center", CANNOT_SAY, "no word distinguishes"),
    ("lead_sponsor", "University Hospital", "Pfizer",     CANNOT_SAY, "no printed word distinguishes"),
    ("lead_sponsor", "Pfizer",     "University Hospital", CANNOT_SAY, "no registered word distinguishes"),
    ("lead_sponsor", "Novartis",   "Novartis Pharmaceuticals", YES, "part of the other"),
    ("lead_sponsor", "Pfizer",     "University of Granada", NO, "nothing in common"),
    ("lead_sponsor", "Granada Hospital Trust", "Granada Research Fund", CANNOT_SAY, "some words in common"),
    ("brief_title", "Stem-Cells® for Skin", "Stem Cells for Skin", YES, "by letters and digits"),
    ("brief_title", "Stem Cells for Bone", "Stem Cells for Skin", NO, "another word"),
    ("brief_title", "Stem Cells for Teeth", "Stem Cells for Skin", NO, "another word, later in the alphabet"),
    ("conditions", "Systemic scleroderma", PSS,           YES, "another order of the words"),
    ("conditions", "Systemic sclerosis (SSc)", PSS,       YES, "a listed synonym"),
    ("conditions", "Systemic sclerosis", ("Scleroderma, Diffuse",), YES, "a coarser name"),
    ("conditions", "Hereditary pancreatitis", ("Pancreatitis",), CANNOT_SAY, "a narrower name than the registry's"),
    ("conditions", "Systemic sclerosis - digital ulcers", ("Finger Ulcer",), YES, "one of two is enough"),
    ("conditions", "Psoriasis",    PSS,                   NO,  "two known conditions"),
    ("conditions", "Some rare syndrome", PSS,             CANNOT_SAY, "a condition that the vocabulary does not know"),
    ("conditions", "Small cell lung cancer", ("Non-small Cell Lung Cancer",), NO, "not the one that is not it"),
    ("conditions", "Non-small cell lung cancer", ("Small Cell Lung Cancer",), NO, "nor the other way round"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, printed, registry, agree",
    [
        pytest.param(*line[:4], id=f"{line[0]}: {line[1]!r} against {line[2]!r}: {line[4]}")
        for line in AGREEMENTS
    ],
)
def test_when_a_cell_agrees(field, printed, registry, agree):
    claim = read(field, printed)
    assert isinstance(claim, Claim)
    assert (
        RULES[field].agrees(claim.value, registry, Trial("NCT01234567", {field: registry})) is agree
    )


# fmt: off
CODES = {
    # field             the registry's codes, each of which agrees with itself alone
    "study_type":         ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"),
    "phases":             (("EARLY_PHASE1",), ("PHASE1",), ("PHASE1", "PHASE2"), ("PHASE2",), ("PHASE2", "PHASE3"), ("PHASE3",), ("PHASE4",)),
    "intervention_model": ("SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL"),
    "masking":            ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"),
    "primary_purpose":    ("TREATMENT", "PREVENTION", "DIAGNOSTIC", "ECT", "SUPPORTIVE_CARE", "SCREENING", "HEALTH_SERVICES_RESEARCH", "BASIC_SCIENCE", "DEVICE_FEASIBILITY", "OTHER"),
    "overall_status":     ("RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "COMPLETED", "TERMINATED", "SUSPENDED", "WITHDRAWN",
                           "UNKNOWN", "AVAILABLE", "NO_LONGER_AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD"),
    "sex":                ("ALL", "FEMALE", "MALE"),
    "enrollment_type":    ("ACTUAL", "ESTIMATED"),
    "lead_sponsor_class": ("INDUSTRY", "NIH", "FED", "OTHER_GOV", "INDIV", "NETWORK", "AMBIG"),
}
# fmt: on


@pytest.mark.parametrize(
    "field, code", [(field, code) for field, codes in CODES.items() for code in codes]
)
def test_a_code_of_the_registry_is_read_as_itself(field, code):
    claim = read(field, "|".join(code) if isinstance(code, tuple) else code)
    assert isinstance(claim, Claim)
    assert [
        other
        for other in CODES[field]
        if RULES[field].agrees(claim.value, other, Trial("NCT01234567", {}))
    ] == [code]


def test_a_condition_may_be_among_keywords_or_mesh_terms():
    claim = read("conditions", "Systemic sclerosis; wound healing")
    trial = Trial(
        "NCT01234567",
        {"conditions": ("CREST",), "keywords": ("Healing of wounds",), "condition_mesh": PSS},
    )
    assert RULES["conditions"].agrees(claim.value, trial["conditions"], trial) is True
    assert unmatched_conditions((*claim.value, "gout"), trial) == ("gout",)


def test_the_official_title_will_do():
    trial = Trial("NCT01234567", {"brief_title": "Short", "official_title": "A Long Title"})
    assert RULES["brief_title"].agrees("a long title", "Short", trial)


def test_every_rule_speaks_of_a_field():
    assert set(RULES) <= set(FIELDS)


_FACTS = {
    "texts": st.lists(st.text(), max_size=3).map(tuple),
    "text": st.text(),
    "day": st.dates().map(str),
    "count": st.integers(0),
    "boolean": st.booleans(),
}


@given(
    st.sampled_from(sorted(RULES)),
    st.one_of(st.sampled_from([line[1] for line in AGREEMENTS]), st.text()),
    st.data(),
)
def test_every_rule_has_an_answer_for_any_value_of_the_registry(field, printed, data):
    fact = data.draw(_FACTS[FIELDS[field].read.__name__])
    claim = read(field, printed)
    if isinstance(claim, Claim):
        assert RULES[field].agrees(claim.value, fact, Trial("NCT01234567", {field: fact})) in (
            YES,
            NO,
            CANNOT_SAY,
        )
