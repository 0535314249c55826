"""All versions of a record against every row that names it, as a function over the records of a batch: no file, no database, no clock.

A version's day is that on which it was submitted (`lastUpdateSubmitDate`, which is also the date that the registry's history gives it).
Of two versions of one day the registry's number decides, then the day of the load that a record comes from, then their order in the archive.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from json import dumps
from typing import Any

import orjson

from enrich.bulk.tasks import ArchiveEntry, RejectedEntry
from enrich.changes.diff import diff, mark_flapping_as_noise
from enrich.compare.verdicts import compare_row
from enrich.errors import EnrichError, UnexpectedShape
from enrich.models import Change, Comparison, Row, Study, Table, Trial, Verdict
from enrich.record.fields import FIELDS, LOAD_DATE, SqlType, all_ids, get_path, split_path, trial_of
from enrich.registry.html_text import as_plain_text, each_text, single_blanks
from enrich.storage.rows import fact_values

_DAY = split_path(FIELDS["last_update_submitted"].path)
_LAST = 1 << 62


class NotTogether(EnrichError):
    """The versions of one record do not stand side by side; the message names the record and the way out."""

    def __init__(self, nct_id: str, where: str) -> None:
        self.nct_id, self.where = nct_id, where
        super().__init__(
            f"{where}: a version of {nct_id} stands apart from its others; put the versions of each record side by side (sort by NCT id)"
        )

    def __reduce__(self) -> tuple[type["NotTogether"], tuple[str, str]]:
        return NotTogether, (self.nct_id, self.where)


@dataclass(frozen=True)
class ById:
    """The tables without their rows, and the rows by the ids that they name."""

    tables: Mapping[str, Table]
    rows: Mapping[str, Sequence[tuple[str, Row]]]


def printed(tables: Iterable[Table]) -> ById:
    """*tables* as a batch is compared with them: found by id."""
    rows: dict[str, list[tuple[str, Row]]] = {}
    bare = {}
    for table in tables:
        bare[table.name] = replace(table, rows=(), warnings=())
        for row in table.rows:
            for nct_id in row.nct_ids:
                rows.setdefault(nct_id, []).append((table.name, row))
    return ById(bare, rows)


@dataclass(frozen=True)
class Version:
    """One version as it stands in the archive. *told* is the registry's number of it, which only its history tells; *loaded* the day of a record's load.

    The history endpoint prints its text as escaped HTML, which the documented interface does not.
    """

    record: ArchiveEntry
    nct_id: str
    names: tuple[str, ...]
    day: str
    told: int | None
    loaded: str

    @property
    def from_history(self) -> bool:
        return self.told is not None


@dataclass(frozen=True)
class Step:
    """A version in its place among those of its record (*number*, from 0): its facts, what rows say of it, and what it changed."""

    version: Version
    number: int
    trial: Trial
    compared: tuple[tuple[str, Row, Comparison], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Told:
    """All versions of a record; no *steps* where no table names it and only listed records were wanted."""

    nct_id: str
    names: tuple[str, ...]
    versions: int
    steps: tuple[Step, ...]


def tell(
    records: Iterable[ArchiveEntry], among: ById, *, whole: bool
) -> Iterator[Told | RejectedEntry]:
    """What the versions of each record say, record by record; with *whole* also of records that no table names.

    Raises NotTogether where the versions of a record do not stand side by side.
    """
    seen: set[str] = set()
    unusable: list[RejectedEntry] = []
    for nct_id, group in groupby(_usable(records, unusable), key=lambda one: one.nct_id):
        versions = list(group)
        if nct_id in seen:
            raise NotTogether(nct_id, versions[0].record.name)
        seen.add(nct_id)
        yield from _of_one_record(versions, among, whole=whole)
        yield from unusable
        unusable.clear()
    yield from unusable


def _usable(records: Iterable[ArchiveEntry], unusable: list[RejectedEntry]) -> Iterator[Version]:
    """The versions that can be read; what cannot does not part those around it."""
    for one in map(_version, records):
        if isinstance(one, Version):
            yield one
        else:
            unusable.append(one)


def _of_one_record(
    found: Sequence[Version], among: ById, *, whole: bool
) -> Iterator[Told | RejectedEntry]:
    versions, twice = _in_order(found)
    yield from twice
    names = tuple(dict.fromkeys(name for one in versions for name in one.names))
    wanted = whole or any(name in among.rows for name in names)
    yield Told(
        versions[0].nct_id,
        names,
        len(versions),
        tuple(_steps(versions, names, among)) if wanted else (),
    )


def _in_order(found: Iterable[Version]) -> tuple[list[Version], list[RejectedEntry]]:
    """By day, number, load and place. A version that the registry numbers is one; given twice, it counts once."""
    numbers: set[int] = set()
    versions, twice = [], []
    for one in sorted(
        found, key=lambda one: (one.day, _LAST if one.told is None else one.told, one.loaded)
    ):
        if one.told in numbers:
            twice.append(
                RejectedEntry(
                    one.record.name, f"version {one.told} of {one.nct_id} is there already"
                )
            )
        else:
            versions.append(one)
            numbers |= set() if one.told is None else {one.told}
    return versions, twice


# --- reading


def _version(record: ArchiveEntry) -> Version | RejectedEntry:
    if record.fault:
        return RejectedEntry(record.name, record.fault)
    try:
        study, told = _study(record.raw)
        names = all_ids(study)
        orjson.dumps(study)  # TypeError for what is nested too deep to be written again
        return Version(record, names[0], names, _day(study), told, _loaded(study))
    except (ValueError, TypeError, UnexpectedShape) as error:
        return RejectedEntry(record.name, str(error))


def _study(raw: bytes) -> tuple[Any, int | None]:
    """The study, and the registry's number of this version: `{"studyVersion": v, "study": {…}}` of the history, or a plain record."""
    told = orjson.loads(raw)
    if not isinstance(told, dict) or "studyVersion" not in told:
        return told, None
    number, study = told["studyVersion"], told.get("study")
    if type(number) is not int or not 0 <= number < _LAST:
        raise UnexpectedShape(f"studyVersion is {number!r}, not a number from 0")
    return study, number


