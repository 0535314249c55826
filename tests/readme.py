"""Writes the generated parts of README.md: the report of Table 9 and the list of fields. `python -m tests.readme`."""

import re
import shutil
import tempfile
from pathlib import Path

from click.testing import CliRunner

from enrich.cli import main
from enrich.fields import FIELDS
from enrich.rules import RULES

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


def rendered(readme: str) -> str:
    """*readme* with its generated parts made anew."""
    parts = {"report": f"```text\n{offline_report()}```", "fields": field_list()}
    for name, content in parts.items():
        before, _, rest = readme.partition(f"<!-- {name} -->\n")
        _, mark, after = rest.partition(f"<!-- /{name} -->")
        readme = f"{before}<!-- {name} -->\n{content}\n{mark}{after}"
    return readme


if __name__ == "__main__":
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
