"""The SQLite file: what was seen of each trial, what changed, what the tables claim. One transaction a step."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from enrich.changes.versioning import IngestDecision, StoredVersion
from enrich.errors import StoreError
from enrich.models import (
    Answer,
    Change,
    Comparison,
    ContextNote,
    Problem,
    RegistryAnswer,
    RunOutcome,
    Significance,
    Study,
    Table,
    Trial,
    TrialOutcome,
)
from enrich.record.fields import trial_of
from enrich.storage.migrations import migrations
from enrich.storage.rows import OF_A_TRIAL, columns_of, known_in, study_in, trial_in, version_of
from enrich.storage.search import index_rows, make_views, shelve

_NO_BASES: Mapping[int, str] = {}

_MAKE_ANEW = "move the file away and `enrich sync` makes a new one from the cache"
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another program is writing to it: close that one, or run again later",
    sqlite3.SQLITE_LOCKED: "another program is writing to it: close that one, or run again later",
    sqlite3.SQLITE_FULL: "make room; nothing that was stored before is lost",
    sqlite3.SQLITE_IOERR: "is the disk full or gone? nothing that was stored before is lost",
    sqlite3.SQLITE_READONLY: "make it writable, or name another file with --db",
    sqlite3.SQLITE_CANTOPEN: "make the folder readable and writable, or name another file with --db",
}


class Store:
    """The database at *path*, opened or made; StoreError names the file where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._named_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = Database(path)
            try:
                self._prepare()
            except BaseException:
                self.db.close()  # Python 3.13 warns of what is left open
                raise

    def _prepare(self) -> None:
        # Of a new database: a record of 20 KB then lies on few pages (a tenth less processor for the same rows than with 4 KB).
        self.db.execute("pragma page_size = 8192")
        self.db.execute("pragma foreign_keys = on")
        self.db.execute("pragma busy_timeout = 10000")
        unknown = {done.name for done in migrations.applied(self.db)} - {
            step.name for step in migrations._migrations
        }
        if unknown:
            raise StoreError(
                f"{self.path}: written by a newer version of enrich; upgrade enrich, or name another file with --db"
            )
        migrations.apply(self.db)
        with self.db.atomic():
            make_views(self.db)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}; {_advice(error)}") from error
        except json.JSONDecodeError as error:
            raise StoreError(
                f"{self.path}: holds what is no record ({error}); {_MAKE_ANEW}"
            ) from error
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}") from error

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction: all of it is kept, or nothing."""
        with self._named_errors(), self.db.atomic():
            yield

    @contextmanager
    def hastened(self) -> Iterator[None]:
        """A run's many steps without a wait for the disk after each.

        With a log written ahead, what is committed survives the end of the program whatever it is, and a loss of power costs the last
        pages, never the whole (https://sqlite.org/wal.html). At the end all is on the disk, in the one file, as readers expect it.
        """
        with self._named_errors():
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = normal")
            # 32 MB of pages in memory and in the log: a page of a hundred records touches thousands, and most of them again with the next.
            self.db.execute("pragma cache_size = -32000")
            self.db.execute("pragma wal_autocheckpoint = 4000")
        try:
            yield
        finally:
            with suppress(
                sqlite3.OperationalError
            ):  # who reads meanwhile keeps the log; the next run folds it in
                self.db.execute("pragma journal_mode = delete")

    def close(self) -> None:
        self.db.close()

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """The answer to a question in SQL, a mapping a row."""
        with self._named_errors():
            cursor = self.db.conn.execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def lines(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The same, a tuple a row: for answers of many thousands."""
        with self._named_errors():
            return self.db.conn.execute(sql, parameters).fetchall()

    # --- runs

    def begin(self, started_at: str) -> int:
        """The id of a run: a new one, or the one that was cut off and is now taken up again."""
        with self.step():
            cut_off = self.rows(
                "select id from runs where outcome = ? order by id desc limit 1", RunOutcome.RUNNING
            )
            if cut_off:
                return int(cut_off[0]["id"])
            return int(
                self.db.execute(
                    "insert into runs (started_at, outcome) values (?, ?)",
                    [started_at, RunOutcome.RUNNING],
                ).lastrowid
                or 0
            )

    def last_asking_run(self, before: int) -> int | None:
        """The last run before this one that was to ask the registry; None if there is none."""
        found = self.rows(
            "select max(id) as id from runs where id < ? and outcome not in (?, ?)",
            before,
            RunOutcome.OFFLINE,
            RunOutcome.RUNNING,
        )
        return found[0]["id"] if found[0]["id"] is None else int(found[0]["id"])

    def owe_notice(self, run_id: int) -> None:
        """Notes that this run has news which somebody wants to be sent."""
        with self.step():
            self.db.execute("insert or ignore into notices (run_id) values (?)", [run_id])

    def first_owed_notice(self) -> int | None:
        """The first run whose news was not sent yet; None if all was."""
        found = self.rows("select min(run_id) as id from notices where sent_at is null")
        return found[0]["id"] if found[0]["id"] is None else int(found[0]["id"])

    def note_notices(self, at: str) -> None:
        """Notes that all news has been sent."""
        with self.step():
            self.db.execute("update notices set sent_at = ? where sent_at is null", [at])

    def count_requests(self, run_id: int, requests: int, retries: int) -> None:
        self.db.execute(
            "update runs set requests = requests + ?, retries = retries + ? where id = ?",
            [requests, retries, run_id],
        )

    def finish(self, run_id: int, told: Mapping[str, Any]) -> None:
        with self.step():
            self.db.table("runs").update(run_id, dict(told))

    # --- tables

    def save_tables(self, tables: Iterable[Table]) -> None:
        """Writes the tables as they read now; rows that are no longer printed go, with their comparisons."""
        with self.step():
            for table in tables:
                self._save_rows(self._save_table(table), table)
            make_views(self.db)

    def _save_table(self, table: Table) -> int:
        told = {
            key: getattr(table, key)
            for key in (
                "name",
                "title",
                "citation",
                "doi",
                "url",
                "licence",
                "file",
                "published",
                "id_column",
            )
        }
        told |= {
            "header": json.dumps(table.header, ensure_ascii=False),
            "says": json.dumps(
                {column.name: column.says for column in table.columns if column.says},
                ensure_ascii=False,
            ),
            "notify": json.dumps(asdict(table.news_rules)),
        }
        known = self.rows("select id from tables where name = ?", table.name)
        if known:
            self.db.table("tables").update(known[0]["id"], told)
            return int(known[0]["id"])
        return int(self.db.table("tables").insert(told).last_rowid or 0)

    def _save_rows(self, table_id: int, table: Table) -> None:
        self.db.execute(
            "delete from rows where table_id = ? and position > ?", [table_id, len(table.rows)]
        )
        self.db.conn.executemany(
            "insert into rows (table_id, position, nct_id, accessed, cells) values (?, ?, ?, ?, ?)"
            " on conflict (table_id, position) do update set nct_id = excluded.nct_id, accessed = excluded.accessed, cells = excluded.cells",
            [
                (
                    table_id,
                    row.position,
                    row.nct_id,
                    row.accessed,
                    json.dumps(dict(row.cells), ensure_ascii=False),
                )
                for row in table.rows
            ],
        )
        index_rows(self.db, table_id)
        ids = self.row_ids(table.name)
        self.db.execute(
            "delete from row_ids where row_id in (select id from rows where table_id = ?)",
            [table_id],
        )
        self.db.conn.executemany(
            "insert into row_ids values (?, ?)",
            [(ids[row.position], nct_id) for row in table.rows for nct_id in row.nct_ids],
        )

    def row_ids(self, table_name: str) -> dict[int, int]:
        """The database's row id for each position of a table."""
        found = self.rows(
            "select r.position, r.id from rows r join tables t on t.id = r.table_id where t.name = ?",
            table_name,
        )
        return {row["position"]: row["id"] for row in found}

    def bases(self, table_name: str) -> dict[int, tuple[int, str | None]]:
        """The database's row id for each position of a table, and what the row's comparisons rest on; None where they are to be made."""
        found = self.rows(
            "select r.position, r.id, b.basis from rows r join tables t on t.id = r.table_id left join bases b on b.row_id = r.id where t.name = ?",
            table_name,
        )
        return {row["position"]: (row["id"], row["basis"]) for row in found}

    # --- trials and their versions

    def known(self, nct_ids: Iterable[str] | None = None) -> dict[str, StoredVersion]:
        """The newest version of every record that was ever seen, or of those among *nct_ids*."""
        found = self.rows(
            "select t.nct_id, v.version, v.digest, v.complete, t.retrieved_at, t.aliases from trials t join versions v on v.nct_id = t.nct_id"
            f" where v.version = (select max(version) from versions where nct_id = t.nct_id) {_among('t.nct_id', nct_ids)}",
            *_listed(nct_ids),
        )
        return {row["nct_id"]: known_in(row) for row in found}

    def marks(self, nct_ids: Iterable[str]) -> dict[str, str]:
        """The ids of these trials by the marks of the lines on which the registry last printed their records."""
        return {
            row["mark"]: row["nct_id"]
            for row in self.rows(
                f"select mark, nct_id from marks where true {_among('nct_id', nct_ids)}",
                *_listed(nct_ids),
            )
        }

    def study(self, nct_id: str, version: int) -> Study:
        """A version of a record as the registry gave it."""
        found = self.rows(
            "select study from versions where nct_id = ? and version = ?", nct_id, version
        )
        with self._named_errors():
            return study_in(found[0]["study"])

    def keep(self, run_id: int, judged: Sequence[IngestDecision], *, checked: bool) -> None:
        """Writes what was judged of the records of one answer; *checked*: the registry itself has just said so."""
        fresh = [one for one in judged if one.trial]
        self._save_trials(fresh)
        self._save_versions(run_id, fresh)
        shelve(
            self.db,
            [(one.trial, one.lists) for one in fresh if one.trial and one.lists],
            new={one.copy.nct_id for one in fresh if one.outcome == TrialOutcome.NEW},
        )
        self.add_changes(
            run_id,
            ((one.copy.nct_id, one.version, change) for one in fresh for change in one.changes),
        )
        # A content that came without its line leaves no mark of an earlier one behind.
        self.db.conn.executemany(
            "delete from marks where nct_id = ?",
            [(one.copy.nct_id,) for one in fresh if not one.copy.mark],
        )
        self.db.conn.executemany(
            "insert into marks (nct_id, mark) values (?, ?) on conflict (nct_id) do update set mark = excluded.mark",
            [(one.copy.nct_id, one.copy.mark) for one in judged if one.copy.mark],
        )
        if checked:
            self._confirm(
                (one.copy.data_timestamp, one.copy.retrieved_at, one.copy.nct_id) for one in judged
            )

    def confirm(self, nct_ids: Iterable[str], at: str, data_timestamp: str | None) -> None:
        """Notes that the registry showed these records, at this time and with these data, as they are known."""
        self._confirm((data_timestamp, at, nct_id) for nct_id in nct_ids)

    def _confirm(self, told: Iterable[tuple[str | None, str, str]]) -> None:
        self.db.conn.executemany(
            "update trials set data_timestamp = ?, checked_at = ?, stale_since = null, gone_since = null where nct_id = ?",
            told,
        )

    def _save_trials(self, judged: Sequence[IngestDecision]) -> None:
        updates = ", ".join(f"{column} = excluded.{column}" for column in OF_A_TRIAL[1:])
        self.db.conn.executemany(
            f"insert into trials ({', '.join(OF_A_TRIAL)}) values ({_places(OF_A_TRIAL)}) on conflict (nct_id) do update set {updates}",
            [columns_of(one.copy, one.trial) for one in judged if one.trial],
        )

    def _save_versions(self, run_id: int, judged: Sequence[IngestDecision]) -> None:
        """A new version a line; a content that says the same in other words takes the place of its version.

        A record is text all the same: SQLite takes its bytes as they are in a sixth of the time that a detour over Python's text costs.
        """
        self.db.conn.executemany(
            "insert into versions (nct_id, version, run_id, seen_at, last_update_posted, digest, complete, study)"
            " values (?, ?, ?, ?, ?, ?, ?, coalesce(cast(? as text), ?))"
            " on conflict (nct_id, version) do update set digest = excluded.digest, study = excluded.study",
            [version_of(one, run_id) for one in judged if one.trial],
        )

    def mark_gone(self, nct_id: str, since: str) -> None:
        self.db.execute(
            "update trials set gone_since = coalesce(gone_since, ?) where nct_id = ?",
            [since, nct_id],
        )

    def add_changes(self, run_id: int, changes: Iterable[tuple[str, int, Change]]) -> None:
        """Adds lines to the ledger: trial, version, change."""
        self.db.conn.executemany(
            "insert into changes (run_id, nct_id, version, field, item, before, after, kind) values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (run_id, nct_id, version, one.field, one.item, one.before, one.after, one.kind)
                for nct_id, version, one in changes
            ],
        )

    def silent_changes(self, nct_id: str, field: str) -> list[tuple[str, Trial]]:
        """When a fact was seen to change while the day of the last update stood still, oldest first, with the facts before."""
        found = self.rows(
            "select c.version, substr(v.seen_at, 1, 10) as day from changes c join versions v using (nct_id, version)"
            " join versions b on b.nct_id = c.nct_id and b.version = c.version - 1 and b.complete and b.last_update_posted is v.last_update_posted"
            " where c.nct_id = ? and c.field = ? order by c.version",
            nct_id,
            field,
        )
        return [(row["day"], trial_of(self.study(nct_id, row["version"] - 1))) for row in found]

    def last_changes(self, nct_id: str) -> list[Change]:
        """The newest change of each fact of a trial."""
        found = self.rows(
            "select field, item, before, after, kind, max(id) from changes where nct_id = ? group by field, item",
            nct_id,
        )
        return [
            Change(
                row["field"], row["before"], row["after"], Significance(row["kind"]), row["item"]
            )
            for row in found
        ]

    def trials(self, nct_ids: Collection[str] | None = None) -> dict[str, Trial]:
        """Every trial that is known, by its id and by each of its other names; or those that *nct_ids* name."""
        names = {row["nct_id"]: row["trial_id"] for row in self._names(nct_ids)}
        wanted = None if nct_ids is None else {*nct_ids, *names.values()}
        with self._named_errors():
            found = self.lines(
                f"select {', '.join(OF_A_TRIAL)} from trials where true {_among('nct_id', wanted)}",
                *_listed(wanted),
            )
            trials = {trial.nct_id: trial for trial in map(trial_in, found)}
        renamed = {nct_id: trials[trial_id] for nct_id, trial_id in names.items()}
        return {**trials, **renamed}

    def standing(self, nct_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Of these trials: when and from where their facts are known."""
        return self.rows(
            f"select nct_id, checked_at, data_timestamp, stale_since, source from trials where true {_among('nct_id', nct_ids)}",
            *_listed(nct_ids),
        )

    def _names(self, nct_ids: Iterable[str] | None) -> list[dict[str, Any]]:
        return self.rows(
            f"select nct_id, trial_id from ids where trial_id is not null {_among('nct_id', nct_ids)}",
            *_listed(nct_ids),
        )

    def mark_stale(self, nct_ids: Iterable[str], since: str) -> None:
        self._mark(nct_ids, "stale_since = coalesce(stale_since, ?)", since)

    def mark_checked(self, nct_ids: Iterable[str], at: str) -> None:
        self._mark(nct_ids, "checked_at = ?, stale_since = null", at)

    def _mark(self, nct_ids: Iterable[str], change: str, at: str) -> None:
        self.db.conn.executemany(
            f"update trials set {change} where nct_id in (?, (select trial_id from ids where nct_id = ?))",
            [(at, nct_id, nct_id) for nct_id in nct_ids],
        )

    def loaded_on(self, nct_ids: Iterable[str]) -> dict[str, str]:
        """From which load of the registry the records of these trials are, where that is known."""
        found = self.rows(
            f"select nct_id, data_timestamp from trials where data_timestamp is not null {_among('nct_id', nct_ids)}",
            *_listed(nct_ids),
        )
        return {row["nct_id"]: row["data_timestamp"] for row in found}

    def note_part(self, run_id: int, walk: str, part: int, counts: Sequence[int]) -> None:
        """Notes that a part of an archive is taken in: changed, unchanged, new and not checked records."""
        self.db.execute(
            "insert or replace into archive_parts values (?, ?, ?, ?, ?, ?, ?)",
            [run_id, walk, part, *counts],
        )

    # --- what the registry said about ids

    def said(self, nct_ids: Iterable[str] | None = None) -> dict[str, RegistryAnswer]:
        """What the registry last said about every printed id, or about these."""
        return {
            row["nct_id"]: RegistryAnswer(
                **{**row, "answer": Answer(row["answer"]), "outcome": TrialOutcome(row["outcome"])}
            )
            for row in self.rows(
                f"select * from ids where true {_among('nct_id', nct_ids)}", *_listed(nct_ids)
            )
        }

    def save_said(self, said: Iterable[RegistryAnswer]) -> None:
        """Writes what the registry said about ids, over what it said before."""
        self.db.conn.executemany(
            "insert into ids (nct_id, trial_id, answer, load, run_id, outcome) values (?, ?, ?, ?, ?, ?)"
            " on conflict (nct_id) do update set trial_id = excluded.trial_id, answer = excluded.answer, load = excluded.load,"
            " run_id = excluded.run_id, outcome = excluded.outcome",
            said,
        )

    # --- comparisons and problems

    def save_comparisons(
        self,
        run_id: int,
        compared: Mapping[int, Sequence[Comparison]],
        bases: Mapping[int, str] = _NO_BASES,
    ) -> None:
        """Replaces the comparisons of these rows; one that says the same as before keeps the run in which it was new.

        *bases* says what they rest on (`basis.basis_of`); a row without one is compared again by the next run.
        """
        with self.step():
            self.db.conn.executemany(
                "delete from bases where row_id = ?", [(row_id,) for row_id in compared]
            )
            self.db.conn.executemany("insert into bases values (?, ?)", bases.items())
            *columns, _ = Comparison._fields  # the last is told by the run that saw it first
            known = {
                (row["row_id"], row["nct_id"], row["column"], row["field"]): (
                    row["claim"],
                    row["registry"],
                    row["verdict"],
                    row["first_seen"],
                )
                for row in self.rows(
                    f"select row_id, nct_id, column, field, claim, registry, verdict, first_seen from comparisons where true {_among('row_id', compared)}",
                    *_listed(compared),
                )
            }
            self.db.conn.executemany(
                "delete from comparisons where row_id = ?", [(row_id,) for row_id in compared]
            )
            self.db.conn.executemany(
                f"insert into comparisons (row_id, {', '.join(map(_quoted, columns))}, first_seen) values (?, {_places(columns)}, ?)",
                [
                    (
                        row_id,
                        *one[:-1],
                        _first_seen(
                            known.get((row_id, one.nct_id, one.column, one.field)), one, run_id
                        ),
                    )
                    for row_id, ones in compared.items()
                    for one in ones
                ],
            )

    def save_beside(self, beside: Mapping[int, Sequence[ContextNote]]) -> None:
        """Replaces what stands beside the cells of these rows."""
        with self.step():
            self.db.conn.executemany(
                "delete from beside where row_id = ?", [(row_id,) for row_id in beside]
            )
            told = [
                {"row_id": row_id, **asdict(one)} for row_id, ones in beside.items() for one in ones
            ]
            self.db.table("beside").insert_all(told)

    def add_problems(self, run_id: int, problems: Iterable[Problem], at: str) -> None:
        """Notes what went wrong in this run; a problem that stood in the run before keeps the time it was first seen."""
        earlier = {
            (row["nct_id"], row["kind"]): row["first_seen"]
            for row in self.rows(
                "select nct_id, kind, first_seen from problems where run_id = ?",
                self.last_asking_run(run_id),
            )
        }
        told = {(problem.nct_id, problem.kind, problem.message): problem for problem in problems}
        known = {
            (row["nct_id"], row["kind"], row["message"])
            for row in self.rows(
                "select nct_id, kind, message from problems where run_id = ?", run_id
            )
        }
        self.db.conn.executemany(
            "insert into problems (run_id, nct_id, kind, message, first_seen) values (?, ?, ?, ?, ?)",
            [
                (run_id, *key[:1], *key[1:], earlier.get(key[:2], at))
                for key in told
                if key not in known
            ],
        )


def _advice(error: sqlite3.Error) -> str:
    """What a person can do; the low byte of SQLite's code says what kind of error it is."""
    return _ADVICE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _MAKE_ANEW)


def _first_seen(known: tuple[Any, ...] | None, one: Comparison, run_id: int) -> int:
    says_the_same = known is not None and known[:3] == (one.claim, one.registry, one.verdict)
    return int(known[3]) if known is not None and says_the_same else run_id


def _among(column: str, keys: Iterable[Any] | None) -> str:
    return "" if keys is None else f"and {column} in (select value from json_each(?))"


def _listed(keys: Iterable[Any] | None) -> list[str]:
    return [] if keys is None else [json.dumps([*keys])]


def _places(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))


def _quoted(column: str) -> str:
    return f'"{column}"'
