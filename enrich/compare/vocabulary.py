"""What a printed label may stand for, and how the registry's codes read in words.

A label is a relation, not an equation: an old label may be coarser than today's codes. A label that
no table here lists is not guessed: the cell is unreadable.

Labels are written in lower case, without hyphens. A comma behind a word stands for any sign between
two words: `"active, not recruiting"` is also printed `Active (not recruiting)` and
`Active/not recruiting`. Spelling and inflection make no difference (`word_form`). Behind each label
stand the codes that it agrees with; a code with a question mark is one for which nobody can say.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from enrich.text import lazy_pattern

Labels = Mapping[str, str]
_NONE: Labels = MappingProxyType({})


class Codes(NamedTuple):
    """The registry's codes that a label agrees with, and those for which nobody can say."""

    agree: tuple[str, ...]
    unsure: tuple[str, ...] = ()


class Vocabulary(NamedTuple):
    """The labels of one field.

    *anywhere* labels mean the same wherever they stand, *segment* labels only as a segment of their
    own or beside other labels, *cell* labels only as a whole cell of a column that says nothing
    else. *weak* labels mean something only where the cell names no design. *denied* is what a label
    with "no" behind it means. *hint* finds words that show a cell does speak of this field, even if
    none of the labels fits.
    """

    anywhere: Labels = _NONE
    segment: Labels = _NONE
    cell: Labels = _NONE
    weak: Labels = _NONE
    denied: Labels = _NONE
    hint: str | None = None

    def codes(self) -> Iterator[tuple[str, Codes]]:
        """Every label with its codes."""
        for labels in (self.anywhere, self.segment, self.cell, self.weak):
            for label, written in labels.items():
                yield label, codes_of(written)


def codes_of(written: str) -> Codes:
    """The codes as a table writes them: `ACTIVE_NOT_RECRUITING COMPLETED?`."""
    codes = written.split()
    return Codes(
        tuple(code for code in codes if not code.endswith("?")),
        tuple(code[:-1] for code in codes if code.endswith("?")),
    )


# fmt: off
# What an empty cell prints: nothing is said.
NO_CLAIM = frozenset((
    "", "na", "n a", "n/a", "nr", "n r", "nd", "n d", "ns", "not reported", "not given", "not stated", "not available", "not specified",
    "not provided", "not mentioned", "not described", "none given", "not disclosed", "unreported", "unclear", "missing", "null", "nil", "no data", "/",
    "not listed", "not indicated", "not known", "no information", "information not available", "data not available", "unspecified", "undisclosed", "not found",
))


# --- labels that a cell may hold, by field

STUDY_TYPE = Vocabulary({
    "interventional": "INTERVENTIONAL", "clinical trial": "INTERVENTIONAL", "controlled trial": "INTERVENTIONAL", "rct": "INTERVENTIONAL", "db rct": "INTERVENTIONAL", "sb rct": "INTERVENTIONAL", "ol rct": "INTERVENTIONAL", "intervention study": "INTERVENTIONAL",
    "observational": "OBSERVATIONAL", "observational, cohort": "OBSERVATIONAL", "observational cohort study": "OBSERVATIONAL", "non interventional": "OBSERVATIONAL", "noninterventional": "OBSERVATIONAL", "patient registry": "OBSERVATIONAL", "registry study": "OBSERVATIONAL",
    "case control": "OBSERVATIONAL", "cross sectional": "OBSERVATIONAL", "natural history study": "OBSERVATIONAL", "chart review": "OBSERVATIONAL",
    "expanded access": "EXPANDED_ACCESS", "compassionate use": "EXPANDED_ACCESS", "early access program": "EXPANDED_ACCESS", "named patient program": "EXPANDED_ACCESS",
    "intervention model": "INTERVENTIONAL", "observational model": "OBSERVATIONAL",
},
    segment={"intervention": "INTERVENTIONAL", "observation": "OBSERVATIONAL"},
    # A phase 1 trial has cohorts, too.
    weak={"cohort study": "OBSERVATIONAL", "prospective cohort": "OBSERVATIONAL", "retrospective cohort": "OBSERVATIONAL"},
    cell={"registry": "OBSERVATIONAL", "cohort": "OBSERVATIONAL"},
    hint=r"intervention|observation|cohort|registry|expanded|compassionate|retrospective|survey|case (?:report|series)",
)

