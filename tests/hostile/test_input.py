"""Hostile input stays text: it reaches no file, database, shell, browser or terminal."""

import ast
import re
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import enrich
from enrich.cli import main
from enrich.errors import EnrichError, TableError
from enrich.record.urls import registry_url_or_none
from enrich.run.sync import sync
from enrich.storage.cache import Cache
from enrich.storage.database import Database
from enrich.storage.report_query import read_report
from enrich.storage.trials import read_trials
from enrich.tables.nct_ids import find_ids
from enrich.tables.reader import read_table
from tests.fixtures.rendered import rendered
from tests.fixtures.sample_runs import CSV, TABLE, sample_runs

PACKAGE = Path(enrich.__file__).parent

# --- the code itself

# These run text as code or as a command, or make objects from bytes.
FORBIDDEN_MODULES = {
    "subprocess",
    "pickle",
    "shelve",
    "marshal",
    "code",
    "pty",
    "ctypes",
    "multiprocessing",
    "yaml",
}
# Datasette is started with fixed arguments and no shell; the processes of a pool are our own.
ALLOWED = {"build.py": {"subprocess"}, "workers.py": {"multiprocessing"}}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "system",
    "popen",
    "executescript",
    "load_extension",
    "disable_warnings",
    "from_string",
}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", ""),
                node,
            )


@pytest.mark.parametrize(
    "module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_modules_use_no_shell_eval_or_pickle_and_verify_certificates(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    imported |= {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert not imported & FORBIDDEN_MODULES - ALLOWED.get(module.name, set())
    for name, call in calls(tree):
        is_pattern = (
            name == "compile" and getattr(getattr(call.func, "value", None), "id", "") == "re"
        )
        assert name not in FORBIDDEN_CALLS or is_pattern, name
        assert not [key.arg for key in call.keywords if key.arg in ("shell", "verify")], (
            ast.unparse(call)
        )
    assert not [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("verify", "trust_env")
    ]


def test_templates_mark_nothing_as_safe():
    for template in (PACKAGE / "reports" / "templates").iterdir():
        text = template.read_text(encoding="utf-8").replace("<script>{{ script }}</script>", "")
        assert not re.search(r"\|\s*safe\b|autoescape\s+false|<script|javascript:", text)


# --- SQL, FTS and format syntax

SQL = (
    "'; drop table trials; --",
    '" or ""="',
    "1); delete from runs; --",
    'NEAR(a b) AND * OR ^"',
    "column:value*",
    "%' escape '\\",
    "{{ 7 * 7 }}{% raw %}",
    "%(x)s %s {0.__class__}",
    "?1 :name @x $y",
)


@pytest.mark.parametrize("text", SQL)
def test_syntax_in_cells_columns_and_titles_stays_text(tmp_path, text):
    quoted = text.replace('"', '""')
    cells = CSV.replace("Light", f'"{quoted}"', 1).replace("full moon", f'"{quoted}"')
    with sample_runs(
        tmp_path,
        table=TABLE.replace("Moonlight", text.replace("\\", "").replace('"', "")),
        cells=cells,
        nights=(),
    ) as database:
        (table,) = read_report(database).tables
        assert table.rows[0].row.cells[text.strip()] == text
        assert database.fetch_dicts("select count(*) as n from trials")[0]["n"] == 5


# --- file names

HOSTILE_IDS = (
    "0123456٣",
    "../../etc/passwd",
    "NCT0000000/",
    "NCT00000001/../../x",
    "NCT00000001\0",
    "NCT00000001.json",
    "/NCT00000001",
    "NCT٠٠٠٠٠٠٠١",
    "nct\\00000001",
    "~",
    "",
)


@pytest.mark.parametrize("printed", HOSTILE_IDS)
def test_only_well_formed_ids_become_file_names(printed):
    assert all(
        re.fullmatch(r"NCT[0-9]{8}", nct_id)
        for nct_id in find_ids(printed, column_names_nct=True).ids
    )


@pytest.mark.parametrize("aliases", [["../../x", "NCT00000001/../../y", "\0"], "../../x"])
def test_aliases_in_a_record_become_no_file_names(tmp_path, aliases):
    def poison(registry):
        registry.change(
            "NCT90000001",
            lambda study: study["protocolSection"]["identificationModule"].update(
                nctIdAliases=aliases
            ),
        )

    with sample_runs(tmp_path, nights=(poison,)):
        kept = sorted(path.name for path in (tmp_path / "cache").rglob("*"))
    assert kept == [f"NCT9000000{number}.json" for number in range(1, 6)]
    assert not list(tmp_path.parent.glob("x*"))


# --- links


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example",
    ],
)
def test_a_url_in_a_description_becomes_a_link_only_if_it_is_a_web_address(tmp_path, url):
    table = TABLE.replace("https://example.org/moonlight", url).replace(
        "citation =", f'doi = "{url}"\ncitation ='
    )
    with sample_runs(tmp_path, table=table, nights=()) as database:
        report = read_report(database)
    targets = re.findall(
        r'href="([^"]*)"', rendered("html", report) + rendered("atom", report)
    ) + re.findall(r"\]\(([^)]*)\)", rendered("markdown", report))
    assert targets and all(
        target.startswith(("https://clinicaltrials.gov/", "#news")) for target in targets
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://clinicaltrials.gov.evil.example/",
        "https://clinicaltrials.gov/study/x)[y](z",
        "https://clinicaltrials.gov/study/\n",
        None,
    ],
)
def test_only_addresses_of_the_registry_become_links(address):
    assert registry_url_or_none(address) is None


