"""What a worker found in its part of an archive of versions, and how it is stored."""

from collections import Counter
from dataclasses import astuple, dataclass, field

from enrich.bulk.tasks import RejectedEntry
from enrich.bulk.timeline import CellTimeline, RecordTimeline, VersionsNotAdjacent, cell_timelines
from enrich.storage.database import Database
from enrich.storage.version_summary import MOST_NAMED, Record, read_parts_of, save_version_part


@dataclass
class PartResult:
    """The result of a part, record by record. It is small: the rows are in its Parquet files.

    *records*: id, obsolete ids, number of versions. *counts*: comparisons by table, column, field
    and verdict. *problems*: the first entries that could not be read, of *unreadable* in all.
    """

    records: list[Record] = field(default_factory=list)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    cells: list[CellTimeline] = field(default_factory=list)
    unreadable: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def versions(self) -> int:
        return sum(versions for _, _, versions in self.records)

    def add(self, timeline: RecordTimeline) -> None:
        self.records.append((timeline.nct_id, timeline.nct_ids[1:], timeline.versions))
        self.counts.update(
            (cell.table, cell.comparison.column, cell.comparison.field, cell.comparison.verdict)
            for step in timeline.steps
            for cell in step.cells
        )
        self.cells += cell_timelines(timeline)

    def add_rejected(self, entry: RejectedEntry) -> None:
        self.unreadable += 1
        if len(self.problems) < MOST_NAMED:
            self.problems.append((entry.name, entry.reason))


def save_part(database: Database, part: int, result: PartResult) -> None:
    """Stores the result of a part.

    Raises VersionsNotAdjacent where another part has the same record.
    """
    elsewhere = read_parts_of(database, [nct_id for nct_id, _, _ in result.records])
    for nct_id, other in elsewhere.items():
        raise VersionsNotAdjacent(nct_id, f"parts {other} and {part} of the archive")
    save_version_part(
        database,
        part,
        records=result.records,
        counts=result.counts,
        cells=map(astuple, result.cells),
        problems=result.problems,
        unreadable=result.unreadable,
    )
