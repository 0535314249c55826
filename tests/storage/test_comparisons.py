"""Cells are stored verbatim, and a comparison knows the run that saw it first."""

import json
from dataclasses import fields

import pytest

from enrich.models import (
    Column,
    Comparison,
    Description,
    Dismissal,
    KeyType,
    NewsRules,
    Row,
    Significance,
    Table,
    Watch,
)
from enrich.storage.comparisons import save_comparisons
from enrich.storage.rows import description_from_json, description_to_json
from enrich.storage.runs import begin_run, finish_run
from enrich.storage.tables import save_tables
from tests.fixtures.studies import nct
from tests.run.test_sync import table_of

AT = "2026-11-01T10:00:00+00:00"
PHASES = Comparison(
    "Phase", "phases", "Phase 2", '["PHASE2"]', '["PHASE1"]', "differs", nct(1), note="a"
)


def test_cells_are_stored_verbatim_and_rows_that_left_the_table_go(database):
    cells = {"NCT ID": "", "Cells": "106 – “µ”\r\n😀", "": "1"}

    def table(*rows):
        header = tuple(cells)
        return Table(name="t", file="t.csv", id_column="NCT ID", header=header, rows=rows)

    save_tables(database, begin_run(database, AT), [table(Row(1, cells), Row(2, cells))])
    save_tables(database, begin_run(database, AT), [table(Row(1, cells))])
    ((position, nct_id, stored),) = database.fetch_tuples(
        "select position, nct_id, cells from rows"
    )
    assert (position, nct_id) == (1, None)
    assert json.loads(stored) == cells


def test_a_comparison_keeps_the_run_that_saw_it_first(database):
    save_tables(database, begin_run(database, AT), [table_of(nct(1))])
    first = begin_run(database, AT)
    save_comparisons(database, first, {1: [PHASES]})
    finish_run(database, first, {"outcome": "complete"})
    second = begin_run(database, AT)
    masking = Comparison("Phase", "masking", "", None, "NONE", "adds", nct(1))
    save_comparisons(database, second, {1: [PHASES, masking]})
    stored = "select field, first_seen from comparisons order by id"
    assert database.fetch_tuples(stored) == [("phases", first), ("masking", second)]
    finish_run(database, second, {"outcome": "complete"})
    third = begin_run(database, AT)
    save_comparisons(database, third, {1: [PHASES._replace(registry='["PHASE3"]')]})
    assert database.fetch_tuples(stored) == [("phases", third)]


@pytest.mark.parametrize(
    ("now", "is_since"),
    [
        pytest.param({"registry": '["PHASE3"]'}, True, id="the registry moved"),
        pytest.param({}, False, id="the rules are others"),
        pytest.param({"registry": '["PHASE3"]', "claim": '["PHASE1"]'}, False, id="an edit"),
    ],
)
def test_a_cell_is_newly_out_of_date_only_where_the_registry_moved(database, now, is_since):
    save_tables(database, begin_run(database, AT), [table_of(nct(1))])
    first = begin_run(database, AT)
    agreed = PHASES._replace(registry=PHASES.claim, verdict="agrees")
    save_comparisons(database, first, {1: [agreed]})
    finish_run(database, first, {"outcome": "complete"})
    second = begin_run(database, AT)
    save_comparisons(database, second, {1: [agreed._replace(verdict="differs", **now)]})
    stored = "select first_seen, out_of_date_since from comparisons"
    assert database.fetch_tuples(stored) == [(second, second if is_since else None)]


NOT_TEXT = {
    KeyType.BOOLEAN: True,
    KeyType.COLUMNS: (Column("Phase", ("phases", "masking")), Column("Sex", (), ("sex",))),
    KeyType.DISMISSALS: (Dismissal("NCT00000001", "enrollment", "“µ”, a reason"),),
    KeyType.NEWS_RULES: NewsRules(
        fields=("phases",), kinds=(Significance.MINOR,), date_days=30, differences=False
    ),
    KeyType.WATCH: Watch((52.09, 5.12), 30.0),
    KeyType.SEARCH: (("query.cond", "asthma"), ("aggFilters", "phase:2")),
}


def test_every_key_of_a_description_comes_back_as_it_was():
    values = {
        key.name: NOT_TEXT.get(key.metadata["type"], "“µ”, a text") for key in fields(Description)
    }
    description = Description(**values)
    assert Description(**description_from_json(description_to_json(description))) == description


def test_a_description_of_an_earlier_or_later_version_is_read_as_far_as_it_is_known():
    stored = json.dumps({"file": "t.csv", "id_column": "NCT ID", "colour": "of a later version"})
    assert Description(**description_from_json(stored)) == Description(
        file="t.csv", id_column="NCT ID"
    )
