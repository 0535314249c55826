"""The bars of recognition, on the tables whose columns are known."""

import time

import pytest

from enrich.inference.columns import infer_columns
from tests.fixtures.corpus import needs_corpus
from tests.tools.columns import PRECISION, RECALL, known_tables, scores

pytestmark = needs_corpus


@pytest.mark.parametrize("number", [3, 5, 8])
def test_published_tables_are_recognised(number):
    tables = [table for table in known_tables() if table.kind == "published"]
    score, lines = scores(tables, number, with_records=True)
    assert score.precision >= PRECISION, lines
    assert score.recall >= RECALL, lines


@pytest.mark.long
def test_five_thousand_rows_take_less_than_ten_seconds():
    [table] = [table for table in known_tables() if table.name == "intovalue_T1_original"]
    rows, ids = (table.rows * 20)[:5000], (table.nct_ids * 20)[:5000]
    began = time.monotonic()
    inference = infer_columns(table.header, rows, ids, table.records)
    assert inference.says["enrollment"] == ("enrollment",)
    assert time.monotonic() - began < 10
