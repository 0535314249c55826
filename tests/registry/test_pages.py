"""Pages of the registry: each record with the bytes it came in; an unchanged record is only named."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.errors import UnexpectedShape
from enrich.record.children import facts_and_children
from enrich.record.identity import LOAD_DAY, all_ids, digest_of, load_day_of, nct_id_of
from enrich.record.raw import PageRecord, line_digest, load_day_in_bytes, pretty_json
from enrich.registry.pages import read_page, read_record, salvage_page
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study

DAY, NEXT_DAY = "2026-09-04", "2026-09-07"


def line(number, day=DAY, **facts):
    made = study(number, **facts)
    set_path(made, LOAD_DAY, day)
    return orjson.dumps(made)


UNDATED = line(1).replace(b'"versionHolder"', b'"holder"')


def page(*records, token=None, total=False):
    """A page as the registry lays it out: one study per line."""
    head = b'{"totalCount":2,"studies":[' if total else b'{"studies":['
    tail = b'],"nextPageToken":"%b"}' % token.encode() if token else b"]}"
    return b"\n".join((head, b",\n".join(records), tail))


def made_of(printed):
    """What a record says of itself, each part made anew of its content."""
    content = dict(printed)
    trial, lists = facts_and_children(content)
    return (
        all_ids(content),
        load_day_of(content),
        trial,
        lists,
        digest_of(content),
        json.dumps(content, ensure_ascii=False, indent=2).replace("\n", "\n  ").encode(),
    )


@pytest.mark.parametrize(
    "facts", [{}, {"aliases": [nct(7)]}, {"phases": None}, {"brief_title": "Sjögren 😀"}], ids=str
)
def test_a_page_record_derives_what_its_parsed_content_gives(facts):
    printed = PageRecord(line(1, **facts))
    assert (
        printed.ids,
        printed.load_day,
        printed.trial,
        printed.children,
        printed.digest,
        printed.pretty,
    ) == made_of(printed)
    assert dict(printed) == orjson.loads(printed.line) and len(printed) == len(dict(printed))


@needs_corpus[0]
@needs_corpus[1]
def test_real_page_records_derive_what_their_parsed_content_gives():
    for content in read_records("studies.ndjson.gz"):
        printed = PageRecord(orjson.dumps(content))
        assert (
            printed.ids,
            printed.load_day,
            printed.trial,
            printed.children,
            printed.digest,
        ) == made_of(printed)[:5]


def known(*records):
    return {line_digest(record): nct_id_of(orjson.loads(record)) for record in records}


def ids(page):
    return [study.nct_id for study in page.studies]


# --- line digests


# fmt: off
LINE_PAIRS = (
    # a record                              another                                          the same digest
    (line(1),                               line(1, NEXT_DAY),                               True,  "only the load is another"),
    (line(1),                               line(1, enrollment=7),                           False, "a fact differs"),
    (line(1),                               line(2),                                         False, "another trial"),
    (line(1, brief_title=f"of {DAY}"),      line(1, NEXT_DAY, brief_title=f"of {DAY}"),      True,  "the same day in a text"),
    (line(1, brief_title=f"of {DAY}"),      line(1, NEXT_DAY, brief_title=f"of {NEXT_DAY}"), False, "a text that moves with the load"),
    (line(1, brief_title='"versionHolder":"1"'), line(1, NEXT_DAY, brief_title='"versionHolder":"2"'), False, "a text that looks like the key"),
    (line(1, brief_title='"versionHolder":"1"'), line(1, NEXT_DAY, brief_title='"versionHolder":"1"'), True,  "the same text that looks like the key"),
)
# fmt: on


@pytest.mark.parametrize(
    ("line", "other", "same"), [pytest.param(*case[:3], id=case[3]) for case in LINE_PAIRS]
)
def test_a_line_digest_ignores_the_load_day_and_nothing_else(line, other, same):
    assert line_digest(line) and line_digest(other)
    assert (line_digest(line) == line_digest(other)) is same
    if same:
        assert digest_of(orjson.loads(line)) == digest_of(orjson.loads(other))


TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ['"versionHolder":"', '\\"versionHolder\\":\\"', '","versionHolder":"2020-01-01', DAY]
    ),
)


@given(TEXTS, TEXTS, st.sampled_from((DAY, NEXT_DAY)), st.sampled_from((DAY, NEXT_DAY)))
def test_equal_line_digests_mean_equal_content(first, second, day, next_day):
    some, other = line(1, day, brief_title=first), line(1, next_day, brief_title=second)
    assert (line_digest(some) == line_digest(other)) is (first == second)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(UNDATED, id="no day of a load"),
        pytest.param(line(1)[:-1] + b',"more":{"versionHolder":"x"}}', id="two of them"),
        pytest.param(
            b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}},"versionHolder":"2026-09-04"}',
            id="in another place",
        ),
        pytest.param(
            b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}},"derivedSection":[{"versionHolder":"2026-09-04"}]}',
            id="in a list",
        ),
        pytest.param(line(1, "soon"), id="a day that is none"),
    ],
)
def test_a_line_without_a_certain_load_day_has_no_digest(record):
    assert PageRecord(record, line_digest(record)).line_digest is None


def test_the_load_day_is_found_in_the_bytes_of_a_line():
    assert load_day_in_bytes(line(1)) == DAY
    assert load_day_in_bytes(line(1, "soon")) is None
    assert load_day_in_bytes(UNDATED) is None


# --- pages


def test_an_unchanged_record_is_named_and_not_parsed():
    found = read_page(
        page(line(1, NEXT_DAY), line(2, NEXT_DAY, enrollment=7), line(3, NEXT_DAY)),
        known(line(1), line(2), line(3)),
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
    salvaged = salvage_page(page(line(1), b'{"a":NaN}', line(2), line(3, NEXT_DAY)), known(line(3)))
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


def test_a_record_nested_too_deep_to_be_written_is_named():
    deep = orjson.loads(line(1)[:-1] + DEEP)
    with pytest.raises(UnexpectedShape, match=f"{nct(1)} cannot be kept"):
        pretty_json(deep)


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


@needs_corpus[0]
@needs_corpus[1]
def test_real_records_are_recognised_on_another_day_and_never_confused():
    records = [
        orjson.dumps(content)
        for _, content in zip(range(2000), read_records("studies.ndjson.gz"), strict=False)
    ]
    by_digest = {line_digest(record): record for record in records}
    assert None not in by_digest and len(by_digest) == len(
        {nct_id_of(orjson.loads(record)) for record in records}
    )
    later = [
        record.replace(f'"{load_day_in_bytes(record)}"'.encode(), b'"2030-01-01"')
        for record in records
        if record.count(f'"{load_day_in_bytes(record)}"'.encode()) == 1
    ]
    assert len(later) > 500 and all(line_digest(record) in by_digest for record in later)
