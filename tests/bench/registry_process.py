"""The registry to measure against: the stand-in as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Registry:
    """A running registry; its process answers lines on its standard input."""

    url: str
    file: Path
    process: subprocess.Popen[str]

    def requests(self) -> int:
        """The number of requests since the last call."""
        return self._send("requests")

    def night(self, share: float) -> int:
        """Starts a new load in which this *share* of the records has changed; their number."""
        return self._send(f"night {share}")

    def records(self, ids: tuple[str, ...]) -> Iterator[bytes]:
        """The first records of the registry, as many as there are *ids*."""
        with self.file.open("rb") as lines:
            yield from (line for _, line in zip(ids, lines, strict=False))

    def _send(self, line: str) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def make_records(number: int, file: Path, mean: int | None = None) -> int:
    """Writes the records and returns their bytes.

    In a process that ends: what this one holds would count as memory of all its children.
    """
    command = [
        sys.executable,
        "-m",
        "tests.bench.records",
        str(number),
        str(file),
        *([str(mean)] if mean else []),
    ]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


@contextmanager
def running_registry(
    number: int, folder: Path, mean: int | None = None, latency: float = 0
) -> Iterator[Registry]:
    """A registry of *number* records, of at most *mean* bytes on average, started and warm. Each of
    its responses comes *latency* seconds late.
    """
    file = folder / f"{number}.ndjson"
    make_records(number, file, mean)
    command = [sys.executable, "-m", "tests.bench.server", str(file), str(latency)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        registry = Registry(process.stdout.readline().strip(), file, process)
        registry.night(0)
        try:
            yield registry
        finally:
            process.stdin.close()
            process.wait()
