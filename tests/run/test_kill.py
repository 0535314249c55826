"""The machine misbehaves: real processes that are killed, stopped, starved of disk or met by rubbish. Nothing is lost, and one line gives the reason.

The default run kills ten times. `python -m pytest -m long tests/run/test_kill.py -k invented` kills three hundred times in six parts, so that
`-k "invented and part_3"` takes up where a loop was left, and says at its end when the kills came; `-m "long and corpus" … -k real` does so with real records.
"""

import contextlib
import csv
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.fixtures import corpus
from tests.fixtures import registry_server as standin
from tests.fixtures.database_contents import integrity_errors, read_contents
from tests.fixtures.registry_server import (
    NCT_ID,
    StandInRegistry,
    Study,
    get_path,
    recent_load,
)
from tests.fixtures.registry_server.loads import next_load_time
from tests.fixtures.studies import nct, study

SIZE = 300
DESCRIPTION = 'title = "T"\nfile = "mine.csv"\nid_column = "NCT ID"\npublished = 2021-02-14\n\n[columns."N"]\nsays = ["enrollment"]\n'


# --- a folder as a user has it, and runs in it


def write_table(folder: Path, ids: Sequence[str]) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "mine.toml").write_text(DESCRIPTION, encoding="utf-8")
    with (folder / "data" / "mine.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("NCT ID", "N"), *((nct_id, "100") for nct_id in ids)])


def start(
    folder: Path,
    url: str,
    *options: str,
    command: str = "sync",
    limit: int | None = None,
    out: int = subprocess.PIPE,
    **environment: str | None,
) -> subprocess.Popen[str]:
    """`enrich` in *folder*, as its own process; *limit* bounds the size of every file that it writes."""
    variables = {
        **os.environ,
        "ENRICH_REGISTRY": url,
        "PYTHONPATH": str(corpus.ROOT),
        "PYTHONUTF8": "0",
        **environment,
    }
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "enrich",
            command,
            *(("--pace", "0", "--no-history") if command == "sync" else ()),
            *options,
        ],
        cwd=folder,
        env={name: value for name, value in variables.items() if value is not None},
        stdout=out,
        stderr=out,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        if limit
        else None,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def run(folder: Path, url: str, *options: str, **how: str | None) -> tuple[int, str, str]:
    return ended(start(folder, url, *options, **how))  # type: ignore[arg-type]


def database(folder: Path) -> Path:
    return folder / "data" / "trials.db"


def cached(folder: Path) -> dict[str, str]:
    """The digest-relevant part of every copy: all but when it was fetched, and the checksum, which covers that as well."""
    return {path.name: "".join(line for line in path.read_text(encoding="utf-8").splitlines() if not any(key in line for key in ("retrieved_at", "crc32"))) for path in (folder / "cache").glob("*.json")}  # fmt: skip


# --- kill -9


def invented() -> list[Study]:
    # Weighty enough that reading, storing and committing take their time.
    return [
        study(number, last_update_submitted="2026-08-01", official_title="Rest " * 100)
        for number in range(1, SIZE + 1)
    ]


def real() -> list[Study]:
    found = []
    for record in corpus.read_records("studies.ndjson.gz"):
        if len(found) == SIZE:
            break
        found += [record] if not get_path(record, standin.ALIASES) else []
    return found


# When a kill came, by the requests to the registry and by what the database holds after it.
BEFORE, BETWEEN, AFTER = "before the first request", "between the requests", "after the last answer"


