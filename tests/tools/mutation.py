"""Wrong code on purpose: is there a sign in the core that can be changed without a quick test that notices?

    pip install 'cosmic-ray>=8.7,<9' && python -m tests.tools.mutation     every module below; half an hour to an hour
    python -m tests.tools.mutation compare rules                           these

It works on a copy of the repository, names every change that went unnoticed, and ends with 1 if UNNOTICED does not explain one of them.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

# The tests that notice, and for each module those of it that are to be asked first.
TESTS = (
    "test_dates",
    "changes/test_significance",
    "compare/test_verdicts",
    "compare/test_rules",
    "compare/test_cells",
    "changes/test_diff",
)
FIRST = {
    "compare/vocabulary": ("compare/test_cells", "compare/test_rules", "compare/test_verdicts"),
    "dates": ("test_dates",),
    "compare/cells/parsers": ("compare/test_cells",),
    "compare/rules": ("compare/test_rules", "compare/test_verdicts"),
    "compare/verdicts": ("compare/test_verdicts",),
    "changes/significance": ("changes/test_significance", "changes/test_diff"),
    "changes/diff": ("changes/test_diff",),
}

# Left out: every `|` of these modules but one stands in a type, and nobody writes `<<` for `-`.
CONFIGURATION = """\
[cosmic-ray]
module-path = ["enrich/{module}.py"]
test-command = "{python} -m pytest -x -q -p no:cacheprovider --hypothesis-seed=0 {tests}"
timeout = 60.0
excluded-modules = []

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*", "core/ReplaceBinaryOperator_.*_(BitAnd|BitOr|BitXor|LShift|RShift|Mod|FloorDiv|Pow)"]
"""


class Unnoticed(NamedTuple):
    """A change that makes no difference to anybody: a part of the line that it makes (blanks aside), and why."""

    becomes: str
    why: str


# fmt: off
UNNOTICED = (
    # any module
    Unnoticed("/,",                                "`/` for `*` in a signature: every call names what stands behind it"),
    Unnoticed("@dataclass(frozen=False)",          "nobody tries to change a value; mypy would say so"),
    # dates
    Unnoticed("firstisnotsecond",                  "small numbers are one object each"),
    # rules
    Unnoticed("returnclaimisfact",                 "there is one True and one False"),
    Unnoticed("abs(limit.number-claim.number)<=1", "the same number of the same unit agrees already"),
    # compare
    Unnoticed("len(row.nct_ids)!=1",               "a row that is compared names at least one trial"),
    # changes
    Unnoticed("bool(oldisnew)",                    "it only saves the walk: what is equal gives no line in the end"),
    Unnoticed("isinstance(old,bool)==isinstance(new,bool)", "True and False are one object each"),
    Unnoticed("ifnotleftandnotright",              "with one side empty there is nothing to score"),
    Unnoticed("(-score[0],score[1],score[1])",     "of pairs that are equally alike the same are taken, in whatever order of their places"),
    Unnoticed("(-score[0],score[1],score[0])",     "the same"),
    Unnoticed("(-score[0],score[2],score[2])",     "the same"),
    Unnoticed("(-score[0],score[0],score[2])",     "the same"),
)
# fmt: on


class Survivor(NamedTuple):
    """A change that no test noticed."""

    operator: str
    before: str
    after: str

    def is_explained(self) -> bool:
        # What is kept of what was worked out changes no value, whether much or nothing.
        return self.before.startswith("@lru_cache(") or any(
            unnoticed.becomes in self.after.replace(" ", "") for unnoticed in UNNOTICED
        )


def survivors(module: str, copy: Path) -> tuple[int, list[Survivor]]:
    """How many changes of *module* were tried, and those that went unnoticed."""
    tests = dict.fromkeys((*FIRST[module], *TESTS))
    configuration = CONFIGURATION.format(
        module=module,
        python=sys.executable,
        tests=" ".join(f"tests/{name}.py" for name in tests),
    )
    (copy / "mutation.toml").write_text(configuration, encoding="utf-8")
    session = f"{module}.sqlite"
    _run(copy, "cosmic-ray", "init", "mutation.toml", session)
    _run(copy, "cr-filter-operators", session, "mutation.toml")
    _run(copy, "cosmic-ray", "baseline", "mutation.toml")
    _run(copy, "cosmic-ray", "exec", "mutation.toml", session)
    results = [
        (work["mutations"][0], result)
        for work, result in map(json.loads, _run(copy, "cosmic-ray", "dump", session).splitlines())
        if result
    ]
    tried = [
        (change, result) for change, result in results if result["worker_outcome"] != "skipped"
    ]
    return len(tried), [
        _survivor(change["operator_name"], result["diff"])
        for change, result in tried
        if result["test_outcome"] == "survived"
    ]


def _run(copy: Path, tool: str, *arguments: str) -> str:
    return subprocess.run(
        [Path(sys.executable).with_name(tool), *arguments],
        cwd=copy,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _survivor(operator: str, diff: str) -> Survivor:
    def lines(sign: str) -> Iterator[str]:
        return (
            line[1:].strip()
            for line in diff.splitlines()
            if line.startswith(sign) and not line.startswith(sign * 3)
        )

    return Survivor(operator, " ".join(lines("-")), " ".join(lines("+")))


def main(modules: list[str]) -> int:
    unexplained = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copytree(
            ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
        )
        for module in modules or FIRST:
            tried, found = survivors(module, copy)
            new = [survivor for survivor in found if not survivor.is_explained()]
            print(
                f"{module}: {tried} changes, {tried - len(found)} noticed, {len(found) - len(new)} that make no difference, {len(new)} that should have been noticed"
            )
            for survivor in new:
                print(f"  {survivor.operator}\n  - {survivor.before}\n  + {survivor.after}")
            unexplained += len(new)
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
