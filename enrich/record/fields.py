"""The flat facts of a record: where each sits, what type it has and what it means.

Paths and types follow the registry's OpenAPI description 2.0.5 (schemas `Study`, `ProtocolSection`,
…). Only this package spells paths and keys of a record; the others use the names in these tables.
"""

from collections.abc import Mapping
from typing import NamedTuple

from enrich.errors import UnexpectedShape
from enrich.models import Fact, Study, Trial
from enrich.record.identity import ALIASES, nct_id_of
from enrich.record.paths import get_path
from enrich.record.readers import Reader, SqlType, boolean, count, day, sql_type, text, texts

# The version of the rules that derive facts and child rows from a record: FIELDS, CHILD_TABLES, the
# readers and what they call. Raise it with every change that can make a stored record read
# otherwise; the database then derives all stored facts again. A test pins a digest of the tables.
FACTS_VERSION = 1


class Field(NamedTuple):
    """One fact of a trial: its path in the record, its reader, its label and its meaning.

    *part* is the registry's name for the part of the record that holds it, as its history prints
    it.
    """

    path: str
    read: Reader
    label: str
    part: str
    meaning: str

    @property
    def sql(self) -> SqlType:
        """The type of its database column."""
        return sql_type(self.read)


_STATUS, _DESIGN, _NAME, _WHO = (
    "Study Status",
    "Study Design",
    "Study Identification",
    "Sponsor/Collaborators",
)
_ELIGIBILITY, _TOPIC, _SITES = "Eligibility", "Conditions", "Contacts/Locations"
_ARMS, _RESULTS, _DERIVED = "Arms and Interventions", "Results", "Derived"

# A trial that was not finished as planned; its record may give a reason.
STOPPED_STATUSES = frozenset(("TERMINATED", "WITHDRAWN", "SUSPENDED"))

