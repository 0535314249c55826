"""The registry's bulk download as a source: the same database as over the network, whatever the
form, however the work is spread.
"""

import gc
import gzip
import json
import pickle
import random
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from enrich.bulk.archive import RECORDS_PER_PART, ZipArchive, open_archive
from enrich.bulk.sync import sync_with_archive
from enrich.bulk.tasks import ArchiveEntry, ParsedEntry, parse_batch
from enrich.bulk.workers import InlineExecutor, WorkerPool, Workers, worker_pool
from enrich.cli import Time, main
from enrich.errors import ArchiveError
from enrich.record.children import CHILD_TABLES
from enrich.record.fields import FIELDS
from enrich.record.raw import DeflatedRecord, deflate
from enrich.storage.database import Database
from enrich.storage.trials import read_study
from enrich.tables.reader import read_tables
from tests.bulk.watched import Killed, WatchedArchive
from tests.fixtures.registry_server import (
    ALIASES,
    VERSION_HOLDER,
    StandInRegistry,
    set_path,
    with_load_day,
)
from tests.fixtures.studies import study

NOW, LOADED = "2026-09-10T12:00:00+00:00", "2026-09-04"
MERGED, KEPT, ABSENT = "NCT00000099", "NCT00000007", "NCT09999999"


def records(number: int = 20) -> list[dict[str, Any]]:
    """Little invented studies, one of which has absorbed another."""
    found = [
        study(
            at,
            last_update_submitted=LOADED,
            enrollment=at,
            phases=["PHASE2"] if at % 3 else ["PHASE1", "PHASE2"],
        )
        for at in range(1, number + 1)
    ]
    set_path(found[6], ALIASES, [MERGED])
    return [with_load_day(record, LOADED) for record in found]


def as_zip(studies: list[dict[str, Any]], path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("Contents.txt", "not a study")
        for record in studies:
            nct_id = record["protocolSection"]["identificationModule"]["nctId"]
            archive.writestr(f"{nct_id[-2:]}/{nct_id}.json", json.dumps(record, indent=2))
    return path


def as_stored_zip(studies: list[dict[str, Any]], path: Path) -> Path:
    return as_zip(studies, path, zipfile.ZIP_STORED)


def as_folder(studies: list[dict[str, Any]], path: Path) -> Path:
    with zipfile.ZipFile(as_zip(studies, path.with_name("for-folder.zip"))) as archive:
        archive.extractall(path.with_suffix(""))
    return path.with_suffix("")


def as_lines(studies: list[dict[str, Any]], path: Path) -> Path:
    path = path.with_suffix(".ndjson.gz")
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in studies)
    return path


