"""The comparison with every version, over real records: pairs before and after, a real table, and a record as the history prints it."""

import csv
import json
from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest

from enrich.changes.diff import diff
from enrich.compare.verdicts import compare_row
from enrich.record.fields import trial_of
from enrich.tables.reader import read_table
from tests.bulk.test_sync import as_lines
from tests.fixtures.corpus import TABLES, needs_corpus, read_records
from tests.fixtures.registry_server import NCT_ID, get_path, set_path
from tests.real_records.test_comparison import DESCRIPTION, SAYS, study_of

pytest.importorskip("pyarrow.parquet", reason="the extra [cluster] is not installed")
from tests.bulk.test_version_sync import rows, sync_all_versions

pytestmark = needs_corpus

SUBMITTED = "protocolSection.statusModule.lastUpdateSubmitDate"
VERDICT = ("column", "field", "claim", "registry", "verdict", "note")


def day_of(record: dict[str, Any]) -> tuple[str, str]:
    return get_path(record, SUBMITTED), get_path(
        record, "derivedSection.miscInfoModule.versionHolder"
    ) or ""


@pytest.fixture(scope="module")
def real_versions() -> list[list[dict[str, Any]]]:
    """The versions of each record of the pairs, oldest first."""
    pairs = sorted(read_records("pairs.ndjson.gz"), key=lambda pair: str(pair["nctId"]))
    together = [
        [pair[side]["study"] for pair in group for side in ("before", "after")]
        for _, group in groupby(pairs, key=lambda pair: pair["nctId"])
    ]
    return [sorted(versions, key=day_of) for versions in together]


def write_table(folder: Path, printed: list[dict[str, Any]]) -> None:
    """A table that prints the values of these versions."""
    (folder / "real.toml").write_text(
        'file = "real.csv"\nid_column = "Trial"\n[columns.N]\nsays = ["enrollment"]\n[columns.Status]\nsays = ["overall_status"]\n'
    )
    with (folder / "real.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Trial", "N", "Status"])
        for record in printed:
            count, status = (
                get_path(record, "protocolSection.designModule.enrollmentInfo.count"),
                get_path(record, "protocolSection.statusModule.overallStatus"),
            )
            table.writerow([get_path(record, NCT_ID), count, status.replace("_", " ").lower()])


