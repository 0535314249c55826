"""An archive that notes which of its parts are read, and may end the process at one of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from enrich.bulk.archive import Part
from enrich.bulk.tasks import ArchiveEntry


class Killed(BaseException):
    """The end of a process, in the middle of its work."""


@dataclass
class WatchedArchive:
    """*archive*, of records or of versions; *read* are the numbers of the parts that were read.

    Reading the part number *dies_at* kills the process.
    """

    archive: Any
    dies_at: int | None = None
    read: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.archive, name)

    def parts(self, *wanted: Any) -> Iterator[Part]:
        return (WatchedPart(self, part) for part in self.archive.parts(*wanted))


@dataclass
class WatchedPart:
    """A part of a watched archive."""

    archive: WatchedArchive
    part: Part

    @property
    def number(self) -> int:
        return self.part.number

    @property
    def nct_ids(self) -> tuple[str, ...]:
        return self.part.nct_ids

    def read(self) -> Iterator[ArchiveEntry]:
        self.archive.read.append(self.number)
        if self.number == self.archive.dies_at:
            raise Killed
        return self.part.read()
