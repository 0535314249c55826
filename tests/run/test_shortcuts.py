"""A run with its shortcuts gives the database and the report of one without them.

What is skipped: a record that is printed as before is not parsed, a row of which nothing changed is
not compared. Two folders see the same nights, one of them without shortcuts.
"""

import json
import random
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.compare.verdicts import compare_row
from enrich.models import Column, Row
from enrich.reports import plain_text
from enrich.reports.rendering import RenderContext
from enrich.run.context import RunSettings
from enrich.runtime import Shortcuts, fingerprint_of_package
from tests.fixtures.database_contents import read_contents
from tests.fixtures.registry_server import StandInRegistry, post_update, set_path
from tests.fixtures.studies import nct, study
from tests.run.synced_folder import SyncedFolder, table_of

NUMBER = 60


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
    """The table as its authors correct it now and then: a cell, the day they looked, what a column
    says.
    """
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


OFF = [
    *[pytest.param("all", seed, id=f"all, seed {seed}") for seed in range(4)],
    *[pytest.param(field.name, 4, id=field.name) for field in fields(Shortcuts)],
]


@pytest.mark.parametrize("off, seed", OFF)
def test_a_run_without_shortcuts_gives_the_same_database_and_report(tmp_path, off, seed):
    chance = random.Random(seed)
    table = table_of(*map(nct, range(1, NUMBER + 1)), nct(900_001))
    with StandInRegistry(
        [study(number, last_update_submitted="2026-08-01") for number in range(1, NUMBER + 1)]
    ) as registry:
        quick, thorough = (
            SyncedFolder(tmp_path / name, registry, batch_size=25) for name in ("quick", "thorough")
        )
        thorough.settings = replace(thorough.settings, shortcuts=Shortcuts.without(off))
        for night in range(8):
            reports = []
            for synced in (quick, thorough):
                synced.folder.mkdir(exist_ok=True)
                reports.append(plain_text.render(RenderContext.of(synced.report(table))))
            assert reports[0] == reports[1], night
            assert read_contents(quick.folder / "trials.db") == read_contents(
                thorough.folder / "trials.db"
            ), night
            if chance.random() < 0.8:
                disturb(registry, chance)
            if chance.random() < 0.4:
                table = edited(table, chance)


@pytest.mark.parametrize(
    "names, on",
    [
        ("", {field.name for field in fields(Shortcuts)}),
        ("all", set()),
        ("prefetch, gc_pause", {"line_digests", "row_fingerprints", "zip_directory"}),
    ],
)
def test_shortcuts_are_switched_off_by_name(names, on):
    shortcuts = Shortcuts.without(names)
    assert {field.name for field in fields(shortcuts) if getattr(shortcuts, field.name)} == on


def test_an_unknown_shortcut_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match=r"unknown shortcut 'luck'; there are line_digests, .*, all"
    ):
        Shortcuts.without("luck")


def test_an_unknown_shortcut_is_a_usage_error_of_the_command():
    result = CliRunner().invoke(main, ["sync", "--no-shortcuts", "luck"])
    assert result.exit_code == 2 and "unknown shortcut 'luck'" in result.output


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


def test_a_better_rule_shows_at_once(synced, compared):
    synced.run(TABLE)
    compared.clear()
    synced.run(TABLE)
    assert compared == []
    synced.settings = replace(synced.settings, code_fingerprint=b"better")
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


MODULES = sorted(
    path.relative_to(Path(str(files("enrich")))).as_posix()
    for path in Path(str(files("enrich"))).rglob("*.py")
)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package."""
    return Path(copytree(str(files("enrich")), tmp_path_factory.mktemp("package") / "enrich"))


@pytest.mark.parametrize("module", MODULES)
def test_a_change_in_any_module_changes_the_fingerprint_of_the_code(package, module):
    before, content = fingerprint_of_package(package), (package / module).read_bytes()
    (package / module).write_bytes(content + b"#")
    assert fingerprint_of_package(package) != before
    (package / module).write_bytes(content)
    assert fingerprint_of_package(package) == before


def test_a_run_goes_by_the_fingerprint_of_this_code():
    assert RunSettings().code_fingerprint == fingerprint_of_package(files("enrich"))


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
    """A newer copy took the place of what the registry had printed; when it prints that again, it
    is no longer what is known.
    """
    synced.run(TABLE)
    path = synced.folder / "cache" / f"{nct(2)}.json"
    other = json.loads(path.read_text())
    set_path(other["study"], "protocolSection.designModule.phases", ["PHASE3"])
    path.write_text(
        json.dumps(
            {
                name: value
                for name, value in {**other, "retrieved_at": "2026-12-01"}.items()
                if name != "crc32"
            }
        )
    )
    synced.run(TABLE, offline=True)
    assert synced.rows("select phases from trials where nct_id = ?", nct(2)) == [('["PHASE3"]',)]
    synced.registry.next_load()
    synced.run(TABLE)
    assert synced.rows("select phases from trials where nct_id = ?", nct(2)) == [('["PHASE2"]',)]
