"""Claims, registry values and causes of a comparison in words."""

import json

from enrich.compare import vocabulary
from enrich.compare.verdicts import in_words
from enrich.models import Comparison, Fact


def claimed(one: Comparison) -> str:
    """What the cell claims, in words; `either … or …` where its label is coarser than the registry's codes."""
    values = _values(one.claim or "nothing")
    joint = "/" if one.field == "phases" else " or " if one.field in vocabulary.CODED else "; "
    return joint.join(vocabulary.in_words(one.field, value) for value in values)


def registered(one: Comparison) -> str:
    """What the registry says, in words."""
    if one.field == "enrollment" and one.note:
        return one.note.removeprefix("registry: ")
    return in_words(one.field, _fact(one.registry))


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
