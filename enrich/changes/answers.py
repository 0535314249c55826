"""What an answer of the registry means for an id of a table. Pure: answers in, answers out."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from enrich.models import (
    Answer,
    Change,
    Problem,
    ProblemKind,
    RegistryAnswer,
    Significance,
    TrialOutcome,
)

ANSWER_MESSAGES = {
    Answer.MERGED: "merged into {0.trial_id}",
    Answer.GONE: "no longer on ClinicalTrials.gov",
    Answer.UNKNOWN: "unknown: the registry has no record under this id",
}


def printed_names(
    names: Iterable[str], asked_as: str | None, printed: Collection[str]
) -> list[str]:
    """The *printed* ids that a record answers: its *names* (its own id and those it absorbed), and
    the one asked for.
    """
    candidates = dict.fromkeys((*names, *([asked_as] if asked_as else [])))
    return [name for name in candidates if name in printed]


def answer_about(
    nct_id: str, trial_id: str, load: str, run_id: int, outcome: TrialOutcome
) -> RegistryAnswer:
    """That the record *trial_id* answers for *nct_id*: found as this id, or merged into another."""
    answer = Answer.FOUND if nct_id == trial_id else Answer.MERGED
    return RegistryAnswer(nct_id, trial_id, answer, load, run_id, outcome)


def absence_of(nct_id: str, load: str, run_id: int, *, has_record: bool) -> RegistryAnswer:
    """That the registry has no such id: gone where it *has_record* of ours, else unknown."""
    answer = Answer.GONE if has_record else Answer.UNKNOWN
    trial_id = nct_id if has_record else None
    return RegistryAnswer(nct_id, trial_id, answer, load, run_id, TrialOutcome.GONE)


def had_own_record(answer: RegistryAnswer | None, *, has_record: bool) -> bool:
    """Whether an id had a record of its own when it was last heard of."""
    return has_record and (answer is None or answer.answer != Answer.MERGED)


def was_present(answer: RegistryAnswer | None, *, has_record: bool) -> bool:
    """Whether the registry, or a copy of its record, last showed this trial."""
    return answer.answer in (Answer.FOUND, Answer.MERGED) if answer else has_record


def judge_answers(
    answers: Iterable[RegistryAnswer], previous: Mapping[str, RegistryAnswer]
) -> tuple[list[RegistryAnswer], list[tuple[str, Change]]]:
    """*answers* with their outcomes after the *previous* ones about the same ids, and the changes
    of the ledger that they are, each with the id of its record.

    >>> before = RegistryAnswer("NCT1", "NCT1", Answer.GONE, "a", 1, TrialOutcome.GONE)
    >>> again = answer_about("NCT1", "NCT1", "b", 2, TrialOutcome.NEW)
    >>> (answer,), ((nct_id, change),) = judge_answers([again], {"NCT1": before})
    >>> str(answer.outcome), nct_id, change.after
    ('changed', 'NCT1', 'in the registry again')
    """
    judged = [
        answer._replace(outcome=outcome_of(answer, previous.get(answer.nct_id)))
        for answer in answers
    ]
    changes = [
        (answer.trial_id, change)
        for answer in judged
        if answer.trial_id and (change := lifecycle_change(answer, previous.get(answer.nct_id)))
    ]
    return judged, changes


def outcome_of(answer: RegistryAnswer, previous: RegistryAnswer | None) -> TrialOutcome:
    """What *answer* means after *previous*, in its run.

    The first answer about an id is new; a merger is a change, and so is a record where there was
    none. What was news earlier in the same run stays so.
    """
    if previous is None:
        return TrialOutcome.GONE if answer.outcome == TrialOutcome.GONE else TrialOutcome.NEW
    if answer.answer == Answer.MERGED and answer.trial_id != previous.trial_id:
        return TrialOutcome.CHANGED
    is_same_run = previous.run_id == answer.run_id
    if not is_same_run and answer.outcome == TrialOutcome.NEW:
        return TrialOutcome.CHANGED
    if is_same_run and answer.outcome == TrialOutcome.UNCHANGED:
        return previous.outcome
    return answer.outcome


def lifecycle_change(answer: RegistryAnswer, previous: RegistryAnswer | None) -> Change | None:
    """That a record was removed, came back or became part of another, as a change of the ledger."""
    before = previous.answer if previous else None
    if answer.answer == Answer.GONE and before != Answer.GONE:
        return _of_record("in the registry", "removed")
    if answer.answer == Answer.FOUND and before == Answer.GONE:
        return _of_record("removed", "in the registry again")
    if answer.answer == Answer.FOUND and before == Answer.UNKNOWN:
        return _of_record("not in the registry", "in the registry")
    if answer.answer == Answer.MERGED and previous and previous.trial_id != answer.trial_id:
        return _of_record(answer.nct_id, f"merged into {answer.trial_id}")
    return None


def _of_record(before: str, after: str) -> Change:
    return Change("record", before, after, Significance.MATERIAL)


def answer_problems(
    asked: Iterable[str], answers: Mapping[str, RegistryAnswer]
) -> Iterator[Problem]:
    """A problem in words for each id under which the registry has no record of its own."""
    for nct_id in asked:
        answer = answers.get(nct_id)
        if answer and answer.answer in ANSWER_MESSAGES:
            message = ANSWER_MESSAGES[answer.answer].format(answer)
            yield Problem(ProblemKind(answer.answer), message, nct_id)


def outcome_under(answer: RegistryAnswer | None, load: str | None, run_id: int) -> TrialOutcome:
    """How a trial counts in the run *run_id*, of which *load* is in force; None where none can be
    believed.
    """
    if load is None or answer is None or answer.load != load:
        return TrialOutcome.NOT_CHECKED
    if answer.run_id == run_id:
        return answer.outcome
    return TrialOutcome.GONE if answer.outcome == TrialOutcome.GONE else TrialOutcome.UNCHANGED
