"""Files that are written whole: pages, feeds, tables, workbooks; and the log, which may stop while the run goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enrich import export, reports
from enrich.atomic import write_atomic
from enrich.errors import EnrichError
from tests.fixtures.corpus import ROOT

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    (tmp_path / "page.html").write_text("old")
    write_atomic(tmp_path / "page.html", b"new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"page.html": "new"}


def test_a_symlink_is_followed(tmp_path):
    (tmp_path / "www").mkdir()
    (tmp_path / "page.html").symlink_to("www/page.html")
    for content in (b"first", b"second"):
        write_atomic(tmp_path / "page.html", content)
        assert (tmp_path / "page.html").is_symlink() and (
            tmp_path / "www" / "page.html"
        ).read_bytes() == content


def test_what_is_not_a_regular_file_is_written_directly(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE) as reader:
        write_atomic(tmp_path / "pipe", b"through")
        assert reader.communicate(timeout=60)[0] == b"through"
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("path", ["nowhere/page.html", "file/page.html", "x" * 300])
def test_what_cannot_be_written_is_named(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnrichError, match=f"{path}: cannot be written"):
        write_atomic(tmp_path / path, b"")


# --- a full disk


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder after an offline run on Table 9."""
    folder = tmp_path_factory.mktemp("full")
    for name in ("data", "cache"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.db*", ".*"))
    assert enrich(folder, "sync", "--offline").returncode == 0
    return folder


def enrich(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "enrich", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        *(["export", "--format", form, "--output", str(FULL)] for form in export.FORMATS),
        *(["report", "--format", form, "--output", str(FULL)] for form in reports.FORMATS),
    ],
    ids=" ".join,
)
def test_a_report_or_a_table_on_a_full_disk_is_one_line(here, arguments):
    done = enrich(here, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "enrich: /dev/full: cannot be written (No space left on device)\n",
    )


@needs_full
def test_a_log_on_a_full_disk_is_one_warning_and_the_run_goes_on(here):
    done = enrich(here, "sync", "--offline", "-v", "--log-file", str(FULL))
    assert done.returncode == 0 and "WRONG AT PUBLICATION" in done.stdout
    (warning,) = [line for line in done.stderr.splitlines() if "/dev/full" in line]
    assert warning == (
        "enrich: WARNING: /dev/full: cannot be written (No space left on device); the run goes on without it"
    )
    assert "Traceback" not in done.stderr and "run 2 offline" in done.stderr
