"""The stand-in behaves, over real sockets, as the registry was seen to behave."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.standin import FAULTS, Answer, Handler, History, StandIn, Study, at, token

LOADED = "2026-09-04T09:00:06"
LOADED_TAG = '"883b003/0.34.1/mtmq3wmo"'
NOT_THERE = "NCT00000009"


def study(number: int, *aliases: str, **status: str) -> Study:
    """A small invented study."""
    identification: Study = {"nctId": f"NCT{number:08d}"}
    if aliases:
        identification["nctIdAliases"] = list(aliases)
    return {
        "protocolSection": {
            "identificationModule": {
                **identification,
                "briefTitle": f"Effect of sleep ≥ 8 h on pupils' mood ({number})",
            },
            "statusModule": {"overallStatus": "RECRUITING", "startDateStruct": {"date": "2020-03"}, **status},
            "descriptionModule": {"briefSummary": "Pupils sleep \\> 8 hours & more.\n\n* at home\n* at school/camp"},
            "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": number, "type": "ESTIMATED"}},
            "contactsLocationsModule": {"locations": [{"city": "Huai'an", "geoPoint": {"lat": 33.5, "lon": 119.1}}]},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2020-01-01"}},
        "hasResults": False,
    }


def studies() -> list[Study]:
    """Twelve studies, NCT00000011 to NCT00000022; the first was once NCT00000005 as well."""
    return [study(11, "NCT00000005"), *(study(number) for number in range(12, 23))]


def history() -> History:
    """Three versions of one record: as first sent, then an outcome more, then other enrollment."""
    first, second, third = study(11), study(11), study(11, overallStatus="COMPLETED")
    for later in (second, third):
        later["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": "Mood < 5/10"}]}
    third["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = 99
    return History(
        [
            ("2020-01-05", [], first),
            ("2020-06-01", ["Study Status", "Outcome Measures"], second),
            ("2021-02-03", ["Study Status", "Study Design"], third),
        ]
    )


@pytest.fixture
def registry() -> Iterator[StandIn]:
    with StandIn(studies(), loaded=LOADED, histories={"NCT00000011": history()}) as standin:
        yield standin


@pytest.fixture(scope="module")
def calm() -> Iterator[StandIn]:
    """One registry for the tests that change nothing."""
    with StandIn(studies(), loaded=LOADED, histories={"NCT00000011": history()}) as standin:
        yield standin


def get(standin: StandIn, target: str, **options: Any) -> requests.Response:
    return requests.get(standin.url + target, timeout=5, **options)


def search(standin: StandIn, **query: Any) -> requests.Response:
    return get(standin, "/api/v2/studies", params={name.replace("_", "."): value for name, value in query.items()})


def ids(answer: requests.Response) -> list[str]:
    return [at(study, "protocolSection.identificationModule.nctId") for study in answer.json()["studies"]]


def record(standin: StandIn, nct_id: str) -> Study:
    answer: Study = get(standin, f"/api/v2/studies/{nct_id}").json()
    return answer


# --- ordinary answers ------------------------------------------------------------------------

ITEM_2 = "Item 2 in parameter `filter.ids` has incorrect format"


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        pytest.param("/api/v2/studies/NCT00000009", 404, "NCT number NCT00000009 not found", id="unknown study"),
        pytest.param("/api/v2/studies/nct9", 404, "NCT number NCT00000009 not found", id="unknown study, id normalised"),
        pytest.param("/api/v2/studies/ABC123", 400, "Parameter `nctId` has incorrect format", id="malformed id"),
        pytest.param("/api/v2/studies/NCT00000000", 400, "Parameter `nctId` has incorrect format", id="all-zero id"),
        pytest.param("/api/v2/studies/NCT123456789", 400, "Parameter `nctId` has incorrect format", id="nine digits"),
        pytest.param("/api/v2/studies?filter.ids=NCT11,X", 400, ITEM_2, id="malformed item"),
        pytest.param("/api/v2/studies?filter.ids=NCT11%7CNCT00000000", 400, ITEM_2, id="all-zero item"),
        pytest.param("/api/v2/studies?filter.ids=NCT11,", 400, ITEM_2, id="empty item"),
        pytest.param("/api/v2/studies?filter.ids=NCT11,%20NCT12", 400, ITEM_2, id="blank before an item"),
        pytest.param("/api/v2/studies?filter.phase=PHASE3", 400, "`filter.phase` is unknown parameter", id="unknown parameter"),
        pytest.param("/api/v2/version?x=1", 400, "`x` is unknown parameter", id="unknown parameter of the gate"),
        pytest.param("/api/v2/studies?pageSize=x", 400, "Invalid value in parameter `pageSize`: `x`", id="bad page size"),
        pytest.param("/api/v2/studies?pageToken=x", 400, "Parameter `pageToken` has incorrect format", id="bad token"),
        pytest.param(
            "/api/v2/studies?fields=StudyDesign",
            400,
            "Parameter 'fields' contains invalid field name: 'StudyDesign'",
            id="unknown field",
        ),
        pytest.param("/api/v2/studies?fields=ConditionList", 500, "", id="a field that breaks the server"),
        pytest.param("/api/v2/studies?query.cond=sleep", 501, "the stand-in does not play `query.cond=sleep`", id="search"),
        pytest.param("/api/v2/studies/NCT11?format=csv", 501, "the stand-in does not play `format=csv`", id="other format"),
        pytest.param("/api/v2/nothing?x=1", 404, "", id="unknown path"),
        pytest.param("/api/int/studies/NCT00000012/history", 404, "No study NCT00000012 history summary", id="no history"),
        pytest.param(
            "/api/int/studies/NCT00000005/history",
            404,
            "No study NCT00000005 history summary",
            id="history of an alias",
        ),
        pytest.param(
            "/api/int/studies/NCT00000011/history/3",
            404,
            "No study NCT00000011 history version 3",
            id="no such version",
        ),
    ],
)
def test_refusals_are_plain_text(calm: StandIn, target: str, status: int, words: str) -> None:
    answer = get(calm, target)
    assert (answer.status_code, answer.text) == (status, words)
    assert answer.headers.get("Content-Type") == ("text/plain; charset=UTF-8" if words else None)


@pytest.mark.parametrize(
    ("query", "head", "tail"),
    [
        pytest.param("filter.ids=NCT11", b'{"studies":[\n{', b"}\n]}", id="one study"),
        pytest.param("filter.ids=NCT11,NCT12&countTotal=true", b'{"totalCount":2,"studies":[\n{', b"}\n]}", id="counted"),
        pytest.param("filter.ids=NCT9&countTotal=true", b'{"totalCount":0,"studies":[\n\n]}', b"\n\n]}", id="counted, none"),
        pytest.param("filter.ids=NCT9", b'{"studies":[\n\n]}', b"\n\n]}", id="none"),
        pytest.param("pageSize=2", b'{"studies":[\n{', b'"}', id="with a token"),
    ],
)
def test_a_page_is_laid_out_byte_for_byte(calm: StandIn, query: str, head: bytes, tail: bytes) -> None:
    answer = get(calm, f"/api/v2/studies?{query}")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.content.startswith(head)
    assert answer.content.endswith(tail)


def test_a_page_has_one_compact_study_a_line(calm: StandIn) -> None:
    body = get(calm, "/api/v2/studies?pageSize=2").content
    lines = body.split(b"\n")
    assert [lines[0], lines[3][:19]] == [b'{"studies":[', b'],"nextPageToken":"']
    assert lines[1].endswith(b"},")
    assert lines[2] == get(calm, "/api/v2/studies/NCT00000021").content
    assert "≥ 8 h on pupils'".encode() in lines[2]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param("NCT00000012,NCT00000014", ["NCT00000014", "NCT00000012"], id="commas, not in the order asked"),
        pytest.param("NCT00000012|NCT00000014", ["NCT00000014", "NCT00000012"], id="pipes"),
        pytest.param("nct12,NCT000000000014", ["NCT00000014", "NCT00000012"], id="ids are normalised"),
        pytest.param("NCT00000012,NCT00000009", ["NCT00000012"], id="unknown ids are left out"),
        pytest.param("NCT00000012,NCT00000012", ["NCT00000012"], id="each study once"),
        pytest.param("NCT00000005", ["NCT00000011"], id="an alias answers under the canonical id"),
        pytest.param("NCT00000005,NCT00000011", ["NCT00000011"], id="alias and canonical id together"),
    ],
)
def test_filter_ids(calm: StandIn, asked: str, answered: list[str]) -> None:
    assert ids(search(calm, filter_ids=asked)) == answered


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        pytest.param(None, 10, id="default 10"),
        pytest.param(0, 10, id="0 means 10"),
        pytest.param(7, 7, id="as asked"),
        pytest.param(5000, 1000, id="1000 at most"),
    ],
)
def test_page_size(size: int | None, shown: int) -> None:
    with StandIn(study(number) for number in range(1, 1002)) as large:
        assert len(ids(search(large, pageSize=size))) == shown


@pytest.mark.parametrize(
    ("size", "pages"),
    [
        pytest.param(5, [5, 5, 2], id="a page that is not full is the last"),
        pytest.param(6, [6, 6, 0], id="an exact multiple ends with an empty page"),
        pytest.param(100, [12], id="all on one page"),
    ],
)
def test_paging(calm: StandIn, size: int, pages: list[int]) -> None:
    found, query = [], {"pageSize": size, "countTotal": "true"}
    while True:
        page = search(calm, **query)
        found.append(ids(page))
        assert ("totalCount" in page.json()) == (len(found) == 1)
        if "nextPageToken" not in page.json():
            break
        query["pageToken"] = page.json()["nextPageToken"]
    assert [len(page) for page in found] == pages
    assert len({nct_id for page in found for nct_id in page}) == 12


def test_a_token_knows_an_offset_and_not_its_query(calm: StandIn) -> None:
    following = search(calm, pageSize=1).json()["nextPageToken"]
    assert ids(search(calm, filter_ids="NCT13,NCT12", pageToken=following)) == ["NCT00000012"]


@pytest.mark.parametrize("asked", ["NCT00000012", "nct00000012", "NCT12", "Nct0000000012"])
def test_one_study_under_any_spelling_of_its_id(calm: StandIn, asked: str) -> None:
    assert at(record(calm, asked), "protocolSection.identificationModule.nctId") == "NCT00000012"


def test_an_alias_redirects_and_loses_the_query(calm: StandIn) -> None:
    answer = get(calm, "/api/v2/studies/NCT00000005?fields=NCTId", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v2/studies/NCT00000011")
    assert "hasResults" in get(calm, "/api/v2/studies/NCT00000005?fields=NCTId").json()


def test_fields_trim_a_study(calm: StandIn) -> None:
    expected = {"protocolSection": {"identificationModule": {"nctId": "NCT00000012"}}, "hasResults": False}
    assert get(calm, "/api/v2/studies/NCT12?fields=NCTId,NCTIdAlias|HasResults").json() == expected
    assert search(calm, filter_ids="NCT12", fields="NCTId,HasResults").json()["studies"] == [expected]


@pytest.mark.parametrize("target", ["/api/v2/version", "/api/v2/studies?pageSize=1", "/api/v2/studies/NCT11", "/api/v2/studies/enums"])
def test_one_etag_for_everything(calm: StandIn, target: str) -> None:
    answer = get(calm, target)
    assert answer.headers["ETag"] == calm.etag == LOADED_TAG
    again = get(calm, target, headers={"If-None-Match": LOADED_TAG})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", LOADED_TAG)
    assert get(calm, target, headers={"If-None-Match": '"883b003/0.34.1/older"'}).status_code == 200
    assert not {"Cache-Control", "Last-Modified", "Expires"} & set(answer.headers)


def test_a_registry_may_have_no_etag() -> None:
    with StandIn(studies(), etag=False) as untagged:
        answer = get(untagged, "/api/v2/version", headers={"If-None-Match": untagged.etag})
        assert (answer.status_code, "ETag" in answer.headers) == (200, False)


def test_gate(calm: StandIn) -> None:
    assert get(calm, "/api/v2/version").text == f'{{"apiVersion":"2.0.5","dataTimestamp":"{LOADED}"}}'


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, deflate", "gzip"), ("identity", None)])
def test_gzip_only_when_asked_for(calm: StandIn, accepted: str, encoding: str | None) -> None:
    answer = get(calm, "/api/v2/studies/NCT11", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.json()["hasResults"] is False


@pytest.mark.parametrize(("method", "status"), [("POST", 405), ("PUT", 405), ("DELETE", 405), ("OPTIONS", 405), ("HEAD", 200)])
def test_the_registry_is_read_only(calm: StandIn, method: str, status: int) -> None:
    answer = requests.request(method, f"{calm.url}/api/v2/studies/NCT11", data="x" if status == 405 else None, timeout=5)
    assert (answer.status_code, answer.content) == (status, b"")


def test_connections_are_kept_alive(calm: StandIn) -> None:
    connection = HTTPConnection(calm.url.removeprefix("http://"), timeout=5)
    connection.connect()
    used = connection.sock
    for target in ("/", "/api/v2/nothing", "/api/v2/studies/NCT9", "/api/v2/version", "/api/v2/studies/NCT5"):
        connection.request("GET", target)
        connection.getresponse().read()
        assert connection.sock is used
    connection.close()


def test_every_request_is_logged(registry: StandIn) -> None:
    following = search(registry, pageSize=1).json()["nextPageToken"]
    search(registry, pageSize=1, pageToken=following)
    for target in ("version", "studies/NCT11", "studies/NCT9", "studies/enums", "nothing"):
        get(registry, f"/api/v2/{target}", headers={"User-Agent": "test/1"})
    for target in ("", "/0"):
        get(registry, f"/api/int/studies/NCT00000011/history{target}")
    requests.post(registry.url, timeout=5)
    kinds = ["batch", "page", "gate", "single", "single", "other", "other", "history", "version", "other"]
    assert [asked.kind for asked in registry.requests] == kinds
    assert registry.requests[1].query == {"pageSize": "1", "pageToken": following}
    assert (registry.requests[2].path, registry.requests[2].headers["User-Agent"]) == ("/api/v2/version", "test/1")


# --- history ---------------------------------------------------------------------------------


def test_history_overview(calm: StandIn) -> None:
    answer = get(calm, "/api/int/studies/NCT00000011/history")
    line = {"version": 1, "date": "2020-06-01", "status": "RECRUITING", "studyType": "INTERVENTIONAL"}
    assert [change["version"] for change in answer.json()["changes"]] == [0, 1, 2]
    assert answer.json()["changes"][1] == {**line, "moduleLabels": ["Study Status", "Outcome Measures"]}
    assert answer.json()["changes"][2]["status"] == "COMPLETED"
    assert answer.json()["originalData"] == {
        "secondaryOutcomesSame": True,
        "enrollmentInfo": {"count": 11, "type": "ESTIMATED"},
        "orgFullNameSame": True,
        "responsiblePartySame": True,
        "leadSponsorSame": True,
    }
    assert answer.json()["lastUpdateVersions"] == {
        "outcomes": 1,
        "primaryOutcomes": 1,
        "secondaryOutcomes": 0,
        "enrollmentInfo": 2,
    }
    assert answer.json()["outcomesUpdateCount"] == 1


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        pytest.param("identificationModule.briefTitle", "Effect of sleep ≥ 8 h on pupils&#x27; mood (11)", id="title"),
        pytest.param(
            "descriptionModule.briefSummary",
            "<p>Pupils sleep &gt; 8 hours &amp; more.</p><ul><li>at home</li><li>at school&#x2F;camp</li></ul>",
            id="prose with paragraphs and bullets",
        ),
        pytest.param("outcomesModule.primaryOutcomes", [{"measure": "Mood &lt; 5&#x2F;10"}], id="in lists"),
        pytest.param(
            "contactsLocationsModule.locations",
            [{"city": "Huai'an", "geoPoint": {"lat": 33.5, "lon": 119.1}}],
            id="not in cities",
        ),
        pytest.param("designModule.enrollmentInfo.count", 99, id="numbers stay"),
    ],
)
def test_a_version_is_printed_in_html(calm: StandIn, path: str, printed: object) -> None:
    answer = get(calm, "/api/int/studies/NCT00000011/history/2").json()
    assert answer["studyVersion"] == 2
    assert at(answer["study"], f"protocolSection.{path}") == printed


# --- loads -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loaded", "following"),
    [
        pytest.param("2026-09-03T09:00:06", "2026-09-04T09:00:05", id="the next day"),
        pytest.param("2026-09-04T09:00:06", "2026-09-07T09:00:05", id="not at the weekend"),
    ],
)
def test_the_next_load_comes_on_a_weekday(loaded: str, following: str) -> None:
    with StandIn(studies(), loaded=loaded) as registry:
        registry.next_load()
        assert get(registry, "/api/v2/version").json()["dataTimestamp"] == following


def test_a_load_moves_the_etag_and_every_version_holder_and_nothing_else(registry: StandIn) -> None:
    before = search(registry, pageSize=100)
    registry.next_load("2026-09-08T09:00:04")
    after = search(registry, pageSize=100)
    assert before.headers["ETag"] != after.headers["ETag"]
    assert before.text.replace('"versionHolder":"2026-09-04"', '"versionHolder":"2026-09-08"') == after.text
    assert after.text.count('"versionHolder":"2026-09-08"') == 12


def test_a_study_without_derived_section_gets_a_version_holder_too() -> None:
    bare = {"protocolSection": {"identificationModule": {"nctId": "NCT00000031"}}}
    with StandIn([bare], loaded=LOADED) as registry:
        assert at(record(registry, "NCT00000031"), "derivedSection.miscInfoModule.versionHolder") == "2026-09-04"
    assert list(bare) == ["protocolSection"]


def test_a_change_shows_at_once_and_leaves_the_given_study_alone(registry: StandIn) -> None:
    given = study(40)
    with StandIn([given], loaded=LOADED) as other:
        record(other, "NCT00000040")
        other.change("NCT00000040", lambda study: study.update(hasResults=True))
        assert record(other, "NCT00000040")["hasResults"] is True
        assert other.etag == LOADED_TAG
    assert given == study(40)


def test_a_removed_study_is_unknown(registry: StandIn) -> None:
    registry.remove("NCT00000011")
    for gone in ("NCT00000011", "NCT00000005"):
        assert get(registry, f"/api/v2/studies/{gone}").text == f"NCT number {gone} not found"
        assert ids(search(registry, filter_ids=gone)) == []
    assert get(registry, "/api/int/studies/NCT00000011/history").status_code == 404


def test_a_merged_study_answers_under_the_other_with_all_its_aliases(registry: StandIn) -> None:
    registry.merge("NCT00000011", "NCT00000012")
    for old in ("NCT00000011", "NCT00000005"):
        assert ids(search(registry, filter_ids=old)) == ["NCT00000012"]
        assert get(registry, f"/api/v2/studies/{old}", allow_redirects=False).status_code == 301
    aliases = at(record(registry, "NCT00000012"), "protocolSection.identificationModule.nctIdAliases")
    assert aliases == ["NCT00000011", "NCT00000005"]
    assert len(ids(search(registry, pageSize=100))) == 11


def test_an_ordinary_night(registry: StandIn) -> None:
    before = {nct_id: record(registry, nct_id) for nct_id in ids(search(registry, pageSize=100))}
    night = registry.ordinary_night()
    after = {nct_id: record(registry, nct_id) for nct_id in ids(search(registry, pageSize=100))}

    def now(what: str, path: str) -> Any:
        return at(after[night[what]], f"protocolSection.{path}")

    assert registry.etag != LOADED_TAG
    assert set(before) - set(after) == {night["removed"], night["merged"]}
    assert (now("unknown", "statusModule.overallStatus"), now("unknown", "statusModule.lastKnownStatus")) == (
        "UNKNOWN",
        "RECRUITING",
    )
    assert [found["type"] for found in now("reference", "referencesModule.references")] == ["DERIVED"]
    assert now("geo_point", "contactsLocationsModule.locations")[0]["geoPoint"] == {"lat": 33.51, "lon": 119.1}
    assert now("changed", "statusModule.lastUpdatePostDateStruct.date") == "2026-09-07"
    assert night["merged"] in now("merged_into", "identificationModule.nctIdAliases")

    def content(study: Study) -> Study:
        return {name: part for name, part in study.items() if name != "derivedSection"}

    touched = {nct_id for nct_id in after if content(before[nct_id]) != content(after[nct_id])}
    assert touched == {night[what] for what in ("unknown", "reference", "geo_point", "changed")}


def test_an_ordinary_night_adds_a_version_to_the_history_of_what_changed() -> None:
    kept = {f"NCT{number:08d}": history() for number in range(11, 23)}
    with StandIn(studies(), histories=kept) as registry:
        changed = registry.ordinary_night()["changed"]
        changes = get(registry, f"/api/int/studies/{changed}/history").json()["changes"]
    assert (len(changes), changes[-1]["date"]) == (4, "2026-09-07")


def test_too_few_studies_make_no_ordinary_night() -> None:
    with StandIn([study(1)]) as small, pytest.raises(ValueError, match="at least six"):
        small.ordinary_night()


# --- faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "status", "headers", "words"),
    [
        pytest.param("429", 429, {}, "", id="429"),
        pytest.param("429-retry-after", 429, {"Retry-After": "1"}, "", id="429-retry-after"),
        pytest.param("500", 500, {}, "", id="500"),
        pytest.param("502", 502, {}, "", id="502"),
        pytest.param("503-html", 503, {"Content-Type": "text/html"}, "503 Service", id="503-html"),
        pytest.param("403-html", 403, {"Content-Type": "text/html"}, "403 Forbidden", id="403-html"),
        pytest.param("200-html", 200, {"Content-Type": "text/html"}, "be back soon", id="200-html"),
        pytest.param("not-found-html", 404, {"Content-Type": "text/html"}, "nginx", id="not-found-html"),
        pytest.param("redirect-away", 301, {"Location": "http://other.invalid/"}, "", id="redirect-away"),
        pytest.param("redirect-loop", 301, {"Location": "/api/v2/studies/NCT11"}, "", id="redirect-loop"),
    ],
)
def test_faults_that_are_another_answer(registry: StandIn, fault: str, status: int, headers: dict[str, str], words: str) -> None:
    registry.fail(fault)
    answer = get(registry, "/api/v2/studies/NCT11", allow_redirects=False)
    assert answer.status_code == status
    assert words in answer.text
    assert headers.items() <= answer.headers.items()
    assert get(registry, "/api/v2/studies/NCT11").status_code == 200


def test_a_retry_date_is_soon(registry: StandIn) -> None:
    registry.fail("429-retry-date")
    answer = get(registry, "/api/v2/version")
    wait = parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() - time.time()
    assert 0 < wait <= 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param("cut-json", requests.exceptions.JSONDecodeError, id="cut-json"),
        pytest.param("wrong-length", requests.exceptions.ChunkedEncodingError, id="wrong-length"),
        pytest.param("reset", requests.exceptions.ConnectionError, id="reset"),
        pytest.param("silence", requests.exceptions.ReadTimeout, id="silence"),
        pytest.param("drip", requests.exceptions.ConnectionError, id="drip"),
        pytest.param("redirect-loop", requests.exceptions.TooManyRedirects, id="redirect-loop"),
        pytest.param("bad-utf8", UnicodeDecodeError, id="bad-utf8"),
    ],
)
@pytest.mark.parametrize("target", ["/api/v2/version", "/api/v2/studies", "/api/v2/studies/NCT11", "/api/int/studies/NCT11/history"])
def test_faults_of_the_wire(registry: StandIn, target: str, fault: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.standin.PER_BYTE", 0.2)
    registry.fail(fault, times=None)
    patience = 0.1 if fault in {"silence", "drip"} else 5
    with pytest.raises(error), requests.get(registry.url + target, timeout=patience) as answer:
        json.loads(answer.content.decode("utf-8")) if fault == "bad-utf8" else answer.json()


def test_a_reset_is_a_reset(registry: StandIn) -> None:
    registry.fail("reset")
    connection = HTTPConnection(registry.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/api/v2/version")
    with pytest.raises(ConnectionResetError):
        connection.getresponse()
    connection.close()


def test_headers_that_trickle_come_to_no_end_and_stop_with_the_server(registry: StandIn) -> None:
    registry.fail("drip-headers")
    with socket.create_connection(("127.0.0.1", int(registry.url.rpartition(":")[2])), timeout=5) as connection:
        connection.sendall(b"GET /api/v2/version HTTP/1.1\r\nHost: x\r\n\r\n")
        taken = b"".join(connection.recv(1) for _ in range(40))
    assert taken == b"HTTP/1.1 200 OK\r\nX-Slow: zzzzzzzzzzzzzzz"


def test_a_huge_answer_does_not_end_by_itself(registry: StandIn) -> None:
    registry.fail("huge")
    with get(registry, "/api/v2/studies", stream=True) as answer:
        taken = sum(len(next(answer.iter_content(2**20))) for _ in range(8))
    assert (taken > 2**20, answer.headers.get("Content-Length")) == (True, None)


def test_a_gzip_bomb_is_small_until_unpacked(registry: StandIn) -> None:
    registry.fail("gzip-bomb")
    with get(registry, "/api/v2/studies", stream=True) as answer:
        assert int(answer.headers["Content-Length"]) < 3 * 2**20
        assert len(next(answer.iter_content(2**22))) == 2**22


def first_title(answer: requests.Response) -> str:
    title: str = at(answer.json()["studies"][0], "protocolSection.identificationModule.briefTitle")
    return title


PAGE = {"filter_ids": "NCT11,NCT12,NCT13", "pageSize": 2}


@pytest.mark.parametrize(
    ("fault", "shown", "more"),
    [
        pytest.param("duplicate", ["NCT00000013", "NCT00000012", "NCT00000013"], True, id="duplicate"),
        pytest.param("empty", [], False, id="empty"),
        pytest.param("empty-page", [], True, id="empty-page"),
        pytest.param("same-token", ["NCT00000013", "NCT00000012"], True, id="same-token"),
        pytest.param("endless-tokens", ["NCT00000013", "NCT00000012"], True, id="endless-tokens"),
        pytest.param("wrong-study", ["NCT09999999", "NCT00000012"], True, id="wrong-study"),
        pytest.param("no-id", [None, "NCT00000012"], True, id="no-id"),
        pytest.param("nul", ["NCT00000013", "NCT00000012"], True, id="nul"),
    ],
)
def test_faults_of_a_first_page(registry: StandIn, fault: str, shown: list[str | None], more: bool) -> None:
    registry.fail(fault, on="batch")
    answer = search(registry, **PAGE)
    assert (ids(answer), "nextPageToken" in answer.json()) == (shown, more)


def test_nul_stands_escaped_in_a_title(registry: StandIn) -> None:
    registry.fail("nul")
    answer = search(registry, **PAGE)
    assert b"\\u0000" in answer.content
    assert first_title(answer).startswith("\0Effect")


def walk(registry: StandIn, pages: int) -> tuple[list[list[str]], list[str | None]]:
    """The first pages of a search, and the tokens they end with."""
    shown, tokens, query = [], [], dict(PAGE)
    for _ in range(pages):
        answer = search(registry, **query)
        shown.append(ids(answer))
        tokens.append(answer.json().get("nextPageToken"))
        if tokens[-1] is None:
            break
        query["pageToken"] = tokens[-1]
    return shown, tokens


@pytest.mark.parametrize(
    ("fault", "on", "times", "shown"),
    [
        pytest.param("duplicate", "page", 1, [["13", "12"], ["12", "11"]], id="duplicate across pages"),
        pytest.param("empty-page", "batch", 1, [[], ["13", "12"], ["11"]], id="an empty page hides nothing"),
        pytest.param("empty-page", "any", 2, [[], [], ["13", "12"], ["11"]], id="two empty pages"),
        pytest.param("same-token", "page", None, [["13", "12"], ["11"], ["11"], ["11"], ["11"]], id="the same token for ever"),
        pytest.param("endless-tokens", "any", None, [["13", "12"], ["11"], [], [], []], id="tokens without end"),
        pytest.param("empty", "page", 1, [["13", "12"], []], id="nothing on the second page"),
    ],
)
def test_faults_of_a_walk(registry: StandIn, fault: str, on: str, times: int | None, shown: list[list[str]]) -> None:
    registry.fail(fault, on=on, times=times)
    pages, tokens = walk(registry, 5)
    assert [[nct_id[-2:] for nct_id in page] for page in pages] == shown
    given = list(filter(None, tokens))
    assert (len(given) == len(set(given))) == (fault != "same-token")


def test_a_reload_in_the_middle_of_a_walk(registry: StandIn) -> None:
    registry.fail("reload", on="page")
    first = search(registry, **PAGE)
    second = search(registry, **PAGE, pageToken=first.json()["nextPageToken"])
    assert first.headers["ETag"] == LOADED_TAG != second.headers["ETag"] == registry.etag
    assert at(second.json()["studies"][0], "derivedSection.miscInfoModule.versionHolder") == "2026-09-07"


def test_an_answer_without_etag(registry: StandIn) -> None:
    registry.fail("no-etag")
    assert "ETag" not in get(registry, "/api/v2/version", headers={"If-None-Match": LOADED_TAG}).headers
    assert "ETag" in get(registry, "/api/v2/version").headers


@pytest.mark.parametrize(
    ("fault", "gate"),
    [
        pytest.param("unknown-version", {"apiVersion": "9.9.9", "dataTimestamp": LOADED}, id="unknown-version"),
        pytest.param("timestamp-back", {"apiVersion": "2.0.5", "dataTimestamp": "2025-09-04T09:00:06"}, id="timestamp-back"),
        pytest.param("no-id", {"apiVersion": "2.0.5"}, id="no-id"),
        pytest.param("empty", {}, id="empty"),
    ],
)
def test_faults_of_the_gate(registry: StandIn, fault: str, gate: dict[str, str]) -> None:
    registry.fail(fault, on="gate")
    assert get(registry, "/api/v2/version").json() == gate


ENDLESS = {"silence", "drip", "drip-headers", "huge", "gzip-bomb"}
TARGETS = {
    "gate": "/api/v2/version",
    "batch": "/api/v2/studies?pageSize=3",
    "page": f"/api/v2/studies?pageSize=3&pageToken={token(3)}",
    "single": "/api/v2/studies/NCT12",
    "history": "/api/int/studies/NCT11/history",
    "version": "/api/int/studies/NCT11/history/0",
    "other": "/api/v2/studies/enums",
}


@pytest.mark.parametrize("kind", TARGETS)
def test_every_fault_can_be_met_by_every_kind(registry: StandIn, kind: str) -> None:
    for fault in FAULTS.keys() - ENDLESS - {"reset"}:
        registry.fail(fault, on=kind)
        with get(registry, TARGETS[kind], stream=True, allow_redirects=False) as answer:
            assert answer.status_code in {200, 301, 403, 404, 429, 500, 502, 503}, fault
    assert get(registry, TARGETS[kind]).status_code == 200


@pytest.mark.parametrize(
    ("plan", "statuses"),
    [
        pytest.param([("429", {})], [429, 200, 200, 200], id="once"),
        pytest.param([("429", {"times": 2, "after": 1})], [200, 429, 429, 200], id="twice, after one"),
        pytest.param([("429", {"times": None})], [429, 429, 429, 429], id="for ever"),
        pytest.param([("429", {}), ("500", {})], [429, 500, 200, 200], id="one after the other"),
        pytest.param([("429", {}), ("500", {"after": 2})], [429, 200, 500, 200], id="each counts from when it was planned"),
        pytest.param([("429", {"on": "single", "times": None})], [200, 200, 200, 200], id="not on another kind"),
    ],
)
def test_faults_come_as_planned(registry: StandIn, plan: list[tuple[str, dict[str, Any]]], statuses: list[int]) -> None:
    for fault, when in plan:
        registry.fail(fault, **when)
    assert [get(registry, "/api/v2/version").status_code for _ in statuses] == statuses


def test_a_healed_registry_has_no_faults(registry: StandIn) -> None:
    registry.fail("500", times=None)
    registry.heal()
    assert get(registry, "/api/v2/version").status_code == 200


def test_a_fault_may_be_any_function_of_the_handler(registry: StandIn) -> None:
    def teapot(handler: Handler) -> None:
        handler.send(Answer(418, handler.asked.kind.encode()))

    registry.fail(teapot, on="single")
    answer = get(registry, "/api/v2/studies/NCT11")
    assert (answer.status_code, answer.text) == (418, "single")


@pytest.mark.parametrize(("fault", "on", "words"), [("earthquake", "any", "earthquake"), ("500", "gates", "gates")])
def test_an_unknown_fault_or_kind_is_an_error(registry: StandIn, fault: str, on: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        registry.fail(fault, on=on)


@pytest.mark.parametrize("fault", [None, *sorted(ENDLESS)])
def test_nothing_delays_the_end(fault: str | None) -> None:
    with StandIn(studies()) as registry:
        if fault:
            registry.fail(fault)
        hanging = open_request(registry)
        begun = time.monotonic()
    assert time.monotonic() - begun < 20  # a hanging request would keep it up for ever
    hanging.close()


def open_request(registry: StandIn) -> HTTPConnection:
    """A request whose answer nobody reads."""
    connection = HTTPConnection(registry.url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/")
    wait_until(lambda: len(registry.requests) == 1)
    return connection


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


# --- by hand ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["studies.ndjson", "studies.ndjson.gz"])
def test_a_file_can_be_served_from_the_command_line(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps(study) for study in studies()).encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(lines) if file.suffix == ".gz" else lines)
    command = [sys.executable, "-m", "tests.standin", str(file), "--limit", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as server:
        try:
            assert server.stdout
            url = server.stdout.readline().strip()
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
            assert len(requests.get(f"{url}/api/v2/studies", timeout=5).json()["studies"]) == 3
        finally:
            os.kill(server.pid, signal.SIGINT)
    assert server.returncode == 0
