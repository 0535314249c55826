"""How fast is fast enough: each target, and whether what was measured meets it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.bench.bulk import BulkMeasurement
from tests.bench.contenders import AGAIN, FETCHED, FIRST, KNOWN, PYTRIALS, QUIET, STORED
from tests.bench.measure import Measurement, ratios
from tests.bench.outputs import OutputMeasurement
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
    *help* are the runs of `enrich --help`, *outputs* those of reports and exports, with the memory
    (MB) of an *interpreter* alone, and *pages* the seconds of each page of the site.
    """

    tables: Mapping[int, Mapping[str, Sequence[Measurement]]] = field(default_factory=dict)
    bulk: Sequence[BulkMeasurement] = ()
    like: BulkMeasurement | None = None
    help: Sequence[Measurement] = ()
    outputs: Sequence[OutputMeasurement] = ()
    interpreter: float = 0
    pages: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def of(self, name: str, size: int = TRIALS) -> Sequence[Measurement]:
        """The measurements of a contender at a table of *size*; none where it did not run."""
        return self.tables.get(size, {}).get(name, ())

    def times(self, over: str, under: str, size: int = TRIALS) -> Sequence[float]:
        return ratios(self.of(over, size), self.of(under, size))

    def faster_than(self, quoted: Quoted, size: int = TRIALS) -> Sequence[float]:
        """How many times as long the other took for each trial."""
        return [quoted.each / (run.seconds / size) for run in self.of(quoted.nearest, size)]


Read = Callable[[Results], Sequence[float]]


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
    read: Read

    def meets(self, figures: Sequence[float], limit: float | None) -> bool | None:
        """Whether the median meets *limit*; None where there is none, or nothing was measured."""
        if not figures or limit is None:
            return None
        return median(figures) <= limit if self.at_most else median(figures) >= limit


def _figure(contender: str, name: str, size: int = TRIALS) -> Read:
    """One figure of each run of a contender."""
    return lambda results: [getattr(run, name) for run in results.of(contender, size)]


def _ratio(over: str, under: str, size: int = TRIALS) -> Read:
    return lambda results: results.times(over, under, size)


def _milliseconds_a_row(output: str) -> Read:
    """Of a report or an export, at the largest table of which it was made."""

    def read(results: Results) -> Sequence[float]:
        made = [each for each in results.outputs if each.output.name == output and each.runs]
        largest = max(made, key=lambda each: each.rows, default=None)
        return [1000 * run.cpu / largest.rows for run in largest.runs] if largest else []

    return read


def _memory_of_outputs(results: Results) -> Sequence[float]:
    """The most that a report or an export needs above an interpreter, of any table."""
    memory = [
        max(run.memory for run in each.runs) - results.interpreter
        for each in results.outputs
        if each.runs
    ]
    return [max(memory)] if memory else []


def _slowest_page(*names: str) -> Read:
    """The median of the slowest of these pages, by default of all."""

    def read(results: Results) -> Sequence[float]:
        taken = [median(results.pages[name]) for name in names or results.pages if results.pages]
        return [max(taken)] if taken else []

    return read


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


FIRST_PAGES = (
    *("front page", "search in trials: a rare word", "search in trials: a frequent word"),
    *("trials, newest first", "a trial", "what the records said on a day"),
)

# fmt: off
TARGETS = (
    Target("`enrich --help`: processor",                                  True, 0.06, None, "s", lambda results: [run.cpu for run in results.help]),
    Target("quiet night (`-q`, not reloaded), 1,000 trials: processor",   True, 0.2, None, "s", _figure(KNOWN, "cpu")),
    Target("quiet night, 6 trials: processor",                            True, 0.2, None, "s", _figure(KNOWN, "cpu", 6)),
    Target("quiet night, 1,000 trials: requests",                         True, 1, None, "", _figure(KNOWN, "requests")),
    Target("first load of 1,000: requests",                               True, 6, None, "", _figure(FIRST, "requests")),
    Target("first load of 1,000, `-q` ÷ floor with writing",              True, 1.5, 1.3, "×", _ratio(QUIET, STORED)),
    Target("first load of 5,000, `-q` ÷ floor with writing",              True, 1.5, 1.3, "×", _ratio(QUIET, STORED, 5000)),
    Target("first load of 1,000, with the report ÷ floor with writing",   True, 1.5, 1.3, "×", _ratio(FIRST, STORED)),
    Target("first load of 5,000, with the report ÷ floor with writing",   True, 1.5, 1.3, "×", _ratio(FIRST, STORED, 5000)),
    Target("1,000 again, reloaded, nothing changed ÷ floor",              True, 1.0, None, "×", _ratio(AGAIN, FETCHED)),
    Target("first load of 1,000, with the report ÷ pytrials fetching",    True, 1.0, None, "×", _ratio(FIRST, PYTRIALS)),
    Target("ctrdata's first load (quoted: 30.5 s) ÷ ours",                False, 10, None, "×", lambda results: results.faster_than(CTRDATA_FIRST)),
    Target("ctrdata's second load (quoted: 154.7 s) ÷ ours",              False, 50, None, "×", lambda results: results.faster_than(CTRDATA_AGAIN)),
    Target("first load of 20,000, with the report",                       True, 15, None, "s", _figure(FIRST, "seconds", LISTED)),
    Target("first load of 20,000, with the report: memory",               True, 200, None, "MB", _figure(FIRST, "memory", LISTED)),
    Target("report as text, largest table: processor for each row",       True, 0.15, None, "ms", _milliseconds_a_row("report text")),
    Target("export to Word, largest table: processor for each row",       True, 1.0, None, "ms", _milliseconds_a_row("export docx")),
    Target("largest memory of a report or export above an interpreter's", True, 150, None, "MB", _memory_of_outputs),
    Target("whole registry from the zip, records of its mean weight",     False, 5000, None, "studies per second", lambda results: results.like.rates if results.like else ()),
    Target("memory of all processes at 100,000 studies",                  True, 200, None, "MB", _largest_memory),
    Target("the same ÷ memory at 10,000 studies (flat)",                  True, FLAT, None, "×", _growth_of_memory),
    Target("site over 100,000 studies: front page, search, table, trial, day", True, 0.3, None, "s", _slowest_page(*FIRST_PAGES)),
    Target("the slowest of all its pages",                                True, 0.3, None, "s", _slowest_page()),
)
# fmt: on
