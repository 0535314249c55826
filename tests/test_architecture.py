"""The architecture, beyond what import-linter checks.

Which libraries a command loads, that only the command line asks the clock, that a key of a record is
written only in one package, and that modules are short.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enrich.record.children import CHILD_TABLES, LISTS
from enrich.record.fields import FIELDS
from enrich.record.identity import ALIASES, LOAD_DAY, NCT_ID
from enrich.record.names import OTHER_FIELDS
from tests.fixtures.registry_server import StandInRegistry, recent_load
from tests.fixtures.studies import nct, study

PACKAGE = Path(__file__).parent.parent / "enrich"
# Plugins are loaded by Datasette and do not use the package.
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not path.name.startswith("__") and "plugins" not in path.parts
)

# Modules that read facts and make text: no file, no network, no clock, no database.
CORE = (
    "record",
    "compare",
    "changes",
    "search",
    "reports",
    "export",
    "models",
    "text",
    "escaping",
    "formats",
    "dates",
    "errors",
)
# Formats that need a library of their own.
EDGES = ("export/docx.py", "export/xlsx.py")

# fmt: off
LIBRARIES = frozenset((
    "apprise", "click", "datasette", "docx", "filelock", "fsspec", "jinja2", "lxml", "mammoth", "markdown_it",
    "markupsafe", "openpyxl", "orjson", "pyarrow", "pypdf", "rapidfuzz", "requests", "rich", "sqlite_utils",
    "tenacity", "urllib3", "xlsxwriter",
))
# fmt: on
FOR_REQUESTS = {"requests", "tenacity", "urllib3"}


def imports(path):
    """Every module that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_core(path):
    """Whether a module belongs to the core, in which every branch is tested."""
    name = path.relative_to(PACKAGE).as_posix()
    return name.split("/")[0].removesuffix(".py") in CORE and name not in EDGES


EACH = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


def test_the_package_imports_only_its_dependencies():
    used = {name.split(".")[0] for path in MODULES for name in imports(path)} - set(
        sys.stdlib_module_names
    )
    assert used - {"enrich"} <= LIBRARIES


