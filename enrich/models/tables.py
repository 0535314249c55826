"""A published table, its description, and what its owner did to it."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from typing import Any

from enrich.models.enums import Digest, Rank, Significance, SignOfLife, TableChangeKind


@dataclass(frozen=True)
class Row:
    """A row of a published table; *nct_ids* are the well-formed ids of its own trials."""

    position: int
    cells: Mapping[str, str]
    nct_ids: tuple[str, ...] = ()
    accessed: str | None = None  # when the authors looked at the record, as `dates.day_range` reads

    @property
    def nct_id(self) -> str | None:
        """The first of its ids."""
        return self.nct_ids[0] if self.nct_ids else None


class KeyType(StrEnum):
    """What a key of a table's description holds, in the words of an error message."""

    TEXT = "text in quotes"
    BOOLEAN = "true or false"
    DATE = "a date such as 2021-03-09"
    PERCENT = "a percentage such as 25"
    DAYS = "a number of days such as 90"
    DATE_ORDER = '"dmy", "mdy" or "ymd"'
    PLACE = '"first", "second", "third" or "last"'
    COLUMN = "the name of a column, in quotes"
    FILE = "the name of a file, in quotes"
    COMPARED_FIELDS = 'a list of fields, such as ["phases", "enrollment"]'
    SHOWN_FIELDS = 'a list of facts to show, such as ["sex"]'
    CHANGED_FIELDS = 'a list of fields, such as ["overall_status"]'
    SIGNIFICANCES = 'a list of kinds of change, such as ["material"]'
    STATUSES = 'a list of recruitment statuses, such as ["Completed"]'
    COLUMNS = 'sections such as [columns."Phase"]'
    DISMISSALS = "sections [[dismissed]]"
    COMPARED_FIELD = 'the name of a compared field, such as "enrollment"'
    NCT_ID = 'an id of the table, such as "NCT01813279"'
    REASON = "a reason, in quotes"
    NEWS_RULES = "a section [notify], or several [[notify]]"
    ADDRESS = 'a mail address, or the name of a variable such as "ENRICH_NOTIFY_TEAM"'
    NCT_IDS = 'a list of ids of the table, such as ["NCT01813279"]'
    CELLS = 'columns and their cells, such as { Drug = "Nivolumab" }'
    RANK = f"one of {', '.join(rank.word for rank in Rank if rank != Rank.TABLE)}"
    DIGEST = '"each run" or "weekly"'
    WATCH = "a section [watch]"
    PLACE_ON_EARTH = 'a city such as "Utrecht" or a point such as [52.09, 5.12]'
    KILOMETRES = "a number of kilometres such as 50"
    SIGN_OF_LIFE = '"never" or "monthly"'
    SEARCH = "a section [search]"


def key(type_: KeyType, meaning: str, default: Any = MISSING, **more: Any) -> Any:
    """A key of a table's description: the field of a frozen value, with its type and meaning.

    *more*: `name`, where the file spells the key otherwise than we do; `is_compared=False` for a
    key that no verdict depends on (see `compare.fingerprint`).
    """
    return field(default=default, metadata={"type": type_, "meaning": meaning, **more})


@dataclass(frozen=True)
class Column:
    """What a column of the table says about a trial: the section [columns."…"]."""

    name: str
    says: tuple[str, ...] = key(
        KeyType.COMPARED_FIELDS, "Fields that the column is compared with.", ()
    )
    shows: tuple[str, ...] = key(
        KeyType.SHOWN_FIELDS, "Facts of the registry to show beside the column, uncompared.", ()
    )
    date_order: str | None = key(
        KeyType.DATE_ORDER, "How the column writes a date of three numbers.", None
    )
    participants: str | None = key(
        KeyType.PLACE,
        "Which number of a cell counts the participants, where cells print several: planned/enrolled"
        " as 120/118.",
        None,
    )
    stable_key: str | None = key(
        KeyType.TEXT, "A name for the column that stays when its header changes.", None, name="key"
    )


@dataclass(frozen=True)
class Dismissal:
    """A known difference that stays as it is, and why: a section [[dismissed]].

    It is settled until the fact or the cell moves again.
    """

    nct_id: str = key(KeyType.NCT_ID, "The trial, by its id in the table.", name="nct")
    field: str = key(KeyType.COMPARED_FIELD, "The field that differs.")
    because: str = key(KeyType.REASON, "Why the table stays as it is.")


@dataclass(frozen=True)
class TableWarning:
    """Something in the user's table that a person should look at; the rest of the table goes on."""

    table: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.table}, row {self.row}, column {self.column!r}: {self.message}"


@dataclass(frozen=True)
class Watch:
    """A place near which sites are watched: the section [watch].

    *near* is the name of a city, or latitude and longitude in degrees.
    """

    near: str | tuple[float, float] = key(
        KeyType.PLACE_ON_EARTH, "The city, or the point as latitude and longitude."
    )
    within_km: float = key(KeyType.KILOMETRES, "How far from it a site may be.", 50.0)


# fmt: off
@dataclass(frozen=True)
class NewsRules:
    """What counts as news for the readers of a table: its section [notify].

    An empty list or None restricts nothing. Without *kinds* material changes count, and minor ones
    of the *fields* that are named.
    """

    fields: tuple[str, ...]          = key(KeyType.CHANGED_FIELDS, "Only changes of these fields and lists, also the minor ones.", ())
    kinds: tuple[Significance, ...]  = key(KeyType.SIGNIFICANCES,  "Only changes of these kinds: material, minor, noise.", ())
    status: tuple[str, ...]          = key(KeyType.STATUSES,       "A change of status counts only when it leads to one of these.", ())
    enrollment_percent: float | None = key(KeyType.PERCENT,        "A change of enrollment counts only when it is larger than this.", None)
    date_days: int | None            = key(KeyType.DAYS,           "A change of a date counts only when it is larger than this.", None)
    differences: bool                = key(KeyType.BOOLEAN,        "Whether a new difference between table and registry is news.", True)