def test_real_pairs_give_what_each_step_alone_gives(
    real_versions: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Written newest first; the ledger's lines are those of each two neighbours, the verdicts those of each version by itself."""
    write_table(tmp_path, [versions[0] for versions in real_versions])
    archive = as_lines(
        [version for versions in real_versions for version in reversed(versions)], tmp_path / "all"
    )
    result = sync_all_versions(tmp_path, archive, table="real", per_part=10)
    assert (result.records, result.versions, result.unusable, result.absent) == (36, 96, 0, ())
    read = rows(tmp_path)

    table = read_table(tmp_path / "real.toml")
    printed = {row.nct_id: row for row in table.rows}
    changes = [
        (get_path(new, NCT_ID), change.field, change.item, change.before, change.after)
        for versions in real_versions
        for old, new in pairwise(versions)
        for change in diff(old, new)
    ]
    assert Counter(
        (row["nct_id"], row["field"], row["item"], row["before"], row["after"])
        for row in read["changes"]
    ) == Counter(changes)
    assert len(changes) > 300
    expected_rows = [
        (nct_id, number, *(getattr(comparison, name) for name in VERDICT))
        for versions in real_versions
        for number, version in enumerate(versions)
        for nct_id in [get_path(version, NCT_ID)]
        for comparison in compare_row(table, printed[nct_id], trial_of(version), nct_id)
    ]
    assert Counter(
        (row["nct_id"], row["number"], *(row[name] for name in VERDICT))
        for row in read["comparisons"]
    ) == Counter(expected_rows)
    assert {verdict for *_, verdict, _ in expected_rows} == {"agrees", "differs"}


def test_a_table_of_first_versions_parts_from_the_registry_on_the_day_of_the_first_change(
    real_versions: list[list[dict[str, Any]]], tmp_path: Path
) -> None:
    write_table(tmp_path, [versions[0] for versions in real_versions])
    sync_all_versions(
        tmp_path,
        as_lines([version for versions in real_versions for version in versions], tmp_path / "all"),
        table="real",
    )
    path = "protocolSection.designModule.enrollmentInfo.count"
    expected = {
        get_path(versions[0], NCT_ID): next(
            (
                get_path(version, SUBMITTED)
                for version in versions
                if get_path(version, path) != get_path(versions[0], path)
            ),
            None,
        )
        for versions in real_versions
    }
    assert {
        row["nct_id"]: row["moved_on"]
        for row in rows(tmp_path)["cells"]
        if row["field"] == "enrollment"
    } == expected
    assert sum(day is not None for day in expected.values()) > 5


def test_every_version_of_a_real_table_gets_the_verdict_of_a_single_comparison(
    tmp_path: Path,
) -> None:
    """IntoValue as first recorded, against the registry of 2022 and against later records."""
    (tmp_path / "t.csv").write_bytes((TABLES / "intovalue_T1_original.csv").read_bytes())
    says = "".join(f'[columns."{column}"]\nsays = ["{field}"]\n' for column, field in SAYS.items())
    (tmp_path / "t.toml").write_text(DESCRIPTION + says)
    with (TABLES / "intovalue_registry_2022-11-01.csv").open(encoding="utf-8") as file:
        versions = {line["id"]: [study_of(line)] for line in csv.DictReader(file)}
    for (record,) in versions.values():
        set_path(record, SUBMITTED, "2022-11-01")
    for later in read_records("studies.ndjson.gz"):
        if get_path(later, NCT_ID) in versions:
            # The row of 2022 has only some facts; it was submitted on that day or before.
            set_path(
                versions[get_path(later, NCT_ID)][0],
                SUBMITTED,
                min("2022-11-01", get_path(later, SUBMITTED)),
            )
            versions[get_path(later, NCT_ID)].append(later)
    result = sync_all_versions(
        tmp_path,
        as_lines([record for records in versions.values() for record in records], tmp_path / "all"),
        table="t",
        workers=2,
    )
    assert (result.records, result.unusable, result.absent) == (
        len(versions),
        0,
        (),
    ) and result.versions > result.records
    table = read_table(tmp_path / "t.toml")
    expected_rows = Counter(
        (row.position, number, *(getattr(comparison, name) for name in VERDICT))
        for row in table.rows
        for number, version in enumerate(versions[row.nct_id])
        for comparison in compare_row(table, row, trial_of(version), row.nct_id)
    )
    assert (
        Counter(
            (row["position"], row["number"], *(row[name] for name in VERDICT))
            for row in rows(tmp_path)["comparisons"]
        )
        == expected_rows
    )
    assert expected_rows.total() > 3_000


def test_a_record_from_the_history_has_the_facts_of_the_same_record_from_the_api(
    tmp_path: Path,
) -> None:
    """NCT04435626 is in both with the same day: only its prose is printed differently."""
    escaped = {
        get_path(record, NCT_ID): record
        for record in read_records("history-endpoint-studies.ndjson.gz")
    }
    plain = {
        get_path(record, NCT_ID): record
        for record in read_records("studies.ndjson.gz")
        if get_path(record, NCT_ID) in escaped
    }
    assert plain
    both = [
        record
        for nct_id in plain
        for record in ({"studyVersion": 20, "study": escaped[nct_id]}, plain[nct_id])
    ]
    (tmp_path / "t.csv").write_text("Trial\n")
    (tmp_path / "t.toml").write_text('file = "t.csv"\nid_column = "Trial"\n')
    sync_all_versions(tmp_path, as_lines(both, tmp_path / "all"), table="t")
    read = rows(tmp_path)
    assert [(row["number"], row["version"], row["source"]) for row in read["trials"]] == [
        (0, 20, "history"),
        (1, None, "record"),
    ]
    assert read["changes"] == []
    assert (
        json.dumps(escaped) != json.dumps(plain)
        and len(diff(escaped["NCT04435626"], plain["NCT04435626"])) > 10
    )
