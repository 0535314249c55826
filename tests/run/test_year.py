"""A year of weekday nights over 1,000 invented trials: a mail for each night with news and for no other, and a database that does not swell."""

import re
import time
from collections import Counter

import pytest

from tests.fixtures.cron_job import STATUS_PATH, CronJob, WebhookReceiver, cron_study
from tests.fixtures.registry_server import StandInRegistry, set_path

TRIALS, NIGHTS = 1000, 250
ENROLLMENT = "protocolSection.designModule.enrollmentInfo.count"

# What happens on which night; every other night is quiet, and on every tenth the registry is not even reloaded.
NEWS = {
    12: [("NCT00000007", STATUS_PATH, "COMPLETED")],
    13: [("NCT00000008", STATUS_PATH, "SUSPENDED"), ("NCT00000009", STATUS_PATH, "WITHDRAWN")],
    44: [("NCT00000010", ENROLLMENT, 35)],
    45: [("NCT00000008", STATUS_PATH, "RECRUITING")],
    101: [("NCT00000500", "hasResults", True)],
    155: [("NCT00001000", STATUS_PATH, "TERMINATED")],
    156: [("NCT00000011", ENROLLMENT, 5)],
    222: [(f"NCT{number:08d}", STATUS_PATH, "COMPLETED") for number in range(600, 640)],
    249: [("NCT00000012", STATUS_PATH, "UNKNOWN")],
}
REMOVED = {181: "NCT00000999"}
NOISE_EVERY = 7  # nights on which only the registry's own derived data move
SHORT_OUTAGE, LONG_OUTAGE = range(70, 72), range(120, 129)
FIRST, REPORTED, OVER = 0, LONG_OUTAGE[2], LONG_OUTAGE[-1] + 1


def befall(registry: StandInRegistry, night: int) -> None:
    """What this night brings."""
    registry.heal()
    if night in SHORT_OUTAGE or night in LONG_OUTAGE:
        registry.fail("403-html", times=None)
    if night % 10:
        registry.next_load()
    if night % NOISE_EVERY == 0:
        registry.change(
            "NCT00000003",
            lambda study: set_path(
                study,
                "derivedSection.conditionBrowseModule.browseLeaves",
                [{"name": f"Leaf {night}"}],
            ),
        )
    for nct_id, path, value in NEWS.get(night, ()):
        registry.change(nct_id, lambda study, path=path, value=value: set_path(study, path, value))
    if night in REMOVED:
        registry.remove(REMOVED[night])


@pytest.mark.long
def test_a_year_of_nights(tmp_path, capsys):
    mails, sizes, seconds = {}, [], []
    with (
        StandInRegistry([cron_study(number) for number in range(1, TRIALS + 1)]) as registry,
        WebhookReceiver("secret") as receiver,
    ):
        cron = CronJob(tmp_path, registry.url, TRIALS)
        for night in range(NIGHTS):
            befall(registry, night)
            began = time.perf_counter()
            result = cron.run("--notify", receiver.url)
            seconds.append(time.perf_counter() - began)
            assert result.exit_code == 0, result.output
            if result.output:
                mails[night] = result.output
            sizes.append((tmp_path / "trials.db").stat().st_size)
        requests = len(registry.requests)
    with capsys.disabled():
        print(
            f"\n{NIGHTS} nights, {TRIALS} trials: {len(mails)} mails of {min(map(len, mails.values()))} to {max(map(len, mails.values()))} signs, {requests} requests;"
            f" {sum(seconds):.0f} s in all, {sorted(seconds)[NIGHTS // 2]:.2f} s a night (median), {max(seconds):.1f} s the longest;"
            f" database {sizes[0] / 1e6:.2f} MB after the first night, {sizes[-1] / 1e6:.2f} MB after the last"
        )
    assert sorted(mails) == sorted({FIRST, *NEWS, *REMOVED, REPORTED, OVER})
    assert len(receiver.received) == len(mails)
    _each_change_is_reported_once(mails)
    grown = {night: sizes[night] - sizes[night - 1] for night in range(1, NIGHTS)}
    quiet = sum(
        grown[night]
        for night in grown
        if night not in mails and night not in SHORT_OUTAGE and night not in LONG_OUTAGE
    )
    assert quiet < 0.1 * sizes[0] and sizes[-1] < 2.5 * sizes[0], (
        f"{quiet / 1e6:.2f} MB on quiet nights"
    )


def _each_change_is_reported_once(mails):
    """The lines under "New since" of all mails: each trial as often as something befell it, and nothing a second time."""
    reported = Counter()
    for night, mail in mails.items():
        _, _, new = mail.partition("NEW SINCE ")
        reported.update(
            re.findall(r"^  (NCT\d{8}) ", new.partition("\n\n")[0], re.MULTILINE)
            if night != FIRST
            else []
        )
    befallen = Counter(nct_id for events in NEWS.values() for nct_id, _, _ in events) + Counter(
        REMOVED.values()
    )
    assert reported == befallen
