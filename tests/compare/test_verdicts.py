"""The verdict on a cell, the words beside it, and why a difference is there."""

import pytest

from enrich.compare.causes import Question, cause_from_record
from enrich.compare.display import fact_json, fact_text
from enrich.compare.verdicts import compare_field, compare_row
from enrich.models import Cause, Column, Row, Table, Trial, Verdict

NCT = "NCT01234567"
DESIGN = ("study_type", "phases", "allocation", "masking")
COMPLETE, PARTIAL, NO_RECORD = "complete", "partial", "no record"


def compared(
    cell,
    says,
    facts,
    *,
    held=COMPLETE,
    ids=(NCT,),
    accessed="2021-02-14",
    padded=False,
    faults=None,
):
    """The comparisons of a table with one cell."""
    table = Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "Cell"),
        columns=(Column("Cell", tuple(says)),),
        rows=(),
        padded_dates=padded,
    )
    trial = None if held == NO_RECORD else Trial(NCT, facts, held == COMPLETE, faults or {})
    return compare_row(table, Row(1, {"NCT ID": NCT, "Cell": cell}, ids, accessed), trial, ids[0])


# fmt: off
VERDICTS = (
    # what is printed, the fields of its column, the registry's facts, what is held, verdicts by field, why
    ("Phase 1",  ["phases"], {"phases": ("PHASE1",)}, COMPLETE, {"phases": Verdict.AGREES}, "same"),
    ("Phase 1",  ["phases"], {"phases": ("NA",)},     COMPLETE, {"phases": Verdict.DIFFERS}, "other"),
    ("",         ["phases"], {"phases": ("PHASE1",)}, COMPLETE, {"phases": Verdict.ADDS},   "the cell is empty, the registry knows"),
    ("NR",       ["phases"], {"phases": ("PHASE1",)}, COMPLETE, {"phases": Verdict.ADDS},   "a mark for no data is no claim"),
    ("Phase 1",  ["phases"], {},                      COMPLETE, {"phases": Verdict.SILENT}, "the registry has nothing"),
    ("Early Phase 1", ["phases"], {},                 COMPLETE, {"phases": Verdict.SILENT}, "also about the least of phases"),
    ("Randomized", ["allocation"], {},                COMPLETE, {"allocation": Verdict.SILENT}, "and about another field"),
    ("Recruiting", ["overall_status"], {},            COMPLETE, {"overall_status": Verdict.SILENT}, "and one that is never left out on purpose"),
    ("",         ["phases"], {},                      COMPLETE, {},                 "neither says anything"),
    ("pilot",    ["phases"], {"phases": ("NA",)},     COMPLETE, {"phases": Verdict.UNREADABLE}, "a word that is no phase, in a column of phases"),
    ("pilot",    ["phases"], {},                      COMPLETE, {"phases": Verdict.UNREADABLE}, "also where the registry has nothing"),
    ("Phase",    ["phases"], {},                      COMPLETE, {"phases": Verdict.UNREADABLE}, "a word without its number"),
    ("",         ["phases"], {"phases": ("NA",)},     COMPLETE, {"phases": Verdict.AGREES}, "an unprinted phase agrees with not applicable"),
    ("Not applicable", ["phases"], {},                COMPLETE, {"phases": Verdict.AGREES}, "observational trials have no phase"),
    ("Phase 1",  ["phases"], {},                      PARTIAL,  {"phases": Verdict.NOT_CHECKED}, "a partial copy does not hold it"),
    ("",         ["phases"], {},                      PARTIAL,  {"phases": Verdict.NOT_CHECKED}, "nor is it known whether it would add"),
    ("Phase 1",  ["phases"], {"phases": ("NA",)},     PARTIAL,  {"phases": Verdict.DIFFERS}, "what a partial copy holds is compared"),
    ("Phase 1",  ["phases"], {},                      NO_RECORD, {"phases": Verdict.NOT_CHECKED}, "no saved record"),
    ("pilot",    ["phases"], {},                      NO_RECORD, {"phases": Verdict.UNREADABLE}, "what cannot be read cannot, record or not"),

    ("Phase I/II Randomized", DESIGN, {"phases": ("PHASE1", "PHASE2"), "allocation": "RANDOMIZED", "masking": "DOUBLE"}, COMPLETE,
        {"phases": Verdict.AGREES, "allocation": Verdict.AGREES, "masking": Verdict.ADDS}, "each field is read for itself; nothing about one neither speaks of"),
    ("Pilot study", DESIGN, {"phases": ("NA",), "allocation": "NA"}, COMPLETE,
        {"phases": Verdict.AGREES, "allocation": Verdict.AGREES}, "what a column of several leaves out is no claim"),
    ("Double blind, open label extension", DESIGN, {"masking": "DOUBLE"}, COMPLETE, {"masking": Verdict.UNREADABLE}, "two labels that exclude each other"),

    ("54.5 ± 10.3", ["minimum_age", "maximum_age"], {"minimum_age": "18 Years"}, COMPLETE, {"minimum_age": Verdict.ADDS}, "a measured age claims nothing about who may take part"),
    ("18",       ["minimum_age"], {"minimum_age": "18 Years"}, COMPLETE, {"minimum_age": Verdict.AGREES}, "a bare age in a column of its own"),
    ("≥18",      ["minimum_age", "maximum_age"], {"minimum_age": "18 Years"}, COMPLETE, {"minimum_age": Verdict.AGREES}, "no upper limit on either side"),
    ("Some syndrome", ["conditions"], {"conditions": ("Gout",)}, COMPLETE, {"conditions": Verdict.UNREADABLE}, "names that may or may not mean the same"),
    ("0",        ["enrollment"], {"enrollment": 0},   COMPLETE, {"enrollment": Verdict.AGREES}, "nought is a number"),
    ("",         ["enrollment"], {"enrollment": 0},   COMPLETE, {"enrollment": Verdict.ADDS}, "and the registry's nought is known"),
    ("No",       ["has_results"], {"has_results": False}, COMPLETE, {"has_results": Verdict.AGREES}, "no is an answer"),
)
# fmt: on


