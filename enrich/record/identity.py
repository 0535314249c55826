"""Which record it is, and which content of it: its ids, the day of its load, and a digest.

The registry loads all records anew every weekday and writes the day of that load into each of them.
So that day is left out wherever contents are compared.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from enrich.dates import PartialDate
from enrich.errors import UnexpectedShape
from enrich.models import Study
from enrich.record.paths import find_path, get_path, split_path

NCT_ID = "protocolSection.identificationModule.nctId"
ALIASES = "protocolSection.identificationModule.nctIdAliases"
LOAD_DAY = "derivedSection.miscInfoModule.versionHolder"

_WELL_FORMED = re.compile(r"NCT[0-9]{8}")
_ALIASES_KEY = split_path(ALIASES)[-1].encode()
_ID_IN_BYTES = re.compile(rb'"%b"\s*:\s*"(NCT\d{8})"' % split_path(NCT_ID)[-1].encode())


def is_nct_id(text: str) -> bool:
    """Whether *text* has the form of an id of the registry.

    >>> is_nct_id("NCT01813279"), is_nct_id("NCT 01813279")
    (True, False)
    """
    return _WELL_FORMED.fullmatch(text) is not None


def nct_id_of(study: Study) -> str:
    """The id under which the registry keeps *study*. Raises UnexpectedShape if it names none."""
    nct_id = get_path(study, NCT_ID)
    if not isinstance(nct_id, str) or not is_nct_id(nct_id):
        raise UnexpectedShape(f"{NCT_ID} holds no NCT id")
    return nct_id


def all_ids(study: Study) -> tuple[str, ...]:
    """The id of *study*, then the obsolete ids that lead to it."""
    aliases = get_path(study, ALIASES)
    if not isinstance(aliases, list):
        return (nct_id_of(study),)
    return (nct_id_of(study), *(alias for alias in aliases if isinstance(alias, str)))


def may_have_aliases(raw: bytes) -> bool:
    """Whether the bytes of a record can hold an obsolete id; False spares parsing them to see."""
    return _ALIASES_KEY in raw


def nct_id_in_bytes(raw: bytes) -> str | None:
    """The id in the bytes of a record, which need not be parsed for it; None if none is found."""
    found = _ID_IN_BYTES.search(raw)
    return found[1].decode() if found else None


# --- the day of the load


def load_day_of(study: Study) -> str | None:
    """The day of the load that printed *study*, ISO text;
    None where it names none that is a day.
    """
    return parse_load_day(find_path(study, LOAD_DAY))


def parse_load_day(printed: Any) -> str | None:
    """The day of a load as a record prints it, ISO text; None for anything that is not a day."""
    return _parse_day(printed) if isinstance(printed, str) and len(printed) == 10 else None


@lru_cache(maxsize=64)  # all records of a load print the same
def _parse_day(printed: str) -> str | None:
    try:
        return PartialDate(printed).iso
    except ValueError:
        return None


def without_load_day(study: Study) -> Study:
    """*study* without the day of its load; *study* itself, which is left as it is,
    if it has none.
    """
    section, module, key = split_path(LOAD_DAY)
    derived = study.get(section)
    misc = derived.get(module) if isinstance(derived, Mapping) else None
    if (
        not isinstance(derived, Mapping)
        or not isinstance(misc, Mapping)
        or not isinstance(misc.get(key), str)
    ):
        return study
    kept = {name: value for name, value in misc.items() if name != key}
    return {**study, section: {**derived, module: kept}}


# --- the content


def digest_of(study: Study) -> str:
    """A digest of the content of *study*: the same whatever the order of its keys and its load.

    Raises UnexpectedShape where the content cannot be written as JSON (see `dump_json`).
    """
    return hashlib.sha256(canonical(study)).hexdigest()


def canonical(study: Study) -> bytes:
    """*study* as JSON that is the same for the same content.
    Raises UnexpectedShape as `dump_json`.
    """
    return dump_json(without_load_day(study), study, orjson.OPT_SORT_KEYS)


def dump_json(body: Any, study: Study, option: int) -> bytes:
    """*body*, which is *study* or holds it, as JSON with this *option* of orjson.

    Raises UnexpectedShape, which names the record, where it is nested deeper than JSON can be
    written (254 levels; the registry's own records have twelve).
    """
    try:
        return orjson.dumps(body, option=option)
    except orjson.JSONEncodeError as error:
        raise UnexpectedShape(f"{nct_id_of(study)} cannot be kept: {error}") from error
