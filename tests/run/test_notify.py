"""Notices: sent when there is news or a lasting failure, never otherwise, and never with what is secret in an address."""

import logging

import html5lib
import pytest

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
    assert result.stderr.startswith(
        "enrich: --notify: apprise does not understand this address (no scheme)"
    )
    assert len(registry.requests) == asked


def test_a_missing_extra_is_named(cron, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    assert (
        cron.run("--notify", "json://127.0.0.1").stderr
        == "enrich: --notify needs a further library: pip install 'enrich[notify]'\n"
    )