# fmt: off
FIELDS: Mapping[str, Field] = {
    "aliases":                 Field(ALIASES, texts, "Other NCT ids", _NAME, "Obsolete ids of this record, kept by the registry."),
    "brief_title":             Field("protocolSection.identificationModule.briefTitle", text, "Title", _NAME, "The short title, for the public."),
    "official_title":          Field("protocolSection.identificationModule.officialTitle", text, "Official title", _NAME, "The title of the protocol."),
    "acronym":                 Field("protocolSection.identificationModule.acronym", text, "Acronym", _NAME, "Short name of the trial."),
    "overall_status":          Field("protocolSection.statusModule.overallStatus", text, "Status", _STATUS, "Recruitment status of the whole trial. The registry sets UNKNOWN when the sponsor did not update the record in time."),
    "last_known_status":       Field("protocolSection.statusModule.lastKnownStatus", text, "Last known status", _STATUS, "The status before it became unknown."),
    "why_stopped":             Field("protocolSection.statusModule.whyStopped", text, "Why stopped", _STATUS, "The sponsor's reason for ending early."),
    "study_type":              Field("protocolSection.designModule.studyType", text, "Study type", _DESIGN, "Interventional, observational or expanded access."),
    "phases":                  Field("protocolSection.designModule.phases", texts, "Phase", _DESIGN, "Phases of a drug trial; NA where phases do not apply, absent for observational studies."),
    "allocation":              Field("protocolSection.designModule.designInfo.allocation", text, "Allocation", _DESIGN, "How participants are assigned to the arms; NA with one arm."),
    "intervention_model":      Field("protocolSection.designModule.designInfo.interventionModel", text, "Model", _DESIGN, "Single group, parallel, crossover, factorial or sequential."),
    "masking":                 Field("protocolSection.designModule.designInfo.maskingInfo.masking", text, "Masking", _DESIGN, "How many roles are blinded to the assignment."),
    "who_masked":              Field("protocolSection.designModule.designInfo.maskingInfo.whoMasked", texts, "Who is masked", _DESIGN, "The roles that are blinded to the assignment."),
    "primary_purpose":         Field("protocolSection.designModule.designInfo.primaryPurpose", text, "Purpose", _DESIGN, "Purpose of the intervention: treatment, prevention, diagnosis and so on."),
    "enrollment":              Field("protocolSection.designModule.enrollmentInfo.count", count, "Number of participants", _DESIGN, "Number of participants, planned or enrolled; see enrollment_type."),
    "enrollment_type":         Field("protocolSection.designModule.enrollmentInfo.type", text, "Kind of N", _DESIGN, "ESTIMATED: planned. ACTUAL: enrolled."),
    "start_date":              Field("protocolSection.statusModule.startDateStruct.date", day, "Start", _STATUS, "The day the first participant was enrolled, or is planned to be."),
    "start_date_type":         Field("protocolSection.statusModule.startDateStruct.type", text, "Kind of start", _STATUS, "ACTUAL or ESTIMATED."),
    "primary_completion_date": Field("protocolSection.statusModule.primaryCompletionDateStruct.date", day, "Primary completion", _STATUS, "The day of the last measurement of the primary outcome, or the planned day."),
    "primary_completion_date_type": Field("protocolSection.statusModule.primaryCompletionDateStruct.type", text, "Kind of primary completion", _STATUS, "ACTUAL or ESTIMATED."),
    "completion_date":         Field("protocolSection.statusModule.completionDateStruct.date", day, "Completion", _STATUS, "The day of the last visit of the last participant, or the planned day."),
    "completion_date_type":    Field("protocolSection.statusModule.completionDateStruct.type", text, "Kind of completion", _STATUS, "ACTUAL or ESTIMATED."),
    "first_submitted":         Field("protocolSection.statusModule.studyFirstSubmitDate", day, "Registered", _STATUS, "The day the record was first submitted."),
    "first_posted":            Field("protocolSection.statusModule.studyFirstPostDateStruct.date", day, "First posted", _STATUS, "The day the record was first posted."),
    "results_first_submitted": Field("protocolSection.statusModule.resultsFirstSubmitDate", day, "Results submitted", _STATUS, "The day results were first submitted."),
    "results_first_posted":    Field("protocolSection.statusModule.resultsFirstPostDateStruct.date", day, "Results posted on", _STATUS, "The day results were first posted."),
    "last_update_submitted":   Field("protocolSection.statusModule.lastUpdateSubmitDate", day, "Last update submitted", _STATUS, "The day of the sponsor's last submission."),
    "last_update_posted":      Field("protocolSection.statusModule.lastUpdatePostDateStruct.date", day, "Last update", _STATUS, "The day the last submission was posted."),
    "status_verified":         Field("protocolSection.statusModule.statusVerifiedDate", day, "Verified", _STATUS, "The month in which the sponsor last confirmed the record."),
    "minimum_age":             Field("protocolSection.eligibilityModule.minimumAge", text, "Minimum age", _ELIGIBILITY, "Lowest age that may take part, inclusive; absent: no limit."),
    "maximum_age":             Field("protocolSection.eligibilityModule.maximumAge", text, "Maximum age", _ELIGIBILITY, "Highest age that may take part, inclusive; absent: no limit."),
    "sex":                     Field("protocolSection.eligibilityModule.sex", text, "Sex", _ELIGIBILITY, "Who may take part: ALL, FEMALE or MALE."),
    "healthy_volunteers":      Field("protocolSection.eligibilityModule.healthyVolunteers", boolean, "Healthy volunteers", _ELIGIBILITY, "Whether people without the condition may take part."),
    "lead_sponsor":            Field("protocolSection.sponsorCollaboratorsModule.leadSponsor.name", text, "Sponsor", _WHO, "The organisation or person responsible for the trial."),
    "lead_sponsor_class":      Field("protocolSection.sponsorCollaboratorsModule.leadSponsor.class", text, "Kind of sponsor", _WHO, "INDUSTRY, NIH, OTHER and so on."),
    "conditions":              Field("protocolSection.conditionsModule.conditions", texts, "Conditions", _TOPIC, "The conditions studied, in the sponsor's words."),
    "keywords":                Field("protocolSection.conditionsModule.keywords", texts, "Keywords", _TOPIC, "Keywords given by the sponsor."),
    "condition_mesh":          Field("derivedSection.conditionBrowseModule.meshes[].term", texts, "Conditions (MeSH)", _DERIVED, "Conditions as MeSH terms assigned by the registry."),
    "interventions":           Field("protocolSection.armsInterventionsModule.interventions[].name", texts, "Interventions", _ARMS, "Names of the interventions."),
    "countries":               Field("protocolSection.contactsLocationsModule.locations[].country", texts, "Countries", _SITES, "Countries with a site."),
    "has_results":             Field("hasResults", boolean, "Results posted", _RESULTS, "Whether results are posted in the registry."),
}
# fmt: on

# Facts that only add to another one, which is reported with them.
COMPANION_OF: Mapping[str, str] = {
    "enrollment_type": "enrollment",
    "start_date_type": "start_date",
    "primary_completion_date_type": "primary_completion_date",
    "completion_date_type": "completion_date",
    "why_stopped": "overall_status",
    "last_known_status": "overall_status",
    "results_first_submitted": "has_results",
    "results_first_posted": "has_results",
    "last_update_submitted": "last_update_posted",
    "status_verified": "last_update_posted",
}


def primary_field(name: str) -> str:
    """The field that *name* only adds to, such as a date for its kind; else *name* itself."""
    return COMPANION_OF.get(name, name)


def trial_of(study: Study, *, complete: bool = True) -> Trial:
    """The flat facts of *study*, by the names in FIELDS; *complete*: the whole record is at hand.

    A fact of an unknown shape is left out and named in `faults`; the others are read all the same.
    Raises UnexpectedShape only for a record without an id.
    """
    facts: dict[str, Fact] = dict.fromkeys(FIELDS)
    faults: dict[str, str] = {}
    for name, field in FIELDS.items():
        try:
            value = get_path(study, field.path)
            if value is not None:
                facts[name] = field.read(value)
        except (UnexpectedShape, TypeError, ValueError) as error:
            faults[name] = f"{field.path}: {error}"
    return Trial(nct_id_of(study), facts, complete, faults)
