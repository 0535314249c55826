"""What a search of the registry brings, and what a person decided on it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class DecisionKind(StrEnum):
    """What a person decided on a trial that matches the search."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    MAYBE = "maybe"


@dataclass(frozen=True)
class Candidate:
    """A trial that matches a search, with the facts that a person screens it by.

    Codes are the registry's own (`PHASE2`, `RECRUITING`, `RANDOMIZED`); a missing text is empty,
    *start_date* is ISO text at the registry's precision. *design* holds study type, allocation,
    model, masking and purpose, *interventions* the names without their type.
    """

    nct_id: str
    title: str = ""
    official_title: str = ""
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    primary_outcomes: tuple[str, ...] = ()
    secondary_outcomes: tuple[str, ...] = ()
    criteria: str = ""
    phases: tuple[str, ...] = ()
    design: tuple[str, ...] = ()
    status: str = ""
    sponsor: str = ""
    start_date: str = ""


@dataclass(frozen=True)
class Decision:
    """What was decided on a trial: why, by whom, and on which ISO *day*."""

    nct_id: str
    verdict: DecisionKind
    reason: str = ""
    by: str = ""
    day: str = ""


class RankedCandidate(NamedTuple):
    """A candidate with its score, the higher the likelier to be included.

    *grounds* are the reasons in short texts, the weightiest first ("systemic sclerosis"); *related*
    is a sentence that names a sister or extension among the included trials, or None.
    """

    candidate: Candidate
    score: float
    grounds: tuple[str, ...] = ()
    related: str | None = None
