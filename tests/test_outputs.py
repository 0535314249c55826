"""No output of any command is written over what the command reads, or over a table, description, database or copy."""

import os
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from enrich.cli import main
from enrich.cli.parameters import OutputPath, OutputPlace

ROOT = Path(__file__).parent.parent
TOML = 'file = "mine.csv"\nid_column = "NCT ID"\n[columns.N]\nsays = ["enrollment"]\n'


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """A folder in which a run has worked, with a table elsewhere, and what else may be in reach."""
    folder = tmp_path_factory.mktemp("outputs")
    for name in ("data", "cache"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.db*", ".*"))
    (folder / "review").mkdir()
    (folder / "review" / "mine.toml").write_text(TOML)
    (folder / "review" / "mine.decisions.csv").write_text("nct_id,decision\n")
    (folder / "review" / "mine.csv").write_text("NCT ID,N\nNCT00962923,10\n")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for options in ([], ["--table", "review/mine.toml", "--db", "other.db"]):
            assert CliRunner().invoke(main, ["sync", "--offline", *options]).exit_code == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def folder(synced, tmp_path, monkeypatch):
    shutil.copytree(synced, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    Path("link.csv").symlink_to("data/table9.csv")
    os.link("data/table9.csv", "hard.csv")
    Path("folder_link").symlink_to("data")
    return Path()


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# What every command has to be called with, beside the output.
COMMANDS = {
    "init": ["data/table9.csv", "--offline"],
    "export": [],
    "report": [],
    "browse": ["--no-open"],
    "candidates": ["--offline"],
    "sync": ["--offline"],
    "load": ["cache"],
    "trace": ["cache", "--parquet", "out"],
}
OUTPUTS = [
    (name, option)
    for name, command in main.commands.items()
    for option in command.params
    if isinstance(option.type, (OutputPath, OutputPlace)) and not option.hidden
]
PROTECTED = (
    "data/table9.csv",
    "data/table9.toml",
    "data/../data/table9.csv",
    "data/trials.db",
    "data/trials.db-wal",
    "data/.trials.db.lock",
    "other.db",
    "review/mine.csv",
    "review/mine.toml",
    "review/mine.decisions.csv",
    "cache/NCT00962923.json",
    "link.csv",
    "hard.csv",
    "folder_link/table9.csv",
)  # fmt: skip
EACH_OUTPUT = pytest.mark.parametrize(
    ("name", "option"), OUTPUTS, ids=[f"{name} {option.opts[0]}" for name, option in OUTPUTS]
)


@EACH_OUTPUT
def test_no_output_damages_a_file_that_is_there_for_another_purpose(folder, name, option):
    before = contents(folder)
    for protected in PROTECTED:
        arguments = [name, *COMMANDS[name], option.opts[0], protected]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code in (1, 2) and "Traceback" not in result.output, result.output
        assert Path(protected).name in result.output.splitlines()[-1]
        changed = {
            path for path, content in contents(folder).items() if before.get(path) != content
        }
        assert {path for path in changed if path in before} == set(), (protected, changed)


@EACH_OUTPUT
def test_an_input_of_the_command_is_refused_as_its_output(folder, name, option):
    """Also where it is no table of ours, has another name, or is given by the same option twice."""
    if isinstance(option.type, OutputPlace) or not option.type.dir_okay:
        shutil.copy("data/table9.toml", "my table.toml")
        shutil.copy("data/table9.csv", "table9.csv")
        inputs = {"--db": "data/trials.db"}
        if (
            any(other.opts[0] == "--table" for other in main.commands[name].params)
            and name != "export"
        ):
            inputs["--table"] = "my table.toml"
        for file in inputs.values():
            given = [part for pair in inputs.items() for part in pair]
            result = CliRunner().invoke(main, [name, *COMMANDS[name], *given, option.opts[0], file])
            assert result.exit_code in (1, 2)
            assert file in result.output.splitlines()[-1].replace("'", "")


def test_a_record_of_the_archive_that_is_read_is_not_an_output(folder):
    shutil.copytree("cache", "records")
    (folder / "records" / "NCT00962923.json").write_text('{"protocolSection": {}}')
    for place, output in (("records", "records/NCT00962923.json"), ("all.ndjson", "all.ndjson")):
        (folder / "all.ndjson").write_text("{}\n")
        result = CliRunner().invoke(main, ["load", place, "--log-file", output])
        assert result.exit_code == 2 and "PLACE reads" in result.output, result.output


def test_a_database_or_a_copy_is_recognised_by_its_content(folder):
    """Whoever uses it, and whatever it is called."""
    shutil.copy("other.db", "report.html")
    shutil.copy("cache/NCT00962923.json", "report.json")
    for output, kind in (("report.html", "a database"), ("report.json", "a copy in the cache")):
        result = CliRunner().invoke(main, ["report", "--output", output])
        assert result.exit_code == 2
        assert f"{output} is {kind}; name another file" in result.output


def test_an_output_may_be_written_again(folder):
    """What is no input, and nothing of ours, is replaced as before; a log grows."""
    for _ in range(2):
        for arguments in (
            ["export", "--output", "out.csv"],
            ["report", "--output", "data/out.html", "--format", "html"],
            ["report", "--output", "/dev/null", "--format", "json"],
            ["sync", "--offline", "--log-file", "data/sync.log"],
        ):
            assert CliRunner().invoke(main, arguments).exit_code == 0
    assert (folder / "data" / "sync.log").read_text().count("started") == 2


def test_every_option_for_a_path_is_either_an_input_or_an_output():
    """A new option cannot escape the rule: its type says which it is, by its name."""
    written = {"output", "log_file", "into", "parquet"}
    for name, command in main.commands.items():
        for option in command.params:
            is_output = isinstance(option.type, (OutputPath, OutputPlace))
            assert is_output or option.name not in written, f"{name} {option.name}"
            assert type(option.type) is not click.Path, f"{name} {option.name}"
