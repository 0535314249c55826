"""A review whose tables are edited while the registry moves, and an oracle that knows what may be reported.

The oracle is written from the rules of README and docs alone. It knows each row, column and table
by a number that no file holds, so it need not guess what the product has to find out by content.
"""

import csv
import random
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

from tests.fixtures.cron_job import STATUS_PATH, cron_study
from tests.fixtures.registry_server import StandInRegistry, set_path
from tests.fixtures.studies import nct

ENROLLMENT_PATH = "protocolSection.designModule.enrollmentInfo.count"
# As the registry prints a status, and as authors do.
STATUSES = {
    "RECRUITING": "Recruiting",
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "COMPLETED": "Completed",
    "TERMINATED": "Terminated",
    "SUSPENDED": "Suspended",
    "NOT_YET_RECRUITING": "Not yet recruiting",
}
SIZES = (20, 24, 30, 36, 48, 60)
FIELDS = {"size": "enrollment", "status": "overall_status"}
HEADERS = {
    "trial": ("Trial",),
    "name": ("Name", "Study", "Short title"),
    "size": ("N", "Participants", "Number of patients"),
    "status": ("Status", "State", "Recruitment"),
}
RECORDS = 60
FIRST_DAY = datetime(2026, 9, 7, 6, tzinfo=UTC)
GONE, NOT_CHECKED, AGREES, DIFFERS, ADDS = "gone", "not checked", "agrees", "differs", "adds"


@dataclass
class PrintedRow:
    """A row by its number *key*; *cells* by the kind of column."""

    key: int
    cells: dict[str, str]

    @property
    def nct_id(self) -> str:
        return self.cells["trial"]


