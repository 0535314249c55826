"""A record by its bytes: what is derived from it, and the digest of its line without the day of the load."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrich.errors import UnexpectedShape
from enrich.record.children import facts_and_children
from enrich.record.identity import LOAD_DAY, all_ids, digest_of, load_day_of, nct_id_of
from enrich.record.raw import (
    DeflatedRecord,
    PageRecord,
    deflate,
    line_digest,
    load_day_in_bytes,
    pretty_json,
)
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study

DAY, NEXT_DAY = "2026-09-04", "2026-09-07"


def printed_line(number, day=DAY, **facts):
    """A record on one line, as a load of *day* prints it."""
    record = study(number, **facts)
    set_path(record, LOAD_DAY, day)
    return orjson.dumps(record)


line = printed_line
UNDATED = line(1).replace(b'"versionHolder"', b'"holder"')


def derived_from(printed):
    """What is derived from a record, from its parsed content."""
    content = dict(printed)
    trial, children = facts_and_children(content)
    return (
        all_ids(content),
        load_day_of(content),
        trial,
        children,
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
    ) == derived_from(printed)
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
        ) == derived_from(printed)[:5]


def test_a_deflated_record_is_its_content():
    record = DeflatedRecord(deflate(line(1)))
    assert dict(record) == orjson.loads(line(1))
    assert dict(DeflatedRecord(deflate(b"[]"))) == {}


def test_a_record_nested_too_deep_to_be_written_is_named():
    deep = orjson.loads(line(1)[:-1] + b',"more":' + b"[" * 300 + b"]" * 300 + b"}")
    with pytest.raises(UnexpectedShape, match=f"{nct(1)} cannot be kept"):
        pretty_json(deep)


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