class Nights:
    """A list of 300 trials on two nights, and what a run that nobody disturbs makes of the second."""

    def __init__(self, folder: Path, studies: list[Study]) -> None:
        self.folder = folder
        self.ids = [str(get_path(study, NCT_ID)) for study in studies]
        self.registry = StandInRegistry(studies, loaded=recent_load())
        self.tried = Counter(
            {
                "kills": 0,
                BEFORE: 0,
                BETWEEN: 0,
                AFTER: 0,
                "rows lost": 0,
                "wrong unchanged": 0,
                "had ended already, not counted": 0,
            }
        )
        write_table(folder / "empty", self.ids)

    def __enter__(self) -> "Nights":
        self.registry.__enter__()
        shutil.copytree(self.folder / "empty", self.folder / "first")
        assert run(self.folder / "first", self.registry.url)[0] == 0
        self._second_night()
        self.contents, self.cached = {}, {}
        for before in ("empty", "first"):
            self.registry.requests.clear()
            began = time.monotonic()
            undisturbed = shutil.copytree(
                self.folder / before, self.folder / f"undisturbed-{before}"
            )
            assert run(undisturbed, self.registry.url)[0] == 0
            self.seconds, self.requests = time.monotonic() - began, len(self.registry.requests)
            self.contents[before], self.cached[before] = (
                read_contents(database(undisturbed)),
                cached(undisturbed),
            )
        assert len(self.contents["first"]["rows"]) == SIZE
        (self.load,) = loads(database(undisturbed))
        return self

    def __exit__(self, *how) -> None:
        self.registry.__exit__(*how)

    def _second_night(self) -> None:
        """A third changes, one is merged, three are removed."""
        self.registry.next_load()
        for nct_id in self.ids[::3]:
            self.registry.change(nct_id, lambda record: standin.post_update("2026-09-05", record))
        self.registry.merge(self.ids[1], self.ids[2])
        for nct_id in self.ids[4:7]:
            self.registry.remove(nct_id)

    def killed(self, number: int, chance: random.Random, kills: int) -> None:
        """The sync of a folder, killed *kills* times at random instants and then let run: it ends as the one that nobody disturbed."""
        before = "empty" if number % 3 == 0 else "first"
        folder = shutil.copytree(self.folder / before, self.folder / f"killed-{number}")
        for earlier in range(kills):
            # A run that takes up what an earlier one left has fewer requests to send.
            self._kill(
                folder, chance, awaited=chance.randrange(2 if earlier else self.requests + 1)
            )
            assert broken_in_a_copy(folder) == []
        assert run(folder, self.registry.url)[0] == 0
        assert integrity_errors(database(folder)) == []
        self._weigh(read_contents(database(folder)), self.contents[before])
        assert cached(folder) == self.cached[before]
        shutil.rmtree(folder)

    def _weigh(self, contents: dict[str, list[str]], undisturbed: dict[str, list[str]]) -> None:
        """First the two figures that are promised, then that nothing whatever differs."""
        self.tried["rows lost"] += sum(
            (Counter(lines) - Counter(contents[name])).total()
            for name, lines in undisturbed.items()
        )
        self.tried["wrong unchanged"] += len(
            {line for line in contents["answers"] if '"outcome": "unchanged"' in line}
            - {*undisturbed["answers"]}
        )
        assert (self.tried["rows lost"], self.tried["wrong unchanged"]) == (0, 0)
        assert contents == undisturbed

    def _kill(self, folder: Path, chance: random.Random, awaited: int) -> None:
        """Once so many requests have come in, and some moments later, mostly few."""
        self.registry.requests.clear()
        # Its report goes nowhere: a pipe that nobody reads would fill up and hold it.
        process = start(folder, self.registry.url, out=subprocess.DEVNULL)
        while len(self.registry.requests) < awaited and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.random() ** 3 * 0.4 * self.seconds)
        process.kill()
        process.wait()
        self._count(folder, process.returncode)

    def _count(self, folder: Path, code: int) -> None:
        """A process that had ended before its kill was not killed."""
        if code != -signal.SIGKILL:
            assert code == 0
            self.tried["had ended already, not counted"] += 1
            return
        answered = loads(database(folder))[self.load] == SIZE
        self.tried.update(
            ("kills", BEFORE if not self.registry.requests else AFTER if answered else BETWEEN)
        )


