"""Copies on disk: whole or missing, named when damaged, and the same file for the same content."""

import json

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrich.errors import CacheError
from enrich.models import FetchedRecord
from enrich.record.identity import digest_of
from enrich.record.raw import DeflatedRecord, PageRecord, deflate
from enrich.storage.cache import Cache
from tests.fixtures.registry_server import set_path
from tests.fixtures.studies import nct, study

ONE = nct(1)


def copy_of(record, **more):
    return FetchedRecord(
        ONE,
        record,
        digest_of(dict(record)),
        **{
            "retrieved_at": "2026-11-01T10:00:00+00:00",
            "source": "here",
            "data_timestamp": "2026-09-04T09:00:06",
            **more,
        },
    )


@pytest.mark.parametrize("complete", [True, False])
def test_a_copy_comes_back_as_it_was_kept(tmp_path, complete):
    copy = copy_of(study(1, brief_title="Sjögren ≥ 5 µg 😀"), complete=complete)
    Cache(tmp_path / "new" / "cache").keep(copy)
    assert Cache(tmp_path / "new" / "cache").read(ONE) == copy
    assert [path.name for path in (tmp_path / "new" / "cache").iterdir()] == [f"{ONE}.json"]


def test_a_copy_is_the_same_file_in_whatever_form_its_record_came(tmp_path):
    made = study(1, brief_title="Sjögren ≥ 5 µg 😀")
    line = orjson.dumps(made)
    files = []
    for form in (made, PageRecord(line), DeflatedRecord(deflate(line))):
        Cache(tmp_path).keep(copy_of(form))
        files.append((tmp_path / f"{ONE}.json").read_text(encoding="utf-8"))
    envelope = json.loads(files[0])
    without = {name: value for name, value in envelope.items() if name != "crc32"}
    assert files[0] == files[1] == files[2]
    assert files[0].startswith(
        json.dumps(without, ensure_ascii=False, indent=2).removesuffix("\n}")
    )


def test_a_file_has_the_keys_that_others_rely_on(tmp_path):
    Cache(tmp_path).keep(copy_of(study(1)))
    envelope = json.loads((tmp_path / f"{ONE}.json").read_text(encoding="utf-8"))
    assert sorted(envelope) == [
        "complete",
        "crc32",
        "data_timestamp",
        "retrieved_at",
        "source",
        "study",
    ] and envelope["study"] == study(1)


def test_an_id_without_a_file_has_no_copy(tmp_path):
    cache = Cache(tmp_path / "nowhere")
    assert (
        cache.read(ONE) is None and not cache.holds(ONE, "2026") and cache.copies([ONE]) == ([], [])
    )
    assert not (tmp_path / "nowhere").exists()


WHOLE = {"retrieved_at": "2026", "source": "x", "study": study(2)}
# fmt: off
DAMAGED = (
    (b"",                                                "empty"),
    (b'{"study":',                                       "cut short"),
    (b"\xff\xfe",                                        "not text"),
    (b"[]",                                              "a list"),
    (b"null",                                            "null"),
    (b"[" * 100_000,                                     "nested without end"),
    (json.dumps({"study": study(2)}).encode(),           "no envelope"),
    (json.dumps({**WHOLE, "study": {}}).encode(),        "a study without an id"),
    (json.dumps({**WHOLE, "study": []}).encode(),        "a study that is a list"),
    (json.dumps({**WHOLE, "study": study(3)}).encode(),  "another trial's record"),
)
# fmt: on


@pytest.mark.parametrize("content", [pytest.param(line[0], id=line[1]) for line in DAMAGED])
def test_a_damaged_copy_is_named_and_the_others_are_read(tmp_path, content):
    cache = Cache(tmp_path)
    cache.keep(copy_of(study(1)))
    (tmp_path / f"{nct(2)}.json").write_bytes(content)
    with pytest.raises(CacheError, match=f"{nct(2)}.json: not a usable copy"):
        cache.read(nct(2))
    copies, problems = cache.copies([ONE, nct(2)])
    assert [copy.nct_id for copy in copies] == [ONE] and [
        (problem.kind, problem.nct_id) for problem in problems
    ] == [("cache", nct(2))]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_WHOLE = {**WHOLE, "data_timestamp": "2026", "complete": True}
_ENVELOPES = st.fixed_dictionaries({key: st.just(value) | _JSON for key, value in _WHOLE.items()})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("any")