# Old single-arm records say NON_RANDOMIZED where newer ones say NA: both mean that nobody was
# randomised.
_NOT_RANDOMIZED = "NON_RANDOMIZED NA"
ALLOCATION = Vocabulary({
    "randomized": "RANDOMIZED", "rct": "RANDOMIZED", "db rct": "RANDOMIZED", "sb rct": "RANDOMIZED", "ol rct": "RANDOMIZED", "randomly assigned": "RANDOMIZED", "randomly allocated": "RANDOMIZED", "random allocation": "RANDOMIZED", "random assignment": "RANDOMIZED",
    "randomization": "RANDOMIZED", "block randomization": "RANDOMIZED", "allocation, random": "RANDOMIZED",
    "non randomized": _NOT_RANDOMIZED, "nonrandomized": _NOT_RANDOMIZED, "not randomized": _NOT_RANDOMIZED, "unrandomized": _NOT_RANDOMIZED, "non rct": _NOT_RANDOMIZED,
    "no randomization": _NOT_RANDOMIZED, "without randomization": _NOT_RANDOMIZED, "randomization, none": _NOT_RANDOMIZED, "non random allocation": _NOT_RANDOMIZED,
    "non random assignment": _NOT_RANDOMIZED, "allocation, non random": _NOT_RANDOMIZED, "allocation, n/a": _NOT_RANDOMIZED, "allocation, na": _NOT_RANDOMIZED,
    "allocation, not applicable": _NOT_RANDOMIZED, "allocation, none": _NOT_RANDOMIZED,
},
    segment={"random": "RANDOMIZED", "non random": _NOT_RANDOMIZED, "r": "RANDOMIZED"},
    cell={"not applicable": "NA NON_RANDOMIZED", "yes": "RANDOMIZED", "no": _NOT_RANDOMIZED},
    denied={"randomized": _NOT_RANDOMIZED, "rct": _NOT_RANDOMIZED, "randomization": _NOT_RANDOMIZED},
    hint=r"random|allocat",
)

INTERVENTION_MODEL = Vocabulary({
    "single group": "SINGLE_GROUP", "single arm": "SINGLE_GROUP", "one arm": "SINGLE_GROUP", "one group": "SINGLE_GROUP", "1 arm": "SINGLE_GROUP", "1 group": "SINGLE_GROUP", "singlearm": "SINGLE_GROUP",
    "single treatment arm": "SINGLE_GROUP",
    "parallel": "PARALLEL", "parallel group": "PARALLEL", "parallel arm": "PARALLEL", "parallel assignment": "PARALLEL", "parallel design": "PARALLEL",
    "crossover": "CROSSOVER", "cross over": "CROSSOVER", "factorial": "FACTORIAL", "2 x 2 factorial": "FACTORIAL", "2 × 2 factorial": "FACTORIAL", "two by two factorial": "FACTORIAL", "sequential": "SEQUENTIAL",
    "sequential assignment": "SEQUENTIAL",
},
    hint=r"assignment|\barms?\b|\bgroups?\b|parallel|cross|factorial|sequential|uncontrolled",
)

# "Double blind" was one label for two to four masked roles until the registry split it, and in
# ophthalmology "double masked" is the same; "Double" alone and "Masking: Double" are today's code.
_DOUBLE_BLIND = "DOUBLE TRIPLE QUADRUPLE"
# Somebody is masked in a trial that its authors call open: the registry may hold either.
_OPEN_WITH_BLIND_ASSESSOR = "SINGLE NONE?"
MASKING = Vocabulary({
    "open label": "NONE", "openlabel": "NONE", "open labelled": "NONE", "no masking": "NONE", "no blinding": "NONE", "not blinded": "NONE", "not masked": "NONE", "without blinding": "NONE",
    "without masking": "NONE", "unblinded": "NONE", "unmasked": "NONE", "non blinded": "NONE", "nonblinded": "NONE", "non masked": "NONE", "none, open label": "NONE",
    "masking, none": "NONE", "blinding, none": "NONE", "masking, no": "NONE", "blinding, no": "NONE", "masking, open": "NONE", "masking, open label": "NONE", "blinding, open": "NONE", "blinding, open label": "NONE",
    # "Masking: …" as the registry's own downloads print it.
    "masking, single": "SINGLE", "masking, double": "DOUBLE", "masking, triple": "TRIPLE", "masking, quadruple": "QUADRUPLE",
    "single blind": "SINGLE", "single masked": "SINGLE", "blinding, single": "SINGLE", "blinding, single blind": "SINGLE", "masking, single blind": "SINGLE", "single blindness": "SINGLE",
    "double blind": _DOUBLE_BLIND, "double masked": _DOUBLE_BLIND, "blinding, double": _DOUBLE_BLIND, "blinding, double blind": _DOUBLE_BLIND, "db rct": _DOUBLE_BLIND, "masking, double blind": _DOUBLE_BLIND, "doubleblind": _DOUBLE_BLIND, "double blindness": _DOUBLE_BLIND,
    "triple blind": "TRIPLE", "triple masked": "TRIPLE", "blinding, triple": "TRIPLE", "blinding, triple blind": "TRIPLE", "masking, triple blind": "TRIPLE",
    "quadruple blind": "QUADRUPLE", "quadruple masked": "QUADRUPLE", "blinding, quadruple": "QUADRUPLE", "blinding, quadruple blind": "QUADRUPLE", "sb rct": "SINGLE", "ol rct": "NONE", "masking, quadruple blind": "QUADRUPLE",
    "probe": _OPEN_WITH_BLIND_ASSESSOR, "prospective randomized open blinded endpoint": _OPEN_WITH_BLIND_ASSESSOR, "prospective, randomized, open, blinded endpoint": _OPEN_WITH_BLIND_ASSESSOR,
    "prospective, randomized, open label, blinded endpoint": _OPEN_WITH_BLIND_ASSESSOR, "prospective, randomized, open, blinded end point": _OPEN_WITH_BLIND_ASSESSOR,
    "prospective, randomized, open label, blinded end point": _OPEN_WITH_BLIND_ASSESSOR,
    "open label extension": "NONE", "ole": "NONE", "double blinding": _DOUBLE_BLIND, "double masking": _DOUBLE_BLIND, "single blinding": "SINGLE", "single masking": "SINGLE", "triple masking": "TRIPLE", "triple blinding": "TRIPLE",
    "quadruple masking": "QUADRUPLE", "quadruple blinding": "QUADRUPLE",
},
    segment={"db": _DOUBLE_BLIND, "ol": "NONE", "sb": "SINGLE", "open": "NONE", "single": "SINGLE", "double": "DOUBLE", "triple": "TRIPLE", "quadruple": "QUADRUPLE"},
    cell={"none": "NONE", "no": "NONE", "not applicable": "NONE?"},
    # Of what is not double-blind, open is the plain reading; one masked role is possible.
    denied={"double blind": "NONE SINGLE?", "double masked": "NONE SINGLE?", "blinding": "NONE", "masking": "NONE", "blinded": "NONE", "masked": "NONE"},
    hint=r"blind|mask|\bopen\b|observer|dummy",
)

