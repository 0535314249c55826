"""A run reports columns that seem to say something else than their description says."""

from dataclasses import replace

import pytest

from enrich.models import Column, ProblemKind, Row, Table
from tests.fixtures.registry_server import StandInRegistry
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder

NUMBERS = range(1, 9)


def dates(number):
    return {
        "start_date": f"2019-{number:02}-{number + 10}",
        "completion_date": f"2021-{number + 1:02}-{number + 3:02}",
    }


@pytest.fixture
def synced(tmp_path):
    studies = [study(number, **dates(number), enrollment=100 + number) for number in NUMBERS]
    with StandInRegistry(studies) as registry:
        yield SyncedFolder(tmp_path, registry)


def table(says):
    """Eight rows that print the completion of their trials."""
    rows = tuple(
        Row(number, {"Id": nct(number), "Date": dates(number)["completion_date"]}, (nct(number),))
        for number in NUMBERS
    )
    return Table(
        name="review",
        file="review.csv",
        id_column="Id",
        header=("Id", "Date"),
        columns=(Column("Date", (says,)),),
        rows=rows,
    )


def doubts(report):
    return [
        problem.message for problem in report.problems if problem.kind == ProblemKind.DESCRIPTION
    ]


def test_completion_that_is_called_start_is_reported(synced):
    assert doubts(synced.report(table("start_date"))) == [
        "review: column 'Date': 8 of 8 cells differ from start_date; the same cells agree with"
        " completion_date in 8: is `says` right?"
    ]


def test_right_description_is_not_reported(synced):
    assert not doubts(synced.report(table("completion_date")))


def test_ids_one_row_off_are_reported(synced):
    right = table("completion_date")
    rows = tuple(
        replace(row, nct_ids=other.nct_ids)
        for row, other in zip(right.rows, (*right.rows[1:], right.rows[0]), strict=True)
    )
    [doubt] = doubts(synced.report(replace(right, rows=rows)))
    assert "fit the id one row above" in doubt


def test_doubt_costs_no_request(synced):
    right, wrong = synced.report(table("completion_date")), synced.report(table("start_date"))
    assert wrong.run.requests <= right.run.requests


def test_check_looks_at_copies_in_the_cache(synced, capsys):
    from enrich.cli.check import print_check

    synced.report(table("completion_date"))
    print_check(table("start_date"), cache=synced.folder / "cache")
    assert "agree with completion_date in 8: is `says` right?" in capsys.readouterr().out
    print_check(table("completion_date"), cache=synced.folder / "cache")
    assert "right?" not in capsys.readouterr().out
