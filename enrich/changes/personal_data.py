"""Contacts' names, e-mail addresses and phone numbers, which never leave the database."""

import json
import re
from dataclasses import replace
from typing import Any

from enrich.models import Change, Study

# Steps of a path, and keys of an object, that lead to a person to be reached. An official title is
# that of the trial.
_PERSONAL = re.compile(r"contact|official(?!_?title)|investigator|e-?mail|phone", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")

REMOVED = "(contact details)"


def is_personal(field: str) -> bool:
    """Whether *field* (a name, a list or a path in the record) is about people to be reached.

    >>> is_personal("locations.contacts"), is_personal("locations.status")
    (True, False)
    """
    # A section of the record is named after all that it holds: contacts and sites.
    steps = (step for step in field.split(".") if not step.endswith("Module"))
    return any(_PERSONAL.search(step) for step in steps)


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
        item=change.item and without_mails(change.item),
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


def without_mails(text: str) -> str:
    """*text* without e-mail addresses.

    >>> without_mails("Write to jane@clinic.example for a place")
    'Write to (contact details) for a place'
    """
    return _MAIL.sub(REMOVED, text) if "@" in text else text


def _pruned(text: str | None) -> str | None:
    """JSON without the keys of contacts; any other text without e-mail addresses."""
    if text is None:
        return None
    if not text.startswith(("{", "[")):
        return without_mails(text)
    try:
        content = json.loads(text)
    except ValueError:
        return without_mails(text)
    pruned = _without_contacts(content)
    if pruned != content:
        text = json.dumps(pruned, ensure_ascii=False)
    return without_mails(text)


def _without_contacts(node: Any) -> Any:
    if isinstance(node, dict):
        # A section of the record is named after all that it holds: contacts and sites.
        kept = (key for key in node if key.endswith("Module") or not _PERSONAL.search(key))
        return {key: _without_contacts(node[key]) for key in kept}
    if isinstance(node, list):
        return [_without_contacts(item) for item in node]
    return without_mails(node) if isinstance(node, str) else node
