"""The parts of the benchmark."""

import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import orjson
import pytest

from enrich.record.identity import nct_id_of
from tests.bench import figures, records, report
from tests.bench.__main__ import DOCS
from tests.bench.bulk import BulkMeasurement
from tests.bench.compare import STEPS, Pair
from tests.bench.contenders import AGAIN, FIRST, KNOWN, PYTRIALS, QUIET, STORED, WAITING
from tests.bench.drawing import picture, waiting_picture
from tests.bench.figures import Figures, keep_figures, measured_figures, read_figures
from tests.bench.measure import Failed, Measurement, measure, medians, spread_text
from tests.bench.outputs import Output, OutputMeasurement
from tests.bench.pages import PAGES, PageTime, page_table
from tests.bench.quoted import ONCE
from tests.bench.registry_process import ROOT
from tests.bench.targets import FIRST_PAGES, TARGETS, Results
from tests.tools.generated_parts import filled


def test_records_are_as_many_as_asked_for_each_under_its_own_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "REGISTRY", tmp_path / "nothing here")
    ids = [
        nct_id
        for nct_id, record in records.records(1203)
        if nct_id_of(orjson.loads(record)) == nct_id
    ]
    assert ids == list(records.nct_ids(1203)) and len(set(ids)) == 1203


def test_a_zip_is_laid_out_as_the_registry_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "REGISTRY", tmp_path / "nothing here")
    records.write(2, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["00/NCT10000000.json", "01/NCT10000001.json"]


def test_a_contender_that_fails_has_no_figures(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no such thing"):
        measure([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


MEASURED = """
import sys
from pathlib import Path
from tests.bench.measure import measure
idle, busy = (measure([sys.executable, "-c", program], Path(sys.argv[1])).memory for program in ("pass", "held = bytearray(300_000_000)"))
print(busy - idle)
"""


def test_the_memory_of_a_process_is_its_own(tmp_path: Path) -> None:
    """Measured by a small process, as the benchmark is: the kernel counts what a parent held at the fork."""
    spread_text = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert float(spread_text.stdout) == pytest.approx(286, abs=25)


def test_medians_are_of_each_column() -> None:
    assert medians(
        [Measurement(1, 9, 5, 2), Measurement(2, 8, 6, 2), Measurement(3, 7, 1, 2)]
    ) == Measurement(2, 8, 5, 2)


def test_several_rounds_have_a_spread() -> None:
    assert (spread_text([1.234]), spread_text([3, 1, 2]), spread_text([1500, 1400], 0)) == (
        "1.23",
        "2.00 (1.00–3.00)",
        "1,450 (1,400–1,500)",
    )
    assert spread_text([45.1, 45.2], 0) == "45"


# fmt: off
CHOICES = [
    (9, None, [100, 200, 300, 400, 9000]),
    (9, 250,  [100, 200, 300, 400]),
    (9, 200,  [100, 200, 300]),
    (9, 100,  [100]),
    (3, None, [100, 300, 9000]),
    (2, 250,  [200, 400]),
    (1, 200,  [200]),
]
# fmt: on


@pytest.mark.parametrize(("number", "mean", "sizes"), CHOICES)
def test_records_have_the_sizes_of_the_originals_without_the_largest_above_a_mean(
    number: int, mean: int | None, sizes: list[int]
) -> None:
    originals = [b"NCT0000%04d" % size + b" " * (size - 11) for size in (400, 9000, 200, 300, 100)]
    assert (
        sorted(len(record) for record in records.sample_by_size(originals, number, mean)) == sizes
    )


GROWN = [
    BulkMeasurement(
        number=number,
        raw=number * 20_000,
        runs=(Measurement(number / 1000, number / 500, number / 1000),),
        repeats=(Measurement(0.5, 0.4, 60),),
        floor_runs=(Measurement(number / 2000, number / 1000, 50),),
        database=number / 100,
        floor_database=number / 50,
    )
    for number in (100, 10_000, 100_000)
]


def test_growth_is_listed_and_drawn() -> None:
    assert (
        report.growth(GROWN, None).splitlines()[3]
        == "| 10,000 | 20.0 | 10.00 | 2.00 | 1,000 | 20.0 | 20.00 | 2.00 | 10 | 100.0 | 0.50 | 0.5 |"
    )
    drawn = ElementTree.fromstring(picture(GROWN))
    assert len([line for line in drawn.iter() if line.tag.endswith("polyline")]) == 6
    assert {"100", "50", "1,000", "2,000"} <= {
        text.text for text in drawn.iter() if text.tag.endswith("text")
    }


def test_an_extrapolation_is_called_one() -> None:
    assert report.extrapolated(GROWN[1]).startswith(
        "Extrapolated, not run: all 600,000 studies would take 10 minutes, and 6.0 GB of database."
    )


TEXT = Output("report text", ())
MET = Results(
    {
        1000: {
            FIRST: [Measurement(3, 2, 90, 11), Measurement(5, 2, 90, 11)],
            QUIET: [Measurement(2.8, 2, 90, 11)],
            STORED: [Measurement(2, 1, 40, 10), Measurement(2, 1, 40, 10)],
            KNOWN: [Measurement(1, 0.3, 0, 1)],
            PYTRIALS: [],
        },
        20_000: {FIRST: [Measurement(14, 13, 190, 101)]},
    },
    GROWN,
    GROWN[1],
    help=[Measurement(0.1, 0.05, 20)],
    outputs=[
        OutputMeasurement(TEXT, 1000, [Measurement(1, 0.9, 60)]),
        OutputMeasurement(TEXT, 20_000, [Measurement(4, 4, 90)]),
    ],
    interpreter=10,
    pages={**dict.fromkeys(FIRST_PAGES, (0.1,)), "versions of records": [0.4, 0.5, 0.9]},
)


# fmt: off
VERDICTS = [
    ("`enrich --help`",                    "≤ 0.06 s |  | 0.05 s | yes |  | "),
    ("quiet night (`-q`, not",             "≤ 0.2 s |  | 0.30 s | **no** |  | "),
    ("quiet night, 6",                     "≤ 0.2 s |  | not measured |  |  | "),
    ("quiet night, 1,000 trials: req",     "≤ 1 |  | 1 | yes |  | "),
    ("first load of 1,000: requests",      "≤ 6 |  | 11 | **no** |  | "),
    ("first load of 1,000, `-q`",          "≤ 1.5 × | ≤ 1.3 × | 1.40 × | yes | **no** | "),
    ("first load of 5,000, `-q`",          "≤ 1.5 × | ≤ 1.3 × | not measured |  |  | "),
    ("first load of 1,000, with the report ÷ floor", "≤ 1.5 × | ≤ 1.3 × | 2.00 (1.50–2.50) × | **no** | **no** | "),
    ("first load of 5,000, with the report", "≤ 1.5 × | ≤ 1.3 × | not measured |  |  | "),
    ("1,000 again",                        "≤ 1 × |  | not measured |  |  | "),
    ("first load of 1,000, with the report ÷ pytrials", "≤ 1 × |  | not measured |  |  | "),
    ("ctrdata's first",                    "≥ 10 × |  | 8.13 (6.10–10.17) × | **no** |  | "),
    ("ctrdata's second",                   "≥ 50 × |  | not measured |  |  | "),
    ("first load of 20,000, with the report |", "≤ 15 s |  | 14.00 s | yes |  | "),
    ("first load of 20,000, with the report: m", "≤ 200 MB |  | 190 MB | yes |  | "),
    ("report as text",                     "≤ 0.15 ms |  | 0.20 ms | **no** |  | "),
    ("export to Word",                     "≤ 1 ms |  | not measured |  |  | "),
    ("largest memory of a report",         "≤ 150 MB |  | 80 MB | yes |  | "),
    ("whole registry",                     "≥ 5,000 studies per second |  | 1,000 studies per second | **no** |  | "),
    ("memory of all processes",            "≤ 200 MB |  | 100 MB | yes |  | "),
    ("the same ÷ memory",                  "≤ 1.25 × |  | 10.00 × | **no** |  | "),
    ("site over",                          "≤ 0.3 s |  | 0.10 s | yes |  | "),
    ("the slowest of all",                 "≤ 0.3 s |  | 0.50 s | **no** |  | "),
]
# fmt: on


@pytest.mark.parametrize(("what", "line_end"), VERDICTS)
def test_a_target_is_met_or_not_or_was_not_measured(what: str, line_end: str) -> None:
    lines = report.targets(measured_figures(MET)).splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {what}")]
    assert f"| {line_end}" in line


def test_every_target_has_a_case() -> None:
    assert len(VERDICTS) == len(TARGETS)


def test_quoted_figures_have_their_source_and_ours_beside_them() -> None:
    first, again, *_ = report.quoted(MET).splitlines()[2:]
    assert (
        first
        == f"| ctrdata into PostgreSQL, first load | 1,000 | 30.5 | 30.5 | 8.1 (6.1–10.2) | {ONCE} |"
        and "| not measured |" in again
    )


def test_the_overview_has_all_sizes() -> None:
    tables = {
        6: {STORED: [Measurement(0.5, 0.4, 0)], FIRST: [Measurement(1, 0.9, 0)], PYTRIALS: []},
        1000: {FIRST: [Measurement(3, 2, 90, 11)]},
    }
    assert report.overview(tables).splitlines() == [
        "| s (× floor) | 6 trials | 1,000 trials |",
        "|---|--:|--:|",
        f"| {STORED} | 0.50 |  |",
        f"| {FIRST} | 1.00 (2.00 ×) | 3.00 |",
    ]


def test_a_contender_has_its_ratio_to_the_floor_or_did_not_run() -> None:
    lines = report.contenders(1000, MET.tables[1000]).splitlines()
    assert (
        lines[3]
        == "| enrich sync, first load | 4.00 (3.00–5.00) | 2.00 (1.50–2.50) | 2.00 | 2.00 | 90 | 11 |"
    )
    assert lines[-1].startswith("| pytrials 1.0.0, fetch only | did not run here |")


def test_only_the_generated_part_is_replaced() -> None:
    assert (
        filled("a\n<!-- b -->\nold\n<!-- /b -->\nc", "b", "new\n")
        == "a\n<!-- b -->\nnew\n<!-- /b -->\nc"
    )
    with pytest.raises(ValueError, match="no part b"):
        filled("a", "b", "new")


def test_the_docs_have_a_place_for_the_figures() -> None:
    parts = ("targets", "waiting", "outputs", "pages", "tables", "bulk", "guards")
    for name in (f"bench-{part}" for part in parts):
        filled(DOCS.read_text(encoding="utf-8"), name, "")


def test_figures_are_kept_until_they_are_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "figures.json")
    monkeypatch.setattr(sys, "argv", ["", "--work", "x", "--write-docs", "--growth"])
    keep_figures(MET)
    keep_figures(Results(help=[Measurement(0.1, 0.07, 20)]))
    kept = read_figures()
    assert kept["`enrich --help`: processor"].values == [0.07]
    assert kept["first load of 1,000: requests"].values == [11, 11]
    command = kept["first load of 1,000: requests"].command
    assert command.endswith(" --growth") and "--work" not in command


def test_a_target_has_the_command_that_measured_it() -> None:
    kept = {TARGETS[0].what: Figures([0.04], "tests.bench --rounds 3")}
    assert report.targets(kept).splitlines()[2].endswith("| yes |  | `tests.bench --rounds 3` |")


WAITED = {
    6: {FIRST: [Measurement(2, 0.4, 50, 2)], AGAIN: [Measurement(1, 0.3, 50, 2)]},
    1000: {FIRST: [Measurement(8, 2, 90, 6)], KNOWN: [Measurement(0.5, 0.2, 60, 1)]},
}


def test_waiting_is_listed_and_drawn_for_what_ran() -> None:
    assert report.waiting(WAITED).splitlines()[2] == f"| {FIRST} | 2.00, 2 | 8.00, 6 |"
    drawn = ElementTree.fromstring(waiting_picture(WAITED))
    assert len([line for line in drawn.iter() if line.tag.endswith("polyline")]) == 3
    assert {"1,000", "enrich, first load: 8"} <= {
        text.text for text in drawn.iter() if text.tag.endswith("text")
    }


def test_all_that_wait_are_measured_against_the_same_floor() -> None:
    assert {contender.floor for contender in WAITING} == {None, "floor: fetch and parse once"}


def test_a_page_is_listed_with_its_address() -> None:
    table = page_table(
        {"front page": [PageTime(0.2, 0.1), PageTime(0.1, 0.1)], "sites": [PageTime(0.5, 0.4)]}
    ).splitlines()
    assert table[2:] == [
        "| front page | `/` | 0.15 (0.10–0.20) | 0.10 | yes |",
        f"| sites | `{PAGES['sites']}` | 0.50 | 0.40 | **no** |",
    ]
    assert PAGES.keys() >= {*FIRST_PAGES}


def test_two_commits_are_compared_step_by_step() -> None:
    pairs = {
        "first load": [
            Pair(Measurement(3, 2, 90), Measurement(2, 2, 100)),
            Pair(Measurement(4, 2, 90), Measurement(2, 1, 90)),
        ]
    }
    assert report.comparison("v1", 1000, pairs).splitlines() == [
        "| 1,000 trials | s | ÷ v1 | CPU s | ÷ v1 | MB | ÷ v1 |",
        "|---|--:|--:|--:|--:|--:|--:|",
        "| first load | 3.50 (3.00–4.00) | 1.75 (1.50–2.00) | 2.00 | 1.50 (1.00–2.00) | 90 | 0.95 (0.90–1.00) |",
    ]


@pytest.mark.long
def test_this_checkout_is_compared_with_its_own_commit() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "--compare",
        "HEAD",
        "--sizes",
        "6",
        "--rounds",
        "1",
    ]
    page = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    lines = page.strip().splitlines()
    assert lines[0].startswith("| 6 trials | s | ÷ HEAD |") and len(lines) == 2 + len(STEPS)


def test_the_help_has_every_choice() -> None:
    command = [sys.executable, "-m", "tests.bench", "--help"]
    page = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert "--compare REV" in page and "--quick" in page
