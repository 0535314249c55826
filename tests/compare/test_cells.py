"""Every reader of cells: what a spelling claims, what cannot be read, and what does not speak of the field at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.compare.cells.ages import parse_registry_age
from enrich.compare.cells.reading import Cell, Elsewhere
from enrich.compare.cells.scan import VOCABULARIES
from enrich.compare.rules import RULES
from enrich.models import Claim, Unreadable

NOTHING, CANNOT_BE_READ = None, Unreadable


AGES = ("minimum_age", "maximum_age")


def read(field, text, *fields):
    """What a cell claims about *field*, in a column of *fields*, or of both limits of age."""
    cell = Cell(text, fields or (AGES if field in AGES else (field,)))
    reading = None if cell.is_blank else RULES[field].read(cell)
    return None if isinstance(reading, Elsewhere) else reading


def spelled(field, *spellings, claims):
    """One line of a table: several spellings with one meaning."""
    return [pytest.param(field, text, claims, id=f"{field}: {text!r}") for text in spellings]


def codes(*names):
    return json.dumps(names) if len(names) > 1 else names[0]


def phase(*names):
    return json.dumps(names)


DOUBLE_BLIND = codes("DOUBLE", "TRIPLE", "QUADRUPLE")
NOT_RANDOMIZED = codes("NON_RANDOMIZED", "NA")


# fmt: off
CLAIMS = (
    *spelled("phases", "Phase 1", "phase I", "Ph 1", "Ph. I", "PHASE1", "Phase Ia", "I", "1", "phase Ⅰ", "Phase １", "Phase-1", "(Phase I)", claims=phase("PHASE1")),
    *spelled("phases", "Phase I/II", "Phase 1/2", "Phase 1/Phase 2", "Phase 1|Phase 2", "I/II", "1/2", "Phase I-II", "phase I and II", "Phase 1b/2a", "Phase 1 & 2",
             "Ph1/2", "Ph I / Ph II", "Ⅰ/Ⅱ", "Phase II/I", "Phases I–II", "I, II", "Phase I to II", "Phase1/Phase2", "PHASE1|PHASE2", "1|2", claims=phase("PHASE1", "PHASE2")),
    *spelled("phases", "Phase II", "Phase II¹", "Phase IIb", "2a", "Phase 2 trial", "Phase II, 24 weeks", "a randomised phase 2 study", "Phase 2 (n = 3)", claims=phase("PHASE2")),
    *spelled("phases", "2b/3", "Phase II/III", "Ph 2b/3", "Phase 2|Phase 3", claims=phase("PHASE2", "PHASE3")),
    *spelled("phases", "Phase 3", "Phase IIIb", "III", claims=phase("PHASE3")),
    *spelled("phases", "Phase 4", "IV", "phase iv", claims=phase("PHASE4")),
    *spelled("phases", "Early Phase 1", "early phase I", "Phase 0", "Early-Phase 1", "EARLY_PHASE1", claims=phase("EARLY_PHASE1")),
    *spelled("phases", "Early Phase 1/2", claims=phase("PHASE1", "PHASE2")),
    *spelled("phases", "Not Applicable", "Phase: not applicable", claims="NA"),
    *spelled("phases", "Phase 1/4", "Phase 5", "Phase X", "Phase I, Phase III", "Phase 1/2/3", claims=CANNOT_BE_READ),
    *spelled("phases", "Randomized double blind", "14 patients", "Pilot study", "Intervention A", "", claims=NOTHING),

    *spelled("study_type", "Interventional", "INTERVENTIONAL", "Interventional (Clinical Trial)", "RCT", "Prospective interventional study", claims="INTERVENTIONAL"),
    *spelled("study_type", "Observational", "Observational [Patient Registry]", "Non-interventional", "non interventional study", claims="OBSERVATIONAL"),
    *spelled("study_type", "Expanded Access", "Compassionate use", claims="EXPANDED_ACCESS"),
    *spelled("study_type", "Interventional, observational extension", claims=CANNOT_BE_READ),
    *spelled("study_type", "Case report", claims=CANNOT_BE_READ),
    *spelled("study_type", "Phase I", claims=NOTHING),

    *spelled("allocation", "Randomized", "randomised", "Randomized, double-blind", "RCT", "Random", "Randomized²", claims="RANDOMIZED"),
    *spelled("allocation", "Non-Randomized", "nonrandomised", "Non randomised", "not randomized", "Non‐randomized", claims=NOT_RANDOMIZED),
    *spelled("allocation", "Not applicable", claims=codes("NA", "NON_RANDOMIZED")),
    *spelled("allocation", "Quasi-randomized", "never randomized", "neither randomised nor blinded", "Randomization planned", claims=CANNOT_BE_READ),
    *spelled("allocation", "Open label", "Single arm", claims=NOTHING),

    *spelled("intervention_model", "Single Group", "Single Group Assignment", "single-arm", "one arm", claims="SINGLE_GROUP"),
    *spelled("intervention_model", "Parallel Assignment", "parallel-group", claims="PARALLEL"),
    *spelled("intervention_model", "Crossover", "cross-over", "Crossover Assignment", claims="CROSSOVER"),
    *spelled("intervention_model", "Factorial Assignment", claims="FACTORIAL"),
    *spelled("intervention_model", "Sequential Assignment", claims="SEQUENTIAL"),
    *spelled("intervention_model", "Parallel or crossover", "Assignment by ballot", claims=CANNOT_BE_READ),
    *spelled("intervention_model", "Randomized", claims=NOTHING),

    *spelled("masking", "Open Label", "None (Open Label)", "None", "open-label", "No Masking", "Open", "unblinded", "Masking: None", "not blinded", claims="NONE"),
    *spelled("masking", "Single", "Single Blind", "single-blinded", "Single (Outcomes Assessor)", "Single Masked", claims="SINGLE"),
    *spelled("masking", "Double Blind", "double-blind", "Double-blinded", "Double Masked", "randomized double blind placebo controlled", claims=DOUBLE_BLIND),
    *spelled("masking", "Double", "Double (Participant, Investigator)", "Masking: Double", "Participant, Investigator", claims="DOUBLE"),
    *spelled("masking", "Triple", "triple-blind", "Participant, Care Provider, Investigator", claims="TRIPLE"),
    *spelled("masking", "Quadruple", "Quadruple (Participant, Care Provider, Investigator, Outcomes Assessor)", "quadruple-masked",
             "Participant|Care Provider|Investigator|Outcomes Assessor", claims="QUADRUPLE"),
    *spelled("masking", "Outcomes Assessor", "investigator", "Subject", claims="SINGLE"),
    *spelled("masking", "Double blind, open label extension", "partly blinded", "blinded", "not double-blind", claims=CANNOT_BE_READ),
    *spelled("masking", "Randomized, masking: double blind", claims=DOUBLE_BLIND),
    *spelled("masking", "Randomized", "Phase I", "Investigator initiated", "()", claims=NOTHING),

    *spelled("overall_status", "Completed", "COMPLETED", "completed in 2013", claims="COMPLETED"),
    *spelled("overall_status", "Recruiting", "Currently recruiting", claims="RECRUITING"),
    *spelled("overall_status", "Active, not recruiting", "Active not recruiting", "ACTIVE_NOT_RECRUITING", claims="ACTIVE_NOT_RECRUITING"),
    *spelled("overall_status", "Not yet recruiting", claims="NOT_YET_RECRUITING"),
    *spelled("overall_status", "Unknown status", "Unknown", claims="UNKNOWN"),
    *spelled("overall_status", "Terminated", "Terminated (low accrual)", claims="TERMINATED"),
    *spelled("overall_status", "Enrolling by invitation", claims="ENROLLING_BY_INVITATION"),
    *spelled("overall_status", "Withdrawn", claims="WITHDRAWN"),
    *spelled("overall_status", "Suspended", claims="SUSPENDED"),
    *spelled("overall_status", "Completed or terminated", "not completed", claims=CANNOT_BE_READ),

    *spelled("sex", "All", "Both", "both sexes", "Male and female", "M/F", "women and men", "male and female adults", claims="ALL"),
    *spelled("sex", "Female", "Women", "F", claims="FEMALE"),
    *spelled("sex", "Male", "men only", claims="MALE"),

    *spelled("enrollment", "14", " 14 ", "14 (10/4)", "14 patients", "n=14", "N = 14", "14²", "n = 14¹", "14 (2 M/12 F)", "14 enrolled, 10 completed", "１４", claims="14"),
    *spelled("enrollment", "N = 1,949", "1949", "1\u202f949", "1\u2009949", "1\u00a0949", claims="1949"),
    *spelled("enrollment", "120 (60/60)", claims="120"),
    *spelled("enrollment", "20 (18 completed)", "20; 18 completed", claims="20"),
    *spelled("enrollment", "~ 50", "about 50", "≈50", "approx. 50", "ca. 50", claims="about 50"),
    *spelled("enrollment", "0", claims="0"),
    *spelled("enrollment", "10-20", "10 – 20", "60/60", "12.5", "54.5 ± 10.3", "50%", "20 per arm", "20 in each group", "3 arms", "12 weeks", "20+", "12 vs 14", "many",
             "8 or 9", "3 sites", "1:1", "½", "1 949", "-5", claims=CANNOT_BE_READ),
    *spelled("enrollment", "", "  ", "²", claims=NOTHING),

    *spelled("minimum_age", "≥18", "18+", ">18", "older than 18", "18 years and older", "over 18 years", "at least 18 y", "18 and above", "adults ≥ 18", "18–65 y", "18 to 65 years",
             "between 18 and 65", ">= 18 yrs", "Aged 18-65", "≥18 and ≤65", "(18 to 65)", "from 18 years", claims="18 Years"),
    *spelled("minimum_age", "6 months to 5 years", "6 mo - 5 y", claims="6 Months"),
    *spelled("minimum_age", "2-12 weeks", claims="2 Weeks"),
    *spelled("minimum_age", "1 year and older", claims="1 Year"),
    *spelled("minimum_age", "0 to 5 years", claims="0 Years"),
    *spelled("maximum_age", "18–65 y", "18 to 65 years", "up to 65 years", "≤65", "<65", "younger than 65", "65 years or younger", "≥18 and ≤65", "below 65", claims="65 Years"),
    *spelled("maximum_age", "6 months to 5 years", claims="5 Years"),
    *spelled("minimum_age", "54.5 ± 10.3", "mean 54", "median 54 (18-65)", "54 (range 18-65)", "adults", "≤65", claims=NOTHING),
    *spelled("minimum_age", "18", claims="18 Years"),
    *spelled("maximum_age", "54.5 ± 10.3", "≥18", "18+", claims=NOTHING),
    *spelled("maximum_age", "65", claims=CANNOT_BE_READ),

    *spelled("start_date", "2021-03", "March 2021", "Mar-2021", "03/2021", "2021/03", claims="2021-03"),
    *spelled("start_date", "2021", claims="2021"),
    *spelled("start_date", "9 March 2021", "2021-03-09 00:00:00", claims="2021-03-09"),
    *spelled("start_date", "03/04/2021", "soon", "2021-02-30", claims=CANNOT_BE_READ),
    *spelled("start_date", "", claims=NOTHING),

    *spelled("has_results", "TRUE", "Yes", "y", "1", "Has results", "Results available", claims="true"),
    *spelled("has_results", "FALSE", "no", "0", "No results available", "not posted", claims="false"),
    *spelled("has_results", "no results; results available", "Results posted: maybe", claims=CANNOT_BE_READ),
    *spelled("has_results", "Results posted: no", "No results posted", claims="false"),

    *spelled("lead_sponsor_class", "Industry", "INDUSTRY", claims="INDUSTRY"),
    *spelled("lead_sponsor_class", "Other", claims=codes("OTHER", "NETWORK", "INDIV", "OTHER_GOV", "UNKNOWN")),

    *spelled("conditions", "Systemic sclerosis", claims="Systemic sclerosis"),
    *spelled("conditions", "Systemic sclerosis - digital ulcers", "Systemic sclerosis; digital ulcers", "Systemic sclerosis\ndigital ulcers", "Systemic sclerosis – digital ulcers",
             claims=codes("Systemic sclerosis", "digital ulcers")),
    *spelled("conditions", "Graft-versus-host disease", claims="Graft-versus-host disease"),
    *spelled("conditions", "Sjögren syndrome; gout", claims='["Sjögren syndrome", "gout"]'),
    *spelled("conditions", "", "()", "-", claims=NOTHING),

    *spelled("brief_title", "Cells for Skin", "Cells for Skin - Full Text View - ClinicalTrials.gov", "Cells for Skin - No Study Results Posted - ClinicalTrials.gov",
             "Cells for Skin | ClinicalTrials.gov", "Study Details | Cells for Skin | ClinicalTrials.gov", "Study Details | NCT01234567 | Cells for Skin | ClinicalTrials.gov",
             claims="Cells for Skin"),
    *spelled("brief_title", "", "---", claims=NOTHING),
    *spelled("lead_sponsor", "University  of\nGranada", claims="University of Granada"),
    *spelled("primary_purpose", "Treatment", claims="TREATMENT"),
    *spelled("enrollment_type", "Anticipated", "Estimated", "planned", claims="ESTIMATED"),
    *spelled("enrollment_type", "Actual", claims="ACTUAL"),
)
# fmt: on


@pytest.mark.parametrize("field, text, claim", CLAIMS)
def test_what_a_cell_claims(field, text, claim):
    reading = read(field, text)
    if claim is Unreadable:
        assert isinstance(reading, Unreadable) and reading.reason
    else:
        assert (reading.text if isinstance(reading, Claim) else reading) == claim


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NA",
        "n/a",
        "NR",
        "N.R.",
        "Not given",
        "not reported",
        "-",
        "–",
        "--",
        "?",
        "ND",
        "NULL",
        ".",
        "N.A.",
        "Not available",
    ],
)
def test_marks_without_meaning(text):
    assert Cell(text).is_blank


@pytest.mark.parametrize("text", ["None", "No", "0", "Unknown", "Not applicable", "N"])
def test_marks_with_meaning(text):
    assert not Cell(text).is_blank


@pytest.mark.parametrize(
    "text, shown",
    [
        ("18", "18 Years"),
        ("6 months", "6 Months"),
        ("18 y", "18 Years"),
        ("N/A", None),
        ("54.5", None),
    ],
)
@pytest.mark.parametrize("field", AGES)
def test_a_bare_age_is_a_limit_where_the_column_holds_nothing_else(field, text, shown):
    reading = read(field, text, field)
    assert (reading and reading.text) == shown


@pytest.mark.parametrize(
    "text", ["1 Year", "12 Months", "52 Weeks", "365 Days", "8760 Hours", "525600 Minutes"]
)
def test_a_year_in_every_unit_of_the_registry(text):
    age = parse_registry_age(text)
    assert age.months == pytest.approx(12, rel=1e-9)
    assert not age.strict


_WORDS = st.lists(
    st.sampled_from(
        [
            "phase",
            "Ⅱ",
            "IV",
            "2b",
            "/",
            "-",
            "double",
            "blind",
            "(",
            ")",
            "non",
            "randomized",
            "18",
            "≥",
            "years",
            "months",
            "to",
            "±",
            "n=",
            ",",
            "1,949",
            "²",
            "½",
            "٣",
            "𝟘",
        ]
    ),
    max_size=7,
).map(" ".join)


@given(st.sampled_from(sorted(RULES)), st.one_of(st.text(), _WORDS))
def test_every_parser_is_total(field, text):
    for fields in ((field,), tuple(RULES)):
        reading = RULES[field].read(Cell(text, fields))
        assert (
            reading is None
            or isinstance(reading, Elsewhere)
            or (isinstance(reading, Claim) and isinstance(reading.text, str))
            or (isinstance(reading, Unreadable) and reading.reason)
        )
        assert RULES[field].read(Cell(text, fields)) == reading


@pytest.mark.parametrize(
    "field, label, codes",
    [
        (field, label, codes)
        for field, words in VOCABULARIES.items()
        for label, codes in words.codes()
    ],
)
def test_every_label_is_read_as_in_the_table(field, label, codes):
    for printed in (label, label.upper(), label.replace(",", " -"), label.replace(",", " /")):
        reading = read(field, printed)
        assert isinstance(reading, Claim), reading
        assert reading.value == (codes if field != "has_results" else codes.agree == ("true",))


@pytest.mark.parametrize(
    "text",
    [
        "Phase 1 (safety)/2 (efficacy)",
        "Phase I (safety), II (efficacy)",
        "Phase 1 (dose finding) and 2",
        "Phase 1 (n = 3)/2 (n = 4)",
        "Phase 2 (Germany) 3 (USA)",
    ],
)
def test_a_phase_behind_a_remark_in_brackets_is_not_overlooked(text):
    """A cell of which only the first phase is read would differ from a record with both."""
    read = RULES["phases"].read(Cell(text, ("phases",), None))
    assert isinstance(read, Unreadable) or read.value.agree == ("PHASE1", "PHASE2")


@pytest.mark.parametrize(
    "text", ["Phase 2 (40)", "Phase 2 (n = 40), 12 weeks", "Phase 2 (Germany)"]
)
def test_a_number_that_is_no_phase_does_no_harm(text):
    assert RULES["phases"].read(Cell(text, ("phases",), None)).value.agree == ("PHASE2",)
