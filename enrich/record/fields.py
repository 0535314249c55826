"""Where each fact sits in a registry record, what type it has and what it means. No other module spells these paths.

Paths and types follow the registry's OpenAPI description 2.0.5 (schemas `Study`, `ProtocolSection`, …).
A step that ends in `[]` gathers a list. A missing key is an ordinary None; a wrong shape is an error that names the path.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, Literal, NamedTuple

import orjson

from enrich.dates import PartialDate
from enrich.errors import UnexpectedShape
from enrich.models import Fact, Study, Trial
from enrich.text import inert

# The registry's own "no number given": never a plan for a hundred million people.
NO_ENROLLMENT = 99_999_999
# More than there are people: no number of participants, and sooner or later none that the database can hold.
_MOST_PEOPLE = 10_000_000_000

_TIME_OF_DAY = re.compile(r"(?<=^\d{4}-\d\d-\d\d)[T ].*", re.ASCII | re.DOTALL)


def text(value: Any) -> Fact:
    return value if type(value) is str else str(_typed(value, str))


def day(value: Any) -> Fact:
    """A date at the registry's precision; a time of day behind it is dropped."""
    return _day(_typed(value, str))


@lru_cache(
    maxsize=16384
)  # a record has a dozen dates, and a registry of 600,000 records some 10,000 days
def _day(printed: str) -> str:
    iso = _TIME_OF_DAY.sub("", printed)
    try:
        return PartialDate(iso).iso
    except ValueError as error:
        raise TypeError(f"{iso[:40]!r} is not a date") from error


def boolean(value: Any) -> Fact:
    return bool(_typed(value, bool))


def count(value: Any) -> Fact:
    """A number of people; strings of digits are accepted, as the registry prints numbers both ways."""
    number = (
        int(value)
        if isinstance(value, str) and re.fullmatch("[0-9]{1,10}", value)
        else _typed(value, int)
    )
    if isinstance(number, bool) or not 0 <= number < _MOST_PEOPLE:
        raise TypeError(f"{number} is not a number of people")
    return None if number == NO_ENROLLMENT else number


def texts(value: Any) -> Fact:
    """A list of words; never the letters of a single one."""
    return tuple(
        dict.fromkeys(str(_typed(item, str)) for item in _typed(value, list) if item is not None)
    )


