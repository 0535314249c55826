"""Claims, registry values and causes of a comparison in words."""

import json

from enrich.compare import vocabulary
from enrich.models import Comparison, Fact, Trial
from enrich.text import json_list


def claimed(one: Comparison) -> str:
    """What the cell claims, in words; `either … or …` where its label is coarser than the registry's codes."""
    values = _values(one.claim or "nothing")
    joint = "/" if one.field == "phases" else " or " if one.field in vocabulary.CODED else "; "
    return joint.join(vocabulary.code_label(one.field, value) for value in values)


def registered(one: Comparison) -> str:
    """What the registry says, in words."""
    if one.field == "enrollment" and one.note:
        return one.note.removeprefix("registry: ")
    return fact_text(one.field, _fact(one.registry))


def why(one: Comparison) -> str:
    """The cause of a difference as a sentence, with the versions and days that show it."""
    return one.evidence or one.cause or ""


def _values(text: str) -> list[str]:
    try:
        told = json.loads(text)
    except ValueError:
        return [text]
    return [str(value) for value in told] if isinstance(told, list) else [text]


def _fact(text: str | None) -> Fact:
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
