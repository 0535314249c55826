"""Writes the generated parts of README.md: the report of Table 9 and the list of fields. `python -m tests.readme`."""

import re
import shutil
import tempfile
from pathlib import Path

from click.testing import CliRunner

from enrich.cli import main
from enrich.fields import FIELDS
from enrich.rules import RULES
from tests.marks import filled
from tests.test_faults import KINDS, ONCE, TABLE

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def offline_report() -> str:
    """What `enrich sync --offline` prints on Table 9, from a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data", Path(folder) / "data", ignore=shutil.ignore_patterns("*.db*", ".*"))
        data = Path(folder) / "data"
        options = ["--table", str(data / "table9.toml"), "--db", str(data / "trials.db"), "--cache", str(ROOT / "cache")]
        result = CliRunner().invoke(main, ["sync", "--offline", *options])
        # How long it took differs from run to run.
        return re.sub(r"\d+\.\d s$", "0.1 s", result.stdout, flags=re.M)


def field_list() -> str:
    """The fields that a column can say, with what they mean."""
    return "\n".join(["| field | meaning |", "|---|---|", *(f"| `{name}` | {FIELDS[name].meaning} |" for name in RULES)])


def promises() -> str:
    """What was tried, how often, and what came of it: the tests fail on any other figure than 0."""
    tried = {
        f"{len(TABLE)} faults at each of {len(KINDS)} kinds of request, all night": (f"{len(TABLE) * len(KINDS)} nights", "pytest tests/test_faults.py"),
        "the same faults once, to be asked over": (f"{len(ONCE)} nights", "pytest tests/test_faults.py"),
        "two gigabytes, plain and packed, at the true bounds": ("6 nights", "pytest -m long tests/test_faults.py"),
        "kill -9 at random instants of a sync of 300 trials": ("10 kills", "pytest tests/test_kill.py"),
        "disk full or read-only, rubbish in the cache, database locked, corrupt, older, newer": ("each", "pytest tests/test_kill.py"),
    }
    lines = [f"| {what} | {times} | 0 | 0 | `{command}` |" for what, (times, command) in tried.items()]
    return "\n".join(['| tried | how often | rows lost | wrong "unchanged" | repeat with |', "|---|---|---|---|---|", *lines])


def rendered(readme: str) -> str:
    """*readme* with its generated parts made anew."""
    parts = {"report": f"```text\n{offline_report()}```", "fields": field_list(), "promises": promises()}
    for name, content in parts.items():
        readme = filled(readme, name, content)
    return readme


if __name__ == "__main__":
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
