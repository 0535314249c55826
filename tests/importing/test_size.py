"""How long `enrich init` takes for a large document, and how much memory."""

import subprocess
import sys

import pytest

from tests.fixtures.corpus import ROOT
from tests.tables.documents.test_hostile_documents import MAKERS, rows_in_xml
from tests.tables.documents.twins import WRITERS, plain

pytestmark = pytest.mark.long
HEADER = ["Trial", "Phase", "Title", "N", "Status", "Start date", "Sponsor", "Age"]
_INIT = """
import resource, sys
from click.testing import CliRunner
from enrich.cli import main
result = CliRunner().invoke(main, ["init", *sys.argv[1:], "--offline"])
print(result.output.splitlines()[0])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_maxrss // 1024, used.ru_utime + used.ru_stime)
"""


def row(number, text="A study in patients"):
    nct_id = f"NCT{number + 1_000_000:08}"
    phase, day = f"Phase {number % 3 + 1}", f"2020-0{number % 9 + 1}-01"
    return [nct_id, phase, text, str(number % 300), "Recruiting", day, "A university", "18-65"]


def init(path):
    """What it printed first, its memory in MB, and its seconds on a processor."""
    run = subprocess.run(
        [sys.executable, "-c", _INIT, str(path), "--into", str(path.parent / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    printed, used = run.stdout.splitlines()
    memory, seconds = used.split()
    return printed, int(memory), float(seconds)


@pytest.mark.parametrize("ending", WRITERS)
def test_five_thousand_rows_take_less_than_ten_seconds(tmp_path, ending):
    path = tmp_path / f"t{ending}"
    if ending == ".docx":
        make, part = MAKERS[ending]
        first = row(0)
        path.write_bytes(rows_in_xml(make(plain([HEADER, first])), part, 5000, ""))
    else:
        path.write_bytes(WRITERS[ending](plain([HEADER, *map(row, range(5000))])))
    printed, memory, seconds = init(path)
    assert "5,000 rows, 8 columns" in printed
    assert seconds < 10 and memory < 400


@pytest.mark.parametrize("ending", [".html", ".csv", ".txt"])
def test_fifty_megabytes_take_bounded_memory(tmp_path, ending):
    path = tmp_path / f"t{ending}"
    rows = [row(number, "x " * 1000) for number in range(22_000)]
    if ending == ".txt":
        path.write_text("\n".join(" ".join(cells) for cells in rows))
    else:
        path.write_bytes(WRITERS[ending](plain([HEADER, *rows])))
    printed, memory, seconds = init(path)
    assert "22,000 rows" in printed or "too large for a table" in printed
    assert memory < 1000 and seconds < 120
