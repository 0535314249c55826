"""Cost as the registry grows: the bulk download taken in whole, at several sizes, beside the floor."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.contenders import ENRICH, PEERS
from tests.bench.measure import Taken, medians, take
from tests.bench.standing import make_records

# On 2026-10-31 the download held 597,913 studies in 10.3 GB.
REGISTRY_MEAN = 17_200
# From here on one round is enough: what disturbs a run of minutes is small beside it.
_LARGE = 100_000


@dataclass(frozen=True)
class Grown:
    """What it took to take in *number* studies of *raw* bytes, to be named the same file again, and at the floor; sizes of the databases in MB."""

    number: int
    raw: int
    firsts: tuple[Taken, ...]
    agains: tuple[Taken, ...]
    floors: tuple[Taken, ...]
    database: float
    floor_database: float

    @property
    def first(self) -> Taken:
        return medians(self.firsts)

    @property
    def floor(self) -> Taken:
        return medians(self.floors)

    @property
    def mean(self) -> float:
        """The bytes of a study, on average."""
        return self.raw / self.number

    @property
    def rates(self) -> tuple[float, ...]:
        """Studies a second, in each round."""
        return tuple(self.number / one.seconds for one in self.firsts)

    @property
    def throughputs(self) -> tuple[float, ...]:
        """Megabytes of raw JSON a second, in each round."""
        return tuple(self.raw / 1e6 / one.seconds for one in self.firsts)


def grow(
    numbers: Sequence[int], times: int, folder: Path, mean: int | None = None
) -> Iterator[Grown]:
    """Measures each size in turn: taken in, named again (which is known and not read), and the floor."""
    for number in numbers:
        archive = folder / f"{number}.zip"
        raw = make_records(number, archive, mean)
        firsts, agains, floors = zip(
            *(_once(archive, folder) for _ in range(times if number < _LARGE else 1)), strict=True
        )
        yield Grown(
            number,
            raw,
            firsts,
            agains,
            floors,
            _megabytes(folder / "bulk.db"),
            _megabytes(folder / "floor.db"),
        )
        archive.unlink()
        print(
            f"{number} in the zip, {raw / number / 1000:.1f} KB each: {medians(firsts)}",
            file=sys.stderr,
        )


def _once(archive: Path, folder: Path) -> tuple[Taken, Taken, Taken]:
    for name in ("bulk.db", "floor.db"):
        (folder / name).unlink(missing_ok=True)
    command = [*ENRICH, "load", str(archive), "-q", "--whole", "--db", "bulk.db"]
    floor = take(
        [sys.executable, str(PEERS / "bulk_floor.py"), str(archive), "floor.db"],
        folder,
        family=True,
    )
    return take(command, folder, family=True), take(command, folder, family=True), floor


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6
