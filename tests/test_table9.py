"""Table 9: every printed cell is kept, and the offline run reports exactly what the copies show."""

import csv
import hashlib
import shutil
from pathlib import Path

import pytest

from enrich.models import Verdict
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from enrich.tables.reader import read_table

ROOT = Path(__file__).parent.parent

PRECLINICAL = (
    "Type of advanced therapy",
    "Cells",
    "Type of hMSC treatment evaluated",
    "Disease models",
    "Follow-up",
    "References",
)
CLINICAL = (
    "Type of advanced therapy",
    "Cells",
    "Type of clinical study",
    "N (male/female)",
    "Age (years)a",
    "hMSC treatment",
    "Safety (Treatment-related adverse events)",
    "Indication",
    "Effectivenessa",
    "Follow-upa",
    "References",
)

# SHA-256 of each row of the table in the paper's web page, without surrounding blanks.
PASTED = {
    1: "db0d9662c00627f6",
    2: "6a2c8fd4b7af65ce",
    3: "8308d2b8e5e46efd",
    4: "a3b977ad2e86dba3",
    5: "645999a41814b5e7",
    6: "f20ecc248d6679f5",
    7: "7bd13725938bf983",
    8: "4e0ff2c568fb6a45",
    9: "5f237e7acadb78f7",
    10: "a87f88fcf7d4101c",
}


@pytest.mark.parametrize("position", PASTED)
def test_cells_of_a_row_join_to_the_printed_line(position):
    with (ROOT / "data" / "table9.csv").open(encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[position - 1]
    names = PRECLINICAL if position == 1 else CLINICAL
    line = " ".join(row[name] for name in names if row[name])
    assert hashlib.sha256(line.encode()).hexdigest()[:16] == PASTED[position]
    assert not any(row[name] for name in {*PRECLINICAL, *CLINICAL} - set(names))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table9")
    shutil.copytree(ROOT / "cache", folder / "cache")
    database = Database(folder / "trials.db")
    run = sync(
        [read_table(ROOT / "data" / "table9.toml")],
        None,
        database,
        Cache(folder / "cache"),
        clock=lambda: "2026-11-22T10:00:00+00:00",
    )
    yield read_report(database, run)
    database.close()


def test_all_ten_rows_stay_and_six_are_registered(report):
    (table,) = report.tables
    assert [row.row.position for row in table.rows] == [*range(1, 11)]
    assert [row.row.position for row in table.rows if row.nct_id is None] == [1, 3, 5, 6]


def test_exactly_three_statements_differ(report):
    (table,) = report.tables
    differing = {
        (
            row.nct_id,
            comparison.field,
            comparison.claim,
            comparison.registry,
            comparison.cause,
            comparison.note,
        )
        for row in table.rows
        for comparison in row.comparisons
        if comparison.verdict == Verdict.DIFFERS
    }
    assert differing == {
        (
            "NCT01813279",
            "phases",
            '["PHASE1"]',
            '["NA"]',
            "never agreed",
            "registry: Not applicable",
        ),
        (
            "NCT00962923",
            "enrollment",
            "14",
            "20",
            "never agreed",
            "registry: planned 20, not updated since 2009",
        ),
        ("NCT03211793", "enrollment", "10", "20", "unknown", "registry: planned 20"),
    }


def test_facts_missing_from_partial_copies_are_not_checked(report):
    (table,) = report.tables
    unchecked = {
        (row.nct_id, comparison.field)
        for row in table.rows
        for comparison in row.comparisons
        if comparison.verdict == Verdict.NOT_CHECKED
    }
    assert {
        ("NCT01813279", "masking"),
        ("NCT01813279", "intervention_model"),
        ("NCT02975960", "intervention_model"),
        ("NCT03060551", "masking"),
    } <= unchecked
    assert not any(
        comparison.verdict == "silent" for row in table.rows for comparison in row.comparisons
    )


def test_the_counts_of_the_run_add_up(report):
    run = report.run
    assert run.asked == 6 == run.changed + run.unchanged + run.new + run.gone + run.not_checked


def test_a_row_that_loses_its_id_loses_its_comparisons(tmp_path):
    for name in ("table9.csv", "table9.toml"):
        shutil.copy(ROOT / "data" / name, tmp_path / name)
    database, cache = Database(tmp_path / "trials.db"), Cache(ROOT / "cache")
    for printed, expected in (("NCT01813279", 10), ("", 0)):
        csv_file = tmp_path / "table9.csv"
        csv_file.write_text(
            csv_file.read_text(encoding="utf-8").replace(",NCT01813279,", f",{printed},"),
            encoding="utf-8",
        )
        sync(
            [read_table(tmp_path / "table9.toml")],
            None,
            database,
            cache,
            clock=lambda: "2026-11-22T10:00:00+00:00",
        )
        assert database.fetch_dicts(
            "select count(*) as n from comparisons c join rows r on r.id = c.row_id where r.position = 2"
        ) == [{"n": expected}]
    database.close()
