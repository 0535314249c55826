"""The client, question by question: what it sends, what it believes, when it asks again and when it stops."""

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
import requests
import responses
import urllib3

from enrich.errors import NotFound, Refused, RegistryError, Unreachable, Unusable
from enrich.models import Load
from enrich.registry.client import Limits, Registry
from tests.fixtures.studies import nct, study

ROOT = "https://registry.test"
VERSION, STUDIES = f"{ROOT}/api/v2/version", f"{ROOT}/api/v2/studies"
TAG, NEXT_TAG = '"b/1/first"', '"b/1/second"'
TOLD = {"apiVersion": "2.0.5", "dataTimestamp": "2026-09-04T09:00:06"}
LOAD = Load(TAG, TOLD["dataTimestamp"], "2.0.5")
ONE = nct(1)


class Time:
    """A clock that only sleeping and answering move."""

    def __init__(self):
        self.now, self.slept = 0.0, []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self):
        return self.now


@pytest.fixture
def time(monkeypatch):
    """The one clock, also of the library that retries."""
    time = Time()
    monkeypatch.setattr("tenacity.time", SimpleNamespace(monotonic=time))
    return time


@pytest.fixture
def registry(time):
    return Registry(ROOT, pace=1, sleep=time.sleep, clock=time)


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def says(web, url=VERSION, body=TOLD, status=200, tag=TAG, kind="application/json", **headers):
    """Plans one more answer; the last one planned for an address is given again and again."""
    told = {**({"ETag": tag} if tag else {}), **headers}
    web.add(
        responses.GET,
        url,
        body=body if isinstance(body, str | bytes | Exception) else json.dumps(body),
        status=status,
        content_type=kind,
        headers=told,
    )


def asked(web):
    return [call.request for call in web.calls]


# --- the gate


def test_the_gate_names_the_load_and_the_client_names_itself(web, registry):
    says(web)
    assert registry.gate() == LOAD
    headers = asked(web)[0].headers
    assert (
        re.fullmatch(r"enrich/\d\S* \(\+https://\S+\)", headers["User-Agent"])
        and headers["Accept"] == "application/json"
    )
    assert "If-None-Match" not in headers


def test_the_gate_asks_whether_anything_was_loaded_since(web, registry):
    says(web, status=304, body="")
    assert registry.gate(LOAD) is LOAD
    assert asked(web)[0].headers["If-None-Match"] == TAG


# fmt: off
GATES = (
    ({"tag": NEXT_TAG},                       NEXT_TAG, "another tag is another load"),
    ({"tag": TAG},                            TAG,      "a 200 with the same tag is the same load"),
    ({"tag": '"b/2/first"'},                  '"b/2/first"', "a tag is opaque: another build is another load"),
    ({"tag": None},                           TOLD["dataTimestamp"], "without a tag the timestamp names the load"),
    ({"body": {"apiVersion": "9.9"}},         TAG,      "a missing timestamp and an unknown version are borne"),
    ({"body": {**TOLD, "dataTimestamp": 5}},  TAG,      "so is a timestamp of another type"),
)
NO_GATES = (
    ({"body": []},                            "does not say", "a list"),
    ({"body": {}, "tag": None},               "does not say", "nothing"),
    ({"body": {"dataTimestamp": "x"}},        "does not say", "no version"),
    ({"body": {**TOLD, "apiVersion": None}},  "does not say", "version null"),
)
# fmt: on


@pytest.mark.parametrize("answer, name", [pytest.param(*line[:2], id=line[2]) for line in GATES])
def test_what_names_a_load(web, registry, answer, name):
    says(web, **answer)
    assert registry.gate(LOAD).name == name


@pytest.mark.parametrize(
    "answer, words", [pytest.param(*line[:2], id=line[2]) for line in NO_GATES]
)
def test_what_is_no_gate(web, registry, answer, words):
    says(web, **answer)
    with pytest.raises(Unusable, match=words):
        registry.gate()


def test_a_timestamp_is_no_tag_to_ask_with(web, registry):
    says(web)
    registry.gate(Load("2026-09-04T09:00:06"))
    assert "If-None-Match" not in asked(web)[0].headers


# --- asking again