@pytest.mark.parametrize(
    "cell, says, facts, held, verdicts",
    [pytest.param(*line[:5], id=f"{line[0]!r}, {line[3]}: {line[5]}") for line in VERDICTS],
)
def test_verdicts(cell, says, facts, held, verdicts):
    found = compared(cell, says, facts, held=held)
    assert {comparison.field: comparison.verdict for comparison in found} == verdicts
    assert all(
        (comparison.nct_id, comparison.cell, comparison.registry)
        == (NCT, cell, fact_json(facts.get(comparison.field)))
        for comparison in found
    )
    assert all(
        comparison.note
        for comparison in found
        if comparison.verdict in (Verdict.UNREADABLE, Verdict.NOT_CHECKED, Verdict.DIFFERS)
    )


def test_a_row_of_several_trials_is_not_checked_with_the_reason():
    found = compared("Phase 1", DESIGN, {"phases": ("PHASE1",)}, ids=(NCT, "NCT02345678"))
    assert {comparison.verdict for comparison in found} == {Verdict.NOT_CHECKED}
    assert len(found) == len(DESIGN)
    assert "several trials" in found[0].note


# fmt: off
FAULTS = (
    # what is printed, its field, the registry's facts, the faulty field, verdict, why
    ("Phase 1", "phases",      {},                                  "phases",         Verdict.NOT_CHECKED, "the fact itself"),
    ("Phase 1", "phases",      {"phases": ("PHASE1",)},             "masking",        Verdict.AGREES,      "a fact that says nothing about it"),
    ("Rest",    "brief_title", {"brief_title": "Sleep"},            "official_title", Verdict.NOT_CHECKED, "the other title might agree"),
    ("",        "brief_title", {"brief_title": "Sleep"},            "official_title", Verdict.ADDS,        "nothing is printed that could agree with it"),
    ("Rest",    "brief_title", {},                                  "official_title", Verdict.SILENT,      "there is nothing to agree with"),
)
# fmt: on


