"""What others took, where they are too heavy to be run beside us each time: figures that were
measured once, or that their authors publish.
"""

from dataclasses import dataclass

from tests.bench.contenders import AGAIN, FIRST

ONCE = "measured once: two cores, a stand-in registry on the same machine, records of 34.6 KB on average"
PUBLISHED = "published by its authors, on a machine of theirs, over the Internet"


@dataclass(frozen=True)
class Quoted:
    """*seconds* for *trials*; *nearest* is the contender of ours that does what comes nearest."""

    what: str
    trials: int
    seconds: float
    source: str
    nearest: str

    @property
    def each(self) -> float:
        """Seconds a trial."""
        return self.seconds / self.trials


# fmt: off
CTRDATA_FIRST = Quoted("ctrdata into PostgreSQL, first load",                 1000,  30.5, ONCE,      FIRST)
CTRDATA_AGAIN = Quoted("ctrdata into PostgreSQL, the same query again",       1000, 154.7, ONCE,      AGAIN)
QUOTED = (
    CTRDATA_FIRST,
    CTRDATA_AGAIN,
    Quoted("ctrdata, first load",                                             3090,   8.5, PUBLISHED, FIRST),
    Quoted("ctrdata, overviews of histories: more than we fetch",             3090, 155.0, PUBLISHED, FIRST),
    Quoted("cthist, histories of five versions each: more than we fetch",       10,   6.3, ONCE,      FIRST),
)
# fmt: on
