"""A row for the table, from a record: in the columns and the style of the table, and nothing made up."""

from pathlib import Path

import pytest

from enrich.compare.verdicts import compare_field
from enrich.models import Verdict
from enrich.record.fields import trial_of
from enrich.search.own_row import own_row
from enrich.tables.reader import read_table
from tests.fixtures.studies import study

ROOT = Path(__file__).parents[2]
TODAY = "2026-11-25"
FACTS = {
    "brief_title": "Cells for hard skin",
    "phases": ["PHASE1", "PHASE2"],
    "allocation": "RANDOMIZED",
    "intervention_model": "PARALLEL",
    "masking": "DOUBLE",
    "enrollment": 1234,
    "enrollment_type": "ACTUAL",
    "conditions": ["Systemic Sclerosis"],
    "start_date": "2024-11-05",
}


@pytest.fixture
def table(tmp_path):
    def make(header, rows, description):
        lines = (",".join(f'"{cell}"' for cell in line) for line in (header, *rows))
        (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
        (tmp_path / "t.toml").write_text(f'file = "t.csv"\n{description}', encoding="utf-8")
        return read_table(tmp_path / "t.toml")

    return make


def row_of(table, **facts):
    row = own_row(table, trial_of(study(7, **{**FACTS, **facts})), TODAY)
    return dict(zip(table.header, row.cells, strict=True)), row.empty


def test_table_9_gets_a_row_in_its_own_words():
    cells, empty = row_of(read_table(ROOT / "data" / "table9.toml"), enrollment=21)
    assert cells["Type of clinical study"] == (
        "Phase I/II Randomized Clinical Trial (Parallel Assignment- Double Blind)"
    )
    assert cells["N (male/female)"] == "21"
    assert cells["Registry title"] == "Cells for hard skin"
    assert cells["NCT ID"] == "NCT00000007" and cells["Accessed"] == TODAY
    assert cells["Registry URL"] == "https://clinicaltrials.gov/ct2/show/NCT00000007"
    assert {"Cells", "References", "Safety (Treatment-related adverse events)"} <= {*empty}


@pytest.mark.parametrize(
    "says, cells, expected",
    [
        ("phases", ["Phase 3", "Phase 2"], "Phase 1/2"),
        ("phases", ["III", "II"], "I/II"),
        ("enrollment", ["1.024", "56"], "1.234"),
        ("start_date", ["12 Mar 2021"], "5 Nov 2024"),
        ("start_date", ["2021-03"], "2024-11"),
        ("masking", ["Double-blind", "Open-label"], "Double-blind"),
        ("allocation", ["Randomised"], "Randomised"),
        ("minimum_age", ["18"], ""),
    ],
)
def test_a_fact_is_written_as_the_column_writes_it(table, says, cells, expected):
    rows = [[f"NCT{number:08d}", cell] for number, cell in enumerate(cells, 1)]
    made = table(["Id", "X"], rows, f'id_column = "Id"\n[columns.X]\nsays = ["{says}"]\n')
    assert row_of(made)[0]["X"] == expected


@pytest.mark.parametrize(
    "cell, expected",
    [
        ("NCT00000001", "NCT00000007"),
        ("[NCT00000001](https://clinicaltrials.gov/study/NCT00000001)",) * 2,
        ("Smith 2020, NCT00000001", "NCT00000007"),
    ],
)
def test_an_id_is_written_as_the_column_writes_ids(table, cell, expected):
    made = table(["Id"], [[cell]], 'id_column = "Id"\n')
    assert row_of(made)[0]["Id"] == expected.replace("NCT00000001", "NCT00000007")


def test_no_words_about_another_trial_come_into_the_row(table):
    cell = "12 patients, of whom two left early because of the journey, and one for reasons unknown"
    made = table(
        ["Id", "N"],
        [["NCT00000001", cell]],
        'id_column = "Id"\n[columns.N]\nsays = ["enrollment"]\n',
    )
    assert row_of(made)[0]["N"] == "1234"


def test_several_facts_stand_in_a_row_where_no_cell_is_a_model(table):
    made = table(
        ["Id", "Design"],
        [["NCT00000001", "see text"]],
        'id_column = "Id"\n[columns.Design]\nsays = ["phases", "masking"]\n',
    )
    assert row_of(made)[0]["Design"] == "Phase 1/Phase 2; double"


def test_every_cell_of_the_row_agrees_with_the_record():
    table = read_table(ROOT / "data" / "table9.toml")
    trial = trial_of(study(7, **FACTS))
    cells, _ = row_of(table)
    for column in table.columns:
        for field in column.says:
            read = compare_field(column, field, cells[column.name], trial)
            assert read is None or read.verdict in (Verdict.AGREES, Verdict.ADDS), (field, read)
