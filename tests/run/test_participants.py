"""A table's n that is another number of the record than the enrolment is named as that number."""

import pytest

from enrich.models import Column, Row, Table, Verdict
from tests.fixtures.registry_server import StandInRegistry, set_path
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