def loads(path: Path) -> Counter[str]:
    """How many ids were last answered under which load of the registry; nothing where there is no such table yet."""
    with (
        tempfile.TemporaryDirectory() as aside,
        contextlib.closing(sqlite3.connect(copied(path, Path(aside)))) as db,
    ):
        there = db.execute("select 1 from sqlite_master where name = 'answers'").fetchone()
        return Counter(
            dict(db.execute("select load, count(*) from answers group by load")) if there else {}
        )


def broken_in_a_copy(folder: Path) -> list[str]:
    """Looks at a copy, so that what the kill left open is there for the next run to close, and not closed by this look."""
    with tempfile.TemporaryDirectory() as aside:
        return (
            integrity_errors(copied(database(folder), Path(aside)))
            if database(folder).exists()
            else []
        )


def copied(path: Path, aside: Path) -> Path:
    """A copy of a database, with its journal."""
    for file in path.parent.glob(f"{path.name}*"):
        shutil.copy(file, aside)
    return aside / path.name


PART = 50
PARTS = range(300 // PART)
OF = {"invented records": invented, "real records": real}


@pytest.mark.parametrize(
    ("which", "kills", "part"),
    [
        pytest.param("invented records", 10, 99, id="10 kills"),
        *(
            pytest.param(
                "invented records",
                PART,
                part,
                id=f"invented records, part {part + 1}",
                marks=pytest.mark.long,
            )
            for part in PARTS
        ),
        *(
            pytest.param(
                "real records",
                PART,
                part,
                id=f"real records, part {part + 1}",
                marks=[pytest.mark.long, *corpus.needs_corpus],
            )
            for part in PARTS
        ),
    ],
)
def test_whatever_is_killed_the_next_run_ends_as_if_nothing_had_been(
    tmp_path, which, kills, part, record_property
):
    """Goes on until so many living processes were killed; what they were doing is printed at the end of the tests."""
    chance = random.Random(20261122 + part)
    with Nights(tmp_path, OF[which]()) as nights:
        try:
            for number in range(kills * 3):
                nights.killed(
                    number, chance, min(kills - nights.tried["kills"], 1 + chance.randrange(3))
                )
                if nights.tried["kills"] == kills:
                    break
        finally:
            record_property("tried", (f"kill -9, {which}", dict(nights.tried)))
        assert nights.tried["kills"] == kills


# --- stopped by a person or by the machine


STALLED = 450  # trials, in three batches


@contextlib.contextmanager
def stalled(folder: Path, size: int = STALLED) -> Iterator[tuple[StandInRegistry, threading.Event]]:
    """A registry that holds back its third batch until the event is set."""
    go = threading.Event()
    write_table(folder, [nct(number) for number in range(1, size + 1)])

    def hold(handler: standin.RequestHandler) -> None:
        go.wait(60)
        with contextlib.suppress(OSError):
            standin.respond_correctly(handler)

    with StandInRegistry(
        [study(number) for number in range(1, size + 1)], loaded=recent_load()
    ) as registry:
        registry.fail(hold, on="batch", after=2)
        try:
            yield registry, go
        finally:
            go.set()


def wait_for(registry: StandInRegistry, requests: int) -> None:
    until = time.monotonic() + 60
    while len(registry.requests) < requests:
        assert time.monotonic() < until, "the run did not come so far"
        time.sleep(0.01)


def wait_for_trials(folder: Path, number: int) -> None:
    """Until so many are stored: the batch after them is on its way before that."""
    until = time.monotonic() + 60
    while trials_stored(folder) < number:
        assert time.monotonic() < until, "the run did not come so far"
        time.sleep(0.02)


def trials_stored(folder: Path) -> int:
    """No trials as long as the database is being made."""
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(f"file:{database(folder)}?mode=ro", uri=True)) as db,
    ):
        return int(db.execute("select count(*) from trials").fetchone()[0])
    return 0


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_prints_one_line_and_keeps_whole_pages(tmp_path, sign, code):
    with stalled(tmp_path) as (registry, go):
        process = start(tmp_path, registry.url)
        wait_for_trials(tmp_path, 400)
        process.send_signal(sign)
        left, out, err = ended(process)
        assert (left, out) == (code, "")
        assert err == "enrich: stopped; what was fetched is kept, the next run goes on from there\n"
        assert len(read_contents(database(tmp_path))["trials"]) == 400
        go.set()
        registry.requests.clear()
        assert run(tmp_path, registry.url)[0] == 0
        assert [asked.kind for asked in registry.requests] == ["gate", "batch"]
    assert len(read_contents(database(tmp_path))["trials"]) == STALLED


