"""Who gets which news, and when: each once, whatever fails on the way."""

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from enrich.errors import TableError
from enrich.tables.reader import read_table
from tests.fixtures.cron_job import (
    STATUS_PATH,
    CronJob,
    WebhookReceiver,
    cron_study,
    write_cron_table,
)
from tests.fixtures.mailbox import mail_server
from tests.fixtures.registry_server import StandInRegistry, set_path

TRIALS = 4
ENROLLMENT = "protocolSection.designModule.enrollmentInfo.count"
ACRONYM = "protocolSection.identificationModule.acronym"
IDS = [f"NCT{number:08d}" for number in range(1, TRIALS + 1)]


@pytest.fixture(scope="module")
def server():
    with mail_server() as box:
        yield box


@pytest.fixture
def box(server):
    server.mails, server.is_down = [], False
    return server


@pytest.fixture
def registry():
    with StandInRegistry([cron_study(number) for number in range(1, TRIALS + 1)]) as standin:
        yield standin


class Review(CronJob):
    """A cron job over a table with sections [notify], on a Monday in September."""

    def __init__(self, folder, registry, box, sections=""):
        super().__init__(folder, registry.url, TRIALS)
        self.registry, self.box = registry, box
        self.table.write_text(self.table.read_text() + sections)

    def begin(self):
        """The first run, which tells everybody that the table is new."""
        self.night()
        self.box.mails = []

    def night(self, *options, **changes):
        """The registry changes the status of trials (n1="COMPLETED"); the next run, by mail."""
        self.registry.next_load(f"{self.day - timedelta(hours=21):%Y-%m-%dT%H:%M:05}")
        for name, status in changes.items():
            self.registry.change(
                f"NCT{int(name[1:]):08d}",
                lambda study, status=status: set_path(study, STATUS_PATH, status),
            )
        return self.run(*(options or ("--notify", self.box.url)))


def named(text):
    return sorted(set(re.findall(r"NCT\d{8}", text)))


# --- whose rows


def test_each_recipient_gets_the_news_of_its_rows(tmp_path, registry, box):
    sections = f"""
[[notify]]
to = "one@example.org"
trials = ["{IDS[0]}"]
[[notify]]
to = "phase@example.org"
where = {{ Phase = "phase ii", N = ["20", "30"] }}
"""
    review = Review(tmp_path, registry, box, sections)
    review.begin()
    review.night(n1="COMPLETED", n2="SUSPENDED")
    (one,), (phase,), (team,) = map(
        box.take, ("one@example.org", "phase@example.org", "team@example.org")
    )
    assert named(one) == IDS[:1] and named(phase) == named(team) == IDS[:2]
    assert "This message covers 1 of 4 rows." in one
    review.night(n2="COMPLETED")
    assert box.take("one@example.org") == [] and len(box.take()) == 1


def test_a_recipient_with_a_lowest_rank_gets_only_what_ranks_as_high(tmp_path, registry, box):
    review = Review(
        tmp_path, registry, box, '[[notify]]\nto = "s@example.org"\nminimum_rank = "stopped"\n'
    )
    review.begin()
    review.night(n1="COMPLETED")
    assert box.take("s@example.org") == [] and len(box.take()) == 1
    review.night(n1="SUSPENDED", n2="COMPLETED")
    (mail,) = box.take("s@example.org")
    assert named(mail) == IDS[:1] and "ranks as “stopped” or higher" in " ".join(mail.split())


def test_a_recipient_has_rules_of_its_own(tmp_path, registry, box):
    review = Review(
        tmp_path,
        registry,
        box,
        '[[notify]]\nstatus = ["Completed"]\n'
        '[[notify]]\nto = "all@example.org"\nfields = ["overall_status"]\n',
    )
    review.begin()
    review.night(n1="SUSPENDED")
    assert box.take() == [] and len(box.take("all@example.org")) == 1


def test_a_variable_holds_an_address_that_no_description_may_contain(
    tmp_path, registry, box, monkeypatch
):
    review = Review(tmp_path, registry, box, '[[notify]]\nto = "ENRICH_NOTIFY_TEAM"\n')
    review.run()
    with WebhookReceiver("hunter2") as receiver:
        monkeypatch.setenv("ENRICH_NOTIFY_TEAM", receiver.url)
        review.night(n1="COMPLETED")
        assert len(receiver.received) == 1
    monkeypatch.delenv("ENRICH_NOTIFY_TEAM")
    result = review.night(n2="COMPLETED")
    assert result.stderr == (
        "enrich: WARNING: news waits for ENRICH_NOTIFY_TEAM, which is not set\n"
    )
    assert b"hunter2" not in (tmp_path / "trials.db").read_bytes()


