"""The client, request by request: what it sends, what it believes, when it retries and when it stops."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses
import urllib3

from enrich import __version__
from enrich.errors import NotFound, Refused, RegistryError, Unreachable, Unusable
from enrich.models import RegistryLoad
from enrich.registry.client import Registry
from enrich.registry.connection import Limits, user_agent
from enrich.registry.retry import RetryPolicy
from tests.fixtures.studies import nct, study

ROOT = "https://registry.test"
VERSION, STUDIES = f"{ROOT}/api/v2/version", f"{ROOT}/api/v2/studies"
TAG, NEXT_TAG = '"b/1/first"', '"b/1/second"'
VERSION_BODY = {"apiVersion": "2.0.5", "dataTimestamp": "2026-09-04T09:00:06"}
LOAD = RegistryLoad(TAG, VERSION_BODY["dataTimestamp"], "2.0.5")
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
def time():
    return Time()


@pytest.fixture
def registry(time):
    return Registry(ROOT, pace=1, sleep=time.sleep, monotonic=time)


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def plan(
    web, url=VERSION, body=VERSION_BODY, status=200, tag=TAG, kind="application/json", **headers
):
    """Plans one more answer; the last one planned for an address is repeated."""
    headers = {**({"ETag": tag} if tag else {}), **headers}
    web.add(
        responses.GET,
        url,
        body=body if isinstance(body, str | bytes | Exception) else json.dumps(body),
        status=status,
        content_type=kind,
        headers=headers,
    )


def sent(web):
    return [call.request for call in web.calls]


# --- the gate


def test_the_gate_gives_the_load_and_the_client_identifies_itself(web, registry):
    plan(web)
    assert registry.current_load() == LOAD
    headers = sent(web)[0].headers
    assert (headers["User-Agent"], headers["Accept"]) == (user_agent(), "application/json")
    assert "If-None-Match" not in headers


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        (None, f"enrich/{__version__}"),
        ("team@example.org", f"enrich/{__version__} (+team@example.org)"),
    ],
)
def test_the_user_agent_names_the_version_and_the_contact_if_there_is_one(
    web, time, contact, expected
):
    plan(web)
    Registry(ROOT, sleep=time.sleep, monotonic=time, contact=contact).current_load()
    assert sent(web)[0].headers["User-Agent"] == expected


def test_the_gate_asks_conditionally_for_a_known_load(web, registry):
    plan(web, status=304, body="")
    assert registry.current_load(LOAD) is LOAD
    assert sent(web)[0].headers["If-None-Match"] == TAG


# fmt: off
LOAD_NAMES = (
    ({"tag": NEXT_TAG},                       NEXT_TAG, "another tag is another load"),
    ({"tag": TAG},                            TAG,      "a 200 with the same tag is the same load"),
    ({"tag": '"b/2/first"'},                  '"b/2/first"', "a tag is opaque: another build is another load"),
    ({"tag": None},                           VERSION_BODY["dataTimestamp"], "without a tag the timestamp names the load"),
    ({"body": {"apiVersion": "9.9"}},         TAG,      "a missing timestamp and an unknown version are borne"),
    ({"body": {**VERSION_BODY, "dataTimestamp": 5}},  TAG,      "so is a timestamp of another type"),
)
NOT_A_LOAD = (
    ({"body": []},                            "does not give the date", "a list"),
    ({"body": {}, "tag": None},               "does not give the date", "nothing"),
    ({"body": {"dataTimestamp": "x"}},        "does not give the date", "no version"),
    ({"body": {**VERSION_BODY, "apiVersion": None}},  "does not give the date", "version null"),
)
# fmt: on


@pytest.mark.parametrize(
    "answer, name", [pytest.param(*line[:2], id=line[2]) for line in LOAD_NAMES]
)
def test_the_name_of_a_load_comes_from_its_tag_or_timestamp(web, registry, answer, name):
    plan(web, **answer)
    assert registry.current_load(LOAD).name == name


@pytest.mark.parametrize(
    "answer, words", [pytest.param(*line[:2], id=line[2]) for line in NOT_A_LOAD]
)
def test_an_answer_without_version_or_name_is_not_a_load(web, registry, answer, words):
    plan(web, **answer)
    with pytest.raises(Unusable, match=words):
        registry.current_load()


def test_a_timestamp_is_not_sent_as_a_tag(web, registry):
    plan(web)
    registry.current_load(RegistryLoad("2026-09-04T09:00:06"))
    assert "If-None-Match" not in sent(web)[0].headers


# --- asking again

# fmt: off
RETRIED = (
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


@pytest.mark.parametrize(
    "answer, waited", [pytest.param(*line[:2], id=line[2]) for line in RETRIED]
)
def test_a_passing_fault_is_retried(web, registry, time, answer, waited):
    plan(web, **answer), plan(web)
    assert registry.current_load() == LOAD
    assert registry.take_counts() == (2, 1) and registry.take_counts() == (0, 0)
    assert time.slept[0] == waited if waited else 1 <= time.slept[0] <= 3


def test_a_retry_after_date_is_counted_from_the_date_of_the_answer(web, registry, time):
    now = datetime(2001, 9, 4, 9, tzinfo=UTC)  # the server's clock, whatever ours says
    dates = {
        "Date": format_datetime(now, usegmt=True),
        "Retry-After": format_datetime(now + timedelta(seconds=20), usegmt=True),
    }
    plan(web, status=429, **dates), plan(web)
    assert registry.current_load() == LOAD and time.slept[0] == 20


# fmt: off
NOT_RETRIED = (
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
    "answer, error, words", [pytest.param(*line[:3], id=line[3]) for line in NOT_RETRIED]
)
def test_a_final_answer_is_not_retried(web, registry, time, answer, error, words):
    plan(web, **answer), plan(web)
    with pytest.raises(error, match=words) as caught:
        registry.current_load()
    assert registry.take_counts() == (1, 0) and time.slept == [] and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [{"status": 503}, {"kind": "text/html"}, {"body": requests.ReadTimeout()}],
    ids=["503", "HTML", "silence"],
)
def test_retries_end_after_five_attempts_or_the_budget(web, registry, time, answer):
    plan(web, **answer)
    with pytest.raises(RegistryError):
        registry.current_load()
    assert 2 <= len(sent(web)) <= 5 and time.now <= 130


def test_a_host_that_never_answers_is_given_up_within_twenty_seconds(web, registry, time):
    def silence(request):
        time.now += Limits().connect_seconds
        raise requests.ConnectTimeout

    web.add_callback(responses.GET, VERSION, silence)
    with pytest.raises(Unreachable, match=r"no answer from registry\.test \(timed out\)"):
        registry.current_load()
    assert len(sent(web)) >= 2 and time.now <= 20


def test_three_failures_in_a_row_exhaust_the_client_until_an_answer_comes(web, registry):
    plan(web, status=503)
    for exhausted in (False, False, True):
        with pytest.raises(RegistryError):
            registry.current_load()
        assert registry.exhausted is exhausted
    web.replace(responses.GET, VERSION, json=VERSION_BODY, headers={"ETag": TAG})
    registry.current_load()
    assert not registry.exhausted


def test_a_second_403_exhausts_the_client(web, registry):
    plan(web, status=403)
    with pytest.raises(Refused, match="refuses this client"):
        registry.current_load()
    assert len(sent(web)) == 2 and registry.exhausted


# --- pace


def test_requests_are_a_second_apart_and_two_after_a_429(web, registry, time):
    plan(web)
    registry.current_load(), registry.current_load()
    assert time.slept == [1]
    time.now += 0.4
    registry.current_load()
    assert time.slept == [1, pytest.approx(0.6)]
    time.now += 5
    registry.current_load()
    assert len(time.slept) == 2
    web.replace(responses.GET, VERSION, status=429, headers={"Retry-After": "0"})
    with pytest.raises(Unusable):
        registry.current_load()
    web.replace(responses.GET, VERSION, json=VERSION_BODY, headers={"ETag": TAG})
    time.slept.clear()
    registry.current_load(), registry.current_load()
    assert time.slept[-1] >= 2


def test_a_pace_of_zero_waits_only_after_a_429(web, time):
    registry = Registry(ROOT, pace=0, sleep=time.sleep, monotonic=time)
    plan(web, status=429, **{"Retry-After": "0"}), plan(web)
    registry.current_load(), registry.current_load()
    assert time.slept == [0, 2, 2]


def test_five_429s_leave_no_batch_unasked(web, time):
    """Before, a request was given up after five attempts, whatever they were answered by."""
    registry = Registry(ROOT, sleep=time.sleep, monotonic=time)
    for _ in range(5):
        plan(web, STUDIES, status=429)
    plan(web, STUDIES, page(1))
    assert ids_in(registry.studies([nct(1)])) == [nct(1)]


def test_a_fault_after_429s_has_all_its_attempts(web, time):
    registry = Registry(ROOT, sleep=time.sleep, monotonic=time)
    for status in (429, 429, 503, 429, 503, 503):
        plan(web, STUDIES, status=status)
    plan(web, STUDIES, page(1))
    assert ids_in(registry.studies([nct(1)])) == [nct(1)]


def test_429_for_ever_ends_within_the_budget_of_one_request(web, time):
    registry = Registry(ROOT, sleep=time.sleep, monotonic=time)
    web.add(responses.GET, STUDIES, status=429)
    began = time()
    with pytest.raises(Unusable, match="429"):
        list(registry.studies([nct(1)]))
    assert 60 < time() - began <= RetryPolicy().budget
    assert 5 < len(sent(web)) < 15


def test_a_person_hears_once_that_the_registry_slows_us_down(web, time):
    warnings = []
    registry = Registry(ROOT, sleep=time.sleep, monotonic=time, warn=warnings.append)
    plan(web, status=429), plan(web, status=429), plan(web)
    registry.current_load()
    assert warnings == ["the registry slows us down (429): its records come later than usual"]


# --- pages


def page(*numbers, token=None):
    return {
        "studies": [study(number) for number in numbers],
        **({"nextPageToken": token} if token else {}),
    }


def ids_in(pages):
    return [
        record["protocolSection"]["identificationModule"]["nctId"]
        for page in pages
        for record in page.studies
    ]


def test_a_batch_is_requested_with_a_page_size_that_fits(web, registry):
    plan(web, STUDIES, page(1, 2))
    assert ids_in(registry.studies([nct(1), nct(2)])) == [nct(1), nct(2)]
    assert sent(web)[0].params == {
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
def test_page_tokens_are_followed(web, registry, pages, found):
    for body in pages:
        plan(web, STUDIES, body)
    assert ids_in(registry.studies([nct(1), nct(2)])) == list(map(nct, found))
    assert [request.params.get("pageToken") for request in sent(web)] == [None, "t"][: len(pages)]
    assert (
        len({(request.params["filter.ids"], request.params["pageSize"]) for request in sent(web)})
        == 1
    )


def test_a_record_is_held_until_the_last_page_has_not_contradicted_it(web, registry):
    other = study(1, brief_title="Another title")
    plan(web, STUDIES, page(1, 2, token="t")), plan(web, STUDIES, {"studies": [other]})
    (answer,) = registry.studies([nct(1), nct(2)])
    assert ids_in([answer]) == [nct(2)]
    assert answer.contradicted == {nct(1)}


def test_pages_of_one_answer_are_bounded_together(web):
    size = len(json.dumps(page(1)))
    client = Registry(ROOT, pace=0, limits=Limits(bytes=size + size // 2))
    plan(web, STUDIES, page(1, token="t")), plan(web, STUDIES, page(2, token="u"))
    plan(web, STUDIES, page(3))
    with pytest.raises(Unusable, match="pages of an answer"):
        list(client.studies([nct(1)]))
    assert len(sent(web)) == 2


def test_a_repeated_token_ends_the_pages(web, registry):
    plan(web, STUDIES, page(1, token="t"))
    with pytest.raises(Unusable, match="page after page without end"):
        list(registry.studies([ONE]))
    assert len(sent(web)) == 2


def test_endless_tokens_end_at_the_bound(web, registry):
    web.add_callback(
        responses.GET,
        STUDIES,
        lambda request: (200, {}, json.dumps(page(token=f"t{len(web.calls)}"))),
        content_type="application/json",
    )
    with pytest.raises(Unusable, match="page after page without end"):
        list(registry.studies([ONE]))
    assert len(sent(web)) < 60


@pytest.mark.parametrize(
    "body", [[], {}, {"studies": {}}, {"studies": [], "nextPageToken": 5}, None], ids=str
)
def test_a_page_of_another_shape_is_unusable(web, registry, body):
    plan(web, STUDIES, body)
    with pytest.raises(Unusable, match="has an unexpected format"):
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
def test_a_study_without_an_id_is_a_fault_and_the_others_are_kept(web, registry, fault):
    plan(web, STUDIES, {"studies": [fault, study(2)]})
    (found,) = registry.studies([ONE, nct(2)])
    assert ids_in([found]) == [nct(2)] and len(found.faults) == 1


# fmt: off
HEAD, ONE_LINE, TWO_LINE, END = b'{"totalCount":2,"studies":[', json.dumps(study(1)).encode() + b",", json.dumps(study(2)).encode(), b'],"nextPageToken":"t"}'
BAD = ONE_LINE.replace(b"Rest", b"\xff")
LINES = (
    # lines of the page                            readable  faults  what it is
    ((HEAD, ONE_LINE, TWO_LINE, END),              [1, 2],   0,      "a page as it should be"),
    ((HEAD, BAD, TWO_LINE, END),                   [2],      1,      "one record in another encoding"),
    ((HEAD, b'{"a":NaN},', TWO_LINE, END),         [2],      1,      "one with NaN"),
    ((HEAD, b'{"a":NaN},', b'{"a":NaN}', END),     [],       1,      "all of them"),
    ((HEAD, b"[" * 5000 + b",", TWO_LINE, END),    [2],      1,      "one nested without end"),
    ((HEAD, b'{"a":"x', b'y"},', TWO_LINE, END),   [2],      1,      "one with a bare line break"),
    ((HEAD, b'7,', BAD, TWO_LINE, END),            [2],      1,      "a line that is no record"),
    ((HEAD, BAD, TWO_LINE),                        None,     0,      "cut off behind a line"),
    ((HEAD, BAD, TWO_LINE, b""),                   None,     0,      "cut off at the end of a line"),
    ((HEAD, BAD, TWO_LINE[:40]),                   None,     0,      "cut off in a line"),
    ((HEAD, BAD, TWO_LINE, END[:-1]),              None,     0,      "cut off before its last character"),
    ((HEAD, BAD, TWO_LINE, END[:1]),               None,     0,      "cut off before the token"),
    ((HEAD[:-3], BAD, TWO_LINE, END),              None,     0,      "cut off at the beginning"),
    ((b'{"x":[', BAD, TWO_LINE, END),              None,     0,      "no page"),
    ((HEAD + BAD + TWO_LINE + END,),               None,     0,      "all on one line"),
)
# fmt: on


@pytest.mark.parametrize(
    "lines, readable, faults", [pytest.param(*line[:3], id=line[3]) for line in LINES]
)
def test_a_damaged_page_is_salvaged_line_by_line(web, registry, lines, readable, faults):
    def answer(request):
        body = json.dumps(page()).encode() if "pageToken" in request.params else b"\n".join(lines)
        return 200, {"ETag": TAG}, body

    web.add_callback(responses.GET, STUDIES, answer, content_type="application/json")
    pages = registry.studies([ONE, nct(2)])
    if readable is None:
        with pytest.raises(Unusable, match="cut short or is not JSON"):
            next(pages)
    else:
        salvaged = next(pages)
        assert (ids_in([salvaged]), len(salvaged.faults), salvaged.load) == (
            list(map(nct, readable)),
            faults,
            TAG,
        )
    attempts = 1 if lines[1:2] == (ONE_LINE,) else RetryPolicy().attempts_before_halving
    asked_further = RetryPolicy().attempts if readable is None else 1  # for half, or the next page
    assert len(sent(web)) == attempts + asked_further
    assert not registry.exhausted


def test_pages_continue_after_a_salvaged_one(web, registry):
    def answer(request):
        lines = (
            (HEAD, TWO_LINE, b"]}") if "pageToken" in request.params else (HEAD, b'{"a":NaN}', END)
        )
        return 200, {"ETag": TAG}, b"\n".join(lines)

    web.add_callback(responses.GET, STUDIES, answer, content_type="application/json")
    assert ids_in(registry.studies([ONE, nct(2)])) == [nct(2)]


def test_salvaged_pages_do_not_exhaust_the_client(web, registry):
    plan(web, STUDIES, b"\n".join((HEAD, BAD, TWO_LINE, b"]}")))
    for _ in range(4):
        assert ids_in(registry.studies([ONE, nct(2)])) == [nct(2)] and not registry.exhausted


def test_a_page_carries_the_name_of_its_load(web, registry):
    plan(web, STUDIES, page(1, token="t"), tag=NEXT_TAG), plan(web, STUDIES, page(2), tag=None)
    assert [page.load for page in registry.studies([ONE])] == [NEXT_TAG, None]


def test_a_refused_batch_is_halved_down_to_the_refused_id(web, registry):
    def answer(request):
        ids = request.params["filter.ids"].split(",")
        if nct(3) in ids:
            return 400, {}, "Item 1 in parameter `filter.ids` has incorrect format"
        return 200, {"ETag": TAG}, json.dumps(page(*(int(nct_id[3:]) for nct_id in ids)))

    web.add_callback(responses.GET, STUDIES, answer, content_type="application/json")
    pages, found = registry.studies([nct(number) for number in range(1, 9)]), []
    with pytest.raises(Refused, match="400"):
        for answered in pages:
            found += ids_in([answered])
    assert found == [nct(1), nct(2)] and [
        len(request.params["filter.ids"].split(",")) for request in sent(web)
    ] == [8, 4, 2, 2, 1]


def sizes_of_requests(web):
    return [len(request.params["filter.ids"].split(",")) for request in sent(web)]


def answer_up_to(most, otherwise):
    """Answers requests for up to *most* ids, and all others by *otherwise*."""

    def answer(request):
        ids = request.params["filter.ids"].split(",")
        if len(ids) > most:
            return otherwise
        return 200, {"ETag": TAG}, json.dumps(page(*(int(nct_id[3:]) for nct_id in ids)))

    return answer


CUT = (200, {"ETag": TAG}, '{"studies":[\n{"protocolSection":')


@pytest.mark.parametrize(
    "otherwise, attempts",
    [((413, {}, ""), 1), ((414, {}, ""), 1), ((431, {}, ""), 1), (CUT, 2)],
    ids=["413", "414", "431", "cut short"],
)
def test_a_request_for_too_much_is_halved_and_its_size_remembered(
    web, registry, otherwise, attempts
):
    web.add_callback(
        responses.GET, STUDIES, answer_up_to(60, otherwise), content_type="application/json"
    )
    ids = [nct(number) for number in range(1, 401)]
    assert sorted(ids_in(registry.studies(ids))) == ids
    assert sizes_of_requests(web) == [200] * attempts + [100] * attempts + [50] * 8
    assert registry.batch_size == 50
    assert not registry.exhausted


def test_no_answer_at_all_makes_no_request_smaller(web, registry):
    plan(web, STUDIES, requests.ConnectionError("connection refused"))
    with pytest.raises(Unreachable):
        list(registry.studies([ONE, nct(2)]))
    assert {*sizes_of_requests(web)} == {2}
    assert registry.batch_size == Limits().ids


def test_a_registry_that_cuts_every_answer_short_is_soon_left_alone(web, registry):
    web.add_callback(responses.GET, STUDIES, lambda request: CUT, content_type="application/json")
    with pytest.raises(Unusable, match="cut short"):
        list(registry.studies([nct(number) for number in range(1, 201)]))
    assert sizes_of_requests(web) == [200, 200, 100, 100, 50, 50]
    assert registry.exhausted


def test_large_records_are_asked_for_in_smaller_requests(web):
    web.add_callback(
        responses.GET, STUDIES, answer_up_to(200, CUT), content_type="application/json"
    )
    size = len(json.dumps(study(1))) + 2
    client = Registry(ROOT, pace=0, limits=Limits(page_bytes=50 * size))
    ids = [nct(number) for number in range(1, 301)]
    assert sorted(ids_in(client.studies(ids))) == ids
    first, *others = sizes_of_requests(web)
    assert first == 200
    assert all(45 <= number <= 50 for number in others[:-1])


def test_the_address_of_the_largest_request_is_within_four_kilobytes(web, registry):
    web.add_callback(
        responses.GET, STUDIES, answer_up_to(200, CUT), content_type="application/json"
    )
    list(registry.studies([nct(number) for number in range(1, 201)]))
    (request,) = sent(web)
    assert len(request.url) < 4096
    assert int(request.params["pageSize"]) > 200


# --- a single record


def moved(web, location, status=301):
    plan(web, f"{STUDIES}/{ONE}", "", status, Location=location)


@pytest.mark.parametrize(
    "location",
    [f"/api/v2/studies/{nct(2)}", f"{STUDIES}/{nct(2)}", nct(2), f"{STUDIES}/{nct(2)}?format=json"],
    ids=["relative", "absolute", "beside", "query"],
)
@pytest.mark.parametrize("aliases", [[ONE], None], ids=["which knows its alias", "which does not"])
def test_a_redirect_of_a_merged_id_is_followed_to_its_record(web, registry, location, aliases):
    moved(web, location), plan(web, f"{STUDIES}/{nct(2)}", study(2, aliases=aliases))
    record, load = registry.study(ONE)
    assert (record.nct_id, load) == (nct(2), TAG)


def test_the_record_behind_a_redirect_must_be_the_one_it_names(web, registry):
    moved(web, f"{STUDIES}/{nct(2)}"), plan(web, f"{STUDIES}/{nct(2)}", study(3, aliases=[ONE]))
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
def test_a_redirect_to_anything_but_a_record_is_refused(web, registry, location):
    moved(web, location)
    with pytest.raises(Refused, match="not followed"):
        registry.study(ONE)
    assert len(sent(web)) == 1


MALFORMED_TARGETS = (
    "/\xff\xfe",
    "http://[::1",
    "http://[::1]:x/",
    "//[",
    "http://registry.test:99999999/",
)


@pytest.mark.parametrize("location", MALFORMED_TARGETS, ids=ascii)
@pytest.mark.parametrize("place", ["gate", "batch", "single"])
def test_a_malformed_redirect_is_refused_wherever_it_comes(web, registry, location, place):
    url = {"gate": VERSION, "batch": STUDIES, "single": f"{STUDIES}/{ONE}"}[place]
    plan(web, url, "", 302, Location=location)
    with pytest.raises(Refused, match="not followed"):
        {
            "gate": registry.current_load,
            "batch": lambda: list(registry.studies([ONE])),
            "single": lambda: registry.study(ONE),
        }[place]()
    assert len(sent(web)) == 1


@pytest.mark.parametrize(
    "location", [f"/api/v2/studies/{ONE}", ""], ids=["by name", "by an empty address"]
)
def test_a_redirect_to_itself_ends(web, registry, location):
    moved(web, location)
    with pytest.raises(RegistryError):
        registry.study(ONE)
    assert len(sent(web)) <= 2


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
def test_a_single_record_must_be_the_one_asked_for(web, registry, answer, error, words):
    plan(web, f"{STUDIES}/{ONE}", **answer)
    if error is None:
        assert registry.study(ONE)[1] == TAG
    else:
        with pytest.raises(error, match=words):
            registry.study(ONE)


def test_a_body_beyond_the_bound_is_dropped(web, registry):
    plan(web, body=b" " * (1 << 20))
    with pytest.raises(Unusable, match="was not read"):
        registry.current_load()
    assert len(sent(web)) == 1


def test_errors_quote_only_the_beginning_of_a_body(web, registry):
    plan(web, STUDIES, "x" * 5000, 400, kind="text/plain")
    with pytest.raises(Refused) as caught:
        list(registry.studies([ONE]))
    assert len(str(caught.value)) < 600
