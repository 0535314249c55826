"""Every version of every record against the tables: the same rows whatever the form, the order, the workers, and the ways to be cut off."""

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

import enrich.bulk.version_sync
from enrich.bulk.tasks import ArchiveEntry, RejectedEntry
from enrich.bulk.timeline import NotTogether, Told, cells, printed, tell
from enrich.bulk.version_archive import PartSize
from enrich.bulk.version_sync import walk_archive, work_on
from enrich.bulk.workers import Workers
from enrich.cli import main
from enrich.compare.causes import explain, question_of
from enrich.models import Cause, SubmittedVersion, Verdict, VersionSyncResult
from enrich.record.fields import FIELDS
from enrich.reports.version_summary import summarize_versions
from enrich.storage.database import Database
from enrich.tables.reader import read_table, read_tables
from tests.bulk.test_sync import as_lines, content, taken_in
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
    """The versions of one invented record, oldest first: it grows, recruits, ends, and is loaded anew each time."""
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
        with_load_day(study(number, **told), day) for told, day in zip(facts, DAYS, strict=True)
    ]
    for at, one in enumerate(found):
        # What flaps to and fro is noise from the second time on.
        set_path(one, FIELDS["keywords"].path, ["rest"] if at % 2 else ["sleep"])
    if number == 7:
        set_path(found[-1], ALIASES, [MERGED])
    return found


