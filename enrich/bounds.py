"""How large what is read may be, and unpacking that stops there.

A few kilobytes can unpack to gigabytes, and the size that a file claims may be wrong: only what is
really unpacked counts.
"""

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO

# The largest record of the registry has 3.6 MB. As JSON in memory it takes twenty times as much.
LARGEST_RECORD = 16_000_000
# A copy in the cache is the record, indented.
LARGEST_COPY = 24_000_000


class TooLargeToUnpack(ValueError):
    """The content has more bytes than were accepted; the message says how many those are."""


def inflate(packed: bytes, most: int) -> bytes:
    """The content of *packed* (raw deflate), of at most *most* bytes.

    Raises TooLargeToUnpack, before more is unpacked, and zlib.error for anything else than raw
    deflate.
    """
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    content = unpacker.decompress(packed, most + 1)
    if len(content) > most:
        raise TooLargeToUnpack(f"unpacks to more than {most / 1e6:,.0f} MB")
    if not unpacker.eof:
        raise zlib.error("incomplete or truncated stream")
    return content


def lines_of(file: BinaryIO, most: int, *, packed: bool) -> Iterator[bytes]:
    """The lines of *file*, unpacked by gzip if it is *packed*, each of at most *most* bytes.

    Raises TooLargeToUnpack at a longer one, and what gzip raises.
    """
    lines = gzip.GzipFile(fileobj=file) if packed else file
    while line := lines.readline(most + 1):
        if len(line) > most:
            raise TooLargeToUnpack(f"a line has more than {most / 1e6:,.0f} MB")
        yield line