def _day(study: Study) -> str:
    found = get_path(study, _DAY)
    if found is None:
        raise UnexpectedShape(f"no {_DAY[-1]}, so nobody knows from which day this version is")
    return str(FIELDS["last_update_submitted"].read(found))


def _loaded(study: Study) -> str:
    day = get_path(study, LOAD_DATE)
    return day if isinstance(day, str) else ""


def _text(version: Version) -> Study:
    """The study of *version* in plain text."""
    study: Study = _study(version.record.raw)[0]
    return as_plain_text(study) if version.from_history else study


# --- one version after the other


def _steps(versions: Sequence[Version], names: Iterable[str], among: ById) -> Iterator[Step]:
    """Only two versions are unpacked at a time: a record may have hundreds, each of a megabyte."""
    rows = [
        (among.tables[table], row, name)
        for name in names
        for table, row in among.rows.get(name, ())
    ]
    earlier: dict[tuple[str, str | None], Change] = {}
    before: tuple[Version, Study] | None = None
    for number, version in enumerate(versions):
        study = _text(version)
        trial = trial_of(study)
        compared = tuple(
            (table.name, row, one)
            for table, row, name in rows
            for one in compare_row(table, row, trial, name)
        )
        changes = (
            tuple(mark_flapping_as_noise(_changes(*before, version, study), earlier.values()))
            if before
            else ()
        )
        earlier |= {(one.field, one.item): one for one in changes}
        yield Step(version, number, trial, compared, changes)
        before = version, study


# What the registry prints otherwise in its history than elsewhere, though it is one line.
_PROSE = frozenset(("why_stopped",))


def _changes(earlier: Version, old: Study, later: Version, new: Study) -> list[Change]:
    """What differs; between a version of the history and one of the documented interface only the flat facts, as the two print prose differently."""
    if earlier.from_history == later.from_history:
        return diff(old, new)
    old, new = (
        study if version.from_history else each_text(study, single_blanks)
        for version, study in ((earlier, old), (later, new))
    )
    return [one for one in diff(old, new) if one.field in FIELDS and one.field not in _PROSE]


