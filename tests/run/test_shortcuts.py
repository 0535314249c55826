"""What a run skips changes nothing: a record that is printed as before is not read, a row that rests on the same is not compared.

Two databases see the same nights. One is brought up to date as always; the other has forgotten before each night what the
shortcuts go by, so it reads and compares everything. They say the same.
"""

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from enrich.compare import fingerprint as basis
from enrich.compare.verdicts import compare_row
from enrich.models import Column, Row
from tests.fixtures.database_contents import read_contents
from tests.fixtures.registry_server import StandInRegistry, post_update, set_path
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, table_of

NUMBER = 60
SHORTCUTS = ("line_digests", "row_fingerprints")


def forget(synced):
    with closing(sqlite3.connect(synced.folder / "trials.db")) as db, db:
        for name in SHORTCUTS:
            db.execute(f"delete from {name}")


def says(synced):
    """All but the marks themselves, which are not made anew where nothing was fetched."""
    contents = read_contents(synced.folder / "trials.db")
    del contents["line_digests"]
    return contents


def reorder(record):
    """The same content, its keys in another order."""
    for key in sorted(record, reverse=True):
        record[key] = record.pop(key)


NIGHTS = {
    "a submission": lambda registry, nct_id: registry.change(
        nct_id, lambda record: post_update(registry.day, record)
    ),
    "another phase": lambda registry, nct_id: registry.change(
        nct_id, lambda record: set_path(record, "protocolSection.designModule.phases", ["PHASE3"])
    ),
    "only keys in another order": lambda registry, nct_id: registry.change(nct_id, reorder),
    "removed": lambda registry, nct_id: registry.remove(nct_id),
    "merged": lambda registry, nct_id: registry.merge(nct_id, nct(1)) if nct_id != nct(1) else None,
    "noise": lambda registry, nct_id: registry.change(
        nct_id, lambda record: set_path(record, "derivedSection.more", registry.day)
    ),
}


def disturb(registry, chance):
    """A night in which a few records change in some way, of those that are still there."""
    registry.next_load()
    for kind in chance.sample(sorted(NIGHTS), 3):
        NIGHTS[kind](registry, chance.choice(registry.matching_ids(None)))


def edited(table, chance):
    """The table as its authors correct it now and then: a cell, the day they looked, what a column says."""
    rows, at = list(table.rows), chance.randrange(len(table.rows))
    rows[at] = replace(
        rows[at],
        cells={
            **rows[at].cells,
            "Phase": chance.choice(("Phase 3", "Phase 2", "", "first in man")),
        },
    )
    says = chance.choice((("phases",), ("phases", "enrollment"), ("phases", "overall_status")))
    return replace(table, rows=tuple(rows), columns=(Column("Phase", says),))


@pytest.mark.parametrize("seed", range(4))
def test_skipping_says_the_same_as_looking_at_everything(tmp_path, seed):
    chance = random.Random(seed)
    table = table_of(*map(nct, range(1, NUMBER + 1)), nct(900_001))
    with StandInRegistry(
        [study(number, last_update_submitted="2026-08-01") for number in range(1, NUMBER + 1)]
    ) as registry:
        quick, thorough = (
            SyncedFolder(tmp_path / name, registry) for name in ("quick", "thorough")
        )
        for night in range(8):
            for synced in (quick, thorough):
                synced.folder.mkdir(exist_ok=True)
                synced.run(table)
            assert says(quick) == says(thorough), night
            forget(thorough)
            if chance.random() < 0.8:
                disturb(registry, chance)
            if chance.random() < 0.4:
                table = edited(table, chance)


@pytest.fixture
def compared(monkeypatch):
    """The positions of the rows that were compared since this was last emptied."""
    rows = []

    def noting(table, row, trial, nct_id):
        rows.append(row.position)
        return compare_row(table, row, trial, nct_id)

    monkeypatch.setattr("enrich.run.comparison.compare_row", noting)
    return rows


@pytest.fixture
def synced(tmp_path):
    with StandInRegistry(
        [study(number, last_update_submitted="2026-08-01") for number in range(1, 6)]
    ) as registry:
        folder = SyncedFolder(tmp_path, registry)
        folder.registry = registry
        yield folder


TABLE = table_of(*map(nct, range(1, 6)))


def test_only_rows_of_changed_trials_are_compared_again(synced, compared):
    synced.run(TABLE)
    synced.registry.next_load()
    synced.registry.change(nct(3), lambda record: post_update(synced.registry.day, record))
    compared.clear()
    synced.run(TABLE)
    assert compared == [3]


