"""The command line: one line for each fault, an exit code for a machine, and silence where nothing is new."""

import hashlib
import json
import os
import pty
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from filelock import FileLock

from enrich import __version__
from enrich.cli import Time, main
from enrich.dates import long_day
from enrich.errors import ExitCode
from tests.fixtures.registry_server import StandInRegistry, recent_load, set_path
from tests.fixtures.studies import nct, study

ROOT = Path(__file__).parent.parent
TOML = 'file = "t.csv"\nid_column = "NCT ID"\n[columns."Phase"]\nsays = ["phases"]\n'
CSV = f"NCT ID,Phase\n{nct(1)},Phase 2\n{nct(2)},Phase 3\n,Phase 1\n"


class Bench:
    """A folder with a table, a registry that answers, and the command line."""

    def __init__(self, folder, registry):
        self.folder, self.registry, self.url = folder, registry, registry.url
        self.write("t.toml", TOML), self.write("t.csv", CSV)

    def write(self, name, content):
        (self.folder / name).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )

    def __call__(self, *arguments):
        """Runs a command, which never prints a traceback."""
        hasty = Time(sleep=lambda seconds: None)
        result = CliRunner().invoke(main, [str(argument) for argument in arguments], obj=hasty)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    def sync(self, *options):
        places = {
            "--table": self.folder / "t.toml",
            "--db": self.folder / "trials.db",
            "--cache": self.folder / "cache",
            "--registry": self.url,
            "--pace": 0,
        }
        given = [
            part for name, value in places.items() if name not in options for part in (name, value)
        ]
        return self("sync", *given, "--no-history", *options)

    def database(self):
        return hashlib.sha256((self.folder / "trials.db").read_bytes()).hexdigest()


@pytest.fixture
def registry():
    with StandInRegistry([study(1), study(2), study(3)], loaded=recent_load()) as standin:
        yield standin


@pytest.fixture
def bench(tmp_path, registry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Bench(tmp_path, registry)


def test_data_that_is_older_than_ten_days_is_not_believed(bench, registry):
    registry.next_load("2020-01-03T09:00:05")
    result = bench.sync("--exit-code")
    assert result.exit_code == 20, result.output
    assert "the registry shows data of 2020-01-03" in result.stderr
    log = bench("report", "--db", bench.folder / "trials.db", "--format", "log").stdout
    assert (
        "could be checked against ClinicalTrials.gov (the registry shows data of 2020-01-03" in log
    )
    registry.next_load(recent_load())
    assert bench.sync("--exit-code").exit_code == 10


def test_old_copies_may_be_read_offline_and_their_day_is_given(bench, registry):
    assert bench.sync().exit_code == 0
    offline = bench.sync("--offline", "--exit-code")
    day = long_day(datetime.now(UTC).date().isoformat())
    assert offline.exit_code == 20 and f"offline, from saved copies of {day}" in " ".join(
        offline.stdout.split()
    )


def closed():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


# --- bad input


def break_off(bench):
    bench.write("t.toml", "file = ")


def strange_field(bench):
    bench.write("t.toml", TOML.replace("phases", "fases"))


def no_csv(bench):
    (bench.folder / "t.csv").unlink()


def ragged(bench):
    bench.write("t.csv", CSV + "a,b,c\n")


def spreadsheet(bench):
    bench.write("t.csv", b"PK\x03\x04\x00\x81\x8d")


def no_database(bench):
    bench.write("other.db", "a shopping list " * 200)


def newer_database(bench):
    with closing(sqlite3.connect(bench.folder / "trials.db")) as db, db:
        db.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('enrich', 'from_the_future', '2030-01-01')"
        )


def nothing(bench):
    """The fault is in the options."""


