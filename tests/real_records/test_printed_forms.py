"""Real records printed the way tables print them, and read again: none may differ from the record it was printed from."""

import pytest

from enrich.compare.verdicts import compare_field
from enrich.models import Column, Trial, Verdict
from enrich.record.fields import trial_of
from tests.fixtures.corpus import needs_corpus, read_records

pytestmark = needs_corpus

ROMAN = {"PHASE1": "I", "PHASE2": "II", "PHASE3": "III", "PHASE4": "IV"}
CLASSIC_MASKING = {
    "NONE": "None (Open Label)",
    "SINGLE": "Single Blind",
    "DOUBLE": "Double Blind",
    "TRIPLE": "Double Blind",
    "QUADRUPLE": "Double-blind",
}
CLASSIC_STATUS = {"ACTIVE_NOT_RECRUITING": "Active, not recruiting", "UNKNOWN": "Unknown status"}


@pytest.fixture(scope="module")
def trials():
    return [trial_of(study) for study in read_records("studies.ndjson.gz")]


def words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def design_of_the_download(trial: Trial) -> str:
    """The cell "Study Design" of the registry's own CSV download."""
    parts = [
        ("Allocation", trial["allocation"]),
        ("Intervention Model", trial["intervention_model"]),
        ("Masking", trial["masking"]),
        ("Primary Purpose", trial["primary_purpose"]),
    ]
    masked = trial["who_masked"]
    roles = f" ({', '.join(masked)})" if isinstance(masked, tuple) else ""
    return "|".join(
        f"{name}: {value or ''}{roles if name == 'Masking' else ''}" for name, value in parts
    )


def design_of_a_review(trial: Trial) -> str:
    """A cell such as those of Table 9."""
    phases = trial["phases"] or ()
    roman = "/".join(ROMAN[phase] for phase in phases if phase in ROMAN)
    phase = "Early Phase I " if "EARLY_PHASE1" in phases else f"Phase {roman} " if roman else ""
    allocation = {"RANDOMIZED": "Randomized ", "NON_RANDOMIZED": "Non-randomized "}.get(
        str(trial["allocation"]), ""
    )
    model = (
        f"{words(str(trial['intervention_model']))} Assignment- "
        if trial["intervention_model"]
        else ""
    )
    masking = CLASSIC_MASKING.get(str(trial["masking"]), "")
    return f"{phase}{allocation}Clinical Trial ({model}{masking})"


PRINTED = [
    pytest.param(
        "phases", lambda trial: "|".join(trial["phases"] or ()), id="phases as downloaded"
    ),
    pytest.param(
        "phases",
        lambda trial: "/".join(
            words(phase).replace("hase", "hase ").replace("Early p", "Early P")
            for phase in trial["phases"] or ()
        ),
        id="phases as on the old site",
    ),
    pytest.param("phases", design_of_a_review, id="phases in a review"),
    pytest.param("allocation", design_of_the_download, id="allocation as downloaded"),
    pytest.param("allocation", design_of_a_review, id="allocation in a review"),
    pytest.param("intervention_model", design_of_the_download, id="model as downloaded"),
    pytest.param("intervention_model", design_of_a_review, id="model in a review"),
    pytest.param("masking", design_of_the_download, id="masking as downloaded"),
    pytest.param("masking", design_of_a_review, id="masking in a review"),
    pytest.param(
        "masking",
        lambda trial: ", ".join(words(role).title() for role in trial["who_masked"] or ()),
        id="masked roles",
    ),
    pytest.param("primary_purpose", design_of_the_download, id="purpose as downloaded"),
    pytest.param("study_type", lambda trial: words(str(trial["study_type"])), id="study type"),
    pytest.param(
        "overall_status", lambda trial: trial["overall_status"], id="status as downloaded"
    ),
    pytest.param(
        "overall_status",
        lambda trial: CLASSIC_STATUS.get(trial["overall_status"], words(trial["overall_status"])),
        id="status as on the old site",
    ),
    pytest.param("enrollment", lambda trial: str(trial["enrollment"]), id="enrollment"),
    pytest.param(
        "enrollment",
        lambda trial: (
            f"N = {trial['enrollment']:,} (50/50)" if trial["enrollment"] is not None else ""
        ),
        id="enrollment with commas",
    ),
    pytest.param(
        "minimum_age",
        lambda trial: f"≥ {trial['minimum_age']}" if trial["minimum_age"] else "",
        id="minimum age",
    ),
    pytest.param(
        "minimum_age",
        lambda trial: (
            f"{trial['minimum_age']} to {trial['maximum_age']}"
            if trial["maximum_age"] and trial["minimum_age"]
            else ""
        ),
        id="age range",
    ),
    pytest.param(
        "maximum_age",
        lambda trial: (
            f"({trial['minimum_age']}–{trial['maximum_age']})"
            if trial["maximum_age"] and trial["minimum_age"]
            else ""
        ),
        id="age range in brackets",
    ),
    pytest.param(
        "sex",
        lambda trial: {"ALL": "Both"}.get(str(trial["sex"]), words(str(trial["sex"]))),
        id="sex",
    ),
    pytest.param("start_date", lambda trial: trial["start_date"] or "", id="start"),
    pytest.param(
        "start_date", lambda trial: (trial["start_date"] or "")[:4], id="year of the start"
    ),
    pytest.param(
        "completion_date",
        lambda trial: (
            f"{trial['completion_date'][5:7]}/{trial['completion_date'][:4]}"
            if trial["completion_date"]
            else ""
        ),
        id="month of the completion",
    ),
    pytest.param(
        "brief_title",
        lambda trial: (
            f"{trial['brief_title'].replace('®', '§')} – Full Text View – ClinicalTrials.gov"
        ),
        id="title of the window",
    ),
    pytest.param(
        "conditions",
        lambda trial: "|".join(trial["conditions"] or ()),
        id="conditions as downloaded",
    ),
    pytest.param(
        "conditions",
        lambda trial: f"{(trial['conditions'] or [''])[0].upper()} (XYZ)",
        id="first condition in capitals",
    ),
    pytest.param(
        "lead_sponsor",
        lambda trial: trial["lead_sponsor"].replace(" ", "  "),
        id="sponsor with blanks",
    ),
    pytest.param(
        "has_results", lambda trial: "Yes" if trial["has_results"] else "No", id="results"
    ),
]


@pytest.mark.parametrize(("field", "printed"), PRINTED)
def test_a_record_agrees_with_what_was_printed_from_it(trials, field, printed):
    column = Column("Cell", (field, "enrollment_type"))
    wrong = []
    for trial in trials:
        cell = printed(trial)
        found = compare_field(column, field, cell, trial)
        if (
            cell.strip()
            and trial[field] is not None
            and found
            and found.verdict not in (Verdict.AGREES, Verdict.ADDS)
        ):
            wrong.append((trial.nct_id, cell, found.registry, found.verdict))
    assert wrong == []
