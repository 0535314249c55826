"""Reads the rows of the published tables with what is known of their trials, some at a time."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar, overload

from enrich.errors import StoreError
from enrich.models import (
    Cause,
    Comparison,
    ContextNote,
    Problem,
    ProblemKind,
    RegistryAnswer,
    ReportRow,
    Row,
    RowsOnDemand,
    RunSummary,
    Trial,
    TrialOutcome,
    Verdict,
)
from enrich.storage.database import Database, in_clause, json_ids
from enrich.storage.trials import TrialFreshness, read_answers, read_trials_with_freshness

# Rows that are read together: few enough to be held beside everything else.
ROWS_PER_BATCH = 1000


@dataclass(frozen=True)
class Period:
    """What a report is about: *run*, and the runs before it from run *first* on.

    *ended_at*: when each of them ended.
    """

    run: RunSummary
    first: int
    ended_at: Mapping[int, str | None]


_ROWS = "select id, position, cells, accessed from rows where table_id = ?"
# The rows of some trials, by printed id or that of the record, or of new ones.
_ROWS_NAMING = """
select n.row_id from row_ids n left join answers a on a.nct_id = n.nct_id
where n.nct_id in (select value from json_each(?))
  or a.trial_id in (select value from json_each(?))
  or (? and a.outcome = ? and a.run_id >= ?)"""


class KeptRows(Sequence[ReportRow]):
    """*rows*, read when they are first asked for, and kept: nobody asks in a night without news."""

    def __init__(self, rows: Sequence[ReportRow]) -> None:
        self._stored = rows

    @cached_property
    def _rows(self) -> tuple[ReportRow, ...]:
        return tuple(self._stored)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> ReportRow: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[ReportRow]: ...
    def __getitem__(self, at: int | slice) -> ReportRow | Sequence[ReportRow]:
        return self._rows[at]

    def __iter__(self) -> Iterator[ReportRow]:
        return iter(self._rows)


class StoredRows(RowsOnDemand):
    """The rows of a table, which every iteration reads from the database anew.

    Raises StoreError where another program has changed the database since it was opened for them:
    what was read before would not fit to what is read now.
    """

    def __init__(
        self,
        database: Database,
        table_id: int,
        period: Period,
        problems: Sequence[Problem],
    ) -> None:
        self._database, self._table_id, self._period = database, table_id, period
        self._unchecked = _ids_with(ProblemKind.NOT_CHECKED, problems)
        self._without_record = _ids_with(ProblemKind.UNKNOWN, problems)
        self._opened_at = database.data_version()

    def __iter__(self) -> Iterator[ReportRow]:
        last = -1
        while batch := self._rows_after(last):
            yield from self._with_trials(batch)
            if len(batch) < ROWS_PER_BATCH:
                return
            last = batch[-1][1]

    def concerning(
        self, ids: Collection[str], row_ids: Collection[int], *, with_new: bool
    ) -> Iterator[ReportRow]:
        rows = self._database.fetch_tuples(
            f"{_ROWS} and id in (select value from json_each(?) union {_ROWS_NAMING})"
            " order by position",
            self._table_id,
            *json_ids(row_ids),
            *json_ids(ids) * 2,
            with_new,
            TrialOutcome.NEW,
            self._period.first,
        )
        for at in range(0, len(rows), ROWS_PER_BATCH):
            yield from self._with_trials(rows[at : at + ROWS_PER_BATCH])

    def __len__(self) -> int:
        number: int = self._database.fetch_value(
            "select count(*) from rows r left join row_ids n on n.row_id = r.id"
            " where r.table_id = ?",
            self._table_id,
        )
        return number

    @overload
    def __getitem__(self, at: int) -> ReportRow: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[ReportRow]: ...
    def __getitem__(self, at: int | slice) -> ReportRow | Sequence[ReportRow]:
        if isinstance(at, slice):
            return tuple(self)[at]
        return next(islice(self, range(len(self))[at], None))

    def _rows_after(self, position: int) -> list[tuple[Any, ...]]:
        return self._database.fetch_tuples(
            f"{_ROWS} and position > ? order by position limit ?",
            self._table_id,
            position,
            ROWS_PER_BATCH,
        )

    def _with_trials(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[ReportRow]:
        """Each of *rows* once for every trial that it names, or once if it names none."""
        if self._database.data_version() != self._opened_at:
            raise StoreError(
                f"{self._database.path}: another run has changed it meanwhile; try again"
            )
        database, row_ids = self._database, [row_id for row_id, *_ in rows]
        ids = _ids_of_rows(database, row_ids)
        printed = {nct_id for of_row in ids.values() for nct_id in of_row}
        answers = read_answers(database, printed)
        facts = _Facts(
            _comparisons(database, row_ids),
            _context_notes(database, row_ids),
            answers,
            read_trials_with_freshness(
                database, {nct_id: _id_of_record(answers.get(nct_id), nct_id) for nct_id in printed}
            ),
        )
        for row_id, position, cells, accessed in rows:
            row = Row(position, json.loads(cells), tuple(ids.get(row_id, ())), accessed)
            if not row.nct_ids:
                yield ReportRow(row_id, row, None, None, ())
            for nct_id in row.nct_ids:
                yield self._row(facts, row_id, row, nct_id)

    def _row(self, facts: "_Facts", row_id: int, row: Row, nct_id: str) -> ReportRow:
        answer = facts.answers.get(nct_id)
        trial, freshness = facts.trials.get(nct_id, (None, None))
        return ReportRow(
            row_id,
            row,
            nct_id,
            trial,
            _of_trial(nct_id, facts.comparisons.get(row_id, ())),
            _of_trial(nct_id, facts.context_notes.get(row_id, ())),
            answer.answer if answer else None,
            **(_provenance(freshness) if freshness else {}),
            checked=self._is_checked(nct_id, freshness),
            new_since=self._new_since(answer),
        )

    def _is_checked(self, nct_id: str, freshness: TrialFreshness | None) -> bool:
        """Whether the run had an answer about the printed id."""
        if nct_id in self._unchecked:
            return False
        ended = self._period.run.finished_at
        is_confirmed = freshness is not None and ended is not None and freshness.checked_at == ended
        return is_confirmed or nct_id in self._without_record

    def _new_since(self, answer: RegistryAnswer | None) -> str | None:
        """When the id was first asked about, if that was in the time of the report."""
        is_new = answer is not None and answer.outcome == TrialOutcome.NEW
        return self._period.ended_at.get(answer.run_id) if answer and is_new else None


def _id_of_record(answer: RegistryAnswer | None, nct_id: str) -> str:
    return (answer.trial_id if answer else None) or nct_id


def _ids_with(kind: ProblemKind, problems: Iterable[Problem]) -> frozenset[str | None]:
    return frozenset(problem.nct_id for problem in problems if problem.kind == kind)


@dataclass(frozen=True)
class _Facts:
    """Everything that some rows need, read once for all of them: by row, or by printed id."""

    comparisons: Mapping[int, Sequence[Comparison]]
    context_notes: Mapping[int, Sequence[ContextNote]]
    answers: Mapping[str, RegistryAnswer]
    trials: Mapping[str, tuple[Trial, TrialFreshness]]


_OfTrial = TypeVar("_OfTrial", Comparison, ContextNote)


def _of_trial(nct_id: str, of_row: Sequence[_OfTrial]) -> tuple[_OfTrial, ...]:
    return tuple([each for each in of_row if each.nct_id == nct_id])


def _provenance(freshness: TrialFreshness) -> dict[str, str | None]:
    """The day for which the facts hold, since when that is in doubt, and their source."""
    return {
        "as_of": _day(freshness.checked_at) or _day(freshness.data_timestamp),
        "stale_since": _day(freshness.stale_since),
        "gone_since": _day(freshness.gone_since),
        "source": freshness.source,
    }


def _day(moment: str | None) -> str | None:
    return moment[:10] if moment else None


def _ids_of_rows(database: Database, row_ids: Sequence[int]) -> dict[int, list[str]]:
    """The printed ids of each row, in their order."""
    return grouped(
        database.fetch_tuples(
            "select row_id, nct_id from row_ids where true"
            f" {in_clause('row_id', row_ids)} order by rowid",
            *json_ids(row_ids),
        ),
        str,
    )


# --- comparisons

# In the order of Comparison, behind the row.
_COMPARISONS = """
select
  c.row_id, c."column", c.field, c.cell, c.claim, c.registry, c.verdict, c.nct_id, c.cause,
  c.moved_on, c.note, c.evidence, c.link, coalesce(f.finished_at, f.started_at),
  c.dismissed, c.dismissed_before
