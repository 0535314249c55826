"""No command costs more than `guards.csv` allows: counts, which a busy machine cannot change."""

import json
import sqlite3

import orjson
import pytest

from tests.bench.counting import COUNTS, count_parsed, count_statements
from tests.bench.guards import COUNTED, DOCS, STEPS, count_steps, guard_table, read_guards
from tests.tools.generated_parts import filled


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    return dict(count_steps(tmp_path_factory.mktemp("guards")))


@pytest.mark.parametrize("name", STEPS)
def test_a_command_costs_no_more_than_its_guard_allows(
    name: str, counts: dict[str, dict[str, int]]
) -> None:
    """Where a higher cost is meant: `python -m tests.bench.guards` writes the table again."""
    allowed = read_guards()[name]
    above = {
        what: f"{count}, allowed: {allowed[what]}"
        for what, count in counts[name].items()
        if count > allowed[what]
    }
    assert not above


def test_every_step_has_its_guards() -> None:
    assert {name: {*guards} for name, guards in read_guards().items()} == {
        name: {"requests", *COUNTED} for name in STEPS
    }


def test_statements_and_rows_are_counted_on_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", sqlite3.connect)
    COUNTS.clear()
    count_statements()
    database = sqlite3.connect(":memory:")
    database.execute("create table a (b)")
    database.cursor().execute("insert into a values (1)")
    database.executemany("insert into a values (?)", [(2,), (3,)])
    database.close()
    assert COUNTS == {"statements": 3, "rows written": 3}


def test_parsed_bytes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (json, orjson):
        monkeypatch.setattr(module, "loads", module.loads)
    COUNTS.clear()
    count_parsed()
    assert (json.loads("[1]"), orjson.loads(b"[1, 2]")) == ([1], [1, 2])
    assert COUNTS == {"bytes parsed": 9}


def test_the_docs_have_the_guards() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert filled(page, "bench-guards", guard_table()) == page
