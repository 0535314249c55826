"""Every version of every record against the tables: the same rows whatever the form, the order, the
workers, and the ways to be cut off.
"""

import gzip
import json
import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from enrich.bulk.tasks import ArchiveEntry, RejectedEntry
from enrich.bulk.timeline import (
    RecordTimeline,
    VersionsNotAdjacent,
    cell_timelines,
    index_rows,
    timelines,
)
from enrich.bulk.version_archive import PartSize, open_versions
from enrich.bulk.version_sync import sync_versions
from enrich.bulk.workers import Workers
from enrich.cli import main
from enrich.compare.causes import cause_from_history, question_of
from enrich.models import Cause, SubmittedVersion, Verdict, VersionSyncResult
from enrich.record.fields import FIELDS
from enrich.reports.version_summary import summarize_versions
from enrich.storage.database import Database
from enrich.tables.reader import read_table, read_tables
from tests.bulk.test_sync import as_lines, content, synced
from tests.bulk.watched import Killed, WatchedArchive
from tests.fixtures.registry_server import (
    ALIASES,
    StandInRegistry,
    escape_html_texts,
    set_path,
    with_load_day,
)
from tests.fixtures.studies import nct, study

pq: Any = pytest.importorskip("pyarrow.parquet", reason="the extra [cluster] is not installed")

NOW = "2026-09-10T12:00:00+00:00"
DAYS = ("2015-03-01", "2017-01-15", "2017-06-30", "2019-02-02", "2022-08-08")
STATES = ("NOT_YET_RECRUITING", "RECRUITING", "RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED")
MERGED = "NCT00000099"


def lives(number: int) -> list[dict[str, Any]]:
    """The versions of one invented record, oldest first: it grows, recruits, ends, and is loaded
    anew each time.
    """
    facts = [
        {
            "enrollment": 10 * number + (at > 2) * 5,
            "overall_status": state,
            "last_update_submitted": day,
            "last_update_posted": day,
        }
        for at, (day, state) in enumerate(zip(DAYS, STATES, strict=True))
    ]
    found = [
        with_load_day(study(number, **some), day) for some, day in zip(facts, DAYS, strict=True)
    ]
    for at, version in enumerate(found):
        # What flaps to and fro is noise from the second time on.
        set_path(version, FIELDS["keywords"].path, ["rest"] if at % 2 else ["sleep"])
    if number == 7:
        set_path(found[-1], ALIASES, [MERGED])
    return found


