"""Cost as the registry grows: bulk downloads of several sizes, loaded whole, beside the floor."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import ENRICH, PEERS
from tests.bench.measure import Measurement, measure, medians
from tests.bench.registry_process import make_records

# On 2026-10-31 the download held 597,913 studies in 10.3 GB.
REGISTRY_MEAN = 17_200
# From here on one round is enough: other work hardly disturbs a run of minutes.
_LARGE = 100_000


@dataclass(frozen=True)
class BulkMeasurement:
    """Loading *number* studies of *raw* bytes, loading the same file again, and the floor.

    *database* and *floor_database* are the sizes of the databases in MB.
    """

    number: int
    raw: int
    runs: tuple[Measurement, ...]
    repeats: tuple[Measurement, ...]
    floor_runs: tuple[Measurement, ...]
    database: float
    floor_database: float

    @property
    def first(self) -> Measurement:
        return medians(self.runs)

    @property
    def floor(self) -> Measurement:
        return medians(self.floor_runs)

    @property
    def mean(self) -> float:
        """The bytes of a study, on average."""
        return self.raw / self.number

    @property
    def rates(self) -> tuple[float, ...]:
        """Studies a second, in each round."""
        return tuple(self.number / run.seconds for run in self.runs)

    @property
    def throughputs(self) -> tuple[float, ...]:
        """Megabytes of raw JSON a second, in each round."""
        return tuple(self.raw / 1e6 / run.seconds for run in self.runs)


def measure_bulk(
    numbers: Sequence[int], times: int, folder: Path, mean: int | None = None
) -> Iterator[BulkMeasurement]:
    """Measures each size in turn."""
    for number in numbers:
        archive = folder / f"{number}.zip"
        raw = make_records(number, archive, mean)
        runs, repeats, floor_runs = zip(
            *(_once(archive, folder) for _ in range(times if number < _LARGE else 1)), strict=True
        )
        yield BulkMeasurement(
            number,
            raw,
            runs,
            repeats,
            floor_runs,
            _megabytes(folder / "bulk.db"),
            _megabytes(folder / "floor.db"),
        )
        archive.unlink()
        print(
            f"{number} in the zip, {raw / number / 1000:.1f} KB each: {medians(runs)}",
            file=sys.stderr,
        )


def _once(archive: Path, folder: Path) -> tuple[Measurement, Measurement, Measurement]:
    for name in ("bulk.db", "floor.db"):
        (folder / name).unlink(missing_ok=True)
    command = [*ENRICH, "load", str(archive), "-q", "--whole", "--db", "bulk.db"]
    floor = measure(
        [sys.executable, str(PEERS / "bulk_floor.py"), str(archive), "floor.db"],
        folder,
        family=True,
    )
    return measure(command, folder, family=True), measure(command, folder, family=True), floor


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6
