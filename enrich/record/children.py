"""The lists of a record: what each of them holds, and its entries as rows of tables of their own.

Also the words under which a trial is found, as most of them stand in lists.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

from enrich.errors import UnexpectedShape
from enrich.models import Study, Trial
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import nct_id_of
from enrich.record.paths import get_path
from enrich.record.readers import (
    Reader,
    SqlType,
    count,
    day,
    decimal_degrees,
    integer,
    joined,
    present,
    sql_type,
    text,
)
from enrich.record.urls import document_url

# Publications that may report results: named so by the sponsor, or found in PubMed by the registry
# under this trial's id.
RESULT_TYPES = ("RESULT", "DERIVED")
LEAD_SPONSOR = "protocolSection.sponsorCollaboratorsModule.leadSponsor"


class ChildColumn(NamedTuple):
    """A part of the entries of a list: its path inside an entry, which is "" for the entry itself.

    *is_stored*: a child table has a column for it.
    """

    path: str
    read: Reader
    meaning: str = ""
    is_stored: bool = True

    @property
    def key(self) -> str:
        """The key of an entry under which the record has it."""
        return self.path.partition(".")[0].removesuffix("[]")

    @property
    def sql(self) -> SqlType:
        """The type of its database column."""
        return sql_type(self.read)


class ListField(NamedTuple):
    """A list of objects in a record.

    *columns* are the parts of its entries that we have a name for. *identity* names those that tell
    which entry it is, whatever its place in the list. The first of them suffices, unless not
    *first_suffices*: many sites are called "Research Site".
    """

    path: str
    label: str
    identity: tuple[str, ...]
    columns: Mapping[str, ChildColumn]
    first_suffices: bool = True

    @property
    def identity_keys(self) -> tuple[str, ...]:
        """The keys that identify an entry."""
        return tuple(self.columns[name].key for name in self.identity)


class ChildTable(NamedTuple):
    """A table of the database with a row for each entry of one or more lists of a record.

    *sources* are the paths of the lists, each with its value in the column *role* (None without
    one). A path to a single object counts as a list of one. *derived* are columns whose value is
    made of the id of the record and the value that their reader gives.
    """

    sources: Mapping[str, str | None]
    columns: Mapping[str, ChildColumn]
    meaning: str
    role: str | None = None
    derived: Mapping[str, Callable[[str, str], str]] = {}


# fmt: off
_OUTCOME = {
    "measure":       ChildColumn("measure", text, "What is measured."),
    "time_frame":    ChildColumn("timeFrame", text, "When it is measured."),
    "description":   ChildColumn("description", text, "How it is measured."),
}

_ADVERSE_EVENT = {
    "term":          ChildColumn("term", text),
    "organ_system":  ChildColumn("organSystem", text),
    "numbers":       ChildColumn("stats", present),
}

LISTS: Mapping[str, ListField] = {
    "locations": ListField("protocolSection.contactsLocationsModule.locations", "Sites", ("facility", "city", "state", "country"), {
        "facility":      ChildColumn("facility", text, "Hospital, institute or practice."),
        "city":          ChildColumn("city", text, "City."),
        "state":         ChildColumn("state", text, "State or province."),
        "zip":           ChildColumn("zip", text, "Postal code."),
        "country":       ChildColumn("country", text, "Country, by the registry's name for it."),
        "status":        ChildColumn("status", text, "Recruitment status of this site; given only while the trial is open."),
        "latitude":      ChildColumn("geoPoint.lat", decimal_degrees, "Latitude that the registry computed from the city; not that of the building."),
        "longitude":     ChildColumn("geoPoint.lon", decimal_degrees, "Longitude that the registry computed from the city; not that of the building."),
    }, first_suffices=False),
    "contacts": ListField("protocolSection.contactsLocationsModule.centralContacts", "Contacts", ("name", "email", "phone"), {
        "name":          ChildColumn("name", text),
        "email":         ChildColumn("email", text),
        "phone":         ChildColumn("phone", text),
    }),
    "officials": ListField("protocolSection.contactsLocationsModule.overallOfficials", "Investigators", ("name", "role"), {
        "name":          ChildColumn("name", text),
        "role":          ChildColumn("role", text),
    }),
    "interventions": ListField("protocolSection.armsInterventionsModule.interventions", "Interventions", ("name", "type"), {
        "type":          ChildColumn("type", text, "DRUG, BIOLOGICAL, DEVICE, PROCEDURE and so on."),
        "name":          ChildColumn("name", text, "The name of the intervention."),
        "description":   ChildColumn("description", text, "Dose, form and course, in the sponsor's words."),
        "arms":          ChildColumn("armGroupLabels", joined, "The arms that receive it."),
        "other_names":   ChildColumn("otherNames", joined, "Other names of it."),
    }),
    "arms": ListField("protocolSection.armsInterventionsModule.armGroups", "Arms", ("label",), {
        "label":         ChildColumn("label", text, "Name of the arm or group."),
        "type":          ChildColumn("type", text, "EXPERIMENTAL, ACTIVE_COMPARATOR, PLACEBO_COMPARATOR, NO_INTERVENTION and so on."),
        "description":   ChildColumn("description", text, "What happens in this arm."),
        "interventions": ChildColumn("interventionNames", joined, "The interventions in this arm."),
    }),
    "primary_outcomes":   ListField("protocolSection.outcomesModule.primaryOutcomes", "Primary outcomes", ("measure", "time_frame"), _OUTCOME),
    "secondary_outcomes": ListField("protocolSection.outcomesModule.secondaryOutcomes", "Secondary outcomes", ("measure", "time_frame"), _OUTCOME),
    "other_outcomes":     ListField("protocolSection.outcomesModule.otherOutcomes", "Other outcomes", ("measure", "time_frame"), _OUTCOME),
    "collaborators": ListField("protocolSection.sponsorCollaboratorsModule.collaborators", "Collaborators", ("name",), {
        "name":          ChildColumn("name", text, "Name of the organisation or person."),
        "class":         ChildColumn("class", text, "INDUSTRY, NIH, OTHER and so on."),
    }),
    "publications": ListField("protocolSection.referencesModule.references", "Publications", ("pmid", "citation"), {
        "pmid":          ChildColumn("pmid", text, "PubMed id."),
        "type":          ChildColumn("type", text, "RESULT: named by the sponsor as results. DERIVED: found in PubMed under this trial's id. BACKGROUND: cited."),
        "citation":      ChildColumn("citation", text, "The publication."),
        "retraction":    ChildColumn("retractions[].source", joined, "The notice, if it was retracted."),
        "is_retracted":  ChildColumn("retractions", present, is_stored=False),
    }),
    "links": ListField("protocolSection.referencesModule.seeAlsoLinks", "Links", ("url", "label"), {
        "url":           ChildColumn("url", text),
        "label":         ChildColumn("label", text),
    }),
    "secondary_ids": ListField("protocolSection.identificationModule.secondaryIdInfos", "Other ids", ("secondary_id",), {
        "secondary_id":  ChildColumn("id", text),
    }),
    "documents": ListField("documentSection.largeDocumentModule.largeDocs", "Documents", ("filename", "label"), {
        "label":         ChildColumn("label", text, "Protocol, statistical plan, consent form."),
        "document_date": ChildColumn("date", day, "The date on the document."),
        "uploaded":      ChildColumn("uploadDate", day, "The day it was uploaded."),
        "filename":      ChildColumn("filename", text, "Name of the file."),
        "size":          ChildColumn("size", integer, "Size in bytes."),
        "url":           ChildColumn("filename", text, "Where the registry keeps the file."),
    }),
    "fda_notices": ListField("annotationSection.annotationModule.violationAnnotation.violationEvents", "FDA notices", ("notice", "description", "day_issued"), {
        "notice":        ChildColumn("type", text),
        "description":   ChildColumn("description", text),
        "day_created":   ChildColumn("creationDate", day),
        "day_issued":    ChildColumn("issuedDate", day),
        "day_released":  ChildColumn("releaseDate", day),
        "day_posted":    ChildColumn("postedDate", day),
    }, first_suffices=False),
    "outcome_results": ListField("resultsSection.outcomeMeasuresModule.outcomeMeasures", "Posted results", ("title", "time_frame"), {
        "title":         ChildColumn("title", text),
        "time_frame":    ChildColumn("timeFrame", text),
        "description":   ChildColumn("description", text),
        "outcome_type":  ChildColumn("type", text),
        "population":    ChildColumn("populationDescription", text),
        "state":         ChildColumn("reportingStatus", text),
        "measure_of":    ChildColumn("paramType", text),
        "spread_of":     ChildColumn("dispersionType", text),
        "unit":          ChildColumn("unitOfMeasure", text),
        "groups":        ChildColumn("groups", present),
        "numbers_analysed": ChildColumn("denoms", present),
        "values":        ChildColumn("classes", present),
        "analyses":      ChildColumn("analyses", present),
    }),
    "baseline_results": ListField("resultsSection.baselineCharacteristicsModule.measures", "Baseline results", ("title",), {
        "title":         ChildColumn("title", text),
        "description":   ChildColumn("description", text),
        "unit":          ChildColumn("unitOfMeasure", text),
        "numbers_analysed": ChildColumn("denoms", present),
        "values":        ChildColumn("classes", present),
    }),
    "flow_periods": ListField("resultsSection.participantFlowModule.periods", "Participant flow", ("title",), {
        "title":         ChildColumn("title", text),
        "milestones":    ChildColumn("milestones", present),
        "withdrawals":   ChildColumn("dropWithdraws", present),
    }),
    "event_groups": ListField("resultsSection.adverseEventsModule.eventGroups", "People with adverse events", ("title",), {
        "title":         ChildColumn("title", text),
        "deaths":        ChildColumn("deathsNumAffected", count),
        "people_at_risk_of_death": ChildColumn("deathsNumAtRisk", count),
        "people_with_serious_events": ChildColumn("seriousNumAffected", count),
        "people_at_risk": ChildColumn("seriousNumAtRisk", count),
    }),
    "serious_events": ListField("resultsSection.adverseEventsModule.seriousEvents", "Serious adverse events", ("term", "organ_system"), _ADVERSE_EVENT),
    "other_events": ListField("resultsSection.adverseEventsModule.otherEvents", "Other adverse events", ("term", "organ_system"), _ADVERSE_EVENT),
    "submissions": ListField("annotationSection.annotationModule.unpostedAnnotation.unpostedEvents", "Results under review", ("event", "event_date"), {
        "event":         ChildColumn("type", text),
        "event_date":    ChildColumn("date", day),
    }),
}


def _table(name: str, meaning: str) -> ChildTable:
    return ChildTable({LISTS[name].path: None}, _stored(name), meaning)


def _stored(name: str) -> Mapping[str, ChildColumn]:
    return {key: column for key, column in LISTS[name].columns.items() if column.is_stored}


CHILD_TABLES: Mapping[str, ChildTable] = {
    "conditions": ChildTable({FIELDS["conditions"].path: None}, {
        "condition":     ChildColumn("", text, "A condition, in the sponsor's words."),
    }, "The conditions that each trial studies."),
    "interventions":      _table("interventions", "The interventions of each trial."),
    "arms":               _table("arms", "Arms and groups of each trial."),
    "primary_outcomes":   _table("primary_outcomes", "Primary outcomes of each trial."),
    "secondary_outcomes": _table("secondary_outcomes", "Secondary outcomes of each trial."),
    "locations":          _table("locations", "Sites of each trial; on a map where the registry gives a point."),
    "sponsors": ChildTable({LEAD_SPONSOR: "lead", LISTS["collaborators"].path: "collaborator"}, _stored("collaborators"),
        "The sponsor and the collaborators of each trial.", "lead: responsible for the trial. collaborator: supports it."),
    "publications":       _table("publications", "Publications that the records name."),
    "mesh_terms": ChildTable({"derivedSection.conditionBrowseModule.meshes": "condition", "derivedSection.interventionBrowseModule.meshes": "intervention"}, {
        "mesh_id":       ChildColumn("id", text, "Unique id of the MeSH heading."),
        "term":          ChildColumn("term", text, "MeSH heading."),
    }, "Conditions and interventions as MeSH terms assigned by the registry.", "What the heading describes: a condition or an intervention."),
    "documents":          _table("documents", "Documents posted with the records.")._replace(derived={"url": document_url}),
}
# fmt: on

# The columns of each child table in the database, in their order.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: ("nct_id", *(["role"] if table.role else []), *table.columns)
    for name, table in CHILD_TABLES.items()
}

Row = tuple[Any, ...]


class ChildRows(NamedTuple):
    """The rows of one record for each child table, in the order of the record and of COLUMNS.

    *faults* names the columns and tables whose place in the record has an unknown shape, each with
    the reason; their values are left out.
    """

    nct_id: str
    rows: Mapping[str, tuple[Row, ...]]
    faults: Mapping[str, str]

    def column(self, table: str, column: str) -> list[Any]:
        """The values of one column of *table*, row by row."""
        at = COLUMNS[table].index(column)
        return [row[at] for row in self.rows[table]]


def facts_and_children(study: Study, *, complete: bool = True) -> tuple[Trial, ChildRows]:
    """All that is derived from a record; the faults of its lists are among those of the trial.

    Raises UnexpectedShape only for a record without an id.
    """
    trial, children = trial_of(study, complete=complete), child_rows(study)
    if children.faults:
        trial = replace(trial, faults={**children.faults, **trial.faults})
    return trial, children


def child_rows(study: Study) -> ChildRows:
    """The entries of the lists of *study* as rows of CHILD_TABLES."""
    nct_id = nct_id_of(study)
    faults: dict[str, str] = {}
    rows = {name: tuple(_rows(study, nct_id, name, faults)) for name in CHILD_TABLES}
    return ChildRows(nct_id, rows, faults)


def _rows(study: Study, nct_id: str, name: str, faults: dict[str, str]) -> Iterator[Row]:
    table, readers = CHILD_TABLES[name], _READERS[name]
    for path, role in table.sources.items():
        before = (nct_id, role) if role else (nct_id,)
        for entry in _list_at(study, path, name, faults):
            cells = _cells(entry, name, readers, faults)
            if cells.count(None) < len(cells):
                if table.derived:
                    _derive(cells, nct_id, table)
                yield (*before, *cells)


def _derive(cells: list[Any], nct_id: str, table: ChildTable) -> None:
    """Replaces the cells of the derived columns by what is made of them."""
    for column, derive in table.derived.items():
        at = [*table.columns].index(column)
        cells[at] = derive(nct_id, cells[at]) if cells[at] else cells[at]


def _list_at(study: Study, path: str, name: str, faults: dict[str, str]) -> list[Any]:
    try:
        found = get_path(study, path)
    except UnexpectedShape as error:
        faults[name] = f"{path}: {error}"
        return []
    if isinstance(found, list):
        return [entry for entry in found if entry is not None]
    return [] if found is None else [found]


class _CellReader(NamedTuple):
    """How the cell of a *column* is read; the *path* that leads to it is one key, or several."""

    column: str
    path: str
    read: Reader
    is_key: bool


def _readers_of(columns: Mapping[str, ChildColumn]) -> tuple[_CellReader, ...]:
    return tuple(
        _CellReader(name, column.path, column.read, column.path.isidentifier())
        for name, column in columns.items()
    )


# A record has some 200 cells, most of them under a key of their entry: what does not depend on the
# record is found out once.
_READERS = {name: _readers_of(table.columns) for name, table in CHILD_TABLES.items()}


def _cells(
    entry: Any, name: str, readers: Iterable[_CellReader], faults: dict[str, str]
) -> list[Any]:
    """The values of an entry, column by column; None for what it lacks, or has in a wrong shape."""
    cells: list[Any] = []
    is_object = isinstance(entry, dict)
    for column, path, read, is_key in readers:
        try:
            value = entry.get(path) if is_object and is_key else get_path(entry, path)
            cells.append(None if value is None else read(value))
        except (UnexpectedShape, TypeError, ValueError) as error:
            faults[f"{name}.{column}"] = str(error)
            cells.append(None)
    return cells


# --- entries, where they are needed singly


def entries(study: Study, name: str) -> list[Mapping[str, Any]]:
    """The entries of the list *name* of LISTS, each as values by the names of its columns.

    None stands for what an entry lacks or has in a wrong shape; what is no object is left out.
    """
    found = _list_at(study, LISTS[name].path, name, {})
    return [read_entry(name, entry) for entry in found if isinstance(entry, Mapping)]


def read_entry(name: str, entry: Any) -> Mapping[str, Any]:
    """One entry of the list *name*, as the record has it, as values by the names of its columns."""
    columns = LISTS[name].columns
    values = _cells(entry, name, _entry_readers(name), {})
    return dict(zip(columns, values, strict=True))


@cache
def _entry_readers(name: str) -> tuple[_CellReader, ...]:
    return _readers_of(LISTS[name].columns)


# --- the words under which a trial is found

SEARCH_COLUMNS = (
    "names",
    "titles",
    "conditions",
    "interventions",
    "sponsors",
    "outcomes",
    "keywords",
)


def search_document(trial: Trial, children: ChildRows) -> Mapping[str, str]:
    """The text of *trial* that full-text search reads, by SEARCH_COLUMNS."""
    return {
        "names": _words(trial.nct_id, trial["aliases"], trial["acronym"]),
        "titles": _words(trial["brief_title"], trial["official_title"]),
        "conditions": _words(trial["conditions"], trial["condition_mesh"]),
        "interventions": _words(
            *children.column("interventions", "name"),
            *children.column("interventions", "other_names"),
        ),
        "sponsors": _words(*children.column("sponsors", "name")),
        "outcomes": _words(
            *children.column("primary_outcomes", "measure"),
            *children.column("secondary_outcomes", "measure"),
        ),
        "keywords": _words(trial["keywords"]),
    }


def _words(*values: Any) -> str:
    texts = (text for value in values for text in (value if isinstance(value, tuple) else (value,)))
    return "\n".join(str(text) for text in texts if text)
