"""Contacts' names, e-mail addresses and phone numbers, which never leave the database."""

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from enrich.models import Change, Study
from enrich.text import lazy_pattern

# Steps of a path, and keys of an object, that lead to a person to be reached. An official title is
# that of the trial.
_PERSONAL = lazy_pattern(r"contact|official(?!_?title)|investigator|e-?mail|phone", re.IGNORECASE)
_MAIL = lazy_pattern(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# No phone number has fewer; nearly every text has none, and this search is the fastest.
_SEVEN_DIGITS = lazy_pattern(r"\d(?:[ ()/.-]{0,2}\d){6}")
# Numbers that are written as phone numbers are. Doses, ranges, dates and DOIs are not: a plain
# number counts only after a word that announces it.
_PHONE = lazy_pattern(
    r"""
    [+(\d](?<![\w./-].)  # its first character, which alone makes the search fast
    (?:
        (?<=\+)(?=(?:[ ()-]*\d){8})[1-9]\d{0,2}(?:[ -]?\(\d{1,4}\))?(?:[ -]?\d{2,4}){2,5}
      | (?:(?<=\+)1|(?<=1))[-. ]\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}  # 1-877-285-4559
      | (?<=\()\d{3}\)[ -]?\d{3}[ .-]\d{4}  # (301) 496-2103
      | (?<=\d)\d\d([-.])\d{3}\1\d{4}  # 301-496-2103
    )
    (?:[ ]?(?:x|ext\.?)[ ]?\d{1,5})?(?!\w|[-.]\d)""",
    re.VERBOSE,
)
_ANNOUNCED = lazy_pattern(
    r"""
    (\b(?:(?:tele|cell[ ]?|mobile[ ]?)?phone|tel|fax|mobile|call)\b
    (?:[ ](?:number|no|nr)\b)?[.:]{0,2}[ ]?(?:us[ ])?(?:(?:at|on|is)[ ])?)
    [+(]?\d(?:[ ()/.-]{0,2}\d){6,14}(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)

REMOVED = "(contact details)"


def is_personal(field: str) -> bool:
    """Whether *field* (a name, a list or a path in the record) is about people to be reached.

    >>> is_personal("locations.contacts"), is_personal("locations.status")
    (True, False)
    """
    return any(map(_is_personal_key, field.split(".")))


def without_personal_data(change: Change) -> Change:
    """*change* without names, e-mail addresses and phone numbers of contacts.

    That a contact changed stays; who it is does not.
    """
    if is_personal(change.field):
        return replace(
            change,
            item=change.item and REMOVED,
            before=change.before and REMOVED,
            after=change.after and REMOVED,
        )
    return replace(
        change,
        item=change.item and without_contact_details(change.item),
        before=_pruned(change.before),
        after=_pruned(change.after),
    )


def study_without_personal_data(study: Study) -> Study:
    """A copy of a record without names, e-mail addresses and phone numbers of contacts.

    >>> study_without_personal_data({"contactsModule": {"contacts": ["Jane"], "sites": "Lyon"}})
    {'contactsModule': {'sites': 'Lyon'}}
    """
    pruned: Study = _without_contacts(study)
    return pruned


def without_contact_details(text: str) -> str:
    """*text* without e-mail addresses and phone numbers. Names in a text stay.

    >>> without_contact_details("Write to jane@clinic.example, or call 301-555-0199, for a place")
    'Write to (contact details), or call (contact details), for a place'
    >>> without_contact_details("Age 18-65; doi:10.1016/S0140-6736(13)61841-3; 2024-01-15")
    'Age 18-65; doi:10.1016/S0140-6736(13)61841-3; 2024-01-15'
    """
    if "@" in text:
        text = _MAIL.sub(REMOVED, text)
    if not _SEVEN_DIGITS.search(text):
        return text
    return _ANNOUNCED.sub(rf"\1{REMOVED}", _PHONE.sub(REMOVED, text))


def _pruned(text: str | None) -> str | None:
    """JSON without the keys of contacts; any other text without addresses and numbers."""
    if text is None:
        return None
    if not text.startswith(("{", "[")):
        return without_contact_details(text)
    try:
        content = json.loads(text)
    except ValueError:
        return without_contact_details(text)
    pruned = _without_contacts(content)
    if pruned != content:
        text = json.dumps(pruned, ensure_ascii=False)
    return without_contact_details(text)


@lru_cache(maxsize=10_000)  # records have few keys, each of them often
def _is_personal_key(key: str) -> bool:
    """A section of the record is named after all that it holds: contacts and sites."""
    return not key.endswith("Module") and _PERSONAL.search(key) is not None


def _without_contacts(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_contacts(node[key]) for key in node if not _is_personal_key(key)}
    if isinstance(node, list):
        return [_without_contacts(item) for item in node]
    return without_contact_details(node) if isinstance(node, str) else node
