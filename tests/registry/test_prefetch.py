"""The next batch is fetched while the current one is processed: never two requests at a time, and never an answer of an earlier load."""

import threading
import time
from contextlib import contextmanager

import pytest

from enrich.errors import RegistryError
from enrich.registry.client import Registry
from enrich.registry.prefetch import Prefetcher
from tests.fixtures import registry_server as standin
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, table_of

ONE, TWO, THREE = ([nct(number)] for number in (1, 2, 3))


class Sender:
    """Answers a request with its own name once it is released; knows how many were under way at most."""

    def __init__(self):
        self.released, self.counted, self.sent = threading.Event(), 0, []
        self.prefetcher = Prefetcher(self.send, self.count)
        self.active = self.most = 0

    def count(self):
        self.counted += 1

    def send(self, request):
        self.sent.append(request)
        self.active += 1
        self.most = max(self.most, self.active)
        assert self.released.wait(20)
        self.active -= 1
        if request == "bad":
            raise RegistryError("no")
        return request.upper()


@pytest.fixture
def sender():
    return Sender()


def test_a_started_request_is_answered_once_and_counted_once(sender):
    sender.prefetcher.start("a")
    assert sender.counted == 1
    sender.released.set()
    assert (
        sender.prefetcher.get("a"),
        sender.prefetcher.get("a"),
        sender.sent,
        sender.counted,
    ) == (
        "A",
        "A",
        ["a", "a"],
        2,
    )


def test_another_request_waits_for_the_started_one_and_keeps_its_answer(sender):
    sender.prefetcher.start("a")
    threading.Timer(0.1, sender.released.set).start()
    assert (sender.prefetcher.get("b"), sender.prefetcher.get("a"), sender.sent, sender.most) == (
        "B",
        "A",
        ["a", "b"],
        1,
    )


def test_only_one_request_is_started_at_a_time(sender):
    sender.released.set()
    sender.prefetcher.start("a"), sender.prefetcher.start("b")
    assert (sender.prefetcher.get("a"), sender.sent, sender.counted) == ("A", ["a"], 1)


def test_a_discarded_request_is_sent_again(sender):
    sender.released.set()
    sender.prefetcher.start("a"), sender.prefetcher.discard()
    assert (sender.prefetcher.get("a"), sender.sent) == ("A", ["a", "a"])


def test_an_error_is_raised_where_the_answer_is_taken(sender):
    sender.released.set()
    sender.prefetcher.start("bad")
    with pytest.raises(RegistryError, match="no"):
        sender.prefetcher.get("bad")
    assert sender.prefetcher.get("a") == "A"


# --- against a registry on loopback


@pytest.fixture
def registry():
    with StandInRegistry([study(number) for number in range(1, 31)]) as stand_in:
        yield stand_in


@pytest.fixture
def synced(tmp_path, registry):
    return SyncedFolder(tmp_path, registry, batch_size=10)


ALL = table_of(*map(nct, range(1, 31)))


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_next_batch_arrives_while_one_is_processed(synced, registry):
    asked = []

    def on_progress(done, of):
        if 0 < done < of:
            until(
                lambda: len(registry.requests) == len(asked) + 3
            )  # the gate, this batch, and the one that follows
            asked.append(done)

    synced.report(ALL, on_progress=on_progress)
    assert (asked, len(registry.requests)) == ([10, 20], 4)


@contextmanager
def crowded(registry):
    """Yields a list of how many requests the registry had at once, each delayed for a moment."""
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


def test_requests_never_overlap_whatever_is_requested_singly(synced, registry):
    registry.remove(nct(5)), registry.merge(nct(6), nct(16)), registry.remove(nct(15))
    with crowded(registry) as most:
        run = synced.run(ALL)
    assert (max(most), run.gone, run.not_checked, run.requests) == (
        1,
        2,
        0,
        len(registry.requests),
    )


def test_a_batch_prefetched_before_a_reload_is_requested_again(synced, registry):
    synced.run(ALL)
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

    run = synced.report(ALL, on_progress=reload).run
    assert (run.changed, run.not_checked) == (30, 0)
    assert {load for (load,) in synced.rows("select load from answers")} == {registry.etag}


@pytest.mark.parametrize("fault", ["503-html", "429", "cut-json", "reset"])
def test_a_prefetched_batch_is_retried_after_a_passing_fault(synced, registry, fault):
    registry.fail(fault, on="batch", after=1)
    run = synced.run(ALL)
    assert (run.new, run.not_checked, run.requests, run.retries) == (30, 0, 5, 1)


def test_the_end_of_the_program_does_not_wait_for_a_prefetched_batch(registry):
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