def registry(number: int = 12) -> list[dict[str, Any]]:
    return [one for at in range(1, number + 1) for one in lives(at)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A table of three trials, one of them printed under an obsolete id, and of one that no archive has; the authors looked in March 2018."""
    (tmp_path / "table.csv").write_text(
        f"Trial,Phase,N,Status\nNCT00000003,Phase 2,30,recruiting\nNCT00000004,Phase 3,45,\n{MERGED},Phase 2,70,completed\n{nct(99999)},,,\n"
    )
    (tmp_path / "table.toml").write_text(
        'file = "table.csv"\nid_column = "Trial"\npublished = 2018-03-01\n[columns.Phase]\nsays = ["phases"]\n[columns.N]\nsays = ["enrollment"]\n[columns.Status]\nsays = ["overall_status"]\n'
    )
    yield tmp_path


def walked(
    folder: Path,
    archive: Path | str,
    name: str = "walk",
    *,
    whole: bool = True,
    workers: int = 1,
    table: str = "table",
    per_part: int = 1000,
) -> VersionSyncResult:
    database = Database(folder / f"{name}.db")
    try:
        return walk_archive(
            str(archive),
            read_tables([folder / f"{table}.toml"]),
            database,
            str(folder / name),
            whole=whole,
            now=lambda: NOW,
            workers=Workers(workers),
            part_size=PartSize(versions=per_part),
        )
    finally:
        database.close()


def rows(folder: Path, name: str = "walk") -> dict[str, list[dict[str, Any]]]:
    """All that was written, and the summary, in an order that does not depend on how the work was cut."""
    told = {
        table: sorted(pq.read_table(folder / name / table).to_pylist(), key=str)
        for table in ("trials", "comparisons", "changes")
    }
    database = Database(folder / f"{name}.db")
    told["cells"] = sorted(
        ({**row, "id": None} for row in database.fetch_dicts("select * from version_cells")),
        key=str,
    )
    told["counts"] = database.fetch_dicts("select * from version_counts")
    told["records"] = database.fetch_dicts("select nct_id, aliases, versions from version_records")
    database.close()
    return told


# --- what is right


def test_rows_cells_and_counts_of_one_record(folder: Path) -> None:
    told = walked(folder, as_lines(lives(3), folder / "all"), whole=False)
    assert (told.records, told.versions, told.unusable) == (1, 5, 0)
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


def test_a_walk_says_what_the_ordinary_run_says_load_after_load(folder: Path) -> None:
    """The slow way: the registry is asked record by record after each change, and the ledger remembers."""
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
    walked(folder, as_lines([*lives(3), *lives(4)], folder / "all"))
    slow, fast = content(folder / "slow.db"), rows(folder)
    ledger = ("nct_id", "field", "item", "before", "after", "kind")
    assert Counter(tuple(row[key] for key in ledger) for row in fast["changes"]) == Counter(
        tuple(row[key] for key in ledger) for row in slow["changes"]
    )
    assert [{key: row[key] for key in FIELDS} for row in fast["trials"] if row["number"] == 4] == [
        {key: row[key] for key in FIELDS} for row in slow["trials"]
    ]
    said = ("nct_id", "column", "field", "cell", "claim", "registry", "verdict", "note")
    now = Counter(
        tuple({**row, "nct_id": row["printed_id"]}[key] for key in said)
        for row in fast["comparisons"]
        if row["number"] == 4
    )
    assert now == Counter(
        tuple(row[key] for key in said)
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


def test_a_walk_says_what_versions_of_a_download_say_taken_in_one_after_the_other(
    folder: Path,
) -> None:
    archive = as_lines(registry(), folder / "all")
    slow = content(taken_in(folder / "slow.db", archive, folder))
    walked(folder, archive)
    fast = rows(folder)
    ledger = ("nct_id", "field", "item", "before", "after", "kind")
    assert Counter(tuple(row[key] for key in ledger) for row in fast["changes"]) == Counter(
        tuple(row[key] for key in ledger) for row in slow["changes"]
    )
    assert [{key: row[key] for key in FIELDS} for row in fast["trials"] if row["number"] == 4] == [
        {key: row[key] for key in FIELDS} for row in slow["trials"]
    ]


def test_a_cell_moved_on_the_day_that_the_history_gives_as_cause(folder: Path) -> None:
    table = read_table(folder / "table.toml")
    for told in the_told(registry(), table):
        history = [
            SubmittedVersion(at, day, state, ())
            for at, (day, state) in enumerate(zip(DAYS, STATES, strict=True))
        ]
        facts = [step.trial for step in told.steps]
        moved = {
            (cell.position, cell.field): cell.moved_on
            for cell in cells(told)
            if cell.verdict_now == Verdict.DIFFERS and cell.moved_on
        }
        explained = {
            (row.position, one.field): cause.moved_on
            for _, row, one in (told.steps[-1].compared if told.steps else ())
            if one.verdict == Verdict.DIFFERS
            for cause in [
                explain(
                    question_of(table, row, one, facts[-1]),
                    history,
                    lambda number, facts=facts: facts[number],
                )
            ]
            if cause.cause == Cause.MOVED
        }
        assert moved == explained
        assert bool(moved) == (told.nct_id in (nct(3), nct(7)))


def the_told(studies: list[dict[str, Any]], table: Any, *, whole: bool = False) -> list[Told]:
    records = [
        ArchiveEntry(f"line {at}", json.dumps(one).encode()) for at, one in enumerate(studies, 1)
    ]
    return [one for one in tell(records, printed([table]), whole=whole) if isinstance(one, Told)]


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
def test_when_a_cell_ceased_to_be_true(
    accessed: str, verdicts: str, then: str | None, moved_on: str | None, folder: Path
) -> None:
    """The day of access belongs to what the authors saw; what never agreed did not move; where nobody knows the day, the first agreement counts."""
    (folder / "table.toml").write_text(
        (folder / "table.toml")
        .read_text()
        .replace("published = 2018-03-01\n", f"published = {accessed}\n" if accessed else "")
    )
    told = [
        study(3, enrollment=30 if verdict == "a" else 99, last_update_submitted=day)
        for verdict, day in zip(verdicts, DAYS, strict=True)
    ]
    (one,) = the_told(told, read_table(folder / "table.toml"))
    cell = next(cell for cell in cells(one) if cell.field == "enrollment")
    assert (cell.verdict_then, cell.moved_on, cell.verdict_now) == (
        then,
        moved_on,
        {"a": "agrees", "d": "differs"}[verdicts[-1]],
    )


def test_a_value_that_the_registry_withdraws_is_one_that_it_no_longer_says(folder: Path) -> None:
    told = [
        study(3, enrollment=number, last_update_submitted=day)
        for number, day in ((30, DAYS[0]), (None, DAYS[4]))
    ]
    (one,) = the_told(told, read_table(folder / "table.toml"))
    assert [
        (cell.moved_on, cell.verdict_now) for cell in cells(one) if cell.field == "enrollment"
    ] == [(DAYS[4], "silent")]


# --- the history's own shape


def of_history(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The versions as the history endpoint gives them: numbered, their text escaped."""
    return [
        {"studyVersion": number, "study": escape_html_texts(one)}
        for number, one in enumerate(versions)
    ]


def test_versions_of_the_history_are_numbered_by_the_registry_and_read_as_plain_text(
    folder: Path,
) -> None:
    versions = lives(3)
    for one in versions:
        set_path(one, FIELDS["brief_title"].path, "Rest & sleep for <tired> pupils' sake")
    walked(folder, as_lines(of_history(versions), folder / "all"))
    assert [
        (row["number"], row["version"], row["source"], row["brief_title"])
        for row in rows(folder)["trials"]
    ] == [(at, at, "history", "Rest & sleep for <tired> pupils' sake") for at in range(5)]


def test_prose_of_the_history_is_never_held_against_prose_of_a_record(folder: Path) -> None:
    """The newest version is a plain record: it prints prose otherwise, and only its facts are compared with the version before."""
    versions = lives(3)
    for one in versions:
        set_path(
            one,
            "protocolSection.descriptionModule.briefSummary",
            "First line.\n\n* a point & another\n* one more",
        )
        set_path(one, FIELDS["official_title"].path, "Rest  & sleep")
    walked(folder, as_lines([*of_history(versions[:4]), versions[4]], folder / "all"))
    read = rows(folder)
    assert [row["version"] for row in read["trials"]] == [0, 1, 2, 3, None]
    assert {row["field"] for row in read["changes"] if row["number"] == 4} == {
        "overall_status",
        "keywords",
        "last_update_submitted",
        "last_update_posted",
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_a_records_versions_is_that_of_their_days(seed: int, folder: Path) -> None:
    shuffled = []
    for at in range(1, 13):
        versions = lives(at)
        random.Random(seed * 100 + at).shuffle(versions)
        shuffled += versions
    walked(folder, as_lines(registry(), folder / "in-order"), "in-order")
    walked(folder, as_lines(shuffled, folder / "shuffled"), "shuffled")
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
def test_versions_of_one_day(
    given: list[tuple[int, int | None, str | None]], enrollments: list[int], folder: Path
) -> None:
    studies: list[dict[str, Any]] = []
    for number, version, load in given:
        one = study(3, enrollment=number, last_update_submitted=DAYS[0])
        one = with_load_day(one, f"2020-01-0{'abc'.index(load) + 1}") if load else one
        studies.append(one if version is None else {"studyVersion": version, "study": one})
    (told,) = the_told(studies, read_table(folder / "table.toml"))
    assert [step.trial["enrollment"] for step in told.steps] == enrollments


# --- forms of an archive


def as_folder(studies: list[dict[str, Any]], path: Path) -> Path:
    counts: Counter[str] = Counter()
    for one in studies:
        nct_id = id_of(one)
        file = path / nct_id[-2:] / nct_id / f"{counts[nct_id]}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(one))
        (file.parent / "versions.json").write_text('{"changes": []}')
        counts[nct_id] += 1
    return path


def as_shards(studies: list[dict[str, Any]], path: Path) -> Path:
    """Files of lines, some of them packed, in a folder."""
    path.mkdir()
    for at in range(0, len(studies), 15):
        raw = b"".join(json.dumps(one).encode() + b"\n" for one in studies[at : at + 15])
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
        for one in studies:
            nct_id = id_of(one)
            archive.writestr(f"{nct_id[-2:]}/{nct_id}/{counts[nct_id]}.json", json.dumps(one))
            counts[nct_id] += 1
    return path


def as_plain_lines(studies: list[dict[str, Any]], path: Path) -> Path:
    path = path.with_suffix(".ndjson")
    path.write_text("\n\n".join(map(json.dumps, studies)))
    return path


def id_of(one: dict[str, Any]) -> str:
    return str(one.get("study", one)["protocolSection"]["identificationModule"]["nctId"])


# Versions in a part: so few that a small archive has many parts.
FEW = 4


@pytest.mark.parametrize("form", [as_lines, as_plain_lines, as_folder, as_shards, as_zip])
def test_every_form_gives_the_same(form: Callable[..., Path], folder: Path) -> None:
    walked(folder, as_lines(registry(), folder / "all"), "expected", per_part=FEW)
    told = walked(folder, form(registry(), folder / "form"), per_part=FEW)
    assert (told.records, told.versions, told.unusable) == (12, 60, 0)
    assert rows(folder) == rows(folder, "expected")


def test_the_counts_are_those_of_the_rows_of_all_parts(folder: Path) -> None:
    walked(folder, as_lines(registry(), folder / "all"), per_part=FEW)
    read, key = rows(folder), ("table", "column", "field", "verdict")
    counted = Counter(tuple(row[name] for name in key) for row in read["comparisons"])
    assert {tuple(row[name] for name in key): row["number"] for row in read["counts"]} == counted
    assert counted["table", "N", "enrollment", "agrees"] == 3 + 2 + 3


def test_a_bucket_is_read_and_written_as_a_folder_is(folder: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.put(str(as_shards(registry(), folder / "shards")), "/bucket/shards", recursive=True)
    database = Database(folder / "t.db")
    walk_archive(
        "memory://bucket/shards",
        read_tables([folder / "table.toml"]),
        database,
        "memory://bucket/out",
        whole=True,
        now=lambda: NOW,
        workers=Workers(1),
        part_size=PartSize(versions=FEW),
    )
    database.close()
    memory.get("/bucket/out", str(folder / "t"), recursive=True)
    walked(folder, as_lines(registry(), folder / "all"), "expected", per_part=FEW)
    assert rows(folder, "t") == rows(folder, "expected")
    assert not [path for path in memory.find("/bucket/out") if not path.endswith(".parquet")]
    memory.rm("/bucket", recursive=True)


def test_processes_give_what_one_process_gives(folder: Path) -> None:
    archive = as_zip(registry(40), folder / "all")
    walked(folder, archive, "alone", per_part=FEW)
    walked(folder, archive, "spread", workers=2, per_part=FEW)
    assert rows(folder, "spread") == rows(folder, "alone")
    assert len(list((folder / "spread" / "trials").iterdir())) > 20


def test_only_listed_records_are_written_where_not_the_whole_is_wanted(folder: Path) -> None:
    """One of them is printed under an id that only its newest version names."""
    archive = as_lines(registry(), folder / "all")
    told = walked(folder, archive, "listed", whole=False)
    walked(folder, archive, "whole")
    listed, whole = rows(folder, "listed"), rows(folder, "whole")
    assert (told.records, told.versions, told.absent) == (12, 60, (nct(99999),))
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
    walked(folder, as_lines(registry(), folder / "all"), whole=False, per_part=1)
    for table in ("trials", "comparisons", "changes"):
        files = sorted((folder / "walk" / table).iterdir())
        assert len(files) == 12
        assert len({str(pq.read_schema(file)) for file in files}) == 1


def test_duckdb_reads_the_partitions(folder: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    walked(folder, as_lines(registry(), folder / "all"))
    asked = f"select t.overall_status, c.verdict from '{folder}/walk/comparisons/*.parquet' c join '{folder}/walk/trials/*.parquet' t using (nct_id, number) where c.field = 'overall_status' and c.printed_id = 'NCT00000003' order by number"
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
        "no lastUpdateSubmitDate, so nobody knows from which day this version is",
    ),
    (json.dumps(study(3, last_update_submitted="soon")), "'soon' is not a date"),
    (
        json.dumps({"studyVersion": 2, "study": lives(3)[2]}),
        "version 2 of NCT00000003 is there already",
    ),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=[reason[:40] for _, reason in BAD])
def test_a_version_that_cannot_be_used_is_named_and_parts_nobody(
    line: str, reason: str, folder: Path
) -> None:
    """It stands among the versions of a record, which still belong together."""
    good = [json.dumps(one) for one in of_history(lives(3))]
    (folder / "all.ndjson").write_text("\n".join([*good[:3], line, *good[3:]]))
    told = walked(folder, folder / "all.ndjson")
    assert (told.records, told.versions, told.unusable) == (1, 5, 1)
    assert (
        len(told.problems) == 1
        and "all.ndjson, line 4: " in told.problems[0]
        and reason in told.problems[0]
    )
    assert not told.complete


def test_a_great_many_that_cannot_be_used_are_counted_and_some_of_them_named(folder: Path) -> None:
    (folder / "all.ndjson").write_text("{\n" * 100 + json.dumps(lives(3)[0]))
    told = walked(folder, folder / "all.ndjson")
    assert (told.versions, told.unusable, len(told.problems)) == (1, 100, 20)
    assert (
        "100 versions not checked: " in summarize_versions(told)
        and "line 3: " in summarize_versions(told)
        and " and 97 more\n" in summarize_versions(told)
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
def test_versions_that_stand_apart_are_refused_in_one_line(
    at_most: int, where: str, folder: Path
) -> None:
    with pytest.raises(
        NotTogether, match=f"{where}: a version of NCT00000002 stands apart .*sort by NCT id"
    ):
        walked(folder, as_lines(apart(), folder / "all"), per_part=at_most)


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
        == "enrich: parts 0 and 1 of the archive: a version of NCT00000002 stands apart from its others; put the versions of each record side by side (sort by NCT id)\n"
    )


def test_what_is_no_archive_is_named(folder: Path) -> None:
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


def test_the_command_line_tells_in_short(folder: Path) -> None:
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


class Killed(BaseException):
    """The end of a process, in the middle of its work."""


def dying_at(number: int, taken: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(task: Any, part: Any) -> Any:
        taken.append(part.number)
        if part.number == number:
            raise Killed
        return work_on(task, part)

    monkeypatch.setattr(enrich.bulk.version_sync, "work_on", dies)


def test_a_walk_that_was_killed_goes_on_where_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, taken = as_lines(registry(), folder / "all"), list[int]()
    walked(folder, archive, "whole", per_part=FEW)
    dying_at(5, taken, monkeypatch)
    with pytest.raises(Killed):
        walked(folder, archive, "cut", per_part=FEW)
    with sqlite3.connect(folder / "cut.db") as connection:
        noted = [part for (part,) in connection.execute("select part from version_parts")]
    connection.close()
    assert noted and taken == [0, 1, 2, 3, 4, 5]
    # What a killed writer leaves counts for nothing.
    (folder / "cut" / "trials" / ".part-00005.0123").write_bytes(b"PAR1 half of a file")
    assert pq.read_table(folder / "cut" / "trials").num_rows == 25
    taken.clear()
    dying_at(-1, taken, monkeypatch)
    walked(folder, archive, "cut", per_part=FEW)
    assert taken == [at for at in range(12) if at not in noted]
    assert rows(folder, "cut") == rows(folder, "whole")
    assert sorted(path.name for path in (folder / "cut" / "trials").iterdir()) == [
        f"part-{at:05}.parquet" for at in range(12)
    ]
    taken.clear()
    walked(folder, archive, "cut", per_part=FEW)
    assert taken == []


def edit_table(folder: Path) -> None:
    (folder / "table.csv").write_text(
        (folder / "table.csv").read_text().replace("Phase 3,45", "Phase 2,40")
    )


def lose_a_file(folder: Path) -> None:
    (folder / "walk" / "changes" / "part-00002.parquet").unlink()


def lose_all(folder: Path) -> None:
    for path in (folder / "walk").rglob("*.parquet"):
        path.unlink()


@pytest.mark.parametrize("what", [edit_table, lose_a_file, lose_all])
def test_a_walk_begins_anew_where_what_was_done_no_longer_holds(
    what: Callable[[Path], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, taken = as_lines(registry(), folder / "all"), list[int]()
    walked(folder, archive, per_part=FEW)
    what(folder)
    dying_at(-1, taken, monkeypatch)
    walked(folder, archive, per_part=FEW)
    walked(folder, archive, "fresh", per_part=FEW)
    assert taken[:12] == list(range(12))
    assert rows(folder) == rows(folder, "fresh")


def test_a_smaller_archive_leaves_no_part_of_a_larger_one(folder: Path) -> None:
    walked(folder, as_lines(registry(), folder / "large"), per_part=FEW)
    walked(folder, as_lines(registry(3), folder / "small"), per_part=FEW)
    assert pq.read_table(folder / "walk" / "trials").num_rows == 15


def test_a_part_whose_writer_fails_has_no_file(folder: Path) -> None:
    from enrich.bulk.parquet import part_written, whole_parts

    columns = {name: {"a": "INTEGER"} for name in ("trials", "changes")}
    with part_written(str(folder / "out"), 0, columns) as add:
        add({"trials": [(1,)], "changes": []})
    with pytest.raises(Killed), part_written(str(folder / "out"), 1, columns) as add:
        add({"trials": [(1,)]})
        raise Killed
    assert sorted(
        path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.*")
    ) == [
        "changes/part-00000.parquet",
        "trials/part-00000.parquet",
    ]
    (folder / "out" / "changes" / "part-00000.parquet").unlink()
    assert whole_parts(str(folder / "out"), columns) == set()


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
    """The program itself, with its two processes, killed five times; the result is that of one that was never disturbed."""
    archive, chance = as_shards(registry(600), folder / "all"), random.Random(1)
    walked(folder, archive, "whole")
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


def test_a_walk_that_met_everybody_names_nobody():
    assert (
        summarize_versions(VersionSyncResult(1, 2, 0, (), {}, {}, ()))
        == "1 record in 2 versions.\n"
    )


def test_what_a_worker_refuses_reaches_the_process_that_asked():
    told = pickle.loads(pickle.dumps(NotTogether(nct(1), "line 3")))
    assert (told.nct_id, told.where, str(told)) == (
        nct(1),
        "line 3",
        str(NotTogether(nct(1), "line 3")),
    )


def test_a_record_that_cannot_be_unpacked_is_named():
    (told,) = tell(
        [ArchiveEntry("35/NCT00000035.json", fault="is damaged")], printed([]), whole=True
    )
    assert told == RejectedEntry("35/NCT00000035.json", "is damaged")
