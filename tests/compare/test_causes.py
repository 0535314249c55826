"""Was the table wrong, or did the registry move? Planted histories on a registry that answers as the real one does."""

import math
from pathlib import Path

import pytest

from enrich.compare.causes import (
    cause_from_history,
    cause_from_merger,
    cause_from_record,
    question_of,
)
from enrich.compare.verdicts import compare_row
from enrich.compare.visibility import seen_versions, shown_on
from enrich.dates import day_range
from enrich.models import Column, Row, SubmittedVersion, Table, Trial, Verdict
from enrich.record.fields import trial_of
from enrich.registry.client import Registry
from enrich.registry.history import History
from enrich.registry.html_text import as_plain_text
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


LOADED = "2026-11-16T09:00:06"


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
            loaded=LOADED,
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
            (table_report,) = read_report(database, run).tables
            return next(
                comparison
                for comparison in table_report.rows[0].comparisons
                if comparison.verdict == Verdict.DIFFERS
            )
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
            "the registry moved on 2024-01-10 (version 9)",
            id="moved in the last version",
        ),
        pytest.param(
            (10, 10, 10, 10, 10, 20, 20, 20, 20),
            "registry moved",
            "2021-08-01",
            "(version 5: planned 10); the registry moved on 2021-08-01 (version 6)",
            id="moved right after",
        ),
        pytest.param(
            (10, 10, 10, 10, 10, 12, 10, 10, 20),
            "registry moved",
            "2021-08-01",
            "the registry moved on 2021-08-01 (version 6)",
            id="moved twice and back",
        ),
        pytest.param(
            (10, 10, 10, 20, 20, 20, 20, 20, 20),
            "never agreed",
            None,
            "it read planned 20 when the authors looked (on 2021-02-14), since version 4 (2020-07-01);"
            " it had read planned 10 until then, as the table does.",
            id="moved before they looked",
        ),
        pytest.param(
            (20, 20, 20, 20, 20, 20, 20, 20, 20),
            "never agreed",
            None,
            "since version 1 (2017-04-27). The table agreed with no version that was looked at.",
            id="the same from the first version on",
        ),
        pytest.param(
            (12, 14, 14, 14, 15, 16, 17, 18, 20),
            "never agreed",
            None,
            "Registry: planned 20; it read planned 15 when the authors looked (on 2021-02-14), since"
            " version 5 (2021-01-05); it had read planned 14 until then.",
            id="never right",
        ),
        pytest.param(
            (10, 10, 10, 10, None, 20, 20, 20, 20),
            "unknown",
            None,
            "version 5 (2021-01-05) does not say",
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
    """The site may print a submission before its history does; until it does, what the list does not show is not reported."""
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
    ("fault", "words"),
    [
        pytest.param("200-html", "instead of JSON", id="HTML instead of JSON"),
        pytest.param("500", "answers 500", id="500"),
        pytest.param("cut-json", "cut short", id="cut"),
        pytest.param("403-html", "refuses this client (403)", id="403"),
        pytest.param("reset", "connection", id="reset"),
        pytest.param("empty", "has an unexpected format", id="another shape"),
    ],
)
def test_a_broken_history_leaves_the_cause_unknown_with_the_reason(tmp_path, fault, words):
    with (traced := Traced(tmp_path, history(10, 10, 20))).registry:
        traced.registry.fail(fault, on="history", times=None)
        found = traced.difference()
    assert found.cause == "unknown"
    assert words in found.evidence


def test_a_broken_version_leaves_the_cause_unknown(tmp_path):
    with (traced := Traced(tmp_path, history(10, 10, 20))).registry:
        traced.registry.fail("wrong-study", on="version", times=None)
        assert traced.difference().cause in ("unknown", "registry moved")


def test_a_missing_history_is_reported_and_requested_once(tmp_path):
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


