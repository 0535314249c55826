"""Which number of people a table's n is, where it is not the enrolment.

It explains a difference and leaves the verdict as it is: a review that prints 14 where 20 enrolled
is often right about those who were analysed.
"""

from enrich.compare.display import cause_text
from enrich.models import Comparison, Study, Trial, Verdict
from enrich.record.participants import matching_sentence, participant_counts

_FIELD = "enrollment"


def may_be_another_number(comparison: Comparison, trial: Trial) -> bool:
    """Whether a difference is in a number of people, and *trial* has results with others."""
    return (
        comparison.verdict == Verdict.DIFFERS
        and comparison.field == _FIELD
        and (comparison.claim or "").isdecimal()
        and bool(trial["has_results"])
    )


def number_sentence(comparison: Comparison, trial: Trial, study: Study) -> str | None:
    """A sentence that names the numbers of the record *study* which the cell equals; or None.

    *trial* are the facts of *study*.
    """
    counts = participant_counts(study, trial)
    return matching_sentence(int(comparison.claim or ""), counts)


def with_number_named(comparison: Comparison, trial: Trial, study: Study) -> Comparison:
    """*comparison* with that sentence in its evidence, if there is one."""
    sentence = number_sentence(comparison, trial, study)
    if sentence is None:
        return comparison
    cause = cause_text(comparison).removesuffix(".")
    return comparison._replace(evidence=f"{cause}. {sentence}" if cause else sentence)
