"""A hundred thousand real records, cloned under new ids: killed in the middle, taken up again,
counted, and memory that does not grow.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.measure import measure
from tests.bench.registry_process import ROOT, make_records
from tests.fixtures.corpus import needs_corpus

pytestmark = [*needs_corpus, pytest.mark.long]

NUMBER = 100_000
# What all processes together may hold, whatever the number of studies.
MEGABYTES = 400


def seen(db: Path) -> int:
    """How many records are taken in so far."""
    if not db.exists():
        return 0
    with sqlite3.connect(f"file:{db}?mode=ro", uri=True, timeout=60) as connection:
        tables = connection.execute(
            "select name from sqlite_master where name = 'archive_parts'"
        ).fetchall()
        count = (
            connection.execute("select coalesce(sum(new), 0) from archive_parts").fetchone()[0]
            if tables
            else 0
        )
    connection.close()
    return int(count)


def test_a_hundred_thousand_studies_killed_and_taken_up_again(tmp_path: Path) -> None:
    archive, db = tmp_path / "all.zip", tmp_path / "t.db"
    make_records(NUMBER, archive)
    command = [
        sys.executable,
        "-m",
        "enrich",
        "load",
        str(archive),
        "--whole",
        "--db",
        str(db),
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        while running.poll() is None and seen(db) < NUMBER // 10:
            time.sleep(0.5)
        assert running.poll() is None, "it ended before it could be killed"
        os.killpg(running.pid, signal.SIGKILL)
    before = seen(db)
    assert NUMBER // 10 <= before < NUMBER
    assert (
        measure(command, tmp_path, env={"PYTHONPATH": str(ROOT)}, family=True).memory <= MEGABYTES
    )
    with sqlite3.connect(db) as connection:
        assert connection.execute("select count(*), new, asked, outcome from runs").fetchall() == [
            (1, NUMBER, NUMBER, "complete")
        ]
        assert connection.execute("select count(*) from versions").fetchone() == (NUMBER,)
    connection.close()
    archive.unlink()
