"""How well the cells of a column agree with the records: those of their own rows, against chance.

The product's own readers read each cell, and its own rules compare it. Chance is what the same
cells agree with in the records of other rows: where every trial is about COVID-19, a condition that
agrees proves nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import NamedTuple

from enrich.compare.verdicts import compare_field
from enrich.models import Column, Comparison, Trial, Verdict

# So many rows are looked at; they are as good as 5,000 to recognise a column.
MOST_ROWS = 120
# Each cell is compared with the records of so many other rows to know what agrees by chance.
_OTHERS = 12

# Fields that one cell often states together: what else a cell holds decides how it is read.
_TOGETHER: Sequence[tuple[str, ...]] = (
    ("study_type", "phases", "allocation", "intervention_model", "masking"),
    ("phases", "enrollment"),
    ("enrollment", "minimum_age", "maximum_age"),
    ("minimum_age", "maximum_age"),
    ("overall_status", "start_date", "completion_date"),
    ("overall_status", "completion_date"),
    ("start_date", "completion_date"),
    ("start_date", "primary_completion_date"),
)


# Their cells may be shortened, so that none agrees word by word.
TITLES = ("brief_title", "official_title")


class SampleRow(NamedTuple):
    """A row that is looked at: its cells by column, and the record of its trial."""

    cells: Sequence[str]
    trial: Trial | None


@dataclass(frozen=True)
class Evidence:
    """What the cells of one column show about one field.

    - *printed* cells are not blank, *recorded* of them have a record, *claims* can be read.
    - Of *compared* cells *agree* with the record of their own row.
    - *resembling* cells are more like the text of their own record than like that of any other row:
      titles are often shortened.
    - *by_chance*: the share that agrees with records of other rows; None where there are none.
    - *says*, *order*, *participants*: how the column must be described for the cells to be read so.
    """

    printed: int = 0
    recorded: int = 0
    claims: int = 0
    agree: int = 0
    compared: int = 0
    resembling: int = 0
    by_chance: float | None = None
    says: tuple[str, ...] = ()
    order: str | None = None
    participants: str | None = None

    @property
    def readable(self) -> float:
        """The share of printed cells that can be read about the field."""
        return self.claims / self.printed if self.printed else 0.0

    @property
    def agreement(self) -> float:
        """The share of compared cells that agree."""
        return self.agree / self.compared if self.compared else 0.0

    @property
    def p_value(self) -> float:
        """The probability that so many cells, or more, agree by chance; 1 where nothing is known.

        Chance is taken to be a little larger than seen, so that a few rows prove little.
        """
        if self.by_chance is None or not self.compared:
            return 1.0
        share = (self.by_chance * self.compared + 0.5) / (self.compared + 1)
        return sum(
            comb(self.compared, hits) * share**hits * (1 - share) ** (self.compared - hits)
            for hits in range(self.agree, self.compared + 1)
        )


def sample_rows(
    rows: Iterable[Sequence[str]],
    nct_ids: Iterable[str | None],
    records: Mapping[str, Trial],
    most: int = MOST_ROWS,
) -> list[SampleRow]:
    """The rows to look at, those with a record first, whatever the order of the table is."""
    keyed = [
        (nct_id not in records, _digest(nct_id, row), SampleRow(row, records.get(nct_id or "")))
        for row, nct_id in zip(rows, nct_ids, strict=True)
        if nct_id
    ]
    keyed.sort(key=lambda entry: entry[:2])
    return [row for _, _, row in keyed[:most]]


def _digest(nct_id: str | None, row: Sequence[str]) -> bytes:
    """A key that orders rows by content alone: the order of rows and columns must not matter."""
    return hashlib.sha256("\0".join([nct_id or "", *sorted(row)]).encode()).digest()


class Measurer:
    """Measures a column against fields. *cells* and *trials* are those of the rows, in order.

    *padded_dates*: the table stores a month as its first day.
    """

    def __init__(
        self,
        cells: Sequence[str],
        trials: Sequence[Trial | None],
        *,
        padded_dates: bool = False,
    ) -> None:
        self._padded_dates = padded_dates
        self._pairs = [
            (cell, trial) for cell, trial in zip(cells, trials, strict=True) if cell.strip()
        ]
        self._records = [trial for _, trial in self._pairs if trial]
        self._texts = Counter(cell for cell, _ in self._pairs)

    def measure(self, field: str, order: str | None = None) -> Evidence:
        """The evidence for *field*, read in the company in which most cells can be read."""
        best: tuple[str, ...] = (field,)
        most = self._claims(field, best, order)
        for says in _TOGETHER:
            if field in says and most < len(self._pairs):
                claims = self._claims(field, says, order)
                if claims > most and self._has_company(field, says, order, claims):
                    best, most = says, claims
        return self.measure_as(field, best, order)

    def _has_company(
        self, field: str, says: tuple[str, ...], order: str | None, claims: int
    ) -> bool:
        """Whether the cells state another field of *says*, too, at least half as often."""
        others = (self._claims(other, says, order) for other in says if other != field)
        return any(2 * number >= claims for number in others)

    def measure_as(
        self,
        field: str,
        says: tuple[str, ...],
        order: str | None = None,
        participants: str | None = None,
    ) -> Evidence:
        """The evidence for *field*, if the column is described so."""
        column = Column("", says, date_order=order, participants=participants)
        claims = self._claims(field, says, order, participants)
        shown = Evidence(
            len(self._pairs),
            len(self._records),
            claims,
            says=says,
            order=order,
            participants=participants,
        )
        if not claims:  # of most columns and fields
            return shown
        found = [self._compare(column, field, cell, trial) for cell, trial in self._pairs if trial]
        agree = sum(map(_agrees, found))
        return replace(
            shown,
            agree=agree,
            compared=sum(map(_is_compared, found)),
            resembling=self._resembling(field) if field in TITLES and not agree else 0,
            by_chance=self._by_chance(column, field) if agree else None,
        )

    def _claims(
        self,
        field: str,
        says: tuple[str, ...],
        order: str | None,
        participants: str | None = None,
    ) -> int:
        """How many cells can be read about *field*. Each different text is read once."""
        column = Column("", says, date_order=order, participants=participants)
        return sum(
            number
            for cell, number in self._texts.items()
            if (found := self._compare(column, field, cell, None)) and found.claim is not None
        )

    def _compare(
        self, column: Column, field: str, cell: str, trial: Trial | None
    ) -> Comparison | None:
        return compare_field(column, field, cell, trial, padded_dates=self._padded_dates)

    def _by_chance(self, column: Column, field: str) -> float | None:
        agree = compared = 0
        for place, (cell, trial) in enumerate(self._pairs):
            for other in self._others(place, trial):
                comparison = self._compare(column, field, cell, other)
                if _is_compared(comparison):
                    compared += 1
                    agree += _agrees(comparison)
        return agree / compared if compared else None

    def _resembling(self, field: str) -> int:
        from rapidfuzz import fuzz, utils  # few columns need it

        def likeness(cell: str, trial: Trial) -> float:
            return fuzz.token_set_ratio(
                cell, trial.text(field) or "", processor=utils.default_process
            )

        return sum(
            likeness(cell, trial)
            > max((likeness(cell, other) for other in self._others(place, trial)), default=100)
            for place, (cell, trial) in enumerate(self._pairs)
            if trial
        )

    def _others(self, place: int, own: Trial | None) -> list[Trial]:
        """Records of other rows: all in a small table, else some, the next in turn."""
        if own is None:
            return []
        turned = [*self._records[place:], *self._records[:place]]
        others = (trial for trial in turned if trial.nct_id != own.nct_id)
        return [trial for _, trial in zip(range(_OTHERS), others, strict=False)]


def _is_compared(comparison: Comparison | None) -> bool:
    return _has_verdict(comparison, Verdict.AGREES, Verdict.DIFFERS)


def _agrees(comparison: Comparison | None) -> bool:
    return _has_verdict(comparison, Verdict.AGREES)


def _has_verdict(comparison: Comparison | None, *verdicts: Verdict) -> bool:
    """Whether a cell claims something, and what it claims has one of *verdicts*."""
    if comparison is None or comparison.claim is None:
        return False
    return comparison.verdict in verdicts