# fmt: off
DAYS = ("2020-01-10", "2020-06-01", "2020-09-01", "2020-09-01")
SEEN = (
    # the days of posting, when they looked, the places of the versions that they may have seen
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-07-01",              [1],    "the last one posted"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-06-20",              [1],    "the day of posting belongs to it"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-06-10",              [1, 0], "submitted, and not yet posted"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-01-01",              [],     "before the first"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-06",                 [1, 0], "a month that saw two"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-07",                 [1],    "a month that saw one"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020",                    [3, 2, 1, 0], "a year that saw all"),
    (("2020-01-12", "2020-06-20", "2020-09-03", "2020-09-03"), "2020-07-01/2020-10-07",   [3, 2, 1], "one of two days"),
    ((None, None, None, None),                                 "2020-06-01",              [1],    "no day of posting: that of submission"),
    ((None, None, None, None),                                 "2020-09-01",              [3, 2], "two submitted on the day of access"),
    ((None, None, None, None),                                 "2020-09-02",              [3],    "two submitted on a day before"),
)
# fmt: on


@pytest.mark.parametrize(
    ("posted", "accessed", "places"), [pytest.param(*line[:3], id=line[3]) for line in SEEN]
)
def test_the_versions_that_the_authors_may_have_seen(posted, accessed, places):
    assert seen_versions(DAYS, day_range(accessed), posted.__getitem__) == places


@pytest.mark.parametrize(
    ("day", "status"),
    [
        pytest.param("2010-06-01", "RECRUITING", id="verified within two years"),
        pytest.param("2012-01-01", None, id="too close to call"),
        pytest.param("2021-02-14", "UNKNOWN", id="long after"),
    ],
)
@pytest.mark.parametrize("submitted_as", ["UNKNOWN", "RECRUITING"])
def test_a_status_that_nobody_verifies_becomes_unknown_by_itself(day, status, submitted_as):
    """The registry's list of versions may give the status as submitted, or as it is now."""
    record = study(
        1234567,
        overall_status=submitted_as,
        last_known_status="RECRUITING" if submitted_as == "UNKNOWN" else None,
        status_verified="2009-08",
        completion_date="2011-12",
    )
    shown = shown_on(day, "2009-08-20", trial_of(record))
    assert (shown and shown["overall_status"]) == status


def test_a_completed_trial_stays_completed_and_a_long_one_recruiting():
    facts = {"status_verified": "2009-08", "completion_date": "2030-12"}
    for status in ("COMPLETED", "RECRUITING"):
        trial = Trial(NCT, {"overall_status": status, **facts})
        shown = shown_on("2021-02-14", "2009-08-20", trial)
        assert shown is not None and shown["overall_status"] == status


def _asked(field, cell, accessed, now, nct_id=NCT):
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
    (difference,) = compare_row(asked, row, now, nct_id)
    assert difference.verdict == Verdict.DIFFERS
    return question_of(asked, row, difference, now)


# fmt: off
STATUSES = (
    # printed, the statuses of the versions, the status now, cause, day, evidence
    ("Recruiting", ("RECRUITING", "RECRUITING"), "UNKNOWN", "registry moved", None, "They agreed on 2021-02-14 (recruiting); the registry set the status to unknown later"),
    ("Recruiting", ("RECRUITING", "COMPLETED"),  "COMPLETED", "registry moved", DATES[8], "(version 1: recruiting); the registry moved on 2024-01-10 (version 2)"),
    ("Recruiting", ("COMPLETED", "TERMINATED"),  "TERMINATED", "never agreed", None, "it read completed when the authors looked (on 2021-02-14), since version 1"),
    ("Recruiting", ("RECRUITING",),              "COMPLETED", "unknown", None, "the record changed without a new version in its history"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "statuses", "now", "cause", "moved_on", "evidence"), STATUSES)