@pytest.mark.parametrize(
    "cell, field, facts, faulty, verdict",
    [pytest.param(*line[:5], id=f"{line[1]}: {line[5]}") for line in FAULTS],
)
def test_a_fact_of_unknown_shape_is_not_checked_with_its_place(cell, field, facts, faulty, verdict):
    (comparison,) = compared(
        cell, [field], facts, faults={faulty: "module.key: str where list was expected"}
    )
    assert (comparison.verdict, "module.key" in (comparison.note or "")) == (
        verdict,
        verdict == Verdict.NOT_CHECKED,
    )


@pytest.mark.parametrize(
    "printed, padded, registry, claim, verdict",
    [
        pytest.param(
            "2021-03-01",
            False,
            "2021-03-15",
            "2021-03-01",
            Verdict.DIFFERS,
            id="a first that is meant",
        ),
        pytest.param(
            "2021-03-01",
            True,
            "2021-03-15",
            "2021-03",
            Verdict.AGREES,
            id="a first that is padding",
        ),
        pytest.param(
            "2021-03-14",
            True,
            "2021-03-15",
            "2021-03-14",
            Verdict.DIFFERS,
            id="another day is meant even in a padded table",
        ),
        pytest.param(
            "2021-03-01", True, "2021-04-01", "2021-03", Verdict.DIFFERS, id="another month"
        ),
        pytest.param(
            "03/04/2021",
            True,
            "2021-04-03",
            None,
            Verdict.UNREADABLE,
            id="what cannot be read stays so",
        ),
        pytest.param("", True, "2021-04-03", None, Verdict.ADDS, id="what is not printed, too"),
    ],
)
def test_padded_dates_are_read_as_months(printed, padded, registry, claim, verdict):
    (comparison,) = compared(printed, ["start_date"], {"start_date": registry}, padded=padded)
    assert (comparison.claim, comparison.verdict) == (claim, verdict)


def test_a_first_of_a_month_is_a_day_unless_the_table_marks_padded_dates():
    found = compare_field(
        Column("Cell", ("start_date",)),
        "start_date",
        "2021-03-01",
        Trial(NCT, {"start_date": "2021-03-15"}),
    )
    assert found.verdict == Verdict.DIFFERS


# fmt: off
NOTES = (
    ({"enrollment": 20, "enrollment_type": "ESTIMATED"}, "registry: planned 20", "a plan"),
    ({"enrollment": 20, "enrollment_type": "ACTUAL"},    "registry: enrolled 20", "a count"),
    ({"enrollment": 20},                                 "registry: 20", "neither planned nor counted"),
    ({"enrollment": 20, "enrollment_type": "ESTIMATED", "overall_status": "RECRUITING", "last_update_posted": "2009-03-01"},
                                                         "registry: planned 20", "a plan that may yet be followed up"),
    ({"enrollment": 20, "enrollment_type": "ACTUAL", "overall_status": "UNKNOWN", "last_update_posted": "2009-03-01"},
                                                         "registry: enrolled 20", "a count needs no follow-up"),
    ({"enrollment": 20, "enrollment_type": "ESTIMATED", "overall_status": "UNKNOWN"}, "registry: planned 20", "a plan of no known day"),
    ({"enrollment": 20, "enrollment_type": "ESTIMATED", "overall_status": "UNKNOWN", "last_update_posted": "2009-03-01"},
                                                         "registry: planned 20, not updated since 2009", "a plan that nobody followed up"),
)
# fmt: on


@pytest.mark.parametrize("facts, note", [pytest.param(*line[:2], id=line[2]) for line in NOTES])
def test_the_note_shows_whether_a_number_of_people_is_planned_or_counted(facts, note):
    (comparison,) = compared("14", ["enrollment"], facts)
    assert (comparison.verdict, comparison.note) == (Verdict.DIFFERS, note)


