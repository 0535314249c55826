"""The house: imports point down, the core touches neither file nor network nor clock nor database, and a path is spelled once."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "enrich"
# What stands under site/ is for Datasette to load by itself, and knows nothing of the package.
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not path.name.startswith("__") and "site" not in path.parts
)

# fmt: off
# Whatever has no place here belongs to the core.
RUN = {"cli", "running", "telling", "writing", "sync", "walk", "bulk", "every_version", "doubt", "browse"}
EDGES = {"afar", "ahead", "basis", "registry", "cache", "whole", "timely", "table", "store", "schema", "ledger", "history", "lock", "shelf", "logs", "archive", "engines", "partitions", "version_parts", "version_summary", "notices", "export_docx", "export_xlsx"}
GROUND = {"dates", "records", "errors"}

OUTSIDE = {"requests", "socket", "sqlite3", "sqlite_utils", "filelock", "tenacity", "pathlib", "os", "shutil", "tempfile", "time", "subprocess", "click",
           "threading", "logging", "http.client", "urllib.request"}
LIBRARIES = {"urllib3", "apprise", "click", "datasette", "docx", "filelock", "fsspec", "jinja2", "markupsafe", "orjson", "pyarrow", "rapidfuzz", "requests", "rich", "sqlite_utils",
             "tenacity", "xlsxwriter"}
# fmt: on


def name_of(path):
    """The module's place in the house: a package counts as one."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer(name):
    return 3 if name in RUN else 2 if name in EDGES else 0 if name in GROUND else 1


def imports(path):
    """Every module that a file imports, at whatever place in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path):
    return {name.split(".")[1] for name in imports(path) if name.startswith("enrich.")} & {
        name_of(one) for one in MODULES
    }


EACH = pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))


@EACH
def test_imports_point_down(path):
    assert {name for name in ours(path) if layer(name) > layer(name_of(path))} == set()


@EACH
def test_the_core_touches_nothing_outside(path):
    if layer(name_of(path)) < 2:
        assert set(imports(path)) & OUTSIDE == set()


def test_no_two_modules_need_each_other():
    waiting = {}
    for path in MODULES:
        waiting.setdefault(name_of(path), set()).update(ours(path) - {name_of(path)})
    while ready := {name for name, needed in waiting.items() if not needed & set(waiting)}:
        waiting = {name: needed for name, needed in waiting.items() if name not in ready}
    assert waiting == {}


def test_every_library_is_one_that_the_package_asks_for():
    used = {name.split(".")[0] for path in MODULES for name in imports(path)} - set(
        sys.stdlib_module_names
    )
    assert used - {"enrich"} <= LIBRARIES


ASKING = {"requests", "tenacity", "urllib3"}


def loads(folder, *words):
    """The libraries that a command has loaded when it is done."""
    code = f"import sys, enrich.cli as cli; cli.main({words!r}, standalone_mode=False); print(*{LIBRARIES!r} & set(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_a_command_loads_the_libraries_that_it_uses(tmp_path):
    """What starts every night, and what a person waits for, is not to pay for what it does not do."""
    for name in ("data", "cache"):
        shutil.copytree(
            PACKAGE.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("*.db*")
        )
    assert loads(tmp_path, "sync", "--help") == {"click"}
    assert loads(tmp_path, "check") == {"click", "orjson"}
    with_news = loads(tmp_path, "sync", "-q", "--offline")
    assert "rich" in with_news and not with_news & ASKING
    assert loads(tmp_path, "sync", "-q", "--offline") == {
        "click",
        "filelock",
        "orjson",
        "sqlite_utils",
    }
    assert "jinja2" in loads(tmp_path, "report", "--format", "html")


def test_the_rules_of_this_file_bite():
    """A test that reads imports is worth something only if it reads them."""
    store = PACKAGE / "store.py"
    assert {"sqlite3", "sqlite_utils"} <= set(imports(store)) & OUTSIDE and "records" in ours(store)
    assert layer("store") > layer("compare") > layer("records")


@pytest.mark.parametrize("words", ["protocolSection", "derivedSection"])
def test_registry_paths_are_spelled_in_one_place(words):
    allowed = {"fields.py", "kinds.py"} if words == "derivedSection" else {"fields.py"}
    assert {path.name for path in MODULES if words in path.read_text(encoding="utf-8")} <= allowed


def test_only_the_command_line_asks_the_clock():
    asks = {
        path.name
        for path in MODULES
        if "datetime.now" in path.read_text(encoding="utf-8")
        or "date.today" in path.read_text(encoding="utf-8")
    }
    assert asks <= {"cli.py", "registry.py"}  # the client reads how long a Retry-After still is


@EACH
def test_modules_are_short_and_say_what_they_are_for(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)) and len(text.splitlines()) < 460
