"""No input of any kind gives a traceback: command line, environment, streams and faults of our own."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrich.cli import Time, main
from enrich.errors import ExitCode
from tests.fixtures.registry_server import StandInRegistry, recent_load
from tests.fixtures.studies import nct, study

ROOT = Path(__file__).parent.parent
TOML = 'file = "t.csv"\nid_column = "NCT ID"\n[columns."Phase"]\nsays = ["phases"]\n'


@pytest.fixture(scope="module")
def registry():
    with StandInRegistry([study(1)], loaded=recent_load()) as stand_in:
        yield stand_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.toml").write_text(TOML)
    (tmp_path / "data" / "t.csv").write_text(f"NCT ID,Phase\n{nct(1)},Phase 2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments, **environment):
    """What a command does in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "enrich", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


# --- options and variables that cannot be right

# fmt: off
BAD_OPTIONS = (
    (["sync", "--registry", "http://[::1"],                   {}, "--registry"),
    (["sync", "--registry", "http://[::1]:x/"],               {}, "--registry"),
    (["sync", "--registry", "clinicaltrials.gov"],            {}, "--registry"),
    (["sync", "--registry", "ftp://clinicaltrials.gov"],      {}, "--registry"),
    (["sync", "--registry", "https://"],                      {}, "--registry"),
    (["sync", "--registry", "https://host:0x50"],             {}, "--registry"),
    (["sync", "--registry", "https://ho st/"],                {}, "--registry"),
    (["sync", "--registry", "https://host\n/"],               {}, "--registry"),
    (["sync", "--registry", "https://.."],                    {}, "--registry"),
    (["sync", "--registry", ""],                              {}, "--registry"),
    (["sync"],                                                {"ENRICH_REGISTRY": "http://[::1"}, "--registry"),
    (["sync", "--pace", "inf"],                               {}, "--pace"),
    (["sync", "--pace", "nan"],                               {}, "--pace"),
    (["sync", "--pace", "1e9"],                               {}, "--pace"),
    (["sync", "--from", ""],                                  {}, "--from"),
    (["sync", "--from", "a.zip", "--parquet", ""],            {}, "--parquet"),
    (["sync", "--from", "a.zip", "--scheduler", ""],          {}, "--scheduler"),
    (["load", ""],                                            {}, "PLACE"),
    (["load", "a.zip", "--parquet", ""],                      {}, "--parquet"),
    (["load", "a.zip", "--scheduler", "localhost"],           {}, "--scheduler"),
    (["load", "a.zip", "--scheduler", "http://localhost:1"],  {}, "--scheduler"),
    (["load", "a.zip", "--scheduler", "tcp://localhost"],     {}, "--scheduler"),
    (["load", "a.zip", "--scheduler", "tcp://[::1"],          {}, "--scheduler"),
    (["trace", "a.ndjson", "--parquet", ""],                  {}, "--parquet"),
    (["sync", "--table", ""],                                 {}, "--table"),
    (["sync", "--cache", ""],                                 {}, "--cache"),
    (["sync", "--log-file", ""],                              {}, "--log-file"),
    (["sync", "--notify", ""],                                {}, "--notify"),
    (["browse", "--into", ""],                                {}, "--into"),
    (["export", "--output", ""],                              {}, "--output"),
    (["report", "--since", ""],                               {}, "--since"),
    (["sync", "--db", "a\0b"],                                {}, "--db"),
)
# fmt: on