# fmt: off
WORDS = (
    # what is printed, its field, the fact, verdict, the words beside it
    ("Randomized",       "allocation",   "NON_RANDOMIZED",       Verdict.DIFFERS, "registry: non-randomized"),
    ("Randomized",       "allocation",   "RANDOMIZED",           Verdict.AGREES,  None),
    ("Phase 1",          "phases",       ("PHASE1", "PHASE2"),   Verdict.DIFFERS, "registry: Phase 1/Phase 2"),
    ("Phase 1",          "phases",       ("PHASE1",),            Verdict.AGREES,  None),
    ("2021-03",          "start_date",   "2021-04",              Verdict.DIFFERS, "registry: 2021-04"),
    ("Yes",              "has_results",  False,                  Verdict.DIFFERS, "registry: no"),
    ("No",               "has_results",  True,                   Verdict.DIFFERS, "registry: yes"),
    ("14",               "enrollment",   14,                     Verdict.AGREES,  None),
    ("Psoriasis; asthma", "conditions",  ("Gout", "Stroke"),     Verdict.DIFFERS, "registry: Gout; Stroke"),
    ("Gout; asthma",     "conditions",   ("Gout", "Stroke"),     Verdict.AGREES,  "not named in the record: asthma"),
    ("Gout",             "conditions",   ("Gout", "Stroke"),     Verdict.AGREES,  None),
    ("",                 "phases",       ("NA",),                Verdict.AGREES,  "nothing printed, and the registry says: not applicable"),
)
# fmt: on


@pytest.mark.parametrize("cell, field, fact, verdict, note", WORDS)
def test_the_words_beside_a_verdict(cell, field, fact, verdict, note):
    (comparison,) = compared(cell, [field], {field: fact})
    assert (comparison.verdict, comparison.note) == (verdict, note)


# fmt: off
FACTS = (
    # field, fact, as the database keeps it, as a person reads it
    ("conditions",  None,                      None,                     "nothing"),
    ("has_results", True,                      "true",                   "yes"),
    ("has_results", False,                     "false",                  "no"),
    ("enrollment",  0,                         "0",                      "0"),
    ("phases",      ("PHASE1", "PHASE2"),      '["PHASE1", "PHASE2"]',   "Phase 1/Phase 2"),
    ("conditions",  ("Gout", "Sjögren"),       '["Gout", "Sjögren"]',    "Gout; Sjögren"),
    ("who_masked",  ("PARTICIPANT", "INVESTIGATOR"), '["PARTICIPANT", "INVESTIGATOR"]', "participant; investigator"),
    ("masking",     "NONE",                    "NONE",                   "none (open label)"),
    ("study_type",  "EXPANDED_ACCESS",         "EXPANDED_ACCESS",        "expanded access"),
    ("acronym",     "REST_1",                  "REST_1",                 "REST_1"),
    ("study_type",  "Of a new kind",           "Of a new kind",          "Of a new kind"),
)
# fmt: on


@pytest.mark.parametrize("field, fact, kept, read", FACTS)
def test_facts_in_words(field, fact, kept, read):
    assert (fact_json(fact), fact_text(field, fact)) == (kept, read)


# fmt: off
CAUSES = (
    ("enrollment",     "2021-02-14", "2014-05-01", Cause.NEVER_AGREED,  "the record stood still since before the authors looked"),
    ("enrollment",     "2021-02-14", "2021-02-14", Cause.NEVER_AGREED,  "the day of access itself belongs to what they saw"),
    ("enrollment",     "2021-02-14", "2021-02-15", Cause.UNKNOWN, "updated since"),
    ("enrollment",     None,         "2014-05-01", Cause.UNKNOWN, "nobody knows when they looked"),
    ("enrollment",     "2021-02-14", None,         Cause.UNKNOWN, "nobody knows when it was updated"),
    ("overall_status", "2021-02-14", "2014-05-01", Cause.UNKNOWN, "the registry moves a status by itself"),
)
# fmt: on


@pytest.mark.parametrize(
    "field, accessed, updated, cause",
    [pytest.param(*line[:4], id=f"{line[0]}: {line[4]}") for line in CAUSES],
)
def test_causes(field, accessed, updated, cause):
    facts = {"enrollment": 20, "overall_status": "UNKNOWN", "last_update_posted": updated}
    (comparison,) = compared(
        {"enrollment": "14", "overall_status": "Recruiting"}[field],
        [field],
        facts,
        accessed=accessed,
    )
    assert comparison.verdict == Verdict.DIFFERS
    assert (
        cause_from_record(
            Question(comparison, accessed or "", Trial(NCT, facts), lambda then: None)
        ).cause
        == cause
    )
