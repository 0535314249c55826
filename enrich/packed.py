"""A record kept packed: as the bulk download packs it, for a database of the whole registry.

Measured on 4,336 real records (29 KB each): copying what the zip holds costs nothing and takes a fifth of the space; packing anew
costs 0.26 ms a record at level 1, 0.56 ms at level 6; left in the zip, a record would be lost with the file.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson


class Packed(Mapping[str, Any]):
    """A study as the archive packs it (raw deflate): unpacked when somebody looks inside, sent and stored as it is."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed
        self._study: dict[str, Any] | None = None

    def _unpacked(self) -> dict[str, Any]:
        if self._study is None:
            self._study = orjson.loads(zlib.decompress(self.packed, -zlib.MAX_WBITS))
        return self._study

    def __getitem__(self, key: str) -> Any:
        return self._unpacked()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._unpacked())

    def __len__(self) -> int:
        return len(self._unpacked())

    def __reduce__(self) -> tuple[type["Packed"], tuple[bytes]]:
        return Packed, (self.packed,)


def pack(record: bytes) -> bytes:
    """*record* packed as the registry's zip would. Level 1: a seventh larger than level 6, at twice the speed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(record) + packer.flush()