# fmt: off
BAD = (
    (nothing,        ["sync", "--table", "nowhere.toml"],      1, "nowhere.toml: No such file",     "a table that is not there"),
    (nothing,        ["sync", "--table", "t.csv"],             1, "that is text: run `enrich init t.csv`",         "a CSV for a description"),
    (nothing,        ["sync", "--table", "."],                 1, "directory",                      "a folder for a description"),
    (break_off,      ["sync"],                                 1, "t.toml: not a TOML file",        "half a description"),
    (strange_field,  ["sync"],                                 1, "'fases'; did you mean 'phases'", "an unknown field"),
    (no_csv,         ["sync"],                                 1, "t.csv: No such file",            "no CSV"),
    (ragged,         ["sync"],                                 1, "t.csv: row 4 has 3 cells",       "a row with a cell too many"),
    (spreadsheet,    ["sync"],                                 1, "t.csv",                          "a spreadsheet file"),
    (no_database,    ["sync", "--db", "other.db"],             1, "other.db",                       "a file that is no database"),
    (nothing,        ["sync", "--db", "."],                    2, "--db",                           "a folder for a database"),
    (nothing,        ["sync", "--db", ""],                     2, "--db",                           "a database without a name"),
    (nothing,        ["report", "--output", "."],              2, "--output",                       "a folder for an output"),
    (nothing,        ["report", "--output", "", "--format", "json"], 2, "--output",                 "an output without a name"),
    (nothing,        ["sync", "--cache", "t.csv"],             2, "--cache",                        "a file for the folder of copies"),
    (nothing,        ["sync", "--db", "t.csv/trials.db"],      1, "t.csv",                          "a file where a folder should be"),
    (newer_database, ["sync"],                                 1, "newer version of enrich",        "a database of a newer version"),
    (nothing,        ["report", "--db", "nowhere.db"],         1, "nowhere.db: no such database",   "a report of nothing"),
    (nothing,        ["report", "--output", "t.csv/x.txt"],    1, "t.csv/x.txt: cannot be written", "an output that cannot be written"),
    (nothing,        ["report", "--output", "t.csv/x", "--format", "json"], 1, "cannot be written", "the same in another format"),
    (nothing,        ["check", "--table", "nowhere.toml"],     1, "nowhere.toml",                   "a check of nothing"),
    (nothing,        ["check"],                                1, "no table in data/",              "no table anywhere"),
    (nothing,        ["sync", "--pace", "-1"],                 2, "--pace",                         "a pace below nought"),
    (nothing,        ["sync", "--pace", "soon"],               2, "--pace",                         "a pace in words"),
    (nothing,        ["sync", "--tabel", "x"],                 2, "--tabel",                        "an option that is none"),
    (nothing,        ["sync", "x.toml"],                       2, "x.toml",                         "a table without its option"),
    (nothing,        ["snyc"],                                 2, "snyc",                           "a command that is none"),
    (nothing,        ["report", "--since", "spring"],          2, "--since",                        "a day that is none"),
    (nothing,        ["report", "--format", "pdf"],            2, "--format",                       "a format that is none"),
)
# fmt: on


@pytest.mark.parametrize(
    "spoil, arguments, code, words", [pytest.param(*line[:4], id=line[4]) for line in BAD]
)
def test_bad_input_is_one_line_and_the_database_stays_as_it_was(
    bench, spoil, arguments, code, words
):
    bench.sync()
    spoil(bench)
    before = bench.database()
    bench.registry.requests.clear()
    command, *options = arguments
    if command == "sync":
        result = bench.sync(*options)
    else:
        result = bench(
            command,
            *options,
            *(
                ["--db", bench.folder / "trials.db"]
                if command == "report" and "--db" not in options
                else []
            ),
        )
    assert (result.exit_code, result.stdout) == (code, "")
    lines = result.stderr.strip().splitlines()
    assert words in lines[-1] and (
        code == 2 or (len(lines) == 1 and lines[0].startswith("enrich: "))
    )
    assert bench.database() == before and bench.registry.requests == []


def test_a_second_run_on_one_database_leaves_at_once(bench):
    bench.sync()
    before = bench.database()
    with FileLock(bench.folder / ".trials.db.lock"):
        result = bench.sync()
    assert (result.exit_code, result.stdout) == (4, "") and "another run" in result.stderr
    assert bench.database() == before and bench.sync().exit_code == 0


# --- exit codes


def test_the_exit_code_shows_whether_anything_was_new(bench):
    assert bench.sync("--exit-code").exit_code == 10
    assert bench.sync("--exit-code").exit_code == 0
    bench.registry.next_load()
    assert bench.sync("--exit-code").exit_code == 0
    (
        bench.registry.change(
            nct(1),
            lambda made: set_path(made, "protocolSection.statusModule.overallStatus", "COMPLETED"),
        ),
        bench.registry.next_load(),
    )
    assert bench.sync("--exit-code").exit_code == 10
    bench.registry.next_load(), bench.registry.fail("500", on="batch", times=None)
    assert bench.sync("--exit-code").exit_code == 20 and bench.sync().exit_code == 0
    bench.url = closed()
    assert bench.sync("--exit-code").exit_code == 21 and bench.sync().exit_code == 0


