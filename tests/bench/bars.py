"""How fast is fast enough: each bar, what was measured, and whether it is met."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.contenders import AGAIN, FETCHED, FIRST, KNOWN, PYTRIALS, STORED
from tests.bench.growth import Grown
from tests.bench.measure import Taken, ratios
from tests.bench.quoted import CTRDATA_AGAIN, CTRDATA_FIRST, Quoted

# Most bars are set for a table of so many trials.
TRIALS = 1000
LARGEST = 100_000
# A memory that does not grow with the number of studies still differs from run to run.
FLAT = 1.25


@dataclass(frozen=True)
class Results:
    """All that was measured: for each size of table what every contender took, round by round; *like* is a zip of the registry's mean weight."""

    tables: Mapping[int, Mapping[str, Sequence[Taken]]]
    grown: Sequence[Grown] = ()
    like: Grown | None = None

    def of(self, name: str, size: int = TRIALS) -> Sequence[Taken]:
        """What a contender took at a table of *size*; nothing where it did not run."""
        return self.tables.get(size, {}).get(name, ())

    def times(self, over: str, under: str) -> Sequence[float]:
        return ratios(self.of(over), self.of(under))

    def faster_than(self, quoted: Quoted, size: int = TRIALS) -> Sequence[float]:
        """How many times as long the other took, a trial."""
        return [quoted.each / (one.seconds / size) for one in self.of(quoted.beside, size)]


@dataclass(frozen=True)
class Bar:
    """*read* gives the figure of each round, none where it was not measured. It is to be at most the bar, or at least it."""

    what: str
    at_most: bool
    bar: float
    moonshot: float | None
    unit: str
    read: Callable[[Results], Sequence[float]]

    def meets(self, figures: Sequence[float], bar: float | None) -> bool | None:
        """Whether the median does; None where nothing can be said."""
        if not figures or bar is None:
            return None
        return median(figures) <= bar if self.at_most else median(figures) >= bar


def _not_reloaded(name: str, size: int) -> Callable[[Results], Sequence[float]]:
    return lambda results: [getattr(one, name) for one in results.of(KNOWN, size)]


def _largest_memory(results: Results) -> Sequence[float]:
    return [
        one.memory for grown in results.grown if grown.number == LARGEST for one in grown.firsts
    ]


def _growth_of_memory(results: Results) -> Sequence[float]:
    """From a tenth of the largest size to the largest."""
    held = {grown.number: grown.first.memory for grown in results.grown}
    return (
        [held[LARGEST] / held[LARGEST // 10]] if LARGEST in held and LARGEST // 10 in held else []
    )


# fmt: off
BARS = (
    Bar("first sync of 1,000 ÷ fetching, parsing and writing the raw rows", True, 2.0, 1.3, "×", lambda results: results.times(FIRST, STORED)),
    Bar("re-sync of 1,000, reloaded, nothing changed ÷ fetching and parsing the same bytes", True, 1.2, 1.0, "×", lambda results: results.times(AGAIN, FETCHED)),
    Bar("re-sync of 1,000, not reloaded: requests",        True,  1, None, "", _not_reloaded("requests", TRIALS)),
    Bar("re-sync of 1,000, not reloaded: processor",       True,  0.5, 0.25, "s", _not_reloaded("cpu", TRIALS)),
    Bar("re-sync of 6, not reloaded: processor",           True,  0.5, 0.25, "s", _not_reloaded("cpu", 6)),
    Bar("first sync of 1,000 ÷ pytrials merely fetching",  True,  2.0, 1.0, "×", lambda results: results.times(FIRST, PYTRIALS)),
    Bar("ctrdata's first load (quoted: 30.5 s) ÷ ours",    False, 10, None, "×", lambda results: results.faster_than(CTRDATA_FIRST)),
    Bar("ctrdata's second load (quoted: 154.7 s) ÷ ours",  False, 50, None, "×", lambda results: results.faster_than(CTRDATA_AGAIN)),
    Bar("whole registry from the zip, records of its mean weight", False, 2000, 5000, "studies a second", lambda results: results.like.rates if results.like else ()),
    Bar("memory of all processes at 100,000 studies",      True,  400, 200, "MB", _largest_memory),
    Bar("the same ÷ memory at 10,000 studies (flat)",      True,  FLAT, None, "×", _growth_of_memory),
)
# fmt: on
