"""The order in which candidates are screened where nothing is known of what is looked for."""

from collections.abc import Iterable

from enrich.search.models import Candidate, Decision, RankedCandidate


def rank(
    candidates: Iterable[Candidate], decisions: Iterable[Decision]
) -> tuple[RankedCandidate, ...]:
    """Those that nobody decided on, the latest start first, then by id.

    >>> [found.candidate.nct_id for found in rank([Candidate("NCT00000001")], [])]
    ['NCT00000001']
    """
    decided = {decision.nct_id for decision in decisions}
    waiting = [candidate for candidate in candidates if candidate.nct_id not in decided]
    waiting.sort(key=lambda candidate: candidate.nct_id)
    waiting.sort(key=lambda candidate: candidate.start_date, reverse=True)
    return tuple(RankedCandidate(candidate, 0.0) for candidate in waiting)