def test_the_cause_of_a_status_is_in_the_list_of_versions_where_the_first_is_recent(
    printed, statuses, now, cause, moved_on, evidence
):
    listed = [
        SubmittedVersion(number, day, status, ())
        for number, (day, status) in enumerate(zip((DATES[3], DATES[8]), statuses, strict=False))
    ]
    found = cause_from_history(
        _asked("overall_status", printed, ACCESSED, Trial(NCT, {"overall_status": now})),
        listed,
        lambda version: pytest.fail("asked for a version"),
    )
    assert (found.cause, found.moved_on) == (cause, moved_on)
    assert evidence in found.evidence


# fmt: off
LAPSED = (
    # printed, cause, day, evidence: of a trial last verified in 2017, completed in 2024, and looked at in 2021
    ("Recruiting", "never agreed",   None,     "it read unknown (not updated in time) when the authors looked (on 2021-02-14), as nobody had verified version 1 (2017-04-27) for two years"),
    ("Unknown",    "registry moved", DATES[8], "They agreed on 2021-02-14 (version 1: unknown (not updated in time)); the registry moved on 2024-01-10 (version 2)"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "cause", "moved_on", "evidence"), LAPSED)
def test_a_status_that_was_unknown_between_two_submissions_is_the_registry_s_own(
    printed, cause, moved_on, evidence
):
    listed = [
        SubmittedVersion(0, DATES[0], "RECRUITING", ()),
        SubmittedVersion(1, DATES[8], "COMPLETED", ()),
    ]
    facts = {
        "overall_status": "RECRUITING",
        "status_verified": "2017-04",
        "completion_date": "2018-12",
    }
    found = cause_from_history(
        _asked("overall_status", printed, ACCESSED, Trial(NCT, {"overall_status": "COMPLETED"})),
        listed,
        lambda version: Trial(NCT, facts),
    )
    assert (found.cause, found.moved_on) == (cause, moved_on)
    assert evidence in found.evidence


# fmt: off
ROLLED = (
    # printed, the day the authors looked, cause, evidence
    ("Recruiting", "2010-06-01", "registry moved", "They agreed on 2010-06-01 (recruiting); the registry set the status to unknown later"),
    ("Completed",  "2010-06-01", "never agreed",   "the registry showed recruiting on 2010-06-01"),
    ("Recruiting", "2021-02-14", "never agreed",   "the registry showed unknown (not updated in time) on 2021-02-14"),
    ("Recruiting", "2012-01-01", "unknown",        "does not say on which day"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "accessed", "cause", "evidence"), ROLLED)
