"""What a worker found in its part of an archive of versions, and how it is stored."""

from collections import Counter
from dataclasses import astuple, dataclass, field

from enrich.bulk.tasks import RejectedEntry
from enrich.bulk.timeline import Cell, NotTogether, Told, cells
from enrich.storage.database import Database
from enrich.storage.version_summary import MOST_NAMED, Record, read_parts_of, save_version_part


@dataclass
class PartTold:
    """What a worker says of its part, record by record: small, as the rows themselves stand in its partitions.

    *records*: id, obsolete ids, number of versions. *counts*: comparisons by table, column, field and verdict.
    """

    records: list[Record] = field(default_factory=list)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    cells: list[Cell] = field(default_factory=list)
    unusable: int = 0
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def versions(self) -> int:
        return sum(number for _, _, number in self.records)

    def add(self, told: Told) -> None:
        self.records.append((told.nct_id, told.names[1:], told.versions))
        self.counts.update(
            (table, one.column, one.field, one.verdict)
            for step in told.steps
            for table, _, one in step.compared
        )
        self.cells += cells(told)

    def add_unusable(self, one: RejectedEntry) -> None:
        self.unusable += 1
        if len(self.named) < MOST_NAMED:
            self.named.append((one.name, one.reason))


def save_part(database: Database, part: int, result: PartTold) -> None:
    """Stores what was found in a part. NotTogether names a record of which another part has versions."""
    elsewhere = read_parts_of(database, [nct_id for nct_id, _, _ in result.records])
    for nct_id, other in elsewhere.items():
        raise NotTogether(nct_id, f"parts {other} and {part} of the archive")
    save_version_part(
        database,
        part,
        records=result.records,
        counts=result.counts,
        cells=map(astuple, result.cells),
        problems=result.named,
        unreadable=result.unusable,
    )