# A cell that lists the masked roles counts them: one role is SINGLE, four are QUADRUPLE.
MASKED_ROLES: Mapping[str, str] = {
    "participant": "PARTICIPANT", "subject": "PARTICIPANT", "patient": "PARTICIPANT", "volunteer": "PARTICIPANT",
    "care provider": "CARE_PROVIDER", "caregiver": "CARE_PROVIDER", "carer": "CARE_PROVIDER", "healthcare provider": "CARE_PROVIDER", "clinician": "CARE_PROVIDER", "physician": "CARE_PROVIDER",
    "treating physician": "CARE_PROVIDER", "doctor": "CARE_PROVIDER", "surgeon": "CARE_PROVIDER", "therapist": "CARE_PROVIDER", "nurse": "CARE_PROVIDER", "provider": "CARE_PROVIDER",
    "investigator": "INVESTIGATOR", "researcher": "INVESTIGATOR",
    "outcome assessor": "OUTCOMES_ASSESSOR", "outcome accessor": "OUTCOMES_ASSESSOR", "assessor": "OUTCOMES_ASSESSOR", "evaluator": "OUTCOMES_ASSESSOR", "rater": "OUTCOMES_ASSESSOR",
    "outcome assessment": "OUTCOMES_ASSESSOR", "assessment": "OUTCOMES_ASSESSOR", "outcome evaluation": "OUTCOMES_ASSESSOR", "evaluation": "OUTCOMES_ASSESSOR", "outcome evaluator": "OUTCOMES_ASSESSOR",
    "endpoint assessment": "OUTCOMES_ASSESSOR", "endpoint": "OUTCOMES_ASSESSOR", "end point": "OUTCOMES_ASSESSOR", "end point assessment": "OUTCOMES_ASSESSOR", "endpoint adjudication": "OUTCOMES_ASSESSOR", "outcome adjudication": "OUTCOMES_ASSESSOR", "examiner": "OUTCOMES_ASSESSOR",
}
MASKING_BY_ROLES = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")

