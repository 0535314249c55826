"""The benchmark's own parts: what it measures with must be what it says."""

import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from enrich.fields import nct_id_of
from tests.bench import records
from tests.bench.growth import Grown, picture, table
from tests.bench.measure import Failed, Taken, medians, take
from tests.bench.standing import ROOT


def test_records_are_as_many_as_asked_for_each_under_its_own_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "REGISTRY", tmp_path / "nothing here")
    ids = [nct_id for nct_id, record in records.records(1203) if nct_id_of(orjson.loads(record)) == nct_id]
    assert ids == list(records.names(1203)) and len(set(ids)) == 1203


def test_a_zip_is_laid_out_as_the_registry_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "REGISTRY", tmp_path / "nothing here")
    records.write(2, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["00/NCT10000000.json", "01/NCT10000001.json"]


def test_a_contender_that_fails_has_no_number(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such thing"):
        take([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


MEASURED = """
import sys
from pathlib import Path
from tests.bench.measure import take
idle, busy = (take([sys.executable, "-c", program], Path(sys.argv[1])).memory for program in ("pass", "held = bytearray(300_000_000)"))
print(busy - idle)
"""


def test_what_a_process_takes_is_that_of_the_process(tmp_path: Path) -> None:
    """Asked by a small process, as the benchmark is one: the kernel counts what the parent held at the fork."""
    told = subprocess.run([sys.executable, "-c", MEASURED, str(tmp_path)], cwd=ROOT, check=True, capture_output=True, text=True)
    assert float(told.stdout) == pytest.approx(286, abs=25)


def test_medians_are_of_each_column() -> None:
    assert medians([Taken(1, 9, 5, 2), Taken(2, 8, 6, 2), Taken(3, 7, 1, 2)]) == Taken(2, 8, 5, 2)


def test_growth_is_told_and_drawn() -> None:
    grown = [
        Grown(number, Taken(number / 1000, number / 500, 90), Taken(0.5, 0.4, 60), Taken(number / 2000, number / 1000, 50), number / 100, number / 50)
        for number in (100, 10_000)
    ]
    assert table(grown).splitlines()[-1] == "| 10,000 | 1,000 | 10.0 | 2.00 | 20.0 | 2.00 | 90 | 100 | 0.50 | 0.5 |"
    drawn = ElementTree.fromstring(picture(grown))
    assert len([line for line in drawn.iter() if line.tag.endswith("polyline")]) == 6
