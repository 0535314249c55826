"""The words of headers: which phrase speaks of which fields, and which rules fields out.

The words are those that any review may print, never the wording of one table. Phrases are regular
expressions over headers in the form of `text.normalize_label`: lower case, letters and digits.
"""

from collections.abc import Sequence

Phrases = Sequence[tuple[str, tuple[str, ...]]]

_AGES = ("minimum_age", "maximum_age")
_DESIGN = (
    "study_type",
    "allocation",
    "intervention_model",
    "masking",
    "phases",
    "primary_purpose",
)
_FIRST_SUBMITTED = ("first_submitted", "first_posted")
_LAST_UPDATE = ("last_update_posted", "last_update_submitted")
_RESULTS = ("has_results", "results_first_posted", "results_first_submitted")
_RESULTS_POSTED = ("results_first_posted", "results_first_submitted")
_SPONSOR = ("lead_sponsor", "lead_sponsor_class")
_COMPLETION = ("completion_date", "primary_completion_date")
_TITLES = ("brief_title", "official_title")
_DATES = (
    "start_date",
    *_COMPLETION,
    *_FIRST_SUBMITTED,
    *_LAST_UPDATE,
    *_RESULTS_POSTED,
)

_COUNT = r"(?:nos?|numbers?|num|nr|n|total|count|sum)"
_PEOPLE = (
    r"(?:patients?|participants?|subjects?|volunteers?|people|persons?|individuals?|cases?|children"
    r"|adults?|women|men|pts|enrol?led|enrol?lees?)"
)
_TRIAL = r"(?:clinical trials?|clinical stud(?:y|ies)|trials?|stud(?:y|ies)|project|protocol)"


def _phrases(*table: tuple[str, tuple[str, ...]]) -> Phrases:
    return tuple((rf"\b(?:{phrase})\b", fields) for phrase, fields in table)