@given(
    st.binary()
    | _JSON.map(lambda value: json.dumps(value).encode())
    | _ENVELOPES.map(lambda envelope: json.dumps(envelope).encode())
)
@example(json.dumps(_WHOLE).encode())
def test_any_file_is_a_copy_or_an_error_that_names_it(folder, content):
    file, cache = folder / f"{nct(2)}.json", Cache(folder)
    file.write_bytes(content)
    try:
        copy = cache.read(nct(2))
    except CacheError as error:
        assert str(file) in str(error)
        return
    assert (copy.nct_id, copy.digest) == (nct(2), digest_of(copy.study))
    cache.keep(copy)
    assert cache.read(nct(2)) == copy


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(CacheError, match=r"NCT00000001\.json: cannot be written"):
        Cache(tmp_path / "cache").keep(copy_of(study(1)))


def test_a_write_that_fails_leaves_the_old_copy_and_nothing_else(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    cache.keep(copy_of(study(1)))

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    changed = study(1)
    set_path(changed, "protocolSection.designModule.enrollmentInfo.count", 5)
    with pytest.raises(CacheError, match="No space left"):
        cache.keep(copy_of(changed))
    assert [path.name for path in tmp_path.iterdir()] == [f"{ONE}.json"] and cache.read(
        ONE
    ).study == study(1)


def damaged(content: bytes) -> dict[str, bytes]:
    """What may become of a file, each time still JSON, or not."""
    middle = content.index(b'"count": ') + len(b'"count": ')
    return {
        "a digit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "a letter": content.replace(b"pupils", b"pupilz"),
        "zeros": content[:200] + bytes(64) + content[264:],
        "a number of the checksum": content.replace(content[-12:-4], b"00000000"),
        "its half": content[: len(content) // 2],
    }


@pytest.mark.parametrize(
    "part", ["a digit", "a letter", "zeros", "a number of the checksum", "its half"]
)
def test_a_file_damaged_anywhere_is_not_held_and_not_read(tmp_path, part):
    cache, copy = Cache(tmp_path), copy_of(study(1))
    cache.keep(copy)
    assert cache.holds(ONE, copy.retrieved_at)
    path = tmp_path / f"{ONE}.json"
    path.write_bytes(damaged(path.read_bytes())[part])
    assert not cache.holds(ONE, copy.retrieved_at)
    with pytest.raises(CacheError, match="not a usable copy"):
        cache.read(ONE)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(
            lambda content: content.replace(b"\n", b"\r\n"), id="line ends of another system"
        ),
        pytest.param(
            lambda content: json.dumps(
                {key: value for key, value in json.loads(content).items() if key != "crc32"}
            ).encode(),
            id="made by hand",
        ),
    ],
)
def test_a_file_that_is_not_damaged_is_read(tmp_path, changed):
    cache, copy = Cache(tmp_path), copy_of(study(1))
    cache.keep(copy)
    path = tmp_path / f"{ONE}.json"
    path.write_bytes(changed(path.read_bytes()))
    assert cache.read(ONE) == copy


@pytest.mark.parametrize(
    "own",
    [
        pytest.param(study(1), id="a record of a download"),
        pytest.param({"studyVersion": 3, "study": study(1)}, id="a version of a record"),
        pytest.param({"notes": "mine"}, id="notes"),
    ],
)
def test_a_file_that_a_person_made_is_named_and_never_replaced(tmp_path, own):
    path, content = tmp_path / f"{ONE}.json", json.dumps(own)
    path.write_text(content)
    for use in (lambda: Cache(tmp_path).read(ONE), lambda: Cache(tmp_path).keep(copy_of(study(1)))):
        with pytest.raises(CacheError, match=r"NCT00000001\.json: enrich did not write it"):
            use()
    assert [path.name for path in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"study": ', id="cut short"),
        pytest.param(b'{"study": 1}', id="no record"),
        pytest.param(
            json.dumps({"study": study(1), "retrieved_at": "2026", "by": "me"}).encode(),
            id="made by hand",
        ),
    ],
)
def test_a_copy_that_is_damaged_or_made_by_hand_is_replaced(tmp_path, content):
    (tmp_path / f"{ONE}.json").write_bytes(content)
    Cache(tmp_path).keep(copy_of(study(1)))
    assert Cache(tmp_path).read(ONE) == copy_of(study(1))