@pytest.mark.parametrize("others", [1, 9])
def test_of_several_runs_at_once_one_works_and_the_others_leave(tmp_path, others):
    with stalled(tmp_path) as (registry, go):
        works = start(tmp_path, registry.url)
        wait_for(registry, 4)
        leave = [start(tmp_path, registry.url) for _ in range(others)]
        for process in leave:
            code, out, err = ended(process)
            assert (code, out) == (4, "")
            assert (
                err
                == "enrich: another run is working on data/trials.db; this one leaves it alone\n"
            )
        go.set()
        assert ended(works)[0] == 0
    assert len(read_contents(database(tmp_path))["trials"]) == STALLED
    assert integrity_errors(database(tmp_path)) == []


# --- a disk that is full, a folder that cannot be written

SMALL = 60


def titled(number: int, **facts: object) -> Study:
    return study(
        number,
        official_title=f"{number} " * 2000,
        **{"last_update_submitted": "2026-08-01", **facts},
    )


@pytest.fixture(scope="module")
def first_night(tmp_path_factory) -> Path:
    """A folder after its first night."""
    folder = tmp_path_factory.mktemp("first") / "mine"
    write_table(folder, [nct(number) for number in range(1, SMALL + 1)])
    with StandInRegistry(
        [titled(number) for number in range(1, SMALL + 1)], loaded=recent_load()
    ) as registry:
        assert run(folder, registry.url)[0] == 0
    return folder


def second_night() -> StandInRegistry:
    """Every record has news."""
    return StandInRegistry(
        [
            titled(number, enrollment=7, last_update_submitted="2026-09-05")
            for number in range(1, SMALL + 1)
        ],
        loaded=next_load_time(recent_load()),
    )


@pytest.fixture(scope="module")
def undisturbed(first_night) -> Path:
    """The same folder after a second night that nothing disturbed."""
    folder = first_night.with_name("undisturbed")
    shutil.copytree(first_night, folder)
    with second_night() as registry:
        assert run(folder, registry.url)[0] == 0
    return folder


@pytest.fixture
def ready(first_night, tmp_path) -> Iterator[tuple[Path, StandInRegistry]]:
    """A folder after its first night, and the registry of the second."""
    shutil.copytree(first_night, tmp_path / "mine")
    with second_night() as registry:
        yield tmp_path / "mine", registry


def one_line(err: str) -> str:
    assert err.count("\n") == 1, err
    return err


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small disk of its own at *folder*; skipped where nobody may mount one."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing(ready, undisturbed, tmp_path):
    folder, registry = ready
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "size=64m"):
        shutil.copytree(folder, disk / "mine")
        before = read_contents(database(disk / "mine"))
        with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
            while True:
                file.write(b"0" * 4096)
        code, _, err = run(disk / "mine", registry.url)
        assert code == 1
        assert "disk is full" in one_line(err)
        assert integrity_errors(database(disk / "mine")) == []
        assert read_contents(database(disk / "mine")) == before
        (disk / "filler").unlink()
        assert run(disk / "mine", registry.url)[0] == 0
        assert read_contents(database(disk / "mine")) == read_contents(database(undisturbed))


