"""Writes the generated parts of README.md: the report of Table 9, the lists of fields and of exit codes. `python -m tests.tools.docs`."""

import re
import shutil
import tempfile
from pathlib import Path

from click.testing import CliRunner

from enrich.cli import main
from enrich.compare.rules import RULES
from enrich.errors import ExitCode
from enrich.record.fields import FIELDS
from tests.fixtures.hostile_texts import ALL
from tests.hostile.test_mutated_records import MUTANTS
from tests.hostile.test_outlets import OTHERS, OUTLETS
from tests.registry.test_faults import KINDS, ONCE, TABLE
from tests.run.test_kill import PART, PARTS, SIZE
from tests.tools.generated_parts import filled

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def offline_report() -> str:
    """What `enrich sync --offline` prints on Table 9, from a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(
            ROOT / "data", Path(folder) / "data", ignore=shutil.ignore_patterns("*.db*", ".*")
        )
        data = Path(folder) / "data"
        options = [
            "--table",
            str(data / "table9.toml"),
            "--db",
            str(data / "trials.db"),
            "--cache",
            str(ROOT / "cache"),
        ]
        result = CliRunner().invoke(main, ["sync", "--offline", *options])
        # How long it took differs from run to run.
        return re.sub(r"\d+\.\d s$", "0.1 s", result.stdout, flags=re.M)


def field_list() -> str:
    """The fields that a column can say, with what they mean."""
    return "\n".join(
        [
            "| field | meaning |",
            "|---|---|",
            *(f"| `{name}` | {FIELDS[name].meaning} |" for name in RULES),
        ]
    )


def exit_codes() -> str:
    """The exit codes with what they mean."""
    return "\n".join(
        [
            "| exit code | meaning |",
            "|--:|---|",
            *(
                f"| {code:d} | {code.meaning}{' (with `--exit-code`)' if code.on_request else ''} |"
                for code in ExitCode
            ),
        ]
    )


KILLS = f"{len(PARTS) * PART} kills"
# What is about tracebacks and about texts that do more than be read: none did.
HARMLESS = {
    "real records with places lost, mistyped, nested or overlong: no verdict out of what cannot be read": (
        f"{MUTANTS:,} mutants",
        'pytest -m "long and corpus" tests/hostile/test_mutated_records.py -k "not whole"',
    ),
    "the same through cache, database, a run and every report": (
        f"{MUTANTS:,} mutants",
        'pytest -m "long and corpus" tests/hostile/test_mutated_records.py -k whole',
    ),
    "any bytes as a table's CSV and TOML, as facts of a record (`.studies`), as a copy in the cache (`.envelopes`)": (
        "10 minutes each",
        "python -m tests.fuzz.tables -max_total_time=600",
    ),
    "texts that would run, lead away, compute or steer a terminal": (
        f"{len(ALL)} texts out of {len(OUTLETS) + len(OTHERS)} outlets",
        "pytest tests/hostile/test_outlets.py",
    ),
    "the same typed into the site's searches and questions, and on its pages": (
        f"{len(ALL)} texts",
        "pytest -m datasette tests/site/test_datasette.py",
    ),
}


def promises() -> str:
    """What was tried, how often, and what came of it: the tests fail on any other figure than 0."""
    tried = {
        f"{len(TABLE)} faults at each of {len(KINDS)} kinds of request, all night": (
            f"{len(TABLE) * len(KINDS)} nights",
            'pytest -m "long or not long" tests/registry/test_faults.py',
        ),
        "the same faults once, to be asked over": (
            f"{len(ONCE)} nights",
            'pytest -m "long or not long" tests/registry/test_faults.py',
        ),
        "two gigabytes, plain and packed, at the true bounds": (
            "6 nights",
            "pytest -m long tests/registry/test_faults.py",
        ),
        f"kill -9 of a living sync of {SIZE} invented trials, before, between and after its requests": (
            KILLS,
            "pytest -m long tests/run/test_kill.py -k invented",
        ),
        f"the same with {SIZE} real records": (
            KILLS,
            'pytest -m "long and corpus" tests/run/test_kill.py',
        ),
        "disk full or read-only, rubbish in the cache, database locked, corrupt, older, newer": (
            "each",
            "pytest tests/run/test_kill.py",
        ),
        "no HOME, odd locales and paths, two and ten runs at once, Ctrl-C, SIGTERM, a lock left behind, a clock put back": (
            "each",
            "pytest tests/run/test_kill.py",
        ),
    }
    lines = [
        f"| {what} | {times} | 0 | 0 | `{command}` |" for what, (times, command) in tried.items()
    ]
    lines += [
        f"| {what} | {times} | – | – | `{command}` |" for what, (times, command) in HARMLESS.items()
    ]
    return "\n".join(
        [
            '| tried | how often | rows lost | wrong "unchanged" | repeat with |',
            "|---|---|---|---|---|",
            *lines,
        ]
    )


def rendered(readme: str) -> str:
    """*readme* with its generated parts made anew."""
    parts = {
        "report": f"```text\n{offline_report()}```",
        "fields": field_list(),
        "exit-codes": exit_codes(),
        "promises": promises(),
    }
    for name, content in parts.items():
        readme = filled(readme, name, content)
    return readme


if __name__ == "__main__":
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
