"""Was the table wrong, or did the registry move? Planted histories on a registry that answers as the real one does."""

import math
from pathlib import Path

import pytest

from enrich.compare.causes import explain, from_the_record, in_force, question_of, status_on
from enrich.compare.verdicts import compare_row
from enrich.models import Column, Row, SubmittedVersion, Table, Trial, Verdict
from enrich.record.fields import trial_of
from enrich.registry.client import Registry
from enrich.registry.history import History, as_plain_text
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from tests.fixtures import registry_server as standin
from tests.fixtures.studies import study

NCT = "NCT01234567"
ACCESSED = "2021-02-14"
ANY, DESIGN = ["Study Status"], ["Study Status", "Study Design"]
DATES = (
    "2017-04-27",
    "2018-05-01",
    "2019-06-01",
    "2020-07-01",
    "2021-01-05",
    "2021-08-01",
    "2022-09-01",
    "2023-12-05",
    "2024-01-10",
)


def history(*counts: int | None, parts: list[list[str]] | None = None) -> standin.History:
    """A record whose number of participants was each of *counts* in turn; None: a version without that module."""
    labels = parts or [[], *([DESIGN] * (len(counts) - 1))]
    return standin.History(
        versions=[
            (
                day,
                label,
                study(1234567, enrollment=count, last_update_submitted=day, last_update_posted=day),
            )
            for day, label, count in zip(DATES, labels, counts, strict=False)
        ]
    )


def table(cell: str = "10", accessed: str | None = ACCESSED) -> Table:
    row = Row(1, {"NCT ID": NCT, "N": cell}, (NCT,), accessed)
    return Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "N"),
        columns=(Column("N", ("enrollment",)),),
        rows=(row,),
    )


class Traced:
    """A run against a stand-in that has one record with a history."""

    def __init__(self, folder: Path, planted: standin.History | None, now: int = 20) -> None:
        self.folder = folder
        self.registry = standin.StandInRegistry(
            [
                study(
                    1234567,
                    enrollment=now,
                    last_update_submitted="2024-01-10",
                    last_update_posted="2024-01-15",
                )
            ],
            histories={NCT: planted} if planted else {},
        )

    def difference(self, *, cell: str = "10", accessed: str | None = ACCESSED, traced: bool = True):
        database = Database(self.folder / "trials.db")
        try:
            registry = Registry(self.registry.url, pace=0, sleep=lambda seconds: None)
            kept = (
                History(registry, self.folder / "history", lambda: "2026-11-22T10:00:00+00:00")
                if traced
                else None
            )
            run = sync(
                [table(cell, accessed)],
                registry,
                database,
                Cache(self.folder / "cache"),
                kept,
                clock=lambda: "2026-11-22T10:00:00+00:00",
            )
            (told,) = read_report(database, run).tables
            return next(one for one in told.rows[0].comparisons if one.verdict == Verdict.DIFFERS)
        finally:
            database.close()

    def asked(self) -> list[str]:
        return [
            asked.kind for asked in self.registry.requests if asked.kind in ("history", "version")
        ]


@pytest.mark.parametrize(
    ("counts", "cause", "moved_on", "evidence"),
    [
        pytest.param(
            (10, 10, 10, 10, 10, 10, 10, 10, 20),
            "registry moved",
            "2024-01-10",
            "the registry moved on 2024-01-10 (version 8)",
            id="moved in the last version",
        ),
        pytest.param(
            (10, 10, 10, 10, 10, 20, 20, 20, 20),
            "registry moved",
            "2021-08-01",
            "the registry moved on 2021-08-01 (version 5)",
            id="moved right after",
        ),
        pytest.param(
            (10, 10, 10, 10, 10, 12, 10, 10, 20),
            "registry moved",
            None,
            "They agreed on 2021-02-14",
            id="moved twice and back",
        ),
        pytest.param(
            (10, 10, 10, 20, 20, 20, 20, 20, 20),
            "never agreed",
            None,
            "it said planned 20 on the day the authors looked",
            id="moved before they looked",
        ),
        pytest.param(
            (20, 20, 20, 20, 20, 20, 20, 20, 20),
            "never agreed",
            None,
            "since version 0 (2017-04-27)",
            id="said the same from the first version on",
        ),
        pytest.param(
            (12, 14, 14, 14, 15, 16, 17, 18, 20),
            "never agreed",
            None,
            "it said planned 15 on the day the authors looked (2021-02-14), since version 4",
            id="never right",
        ),
        pytest.param(
            (10, 10, 10, 10, None, 20, 20, 20, 20),
            "unknown",
            None,
            "version 4 (2021-01-05) does not say",
            id="the version in force lacks the module",
        ),
    ],
)
def test_the_cause(tmp_path, counts, cause, moved_on, evidence):
    with (traced := Traced(tmp_path, history(*counts))).registry:
        found = traced.difference()
    assert found.cause == cause
    assert evidence in found.evidence
    assert moved_on is None or found.moved_on == moved_on
    assert len(traced.asked()) <= 1 + math.ceil(math.log2(len(counts))) + 1


