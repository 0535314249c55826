"""Notices: sent when there is news or a lasting failure, never otherwise, and never with what is secret in an address."""

import contextlib
import logging
import re
import socket
import threading
import time

import html5lib
import pytest

from enrich.run import console
from enrich.run.deliveries import SendingLimits
from enrich.run.notify import Address
from tests.fixtures.cron_job import STATUS_PATH, CronJob, WebhookReceiver, cron_study
from tests.fixtures.mailbox import mail_server
from tests.fixtures.registry_server import StandInRegistry, set_path

SECRET = "hunter2hunter2"


@pytest.fixture
def mailbox():
    with mail_server() as box:
        yield box, box.url


@pytest.fixture
def receiver():
    with WebhookReceiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def registry():
    with StandInRegistry([cron_study(number) for number in range(1, 4)]) as standin:
        yield standin


@pytest.fixture
def cron(registry, tmp_path):
    crontab = CronJob(tmp_path, registry.url, 3)
    crontab.run()
    return crontab


def complete(registry, nct_id):
    registry.next_load()
    registry.change(nct_id, lambda study: set_path(study, STATUS_PATH, "COMPLETED"))


def test_mail_is_sent_when_there_is_news_and_only_then(cron, registry, mailbox):
    box, url = mailbox
    cron.run("--notify", url)
    assert box.mails == []
    complete(registry, "NCT00000002")
    result = cron.run("--notify", url)
    cron.run("--notify", url)
    (mail,) = box.mails
    assert mail["Subject"] == "“A review”: 1 completed"
    assert mail["To"] == "team@example.org"
    assert mail.get_body().get_content().replace("\r\n", "\n").strip() == result.stdout.strip()


def test_mail_has_an_html_alternative_unless_the_address_asks_for_text_alone(
    cron, registry, mailbox
):
    box, url = mailbox
    complete(registry, "NCT00000002")
    cron.run("--notify", url.replace("&format=text", ""))
    (mail,) = box.mails
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert len(text.splitlines()) <= 40 and "completed (was recruiting)" in text
    tree = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(html)
    assert tree.findtext(".//h1") == mail["Subject"]
    assert "https://clinicaltrials.gov/study/NCT00000002" in {
        link.get("href") for link in tree.findall(".//a")
    }


def test_a_recipient_whom_the_mail_server_refuses_is_logged(cron, registry, mailbox, tmp_path):
    box, url = mailbox
    box.refused = {"gone@example.org"}
    complete(registry, "NCT00000002")
    log = tmp_path / "enrich.log"
    for _ in range(2):
        cron.run("--notify", f"{url},gone@example.org", "--log-file", str(log))
    assert len(box.mails) == 1
    text = log.read_text(encoding="utf-8")
    assert "the mail server refused 1 of 2 recipients" in text and "gone@" not in text


def test_the_html_of_a_first_check_lists_the_cells_to_correct(registry, mailbox, tmp_path):
    box, url = mailbox
    job = CronJob(tmp_path, registry.url, 3)
    cells = tmp_path / "review.csv"
    cells.write_text(cells.read_text().replace("NCT00000002,20", "NCT00000002,25"))
    job.run("--notify", url.replace("&format=text", ""))
    (mail,) = box.mails
    html = " ".join(re.sub(r"<[^>]+>", "", mail.get_body(("html",)).get_content()).split())
    assert "Row 2, NCT00000002, number of participants: printed “25”, now planned 20" in html


def test_a_lasting_failure_and_its_end_are_sent(cron, registry, receiver):
    registry.fail("403-html", times=None)
    for _ in range(4):
        cron.run("--notify", receiver.url)
    registry.heal()
    registry.next_load()
    cron.run("--notify", receiver.url)
    lasting, ended = receiver.received
    assert lasting["title"] == "“A review”: registry not reached"
    assert "\n\nThe registry could not be reached since " in lasting["message"]
    assert ended["title"] == "“A review”: registry reached again"
    assert "\n\nThe registry answers again. " in ended["message"]


def test_news_that_could_not_be_sent_goes_with_the_next_run_and_is_sent_once(
    cron, registry, receiver
):
    complete(registry, "NCT00000002")
    receiver.status = 500
    failed = cron.run("--notify", receiver.url)
    assert (failed.exit_code, failed.stderr) == (
        1,
        "enrich: the notification could not be sent by json; the next run sends it again\n",
    )
    assert "completed (was recruiting)" in failed.stdout
    receiver.status, receiver.received = 200, []
    assert cron.run("--notify", receiver.url).exit_code == 0
    cron.run("--notify", receiver.url)
    (message,) = receiver.received
    assert "completed (was recruiting)" in message["message"]