@pytest.mark.parametrize(
    ("arguments", "environment", "option"), BAD_OPTIONS, ids=lambda value: repr(value)
)
def test_an_option_that_cannot_be_right_is_a_usage_error(
    folder, monkeypatch, arguments, environment, option
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == ExitCode.USAGE
    assert option in result.stderr.splitlines()[-1]
    assert not (folder / "data" / "trials.db").exists()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_certificates_that_is_nowhere_is_named(folder, variable):
    done = run("sync", "--registry", "https://127.0.0.1:9", **{variable: "/nowhere/ca.pem"})
    assert (done.returncode, done.stdout) == (ExitCode.ERROR, "")
    assert done.stderr == f"enrich: {variable}: /nowhere/ca.pem: no such file or folder; unset it\n"


# fmt: off
ODD_PROXIES = ("http://[::1", "nonsense", "socks9://127.0.0.1:9", "http://127.0.0.1:9", "http://user:pass@[")
# fmt: on


@pytest.mark.parametrize("proxy", ODD_PROXIES)
def test_an_odd_proxy_is_a_registry_that_cannot_be_reached(folder, proxy):
    done = run("sync", "--registry", "https://127.0.0.1:9", HTTPS_PROXY=proxy, NO_PROXY="")
    assert done.returncode == ExitCode.ERROR  # there is no copy of the trial
    assert "Traceback" not in done.stderr and "no copy of 1 of 1 trials" in done.stderr


# --- streams


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-", "0<&-"])
@pytest.mark.parametrize("command", ["sync --offline", "report", "check", "--help", "nonsense"])
def test_a_closed_stream_is_no_traceback(folder, registry, command, closed):
    assert CliRunner().invoke(main, ["sync", "--offline"]).exit_code == 0
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m enrich {command} {closed}'],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Traceback" not in done.stderr
    usage = ExitCode.USAGE if command == "nonsense" else ExitCode.DONE
    lost = "1>&-" in closed and command != "nonsense"
    assert done.returncode == (ExitCode.ERROR if lost else usage)
    if lost and "2>&-" not in closed:
        assert done.stderr == "enrich: cannot write output (Bad file descriptor)\n"


# --- our own faults


def test_an_internal_error_is_one_line_that_names_a_file_with_the_details(
    folder, monkeypatch, tmp_path
):
    def fail(*arguments):
        raise ZeroDivisionError("at https://user:secret@registry.test\x1b[2J")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("enrich.tables.reader.read_tables", fail)
    result = CliRunner().invoke(main, ["check"])
    (file,) = tmp_path.glob("enrich-error-*.txt")
    assert (result.exit_code, result.stdout) == (ExitCode.ERROR, "")
    assert result.stderr == f"enrich: internal error (ZeroDivisionError); details: {file}\n"
    details = file.read_text(encoding="utf-8")
    assert "in fail" in details and "secret" not in details and "\x1b" not in details
    assert file.stat().st_mode & 0o077 == 0


def test_an_internal_error_of_a_run_is_in_its_log(folder, monkeypatch):
    monkeypatch.setattr("enrich.tables.reader.read_tables", lambda *arguments: 1 / 0)
    result = CliRunner().invoke(main, ["sync", "--offline", "--log-file", "enrich.log"])
    assert result.exit_code == ExitCode.ERROR
    assert "error   internal error (ZeroDivisionError)" in (folder / "enrich.log").read_text()


def test_an_internal_error_without_room_for_the_details_is_still_one_line(folder, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    monkeypatch.setattr("enrich.tables.reader.read_tables", lambda *arguments: 1 / 0)
    result = CliRunner().invoke(main, ["check"])
    assert (result.exit_code, result.stderr) == (
        ExitCode.ERROR,
        "enrich: internal error (ZeroDivisionError: division by zero)\n",
    )


# --- anything at all

PATHS = [
    "data/t.toml",
    "data/t.csv",
    "data/trials.db",
    "data",
    "out",
    "out.csv",
    "out.docx",
    "nowhere/out",
    "/dev/null",
]
VALUES = st.one_of(
    st.sampled_from(
        [
            "data/t.toml",
            "data/t.csv",
            "data/trials.db",
            "data",
            ".",
            "-",
            "--",
            "0",
            "-1",
            "1",
            "inf",
            "1e400",
            "9999999999999999999999",
            "last",
            "first",
            "2026-11-01",
            "2026-99-99",
            "http://[::1",
            "file:///etc/passwd",
            "memory://x",
            "s3://",
            "atom",
            "json",
            "csv",
            "text",
            "html",
            "xlsx",
            "docx",
            "corrections",
            "log",
            "out",
            "out.csv",
            "out.docx",
            "nowhere/out",
            "/dev/null",
            "tcp://[::1]:x",
            "t",
        ]
    ),
    st.just(""),
    st.text(st.characters(exclude_characters="/"), max_size=12),
    st.text(st.sampled_from("0123456789-T:+.eE"), max_size=12),
)


def values_for(parameter):
    """Values that fit *parameter* by their form, and in one case of four anything."""
    if isinstance(parameter.type, click.Choice):
        fitting = st.sampled_from([*parameter.type.choices])
    elif isinstance(parameter.type, click.Path):
        fitting = st.sampled_from(PATHS)
    elif parameter.type in (click.INT, click.FLOAT) or isinstance(parameter.type, click.IntRange):
        fitting = st.integers(1, 9).map(str)
    else:
        fitting = st.sampled_from(["last", "1", "2026-11-01", "t", "NCT ID", "log", "data/t.csv"])
    return st.integers(0, 3).flatmap(lambda chance: fitting if chance else VALUES)


@st.composite
def command_lines(draw):
    """A command with options that it has, and values that may or may not fit them."""
    name = draw(st.sampled_from(sorted({*main.commands} - {"browse"})))
    required = [parameter for parameter in main.commands[name].params if parameter.required]
    optional = draw(st.lists(st.sampled_from(main.commands[name].params), max_size=5))
    words = [name]
    for parameter in (*required, *optional):
        if isinstance(parameter, click.Option):
            words.append(draw(st.sampled_from([*parameter.opts, *parameter.secondary_opts])))
        if not getattr(parameter, "is_flag", False):
            words.append(draw(values_for(parameter)))
    return words


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.one_of(command_lines(), st.lists(VALUES, max_size=4)))
def test_no_command_line_gives_a_traceback(folder, registry, words):
    if words[:1] == ["sync"]:
        words = [*words, "--registry", registry.url, "--pace", "0"]
    if words[:1] in (["load"], ["trace"]):
        words = [*words, "--workers", "1"]
    result = CliRunner().invoke(main, words, obj=Time(sleep=lambda seconds: None))
    assert result.exception is None or isinstance(result.exception, SystemExit), words
    assert "internal error" not in result.stderr, (words, result.stderr)


# --- any environment, any file, any answer: a few of them always, many with `-m long`

EXAMPLES = pytest.mark.parametrize("examples", [8, pytest.param(1000, marks=pytest.mark.long)])
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
VARIABLES = {
    "PATH": st.sampled_from(["", ":", "/nowhere", "\x1b[2J"]) | TEXTS,
    "HOME": st.sampled_from(["", "/nowhere", "/dev/null", "relative"]) | TEXTS,
    "TMPDIR": st.sampled_from(["", "/nowhere", "/dev/null"]),
    "TZ": st.sampled_from(["", "Mars/Olympus", ":", "UTC+99", "A" * 300]) | TEXTS,
    "LANG": st.sampled_from(["", "C", "xx_YY.ZZ", "tr_TR.UTF-8"]) | TEXTS,
    "LC_ALL": st.sampled_from(["", "C", "POSIX", "nonsense"]) | TEXTS,
    "COLUMNS": st.sampled_from(["0", "-1", "1", "9" * 30, "x"]) | TEXTS,
    "LINES": st.sampled_from(["0", "-1", "9" * 30, "x"]) | TEXTS,
    "TERM": st.sampled_from(["", "dumb", "nonsense"]) | TEXTS,
    "NO_COLOR": TEXTS,
    "FORCE_COLOR": TEXTS,
    "PAGER": st.sampled_from(["", "/nowhere", "false"]),
    "HTTP_PROXY": st.sampled_from(["http://[::1", "nonsense", "http://127.0.0.1:9", "://"]) | TEXTS,
    "ALL_PROXY": st.sampled_from(["socks9://x", "http://user:pass@[", "//"]) | TEXTS,
    "NO_PROXY": st.sampled_from(["", "*", "127.0.0.1", "[", ",,,"]) | TEXTS,
    "NETRC": st.sampled_from(["", "/nowhere", "/dev/null", "data"]),
    "REQUESTS_CA_BUNDLE": st.sampled_from(["", "/nowhere", "data", "/dev/null"]),
    "ENRICH_REGISTRY": TEXTS,
    "ENRICH_CONTACT": TEXTS,
    "ENRICH_NOTIFY": TEXTS,
    "ENRICH_NO_SHORTCUTS": st.sampled_from(["all", "prefetch", ","]) | TEXTS,
}
ENVIRONMENTS = st.lists(st.sampled_from([*VARIABLES]), max_size=6, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: VARIABLES[name] for name in names})
)