FORMS = [as_zip, as_stored_zip, as_folder, as_lines]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a table of four trials: one printed under an obsolete id, one that the archive
    does not have.
    """
    (tmp_path / "table.csv").write_text(
        f"Trial,Phase,N\nNCT00000003,Phase 2,3\nNCT00000004,Phase 3,40\n{MERGED},Phase 2,7\n{ABSENT},Phase 1,5\n"
    )
    (tmp_path / "table.toml").write_text(
        'file = "table.csv"\nid_column = "Trial"\npublished = 2024-03-01\n[columns.Phase]\nsays = ["phases"]\nshows = ["has_results"]\n[columns.N]\nsays = ["enrollment"]\n'
    )
    yield tmp_path


def enrich(folder: Path, *options: object) -> Result:
    return CliRunner().invoke(
        main,
        ["sync", "--table", str(folder / "table.toml"), *map(str, options)],
        obj=Time(clock=lambda: "2026-09-13T06:00:00+00:00"),
    )


def synced(
    db: Path,
    archive: Path | WatchedArchive,
    folder: Path,
    pool: WorkerPool | None = None,
    *,
    all_records: bool = True,
    now: str = NOW,
    records_per_part: int = RECORDS_PER_PART,
) -> Path:
    """The database *db*, brought up to date with *archive*."""
    opened = (
        open_archive(str(archive), records_per_part=records_per_part)
        if isinstance(archive, Path)
        else archive
    )
    with closing(Database(db)) as database:
        sync_with_archive(
            opened,
            read_tables([folder / "table.toml"]),
            database,
            pool or WorkerPool(InlineExecutor(), 2),
            all_records=all_records,
            clock=lambda: now,
        )
    return db


def content(db: Path, *, but: str = "") -> dict[str, list[Any]]:
    """All contents of a database, without the moments of its runs and without how records are
    packed.
    """
    database = Database(db)
    content = {
        "trials": database.fetch_dicts("select * from trials order by nct_id"),
        "versions": database.fetch_dicts(
            "select nct_id, version, last_update_posted, digest, complete from versions order by nct_id, version"
        ),
        "studies": [
            dict(read_study(database, row["nct_id"], row["version"]))
            for row in database.fetch_dicts(
                "select nct_id, version from versions order by nct_id, version"
            )
        ],
        "changes": database.fetch_dicts(
            "select nct_id, version, field, item, before, after, kind from changes order by nct_id, version, field, item"
        ),
        "comparisons": database.fetch_dicts(
            "select * from comparisons order by row_id, nct_id, field"
        ),
        "context_notes": database.fetch_dicts(
            "select * from context_notes order by row_id, nct_id, field"
        ),
        "answers": database.fetch_dicts(
            "select nct_id, trial_id, answer, outcome from answers order by nct_id"
        ),
    }
    database.close()
    dropped = {
        "retrieved_at",
        "checked_at",
        "data_timestamp",
        "source",
        "stale_since",
        "id",
        "load",
        *but.split(),
    }
    return {
        name: [{key: value for key, value in row.items() if key not in dropped} for row in rows]
        for name, rows in content.items()
    }


def last_run(db: Path) -> dict[str, Any]:
    with sqlite3.connect(db) as connection:
        connection.row_factory = sqlite3.Row
        run = dict(connection.execute("select * from runs order by id desc limit 1").fetchone())
    connection.close()
    return {
        name: run[name]
        for name in (
            "outcome",
            "asked",
            "changed",
            "unchanged",
            "new",
            "gone",
            "not_checked",
            "requests",
        )
    }


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_gives_the_database_that_the_network_gives(
    form: Callable[..., Path], folder: Path
) -> None:
    """Twice: a first load, and a load in which records changed; the id that the archive lacks is
    unknown to the registry too.
    """
    changed = records()
    set_path(changed[2], FIELDS["enrollment"].path, 33)
    set_path(changed[2], FIELDS["last_update_posted"].path, "2026-09-04")
    for turn, studies in enumerate(
        (records(), [with_load_day(record, "2026-09-05") for record in changed])
    ):
        with StandInRegistry(studies, loaded=f"2026-09-0{4 + turn}T09:00:00") as registry:
            result = enrich(
                folder,
                "--registry",
                registry.url,
                "--pace",
                0,
                "--no-history",
                "--db",
                folder / "network.db",
                "--cache",
                folder / "cache",
            )
            assert result.exit_code == 0, result.output
        archive = form(studies, folder / f"all-{turn}.zip")
        synced(folder / "archive.db", archive, folder, all_records=False)
    network, bulk = content(folder / "network.db"), content(folder / "archive.db")
    assert [row["enrollment"] for row in bulk["trials"]] == [33, 4, 7]
    # What is missing in a download may only have been left out; the registry itself can say that
    # there is no such id.
    assert [row for row in network["answers"] if row["nct_id"] == ABSENT] == [
        {"nct_id": ABSENT, "trial_id": None, "answer": "unknown", "outcome": "gone"}
    ]
    network["answers"] = [row for row in network["answers"] if row["nct_id"] != ABSENT]
    assert bulk == network


def test_two_processes_in_batches_give_the_database_of_one_record_after_the_other(
    folder: Path,
) -> None:
    """The fast way against the slow: three loads, in each of which other records change, one flaps
    back, and one is new; each of them listed once it is there.
    """
    loads = [
        [with_load_day(record, f"2026-09-0{4 + turn}") for record in changing(turn)]
        for turn in range(3)
    ]
    for turn, studies in enumerate(loads):
        list_all(
            folder, studies
        )  # what is not there yet the registry calls unknown, an archive does not
        one_by_one(folder / "slow.db", studies, folder, turn)
        with worker_pool(Workers(2)) as pool:
            archive = as_zip(studies, folder / f"all-{turn}.zip")
            synced(folder / "fast.db", archive, folder, pool, records_per_part=7)
    slow, fast = whole_content(folder / "slow.db"), whole_content(folder / "fast.db")
    assert (
        len(slow["trials"]) == 23
        and len(slow["changes"]) > 10
        and {row["version"] for row in slow["versions"]} == {1, 2, 3}
    )
    assert {row["verdict"] for row in slow["comparisons"]} == {"agrees", "differs"}
    assert fast == slow


def changing(turn: int) -> list[dict[str, Any]]:
    studies = records(21 + turn)
    for record in studies[turn::5]:
        set_path(record, FIELDS["enrollment"].path, 500 + turn)
        set_path(record, FIELDS["overall_status"].path, "COMPLETED")
        set_path(record, FIELDS["last_update_posted"].path, f"2026-09-0{turn + 1}")
    set_path(studies[9], FIELDS["keywords"].path, ["sleep"] if turn % 2 else ["rest"])
    return studies


def list_all(folder: Path, studies: list[dict[str, Any]]) -> None:
    """A table that names every record."""
    rows = [
        f"{record['protocolSection']['identificationModule']['nctId']},Phase 2,{at}"
        for at, record in enumerate(studies)
    ]
    (folder / "table.csv").write_text("\n".join(["Trial,Phase,N", *rows, ""]))


def one_by_one(db: Path, studies: list[dict[str, Any]], folder: Path, turn: int) -> None:
    with StandInRegistry(studies, loaded=f"2026-09-0{4 + turn}T09:00:00") as site:
        result = enrich(
            folder,
            "--registry",
            site.url,
            "--pace",
            0,
            "--no-history",
            "--accept",
            "--db",
            db,
            "--cache",
            folder / f"cache-{db.stem}",
        )
        assert result.exit_code == 0, result.output


def whole_content(db: Path) -> dict[str, list[Any]]:
    """Also what is made for browsing: the tables of lists, and what search reads.

    Ids that only a table prints are left out.
    """
    database = Database(db)
    made = {
        name: database.fetch_dicts(f"select * from {name} order by nct_id, id")
        for name in CHILD_TABLES
    }
    found = {
        name: [{key: value for key, value in row.items() if key != "id"} for row in rows]
        for name, rows in made.items()
    }
    found["search"] = database.fetch_dicts("select rowid, * from trials_fts order by rowid")
    database.close()
    return {**content(db), **found}


def test_every_record_is_kept_where_the_whole_archive_is_wanted(folder: Path) -> None:
    db = synced(folder / "t.db", as_zip(records(), folder / "all.zip"), folder)
    assert last_run(db) == {
        "outcome": "partial",
        "asked": 21,
        "changed": 0,
        "unchanged": 0,
        "new": 20,
        "gone": 0,
        "not_checked": 1,
        "requests": 0,
    }
    assert len(content(db)["trials"]) == 20


def test_no_table_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    as_zip(records(), tmp_path / "all.zip")
    result = CliRunner().invoke(
        main, ["load", "all.zip", "--whole", "--workers", "1", "--db", "t.db"]
    )
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        "20 asked = 0 changed + 0 unchanged + 20 new + 0 gone + 0 not checked",
    )


def test_a_run_over_the_whole_registry_says_how_a_listed_table_compares(folder: Path) -> None:
    archive = as_zip(records(), folder / "all.zip")
    options = ["--table", str(folder / "table.toml"), "--db", str(folder / "t.db")]
    result = CliRunner().invoke(main, ["load", str(archive), "--whole", "--workers", "1", *options])
    title, compared, *_, counts = result.output.splitlines()
    assert (title, counts.split(" = ")[0]) == ("table", "21 asked")
    assert compared.startswith("  4 rows, 4 trials. ") and "differ from" in compared


@pytest.mark.parametrize("whole", [[], ["--whole"]], ids=["listed", "whole"])
def test_a_table_that_shrinks_suddenly_is_held_back_as_by_sync(
    folder: Path, whole: list[str]
) -> None:
    as_zip(records(), folder / "all.zip")
    options = [
        "load",
        folder / "all.zip",
        "--table",
        folder / "table.toml",
        "--db",
        folder / "t.db",
        "--workers",
        "1",
        *whole,
    ]

    def load(*more: str) -> tuple[str, int]:
        output = CliRunner().invoke(main, [*map(str, options), *more]).output
        with closing(Database(folder / "t.db")) as database:
            return output, database.fetch_value("select count(*) from rows")

    assert load()[1] == 4
    (folder / "table.csv").write_text("Trial,Phase,N\n")
    output, rows = load()
    assert rows == 4 and "the table had 4 rows and now has 0" in output
    output, rows = load("--accept")
    assert rows == 0 and "the table had" not in output


def test_processes_give_what_one_process_gives(folder: Path) -> None:
    archive = as_zip(records(700), folder / "all.zip")
    with worker_pool(Workers(2)) as pool:
        spread = content(synced(folder / "spread.db", archive, folder, pool))
    assert spread == content(synced(folder / "alone.db", archive, folder))
    assert len(spread["trials"]) == 700


@pytest.mark.parametrize("off", ["all", "gc_pause", "zip_directory"])
def test_a_run_without_shortcuts_gives_the_same_database(off: str, folder: Path) -> None:
    archive = as_zip(records(), folder / "all.zip")
    for name, options in (("with", ()), ("without", ("--no-shortcuts", off))):
        command = ["load", archive, "--whole", "--db", folder / f"{name}.db", "--workers", "1"]
        command += ["--table", folder / "table.toml", *options]
        result = CliRunner().invoke(main, [*map(str, command)])
        assert result.exit_code == 0, result.output
    assert content(folder / "without.db") == content(folder / "with.db")


def test_the_same_archive_is_not_read_again(folder: Path) -> None:
    archive = WatchedArchive(open_archive(str(as_zip(records(), folder / "all.zip"))))
    (folder / "table.csv").write_text("Trial,Phase,N\nNCT00000003,Phase 2,3\n")
    db = synced(folder / "t.db", archive, folder)
    archive.read.clear()
    synced(db, archive, folder)
    assert archive.read == []
    assert last_run(db) == {
        "outcome": "complete",
        "asked": 20,
        "changed": 0,
        "unchanged": 20,
        "new": 0,
        "gone": 0,
        "not_checked": 0,
        "requests": 0,
    }


def test_a_killed_run_continues_where_it_was(folder: Path) -> None:
    file = as_zip(records(1000), folder / "all.zip")
    whole = content(synced(folder / "whole.db", file, folder))
    archive = WatchedArchive(open_archive(str(file)), dies_at=2)
    # One batch at a time, each stored before the next is begun.
    one_by_one = WorkerPool(InlineExecutor(), 0)
    with pytest.raises(Killed):
        synced(folder / "cut.db", archive, folder, one_by_one)
    assert archive.read == [0, 1, 2]
    archive = WatchedArchive(archive.archive)
    synced(folder / "cut.db", archive, folder, one_by_one)
    # With one batch begun ahead at most, the first part was stored.
    assert 0 not in archive.read
    assert content(folder / "cut.db") == whole
    assert last_run(folder / "cut.db")["new"] == 1000


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_zip_that_was_cut_off_is_refused_before_anything_is_stored(
    share: float, folder: Path
) -> None:
    whole = as_zip(records(), folder / "all.zip").read_bytes()
    (folder / "cut.zip").write_bytes(whole[: int(len(whole) * share)])
    result = CliRunner().invoke(
        main, ["load", str(folder / "cut.zip"), "--whole", "--db", str(folder / "t.db")]
    )
    assert result.exit_code == 1
    assert (
        "cut.zip: the zip has no directory at its end, so the download was cut off; nothing was stored"
        in result.output
    )
    assert not (folder / "t.db").exists()


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("none.zip", None, "No such file"),
        ("none", None, "no such file"),
        ("a.txt", b"x", "neither a folder nor a file"),
        ("empty.zip", b"", "cut off"),
    ],
)
def test_what_is_no_archive_is_named(
    name: str, raw: bytes | None, words: str, tmp_path: Path
) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(ArchiveError, match=words):
        open_archive(str(tmp_path / name))


def test_a_damaged_record_is_named_and_the_others_are_kept(folder: Path) -> None:
    path = as_zip(records(), folder / "all.zip", zipfile.ZIP_STORED)
    path.write_bytes(
        path.read_bytes().replace(b"Rest for tired pupils (5)", b"Rest for tired Pupils (5)")
    )
    db = synced(folder / "t.db", path, folder)
    assert last_run(db)["not_checked"] == 2
    assert [
        row["message"]
        for row in Database(db).fetch_dicts("select message from problems where kind = 'unusable'")
    ] == ["05/NCT00000005.json: is damaged: its checksum is wrong"]
    assert len(content(db)["trials"]) == 19


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", '{"protocolSection": {"identificationModule": {"nctId": 5}}}']
)
def test_a_line_that_is_no_record_is_named(line: str, folder: Path) -> None:
    (folder / "all.ndjson").write_text(json.dumps(records()[0]) + "\n" + line + "\n")
    db = synced(folder / "t.db", folder / "all.ndjson", folder)
    problems = Database(db).fetch_dicts("select message from problems where kind = 'unusable'")
    assert len(problems) == 1 and "all.ndjson, line 2: " in problems[0]["message"]
    assert len(content(db)["trials"]) == 1


@pytest.mark.parametrize(
    ("only", "kept"),
    [
        pytest.param({MERGED}, [KEPT], id="an id that it absorbed"),
        pytest.param({KEPT, ABSENT}, [KEPT], id="its own"),
        pytest.param({ABSENT}, [], id="neither"),
        pytest.param(None, [KEPT], id="whatever comes"),
    ],
)
def test_a_record_is_kept_for_the_ids_it_answers_to(only: set[str] | None, kept: list[str]) -> None:
    entries = parse_batch(
        [ArchiveEntry("one", json.dumps(records()[6]).encode())],
        {},
        NOW,
        None if only is None else frozenset(only),
    )
    assert [entry.record.nct_id for entry in entries if isinstance(entry, ParsedEntry)] == kept


def test_a_record_stays_packed_on_its_way_to_another_process() -> None:
    sent = DeflatedRecord(deflate(b'{"a": 1}'))
    came = pickle.loads(pickle.dumps(sent))
    assert (came.packed, dict(came)) == (sent.packed, {"a": 1})


@pytest.mark.parametrize("collecting", [True, False])
def test_a_batch_leaves_the_collection_of_garbage_as_it_was(collecting: bool) -> None:
    (gc.enable if collecting else gc.disable)()
    try:
        parse_batch([], {}, NOW)
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


def test_an_old_archive_does_not_undo_what_came_after_it(folder: Path) -> None:
    old, new = records(), records()
    for record in new:
        set_path(record, VERSION_HOLDER, NOW[:10])
    set_path(new[2], FIELDS["enrollment"].path, 33)
    db = synced(folder / "t.db", as_zip(new, folder / "new.zip"), folder)
    before = content(db)["trials"]
    synced(db, as_zip(old, folder / "old.zip"), folder)
    assert content(db)["trials"] == before
    assert last_run(db)["not_checked"] == 21


def test_a_load_still_to_come_is_not_stored_and_one_that_was_stored_freezes_nothing(
    folder: Path,
) -> None:
    late, healthy = records(), records()
    for record in late:
        set_path(record, VERSION_HOLDER, "2099-01-01")
    set_path(healthy[2], FIELDS["enrollment"].path, 33)
    archive = as_zip(late, folder / "late.zip")
    db = synced(folder / "t.db", archive, folder)
    assert content(db)["trials"] == [] and last_run(db)["not_checked"] == 21
    believed = synced(folder / "u.db", archive, folder, now="2099-01-02T06:00:00+00:00")
    synced(believed, as_zip(healthy, folder / "healthy.zip"), folder)
    assert last_run(believed)["not_checked"] == 1  # the id that no archive has
    assert [row["enrollment"] for row in content(believed)["trials"]][2] == 33


def test_versions_of_one_record_in_one_file_become_versions(folder: Path) -> None:
    versions = [
        study(3, enrollment=count, last_update_submitted=day, last_update_posted=day)
        for count, day in ((10, "2024-01-01"), (20, "2025-01-01"), (30, "2026-01-01"))
    ]
    db = synced(folder / "t.db", as_lines(versions, folder / "versions"), folder)
    stored = content(db)
    assert [row["version"] for row in stored["versions"]] == [1, 2, 3]
    assert [
        (row["before"], row["after"]) for row in stored["changes"] if row["field"] == "enrollment"
    ] == [("10", "20"), ("20", "30")]


def test_the_directory_of_a_large_zip_is_read_as_zipfile_reads_it(tmp_path: Path) -> None:
    """More than 65,535 entries: the directory is in the zip64 form."""
    path = tmp_path / "large.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"a comment " * 50
        for at in range(66_000):
            archive.writestr(f"{at % 100:02d}/NCT{at + 1:08d}.json", str(at))
    with zipfile.ZipFile(path) as archive:
        expected = [
            (info.filename, info.header_offset, info.compress_size, info.file_size, info.CRC)
            for info in archive.infolist()
        ]
    found = ZipArchive(str(path))
    assert found.count == 66_000
    assert [
        (entry.name, entry.offset, entry.packed_size, entry.size, entry.crc)
        for entry in found.entries()
    ] == expected
    assert [*ZipArchive(str(path), own_directory=False).entries()] == [*found.entries()]
    some = random.Random(1).sample(range(66_000), 5)
    read = {
        record.name: record.raw
        for part in found.parts(frozenset(f"NCT{at + 1:08d}" for at in some))
        for record in part.read()
    }
    assert read == {f"{at % 100:02d}/NCT{at + 1:08d}.json": str(at).encode() for at in some}


def test_options_of_an_archive_go_with_an_archive(folder: Path) -> None:
    result = enrich(folder, "--whole", "--db", folder / "t.db")
    assert (result.exit_code, "--whole goes with --from" in result.output) == (2, True)


def test_what_was_taken_in_packed_is_followed_over_the_network(folder: Path) -> None:
    """The next run asks the registry again, and meets the packed record as the one before."""
    synced(folder / "t.db", as_zip(records(), folder / "all.zip"), folder)
    changed = records()
    set_path(changed[2], FIELDS["enrollment"].path, 33)
    with StandInRegistry(changed, loaded="2026-09-12T09:00:00") as registry:
        result = enrich(
            folder,
            "--registry",
            registry.url,
            "--pace",
            0,
            "--no-history",
            "--db",
            folder / "t.db",
            "--cache",
            folder / "cache",
        )
    assert result.exit_code == 0, result.output
    assert [
        (row["field"], row["before"], row["after"])
        for row in content(folder / "t.db")["changes"]
        if row["kind"] != "noise"
    ] == [("enrollment", "3", "33")]
    shutil.rmtree(folder / "cache")
