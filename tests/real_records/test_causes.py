"""Causes over the real histories and the real pairs of records: by brute force, and against the walk over all versions."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby, pairwise, product
from typing import Any

import orjson
import pytest

from enrich.bulk.tasks import ArchiveEntry
from enrich.bulk.timeline import CellTimeline, RecordTimeline, cell_timelines, index_rows, timelines
from enrich.compare.causes import cause_from_history, question_of
from enrich.compare.verdicts import compare_row
from enrich.models import Cause, Column, Comparison, Row, SubmittedVersion, Table, Trial, Verdict
from enrich.record.fields import trial_of
from tests.fixtures.corpus import needs_corpus, read_records

pytestmark = needs_corpus


def table_of(nct_id: str, cells: dict[str, str], accessed: str) -> Table:
    """A table of one row, with a column for each field."""
    row = Row(1, {"NCT ID": nct_id, **cells}, (nct_id,), accessed)
    return Table(
        name="t",
        title="T",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", *cells),
        columns=tuple(Column(field, (field,)) for field in cells),
        rows=(row,),
    )


def histories() -> Iterator[tuple[str, list[SubmittedVersion], Trial]]:
    """The six real histories, with the facts of the last version."""
    studies = read_records("history-endpoint-studies.ndjson.gz")
    now = {trial.nct_id: trial for trial in map(trial_of, studies)}
    for record in read_records("histories.ndjson"):
        listed = [
            SubmittedVersion(
                entry["version"], entry["date"], entry["status"], tuple(entry["moduleLabels"])
            )
            for entry in record["history"]["changes"]
        ]
        yield record["nctId"], listed, now[record["nctId"]]


PRINTED = {
    "Not yet recruiting": "NOT_YET_RECRUITING",
    "Recruiting": "RECRUITING",
    "Active, not recruiting": "ACTIVE_NOT_RECRUITING",
}
LAG = timedelta(days=46)  # so long after a submission, all are posted


def test_the_cause_of_a_status_in_real_histories_is_that_of_the_version_then_in_force() -> None:
    """In the middle of the time between any two versions, with every status that a table may print."""
    tried = 0
    for nct_id, listed, now in histories():
        for seen, following in pairwise(listed):
            day = date.fromisoformat(seen.day) + LAG
            if day.isoformat() >= following.day or "Adverse Events" in seen.parts:
                continue  # results are posted much later
            for printed, code in PRINTED.items():
                table = table_of(nct_id, {"overall_status": printed}, day.isoformat())
                (difference,) = compare_row(table, table.rows[0], now, nct_id)
                question = question_of(table, table.rows[0], difference, now)
                found = cause_from_history(question, listed, _none_at_hand)
                expected = Cause.MOVED if seen.status == code else Cause.NEVER_AGREED
                later = [v.day for v in listed if v.version > seen.version and v.status != code]
                assert found.cause == expected
                assert found.moved_on == (later[0] if expected == Cause.MOVED else None)
                tried += 1
    assert tried > 50


def _none_at_hand(version: int) -> Trial:
    pytest.fail(f"asked for version {version}")


def real_versions() -> Iterator[list[dict[str, Any]]]:
    """The versions of each record of the pairs, oldest first."""
    pairs = sorted(read_records("pairs.ndjson.gz"), key=lambda pair: str(pair["nctId"]))
    for _, group in groupby(pairs, key=lambda pair: pair["nctId"]):
        versions = [pair[side]["study"] for pair in group for side in ("before", "after")]
        unique = {trial_of(version).text("last_update_submitted"): version for version in versions}
        yield [unique[day] for day in sorted(unique, key=str)]


def test_real_versions_asked_one_by_one_and_walked_at_once_have_the_same_causes() -> None:
    """A table that prints each version in turn, looked at on every day that may matter."""
    compared = sum(_compare(versions) for versions in real_versions())
    assert compared > 200


def _compare(versions: list[dict[str, Any]]) -> int:
    facts = [trial_of(version) for version in versions]
    listed = [
        SubmittedVersion(
            at, trial.text("last_update_submitted") or "", trial.text("overall_status"), ()
        )
        for at, trial in enumerate(facts)
    ]
    entries = [ArchiveEntry(str(at), orjson.dumps(study)) for at, study in enumerate(versions)]
    compared = 0
    for printed, accessed in product(facts, _days_that_matter(facts)):
        table = table_of(printed.nct_id, _cells(printed), accessed)
        (walk,) = timelines(entries, index_rows([table]), all_records=False)
        assert isinstance(walk, RecordTimeline)
        walked = {cell.field: cell for cell in cell_timelines(walk)}
        for comparison in compare_row(table, table.rows[0], facts[-1], printed.nct_id):
            if comparison.verdict == Verdict.DIFFERS:
                question = question_of(table, table.rows[0], comparison, facts[-1])
                found = cause_from_history(question, listed, facts.__getitem__)
                _assert_same(found, walked[comparison.field])
                compared += 1
    return compared


def _cells(printed: Trial) -> dict[str, str]:
    return {
        field: str(printed[field]).replace("_", " ").lower()
        for field in ("enrollment", "overall_status", "primary_completion_date")
        if printed[field] is not None
    }


def _assert_same(found: Comparison, walked: CellTimeline) -> None:
    causes = {Verdict.AGREES: Cause.MOVED, Verdict.DIFFERS: Cause.NEVER_AGREED}
    then = walked.verdict_then
    assert found.cause == (causes.get(then, Cause.UNKNOWN) if then else Cause.UNKNOWN)
    assert found.cause != Cause.MOVED or found.moved_on == walked.moved_on


def _days_that_matter(facts: list[Trial]) -> list[str]:
    days = {
        date.fromisoformat(day) + timedelta(days=shift)
        for trial in facts
        for field in ("last_update_submitted", "last_update_posted")
        if (day := trial.text(field))
        for shift in (-1, 0, 1)
    }
    return [iso for day in sorted(days) for iso in (day.isoformat(), day.isoformat()[:7])]