def registry(number: int = 12) -> list[dict[str, Any]]:
    return [version for at in range(1, number + 1) for version in lives(at)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A table of three trials, one of them printed under an obsolete id, and of one that no archive
    has; the authors looked in March 2018.
    """
    (tmp_path / "table.csv").write_text(
        f"Trial,Phase,N,Status\nNCT00000003,Phase 2,30,recruiting\nNCT00000004,Phase 3,45,\n{MERGED},Phase 2,70,completed\n{nct(99999)},,,\n"
    )
    (tmp_path / "table.toml").write_text(
        'file = "table.csv"\nid_column = "Trial"\npublished = 2018-03-01\n[columns.Phase]\nsays = ["phases"]\n[columns.N]\nsays = ["enrollment"]\n[columns.Status]\nsays = ["overall_status"]\n'
    )
    yield tmp_path


def sync_all_versions(
    folder: Path,
    archive: Path | str | WatchedArchive,
    name: str = "versions",
    *,
    all_records: bool = True,
    workers: int = 1,
    table: str = "table",
    per_part: int = 1000,
) -> VersionSyncResult:
    database = Database(folder / f"{name}.db")
    try:
        return sync_versions(
            archive
            if isinstance(archive, WatchedArchive)
            else open_versions(str(archive), PartSize(versions=per_part)),
            read_tables([folder / f"{table}.toml"]),
            database,
            str(folder / name),
            all_records=all_records,
            clock=lambda: NOW,
            workers=Workers(workers),
        )
    finally:
        database.close()


def rows(folder: Path, name: str = "versions") -> dict[str, list[dict[str, Any]]]:
    """All that was written, and the summary, in an order that does not depend on how the work was
    cut.
    """
    content = {
        table: sorted(pq.read_table(folder / name / table).to_pylist(), key=str)
        for table in ("trials", "comparisons", "changes")
    }
    database = Database(folder / f"{name}.db")
    content["cells"] = sorted(
        ({**row, "id": None} for row in database.fetch_dicts("select * from version_cells")),
        key=str,
    )
    content["counts"] = database.fetch_dicts("select * from version_counts")
    content["records"] = database.fetch_dicts(
        "select nct_id, aliases, versions from version_records"
    )
    database.close()
    return content


# --- what is right


def test_rows_cells_and_counts_of_one_record(folder: Path) -> None:
    result = sync_all_versions(folder, as_lines(lives(3), folder / "all"), all_records=False)
    assert (result.records, result.versions, result.unusable) == (1, 5, 0)
    read = rows(folder)
    assert [
        (row["number"], row["version"], row["day"], row["source"], row["enrollment"])
        for row in read["trials"]
    ] == [(at, None, day, "record", 30 + (at > 2) * 5) for at, day in enumerate(DAYS)]
    assert [
        (row["number"], row["cell"], row["registry"], row["verdict"])
        for row in read["comparisons"]
        if row["column"] == "Status"
    ] == [
        (at, "recruiting", state, "agrees" if state == "RECRUITING" else "differs")
        for at, state in enumerate(STATES)
    ]
    assert [
        (row["number"], row["before"], row["after"], row["kind"])
        for row in read["changes"]
        if row["field"] == "enrollment"
    ] == [(3, "30", "35", "material")]
    assert [
        (row["field"], row["versions"], row["verdict_then"], row["moved_on"], row["verdict_now"])
        for row in read["cells"]
    ] == [
        ("enrollment", 5, "agrees", "2019-02-02", "differs"),
        ("phases", 5, "agrees", None, "agrees"),
        ("overall_status", 5, "agrees", "2019-02-02", "differs"),
    ]
    assert {(row["field"], row["verdict"]): row["number"] for row in read["counts"]} == {
        ("enrollment", "agrees"): 3,
        ("enrollment", "differs"): 2,
        ("phases", "agrees"): 5,
        ("overall_status", "agrees"): 2,
        ("overall_status", "differs"): 3,
    }


def test_all_versions_at_once_give_what_ordinary_runs_give_load_after_load(folder: Path) -> None:
    """The slow way: the registry is asked record by record after each change, and the ledger
    remembers.
    """
    by_load = list(zip(lives(3), lives(4), strict=True))
    for turn, studies in enumerate(by_load):
        with StandInRegistry(studies, loaded=f"{DAYS[turn]}T09:00:00") as site:
            options = [
                "--registry",
                site.url,
                "--pace",
                "0",
                "--no-history",
                "--accept",
                "--db",
                folder / "slow.db",
                "--cache",
                folder / "cache",
            ]
            result = enrich_sync(folder, *options)
            assert result.exit_code == 0, result.output
    sync_all_versions(folder, as_lines([*lives(3), *lives(4)], folder / "all"))
    slow, fast = content(folder / "slow.db"), rows(folder)
    ledger = ("nct_id", "field", "item", "before", "after", "kind")
    assert Counter(tuple(row[key] for key in ledger) for row in fast["changes"]) == Counter(
        tuple(row[key] for key in ledger) for row in slow["changes"]
    )
    assert [{key: row[key] for key in FIELDS} for row in fast["trials"] if row["number"] == 4] == [
        {key: row[key] for key in FIELDS} for row in slow["trials"]
    ]
    printed = ("nct_id", "column", "field", "cell", "claim", "registry", "verdict", "note")
    now = Counter(
        tuple({**row, "nct_id": row["printed_id"]}[key] for key in printed)
        for row in fast["comparisons"]
        if row["number"] == 4
    )
    assert now == Counter(
        tuple(row[key] for key in printed)
        for row in slow["comparisons"]
        if row["nct_id"] in (nct(3), nct(4))
    )
    assert now.total() == 6


def enrich_sync(folder: Path, *options: object) -> Result:
    return run_command("sync", folder, *options)


def enrich_trace(folder: Path, *options: object) -> Result:
    return run_command("trace", folder, *options)


def run_command(command: str, folder: Path, *options: object) -> Result:
    return CliRunner().invoke(
        main, [command, "--table", str(folder / "table.toml"), *map(str, options)]
    )


def test_all_versions_at_once_give_what_a_bulk_download_gives_version_after_version(
    folder: Path,
) -> None:
    archive = as_lines(registry(), folder / "all")
    slow = content(synced(folder / "slow.db", archive, folder))
    sync_all_versions(folder, archive)
    fast = rows(folder)
    ledger = ("nct_id", "field", "item", "before", "after", "kind")
    assert Counter(tuple(row[key] for key in ledger) for row in fast["changes"]) == Counter(
        tuple(row[key] for key in ledger) for row in slow["changes"]
    )
    assert [{key: row[key] for key in FIELDS} for row in fast["trials"] if row["number"] == 4] == [
        {key: row[key] for key in FIELDS} for row in slow["trials"]
    ]


def test_a_cell_moved_on_the_day_that_the_history_gives_as_the_cause(folder: Path) -> None:
    table = read_table(folder / "table.toml")
    for timeline in timelines_of(registry(), table):
        history = [
            SubmittedVersion(at, day, state, ())
            for at, (day, state) in enumerate(zip(DAYS, STATES, strict=True))
        ]
        facts = [step.trial for step in timeline.steps]
        moved = {
            (cell.position, cell.field): cell.moved_on
            for cell in cell_timelines(timeline)
            if cell.verdict_now == Verdict.DIFFERS and cell.moved_on
        }
        explained = {
            (row.position, comparison.field): cause.moved_on
            for _, row, comparison, _ in (timeline.steps[-1].cells if timeline.steps else ())
            if comparison.verdict == Verdict.DIFFERS
            for cause in [
                cause_from_history(
                    question_of(table, row, comparison, facts[-1]),
                    history,
                    lambda number, facts=facts: facts[number],
                )
            ]
            if cause.cause == Cause.MOVED
        }
        assert moved == explained
        assert bool(moved) == (timeline.nct_id in (nct(3), nct(7)))


def timelines_of(
    studies: list[dict[str, Any]], table: Any, *, all_records: bool = False
) -> list[RecordTimeline]:
    entries = [
        ArchiveEntry(f"line {at}", json.dumps(study).encode())
        for at, study in enumerate(studies, 1)
    ]
    return [
        timeline
        for timeline in timelines(entries, index_rows([table]), all_records=all_records)
        if isinstance(timeline, RecordTimeline)
    ]


@pytest.mark.parametrize(
    ("accessed", "verdicts", "then", "moved_on"),
    [
        ("2018-03-01", "aaadd", "agrees", "2019-02-02"),
        ("2018-03-01", "dadad", "differs", None),
        ("2018-03-01", "ddaad", "agrees", "2022-08-08"),
        ("2018-03-01", "aaaad", "agrees", "2022-08-08"),
        ("2018-03-01", "aaaaa", "agrees", None),
        ("2018-03-01", "aaada", "agrees", "2019-02-02"),
        ("2017-06-30", "ddada", "agrees", "2019-02-02"),
        ("2017-06-29", "dadda", "agrees", "2017-06-30"),
        ("2014-01-01", "aaadd", None, None),
        ("", "aaadd", None, "2019-02-02"),
        ("", "daadd", None, "2019-02-02"),
        ("", "ddddd", None, None),
    ],
)
def test_the_day_from_which_a_cell_no_longer_agrees(
    accessed: str, verdicts: str, then: str | None, moved_on: str | None, folder: Path
) -> None:
    """The day of access belongs to what the authors saw; what never agreed did not move; where
    nobody knows the day, the first agreement counts.
    """
    (folder / "table.toml").write_text(
        (folder / "table.toml")
        .read_text()
        .replace("published = 2018-03-01\n", f"published = {accessed}\n" if accessed else "")
    )
    versions = [
        study(3, enrollment=30 if verdict == "a" else 99, last_update_submitted=day)
        for verdict, day in zip(verdicts, DAYS, strict=True)
    ]
    (timeline,) = timelines_of(versions, read_table(folder / "table.toml"))
    cell = next(cell for cell in cell_timelines(timeline) if cell.field == "enrollment")
    assert (cell.verdict_then, cell.moved_on, cell.verdict_now) == (
        then,
        moved_on,
        {"a": "agrees", "d": "differs"}[verdicts[-1]],
    )


def test_a_withdrawn_value_no_longer_agrees(folder: Path) -> None:
    versions = [
        study(3, enrollment=number, last_update_submitted=day)
        for number, day in ((30, DAYS[0]), (None, DAYS[4]))
    ]
    (timeline,) = timelines_of(versions, read_table(folder / "table.toml"))
    assert [
        (cell.moved_on, cell.verdict_now)
        for cell in cell_timelines(timeline)
        if cell.field == "enrollment"
    ] == [(DAYS[4], "silent")]


# --- the history's own shape


def of_history(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The versions as the history endpoint gives them: numbered, their text escaped."""
    return [
        {"studyVersion": number, "study": escape_html_texts(version)}
        for number, version in enumerate(versions)
    ]


def test_versions_of_the_history_are_numbered_by_the_registry_and_read_as_plain_text(
    folder: Path,
) -> None:
    versions = lives(3)
    for version in versions:
        set_path(version, FIELDS["brief_title"].path, "Rest & sleep for <tired> pupils' sake")
    sync_all_versions(folder, as_lines(of_history(versions), folder / "all"))
    assert [
        (row["number"], row["version"], row["source"], row["brief_title"])
        for row in rows(folder)["trials"]
    ] == [(at, at, "history", "Rest & sleep for <tired> pupils' sake") for at in range(5)]


def test_prose_of_the_history_is_never_compared_with_prose_of_a_record(folder: Path) -> None:
    """The newest version is a plain record: it prints prose otherwise, and only its facts are
    compared with the version before.
    """
    versions = lives(3)
    for version in versions:
        set_path(
            version,
            "protocolSection.descriptionModule.briefSummary",
            "First line.\n\n* a point & another\n* one more",
        )
        set_path(version, FIELDS["official_title"].path, "Rest  & sleep")
    sync_all_versions(folder, as_lines([*of_history(versions[:4]), versions[4]], folder / "all"))
    read = rows(folder)
    assert [row["version"] for row in read["trials"]] == [0, 1, 2, 3, None]
    assert {row["field"] for row in read["changes"] if row["number"] == 4} == {
        "overall_status",
        "keywords",
        "last_update_submitted",
        "last_update_posted",
    }


@pytest.mark.parametrize("seed", range(5))
def test_versions_are_sorted_by_their_days(seed: int, folder: Path) -> None:
    shuffled = []
    for at in range(1, 13):
        versions = lives(at)
        random.Random(seed * 100 + at).shuffle(versions)
        shuffled += versions
    sync_all_versions(folder, as_lines(registry(), folder / "in-order"), "in-order")
    sync_all_versions(folder, as_lines(shuffled, folder / "shuffled"), "shuffled")
    assert rows(folder, "shuffled") == rows(folder, "in-order")


@pytest.mark.parametrize(
    ("given", "enrollments"),
    [
        ([(1, None, "b"), (2, None, "c"), (0, None, "a")], [0, 1, 2]),
        ([(2, 1, None), (1, 0, None), (3, 2, None)], [1, 2, 3]),
        ([(9, None, None), (2, 1, None), (1, 0, None)], [1, 2, 9]),
        ([(5, None, None), (4, None, None)], [5, 4]),
    ],
    ids=[
        "by the day of the load",
        "by the registry's number",
        "the record after its history",
        "else as they stand",
    ],
)
def test_versions_of_the_same_day_are_sorted_by_number_and_load(
    given: list[tuple[int, int | None, str | None]], enrollments: list[int], folder: Path
) -> None:
    studies: list[dict[str, Any]] = []
    for enrollment, number, load in given:
        version = study(3, enrollment=enrollment, last_update_submitted=DAYS[0])
        if load:
            version = with_load_day(version, f"2020-01-0{'abc'.index(load) + 1}")
        studies.append(version if number is None else {"studyVersion": number, "study": version})
    (timeline,) = timelines_of(studies, read_table(folder / "table.toml"))
    assert [step.trial["enrollment"] for step in timeline.steps] == enrollments


# --- forms of an archive


def as_folder(studies: list[dict[str, Any]], path: Path) -> Path:
    counts: Counter[str] = Counter()
    for version in studies:
        nct_id = id_of(version)
        file = path / nct_id[-2:] / nct_id / f"{counts[nct_id]}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(version))
        (file.parent / "versions.json").write_text('{"changes": []}')
        counts[nct_id] += 1
    return path


def as_shards(studies: list[dict[str, Any]], path: Path) -> Path:
    """Files of lines, some of them packed, in a folder."""
    path.mkdir()
    for at in range(0, len(studies), 15):
        raw = b"".join(json.dumps(version).encode() + b"\n" for version in studies[at : at + 15])
        name = path / f"some-{at:03}.ndjson"
        if at % 2:
            name.write_bytes(raw)
        else:
            name.with_suffix(".ndjson.gz").write_bytes(gzip.compress(raw))
    return path


def as_zip(studies: list[dict[str, Any]], path: Path) -> Path:
    path = path.with_suffix(".zip")
    counts: Counter[str] = Counter()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for version in studies:
            nct_id = id_of(version)
            archive.writestr(f"{nct_id[-2:]}/{nct_id}/{counts[nct_id]}.json", json.dumps(version))
            counts[nct_id] += 1
    return path


def as_plain_lines(studies: list[dict[str, Any]], path: Path) -> Path:
    path = path.with_suffix(".ndjson")
    path.write_text("\n\n".join(map(json.dumps, studies)))
    return path


def id_of(version: dict[str, Any]) -> str:
    return str(version.get("study", version)["protocolSection"]["identificationModule"]["nctId"])


# Versions in a part: so few that a small archive has many parts.
FEW = 4


@pytest.mark.parametrize("form", [as_lines, as_plain_lines, as_folder, as_shards, as_zip])
def test_every_kind_of_archive_gives_the_same(form: Callable[..., Path], folder: Path) -> None:
    sync_all_versions(folder, as_lines(registry(), folder / "all"), "expected", per_part=FEW)
    result = sync_all_versions(folder, form(registry(), folder / "form"), per_part=FEW)
    assert (result.records, result.versions, result.unusable) == (12, 60, 0)
    assert rows(folder) == rows(folder, "expected")


def test_the_counts_are_those_of_the_rows_of_all_parts(folder: Path) -> None:
    sync_all_versions(folder, as_lines(registry(), folder / "all"), per_part=FEW)
    read, key = rows(folder), ("table", "column", "field", "verdict")
    counted = Counter(tuple(row[name] for name in key) for row in read["comparisons"])
    assert {tuple(row[name] for name in key): row["number"] for row in read["counts"]} == counted
    assert counted["table", "N", "enrollment", "agrees"] == 3 + 2 + 3


def test_a_bucket_is_read_and_written_as_a_folder_is(folder: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.put(str(as_shards(registry(), folder / "shards")), "/bucket/shards", recursive=True)
    database = Database(folder / "t.db")
    sync_versions(
        open_versions("memory://bucket/shards", PartSize(versions=FEW)),
        read_tables([folder / "table.toml"]),
        database,
        "memory://bucket/out",
        all_records=True,
        clock=lambda: NOW,
        workers=Workers(1),
    )
    database.close()
    memory.get("/bucket/out", str(folder / "t"), recursive=True)
    sync_all_versions(folder, as_lines(registry(), folder / "all"), "expected", per_part=FEW)
    assert rows(folder, "t") == rows(folder, "expected")
    others = [path for path in memory.find("/bucket/out") if not path.endswith(".parquet")]
    assert others == ["/bucket/out/_enrich/files.json"]
    memory.rm("/bucket", recursive=True)


def test_processes_give_what_one_process_gives(folder: Path) -> None:
    archive = as_zip(registry(40), folder / "all")
    sync_all_versions(folder, archive, "alone", per_part=FEW)
    sync_all_versions(folder, archive, "spread", workers=2, per_part=FEW)
    assert rows(folder, "spread") == rows(folder, "alone")
    assert len(list((folder / "spread" / "trials").iterdir())) > 20


def test_only_listed_records_are_written_unless_all_are_wanted(folder: Path) -> None:
    """One of them is printed under an id that only its newest version names."""
    archive = as_lines(registry(), folder / "all")
    result = sync_all_versions(folder, archive, "listed", all_records=False)
    sync_all_versions(folder, archive, "whole")
    listed, whole = rows(folder, "listed"), rows(folder, "whole")
    assert (result.records, result.versions, result.absent) == (12, 60, (nct(99999),))
    assert Counter(row["nct_id"] for row in listed["trials"]) == {nct(3): 5, nct(4): 5, nct(7): 5}
    assert {name: listed[name] for name in ("comparisons", "cells", "counts", "records")} == {
        name: whole[name] for name in ("comparisons", "cells", "counts", "records")
    }
    assert {(row["printed_id"], row["nct_id"]) for row in listed["comparisons"]} == {
        (nct(3), nct(3)),
        (nct(4), nct(4)),
        (MERGED, nct(7)),
    }


def test_partitions_of_all_parts_have_one_schema(folder: Path) -> None:
    """Also of a part of which no table names a record."""
    sync_all_versions(folder, as_lines(registry(), folder / "all"), all_records=False, per_part=1)
    for table in ("trials", "comparisons", "changes"):
        files = sorted((folder / "versions" / table).iterdir())
        assert len(files) == 12
        assert len({str(pq.read_schema(file)) for file in files}) == 1


def test_duckdb_reads_the_partitions(folder: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    sync_all_versions(folder, as_lines(registry(), folder / "all"))
    asked = f"select t.overall_status, c.verdict from '{folder}/versions/comparisons/*.parquet' c join '{folder}/versions/trials/*.parquet' t using (nct_id, number) where c.field = 'overall_status' and c.printed_id = 'NCT00000003' order by number"
    assert duckdb.sql(asked).fetchall() == [
        (state, "agrees" if state == "RECRUITING" else "differs") for state in STATES
    ]


# --- what cannot be used

BAD = [
    ("{", "unexpected end of data"),
    ("[]", "the record is list"),
    ("{}", "holds no NCT id"),
    ('{"studyVersion": 1, "study": null}', "holds no NCT id"),
    ('{"studyVersion": "1", "study": {}}', "studyVersion is '1', not a number from 0"),
    ('{"studyVersion": true, "study": {}}', "studyVersion is True, not a number from 0"),
    (
        json.dumps(study(3)),
        "no lastUpdateSubmitDate, so the day of this version is not known",
    ),
    (json.dumps(study(3, last_update_submitted="soon")), "'soon' is not a date"),
    (
        json.dumps({"studyVersion": 2, "study": lives(3)[2]}),
        "another entry has version 3 of NCT00000003, too",
    ),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason[:40] for _, reason in BAD])
def test_an_unreadable_version_is_named_and_does_not_break_the_grouping(
    line: str, reason: str, folder: Path
) -> None:
    """It stands among the versions of a record, which still belong together."""
    good = [json.dumps(version) for version in of_history(lives(3))]
    (folder / "all.ndjson").write_text("\n".join([*good[:3], line, *good[3:]]))
    result = sync_all_versions(folder, folder / "all.ndjson")
    assert (result.records, result.versions, result.unusable) == (1, 5, 1)
    assert (
        len(result.problems) == 1
        and "all.ndjson, line 4: " in result.problems[0]
        and reason in result.problems[0]
    )
    assert not result.complete


def test_many_unreadable_versions_are_counted_and_the_first_are_named(folder: Path) -> None:
    (folder / "all.ndjson").write_text("{\n" * 100 + json.dumps(lives(3)[0]))
    result = sync_all_versions(folder, folder / "all.ndjson")
    assert (result.versions, result.unusable, len(result.problems)) == (1, 100, 20)
    assert (
        "100 versions not checked: " in summarize_versions(result)
        and "line 3: " in summarize_versions(result)
        and " and 97 more\n" in summarize_versions(result)
    )


def apart() -> list[dict[str, Any]]:
    """One version of a record stands apart from its others."""
    first, *others = lives(2)
    return [first, *lives(3), *others, *lives(5)]


@pytest.mark.parametrize(
    ("at_most", "where"),
    [(1000, "line 7"), (1, r"parts 0 and 2 of the archive")],
    ids=["in one part", "in two"],
)
def test_versions_that_are_not_adjacent_are_refused_in_one_line(
    at_most: int, where: str, folder: Path
) -> None:
    with pytest.raises(
        VersionsNotAdjacent,
        match=f"{where}: a version of NCT00000002 is apart .*sort by NCT id",
    ):
        sync_all_versions(folder, as_lines(apart(), folder / "all"), per_part=at_most)


def test_versions_in_two_files_of_a_folder_are_refused_in_one_line(folder: Path) -> None:
    (folder / "shards").mkdir()
    for at in range(2):
        as_plain_lines(lives(2)[at::2], folder / "shards" / f"{at}")
    result = enrich_trace(
        folder,
        folder / "shards",
        "--parquet",
        folder / "out",
        "--db",
        folder / "t.db",
        "--workers",
        1,
    )
    assert result.exit_code == 1
    assert (
        result.output
        == "enrich: parts 0 and 1 of the archive: a version of NCT00000002 is apart from its others; put the versions of each record side by side (sort by NCT id)\n"
    )


def test_a_file_that_is_not_an_archive_is_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    for place, words in (
        ("none.ndjson", "No such file"),
        ("none", "no such file"),
        ("table.csv", "neither a folder nor a file"),
        ("empty", "in this folder"),
    ):
        result = enrich_trace(
            folder,
            folder / place,
            "--parquet",
            folder / "out",
            "--db",
            folder / "t.db",
        )
        assert (
            result.exit_code == 1
            and words in result.output
            and len(result.output.splitlines()) == 1
        ), result.output


def test_the_command_line_prints_a_summary(folder: Path) -> None:
    archive = as_lines(registry(), folder / "all")
    options = [
        archive,
        "--parquet",
        folder / "out",
        "--db",
        folder / "t.db",
        "--workers",
        1,
    ]
    result = enrich_trace(folder, *options, "--exit-code")
    assert result.exit_code == 20
    assert result.output.splitlines() == [
        "12 records in 60 versions.",
        "table: 45 comparisons = 21 agrees + 19 differs + 5 adds",
        "table: 9 statements: 3 differed when the authors looked, the registry moved away from 3",
        "1 listed trial not checked, not in the archive: NCT00099999",
    ]
    assert enrich_trace(folder, *options, "-q").output == ""


# --- being cut off


def test_a_killed_run_continues_where_it_was(folder: Path) -> None:
    file = as_lines(registry(), folder / "all")
    sync_all_versions(folder, file, "whole", per_part=FEW)
    archive = WatchedArchive(open_versions(str(file), PartSize(versions=FEW)), dies_at=5)
    with pytest.raises(Killed):
        sync_all_versions(folder, archive, "cut")
    with sqlite3.connect(folder / "cut.db") as connection:
        noted = [part for (part,) in connection.execute("select part from version_parts")]
    connection.close()
    assert noted and archive.read == [0, 1, 2, 3, 4, 5]
    # What a killed writer leaves counts for nothing.
    (folder / "cut" / "_enrich" / f"part-00005.{'0123' * 8}").write_bytes(b"PAR1 half of a file")
    assert pq.read_table(folder / "cut" / "trials").num_rows == 25
    archive = WatchedArchive(archive.archive)
    sync_all_versions(folder, archive, "cut")
    assert archive.read == [at for at in range(12) if at not in noted]
    assert rows(folder, "cut") == rows(folder, "whole")
    assert sorted(path.name for path in (folder / "cut" / "trials").iterdir()) == [
        f"part-{at:05}.parquet" for at in range(12)
    ]
    assert {path.name for path in (folder / "cut" / "_enrich").iterdir()} == {"files.json"}
    archive = WatchedArchive(archive.archive)
    sync_all_versions(folder, archive, "cut")
    assert archive.read == []


def edit_table(folder: Path) -> None:
    (folder / "table.csv").write_text(
        (folder / "table.csv").read_text().replace("Phase 3,45", "Phase 2,40")
    )


def lose_a_file(folder: Path) -> None:
    (folder / "versions" / "changes" / "part-00002.parquet").unlink()


def lose_all(folder: Path) -> None:
    for path in (folder / "versions").rglob("*.parquet"):
        path.unlink()


@pytest.mark.parametrize("edit", [edit_table, lose_a_file, lose_all])
def test_a_run_starts_again_when_its_inputs_or_files_changed(
    edit: Callable[[Path], None], folder: Path
) -> None:
    file = as_lines(registry(), folder / "all")
    sync_all_versions(folder, file, per_part=FEW)
    edit(folder)
    archive = WatchedArchive(open_versions(str(file), PartSize(versions=FEW)))
    sync_all_versions(folder, archive)
    sync_all_versions(folder, file, "fresh", per_part=FEW)
    assert archive.read == list(range(12))
    assert rows(folder) == rows(folder, "fresh")


def test_a_smaller_archive_leaves_no_part_of_a_larger_one(folder: Path) -> None:
    sync_all_versions(folder, as_lines(registry(), folder / "large"), per_part=FEW)
    sync_all_versions(folder, as_lines(registry(3), folder / "small"), per_part=FEW)
    assert pq.read_table(folder / "versions" / "trials").num_rows == 15


def test_a_part_whose_writer_fails_has_no_file(folder: Path) -> None:
    from enrich.bulk.parquet import complete_parts, write_part

    columns = {name: {"a": "INTEGER"} for name in ("trials", "changes")}
    with write_part(str(folder / "out"), 0, columns) as add:
        add({"trials": [(1,)], "changes": []})
    with pytest.raises(Killed), write_part(str(folder / "out"), 1, columns) as add:
        add({"trials": [(1,)]})
        raise Killed
    assert sorted(
        path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.*")
    ) == [
        "changes/part-00000.parquet",
        "trials/part-00000.parquet",
    ]
    (folder / "out" / "changes" / "part-00000.parquet").unlink()
    assert complete_parts(str(folder / "out"), columns) == set()


def noted(db: Path) -> int:
    """How many parts are done so far."""
    if not db.exists():
        return 0
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=60) as connection:
        there = connection.execute(
            "select 1 from sqlite_master where name = 'version_parts'"
        ).fetchone()
        number = (
            connection.execute("select count(*) from version_parts").fetchone()[0] if there else 0
        )
    connection.close()
    return int(number)


@pytest.mark.long
def test_kill_minus_nine_at_random_instants(folder: Path) -> None:
    """The program itself, with its two processes, killed five times; the result is that of one that
    was never disturbed.
    """
    archive, chance = as_shards(registry(600), folder / "all"), random.Random(1)
    sync_all_versions(folder, archive, "whole")
    command = [
        sys.executable,
        "-m",
        "enrich",
        "trace",
        str(archive),
        "--table",
        str(folder / "table.toml"),
        "--whole",
    ]
    command += [
        "--parquet",
        str(folder / "cut"),
        "--db",
        str(folder / "cut.db"),
        "--workers",
        "2",
        "-q",
    ]
    for _ in range(5):
        until = noted(folder / "cut.db") + chance.randrange(1, 25)
        with subprocess.Popen(
            command, stderr=subprocess.DEVNULL, start_new_session=True
        ) as running:
            while running.poll() is None and noted(folder / "cut.db") < until:
                time.sleep(chance.random() / 20)
            assert running.poll() is None, "it ended before it could be killed"
            os.killpg(running.pid, signal.SIGKILL)
    assert 5 <= noted(folder / "cut.db") < 200
    assert subprocess.run(command, check=False).returncode == 0
    assert rows(folder, "cut") == rows(folder, "whole")
    assert noted(folder / "cut.db") == 200 and not list((folder / "cut").rglob(".*"))


def test_a_complete_run_reports_no_problem():
    assert (
        summarize_versions(VersionSyncResult(1, 2, 0, (), {}, {}, ()))
        == "1 record in 2 versions.\n"
    )


def test_an_error_in_a_worker_reaches_the_process_that_asked():
    error = pickle.loads(pickle.dumps(VersionsNotAdjacent(nct(1), "line 3")))
    assert (error.nct_id, error.where, str(error)) == (
        nct(1),
        "line 3",
        str(VersionsNotAdjacent(nct(1), "line 3")),
    )


def test_a_record_that_cannot_be_unpacked_is_named():
    (entry,) = timelines(
        [ArchiveEntry("35/NCT00000035.json", fault="is damaged")], index_rows([]), all_records=True
    )
    assert entry == RejectedEntry("35/NCT00000035.json", "is damaged")
