"""Every format, whole, on one invented ledger. `python -m tests.reports.test_formats` writes the golden files anew: read what it changed."""

import pkgutil
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

from enrich import export, reports
from enrich.models import Report
from enrich.storage.report_query import read_report, run_before
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import sample_runs

GOLDEN = Path(__file__).parent / "golden"

# fmt: off
GOLDEN_FILES = {
    "last.txt":      ("last", "text"),
    "last.md":       ("last", "markdown"),
    "last.html":     ("last", "html"),
    "last.jsonl":    ("last", "json"),
    "last.csv":      ("last", "csv"),
    "all.xml":       ("first", "atom"),
    "first-run.txt": ("first-run", "text"),
    "log.txt":       ("last", "log"),
    "log-since.txt": ("first", "log"),
    "mail.txt":      ("last", "mail"),
    "mail.html":     ("last", "mail-html"),
    "all.txt":       ("last", "text", {"show_all": True}),
}
# fmt: on


def test_every_format_has_a_golden_file():
    assert {format_name for _, format_name, *_ in GOLDEN_FILES.values()} == {*reports.FORMATS}


@pytest.mark.parametrize("package", [reports, export], ids=["reports", "export"])
def test_every_module_that_renders_is_a_format(package):
    """A renderer that nobody lists would never be offered, nor run through the hostile texts."""
    modules = {
        name
        for _, name, _ in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
        if hasattr(import_module(name), "render")
    }
    assert modules == {format_.module for format_ in package.FORMATS.values()}


def sample_reports(folder: Path) -> dict[str, Report]:
    with sample_runs(folder) as database:
        return {
            "last": read_report(database, with_timelines=True),
            "first": read_report(
                database, since=run_before(database, "first"), with_timelines=True
            ),
            "first-run": read_report(database, 1, with_timelines=True),
        }


def render(made: dict[str, Report], name: str) -> str:
    """The content of the golden file called *name*."""
    which, format_name, *options = GOLDEN_FILES[name]
    return rendered(format_name, made[which], **(options[0] if options else {}))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return sample_reports(tmp_path_factory.mktemp("ledger"))


@pytest.mark.parametrize("name", GOLDEN_FILES)
def test_report_reads_as_agreed(made, name):
    assert render(made, name) == (GOLDEN / name).read_bytes().decode(), (
        "read the difference; `python -m tests.reports.test_formats` writes it"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = sample_reports(Path(folder))
    for name in GOLDEN_FILES:
        (GOLDEN / name).write_bytes(render(made, name).encode())
