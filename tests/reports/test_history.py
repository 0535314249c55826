"""The page keeps the news of 30 days: what happened yesterday is not gone tomorrow."""

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from enrich import cli
from tests.fixtures.cron_job import STATUS_PATH, CronJob, cron_study
from tests.fixtures.registry_server import StandInRegistry, set_path

COMPLETED, SUSPENDED = "completed (was recruiting)", "suspended (was recruiting)"


@pytest.fixture
def cron(tmp_path):
    with StandInRegistry([cron_study(number) for number in range(1, 4)]) as registry:
        job = CronJob(tmp_path, registry.url, 3)
        job.registry = registry
        job.run()
        yield job


def move(cron, number, status):
    cron.registry.next_load()
    cron.registry.change(f"NCT{number:08d}", lambda study: set_path(study, STATUS_PATH, status))
    cron.run()


def run_later(cron, days):
    """A run some days later, after a load of the registry of the day before."""
    cron.day += timedelta(days=days)
    cron.registry.next_load(f"{cron.day - timedelta(hours=21):%Y-%m-%dT%H:%M:05}")
    cron.run()


def page(cron):
    """The text of the page that `enrich report` writes."""
    result = CliRunner().invoke(
        cli.main, ["report", "--db", str(cron.folder / "trials.db"), "--format", "html"]
    )
    assert result.exit_code == 0
    body = result.stdout.partition("<main")[2].partition("For the log of a living review")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_yesterdays_news_stays_on_the_page_under_its_day(cron):
    move(cron, 1, "COMPLETED")
    move(cron, 2, "SUSPENDED")
    cron.run()
    text = page(cron)
    assert text.count(COMPLETED) == text.count(SUSPENDED) == 1
    assert "8 September 2026" in text and "9 September 2026" in text


def test_news_leaves_the_page_after_30_days(cron):
    move(cron, 1, "COMPLETED")
    run_later(cron, 28)
    assert COMPLETED in page(cron)
    run_later(cron, 3)
    assert COMPLETED not in page(cron)


def test_news_of_today_is_not_repeated_as_earlier_news(cron):
    move(cron, 1, "COMPLETED")
    move(cron, 2, "SUSPENDED")
    text = page(cron)
    assert text.count(COMPLETED) == text.count(SUSPENDED) == 1
