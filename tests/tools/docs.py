"""Writes the generated parts of README.md, CONTRIBUTING.md and docs/: `python -m tests.tools.docs`."""

import ast
import shutil
import tempfile
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
from click.testing import CliRunner

from enrich.cli import Time, main
from enrich.compare.rules import RULES
from enrich.errors import ExitCode
from enrich.models import Column, Description, Recipient, Watch
from enrich.record.fields import FIELDS
from tests.fixtures.hostile_texts import ALL
from tests.hostile.test_mutated_records import MUTANTS
from tests.hostile.test_outlets import OTHERS, OUTLETS
from tests.registry.test_faults import KINDS, ONCE, TABLE
from tests.run.test_kill import PART, PARTS, SIZE
from tests.tools.generated_parts import filled
from tests.tools.session import COMMANDS, SESSION, parts

ROOT = Path(__file__).parents[2]
REPORTED_AT = "2026-11-22T07:00:00+00:00"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    columns = [*head]
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --- the report of Table 9


def offline_report(*options: str) -> str:
    """What `enrich report` prints on Table 9 after an offline run, with a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("*.db*", ".*"))
        db = ("--db", str(data / "trials.db"))
        tables = ("--table", str(data / "table9.toml"), "--cache", str(ROOT / "cache"))
        runner, time = CliRunner(), Time(clock=lambda: REPORTED_AT)
        runner.invoke(main, ["sync", "--offline", *db, *tables], obj=time)
        return runner.invoke(main, ["report", *db, *options], obj=time).stdout


def whole_report() -> str:
    return f"```text\n{offline_report('--all')}```"


def session_part(command: str) -> str:
    """One command of the recorded session with what it printed."""
    recorded = parts(SESSION.read_text(encoding="utf-8"))
    return f"```text\n{recorded[command]}```"


def short_report() -> str:
    return f"```text\n{offline_report()}```"


# --- lists that the code holds


def field_list() -> str:
    """The fields that a column can state, with their meanings."""
    return table(("field", "meaning"), ([f"`{name}`", FIELDS[name].meaning] for name in RULES))


def keys_of(model: type) -> str:
    """The keys of a section of a description, with their types and meanings."""
    keys = [field for field in fields(model) if "type" in field.metadata]
    return table(
        ("key", "value", "meaning"),
        (
            [
                f"`{field.metadata.get('name', field.name)}`",
                f"{field.metadata['type']}",
                field.metadata["meaning"],
            ]
            for field in keys
        ),
    )


def description_keys() -> str:
    return f'{keys_of(Description)}\n\nA section `[columns."…"]` may contain:\n\n{keys_of(Column)}'


def exit_codes() -> str:
    """The exit codes, with their meanings."""
    return table(
        ("exit code", "meaning"),
        (
            [f"{code:d}", f"{code.meaning}{' (with `--exit-code`)' if code.on_request else ''}"]
            for code in ExitCode
        ),
    )


def command_pages() -> str:
    """The help of every command."""
    pages = [("enrich", [])]
    pages += [(f"enrich {name}", [name]) for name, command in commands()]
    return "\n\n".join(f"## {title}\n\n```text\n{help_of(words)}```" for title, words in pages)


def commands() -> Iterable[tuple[str, click.Command]]:
    """Every command that help lists."""
    assert isinstance(main, click.Group)
    return ((name, command) for name, command in main.commands.items() if not command.hidden)


def help_of(words: list[str]) -> str:
    return CliRunner().invoke(main, [*words, "--help"], prog_name="enrich").output


def package_table() -> str:
    """The layers of pyproject.toml from top to bottom, each package with its job."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    layers = next(
        contract["layers"]
        for contract in tools["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    names = [
        (number, name) for number, layer in enumerate(layers, 1) for name in layer.split(" | ")
    ]
    return table(
        ("layer", "package or module", "job"),
        ([f"{number}", f"`{name}`", job_of(f"enrich.{name}")] for number, name in names),
    )


def job_of(module: str) -> str:
    """The first sentence of a module's docstring."""
    docstring = import_module(module).__doc__ or ""
    first = textwrap.dedent(docstring).partition("\n\n")[0]
    return " ".join(first.split())


