"""Every branch of the core is tested, and nearly every one of the whole: `python -m tests.tools.coverage` (the core), `… whole` (both; minutes).

The core is what tests/test_architecture.py counts as core and ground. Its own tests are quick, so it can be measured before each
change lands; measuring makes the tests two thirds slower (on Python 3.11), so the rest is measured only when somebody asks.
"""

import sys
from pathlib import Path

import pytest
from coverage import Coverage

from tests.test_architecture import MODULES, is_core

ROOT = Path(__file__).parents[2]
CORE = [str(path) for path in MODULES if is_core(path)]
BOUNDS = {"core": 100, "whole": 95}

# fmt: off
# The tests that reach every branch of the core; of the slower files only what concerns it.
CORE_TESTS = (
    *(f"tests/{name}" for name in ("changes", "compare", "export", "record", "reports", "tables", "hostile/test_text.py", "hostile/test_mutated_records.py",
      "test_dates.py", "run/test_plausibility.py", "run/test_shortcuts.py", "registry/test_pages.py", "bulk/test_version_sync.py")),
    *(f"tests/bulk/test_sync.py::test_{name}" for name in (
        "an_archive_gives_the_database_that_the_network_gives", "a_record_is_kept_for_the_ids_it_answers_to", "a_batch_leaves_the_collection_of_garbage_as_it_was",
        "a_damaged_record_is_named_and_the_others_stand", "a_line_that_is_no_record_is_named", "a_record_stays_packed_on_its_way_to_another_process",
        "what_was_taken_in_packed_is_followed_over_the_network",
    )),
    *(f"tests/site/test_build.py::test_{name}" for name in ("the_attribution_asked_for_is_given", "datasette_1_finds_queries_and_facets_in_its_own_file")),
    "tests/test_cli.py::test_an_unreachable_registry_and_a_trial_without_a_copy_is_a_fault",
    "tests/storage/test_trials.py::test_any_trial_comes_back_as_it_was",
    *(f"tests/run/test_cron.py::test_{name}" for name in ("what_is_due", "what_is_said_of_a_failure", "many_trials_are_counted_and_a_few_named")),
)
# fmt: on


def reached(part: str, data: Coverage) -> bool:
    """Whether the tests reached as much of *part* as is asked for; what they did not reach is printed."""
    print(f"\n== {part}: at least {BOUNDS[part]} % of its lines and branches")
    share = data.report(
        morfs=CORE if part == "core" else None, show_missing=True, skip_covered=True
    )
    if share < BOUNDS[part]:
        print(f"{share:.2f} % are fewer than {BOUNDS[part]} %", file=sys.stderr)
    return share >= BOUNDS[part]


def main(parts: list[str]) -> int:
    tests = [] if "whole" in parts else [*CORE_TESTS]
    failed = pytest.main(["-q", "--cov", "--cov-report=", *tests])
    data = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    data.load()
    missed = [part for part in dict.fromkeys(("core", *parts)) if not reached(part, data)]
    return int(bool(failed or missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