@dataclass
class PrintedTable:
    """A table by its number *key*. *columns* are kinds, in printed order, with their headers now."""

    key: int
    stem: str
    file: str
    title: str
    rows: list[PrintedRow]
    columns: dict[str, str]
    published: str = "2026-02-01"
    citation: str = ""

    @property
    def says(self) -> dict[str, str]:
        return {kind: FIELDS[kind] for kind in self.columns if kind in FIELDS}

    @property
    def ids(self) -> set[str]:
        return {row.nct_id for row in self.rows if row.nct_id}

    def write(self, folder: Path, *, rows: list[PrintedRow] | None = None) -> None:
        with (folder / self.file).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns.values())
            for row in self.rows if rows is None else rows:
                writer.writerow(row.cells[kind] for kind in self.columns)
        lines = [
            f'title = "{self.title}"',
            f'file = "{self.file}"',
            f"published = {self.published}",
        ]
        lines += [f'id_column = "{self.columns["trial"]}"']
        lines += [f'citation = "{self.citation}"'] if self.citation else []
        for kind, name in self.says.items():
            lines += [f'[columns."{self.columns[kind]}"]', f'says = ["{name}"]']
        (folder / f"{self.stem}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def remove(self, folder: Path) -> None:
        (folder / self.file).unlink()
        (folder / f"{self.stem}.toml").unlink()


class RegistryModel:
    """What the registry holds; the stand-in shows each change of it at once."""

    def __init__(self, registry: StandInRegistry, facts: dict[str, dict[str, str]]) -> None:
        self.registry, self.facts = registry, facts
        self.merged: dict[str, str] = {}
        self.removed: dict[str, dict[str, object]] = {}

    def resolve(self, nct_id: str) -> str | None:
        """The id of the record that answers, None if there is none."""
        return nct_id if nct_id in self.facts else self.merged.get(nct_id)

    def set(self, nct_id: str, name: str, value: str) -> None:
        self.facts[nct_id][name] = value
        path, stored = (
            (STATUS_PATH, value) if name == "overall_status" else (ENROLLMENT_PATH, int(value))
        )
        self.registry.change(nct_id, lambda study: set_path(study, path, stored))

    def remove(self, nct_id: str) -> None:
        self.registry.remove(nct_id)
        self.removed[nct_id] = self.facts.pop(nct_id)

    def bring_back(self, nct_id: str) -> None:
        self.facts[nct_id] = self.removed.pop(nct_id)
        self.registry.add(study_of(nct_id, self.facts[nct_id]))

    def merge(self, old: str, into: str) -> None:
        self.registry.merge(old, into)
        del self.facts[old]
        self.merged[old] = into


def study_of(nct_id, facts):
    return cron_study(
        int(nct_id[3:]),
        overall_status=facts["overall_status"],
        enrollment=int(facts["enrollment"]),
    )


# --- what befalls tables and registry


class Life:
    """The acts of a table's owners and of the registry, drawn by chance."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        self.keys = count(1)
        self.day = FIRST_DAY
        ids = [nct(number) for number in range(1, RECORDS + 1)]
        self.facts = {
            nct_id: {
                "overall_status": self.chance.choice([*STATUSES]),
                "enrollment": str(self.chance.choice(SIZES)),
            }
            for nct_id in ids
        }
        self.standin = StandInRegistry(
            [study_of(nct_id, facts) for nct_id, facts in self.facts.items()],
            loaded=f"{FIRST_DAY:%Y-%m-%d}T04:00:00",
        )
        self.model = RegistryModel(self.standin, self.facts)
        self.tables = [self._new_table(2, ids[:18]), self._new_table(3, ids[12:26])]
        self.shelved: list[PrintedTable] = []
        self.held: PrintedTable | None = None
        self.acts: list[str] = []

    # --- tables

    def _new_table(self, number: int, ids: Iterable[str]) -> PrintedTable:
        return PrintedTable(
            next(self.keys),
            f"table{number}",
            f"table{number}.csv",
            f"Table {number}. Trials of rest",
            [self._row(nct_id) for nct_id in ids],
            {kind: names[0] for kind, names in HEADERS.items()},
        )

    def _row(self, nct_id: str) -> PrintedRow:
        """Most cells agree with the registry."""
        key = next(self.keys)
        facts = self.model.facts.get(nct_id) or {"overall_status": "COMPLETED", "enrollment": "20"}
        size, status = facts["enrollment"], STATUSES[facts["overall_status"]]
        if self.chance.random() < 0.2:
            size = self.chance.choice(["", *map(str, SIZES)])
        if self.chance.random() < 0.2:
            status = self.chance.choice(["", *STATUSES.values()])
        return PrintedRow(
            key, {"trial": nct_id, "name": f"Study {key}", "size": size, "status": status}
        )

    def write(self) -> None:
        for table in self.tables:
            table.write(self.folder)

    def night(self) -> None:
        """The acts of one day and night."""
        self.day += timedelta(days=1)
        self.acts, self.touched = [], set()
        if self.held:
            self.held.write(self.folder)
        self.held = self._table_to_hold()
        if self.held:
            self._save_half(self.held)
        else:
            self._edit_tables()
        if self.chance.random() < 0.85:
            self.standin.next_load(f"{self.day:%Y-%m-%d}T04:00:00")
            self._act(REGISTRY_ACTS, self.chance.choice([0, 0, 0, 1, 1, 2, 3]))

    def _table_to_hold(self) -> PrintedTable | None:
        """Now and then a file is read while an editor saves it."""
        table = self.chance.choice(self.tables)
        return table if self.chance.random() < 0.05 and len(table.rows) > 4 else None

    def _save_half(self, table: PrintedTable) -> None:
        left = self.chance.choice([0, 1, len(table.rows) // 2])
        table.write(self.folder, rows=table.rows[:left])
        self.acts.append(f"{table.stem} is half saved")

    def _edit_tables(self) -> None:
        self._act(STRUCTURE_ACTS, self.chance.random() < 0.3)
        self._act(ROW_ACTS, self.chance.choice([0, 0, 1, 1, 2, 3]))
        for path in (*self.folder.glob("*.toml"), *self.folder.glob("*.csv")):
            path.unlink()
        self.write()

    def _act(self, acts, number) -> None:
        drawn = self.chance.choices([*acts], weights=[*acts.values()], k=int(number))
        self.acts += filter(None, [act(self) for act in drawn])

    def insert(self):
        table = self.chance.choice(self.tables)
        listed = {*(nct_id for table in self.tables for nct_id in table.ids)}
        pool = [i for i in (*self.model.facts, *self.model.merged, "") if i not in self.touched]
        unseen = [i for i in pool if i not in listed]
        nct_id = self.chance.choice(unseen if unseen and self.chance.random() < 0.6 else pool)
        if not self._touch(nct_id) or len(table.rows) > 40:
            return None
        row = self._row(nct_id)
        if self._is_like_one_removed_today(table, row):
            return None
        table.rows.insert(self.chance.randrange(len(table.rows) + 1), row)
        return f"{nct_id or 'a row without id'} inserted in {table.stem}"

    def _is_like_one_removed_today(self, table, row) -> bool:
        """Whether a person could not say if the new row is the removed one under another id."""
        self.touched.add(("new", row.key))
        return (table.key, row.cells["size"], row.cells["status"]) in self.touched

    def remove_row(self):
        table = self.chance.choice(self.tables)
        if len(table.rows) < 8 or (table.key, "removal") in self.touched:
            return None
        row = self.chance.choice(table.rows)
        if not self._touch(row.nct_id) or any(
            ("new", other.key) in self.touched for other in table.rows
        ):
            return None
        self.touched |= {
            (table.key, "removal"),
            (table.key, row.cells["size"], row.cells["status"]),
        }
        table.rows.remove(row)
        return f"{row.nct_id} removed from {table.stem}"

    def duplicate(self):
        table = self.chance.choice(self.tables)
        row = self.chance.choice(table.rows)
        if not self._touch(row.nct_id) or len(table.rows) > 40:
            return None
        table.rows.insert(
            self.chance.randrange(len(table.rows) + 1), PrintedRow(next(self.keys), dict(row.cells))
        )
        return f"{row.nct_id} duplicated in {table.stem}"

    def sort(self):
        table = self.chance.choice(self.tables)
        kind = self.chance.choice([*table.columns, "shuffle"])
        if kind == "shuffle":
            self.chance.shuffle(table.rows)
        else:
            table.rows.sort(key=lambda row: row.cells[kind], reverse=self.chance.random() < 0.5)
        return f"{table.stem} sorted by {kind}"

    def edit_cell(self):
        table = self.chance.choice(self.tables)
        row = self.chance.choice(table.rows)
        kind = self.chance.choice([kind for kind in table.columns if kind != "trial"])
        if not self._touch(row.nct_id):
            return None
        if not any(row.cells[other] for other in table.columns if other != kind):
            return None  # nothing would be left to know the row by
        record = self.model.resolve(row.nct_id) if row.nct_id else None
        value = f"Study {next(self.keys)}"
        if kind in FIELDS:
            choices = {"size": [*map(str, SIZES), ""], "status": [*STATUSES.values(), ""]}[kind]
            value = self.chance.choice(choices)
            if record and self.chance.random() < 0.6:
                fact = self.model.facts[record][FIELDS[kind]]
                value = fact if kind == "size" else STATUSES[fact]
        before, row.cells[kind] = row.cells[kind], value
        return f"{row.nct_id} in {table.stem}: {kind} {before!r} is now {value!r}"

    def edit_id(self):
        table = self.chance.choice(self.tables)
        row = self.chance.choice(table.rows)
        listed = Counter(row.nct_id for table in self.tables for row in table.rows)
        free = [nct_id for nct_id in self.model.facts if nct_id not in listed]
        if not row.nct_id or listed[row.nct_id] > 1 or not free or row.nct_id in self.touched:
            return None
        new = self.chance.choice(free)
        self.touched |= {row.nct_id, new}
        before, row.cells["trial"] = row.nct_id, new
        return f"{before} in {table.stem} is now {new}"

    def _touch(self, nct_id: str) -> bool:
        """Whether no act of today was about the rows of this trial: two would be ambiguous."""
        is_free = nct_id not in self.touched
        self.touched.add(nct_id)
        return is_free

    def rename_column(self):
        table = self.chance.choice(self.tables)
        kind = self.chance.choice([kind for kind in table.columns if kind != "trial"])
        table.columns[kind] = self.chance.choice(HEADERS[kind])
        return f"{kind} of {table.stem} is now called {table.columns[kind]}"

    def move_columns(self):
        table = self.chance.choice(self.tables)
        kinds = [*table.columns]
        self.chance.shuffle(kinds)
        table.columns = {kind: table.columns[kind] for kind in kinds}
        return f"columns of {table.stem} moved"

    def drop_column(self):
        table = self.chance.choice(self.tables)
        kinds = [kind for kind in table.columns if kind in FIELDS]
        if len(kinds) < 2:
            return None
        kind = self.chance.choice(kinds)
        del table.columns[kind]
        return f"{kind} dropped from {table.stem}"

    def restore_column(self):
        table = self.chance.choice(self.tables)
        lost = [kind for kind in HEADERS if kind not in table.columns]
        if not lost:
            return None
        table.columns[lost[0]] = HEADERS[lost[0]][0]
        return f"{lost[0]} back in {table.stem}"

    def rename_table(self):
        table = self.chance.choice(self.tables)
        old, number = table.stem, next(self.keys)
        table.stem = f"renamed{number}"
        if self.chance.random() < 0.5:
            table.file = f"renamed{number}.csv"
        return f"{old} is now {table.stem}, {table.file}"

    def remove_table(self):
        if len(self.tables) < 2:
            return None
        table = self.chance.choice(self.tables)
        self.tables.remove(table)
        self.shelved.append(table)
        return f"{table.stem} removed"

    def add_table(self):
        if len(self.tables) > 2:
            return None
        number = next(self.keys)
        present = [*self.model.facts]
        ids = self.chance.sample(present, self.chance.randrange(6, 12))
        self.tables.append(self._new_table(number, ids))
        return f"table{number} added"

    def edit_description(self):
        table = self.chance.choice(self.tables)
        what = self.chance.choice(["title", "published", "citation"])
        if what == "title":
            table.title = f"{table.title.split('.')[0]}. Trials of rest, edition {next(self.keys)}"
        elif what == "published":
            table.published = f"2026-0{self.chance.randrange(1, 9)}-01"
        else:
            table.citation = f"Invented A. Nowhere {next(self.keys)}."
        return f"{what} of {table.stem} edited"

    # --- the registry

    def _listed_records(self) -> list[str]:
        listed = {nct_id for table in self.tables for nct_id in table.ids}
        return sorted(filter(None, {self.model.resolve(nct_id) for nct_id in listed}))

    def _any_record(self) -> str | None:
        pool = self._listed_records() if self.chance.random() < 0.8 else sorted(self.model.facts)
        pool = [nct_id for nct_id in pool if ("record", nct_id) not in self.touched]
        nct_id = self.chance.choice(pool) if pool else None
        self.touched.add(("record", nct_id))
        return nct_id

    def new_status(self):
        if nct_id := self._any_record():
            self.model.set(nct_id, "overall_status", self.chance.choice([*STATUSES]))
            return f"{nct_id} is {self.model.facts[nct_id]['overall_status']}"
        return None

    def new_size(self):
        if nct_id := self._any_record():
            self.model.set(nct_id, "enrollment", str(self.chance.choice(SIZES)))
            return f"{nct_id} has {self.model.facts[nct_id]['enrollment']} participants"
        return None

    def noise(self):
        if nct_id := self._any_record():
            path = "derivedSection.conditionBrowseModule.browseLeaves"
            leaves = [{"name": f"Leaf {next(self.keys)}"}]
            self.standin.change(nct_id, lambda study: set_path(study, path, leaves))
            return f"noise in {nct_id}"
        return None

    def remove_record(self):
        nct_id = self._any_record()
        if nct_id is None or nct_id in self.model.merged.values() or len(self.model.removed) > 3:
            return None
        self.model.remove(nct_id)
        return f"{nct_id} removed from the registry"

    def bring_back(self):
        if not self.model.removed:
            return None
        nct_id = self.chance.choice(sorted(self.model.removed))
        if ("record", nct_id) in self.touched:
            return None
        self.touched.add(("record", nct_id))
        self.model.bring_back(nct_id)
        return f"{nct_id} is in the registry again"

    def merge(self):
        old, into = self._any_record(), self._any_record()
        if not old or not into or old in self.model.merged.values() or len(self.model.merged) > 8:
            return None
        self.model.merge(old, into)
        return f"{old} merged into {into}"


# fmt: off
# Each with its weight.
ROW_ACTS = {
    Life.insert: 4, Life.remove_row: 3, Life.duplicate: 1, Life.sort: 3, Life.edit_cell: 6, Life.edit_id: 1,
}
STRUCTURE_ACTS = {
    Life.rename_column: 3, Life.move_columns: 2, Life.drop_column: 1, Life.restore_column: 2,
    Life.rename_table: 2, Life.remove_table: 1, Life.add_table: 2, Life.edit_description: 3,
}
REGISTRY_ACTS = {
    Life.new_status: 6, Life.new_size: 5, Life.noise: 2, Life.remove_record: 1, Life.bring_back: 2, Life.merge: 1,
}
# fmt: on


# --- what may be reported


@dataclass
class Expected:
    """What one night may report, and must.

    *changes* are (record, field, before, after); *edits* (trial, header, before, after);
    *removed_rows* (trial, table's key); *arrivals* (trial, table's key);
    *differences* (table's key, printed id, field, claim, registry).
    """

    changes: set[tuple[str, str, str, str]] = field(default_factory=set)
    edits: Counter = field(default_factory=Counter)
    removed_rows: Counter = field(default_factory=Counter)
    arrivals: Counter = field(default_factory=Counter)
    columns: Counter = field(default_factory=Counter)
    tables: Counter = field(default_factory=Counter)
    differences: set[tuple[int, str, str, str, str]] = field(default_factory=set)
    held_back: bool = False
    problems: set[str] = field(default_factory=set)
    newly_out_of_date: dict[int, set[tuple[int, str]]] = field(default_factory=dict)
    verdicts: dict[tuple[int, int, str], str] = field(default_factory=dict, repr=False)

    @property
    def is_news(self) -> bool:
        parts = (
            self.changes, self.edits, self.removed_rows, self.arrivals, self.columns, self.tables,
            self.differences, self.held_back, self.problems,
        )  # fmt: skip
        return any(parts)

    @property
    def trials(self) -> set[str]:
        """The trials of which something is news."""
        return {
            *(nct_id for nct_id, *_ in self.changes),
            *(nct_id for nct_id, *_ in self.edits),
            *(nct_id for nct_id, *_ in self.removed_rows),
            *(nct_id for nct_id, *_ in self.arrivals),
            *(nct_id for _, nct_id, *_ in self.differences),
        } - {""}


class Stated(NamedTuple):
    """What a cell and the registry say of one fact."""

    verdict: str
    nct_id: str
    record: str
    claim: str
    fact: str


class Oracle:
    """Remembers what it saw on earlier nights, as a careful person would."""

    def __init__(self, model: RegistryModel) -> None:
        self.model = model
        self.tables: list[PrintedTable] = []
        self.records: dict[str, dict[str, str]] = {}  # as last seen, by the record's id
        self.answers: dict[str, str] = {}  # printed id → record that answered, or GONE
        self.cells: dict[tuple[int, str], Stated] = {}  # by row and kind, as last compared
        self.held_back: int | None = None
        self.is_first = True

    def night(self, tables: list[PrintedTable], held: PrintedTable | None) -> Expected:
        held_now = held.key if held else None
        expected = Expected(held_back=held_now not in (None, self.held_back))
        self.held_back = held_now
        moved = self._records(tables, expected)
        self._answers(tables, expected, moved)
        self._edits(tables, expected)
        self._cells(tables, expected, moved)
        self.tables = deepcopy(tables)
        self.is_first = False
        return expected

    # --- the registry

    def _records(self, tables, expected) -> dict[str, set[str]]:
        """Notes what changed in the records; gives for each the fields that moved."""
        moved: dict[str, set[str]] = {}
        listed = {nct_id for table in tables for nct_id in table.ids}
        for record in {self.model.resolve(nct_id) for nct_id in listed} - {None}:
            now = self.model.facts[record]
            seen = self.records.get(record, now)
            for name in (name for name in now if seen[name] != now[name]):
                expected.changes.add((record, name, seen[name], now[name]))
                moved.setdefault(record, set()).add(name)
            self.records[record] = dict(now)
        return moved

    def _answers(self, tables, expected, moved) -> None:
        """Notes which ids are new, and which records came, went or were merged."""
        listed = {nct_id for table in tables for nct_id in table.ids}
        for nct_id in sorted(listed):
            before, after = self.answers.get(nct_id), self.model.resolve(nct_id) or GONE
            self.answers[nct_id] = after
            if before is None and after != GONE and not self.is_first:
                places = [table.key for table in tables if nct_id in table.ids]
                expected.arrivals.update((nct_id, key) for key in places)
            elif before not in (None, after):
                about = before if after == GONE else after
                expected.changes.add((about, "record", before, after))
        # What needs attention does so again when the trial comes back into a table.
        known = {nct_id for table in self.tables for nct_id in table.ids}
        expected.problems |= {
            nct_id for nct_id in listed - known if self.model.resolve(nct_id) != nct_id
        }

    # --- the tables

    def _edits(self, tables, expected) -> None:
        now = {table.key: table for table in tables}
        for before in self.tables:
            after = now.get(before.key)
            if after is None:
                expected.tables[before.title] += 1
                continue
            self._row_edits(before, after, expected)
            for kind in before.says.keys() - after.says.keys():
                expected.columns[before.columns[kind], after.key] += 1

    @staticmethod
    def _row_edits(before, after, expected) -> None:
        rows = {row.key: row for row in after.rows}
        for row in before.rows:
            new = rows.get(row.key)
            if new is None:
                expected.removed_rows[row.nct_id, after.key] += 1
                continue
            for kind in {"trial", *after.says} & before.columns.keys():
                if row.cells[kind] != new.cells[kind]:
                    edit = (new.nct_id, after.columns[kind], row.cells[kind], new.cells[kind])
                    expected.edits[edit] += 1

    # --- how the cells compare

    def _cells(self, tables, expected, moved) -> None:
        cells = {}
        for table in tables:
            expected.newly_out_of_date[table.key] = set()
            last_night = next((old for old in self.tables if old.key == table.key), None)
            for row in table.rows:
                for kind, name in table.says.items():
                    stated = self._stated(row, kind, name)
                    if stated is None:
                        continue
                    expected.verdicts[table.key, row.key, kind] = stated.verdict
                    cells[row.key, kind] = self._last_compared(row, kind, stated)
                    if stated.verdict == DIFFERS and not self.is_first:
                        is_moved = name in moved.get(stated.record, ())
                        self._difference(expected, table, last_night, row, kind, stated, is_moved)
        self.cells = cells

    def _last_compared(self, row, kind, stated) -> Stated:
        """While there is no record a cell is what it was when there was one, unless it is edited."""
        earlier = self.cells.get((row.key, kind))
        is_kept = (
            stated.verdict == NOT_CHECKED
            and earlier is not None
            and (earlier.claim, earlier.nct_id) == (stated.claim, stated.nct_id)
        )
        return earlier if is_kept else stated

    def _difference(self, expected, table, last_night, row, kind, stated, is_moved) -> None:
        """Whether a difference is news by itself, and whether the registry made it."""
        old_rows = {old.key: old for old in last_night.rows} if last_night else {}
        old = old_rows.get(row.key)
        was_compared = old is not None and kind in last_night.says
        earlier = self.cells.get((row.key, kind)) if was_compared else None
        is_edited = old is not None and old.cells[kind] != row.cells[kind]
        if earlier and (earlier.nct_id, earlier.claim) == (stated.nct_id, stated.claim):
            if earlier.verdict not in (DIFFERS, NOT_CHECKED):
                expected.newly_out_of_date[table.key].add((row.key, kind))
            if earlier == stated or (earlier.verdict, earlier.fact) == (DIFFERS, stated.fact):
                return
        is_copy = earlier is None or earlier.verdict == NOT_CHECKED
        if is_moved or is_edited or (is_copy and self._stood(last_night, kind, stated)):
            return
        name = table.says[kind]
        expected.differences.add((table.key, stated.nct_id, name, stated.claim, stated.fact))

    def _stood(self, table, kind, stated) -> bool:
        """Whether a row of *table* stated the same last night, and differed."""
        rows = table.rows if table and kind in table.says else ()
        cells = (self.cells.get((row.key, kind)) for row in rows)
        key = (stated.nct_id, stated.claim)
        return any(c and c.verdict == DIFFERS and (c.nct_id, c.claim) == key for c in cells)

    def _stated(self, row, kind, name) -> Stated | None:
        """What a cell says about its trial; None where the row names none."""
        if not row.nct_id:
            return None
        record, claim = self.model.resolve(row.nct_id), row.cells[kind]
        if record is None:
            return Stated(NOT_CHECKED, row.nct_id, "", claim, "")
        fact = self.model.facts[record][name]
        printed = fact if kind == "size" else STATUSES[fact]
        verdict = ADDS if not claim else AGREES if claim == printed else DIFFERS
        return Stated(verdict, row.nct_id, record, claim, fact)
