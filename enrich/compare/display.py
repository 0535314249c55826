"""Claims, registry values and causes of a comparison in words."""

import json

from enrich.compare import vocabulary
from enrich.models import Comparison, Fact, Trial
from enrich.text import json_list, sanitize


def claim_text(comparison: Comparison) -> str:
    """What the cell claims, in words: `Phase 1/Phase 2`, `double or triple`.

    A label that is less specific than the registry's codes claims any of them.
    """
    values = _values(comparison.claim or "nothing")
    if comparison.field == "phases":
        joint = "/"
    else:
        joint = " or " if comparison.field in vocabulary.CODED else "; "
    return joint.join(vocabulary.code_label(comparison.field, value) for value in values)


def registry_text(comparison: Comparison) -> str:
    """What the registry gives, in words."""
    if comparison.field == "enrollment" and comparison.note:
        return comparison.note.removeprefix("registry: ")
    return fact_text(comparison.field, fact_from_text(comparison.registry))


def cause_text(comparison: Comparison) -> str:
    """The cause of a difference as a sentence, with the versions and dates that show it; first of
    all the reason for which it was dismissed.
    """
    cause = comparison.evidence or comparison.cause or ""
    return " ".join(filter(None, (dismissal_text(comparison), cause)))


def dismissal_text(comparison: Comparison) -> str:
    """Why a difference was dismissed, or had been before it moved again; empty where it never was.

    >>> from enrich.models import Verdict
    >>> found = Comparison("N", "enrollment", "14", "14", "20", Verdict.DIFFERS, dismissed="a typo")
    >>> dismissal_text(found)
    'Settled: “a typo”.'
    """
    if comparison.dismissed:
        return f"Settled: “{sanitize(comparison.dismissed, 300)}”."
    if comparison.dismissed_before:
        return f"Was settled before it changed: “{sanitize(comparison.dismissed_before, 300)}”."
    return ""


def _values(text: str) -> list[str]:
    try:
        values = json.loads(text)
    except ValueError:
        return [text]
    return [str(value) for value in values] if isinstance(values, list) else [text]


def fact_from_text(text: str | None) -> Fact:
    """A fact from the text that the database keeps for it (see `fact_json`)."""
    if text in ("true", "false"):
        return text == "true"
    return tuple(_values(text)) if text and text.startswith("[") else text


# --- facts


def fact_json(fact: Fact) -> str | None:
    """A fact as the database keeps it: text, or a JSON list."""
    if fact is None:
        return None
    if isinstance(fact, bool):
        return json.dumps(fact)
    return json_list(fact) if isinstance(fact, tuple) else str(fact)


def fact_text(name: str, fact: Fact) -> str:
    """A fact as a person reads it."""
    if fact is None:
        return "nothing"
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, tuple):
        return ("/" if name == "phases" else "; ").join(
            vocabulary.code_label(name, item) for item in fact
        )
    return vocabulary.code_label(name, fact) if isinstance(fact, str) else str(fact)


def enrollment_text(trial: Trial) -> str:
    """The number of participants and what kind of number it is: `planned 20`, `enrolled 12`."""
    kind = trial.text("enrollment_type")
    number = fact_text("enrollment", trial["enrollment"])
    return f"{vocabulary.code_label('enrollment_type', kind)} {number}" if kind else number
