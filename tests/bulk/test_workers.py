"""Where batches are worked on: what each process is given once, and what becomes of it when the one
that began it is killed.
"""

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from enrich.bulk.workers import (
    ExecutorWithSharedArgument,
    InlineExecutor,
    Workers,
    WorkersLost,
    _SharedArgument,
    worker_pool,
)

LARGE = "x" * 1_000_000


def size_of(held: str, number: int) -> tuple[int, int, int]:
    return len(held), number, os.getpid()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_held_is_the_first_argument_of_every_call(workers: int) -> None:
    with worker_pool(Workers(workers), shared=LARGE) as pool:
        calls = ((number,) for number in range(5))
        results = [answer for _, answer in pool.map_ordered(size_of, calls)]
    assert [result[:2] for result in results] == [(len(LARGE), number) for number in range(5)]
    assert all((pid == os.getpid()) == (workers == 1) for _, _, pid in results)


def test_what_is_held_is_not_sent_along_with_a_call() -> None:
    sent: list[Any] = []

    class Watched(InlineExecutor):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Any:
            sent.append(pickle.dumps(arguments))
            return super().submit(lambda *_: None)

    ExecutorWithSharedArgument(Watched(), _SharedArgument()).submit(size_of, 1)
    ExecutorWithSharedArgument(Watched(), LARGE).submit(size_of, 1)
    assert len(sent[0]) < 200 and len(sent[1]) > len(LARGE)


_MAIN = """
import os, sys, time
from enrich.bulk.workers import Workers, worker_pool
if __name__ == "__main__":
    with worker_pool(Workers(2)) as pool:
        print(*{pid for _, pid in pool.map_ordered(os.getpid, [()] * 20)}, flush=True)
        time.sleep(600)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[list[int]]:
    """The worker processes of a program that was killed."""
    script = tmp_path / "main.py"
    script.write_text(_MAIN)
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout
        workers = [int(pid) for pid in program.stdout.readline().split()]
        program.send_signal(signal.SIGKILL)
    yield workers
    for pid in filter(lives, workers):
        os.kill(pid, signal.SIGKILL)


def lives(pid: int) -> bool:
    """Whether a process is there; one that ended and that nobody has asked for is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_no_worker_outlives_the_program_that_was_killed(killed: list[int]) -> None:
    assert killed
    patience = time.monotonic() + 60
    while any(map(lives, killed)) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not [pid for pid in killed if lives(pid)]


@pytest.mark.parametrize("greeting", [None, b"\0" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n"])
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_port_that_is_no_scheduler_is_given_up_in_one_line(greeting, scheme):
    """Also one that takes connections and says nothing: Dask itself waits for it for ever."""
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

    def greet():
        with contextlib.suppress(OSError):
            while True:
                connections.append(server.accept()[0])
                connections[-1].sendall(greeting or b"")

    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=greet, daemon=True).start()
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        began = time.monotonic()
        workers = Workers(scheduler=address, connect_timeout=0.5)
        with pytest.raises(WorkersLost, match=f"no Dask scheduler answers at {address}"):
            worker_pool(workers).__enter__()
        assert time.monotonic() - began < 8
    for connection in connections:
        connection.close()
