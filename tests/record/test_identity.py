"""Which record it is, and which content of it: ids, load day, digest."""

import copy
import json

import pytest

from enrich.errors import UnexpectedShape
from enrich.record.fields import FIELDS
from enrich.record.identity import (
    LOAD_DAY,
    all_ids,
    digest_of,
    load_day_of,
    may_have_aliases,
    nct_id_in_bytes,
    nct_id_of,
    without_load_day,
)
from tests.fixtures.registry_server import get_path, set_path
from tests.fixtures.studies import nct, study


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"protocolSection": None},
        {"protocolSection": {"identificationModule": {"nctId": "NCT1"}}},
        {"protocolSection": []},
    ],
)
def test_a_record_without_an_id_is_an_error(record):
    with pytest.raises(UnexpectedShape):
        nct_id_of(record)


def test_the_ids_of_a_record_are_its_own_and_the_obsolete_ones():
    assert all_ids(study(1)) == (nct(1),)
    assert all_ids(study(1, aliases=[nct(7), 5, nct(8)])) == (nct(1), nct(7), nct(8))


def test_ids_are_found_in_the_bytes_of_a_record():
    with_alias = json.dumps(study(1, aliases=[nct(7)])).encode()
    assert nct_id_in_bytes(with_alias) == nct(1) and nct_id_in_bytes(b"{}") is None
    assert may_have_aliases(with_alias) and not may_have_aliases(json.dumps(study(1)).encode())


@pytest.mark.parametrize(
    ("printed", "day"),
    [("2026-09-04", "2026-09-04"), ("2026-09", None), ("2026-02-30", None), (7, None), ([], None)],
)
def test_the_load_day_is_a_day_or_none(printed, day):
    record = study()
    set_path(record, LOAD_DAY, printed)
    assert load_day_of(record) == day


def test_the_digest_depends_on_the_content_alone():
    record = study()
    other = json.loads(json.dumps(dict(reversed(record.items()))))
    set_path(other, LOAD_DAY, "2026-01-01")
    assert digest_of(record) == digest_of(other)
    set_path(other, FIELDS["enrollment"].path, 5)
    assert digest_of(record) != digest_of(other)


def test_a_record_without_its_load_day_is_another_object():
    record = study()
    before = copy.deepcopy(record)
    assert (
        get_path(without_load_day(record), "derivedSection.miscInfoModule") == {}
        and record == before
    )