def test_a_variable_that_holds_no_address_is_refused_before_anything_is_asked(
    tmp_path, registry, box, monkeypatch
):
    review = Review(tmp_path, registry, box, '[[notify]]\nto = "ENRICH_NOTIFY_TEAM"\n')
    review.begin()
    monkeypatch.setenv("ENRICH_NOTIFY_TEAM", "hunter2")
    asked = len(registry.requests)
    result = review.night(n1="COMPLETED")
    assert result.exit_code == 1 and len(registry.requests) == asked
    assert result.stderr.startswith("enrich: ENRICH_NOTIFY_TEAM: apprise does not understand this")
    assert "hunter2" not in result.output
    monkeypatch.delenv("ENRICH_NOTIFY_TEAM")
    review.night()
    assert len(box.take()) == 1


def test_news_waits_for_a_run_that_names_a_mail_server(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[[notify]]\nto = "one@example.org"\n')
    review.begin()
    result = review.night("-v", n1="COMPLETED")
    assert result.exit_code == 0
    assert "news waits for a mail address, as --notify names no mail server" in result.stderr
    review.night()
    (mail,) = box.take("one@example.org")
    assert "completed (was recruiting)" in mail


# --- when


def test_a_weekly_digest_goes_out_in_the_first_run_of_the_week(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[notify]\ndigest = "weekly"\n')
    review.night()  # Monday: that the table is new
    assert len(box.take()) == 1
    review.night(n1="COMPLETED")
    review.night(n2="SUSPENDED")
    review.night()
    review.night(n3="COMPLETED")  # Friday
    assert box.take() == []
    review.night()
    (digest,) = box.take()
    assert named(digest) == IDS[:3]
    review.night(n4="COMPLETED")
    for _ in range(3):
        review.night()
    assert box.take() == []
    review.night()
    (digest,) = box.take()
    assert named(digest) == IDS[3:]
    for _ in range(6):
        review.night()
    assert box.take() == []


def test_news_of_a_week_waits_for_its_end_where_monday_had_none(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[notify]\ndigest = "weekly"\n')
    for _ in range(6):  # to the Monday of the second week
        review.night()
    box.take()
    review.night(n1="COMPLETED")
    assert box.take() == []


def test_a_digest_that_fails_goes_out_the_next_day(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[notify]\ndigest = "weekly"\n')
    review.night()
    box.take()
    review.night(n1="COMPLETED")
    for _ in range(3):
        review.night()
    box.is_down = True
    assert review.night().exit_code == 1  # Monday
    box.is_down = False
    review.night(n2="COMPLETED")
    (digest,) = box.take()
    assert named(digest) == IDS[:2]


def test_a_sign_of_life_comes_once_a_month_while_nothing_is_new(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[notify]\nsign_of_life = "monthly"\n')
    review.night()
    box.take()
    sent = {}
    for day in (8, 15, 22, 29, 36, 37, 38, 67, 68, 69):  # days after 31 August
        review.day = datetime(2026, 8, 31, 6, tzinfo=UTC) + timedelta(days=day)
        review.night()
        if mails := box.take():
            sent[day] = "".join(mails)
    assert [*sent] == [37, 68]  # 7 October and 7 November
    subject, _, first, *_ = sent[37].splitlines()
    assert subject == "“A review”: nothing new since 7 September 2026; 4 trials checked"
    assert first == "Since 7 September 2026 all 6 checks went well, and nothing was new."


def test_a_sign_of_life_says_which_checks_did_not_go_well(tmp_path, registry, box):
    review = Review(tmp_path, registry, box, '[notify]\nsign_of_life = "monthly"\n')
    review.night()
    box.take()
    registry.fail("403-html", times=None)
    review.night()
    registry.heal()
    registry.next_load()
    review.night()
    review.day += timedelta(days=40)
    review.night()
    (mail,) = box.take()
    assert "Since 7 September 2026 2 of 3 checks went well;" in mail


def test_news_after_a_first_check_that_could_not_be_sent_is_in_the_message(tmp_path, registry, box):
    review = Review(tmp_path, registry, box)
    box.is_down = True
    review.night()
    box.is_down = False
    review.night(n1="COMPLETED")
    (mail,) = box.take()
    assert mail.startswith("“A review”: first check; 0 cells to correct; 1 completed\n")
    assert "completed (was recruiting)" in mail


# --- nothing twice, nothing lost


def test_only_the_address_that_was_not_reached_gets_the_news_again(tmp_path, registry, box):
    review = Review(tmp_path, registry, box)
    review.run()
    with WebhookReceiver("secret") as receiver:
        both = ("--notify", box.url, "--notify", receiver.url)
        receiver.status = 500
        result = review.night(*both, n1="COMPLETED")
        assert result.exit_code == 1 and "could not be sent by json;" in result.stderr
        receiver.status, receiver.received = 200, []
        review.night(*both)
        assert len(receiver.received) == 1 and len(box.take()) == 1


def test_a_failure_that_began_while_the_mail_server_was_down_is_not_lost(tmp_path, registry, box):
    review = Review(tmp_path, registry, box)
    review.run()
    registry.fail("403-html", times=None)
    review.night()
    review.night()
    box.is_down = True
    review.night()  # the third run in a row
    box.is_down = False
    review.night()
    (mail,) = box.take()
    assert "The registry could not be reached since 2026-09-08 06:00 UTC, 3 runs" in mail
    review.night()
    assert box.take() == []


def test_each_table_waits_by_itself(tmp_path, registry, box):
    """Each table may have a cron job of its own: the run of one must not end what waits for another."""
    (tmp_path / "b").mkdir()
    first, second = Review(tmp_path, registry, box), Review(tmp_path / "b", registry, box)
    second.table = second.table.rename(tmp_path / "b" / "other.toml")
    second.folder = tmp_path
    first.run()
    second.run()
    box.is_down = True
    first.night(n1="COMPLETED")
    box.is_down = False
    second.night()
    box.take()
    first.night()
    (mail,) = box.take()
    assert "completed (was recruiting)" in mail


RECIPIENTS = f"""
[[notify]]
digest = "weekly"
differences = false
[[notify]]
to = "each@example.org"
differences = false
[[notify]]
to = "two@example.org"
trials = ["{IDS[0]}", "{IDS[1]}"]
digest = "weekly"
differences = false
"""
FOLLOWED = {"team@example.org": IDS, "each@example.org": IDS, "two@example.org": IDS[:2]}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))]
)
def test_every_recipient_gets_every_change_once_whatever_fails(tmp_path, registry, box, seed):
    """Thirty days of random changes and a mail server that is often down.

    A change gives a trial a size that it never had, so that a mail can be searched for it.
    """
    chance = random.Random(seed)
    review = Review(tmp_path, registry, box, RECIPIENTS)
    review.begin()
    sizes = iter(range(1000, 9000))
    expected = {recipient: Counter() for recipient in FOLLOWED}
    received = {recipient: Counter() for recipient in FOLLOWED}
    for day in range(30):
        if chance.random() < 0.5 and day < 22:
            nct_id, size = chance.choice(IDS), next(sizes)
            registry.change(nct_id, lambda study, size=size: set_path(study, ENROLLMENT, size))
            for recipient, followed in FOLLOWED.items():
                expected[recipient][f"{size:,}"] += nct_id in followed
        box.is_down = chance.random() < 0.4 and day < 22
        review.night()
        for recipient, mail in ((name, mail) for name in FOLLOWED for mail in box.take(name)):
            received[recipient].update(re.findall(r"participants changed to ([\d,]+)", mail))
    assert received == {recipient: +sizes for recipient, sizes in expected.items()}


# --- descriptions


def with_notify(tmp_path, notify):
    table = write_cron_table(tmp_path, 2)
    table.write_text(table.read_text() + notify)
    return table


# fmt: off
FAULTS = [
    ('[[notify]]\nto = "slack://token"\n', "'to' in notify must be a mail address, or the name of a variable"),
    ('[[notify]]\nto = "HOME"\n', "'to' in notify must be a mail address"),
    ('[[notify]]\nwhere = { Drug = "x" }\n', "where in notify names the column 'Drug'"),
    ('[[notify]]\nwhere = { N = "21" }\n', "a recipient in notify follows no row: review.csv has no trial with N = 21"),
    ('[[notify]]\ntrials = ["NCT09999999"]\n', "has no trial with NCT09999999"),
    ('[[notify]]\nminimum_rank = "table"\n', "must be one of stopped, results, record"),
    ('[[notify]]\ndigest = "daily"\n', '"each run" or "weekly"'),
    ('[notify]\nsign_of_life = true\n', '"never" or "monthly"'),
    ('[[notify]]\n[[notify]]\n', "only one section [[notify]] may be without 'to'"),
    ('[[notify]]\nfor = "x"\n', "unknown key 'for' in notify"),
]
# fmt: on


@pytest.mark.parametrize("notify, message", FAULTS)
def test_a_mistake_in_a_section_is_one_line_that_names_it(tmp_path, notify, message):
    with pytest.raises(TableError) as refused:
        read_table(with_notify(tmp_path, notify))
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_sections_with_recipients_leave_the_rules_of_the_table_alone(tmp_path):
    table = read_table(with_notify(tmp_path, '[[notify]]\nto = "a@b.org"\nfields = ["phases"]\n'))
    assert table.news_rules.fields == () and table.recipients[0].fields == ("phases",)