def test_a_better_rule_shows_at_once(synced, compared, monkeypatch):
    synced.run(TABLE)
    compared.clear()
    synced.run(TABLE)
    assert compared == []
    monkeypatch.setattr(basis, "rules_in_force", lambda: b"better")
    synced.run(TABLE)
    assert compared == [1, 2, 3, 4, 5]


# fmt: off
CORRECTIONS = (
    (replace(TABLE, rows=(replace(TABLE.rows[0], cells={"NCT ID": nct(1), "Phase": "Phase 3"}), *TABLE.rows[1:])), [1],             "a cell"),
    (replace(TABLE, rows=(*TABLE.rows[:4], replace(TABLE.rows[4], accessed="2026-10-01"))),                        [5],             "the day the authors looked"),
    (replace(TABLE, rows=(*TABLE.rows[:4], replace(TABLE.rows[4], nct_ids=(nct(4),)))),                            [5],             "the id"),
    (replace(TABLE, columns=(Column("Phase", ("phases", "enrollment")),)),                                         [1, 2, 3, 4, 5], "what a column says"),
    (replace(TABLE, padded_dates=True),                                                                            [1, 2, 3, 4, 5], "how dates are printed"),
    (replace(TABLE, published="2026-01-01"),                                                                       [1, 2, 3, 4, 5], "the day of publication"),
    (replace(TABLE, rows=(*TABLE.rows, Row(6, {"NCT ID": nct(1), "Phase": "Phase 2"}, (nct(1),), None))),          [6],             "one row more"),
)
# fmt: on


@pytest.mark.parametrize(
    ("corrected", "rows"), [pytest.param(*case[:2], id=case[2]) for case in CORRECTIONS]
)
def test_a_corrected_table_shows_at_once(synced, compared, corrected, rows):
    synced.run(TABLE)
    compared.clear()
    synced.run(corrected)
    assert compared == rows


def test_a_difference_without_a_cause_is_looked_into_by_every_run(synced, compared):
    """Its history may be there the next time."""
    wrong = replace(
        TABLE,
        rows=tuple(
            replace(
                row,
                accessed=None,
                cells={**row.cells, "Phase": "Phase 4" if row.position == 2 else "Phase 2"},
            )
            for row in TABLE.rows
        ),
    )
    synced.run(wrong)
    compared.clear()
    synced.run(wrong)
    assert compared == [2]


def test_a_record_printed_as_before_is_not_stored_again_and_a_lost_copy_is(synced):
    synced.run(TABLE)
    synced.registry.next_load()
    (synced.folder / "cache" / f"{nct(2)}.json").unlink()
    before = {
        path.name: path.stat().st_mtime_ns for path in (synced.folder / "cache").glob("*.json")
    }
    assert synced.run(TABLE).unchanged == 5
    after = {
        path.name: path.stat().st_mtime_ns for path in (synced.folder / "cache").glob("*.json")
    }
    assert after.keys() == before.keys() | {f"{nct(2)}.json"}
    assert {name: after[name] for name in before} == before
    assert synced.rows("select distinct data_timestamp from trials") == [(synced.registry.loaded,)]


def test_a_line_of_an_earlier_load_is_not_believed_though_it_reads_as_before(synced):
    """Its record is asked for singly; who comes from that machine again was not checked."""
    synced.run(TABLE)
    old = synced.registry.study_line(nct(2))
    synced.registry.next_load()
    line = synced.registry.study_line
    synced.registry.study_line = lambda nct_id, paths=(): (
        old if nct_id == nct(2) else line(nct_id, paths)
    )
    run = synced.run(TABLE)
    assert (run.unchanged, run.not_checked) == (4, 1)


def test_a_mark_does_not_outlive_the_content_it_stands_for(synced):
    """A newer copy took the place of what the registry had printed; when it prints that again, it is no longer what is known."""
    synced.run(TABLE)
    path = synced.folder / "cache" / f"{nct(2)}.json"
    other = json.loads(path.read_text())
    set_path(other["study"], "protocolSection.designModule.phases", ["PHASE3"])
    path.write_text(
        json.dumps(
            {
                name: told
                for name, told in {**other, "retrieved_at": "2026-12-01"}.items()
                if name != "crc32"
            }
        )
    )
    synced.run(TABLE, offline=True)
    assert synced.rows("select phases from trials where nct_id = ?", nct(2)) == [('["PHASE3"]',)]
    synced.registry.next_load()
    synced.run(TABLE)
    assert synced.rows("select phases from trials where nct_id = ?", nct(2)) == [('["PHASE2"]',)]
