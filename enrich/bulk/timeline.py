"""All versions of a record against every row that names it, as a function over the entries of a
part.

It uses no file, no database and no clock. The day of a version is that of its submission
(`lastUpdateSubmitDate`, which is also the date that the registry's history gives it). Versions of
one day are sorted by the registry's number, then by the day of the load that printed them, then as
they are in the archive.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from json import dumps
from typing import Any, NamedTuple

import orjson

from enrich.bulk.tasks import ArchiveEntry, RejectedEntry
from enrich.changes.diff import diff, mark_flapping_as_noise
from enrich.compare.causes import NO_LONGER, question_of
from enrich.compare.verdicts import compare_row
from enrich.compare.visibility import STATUSES, results_shown_on, seen_versions, shown_on
from enrich.dates import DayRange, day_range
from enrich.errors import EnrichError, UnexpectedShape
from enrich.models import Change, Comparison, Row, Study, Table, Trial, Verdict
from enrich.record.fields import FIELDS, trial_of
from enrich.record.identity import LOAD_DAY, all_ids
from enrich.record.paths import get_path, split_path
from enrich.record.raw import check_size
from enrich.record.readers import SqlType
from enrich.registry.html_text import as_plain_text, each_text, single_blanks
from enrich.storage.rows import fact_values

_SUBMISSION_DAY = FIELDS["last_update_submitted"].path
# Greater than any number that the registry gives to a version.
_NO_NUMBER = 1 << 62


class VersionsNotAdjacent(EnrichError):
    """The versions of a record do not lie side by side; the message names it and the way out."""

    def __init__(self, nct_id: str, where: str) -> None:
        self.nct_id, self.where = nct_id, where
        super().__init__(
            f"{where}: a version of {nct_id} is apart from its others;"
            " put the versions of each record side by side (sort by NCT id)"
        )

    def __reduce__(self) -> tuple[type["VersionsNotAdjacent"], tuple[str, str]]:
        return VersionsNotAdjacent, (self.nct_id, self.where)


@dataclass(frozen=True)
class RowsById:
    """The tables without their rows, by name;
    and the rows, each with the name of its table, by id.
    """

    tables: Mapping[str, Table]
    rows: Mapping[str, Sequence[tuple[str, Row]]]


def index_rows(tables: Iterable[Table]) -> RowsById:
    """The rows of *tables* by the ids that they name."""
    rows: dict[str, list[tuple[str, Row]]] = {}
    bare_tables = {}
    for table in tables:
        bare_tables[table.name] = replace(table, rows=(), warnings=())
        for row in table.rows:
            for nct_id in row.nct_ids:
                rows.setdefault(nct_id, []).append((table.name, row))
    return RowsById(bare_tables, rows)


@dataclass(frozen=True)
class Version:
    """One version in the archive: its entry, the ids that it answers to, and the day of its
    submission.

    *number* is the registry's own, which only its history has; *load_day* that of a plain record.
    The history prints text as escaped HTML, which the documented interface does not.
    """

    entry: ArchiveEntry
    nct_ids: tuple[str, ...]
    day: str
    number: int | None
    load_day: str

    @property
    def nct_id(self) -> str:
        return self.nct_ids[0]

    @property
    def is_from_history(self) -> bool:
        return self.number is not None

    @property
    def sort_key(self) -> tuple[str, int, str]:
        return self.day, _NO_NUMBER if self.number is None else self.number, self.load_day


class CellComparison(NamedTuple):
    """A comparison of a version, with the row and the name of the table that it is about.

    *verdict_then* is the verdict on the version as the registry showed it when the authors looked,
    if they did see it; None where that is not known.
    """

    table: str
    row: Row
    comparison: Comparison
    verdict_then: Verdict | None


@dataclass(frozen=True)
class VersionComparison:
    """A version compared with all rows: *place* counts the versions of its record from 0."""

    version: Version
    place: int
    trial: Trial
    cells: tuple[CellComparison, ...]
    changes: tuple[Change, ...]  # since the version before


@dataclass(frozen=True)
class RecordTimeline:
    """All versions of a record; *steps* are empty where no table names it and it was not wanted."""

    nct_id: str
    nct_ids: tuple[str, ...]
    versions: int
    steps: tuple[VersionComparison, ...]


def timelines(
    entries: Iterable[ArchiveEntry], rows_by_id: RowsById, *, all_records: bool
) -> Iterator[RecordTimeline | RejectedEntry]:
    """The timeline of each record in *entries*, and the entries that cannot be read.

    Records that no table names are compared only with *all_records*. Raises VersionsNotAdjacent.
    """
    seen: set[str] = set()
    rejected: list[RejectedEntry] = []
    for nct_id, group in groupby(_readable(entries, rejected), key=lambda version: version.nct_id):
        versions = list(group)
        if nct_id in seen:
            raise VersionsNotAdjacent(nct_id, versions[0].entry.name)
        seen.add(nct_id)
        yield from _of_one_record(versions, rows_by_id, all_records=all_records)
        yield from rejected
        rejected.clear()
    yield from rejected


def _readable(entries: Iterable[ArchiveEntry], rejected: list[RejectedEntry]) -> Iterator[Version]:
    """The versions that can be read.

    One that cannot does not break the grouping of its neighbours.
    """
    for version in map(_version, entries):
        if isinstance(version, Version):
            yield version
        else:
            rejected.append(version)


def _of_one_record(
    unsorted: Sequence[Version], rows_by_id: RowsById, *, all_records: bool
) -> Iterator[RecordTimeline | RejectedEntry]:
    versions, duplicates = _sort(unsorted)
    yield from duplicates
    nct_ids = tuple(dict.fromkeys(nct_id for version in versions for nct_id in version.nct_ids))
    is_wanted = all_records or any(nct_id in rows_by_id.rows for nct_id in nct_ids)
    steps = tuple(_steps(versions, nct_ids, rows_by_id)) if is_wanted else ()
    yield RecordTimeline(versions[0].nct_id, nct_ids, len(versions), steps)


def _sort(unsorted: Iterable[Version]) -> tuple[list[Version], list[RejectedEntry]]:
    """The versions from first to last, and those that have the number of another."""
    numbers: set[int | None] = set()
    versions, duplicates = [], []
    for version in sorted(unsorted, key=lambda version: version.sort_key):
        if version.is_from_history and version.number in numbers:
            reason = (
                f"another entry has version {(version.number or 0) + 1} of {version.nct_id}, too"
            )
            duplicates.append(RejectedEntry(version.entry.name, reason))
        else:
            versions.append(version)
            numbers.add(version.number)
    return versions, duplicates


# --- reading


def _version(entry: ArchiveEntry) -> Version | RejectedEntry:
    if entry.fault:
        return RejectedEntry(entry.name, entry.fault)
    try:
        study, number = _study_and_number(entry.raw)
        nct_ids = all_ids(study)
        orjson.dumps(study)  # TypeError for what is nested too deep to be written again
        return Version(entry, nct_ids, _submission_day(study), number, _load_day(study))
    except (ValueError, TypeError, UnexpectedShape) as error:
        return RejectedEntry(entry.name, str(error))


def _study_and_number(raw: bytes) -> tuple[Any, int | None]:
    """The study in *raw*: a plain record, or `{"studyVersion": number, "study": {…}}` of the
    history.
    """
    check_size(raw)
    body = orjson.loads(raw)
    if not isinstance(body, dict) or "studyVersion" not in body:
        return body, None
    number, study = body["studyVersion"], body.get("study")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < _NO_NUMBER:
        raise UnexpectedShape(f"studyVersion is {number!r}, not a number from 0")
    return study, number


def _submission_day(study: Study) -> str:
    value = get_path(study, _SUBMISSION_DAY)
    if value is None:
        raise UnexpectedShape(
            f"no {split_path(_SUBMISSION_DAY)[-1]}, so the day of this version is not known"
        )
    return str(FIELDS["last_update_submitted"].read(value))


def _load_day(study: Study) -> str:
    day = get_path(study, LOAD_DAY)
    return day if isinstance(day, str) else ""


def _plain_study(version: Version) -> Study:
    """The study of *version*, its text as plain text."""
    study: Study = _study_and_number(version.entry.raw)[0]
    return as_plain_text(study) if version.is_from_history else study


# --- one version after the other


def _steps(
    versions: Sequence[Version], nct_ids: Iterable[str], rows_by_id: RowsById
) -> Iterator[VersionComparison]:
    """Only two versions are parsed at a time: a record may have hundreds, each of a megabyte."""
    rows = [
        (rows_by_id.tables[table], row, nct_id)
        for nct_id in nct_ids
        for table, row in rows_by_id.rows.get(nct_id, ())
    ]
    last_changes: dict[tuple[str, str | None], Change] = {}
    before: tuple[Version, Study] | None = None
    for place, version in enumerate(versions):
        study = _plain_study(version)
        trial = trial_of(study)
        cells = tuple(
            CellComparison(
                table.name, row, comparison, _verdict_then(table, row, comparison, version, trial)
            )
            for table, row, nct_id in rows
            for comparison in compare_row(table, row, trial, nct_id)
        )
        found = _changes(*before, version, study) if before else []
        changes = tuple(mark_flapping_as_noise(found, last_changes.values()))
        last_changes |= {(change.field, change.item): change for change in changes}
        yield VersionComparison(version, place, trial, cells, changes)
        before = version, study


def _verdict_then(
    table: Table, row: Row, comparison: Comparison, version: Version, trial: Trial
) -> Verdict | None:
    has_results = comparison.field == "has_results"
    if not row.accessed or not (has_results or comparison.field in STATUSES):
        return comparison.verdict
    verdict_of = question_of(table, row, comparison, trial).verdict_of
    shown = (
        results_shown_on(day, trial) if has_results else shown_on(day, version.day, trial)
        for day in set(day_range(row.accessed))
    )
    verdicts = {verdict_of(facts) if facts else None for facts in shown}
    return verdicts.pop() if len(verdicts) == 1 else None


# Text that the registry prints differently in its history, though it is on one line.
_PROSE = frozenset(("why_stopped",))


def _changes(earlier: Version, old: Study, later: Version, new: Study) -> list[Change]:
    """What differs between two versions.

    Between one of the history and one of the documented interface these are only the flat facts:
    the two print prose differently.
    """
    if earlier.is_from_history == later.is_from_history:
        return diff(old, new)
    old, new = (
        study if version.is_from_history else each_text(study, single_blanks)
        for version, study in ((earlier, old), (later, new))
    )
    return [
        change for change in diff(old, new) if change.field in FIELDS and change.field not in _PROSE
    ]


# --- when the registry moved


@dataclass(frozen=True)
class CellTimeline:
    """What became of one statement of a table over all versions of its record.

    *verdict_then* is the verdict when the authors looked, *verdict_now* that against the newest
    version. *moved_on* is the day of the first version after the authors looked that no longer
    agrees with the cell; where that day is not known, of the first after a version that did.
    """

    table: str
    position: int
    nct_id: str
    column: str
    field: str
    cell: str
    trial_id: str
    versions: int
    verdict_then: Verdict | None
    moved_on: str | None
    verdict_now: Verdict | None


def cell_timelines(timeline: RecordTimeline) -> Iterator[CellTimeline]:
    """Each statement of the tables about the record, over all its versions."""
    cells_of: dict[tuple[str, int, str, str, str], dict[int, CellComparison]] = {}
    for step in timeline.steps:
        for cell in step.cells:
            comparison = cell.comparison
            key = (
                *(cell.table, cell.row.position),
                *(str(comparison.nct_id), comparison.column, comparison.field),
            )
            cells_of.setdefault(key, {})[step.place] = cell
    for key, cells in cells_of.items():
        verdict_then, moved_on = _when_moved(timeline.steps, cells)
        last = cells.get(len(timeline.steps) - 1)
        yield CellTimeline(
            *key,
            next(iter(cells.values())).comparison.cell,
            timeline.nct_id,
            len(cells),
            verdict_then,
            moved_on,
            last.comparison.verdict if last else None,
        )


def _when_moved(
    steps: Sequence[VersionComparison], cells: Mapping[int, CellComparison]
) -> tuple[Verdict | None, str | None]:
    """The verdict when the authors looked, and the day from which the cell no longer agrees.

    *cells* are by the place of their version. The rules are those of `causes.cause_from_history`.
    """
    first = next(iter(cells.values()))
    verdicts = {place: cell.comparison.verdict for place, cell in cells.items()}
    if not first.row.accessed:
        agreeing = (place for place, verdict in verdicts.items() if verdict == Verdict.AGREES)
        seen = min(agreeing, default=None)
        return None, None if seen is None else _first_day_after(seen, steps, verdicts)
    looked = day_range(first.row.accessed)
    then, seen = _when_looked(steps, cells, looked)
    if then != Verdict.AGREES or seen is None:
        return then, None
    results = steps[-1].trial.text("results_first_posted")
    if first.comparison.field == "has_results" and results and results > looked.last:
        return then, results
    return then, _first_day_after(seen, steps, verdicts)


def _when_looked(
    steps: Sequence[VersionComparison], cells: Mapping[int, CellComparison], looked: DayRange
) -> tuple[Verdict | None, int | None]:
    """The verdict on what the authors saw, and the place of the newest version that
    they may have seen.
    """
    first_posted = steps[-1].trial.text("first_posted")
    if first_posted and first_posted > looked.last:
        return None, None
    seen = seen_versions(
        [step.version.day for step in steps],
        looked,
        lambda place: steps[place].trial.text("last_update_posted"),
    )
    verdicts = {cells[place].verdict_then if place in cells else None for place in seen}
    return (verdicts.pop() if len(verdicts) == 1 else None), (seen[0] if seen else None)


def _first_day_after(
    seen: int, steps: Sequence[VersionComparison], verdicts: Mapping[int, Verdict]
) -> str | None:
    """The day of the first version after *seen* that no longer agrees."""
    later = (place for place in verdicts if place > seen and verdicts[place] in NO_LONGER)
    moved = min(later, default=None)
    return None if moved is None else steps[moved].version.day


# --- as rows of the partitions

_VERSION_COLUMNS: Mapping[str, SqlType] = {
    "nct_id": "TEXT",
    "number": "INTEGER",
    "version": "INTEGER",
    "day": "TEXT",
}
_COMPARISON_COLUMNS = ("column", "field", "cell", "claim", "registry", "verdict", "note")
_CHANGE_COLUMNS = ("field", "item", "before", "after", "kind")
COLUMNS: Mapping[str, Mapping[str, SqlType]] = {
    "trials": {
        **_VERSION_COLUMNS,
        "source": "TEXT",
        **{name: field.sql for name, field in FIELDS.items()},
        "faults": "TEXT",
    },
    "comparisons": {
        **{"table": "TEXT", "position": "INTEGER", "printed_id": "TEXT"},
        **_VERSION_COLUMNS,
        **dict.fromkeys(_COMPARISON_COLUMNS, "TEXT"),
    },
    "changes": {**_VERSION_COLUMNS, **dict.fromkeys(_CHANGE_COLUMNS, "TEXT")},
}
FROM_HISTORY, FROM_RECORD = "history", "record"

_PartitionRow = tuple[Any, ...]


def partition_rows(timeline: RecordTimeline) -> dict[str, list[_PartitionRow]]:
    """The rows of *timeline* for each partition, in the order of COLUMNS."""
    rows: dict[str, list[_PartitionRow]] = {name: [] for name in COLUMNS}
    for step in timeline.steps:
        version = (timeline.nct_id, step.place, step.version.number, step.version.day)
        rows["trials"].append((*version, *_fact_values(step)))
        rows["comparisons"] += [
            (
                *(cell.table, cell.row.position, cell.comparison.nct_id),
                *version,
                *(getattr(cell.comparison, name) for name in _COMPARISON_COLUMNS),
            )
            for cell in step.cells
        ]
        rows["changes"] += [
            (*version, *(getattr(change, name) for name in _CHANGE_COLUMNS))
            for change in step.changes
        ]
    return rows


def _fact_values(step: VersionComparison) -> _PartitionRow:
    return (
        FROM_HISTORY if step.version.is_from_history else FROM_RECORD,
        *fact_values(step.trial),
        dumps(dict(step.trial.faults)),
    )
