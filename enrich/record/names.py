"""What a place in a record is called: by its name in the ledger, and by its label for people.

The ledger names a fact of FIELDS and a list of LISTS as we do, a part of an entry by the key that
the record has (`primary_outcomes.timeFrame`), and any other place by its path.
"""

import re
from collections.abc import Mapping

from enrich.record.children import LISTS
from enrich.record.fields import FIELDS
from enrich.text import sanitize

# The section of a record that every protocol shares is left out of a name.
_PROTOCOL = "protocolSection."

# Places that are neither facts nor lists, under the names by which rules speak of them.
OTHER_PATHS: Mapping[str, str] = {
    "first_posted_type": "protocolSection.statusModule.studyFirstPostDateStruct.type",
    "certificate_posted_type": "protocolSection.statusModule.dispFirstPostDateStruct.type",
    "results_posted_type": "protocolSection.statusModule.resultsFirstPostDateStruct.type",
    "last_update_posted_type": "protocolSection.statusModule.lastUpdatePostDateStruct.type",
    "removed_countries": "derivedSection.miscInfoModule.removedCountries",
    "derived": "derivedSection",
}

_NAME_OF_PATH = {
    **{field.path: name for name, field in FIELDS.items() if "[]" not in field.path},
    **{entry_list.path: name for name, entry_list in LISTS.items()},
}


def field_name_for_path(path: str) -> str:
    """The name that the ledger has for the fact, the list or the other place at *path*."""
    return _NAME_OF_PATH.get(path, path.removeprefix(_PROTOCOL))


def ledger_name(name: str) -> str:
    """The name in the ledger of what rules call *name*, which may be a pattern.

    >>> ledger_name("primary_outcomes.time_frame")
    'primary_outcomes.timeFrame'
    >>> ledger_name("derived.*")
    'derivedSection.*'
    """
    main, dot, part = name.partition(".")
    if main in OTHER_PATHS:
        return OTHER_PATHS[main].removeprefix(_PROTOCOL) + dot + part
    columns = LISTS[main].columns if main in LISTS else {}
    return f"{main}.{columns[part].key}" if part in columns else name


def label(field: str) -> str:
    """What people call a field of the ledger; a place without a label by the last step of its path."""
    name, _, part = field.partition(".")
    if field in FIELDS:
        return FIELDS[field].label
    if name in LISTS:
        return f"{LISTS[name].label}{f' ({spell_out(part)})' if part else ''}"
    return spell_out(field.rsplit(".", 1)[-1]).capitalize()


def spell_out(key: str) -> str:
    """A key of a record as words: `timeFrame` → `time frame`."""
    return sanitize(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key), 60).lower()
