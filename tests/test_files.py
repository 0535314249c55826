"""What a person names is opened in one place: a regular file of a bounded size, and nothing else is waited for."""

import contextlib
import gzip
import io
import json
import os
import re
import socket
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from enrich.bounds import LARGEST_RECORD, TooLargeToUnpack, inflate, lines_of
from enrich.cli import main
from enrich.files import check_regular, is_same_file, open_file, read_file
from tests.fixtures.studies import nct, study

ROOT = Path(__file__).parent.parent
TOML = 'file = "t.csv"\nid_column = "NCT ID"\n[columns."Phase"]\nsays = ["phases"]\n'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("data", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "t.toml").write_text(TOML)
    (tmp_path / "data" / "t.csv").write_text(f"NCT ID,Phase\n{nct(1)},Phase 2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


# --- kinds of files


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(os.path.relpath(path))


def make_device(path):
    path.symlink_to("/dev/zero")


def make_directory(path):
    path.mkdir()


def make_endless(path):
    """A file without an end: what it has grows with each look (here: a sparse one of a terabyte)."""
    with path.open("wb") as file:
        file.truncate(1 << 40)


KINDS = pytest.mark.parametrize(
    "make", [make_pipe, make_socket, make_device, make_directory, make_endless]
)


@KINDS
def test_only_a_regular_file_of_a_bounded_size_is_read(folder, make):
    make(folder / "x")
    with pytest.raises(OSError) as error:
        read_file(folder / "x", 1000)
    assert error.value.strerror
    if make is not make_endless:
        with pytest.raises(OSError):
            check_regular(folder / "x")
        with pytest.raises(OSError):
            open_file(folder / "x")


def test_a_file_that_claims_to_be_empty_is_read_to_its_bound():
    assert b"Name:" in read_file(Path("/proc/self/status"), 100_000)
    with pytest.raises(OSError, match="more than"):
        read_file(Path("/proc/self/status"), 10)


def test_a_file_is_known_by_what_it_is(folder):
    (folder / "link").symlink_to("data/t.csv")
    os.link("data/t.csv", "hard")
    for name in ("link", "hard", "data/../data/t.csv"):
        assert is_same_file(folder / name, Path("data/t.csv"))
    assert is_same_file(folder / "no" / ".." / "new", Path("new"))
    assert not is_same_file(folder / "data" / "t.toml", Path("data/t.csv"))
    (folder / "loop").symlink_to("loop")
    assert not is_same_file(folder / "loop", Path("data/t.csv"))


# What a person may name, and the command that opens it.
OPENED = {
    "data/t.csv": ("check",),
    "data/t.toml": ("check", "--table", "data/t.toml"),
    "data/trials.db": ("report",),
    "data/other.db": ("browse", "--db", "data/other.db", "--into", "site"),
    "records.ndjson": ("load", "records.ndjson"),
    "records.ndjson.gz": ("load", "records.ndjson.gz"),
    "records.zip": ("load", "records.zip"),
}


@KINDS
@pytest.mark.parametrize("name", OPENED)
def test_anything_but_a_file_is_one_line_wherever_it_is_opened(folder, make, name):
    with contextlib.suppress(FileNotFoundError):
        (folder / name).unlink()
    make(folder / name)
    result = run(*OPENED[name])
    assert result.exit_code in (1, 2)
    assert Path(name).name in result.output.splitlines()[-1]


@KINDS
def test_a_copy_that_is_no_file_costs_only_its_trial(folder, make):
    make(folder / "cache" / f"{nct(1)}.json")
    result = run("sync", "--offline")
    assert result.exit_code == 0 and "not a usable copy" in result.output, result.output


@KINDS
def test_a_record_that_is_no_file_costs_only_itself(folder, make):
    (folder / "records").mkdir()
    (folder / "records" / f"{nct(1)}.json").write_text(json.dumps(study(1)))
    make(folder / "records" / f"{nct(2)}.json")
    result = run("load", "records", "--whole", "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "1 new" in result.output


# What these modules open is part of our package, a stream, or written by us.
OPEN_THEIR_OWN = {
    "atomic.py",
    "cli/examples.py",
    "cli/group.py",
    "reports/html_page.py",
    "runtime.py",
    "storage/schema/migrations.py",
}
OPENING = re.compile(
    r"\.read_bytes\(|\.read_text\(|\bpath\.open\(|\)\.open\(|(?<![\w.])(?<!def )open\("
)


def test_every_file_of_a_person_is_opened_in_one_place():
    opening = {
        path.relative_to(ROOT / "enrich").as_posix()
        for path in (ROOT / "enrich").rglob("*.py")
        if OPENING.search(path.read_text(encoding="utf-8"))
    }
    assert opening - {"bulk/remote.py"} == OPEN_THEIR_OWN  # there by fsspec


# --- what unpacks to too much


def bomb(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = b" " * (1 << 20)
    packed = b"".join(packer.compress(piece) for _ in range(size >> 20))
    return packed + packer.flush()


def test_unpacking_stops_at_its_bound():
    assert inflate(bomb(1 << 20), 1 << 20) == b" " * (1 << 20)
    with pytest.raises(TooLargeToUnpack):
        inflate(bomb(64 << 20), 1 << 20)
    for damaged in (b"", b"\xff", bomb(1 << 20)[:-4]):
        with pytest.raises(zlib.error):
            inflate(damaged, 1 << 20)


def test_a_line_stops_at_its_bound():
    assert list(lines_of(io.BytesIO(b"ab\ncd\n"), 3, packed=False)) == [b"ab\n", b"cd\n"]
    packed = io.BytesIO(gzip.compress(b"ab\n" + b" " * 5000))
    with pytest.raises(TooLargeToUnpack):
        list(lines_of(packed, 1000, packed=True))


def zip_with(path, entries, *, claims=None):
    """A zip of *entries*, some of which claim another size, in both of their headers."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in entries.items():
            package.writestr(name, content)
    raw = bytearray(path.read_bytes())
    for name, size in (claims or {}).items():
        for signature, at in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
            start = 0
            while (start := raw.find(signature, start)) >= 0:
                header = 46 if signature == b"PK\1\2" else 30
                if raw[start + header : start + header + len(name)] == name.encode():
                    raw[start + at : start + at + 4] = struct.pack("<I", size)
                start += 4
    path.write_bytes(raw)


@pytest.mark.parametrize("claimed", [None, 100, 0xFFFFFFF0])
@pytest.mark.parametrize("own_directory", [True, False])
def test_a_record_that_unpacks_to_too_much_costs_only_itself(folder, claimed, own_directory):
    entries = {f"{nct(1)}.json": json.dumps(study(1)), f"{nct(2)}.json": b" " * (40 << 20)}
    zip_with(folder / "r.zip", entries, claims={f"{nct(2)}.json": claimed} if claimed else {})
    shortcuts = [] if own_directory else ["--no-shortcuts", "zip_directory"]
    result = run("load", "r.zip", "--whole", "--workers", "1", *shortcuts)
    assert result.exit_code == 0 and "1 new" in result.output, result.output


def test_a_line_that_unpacks_to_too_much_ends_the_run_in_one_line(folder):
    with gzip.open(folder / "r.ndjson.gz", "wb") as file:
        file.write(json.dumps(study(1)).encode() + b"\n")
        for _ in range(LARGEST_RECORD >> 20 << 1):
            file.write(b" " * (1 << 20))
    result = run("load", "r.ndjson.gz", "--whole", "--workers", "1")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == (
        "enrich: r.ndjson.gz: a line has more than 16 MB; no record is as large"
    )


@pytest.mark.parametrize("count", [0, 1, 3, 400])
def test_a_directory_that_hides_entries_or_invents_them_is_damaged(folder, count):
    zip_with(folder / "r.zip", {f"{nct(n)}.json": json.dumps(study(n)) for n in (1, 2)})
    raw = bytearray((folder / "r.zip").read_bytes())
    end = raw.rfind(b"PK\5\6")
    raw[end + 10 : end + 12] = struct.pack("<H", count)
    (folder / "r.zip").write_bytes(raw)
    result = run("load", "r.zip", "--whole", "--workers", "1")
    assert result.exit_code == 1
    assert "the directory of the zip is damaged" in result.output.splitlines()[-1]


@pytest.mark.parametrize(
    "name", ["[Content_Types].xml", "xl/worksheets/sheet1.xml", "xl/media/a.png"]
)
def test_a_workbook_whose_entry_unpacks_to_more_than_it_claims_is_refused(folder, name):
    openpyxl = pytest.importorskip("openpyxl", reason="the extra [import] is not installed")
    from enrich.tables.documents.document import DocumentError
    from enrich.tables.documents.reader import read_document

    made = openpyxl.Workbook()
    made.save(folder / "made.xlsx")
    with zipfile.ZipFile(folder / "made.xlsx") as package:
        entries = {info.filename: package.read(info) for info in package.infolist()}
    zip_with(folder / "t.xlsx", {**entries, name: b" " * (30 << 20)}, claims={name: 1000})
    with pytest.raises(DocumentError, match="unpacks to more than"):
        read_document(folder / "t.xlsx")


# --- tables that are hard to read


def test_an_unclosed_quotation_mark_is_named_by_its_row_whatever_follows(folder):
    lines = [f'{nct(n)},"Phase 2"' for n in range(1, 200_000)]
    lines[41] = f'{nct(42)},"Phase 2'
    lines[-1] = lines[-1][:-1]
    for text in ("\n".join(lines), "\n".join([*lines[:42], *(["x" * 50] * 220_000)])):
        (folder / "data" / "t.csv").write_text("NCT ID,Phase\n" + text)
        result = run("check")
        assert result.exit_code == 1
        assert "data/t.csv: row 42, line 43: " in result.output.splitlines()[-1]


def test_a_table_of_too_many_cells_or_bytes_is_refused(folder):
    (folder / "data" / "t.csv").write_text("NCT ID,Phase\n" + "," * 3_000_000)
    assert "more than 1,000,000 cells" in run("check").output
    (folder / "data" / "t.csv").write_text("NCT ID,Phase\n" + " " * 26_000_000)
    assert "it has more than 25 MB" in run("check").output


# --- numbers beyond 64 bits


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**400])
def test_a_number_that_no_database_holds_costs_only_itself(folder, number):
    record = study(1)
    record["documentSection"] = {
        "largeDocumentModule": {"largeDocs": [{"filename": "a.pdf", "size": number}]}
    }
    record["protocolSection"]["contactsLocationsModule"] = {
        "locations": [
            {"city": "Lyon", "country": "France", "geoPoint": {"lat": number, "lon": number}}
        ]
    }
    (folder / "r.ndjson").write_text("\n".join(json.dumps(each) for each in (record, study(2))))
    result = run("load", "r.ndjson", "--whole", "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "1 new" in result.output or "2 new" in result.output