def at_the_end(folder, words, names):
    """The *names*, an expression in Python, when a command has ended."""
    code = (
        "import sys, enrich.cli as cli\n"
        f"cli.main({words!r}, standalone_mode=False)\n"
        f"print(*{names}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def modules_loaded(folder, *words):
    """Every module that a command has loaded at its end."""
    return at_the_end(folder, words, "sys.modules")


def loads(folder, *words):
    """The libraries that a command has loaded at its end."""
    return modules_loaded(folder, *words) & LIBRARIES


def commands_loaded(folder, *words):
    """The commands whose modules a command has loaded at its end."""
    return at_the_end(folder, words, "cli.main.commands.data")


def test_a_command_loads_only_the_libraries_that_it_uses(tmp_path):
    """Help and quiet runs start fast because they import little."""
    for name in ("data", "cache"):
        shutil.copytree(
            PACKAGE.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("*.db*")
        )
    assert loads(tmp_path, "sync", "--help") == {"click"}
    assert commands_loaded(tmp_path, "--help") == set()
    assert commands_loaded(tmp_path, "check") == {"check"}
    assert loads(tmp_path, "check") == {"click", "orjson"}
    with_news = loads(tmp_path, "sync", "-q", "--offline")
    assert "rich" in with_news and not with_news & FOR_REQUESTS
    assert loads(tmp_path, "sync", "-q", "--offline") == {
        "click",
        "filelock",
        "orjson",
    }
    assert "jinja2" in loads(tmp_path, "report", "--format", "html")


# What a sync loads of our own only where it has to do it: comparing, explaining, the sentences of
# reports, sending mail, reading archives, the search of a table.
NOT_IN_A_QUIET_NIGHT = (
    *("enrich.run.comparison", "enrich.run.explanation", "enrich.run.mail_server"),
    *("enrich.compare.verdicts", "enrich.compare.causes", "enrich.changes.diff"),
    *("enrich.reports.content.sentences", "enrich.reports.content.summary"),
    *(
        "enrich.registry.search",
        "enrich.inference",
        "enrich.importing",
        "enrich.bulk",
        "enrich.export",
    ),
    *("sqlite_utils", "tenacity", "jinja2", "rich", "smtplib", "shlex"),
)


def test_a_night_that_brought_nothing_loads_what_the_gate_needs(tmp_path):
    """A person or cron waits for each module; a busy machine changes no count."""
    (tmp_path / "t.csv").write_text(f"NCT ID,N\n{nct(1)},10\n{nct(2)},10\n")
    (tmp_path / "t.toml").write_text(
        'title = "T"\nfile = "t.csv"\nid_column = "NCT ID"\n[columns.N]\nsays = ["enrollment"]\n'
    )
    studies = [study(number, enrollment=10) for number in (1, 2)]
    with StandInRegistry(studies, loaded=recent_load()) as registry:
        words = ("sync", "-q", "--table", "t.toml", "--pace", "0", "--registry", registry.url)
        assert "enrich.run.comparison" in modules_loaded(tmp_path, *words)
        loaded = modules_loaded(tmp_path, *words)
    assert "requests" in loaded
    assert loaded & {*NOT_IN_A_QUIET_NIGHT} == set()


def test_the_functions_of_this_file_find_imports_and_texts():
    """Otherwise the tests of this file would pass whatever the code does."""
    database = PACKAGE / "storage" / "database.py"
    migrations = database.parent / "schema" / "migrations.py"
    assert {"sqlite3", "sqlite_utils"} <= set(imports(migrations)) and not is_core(database)
    assert is_core(PACKAGE / "compare" / "verdicts.py")
    assert "timeFrame" in {*literals(PACKAGE / "record" / "children.py")}


def record_keys():
    """Every key in the tables of record/ that is not also a name in the code (camel case)."""
    paths = [
        *(field.path for field in FIELDS.values()),
        *(path for table in CHILD_TABLES.values() for path in table.sources),
        *(entry_list.path for entry_list in LISTS.values()),
        *(column.path for entry_list in LISTS.values() for column in entry_list.columns.values()),
        *(other.path for other in OTHER_FIELDS.values()),
        *(NCT_ID, ALIASES, LOAD_DAY),
    ]
    keys = {key for path in paths for key in path.replace("[]", "").split(".")}
    return {key for key in keys if key != key.lower()}


def literals(path):
    """Every text or bytes literal in the code of a file, without docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, bytes):
                yield node.value.decode("utf-8", "replace")
            elif isinstance(node.value, str):
                yield node.value


def test_a_key_of_a_record_is_written_only_in_the_package_record():
    keys = record_keys()
    assert {"timeFrame", "geoPoint", "armGroupLabels", "nctIdAliases", "protocolSection"} <= keys
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(keys))})\b")
    found = {
        (path.relative_to(PACKAGE).as_posix(), key)
        for path in MODULES
        if "record" not in path.parts
        for text in literals(path)
        for key in pattern.findall(text)
    }
    assert found == set()


# How Python reads the time of day; `time.monotonic` does not, and may measure how long something takes.
CLOCK = re.compile(
    r"\bdatetime\.now\b|\.today\(|utcnow|\btime\.time\b|time\.time_ns|localtime|gmtime\b"
)


def test_only_the_command_line_asks_the_clock():
    asks = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if CLOCK.search(path.read_text(encoding="utf-8"))
    }
    assert asks == {"cli/time.py"}


@EACH
def test_modules_are_short_and_have_a_docstring(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)) and len(text.splitlines()) < 600


SQL_CALLS = {"execute", "executemany", "fetch_dicts", "fetch_tuples", "fetch_value"}
SQL = re.compile(
    r"\s*(select .* from |insert .*into |delete from |update \S+ set "
    r"|(create|alter|drop) (table|view|index|trigger) |pragma )",
    re.DOTALL,
)


def sql_in(path):
    """The statements in the strings of a module, and the calls that run some."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in SQL_CALLS:
            yield node.func.attr
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield node.value


def test_only_storage_runs_sql():
    """The questions that Datasette offers are text for it to run."""
    runs_sql = {path.relative_to(PACKAGE).as_posix(): [*sql_in(path)] for path in MODULES}
    outside = {
        name: found
        for name, found in runs_sql.items()
        if found and not name.startswith("storage/") and name != "site/queries.py"
    }
    assert {"storage/trials.py", "site/queries.py"} <= {*filter(runs_sql.get, runs_sql)}
    assert outside == {}
