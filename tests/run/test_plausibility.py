"""The rules of plausibility, alone and in whole runs: a removal is confirmed, and too much at once is held back."""

import pytest

from enrich.models import Change, Column, RegistryLoad, Report, Row, Table
from enrich.record.identity import load_day_of
from enrich.registry.client import Registry
from enrich.reports import FORMATS
from enrich.reports.rendering import RenderContext
from enrich.run.outcome import exit_code_of
from enrich.run.plausibility import (
    changed_without_submission,
    mass_removal,
    mass_unannounced_change,
    record_regressed,
    stale_load,
    stale_records,
    tag_is_older,
)
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures.corpus import needs_corpus, read_records
from tests.fixtures.database_contents import read_contents
from tests.fixtures.registry_server import (
    ALIASES,
    VERSION_HOLDER,
    StandInRegistry,
    alter_bytes,
    alter_content,
    get_path,
    set_path,
    studies_in,
)
from tests.fixtures.studies import nct, study

ENROLLED = "protocolSection.designModule.enrollmentInfo.count"
SUBMITTED = "protocolSection.statusModule.lastUpdateSubmitDate"


class ListedTrials:
    """A list of *size* trials, looked up in one database night after night."""

    def __init__(
        self, folder, size: int, *, registered: bool = True, loaded: str = "2026-09-04T09:00:06"
    ) -> None:
        self.folder = folder
        self.ids = [nct(number) for number in range(1, size + 1)]
        self.registry = StandInRegistry(
            [
                study(number, last_update_submitted="2026-08-01")
                for number in range(1, size + 1)
                if registered
            ],
            loaded=loaded,
        )

    def night(self, *, accept: bool = False, now: str = "2026-09-08T20:00:00+00:00") -> Report:
        rows = tuple(
            Row(position, {"NCT ID": nct_id, "N": "10"}, (nct_id,))
            for position, nct_id in enumerate(self.ids, 1)
        )
        table = Table(
            name="t",
            title="T",
            file="t.csv",
            id_column="NCT ID",
            header=("NCT ID", "N"),
            columns=(Column("N", ("enrollment",)),),
            rows=rows,
        )
        database = Database(self.folder / "trials.db")
        try:
            asks = Registry(self.registry.url, pace=0, sleep=lambda seconds: None)
            return read_report(
                database,
                sync(
                    [table],
                    asks,
                    database,
                    Cache(self.folder / "cache"),
                    clock=lambda: now,
                    accept=accept,
                ),
            )
        finally:
            database.close()

    def contents(self) -> dict[str, list[str]]:
        return read_contents(self.folder / "trials.db")


def without_stale_marks(contents: dict[str, list[str]]) -> dict[str, list[str]]:
    """*contents* without the marks of a night on which nothing could be checked."""
    return {
        name: [line.replace('"stale_since": true', '"stale_since": false') for line in lines]
        for name, lines in contents.items()
    }


