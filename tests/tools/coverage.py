"""Checks that the tests reach the branches of the core: `python -m tests.tools.coverage`.

`python -m tests.tools.coverage whole` also measures the whole package, which takes minutes. The core
is what tests/test_architecture.py counts as core. It can be measured before each change lands, because
it takes only the tests of the core and of its neighbours.
"""

import sys
from pathlib import Path

import pytest
from coverage import Coverage

from tests.test_architecture import MODULES, is_core

ROOT = Path(__file__).parents[2]
CORE = [str(path) for path in MODULES if is_core(path)]
BOUNDS = {"core": 96, "whole": 92}

# The tests that reach the core; those of the other packages reach nothing more of it.
OF_THE_CORE = (
    *("tests/record", "tests/compare", "tests/changes", "tests/papers", "tests/reports"),
    *("tests/export", "tests/inference", "tests/importing", "tests/tables", "tests/literature"),
    *("tests/bulk/test_causes_agree.py", "tests/run/test_edited_tables.py"),
    *("tests/run/test_sync.py", "tests/run/test_recipients.py", "tests/run/test_dismiss.py"),
    *("tests/search", "tests/run/test_candidates.py", "tests/run/test_search.py"),
    *("tests/run/test_removed_trials.py", "tests/test_table9.py", "tests/test_docstrings.py"),
)


def reached(part: str, data: Coverage) -> bool:
    """Whether the tests reach enough of *part*; prints what they do not reach."""
    print(f"\n== {part}: at least {BOUNDS[part]} % of lines and branches")
    share = data.report(
        morfs=CORE if part == "core" else None, show_missing=True, skip_covered=True
    )
    if share < BOUNDS[part]:
        print(f"{share:.2f} % is less than {BOUNDS[part]} %", file=sys.stderr)
    return share >= BOUNDS[part]


def main(parts: list[str]) -> int:
    chosen = [] if "whole" in parts else OF_THE_CORE
    failed = pytest.main(["-q", "-n", "2", "--cov", "--cov-report=", *chosen])
    data = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    data.load()
    missed = [part for part in dict.fromkeys(("core", *parts)) if not reached(part, data)]
    return int(bool(failed or missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
