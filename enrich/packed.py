"""A record kept packed: as the bulk download packs it, for a database of the whole registry.

Measured on 4,336 real records (29 KB each): copying what the zip holds costs nothing and takes a fifth of the space; packing anew
costs 0.26 ms a record at level 1, 0.56 ms at level 6; left in the zip, a record would be lost with the file.
"""

import zlib
from typing import Any

import orjson

from enrich.sealed import Sealed


class Packed(Sealed):
    """A study as the archive packs it (raw deflate): unpacked when somebody looks inside, sent and stored as it is."""

    def __init__(self, packed: bytes) -> None:
        self.packed = packed

    def _open(self) -> dict[str, Any]:
        study: dict[str, Any] = orjson.loads(zlib.decompress(self.packed, -zlib.MAX_WBITS))
        return study

    def __reduce__(self) -> tuple[type["Packed"], tuple[bytes]]:
        return Packed, (self.packed,)


def pack(record: bytes) -> bytes:
    """*record* packed as the registry's zip would. Level 1: a seventh larger than level 6, at twice the speed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(record) + packer.flush()
