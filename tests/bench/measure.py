"""Runs a command as a process of its own and measures it.

The kernel counts the memory that a parent held at the start of a process as that process's own: so
the benchmark itself holds nothing large.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


class Failed(Exception):
    """A contender did not do its work; its figures would mean nothing."""


@dataclass(frozen=True)
class Measurement:
    """Seconds by the clock, seconds of processor, most memory (MB), and requests sent."""

    seconds: float
    cpu: float
    memory: float
    requests: int = 0


def measure(
    command: Sequence[str],
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    family: bool = False,
) -> Measurement:
    """Runs *command* in *folder* to its end. Raises Failed with its last output.

    Memory is what the kernel counted for the largest process; with *family*, the most that all its
    processes held together, sampled every tenth of a second.
    """
    with (folder / "stderr.txt").open("w+b") as errors:
        begun = time.perf_counter()
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**_user_environment(), **(env or {})},
        )
        watch = _MemoryWatch(child.pid)
        if family:
            watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        watch.over.set()
        if child.returncode:
            errors.seek(0)
            raise Failed(
                f"{' '.join(map(str, command[:6]))}…: {errors.read()[-600:].decode(errors='replace')}"
            )
    largest = usage.ru_maxrss / (1024 if sys.platform == "linux" else 2**20)
    # A process that ends within a tenth of a second was not sampled.
    return Measurement(
        seconds, usage.ru_utime + usage.ru_stime, max(watch.most, largest) if family else largest
    )


def _user_environment() -> dict[str, str]:
    """The environment as a user has it: Python may keep compiled modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def medians(measurements: Iterable[Measurement]) -> Measurement:
    runs = list(measurements)
    return Measurement(
        *(median(getattr(run, name) for run in runs) for name in ("seconds", "cpu", "memory")),
        round(median(run.requests for run in runs)),
    )


def spread_text(values: Sequence[float], digits: int = 2) -> str:
    """The median, and of several values the least and the most: `1.20 (1.15–1.90)`."""
    least, middle, most = (
        f"{value:,.{digits}f}" for value in (min(values), median(values), max(values))
    )
    return middle if least == most else f"{middle} ({least}–{most})"


def ratios(
    over: Iterable[Measurement], under: Iterable[Measurement], name: str = "seconds"
) -> tuple[float, ...]:
    """How many times as much *over* took as *under*, round by round: a slow round cancels out."""
    return tuple(
        getattr(run, name) / getattr(other, name) for run, other in zip(over, under, strict=False)
    )


class _MemoryWatch(threading.Thread):
    """Samples the memory of a process and its descendants (Linux: proportional set size)."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.most = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.1):
            self.most = max(self.most, sum(map(_proportional_memory, _family(self._pid))))


def _family(pid: int) -> list[int]:
    try:
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in _family(child))]


def _proportional_memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