def test_a_file_that_may_not_grow_loses_nothing(ready, undisturbed):
    """The same where nobody may mount a disk: every file is bounded to half the size of the database."""
    folder, registry = ready
    before = read_contents(database(folder))
    code, _, err = run(folder, registry.url, limit=database(folder).stat().st_size // 2)  # type: ignore[arg-type]
    assert code == 1
    assert (
        "trials.db: disk I/O error; is the disk full or gone? nothing that was stored before is lost"
        in one_line(err)
    )
    kept, after = read_contents(database(folder)), read_contents(database(undisturbed))
    assert integrity_errors(database(folder)) == []
    assert {*before["versions"]} <= {*kept["versions"]}
    # Whole pages of the night may have found room in the log that is written ahead.
    assert {*kept["trials"]} <= {*before["trials"], *after["trials"]} and len(
        kept["trials"]
    ) == SMALL
    assert run(folder, registry.url)[0] == 0
    assert read_contents(database(folder)) == after


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """*folder* on a disk that nobody, root included, may write to."""
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    with mounted(folder, "size=64m"):
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield


def test_a_database_in_a_folder_that_cannot_be_written_is_reported(ready):
    folder, registry = ready
    before = read_contents(database(folder))
    with read_only(folder / "data"):
        code, _, err = run(folder, registry.url)
        assert (code, "Read-only file system" in one_line(err)) == (1, True)
        assert read_contents(database(folder)) == before


def test_copies_that_cannot_be_kept_stop_nothing_and_are_made_up_for(ready, undisturbed):
    folder, registry = ready
    with read_only(folder / "cache"):
        code, out, err = run(folder, registry.url)
        assert code == 0
        assert (
            "cannot be written (Read-only file system); the database is complete; the copies in the cache are older"
            in one_line(err)
        )
        assert "copies in the cache are older" in " ".join(out.split())
        assert read_contents(database(folder)) == read_contents(database(undisturbed))
    registry.next_load()
    assert run(folder, registry.url)[0] == 0
    assert '"count": 7' in (folder / "cache" / f"{nct(1)}.json").read_text(encoding="utf-8")


def test_a_report_from_a_folder_that_cannot_be_written_is_printed_or_refused(ready):
    """Whoever only reads may have no right to write: one line, or the report, and nothing changed."""
    folder, registry = ready
    before = read_contents(database(folder))
    with read_only(folder / "data"):
        code, out, err = run(folder, registry.url, command="report")
        assert (code == 0 and "60 trials" in " ".join(out.split())) or (
            code == 1 and "trials.db" in one_line(err)
        )
        assert read_contents(database(folder)) == before


def test_a_lock_that_cannot_be_made_is_reported_and_nothing_is_requested(tmp_path):
    write_table(tmp_path, [nct(1)])
    with (
        StandInRegistry([study(1)], loaded=recent_load()) as registry,
        read_only(tmp_path / "data"),
    ):
        code, out, err = run(tmp_path, registry.url)
        assert (code, out) == (1, "")
        assert ".trials.db.lock: Read-only file system" in one_line(err)
        assert registry.requests == []


def test_a_lock_that_a_killed_run_left_holds_nobody_up(tmp_path):
    with stalled(tmp_path) as (registry, go):
        process = start(tmp_path, registry.url, out=subprocess.DEVNULL)
        wait_for(registry, 4)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert (tmp_path / "data" / ".trials.db.lock").exists()
        go.set()
        assert run(tmp_path, registry.url)[0] == 0
    assert len(read_contents(database(tmp_path))["trials"]) == STALLED


# --- a clock that jumps back


CLOCK = "from enrich import cli; cli.main(obj=cli.Time(clock=lambda: {now!r}))"


def at_the_clock(now: str, folder: Path, url: str, *arguments: str) -> str:
    """`enrich` in *folder* on a machine whose clock shows *now*."""
    command = [sys.executable, "-c", CLOCK.format(now=now), *arguments]
    environment = {**os.environ, "ENRICH_REGISTRY": url, "PYTHONPATH": str(corpus.ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_runs_are_in_the_order_in_which_they_were_made_whatever_the_clock_shows(tmp_path):
    """Three nights: on the second the clock is a day back, and on the third it is right again."""
    write_table(tmp_path, [nct(1)])
    clocks = (
        "2026-11-18T07:00:00.000+00:00",
        "2026-11-17T07:00:00.000+00:00",
        "2026-11-20T07:00:00.000+00:00",
    )
    with StandInRegistry([study(1, enrollment=100)], loaded="2026-11-16T09:00:06") as registry:
        for night, now in enumerate(clocks, 2):
            registry.change(
                nct(1),
                lambda record, night=night: standin.post_update(f"2026-09-{night:02}", record),
            )
            registry.next_load()
            at_the_clock(now, tmp_path, registry.url, "sync", "--pace", "0", "--no-history")
    for since in ("1", "2026-11-18"):
        output = " ".join(at_the_clock(clocks[2], tmp_path, "", "report", "--since", since).split())
        assert (
            "number of participants changed to 102 (was 101)" in output
            and "number of participants changed to 103 (was 102)" in output
        )
    with contextlib.closing(sqlite3.connect(database(tmp_path))) as db:
        assert [row[0] for row in db.execute("select started_at from runs order by id")] == [
            *clocks
        ]
        assert [row[0] for row in db.execute("select enrollment from trials")] == [103]
        assert db.execute("select version, seen_at from versions order by version").fetchall() == [
            (number, now) for number, now in enumerate(clocks, 1)
        ]
        assert [row[0] for row in db.execute("select first_seen from comparisons")] == [3]
    assert '"count": 103' in (tmp_path / "cache" / f"{nct(1)}.json").read_text(encoding="utf-8")
    assert "103" in at_the_clock(clocks[2], tmp_path, "", "sync", "--offline")


# --- rubbish where something of ours should be


RUBBISH = (
    b"",
    b"{",
    b'{"study": ',
    b"\x00" * 400,
    b"\xff\xfe",
    b"[]",
    b'{"study": {"a": "\\ud800"}}',
    b'{"study": 1}',
    b"[" * 100_000,
)


def test_copies_that_are_cut_short_or_rubbish_are_reported_and_made_anew(ready, undisturbed):
    folder, registry = ready
    for number, rubbish in enumerate(RUBBISH, 1):
        (folder / "cache" / f"{nct(number)}.json").write_bytes(rubbish)
    database(folder).unlink()
    code, out, _ = run(folder, registry.url, "--offline")
    assert code == 0
    assert "not a usable copy" in " ".join(out.split())
    with contextlib.closing(sqlite3.connect(database(folder))) as db:
        problems = db.execute(
            "select count(*) from problems where message like '%not a usable copy%'"
        )
        assert problems.fetchone() == (len(RUBBISH),)
    assert len(read_contents(database(folder))["trials"]) == SMALL - len(RUBBISH)
    assert run(folder, registry.url)[0] == 0
    assert len(read_contents(database(folder))["trials"]) == SMALL
    assert cached(folder) == cached(undisturbed)


def test_a_copy_that_rots_while_the_database_is_well_is_made_anew_at_the_next_load(ready):
    folder, registry = ready
    assert run(folder, registry.url)[0] == 0
    whole = cached(folder)
    (folder / "cache" / f"{nct(7)}.json").write_bytes(b"{")
    registry.next_load()
    assert run(folder, registry.url)[0] == 0
    assert cached(folder).keys() == whole.keys()
    assert len(cached(folder)[f"{nct(7)}.json"]) > 1000


def test_a_database_that_another_program_writes_to_is_left_alone(ready):
    folder, registry = ready
    before = read_contents(database(folder))
    with contextlib.closing(sqlite3.connect(database(folder), isolation_level=None)) as other:
        other.execute("begin exclusive")
        code, _, err = run(folder, registry.url)
        other.execute("rollback")
    assert code == 1
    assert (
        "locked; another program is writing to it: close that one, or run again later"
        in one_line(err)
    )
    assert read_contents(database(folder)) == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"rubbish " * 1000, id="rubbish"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut in half"),
        pytest.param(
            lambda content: content[:16384] + b"\x00" * 16384 + content[32768:], id="a hole"
        ),
        pytest.param(
            lambda content: b"SQLite format 3\x00" + b"\xff" * 5000, id="a head without a body"
        ),
    ],
)
def test_a_corrupt_database_is_reported_and_can_be_made_anew_from_the_cache(ready, damage):
    folder, registry = ready
    before = len(read_contents(database(folder))["trials"])
    database(folder).write_bytes(damage(database(folder).read_bytes()))
    code, _, err = run(folder, registry.url)
    assert code == 1
    assert "trials.db" in one_line(err)
    assert "move the file away" in err
    database(folder).rename(folder / "data" / "away.db")
    assert run(folder, registry.url, "--offline")[0] == 0
    assert len(read_contents(database(folder))["trials"]) == before


# --- databases of other versions


HISTORY = ("versions", "changes")


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_all_it_holds(tmp_path):
    write_table(tmp_path, [nct(1), nct(2)])
    with contextlib.closing(sqlite3.connect(database(tmp_path))) as db:
        db.executescript(
            (Path(__file__).parents[1] / "storage" / "first_schema.sql").read_text(encoding="utf-8")
        )
        before = {name: db.execute(f"select * from {name}").fetchall() for name in HISTORY}
    code, out, err = run(tmp_path, "http://127.0.0.1:9", "--offline")
    assert (code, err) == (0, "")
    assert "enrolled 12" in out
    with contextlib.closing(sqlite3.connect(database(tmp_path))) as db:
        assert {name: db.execute(f"select * from {name}").fetchall() for name in HISTORY} == before
    assert len(read_contents(database(tmp_path))["trials"]) == 1
    assert integrity_errors(database(tmp_path)) == []


def test_a_database_of_a_newer_enrich_is_left_alone(ready):
    folder, registry = ready
    with contextlib.closing(sqlite3.connect(database(folder))) as db, db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('enrich', 'of_tomorrow', '2030-01-01')"
        )
    before = database(folder).read_bytes()
    code, _, err = run(folder, registry.url)
    assert code == 1
    assert "written by a newer version of enrich" in one_line(err)
    assert database(folder).read_bytes() == before


