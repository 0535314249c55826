"""The numbers of people in each trial, from the plan to the analysis, as columns of a table."""

from collections.abc import Callable, Mapping, Sequence

from enrich.export.phrases import clean
from enrich.models import Study, Trial
from enrich.record.fields import trial_of
from enrich.record.participants import (
    ParticipantCount,
    Stage,
    participant_counts,
    planned_count,
)
from enrich.storage.early_versions import EarlyRole, EarlyVersion

Early = Mapping[EarlyRole, EarlyVersion]

_LONGEST_TITLE = 100
_NOT_KEPT = "not looked up"
_EARLY_STAGES = {
    EarlyRole.FIRST: Stage.PLANNED_AT_REGISTRATION,
    EarlyRole.AT_START: Stage.PLANNED_AT_START,
}


def every_count(trial: Trial | None, study: Study, early: Early) -> list[ParticipantCount]:
    """The numbers of the *early* versions and of the record, in the order of a trial."""
    counts = [
        planned
        for role, stage in _EARLY_STAGES.items()
        if (version := early.get(role))
        and (planned := planned_count(trial_of(version.study), stage, version.version + 1))
    ]
    return [*counts, *(participant_counts(study, trial) if trial else ())]


def _planned(role: EarlyRole) -> Callable[[Sequence[ParticipantCount], Early], str]:
    """The number planned in an early version; the first one is missing only if nobody looked."""

    def text(counts: Sequence[ParticipantCount], early: Early) -> str:
        return _texts(counts, _EARLY_STAGES[role]) if early else _NOT_KEPT

    return text


def _at(stage: Stage) -> Callable[[Sequence[ParticipantCount], Early], str]:
    return lambda counts, early: _texts(counts, stage)


def _now(counts: Sequence[ParticipantCount], early: Early) -> str:
    planned = _texts(counts, Stage.PLANNED)
    return f"{planned} planned" if planned else _texts(counts, Stage.ENROLLED)


# The heading of each column, and its text for one trial.
_COLUMNS = {
    "Planned at registration": _planned(EarlyRole.FIRST),
    "Planned at the start": _planned(EarlyRole.AT_START),
    "Enrolled now": _now,
    "Started": _at(Stage.STARTED),
    "Counted at baseline": _at(Stage.BASELINE),
    "Analysed for primary outcomes": _at(Stage.ANALYSED),
}
HEADINGS = tuple(_COLUMNS)


def count_cells(counts: Sequence[ParticipantCount], early: Early) -> list[str]:
    """The text of each column for one trial; empty where the record has no such number.

    >>> analysed = ParticipantCount(Stage.ANALYSED, 14, "Pain")
    >>> count_cells([ParticipantCount(Stage.ENROLLED, 20), analysed], {})
    ['not looked up', 'not looked up', '20', '', '', '14 for “Pain”']
    """
    return [text(counts, early) for text in _COLUMNS.values()]


def _texts(counts: Sequence[ParticipantCount], stage: Stage) -> str:
    return "; ".join(_text(count) for count in counts if count.stage is stage)


def _text(count: ParticipantCount) -> str:
    number = "unknown" if count.people is None else str(count.people)
    outcome = f" for “{clean(count.outcome, _LONGEST_TITLE)}”" if count.outcome else ""
    return f"{number}{outcome}{f' ({count.reason})' if count.reason else ''}"
