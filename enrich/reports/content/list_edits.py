"""Edits of a record's lists (sites, publications, outcomes) in words: counted, not listed."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from enrich.changes.personal_data import is_personal
from enrich.models import Change
from enrich.record.children import LISTS
from enrich.record.names import label
from enrich.text import join_and, plural, sanitize

_MOST_COUNTRIES = 3
# More entries of posted results that changed alike are one event.
MOST_NAMED = 5

# The entries of a list: one of them, several.
_NOUNS = {
    "locations": ("site", "sites"),
    "contacts": ("contact", "contacts"),
    "officials": ("investigator", "investigators"),
    "interventions": ("intervention", "interventions"),
    "arms": ("arm", "arms"),
    "primary_outcomes": ("primary outcome", "primary outcomes"),
    "secondary_outcomes": ("secondary outcome", "secondary outcomes"),
    "other_outcomes": ("other outcome", "other outcomes"),
    "collaborators": ("collaborator", "collaborators"),
    "publications": ("publication", "publications"),
    "links": ("link", "links"),
    "secondary_ids": ("other id", "other ids"),
    "documents": ("document", "documents"),
    "fda_notices": ("FDA notice", "FDA notices"),
    "outcome_results": ("posted result", "posted results"),
    "baseline_results": ("baseline result", "baseline results"),
    "flow_periods": ("period of the participant flow", "periods of the participant flow"),
    "event_groups": ("group with adverse events", "groups with adverse events"),
    "serious_events": ("serious adverse event", "serious adverse events"),
    "other_events": ("other adverse event", "other adverse events"),
    "submissions": ("entry on results under review", "entries on results under review"),
}


def list_edit_key(change: Change) -> tuple[str, str] | None:
    """What edits have in common that are counted together: the list, and what was done to it.

    None for a change of no list. `("locations", "added")`, `("publications", "type")`.
    """
    if change.item is None:
        return None
    name, _, part = change.field.partition(".")
    if name not in LISTS:
        return (change.field, "changed")
    if is_personal(change.field):
        return (name, "contacts")
    if part:
        return (name, part)
    return (name, "added" if change.before is None else "removed")


def list_edit_sentence(changes: Sequence[Change]) -> str:
    """Edits with the same key in a few words: `78 sites added in 12 countries`."""
    key = list_edit_key(changes[0])
    if key is None:
        raise ValueError(f"no edit of a list: {changes[0].field}")
    name, edit = key
    if name not in LISTS:
        return f"“{sanitize(label(name), 60).lower()}” changed"
    if edit in ("added", "removed"):
        return _added_or_removed(name, edit, changes)
    write = _BY_PART.get(key) or _BY_PART.get(("", edit), _edited)
    return write(changes, _NOUNS[name])


def _added_or_removed(name: str, edit: str, changes: Sequence[Change]) -> str:
    noun = _NOUNS[name]
    if name == "primary_outcomes" and len(changes) == 1:
        return f"{edit} a {noun[0]}: “{sanitize(changes[0].item or '', 100)}”"
    entries = [_entry(change) for change in changes]
    if name == "publications":
        noun = _kind_of_publication(entries)
    places = _in_countries(entries) if name == "locations" and edit == "added" else ""
    return f"{plural(len(changes), *noun)} {edit}{places}"


def _kind_of_publication(entries: Sequence[dict[str, Any]]) -> tuple[str, str]:
    if any(entry.get("retractions") for entry in entries):
        return ("retracted paper", "publications, some of them retracted,")
    if all(entry.get("type") == "RESULT" for entry in entries):
        return ("publication of results", "publications of results")
    return _NOUNS["publications"]


_Noun = tuple[str, str]


def _items(changes: Sequence[Change], noun: _Noun) -> str:
    """`3 sites`: an entry that changed in several ways counts once."""
    return plural(len({change.item for change in changes}), *noun)


def _edited(changes: Sequence[Change], noun: _Noun) -> str:
    return f"{_items(changes, noun)} edited"


def _contacts(changes: Sequence[Change], noun: _Noun) -> str:
    return "contact details changed"


def _status(changes: Sequence[Change], noun: _Noun) -> str:
    return f"{_items(changes, noun)} changed recruitment status"


def _retracted(changes: Sequence[Change], noun: _Noun) -> str:
    return f"{_items(changes, noun)} retracted"


def _publication_types(changes: Sequence[Change], noun: _Noun) -> str:
    results = sum(change.after == "RESULT" for change in changes)
    others = len(changes) - results
    parts = [f"{plural(results, *noun)} now marked as results"] if results else []
    parts += [f"{plural(others, *noun)} no longer marked as results"] if others else []
    return "; ".join(parts)


# How an edit of a part reads: for one list, or for all of them.
_BY_PART = {
    ("publications", "type"): _publication_types,
    ("publications", "retractions"): _retracted,
    ("", "contacts"): _contacts,
    ("", "status"): _status,
}


def _entry(change: Change) -> dict[str, Any]:
    """The content of an entry that was added or removed; empty where it cannot be read."""
    try:
        content = json.loads(change.after or change.before or "")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _in_countries(entries: Iterable[dict[str, Any]]) -> str:
    countries = dict.fromkeys(
        sanitize(entry["country"], 40) for entry in entries if isinstance(entry.get("country"), str)
    )
    if not countries:
        return ""
    if len(countries) <= _MOST_COUNTRIES:
        return f" in {join_and(countries)}"
    return f" in {len(countries)} countries"