# fmt: off
AGAIN = (
    ({"status": 429},                                      None, "429"),
    ({"status": 429, "Retry-After": "7"},                  7.0,  "429 that says how long"),
    ({"status": 500}, None, "500"), ({"status": 502}, None, "502"), ({"status": 504}, None, "504"),
    ({"status": 503, "Retry-After": "12"},                 12.0, "503 that says how long"),
    ({"status": 503, "Retry-After": "soon"},               None, "503 that says it in words"),
    ({"status": 503, "kind": "text/html", "body": "<html>"}, None, "503 as a page"),
    ({"kind": "text/html", "body": "<html>We will be back"}, None, "200 with a page instead of JSON"),
    ({"body": '{"apiVersion": "2.0'},                      None, "JSON cut short"),
    ({"body": ""},                                         None, "nothing, called JSON"),
    ({"body": b'{"apiVersion": "\xff"}'},                  None, "JSON in another encoding"),
    ({"status": 403, "body": "<html>"},                    None, "403, once"),
    ({"body": requests.ConnectionError("Connection refused")}, None, "no connection"),
    ({"body": requests.ReadTimeout()},                     None, "no answer in time"),
    ({"body": urllib3.exceptions.IncompleteRead(1, 2)}, None, "an answer cut off on the wire"),
    ({"body": urllib3.exceptions.DecodeError("gzip")}, None, "an answer that cannot be unpacked"),
)
# fmt: on


@pytest.mark.parametrize("answer, waited", [pytest.param(*line[:2], id=line[2]) for line in AGAIN])
def test_what_is_asked_again(web, registry, time, answer, waited):
    says(web, **answer), says(web)
    assert registry.gate() == LOAD
    assert registry.take_counts() == (2, 1) and registry.take_counts() == (0, 0)
    assert time.slept[0] == waited if waited else 1 <= time.slept[0] <= 3


def test_a_retry_after_may_be_a_date(web, registry, time):
    soon = datetime.now(UTC) + timedelta(seconds=20)
    says(web, status=429, **{"Retry-After": format_datetime(soon, usegmt=True)}), says(web)
    assert registry.gate() == LOAD and 17 <= time.slept[0] <= 20


# fmt: off
NEVER_AGAIN = (
    ({"status": 400, "body": "Parameter `x` has incorrect format", "kind": "text/plain"}, Refused, "400.*incorrect format", "400"),
    ({"status": 404, "body": "", "kind": "text/plain"},    NotFound, "nothing there",       "404"),
    ({"status": 404, "body": "<html>", "kind": "text/html"}, NotFound, "nothing there$",    "404 as a page: its markup is not shown"),
    ({"status": 405},                                      Refused,  "405",                 "405"),
    ({"status": 401},                                      Refused,  "401",                 "401"),
    ({"status": 418},                                      Refused,  "418",                 "a status nobody planned for"),
    ({"status": 301, "Location": "/elsewhere"},            Refused,  "not followed",        "a redirect of the gate"),
    ({"status": 429, "Retry-After": "3600"},               Unusable, "429",                 "an hour's wait is a refusal"),
    ({"status": 503, "Retry-After": "90"},                 Unusable, "503",                 "a wait longer than a minute is one, too"),
    ({"body": requests.exceptions.InvalidSchema("x")},     Refused,  "cannot ask",          "an address that cannot be asked"),
)
# fmt: on


@pytest.mark.parametrize(
    "answer, error, words", [pytest.param(*line[:3], id=line[3]) for line in NEVER_AGAIN]
)
def test_what_is_never_asked_again(web, registry, time, answer, error, words):
    says(web, **answer), says(web)
    with pytest.raises(error, match=words) as told:
        registry.gate()
    assert registry.take_counts() == (1, 0) and time.slept == [] and "\n" not in str(told.value)


@pytest.mark.parametrize(
    "answer",
    [{"status": 503}, {"kind": "text/html"}, {"body": requests.ReadTimeout()}],
    ids=["503", "HTML", "silence"],
)
def test_patience_ends(web, registry, time, answer):
    says(web, **answer)
    with pytest.raises(RegistryError):
        registry.gate()
    assert 2 <= len(asked(web)) <= 5 and time.now <= 130


def test_a_host_that_never_answers_is_known_within_twenty_seconds(web, registry, time):
    def silence(request):
        time.now += Limits().connect_seconds
        raise requests.ConnectTimeout

    web.add_callback(responses.GET, VERSION, silence)
    with pytest.raises(Unreachable, match=r"no answer from registry\.test \(timed out\)"):
        registry.gate()
    assert len(asked(web)) >= 2 and time.now <= 20


def test_three_failures_in_a_row_are_enough_and_an_answer_forgives(web, registry):
    says(web, status=503)
    for exhausted in (False, False, True):
        with pytest.raises(RegistryError):
            registry.gate()
        assert registry.exhausted is exhausted
    web.replace(responses.GET, VERSION, json=TOLD, headers={"ETag": TAG})
    registry.gate()
    assert not registry.exhausted