# --- odd surroundings


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"HOME": None}, id="no HOME"),
        pytest.param({"LC_ALL": "C"}, id="C"),
        pytest.param(
            {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
            id="C, and Python is told to take it at its word",
        ),
        pytest.param({"LC_ALL": "de_DE.ISO-8859-15", "LANG": "tlh_XX"}, id="odd locale"),
        pytest.param({"PYTHONIOENCODING": "ascii"}, id="a terminal that knows ASCII alone"),
        pytest.param({"TERM": "dumb", "COLUMNS": "1"}, id="a terminal one sign wide"),
        pytest.param({"TZ": "Pacific/Kiritimati"}, id="a day ahead"),
    ],
)
def test_odd_surroundings_do_not_matter(tmp_path, environment):
    folder = tmp_path / "Müller’s Ordner – 日本 und mehr"
    write_table(folder, [nct(1)])
    with StandInRegistry(
        [study(1, brief_title="Größe ≥ 8 h · 試験")], loaded=recent_load()
    ) as registry:
        code, out, err = run(folder, registry.url, **environment)
    assert (code, err) == (0, "")
    assert nct(1) in out
    assert "試験" in read_contents(database(folder))["trials"][0].encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        pytest.param(
            ("--db", "not/there/yet/trials.db", "--cache", "nor/this"),
            0,
            "",
            id="missing folders are made",
        ),
        pytest.param(("--db", "data"), 2, "'data' is a directory", id="a folder is no database"),
        pytest.param(("--db", "data/mine.csv/trials.db"), 1, "mine.csv", id="a file is no folder"),
        pytest.param(("--table", "missing.toml"), 1, "missing.toml", id="no such table"),
    ],
)
def test_odd_paths_are_made_or_refused(tmp_path, options, code, words):
    write_table(tmp_path, [nct(1)])
    with StandInRegistry([study(1)], loaded=recent_load()) as registry:
        left, _, err = run(tmp_path, registry.url, *options)
    assert left == code
    assert words in err
    assert err.count("\n") == (1 if code == 1 else 0) or code == 2