def test_an_unreachable_registry_and_a_trial_without_a_copy_is_a_fault(bench):
    bench.sync()
    bench.write("t.csv", CSV + f"{nct(3)},Phase 1\n")
    bench.url = closed()
    result = bench.sync()
    assert result.exit_code == 1 and "Phase 3" in result.stdout
    assert re.search(rf"no copy of 1 of 3 trials \({nct(3)}\)", result.stderr.splitlines()[-1])


def test_an_unreachable_registry_is_a_loud_warning(bench):
    bench.sync()
    bench.url = closed()
    result = bench.sync()
    assert result.exit_code == 0 and "WARNING: the registry could not be reached" in result.stderr
    assert (
        "connection refused" in result.stderr
        and "could not be reached" in result.stdout
        and "Phase 3" in result.stdout
    )


# --- silence, streams, colour


def test_quiet_is_silent_where_nothing_is_new_and_nothing_fails_for_long(bench):
    assert nct(2) in bench.sync("-q").stdout
    for _ in range(2):
        result = bench.sync("-q")
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
        bench.registry.next_load()
    bench.registry.change(
        nct(1),
        lambda made: set_path(made, "protocolSection.statusModule.overallStatus", "COMPLETED"),
    )
    assert "completed" in bench.sync("-q").stdout
    bench.url = closed()
    assert [bool(bench.sync("-q").stderr) for _ in range(4)] == [
        False,
        False,
        True,
        False,
    ]  # a lasting failure is reported at the third run


def test_results_go_to_stdout_and_everything_else_to_stderr(bench):
    bench.write("t.csv", CSV + "NCT0123456,Phase 1\n")
    result = bench.sync("-v")
    assert "t.csv, row 4, column 'NCT ID'" in result.stderr and nct(2) in result.stdout
    assert (
        "enrich:" not in result.stdout and "\r" not in result.output and "\x1b" not in result.output
    )
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_a_report_can_be_printed_again(bench):
    first = bench.sync().stdout
    again = bench("report", "--db", bench.folder / "trials.db").stdout
    assert again == first


def test_check_makes_no_request_and_names_what_it_finds(bench):
    bench.write("t.csv", CSV + f"NCT0123456,Phase 1\n{nct(3)},pilot\n")
    result = bench("check", "--table", bench.folder / "t.toml")
    assert result.exit_code == 0 and bench.registry.requests == []
    assert [line.strip().partition(":")[0] for line in result.stdout.splitlines()[1:]] == [
        "row 3",
        "row 4",
        "row 5",
        "column 'Phase', phase",
    ]
    assert not (bench.folder / "trials.db").exists()


def in_a_terminal(*arguments, **environment):
    """What a command prints to a terminal of 80 columns."""
    reader, writer = pty.openpty()
    try:
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        subprocess.run(
            [sys.executable, "-m", "enrich", *arguments],
            stdout=writer,
            stderr=writer,
            check=True,
            cwd=ROOT,
            env={**kept, "TERM": "xterm", **environment},
            timeout=60,
        )
        os.close(writer)
        printed = b""
        while part := read_all(reader):
            printed += part
        return printed.decode()
    finally:
        os.close(reader)


def read_all(reader):
    try:
        return os.read(reader, 1 << 16)
    except OSError:  # a terminal whose other end is closed
        return b""


def test_colour_is_for_terminals_that_want_it(bench):
    bench.sync()
    report = ["report", "--db", str(bench.folder / "trials.db")]
    assert "\x1b[" in in_a_terminal(*report)
    assert "\x1b[" not in in_a_terminal(*report, NO_COLOR="1")


# --- help


@pytest.mark.parametrize(
    "command",
    [[], *([name] for name in main.commands)],
    ids=lambda command: " ".join(command) or "enrich",
)
def test_every_command_and_option_explains_itself(command):
    result = CliRunner().invoke(main, [*command, "-h"])
    assert result.exit_code == 0 and result.output.startswith("Usage: ")
    if command:
        assert all(
            parameter.help
            for parameter in main.commands[command[0]].params
            if isinstance(parameter, click.Option) and not parameter.hidden
        )