@pytest.mark.parametrize("size", [1, 2, 6, 120])
def test_an_empty_registry_changes_nothing_and_is_reported(tmp_path, size):
    listed = ListedTrials(tmp_path, size)
    with listed.registry as registry:
        listed.night()
        before = listed.contents()
        registry.next_load()
        for nct_id in listed.ids:
            registry.remove(nct_id)
        report = listed.night()
    assert (report.run.gone, report.run.not_checked, exit_code_of(report)) == (0, size, 20)
    assert any(
        problem.kind == "held" and "--accept" in problem.message for problem in report.problems
    )
    assert without_stale_marks(listed.contents()) == before
    assert sum(asked.kind == "single" for asked in registry.requests) <= max(size // 5 + 2, 6)


def test_an_empty_registry_on_the_first_night_answers_about_no_id(tmp_path):
    listed = ListedTrials(tmp_path, 3, registered=False)
    with listed.registry:
        report = listed.night()
    assert (report.run.gone, report.run.not_checked) == (0, 3)


def test_ids_that_never_existed_are_unknown_where_others_are_found(tmp_path):
    listed = ListedTrials(tmp_path, 3)
    listed.ids += [nct(number) for number in range(101, 111)]
    with listed.registry:
        report = listed.night()
    assert (report.run.new, report.run.gone, report.run.not_checked) == (3, 10, 0)


@pytest.mark.parametrize(
    ("size", "lost", "gone"),
    [
        pytest.param(10, 1, 1, id="one of ten is news"),
        pytest.param(10, 4, 4, id="four are still few"),
        pytest.param(10, 5, 0, id="five of ten are a fault"),
        pytest.param(40, 8, 8, id="a fifth is still news"),
        pytest.param(40, 9, 0, id="more than a fifth is a fault"),
    ],
)
def test_a_mass_removal_is_held_back_until_accepted(tmp_path, size, lost, gone):
    listed = ListedTrials(tmp_path, size)
    with listed.registry as registry:
        listed.night()
        registry.next_load()
        for nct_id in listed.ids[:lost]:
            registry.remove(nct_id)
        first, again, accepted, after = (
            listed.night(),
            listed.night(),
            listed.night(accept=True),
            listed.night(),
        )
    assert (first.run.gone, again.run.gone, accepted.run.gone, after.run.gone) == (
        gone,
        gone,
        lost,
        lost,
    )
    assert first.run.not_checked == (0 if gone else lost)
    assert accepted.run.not_checked == after.run.not_checked == 0
    removals = [line for line in listed.contents()["changes"] if '"removed"' in line]
    assert len(removals) == lost


def test_a_record_pending_review_and_received_twice_is_one_change(tmp_path):
    """Its batch shows that it changed though nothing announced it; the redirect of an id that it does not name leads to it again."""
    listed = ListedTrials(tmp_path, 8)

    def forget_aliases(content, handler):
        for record in studies_in(content):
            set_path(record, ALIASES, [])

    with listed.registry as registry:
        listed.night()
        registry.next_load()
        registry.merge(nct(2), nct(1))
        registry.change(
            nct(1),
            lambda record: set_path(record, "protocolSection.designModule.phases", ["PHASE4"]),
        )
        for kind in ("batch", "single"):
            registry.fail(alter_content(forget_aliases), on=kind, times=None)
        report = listed.night()
    assert (report.run.changed, report.run.not_checked) == (2, 0)
    assert sum('"phases"' in line for line in listed.contents()["changes"]) == 1


def test_a_trial_missing_from_its_batch_is_confirmed_singly_and_by_the_gate(
    tmp_path,
):
    listed = ListedTrials(tmp_path, 3)
    with listed.registry as registry:
        listed.night()
        registry.next_load()
        registry.remove(nct(2))
        registry.requests.clear()
        report = listed.night()
    assert [(asked.kind, asked.path) for asked in registry.requests] == [
        ("gate", "/api/v2/version"),
        ("batch", "/api/v2/studies"),
        ("single", f"/api/v2/studies/{nct(2)}"),
        ("gate", "/api/v2/version"),
    ]
    assert report.run.gone == 1


@pytest.mark.parametrize(
    ("size", "changed", "day", "status", "held"),
    [
        pytest.param(10, 10, "2026-09-05", None, 0, id="all changed, and all were updated"),
        pytest.param(10, 5, None, None, 0, id="half changed without an update"),
        pytest.param(10, 6, None, None, 6, id="more than half changed without an update"),
        pytest.param(4, 4, None, None, 0, id="few"),
        pytest.param(
            10, 10, None, "UNKNOWN", 0, id="nobody updated for two years: the registry's own doing"
        ),
        pytest.param(10, 10, "2020-01-01", None, 10, id="all went back to an older update"),
    ],
)
def test_a_mass_change_without_submissions_is_held_back_until_accepted(
    tmp_path, size, changed, day, status, held
):
    def edit(record):
        set_path(
            record,
            "protocolSection.statusModule.overallStatus" if status else ENROLLED,
            status or 9999,
        )
        if day:
            set_path(record, SUBMITTED, day)

    listed = ListedTrials(tmp_path, size)
    with listed.registry as registry:
        listed.night()
        registry.next_load()
        for nct_id in listed.ids[:changed]:
            registry.change(nct_id, edit)
        first, again, accepted = listed.night(), listed.night(), listed.night(accept=True)
    assert (first.run.not_checked, first.run.changed) == (held, changed - held)
    assert again.run.not_checked == held
    assert accepted.run.changed == held
    assert listed.contents()["changes"] and accepted.run.not_checked == 0


def test_a_stale_load_is_held_back_until_accepted(tmp_path):
    listed = ListedTrials(tmp_path, 3)
    with listed.registry as registry:
        listed.night()
        registry.next_load("2026-09-02T09:00:06")
        first, accepted = listed.night(), listed.night(accept=True)
        registry.next_load()
        after = listed.night()
    assert (first.run.not_checked, first.run.outcome) == (3, "partial")
    assert "2026-09-02" in next(
        problem.message for problem in first.problems if problem.kind == "held"
    )
    assert (accepted.run.unchanged, after.run.unchanged) == (3, 3)


@pytest.mark.parametrize(
    ("now", "counts"),
    [
        pytest.param("2026-09-06T23:59:59+00:00", (1, 2, 0), id="to the day before the load"),
        pytest.param("1999-12-31T23:59:59+00:00", (0, 0, 3), id="to another century"),
    ],
)
def test_a_clock_put_back_loses_nothing(tmp_path, now, counts):
    """By a clock that is years behind, the load is still to come: the run says so, and the next one makes up for it."""
    listed = ListedTrials(tmp_path, 3)
    with listed.registry as registry:
        listed.night()
        registry.next_load()
        registry.change(
            nct(1),
            lambda record: (
                set_path(record, ENROLLED, 77),
                set_path(record, SUBMITTED, "2026-09-07"),
            ),
        )
        table = Table(
            name="t",
            title="T",
            file="t.csv",
            id_column="NCT ID",
            header=("NCT ID",),
            columns=(),
            rows=tuple(
                Row(position, {"NCT ID": nct_id}, (nct_id,))
                for position, nct_id in enumerate(listed.ids, 1)
            ),
        )
        database = Database(tmp_path / "trials.db")
        asks = Registry(
            registry.url,
            pace=0,
            sleep=lambda seconds: None,
            monotonic=iter(range(1000, -1000, -1)).__next__,
        )
        run = sync(
            [table],
            asks,
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: now,
        )
        report = read_report(database, run)
        database.close()
        made_up_for = listed.night().run
    assert (report.run.changed, report.run.unchanged, report.run.not_checked) == counts
    messages = [problem.message for problem in report.problems if problem.kind == "held"]
    assert all(now[:10] in message and "2026-09-07" in message for message in messages)
    assert bool(messages) is bool(counts[2])
    assert (made_up_for.changed, made_up_for.not_checked) == (1 - counts[0], 0)


# --- the day of the data, by the clock


ENOUGH = 6  # trials: what befalls them all is more than a few


def test_a_load_older_than_ten_days_is_held_back_until_accepted(tmp_path):
    """As from a cache or a copy that is no longer brought up to date: with its own tags, or with 304 for ever."""
    listed = ListedTrials(tmp_path, 3, loaded="2020-01-03T09:00:05")
    with listed.registry:
        first = listed.night()
        assert (first.run.new, first.run.not_checked, exit_code_of(first)) == (0, 3, 20)
        (message,) = [each.message for each in first.problems if each.kind == "held"]
        assert "data of 2020-01-03, 2440 days old" in message and "--accept" in message
        assert "2020-01-03" in log_paragraph_of(first)
        assert listed.night(accept=True).run.new == 3
        again = listed.night()
    assert (again.run.unchanged, again.run.not_checked) == (0, 3)


@pytest.mark.parametrize(("day", "held"), [("2026-09-18", 0), ("2026-09-19", 3)])
def test_a_load_that_no_other_follows_is_believed_for_ten_days(tmp_path, day, held):
    """The load is of 8 September, and the registry answers that nothing was loaded since."""
    listed = ListedTrials(tmp_path, 3, loaded="2026-09-08T09:00:06")
    with listed.registry as registry:
        listed.night()
        report = listed.night(now=f"{day}T20:00:00+00:00")
    assert [asked.kind for asked in registry.requests] == ["gate", "batch", "gate"]
    assert (report.run.unchanged, report.run.not_checked) == (3 - held, held)


def test_the_gate_without_a_timestamp_is_dated_by_its_tag(tmp_path):
    listed = ListedTrials(tmp_path, 3, loaded="2020-01-03T09:00:05")

    def without_timestamp(content, handler):
        content.pop("dataTimestamp", None)

    with listed.registry as registry:
        registry.fail(alter_content(without_timestamp), on="gate", times=None)
        assert listed.night().run.not_checked == 3


def test_every_request_asks_that_no_cache_on_the_way_answers(tmp_path):
    listed = ListedTrials(tmp_path, 3)
    with listed.registry as registry:
        listed.ids += [nct(99)]
        listed.night()
    assert {asked.kind for asked in registry.requests} == {"gate", "batch", "single"}
    assert {asked.headers.get("Cache-Control") for asked in registry.requests} == {"no-cache"}


@pytest.mark.parametrize("accept", [False, True], ids=["held", "accepted"])
def test_a_gate_that_named_a_day_to_come_does_not_freeze_the_nights_after_it(tmp_path, accept):
    listed = ListedTrials(tmp_path, 3)
    with listed.registry as registry:
        listed.night()
        registry.next_load("2099-01-01T09:00:05")
        bad = listed.night(accept=accept)
        registry.next_load("2026-09-07T09:00:05")
        enrol(registry, nct(1), 77)
        healthy = listed.night()
    assert bad.run.not_checked == (0 if accept else 3)
    if not accept:
        (message,) = [each.message for each in bad.problems if each.kind == "held"]
        assert "2099-01-01" in message and "2026-09-08" in message
    assert (healthy.run.changed, healthy.run.unchanged, healthy.run.not_checked) == (1, 2, 0)


@pytest.mark.parametrize(
    "path", [VERSION_HOLDER, SUBMITTED], ids=["of its load", "of its submission"]
)
@pytest.mark.parametrize("accept", [False, True], ids=["refused", "accepted"])
def test_a_day_to_come_in_records_is_not_believed_and_freezes_nothing(tmp_path, path, accept):
    listed = ListedTrials(tmp_path, ENOUGH)
    with listed.registry as registry:
        listed.night()
        before = listed.contents()["changes"]
        registry.next_load()
        registry.requests.clear()
        registry.fail(set_in_records(path, "2099-01-01"), on="batch", times=None)
        bad = listed.night(accept=accept)
        assert {asked.kind for asked in registry.requests} == {"gate", "batch"}
        assert accept or listed.contents()["changes"] == before
        registry.heal()
        registry.next_load()
        for nct_id in listed.ids:
            enrol(registry, nct_id, 77)
        healthy = listed.night()
    assert bad.run.not_checked == (0 if accept else ENOUGH)
    if not accept:
        reasons = {each.message for each in bad.problems if each.kind == "not checked"}
        assert all("2099-01-01" in reason for reason in reasons)
    assert (healthy.run.changed, healthy.run.not_checked) == (ENOUGH, 0)


def set_in_records(path, value):
    return alter_content(
        lambda content, handler: [set_path(record, path, value) for record in studies_in(content)]
    )


def enrol(registry, nct_id, number):
    """A new number of participants, by a submission of the day before."""

    def edit(record):
        set_path(record, ENROLLED, number)
        set_path(record, SUBMITTED, "2026-09-06")

    registry.change(nct_id, edit)


def log_paragraph_of(report):
    return FORMATS["log"].render(RenderContext.of(report))


@pytest.mark.parametrize(
    ("tag", "older"),
    [
        ('"883b003/0.34.1/mtmq3wmo"', False),
        ('"883b003/0.34.1/msspuzuw"', True),
        ('W/"883b003/0.34.1/msspuzuw-gzip"', True),
        ('"another-form-of-tag"', False),
        (None, False),
    ],
)
def test_an_older_load_is_recognised_by_a_readable_tag(tag, older):
    assert tag_is_older(tag, RegistryLoad('"883b003/0.34.1/mtmq3wmo"')) is older


LATEST = RegistryLoad('"883b003/0.34.1/mtmq3wmo"', "2026-09-04T09:00:06")


@pytest.mark.parametrize(
    ("days", "load", "older"),
    [
        pytest.param(["2026-09-04", "2026-09-04"], LATEST, False, id="the day of the load"),
        pytest.param(["2026-09-04", "2026-09-03"], LATEST, True, id="one of the day before"),
        pytest.param(["2026-09-05"], LATEST, False, id="a later day"),
        pytest.param(
            [None, "soon", "2026-09", 5, "2026-99-99"], LATEST, False, id="no readable day"
        ),
        pytest.param([], LATEST, False, id="no records"),
        pytest.param(
            ["2020-01-01"], RegistryLoad("x", None), False, id="a load that does not say its day"
        ),
    ],
)
def test_without_a_tag_the_load_day_of_records_gives_their_age(days, load, older):
    studies = [study(1) for _ in days]
    for record, day in zip(studies, days, strict=True):
        set_path(record, VERSION_HOLDER, day)
    assert (stale_records(map(load_day_of, studies), load) is not None) is older


@needs_corpus[0]
@needs_corpus[1]
def test_no_real_pair_of_copies_regresses_or_predates_its_own_last_update():
    """What both rules of age rest on; the records themselves stay beside the repository."""
    pairs = [
        (pair["before"]["study"], pair["after"]["study"])
        for pair in read_records("pairs.ndjson.gz")
    ]
    assert len(pairs) == 48
    for before, after in pairs:
        then, now = load_day_of(before), load_day_of(after)
        assert record_regressed(now, then) is None and record_regressed(then, now) is not None
        assert all(
            load_day_of(record)
            >= get_path(record, "protocolSection.statusModule.lastUpdatePostDateStruct.date")
            for record in (before, after)
        )


@pytest.mark.parametrize(
    "lasting", [False, True], ids=["in its batch alone", "also when it is asked for singly"]
)
@pytest.mark.parametrize(
    ("size", "enrolled", "submitted"),
    [
        pytest.param(3, 101, "2026-08-01", id="which reads as the one before, beside others"),
        pytest.param(3, 77, "2026-09-05", id="which reads otherwise"),
        pytest.param(1, 77, "2026-09-05", id="which reads otherwise, alone"),
    ],
)
def test_a_record_of_an_earlier_load_is_not_stored(tmp_path, size, enrolled, submitted, lasting):
    """Under the very tag of the load in force: one machine of several still has the copy of the day before yesterday."""
    listed = ListedTrials(tmp_path, size)
    with listed.registry as registry:
        old = bytes(registry.study_line(nct(1)))
        registry.next_load()
        registry.change(
            nct(1),
            lambda record: (
                set_path(record, ENROLLED, enrolled),
                set_path(record, SUBMITTED, submitted),
            ),
        )
        listed.night()
        before = listed.contents()
        registry.next_load()
        for kind in ("batch", "single") if lasting else ("batch",):
            registry.fail(
                alter_bytes(lambda body: body.replace(registry.study_line(nct(1)), old)),
                on=kind,
                times=None,
            )
        report = listed.night()
        accepted = listed.night(accept=True) if lasting else report
    assert (report.run.unchanged, report.run.not_checked, report.run.changed) == (
        (size - 1, 1, 0) if lasting else (size, 0, 0)
    )
    assert any("older than" in problem.message for problem in report.problems) is lasting
    assert lasting or listed.contents() == before
    assert accepted.run.not_checked == 0


@pytest.mark.parametrize(("shown", "seen", "held"), [("2026-09-04T09:00:06", "2026-09-03T09:00:00", False), ("2025", None, False), ("soon", "2026-09-03T09:00:00", False), ("2026-09-02", "2026-09-03T09:00:00", True), ("2026-09-02T09:00:00Z", "2026-09-03T09:00:00", True)])  # fmt: skip
def test_only_a_readable_earlier_timestamp_makes_a_load_stale(shown, seen, held):
    assert (stale_load(RegistryLoad("x", shown), seen) is not None) is held


# fmt: off
CHANGES = (
    ([("enrollment", "material", "20"), ("last_update_submitted", "noise", "2026-09-05")], False, "a submission"),
    ([("enrollment", "material", "20")],                                                   True,  "an important fact alone"),
    ([("overall_status", "material", "UNKNOWN")],                                          False, "a status that lapses"),
    ([("locations", "noise", "b")],                                                        False, "noise"),
    ([("central_contacts", "minor", "20")],                                                False, "a fact that the registry may change"),
    ([],                                                                                   False, "nothing"),
)
# fmt: on


@pytest.mark.parametrize(
    ("changes", "expected"), [pytest.param(*case[:2], id=case[2]) for case in CHANGES]
)
def test_a_change_without_the_submission_it_takes_is_recognised(changes, expected):
    made = [Change(field, "2026-09-01", after, kind) for field, kind, after in changes]
    assert changed_without_submission(made) is expected


# fmt: off
REMOVALS = (
    # removed, present, found: held back
    (0,  10, 0,  True,  "nothing found at all"),
    (4,  6,  2,  False, "four are few, however small the list"),
    (5,  25, 20, False, "a fifth"),
    (6,  25, 19, True,  "more than a fifth"),
)
# fmt: on


@pytest.mark.parametrize(
    ("removed", "present", "found", "held"),
    [pytest.param(*case[:4], id=case[4]) for case in REMOVALS],
)
def test_a_mass_removal_is_more_than_a_fifth_and_at_least_five(removed, present, found, held):
    assert (mass_removal(removed, present, found=found) is not None) is held


@pytest.mark.parametrize(
    ("changed", "seen", "held"), [(4, 4, False), (5, 10, False), (6, 10, True)]
)
def test_a_mass_change_is_more_than_half_and_at_least_five(changed, seen, held):
    assert (mass_unannounced_change(changed, seen) is not None) is held