# --- terminals and error lines

ESCAPES = "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u202e\\u0000\\n"


@pytest.mark.parametrize(
    "description",
    [
        pytest.param(f'file = "{ESCAPES}"\nid_column = "x"', id="in the name of the file"),
        pytest.param(f'file = "t.csv"\nid_column = "{ESCAPES}"', id="in the name of a column"),
        pytest.param(f'file = "t.csv"\nid_column = "NCT ID"\n"{ESCAPES}" = 1', id="in a key"),
        pytest.param(
            f'file = "t.csv"\nid_column = "NCT ID"\n[columns."{ESCAPES}"]\nsays = ["phases"]',
            id="in the name of a section",
        ),
        pytest.param(
            f'file = "t.csv"\nid_column = "NCT ID"\n[columns."NCT ID"]\nsays = ["{ESCAPES}"]',
            id="in the name of a field",
        ),
        pytest.param(
            'file = "t.csv"\nid_column = "NCT ID"\n[columns."P"]\nsays = ["phases"]',
            id="in a cell and an id",
        ),
    ],
)
def test_check_prints_no_control_characters(tmp_path, description):
    (tmp_path / "t.toml").write_text(description)
    (tmp_path / "t.csv").write_text(
        "NCT ID,P\nNCT0000001\x1b[2J,x\nNCT00000001,phase \x1b]0;title\x07\u202e9\nNCT 1\u009b2J,x\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(main, ["check", "--table", str(tmp_path / "t.toml")])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", result.output
    ), result.output
    assert result.output.count("\n") >= 1


def test_a_description_reads_no_file_through_a_linked_folder(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "t.csv").write_text("NCT ID\nNCT00000001\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sub").symlink_to(tmp_path / "secret")
    (tmp_path / "data" / "t.toml").write_text('file = "sub/t.csv"\nid_column = "NCT ID"\n')
    with pytest.raises(TableError, match="outside"):
        read_table(tmp_path / "data" / "t.toml")


# --- copies in the cache


@pytest.mark.parametrize(
    "envelope",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"study": []}',
        b'{"study": {}, "retrieved_at": 1}',
        b"[" * 2000,
        b"\xff\xfe",
        b"\0" * 100,
        b"{" * 500,
    ],
)
def test_a_damaged_copy_is_named_and_affects_nothing_else(tmp_path, envelope):
    with sample_runs(tmp_path, nights=()) as database:
        (tmp_path / "cache" / "NCT90000001.json").write_bytes(envelope)
        table = read_table(tmp_path / "moonlight.toml")
        sync(
            [table],
            None,
            database,
            Cache(tmp_path / "cache"),
            clock=lambda: "2026-12-01T00:00:00+00:00",
        )
        (problem,) = [
            problem for problem in read_report(database).problems if problem.kind == "cache"
        ]
        assert "NCT90000001.json" in problem.message and len(read_trials(database)) == 5
        with closing(Database(tmp_path / "trials.db")) as again:
            assert read_trials(again) == read_trials(database)
    with pytest.raises(EnrichError):
        Cache(tmp_path / "cache").read("NCT90000001")
