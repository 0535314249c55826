"""The words of headers: which phrase speaks of which fields, and which rules fields out.

The words are those that any review may print, never the wording of one table.
"""

from collections.abc import Sequence

_DESIGN = ("study_type", "allocation", "intervention_model", "masking", "phases")
_AGES = ("minimum_age", "maximum_age")
_REGISTERED = ("first_submitted", "first_posted")
_RESULTS = ("has_results", "results_first_posted", "results_first_submitted")
_PEOPLE = (
    "(?:patients?|participants?|subjects?|volunteers?|people|persons?|individuals?|cases?|children"
    "|adults?|women|men|pts|enrolled|enrolees|enrollees)"
)
_COUNT = "(?:no|nos|number|numbers|num|nr|n|total|count|sum)"
_TRIAL = "(?:trial|study|clinical trial|clinical study|project|protocol)"

# fmt: off
# A phrase in the words of `normalize_label`, and the fields that it names. Of several dates or
# texts the first is meant where nothing else decides.
NAMES: Sequence[tuple[str, tuple[str, ...]]] = tuple((rf"\b(?:{phrase})\b", fields) for phrase, fields in (
    ("results? (?:first )?submitted(?: date)?",                           ("results_first_submitted",)),
    ("summary results? date|results? (?:first )?posted date|date of results|results date", ("results_first_posted", "results_first_submitted")),
    ("has (?:summary )?results|(?:summary )?results? (?:first )?(?:posted|available|availability|reported)|(?:study|posted|registry) results", _RESULTS),
    ("last update submitted(?: date)?|last (?:submitted|submission)",     ("last_update_submitted", "last_update_posted")),
    ("last updated?(?: posted)?(?: date)?|last changed|date of (?:last )?update|update date|updated(?: on)?", ("last_update_posted", "last_update_submitted")),
    ("first posted(?: date)?|date posted|posted",                         ("first_posted", "first_submitted")),
    (r"registration dates?|dates? (?:of )?registration|date registered|registered on|first (?:submitted|received|registered)(?: date)?|registration year|year of registration", _REGISTERED),
    ("primary (?:study )?completion(?: date)?|primary end(?: date)?|pcd", ("primary_completion_date",)),
    (r"(?:recruit\w+|enrol\w+|trial|study) status|status(?: of (?:the )?(?:trial|study|recruitment|enrolment|enrollment))?|recruitment stage|recruit(?:ment|ing)|recruitment state", ("overall_status",)),
    (r"starts?|started|starting|start date|date (?:of )?start|began|begin|beginning|commencement|commenced|initiated|initiation|study start|launch|opened", ("start_date",)),
    (r"study completion|completion|completed|completes|end|ended|ending|end date|finish|finished|closure|closing|conclusion", ("completion_date", "primary_completion_date")),
    ("phases?|development stage|stage of development",                   ("phases",)),
    (rf"(?:type|kind) of {_TRIAL}|{_TRIAL} types?|interventional|observational|expanded access|type of research", ("study_type",)),
    (r"allocation|randomi[sz]ation|randomi[sz]ed|random",                 ("allocation",)),
    (r"intervention(?:al)? model|study model|design model|group assignment|assignment|model", ("intervention_model",)),
    (r"masking|masked|mask|blinding|blinded|blind|open label",            ("masking",)),
    (r"primary purpose|purpose",                                          ("primary_purpose",)),
    (r"min(?:imum|imal)? age|age min(?:imum)?|lower age(?: limit)?|lowest age|youngest age", ("minimum_age",)),
    (r"max(?:imum|imal)? age|age max(?:imum)?|upper age(?: limit)?|highest age|oldest age", ("maximum_age",)),
    (r"ages?|aged",                                                       _AGES),
    (r"sex|sexes|genders?",                                               ("sex",)),
    (r"official titles?|scientific titles?",                              ("official_title", "brief_title")),
    (r"(?:brief|public|short) titles?|titles?",                           ("brief_title", "official_title")),
    (r"acronyms?|short names?|abbreviations?",                            ("acronym",)),
    (r"(?:sponsor|funder|funding) (?:types?|class|classes|category)|(?:types?|class) of (?:sponsor|funder|funding)", ("lead_sponsor_class",)),
    (r"lead sponsors?|main sponsors?|sponsors?|sponsored|responsible part(?:y|ies)|sponsorship", ("lead_sponsor", "lead_sponsor_class")),
    (r"conditions?|diseases?|indications?|disorders?|diagnos[ei]s|pathology|illness(?:es)?|(?:cancer|tumou?r) (?:types?|entity)|medical condition", ("conditions",)),
    (rf"(?:sample|study|trial|population|cohort|enrol\w+) sizes?|study population|sample|enrol?l?ments?|accrual|(?:{_COUNT} )?(?:of )?{_PEOPLE}(?: {_COUNT})?|populations?|recruitment target|n|size", ("enrollment",)),
))
# A phrase that only hints at fields.
HINTS: Sequence[tuple[str, tuple[str, ...]]] = tuple((rf"\b(?:{phrase})\b", fields) for phrase, fields in (
    (r"designs?|methods?|methodology|characteristics|description|type|types", _DESIGN),
    (r"progress|state|stage",                                             ("overall_status",)),
    (r"features|setting|problem|target|focus|area",                       ("conditions",)),
    (r"institutions?|institutes?|organi[sz]ations?|compan(?:y|ies)|manufacturers?|developers?|funders?|funding|funded|applicant|owner", ("lead_sponsor",)),
    (r"criteria|eligibility|inclusion|eligible",                          ("enrollment", *_AGES)),
    (r"results?",                                                         _RESULTS),
    (r"registered|registration",                                          _REGISTERED),
))
# Words that any header may have.
NEUTRAL = frozenset(
    ["a", "an", "the", "of", "for", "in", "on", "and", "or", "to", "by", "with", "at", "per", "as", "is", "from", "trial", "trials", "study", "studies", "clinical", "research", "registry", "registered", "date", "dates", "day", "month", "months", "year", "years", "yr", "yrs", "no", "nos", "number", "numbers", "num", "nr", "n", "total", "current", "currently", "overall", "actual", "estimated", "est", "anticipated", "planned", "expected", "target", "targeted", "projected", "proposed", "intended", "main", "lead", "initial", "name", "names", "type", "types", "range", "ct", "gov", "clinicaltrials", "ctgov", "nct", "b", "c", "d", "e", "f", "m", "s", "male", "female", "males", "females", "group", "groups", "eligible", "eligibility", "limit", "limits", "recruited", "included", "enrolled", "randomized", "randomised", "human", "reported", "information", "details", "value", "level", "code", "category", "class", "intervention", "collaborators", "collaborator", "status", "phase", "population", "inclusion", "criteria"]
)
# Words by which a header rules fields out, whatever its cells look like.
VETOES: Sequence[tuple[str, tuple[str, ...]]] = (
    (r"\b(?:mean|median|average|baseline|sd|iqr|avg)\b|±",                (*_AGES, "enrollment")),
    (r"\b(?:countr(?:y|ies)|locations?|places?|cit(?:y|ies)|contacts?|address(?:es)?|sites?|cent(?:er|re)s?|regions?|facilit(?:y|ies)|nations?)\b", ("lead_sponsor", "lead_sponsor_class", "acronym", "conditions", "brief_title", "official_title")),
    (r"\b(?:arms?|control|controls|comparators?|placebo|per group|cells?|doses?|msc|mscs|sites|cent(?:er|re)s)\b", ("enrollment",)),
    (r"\b(?:journal|publication|published|references?|doi|pmid|author|authors|citation)\b", ("start_date", "completion_date", "primary_completion_date", "first_posted", "first_submitted", "last_update_posted", "last_update_submitted", "results_first_posted", "results_first_submitted", "acronym", "conditions", "brief_title", "official_title", "enrollment", "minimum_age", "maximum_age")),
    (r"\b(?:follow up|durations?|treatment|interventions?|drugs?|outcomes?|end ?points?|days|weeks)\b", ("enrollment", "minimum_age", "maximum_age", "conditions", "lead_sponsor", "acronym")),
    (r"\b(?:experimental|comparison|efficacy|safety|effects?)\b",         ("enrollment", "conditions", "lead_sponsor", "acronym")),
    (r"\b(?:collaborators?|investigators?)\b(?!.*\bsponsor)",             ("conditions", "acronym")),
)
# fmt: on
SELF = frozenset(["trial", "trials", "study", "studies", "project", "name", "names", "protocol"])
NUMBERED = frozenset(
    [
        "no",
        "nos",
        "number",
        "numbers",
        "num",
        "nr",
        "n",
        "id",
        "identifier",
        "code",
        "total",
        "count",
    ]
)