def developer_commands() -> str:
    """The sessions of noxfile.py, which needs no nox to be read."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    sessions = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    return table(
        ("command", "what it does"),
        ([f"`nox -s {node.name}`", ast.get_docstring(node) or ""] for node in sessions),
    )


# --- what was tried

KILLS = f"{len(PARTS) * PART} kills"
HOSTILE = f"{len(ALL)} texts"
FAULTS = 'pytest -m "long or not long" tests/registry/test_faults.py'
MUTATED = 'pytest -m "long and corpus" tests/hostile/test_mutated_records.py'
# (what was tried, how often, the command). Rows were lost, or trials wrongly called unchanged, in none.
RUNS_WITH_FAULTS = (
    (
        f"{len(TABLE)} faults at each of {len(KINDS)} kinds of request, for a whole run",
        f"{len(TABLE) * len(KINDS)} runs",
        FAULTS,
    ),
    ("the same faults once, so that a retry succeeds", f"{len(ONCE)} runs", FAULTS),
    (
        "responses of two gigabytes, plain and compressed",
        "6 runs",
        "pytest -m long tests/registry/test_faults.py",
    ),
    (
        f"`kill -9` of a run over {SIZE} invented trials, before, between and after its requests",
        KILLS,
        "pytest -m long tests/run/test_kill.py -k invented",
    ),
    (
        f"the same with {SIZE} real records",
        KILLS,
        'pytest -m "long and corpus" tests/run/test_kill.py',
    ),
    (
        "disk full or read-only, damaged files in the cache, database locked, corrupt, older or newer",
        "each",
        "pytest tests/run/test_kill.py",
    ),
    (
        "a record with two contents on one page, over two pages, in two answers",
        "each",
        "pytest tests/run/test_contradictions.py",
    ),
    (
        "a frozen cache or copy of the registry, days still to come in a load, a record or a download",
        "each",
        "pytest tests/run/test_plausibility.py tests/bulk/test_sync.py",
    ),
    (
        "a table whose rows and columns are edited, sorted, removed or renamed, or that shrinks",
        "each",
        "pytest tests/run/test_edited_tables.py",
    ),
    (
        "no HOME, unusual locales and paths, two and ten runs at once, Ctrl-C, SIGTERM, a lock left "
        "behind, a clock set back",
        "each",
        "pytest tests/run/test_kill.py",
    ),
)
# The same for input that could crash the tool, or do harm: none did.
HARMFUL_INPUT = (
    (
        "real records with values removed, of a wrong type, nested or overlong",
        f"{MUTANTS:,} mutants",
        f'{MUTATED} -k "not whole"',
    ),
    (
        "the same through cache, database, a run and every report",
        f"{MUTANTS:,} mutants",
        f"{MUTATED} -k whole",
    ),
    (
        "random bytes as CSV and TOML of a table, as facts of a record (`.studies`), as a copy in the "
        "cache (`.envelopes`)",
        "10 minutes each",
        "python -m tests.fuzz.tables -max_total_time=600",
    ),
    (
        "command lines, environments, files and answers at random",
        "some always, 1,000 each with `long`",
        'pytest -m "long or not long" tests/test_no_traceback.py',
    ),
    (
        "bombs of gzip and zip, pipes, devices and endless files, hard cells, numbers beyond 64 bits, "
        "silent and dripping servers: real processes, each within its time and 400 MB",
        "25 faults",
        'pytest -m "long or not long" tests/run/test_bounds.py',
    ),
    (
        "every output of every command onto tables, descriptions, databases, copies and inputs, also "
        "through links",
        "13 files for each output",
        "pytest tests/test_outputs.py tests/site/test_build.py",
    ),
    (
        "files of other programs where Parquet or copies of records are written, names with `?`, `%` "
        "and `*`",
        "each",
        "pytest tests/bulk/test_parquet_files.py tests/storage/test_cache.py",
    ),
    (
        "pipes, sockets, devices, folders and endless files wherever a file is opened; directories of "
        "zips that lie",
        "each",
        "pytest tests/test_files.py",
    ),
    (
        "texts that make a pattern try again and again, for each pattern of the package",
        "each",
        "pytest tests/test_patterns.py",
    ),
    (
        "code in the current folder, links where files are prepared, passwords of the registry and of "
        "a `.netrc`, secrets in addresses, names of files that control a terminal, mentions in "
        "messages, other hosts and giant values of the site, a killed `browse`",
        "each",
        "pytest tests/hostile/test_reach.py",
    ),
    (
        "what a run under systemd or on GitHub may do",
        "each",
        "pytest tests/test_examples.py",
    ),
    (
        "a cluster that speaks TLS",
        "1 run",
        "pytest -m long tests/bulk/test_cluster.py -k tls",
    ),
    (
        "texts that would run as code, mislead, compute, or control a terminal",
        f"{HOSTILE} in each of {len(OUTLETS) + len(OTHERS)} outputs",
        "pytest tests/hostile/test_outlets.py",
    ),
    (
        "the same texts typed into the searches and pages of the site",
        HOSTILE,
        "pytest -m datasette tests/site/test_datasette.py",
    ),
)


def promises() -> str:
    """What was tried and how often. A test fails on any other figure than 0."""
    head = ("tried", "how often", "rows lost", 'wrong "unchanged"', "repeat with")
    rows = [
        *([what, times, "0", "0", f"`{command}`"] for what, times, command in RUNS_WITH_FAULTS),
        *([what, times, "–", "–", f"`{command}`"] for what, times, command in HARMFUL_INPUT),
    ]
    return table(head, rows)


# --- the pages

PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"report": short_report},
    "CONTRIBUTING.md": {"commands": developer_commands},
    "docs/start.md": {
        name: lambda command=command: session_part(command)
        for name, command in zip(("init", "description", "sync"), COMMANDS, strict=True)
    },
    "docs/tables.md": {
        "description-keys": description_keys,
        "notify-keys": lambda: keys_of(Recipient),
        "watch-keys": lambda: keys_of(Watch),
        "fields": field_list,
    },
    "docs/reports.md": {"report": whole_report},
    "docs/cron.md": {"exit-codes": exit_codes},
    "docs/commands.md": {"help": command_pages},
    "docs/guarantees.md": {"promises": promises},
    "docs/architecture.md": {"packages": package_table},
}


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def rendered(page: str) -> str:
    """The text of *page* with its generated parts made anew."""
    text = read(page)
    for name, make in PAGES[page].items():
        text = filled(text, name, make())
    return text


if __name__ == "__main__":
    for page in PAGES:
        (ROOT / page).write_text(rendered(page), encoding="utf-8")
