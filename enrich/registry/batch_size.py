"""How many ids one request asks for: as many as possible, fewer where the registry, a proxy or the
size of the records demands it.
"""


class BatchSize:
    """The number of ids for the next request: *most* at first, and never remembered as less than
    *fewest*.

    What a run has learned holds for the rest of it. Records that are large on average are asked for
    in answers of about *page_bytes*.
    """

    def __init__(self, most: int, fewest: int, page_bytes: int) -> None:
        self._most, self._fewest, self._page_bytes = most, fewest, page_bytes
        self._records = self._bytes = 0

    @property
    def ids(self) -> int:
        """How many ids to ask for.

        >>> size = BatchSize(most=200, fewest=25, page_bytes=8_000_000)
        >>> size.received(records=200, size=16_000_000)  # 80 KB each
        >>> size.ids
        100
        """
        if not self._bytes:
            return self._most
        fitting = self._page_bytes * self._records // self._bytes
        return max(self._fewest, min(self._most, fitting))

    def received(self, records: int, size: int) -> None:
        """Notes an answer of so many records, *size* bytes in all."""
        self._records += records
        self._bytes += size

    def refused(self, ids: int) -> None:
        """Notes that so many ids are too many for one request: from now on half of them.

        >>> size = BatchSize(most=200, fewest=25, page_bytes=8_000_000)
        >>> size.refused(200)
        >>> size.ids
        100
        """
        self._most = max(self._fewest, min(self._most, ids // 2))