def holds(examples, strategy, check):
    """Whether *check* passes for so many values of *strategy*."""

    @settings(max_examples=examples, deadline=None, database=None)
    @given(strategy)
    def passes(value):
        check(value)

    passes()


def gives_no_traceback(*words, env=None):
    result = CliRunner(env=env).invoke(main, [*words], obj=Time(sleep=lambda seconds: None))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "internal error" not in result.output, result.output


@EXAMPLES
def test_no_environment_gives_a_traceback(folder, registry, examples):
    def check(environment):
        given_registry = () if "ENRICH_REGISTRY" in environment else ("--registry", registry.url)
        offline = () if given_registry else ("--offline",)
        gives_no_traceback("sync", "--pace", "0", *given_registry, *offline, env=environment)
        gives_no_traceback("report", env=environment)

    holds(examples, ENVIRONMENTS, check)


SPLICES = st.tuples(
    st.floats(0, 1),
    st.integers(0, 40),
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [
                b'"',
                b"\0",
                b"\xff\xfe",
                b"[" * 2000,
                b"9" * 5000,
                b"null",
                b"{}",
                b"[]",
                b"1e999",
                b"-1",
                b'"\\ud800"',
                b"\r\n\r\n",
                b"9999-99-99",
                b"]]>",
                b"<table><tr><td colspan=99999999>",
            ]
        ),
    ),
)


