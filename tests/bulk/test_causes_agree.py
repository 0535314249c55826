"""A law: the history asked version by version and the walk over all versions at once give the same causes."""

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.bulk.tasks import ArchiveEntry
from enrich.bulk.timeline import RecordTimeline, cell_timelines, index_rows, timelines
from enrich.compare.causes import cause_from_history, question_of
from enrich.compare.verdicts import compare_row
from enrich.dates import day_range
from enrich.models import (
    Cause,
    Column,
    Comparison,
    Row,
    SubmittedVersion,
    Table,
    Trial,
    Verdict,
)
from enrich.record.fields import trial_of
from tests.fixtures.studies import study

NCT = "NCT01234567"
FIRST = date(2012, 1, 10)
STATUSES = ("RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "NOT_YET_RECRUITING")
PRINTED = {
    "enrollment": ("10", "20"),
    "overall_status": ("Recruiting", "Completed", "Unknown"),
    "has_results": ("no", "yes"),
}

steps = st.fixed_dictionaries(
    {
        "after": st.sampled_from((0, 1, 30, 200, 900)),
        "posted_after": st.sampled_from((0, 2, 20, 44)),
        "enrollment": st.sampled_from((10, 20, None)),
        "status": st.sampled_from(STATUSES),
        "verified_before": st.sampled_from((0, 20, 300)),
        "names_parts": st.booleans(),
    }
)


def records(lives: list[dict[str, Any]], results_at: int | None) -> list[dict[str, Any]]:
    """The versions of an invented record, oldest first; results come with the version *results_at*."""
    day, versions = FIRST, []
    first_posted = results_posted = None
    for at, life in enumerate(lives):
        day += timedelta(days=life["after"])
        posted = day + timedelta(days=life["posted_after"])
        first_posted = first_posted or posted.isoformat()
        if at == results_at:
            results_posted = posted.isoformat()
        versions.append(
            study(
                1234567,
                enrollment=life["enrollment"],
                overall_status=life["status"],
                status_verified=(day - timedelta(days=life["verified_before"])).isoformat()[:7],
                completion_date="2014-06",
                first_posted=first_posted,
                last_update_submitted=day.isoformat(),
                last_update_posted=posted.isoformat(),
                has_results=results_posted is not None,
                results_first_posted=results_posted,
            )
        )
    return versions


def history_of(
    versions: list[dict[str, Any]], lives: list[dict[str, Any]]
) -> tuple[list[SubmittedVersion], list[Trial]]:
    """The list of versions as the registry's history gives it, with the parts that really changed, and the facts."""
    facts = [trial_of(version) for version in versions]
    listed = []
    for at, (trial, life) in enumerate(zip(facts, lives, strict=True)):
        changed = at and trial["enrollment"] != facts[at - 1]["enrollment"]
        parts = ("Study Status", *(["Study Design"] if changed else []))
        listed.append(
            SubmittedVersion(
                at,
                trial.text("last_update_submitted") or "",
                trial.text("overall_status"),
                parts if at and life["names_parts"] else (),
            )
        )
    return listed, facts


def table_of(field: str, cell: str, accessed: str) -> Table:
    row = Row(1, {"NCT ID": NCT, "Cell": cell}, (NCT,), accessed)
    return Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "Cell"),
        columns=(Column("Cell", (field,)),),
        rows=(row,),
    )


def timeline_of(versions: list[dict[str, Any]], table: Table) -> RecordTimeline:
    entries = [ArchiveEntry(str(at), orjson.dumps(version)) for at, version in enumerate(versions)]
    (timeline,) = timelines(entries, index_rows([table]), all_records=False)
    assert isinstance(timeline, RecordTimeline)
    return timeline


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, Any]], int | None, str, str, str]:
    lives = draw(st.lists(steps, min_size=1, max_size=9))
    results_at = draw(st.none() | st.integers(0, len(lives) - 1))
    field = draw(st.sampled_from(tuple(PRINTED)))
    cell = draw(st.sampled_from(PRINTED[field]))
    span = sum(life["after"] for life in lives) + 60
    day = (FIRST + timedelta(days=draw(st.integers(-20, span)))).isoformat()
    accessed = draw(st.sampled_from((day, day[:7], day[:4], f"{day}/{day[:4]}-12-31")))
    return lives, results_at, field, cell, accessed


def cause_of(
    table: Table, comparison: Comparison, listed: list[SubmittedVersion], facts: list[Trial]
) -> Comparison:
    question = question_of(table, table.rows[0], comparison, facts[-1])
    return cause_from_history(question, listed, facts.__getitem__)


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_history_and_the_walk_over_all_versions_agree(
    case: tuple[list[dict[str, Any]], int | None, str, str, str],
) -> None:
    lives, results_at, field, cell, accessed = case
    versions = records(lives, results_at)
    table = table_of(field, cell, accessed)
    listed, facts = history_of(versions, lives)
    compared = compare_row(table, table.rows[0], facts[-1], NCT)
    if not compared or compared[0].verdict != Verdict.DIFFERS:
        return
    found = cause_of(table, compared[0], listed, facts)
    (walked,) = cell_timelines(timeline_of(versions, table))
    expected = {Verdict.AGREES: Cause.MOVED, Verdict.DIFFERS: Cause.NEVER_AGREED}
    assert found.cause == expected.get(walked.verdict_then, Cause.UNKNOWN)  # type: ignore[arg-type]
    assert found.moved_on == (walked.moved_on if found.cause == Cause.MOVED else None)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_a_cause_is_what_looking_at_every_day_of_access_shows(
    case: tuple[list[dict[str, Any]], int | None, str, str, str],
) -> None:
    """A cause is `moved` or `never agreed` only where that is true of each day on which the authors may have looked."""
    lives, results_at, field, cell, accessed = case
    versions = records(lives, results_at)
    listed, facts = history_of(versions, lives)
    table = table_of(field, cell, accessed)
    compared = compare_row(table, table.rows[0], facts[-1], NCT)
    if not compared or compared[0].verdict != Verdict.DIFFERS:
        return
    cause = cause_of(table, compared[0], listed, facts).cause
    if cause == Cause.UNKNOWN:
        return
    for day in set(day_range(accessed)):
        table_of_day = table_of(field, cell, day)
        assert cause_of(table_of_day, compared[0], listed, facts).cause in (cause, Cause.UNKNOWN)


@given(st.lists(st.sampled_from((10, 20)), min_size=2, max_size=40), st.data())
def test_the_day_of_the_move_does_not_depend_on_how_often_the_record_changed(
    counts: list[int], data: st.DataObject
) -> None:
    """However the counts flip: the first version after the visit that no longer agrees, or no day at all."""
    days = [(FIRST + timedelta(days=30 * at)).isoformat() for at in range(len(counts))]
    facts = [
        Trial(NCT, {"enrollment": count, "last_update_posted": day})
        for count, day in zip(counts, days, strict=True)
    ]
    seen = data.draw(st.integers(0, len(counts) - 1))
    listed = [SubmittedVersion(at, day, None, ()) for at, day in enumerate(days)]
    cell = str(30 - counts[-1])
    table = table_of("enrollment", cell, days[seen])
    (compared,) = compare_row(table, table.rows[0], facts[-1], NCT)
    found = cause_of(table, compared, listed, facts)
    if counts[seen] == counts[-1]:
        assert (found.cause, found.moved_on) == (Cause.NEVER_AGREED, None)
        return
    first = next(at for at in range(seen, len(counts)) if counts[at] == counts[-1])
    assert found.cause == Cause.MOVED
    assert found.moved_on in (days[first], None)
    assert found.moved_on or len(counts) - seen > 16
