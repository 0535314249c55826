"""What a printed label may stand for, and how the registry's codes read in words.

A label is a relation, not an equation: an old label may be coarser than today's codes. A label that no table here lists
is not guessed: the cell is unreadable. Labels are written in lower case, with hyphens as blanks.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Labels = Mapping[str, tuple[str, ...]]


class Vocabulary(NamedTuple):
    """Labels that mean something wherever they stand, and such that do so only as a whole cell."""

    anywhere: Labels
    whole_cell: Labels = MappingProxyType({})
    # A word that shows a cell does speak of this field, even if none of the labels fits.
    hint: str | None = None


# fmt: off
NO_CLAIM = frozenset((
    "", "na", "n a", "n/a", "nr", "n r", "nd", "n d", "ns", "not reported", "not given", "not stated", "not available", "not specified",
    "not provided", "not mentioned", "not described", "none given", "not disclosed", "unreported", "unclear", "missing", "null", "nil", "no data", "/",
))

STUDY_TYPE = Vocabulary({
    "interventional": ("INTERVENTIONAL",), "clinical trial": ("INTERVENTIONAL",), "controlled trial": ("INTERVENTIONAL",), "rct": ("INTERVENTIONAL",),
    "intervention study": ("INTERVENTIONAL",), "observational": ("OBSERVATIONAL",), "non interventional": ("OBSERVATIONAL",), "noninterventional": ("OBSERVATIONAL",),
    "cohort study": ("OBSERVATIONAL",), "patient registry": ("OBSERVATIONAL",), "expanded access": ("EXPANDED_ACCESS",), "compassionate use": ("EXPANDED_ACCESS",),
})

# Old single-arm records say NON_RANDOMIZED where newer ones say NA: both mean that nobody was randomised.
ALLOCATION = Vocabulary({
    "randomized": ("RANDOMIZED",), "randomised": ("RANDOMIZED",), "rct": ("RANDOMIZED",),
    "non randomized": ("NON_RANDOMIZED", "NA"), "non randomised": ("NON_RANDOMIZED", "NA"), "nonrandomized": ("NON_RANDOMIZED", "NA"), "nonrandomised": ("NON_RANDOMIZED", "NA"),
    "not randomized": ("NON_RANDOMIZED", "NA"), "not randomised": ("NON_RANDOMIZED", "NA"), "unrandomized": ("NON_RANDOMIZED", "NA"), "unrandomised": ("NON_RANDOMIZED", "NA"),
    "allocation na": ("NA", "NON_RANDOMIZED"), "allocation n/a": ("NA", "NON_RANDOMIZED"),
}, whole_cell={"not applicable": ("NA", "NON_RANDOMIZED"), "random": ("RANDOMIZED",), "non random": ("NON_RANDOMIZED", "NA")}, hint="random")

INTERVENTION_MODEL = Vocabulary({
    "single group": ("SINGLE_GROUP",), "single arm": ("SINGLE_GROUP",), "one arm": ("SINGLE_GROUP",), "parallel": ("PARALLEL",), "crossover": ("CROSSOVER",),
    "cross over": ("CROSSOVER",), "factorial": ("FACTORIAL",), "sequential": ("SEQUENTIAL",),
}, hint="assignment")

# "Double blind" was one label for two to four masked roles until the registry split it; "Double" alone is today's code.
_DOUBLE_BLIND = ("DOUBLE", "TRIPLE", "QUADRUPLE")
MASKING = Vocabulary({
    "open label": ("NONE",), "open labelled": ("NONE",), "open labeled": ("NONE",), "no masking": ("NONE",), "no blinding": ("NONE",), "not blinded": ("NONE",), "not masked": ("NONE",),
    "unblinded": ("NONE",), "unmasked": ("NONE",), "non blinded": ("NONE",), "nonblinded": ("NONE",), "masking none": ("NONE",), "masking open label": ("NONE",),
    # "Masking: …" as the registry's own downloads print it.
    "masking single": ("SINGLE",), "masking double": ("DOUBLE",), "masking triple": ("TRIPLE",), "masking quadruple": ("QUADRUPLE",), "masking double blind": _DOUBLE_BLIND, "masking single blind": ("SINGLE",),
    "single blind": ("SINGLE",), "single blinded": ("SINGLE",), "single masked": ("SINGLE",), "single masking": ("SINGLE",),
    "double blind": _DOUBLE_BLIND, "double blinded": _DOUBLE_BLIND, "double masked": ("DOUBLE",), "double masking": ("DOUBLE",),
    "triple blind": ("TRIPLE",), "triple blinded": ("TRIPLE",), "triple masked": ("TRIPLE",), "triple masking": ("TRIPLE",),
    "quadruple blind": ("QUADRUPLE",), "quadruple blinded": ("QUADRUPLE",), "quadruple masked": ("QUADRUPLE",), "quadruple masking": ("QUADRUPLE",),
}, whole_cell={
    "none": ("NONE",), "open": ("NONE",), "no": ("NONE",), "single": ("SINGLE",), "double": ("DOUBLE",), "triple": ("TRIPLE",), "quadruple": ("QUADRUPLE",),
}, hint="blind|mask")

# A cell that lists the masked roles counts them: one role is SINGLE, four are QUADRUPLE.
MASKED_ROLES: Mapping[str, str] = {
    "participant": "PARTICIPANT", "participants": "PARTICIPANT", "subject": "PARTICIPANT", "patient": "PARTICIPANT", "care provider": "CARE_PROVIDER", "caregiver": "CARE_PROVIDER",
    "investigator": "INVESTIGATOR", "outcomes assessor": "OUTCOMES_ASSESSOR", "outcome assessor": "OUTCOMES_ASSESSOR", "outcomes accessor": "OUTCOMES_ASSESSOR",
}
MASKING_BY_ROLES = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")

OVERALL_STATUS = Vocabulary({
    "active not recruiting": ("ACTIVE_NOT_RECRUITING",), "completed": ("COMPLETED",), "enrolling by invitation": ("ENROLLING_BY_INVITATION",),
    "not yet recruiting": ("NOT_YET_RECRUITING",), "recruiting": ("RECRUITING",), "suspended": ("SUSPENDED",), "terminated": ("TERMINATED",), "withdrawn": ("WITHDRAWN",),
    "no longer available": ("NO_LONGER_AVAILABLE",), "temporarily not available": ("TEMPORARILY_NOT_AVAILABLE",), "approved for marketing": ("APPROVED_FOR_MARKETING",),
    "withheld": ("WITHHELD",), "unknown status": ("UNKNOWN",), "status unknown": ("UNKNOWN",), "not recruiting": ("ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING", "COMPLETED", "TERMINATED", "WITHDRAWN", "SUSPENDED"),
    "ongoing": ("RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION"), "closed to recruitment": ("ACTIVE_NOT_RECRUITING", "COMPLETED", "TERMINATED"),
}, whole_cell={
    "unknown": ("UNKNOWN",), "available": ("AVAILABLE",), "active": ("ACTIVE_NOT_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION"), "complete": ("COMPLETED",),
    "finished": ("COMPLETED",), "stopped": ("TERMINATED",), "stopped early": ("TERMINATED",), "planned": ("NOT_YET_RECRUITING",), "open": ("RECRUITING", "ENROLLING_BY_INVITATION"),
})

PRIMARY_PURPOSE = Vocabulary({
    "treatment": ("TREATMENT",), "prevention": ("PREVENTION",), "diagnostic": ("DIAGNOSTIC",), "educational counseling training": ("ECT",), "supportive care": ("SUPPORTIVE_CARE",),
    "screening": ("SCREENING",), "health services research": ("HEALTH_SERVICES_RESEARCH",), "basic science": ("BASIC_SCIENCE",), "device feasibility": ("DEVICE_FEASIBILITY",),
    "primary purpose other": ("OTHER",),
}, whole_cell={"other": ("OTHER",), "ect": ("ECT",)})

SEX = Vocabulary({
    "both": ("ALL",), "male and female": ("ALL",), "female and male": ("ALL",), "males and females": ("ALL",), "females and males": ("ALL",), "men and women": ("ALL",), "women and men": ("ALL",),
    "male/female": ("ALL",), "female/male": ("ALL",), "m/f": ("ALL",), "f/m": ("ALL",), "both sexes": ("ALL",), "both genders": ("ALL",), "all sexes": ("ALL",), "all genders": ("ALL",),
    "female": ("FEMALE",), "females": ("FEMALE",), "women": ("FEMALE",), "male": ("MALE",), "males": ("MALE",), "men": ("MALE",),
}, whole_cell={"all": ("ALL",), "any": ("ALL",), "f": ("FEMALE",), "m": ("MALE",)})

DATE_TYPE = Vocabulary({"actual": ("ACTUAL",), "estimated": ("ESTIMATED",), "anticipated": ("ESTIMATED",), "planned": ("ESTIMATED",), "expected": ("ESTIMATED",), "enrolled": ("ACTUAL",)})

SPONSOR_CLASS = Vocabulary({}, whole_cell={
    "industry": ("INDUSTRY",), "nih": ("NIH",), "us fed": ("FED",), "fed": ("FED",), "u s fed": ("FED",), "indiv": ("INDIV",), "network": ("NETWORK",), "other gov": ("OTHER_GOV",), "ambig": ("AMBIG",),
    # Until 2017 "Other" held what are now networks, individuals and foreign governments too.
    "other": ("OTHER", "NETWORK", "INDIV", "OTHER_GOV", "UNKNOWN"), "academic": ("OTHER", "NETWORK", "INDIV", "OTHER_GOV"), "university": ("OTHER",),
})

# Only as a whole cell: "Results posted: no" holds the words of both.
BOOLEAN = Vocabulary({}, whole_cell={
    "true": ("true",), "yes": ("true",), "y": ("true",), "1": ("true",), "posted": ("true",), "results posted": ("true",), "has results": ("true",), "results available": ("true",),
    "false": ("false",), "no": ("false",), "n": ("false",), "0": ("false",), "none": ("false",), "not posted": ("false",), "no results": ("false",),
    "no results available": ("false",), "no results posted": ("false",), "results posted no": ("false",), "results posted yes": ("true",),
})

WORDS: Mapping[str, Mapping[str, str]] = {
    "phases": {"NA": "Not applicable", "EARLY_PHASE1": "Early Phase 1", "PHASE1": "Phase 1", "PHASE2": "Phase 2", "PHASE3": "Phase 3", "PHASE4": "Phase 4"},
    "allocation": {"NA": "not applicable (one arm)", "NON_RANDOMIZED": "non-randomized"},
    "masking": {"NONE": "none (open label)"},
    "overall_status": {"ACTIVE_NOT_RECRUITING": "active, not recruiting", "UNKNOWN": "unknown (not updated in time)"},
    "last_known_status": {"ACTIVE_NOT_RECRUITING": "active, not recruiting"},
    "sex": {"ALL": "all"},
    "enrollment_type": {"ESTIMATED": "planned", "ACTUAL": "enrolled"},
}
# fmt: on

_CODE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
CODED = frozenset(
    (
        *WORDS,
        "study_type",
        "intervention_model",
        "primary_purpose",
        "lead_sponsor_class",
        "who_masked",
    )
)


def code_label(field: str, code: str) -> str:
    """How a registry code of *field* reads for a person; text that is no code is given back as it is."""
    if field not in CODED or not _CODE.fullmatch(code):
        return code
    return WORDS.get(field, {}).get(code, code.replace("_", " ").lower())