def test_a_second_403_ends_it(web, registry):
    says(web, status=403)
    with pytest.raises(Refused, match="refuses this client"):
        registry.gate()
    assert len(asked(web)) == 2 and registry.exhausted


# --- pace


def test_a_second_lies_between_two_requests_and_two_after_a_429(web, registry, time):
    says(web)
    registry.gate(), registry.gate()
    assert time.slept == [1]
    time.now += 0.4
    registry.gate()
    assert time.slept == [1, pytest.approx(0.6)]
    time.now += 5
    registry.gate()
    assert len(time.slept) == 2
    web.replace(responses.GET, VERSION, status=429, headers={"Retry-After": "0"})
    with pytest.raises(Unusable):
        registry.gate()
    web.replace(responses.GET, VERSION, json=TOLD, headers={"ETag": TAG})
    time.slept.clear()
    registry.gate(), registry.gate()
    assert time.slept[-1] >= 2


def test_no_pace_is_no_pace_but_for_a_429(web, time):
    registry = Registry(ROOT, pace=0, sleep=time.sleep, clock=time)
    says(web, status=429, **{"Retry-After": "0"}), says(web)
    registry.gate(), registry.gate()
    assert time.slept == [0, 2, 2]


# --- pages


def page(*numbers, token=None):
    return {
        "studies": [study(number) for number in numbers],
        **({"nextPageToken": token} if token else {}),
    }


def ids_in(pages):
    return [
        one["protocolSection"]["identificationModule"]["nctId"]
        for page in pages
        for one in page.studies
    ]


def test_a_batch_is_asked_for_with_a_page_that_fits(web, registry):
    says(web, STUDIES, page(1, 2))
    assert ids_in(registry.studies([nct(1), nct(2)])) == [nct(1), nct(2)]
    assert asked(web)[0].params == {
        "filter.ids": f"{nct(1)},{nct(2)}",
        "pageSize": str(Limits().page_size),
    }


@pytest.mark.parametrize(
    "pages, found",
    [
        pytest.param([page(1, token="t"), page(2)], [1, 2], id="a token is followed"),
        pytest.param(
            [page(1, token="t"), page()], [1], id="an empty page without a token is the end"
        ),
        pytest.param([page(token="t"), page(1)], [1], id="an empty page with a token is not"),
        pytest.param([page(1, 1, token="t"), page(1, 2)], [1, 2], id="each study once"),
        pytest.param([{**page(1), "nextPageToken": None}], [1], id="a token that is null"),
    ],
)
def test_pages_are_followed(web, registry, pages, found):
    for one in pages:
        says(web, STUDIES, one)
    assert ids_in(registry.studies([nct(1), nct(2)])) == list(map(nct, found))
    assert [request.params.get("pageToken") for request in asked(web)] == [None, "t"][: len(pages)]
    assert (
        len({(request.params["filter.ids"], request.params["pageSize"]) for request in asked(web)})
        == 1
    )


def test_a_page_is_given_before_the_next_is_asked_for(web, registry):
    says(web, STUDIES, page(1, token="t")), says(web, STUDIES, page(2))
    pages = registry.studies([nct(1), nct(2)])
    next(pages)
    assert len(asked(web)) == 1


def test_a_repeated_token_does_not_go_round_in_circles(web, registry):
    says(web, STUDIES, page(1, token="t"))
    with pytest.raises(Unusable, match="do not come to an end"):
        list(registry.studies([ONE]))
    assert len(asked(web)) == 2


def test_tokens_without_end_do_end(web, registry):
    web.add_callback(
        responses.GET,
        STUDIES,
        lambda request: (200, {}, json.dumps(page(token=f"t{len(web.calls)}"))),
        content_type="application/json",
    )
    with pytest.raises(Unusable, match="do not come to an end"):
        list(registry.studies([ONE]))
    assert len(asked(web)) < 60


@pytest.mark.parametrize(
    "body", [[], {}, {"studies": {}}, {"studies": [], "nextPageToken": 5}, None], ids=str
)
def test_a_page_of_another_shape_is_none(web, registry, body):
    says(web, STUDIES, body)
    with pytest.raises(Unusable, match="not of the expected shape"):
        list(registry.studies([ONE]))


@pytest.mark.parametrize(
    "fault",
    [
        {},
        None,
        5,
        {"protocolSection": []},
        {"protocolSection": {"identificationModule": {"nctId": "x"}}},
    ],
    ids=str,
)
def test_a_study_without_an_id_is_named_and_the_others_stand(web, registry, fault):
    says(web, STUDIES, {"studies": [fault, study(2)]})
    (told,) = registry.studies([ONE, nct(2)])
    assert ids_in([told]) == [nct(2)] and len(told.faults) == 1


