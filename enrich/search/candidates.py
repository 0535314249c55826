"""A record of the registry → the candidate that it is for a search."""

from enrich.models import Study
from enrich.record.screening import DESIGN_FACTS, screening_facts
from enrich.search.models import Candidate


def candidate_of(study: Study) -> Candidate:
    """The candidate in a whole record, or in one of which only the screening facts were asked for.

    Raises UnexpectedShape for a record without an id.

    >>> section = {"identificationModule": {"nctId": "NCT01813279", "briefTitle": "Scleradec"}}
    >>> candidate_of({"protocolSection": section}).title
    'Scleradec'
    """
    nct_id, facts = screening_facts(study)
    return Candidate(
        nct_id,
        title=_first(facts["title"]),
        official_title=_first(facts["official_title"]),
        conditions=facts["conditions"],
        keywords=facts["keywords"],
        interventions=facts["interventions"],
        primary_outcomes=facts["primary_outcomes"],
        secondary_outcomes=facts["secondary_outcomes"],
        criteria=_first(facts["criteria"]),
        phases=facts["phases"],
        design=tuple(code for name in DESIGN_FACTS for code in facts[name]),
        status=_first(facts["status"]),
        sponsor=_first(facts["sponsor"]),
        start_date=_first(facts["start_date"]),
    )


def _first(texts: tuple[str, ...]) -> str:
    return texts[0] if texts else ""
