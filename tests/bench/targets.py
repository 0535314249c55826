"""How fast is fast enough: each target, and whether what was measured meets it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.bulk import BulkMeasurement
from tests.bench.contenders import AGAIN, FETCHED, FIRST, KNOWN, PYTRIALS, STORED
from tests.bench.measure import Measurement, ratios
from tests.bench.quoted import CTRDATA_AGAIN, CTRDATA_FIRST, Quoted

# Most targets are for a table of so many trials.
TRIALS = 1000
# The largest table of trials that a review may list.
LISTED = 20_000
LARGEST = 100_000
# A memory that does not grow with the number of studies still differs from run to run.
FLAT = 1.25


@dataclass(frozen=True)
class Results:
    """All measurements: for each size of table those of every contender, round by round.

    *bulk* are those of the bulk download by size; *like* has records as large as the registry's.
    """

    tables: Mapping[int, Mapping[str, Sequence[Measurement]]]
    bulk: Sequence[BulkMeasurement] = ()
    like: BulkMeasurement | None = None

    def of(self, name: str, size: int = TRIALS) -> Sequence[Measurement]:
        """The measurements of a contender at a table of *size*; none where it did not run."""
        return self.tables.get(size, {}).get(name, ())

    def times(self, over: str, under: str) -> Sequence[float]:
        return ratios(self.of(over), self.of(under))

    def faster_than(self, quoted: Quoted, size: int = TRIALS) -> Sequence[float]:
        """How many times as long the other took for each trial."""
        return [quoted.each / (run.seconds / size) for run in self.of(quoted.nearest, size)]


@dataclass(frozen=True)
class Target:
    """A figure must be at most, or at least, the *limit*.

    *read* gives the figure of each round, none where it was not measured.
    """

    what: str
    at_most: bool
    limit: float
    stretch: float | None
    unit: str
    read: Callable[[Results], Sequence[float]]

    def meets(self, figures: Sequence[float], limit: float | None) -> bool | None:
        """Whether the median meets *limit*; None where there is none, or nothing was measured."""
        if not figures or limit is None:
            return None
        return median(figures) <= limit if self.at_most else median(figures) >= limit


def _not_reloaded(name: str, size: int) -> Callable[[Results], Sequence[float]]:
    return lambda results: [getattr(run, name) for run in results.of(KNOWN, size)]


def _largest_memory(results: Results) -> Sequence[float]:
    return [run.memory for bulk in results.bulk if bulk.number == LARGEST for run in bulk.runs]


def _growth_of_memory(results: Results) -> Sequence[float]:
    """From a tenth of the largest size to the largest."""
    memory = {bulk.number: bulk.first.memory for bulk in results.bulk}
    return (
        [memory[LARGEST] / memory[LARGEST // 10]]
        if {LARGEST, LARGEST // 10} <= memory.keys()
        else []
    )


# fmt: off
TARGETS = (
    Target("first sync of 1,000 ÷ fetching, parsing and writing the raw rows", True, 2.0, 1.3, "×", lambda results: results.times(FIRST, STORED)),
    Target("re-sync of 1,000, reloaded, nothing changed ÷ fetching and parsing the same bytes", True, 1.2, 1.0, "×", lambda results: results.times(AGAIN, FETCHED)),
    Target("re-sync of 1,000, not reloaded: requests",        True,  1, None, "", _not_reloaded("requests", TRIALS)),
    Target("re-sync of 1,000, not reloaded: processor",       True,  0.5, 0.25, "s", _not_reloaded("cpu", TRIALS)),
    Target("re-sync of 6, not reloaded: processor",           True,  0.5, 0.25, "s", _not_reloaded("cpu", 6)),
    Target("first sync of 1,000 ÷ pytrials merely fetching",  True,  2.0, 1.0, "×", lambda results: results.times(FIRST, PYTRIALS)),
    Target("ctrdata's first load (quoted: 30.5 s) ÷ ours",    False, 10, None, "×", lambda results: results.faster_than(CTRDATA_FIRST)),
    Target("ctrdata's second load (quoted: 154.7 s) ÷ ours",  False, 50, None, "×", lambda results: results.faster_than(CTRDATA_AGAIN)),
    Target("whole registry from the zip, records of its mean weight", False, 2000, 5000, "studies per second", lambda results: results.like.rates if results.like else ()),
    Target("memory of all processes at 100,000 studies",      True,  400, 200, "MB", _largest_memory),
    Target("the same ÷ memory at 10,000 studies (flat)",      True,  FLAT, None, "×", _growth_of_memory),
)
# fmt: on
