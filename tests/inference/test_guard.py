"""Descriptions that are wrong are suspected, and right ones are not."""

from dataclasses import replace

import pytest

from enrich.inference.guard import suspect_cells, suspect_columns
from enrich.models import Column, Row, Table
from enrich.tables.reader import _proven_order
from tests.fixtures.corpus import needs_corpus
from tests.inference.test_columns import TABLE, TRIALS, american, fact

RIGHT = {
    "N": ("enrollment",),
    "Status": ("overall_status",),
    "Phase": ("phases",),
    "Start": ("start_date",),
    "Age": ("minimum_age", "maximum_age"),
    "Title": ("brief_title",),
}
RECORDS = {trial.nct_id: trial for trial in TRIALS}


def table(says, cells=TABLE, ids=None, **keys):
    """A table with a row for each trial, described by *says*."""
    ids = ids or [trial.nct_id for trial in TRIALS]
    rows = tuple(
        Row(number, {name: cell(trial) for name, cell in cells.items()}, (nct_id,))
        for number, (trial, nct_id) in enumerate(zip(TRIALS, ids, strict=True), 1)
    )
    return Table(
        name="review",
        file="review.csv",
        id_column="Id",
        header=tuple(cells),
        rows=rows,
        columns=tuple(Column(name, fields, **keys) for name, fields in says.items()),
    )


def sentences(table, records=RECORDS):
    return [str(suspicion) for suspicion in suspect_columns(table, records)]


def test_right_description_is_not_suspected():
    assert not sentences(table(RIGHT))
    assert not suspect_cells(table(RIGHT))


def test_column_that_agrees_with_another_field_is_suspected():
    cells = {**TABLE, "Start": fact("completion_date")}
    assert sentences(table(RIGHT, cells)) == [
        "review: column 'Start': 8 of 8 cells differ from start_date; the same cells agree with"
        " completion_date in 8: is `says` right?"
    ]


def test_difference_that_nothing_explains_is_not_suspected():
    cells = {**TABLE, "N": lambda trial: str(trial["enrollment"] + 1)}
    assert not sentences(table(RIGHT, cells))


def test_five_cells_prove_nothing():
    cells = {**TABLE, "Start": fact("completion_date")}
    short = table(RIGHT, cells)
    assert not sentences(replace(short, rows=short.rows[:5]))


def test_date_in_the_other_order_is_suspected():
    cells = {"Start": lambda trial: american(trial["start_date"])}
    described = table({"Start": ("start_date",)}, cells, date_order="dmy")
    [sentence] = sentences(described)
    assert sentence.endswith('read as mdy, 8 agree: is date_order = "mdy" right?')


def test_months_that_are_stored_as_their_first_days_are_read_as_months():
    cells = {"Start": lambda trial: f"{trial['completion_date'][:7]}-01"}
    padded = replace(table({"Start": ("start_date",)}, cells), padded_dates=True)
    [sentence] = sentences(padded)
    assert "the same cells agree with completion_date in 8" in sentence


@pytest.mark.parametrize(("turn", "place"), [(1, "above"), (-1, "below")])
def test_ids_that_are_one_row_off_are_suspected(turn, place):
    ids = [trial.nct_id for trial in TRIALS]
    shifted = table(RIGHT, ids=[*ids[turn:], *ids[:turn]])
    [sentence] = sentences(shifted)
    assert f"fit the id one row {place}: are the ids of 'Id' in the right rows?" in sentence


def test_measured_ages_called_limits_are_suspected():
    says = ("minimum_age",)
    means = table({"Mean age": says}, {"Mean age": lambda trial: "54"})
    assert "header names measured ages" in suspect_cells(means)[0].sentence
    ages = table({"Age": says}, {"Age": lambda trial: f"5{int(trial.nct_id[-1])}.5"})
    assert "look like measured ages" in suspect_cells(ages)[0].sentence


def test_only_what_the_caller_names_is_looked_at():
    cells = {**TABLE, "Start": fact("completion_date")}
    assert not suspect_columns(table(RIGHT, cells), RECORDS, {("N", "enrollment")})


class TestOnKnownTables:
    pytestmark = needs_corpus

    def test_no_right_description_is_suspected(self):
        from tests.fixtures.known_columns import known_tables

        for known in known_tables():
            described = describe(known)
            assert not suspect_columns(described, known.records), known.name
            assert not suspect_cells(described), known.name

    def test_shifted_ids_are_found_in_most_tables(self):
        from tests.fixtures.known_columns import known_tables

        tables = [known for known in known_tables() if len(known.records) > 5]
        found = [
            known.name
            for known in tables
            if suspect_columns(
                describe(known, (known.nct_ids[-1], *known.nct_ids[:-1])), known.records
            )
        ]
        assert len(found) >= len(tables) / 2, found


def describe(known, ids=None):
    """The known table with its right description."""
    rows = tuple(
        Row(number, dict(zip(known.header, cells, strict=True)), (nct_id,) if nct_id else ())
        for number, (cells, nct_id) in enumerate(
            zip(known.rows, ids or known.nct_ids, strict=True), 1
        )
    )
    return Table(
        name=known.name,
        file="known.csv",
        id_column="",
        header=known.header,
        rows=rows,
        columns=tuple(
            Column(
                name,
                tuple(fields),
                date_order=_proven_order([row.cells[name] for row in rows]),
            )
            for name, fields in known.says.items()
        ),
    )