# fmt: off
HEAD, ONE_LINE, TWO_LINE, END = b'{"totalCount":2,"studies":[', json.dumps(study(1)).encode() + b",", json.dumps(study(2)).encode(), b'],"nextPageToken":"t"}'
BAD = ONE_LINE.replace(b"Rest", b"\xff")
LINES = (
    # lines of the page                            readable  faults  what it is
    ((HEAD, ONE_LINE, TWO_LINE, END),              [1, 2],   0,      "a page as it should be"),
    ((HEAD, BAD, TWO_LINE, END),                   [2],      1,      "one record in another encoding"),
    ((HEAD, b'{"a":NaN},', TWO_LINE, END),         [2],      1,      "one with a number that is none"),
    ((HEAD, b'{"a":NaN},', b'{"a":NaN}', END),     [],       1,      "all of them"),
    ((HEAD, b"[" * 5000 + b",", TWO_LINE, END),    [2],      1,      "one nested without end"),
    ((HEAD, b'{"a":"x', b'y"},', TWO_LINE, END),   [2],      1,      "one with a bare line break"),
    ((HEAD, b'7,', BAD, TWO_LINE, END),            [2],      1,      "a line that is no record"),
    ((HEAD, BAD, TWO_LINE),                        None,     0,      "cut off behind a line"),
    ((HEAD, BAD, TWO_LINE, b""),                   None,     0,      "cut off at the end of a line"),
    ((HEAD, BAD, TWO_LINE[:40]),                   None,     0,      "cut off in a line"),
    ((HEAD, BAD, TWO_LINE, END[:-1]),              None,     0,      "cut off in its last sign"),
    ((HEAD, BAD, TWO_LINE, END[:1]),               None,     0,      "cut off before the token"),
    ((HEAD[:-3], BAD, TWO_LINE, END),              None,     0,      "cut off at the beginning"),
    ((b'{"x":[', BAD, TWO_LINE, END),              None,     0,      "no page"),
    ((HEAD + BAD + TWO_LINE + END,),               None,     0,      "all on one line"),
)
# fmt: on


@pytest.mark.parametrize(
    "lines, readable, faults", [pytest.param(*line[:3], id=line[3]) for line in LINES]
)
def test_a_page_that_cannot_be_read_as_a_whole_is_read_line_by_line(
    web, registry, lines, readable, faults
):
    says(web, STUDIES, b"\n".join(lines))
    pages = registry.studies([ONE, nct(2)])
    if readable is None:
        with pytest.raises(Unusable, match="cut short or is not JSON"):
            next(pages)
    else:
        told = next(pages)
        assert (ids_in([told]), len(told.faults), told.load) == (
            list(map(nct, readable)),
            faults,
            TAG,
        )
    assert len(asked(web)) == (1 if lines[1:2] == (ONE_LINE,) else Limits().attempts)
    assert not registry.exhausted


def test_pages_go_on_behind_one_that_was_read_line_by_line(web, registry):
    def answer(request):
        lines = (
            (HEAD, TWO_LINE, b"]}") if "pageToken" in request.params else (HEAD, b'{"a":NaN}', END)
        )
        return 200, {"ETag": TAG}, b"\n".join(lines)

    web.add_callback(responses.GET, STUDIES, answer, content_type="application/json")
    assert ids_in(registry.studies([ONE, nct(2)])) == [nct(2)]


def test_many_pages_read_line_by_line_are_no_reason_to_stop(web, registry):
    says(web, STUDIES, b"\n".join((HEAD, BAD, TWO_LINE, b"]}")))
    for _ in range(4):
        assert ids_in(registry.studies([ONE, nct(2)])) == [nct(2)] and not registry.exhausted


def test_a_page_says_which_load_it_is_of(web, registry):
    says(web, STUDIES, page(1, token="t"), tag=NEXT_TAG), says(web, STUDIES, page(2), tag=None)
    assert [told.load for told in registry.studies([ONE])] == [NEXT_TAG, None]