# --- when the registry moved


@dataclass(frozen=True)
class Cell:
    """What became of one statement of a table over all versions: how it stood when the authors looked, when it ceased to be true, how it stands now.

    *moved_on* is the day of the first version after that day which no longer says what the cell says; where nobody knows when the
    authors looked, the first after one that did.
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


_NO_LONGER = frozenset((Verdict.DIFFERS, Verdict.SILENT))


def cells(told: Told) -> Iterator[Cell]:
    """Each statement about the record of *told*, over its versions."""
    said: dict[tuple[str, int, str, str, str], dict[int, Verdict]] = {}
    first: dict[tuple[str, int, str, str, str], tuple[Row, Comparison]] = {}
    for step in told.steps:
        for table, row, one in step.compared:
            key = (table, row.position, str(one.nct_id), one.column, one.field)
            said.setdefault(key, {})[step.number] = one.verdict
            first.setdefault(key, (row, one))
    days = [step.version.day for step in told.steps]
    for key, verdicts in said.items():
        row, one = first[key]
        then, moved_on = _course(days, verdicts, row.accessed)
        yield Cell(
            *key, one.cell, told.nct_id, len(verdicts), then, moved_on, verdicts.get(len(days) - 1)
        )


def _course(
    days: Sequence[str], verdicts: Mapping[int, Verdict], accessed: str | None
) -> tuple[Verdict | None, str | None]:
    """The verdict on the day of access, and the day on which the cell ceased to be true."""
    seen = (
        max((number for number, day in enumerate(days) if day <= accessed), default=None)
        if accessed
        else min(
            (number for number, verdict in verdicts.items() if verdict == Verdict.AGREES),
            default=None,
        )
    )
    then = None if seen is None else verdicts.get(seen)
    if seen is None or then != Verdict.AGREES:
        return then, None
    moved = min(
        (number for number, verdict in verdicts.items() if number > seen and verdict in _NO_LONGER),
        default=None,
    )
    return (then if accessed else None), (None if moved is None else days[moved])


# --- as rows of the partitions

_WHICH: Mapping[str, SqlType] = {
    "nct_id": "TEXT",
    "number": "INTEGER",
    "version": "INTEGER",
    "day": "TEXT",
}
_SAID = ("claim", "registry", "verdict", "note")
COLUMNS: Mapping[str, Mapping[str, SqlType]] = {
    "trials": {
        **_WHICH,
        "source": "TEXT",
        **{name: field.sql for name, field in FIELDS.items()},
        "faults": "TEXT",
    },
    "comparisons": {
        **{"table": "TEXT", "position": "INTEGER", "printed_id": "TEXT"},
        **_WHICH,
        **dict.fromkeys(("column", "field", "cell", *_SAID), "TEXT"),
    },
    "changes": {**_WHICH, **dict.fromkeys(("field", "item", "before", "after", "kind"), "TEXT")},
}
FROM_HISTORY, FROM_RECORD = "history", "record"


def partition_rows(told: Told) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of *told* for each partition, in the order of COLUMNS."""
    which = [(told.nct_id, step.number, step.version.told, step.version.day) for step in told.steps]
    return {
        "trials": [(*one, *_facts(step)) for one, step in zip(which, told.steps, strict=True)],
        "comparisons": [
            (
                table,
                row.position,
                said.nct_id,
                *one,
                said.column,
                said.field,
                said.cell,
                *(getattr(said, name) for name in _SAID),
            )
            for one, step in zip(which, told.steps, strict=True)
            for table, row, said in step.compared
        ],
        "changes": [
            (*one, change.field, change.item, change.before, change.after, change.kind)
            for one, step in zip(which, told.steps, strict=True)
            for change in step.changes
        ],
    }


def _facts(step: Step) -> tuple[Any, ...]:
    return (
        FROM_HISTORY if step.version.from_history else FROM_RECORD,
        *fact_values(step.trial),
        dumps(dict(step.trial.faults)),
    )
