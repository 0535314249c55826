"""What is done for each study and each printed row, as functions over a batch: no database, no clock, the same on any machine.

A batch is sent to another process or machine and its answer comes back, so both are small: a record stays packed on the way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import orjson

from enrich.changes.versioning import Judged, Known, judge
from enrich.compare.causes import question_of, without_history
from enrich.compare.context import beside_row
from enrich.compare.verdicts import compare_row
from enrich.errors import UnexpectedShape
from enrich.models import Comparison, ContextNote, FetchedRecord, Row, Study, Table, Trial, Verdict
from enrich.record.fields import LOAD_DATE, digest_of, names_of, reach
from enrich.record.raw import DeflatedRecord
from enrich.runtime import no_garbage

FROM_ARCHIVE = "ClinicalTrials.gov, bulk download"


@dataclass(frozen=True)
class Record:
    """One study out of an archive: where it stood, its bytes, and the same packed. *fault* says why there are none."""

    name: str
    raw: bytes = b""
    packed: bytes = b""
    fault: str | None = None


@dataclass(frozen=True)
class Studied:
    """What a record says. *judged* is None where that depends on a content that only the database has."""

    copy: FetchedRecord
    names: tuple[str, ...]
    judged: Judged | None


@dataclass(frozen=True)
class Unusable:
    """A record that cannot be read, and why."""

    name: str
    reason: str


def study_batch(
    records: Iterable[Record],
    known: Mapping[str, Known],
    now: str,
    only: frozenset[str] | None = None,
) -> list[Studied | Unusable]:
    """Parses, digests and judges the records of a batch against what is *known* of them.

    *now* is taken as the time of a record that does not tell the day of its load. With *only*, records that answer to none of these ids are left out.
    """
    with no_garbage():
        return [told for record in records if (told := _studied(record, known, now, only))]


def _studied(
    record: Record, known: Mapping[str, Known], now: str, only: frozenset[str] | None
) -> Studied | Unusable | None:
    if record.fault:
        return Unusable(record.name, record.fault)
    # Most records have no alias; those need not be parsed to see whether they answer to one.
    if only is not None and b"nctIdAliases" not in record.raw:
        return None
    try:
        study = orjson.loads(record.raw)
        names = names_of(study)
        if only is not None and only.isdisjoint(names):
            return None
        return _against(_copy(study, names[0], now), known.get(names[0]), names, record.packed)
    except (ValueError, UnexpectedShape) as error:
        return Unusable(record.name, str(error))


def _copy(study: Study, nct_id: str, now: str) -> FetchedRecord:
    """A record holds for the day of its load, however late the archive is read."""
    day = reach(study, LOAD_DATE)
    loaded = day if isinstance(day, str) else None
    return FetchedRecord(
        nct_id,
        study,
        digest_of(study),
        f"{loaded}T00:00:00+00:00" if loaded else now,
        FROM_ARCHIVE,
        loaded,
    )


def _against(
    copy: FetchedRecord, known: Known | None, names: tuple[str, ...], packed: bytes
) -> Studied:
    sent = replace(copy, study=DeflatedRecord(packed))
    if known and known.digest != copy.digest:
        return Studied(sent, names, None)
    judged = judge(copy, known, _nothing_earlier, list)
    return Studied(sent, names, replace(judged, copy=sent))


def _nothing_earlier() -> (
    Study
):  # pragma: no cover - nobody asks; were one to ask, a wrong verdict would follow in silence
    raise AssertionError("asked for the earlier content of a record that is new or unchanged")


# --- rows


@dataclass(frozen=True)
class Listed:
    """A row and one id that it names, with what is known of that trial; *study* only where something is shown beside the cells."""

    row_id: int
    row: Row
    nct_id: str
    trial: Trial | None
    study: Study | None


@dataclass(frozen=True)
class Verdicts:
    """What the rows of a batch say, by row."""

    comparisons: dict[int, list[Comparison]]
    beside: dict[int, list[ContextNote]]


def compare_batch(table: Table, listed: Sequence[Listed]) -> Verdicts:
    """Compares rows of *table* (given here without its rows) with what is known; causes as far as the records tell them."""
    found = Verdicts({}, {})
    for one in listed:
        found.comparisons.setdefault(one.row_id, []).extend(
            _explained(table, one, told)
            for told in compare_row(table, one.row, one.trial, one.nct_id)
        )
        found.beside.setdefault(one.row_id, []).extend(
            beside_row(table, one.row, one.study, one.nct_id) if one.study else []
        )
    return found


def _explained(table: Table, one: Listed, told: Comparison) -> Comparison:
    if told.verdict != Verdict.DIFFERS or one.trial is None:
        return told
    return without_history(question_of(table, one.row, told, one.trial))