def test_a_refused_batch_is_halved_until_only_the_refused_id_is_left(web, registry):
    def answer(request):
        ids = request.params["filter.ids"].split(",")
        if nct(3) in ids:
            return 400, {}, "Item 1 in parameter `filter.ids` has incorrect format"
        return 200, {"ETag": TAG}, json.dumps(page(*(int(one[3:]) for one in ids)))

    web.add_callback(responses.GET, STUDIES, answer, content_type="application/json")
    pages, found = registry.studies([nct(number) for number in range(1, 9)]), []
    with pytest.raises(Refused, match="400"):
        for told in pages:
            found += ids_in([told])
    assert found == [nct(1), nct(2)] and [
        len(request.params["filter.ids"].split(",")) for request in asked(web)
    ] == [8, 4, 2, 2, 1]


# --- one study


def moved(web, location, status=301):
    says(web, f"{STUDIES}/{ONE}", "", status, Location=location)


@pytest.mark.parametrize(
    "location",
    [f"/api/v2/studies/{nct(2)}", f"{STUDIES}/{nct(2)}", nct(2), f"{STUDIES}/{nct(2)}?format=json"],
    ids=["relative", "absolute", "beside", "query"],
)
@pytest.mark.parametrize("aliases", [[ONE], None], ids=["which knows its alias", "which does not"])
def test_a_merged_id_leads_to_its_record(web, registry, location, aliases):
    moved(web, location), says(web, f"{STUDIES}/{nct(2)}", study(2, aliases=aliases))
    told, load = registry.study(ONE)
    assert (ids_in([type("P", (), {"studies": [told]})]), load) == ([nct(2)], TAG)


def test_a_redirect_leads_to_the_record_that_it_names_and_to_no_other(web, registry):
    moved(web, f"{STUDIES}/{nct(2)}"), says(web, f"{STUDIES}/{nct(2)}", study(3, aliases=[ONE]))
    with pytest.raises(Unusable, match=f"asked for {ONE}, the registry answered with {nct(3)}"):
        registry.study(ONE)


@pytest.mark.parametrize(
    "location",
    [
        "http://registry.test.evil/api/v2/studies/NCT00000002",
        "https://other.test/api/v2/studies/NCT00000002",
        "/login",
        "file:///etc/passwd",
        "/api/v2/studies/1",
    ],
)
def test_a_redirect_to_anywhere_else_is_not_followed(web, registry, location):
    moved(web, location)
    with pytest.raises(Refused, match="not followed"):
        registry.study(ONE)
    assert len(asked(web)) == 1


@pytest.mark.parametrize(
    "location", [f"/api/v2/studies/{ONE}", ""], ids=["by name", "by an empty address"]
)
def test_a_redirect_to_itself_ends(web, registry, location):
    moved(web, location)
    with pytest.raises(RegistryError):
        registry.study(ONE)
    assert len(asked(web)) <= 2


# fmt: off
SINGLES = (
    ({"body": study(1)},                                                          None,     "",             "the record"),
    ({"body": study(2, aliases=[ONE])},                                           None,     "",             "the record that absorbed it"),
    ({"status": 404, "body": f"NCT number {ONE} not found", "kind": "text/plain"}, NotFound, ONE,           "404 that names the id"),
    ({"status": 404, "body": "NCT number NCT00000002 not found", "kind": "text/plain"}, Refused, "404",     "404 that names another id"),
    ({"status": 404, "body": f"<html>{ONE}", "kind": "text/html"},                Refused,  "404",          "404 as a page, whatever it names"),
    ({"status": 404, "body": ""},                                                 Refused,  "404",          "404 without a word"),
    ({"body": study(2)},                                                          Unusable, "answered with NCT00000002", "another record"),
    ({"body": []},                                                                Unusable, "not a record", "a list"),
    ({"body": {}},                                                                Unusable, "holds no NCT id",  "no record"),
    ({"body": {"protocolSection": {"identificationModule": {"nctId": ONE, "nctIdAliases": "x"}}}}, None, "", "aliases of a strange shape"),
)
# fmt: on


@pytest.mark.parametrize(
    "answer, error, words", [pytest.param(*line[:3], id=line[3]) for line in SINGLES]
)
def test_what_is_believed_about_one_id(web, registry, answer, error, words):
    says(web, f"{STUDIES}/{ONE}", **answer)
    if error is None:
        assert registry.study(ONE)[1] == TAG
    else:
        with pytest.raises(error, match=words):
            registry.study(ONE)


def test_an_endless_body_is_not_read_to_its_end(web, registry):
    says(web, body=b" " * (1 << 20))
    with pytest.raises(Unusable, match="was not read"):
        registry.gate()
    assert len(asked(web)) == 1


def test_errors_keep_their_first_words_only(web, registry):
    says(web, STUDIES, "x" * 5000, 400, kind="text/plain")
    with pytest.raises(Refused) as told:
        list(registry.studies([ONE]))
    assert len(str(told.value)) < 600
