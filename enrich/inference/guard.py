"""Checks whether a description can be right: columns that seem to say something else than it says.

A column that is described wrongly accuses the authors in every row. Only columns whose cells mostly
differ are looked at, and a suspicion is reported with what the cells agree with instead. Nothing is
changed: a person decides.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from enrich.compare.rules import RULES
from enrich.compare.verdicts import compare_field
from enrich.dates import ORDERS
from enrich.inference.columns import DATES
from enrich.inference.decision import AGES
from enrich.inference.evidence import Evidence, Measurer, sample_rows
from enrich.inference.shape import CellShape
from enrich.models import Column, Row, Table, Trial, Verdict
from enrich.tables.headers import read_header

# So many cells must be compared, and so small a share agree, before a column is suspected.
_FEWEST, _MOST_AGREEING = 6, 0.2
# What the cells must show for something else: chance does not explain it, and it is most of them.
_MOST_P_VALUE, _LEAST_AGREEING = 0.001, 0.5
_MOST_NEIGHBOURS = 300

ColumnField = tuple[str, str]  # a column and a field that it says


@dataclass(frozen=True)
class Suspicion:
    """That the column *column* of a table may say something else than described; None: all do."""

    table: str
    column: str | None
    message: str

    def __str__(self) -> str:
        return f"{self.table}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The message with the name of the column."""
        return f"column {self.column!r}: {self.message}" if self.column else self.message


def suspect_columns(
    table: Table, trials: Mapping[str, Trial], among: Collection[ColumnField] | None = None
) -> list[Suspicion]:
    """What may be wrong with the description of *table*, by the records *trials* of its ids.

    *among*: only these columns and fields are looked at, where the caller knows that the cells of
    the others agree.
    """
    suspects = [
        _Suspect(table, column, field, trials)
        for column in table.columns
        for field in column.says
        if among is None or (column.name, field) in among
    ]
    differing = [suspect for suspect in suspects if suspect.mostly_differs]
    shifted = _shifted_ids(table, trials, differing)
    if shifted:
        return [shifted]
    found = [suspect.suspicion() for suspect in suspects]
    return [suspicion for suspicion in found if suspicion]


def suspect_cells(table: Table) -> list[Suspicion]:
    """What may be wrong by the headers and cells alone: measured ages that are called limits."""
    return [
        Suspicion(table.name, column.name, message)
        for column in table.columns
        if set(column.says) & {*AGES}
        and (message := _measured(column, [row.cells[column.name] for row in table.rows]))
    ]


def _measured(column: Column, cells: Sequence[str]) -> str | None:
    says = next(field for field in column.says if field in AGES)
    if set(AGES) <= read_header(column.name).vetoes:
        return f"the header names measured ages, and {says} is a limit of age: is `says` right?"
    shape = CellShape(cells)
    if len(shape.printed) >= _FEWEST and shape.holds_measured_ages:
        some = ", ".join(shape.printed[:3])
        return (
            f"the cells ({some} …) look like measured ages, and {says} is a limit: is `says` right?"
        )
    return None


class _Suspect:
    """A column and a field that it says, with the evidence of its cells."""

    def __init__(
        self, table: Table, column: Column, field: str, trials: Mapping[str, Trial]
    ) -> None:
        self.table, self.column, self.field = table, column, field
        sample = sample_rows(
            [[row.cells[column.name]] for row in table.rows],
            [_own_id(row) for row in table.rows],
            trials,
        )
        self._measurer = Measurer(
            [row.cells[0] for row in sample],
            [row.trial for row in sample],
            padded_dates=table.padded_dates,
        )
        self.evidence = self._measurer.measure_as(
            field, column.says, column.date_order, column.participants
        )

    @property
    def mostly_differs(self) -> bool:
        evidence = self.evidence
        return evidence.compared >= _FEWEST and evidence.agreement <= _MOST_AGREEING

    def suspicion(self) -> Suspicion | None:
        if not self.mostly_differs:
            return None
        found = self._other_order() or self._other_field()
        return Suspicion(self.table.name, self.column.name, found) if found else None

    def _other_order(self) -> str | None:
        """Whether the dates agree if day and month are read the other way round."""
        if self.field not in DATES:
            return None
        for order in ORDERS:
            evidence = self._measurer.measure_as(self.field, self.column.says, order)
            if order != self.column.date_order and self._is_better(evidence):
                return (
                    f"{self._differing()}; read as {order}, {evidence.agree} agree:"
                    f' is date_order = "{order}" right?'
                )
        return None

    def _other_field(self) -> str | None:
        """The field with which the same cells agree."""
        rivals = [
            (evidence.agree, field)
            for field in RULES
            if field not in self.column.says
            and self._is_better(evidence := self._measurer.measure(field, self.column.date_order))
        ]
        if not rivals:
            return None
        agree, field = max(rivals)
        return (
            f"{self._differing()}; the same cells agree with {field} in {agree}: is `says` right?"
        )

    def _differing(self) -> str:
        evidence = self.evidence
        differ = evidence.compared - evidence.agree
        return f"{differ} of {evidence.compared} cells differ from {self.field}"

    def _is_better(self, evidence: Evidence) -> bool:
        return (
            evidence.agree >= self.evidence.agree + 3
            and evidence.agreement >= _LEAST_AGREEING
            and evidence.p_value <= _MOST_P_VALUE
        )


# --- ids that are one row too high or too low


def _shifted_ids(
    table: Table, trials: Mapping[str, Trial], suspects: Sequence[_Suspect]
) -> Suspicion | None:
    """Whether the cells of the columns that differ fit the ids of the rows above or below."""
    rows = [row for row in table.rows if _own_id(row) in trials][:_MOST_NEIGHBOURS]
    fields = [(suspect.column, suspect.field) for suspect in suspects]
    places = {"above": pairwise(rows), "below": ((row, other) for other, row in pairwise(rows))}
    for place, neighbours in places.items():
        agree = compared = 0
        for other, row in neighbours:
            verdicts = [*_verdicts(table, fields, row, trials[other.nct_ids[0]])]
            compared += len(verdicts)
            agree += verdicts.count(Verdict.AGREES)
        if compared >= _FEWEST and agree >= 0.7 * compared:
            return Suspicion(
                table.name,
                None,
                f"{agree} of {compared} cells that differ fit the id one row {place}:"
                f" are the ids of {table.id_column!r} in the right rows?",
            )
    return None


def _verdicts(
    table: Table, fields: Sequence[tuple[Column, str]], row: Row, trial: Trial
) -> Iterator[Verdict]:
    for column, field in fields:
        comparison = compare_field(
            column, field, row.cells[column.name], trial, padded_dates=table.padded_dates
        )
        if comparison and comparison.claim and comparison.verdict in _DECIDED:
            yield comparison.verdict


_DECIDED = (Verdict.AGREES, Verdict.DIFFERS)


def _own_id(row: Row) -> str | None:
    return row.nct_ids[0] if len(row.nct_ids) == 1 else None
