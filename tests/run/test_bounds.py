"""Twenty faults at the level of processes: a real command, a real server, a real clock, and at most 400 MB.

Each case says what a person runs, within how many seconds it has to end, and how. By default a few of them run;
`python -m pytest -m "long or not long" tests/run/test_bounds.py` runs all, and says at its end how long each took and how much memory.
"""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.registry_server import Response, StandInRegistry, respond_always
from tests.fixtures.studies import nct, study

ROOT = Path(__file__).parents[2]
MOST_MEMORY = 400_000_000
TOML = 'file = "t.csv"\nid_column = "NCT ID"\n[columns."N"]\nsays = ["enrollment"]\n'


@dataclass
class Bench:
    """A folder with a table of three trials, a registry that has them, and sockets that stay open."""

    folder: Path
    registry: StandInRegistry
    sockets: list[socket.socket] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )

    def serve(self, greeting: bytes = b"") -> str:
        """The address of a server that takes connections and sends *greeting* again and again."""
        server = socket.create_server(("127.0.0.1", 0))
        self.sockets.append(server)
        threading.Thread(target=_greet, args=(server, greeting), daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"


def _greet(server: socket.socket, greeting: bytes) -> None:
    connections = []
    try:
        while True:
            connections.append(server.accept()[0])
            threading.Thread(target=_drip, args=(connections[-1], greeting), daemon=True).start()
    except OSError:
        for connection in connections:
            connection.close()


def _drip(connection: socket.socket, greeting: bytes) -> None:
    try:
        while greeting:
            connection.sendall(greeting)
            time.sleep(0.2)
    except OSError:
        return


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    loaded = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT09:00:06}"
    with StandInRegistry([study(n) for n in (1, 2, 3)], loaded=loaded) as registry:
        bench = Bench(tmp_path, registry)
        for name in ("data", "cache", "records"):
            (tmp_path / name).mkdir()
        bench.write("data/t.toml", TOML)
        bench.write("data/t.csv", "NCT ID,N\n" + "".join(f"{nct(n)},5\n" for n in (1, 2, 3)))
        bench.write(f"records/{nct(1)}.json", json.dumps(study(1)))
        yield bench
        for server in bench.sockets:
            server.close()


MEASURED: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def figures() -> Iterator[None]:
    yield
    print("\n" + "\n".join(MEASURED))