_ONGOING = "RECRUITING ACTIVE_NOT_RECRUITING ENROLLING_BY_INVITATION"
_CLOSED = "ACTIVE_NOT_RECRUITING COMPLETED TERMINATED"
# Whoever prints this knows that nobody is recruited any more; whether the trial itself has ended is
# not said.
_FULL = "ACTIVE_NOT_RECRUITING COMPLETED? TERMINATED?"
# The words of ClinicalTrials.gov, of other registries (EUCTR, CTIS, DRKS, ISRCTN, ANZCTR, ChiCTR,
# CTRI, UMIN, NTR), and of authors.
OVERALL_STATUS = Vocabulary({
    "active, not recruiting": "ACTIVE_NOT_RECRUITING", "active, non recruiting": "ACTIVE_NOT_RECRUITING", "ongoing, not recruiting": "ACTIVE_NOT_RECRUITING", "active, no longer recruiting": "ACTIVE_NOT_RECRUITING",
    "ongoing, no longer recruiting": "ACTIVE_NOT_RECRUITING", "not recruiting, active": "ACTIVE_NOT_RECRUITING", "not recruiting, ongoing": "ACTIVE_NOT_RECRUITING",
    "ongoing, recruitment ended": "ACTIVE_NOT_RECRUITING", "ongoing, recruitment completed": "ACTIVE_NOT_RECRUITING", "ongoing, recruitment closed": "ACTIVE_NOT_RECRUITING",
    "ongoing, fully recruited": "ACTIVE_NOT_RECRUITING", "active, fully recruited": "ACTIVE_NOT_RECRUITING", "ongoing, closed to recruitment": "ACTIVE_NOT_RECRUITING",
    "active, closed to recruitment": "ACTIVE_NOT_RECRUITING", "active, recruitment completed": "ACTIVE_NOT_RECRUITING", "active, recruitment closed": "ACTIVE_NOT_RECRUITING",
    "recruiting completed, follow up continuing": "ACTIVE_NOT_RECRUITING", "recruiting completed, follow up ongoing": "ACTIVE_NOT_RECRUITING",
    "recruitment completed, follow up continuing": "ACTIVE_NOT_RECRUITING", "recruitment completed, follow up ongoing": "ACTIVE_NOT_RECRUITING", "recruitment completed, in follow up": "ACTIVE_NOT_RECRUITING",
    "recruitment closed, follow up continuing": "ACTIVE_NOT_RECRUITING", "recruitment closed, follow up ongoing": "ACTIVE_NOT_RECRUITING", "closed, follow up continuing": "ACTIVE_NOT_RECRUITING",
    "closed, follow up ongoing": "ACTIVE_NOT_RECRUITING", "closed, in follow up": "ACTIVE_NOT_RECRUITING", "recruitment stopped, follow up": "ACTIVE_NOT_RECRUITING", "fully recruited, in follow up": "ACTIVE_NOT_RECRUITING",
    "completed recruitment, in follow up": "ACTIVE_NOT_RECRUITING", "completed recruitment, follow up ongoing": "ACTIVE_NOT_RECRUITING", "no longer recruiting, follow up ongoing": "ACTIVE_NOT_RECRUITING",
    "follow up ongoing": "ACTIVE_NOT_RECRUITING", "follow up continuing": "ACTIVE_NOT_RECRUITING", "in follow up": "ACTIVE_NOT_RECRUITING", "follow up phase": "ACTIVE_NOT_RECRUITING", "ongoing follow up": "ACTIVE_NOT_RECRUITING",
    "recruitment completed": _FULL, "recruiting completed": _FULL, "completed recruitment": _FULL, "completed recruiting": _FULL, "stopped recruiting": _FULL, "finished recruiting": _FULL, "recruitment finished": _FULL,
    "recruitment ended": _FULL, "recruitment stopped": _FULL, "recruiting stopped": _FULL, "fully recruited": _FULL, "fully enrolled": _FULL, "full recruitment": _FULL, "recruitment closed": _FULL, "recruiting closed": _FULL,
    "recruitment terminated": "ACTIVE_NOT_RECRUITING? COMPLETED? TERMINATED?", "data collection completed": "ACTIVE_NOT_RECRUITING? COMPLETED?", "treatment completed": "ACTIVE_NOT_RECRUITING? COMPLETED?",
    "closed to recruitment": _CLOSED, "closed for recruitment": _CLOSED, "closed for inclusion": _CLOSED, "no longer recruiting": _CLOSED, "closed to recruitment of participants": _CLOSED,
    "recruiting completed, follow up completed": "COMPLETED", "recruiting completed, study completed": "COMPLETED", "recruitment completed, follow up completed": "COMPLETED",
    "recruitment completed, study completed": "COMPLETED", "closed, follow up completed": "COMPLETED", "stopped, trial finished": "COMPLETED", "stopped, study finished": "COMPLETED",
    "completed": "COMPLETED", "finished": "COMPLETED", "study ended": "COMPLETED TERMINATED", "trial ended": "COMPLETED TERMINATED", "concluded": "COMPLETED",
    "recruiting": "RECRUITING", "now recruiting": "RECRUITING", "actively recruiting": "RECRUITING", "ongoing recruitment": "RECRUITING", "ongoing, recruiting": "RECRUITING", "recruitment ongoing": "RECRUITING", "recruiting ongoing": "RECRUITING",
    "recruitment, ongoing": "RECRUITING", "authorized, recruiting": "RECRUITING", "open to recruitment": "RECRUITING", "open for recruitment": "RECRUITING", "open to inclusion": "RECRUITING", "open to patient inclusion": "RECRUITING",
    "open public recruiting": "RECRUITING", "open, recruiting": "RECRUITING", "active, recruiting": "RECRUITING", "in recruitment": "RECRUITING", "recruitment in progress": "RECRUITING", "under recruitment": "RECRUITING",
    "recruitment open": "RECRUITING", "recruitment active": "RECRUITING",
    "enrolling by invitation": "ENROLLING_BY_INVITATION", "by invitation": "ENROLLING_BY_INVITATION", "invitation only": "ENROLLING_BY_INVITATION", "recruiting by invitation": "ENROLLING_BY_INVITATION",
    "not yet recruiting": "NOT_YET_RECRUITING", "not recruiting yet": "NOT_YET_RECRUITING", "not yet open": "NOT_YET_RECRUITING", "not yet started": "NOT_YET_RECRUITING", "not started yet": "NOT_YET_RECRUITING",
    "not yet initiated": "NOT_YET_RECRUITING", "not yet open to recruitment": "NOT_YET_RECRUITING", "not yet open for recruitment": "NOT_YET_RECRUITING", "recruiting, planned": "NOT_YET_RECRUITING",
    "planned, not yet recruiting": "NOT_YET_RECRUITING", "recruitment planned": "NOT_YET_RECRUITING", "planned recruitment": "NOT_YET_RECRUITING", "recruitment pending": "NOT_YET_RECRUITING",
    "authorized, recruitment pending": "NOT_YET_RECRUITING", "recruitment not started": "NOT_YET_RECRUITING", "recruitment not yet started": "NOT_YET_RECRUITING", "recruitment has not started": "NOT_YET_RECRUITING",
    "before recruitment": "NOT_YET_RECRUITING", "in preparation": "NOT_YET_RECRUITING", "preinitiation": "NOT_YET_RECRUITING", "upcoming": "NOT_YET_RECRUITING", "start pending": "NOT_YET_RECRUITING",
    "to be started": "NOT_YET_RECRUITING", "will start recruiting": "NOT_YET_RECRUITING", "to start recruiting": "NOT_YET_RECRUITING", "planning stage": "NOT_YET_RECRUITING",
    "suspended": "SUSPENDED", "suspending": "SUSPENDED", "on hold": "SUSPENDED", "temporary hold": "SUSPENDED", "temporarily closed": "SUSPENDED", "temporarily halted": "SUSPENDED", "temporary halt": "SUSPENDED",
    "temporarily stopped": "SUSPENDED", "temporarily suspended": "SUSPENDED", "temporarily closed to recruitment": "SUSPENDED", "temporarily not recruiting": "SUSPENDED", "paused": "SUSPENDED",
    "recruitment suspended": "SUSPENDED", "recruiting suspended": "SUSPENDED", "recruiting suspended on temporary hold": "SUSPENDED", "recruitment on hold": "SUSPENDED", "recruitment paused": "SUSPENDED",
    "terminated": "TERMINATED", "terminated early": "TERMINATED", "early termination": "TERMINATED", "premature termination": "TERMINATED", "prematurely ended": "TERMINATED", "ended prematurely": "TERMINATED", "prematurely terminated": "TERMINATED",
    "prematurely stopped": "TERMINATED", "stopped prematurely": "TERMINATED", "stopped early": "TERMINATED", "ended early": "TERMINATED", "closed early": "TERMINATED", "closed prematurely": "TERMINATED", "prematurely closed": "TERMINATED",
    "early stopped": "TERMINATED", "discontinued": "TERMINATED", "aborted": "TERMINATED", "abandoned": "TERMINATED", "recruiting stopped after recruiting started": "TERMINATED", "study stopped": "TERMINATED", "trial stopped": "TERMINATED",
    "prematurely discontinued": "TERMINATED", "stopped for futility": "TERMINATED", "halted prematurely": "TERMINATED", "prematurely halted": "TERMINATED",
    "withdrawn": "WITHDRAWN", "withdrawn before recruitment": "WITHDRAWN", "withdrawn prior to recruitment": "WITHDRAWN", "recruiting withdrawn before recruiting started": "WITHDRAWN", "never started": "WITHDRAWN",
    "withdrawn before recruiting started": "WITHDRAWN", "cancelled": "WITHDRAWN TERMINATED?", "canceled": "WITHDRAWN TERMINATED?",
    "no longer available": "NO_LONGER_AVAILABLE", "temporarily not available": "TEMPORARILY_NOT_AVAILABLE", "approved for marketing": "APPROVED_FOR_MARKETING", "withheld": "WITHHELD",
    "unknown status": "UNKNOWN", "status unknown": "UNKNOWN", "recruitment status unknown": "UNKNOWN", "status, unknown": "UNKNOWN",
    "not recruiting": "ACTIVE_NOT_RECRUITING NOT_YET_RECRUITING COMPLETED TERMINATED WITHDRAWN SUSPENDED", "ongoing": _ONGOING, "on going": _ONGOING, "in progress": _ONGOING, "under way": _ONGOING, "underway": _ONGOING,
    "still running": _ONGOING,
},
    segment={
        "unknown": "UNKNOWN", "available": "AVAILABLE", "active": _ONGOING, "stopped": "TERMINATED", "planned": "NOT_YET_RECRUITING", "open": "RECRUITING ENROLLING_BY_INVITATION", "closed": _CLOSED,
        "ended": "COMPLETED TERMINATED", "pending": "NOT_YET_RECRUITING", "halted": "TERMINATED SUSPENDED", "running": _ONGOING, "not started": "NOT_YET_RECRUITING", "not initiated": "NOT_YET_RECRUITING", "done": "COMPLETED",
        "initiated": "RECRUITING? ACTIVE_NOT_RECRUITING? ENROLLING_BY_INVITATION?", "scheduled": "NOT_YET_RECRUITING",
    },
    hint=r"recruit|enrol|accru|complet|clos|\bopen|going|stop|halt|suspen|terminat|withdr|finish|\bend|activ|hold|pending|progress|inclu|cancel|discontin|unknown|initiat|running",
)