from comparisons c join runs f on f.id = c.first_seen"""

_VERDICTS = {str(verdict): verdict for verdict in Verdict}
_CAUSES: Mapping[str | None, Cause | None] = {None: None, **{str(cause): cause for cause in Cause}}


def _comparisons(database: Database, row_ids: Sequence[int]) -> dict[int, list[Comparison]]:
    """The comparisons of these rows, by row."""
    return grouped(
        database.fetch_tuples(
            f"{_COMPARISONS} where true {in_clause('c.row_id', row_ids)} order by c.id",
            *json_ids(row_ids),
        ),
        _comparison,
    )


def _comparison(*columns: Any) -> Comparison:
    column, field, cell, claim, registry, verdict, nct_id, cause, *more = columns
    return Comparison(
        *(column, field, cell, claim, registry),
        _VERDICTS[verdict],
        nct_id,
        _CAUSES[cause or None],
        *more,
    )


def read_new_differences(database: Database, first: int) -> tuple[tuple[int, Comparison], ...]:
    """The differences that run *first* or a later one saw first, each with its row."""
    return tuple(
        (row_id, _comparison(*columns))
        for row_id, *columns in database.fetch_tuples(
            f"{_COMPARISONS} where c.verdict = ? and c.first_seen >= ? order by c.row_id, c.id",
            Verdict.DIFFERS,
            first,
        )
    )


def _context_notes(database: Database, row_ids: Sequence[int]) -> dict[int, list[ContextNote]]:
    """What is shown beside the cells of these rows, by row."""
    return grouped(
        database.fetch_tuples(
            f"""
            select row_id, "column", field, cell, registry, nct_id, note from context_notes
            where true {in_clause("row_id", row_ids)} order by id""",
            *json_ids(row_ids),
        ),
        ContextNote,
    )


_Value = TypeVar("_Value")


def grouped(
    rows: Iterable[tuple[Any, ...]], make: Callable[..., _Value]
) -> dict[Any, list[_Value]]:
    """By the first column of *rows*, what *make* makes of the others."""
    found: dict[Any, list[_Value]] = defaultdict(list)
    for key, *columns in rows:
        found[key].append(make(*columns))
    return found
