"""The registry to measure against: the stand-in in a process of its own, and the records that it was given."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Registry:
    """What the process at the other end of these pipes answers."""

    url: str
    file: Path
    process: subprocess.Popen[str]

    def requests(self) -> int:
        """How many requests came in since this was last asked."""
        return self._tell("requests")

    def night(self, share: float) -> int:
        """A new load in which this share of the records really changed; how many that are."""
        return self._tell(f"night {share}")

    def records(self, ids: tuple[str, ...]) -> Iterator[bytes]:
        """The first records that the registry was given, as many as there are *ids*."""
        with self.file.open("rb") as lines:
            yield from (line for _, line in zip(ids, lines, strict=False))

    def _tell(self, line: str) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def make_records(number: int, file: Path, mean: int | None = None) -> int:
    """Writes the records and returns their bytes, in a process that ends: what this one holds would be counted as memory of every child of it."""
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
def standing(number: int, folder: Path) -> Iterator[Registry]:
    """A registry of *number* records, up and warm."""
    file = folder / f"{number}.ndjson"
    make_records(number, file)
    command = [sys.executable, "-m", "tests.bench.server", str(file)]
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