_PURPOSES = {
    "treatment": "TREATMENT", "therapeutic": "TREATMENT", "therapy": "TREATMENT", "prevention": "PREVENTION", "preventive": "PREVENTION", "prophylaxis": "PREVENTION", "prophylactic": "PREVENTION",
    "diagnostic": "DIAGNOSTIC", "diagnosis": "DIAGNOSTIC", "screening": "SCREENING", "other": "OTHER", "ect": "ECT", "educational": "ECT",
}
PRIMARY_PURPOSE = Vocabulary({
    "educational counseling training": "ECT", "supportive care": "SUPPORTIVE_CARE", "health services research": "HEALTH_SERVICES_RESEARCH", "basic science": "BASIC_SCIENCE", "device feasibility": "DEVICE_FEASIBILITY",
    "primary prevention": "PREVENTION", "secondary prevention": "PREVENTION", **{f"primary purpose, {label}": code for label, code in _PURPOSES.items()},
},
    cell=_PURPOSES,
    hint=r"purpose|prevent|diagnos|treatment|screening|supportive",
)

SEX = Vocabulary({
    "both sex": "ALL", "both gender": "ALL", "all sex": "ALL", "all gender": "ALL", "either sex": "ALL", "any sex": "ALL", "any gender": "ALL", "both": "ALL", "sex, all": "ALL", "gender, all": "ALL", "sex, both": "ALL",
    "gender, both": "ALL", "sexes eligible for study, all": "ALL",
    "male or female": "ALL", "female or male": "ALL", "man or woman": "ALL", "woman or man": "ALL", "boy or girl": "ALL", "girl or boy": "ALL",
    "female": "FEMALE", "woman": "FEMALE", "girl": "FEMALE", "male": "MALE", "man": "MALE", "boy": "MALE",
},
    segment={"all": "ALL", "any": "ALL", "mixed": "ALL", "f": "FEMALE", "m": "MALE", "w": "FEMALE"},
    cell={"no restriction": "ALL", "unrestricted": "ALL"},
    hint=r"female|wom[ae]n|girl|\bm[ae]n\b|\bmale|boy|\bsex|gender|\b[mf]\b",
)

