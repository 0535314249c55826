"""Plain sentences for verdicts, causes and changes: what a clinician reads, with no code and no field name."""

import json
import re
import unicodedata
from collections.abc import Iterable

from enrich import vocabulary
from enrich.compare import in_words
from enrich.fields import FIELDS, LISTS
from enrich.records import Change, Comparison, Fact

# Left-to-right and right-to-left overrides, isolates and other signs that are not seen but change what is.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))


def inert(text: str, longest: int | None = None) -> str:
    """*text* on one line, without control characters and bidirectional overrides; cut at *longest* signs."""
    spaced = " ".join(text.split())
    seen = "".join(sign for sign in spaced if unicodedata.category(sign) not in _INVISIBLE)
    return seen if longest is None or len(seen) <= longest else seen[: longest - 1].rstrip() + "…"


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listing(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def label(field: str) -> str:
    """What a field or a list of a record is called; an unnamed one by its last steps in plain letters."""
    name, _, part = field.partition(".")
    if field in FIELDS:
        return FIELDS[field].label
    if name in LISTS:
        return f"{LISTS[name].label}{f' ({_spaced(part)})' if part else ''}"
    return _spaced(field.rsplit(".", 1)[-1]).capitalize()


def _spaced(camel: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", camel).lower()


# --- a comparison


def claimed(one: Comparison) -> str:
    """What the cell claims, in words; `either … or …` where its label is coarser than the registry's codes."""
    if one.claim is None:
        return "nothing"
    values = _values(one.claim)
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


# --- a change


def change(one: Change) -> str:
    """A line of the ledger as a sentence, without its subject."""
    if one.field == "overall_status":
        return _status(one)
    if one.field == "record":
        return _RECORD.get(one.after or "", f"the record was {one.after}")
    if one.item is not None:
        return _member(one)
    before, after = (in_words(one.field, _fact(value)) for value in (one.before, one.after))
    if one.before is None:
        return f"{label(one.field)} is now given: {inert(after, 200)}"
    if one.after is None:
        return f"{label(one.field)} is no longer given (was: {inert(before, 200)})"
    return f"{label(one.field)}: {inert(before, 200)} → {inert(after, 200)}"


# fmt: off
_BECAME = {
    "RECRUITING": "began recruiting", "NOT_YET_RECRUITING": "is not yet recruiting", "ACTIVE_NOT_RECRUITING": "no longer recruits, and goes on", "COMPLETED": "was completed",
    "TERMINATED": "was stopped early", "SUSPENDED": "was suspended", "WITHDRAWN": "was withdrawn before it enrolled anybody", "ENROLLING_BY_INVITATION": "enrols by invitation",
    "UNKNOWN": "has an unknown status: nobody updated its record in time",
}
# fmt: on


_RECORD = {"removed": "the registry removed the record", "in the registry again": "the record is in the registry again"}


def _status(one: Change) -> str:
    became = _BECAME.get(one.after or "", f"status: {in_words('overall_status', one.after)}")
    return f"{became} (was: {vocabulary.in_words('overall_status', one.before) if one.before else 'not given'})".replace(
        "(was: unknown (not updated in time))", "(was: unknown)"
    )


def _member(one: Change) -> str:
    """A member of a list that came, went or changed; its whole content stands in the ledger."""
    name, _, part = one.field.partition(".")
    what = f"{label(name)}: {inert(one.item or '', 160)}"
    if not part:
        return f"{what} was {'added' if one.before is None else 'taken out'}"
    if len(one.before or "") + len(one.after or "") > 160 or (one.before or one.after or "").startswith(("[", "{")):
        return f"{what}: {_spaced(part)} reworded"
    return f"{what}: {_spaced(part)} {_code(one.before)} → {_code(one.after)}"


def _code(value: str | None) -> str:
    return "not given" if value is None else vocabulary.in_words("overall_status", inert(value))