def spliced(content, splices):
    """*content* with other bytes here and there: where, how many are lost, what comes instead."""
    for where, lost, instead in splices:
        at = int(where * len(content))
        content = content[:at] + instead + content[at + lost :]
    return content


def documents():
    """A file of each kind that is read, and the command that reads it."""
    page = f"<h1>T</h1><table><tr><th>NCT ID<th>Phase<tr><td>{nct(1)}<td>2</table>"
    yield "data/t.toml", ("check",)
    yield "data/t.csv", ("check",)
    yield "data/t.csv", ("sync", "--offline")
    yield f"cache/{nct(1)}.json", ("sync", "--offline")
    yield "data/trials.db", ("report",)
    yield "data/trials.db", ("sync", "--offline")
    for name, text in (
        ("doc.html", page),
        ("doc.md", f"| NCT ID | Phase |\n|--|--|\n| {nct(1)} | 2 |\n"),
        ("doc.csv", f"NCT ID,Phase\n{nct(1)},2\n"),
        ("doc.txt", f"NCT ID  Phase\n{nct(1)}  2\n"),
    ):
        Path(name).write_text(text)
        yield name, ("init", name, "--offline", "--name", "new")


@EXAMPLES
def test_no_file_gives_a_traceback(folder, registry, examples):
    gives_no_traceback("sync", "--pace", "0", "--registry", registry.url)
    cases = [*documents()]
    sound = {name: Path(name).read_bytes() for name, _ in cases}

    def check(drawn):
        (name, words), splices = drawn
        for path, content in sound.items():
            Path(path).write_bytes(content)
        for made in (Path("data/new.toml"), Path("data/new.csv"), Path("data/trials.db-wal")):
            made.unlink(missing_ok=True)
        Path(name).write_bytes(spliced(sound[name], splices))
        gives_no_traceback(*words)

    holds(
        2 * examples,
        st.tuples(st.sampled_from(cases), st.lists(SPLICES, min_size=1, max_size=3)),
        check,
    )


@EXAMPLES
def test_no_answer_of_the_registry_gives_a_traceback(folder, examples):
    headers = st.dictionaries(
        st.sampled_from(["ETag", "Retry-After", "Location", "Content-Type", "Content-Encoding"]),
        st.sampled_from(["", "x", "gzip", "application/json", "9" * 40, "//[", "\u00ff", "-1"]),
        max_size=2,
    )
    answers = st.tuples(
        st.sampled_from(["gate", "batch", "single", "history"]),
        st.sampled_from([200, 200, 200, 301, 304, 400, 404, 429, 500, 599, 999]),
        st.lists(SPLICES, max_size=3),
        headers,
    )
    with StandInRegistry([study(1)], loaded=recent_load()) as registry:

        def check(answer):
            kind, status, splices, others = answer

            def fault(handler):
                response = handler.correct_response()
                handler.send(
                    replace(
                        response,
                        status=status,
                        body=b"" if status == 304 else spliced(response.body, splices),
                        headers={**response.headers, **others, "Connection": "close"},
                    )
                )

            registry.heal()
            registry.fail(fault, on=kind, times=None)
            for made in Path("data").glob("trials.db*"):
                made.unlink()
            gives_no_traceback("sync", "--pace", "0", "--registry", registry.url)

        holds(examples, answers, check)
