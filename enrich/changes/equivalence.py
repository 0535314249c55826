"""Two ways to write the same: one line a rule. Such a change is noise, whatever field it is in."""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, NamedTuple

from enrich.compare.cells.ages import parse_registry_age
from enrich.compare.names.organisations import LEGAL_FORMS
from enrich.dates import PartialDate
from enrich.record.countries import canonical_country
from enrich.record.fields import FIELDS
from enrich.record.names import ledger_name
from enrich.record.readers import day
from enrich.text import normalize_label


class Equivalence(NamedTuple):
    """Values of *field* that mean the same by *same*, for the *reason* that makes them differ.

    *field* is written as in `significance.RULES`; *same* takes two values as the record has them.
    """

    field: str
    same: Callable[[Any, Any], bool]
    reason: str


def same_wording(before: Any, after: Any) -> bool:
    """Whether texts differ in no more than capitals, spaces and full stops, also within lists.

    >>> same_wording(["Asthma", "Hay fever."], ["hay  fever", "asthma"])
    True
    >>> same_wording("1.5 mg", "15 mg")
    False
    """
    if isinstance(before, str) and isinstance(after, str):
        return bool(_plain(before) == _plain(after))
    if isinstance(before, list) and isinstance(after, list):
        return sorted(map(repr, map(_plain, before))) == sorted(map(repr, map(_plain, after)))
    return False


def _plain(value: Any) -> Any:
    """*value* with its texts in lower case, single spaces,
    and no full stop at the end of a word.
    """
    if isinstance(value, str):
        return _FULL_STOP.sub("", " ".join(value.casefold().split()))
    if isinstance(value, Mapping):
        return sorted((key, repr(_plain(part))) for key, part in value.items())
    return [_plain(part) for part in value] if isinstance(value, list) else value


_FULL_STOP = re.compile(r"\.(?=\s|$)")


def same_date(before: Any, after: Any) -> bool:
    """Whether one of two dates lies in the other, which is less precise.

    >>> same_date("2021-03", "2021-03-15"), same_date("2021-03", "2021-04-15")
    (True, False)
    """
    try:
        return PartialDate(before).agrees(PartialDate(after))
    except (TypeError, ValueError):
        return False


def same_age(before: Any, after: Any) -> bool:
    """Whether two ages are the same in other units.

    >>> same_age("12 Months", "1 Year"), same_age("1 Month", "30 Days")
    (True, False)
    """
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    ages = parse_registry_age(before), parse_registry_age(after)
    return bool(ages[0] and ages[1] and abs(ages[0].months - ages[1].months) < _ROUNDING)


_ROUNDING = 1e-9


def same_organisation(before: Any, after: Any) -> bool:
    """Whether two names of organisations differ in no more than their legal form.

    >>> same_organisation("Acme Corp.", "ACME, LLC"), same_organisation("Acme Corp.", "Acme Foods")
    (True, False)
    """
    names = without_legal_form(before), without_legal_form(after)
    return bool(names[0]) and names[0] == names[1]


def without_legal_form(name: Any) -> str:
    """The name of an organisation in plain words, without its legal form at the end."""
    words = normalize_label(name).split() if isinstance(name, str) else []
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def same_country(before: Any, after: Any) -> bool:
    """Whether two names are of one country, which the registry renamed."""
    return (
        isinstance(before, str)
        and isinstance(after, str)
        and canonical_country(before) == canonical_country(after)
    )


_LEGAL_FORM = "another legal form of the same organisation"
# fmt: off
EQUIVALENCES = (
    *(
        Equivalence(name, same_date, "a date became more or less precise")
        for name, field in FIELDS.items()
        if field.read is day
    ),
    Equivalence("minimum_age",        same_age,          "an age in another unit"),
    Equivalence("maximum_age",        same_age,          "an age in another unit"),
    Equivalence("lead_sponsor",       same_organisation, _LEGAL_FORM),
    Equivalence("collaborators.name", same_organisation, _LEGAL_FORM),
    Equivalence("organisation",       same_organisation, _LEGAL_FORM),
    Equivalence("locations.country",  same_country,      "another name of the same country"),
    Equivalence("*",                  same_wording,      "capitals, spaces or a full stop"),
)
# fmt: on

_PATTERNS = tuple((ledger_name(rule.field), rule.same) for rule in EQUIVALENCES)


def means_the_same(field: str, before: Any, after: Any) -> bool:
    """Whether two values of *field*, a name of the ledger, are two ways to write the same."""
    return any(same(before, after) for same in _ways_to_be_the_same(field))


@lru_cache(maxsize=1024)  # a change of many sites asks about one field a thousand times
def _ways_to_be_the_same(field: str) -> tuple[Callable[[Any, Any], bool], ...]:
    return tuple(same for pattern, same in _PATTERNS if fnmatchcase(field, pattern))
