"""Pages of the registry: each record with the bytes it came in; an unchanged record is only named."""

import json

import orjson
import pytest

from enrich.errors import UnexpectedShape
from enrich.record.identity import digest_of, nct_id_of
from enrich.record.raw import line_digest
from enrich.registry.pages import read_page, read_record, salvage_page
from tests.fixtures.studies import nct, study
from tests.record.test_raw import NEXT_DAY
from tests.record.test_raw import printed_line as line


def page(*records, token=None, total=False):
    """A page as the registry lays it out: one study per line."""
    head = b'{"totalCount":2,"studies":[' if total else b'{"studies":['
    tail = b'],"nextPageToken":"%b"}' % token.encode() if token else b"]}"
    return b"\n".join((head, b",\n".join(records), tail))


def digests_of(*records):
    return {line_digest(record): nct_id_of(orjson.loads(record)) for record in records}


def ids(page):
    return [study.nct_id for study in page.studies]


# --- pages


def test_an_unchanged_record_is_named_and_not_parsed():
    found = read_page(
        page(line(1, NEXT_DAY), line(2, NEXT_DAY, enrollment=7), line(3, NEXT_DAY)),
        digests_of(line(1), line(2), line(3)),
    )
    assert found.unchanged == {nct(1): NEXT_DAY, nct(3): NEXT_DAY}
    assert ids(found) == [nct(2)]
    assert found.ids == (nct(2), nct(1), nct(3)) and found.days == (NEXT_DAY,) * 3


def test_a_record_keeps_the_bytes_it_came_in():
    odd = b' {"hasResults" : false, ' + line(1)[1:]
    (record,) = read_page(page(odd), {}).studies
    assert record.line == odd and record == orjson.loads(odd)
    assert record.digest == digest_of(orjson.loads(odd))


# fmt: off
LAYOUTS = (
    (page(line(1), line(2)),                                                    [1, 2], None, "one study per line"),
    (page(line(1), line(2), token="t", total=True),                             [1, 2], "t",  "with a count and a token"),
    (orjson.dumps({"studies": [study(1), study(2)]}),                           [1, 2], None, "all on one line"),
    (json.dumps({"studies": [study(1), study(2)]}, indent=2).encode(),          [1, 2], None, "spread over many lines"),
    (b'{\n"studies":[\n' + line(1) + b",\n" + line(2) + b'],\n"nextPageToken":"t"}', [1, 2], "t", "broken in other places"),
    (page(line(1), line(1, NEXT_DAY), line(2)),                                 [1, 2], None, "one record twice"),
    (b'{"studies":[\n' + line(1) + b",\n\n" + line(2) + b"\n]}",              [1, 2], None, "an empty line between"),
    (page(),                                                                    [],     None, "no study"),
    (page(line(1, brief_title="half")).replace(b"half", rb"\ud83d half"),       [1],    None, "a lone surrogate"),
)
# fmt: on


@pytest.mark.parametrize(
    ("body", "found", "token"), [pytest.param(*case[:3], id=case[3]) for case in LAYOUTS]
)
def test_a_page_of_any_layout_is_read(body, found, token):
    read = read_page(body, {})
    assert (ids(read), read.token, read.faults) == ([nct(number) for number in found], token, ())


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b'{"studies":7}',
        b'{"studies":[],"nextPageToken":7}',
        b'{"studies":[\n],"nextPageToken":[]}',
    ],
)
def test_a_body_that_is_not_a_page_gives_none(body):
    assert read_page(body, {}) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", page(line(1))[:-9], page(line(1), b'{"a":NaN}'), page(line(1), b"\xff")],
)
def test_a_body_that_is_not_json_is_an_error(body):
    with pytest.raises(ValueError):
        read_page(body, {})


def test_a_damaged_line_loses_only_its_own_record():
    salvaged = salvage_page(
        page(line(1), b'{"a":NaN}', line(2), line(3, NEXT_DAY)), digests_of(line(3))
    )
    assert ids(salvaged) == [nct(1), nct(2)] and salvaged.unchanged == {nct(3): NEXT_DAY}
    assert salvaged.faults == (
        "1 of 4 lines of an answer cannot be read: it is cut short or is not JSON",
    )
    assert salvage_page(page(line(1), line(2))[:-2], {}) is None


def test_a_record_nested_too_deep_is_a_fault_and_the_others_are_kept():
    deep = line(1)[:-1] + b',"more":' + b"[" * 300 + b"]" * 300 + b"}"
    for body in (page(deep, line(2)), b'{"studies":[' + deep + b"," + line(2) + b"]}"):
        read = read_page(body, {})
        assert ids(read) == [nct(2)]
        assert len(read.faults) == 1 and "cannot be kept" in read.faults[0]


DEEP = b',"more":' + b"[" * 300 + b"]" * 300 + b"}"


def test_nesting_too_deep_is_an_error_in_any_layout():
    deep, half = (
        line(1)[:-1] + DEEP,
        line(1, brief_title="half").replace(b"half", rb"\ud83d half")[:-1] + DEEP,
    )
    for body in (deep, b" " + deep, half):
        with pytest.raises(UnexpectedShape, match="cannot be kept"):
            read_record(body)
    assert ids(salvage_page(page(half, b"{", line(2)), {})) == [nct(2)]


@pytest.mark.parametrize(
    ("body", "found"), [(line(1), nct(1)), (b"\n " + line(1), nct(1)), (b"[]", None), (b"7", None)]
)
def test_a_single_record_is_read(body, found):
    record = read_record(body)
    assert (record.nct_id if record is not None else None) == found


def test_a_single_record_with_a_lone_surrogate_is_repaired_and_other_than_json_is_an_error():
    assert nct_id_of(
        read_record(line(1, brief_title="half").replace(b"half", rb"\ud83d half"))
    ) == nct(1)
    with pytest.raises(ValueError):
        read_record(b'{"protocolSection":')