# fmt: off
# A phrase names these fields: of several dates or texts the first, unless the cells show otherwise.
# The longer phrase comes before the shorter.
NAMES = _phrases(
    (r"results? (?:first )?submitted(?: date)?",                               ("results_first_submitted", "results_first_posted")),
    (r"(?:summary )?results? dates?|results? (?:first )?posted date|results first posted(?: date)?|date of results", _RESULTS_POSTED),
    (r"(?:has |have )?(?:summary |study |registry )?results? (?:first )?(?:posted|available|availability|reported|status)|has (?:summary )?results?|(?:study|posted|registry|available) results?", _RESULTS),
    (r"last (?:update )?(?:submitted|submission)(?: date)?",                   ("last_update_submitted", "last_update_posted")),
    (r"last updated?(?: posted)?(?: date)?|last (?:changed?|modified)|date of (?:last )?update|update date|updated(?: on)?", _LAST_UPDATE),
    (r"first posted(?: date)?|date posted|posted",                             ("first_posted", "first_submitted")),
    (r"first (?:submitted|received|registered)(?: date)?|registration (?:date|year)s?|(?:dates?|year) (?:of )?registration|date registered|registered on", _FIRST_SUBMITTED),
    (r"primary (?:study )?completion(?: date)?|primary end(?: date)?|pcd",     ("primary_completion_date",)),
    (rf"(?:recruit\w*|enrol\w*|{_TRIAL}) (?:status|state|stage)|status(?: of (?:the )?(?:{_TRIAL}|recruitment|enrol\w+))?|recruit(?:ment|ing)", ("overall_status",)),
    (r"starts?|started|starting|began|begins?|beginning|commence\w*|initiated|initiation|launch(?:ed)?|opened", ("start_date",)),
    (r"completion|completed?|completes|end|ended|ending|finish(?:ed)?|closure|closing|closed|conclusion|concluded", _COMPLETION),
    (r"phases?|(?:clinical|development) stage|stage of development",           ("phases",)),
    (rf"(?:type|kind) of (?:clinical |the )?(?:{_TRIAL}|research)|{_TRIAL} (?:types?|kind)|interventional|observational|expanded access", ("study_type",)),
    (rf"{_COUNT} (?:of )?(?:randomi[sz]ed|allocated|recruited|included)|(?:randomi[sz]ed|recruited|included) {_PEOPLE}", ("enrollment",)),
    (r"allocation|randomi[sz]ation|randomi[sz]ed|random",                      ("allocation",)),
    (r"interventional model|intervention model|(?:study|design) model|(?:group )?assignment|model", ("intervention_model",)),
    (r"masking|masked|mask|blinding|blinded|blind|open label",                 ("masking",)),
    (r"primary purpose|purpose",                                               ("primary_purpose",)),
    (r"min(?:imum|imal)? (?:eligible )?age|age min(?:imum)?|lower age(?: limit)?|(?:lowest|youngest) age",  ("minimum_age",)),
    (r"max(?:imum|imal)? (?:eligible )?age|age max(?:imum)?|upper age(?: limit)?|(?:highest|oldest) age",   ("maximum_age",)),
    (r"ages?|aged",                                                            _AGES),
    (r"sex|sexes|genders?",                                                    ("sex",)),
    (r"(?:official|scientific|full|long) (?:trial |study )?titles?",           ("official_title", "brief_title")),
    (r"(?:(?:brief|public|short) )?(?:trial |study )?titles?",                 _TITLES),
    (r"acronyms?|short names?|abbreviations?|abbreviated names?",              ("acronym",)),
    (r"(?:sponsor|funder|funding) (?:types?|class|classes|category|source)|(?:types?|class|source) of (?:sponsor|funder|funding)|funded bys?", ("lead_sponsor_class", "lead_sponsor")),
    (r"sponsors?|sponsored(?: by)?|responsible part(?:y|ies)|sponsorship",     _SPONSOR),
    (r"(?:medical |clinical |health )?conditions?|diseases?|indications?|disorders?|diagnos[ei]s|patholog(?:y|ies)|illness(?:es)?|(?:cancer|tumou?r|disease) (?:types?|entit(?:y|ies))|cancers?|tumou?rs?|malignanc(?:y|ies)|neoplasms?", ("conditions",)),
    (rf"(?:sample|{_TRIAL}|population|cohort|enrol\w+) (?:sizes?|population)|sample|enrol?l?ments?|accrual|(?:{_COUNT} )?(?:of )?(?:(?:study|trial|enrol?led|included|randomi[sz]ed) )?{_PEOPLE}(?: {_COUNT})?|populations?|recruitment target|n|size", ("enrollment",)),
)
# A phrase only hints at these fields.
HINTS = _phrases(
    (r"designs?|methods?|methodology|characteristics|description|features|types?", _DESIGN),
    (r"progress|state|stage",                                                  ("overall_status",)),
    (r"patient features|setting|problem|focus|therapeutic area|disease area|histology", ("conditions",)),
    (r"(?:lead )?institut(?:ions?|es?)|organi[sz]ations?|compan(?:y|ies)|manufacturers?|developers?|funders?|funding|funded|applicant|owner|sources?|pharma", _SPONSOR),
    (r"criteria|eligibility|eligible|inclusion",                               ("enrollment", *_AGES)),
    (r"results?",                                                              _RESULTS),
    (r"registered|registration",                                               _FIRST_SUBMITTED),
)
# What a header rules out, whatever the cells look like.
VETOES = _phrases(
    # measured of those who took part, not a limit or a plan
    (r"mean|median|average|avg|baseline|sd|iqr",                               (*_AGES, "enrollment")),
    # places and people to write to
    (r"countr(?:y|ies)|locations?|places?|cit(?:y|ies)|contacts?|address(?:es)?|sites?|cent(?:er|re)s?|regions?|facilit(?:y|ies)|nations?", (*_SPONSOR, *_TITLES, "acronym", "conditions")),
    (r"cent(?:er|re)s|sites|facilities|arms?|controls?|comparators?|placebo|per group|cells?|doses?|experimental|comparisons?", ("enrollment",)),
    # the publication, not the trial
    (r"journals?|publications?|published|references?|refs?|doi|pmids?|authors?|citations?", (*_DATES, *_TITLES, *_AGES, "acronym", "conditions", "enrollment")),
    # what was done and found
    (r"follow ups?|durations?|treatments?|interventions?|drugs?|agents?|outcomes?|endpoints?|end points?|weeks|efficacy|safety|effects?|findings?", (*_AGES, "enrollment", "conditions", "lead_sponsor", "acronym")),
    (r"comparisons?|comparators?|controls?|arms?",                             ("conditions", "lead_sponsor", "acronym")),
    (r"verif\w+",                                                              _DATES),
)
# fmt: on

# Words that any header may have.
_NEUTRAL = (
    "an the of for in on and or to by with at per as is from trial trials study studies clinical "
    "research registry registered date dates day month months year years yr yrs no nos number "
    "numbers num nr n total current currently overall actual estimated est anticipated planned "
    "expected target targeted projected proposed intended main lead initial name names type types "
    "range ct gov clinicaltrials ctgov nct male female males females group groups "
    "eligible eligibility limit limits recruited included enrolled enrolment enrollment studied "
    "investigated human reported information details value level code category class collaborators "
    "collaborator status phase population inclusion criteria first primary ages age size assessor "
    "analysed analyzed assessors caregiver caregivers provider providers investigator investigators"
)
NEUTRAL = frozenset(_NEUTRAL.split())
# "Trial", "Study name": a header of these words alone is that of names of trials.
_SELF = "trial trials study studies project name names protocol clinical"
SELF = frozenset(_SELF.split())
_NUMBERED = "no nos number numbers num nr n id identifier code total count"
NUMBERED = frozenset(_NUMBERED.split())