def test_the_link_counts_versions_from_one(tmp_path):
    with (traced := Traced(tmp_path, history(10, 10, 10, 10, 10, 20, 20, 20, 20))).registry:
        assert (
            traced.difference().link
            == f"https://clinicaltrials.gov/study/{NCT}?tab=history&a=5&b=6#version-content-panel"
        )


def test_parts_of_the_record_save_requests(tmp_path):
    parts = [[], ANY, ANY, ANY, ANY, ANY, DESIGN, ANY, ANY]
    with (
        traced := Traced(tmp_path, history(10, 10, 10, 10, 10, 10, 20, 20, 20, parts=parts))
    ).registry:
        assert traced.difference().moved_on == "2022-09-01"
    assert traced.asked() == ["history", "version"]


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_place_of_the_move_is_found(tmp_path, seed):
    counts = [10] * seed + [20] * (9 - seed)
    with (traced := Traced(tmp_path, history(*counts))).registry:
        assert traced.difference(accessed=DATES[0]).moved_on == DATES[seed]


def test_a_version_is_asked_for_once(tmp_path):
    with (traced := Traced(tmp_path, history(10, 10, 10, 10, 10, 20, 20, 20, 20))).registry:
        first = traced.difference()
        asked = len(traced.asked())
        assert traced.difference() == first
        assert len(traced.asked()) == asked


def test_a_list_that_lags_behind_its_record_is_asked_for_again_once_for_each_load(tmp_path):
    """The site may print a submission before its history does; until it does, what the list cannot tell is not told."""
    with (traced := Traced(tmp_path, history(10, 10, 10, 10, 10, 10, 10, 10))).registry as registry:
        first = traced.difference()
        traced.difference()
        registry.next_load()
        traced.difference()
        asked_while_it_lagged = traced.asked().count("history")
        registry.next_load()
        registry._histories[NCT] = history(10, 10, 10, 10, 10, 10, 10, 10, 20)
        caught_up = traced.difference()
        registry.next_load()
        traced.difference()
    assert (first.cause, first.moved_on) == ("unknown", None)
    assert "history lags behind its record" in first.evidence
    assert (caught_up.cause, caught_up.moved_on) == ("registry moved", "2024-01-10")
    assert (asked_while_it_lagged, traced.asked().count("history")) == (2, 3)


def test_no_history_is_asked_where_the_record_is_older_than_the_visit(tmp_path):
    with (traced := Traced(tmp_path, history(20, 20))).registry:
        found = traced.difference(accessed="2025-01-01")
    assert found.cause == "never agreed"
    assert "last updated on 2024-01-15" in found.evidence
    assert traced.asked() == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        pytest.param("200-html", "instead of JSON", id="HTML instead of JSON"),
        pytest.param("500", "answers 500", id="500"),
        pytest.param("cut-json", "cut short", id="cut"),
        pytest.param("403-html", "refuses this client (403)", id="403"),
        pytest.param("reset", "connection", id="reset"),
        pytest.param("empty", "not of the expected shape", id="another shape"),
    ],
)
def test_a_broken_history_leaves_the_cause_unknown_and_says_why(tmp_path, fault, says):
    with (traced := Traced(tmp_path, history(10, 10, 20))).registry:
        traced.registry.fail(fault, on="history", times=None)
        found = traced.difference()
    assert found.cause == "unknown"
    assert says in found.evidence


def test_a_broken_version_leaves_the_cause_unknown(tmp_path):
    with (traced := Traced(tmp_path, history(10, 10, 20))).registry:
        traced.registry.fail("wrong-study", on="version", times=None)
        assert traced.difference().cause in ("unknown", "registry moved")


def test_a_record_without_history_says_so_and_is_asked_once(tmp_path):
    with (traced := Traced(tmp_path, None)).registry:
        found = traced.difference()
        traced.difference()
    assert found.cause == "unknown"
    assert "has no history of this record" in found.evidence
    assert traced.asked() == ["history"]


def test_history_can_be_switched_off(tmp_path):
    with (traced := Traced(tmp_path, history(10, 20))).registry:
        found = traced.difference(traced=False)
    assert (found.cause, traced.asked()) == ("unknown", [])
    assert "--no-history" in found.evidence


def test_a_visit_before_the_record_began_is_unknown(tmp_path):
    with (traced := Traced(tmp_path, history(20, 20))).registry:
        assert (
            "begins after the authors looked" in traced.difference(accessed="2016-01-01").evidence
        )


def test_a_table_without_a_day_is_unknown(tmp_path):
    with (traced := Traced(tmp_path, history(10, 20))).registry:
        assert "does not say when the authors looked" in traced.difference(accessed=None).evidence


