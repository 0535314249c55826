"""The same work on the machines of a Dask scheduler: here a real one, with two workers as processes
of their own, on loopback.
"""

import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from enrich.bulk.archive import open_archive
from enrich.bulk.parquet import write_partitions
from enrich.bulk.sync import sync_with_archive
from enrich.bulk.version_archive import PartSize, open_versions
from enrich.bulk.version_sync import sync_versions
from enrich.bulk.workers import InlineExecutor, WorkerPool, Workers, WorkersLost, worker_pool
from enrich.errors import ArchiveError
from enrich.storage.database import Database
from enrich.tables.reader import read_tables
from tests.bulk.test_sync import (
    NOW,
    as_folder,
    as_lines,
    as_zip,
    content,
    folder,
    last_run,
    records,
    synced,
)

for needed in ("distributed", "pyarrow.parquet"):
    pytest.importorskip(needed, reason="the extra [cluster] is not installed")
from tests.bulk.test_version_sync import as_shards, noted, registry, rows, sync_all_versions  # noqa: E402 (it needs what was just asked for)
from tests.bulk.test_version_sync import as_zip as as_zip_of_versions  # noqa: E402

__all__ = ["folder"]
pytestmark = pytest.mark.long  # a scheduler and workers as processes of their own


@contextmanager
def process(*arguments: str, until: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A Dask process and the line of its log that reports it ready."""
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler"
        if arguments[0] == "scheduler"
        else "distributed.cli.dask_worker",
        *arguments[1:],
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as started:
        assert started.stderr
        line = next((line for line in started.stderr if until in line), "")
        # The log goes on, and a full pipe would stop the process.
        reader = threading.Thread(target=lambda: [None for _ in started.stderr or ()], daemon=True)
        reader.start()
        try:
            yield started, line
        finally:
            started.kill()
            reader.join(timeout=10)  # before the pipe is closed under it


@pytest.fixture
def cluster(
    started: tuple[str, list[subprocess.Popen[str]], subprocess.Popen[str]],
) -> tuple[str, list[subprocess.Popen[str]]]:
    """The address of a scheduler, and its two workers."""
    return started[:2]


@pytest.fixture
def started(
    tmp_path: Path,
) -> Iterator[tuple[str, list[subprocess.Popen[str]], subprocess.Popen[str]]]:
    """The address of a scheduler, its two workers, and the scheduler itself."""
    with ExitStack() as stack:
        local = ["--host", "127.0.0.1", "--no-dashboard"]
        scheduler, line = stack.enter_context(
            process("scheduler", *local, "--port", "0", until="Scheduler at:")
        )
        address = re.search(r"tcp://[\d.:]+", line)
        assert address, line
        worker = [
            "worker",
            address[0],
            *local,
            "--nthreads",
            "1",
            "--no-nanny",
            "--local-directory",
            str(tmp_path / "dask"),
        ]
        yield (
            address[0],
            [stack.enter_context(process(*worker, until="Registered to:"))[0] for _ in range(2)],
            scheduler,
        )


def test_a_worker_killed_in_the_middle_changes_nothing(
    cluster: tuple[str, list[subprocess.Popen[str]]], folder: Path
) -> None:
    address, workers = cluster
    archive = as_zip(records(2400), folder / "all.zip")
    killed_after: list[int] = []

    def on_progress(done: int, total: int | None) -> None:
        if done >= 600 and not killed_after:
            workers[0].send_signal(signal.SIGKILL)
            killed_after.append(done)

    with worker_pool(Workers(scheduler=address)) as pool:
        assert pool.width == 2
        database = Database(folder / "cluster.db")
        sync_with_archive(
            open_archive(str(archive)),
            read_tables([folder / "table.toml"]),
            database,
            pool,
            all_records=True,
            clock=lambda: NOW,
            on_progress=on_progress,
        )
        database.close()
    assert killed_after and killed_after[0] < 2400 and workers[0].wait() == -signal.SIGKILL
    assert content(folder / "cluster.db") == content(synced(folder / "alone.db", archive, folder))
    assert last_run(folder / "cluster.db")["new"] == 2400


def test_a_worker_killed_while_it_compares_versions_changes_nothing(
    cluster: tuple[str, list[subprocess.Popen[str]]], folder: Path
) -> None:
    """One is killed in the middle; a part that it had begun is done by the other, and no half of a
    file stays.
    """
    address, workers = cluster
    archive = as_zip_of_versions(registry(600), folder / "versions")
    killed_after: list[int] = []

    def on_progress(done: int, total: int | None) -> None:
        if done >= 500 and not killed_after:
            workers[0].send_signal(signal.SIGKILL)
            killed_after.append(done)

    database = Database(folder / "cluster.db")
    sync_versions(
        open_versions(str(archive), PartSize(versions=50)),
        read_tables([folder / "table.toml"]),
        database,
        str(folder / "cluster"),
        all_records=True,
        clock=lambda: NOW,
        workers=Workers(scheduler=address),
        on_progress=on_progress,
    )
    database.close()
    assert killed_after and killed_after[0] < 3000 and workers[0].wait() == -signal.SIGKILL
    sync_all_versions(folder, archive, "alone")
    assert rows(folder, "cluster") == rows(folder, "alone")
    assert len(rows(folder, "alone")["trials"]) == 3000
    assert sorted(path.name for path in (folder / "cluster" / "trials").iterdir()) == [
        f"part-{at:05}.parquet" for at in range(60)
    ]


def test_a_scheduler_that_dies_is_reported_in_one_line_and_the_next_run_goes_on(
    started: tuple[str, list[subprocess.Popen[str]], subprocess.Popen[str]], folder: Path
) -> None:
    address, _, scheduler = started
    archive = as_shards(registry(300), folder / "versions")
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
    command += ["--parquet", str(folder / "cut"), "--db", str(folder / "cut.db"), "-q"]
    with subprocess.Popen(
        [*command, "--scheduler", address], stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None and noted(folder / "cut.db") < 5:
            time.sleep(0.01)
        assert running.poll() is None, "it ended before the scheduler could be killed"
        scheduler.send_signal(signal.SIGKILL)
        try:
            _, errors = running.communicate(timeout=120)
        finally:
            running.kill()
    assert (running.returncode, errors) == (
        1,
        f"enrich: the Dask scheduler at {address} or its workers are gone; what was stored is kept, the next run continues from there\n",
    )
    assert 5 <= noted(folder / "cut.db") < 100
    subprocess.run([*command, "--workers", "1"], check=True)
    sync_all_versions(folder, archive, "alone")
    assert rows(folder, "cut") == rows(folder, "alone")


def test_a_scheduler_without_workers_is_waited_for_and_then_reported_in_one_line(
    cluster: tuple[str, list[subprocess.Popen[str]]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, workers = cluster
    archive = as_zip(records(2400), folder / "all.zip")
    impatient = Workers(scheduler=address, check_interval=0.2, longest_without_workers=2.0)
    tables = read_tables([folder / "table.toml"])

    def on_progress(done: int, total: int | None) -> None:
        if done >= 600:
            for worker in workers:
                worker.send_signal(signal.SIGKILL)

    database = Database(folder / "a.db")
    with (
        pytest.raises(WorkersLost, match=r"or its workers are gone; what was stored is kept"),
        worker_pool(impatient) as pool,
    ):
        sync_with_archive(
            open_archive(str(archive)),
            tables,
            database,
            pool,
            all_records=True,
            clock=lambda: NOW,
            on_progress=on_progress,
        )
    assert 600 <= database.fetch_dicts("select count(*) as n from trials")[0]["n"] < 2400
    database.close()
    assert last_run(synced(folder / "a.db", archive, folder))["new"] == 2400


def test_no_scheduler_is_reported_in_one_line() -> None:
    with (
        pytest.raises(WorkersLost, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        worker_pool(Workers(scheduler="tcp://127.0.0.1:9", connect_timeout=1.0)),
    ):
        pass


def test_partitions_have_the_content_of_the_database(folder: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet")
    db = synced(folder / "t.db", as_zip(records(), folder / "all.zip"), folder)
    write_partitions(db, str(folder / "out"), rows_per_file=8)
    files = sorted(
        path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*.parquet")
    )
    assert files == [
        "changes/part-00000.parquet",
        "comparisons/part-00000.parquet",
        *(f"trials/part-0000{at}.parquet" for at in range(3)),
    ]
    database = Database(db)
    assert parquet.read_table(folder / "out" / "trials").to_pylist() == database.fetch_dicts(
        "select * from trials order by nct_id"
    )
    assert [
        row["verdict"] for row in parquet.read_table(folder / "out" / "comparisons").to_pylist()
    ] == [
        row["verdict"]
        for row in database.fetch_dicts("select verdict from comparisons order by id")
    ]
    # A smaller database leaves no partition of a larger one behind.
    with database.transaction():
        database.execute(
            "delete from versions where nct_id > 'NCT00000008' and nct_id not in (select trial_id from answers)"
        )
        database.execute("delete from trials where nct_id not in (select nct_id from versions)")
    write_partitions(db, str(folder / "out"), rows_per_file=8)
    assert parquet.read_table(folder / "out" / "trials").num_rows == 8
    database.close()


def test_an_archive_is_read_from_wherever_fsspec_reads(folder: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    for path in (as_zip(records(), folder / "all.zip"), as_lines(records(), folder / "all")):
        with fsspec.open(f"memory://bucket/{path.name}", "wb") as file:
            file.write(path.read_bytes())
        archive = open_archive(f"memory://bucket/{path.name}")
        assert [record.raw for part in archive.parts() for record in part.read()] == [
            record.raw for part in open_archive(str(path)).parts() for record in part.read()
        ]


def test_a_folder_is_read_from_wherever_fsspec_reads(folder: Path) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    near = as_folder(records(), folder / "unpacked")
    memory.put(str(near), "/bucket/unpacked", recursive=True)
    afar = open_archive("memory://bucket/unpacked")
    for archive, name in ((open_archive(str(near)), "near.db"), (afar, "afar.db")):
        database = Database(folder / name)
        sync_with_archive(
            archive,
            read_tables([folder / "table.toml"]),
            database,
            WorkerPool(InlineExecutor(), 1),
            all_records=True,
            clock=lambda: NOW,
        )
        database.close()
    assert content(folder / "afar.db") == content(folder / "near.db")
    wanted = frozenset(next(afar.parts()).nct_ids[:2])
    assert {nct_id for part in afar.parts(wanted) for nct_id in part.nct_ids} == wanted
    with memory.open("/bucket/unpacked/NCT90000099.json", "wb") as file:
        file.write(b"{}")
    assert open_archive("memory://bucket/unpacked").name != afar.name
    memory.rm("/bucket/unpacked/NCT90000099.json")
    (part,) = afar.parts()
    memory.rm("/bucket/unpacked", recursive=True)
    assert {record.fault is not None for record in part.read()} == {True}
    with pytest.raises(ArchiveError, match=r"neither a folder nor a file"):
        open_archive("memory://bucket/unpacked")


@pytest.mark.parametrize(
    "arguments",
    [
        ["load", "nowhere://bucket/all.zip", "--whole"],
        ["load", "nowhere://bucket/all.ndjson", "--whole"],
        ["load", "nowhere://bucket/unpacked", "--whole"],
        ["trace", "nowhere://bucket/shards", "--whole", "--parquet", "out"],
        ["load", "all.zip", "--whole", "--parquet", "nowhere://bucket/out"],
        ["trace", "all.zip", "--whole", "--parquet", "nowhere://bucket/out"],
        ["load", "http://127.0.0.1:9/all.zip", "--whole"],
        ["load", "memory://bucket/missing.zip", "--whole"],
        ["load", "memory://bucket/missing.ndjson.gz", "--whole"],
    ],
    ids=" ".join,
)
def test_a_place_that_cannot_be_used_is_reported_in_one_line(
    arguments: list[str], folder: Path
) -> None:
    as_zip(records(), folder / "all.zip")
    done = subprocess.run(
        [sys.executable, "-m", "enrich", *arguments, "--db", "a.db", "--workers", "2"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert re.fullmatch(
        r"enrich: \S+://\S+: (cannot be read|cannot be written) \(.+\)\n", done.stderr
    )


# --- TLS


def certificates(folder: Path) -> dict[str, str]:
    """Options of Dask with an authority, and a certificate of it for this computer."""
    authority, key, request, certificate = (
        str(folder / name) for name in ("ca.pem", "key.pem", "request.pem", "certificate.pem")
    )
    ca_key = str(folder / "ca-key.pem")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    sign = ["openssl", "x509", "-req", "-CAcreateserial"]
    for command in (
        [*new, "/CN=authority", "-x509", "-keyout", ca_key, "-out", authority],
        [*new, "/CN=127.0.0.1", "-keyout", key, "-out", request],
        [*sign, "-in", request, "-CA", authority, "-CAkey", ca_key, "-out", certificate],
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return {"--tls-ca-file": authority, "--tls-cert": certificate, "--tls-key": key}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_cluster_that_speaks_tls_works_for_those_who_show_a_certificate(tmp_path: Path) -> None:
    options = certificates(tmp_path)
    ca, cert, key = options.values()
    tls = [part for option in options.items() for part in option]
    settings = {
        "distributed.comm.tls.ca-file": ca,
        "distributed.comm.tls.client.cert": cert,
        "distributed.comm.tls.client.key": key,
    }
    import dask

    scheduler = ("scheduler", "--protocol", "tls", "--host", "tls://127.0.0.1", "--port", "0")
    with process(*scheduler, "--no-dashboard", *tls, until="Scheduler at:") as (_, line):
        found = re.search(r"tls://\S+", line)
        assert found
        address = found[0]
        with process(
            "worker", address, "--no-dashboard", "--nthreads", "1", *tls, until="Registered to:"
        ):
            with (
                dask.config.set(settings),
                worker_pool(Workers(scheduler=address)) as pool,
            ):
                assert [result for _, result in pool.map_ordered(abs, [(-1,), (-2,)])] == [1, 2]
            with (
                pytest.raises(WorkersLost, match="no Dask scheduler"),
                worker_pool(Workers(scheduler=address, connect_timeout=3)),
            ):
                pass