ENROLLMENT_TYPE = Vocabulary(cell={
    "actual": "ACTUAL", "estimated": "ESTIMATED", "anticipated": "ESTIMATED", "planned": "ESTIMATED", "expected": "ESTIMATED", "projected": "ESTIMATED", "target": "ESTIMATED", "enrolled": "ACTUAL", "recruited": "ACTUAL",
    "randomized": "ACTUAL", "included": "ACTUAL",
})

_OTHER_THAN_INDUSTRY = "OTHER NETWORK INDIV OTHER_GOV NIH FED"
SPONSOR_CLASS = Vocabulary(cell={
    "industry": "INDUSTRY", "industrial": "INDUSTRY", "pharma": "INDUSTRY", "pharmaceutical": "INDUSTRY", "pharmaceutical company": "INDUSTRY", "pharmaceutical industry": "INDUSTRY", "company": "INDUSTRY", "commercial": "INDUSTRY",
    "biotech": "INDUSTRY", "industry sponsored": "INDUSTRY", "industry funded": "INDUSTRY", "private company": "INDUSTRY", "for profit": "INDUSTRY",
    "nih": "NIH", "us fed": "FED", "fed": "FED", "u s fed": "FED", "federal": "FED NIH?", "indiv": "INDIV", "individual": "INDIV", "network": "NETWORK", "other gov": "OTHER_GOV", "ambig": "AMBIG", "unknown": "UNKNOWN",
    "government": "OTHER_GOV FED? NIH?", "governmental": "OTHER_GOV FED? NIH?",
    # Until 2017 "Other" held what are now networks, individuals and foreign governments too.
    "other": "OTHER NETWORK INDIV OTHER_GOV UNKNOWN", "academic": "OTHER NETWORK INDIV OTHER_GOV", "academia": "OTHER NETWORK INDIV OTHER_GOV", "university": "OTHER", "hospital": "OTHER OTHER_GOV?",
    "non industry": _OTHER_THAN_INDUSTRY, "non commercial": _OTHER_THAN_INDUSTRY, "noncommercial": _OTHER_THAN_INDUSTRY, "not for profit": _OTHER_THAN_INDUSTRY, "non profit": _OTHER_THAN_INDUSTRY, "nonprofit": _OTHER_THAN_INDUSTRY,
    "investigator initiated": _OTHER_THAN_INDUSTRY, "academic institution": "OTHER NETWORK INDIV OTHER_GOV", "public": "OTHER OTHER_GOV NIH FED NETWORK",
})

HAS_RESULTS = Vocabulary({
    "result posted": "true", "has result": "true", "with result": "true", "result available": "true", "result, yes": "true", "result posted, yes": "true", "result available, yes": "true", "study result posted": "true",
    "not posted": "false", "no result": "false", "no result available": "false", "no result posted": "false", "no study result posted": "false", "result not posted": "false", "result posted, no": "false", "result, no": "false",
    "result not available": "false", "result not yet posted": "false", "without result": "false", "result available, no": "false", "no posted result": "false", "result not yet available": "false", "no study result": "false",
    "result, none": "false", "result, not posted": "false",
},
    segment={"posted": "true"},
    cell={
        "true": "true", "yes": "true", "y": "true", "1": "true", "available": "true", "yes, posted": "true", "yes, available": "true",
        "false": "false", "no": "false", "no, not yet": "false", "n": "false", "0": "false", "none": "false", "not yet": "false", "no, not posted": "false", "not yet posted": "false", "not yet available": "false",
    },
    hint=r"result|post|\bavailab",
)

# --- phases: a word for "phase", then numbers

PHASES = Vocabulary(
    {"phase, n/a": "NA", "phase, na": "NA", "phase, not applicable": "NA", "phase, none": "NA", "no phase": "NA"},
    cell={"not applicable": "NA"},
    hint=r"\bph(?:ase)?s?\b|fase|\b[iv]+\b|pilot|marketing|preclinical",
)
PHASE_WORDS = ("phase", "phases", "ph", "fase")
# Roman, arabic and in words. Behind one of the first two a letter may stand (2a, IIb); it is no
# phase of its own.
PHASE_NUMBERS: Mapping[str, str] = {
    "0": "EARLY_PHASE1", "1": "PHASE1", "2": "PHASE2", "3": "PHASE3", "4": "PHASE4", "i": "PHASE1", "ii": "PHASE2", "iii": "PHASE3", "iv": "PHASE4",
    "zero": "EARLY_PHASE1", "one": "PHASE1", "two": "PHASE2", "three": "PHASE3", "four": "PHASE4",
}
# A record holds one phase, or two neighbours where a trial combines them.
POSSIBLE_PHASES = frozenset((
    ("NA",), ("EARLY_PHASE1",), ("PHASE1",), ("PHASE1", "PHASE2"), ("PHASE2",), ("PHASE2", "PHASE3"), ("PHASE3",), ("PHASE4",),
))