def test_the_day_of_access_belongs_to_what_they_saw():
    entries = (
        SubmittedVersion(0, "2020-01-01", None, ()),
        SubmittedVersion(1, "2021-02-14", None, ()),
        SubmittedVersion(2, "2021-02-15", None, ()),
    )
    assert in_force(entries, "2021-02-14") == entries[1]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        pytest.param("2010-06-01", "RECRUITING", id="verified within two years"),
        pytest.param("2012-01-01", None, id="too close to call"),
        pytest.param("2021-02-14", "UNKNOWN", id="long after"),
    ],
)
def test_a_status_rolls_to_unknown_by_itself(day, status):
    record = study(
        1234567,
        overall_status="UNKNOWN",
        last_known_status="RECRUITING",
        status_verified="2009-08",
        completion_date="2011-12",
    )
    assert status_on(day, trial_of(record)) == status


def _asked(field, cell, accessed, now):
    """A question about a table of one column, and the difference it is about."""
    column, row = Column("Cell", (field,)), Row(1, {"Cell": cell}, (NCT,), accessed)
    asked = Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "Cell"),
        columns=(column,),
        rows=(row,),
    )
    (difference,) = compare_row(asked, row, now, NCT)
    assert difference.verdict == Verdict.DIFFERS
    return question_of(asked, row, difference, now)


# fmt: off
STATUSES = (
    # printed, the statuses of the versions, the status now, cause, day, evidence
    ("Recruiting", ("RECRUITING", "RECRUITING"), "UNKNOWN", "registry moved", None, "They agreed on 2021-02-14 (recruiting); the registry set the status to unknown later"),
    ("Recruiting", ("RECRUITING", "COMPLETED"),  "COMPLETED", "registry moved", DATES[8], "(version 0: recruiting); the registry moved on 2024-01-10 (version 1)"),
    ("Recruiting", ("COMPLETED", "UNKNOWN"),     "UNKNOWN", "never agreed", None, "it said completed on the day the authors looked (2021-02-14), since version 0"),
    ("Recruiting", ("RECRUITING",),              "COMPLETED", "unknown", None, "the record changed without a new version in its history"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "statuses", "now", "cause", "moved_on", "evidence"), STATUSES)
def test_the_cause_of_a_status_is_told_from_the_list_of_versions_alone(
    printed, statuses, now, cause, moved_on, evidence
):
    listed = [
        SubmittedVersion(number, day, status, ())
        for number, (day, status) in enumerate(zip((DATES[0], DATES[8]), statuses, strict=False))
    ]
    found = explain(
        _asked("overall_status", printed, ACCESSED, Trial(NCT, {"overall_status": now})),
        listed,
        lambda version: pytest.fail("asked for a version"),
    )
    assert (found.cause, found.moved_on) == (cause, moved_on)
    assert evidence in found.evidence


# fmt: off
ROLLED = (
    # printed, the day the authors looked, cause, evidence
    ("Recruiting", "2010-06-01", "registry moved", "They agreed on 2010-06-01 (recruiting); the registry set the status to unknown later"),
    ("Completed",  "2010-06-01", "never agreed",   "the registry said recruiting on 2010-06-01"),
    ("Recruiting", "2021-02-14", "never agreed",   "the registry said unknown (not updated in time) on 2021-02-14"),
    ("Recruiting", "2012-01-01", "unknown",        "not on a day it tells"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "accessed", "cause", "evidence"), ROLLED)
def test_the_cause_of_a_status_that_rolled_is_told_from_the_record_alone(
    printed, accessed, cause, evidence
):
    facts = {
        "overall_status": "UNKNOWN",
        "last_known_status": "RECRUITING",
        "status_verified": "2009-08",
        "completion_date": "2011-12",
    }
    found = from_the_record(
        _asked(
            "overall_status",
            printed,
            accessed,
            Trial(NCT, {**facts, "last_update_posted": "2009-09-01"}),
        )
    )
    assert found.cause == cause
    assert evidence in found.evidence


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("Kidneys&#x27; Ability", "Kidneys' Ability"),
        ("<p>One</p><p>two &lt; three</p>", "One two < three"),
        ("https:&#x2F;&#x2F;example.org", "https://example.org"),
        ("Age < 18 and > 3", "Age < 18 and > 3"),
    ],
)
def test_escaped_text_of_the_history_endpoint_is_undone(printed, plain):
    assert as_plain_text({"a": [printed]}) == {"a": [plain]}


def test_a_change_without_an_update_is_no_proof_that_the_table_never_agreed(tmp_path):
    """The record's update precedes the visit, yet we saw its number change: the table was right when it was printed."""
    with (traced := Traced(tmp_path, None, now=10)).registry:
        database = Database(tmp_path / "trials.db")
        sync(
            [table(accessed="2025-01-01")],
            Registry(traced.registry.url, pace=0),
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: "2026-11-20T10:00:00+00:00",
        )
        database.close()
        traced.registry.change(
            NCT,
            lambda record: record["protocolSection"]["designModule"]["enrollmentInfo"].update(
                count=20
            ),
        )
        traced.registry.next_load()
        found = traced.difference(accessed="2025-01-01")
    assert (found.cause, found.moved_on) == ("registry moved", "2026-11-22")
    assert "changed it without an update of the record" in found.evidence