def test_what_is_secret_in_an_address_is_nowhere(cron, registry, receiver, tmp_path, caplog):
    receiver.status = 500
    complete(registry, "NCT00000001")
    log = tmp_path / "enrich.log"
    with caplog.at_level(logging.DEBUG):
        results = [
            cron.run("--notify", receiver.url, "-v", "--log-file", str(log)),
            cron.run("--notify", f"nosuch://{SECRET}", "--log-file", str(log)),
        ]
    assert [result.exit_code for result in results] == [1, 1]
    output = (
        "".join(result.output for result in results)
        + log.read_text(encoding="utf-8")
        + (tmp_path / "trials.db").read_bytes().decode("latin-1")
    )
    assert "could not be sent by json" in output
    assert SECRET not in output
    assert not [
        record
        for record in caplog.records
        if record.name.startswith("apprise") and SECRET in record.getMessage()
    ]


def test_addresses_can_come_from_the_environment(cron, registry, receiver, monkeypatch):
    monkeypatch.setenv("ENRICH_NOTIFY", receiver.url)
    complete(registry, "NCT00000001")
    cron.run()
    assert len(receiver.received) == 1


def test_an_address_that_is_none_is_refused_before_anything_is_asked(cron, registry):
    asked = len(registry.requests)
    result = cron.run("--notify", "team@example.org")
    assert result.exit_code == 1
    assert result.stderr.startswith("enrich: --notify: apprise does not understand this address")
    assert len(registry.requests) == asked


def test_a_missing_extra_is_named(cron, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    assert (
        cron.run("--notify", "json://127.0.0.1").stderr
        == "enrich: --notify needs a further library: pip install 'enrich[notify]'\n"
    )


# --- servers that never come to an end


class DrippingServer:
    """Takes what is sent to it and answers a header every few moments, for ever."""

    def __init__(self):
        self.connections, self._stopped = 0, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._stopped.set()
        self._socket.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._drip, args=(connection,), daemon=True).start()

    def _drip(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not self._stopped.wait(0.1):
                connection.sendall(b"X-Drop: 1\r\n")


@pytest.fixture
def dripping(monkeypatch):
    monkeypatch.setattr(console, "SENDING_LIMITS", SendingLimits(each=0.5, in_all=0.8))
    with DrippingServer() as server:
        yield server


def test_a_server_that_drips_is_given_up_and_the_others_get_their_news(
    cron, registry, receiver, dripping
):
    complete(registry, "NCT00000002")
    began = time.monotonic()
    addresses = [f"json://{dripping.address}/a", receiver.url, f"json://{dripping.address}/b"]
    result = cron.run(*(part for url in addresses for part in ("--notify", url)))
    assert time.monotonic() - began < 3
    assert (result.exit_code, result.stderr) == (
        1,
        "enrich: the notification could not be sent by json; the next run sends it again\n",
    )
    assert len(receiver.received) == 1 and dripping.connections == 2
    receiver.received.clear()
    assert cron.run("--notify", receiver.url).exit_code == 0
    assert receiver.received == []


def test_a_message_for_which_no_time_is_left_is_sent_once_by_the_next_run(
    cron, registry, receiver, monkeypatch
):
    complete(registry, "NCT00000002")
    with monkeypatch.context() as patch:
        patch.setattr(console, "SENDING_LIMITS", SendingLimits(each=5, in_all=0))
        assert cron.run("--notify", receiver.url).exit_code == 1
    cron.run("--notify", receiver.url)
    assert len(receiver.received) == 1


def test_another_run_works_while_news_is_sent(cron, registry, receiver, monkeypatch):
    """The run that sends has left the database; what the other finds is not taken for sent."""
    sends, others = Address.send, []

    def send_while_another_run_works(address, message, seconds):
        if not others:
            complete(registry, "NCT00000002")
            others.append(None)
            others.append(cron.run("--notify", receiver.url))
        return sends(address, message, seconds)

    monkeypatch.setattr(Address, "send", send_while_another_run_works)
    monkeypatch.setattr(console, "SENDING_LIMITS", SendingLimits(each=5, in_all=0.2))
    complete(registry, "NCT00000001")
    assert cron.run("--notify", receiver.url).exit_code == 0
    assert others[1].exit_code == 0 and "completed" in others[1].stdout
    cron.run("--notify", receiver.url), cron.run("--notify", receiver.url)
    named = [re.findall(r"NCT0000000\d", message["message"]) for message in receiver.received]
    assert [{*ids} for ids in named] == [{"NCT00000001"}, {"NCT00000002"}]


def test_a_service_that_fails_in_its_own_way_is_one_line(cron, registry, receiver, monkeypatch):
    monkeypatch.setattr("apprise.Apprise.notify", lambda *a, **o: 1 / 0)
    complete(registry, "NCT00000002")
    result = cron.run("--notify", receiver.url)
    assert (result.exit_code, result.stderr) == (
        1,
        "enrich: the notification could not be sent by json; the next run sends it again\n",
    )