KNOWN_CODES = frozenset(
    code
    for words in (STUDY_TYPE, ALLOCATION, INTERVENTION_MODEL, MASKING, OVERALL_STATUS, PRIMARY_PURPOSE, SEX, ENROLLMENT_TYPE, SPONSOR_CLASS, PHASES)
    for _, codes in words.codes()
    for code in (*codes.agree, *codes.unsure)
) | frozenset(PHASE_NUMBERS.values())
"""Every code of the registry that a label here may mean; another one is never said to differ."""


# --- words around the labels

# Words without a meaning of their own here: what is left when a label is understood.
NOISE = (
    # the head of a phrase, and what it is called by
    "trial", "study", "design", "protocol", "project", "program", "programme", "type", "study type", "study design", "trial design", "type of study", "allocation", "intervention model", "observational model", "time perspective",
    "primary purpose", "purpose", "masking", "blinding", "status", "recruitment status", "trial status", "overall status", "study status", "recruitment", "phase", "study phase", "trial phase", "sex", "gender", "result",
    "study result", "assignment", "group", "arm", "model", "sexes eligible for study", "main study", "sub study", "substudy", "core study", "parent study", "prospective", "retrospective", "perspective",
    # kinds of design that are no field of the registry
    "controlled", "placebo", "placebo controlled", "placebo control", "sham", "sham controlled", "vehicle controlled", "active controlled", "active control", "active comparator", "comparator", "comparative", "controlled study", "dose controlled",
    "standard of care", "usual care", "pilot", "feasibility", "exploratory", "confirmatory", "pivotal", "proof of concept", "first in human", "first in man", "fih", "dose escalation", "dose escalating", "dose finding", "dose ranging", "dose response", "dose expansion", "expansion",
    "dose confirmation", "single dose", "multiple dose", "multi dose", "multiple ascending dose", "single ascending dose", "ascending dose", "sad", "mad", "double dummy", "adaptive", "seamless", "umbrella", "basket", "platform", "cluster", "stepped wedge",
    "pragmatic", "explanatory", "superiority", "non inferiority", "noninferiority", "equivalence", "stratified", "balanced", "unbalanced", "block", "central", "centralized", "computer generated", "intention to treat", "per protocol", "long term",
    "short term", "follow up", "followup", "followed up", "followed", "ltfu", "extension", "extension study", "extension trial", "run in", "add on", "single center", "multi center", "multicenter", "multicentric", "monocentric", "monocenter", "unicentric", "bicentric",
    "single centric", "multiple center", "two center", "single site", "multi site", "multisite", "multinational", "international", "national", "global", "community based", "hospital based", "population based", "registry based", "home based", "open ended",
    "two arm", "three arm", "four arm", "multi arm", "multiarm", "two group", "three group", "two stage", "multi stage", "multistage", "two part", "two period", "three period", "two cohort", "multi cohort", "multicohort", "dose cohort", "expansion cohort",
    "two sequence", "two way", "three way", "double arm", "dual arm", "safety", "efficacy", "tolerability", "pharmacokinetic", "pharmacodynamic", "immunogenicity", "bioequivalence", "bioavailability", "pk", "pd", "feasibility study", "post marketing",
    "investigator initiated", "investigator sponsored", "sponsor initiated", "academic", "randomization ratio", "allocation ratio", "ratio", "pc", "ac", "mc", "pg", "ct", "fully", "clinical", "preclinical", "pre clinical", "human pharmacology",
    "therapeutic exploratory", "therapeutic confirmatory", "therapeutic use", "crossover allowed", "crossover permitted", "crossover allowed at progression", "crossover permitted at progression", "open", "cross over allowed", "cross over permitted",
    "allocation concealment", "concealed allocation", "concealed", "drug", "biological", "device", "procedure", "human", "patient", "participant", "subject", "volunteer", "healthy volunteer",
    "adult", "older adult", "pregnant", "nonpregnant", "lactating", "postmenopausal", "premenopausal", "elderly", "child", "pediatric", "paediatric", "healthy", "eligible", "people", "person", "individual", "only", "new", "large", "small", "simple", "standard", "phase trial",
    # what stands around a status
    "published", "not published", "unpublished", "result published", "result pending", "result awaited", "awaiting result", "result submitted", "under analysis", "data analysis", "data analysis ongoing", "analysis ongoing",
    "accepting healthy volunteer", "participating", "in", "at", "on", "as of", "by", "since", "from", "year", "date", "end date", "start date", "start", "completion date", "completion", "primary completion", "study completion", "study completion date",
    "primary completion date", "estimated completion", "expected completion", "anticipated completion", "planned completion", "estimated study completion", "estimated primary completion", "estimated completion date", "expected completion date",
    "completion expected", "completion estimated", "completion anticipated", "to be completed", "to be finished", "will be completed", "expected to be completed", "expected to end", "expected to finish", "due to be completed", "expected end",
    "estimated end", "expected start", "estimated start", "anticipated start", "planned start", "active arm", "active group", "active drug", "last update", "last updated", "updated", "first posted", "last verified", "verified", "actual", "successfully", "recently", "already",
    "and", "plus", "with", "of", "for", "to", "or not", "during", "after", "eu", "us", "usa", "uk",
    # why a trial was stopped
    "low recruitment", "slow recruitment", "poor recruitment", "insufficient recruitment", "lack of recruitment", "no recruitment", "recruitment difficulties", "recruitment difficulty", "recruitment problem", "recruitment issue", "slow inclusion", "low inclusion",
    "no participant recruited", "no patient recruited", "no subject recruited", "difficulty in recruitment", "difficulties in recruitment", "difficulty recruiting", "difficulties recruiting",
)