def test_the_cause_of_a_status_that_rolled_is_in_the_record_alone(
    printed, accessed, cause, evidence
):
    facts = {
        "overall_status": "UNKNOWN",
        "last_known_status": "RECRUITING",
        "status_verified": "2009-08",
        "completion_date": "2011-12",
    }
    found = cause_from_record(
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


# --- what was posted, and when


class Versions:
    """An invented history of one fact: each version's day of submission, of posting, and what it read."""

    def __init__(self, field: str, *lives: tuple[str, str | None, object], **now: object) -> None:
        self.field = field
        self.facts = [
            Trial(NCT, {field: fact, "last_update_posted": posted}) for _, posted, fact in lives
        ]
        self.listed = [
            SubmittedVersion(at, day, str(fact) if field == "overall_status" else None, ())
            for at, (day, _, fact) in enumerate(lives)
        ]
        self.now = Trial(NCT, {field: lives[-1][2], **now})
        self.asked: list[int] = []

    def cause(self, cell: str, accessed: str, nct_id: str = NCT):
        question = _asked(self.field, cell, accessed, self.now, nct_id)
        return cause_from_history(question, self.listed, self._facts_of)

    def _facts_of(self, version: int) -> Trial:
        self.asked.append(version)
        return self.facts[version]


def grown() -> Versions:
    """20, then 30: submitted on 1 June 2020, posted three weeks later."""
    return Versions(
        "enrollment", ("2020-01-10", "2020-01-12", 20), ("2020-06-01", "2020-06-22", 30)
    )


# fmt: off
POSTED = (
    # printed, when they looked, cause, day, evidence
    ("20", "2020-05-31",            "registry moved", "2020-06-01", "the registry moved on 2020-06-01 (version 2)"),
    ("20", "2020-06-10",            "unknown", None, "version 2 was submitted on 2020-06-01 and posted on 2020-06-22, the authors looked on 2020-06-10, and the versions that they may have seen read differently"),
    ("20", "2020-06-22",            "never agreed", None, "it had read 20 until then, as the table does"),
    ("25", "2020-06-10",            "never agreed", None, "it read 20"),
    ("20", "2020-06",               "unknown", None, "the authors looked in 2020-06"),
    ("20", "2020",                  "unknown", None, "the authors looked in 2020"),
    ("20", "2020-05",               "registry moved", "2020-06-01", "They agreed in 2020-05"),
    ("20", "2019",                  "unknown", None, "begins after the authors looked (2019)"),
    ("20", "2020-03-04/2020-04-03", "registry moved", "2020-06-01", "They agreed between 2020-03-04 and 2020-04-03"),
    ("20", "2020-05-06/2020-06-05", "unknown", None, "the authors looked between 2020-05-06 and 2020-06-05"),
)
# fmt: on


@pytest.mark.parametrize(("printed", "accessed", "cause", "moved_on", "evidence"), POSTED)
def test_the_authors_saw_what_was_posted_by_then(printed, accessed, cause, moved_on, evidence):
    found = grown().cause(printed, accessed)
    assert (found.cause, found.moved_on) == (cause, moved_on)
    assert evidence in found.evidence


def test_a_month_before_the_last_update_is_explained_by_the_record_alone():
    now = Trial(NCT, {"enrollment": 30, "last_update_posted": "2021-02-01"})
    for accessed, cause in (
        ("2021-02", "never agreed"),
        ("2021-01", "unknown"),
        ("2021-02-01", "never agreed"),
        ("2022", "never agreed"),
        ("2021", "unknown"),
    ):
        assert cause_from_record(_asked("enrollment", "20", accessed, now)).cause == cause


def test_a_record_first_posted_after_the_visit_was_not_seen():
    versions = Versions(
        "enrollment",
        ("2020-01-10", None, 20),
        ("2020-06-01", None, 30),
        first_posted="2020-02-01",
    )
    found = versions.cause("20", "2020-01-20")
    assert found.cause == "unknown"
    assert "first posted on 2020-02-01, after the authors looked on 2020-01-20" in found.evidence
    assert versions.asked == []
    assert versions.cause("20", "2020-02-01").cause == "registry moved"


# fmt: off
RESULTS = (
    # printed, when they looked, cause, day
    ("no",  "2020-12-31", "registry moved", "2021-05-04"),
    ("no",  "2021-05-03", "registry moved", "2021-05-04"),
    ("no",  "2021-05-04", "never agreed",   None),
    ("no",  "2021-05",    "unknown",        None),
    ("no",  "2021-04",    "registry moved", "2021-05-04"),
    ("no",  "2022",       "never agreed",   None),
)
# fmt: on


@pytest.mark.parametrize(("printed", "accessed", "cause", "moved_on"), RESULTS)
def test_whether_there_are_results_follows_the_day_of_their_posting(
    printed, accessed, cause, moved_on
):
    now = Trial(
        NCT,
        {
            "has_results": True,
            "results_first_submitted": "2020-01-15",
            "results_first_posted": "2021-05-04",
            "last_update_posted": "2023-01-01",
        },
    )
    question = _asked("has_results", printed, accessed, now)
    found = cause_from_record(question)
    assert (found.cause, found.moved_on) == (cause, moved_on)
    history = [SubmittedVersion(0, "2012-01-01", None, ())]
    assert cause_from_history(question, history, lambda version: pytest.fail("asked")) == found


@pytest.mark.parametrize(
    ("counts", "seen", "moved_on"),
    [
        pytest.param((10, 20, 10, 20, 10, 20), 0, 1, id="to and fro"),
        pytest.param((10, 10, 20, 10, 10, 10, 10, 20), 0, 2, id="once and back, early"),
        pytest.param((10, 10, 10, 10, 10, 20, 10, 20), 0, 5, id="once and back, late"),
        pytest.param((*(10,) * 16, 20), 0, 16, id="as many as are looked at"),
        pytest.param((*(10,) * 30, 20), 0, None, id="too many to look at all"),
        pytest.param((10, 20, *(10,) * 30, 20), 0, None, id="a flip that a bisection passes over"),
    ],
)
def test_the_day_of_a_move_is_that_of_the_first_version_that_no_longer_agrees(
    counts, seen, moved_on
):
    days = [f"20{at // 12 + 10}-{at % 12 + 1:02}-05" for at in range(len(counts))]
    versions = Versions(
        "enrollment", *((day, day, count) for day, count in zip(days, counts, strict=True))
    )
    found = versions.cause("10", days[seen])
    assert found.cause == "registry moved"
    assert found.moved_on == (None if moved_on is None else days[moved_on])
    assert len(versions.asked) <= 17
    assert (moved_on is None) == ("not all versions were looked at" in found.evidence)


def test_the_earlier_value_is_reported_only_from_versions_that_were_read():
    days = [f"2010-{month:02}-05" for month in range(1, 13)]
    counts = (30, 30, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20)
    for seen, evidence in (
        (3, "since version 3 (2010-03-05); it had read 30 until then. The table agreed with no"),
        (11, "since version 8 (2010-08-05) or earlier. The table agreed with no"),
    ):
        versions = Versions(
            "enrollment", *((day, day, count) for day, count in zip(days, counts, strict=True))
        )
        assert evidence in versions.cause("25", days[seen]).evidence


def test_a_merger_is_no_error_of_the_table():
    """A record that absorbed the printed one never shows that the table was wrong."""
    alias = "NCT00000099"
    now = Trial(NCT, {"enrollment": 30, "last_update_posted": "2020-02-01"})
    question = _asked("enrollment", "20", "2021-02-14", now, alias)
    found = cause_from_record(question)
    assert found.cause == "unknown"
    assert f"the registry merged {alias} into {NCT}" in found.evidence
    assert grown().cause("25", "2021-02-14", alias).cause == "unknown"
    agreed = cause_from_merger(question, Trial(alias, {"enrollment": 20}))
    assert agreed is not None and agreed.cause == "registry moved"
    assert f"They agreed before the registry merged {alias} (20) into {NCT}." in agreed.evidence
    assert cause_from_merger(question, Trial(alias, {"enrollment": 30})) is None
    assert cause_from_merger(question, None) is None


def test_what_agreed_before_its_record_was_merged_into_another_moved(tmp_path):
    """The registry merges the printed record, which agreed, into one that reads differently."""
    registry = standin.StandInRegistry(
        [
            study(1234567, enrollment=10, last_update_posted="2020-01-15"),
            study(7654321, enrollment=99, last_update_posted="2020-01-15"),
        ],
        loaded=LOADED,
    )
    with registry:
        database = Database(tmp_path / "trials.db")
        for merged in (False, True):
            if merged:
                registry.merge(NCT, "NCT07654321")
                registry.next_load()
            run = sync(
                [table(cell="10", accessed="2021-02-14")],
                Registry(registry.url, pace=0),
                database,
                Cache(tmp_path / "cache"),
                clock=lambda: "2026-11-22T10:00:00+00:00",
            )
            (found,) = read_report(database, run).tables[0].rows[0].comparisons
            assert (found.verdict, found.cause) == (
                (Verdict.DIFFERS, "registry moved") if merged else (Verdict.AGREES, None)
            )
        database.close()
    assert f"before the registry merged {NCT}" in found.evidence
