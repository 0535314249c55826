"""The words that travel between the modules:
verdicts, causes, answers, outcomes, kinds of problems.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Verdict(StrEnum):
    """How one cell compares with the registry."""

    AGREES = "agrees"
    DIFFERS = "differs"
    ADDS = "adds"  # the cell says nothing, and the registry has a value
    SILENT = "silent"  # the cell says something, and the registry has no value
    UNREADABLE = "unreadable"
    NOT_CHECKED = "not checked"


class Cause(StrEnum):
    """Why a cell differs from the registry."""

    MOVED = "registry moved"
    NEVER_AGREED = "never agreed"
    UNKNOWN = "unknown"


class Significance(StrEnum):
    """How much a change matters to a reader of the table, the most important first."""

    MATERIAL = "material"
    MINOR = "minor"
    NOISE = "noise"


class Answer(StrEnum):
    """What the registry says about an id."""

    FOUND = "found"
    MERGED = "merged"  # another record answers: it has absorbed this one
    GONE = "gone"  # the registry had a record under this id and has it no longer
    UNKNOWN = "unknown"  # the registry has never had a record under this id, as far as is known


class TrialOutcome(StrEnum):
    """What a run found out about one trial."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NEW = "new"
    GONE = "gone"
    NOT_CHECKED = "not checked"

    @property
    def column(self) -> str:
        """The column of `runs` that counts these trials."""
        return self.value.replace(" ", "_")


class RunOutcome(StrEnum):
    """How a run ended."""

    RUNNING = "running"  # at work, or cut off
    COMPLETE = "complete"
    PARTIAL = "partial"  # some trials could not be checked
    UNREACHABLE = "unreachable"  # the registry did not answer
    OFFLINE = "offline"  # the registry was not asked


@dataclass(frozen=True)
class Handling:
    """How a run and its reports handle a kind of problem.

    By default a report lists the problem with its trial, and it is news in the run that sees it
    first, also under `--quiet`.

    - *is_lasting*: reported only when it has lasted for several runs, and again when it ends.
    - *is_grouped*: trials with the same message are listed together.
    - *note*: shown above the table instead, as it says where the facts come from.
    - *warning*: the line for stderr; without one, only reports and the log have the problem.
    - *leaves_unchecked*: the reason given for every trial that a run did not check because of it.

    In *note* and *warning* the message of the problem replaces `{}`.
    """

    is_lasting: bool = False
    is_grouped: bool = False
    note: str = ""
    warning: str = ""
    leaves_unchecked: str = ""


class ProblemKind(StrEnum):
    """A kind of problem that a run reports, and how it is handled. A new kind is one line here."""

    handling: Handling

    def __new__(cls, value: str, handling: Handling = Handling()) -> "ProblemKind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.handling = handling
        return kind

    # fmt: off
    UNREACHABLE = "unreachable", Handling(
        is_lasting=True,
        note="The registry could not be reached: {}.",
        warning="the registry could not be reached ({}); the report uses saved copies",
        leaves_unchecked="the registry could not be reached",
    )
    HELD = "held", Handling(
        warning="{}", leaves_unchecked="held back for review: see above"
    )
    NOT_CHECKED = "not checked", Handling(is_lasting=True, is_grouped=True)
    VERSION     = "version", Handling(warning="{}")   # the registry's interface has a new version
    SEARCH      = "search", Handling(warning="{}")    # the search of a table could not be asked
    NOT_KEPT    = "not kept", Handling(warning="{}")  # a copy could not be written to the cache
    DESCRIPTION = "description", Handling(warning="{}")  # a column seems to say something else
    CACHE       = "cache", Handling()                 # a copy in the cache cannot be read
    PAPERS      = "papers", Handling(is_lasting=True)  # a service that knows papers does not answer
    UNUSABLE    = "unusable", Handling()              # an answer that is not a record
    MERGED      = "merged", Handling()                # these three: the answer about an id
    GONE        = "gone", Handling()
    UNKNOWN     = "unknown", Handling()
    # fmt: on


class NoticeKind(StrEnum):
    """What a notice says of a paper, the gravest first. The four are never put together."""

    RETRACTION = "retraction"
    EXPRESSION_OF_CONCERN = "expression of concern"
    CORRECTION = "correction"
    REINSTATEMENT = "reinstatement"


class Rank(IntEnum):
    """The order of news, by what a change means for a reader; the most important first."""

    STOPPED = 1
    RESULTS = 2
    RECORD = 3
    RECRUITMENT = 4
    PRIMARY_OUTCOME = 5
    PARTICIPANTS = 6
    DATES = 7
    OTHER = 8
    TABLE = 9

    @property
    def word(self) -> str:
        """What a description calls it."""
        return self.name.lower().replace("_", " ")


class SiteEvent(StrEnum):
    """What became of a site near a watched place."""

    OPENED = "opened"
    PLANNED = "planned"
    STOPPED = "stopped"
    GIVEN_UP = "given up"
    REMOVED = "removed"


class Digest(StrEnum):
    """When news is sent: after every run that found some, or once a week."""

    EACH_RUN = "each run"
    WEEKLY = "weekly"


class SignOfLife(StrEnum):
    """Whether a message says that the checks go on while nothing is new."""

    NEVER = "never"
    MONTHLY = "monthly"


class TableChangeKind(StrEnum):
    """What somebody did to a published table between two runs.

    *is_news*: reported once, in the run that sees it first. Where a row or a column stands, and
    what a column or a table is called, changes nothing that a reader would want to hear of.
    """

    is_news: bool

    def __new__(cls, value: str, is_news: bool = False) -> "TableChangeKind":
        kind = str.__new__(cls, value)
        kind._value_ = value
        kind.is_news = is_news
        return kind

    # fmt: off
    CELL_EDITED    = "cell edited",    True    # in a column that is compared, or in the ids
    ROW_ADDED      = "row added"                # a trial that is new in it is news by itself
    ROW_REMOVED    = "row removed",    True
    COLUMN_RENAMED = "column renamed"
    COLUMN_REMOVED = "column removed", True    # one that was compared
    TABLE_RENAMED  = "table renamed"
    TABLE_REMOVED  = "table removed",  True
    # fmt: on
