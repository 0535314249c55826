"""Any bytes are a copy or an error that names its file: `python -m tests.fuzz.envelopes -max_total_time=600`."""

import sys
import tempfile
from pathlib import Path

import atheris
import orjson

with atheris.instrument_imports(include=["enrich"]):
    from enrich.errors import CacheError
    from enrich.record.identity import digest_of
    from enrich.storage.cache import Cache

from tests.fixtures.studies import nct, study
from tests.fuzz import beginning_with

CACHE = Cache(Path(tempfile.mkdtemp()))
SOUND = {
    "retrieved_at": "2026-11-01T10:00:00+00:00",
    "data_timestamp": "2026-09-04T09:00:06",
    "source": "here",
    "complete": True,
    "study": study(1),
}

EXAMPLES = (
    b"\0" + orjson.dumps(SOUND),
    *(bytes([which]) + orjson.dumps(told) for which, told in enumerate(SOUND.values(), 1)),
)


def one(data: bytes) -> None:
    """The first byte says what is at chance: the whole file, or the value of one key of an envelope that is sound otherwise."""
    which, rest = (data[0] % (len(SOUND) + 1) if data else 0), data[1:]
    file = CACHE.folder / f"{nct(1)}.json"
    file.write_bytes(_with_value(list(SOUND)[which - 1], rest) if which else rest)
    try:
        copy = CACHE.read(nct(1))
    except CacheError as error:
        assert str(file) in str(error)
        return
    assert copy and copy.nct_id == nct(1) and copy.digest == digest_of(copy.study)
    CACHE.keep(copy)
    assert CACHE.read(nct(1)) == copy


def _with_value(key: str, value: bytes) -> bytes:
    """An envelope in which *value* stands, as it is, in the place of what *key* holds."""
    others = b"".join(
        orjson.dumps(name) + b":" + orjson.dumps(told) + b","
        for name, told in SOUND.items()
        if name != key
    )
    return b"{" + others + orjson.dumps(key) + b":" + value + b"}"


if __name__ == "__main__":
    atheris.Setup(beginning_with(sys.argv, EXAMPLES), one)
    atheris.Fuzz()
