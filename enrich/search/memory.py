"""What a table remembers of its search: in which state each hit is, and what moved since.

Pure: the rules by which an answer of the registry becomes states and news.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from enrich.compare.display import fact_text
from enrich.search.models import Candidate, Decision, DecisionKind
from enrich.text import join_and, plural, sanitize

_LONGEST = 80  # characters of a value in a sentence


class HitState(StrEnum):
    """Where a trial that matches a search is on its way into the table."""

    NEW = "new"  # nobody has decided on it, or what the decision rested on changed
    MAYBE = "maybe"
    INCLUDED = "included"  # in the table, or decided so
    EXCLUDED = "excluded"


_STATES = {
    DecisionKind.INCLUDE: HitState.INCLUDED,
    DecisionKind.EXCLUDE: HitState.EXCLUDED,
    DecisionKind.MAYBE: HitState.MAYBE,
}


def state_of(decision: Decision | None, *, in_table: bool, is_reopened: bool = False) -> HitState:
    """The state of a hit: a row of the table counts more than any decision.

    >>> state_of(Decision("NCT01813279", DecisionKind.EXCLUDE), in_table=False).value
    'excluded'
    """
    if in_table:
        return HitState.INCLUDED
    if decision is None or is_reopened:
        return HitState.NEW
    return _STATES[decision.verdict]


# --- what a decision rests on


class Basis(NamedTuple):
    """The facts on which an exclusion rests; *criteria* is a digest of them."""

    phases: tuple[str, ...]
    conditions: tuple[str, ...]
    status: str
    criteria: str


def basis_of(candidate: Candidate) -> Basis:
    """What a decision on *candidate* rests on, whatever the order of a list or the blanks of a
    text.
    """
    words = " ".join(re.findall(r"\w+", candidate.criteria.lower()))
    return Basis(
        tuple(sorted(candidate.phases)),
        tuple(sorted(condition.lower() for condition in candidate.conditions)),
        candidate.status,
        hashlib.sha256(words.encode()).hexdigest()[:16] if words else "",
    )


def basis_changes(before: Basis, after: Basis) -> str:
    """What moved between two bases, as a sentence without its full stop; empty where nothing did.

    >>> before = Basis(("PHASE1",), ("asthma",), "RECRUITING", "")
    >>> basis_changes(before, before._replace(phases=("PHASE2",)))
    'its phase was Phase 1 and is Phase 2'
    """
    parts = [
        *_moved("phase", "phases", before.phases, after.phases),
        *_moved("status", "overall_status", before.status, after.status),
        *_moved("conditions", "conditions", before.conditions, after.conditions),
    ]
    if before.criteria != after.criteria:
        parts.append("its eligibility criteria changed")
    return join_and(parts)


_Value = str | tuple[str, ...]


def _moved(name: str, fact: str, before: _Value, after: _Value) -> Iterator[str]:
    if before != after:
        was, now = (sanitize(fact_text(fact, value or None), _LONGEST) for value in (before, after))
        verbs = ("were", "are") if name.endswith("s") and name != "status" else ("was", "is")
        yield f"its {name} {verbs[0]} {was} and {verbs[1]} {now}"


# What a query can find a trial by, in the order in which a person would look.
_FOUND_BY = {
    "conditions": "conditions",
    "keywords": "keywords",
    "interventions": "interventions",
    "title": "title",
    "official_title": "official title",
    "phases": "phase",
    "status": "status",
    "design": "design",
    "criteria": "eligibility criteria",
    "primary_outcomes": "primary outcomes",
    "secondary_outcomes": "secondary outcomes",
    "sponsor": "sponsor",
    "start_date": "start",
}
_SHOWN_IN_FULL = frozenset(("conditions", "phases", "status", "interventions", "start_date"))
_FACTS = {"status": "overall_status"}


def reason_for_leaving(before: Candidate, after: Candidate) -> str:
    """Which facts moved of a trial that no longer matches, as a sentence without its full stop."""
    parts: list[str] = []
    for name, words in _FOUND_BY.items():
        was, now = getattr(before, name), getattr(after, name)
        if was == now:
            continue
        if name in _SHOWN_IN_FULL:
            parts += _moved(words, _FACTS.get(name, name), was, now)
        else:
            parts.append(f"its {words} changed")
    return join_and(parts) or "no fact that is followed has moved"


# --- counts for the flow diagram


@dataclass(frozen=True)
class SearchCounts:
    """How many trials match the search of a table, by state and by reason of exclusion.

    *not_in_table* of the included ones were decided so and have no row yet.
    """

    identified: int = 0
    states: Mapping[HitState, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    not_in_table: int = 0
    left: int = 0

    def number(self, state: HitState) -> int:
        """How many hits are in *state*."""
        return self.states.get(state, 0)


def count_hits(hits: Iterable[tuple[HitState, str, bool, bool]]) -> SearchCounts:
    """The counts of hits: each with its state, its reason, whether it is in the table, and whether
    it left the search.
    """
    states: Counter[HitState] = Counter()
    reasons: Counter[str] = Counter()
    identified = left = not_in_table = 0
    for state, reason, in_table, has_left in hits:
        if has_left:
            left += 1
            continue
        identified += 1
        states[state] += 1
        not_in_table += state is HitState.INCLUDED and not in_table
        if state is HitState.EXCLUDED:
            reasons[reason or "no reason given"] += 1
    by_number = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    return SearchCounts(identified, dict(states), by_number, not_in_table, left)


def counts_sentence(counts: SearchCounts) -> str:
    """The counts as a clause, as a flow diagram has them.

    >>> counts = SearchCounts(9, {HitState.NEW: 4, HitState.EXCLUDED: 5}, {"wrong population": 5})
    >>> counts_sentence(counts)
    '9 trials identified: 4 to screen, 0 included, 5 excluded (wrong population: 5)'
    """
    reasons = "; ".join(f"{sanitize(why, 60)}: {number}" for why, number in counts.reasons.items())
    parts = [f"{counts.number(HitState.NEW):,} to screen"]
    if maybe := counts.number(HitState.MAYBE):
        parts.append(f"{maybe:,} undecided")
    included = f"{counts.number(HitState.INCLUDED):,} included"
    if counts.not_in_table:
        included += f" ({counts.not_in_table:,} of them not in the table yet)"
    parts.append(included)
    parts.append(
        f"{counts.number(HitState.EXCLUDED):,} excluded{f' ({reasons})' if reasons else ''}"
    )
    return f"{plural(counts.identified, 'trial')} identified: {', '.join(parts)}"
