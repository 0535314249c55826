"""A batch is asked for while the one before is worked on: never two requests at a time, and never an answer of the load before."""

import threading
import time
from contextlib import contextmanager

import pytest

from enrich.errors import RegistryError
from enrich.registry.client import Registry
from enrich.registry.prefetch import Ahead
from tests.fixtures import registry_server as standin
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct, study
from tests.run.test_sync import Kept, table_of

ONE, TWO, THREE = ([nct(number)] for number in (1, 2, 3))


class Line:
    """Answers a request with its own name once it is let go; knows how many were under way at most."""

    def __init__(self):
        self.let_go, self.counted, self.sent = threading.Event(), 0, []
        self.ahead = Ahead(self.send, self.count)
        self.now = self.most = 0

    def count(self):
        self.counted += 1

    def send(self, request):
        self.sent.append(request)
        self.now += 1
        self.most = max(self.most, self.now)
        assert self.let_go.wait(20)
        self.now -= 1
        if request == "bad":
            raise RegistryError("no")
        return request.upper()


@pytest.fixture
def line():
    return Line()


def test_what_was_begun_is_the_answer_and_counted_once(line):
    line.ahead.begin("a")
    assert line.counted == 1
    line.let_go.set()
    assert (line.ahead.answer("a"), line.ahead.answer("a"), line.sent, line.counted) == (
        "A",
        "A",
        ["a", "a"],
        2,
    )


def test_another_request_waits_and_what_was_begun_is_kept_for_who_asks_for_it(line):
    line.ahead.begin("a")
    threading.Timer(0.1, line.let_go.set).start()
    assert (line.ahead.answer("b"), line.ahead.answer("a"), line.sent, line.most) == (
        "B",
        "A",
        ["a", "b"],
        1,
    )


def test_only_one_is_begun_at_a_time(line):
    line.let_go.set()
    line.ahead.begin("a"), line.ahead.begin("b")
    assert (line.ahead.answer("a"), line.sent, line.counted) == ("A", ["a"], 1)


def test_what_is_forgotten_is_asked_anew(line):
    line.let_go.set()
    line.ahead.begin("a"), line.ahead.forget()
    assert (line.ahead.answer("a"), line.sent) == ("A", ["a", "a"])


def test_what_went_wrong_is_raised_where_the_answer_is_asked_for(line):
    line.let_go.set()
    line.ahead.begin("bad")
    with pytest.raises(RegistryError, match="no"):
        line.ahead.answer("bad")
    assert line.ahead.answer("a") == "A"


# --- against a registry on loopback


@pytest.fixture
def registry():
    with StandInRegistry([study(number) for number in range(1, 31)]) as stand_in:
        yield stand_in


@pytest.fixture
def kept(tmp_path, registry, monkeypatch):
    monkeypatch.setattr("enrich.run.fetch.BATCH", 10)
    return Kept(tmp_path, registry)


ALL = table_of(*map(nct, range(1, 31)))


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_next_batch_comes_in_while_one_is_worked_on(kept, registry):
    asked = []

    def told(done, of):
        if done < of:
            until(
                lambda: len(registry.requests) == len(asked) + 3
            )  # the gate, this batch, and the one that follows
            asked.append(done)

    kept.report(ALL, told=told)
    assert (asked, len(registry.requests)) == ([10, 20], 4)


@contextmanager
def crowded(registry):
    """How many requests the registry had at once, each held up for a moment."""
    now, most, lock = set(), [], threading.Lock()

    def slowly(handler):
        with lock:
            now.add(handler)
            most.append(len(now))
        time.sleep(0.02)
        with lock:
            now.discard(handler)
        standin.respond_correctly(handler)

    registry.fail(slowly, times=None)
    yield most


def test_never_are_there_two_requests_at_a_time_whatever_is_asked_singly(kept, registry):
    registry.remove(nct(5)), registry.merge(nct(6), nct(16)), registry.remove(nct(15))
    with crowded(registry) as most:
        told = kept.run(ALL)
    assert (max(most), told.gone, told.not_checked, told.requests) == (
        1,
        2,
        0,
        len(registry.requests),
    )


def test_what_was_asked_before_a_reload_is_asked_again(kept, registry):
    kept.run(ALL)
    registry.next_load()
    for number in range(1, 31):
        registry.change(nct(number), lambda record: standin.post_update(registry.day, record))

    tag = registry.etag

    def reload(done, of):
        if done == 10 and registry.etag == tag:
            until(
                lambda: len(registry.requests) == 7
            )  # the batch that follows was sent ahead, and is of the load that now ends
            registry.next_load()

    run = kept.report(ALL, told=reload).run
    assert (run.changed, run.not_checked) == (30, 0)
    assert {load for (load,) in kept.rows("select load from ids")} == {registry.etag}


@pytest.mark.parametrize("fault", ["503-html", "429", "cut-json", "reset"])
def test_a_batch_sent_ahead_is_asked_again_where_it_failed_for_a_while(kept, registry, fault):
    registry.fail(fault, on="batch", after=1)
    run = kept.run(ALL)
    assert (run.new, run.not_checked, run.requests, run.retries) == (30, 0, 5, 1)


def test_who_stops_does_not_wait_for_what_was_sent_ahead(registry):
    held = threading.Event()
    registry.fail(lambda handler: held.wait(20), on="batch", after=1)
    client = Registry(registry.url, pace=0)
    next(client.studies(ONE))
    client.send_ahead(TWO)
    until(lambda: len(registry.requests) == 2)
    assert [thread for thread in threading.enumerate() if not thread.daemon] == [
        threading.main_thread()
    ]
    held.set()
