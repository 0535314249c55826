"""Bytes in the cache are a copy or an error that names the file: `python -m tests.fuzz.envelopes`."""

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
from tests.fuzz import with_examples

CACHE = Cache(Path(tempfile.mkdtemp()))
VALID = {
    "retrieved_at": "2026-11-01T10:00:00+00:00",
    "data_timestamp": "2026-09-04T09:00:06",
    "source": "here",
    "complete": True,
    "study": study(1),
}

EXAMPLES = (
    b"\0" + orjson.dumps(VALID),
    *(bytes([which]) + orjson.dumps(value) for which, value in enumerate(VALID.values(), 1)),
)


def run_once(data: bytes) -> None:
    """The first byte chooses what is random: the whole file, or the value of one key."""
    which, content = (data[0] % (len(VALID) + 1) if data else 0), data[1:]
    file = CACHE.folder / f"{nct(1)}.json"
    file.write_bytes(_with_value(list(VALID)[which - 1], content) if which else content)
    try:
        copy = CACHE.read(nct(1))
    except CacheError as error:
        assert str(file) in str(error)
        return
    assert copy and copy.nct_id == nct(1) and copy.digest == digest_of(copy.study)
    CACHE.keep(copy)
    assert CACHE.read(nct(1)) == copy


def _with_value(key: str, value: bytes) -> bytes:
    """A valid envelope with *value* under *key*."""
    others = b"".join(
        orjson.dumps(name) + b":" + orjson.dumps(kept) + b","
        for name, kept in VALID.items()
        if name != key
    )
    return b"{" + others + orjson.dumps(key) + b":" + value + b"}"


if __name__ == "__main__":
    atheris.Setup(with_examples(sys.argv, EXAMPLES), run_once)
    atheris.Fuzz()
