"""Every format, whole, on one invented ledger. `python -m tests.reports.test_formats` writes the golden files anew: read what it changed."""

import tempfile
from pathlib import Path

import pytest

from enrich.models import Report
from enrich.reports.atom import atom
from enrich.reports.csv_format import csv
from enrich.reports.html_page import html
from enrich.reports.json_lines import json
from enrich.reports.log_paragraph import log
from enrich.reports.markdown import markdown
from enrich.reports.plain_text import text
from enrich.storage.report_query import read_report, run_before
from tests.fixtures.sample_ledger import ledger

GOLDEN = Path(__file__).parent / "golden"

# fmt: off
GOLDEN_FILES = {
    "last.txt":      ("last", text),
    "last.md":       ("last", markdown),
    "last.html":     ("last", html),
    "last.jsonl":    ("last", json),
    "last.csv":      ("last", csv),
    "all.xml":       ("first", atom),
    "first-run.txt": ("first-run", text),
    "log.txt":       ("last", log),
    "log-since.txt": ("first", log),
}
# fmt: on


def reports(folder: Path) -> dict[str, Report]:
    with ledger(folder) as store:
        return {
            "last": read_report(store),
            "first": read_report(store, since=run_before(store, "first")),
            "first-run": read_report(store, 1),
        }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return reports(tmp_path_factory.mktemp("ledger"))


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_report_reads_as_agreed(told, name):
    which, render = GOLDEN_FILES[name]
    assert render(told[which]) == (GOLDEN / name).read_bytes().decode(), (
        "read the difference; `python -m tests.reports.test_formats` writes it"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = reports(Path(folder))
    for name, (which, render) in GOLDEN_FILES.items():
        (GOLDEN / name).write_bytes(render(made[which]).encode())