@dataclass(frozen=True)
class Recipient(NewsRules):
    """Who gets which news of a table, and when: a section [notify], or one of several [[notify]].

    The keys of `NewsRules` are the recipient's own rules. *where* holds columns, each with the
    cells to follow.
    """

    to: str | None                              = key(KeyType.ADDRESS,      "Who gets it: a mail address, by the mail server of --notify, or a variable with an address for --notify. Default: the addresses of --notify.", None)
    where: tuple[tuple[str, tuple[str, ...]], ...] = key(KeyType.CELLS,     "Only rows with these cells.", ())
    trials: tuple[str, ...]                     = key(KeyType.NCT_IDS,      "Only these trials.", ())
    minimum_rank: Rank | None                   = key(KeyType.RANK,         "Only news of this rank or a higher one, in the order of the reports.", None)
    digest: Digest                              = key(KeyType.DIGEST,       "When to send: after each run with news, or in the first run of each week.", Digest.EACH_RUN)
    sign_of_life: SignOfLife                    = key(KeyType.SIGN_OF_LIFE, "Whether to say once a month that the checks go on, if there was nothing else to send.", SignOfLife.NEVER)

    @property
    def rules(self) -> NewsRules:
        """What counts as news for this recipient."""
        return NewsRules(**{rule.name: getattr(self, rule.name) for rule in fields(NewsRules)})

    @property
    def is_restricted(self) -> bool:
        """Whether it gets only some of what a table has."""
        return bool(self.where or self.trials or self.minimum_rank)


@dataclass(frozen=True, kw_only=True)
class Description:
    """What the .toml file of a table states. Each field is one key of it:
    a new key is a new line here.
    """

    file: str                   = key(KeyType.FILE,       "The file with the table's cells, in the folder of the description.", is_compared=False)
    id_column: str              = key(KeyType.COLUMN,     "The column with the NCT ids.", is_compared=False)
    title: str                  = key(KeyType.TEXT,       "The table's title. Default: the name of the description.", "", is_compared=False)
    published: str | None       = key(KeyType.DATE,       "When the table was published: the authors saw the registry as it was then.", None)
    accessed_column: str | None = key(KeyType.COLUMN,     "The column with the day on which the authors looked at the record.", None)
    padded_dates: bool          = key(KeyType.BOOLEAN,    "Whether the table stores a month as its first day (2021-03 as 2021-03-01).", False)
    date_order: str | None      = key(KeyType.DATE_ORDER, "How the table writes a date of three numbers, as 05/03/2019 or 05/03/19. Default: as other cells of the column prove.", None)
    citation: str | None        = key(KeyType.TEXT,       "How to cite the publication.", None, is_compared=False)
    doi: str | None             = key(KeyType.TEXT,       "The publication's DOI.", None, is_compared=False)
    url: str | None             = key(KeyType.TEXT,       "The publication's web address.", None, is_compared=False)
    licence: str | None         = key(KeyType.TEXT,       "The licence of the table.", None, is_compared=False)
    columns: tuple[Column, ...] = key(KeyType.COLUMNS,    "What the columns say about a trial.", ())
    stable_key: str | None      = key(KeyType.TEXT,       "A name for the table that stays when its files are renamed.", None, name="key", is_compared=False)
    dismissed: tuple[Dismissal, ...] = key(KeyType.DISMISSALS, "Known differences that stay as they are; `enrich dismiss` writes them.", (), is_compared=False)
    news_rules: NewsRules       = key(KeyType.NEWS_RULES, "What counts as news for the readers of this table.", NewsRules(), name="notify", is_compared=False)
    search: tuple[tuple[str, str], ...] = key(KeyType.SEARCH, "The review's own search of the registry, by its parameters or the address of a search page.", (), is_compared=False)
    watch: Watch | None         = key(KeyType.WATCH,      "A place: sites that open or stop near it are news.", None, is_compared=False)
    # fmt: on

    @property
    def says(self) -> Mapping[str, tuple[str, ...]]:
        """The fields that each column is compared with, of those that are."""
        return {column.name: column.says for column in self.columns if column.says}

    @property
    def stated(self) -> tuple[str, ...]:
        """Every field that a column is compared with, once."""
        return tuple(dict.fromkeys(name for column in self.columns for name in column.says))


@dataclass(frozen=True, kw_only=True)
class Table(Description):
    """A published table with its description; *name* is that of the .toml file."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    warnings: tuple[TableWarning, ...] = ()
    path: str | None = None  # of the .toml file
    recipients: tuple[Recipient, ...] = ()  # the sections [[notify]]; none: as for [notify]

    @property
    def nct_ids(self) -> tuple[str, ...]:
        """Every distinct well-formed id, in the order of the table."""
        return tuple(dict.fromkeys(nct_id for row in self.rows for nct_id in row.nct_ids))


@dataclass(frozen=True)
class TableChange:
    """One change of a published table itself, as the run *run_id* saw it first.

    *before* and *after* are the cell, or the name of the column or table; of a removed row,
    *before* is the first cells of it. *position* is the row's place in the table when it was seen
    last.
    """

    kind: TableChangeKind
    table: str
    run_id: int = 0
    row_id: int | None = None
    position: int | None = None
    nct_id: str | None = None
    column: str | None = None
    before: str | None = None
    after: str | None = None
    seen_at: str = ""  # when that run ended
