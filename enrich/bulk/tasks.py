"""What workers do with each record and each printed row, as functions over a batch.

They use no database and no clock, so they give the same on any machine. A batch and its result are
sent between processes or machines, so both are small: a record stays packed on the way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from enrich.changes.versioning import IngestDecision, StoredVersion, decide
from enrich.compare.causes import cause_without_history, question_of
from enrich.compare.context import context_of_row
from enrich.compare.verdicts import compare_row
from enrich.errors import UnexpectedShape
from enrich.models import Comparison, ContextNote, FetchedRecord, Row, Study, Table, Trial, Verdict
from enrich.record.identity import LOAD_DAY, all_ids, digest_of, may_have_aliases
from enrich.record.paths import get_path
from enrich.record.raw import DeflatedRecord, check_size, deflate
from enrich.runtime import ALL_SHORTCUTS, Shortcuts, gc_paused

FROM_ARCHIVE = "ClinicalTrials.gov, bulk download"


# --- records


@dataclass(frozen=True)
class ArchiveEntry:
    """One study in an archive: where it is, and its bytes; *fault* says why there are none.

    *packed* is the same as raw deflate, where the archive has it so.
    """

    name: str
    raw: bytes = b""
    packed: bytes | None = None
    fault: str | None = None

    def deflated(self) -> DeflatedRecord:
        return DeflatedRecord(deflate(self.raw) if self.packed is None else self.packed)


@dataclass(frozen=True)
class ParsedEntry:
    """A record that was read, with the ids that it answers to.

    *decision* is None where it depends on the stored content, which only the database has.
    """

    record: FetchedRecord
    nct_ids: tuple[str, ...]
    decision: IngestDecision | None


@dataclass(frozen=True)
class RejectedEntry:
    """An entry that cannot be read, and why."""

    name: str
    reason: str


def parse_batch(
    entries: Iterable[ArchiveEntry],
    stored: Mapping[str, StoredVersion],
    now: str,
    alias_ids: frozenset[str] | None = None,
    shortcuts: Shortcuts = ALL_SHORTCUTS,
) -> list[ParsedEntry | RejectedEntry]:
    """Parses the records of a batch and compares their digests with the versions in *stored*.

    *now* is the time of a record that does not have the day of its load. With *alias_ids*, only
    records that answer to one of these ids are returned.
    """
    with gc_paused(shortcuts):
        return [
            result
            for entry in entries
            if (result := _parse_entry(entry, stored, now, alias_ids)) is not None
        ]


def _parse_entry(
    entry: ArchiveEntry,
    stored: Mapping[str, StoredVersion],
    now: str,
    alias_ids: frozenset[str] | None,
) -> ParsedEntry | RejectedEntry | None:
    if entry.fault:
        return RejectedEntry(entry.name, entry.fault)
    # Few records have an alias; the others need not be parsed to see that they have none.
    if alias_ids is not None and not may_have_aliases(entry.raw):
        return None
    try:
        check_size(entry.raw)
        study = orjson.loads(entry.raw)
        nct_ids = all_ids(study)
        if alias_ids is not None and alias_ids.isdisjoint(nct_ids):
            return None
        record = _record(study, nct_ids[0], now)
        packed = replace(record, study=entry.deflated())
        return ParsedEntry(packed, nct_ids, _decide_against(record, packed, stored.get(nct_ids[0])))
    except (ValueError, UnexpectedShape) as error:
        return RejectedEntry(entry.name, str(error))


def _record(study: Study, nct_id: str, now: str) -> FetchedRecord:
    """A record holds for the day of its load, however late the archive is read."""
    day = get_path(study, LOAD_DAY)
    load_day = day if isinstance(day, str) else None
    retrieved_at = f"{load_day}T00:00:00+00:00" if load_day else now
    return FetchedRecord(nct_id, study, digest_of(study), retrieved_at, FROM_ARCHIVE, load_day)


def _decide_against(
    record: FetchedRecord, packed: FetchedRecord, stored: StoredVersion | None
) -> IngestDecision | None:
    """The decision about *record*, with the small *packed* one in it; None where its content
    differs.
    """
    if stored and stored.digest != record.digest:
        return None
    return replace(decide(record, stored, _no_previous_version, list), record=packed)


def _no_previous_version() -> Study:  # pragma: no cover - a call would be a fault of ours
    raise AssertionError("asked for the previous content of a record that is new or unchanged")


# --- rows


@dataclass(frozen=True)
class RowForTrial:
    """A row and one id that it names, with what is known of that trial.

    *study* is given only where something is shown beside the cells.
    """

    row_id: int
    row: Row
    nct_id: str
    trial: Trial | None
    study: Study | None


@dataclass(frozen=True)
class BatchResult:
    """The comparisons of the rows of a batch, and what is shown beside their cells, by row id."""

    comparisons: dict[int, list[Comparison]]
    context_notes: dict[int, list[ContextNote]]


def compare_batch(table: Table, rows: Sequence[RowForTrial]) -> BatchResult:
    """Compares *rows* of *table* with the registry; with causes as far as the records show them.

    *table* comes without its rows: only the rows of the batch are sent.
    """
    result = BatchResult({}, {})
    for row in rows:
        result.comparisons.setdefault(row.row_id, []).extend(
            _with_cause(table, row, comparison)
            for comparison in compare_row(table, row.row, row.trial, row.nct_id)
        )
        result.context_notes.setdefault(row.row_id, []).extend(
            context_of_row(table, row.row, row.study, row.nct_id) if row.study else []
        )
    return result


def _with_cause(table: Table, row: RowForTrial, comparison: Comparison) -> Comparison:
    if comparison.verdict != Verdict.DIFFERS or row.trial is None:
        return comparison
    return cause_without_history(question_of(table, row.row, comparison, row.trial))
