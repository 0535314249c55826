"""A table's n that is another number of the record than the enrolment is named as that number."""

import csv
import io
import json
from contextlib import closing

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.options import Time
from enrich.models import Column, Row, Table, Verdict
from enrich.storage.database import Database
from tests.fixtures.registry_server import StandInRegistry, set_path, with_load_day
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder


def _with_results(number, analysed):
    made = study(number, enrollment=20, enrollment_type="ACTUAL", has_results=True)
    outcome = {
        "type": "PRIMARY",
        "title": "Hours of rest",
        "groups": [{"id": "OG000", "title": "All"}],
        "denoms": [
            {"units": "Participants", "counts": [{"groupId": "OG000", "value": str(analysed)}]}
        ],
    }
    set_path(made, "resultsSection.outcomeMeasuresModule.outcomeMeasures", [outcome])
    return made


def _table(*cells):
    rows = tuple(
        Row(position, {"NCT ID": nct(position), "N": cell}, (nct(position),), "2021-02-14")
        for position, cell in enumerate(cells, 1)
    )
    column = Column("N", ("enrollment",))
    return Table(
        name="t",
        title="t",
        file="t.csv",
        id_column="NCT ID",
        header=("NCT ID", "N"),
        columns=(column,),
        rows=rows,
    )


@pytest.fixture
def differences(tmp_path):
    with StandInRegistry([_with_results(number, 14) for number in (1, 2, 3)]) as registry:
        report = SyncedFolder(tmp_path, registry).report(_table("14", "20", "15"))
    return {row.nct_id: row.comparisons[0] for table in report.tables for row in table.rows}


def test_the_number_analysed_is_named_and_the_verdict_stays(differences):
    found = differences[nct(1)]
    assert found.verdict is Verdict.DIFFERS
    assert found.evidence.endswith(
        ". 14 is the number analysed for the primary outcome “Hours of rest”."
    )
    assert ".." not in found.evidence


def test_a_number_that_agrees_or_is_nowhere_in_the_record_is_not_explained(differences):
    assert differences[nct(2)].verdict is Verdict.AGREES
    assert differences[nct(2)].evidence is None
    assert "the number" not in (differences[nct(3)].evidence or "")


# --- in a folder, by the commands

DESCRIPTION = """
title = "t"
file = "t.csv"
published = 2021-02-14
id_column = "NCT ID"
[columns.N]
says = ["enrollment"]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with three trials of which the table prints other numbers, and their cached copies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.toml").write_text(DESCRIPTION)
    rows = "".join(f"{nct(number)},{n}\n" for number, n in ((1, 14), (2, 20), (3, 15)))
    (tmp_path / "data" / "t.csv").write_text("NCT ID,N\n" + rows)
    with StandInRegistry([_with_results(number, 14) for number in (1, 2, 3)]) as registry:
        run("sync", "--registry", registry.url, "--pace", "0", "--no-history")
    return tmp_path


def run(*arguments):
    clock = Time(lambda: "2026-09-10T12:00:00+00:00", lambda seconds: None)
    result = CliRunner().invoke(main, [*map(str, arguments)], obj=clock)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_check_names_the_number_of_a_cached_record_that_a_cell_equals(folder):
    lines = [line for line in run("check").splitlines() if "the number" in line]
    assert lines == [
        "  row 1: 14 is the number analysed for the primary outcome “Hours of rest”;"
        " the record gives enrolled 20"
    ]


def test_a_bulk_download_explains_a_number_as_the_network_does(folder):
    asked = [
        line for line in run("report", "--format", "json").splitlines() if "comparison" in line
    ]
    records = folder / "records.ndjson"
    records.write_text("".join(f"{json.dumps(_with_results(at, 14))}\n" for at in (1, 2, 3)))
    run("load", records, "--db", "bulk.db")
    loaded = run("report", "--db", "bulk.db", "--format", "json").splitlines()
    evidence = [json.loads(line).get("evidence") for line in loaded]
    (named,) = [text for text in evidence if text and "the number" in text]
    assert named in [json.loads(line)["evidence"] for line in asked if "the number" in line]


@pytest.mark.parametrize("command", ["sync", "load"])
def test_the_numbers_of_trials_with_results_are_stored_for_the_site(folder, command):
    records = [_with_results(1, 13), _with_results(2, 14), study(3, enrollment=15)]
    for record in records:
        set_path(record, "protocolSection.statusModule.lastUpdateSubmitDate", "2026-09-03")
    if command == "sync":
        with StandInRegistry(records, loaded="2026-09-09T09:00:06") as registry:
            run("sync", "--registry", registry.url, "--pace", "0", "--no-history", "--accept")
    else:
        records = [with_load_day(record, "2026-09-09") for record in records]
        place = folder / "records.ndjson"
        place.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        run("load", place)
    with closing(Database(folder / "data" / "trials.db")) as database:
        stored = database.fetch_tuples(
            "select nct_id, stage, people, outcome from participant_counts order by id"
        )
    assert stored == [
        (nct(1), "enrolled", 20, None),
        (nct(1), "analysed", 13, "Hours of rest"),
        (nct(2), "enrolled", 20, None),
        (nct(2), "analysed", 14, "Hours of rest"),
    ]


def test_an_export_has_a_column_for_each_number_of_people(folder):
    rows = [*csv.DictReader(io.StringIO(run("export", "--participants")))]
    assert [name for name in rows[0] if "(ClinicalTrials.gov)" in name][1:] == [
        "Planned at registration (ClinicalTrials.gov)",
        "Planned at the start (ClinicalTrials.gov)",
        "Enrolled now (ClinicalTrials.gov)",
        "Started (ClinicalTrials.gov)",
        "Counted at baseline (ClinicalTrials.gov)",
        "Analysed for primary outcomes (ClinicalTrials.gov)",
    ]
    assert rows[0]["Planned at registration (ClinicalTrials.gov)"] == "not looked up"
    assert rows[0]["Enrolled now (ClinicalTrials.gov)"] == "20"
    analysed = rows[0]["Analysed for primary outcomes (ClinicalTrials.gov)"]
    assert analysed == "14 for “Hours of rest”"
    assert "Started (ClinicalTrials.gov)" not in run("export")


@pytest.mark.parametrize("ending", ["xlsx", "docx", "html", "md"])
def test_every_format_with_the_table_has_the_numbers(folder, ending):
    run("export", "--participants", "--output", f"t.{ending}")
    assert (folder / f"t.{ending}").stat().st_size


def test_numbers_do_not_go_with_a_format_without_the_table(folder):
    result = CliRunner().invoke(main, ["export", "--participants", "--format", "corrections"])
    assert result.exit_code == 2
    assert "--participants does not go with --format corrections" in result.output
