"""The facts by which somebody screens a trial: what a search asks the registry for, and no more."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from enrich.models import Study
from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.record.identity import nct_id_of
from enrich.record.paths import find_path


class ScreeningFact(NamedTuple):
    """Where a fact is in a record, and the *piece* by which the registry is asked for it."""

    path: str
    piece: str


def _field(name: str, piece: str) -> ScreeningFact:
    return ScreeningFact(FIELDS[name].path, piece)


def _measures(name: str, piece: str) -> ScreeningFact:
    entries = LISTS[name]
    return ScreeningFact(f"{entries.path}[].{entries.columns['measure'].path}", piece)


SCREENING_FACTS: Mapping[str, ScreeningFact] = {
    "title": _field("brief_title", "BriefTitle"),
    "official_title": _field("official_title", "OfficialTitle"),
    "conditions": _field("conditions", "Condition"),
    "keywords": _field("keywords", "Keyword"),
    "interventions": _field("interventions", "InterventionName"),
    "primary_outcomes": _measures("primary_outcomes", "PrimaryOutcomeMeasure"),
    "secondary_outcomes": _measures("secondary_outcomes", "SecondaryOutcomeMeasure"),
    "criteria": ScreeningFact(
        "protocolSection.eligibilityModule.eligibilityCriteria", "EligibilityCriteria"
    ),
    "phases": _field("phases", "Phase"),
    "study_type": _field("study_type", "StudyType"),
    "allocation": _field("allocation", "DesignAllocation"),
    "intervention_model": _field("intervention_model", "DesignInterventionModel"),
    "masking": _field("masking", "DesignMasking"),
    "primary_purpose": _field("primary_purpose", "DesignPrimaryPurpose"),
    "status": _field("overall_status", "OverallStatus"),
    "sponsor": _field("lead_sponsor", "LeadSponsorName"),
    "start_date": _field("start_date", "StartDate"),
}
DESIGN_FACTS = ("study_type", "allocation", "intervention_model", "masking", "primary_purpose")

PIECES = ("NCTId", "NCTIdAlias", *(fact.piece for fact in SCREENING_FACTS.values()))
"""The pieces to ask for: an id may be an obsolete one of another record."""


def screening_facts(study: Study) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The id of *study*, and its facts by the names in SCREENING_FACTS, each as its texts.

    What is not text is left out. Raises UnexpectedShape for a record without an id.
    """
    facts = {name: _texts(find_path(study, fact.path)) for name, fact in SCREENING_FACTS.items()}
    return nct_id_of(study), facts


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(text for text in values if isinstance(text, str) and text))