def _typed(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(
            f"{type(value).__name__} where {getattr(kind, '__name__', kind)} was expected"
        )
    return value


def decimal_degrees(value: Any) -> float:
    """A place on the map, in decimal degrees."""
    return value if type(value) is float else float(_typed(value, int | float))


def integer(value: Any) -> Fact:
    """A whole number that counts no people, such as the size of a file."""
    return int(_typed(value, int))


def joined(value: Any) -> Fact:
    """Texts that read as one."""
    found = texts(value)
    return "; ".join(found) if isinstance(found, tuple) and found else None


SqlType = Literal["TEXT", "INTEGER", "REAL"]
_SQL: Mapping[Callable[[Any], Any], SqlType] = {
    count: "INTEGER",
    boolean: "INTEGER",
    integer: "INTEGER",
    decimal_degrees: "REAL",
}


class Field(NamedTuple):
    """One named fact of a trial.

    *part* is the registry's name for the part of the record that holds it, as its history prints it.
    """

    path: str
    read: Callable[[Any], Fact]
    label: str
    part: str
    meaning: str

    @property
    def sql(self) -> SqlType:
        return _SQL.get(self.read, "TEXT")


_STATUS, _DESIGN, _NAME, _WHO = (
    "Study Status",
    "Study Design",
    "Study Identification",
    "Sponsor/Collaborators",
)
_ELIGIBILITY, _TOPIC, _SITES = "Eligibility", "Conditions", "Contacts/Locations"
_ARMS, _RESULTS, _DERIVED = "Arms and Interventions", "Results", "Derived"

# fmt: off
FIELDS: Mapping[str, Field] = {
    "aliases":                 Field("protocolSection.identificationModule.nctIdAliases", texts, "Other NCT ids", _NAME, "Obsolete ids of this record, kept by the registry."),
    "brief_title":             Field("protocolSection.identificationModule.briefTitle", text, "Title", _NAME, "The short title, for the public."),
    "official_title":          Field("protocolSection.identificationModule.officialTitle", text, "Official title", _NAME, "The title of the protocol."),
    "acronym":                 Field("protocolSection.identificationModule.acronym", text, "Acronym", _NAME, "What the trial is called for short."),
    "overall_status":          Field("protocolSection.statusModule.overallStatus", text, "Status", _STATUS, "Recruitment status of the whole trial; UNKNOWN is set by the registry when nobody updated it in time."),
    "last_known_status":       Field("protocolSection.statusModule.lastKnownStatus", text, "Last known status", _STATUS, "What the status was before it became unknown."),
    "why_stopped":             Field("protocolSection.statusModule.whyStopped", text, "Why stopped", _STATUS, "The sponsor's reason for ending early."),
    "study_type":              Field("protocolSection.designModule.studyType", text, "Study type", _DESIGN, "Interventional, observational or expanded access."),
    "phases":                  Field("protocolSection.designModule.phases", texts, "Phase", _DESIGN, "Phases of a drug trial; NA where phases do not apply, absent for observational studies."),
    "allocation":              Field("protocolSection.designModule.designInfo.allocation", text, "Allocation", _DESIGN, "How participants come into the arms; NA for one arm."),
    "intervention_model":      Field("protocolSection.designModule.designInfo.interventionModel", text, "Model", _DESIGN, "Single group, parallel, crossover, factorial or sequential."),
    "masking":                 Field("protocolSection.designModule.designInfo.maskingInfo.masking", text, "Masking", _DESIGN, "How many roles do not know the assignment."),
    "who_masked":              Field("protocolSection.designModule.designInfo.maskingInfo.whoMasked", texts, "Who is masked", _DESIGN, "The roles that do not know the assignment."),
    "primary_purpose":         Field("protocolSection.designModule.designInfo.primaryPurpose", text, "Purpose", _DESIGN, "What the intervention is for."),
    "enrollment":              Field("protocolSection.designModule.enrollmentInfo.count", count, "Number of participants", _DESIGN, "Number of participants, planned or enrolled; see enrollment_type."),
    "enrollment_type":         Field("protocolSection.designModule.enrollmentInfo.type", text, "Kind of N", _DESIGN, "ESTIMATED: planned. ACTUAL: enrolled."),
    "start_date":              Field("protocolSection.statusModule.startDateStruct.date", day, "Start", _STATUS, "First participant enrolled, or the day planned for it."),
    "start_date_type":         Field("protocolSection.statusModule.startDateStruct.type", text, "Kind of start", _STATUS, "ACTUAL or ESTIMATED."),
    "primary_completion_date": Field("protocolSection.statusModule.primaryCompletionDateStruct.date", day, "Primary completion", _STATUS, "Last measurement of the primary outcome, or the day planned for it."),
    "primary_completion_date_type": Field("protocolSection.statusModule.primaryCompletionDateStruct.type", text, "Kind of primary completion", _STATUS, "ACTUAL or ESTIMATED."),
    "completion_date":         Field("protocolSection.statusModule.completionDateStruct.date", day, "Completion", _STATUS, "Last visit of the last participant, or the day planned for it."),
    "completion_date_type":    Field("protocolSection.statusModule.completionDateStruct.type", text, "Kind of completion", _STATUS, "ACTUAL or ESTIMATED."),
    "first_submitted":         Field("protocolSection.statusModule.studyFirstSubmitDate", day, "Registered", _STATUS, "The day the record was first submitted."),
    "first_posted":            Field("protocolSection.statusModule.studyFirstPostDateStruct.date", day, "First posted", _STATUS, "The day the record was first shown."),
    "results_first_submitted": Field("protocolSection.statusModule.resultsFirstSubmitDate", day, "Results submitted", _STATUS, "The day results were first submitted."),
    "results_first_posted":    Field("protocolSection.statusModule.resultsFirstPostDateStruct.date", day, "Results posted on", _STATUS, "The day results were first shown."),
    "last_update_submitted":   Field("protocolSection.statusModule.lastUpdateSubmitDate", day, "Last update submitted", _STATUS, "The day of the sponsor's last submission."),
    "last_update_posted":      Field("protocolSection.statusModule.lastUpdatePostDateStruct.date", day, "Last update", _STATUS, "The day the last submission was shown."),
    "status_verified":         Field("protocolSection.statusModule.statusVerifiedDate", day, "Verified", _STATUS, "The month in which the sponsor last confirmed the record."),
    "minimum_age":             Field("protocolSection.eligibilityModule.minimumAge", text, "Minimum age", _ELIGIBILITY, "Lowest age that may take part, inclusive; absent: no limit."),
    "maximum_age":             Field("protocolSection.eligibilityModule.maximumAge", text, "Maximum age", _ELIGIBILITY, "Highest age that may take part, inclusive; absent: no limit."),
    "sex":                     Field("protocolSection.eligibilityModule.sex", text, "Sex", _ELIGIBILITY, "Who may take part: ALL, FEMALE or MALE."),
    "healthy_volunteers":      Field("protocolSection.eligibilityModule.healthyVolunteers", boolean, "Healthy volunteers", _ELIGIBILITY, "Whether people without the condition may take part."),
    "lead_sponsor":            Field("protocolSection.sponsorCollaboratorsModule.leadSponsor.name", text, "Sponsor", _WHO, "Who answers for the trial."),
    "lead_sponsor_class":      Field("protocolSection.sponsorCollaboratorsModule.leadSponsor.class", text, "Kind of sponsor", _WHO, "INDUSTRY, NIH, OTHER and so on."),
    "conditions":              Field("protocolSection.conditionsModule.conditions", texts, "Conditions", _TOPIC, "What is studied, in the sponsor's words."),
    "keywords":                Field("protocolSection.conditionsModule.keywords", texts, "Keywords", _TOPIC, "Further words of the sponsor."),
    "condition_mesh":          Field("derivedSection.conditionBrowseModule.meshes[].term", texts, "Conditions (MeSH)", _DERIVED, "What the registry's own reading calls the conditions."),
    "interventions":           Field("protocolSection.armsInterventionsModule.interventions[].name", texts, "Interventions", _ARMS, "Names of what is given or done."),
    "countries":               Field("protocolSection.contactsLocationsModule.locations[].country", texts, "Countries", _SITES, "Countries with a site."),
    "has_results":             Field("hasResults", boolean, "Results posted", _RESULTS, "Whether results stand in the registry."),
}
# fmt: on

# The version of the rules that derive facts and child rows from a record: FIELDS, CHILD_TABLES, the
# readers and what they call. Raise it with every change that can make a stored record read
# otherwise; the database then derives all stored facts again. A test pins a digest of the tables.
FACTS_VERSION = 1

NCT_ID = "protocolSection.identificationModule.nctId"
LOAD_DATE = ("derivedSection", "miscInfoModule", "versionHolder")


def split_path(path: str) -> tuple[str, ...]:
    """The steps of a path, as `reach` takes them; none for an empty one."""
    return tuple(path.replace("[]", ".[]").split(".")) if path else ()


_ID_STEPS, _ID = split_path(NCT_ID), re.compile(r"NCT[0-9]{8}")
_PATHS = {name: split_path(field.path) for name, field in FIELDS.items()}
# Facts by the object that holds them, so that a record is walked once and not once a fact; what is gathered from a list stands alone.
_BY_PARENT = tuple(
    (
        inner,
        tuple(
            (name, steps[-1], FIELDS[name]) for name, steps in _PATHS.items() if steps[:-1] == inner
        ),
    )
    for inner in dict.fromkeys(steps[:-1] for steps in _PATHS.values() if "[]" not in steps)
)
_FROM_LISTS = tuple((name, steps, FIELDS[name]) for name, steps in _PATHS.items() if "[]" in steps)


def get_path(node: Any, steps: tuple[str, ...]) -> Any:
    """What stands at the end of *steps*, None where a key is missing; UnexpectedShape where there is no object or list."""
    for at, step in enumerate(steps):
        if node is None:
            return None
        if step == "[]":
            rest = steps[at + 1 :]
            return [get_path(item, rest) for item in _expect(node, list, steps, at)]
        node = (node if type(node) is dict else _expect(node, Mapping, steps, at)).get(step)
    return node


def _expect(node: Any, kind: Any, steps: tuple[str, ...], at: int) -> Any:
    if not isinstance(node, kind):
        raise UnexpectedShape(
            f"{'.'.join(steps[:at]) or 'the record'} is {type(node).__name__}, not {kind.__name__}"
        )
    return node


def nct_id_of(study: Study) -> str:
    """The id under which the registry keeps *study*; UnexpectedShape if it names none."""
    nct_id = get_path(study, _ID_STEPS)
    if not isinstance(nct_id, str) or not _ID.fullmatch(nct_id):
        raise UnexpectedShape(f"{NCT_ID} holds no NCT id")
    return nct_id


def trial_of(study: Study, *, complete: bool = True) -> Trial:
    """The flat facts of *study*. A fact of an unknown shape is left out and named in `faults`; the others stand."""
    facts: dict[str, Fact] = dict.fromkeys(FIELDS)
    faults: dict[str, str] = {}
    for name, field, value in chain(_values(study, faults), _gathered(study, faults)):
        try:
            facts[name] = field.read(value)
        except (TypeError, ValueError) as error:
            faults[name] = f"{field.path}: {error}"
    return Trial(nct_id_of(study), facts, complete, faults)


def _values(study: Study, faults: dict[str, str]) -> Iterator[tuple[str, Field, Any]]:
    """What stands in *study* at the place of each field, as far as there is such a place; *faults* gets the others."""
    for steps, fields in _BY_PARENT:
        try:
            holds = _object(study, steps)
        except UnexpectedShape as error:
            faults.update({name: f"{field.path}: {error}" for name, _, field in fields})
            continue
        for name, key, field in fields:
            if (value := holds.get(key)) is not None:
                yield name, field, value


def _gathered(study: Study, faults: dict[str, str]) -> Iterator[tuple[str, Field, Any]]:
    """The same for what is gathered from a list."""
    for name, steps, field in _FROM_LISTS:
        try:
            if (value := get_path(study, steps)) is not None:
                yield name, field, value
        except UnexpectedShape as error:
            faults[name] = f"{field.path}: {error}"


def _object(study: Study, steps: tuple[str, ...]) -> Any:
    """The object at the end of *steps*; an empty one where a key on the way is missing."""
    found = get_path(study, steps)
    if found is None or type(found) is dict:
        return found or {}
    return _expect(found, Mapping, (*steps, ""), len(steps))


def without_load_date(study: Study) -> Study:
    """*study* without the date of the nightly load, which moves every weekday for every record."""
    section, module, key = LOAD_DATE
    derived = study.get(section)
    misc = derived.get(module) if isinstance(derived, Mapping) else None
    if (
        not isinstance(derived, Mapping)
        or not isinstance(misc, Mapping)
        or not isinstance(misc.get(key), str)
    ):
        return study
    kept = {name: value for name, value in misc.items() if name != key}
    return {**study, section: {**derived, module: kept}}


def load_day_of(study: Study) -> str | None:
    """The date of the nightly load that printed *study*, as it says itself; None where it does not, or not readably."""
    try:
        return load_day(get_path(study, LOAD_DATE))
    except UnexpectedShape:
        return None


def load_day(printed: Any) -> str | None:
    """The date of a nightly load, as records print it; None for anything that is no day."""
    return _whole_day(printed) if isinstance(printed, str) and len(printed) == 10 else None


@lru_cache(maxsize=64)  # all records of a load tell the same
def _whole_day(printed: str) -> str | None:
    try:
        return PartialDate(printed).iso
    except ValueError:
        return None


def dump_json(told: Any, study: Study, option: int) -> bytes:
    """*told*, which is *study* or holds it, in the form that *option* (orjson's) asks for.

    Raises UnexpectedShape for a record nested deeper than JSON can be written again (254 levels; the registry's own have twelve).
    """
    try:
        return orjson.dumps(told, option=option)
    except orjson.JSONEncodeError as error:
        raise UnexpectedShape(f"{nct_id_of(study)} cannot be kept: {error}") from error


def canonical(study: Study) -> bytes:
    """*study* as JSON that is the same for the same content, whatever the order of keys and the date of the load."""
    return dump_json(without_load_date(study), study, orjson.OPT_SORT_KEYS)


def digest_of(study: Study) -> str:
    """A name for the content of *study*: the same for the same content. Raises UnexpectedShape where that cannot be written (`dump_json`)."""
    return hashlib.sha256(canonical(study)).hexdigest()


def all_ids(study: Study) -> tuple[str, ...]:
    """The id of *study* and the obsolete ids that lead to it."""
    aliases = get_path(study, _PATHS["aliases"])
    return (
        (nct_id_of(study), *(alias for alias in aliases if isinstance(alias, str)))
        if isinstance(aliases, list)
        else (nct_id_of(study),)
    )


# Facts that are told together with another one.
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
    """The field that *name* only adds to (a kind of date to its date); *name* itself where it stands alone."""
    return COMPANION_OF.get(name, name)


class ListField(NamedTuple):
    """A list of objects in a record: which of their keys say who a member is, whatever its place in the list.

    The first key suffices on its own where *named*; a site does not, as many are called "Research Site".
    """

    path: str
    identity: tuple[str, ...]
    label: str
    named: bool = True


# fmt: off
LISTS: Mapping[str, ListField] = {
    "locations":          ListField("protocolSection.contactsLocationsModule.locations",          ("facility", "city", "state", "country"), "Sites", named=False),
    "contacts":           ListField("protocolSection.contactsLocationsModule.centralContacts",    ("name", "email", "phone"),               "Contacts"),
    "officials":          ListField("protocolSection.contactsLocationsModule.overallOfficials",   ("name", "role"),                         "Investigators"),
    "interventions":      ListField("protocolSection.armsInterventionsModule.interventions",      ("name", "type"),                         "Interventions"),
    "arms":               ListField("protocolSection.armsInterventionsModule.armGroups",          ("label",),                               "Arms"),
    "primary_outcomes":   ListField("protocolSection.outcomesModule.primaryOutcomes",             ("measure", "timeFrame"),                 "Primary outcomes"),
    "secondary_outcomes": ListField("protocolSection.outcomesModule.secondaryOutcomes",           ("measure", "timeFrame"),                 "Secondary outcomes"),
    "other_outcomes":     ListField("protocolSection.outcomesModule.otherOutcomes",               ("measure", "timeFrame"),                 "Other outcomes"),
    "collaborators":      ListField("protocolSection.sponsorCollaboratorsModule.collaborators",   ("name",),                                "Collaborators"),
    "publications":       ListField("protocolSection.referencesModule.references",                ("pmid", "citation"),                     "Publications"),
    "links":              ListField("protocolSection.referencesModule.seeAlsoLinks",              ("url", "label"),                         "Links"),
    "secondary_ids":      ListField("protocolSection.identificationModule.secondaryIdInfos",      ("id",),                                  "Other ids"),
    "documents":          ListField("documentSection.largeDocumentModule.largeDocs",              ("filename", "label"),                    "Documents"),
    "submissions":        ListField("annotationSection.annotationModule.unpostedAnnotation.unpostedEvents", ("type", "date"),             "Results under review"),
}
# fmt: on


class ChildColumn(NamedTuple):
    """A column of a table made from a list: what stands at *path* inside each member; no path: the member itself."""

    path: str
    read: Callable[[Any], Any]
    meaning: str

    @property
    def sql(self) -> SqlType:
        return _SQL.get(self.read, "TEXT")


class ChildTable(NamedTuple):
    """A table with a row for each member of a list of the record.

    *sources* are the paths of the lists, each with what it puts into the column *role* where several make one table.
    """

    sources: Mapping[str, str | None]
    columns: Mapping[str, ChildColumn]
    meaning: str
    role: str | None = None


_LIST_OUTCOME: Mapping[str, ChildColumn] = {
    "measure": ChildColumn("measure", text, "What is measured."),
    "time_frame": ChildColumn("timeFrame", text, "When it is measured."),
    "description": ChildColumn("description", text, "How it is measured."),
}

# fmt: off
CHILD_TABLES: Mapping[str, ChildTable] = {
    "conditions": ChildTable({FIELDS["conditions"].path: None}, {
        "condition":     ChildColumn("", text, "A condition, in the sponsor's words."),
    }, "What each trial studies, one condition a row."),
    "interventions": ChildTable({LISTS["interventions"].path: None}, {
        "type":          ChildColumn("type", text, "DRUG, BIOLOGICAL, DEVICE, PROCEDURE and so on."),
        "name":          ChildColumn("name", text, "What is given or done."),
        "description":   ChildColumn("description", text, "Dose, form and course, as the sponsor tells them."),
        "arms":          ChildColumn("armGroupLabels", joined, "The arms that get it."),
        "other_names":   ChildColumn("otherNames", joined, "Other names of it."),
    }, "What is given or done in each trial."),
    "arms": ChildTable({LISTS["arms"].path: None}, {
        "label":         ChildColumn("label", text, "Name of the arm or group."),
        "type":          ChildColumn("type", text, "EXPERIMENTAL, ACTIVE_COMPARATOR, PLACEBO_COMPARATOR, NO_INTERVENTION and so on."),
        "description":   ChildColumn("description", text, "What happens in this arm."),
        "interventions": ChildColumn("interventionNames", joined, "What this arm gets."),
    }, "Arms and groups of each trial."),
    "primary_outcomes":   ChildTable({LISTS["primary_outcomes"].path: None}, _LIST_OUTCOME, "What each trial is to show first of all."),
    "secondary_outcomes": ChildTable({LISTS["secondary_outcomes"].path: None}, _LIST_OUTCOME, "What else each trial is to show."),
    "locations": ChildTable({LISTS["locations"].path: None}, {
        "facility":      ChildColumn("facility", text, "Hospital, institute or practice."),
        "city":          ChildColumn("city", text, "City."),
        "state":         ChildColumn("state", text, "State or province."),
        "zip":           ChildColumn("zip", text, "Postal code."),
        "country":       ChildColumn("country", text, "Country, by the registry's name for it."),
        "status":        ChildColumn("status", text, "Recruitment status of this site; given only while it makes sense."),
        "latitude":      ChildColumn("geoPoint.lat", decimal_degrees, "Degrees north, as the registry computed them from the city: not the street door."),
        "longitude":     ChildColumn("geoPoint.lon", decimal_degrees, "Degrees east, as the registry computed them from the city: not the street door."),
    }, "Sites of each trial; on a map where the registry gives a point."),
    "sponsors": ChildTable({"protocolSection.sponsorCollaboratorsModule.leadSponsor": "lead", LISTS["collaborators"].path: "collaborator"}, {
        "name":          ChildColumn("name", text, "Name of the organisation or person."),
        "class":         ChildColumn("class", text, "INDUSTRY, NIH, OTHER and so on."),
    }, "Who answers for each trial, and who helps.", "lead: answers for the trial. collaborator: helps."),
    "publications": ChildTable({LISTS["publications"].path: None}, {
        "pmid":          ChildColumn("pmid", text, "PubMed id."),
        "type":          ChildColumn("type", text, "RESULT: named by the sponsor as results. DERIVED: found in PubMed under this trial's id. BACKGROUND: cited."),
        "citation":      ChildColumn("citation", text, "The publication."),
        "retraction":    ChildColumn("retractions[].source", joined, "The notice, if it was retracted."),
    }, "Publications that the records name."),
    "mesh_terms": ChildTable({"derivedSection.conditionBrowseModule.meshes": "condition", "derivedSection.interventionBrowseModule.meshes": "intervention"}, {
        "mesh_id":       ChildColumn("id", text, "Unique id of the MeSH heading."),
        "term":          ChildColumn("term", text, "MeSH heading."),
    }, "What the registry's own reading calls conditions and interventions.", "What the heading stands for: a condition or an intervention."),
    "documents": ChildTable({LISTS["documents"].path: None}, {
        "label":         ChildColumn("label", text, "Protocol, statistical plan, consent form."),
        "document_date": ChildColumn("date", day, "The date on the document."),
        "uploaded":      ChildColumn("uploadDate", day, "The day it was uploaded."),
        "filename":      ChildColumn("filename", text, "Name of the file."),
        "size":          ChildColumn("size", integer, "Size in bytes."),
        "url":           ChildColumn("filename", text, "Where the registry keeps the file."),
    }, "Documents posted with the records."),
}
# fmt: on

# Where the registry keeps the documents of a record.
DOCUMENT_URL = "https://cdn.clinicaltrials.gov/large-docs/{folder}/{nct_id}/{filename}"

_NAME_AT = {
    **{field.path: name for name, field in FIELDS.items() if "[]" not in field.path},
    **{entries.path: name for name, entries in LISTS.items()},
}


def entries(study: Study, name: str) -> list[Mapping[str, Any]]:
    """The objects of the list *name* in *study*; none where there is no such list, or one of an unknown shape."""
    try:
        found = get_path(study, split_path(LISTS[name].path))
    except UnexpectedShape:
        return []
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def field_name_for_path(path: str) -> str:
    """Our name for what stands at *path*, or the path itself where it has none; the section every protocol shares is left out."""
    return _NAME_AT.get(path, path.removeprefix("protocolSection."))


def label(field: str) -> str:
    """What a field or a list of a record is called; an unnamed one by its last steps in plain letters."""
    name, _, part = field.partition(".")
    if field in FIELDS:
        return FIELDS[field].label
    if name in LISTS:
        return f"{LISTS[name].label}{f' ({_spaced(part)})' if part else ''}"
    return inert(_spaced(field.rsplit(".", 1)[-1]), 60).capitalize()


def _spaced(camel: str) -> str:
    return inert(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", camel), 60).lower()
