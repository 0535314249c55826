"""An older database gets the facts and child rows that today's code reads in its records."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from enrich.errors import StoreError
from enrich.models import Column, Row, Table
from enrich.record.children import COLUMNS
from enrich.registry.client import Registry
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct, site, study, with_list

RECORD = with_list(
    study(1, acronym="SLEEPY"),
    "protocolSection.contactsLocationsModule.locations",
    [site(1), site(2)],
)


def table_of(columns: tuple[Column, ...], *rows: Row) -> Table:
    header = ("Id", *(column.name for column in columns))
    return Table(name="t", file="t.csv", id_column="Id", header=header, columns=columns, rows=rows)


def table_saying(*fields: str) -> Table:
    row = Row(1, {"Id": nct(1), "Acronym": "SLEEPY"}, (nct(1),))
    return table_of((Column("Acronym", fields),), row)


@pytest.fixture
def registry() -> Iterator[StandInRegistry]:
    with StandInRegistry([RECORD], loaded="2026-10-30T09:00:06") as registry:
        yield registry


def run(folder: Path, registry: StandInRegistry | None, *fields: str) -> list[tuple[str, str]]:
    """Runs a sync in *folder*; the compared fields with their verdicts."""
    client = Registry(registry.url, pace=0) if registry else None
    with closing(Database(folder / "trials.db")) as database:
        tables, cache = [table_saying(*fields)], Cache(folder / "cache")
        sync(tables, client, database, cache, clock=lambda: "2026-11-01T00:00:00+00:00")
        return [
            (row["field"], row["verdict"])
            for row in database.fetch_dicts("select field, verdict from comparisons")
        ]


def rewrite(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "trials.db")) as db, db:
        for statement in statements:
            db.execute(statement)


# What code that did not know the column left, and what a migration that adds it leaves.
WITHOUT_THE_COLUMN = (
    "drop view merged",
    "drop view trial_versions",
    "alter table trials drop column acronym",
)
WITH_AN_EMPTY_COLUMN = ("update trials set acronym = null, facts_version = 0",)


@pytest.mark.parametrize("older", [WITHOUT_THE_COLUMN, WITH_AN_EMPTY_COLUMN])
def test_a_new_fact_of_an_unchanged_record_is_compared_and_not_silent(
    tmp_path: Path, registry: StandInRegistry, older: tuple[str, ...]
) -> None:
    assert run(tmp_path, registry) == []
    rewrite(tmp_path, *older)
    registry.next_load()
    assert run(tmp_path, registry, "acronym") == [("acronym", "agrees")]


def test_a_new_fact_is_derived_without_the_registry(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    run(tmp_path, registry)
    rewrite(tmp_path, *WITHOUT_THE_COLUMN)
    assert run(tmp_path, None, "acronym") == [("acronym", "agrees")]


def test_a_new_fact_that_a_partial_copy_lacks_is_not_checked(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    registry.change(nct(1), lambda record: set_path(record, _PATH_OF_ACRONYM, None))
    run(tmp_path, registry)
    rewrite(tmp_path, "update versions set complete = 0", "update trials set complete = 0")
    rewrite(tmp_path, *WITHOUT_THE_COLUMN)
    assert run(tmp_path, None, "acronym") == [("acronym", "not checked")]


_PATH_OF_ACRONYM = "protocolSection.identificationModule.acronym"


@pytest.mark.parametrize(
    "older",
    [
        ("alter table locations drop column zip", "alter table locations drop column facility"),
        ("drop table locations",),
    ],
)
def test_a_new_column_of_a_child_table_is_filled(
    tmp_path: Path, registry: StandInRegistry, older: tuple[str, ...]
) -> None:
    run(tmp_path, registry)
    rewrite(tmp_path, "drop view recruiting_now", *older)
    with closing(Database(tmp_path / "trials.db")) as database:
        assert database.fetch_tuples("select facility, country from locations order by id") == [
            ("Clinic 1", "Spain"),
            ("Clinic 2", "Spain"),
        ]
        columns = database.fetch_tuples("select name from pragma_table_info('locations')")
        assert {name for (name,) in columns} == {"id", *COLUMNS["locations"]}


def test_a_database_with_facts_of_a_newer_enrich_is_left_alone(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    run(tmp_path, registry)
    rewrite(tmp_path, "update trials set facts_version = facts_version + 1")
    with pytest.raises(StoreError, match="newer version of enrich"):
        Database(tmp_path / "trials.db")


def interrupted_after(number: int) -> Callable[[int, int], None]:
    def on_progress(done: int, total: int) -> None:
        assert total == 5
        if done == number:
            raise KeyboardInterrupt

    return on_progress


def test_deriving_that_was_cut_off_goes_on_with_the_trials_that_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrich.storage.schema.derived.BATCH", 2)
    ids = [nct(number) for number in range(1, 6)]
    rows = [Row(at, {"Id": nct_id}, (nct_id,)) for at, nct_id in enumerate(ids, start=1)]
    with (
        StandInRegistry(
            [study(number) for number in range(1, 6)], loaded="2026-10-30T09:00:06"
        ) as registry,
        closing(Database(tmp_path / "trials.db")) as database,
    ):
        table = table_of((), *rows)
        client, cache = Registry(registry.url, pace=0), Cache(tmp_path / "cache")
        sync([table], client, database, cache, clock=lambda: "2026-11-01T00:00:00+00:00")
    rewrite(tmp_path, "update trials set brief_title = 'old', facts_version = 0")
    with pytest.raises(KeyboardInterrupt):
        Database(tmp_path / "trials.db", interrupted_after(4))
    progress: list[tuple[int, int]] = []
    with closing(
        Database(tmp_path / "trials.db", lambda done, total: progress.append((done, total)))
    ) as database:
        titles = database.fetch_tuples(
            "select distinct brief_title from trials where brief_title = 'old'"
        )
        assert (progress, titles) == ([(1, 1)], [])
