"""Below a place for Parquet, only files that we listed as ours are ever replaced or removed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from enrich.cli import main

pq: Any = pytest.importorskip("pyarrow.parquet", reason="the extra [cluster] is not installed")
pytest.importorskip("fsspec", reason="the extra [cluster] is not installed")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("data", "cache"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.db*", ".*"))
    (tmp_path / "records").mkdir()
    for path in (tmp_path / "cache").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))["study"]
        record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = "2021-01-01"
        (tmp_path / "records" / path.name).write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, place: str = "out") -> Result:
    arguments = [command, "records", "--parquet", place, "--workers", "1", "--db", f"{command}.db"]
    return CliRunner().invoke(main, arguments)


BOTH = pytest.mark.parametrize("command", ["load", "trace"])
FOREIGN = (
    "trials/part-00000.parquet",
    "changes/part-00007.parquet",
    "comparisons/part-00000-2f6a1c0e-c000.snappy.parquet",
    "trials/notes.txt",
)  # fmt: skip


@BOTH
@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_program_is_left_alone_and_named(
    command: str, name: str, folder: Path
) -> None:
    (folder / "out" / name).parent.mkdir(parents=True)
    (folder / "out" / name).write_bytes(b"PAR1 of somebody else")
    result = run(command)
    assert result.exit_code == 1
    assert f"out: {name} is in the way, and enrich did not write it" in result.output
    assert result.output.count("\n") == 1
    assert (folder / "out" / name).read_bytes() == b"PAR1 of somebody else"


@BOTH
def test_a_folder_that_spark_wrote_is_left_alone(command: str, folder: Path) -> None:
    """Spark writes a folder for a file, and hidden checksums beside its parts."""
    spark = folder / "out" / "trials" / "part-00000.parquet"
    spark.mkdir(parents=True)
    for name in ("_SUCCESS", ".part-00000.crc", "part-00000-c000.snappy.parquet"):
        (spark / name).write_bytes(b"Spark")
    (spark.parent / ".part-00000.parquet.crc").write_bytes(b"Spark")
    before = sorted(spark.parent.rglob("*"))
    result = run(command)
    assert result.exit_code == 1 and "trials/part-00000.parquet is in the way" in result.output
    assert sorted(spark.parent.rglob("*")) == before


@BOTH
def test_hidden_files_beside_ours_stay(command: str, folder: Path) -> None:
    hidden = ("_SUCCESS", ".part-00000.parquet.crc", ".part-00000.0123456789abcdef0123456789abcdef")
    (folder / "out" / "trials").mkdir(parents=True)
    for name in hidden:
        (folder / "out" / "trials" / name).write_bytes(b"theirs")
    for _ in range(2):
        assert run(command).exit_code == 0
    assert {path.name for path in (folder / "out" / "trials").iterdir()} >= {*hidden}


@BOTH
def test_a_later_run_replaces_what_an_earlier_one_wrote(command: str, folder: Path) -> None:
    assert run(command).exit_code == 0
    rows = pq.read_table(folder / "out" / "trials").num_rows
    for path in sorted((folder / "records").iterdir())[3:]:
        path.unlink()
    Path(f"{command}.db").unlink()
    assert run(command).exit_code == 0
    assert 0 < pq.read_table(folder / "out" / "trials").num_rows < rows
    assert [path.name for path in (folder / "out" / "_enrich").iterdir()] == ["files.json"]
    listed = json.loads((folder / "out" / "_enrich" / "files.json").read_text())
    assert listed == sorted(
        path.relative_to(folder / "out").as_posix() for path in folder.rglob("*.parquet")
    )


@BOTH
def test_what_a_killed_run_left_unfinished_is_removed(command: str, folder: Path) -> None:
    (folder / "out" / "_enrich").mkdir(parents=True)
    (folder / "out" / "_enrich" / f"part-00003.{'0' * 32}").write_bytes(b"half")
    assert run(command).exit_code == 0
    assert [path.name for path in (folder / "out" / "_enrich").iterdir()] == ["files.json"]


@BOTH
@pytest.mark.parametrize("name", ["what?", "100%20", "a*b", "[x]", "a#b", "a::b", "~", " b", "{a}"])
def test_a_folder_may_have_any_name(command: str, name: str, folder: Path) -> None:
    for _ in range(2):
        assert run(command, f"./{name}").exit_code == 0
        Path(f"{command}.db").unlink()
    assert pq.read_table(folder / name / "trials").num_rows
    other = {"records", "data", "cache", name}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == other


@pytest.mark.parametrize("content", ["{", "3", "[3]", "null", '{"a": 1}', "[" * 100_000])
def test_a_damaged_list_of_files_removes_nothing(content: str, folder: Path) -> None:
    assert run("load").exit_code == 0
    (folder / "out" / "_enrich" / "files.json").write_text(content)
    before = sorted((folder / "out").rglob("*.parquet"))
    result = run("load")
    assert result.exit_code == 1 and result.output.splitlines()[-1].startswith("enrich: out: ")
    assert sorted((folder / "out").rglob("*.parquet")) == before


def test_a_list_that_names_files_elsewhere_removes_none_of_them(folder: Path) -> None:
    (folder / "out" / "_enrich").mkdir(parents=True)
    named = [
        "../data/table9.csv",
        str(folder / "data" / "table9.csv"),
        "trials/../../data/table9.csv",
    ]
    (folder / "out" / "_enrich" / "files.json").write_text(json.dumps(named))
    run("load"), run("trace")
    assert (folder / "data" / "table9.csv").is_file()