# Words that take a statement back in part, or put it into another time.
HEDGES = (
    "partly", "partially", "partial", "semi", "mostly", "mainly", "quasi", "pseudo", "initially", "later", "then", "followed by", "optional", "possibly", "probably", "likely", "perhaps", "maybe", "may", "might", "could", "should", "would",
    "will", "expected", "anticipated", "estimated", "planned", "intended", "scheduled", "proposed", "until", "unless", "except", "if", "or", "versus", "vs", "instead", "rather", "either", "in part", "originally", "changed",
    "converted", "switched", "switch", "now", "some", "part", "half", "first", "second", "before", "prior", "unclear", "unsure", "presumably", "apparently", "supposed", "said", "claimed", "reportedly", "nearly", "almost", "about",
)

# What follows speaks of another trial, or of another time of this one.
RELATIONS = (
    "extension of", "extension to", "open label extension of", "ole of", "long term extension of", "extension study of", "open label extension to", "follow up of", "follow up to", "follow up study of", "continuation of", "rollover from", "roll over from", "sub study of", "substudy of", "ancillary to", "based on", "previously", "previous", "prior to", "after", "was",
    "formerly", "former", "formerly listed as", "formerly called", "originally", "initially", "following", "preceded by", "post hoc analysis of", "secondary analysis of", "analysis of", "registered as", "instead of",
)
# Negations that belong to the next word only.
PREFIXES = frozenset(("non", "un"))
NEGATORS = frozenset(("not", "no", "non", "never", "without", "neither", "nor", "un", "isn"))
YES, NO = frozenset(("yes", "y", "true", "checked")), frozenset(("no", "n", "false", "unchecked"))
# Words that may stand inside a label without changing it.
FILLERS = frozenset(("the", "a", "an", "is", "are", "be", "currently", "still", "but", "has", "have", "been", "it", "its", "this", "that", "were"))
# Behind one of these heads, a preposition begins what the trial is about.
HEADS = frozenset(("trial", "study", "rct", "comparison", "evaluation", "design", "access", "use", "protocol", "program"))
PREPOSITIONS = frozenset(("of", "in", "for", "with", "among", "on", "comparing", "evaluating", "assessing", "investigating", "testing", "to", "versus", "vs", "using"))

# Other forms of one word, as far as a rule does not find them (`word_form`).
_FORMS: Mapping[str, str] = {
    "blinded": "blind", "masked": "mask", "labelled": "label", "labeled": "label", "labelling": "label", "centre": "center", "centred": "center",
    "enrolment": "recruitment", "enrollment": "recruitment", "accrual": "recruitment", "inclusion": "recruitment", "enrolling": "recruiting", "accruing": "recruiting", "enrolled": "recruited", "accrued": "recruited",
    "complete": "completed", "close": "closed", "end": "ended", "ending": "ended", "finish": "finished", "stop": "stopped", "paediatric": "pediatric", "women": "woman", "men": "man", "girls": "girl", "assessors": "assessor",
    "endpoints": "endpoint", "canceled": "cancelled", "programme": "program", "halt": "halted", "children": "child",
    "continues": "continuing", "continued": "continuing",
}
# fmt: on

_SINGULAR = {"ies": "y", "xes": "x", "ches": "ch", "s": ""}
_PLURAL = lazy_pattern(r"(?<=..)ies$|(?<=.)xes$|(?<=.)ches$|(?<=..[^siu])s$")
_CENTRE = lazy_pattern(r"centre(?=s?$)")
_BRITISH = lazy_pattern(r"is(?=(?:ed|ation|ing|e)$)")


def word_form(word: str) -> str:
    """The form in which the tables know *word*: American, singular, one form of a verb.

    >>> word_form("randomised"), word_form("blinded"), word_form("assessors")
    ('randomized', 'blind', 'assessor')
    """
    if word in _FORMS:
        return _FORMS[word]
    american = _BRITISH.sub("iz", word) if len(word) > 6 else word
    american = _CENTRE.sub("center", american)
    singular = _PLURAL.sub(lambda ending: _SINGULAR[ending[0]], american)
    return _FORMS.get(singular, singular)


# fmt: off
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

_CODE = lazy_pattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")
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
    """How a registry code of *field* reads for a person;
    text that is no code is given back as it is.
    """
    if field not in CODED or not _CODE.fullmatch(code):
        return code
    return WORDS.get(field, {}).get(code, code.replace("_", " ").lower())