def run(bench: Bench, *arguments: str, seconds: float) -> tuple[int, str]:
    """Exit code and output of a command, which has ended in time and within its memory."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", *arguments],
        cwd=bench.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ENRICH_REGISTRY": bench.registry.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    killer = threading.Timer(seconds, lambda: os.killpg(process.pid, signal.SIGKILL))
    killer.start()
    assert process.stdout
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    took, memory = time.monotonic() - began, usage.ru_maxrss * 1024
    MEASURED.append(
        f"{took:6.1f} s of {seconds:.0f}, {memory / 1e6:4.0f} MB: {' '.join(arguments)}"
    )
    assert process.returncode >= 0, f"did not end within {seconds} s: {output[-300:]}"
    assert memory < MOST_MEMORY, f"{memory / 1e6:.0f} MB"
    assert "Traceback" not in output and "internal error" not in output, output
    return process.returncode, output


# --- the faults: what is prepared, what is run, what it says


def gzip_bomb(size: int) -> bytes:
    return gzip.compress(b" " * size)


def bomb_as_redirect(bench: Bench) -> None:
    headers = {"Location": "/elsewhere", "Content-Encoding": "gzip"}
    packed = gzip.compress(b" " * (32 << 20)) * 32  # a gigabyte
    bench.registry.fail(respond_always(Response(301, packed, headers=headers)), times=None)


def gzip_answer(bench: Bench) -> None:
    bench.registry.fail("gzip-bomb", times=None)


def endless_answer(bench: Bench) -> None:
    bench.registry.fail("huge", times=None)


def silent_registry(bench: Bench) -> None:
    bench.registry.fail("silence", times=None)


def busy_five_times(bench: Bench) -> None:
    bench.registry.fail("429", times=3)


def zip_bomb(bench: Bench) -> None:
    with zipfile.ZipFile(bench.folder / "r.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(f"{nct(1)}.json", json.dumps(study(1)))
        with package.open(f"{nct(2)}.json", "w") as entry:
            for _ in range(1024):
                entry.write(b" " * (1 << 20))


def lying_directory(bench: Bench) -> None:
    zip_bomb(bench)
    raw = (bench.folder / "r.zip").read_bytes()
    bench.write("r.zip", raw.replace((1 << 30).to_bytes(4, "little"), (99).to_bytes(4, "little")))


def lines_bomb(bench: Bench) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(1024)) + packer.flush()
    bench.write("r.ndjson.gz", packed)


def pipe(name: str) -> Callable[[Bench], None]:
    return lambda bench: _replace(bench, name, os.mkfifo)


def device(name: str) -> Callable[[Bench], None]:
    return lambda bench: _replace(bench, name, lambda path: path.symlink_to("/dev/zero"))


def endless(name: str) -> Callable[[Bench], None]:
    return lambda bench: _replace(bench, name, lambda path: _sparse(path))


def _replace(bench: Bench, name: str, make: Callable[[Path], Any]) -> None:
    (bench.folder / name).unlink(missing_ok=True)
    make(bench.folder / name)


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"NCT ID,N\n")
        file.truncate(1 << 40)


def digits(bench: Bench) -> None:
    bench.write("data/t.csv", f"NCT ID,N\n{nct(1)},{'1' * 60_000}\n")


def unclosed_quote(bench: Bench) -> None:
    lines = [f'{nct(n)},"5"' for n in range(1, 600_000)]
    lines[99] = f'{nct(100)},"5'
    bench.write("data/t.csv", "NCT ID,N\n" + "\n".join(lines))


def large_number(bench: Bench) -> None:
    record = study(1)
    record["documentSection"] = {
        "largeDocumentModule": {"largeDocs": [{"filename": "a", "size": 2**64 - 1}]}
    }
    bench.write("r.ndjson", f"{json.dumps(record)}\n{json.dumps(study(2))}\n")


def odd_copy(bench: Bench) -> None:
    for number, odd in enumerate(([], 3, {"study": 3}, {"study": {}, "retrieved_at": [1]}), 1):
        bench.write(f"cache/{nct(number)}.json", json.dumps(odd))


def deep_copy(bench: Bench) -> None:
    bench.write(f"cache/{nct(1)}.json", "[" * 10_000_000)


def nothing(bench: Bench) -> None:
    """Nothing is prepared."""


SYNC = ("sync", "--pace", "0", "--no-history")
LOAD = ("--whole", "--workers", "1")
# fmt: off
FAULTS = (
    # prepared,               command,                                       exit codes, seconds, says,                         every time
    (bomb_as_redirect,        SYNC,                                          (1,), 30, "",                                       True),
    (gzip_answer,             SYNC,                                          (1,), 60, "",                                       False),
    (endless_answer,          SYNC,                                          (1,), 60, "",                                       False),
    (silent_registry,         SYNC,                                          (1,), 60, "",                                       False),
    (busy_five_times,         ("sync", "--pace", "0", "--no-history"),       (0,), 60, "the registry slows us down (429)",       False),
    (zip_bomb,                ("load", "r.zip", *LOAD),                      (0,), 30, "1 new",                                  False),
    (lying_directory,         ("load", "r.zip", *LOAD),                      (0,), 30, "1 new",                                  False),
    (lines_bomb,              ("load", "r.ndjson.gz", *LOAD),                (1,), 30, "a line has more than 16 MB",             True),
    (pipe("data/t.csv"),      ("check",),                                    (1,), 15, "it is a pipe, not a file",               True),
    (pipe("data/t.toml"),     ("check",),                                    (1,), 15, "it is a pipe, not a file",               False),
    (pipe("data/trials.db"),  ("report",),                                   (1,), 15, "it is a pipe, not a file",               False),
    (device("data/t.csv"),    ("check",),                                    (1,), 15, "t.csv",             False),
    (device("r.ndjson"),      ("load", "r.ndjson", *LOAD),                   (1,), 15, "it is a device, not a file",             False),
    (endless("data/t.csv"),   ("check",),                                    (1,), 15, "more than 25 MB",                        False),
    (endless(f"cache/{nct(1)}.json"),   ("sync", "--offline"),               (0,), 15, "not a usable copy",                      True),
    (pipe(f"records/{nct(2)}.json"),    ("load", "records", *LOAD),          (0,), 15, "1 new",                                  False),
    (digits,                  ("sync", "--offline"),                         (0,), 15, "",                                       True),
    (unclosed_quote,          ("check",),                                    (1,), 20, "row 100, line 101: ",                    False),
    (large_number,            ("load", "r.ndjson", *LOAD),                   (0,), 15, "new",                                    False),
    (odd_copy,                ("sync", "--offline"),                         (0,), 15, "not a usable copy",                      False),
    (deep_copy,               ("sync", "--offline"),                         (0,), 15, "not a usable copy",                      False),
    (nothing,                 ("export", "--output", "data/t.csv"),          (2,), 15, "is the table of data/t.toml",            False),
)
# fmt: on
CASES = [
    pytest.param(
        *fault[:5],
        id=f"{number} {' '.join(fault[1][:2])}",
        marks=[] if fault[5] else [pytest.mark.long],
    )
    for number, fault in enumerate(FAULTS, 1)
]


@pytest.mark.parametrize(("prepare", "command", "codes", "seconds", "says"), CASES)
def test_a_fault_ends_in_time_within_its_memory_and_in_plain_words(
    bench: Bench,
    prepare: Callable[[Bench], None],
    command: tuple[str, ...],
    codes: tuple[int, ...],
    seconds: float,
    says: str,
) -> None:
    prepare(bench)
    code, output = run(bench, *command, seconds=seconds)
    assert code in codes and says in output, output


@pytest.mark.long
def test_a_mute_scheduler_is_given_up(bench: Bench) -> None:
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    address = f"tcp://{bench.serve()}"
    command = ("load", "records", "--whole", "--scheduler", address)
    code, output = run(bench, *command, seconds=30)
    assert code == 1 and f"no Dask scheduler answers at {address} within 10 s" in output


@pytest.mark.long
def test_a_dripping_notice_host_is_given_up_and_another_run_works_meanwhile(bench: Bench) -> None:
    url = f"json://{bench.serve(b'HTTP/1.1 200 OK' + bytes((13, 10)))}/secret"
    results: list[tuple[int, str]] = []
    sender = threading.Thread(
        target=lambda: results.append(run(bench, *SYNC, "--notify", url, seconds=45))
    )
    sender.start()
    while not (bench.folder / "data" / ".trials.db.sending.lock").exists():
        time.sleep(0.05)
    code, output = run(bench, *SYNC, seconds=20)
    assert code == 0 and sender.is_alive(), output
    sender.join()
    assert results[0][0] == 1 and "could not be sent by json" in results[0][1]
    assert "secret" not in results[0][1]


def test_what_a_killed_run_leaves_is_taken_up(bench: Bench) -> None:
    """SIGKILL while the registry answers: the next run has everything."""
    bench.registry.fail("silence", times=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "enrich", *SYNC],
        cwd=bench.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ENRICH_REGISTRY": bench.registry.url},
    )
    while not bench.registry.requests:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    bench.registry.heal()
    code, output = run(bench, *SYNC, seconds=20)
    assert code == 0 and "3 asked = 0 changed + 0 unchanged + 3 new" in output