def test_the_registry_may_be_named_by_the_environment(bench, monkeypatch):
    monkeypatch.setenv("ENRICH_REGISTRY", bench.url)
    bench.url = bench.url
    result = bench(
        "sync",
        "--table",
        bench.folder / "t.toml",
        "--db",
        bench.folder / "trials.db",
        "--cache",
        bench.folder / "cache",
        "--pace",
        0,
    )
    assert result.exit_code == 0 and [asked.kind for asked in bench.registry.requests][:2] == [
        "gate",
        "batch",
    ]


@pytest.mark.parametrize("contact", ["team@example.org", "https://example.org/review?a=b"])
def test_the_contact_of_the_environment_is_sent_with_every_request(bench, monkeypatch, contact):
    monkeypatch.setenv("ENRICH_CONTACT", contact)
    assert bench.sync().exit_code == 0
    agents = {request.headers["User-Agent"] for request in bench.registry.requests}
    assert agents == {f"enrich/{__version__} (+{contact})"}


@pytest.mark.parametrize(
    "contact",
    ["team", "team@example.org\nX-Evil: 1", "ftp://example.org", "té@example.org", "a@b)", "a b@c", "a@" + "b" * 300],
    ids=repr,
)  # fmt: skip
def test_a_contact_that_is_no_address_is_a_usage_error(bench, monkeypatch, contact):
    monkeypatch.setenv("ENRICH_CONTACT", contact)
    result = bench.sync()
    assert (result.exit_code, "neither an e-mail address nor a URL" in result.stderr) == (2, True)
    assert bench.registry.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize("arguments", [["--help"], ["sync", "--help"], ["examples"]])
def test_output_that_cannot_be_written_is_one_line(arguments):
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "enrich", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
    assert (result.returncode, result.stderr) == (
        1,
        "enrich: cannot write output (No space left on device)\n",
    )


# --- the archive: two commands, and the option that they replace


def archive_of(bench, *records):
    bench.write("all.ndjson", "".join(json.dumps(record) + "\n" for record in records))
    return bench.folder / "all.ndjson"


def dated(number, **facts):
    return study(number, **{"last_update_submitted": "2020-05-01", **facts})


def of_an_archive(bench, *arguments):
    paths = ("--table", bench.folder / "t.toml", "--db", bench.folder / "trials.db")
    return bench(*arguments, *paths, "--workers", 1)


def needs_cluster():
    """Parquet files need the libraries of the extra [cluster]."""
    pytest.importorskip("pyarrow.parquet", reason="the extra [cluster] is not installed")


def test_load_updates_the_database_from_an_archive_without_a_request(bench):
    archive = archive_of(bench, study(1), study(2))
    result = of_an_archive(bench, "load", archive, "--exit-code")
    assert (result.exit_code, bench.registry.requests) == (ExitCode.NEWS, [])
    assert nct(2) in result.stdout and result.stderr == ""


def test_trace_compares_with_every_version_in_an_archive(bench):
    needs_cluster()
    archive = archive_of(bench, dated(1), dated(1, last_update_submitted="2020-06-01"), dated(2))
    result = of_an_archive(bench, "trace", archive, "--parquet", bench.folder / "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 records in 3 versions." in result.stdout


@pytest.mark.parametrize(
    ("options", "command", "result"),
    [((), "enrich load PLACE", nct(2)), (("--versions", "--parquet", "out"), "enrich trace PLACE", "2 records")],
)  # fmt: skip
def test_sync_from_still_works_and_names_the_new_command(bench, options, command, result):
    if "--parquet" in options:
        needs_cluster()
    archive = archive_of(bench, dated(1), dated(2))
    done = of_an_archive(bench, "sync", "--from", archive, *options)
    assert (done.exit_code, done.stderr) == (
        0,
        f"enrich: `sync --from` is deprecated; use `{command}`\n",
    )
    assert result in done.stdout


# fmt: off
INCOMPLETE = (
    (["sync", "--versions"],                       "--versions goes with --from"),
    (["sync", "--workers", "2"],                   "--workers goes with --from"),
    (["sync", "--from", "a.ndjson", "--versions"], "--versions goes with --parquet"),
    (["trace", "a.ndjson"],                        "Missing option '--parquet'"),
    (["load"],                                     "Missing argument 'PLACE'"),
)
# fmt: on


@pytest.mark.parametrize(("arguments", "words"), INCOMPLETE, ids=lambda value: str(value))
def test_an_option_without_the_one_it_belongs_to_is_a_usage_error(bench, arguments, words):
    result = bench(*arguments)
    assert (result.exit_code, words in result.stderr) == (ExitCode.USAGE, True)
